#!/usr/bin/env python3
"""What every endpoint has in common: deploy contract §1, and the URLs of §6."""
import base64
import gzip
import hashlib
import json
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support import hashes  # noqa: E402
from support.api import Api, unique  # noqa: E402
from support.case import ContractCase  # noqa: E402
from support.server import Server  # noqa: E402
from support.wire import fetch, request_bytes  # noqa: E402

def digest_of(data):
    return "sha-256=:" + base64.b64encode(hashlib.sha256(data).digest()).decode() + ":"


EXTRA = {"x-unknown": {"deep": [1, None, {}]}, "another": None}


class Conventions(ContractCase):
    env = {"SITEPOD_ADMIN_TOKEN": "an operator's secret"}

    def test_unknown_fields_are_ignored_everywhere(self):
        data, project = unique("x").encode(), unique("conv")
        login = {"email": unique("conv") + "@example.org", "password": "a long password", **EXTRA}
        self.assert_ok(self.anonymous.post("/auth/login", login))
        plan = self.assert_ok(self.user.post("/plan", {"project": project, "files": {"index.html": hashes.sha256(data)}, **EXTRA}))["plan_id"]
        self.assert_ok(self.user.upload(plan, hashes.sha256(data), data))
        self.assert_ok(self.user.post("/commit", {"plan_id": plan, **EXTRA}))
        for path, status, body in (("/release", 200, {"project": project}), ("/release", 200, {"project": project}), ("/preview", 200, {"project": project}),
                                   ("/tokens", 201, {"name": "t"}), ("/domains", 201, {"project": project, "domain": unique("conv") + ".example"})):
            self.assert_ok(self.user.post(path, {**body, **EXTRA}), status)
        self.assert_ok(self.admin.post("/gc", {"dry_run": True, **EXTRA}))

    def test_every_kind_of_refusal_has_a_code_and_a_sentence(self):
        project = unique("conv")
        image = self.user.deploy(project, {"index.html": b"x"})
        for status, answer in ((400, self.user.post("/plan", {"project": project, "files": {}})), (400, self.user.post("/commit", b"{")),
                               (401, self.anonymous.get("/projects")), (401, Api(self.server.address, "sitepod_wrong").get("/projects")),
                               (403, self.stranger.get(f"/projects/{project}")), (403, self.user.post("/gc")),
                               (404, self.user.get("/no-such-endpoint")), (404, self.user.get("/projects/none-of-these")), (404, self.anonymous.get("/")),
                               (405, self.user.call("PATCH", "/plan", {})), (405, self.anonymous.call("DELETE", "/health")),
                               (409, self.user.release(project, image, expected_image_id="img_other")),
                               (413, self.user.post("/commit", b'{"x":"' + b"a" * (1 << 20) + b'"}'))):
            self.assert_error(answer, status)
            self.assertEqual((answer.get("content-type") or "").split(";")[0], "application/json")

    def test_what_is_no_request_gets_an_error_of_the_api_too(self):
        authorization = f"Authorization: Bearer {self.user.token}\r\n".encode()
        for status, request in ((414, b"GET /api/v1/history?project=" + b"a" * 9000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"),
                                (431, b"GET /api/v1/projects HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"a" * 40_000 + b"\r\n\r\n"),
                                (400, b"GET /api/v1/projects HTTP/1.1\r\n\r\n"), (400, b"GET /api/v1/projects?a b HTTP/1.1\r\nHost: localhost\r\n\r\n"),
                                (400, b"POST /api/v1/plan HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n"),
                                (400, b"POST /api/v1/plan HTTP/1.1\r\nHost: localhost\r\n" + authorization + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n"),
                                (417, b"POST /api/v1/plan HTTP/1.1\r\nHost: localhost\r\nExpect: miracles\r\nContent-Length: 2\r\n\r\n{}"),
                                (501, b"POST /api/v1/plan HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n"),
                                (505, b"\r\nGET /api/v1/health HTTP/2.0\r\nHost: localhost\r\n\r\n")):
            with self.subTest(status=status, request=request[:40]):
                wire = self.wire()
                wire.send(request)
                answer = wire.read_answer()
                answer.json = json.loads(answer.body)
                self.assert_error(answer, status, "invalid_request")
                self.assertEqual(answer.get("content-type"), "application/json")
                self.assertTrue(wire.is_closed_by_server())
        wire = self.wire()
        wire.send(b"GET /page HTTP/1.1\r\n\r\n")
        self.assertTrue(wire.read_answer().get("content-type").startswith("text/plain"))

    def test_a_post_without_a_body_needs_neither_length_nor_type(self):
        api = Api(self.server.address).login()
        for path, token in (("/gc", self.admin.token), ("/cleanup", self.admin.token), ("/auth/logout", api.token)):
            with self.wire() as wire:
                wire.send(request_bytes("POST", f"/api/v1{path}", "localhost", [("Authorization", f"Bearer {token}")]))
                self.assertEqual(wire.read_answer().status, 200, path)
        for body in (b"", b"  \r\n"):
            answer = self.admin.call("POST", "/gc", body, fields=[("Content-Type", "text/plain")])
            self.assertIn(answer.status, (200, 400) if body else (200,), answer)

    def test_a_body_that_is_not_the_one_of_its_content_digest_counts_for_nothing(self):
        data, project = unique("digest").encode(), unique("conv")
        plan = self.assert_ok(self.user.plan(project, {"index.html": data}))["plan_id"]
        upload, commit = f"/upload/{plan}/{hashes.sha256(data)}", json.dumps({"plan_id": plan}).encode()
        for path, body in ((upload, data), ("/commit", commit)):
            for wrong in (digest_of(b"other"), "sha-512=:YWJj:, " + digest_of(b"")):
                self.assert_error(self.user.post(path, body, fields=[("Content-Digest", wrong)]), 400, "hash_mismatch")
            self.assert_error(self.user.post(path, body, fields=[("Content-Digest", "sha-256=:YWJj:")]), 400, "invalid_request")
            if path == upload:
                self.assert_error(self.user.post("/commit", {"plan_id": plan}), 400, "missing_blobs")
            else:
                self.assertEqual(self.assert_ok(self.user.get(f"/history?project={project}"))["items"], [])
            for right in (digest_of(body), "sha-512=:YWJj:", "md5=:YWJj:, " + digest_of(body) + ";a=1"):
                self.assert_ok(self.user.post(path, body, fields=[("Content-Digest", right)]))

    def test_a_problem_in_the_form_of_rfc_9457_is_for_those_who_ask_for_it_by_name(self):
        kind = "application/problem+json"
        asking = (kind, "Application/Problem+JSON", f"{kind};q=0.1", f"application/json;q=0.5, {kind};q=0.5", f"text/html, {kind}")
        others = ("", "*/*", "application/*", "application/json", f"{kind};q=0", f"{kind};q=0.1, application/json", f"{kind}x", f'text/plain;x="{kind}"')
        for accepts, expected in ((asking, kind), (others, "application/json")):
            for accept in accepts:
                for path in ("/projects/none", "/public/none"):
                    with self.subTest(accept=accept, path=path):
                        answer = self.user.get(path, fields=[("Accept", accept)] if accept else [])
                        self.assertEqual(answer.get("content-type"), expected)
                        said = json.loads(answer.body)
                        self.assertEqual("detail" in said, expected == kind)
                        self.assertTrue(said["error"])

    def test_a_compressed_body_is_refused_with_advice(self):
        project = unique("conv")
        data = gzip.compress(json.dumps({"project": project, "files": {"a": hashes.sha256(b"a")}, "pages": [{"title": "t"}]}).encode())
        for path in ("/plan", "/commit", "/public/pages"):
            for coding in ("gzip", "br"):
                answer = self.user.post(path, data, fields=[("Content-Encoding", coding), ("Content-Type", "application/json")])
                self.assertEqual(answer.status, 415, answer)
                self.assertEqual(answer.get("accept-encoding"), "identity")
                self.assertEqual(answer.json.get("code", answer.json["error"]), "unsupported_media_type")
                self.assertIn("uncompressed", answer.json.get("message", answer.json["error"]))
        form = gzip.compress(b"--x\r\n\r\n--x--")
        answer = self.user.post("/public/media", form, fields=[("Content-Encoding", "gzip"), ("Content-Type", "multipart/form-data; boundary=x")])
        self.assertEqual(answer.status, 415, answer)
        plan = self.assert_ok(self.user.post("/plan", {"project": project, "files": {"a": hashes.sha256(data)}}, fields=[("Content-Encoding", "Identity")]))
        # The bytes of a file are its bytes.
        self.assert_ok(self.user.post(f"/upload/{plan['plan_id']}/{hashes.sha256(data)}", data, fields=[("Content-Encoding", "gzip")]))

    def test_what_other_writers_of_json_send_is_taken(self):
        project = unique("conv")
        self.user.deploy(project, {"a": b"1"})
        mark = b"\xef\xbb\xbf"
        for body in (mark + b'{"project":"%s"}', b'{"project":"%s","unknown":[18446744073709551615,9223372036854775808,1e400,-0]}'):
            self.assert_ok(self.user.post("/release", body % project.encode()))
        self.assert_ok(self.user.post("/plan", mark + json.dumps({"project": project, "files": {"a": hashes.sha256(b"a")}}).encode()))
        self.assert_ok(self.user.post("/public/pages", mark + b'{"title":"marked"}'))
        self.assert_error(self.user.post("/release", mark * 2 + b'{"project":"x"}'), 400, "invalid_json")
        self.assert_error(self.user.post("/release", {"project": project, "source_seq": 18446744073709551615}), 400, "invalid_request")

    def test_a_parameter_that_stands_twice_in_the_query_must_not_differ(self):
        project = unique("conv")
        self.user.deploy(project, {"a": b"1"})
        self.assert_ok(self.user.get(f"/current?project={project}&project={project}"))
        self.assert_error(self.user.get(f"/current?project={project}&project=another"), 400, "invalid_request")
        self.assert_error(self.user.get(f"/current?project={project}&env=prod&env=beta"), 400, "invalid_request")

    def test_ids_and_timestamps_have_their_form(self):
        project = unique("conv")
        plan = self.assert_ok(self.user.plan(project, {"a": b"1"}))
        image = self.user.make_image(project, {"a": b"1"})
        token = self.user.must("POST", "/tokens", {"name": "t"})
        domain = self.user.must("POST", "/domains", {"project": project, "domain": unique("conv") + ".example"})
        for ident, prefix in ((plan["plan_id"], "plan_"), (image, "img_"), (token["id"], "tok_"), (domain["id"], "dom_")):
            self.assertRegex(ident, f"^{prefix}[A-Za-z0-9_-]{{11,}}$")
        for text in (plan["expires_at"], token["created_at"], self.user.must("GET", f"/images?project={project}")["images"][0]["created_at"]):
            self.assert_timestamp(text)


class Urls(unittest.TestCase):
    def test_urls_have_the_domains_port_and_http_without_tls(self):
        for domain, expected in (("localhost:0", r"http://{}\.localhost:{}/?"), ("sites.example.org:8443", r"http://{}\.sites\.example\.org:8443/?"),
                                 ("sites.example.org", r"http://{}\.sites\.example\.org/?")):
            with Server(domain=domain) as server:
                api = Api(server.address).login()
                project = unique("url")
                image = api.make_image(project, {"index.html": b"x"})
                urls = [api.must("POST", path, {"project": project, "image_id": image})["url"] for path in ("/release", "/rollback")]
                urls.append(api.must("GET", f"/current?project={project}")["url"])
                for url in urls:
                    self.assertRegex(url, "^" + expected.format(re.escape(project), server.port) + "$")
                host = re.match(r"http://([^/:]+)", urls[0]).group(1)
                self.assertEqual(fetch(server.address, "/", host).body, b"x")


if __name__ == "__main__":
    unittest.main()
