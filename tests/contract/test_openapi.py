#!/usr/bin/env python3
"""docs/openapi.yaml against a real server: every example request is sent, every answer must be as described (issue: API description)."""
import base64
import json
import os
import re
import sys
import unittest
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support.server import Server  # noqa: E402
from support.wire import fetch  # noqa: E402

METHODS = ("get", "post", "put", "patch", "delete")
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
# Example values that the server chooses itself and calls otherwise: learned from answers, put into later requests.
LEARNED = re.compile(r"^([a-z]{2,5}_[0-9A-Za-z]{8,}|sp_.*|(?=[a-z]*[0-9])[a-z0-9]{8}|img_.*|\S+@\S+|https?://\S+|sitepod-verify-.*)$")


class Mismatch(AssertionError):
    pass


class Document:
    def __init__(self, value):
        self.value = value

    def resolve(self, node):
        while isinstance(node, dict) and "$ref" in node:
            target = self.value
            for key in node["$ref"].removeprefix("#/").split("/"):
                target = target[key]
            node = target
        return node

    def operations(self):
        for path, item in self.value["paths"].items():
            for method in METHODS:
                if method in item:
                    parameters = [self.resolve(p) for p in item.get("parameters", []) + item[method].get("parameters", [])]
                    yield method, path, item[method], parameters

    def check(self, schema, value, where):
        """The part of JSON Schema that the description uses."""
        schema = self.resolve(schema)
        for part in schema.get("allOf", []):
            self.check(part, value, where)
        if "oneOf" in schema or "anyOf" in schema:
            fits = 0
            for part in schema.get("oneOf", schema.get("anyOf")):
                try:
                    self.check(part, value, where)
                    fits += 1
                except Mismatch:
                    pass
            if fits < 1 or ("oneOf" in schema and fits > 1):
                raise Mismatch(f"{where}: {value!r} fits {fits} of the alternatives")
        if "const" in schema and value != schema["const"]:
            raise Mismatch(f"{where}: {value!r} is not {schema['const']!r}")
        if "enum" in schema and value not in schema["enum"]:
            raise Mismatch(f"{where}: {value!r} is not one of {schema['enum']}")
        if "type" in schema:
            wanted = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
            if not any(self.is_a(value, kind) for kind in wanted):
                raise Mismatch(f"{where}: {value!r} is not {wanted}")
        if isinstance(value, str):
            if "pattern" in schema and not re.search(schema["pattern"], value):
                raise Mismatch(f"{where}: {value!r} does not match {schema['pattern']}")
            if len(value) < schema.get("minLength", 0):
                raise Mismatch(f"{where}: too short")
        if isinstance(value, (int, float)) and not isinstance(value, bool) and value < schema.get("minimum", value):
            raise Mismatch(f"{where}: {value} < {schema['minimum']}")
        if isinstance(value, dict):
            for name in schema.get("required", []):
                if name not in value:
                    raise Mismatch(f"{where}.{name} is missing in {value}")
            for name, item in value.items():
                if name in schema.get("properties", {}):
                    self.check(schema["properties"][name], item, f"{where}.{name}")
                elif isinstance(schema.get("additionalProperties"), dict):
                    self.check(schema["additionalProperties"], item, f"{where}.{name}")
        if isinstance(value, list) and "items" in schema:
            for i, item in enumerate(value):
                self.check(schema["items"], item, f"{where}[{i}]")

    @staticmethod
    def is_a(value, kind):
        if kind == "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        if kind == "number":
            return isinstance(value, (int, float)) and not isinstance(value, bool)
        return isinstance(value, TYPES[kind])

    def known_names(self, schema):
        """Every property that a schema names at its top; None: any is allowed."""
        schema = self.resolve(schema)
        names = set(schema.get("properties", {}))
        for part in schema.get("allOf", []) + schema.get("oneOf", []) + schema.get("anyOf", []):
            names |= self.known_names(part)
        return names


