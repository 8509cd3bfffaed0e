#!/usr/bin/env python3
"""Garbage collection, cleanup and the other maintenance endpoints (deploy API §10, §16 items 4, 7, 9, 12)."""
import concurrent.futures
import os
import sqlite3
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support import hashes  # noqa: E402
from support.api import Api, unique  # noqa: E402
from support.case import ContractCase  # noqa: E402

SECRET = "an operator's secret token"
NOW = {"grace_seconds": 0}


class Collection(ContractCase):
    env = {"SITEPOD_ADMIN_TOKEN": SECRET, "SITEPOD_GC_MIN_VERSIONS": "2", "SITEPOD_GC_KEEP_DAYS": "0", "SITEPOD_GC_GRACE_PERIOD": "1h"}

    def gc(self, **body):
        answer = self.assert_ok(self.admin.post("/gc", body))
        self.assertEqual(answer["errors"], [])
        return answer

    def stored(self, data):
        return self.server.blob_path(hashes.sha256(data)).exists()

    def page(self):
        return unique("content").encode()

    def test_only_admins_and_the_operator_collect(self):
        for path in ("/gc", "/cleanup", "/admin/cache/invalidate", "/admin/routing/rebuild"):
            with self.subTest(path=path):
                self.assert_error(self.anonymous.post(path), 401)
                self.assert_error(self.user.post(path), 403, "forbidden")
                self.assert_ok(self.admin.post(path))
                self.assert_ok(Api(self.server.address, SECRET).post(path))
                self.assert_ok(self.anonymous.post(path, fields=[("X-Sitepod-Admin-Token", SECRET)]))
                for wrong in (SECRET + "x", SECRET[:-1], ""):
                    self.assertEqual(self.anonymous.post(path, fields=[("X-Sitepod-Admin-Token", wrong)]).status, 401)
        self.assert_error(Api(self.server.address, SECRET).get("/projects"), 401)

    def test_the_answers_fields(self):
        answer = self.gc(dry_run=True)
        for field in ("referenced_blobs", "total_blobs", "deleted_blobs", "freed_bytes"):
            self.assertIsInstance(answer[field], int)
        answer = self.assert_ok(self.admin.post("/cleanup"))
        self.assertEqual(set(answer), {"expired_previews_deleted", "expired_plans_deleted", "expired_users_deleted", "errors"})

    def test_bad_requests(self):
        for body in ({"grace_seconds": -1}, {"grace_seconds": "1"}, {"dry_run": 1}, {"dry_run": "yes"}):
            self.assert_error(self.admin.post("/gc", body), 400)

    def test_retention_keeps_what_is_live_and_the_newest_versions(self):
        project, pages = unique("gc"), [self.page() for _ in range(5)]
        images = [self.user.deploy(project, {"index.html": page}) for page in pages]
        self.gc(**NOW)
        self.assertEqual([self.stored(page) for page in pages], [False, False, False, True, True])
        listed = [item["image_id"] for item in self.user.must("GET", f"/history?project={project}")["items"]]
        self.assertEqual(listed, [images[4], images[3]])
        self.assertEqual(self.fetch(self.host(project)).body, pages[4])
        self.assert_ok(self.user.post("/rollback", {"project": project}))
        self.assertEqual(self.fetch(self.host(project)).body, pages[3])
        self.assert_error(self.user.release(project, images[0]), 404)

    def test_pending_plans_pin_what_was_uploaded_and_what_they_reuse(self):
        project, old, new = unique("gc"), self.page(), self.page()
        self.user.make_image(project, {"old": old})
        self.user.make_image(project, {"other": self.page()})
        plan = self.user.plan(project, {"old": old, "new": new}).json
        self.assertEqual(plan["missing"], [hashes.sha256(new)])
        self.assert_ok(self.user.upload(plan["plan_id"], hashes.sha256(new), new))
        self.gc(**NOW)
        self.assertTrue(self.stored(old) and self.stored(new))
        self.assert_ok(self.user.post("/commit", {"plan_id": plan["plan_id"]}))

    def test_the_grace_period_protects_young_bytes_and_a_dry_run_everything(self):
        project, page = unique("gc"), self.page()
        self.user.make_image(project, {"a": page})
        self.user.make_image(project, {"a": self.page()})
        self.gc()
        self.assertTrue(self.stored(page))
        dry = self.gc(dry_run=True, **NOW)
        self.assertTrue(self.stored(page))
        self.assertGreaterEqual(dry["deleted_blobs"], 1)
        self.gc(**NOW)
        self.assertFalse(self.stored(page))
        plan = self.user.plan(project, {"a": page}).json
        self.assertEqual(plan["missing"], [hashes.sha256(page)], "what is gone is missing")

    def test_a_deleted_project_leaves_no_bytes(self):
        project, page = unique("gc"), self.page()
        self.user.deploy(project, {"index.html": page})
        self.assert_ok(self.user.call("DELETE", f"/projects/{project}"))
        self.gc(**NOW)
        self.assertFalse(self.stored(page))

    def test_previews_are_roots_until_they_expire(self):
        project, page = unique("gc"), self.page()
        image = self.user.make_image(project, {"index.html": page})
        self.user.make_image(project, {"index.html": self.page()})
        self.assert_ok(self.user.post("/preview", {"project": project, "image_id": image, "expires_in": 3600}))
        self.gc(**NOW)
        self.assertTrue(self.stored(page))

    def test_collections_beside_deploys_of_the_same_content_lose_nothing(self):
        """Reliability rows 34-36."""
        stop = []
        contents = [self.page() for _ in range(3)]

        def collect():
            while not stop:
                self.gc(**NOW)

        def deploy(number):
            project = unique("gc")
            for i in range(12):
                page = contents[(number + i) % 3]
                self.user.deploy(project, {"index.html": page, "own": unique("own").encode()})
                self.assertEqual(self.fetch(self.host(project)).body, page)
            self.user.post("/rollback", {"project": project})
            self.assertEqual(self.fetch(self.host(project)).status, 200)

        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            collecting = [pool.submit(collect) for _ in range(2)]
            deploying = [pool.submit(deploy, number) for number in range(4)]
            try:
                for one in deploying:
                    one.result()
            finally:
                stop.append(True)
            for one in collecting:
                one.result()

    def test_an_unreadable_manifest_ends_the_collection_with_nothing_deleted(self):
        project, garbage = unique("gc"), self.page()
        image = self.user.deploy(project, {"index.html": self.page()})
        other = unique("gc")
        self.user.make_image(other, {"a": garbage})
        self.user.make_image(other, {"a": self.page()})
        manifest = self.server.blob_path(self.user.must("GET", f"/current?project={project}")["content_hash"])
        original = manifest.read_bytes()
        manifest.write_bytes(b"{" + original[1:])
        try:
            answer = self.assert_ok(self.admin.post("/gc", NOW))
            self.assertEqual(len(answer["errors"]), 1)
            self.assertNotIn(str(self.server.data), answer["errors"][0])
            self.assertEqual((answer["deleted_blobs"], answer["deleted_images"]), (0, 0))
            self.assertTrue(self.stored(garbage))
        finally:
            manifest.write_bytes(original)
        self.gc(**NOW)
        self.assertFalse(self.stored(garbage))
        self.assertEqual(self.user.must("GET", f"/current?project={project}")["image_id"], image)

    def test_cleanup_deletes_expired_plans(self):
        plan = self.user.plan(unique("gc"), {"a": self.page()}).json["plan_id"]
        with sqlite3.connect(os.path.join(self.server.data, "sitepod.db"), timeout=30) as database:
            database.execute("UPDATE plans SET expires_at = 1 WHERE id = ?", (plan,))
        self.assertGreaterEqual(self.assert_ok(self.admin.post("/cleanup"))["expired_plans_deleted"], 1)

    def test_invalidating_caches_and_rebuilding_the_routing_change_nothing_for_visitors(self):
        project, page = unique("gc"), self.page()
        self.user.deploy(project, {"index.html": page})
        for path in ("/admin/cache/invalidate", "/admin/routing/rebuild"):
            self.assertTrue(self.assert_ok(self.admin.post(path))["message"])
            self.assertEqual(self.fetch(self.host(project)).body, page)


if __name__ == "__main__":
    unittest.main()
