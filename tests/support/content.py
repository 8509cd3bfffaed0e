"""The frame of the content API's tests: an account with an sp_ token, and the API's answers in its own words."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.api import Api, unique  # noqa: E402
from support.case import ContractCase  # noqa: E402
from support.server import wait_until  # noqa: E402

PUBLIC = "/api/v1/public"


class Writer(Api):
    """Somebody with a content token; paths are below /api/v1/public."""

    def call(self, method, path, body=None, **more):
        return super().call(method, path if path.startswith("/api/") else PUBLIC + path, body, **more)

    def save(self, *pages, **more):
        return self.post("/pages", {"pages": list(pages), **more})


def writer_of(owner, **fields):
    made = owner.must("POST", "/tokens", {"name": "writer", "scopes": ["content"], **fields})
    return Writer(owner.address, made["token"])


class ContentCase(ContractCase):
    env = {"SITEPOD_CONTENT_RATE_LIMIT": "1000000"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.writer = writer_of(cls.user)

    def newcomer(self):
        """A fresh account, and its writer."""
        owner = Api(self.server.address).login(unique("writer") + "@example.org")
        return owner, writer_of(owner)

    # ---- what an answer must be --------------------------------------------------------------------------------------
    def refused(self, answer, status, error=None):
        self.assertEqual(answer.status, status, answer)
        self.assertEqual(answer.get("content-type"), "application/json")
        self.assertIsInstance(answer.json.get("error"), str, answer)
        self.assertTrue(answer.json["error"])
        self.assertNotIn(self.server.data, answer.body.decode())
        if error is not None:
            self.assertEqual(answer.json["error"], error)
        return answer.json

    def fine(self, answer, status=200):
        self.assertEqual(answer.status, status, answer)
        self.assertEqual(answer.get("content-type"), "application/json")
        self.assertNotIn("error", answer.json)
        return answer.json

    def invalid(self, answer, *places):
        """A validation failure of exactly these (index, field) pairs; the messages."""
        said = self.refused(answer, 400, "validation failed")["pages"]
        found = {(int(index), field) for index, fields in said.items() for field in fields}
        self.assertEqual(found, set(places), answer)
        for fields in said.values():
            for message in fields.values():
                self.assertTrue(isinstance(message, str) and message)
        return said

    def saved(self, *pages, by=None, **more):
        return self.fine((by or self.writer).save(*pages, **more))["pages"]

    def listed(self, by=None, query=""):
        return self.fine((by or self.writer).get("/pages" + query))["pages"]


class BuildCase(ContentCase):
    env = {**ContentCase.env, "SITEPOD_BUILD_COOLDOWN": "0"}

    def site_of(self, writer_owner):
        return writer_owner.must("GET", "/projects")[0]["name"]

    def built(self, writer):
        """Waits for the newest build to end; its answer."""
        def ended():
            latest = writer.get("/builds/latest").json
            return latest if latest["status"] in ("success", "failed") else None
        return wait_until(ended, "the build ends", 120)

    def build(self, writer):
        answer = writer.post("/builds")
        self.fine(answer, 202)
        latest = self.built(writer)
        self.assertEqual(latest["status"], "success", latest)
        return latest

    def look(self, owner, path="/", **more):
        return self.fetch(self.host(self.site_of(owner)), path, **more)
