#!/usr/bin/env python3
"""POST /commit: deploy API §2 row 5, §5; impossible things 4, 10, 11."""
import concurrent.futures
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support import hashes, sites  # noqa: E402
from support.api import check_no_nulls, unique  # noqa: E402
from support.case import HEX64, ContractCase  # noqa: E402


class Commit(ContractCase):
    def ready_plan(self, files, project=None):
        """A plan with all its files uploaded."""
        answer = self.assert_ok(self.user.plan(project or unique("commit"), files))
        by_hash = {hashes.sha256(d): d for d in files.values()}
        for name in answer["missing"]:
            self.assert_ok(self.user.upload(answer["plan_id"], name, by_hash[name]))
        return answer["plan_id"]

    def commit(self, plan, api=None, **more):
        return (api or self.user).post("/commit", {"plan_id": plan, **more})

    def test_the_answer_is_the_union_of_both_forms(self):
        project = unique("union")
        files = {"a.txt": b"12345", "b.txt": b"1234567", "c.txt": b"12345"}
        answer = self.assert_ok(self.commit(self.ready_plan(files, project), message="first words"))
        self.assertRegex(answer["image_id"], r"^img_[A-Za-z0-9_-]{11,}$")
        self.assertRegex(answer["content_hash"], HEX64)
        self.assert_timestamp(answer["created_at"])
        self.assertEqual(answer["project"], project)
        self.assertEqual(answer["message"], "first words")
        self.assertEqual((answer["file_count"], answer["files_count"], answer["total_size"]), (3, 3, 17))
        check_no_nulls(answer)

    def test_without_a_message_nothing_is_null(self):
        check_no_nulls(self.assert_ok(self.commit(self.ready_plan({"a": unique("x").encode()}))), allowed=())

    def test_missing_blobs_are_named(self):
        files = {f"f{i}": unique("missing").encode() for i in range(5)}
        plan = self.assert_ok(self.user.plan(unique("miss"), files))["plan_id"]
        there = list(files.values())[0]
        self.assert_ok(self.user.upload(plan, hashes.sha256(there), there))
        answer = self.commit(plan)
        self.assert_error(answer, 400, "missing_blobs")
        self.assertEqual(sorted(answer.json["missing"]), sorted(hashes.sha256(d) for d in files.values() if d != there))

    def test_a_repeated_commit_answers_the_same_image(self):
        plan = self.ready_plan({"a": unique("x").encode()})
        first = self.assert_ok(self.commit(plan))
        again = self.assert_ok(self.commit(plan))
        self.assertEqual((first["image_id"], first["created_at"], first["content_hash"]), (again["image_id"], again["created_at"], again["content_hash"]))

    def test_concurrent_commits_of_one_plan_make_one_image(self):
        project = unique("race")
        plan = self.ready_plan({"a": unique("x").encode()}, project)
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda _: self.assert_ok(self.commit(plan)), range(32)))
        self.assertEqual(len({a["image_id"] for a in answers}), 1)
        self.assertEqual(self.assert_ok(self.user.get(f"/images?project={project}"))["total"], 1)

    def test_unknown_foreign_and_nameless_plans(self):
        self.assert_error(self.commit("plan_unknown"), 404, "plan_not_found")
        self.assert_error(self.commit("../../etc/passwd"), 404)
        plan = self.ready_plan({"a": unique("x").encode()})
        self.assert_error(self.commit(plan, api=self.stranger), 403, "forbidden")
        for body in ({}, {"plan_id": ""}, {"plan_id": None}, {"plan_id": 7}, {"plan_id": [plan]}, [], "x", {"plan_id": plan, "message": 7}):
            with self.subTest(body=body):
                self.assert_error(self.user.post("/commit", body if isinstance(body, (dict, list)) else b'"x"'), 400)

    def test_true_sizes_come_from_storage(self):
        data = unique("sized").encode()
        self.user.make_image(unique("own"), {"a": data})
        lie = {"path": "a", "blake3": hashes.blake3(data), "size": len(data) + 1000}
        plan = self.user.post("/plan", {"project": unique("lie"), "files": [lie]})
        if plan.status != 200:
            return self.assert_error(plan, 400)
        answer = self.commit(plan.json["plan_id"])
        if answer.status == 200:
            self.assertEqual(answer.json["total_size"], len(data))
        else:
            self.assert_error(answer, 400, ("size_mismatch", "missing_blobs"))

    def test_the_content_hash_names_the_content_and_nothing_else(self):
        files = {"a": b"content a", "b": b"content b"}
        one = self.assert_ok(self.commit(self.ready_plan(files), message="one"))
        two = self.assert_ok(self.commit(self.ready_plan(dict(reversed(files.items()))), message="two"))
        self.assertEqual(one["content_hash"], two["content_hash"])
        self.assertNotEqual(one["image_id"], two["image_id"])
        for other in ({"a": b"content a", "b": b"content c"}, {"a": b"content a", "c": b"content b"}, {"a": b"content a"}):
            self.assertNotEqual(self.assert_ok(self.commit(self.ready_plan(other)))["content_hash"], one["content_hash"])

    def test_both_forms_and_both_digests_give_one_content_hash(self):
        files = {"a.txt": unique("one").encode(), "b/c.html": unique("two").encode()}
        map_form = self.assert_ok(self.commit(self.ready_plan(files)))
        listed = [{"path": "/" + p, "blake3": hashes.blake3(d), "size": len(d), "content_type": ""} for p, d in files.items()]
        plan = self.assert_ok(self.user.post("/plan", {"project": unique("forms"), "files": listed}))
        self.assertEqual(plan["missing"], [])
        self.assertEqual(self.assert_ok(self.commit(plan["plan_id"]))["content_hash"], map_form["content_hash"])

    def test_a_blob_that_vanished_or_shrank_before_commit_is_noticed(self):
        for damage in ("gone", "truncated"):
            with self.subTest(damage=damage):
                data = sites.noise(50_000, seed=unique("dmg"))
                self.user.make_image(unique("own"), {"a": data})
                plan = self.assert_ok(self.user.plan(unique("later"), {"a": data}))
                path = self.server.blob_path(hashes.sha256(data))
                if damage == "gone":
                    path.unlink()
                else:
                    os.truncate(path, 100)
                self.assert_error(self.commit(plan["plan_id"]), 400, "missing_blobs")
                self.assert_ok(self.user.upload(plan["plan_id"], hashes.sha256(data), data))
                self.assert_ok(self.commit(plan["plan_id"]))

    def test_an_image_exists_only_after_its_commit(self):
        project = unique("before")
        self.ready_plan({"a": unique("x").encode()}, project)
        self.assertEqual(self.assert_ok(self.user.get(f"/images?project={project}"))["total"], 0)
        self.assert_error(self.user.release(project), (400, 404))

    def test_ids_do_not_repeat(self):
        project = unique("ids")
        ids = {self.user.make_image(project, {"a": b"same"}) for _ in range(30)}
        self.assertEqual(len(ids), 30)


if __name__ == "__main__":
    unittest.main()
