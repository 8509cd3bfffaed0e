"""The existing command-line client (0.2.5) as the contract describes it: array form, BLAKE3 names with a SHA-256 in base64, 20 uploads at
once with one request per file, no retry on 429, and a strict parser: a field that it reads must be there and of its type, never null.
What it does not read it ignores. Where a plan says "presigned" it puts each file to its upload_url, with a Content-Type and no other field of its own.
"""
import base64
import concurrent.futures
import contextlib
import hashlib
import http.client
import queue
import urllib.parse

from support import hashes
from support.api import Refused
from support.wire import Wire

TEXT, NUMBER, FLAG = "text", "number", "flag"
_IS = {TEXT: lambda v: isinstance(v, str), NUMBER: lambda v: isinstance(v, int) and not isinstance(v, bool), FLAG: lambda v: isinstance(v, bool)}


class Unparsable(AssertionError):
    """An answer that the existing client would fail on."""


def parse(value, **fields):
    """Only the fields of the client's struct, each of its type."""
    if not isinstance(value, dict):
        raise Unparsable(f"not an object: {value!r:.200}")
    for name, kind in fields.items():
        if not _IS[kind](value.get(name)):
            raise Unparsable(f"{name} is {value.get(name)!r} and not a {kind} in {value!r:.300}")
    return {name: value[name] for name in fields}


def parse_list(value, **fields):
    if not isinstance(value, list):
        raise Unparsable(f"not a list: {value!r:.200}")
    return [parse(item, **fields) for item in value]


def put_presigned(url, data):
    """(status, body) of a PUT that carries nothing but the bytes and their type."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=60)
    with contextlib.closing(connection):
        connection.request("PUT", f"{parts.path}?{parts.query}", data, {"Content-Type": "application/octet-stream"})
        answer = connection.getresponse()
        return answer.status, answer.read()


class ExistingClient:
    CONCURRENT = 20

    def __init__(self, api):
        self.api = api

    def login(self, email, password):
        answer = self.api.must("POST", "/auth/login", {"email": email, "password": password}, token=False)
        self.api.token = parse(answer, token=TEXT)["token"]
        return self

    def server_domain(self):
        return parse(self.api.must("GET", "/config", token=False), domain=TEXT)["domain"]

    @staticmethod
    def entry(path, data):
        return {"path": path, "blake3": hashes.blake3(data), "sha256": base64.b64encode(hashlib.sha256(data).digest()).decode(),
                "size": len(data), "content_type": "application/octet-stream"}

    def commit(self, project, files):
        """Scan, plan, upload, commit, as `deploy` and `preview` begin."""
        answer = self.api.must("POST", "/plan", {"project": project, "files": [self.entry(p, d) for p, d in files.items()], "git": None})
        plan = parse(answer, plan_id=TEXT, content_hash=TEXT, upload_mode=TEXT, reusable=NUMBER)
        plan["missing"] = parse_list(answer.get("missing"), path=TEXT, hash=TEXT, size=NUMBER, upload_url=TEXT)
        self._upload(plan, {hashes.blake3(data): data for data in files.values()})
        commit = parse(self.api.must("POST", "/commit", {"plan_id": plan["plan_id"]}), image_id=TEXT, content_hash=TEXT)
        return plan, commit

    def _upload(self, plan, data_of):
        """One request per file on pooled connections; the first refusal, whatever its status, ends the deploy."""
        waiting = queue.SimpleQueue()
        for item in plan["missing"]:
            waiting.put(item)

        def work(_):
            with Wire(self.api.address, 120) as wire:
                while True:
                    try:
                        item = waiting.get_nowait()
                    except queue.Empty:
                        return
                    if plan["upload_mode"] == "presigned":
                        status, body = put_presigned(item["upload_url"], data_of[item["hash"]])
                        if status // 100 != 2:
                            raise AssertionError(f"Presigned upload failed ({status}): {body!r:.400}")
                        continue
                    answer = self.api.upload(plan["plan_id"], item["hash"], data_of[item["hash"]], wire=wire)
                    if answer.status != 200:
                        raise Refused("upload", answer)

        with concurrent.futures.ThreadPoolExecutor(self.CONCURRENT) as pool:
            list(pool.map(work, range(min(self.CONCURRENT, len(plan["missing"])))))

    def deploy(self, project, files, environment="beta"):
        plan, commit = self.commit(project, files)
        release = self.api.must("POST", "/release", {"project": project, "environment": environment, "image_id": commit["image_id"]})
        return plan, commit, parse(release, url=TEXT)

    def preview(self, project, image_id, slug=None, expires_in=None):
        body = {"project": project, "image_id": image_id}
        body.update({"slug": slug} if slug else {})
        body.update({"expires_in": expires_in} if expires_in else {})
        return parse(self.api.must("POST", "/preview", body), url=TEXT, expires_at=TEXT)

    def rollback(self, project, environment, image_id):
        answer = self.api.must("POST", "/rollback", {"project": project, "environment": environment, "image_id": image_id})
        return parse(answer, url=TEXT, previous_image_id=TEXT)

    def history(self, project, limit=20):
        answer = self.api.must("GET", f"/history?project={project}&limit={limit}")
        return parse_list(answer.get("items"), image_id=TEXT, content_hash=TEXT, created_at=TEXT)

    def domains(self, project):
        answer = self.api.must("GET", f"/domains?project={project}")
        return parse_list(answer.get("domains"), domain=TEXT, slug=TEXT, type=TEXT, status=TEXT, is_primary=FLAG, created_at=TEXT)

    def add_domain(self, project, domain, slug="/"):
        """What the client prints about the record to add is optional in its struct."""
        answer = self.api.must("POST", "/domains", {"project": project, "domain": domain, "slug": slug})
        return {**parse(answer, domain=TEXT, slug=TEXT, status=TEXT), "txt": answer.get("verification_txt"), "token": answer.get("verification_token")}

    def verify_domain(self, domain):
        return parse(self.api.must("POST", f"/domains/{domain}/verify"), domain=TEXT, status=TEXT, verified=FLAG, message=TEXT)

    def remove_domain(self, domain):
        """The client looks at the status only."""
        answer = self.api.call("DELETE", f"/domains/{domain}")
        if answer.status != 200:
            raise Refused("remove domain", answer)

    def rename(self, project, subdomain):
        return parse(self.api.must("PUT", f"/domains/rename?project={project}", {"new_subdomain": subdomain}), old_subdomain=TEXT, new_subdomain=TEXT)

    def delete_account(self):
        return parse(self.api.must("DELETE", "/account"), message=TEXT, deleted_projects=NUMBER)
