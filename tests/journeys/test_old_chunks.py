#!/usr/bin/env python3
"""Visitors whose page is older than the last release still get its chunks: through releases, rollbacks, restarts, collections, until
their time is over or somebody purges them (features.md, wish 1)."""
import os
import sqlite3
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support import hashes  # noqa: E402
from support.api import Api, unique  # noqa: E402
from support.server import Server  # noqa: E402
from support.wire import fetch  # noqa: E402

CHUNK, STYLE, NEW = "/app.1a2b3c4d.js", "/assets/site-DkfhJslw.css", "/app.5e6f7a8b.js"
IMMUTABLE = "public, max-age=31536000, immutable"
SCRIPT = [("Sec-Fetch-Mode", "no-cors"), ("Accept", "*/*")]


class OldChunks(unittest.TestCase):
    env = {"SITEPOD_GC_GRACE_PERIOD": "0s"}

    def setUp(self):
        self.server = Server(env=self.env)
        self.server.__enter__()
        self.addCleanup(lambda: self.server.__exit__(None, None, None))
        self.api = Api(self.server.address).login()
        self.project = unique("chunks")
        self.host = f"{self.project}.localhost"
        stem = unique("bytes")
        self.old = {"index.html": b"old page", "about.html": b"old about", "plain.js": b"old script", "assets/logo.png": b"old logo",
                    CHUNK[1:]: f"// chunk {stem}".encode(), STYLE[1:]: f"/* style {stem} */".encode()}
        self.new = {"index.html": b"new page", NEW[1:]: f"// new chunk {stem}".encode()}
        self.image_a = self.api.deploy(self.project, self.old)
        self.image_b = self.api.deploy(self.project, self.new)

    def get(self, target, fields=SCRIPT, host=None):
        return fetch(self.server.address, target, host or self.host, fields)

    def restart(self, **env):
        self.assertEqual(self.server.stop(), 0)
        self.server.env.update(env)
        self.server.start()
        self.api.address = self.server.address

    def assert_served(self, target, data):
        answer = self.get(target)
        self.assertEqual((answer.status, answer.body), (200, data))
        self.assertEqual(answer.get("cache-control"), IMMUTABLE)

    def assert_gone(self, target, status=404):
        answer = self.get(target)
        self.assertEqual(answer.status, status, answer)
        self.assertNotIn("immutable", answer.get("cache-control") or "")

    def age(self, days):
        """As if everything so far had been that long ago."""
        self.assertEqual(self.server.stop(), 0)
        database = sqlite3.connect(self.server.database_files()[0])
        with database:
            for table, column in (("releases", "created_at"), ("environments", "updated_at")):
                database.execute(f"UPDATE {table} SET {column} = {column} - ?", (days * 86_400_000,))
        database.close()
        self.server.start()
        self.api.address = self.server.address

    def test_a_page_of_before_still_gets_its_files_and_nobody_its_pages(self):
        self.assert_served(CHUNK, self.old[CHUNK[1:]])
        self.assert_served(STYLE, self.old[STYLE[1:]])
        answer = self.get(CHUNK, [("If-None-Match", self.get(CHUNK).get("etag"))])
        self.assertEqual(answer.status, 304)
        self.assertEqual(self.get(CHUNK, [("Range", "bytes=0-3")]).status, 206)
        self.assert_gone("/about.html")
        self.assert_gone("/plain.js")
        self.assert_gone("/assets/logo.png")
        self.assert_gone("/app.00000000.js")
        self.assertEqual(self.get("/", []).body, b"new page")
        self.assertEqual(self.get("/index.html", []).body, b"new page")

    def test_a_rollback_leaves_the_files_of_the_image_that_it_takes_back(self):
        self.api.must("POST", "/rollback", {"project": self.project})
        self.assertEqual(self.get("/", []).body, b"old page")
        self.assert_served(NEW, self.new[NEW[1:]])
        self.assert_served(CHUNK, self.old[CHUNK[1:]])

    def test_other_environments_and_previews_have_none_of_it(self):
        self.api.release(self.project, self.image_b, "beta")
        self.api.must("POST", "/preview", {"project": self.project, "image_id": self.image_b, "slug": "look"})
        for host in (f"{self.project}-beta.localhost", f"{self.project}--look.localhost"):
            self.assertEqual(self.get(NEW, host=host).status, 200)
            self.assertEqual(self.get(CHUNK, host=host).status, 404)
        self.assertEqual(self.get(f"/__preview__/look{CHUNK}").status, 404)

    def test_it_lasts_through_restarts_and_collections_until_its_time_is_over(self):
        self.restart()
        self.assert_served(CHUNK, self.old[CHUNK[1:]])
        report = self.api.must("POST", "/gc", {"grace_seconds": 0})
        self.assertEqual((report["errors"], report["deleted_images"]), ([], 0))
        self.assert_served(CHUNK, self.old[CHUNK[1:]])
        self.age(6)
        self.assert_served(CHUNK, self.old[CHUNK[1:]])
        self.age(2)
        self.assert_gone(CHUNK)
        self.assert_served(NEW, self.new[NEW[1:]])

    def test_they_go_with_their_image_when_retention_does_not_keep_it(self):
        self.restart(SITEPOD_GC_KEEP_DAYS="0", SITEPOD_GC_MIN_VERSIONS="1")
        self.assert_served(CHUNK, self.old[CHUNK[1:]])
        report = self.api.must("POST", "/gc", {"grace_seconds": 0})
        self.assertEqual((report["errors"], report["deleted_images"]), ([], 1))
        self.assertFalse(self.server.blob_path(hashes.sha256(self.old[CHUNK[1:]])).exists())
        self.assert_gone(CHUNK)
        self.assert_served(NEW, self.new[NEW[1:]])
        self.restart()
        self.assert_gone(CHUNK)

    def test_an_image_that_is_purged_takes_its_files_along_at_once(self):
        self.assert_served(CHUNK, self.old[CHUNK[1:]])
        answer = self.api.must("DELETE", f"/images/{self.image_a}?purge=1&reason=leaked")
        self.assertEqual(answer["errors"], [])
        self.assert_gone(CHUNK)
        self.restart()
        self.assert_gone(CHUNK)

    def test_bytes_that_are_purged_answer_410_and_the_rest_of_their_image_goes_on(self):
        digest = hashes.sha256(self.old[CHUNK[1:]])
        self.assertEqual(self.api.must("POST", "/admin/purge", {"blob": digest})["errors"], [])
        self.assert_gone(CHUNK, 410)
        self.assert_served(STYLE, self.old[STYLE[1:]])
        self.restart()
        self.assert_gone(CHUNK, 410)
        self.assert_served(STYLE, self.old[STYLE[1:]])

    def test_an_operator_may_switch_it_off(self):
        self.restart(SITEPOD_RECENT_DAYS="0")
        self.assert_gone(CHUNK)
        self.assert_served(NEW, self.new[NEW[1:]])


if __name__ == "__main__":
    unittest.main()
