"""A thin client of the deploy API that speaks both request forms.

Api sends exactly what a test asks for and returns the Answer with `.json`. Deploying helpers raise with the server's own error when a
step that a test takes for granted fails.
"""
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
