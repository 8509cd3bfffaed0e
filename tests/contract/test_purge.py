#!/usr/bin/env python3
"""Destroying bytes for good: images by their owner, any bytes by an admin (deploy API §10; docs/operate/purge.md)."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support import hashes  # noqa: E402
from support.api import unique  # noqa: E402
from support.case import ContractCase  # noqa: E402
from support.server import run_program  # noqa: E402


class Purge(ContractCase):
    def stored(self, data):
        return self.server.blob_path(hashes.sha256(data)).exists()

    def page(self, size=4000):
        return (unique("content") + " ").encode() * (size // 20)

    def test_an_owner_purges_an_image_that_is_live_nowhere(self):
        project, secret, shared = unique("purge"), self.page(), self.page()
        image = self.user.deploy(project, {"secret": secret, "shared": shared})
        self.assert_error(self.user.call("DELETE", f"/images/{image}?purge=1"), 409, "conflict")
        self.user.deploy(project, {"shared": shared})
        self.assert_error(self.user.call("DELETE", f"/images/{image}"), 400, "invalid_request")
        self.assert_error(self.stranger.call("DELETE", f"/images/{image}?purge=1"), 403, "forbidden")
        self.assert_error(self.anonymous.call("DELETE", f"/images/{image}?purge=1"), 401)
        answer = self.assert_ok(self.user.call("DELETE", f"/images/{image}?purge=1&reason=leaked"))
        self.assertEqual((answer["purged"], answer["errors"]), (True, []))
        self.assertFalse(self.stored(secret))
        self.assertTrue(self.stored(shared))
        self.assertEqual(self.user.get(f"/images/{image}").status, 410)
        self.assertEqual(self.user.call("DELETE", f"/images/{image}?purge=1").status, 410)
        self.assert_error(self.user.release(project, image), 404)
        self.assertEqual(self.user.call("DELETE", "/images/img_none?purge=1").status, 404)

    def test_an_admin_purges_bytes_wherever_they_are(self):
        bad, good, project = self.page(), self.page(), unique("purge")
        self.user.deploy(project, {"index.html": good, "bad.txt": bad})
        host = self.host(project)
        self.assertEqual(self.fetch(host, "/bad.txt").body, bad)
        compressed = self.fetch(host, "/bad.txt", [("Accept-Encoding", "gzip")])
        self.assertEqual(compressed.get("content-encoding"), "gzip")
        variant = compressed.body
        self.assert_error(self.user.post("/admin/purge", {"blob": hashes.sha256(bad)}), 403, "forbidden")
        answer = self.assert_ok(self.admin.post("/admin/purge", {"blob": hashes.sha256(bad), "reason": "court order"}))
        self.assertEqual((answer["errors"], answer["affected_images"]), ([], 1))
        self.assertFalse(self.stored(bad))
        self.assertFalse(self.stored(variant))
        for fields in ([], [("Accept-Encoding", "gzip, br")], [("Range", "bytes=0-1")], [("If-None-Match", "*")]):
            self.assertEqual(self.fetch(host, "/bad.txt", fields).status, 410)
        self.assertEqual(self.fetch(host, "/").body, good)
        for name in (hashes.sha256(bad), hashes.blake3(bad)):
            self.assert_error(self.user.post("/plan", {"project": project, "files": {"x": name}}), 403, "forbidden")
        self.server.stop()
        self.server.start()
        for api in (self.admin, self.user, self.stranger, self.anonymous):
            api.address = self.server.address
        self.assertEqual(self.fetch(host, "/bad.txt").status, 410)
        self.assert_ok(self.admin.call("DELETE", f"/admin/purge/{hashes.sha256(bad)}"))
        self.assertEqual(self.admin.call("DELETE", f"/admin/purge/{hashes.sha256(bad)}").status, 404)
        # Lifted and not yet brought back: the site goes on without the bytes, also where its index is made anew.
        self.assert_ok(self.admin.post("/admin/cache/invalidate"))
        self.assert_ok(self.user.release(project, environment="again"))
        for where in (host, self.host(project, "again")):
            self.assertEqual((self.fetch(where).body, self.fetch(where, "/bad.txt").status), (good, 410))
        checked = run_program("fsck", "--online", "--data", self.server.data)
        self.assertEqual(checked.returncode, 0, checked)
        self.user.deploy(project, {"index.html": good, "bad.txt": bad})
        self.assertEqual(self.fetch(host, "/bad.txt").body, bad)

    def test_a_plan_older_than_the_purge_cannot_bring_the_bytes_back(self):
        bad = self.page()
        plan = self.user.plan(unique("purge"), {"x": bad}).json["plan_id"]
        self.assert_ok(self.admin.post("/admin/purge", {"blob": hashes.sha256(bad)}))
        self.assert_error(self.user.upload(plan, hashes.sha256(bad), bad), 403, "forbidden")
        self.assertFalse(self.stored(bad))

    def test_bad_requests(self):
        for body in ({}, {"blob": "x"}, {"blob": "0" * 63}, {"image_id": "img_x", "blob": "0" * 64}):
            self.assert_error(self.admin.post("/admin/purge", body), 400)
        manifest = self.user.must("GET", f"/images/{self.user.make_image(unique('purge'), {'a': self.page()})}")["content_hash"]
        self.assert_error(self.admin.post("/admin/purge", {"blob": manifest}), 409, "conflict")


if __name__ == "__main__":
    unittest.main()