class Description(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(args=())
        cls.server.__enter__()
        cls.addClassCleanup(lambda: cls.server.__exit__(None, None, None))
        answer = fetch(cls.server.address, "/openapi.json", "localhost")
        assert answer.status == 200, answer
        cls.document = Document(json.loads(answer.body))

    def test_it_is_openapi_3_1_at_every_api_host(self):
        self.assertEqual(self.document.value["openapi"], "3.1.0")
        for host in ("localhost", "app.localhost", "127.0.0.1"):
            self.assertEqual(fetch(self.server.address, "/openapi.json", host).status, 200)

    def test_every_reference_leads_somewhere_and_every_operation_is_complete(self):
        def walk(node):
            if isinstance(node, dict):
                if "$ref" in node:
                    self.document.resolve(node)
                for value in node.values():
                    walk(value)
            elif isinstance(node, list):
                for value in node:
                    walk(value)
        walk(self.document.value)
        names = []
        for method, path, operation, parameters in self.document.operations():
            names.append(operation["operationId"])
            self.assertTrue(operation.get("summary"), (method, path))
            self.assertTrue(set(re.findall(r"{(\w+)}", path)) <= {p["name"] for p in parameters if p["in"] == "path"}, path)
            # Whoever needs a token can be refused for it.
            if "security" not in operation:
                self.assertIn("401", operation["responses"], (method, path))
                self.assertIn("429", operation["responses"], (method, path))
        self.assertEqual(len(names), len(set(names)))

    def test_every_example_fits_its_schema(self):
        for method, path, operation, _ in self.document.operations():
            bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
            for body in bodies:
                for kind, media in self.document.resolve(body).get("content", {}).items():
                    for example in self.examples(media):
                        if "schema" in media and kind.endswith("json"):
                            self.document.check(media["schema"], example, f"{method} {path}")

    @staticmethod
    def examples(media):
        if "example" in media:
            return [media["example"]]
        return [each["value"] for each in media.get("examples", {}).values()]

    def test_every_example_request_gets_the_described_answer(self):
        learned = {}
        token = None

        def real(value):
            if isinstance(value, str):
                for example, actual in learned.items():
                    value = value.replace(example, actual)
                return value
            if isinstance(value, dict):
                return {real(k): real(v) for k, v in value.items()}
            return [real(v) for v in value] if isinstance(value, list) else value

        def learn(example, actual):
            if isinstance(example, dict) and isinstance(actual, dict):
                for key in example:
                    if key in actual:
                        learn(example[key], actual[key])
            elif isinstance(example, list) and isinstance(actual, list):
                for one, other in zip(example, actual):
                    learn(one, other)
            elif isinstance(example, str) and isinstance(actual, str) and example != actual and actual and LEARNED.match(example):
                learned.setdefault(example, actual)

        for method, path, operation, parameters in self.document.operations():
            target = path
            query = []
            fields = [tuple(each) for each in operation.get("x-example-headers", {}).items()]
            for parameter in parameters:
                if "example" not in parameter:
                    continue
                value = real(str(parameter["example"]))
                if parameter["in"] == "path":
                    target = target.replace("{%s}" % parameter["name"], urllib.parse.quote(value, safe=""))
                elif parameter["in"] == "query":
                    query.append((parameter["name"], value))
            if query:
                target += "?" + urllib.parse.urlencode(query)
            bodies = [(None, None)]
            for kind, media in operation.get("requestBody", {}).get("content", {}).items():
                if "x-example-base64" in media:
                    bodies = [(kind, base64.b64decode(media["x-example-base64"]))]
                    break
                examples = self.examples(media)
                if examples:
                    bodies = [(kind, json.dumps(real(e)).encode() if kind == "application/json" else e.encode()) for e in examples]
                    break
            for kind, body in bodies:
                with self.subTest(f"{method.upper()} {path}"):
                    sent = fields + ([("Content-Type", kind)] if kind else [])
                    if token and "security" not in operation:
                        sent.append(("Authorization", f"Bearer {token}"))
                    wanted = operation.get("x-example-status") or min(int(s) for s in operation["responses"])
                    answer = fetch(self.server.address, target, "localhost", sent, method.upper(), body)
                    self.assertEqual(answer.status, wanted, answer)
                    described = self.document.resolve(operation["responses"][str(wanted)]).get("content", {})
                    if not described:
                        continue
                    media_type = answer.get("content-type").split(";")[0]
                    self.assertIn(media_type, described)
                    if media_type != "application/json":
                        continue
                    media = described[media_type]
                    actual = json.loads(answer.body)
                    self.document.check(media["schema"], actual, f"{method} {path}")
                    names = self.document.known_names(media["schema"])
                    if names and isinstance(actual, dict):
                        self.assertLessEqual(set(actual), names, "fields that are not described")
                    for example in self.examples(media)[:1]:
                        learn(example, actual)
                        if isinstance(example, dict) and isinstance(actual, dict):
                            self.assertLessEqual(set(example), set(actual) | {"error", "message"}, "fields that are not there")
                    if operation["operationId"] == "login":
                        token = actual["token"]
                        login = (target, sent, body)
                    if operation["operationId"] in ("logout", "deleteAccount"):
                        # What stands behind it is asked by the same person, logged in again.
                        token = json.loads(fetch(self.server.address, login[0], "localhost", login[1], "POST", login[2]).body)["token"]


if __name__ == "__main__":
    unittest.main(verbosity=2)
