"""Clients of the deploy API: a thin one that speaks both request forms, and one that behaves like the SitePod CLI 0.2.5.

Api sends exactly what a test asks for and returns the Answer with `.json`. Deploying helpers raise with the server's own error when a
step that a test takes for granted fails.
"""
import concurrent.futures
import itertools
import json
import os

from support import hashes
from support.wire import Wire, fetch

_COUNTER = itertools.count(1)


def unique(stem):
    """A name no other test of this or another process uses."""
    return f"{stem}-{os.getpid()}-{next(_COUNTER)}"


class Refused(AssertionError):
    def __init__(self, step, answer):
        super().__init__(f"{step}: {answer.status} {answer.body[:400]!r}")
        self.answer = answer


def check_no_nulls(value, allowed=("git_commit", "git_branch", "git_message", "suggestion", "verification_txt", "message"), path="$"):
    if isinstance(value, dict):
        for key, item in value.items():
            if item is None and key not in allowed:
                raise AssertionError(f"{path}.{key} is null")
            check_no_nulls(item, allowed, f"{path}.{key}")
    elif isinstance(value, list):
        for i, item in enumerate(value):
            check_no_nulls(item, allowed, f"{path}[{i}]")


class Api:
    """One caller. Not thread-safe only in `token`; every request opens its own connection unless a Wire is given."""

    def __init__(self, address, token=None, host="localhost"):
        self.address = address
        self.token = token
        self.host = host

    def call(self, method, path, body=None, fields=(), wire=None, token=True, timeout=120):
        headers = list(fields.items() if isinstance(fields, dict) else fields)
        if token and self.token:
            headers.append(("Authorization", f"Bearer {self.token}"))
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
            headers.append(("Content-Type", "application/json"))
        target = path if path.startswith("/") and path.startswith("/api/") else "/api/v1" + path
        if wire is not None:
            answer = wire.ask(method, target, self.host, headers, body)
        else:
            answer = fetch(self.address, target, self.host, headers, method, body, timeout)
        answer.json = json.loads(answer.body) if (answer.get("content-type") or "").startswith("application/json") and answer.body else None
        return answer

    def get(self, path, **more):
        return self.call("GET", path, **more)

    def post(self, path, body=None, **more):
        return self.call("POST", path, body, **more)

    def must(self, method, path, body=None, **more):
        answer = self.call(method, path, body, **more)
        if answer.status not in (200, 201):
            raise Refused(f"{method} {path}", answer)
        return answer.json

    def login(self, email=None, password="a long password"):
        email = email or unique("user") + "@example.org"
        self.token = self.must("POST", "/auth/login", {"email": email, "password": password}, token=False)["token"]
        return self

    # The steps of a deploy in the map form; `files` is {path: bytes}.
    def plan(self, project, files, **more):
        return self.post("/plan", {"project": project, "files": {path: hashes.sha256(data) for path, data in files.items()}, **more})

    def upload(self, plan_id, name, data, **more):
        return self.post(f"/upload/{plan_id}/{name}", data, fields=[("Content-Type", "application/octet-stream")], **more)

    def make_image(self, project, files, message=None):
        """plan → upload → commit; the image's id."""
        by_hash = {hashes.sha256(data): data for data in files.values()}
        plan = self.must("POST", "/plan", {"project": project, "files": {p: hashes.sha256(d) for p, d in files.items()}})
        with Wire(self.address, 120) as wire:
            for name in plan["missing"]:
                answer = self.upload(plan["plan_id"], name, by_hash[name], wire=wire)
                if answer.status != 200:
                    raise Refused("upload", answer)
        commit = {"plan_id": plan["plan_id"], **({"message": message} if message else {})}
        return self.must("POST", "/commit", commit)["image_id"]

    def release(self, project, image=None, environment=None, **more):
        body = {"project": project, **more}
        if image:
            body["image_id"] = image
        if environment:
            body["environment"] = environment
        return self.post("/release", body)

    def deploy(self, project, files, environment="prod", message=None):
        """The whole flow; the image's id. What was released is visible when this returns."""
        image = self.make_image(project, files, message)
        answer = self.release(project, image, environment)
        if answer.status != 200:
            raise Refused("release", answer)
        return image


class Cli025:
    """The existing command-line client as the contract describes it: array form, BLAKE3 names, SHA-256 in base64, 20 uploads at
    once, one request per file, no retry on 429, strict about the fields it parses (a null or a missing one is a failure)."""

    CONCURRENT = 20

    def __init__(self, api):
        self.api = api

    @staticmethod
    def _strings(answer, *names):
        for name in names:
            if not isinstance(answer.get(name), str):
                raise AssertionError(f"{name} is not a string in {answer}")

    def entry(self, path, data):
        import base64
        import hashlib
        return {"path": path, "blake3": hashes.blake3(data), "sha256": base64.b64encode(hashlib.sha256(data).digest()).decode(),
                "size": len(data), "content_type": "application/octet-stream"}

    def deploy(self, project, files, environment="beta"):
        plan = self.api.must("POST", "/plan", {"project": project, "files": [self.entry(p, d) for p, d in files.items()], "git": None})
        self._strings(plan, "plan_id", "content_hash", "upload_mode")
        if not isinstance(plan["reusable"], int):
            raise AssertionError("reusable is not an integer")
        data_of = {hashes.blake3(d): d for d in files.values()}
        for item in plan["missing"]:
            self._strings(item, "path", "hash", "upload_url")
            if not isinstance(item["size"], int):
                raise AssertionError("size of a missing item is not an integer")

        def upload(item):
            answer = self.api.upload(plan["plan_id"], item["hash"], data_of[item["hash"]])
            if answer.status != 200:
                raise Refused("upload", answer)

        with concurrent.futures.ThreadPoolExecutor(self.CONCURRENT) as pool:
            list(pool.map(upload, plan["missing"]))
        commit = self.api.must("POST", "/commit", {"plan_id": plan["plan_id"]})
        self._strings(commit, "image_id", "content_hash")
        release = self.api.must("POST", "/release", {"project": project, "environment": environment, "image_id": commit["image_id"]})
        self._strings(release, "url")
        return plan, commit, release

    def rollback(self, project, environment, image_id):
        answer = self.api.must("POST", "/rollback", {"project": project, "environment": environment, "image_id": image_id})
        self._strings(answer, "url", "previous_image_id")
        return answer

    def history(self, project, limit=20):
        answer = self.api.must("GET", f"/history?project={project}&limit={limit}")
        for item in answer["items"]:
            self._strings(item, "image_id", "content_hash", "created_at")
        return answer["items"]
