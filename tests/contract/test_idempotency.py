#!/usr/bin/env python3
"""Idempotency-Key on POST (features: API; reliability: Idempotency-Key reuse with another body)."""
import concurrent.futures
import os
import pathlib
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support import hashes  # noqa: E402
from support.api import Api, unique  # noqa: E402
from support.case import ContractCase  # noqa: E402
from support.content import writer_of  # noqa: E402


class IdempotencyKey(ContractCase):
    def with_key(self, key, path, body, api=None):
        return (api or self.user).post(path, body, fields=[("Idempotency-Key", key)])

    def test_the_same_request_is_done_once(self):
        project = unique("once")
        images = [self.user.deploy(project, {"index.html": f"{i}".encode()}) for i in range(3)]
        key = unique("key")
        first = self.with_key(key, "/rollback", {"project": project})
        again = self.with_key(key, "/rollback", {"project": project})
        self.assertEqual((first.status, again.status), (200, 200))
        self.assertEqual(first.body, again.body)
        self.assertEqual(again.get("idempotency-replayed"), "true")
        self.assertIsNone(first.get("idempotency-replayed"))
        # A second rollback would have gone one further back.
        self.assertEqual(self.assert_ok(self.user.get(f"/current?project={project}"))["image_id"], images[1])

    def test_another_body_is_a_conflict_and_changes_nothing(self):
        project = unique("other")
        self.user.deploy(project, {"index.html": b"1"})
        key = unique("key")
        self.assert_ok(self.with_key(key, "/release", {"project": project}))
        self.assert_error(self.with_key(key, "/release", {"project": project, "environment": "beta"}), 409, "conflict")
        self.assert_error(self.with_key(key, "/rollback", {"project": project}), 409, "conflict")
        self.assertEqual(self.user.get(f"/current?project={project}&env=beta").status, 404)

    def test_keys_of_two_accounts_have_nothing_to_do_with_each_other(self):
        key = unique("key")
        for api in (self.user, self.stranger):
            answer = self.with_key(key, "/plan", {"project": unique("mine"), "files": {"a": hashes.sha256(b"1")}}, api)
            self.assertEqual(answer.status, 200, answer)

    def test_what_failed_may_be_tried_again(self):
        project = unique("retry")
        data = unique("data").encode()
        plan = self.assert_ok(self.user.plan(project, {"a": data}))
        key = unique("key")
        self.assert_error(self.with_key(key, "/commit", {"plan_id": plan["plan_id"]}), 400, "missing_blobs")
        self.assert_ok(self.user.upload(plan["plan_id"], hashes.sha256(data), data))
        committed = self.assert_ok(self.with_key(key, "/commit", {"plan_id": plan["plan_id"]}))
        self.assertEqual(self.assert_ok(self.with_key(key, "/commit", {"plan_id": plan["plan_id"]})), committed)

    def test_a_large_plan_is_answered_again_in_full(self):
        body = {"project": unique("large"), "files": {f"f{i}": hashes.sha256(f"{i}".encode()) for i in range(3000)}}
        key = unique("key")
        first = self.with_key(key, "/plan", body)
        again = self.with_key(key, "/plan", body)
        self.assertEqual(first.json["plan_id"], again.json["plan_id"])
        self.assertEqual(len(again.json["missing"]), 3000)

    def test_racing_twins_are_done_once(self):
        project = unique("race")
        self.user.deploy(project, {"index.html": b"1"})
        key = unique("key")
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: self.with_key(key, "/release", {"project": project}), range(8)))
        # Twins wait for the first one's answer: 409 is for another request under the same key.
        self.assertEqual({a.status for a in answers}, {200})
        self.assertEqual(len({a.body for a in answers}), 1)
        self.assertEqual(sum(1 for a in answers if a.status == 200 and not a.get("idempotency-replayed")), 1)
        events = self.assert_ok(self.user.get(f"/events?project={project}"))["items"]
        self.assertEqual(len([e for e in events if e["action"] == "deploy"]), 2)

    def test_it_counts_for_the_content_api_too(self):
        writer = writer_of(Api(self.server.address).login(unique("writer") + "@example.org"))
        key = [("Idempotency-Key", unique("key"))]
        first, again = (writer.post("/builds", {}, fields=key) for _ in range(2))
        self.assertEqual((first.status, again.status, first.body), (202, 202, again.body))
        self.assertEqual(again.get("idempotency-replayed"), "true")
        other = writer.post("/pages", {"pages": [{"title": "One"}]}, fields=key)
        self.assertEqual((other.status, other.json["code"]), (400, "conflict"))
        self.assertEqual(writer.get("/pages").json["pages"], [])

    def test_a_bad_key_names_its_rule(self):
        for key in ("x" * 256, "bell\x07"):
            answer = self.with_key(key, "/plan", {"project": unique("bad"), "files": {"a": hashes.sha256(b"1")}})
            self.assertEqual(answer.status, 400, answer)

    def test_no_secret_of_a_kept_answer_is_at_rest(self):
        answer = self.with_key(unique("key"), "/tokens", {"name": unique("token")})
        secret = self.assert_ok(answer, 201)["token"]
        stored = b"".join(pathlib.Path(self.server.data, name).read_bytes() for name in os.listdir(self.server.data) if name.startswith("sitepod.db"))
        self.assertNotIn(secret.encode(), stored)

    def test_it_ends_with_the_account(self):
        api = Api(self.server.address).login()
        key = unique("key")
        self.assertEqual(self.with_key(key, "/plan", {"project": unique("gone"), "files": {"a": hashes.sha256(b"1")}}, api).status, 200)
        self.assertEqual(api.call("DELETE", "/account").status, 200)


if __name__ == "__main__":
    unittest.main(verbosity=2)
