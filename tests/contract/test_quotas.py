#!/usr/bin/env python3
"""The operator's limits, each hit exactly and by one more: deploy API §12; reliability row 120."""
import concurrent.futures
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support import hashes, sites  # noqa: E402
from support.api import Api, unique  # noqa: E402
from support.case import ContractCase  # noqa: E402
from support.wire import request_bytes  # noqa: E402

FILE, DEPLOY = 10_000, 25_000


class Quotas(ContractCase):
    env = {"SITEPOD_MAX_FILES_PER_DEPLOY": "3", "SITEPOD_MAX_FILE_SIZE": str(FILE), "SITEPOD_MAX_DEPLOY_SIZE": str(DEPLOY), "SITEPOD_MAX_PROJECTS_PER_USER": "2"}

    def setUp(self):
        self.api = Api(self.server.address).login()

    def assert_over_quota(self, answer):
        self.assert_error(answer, (400, 413), ("quota_exceeded", "payload_too_large"))

    def array_plan(self, *sizes):
        files = [{"path": f"f{i}", "blake3": hashes.blake3(b"%d" % i), "size": size} for i, size in enumerate(sizes)]
        return self.api.post("/plan", {"project": unique("q")[:60], "files": files})

    def test_files_per_deploy(self):
        self.assertEqual(self.api.plan(unique("q"), {f"f{i}": b"%d" % i for i in range(3)}).status, 200)
        self.assert_over_quota(self.api.plan(unique("q"), {f"f{i}": b"%d" % i for i in range(4)}))
        self.assert_over_quota(self.array_plan(1, 1, 1, 1))

    def test_a_hundred_uploads_at_once_never_pass_the_quota_by_a_byte(self):
        files = {f"f{i}": sites.noise(9_000, seed=500 + i) for i in range(3)}
        for _ in range(3):
            plan = self.assert_ok(self.api.plan(unique("q"), files))["plan_id"]
            api = self.api
            # Three files do not fit, two do; every upload of the two that were first succeeds, however often it comes.
            with concurrent.futures.ThreadPoolExecutor(100) as pool:
                answers = list(pool.map(lambda i: (i % 3, api.upload(plan, hashes.sha256(files[f"f{i % 3}"]), files[f"f{i % 3}"]).status), range(99)))
            stored = {which for which, status in answers if status == 200}
            self.assertLessEqual({status for _, status in answers}, {200, 400, 429})
            self.assertLessEqual(sum(len(files[f"f{which}"]) for which in stored), DEPLOY)
            self.assertEqual(len(stored), 2)
            self.api = Api(self.server.address).login()

    def test_room_is_kept_over_a_crash_and_given_back_by_uploads_that_failed(self):
        files = [sites.noise(9_000, seed=f"room {i} {unique('r')}") for i in range(4)]
        plan = self.assert_ok(self.api.plan(unique("q"), {f"f{i}": data for i, data in enumerate(files[:3])}))["plan_id"]
        # One is stored, one fails and gives its room back, one is cut off by a crash.
        self.assert_ok(self.api.upload(plan, hashes.sha256(files[0]), files[0]))
        self.assert_error(self.api.upload(plan, hashes.sha256(files[1]), files[3]), 400, "hash_mismatch")
        wire = self.wire()
        wire.send(request_bytes("POST", f"/api/v1/upload/{plan}/{hashes.sha256(files[1])}", "localhost",
                                [("Authorization", f"Bearer {self.api.token}"), ("Content-Length", "9000")]) + files[1][:500])
        self.server.kill()
        self.server.start()
        for api in (self.api, self.admin, self.user, self.stranger, self.anonymous):
            api.address = self.server.address
        self.assert_ok(self.api.upload(plan, hashes.sha256(files[1]), files[1]))
        self.assert_over_quota(self.api.upload(plan, hashes.sha256(files[2]), files[2]))
        self.assertFalse(self.server.blob_path(hashes.sha256(files[2])).exists())

    def test_a_chunked_upload_stops_where_the_deploys_quota_ends(self):
        files = [sites.noise(size, seed=f"chunked {unique('c')}") for size in (9_500, 9_500, 9_000)]
        plan = self.assert_ok(self.api.plan(unique("q"), {f"f{i}": data for i, data in enumerate(files)}))["plan_id"]
        for data in files[:2]:
            self.assert_ok(self.api.upload(plan, hashes.sha256(data), data))
        wire = self.wire()
        wire.send(request_bytes("POST", f"/api/v1/upload/{plan}/{hashes.sha256(files[2])}", "localhost",
                                [("Authorization", f"Bearer {self.api.token}"), ("Transfer-Encoding", "chunked")]))
        for i in range(0, 9_000, 1_000):
            wire.send(b"3e8\r\n%s\r\n" % files[2][i:i + 1_000])
        wire.send(b"0\r\n\r\n")
        self.assertIn(wire.read_answer().status, (400, 413))

    def test_a_declared_file_size(self):
        self.assertEqual(self.array_plan(FILE).status, 200)
        self.assert_over_quota(self.array_plan(FILE + 1))
        self.assert_over_quota(self.array_plan(9_223_372_036_854_775_807))

    def test_a_declared_deploy_size_and_sums_that_overflow(self):
        self.assertEqual(self.array_plan(FILE, FILE, DEPLOY - 2 * FILE).status, 200)
        self.assert_over_quota(self.array_plan(FILE, FILE, DEPLOY - 2 * FILE + 1))
        self.assert_over_quota(self.array_plan(*[9_223_372_036_854_775_807] * 3))

    def test_a_measured_file_size(self):
        right, wrong = sites.noise(FILE, seed=1), sites.noise(FILE + 1, seed=2)
        plan = self.assert_ok(self.api.plan(unique("q"), {"a": right, "b": wrong}))["plan_id"]
        self.assert_ok(self.api.upload(plan, hashes.sha256(right), right))
        self.assert_over_quota(self.api.upload(plan, hashes.sha256(wrong), wrong))
        wire = self.wire()
        wire.send(request_bytes("POST", f"/api/v1/upload/{plan}/{hashes.sha256(wrong)}", "localhost",
                                [("Authorization", f"Bearer {self.api.token}"), ("Transfer-Encoding", "chunked")]))
        wire.send(b"%x\r\n%s\r\n0\r\n\r\n" % (len(wrong), wrong))
        self.assertIn(wire.read_answer().status, (400, 413))
        self.assertFalse(self.server.blob_path(hashes.sha256(wrong)).exists())

    def test_a_length_beyond_the_quota_is_refused_before_the_body_has_arrived(self):
        data = sites.noise(100, seed=3)
        plan = self.assert_ok(self.api.plan(unique("q"), {"a": data}))["plan_id"]
        wire = self.wire()
        wire.send(request_bytes("POST", f"/api/v1/upload/{plan}/{hashes.sha256(data)}", "localhost",
                                [("Authorization", f"Bearer {self.api.token}"), ("Content-Length", str(1 << 50))]))
        self.assertIn(wire.read_answer().status, (400, 413))

    def test_who_waits_for_100_continue_hears_of_a_quota_instead(self):
        data = sites.noise(100, seed=4)
        plan = self.assert_ok(self.api.plan(unique("q"), {"a": data}))["plan_id"]
        fields = [("Authorization", f"Bearer {self.api.token}"), ("Content-Length", str(1 << 21)), ("Expect", "100-continue")]
        wire = self.wire()
        wire.send(request_bytes("POST", f"/api/v1/upload/{plan}/{hashes.sha256(data)}", "localhost", fields))
        while b"\r\n\r\n" not in wire.buffer:
            wire._more()
        self.assertRegex(wire.buffer[:20], b"^HTTP/1.1 (400|413) ")

    def test_a_measured_deploy_size_with_parallel_uploads(self):
        files = {f"f{i}": sites.noise(FILE - i, seed=f"p{i}{unique('x')}") for i in range(3)}
        plan = self.assert_ok(self.api.plan(unique("q"), files))["plan_id"]
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            statuses = [a.status for a in pool.map(lambda d: self.api.upload(plan, hashes.sha256(d), d), files.values())]
        answer = self.api.post("/commit", {"plan_id": plan})
        if set(statuses) == {200}:
            self.assert_over_quota(answer)
        else:
            self.assertIn(answer.status, (400, 413))

    def test_one_hash_at_many_paths_counts_at_every_path(self):
        data = sites.noise(FILE, seed=9)
        plan = self.api.plan(unique("q"), {"a": data, "b": data, "c": data})
        if plan.status != 200:
            return self.assert_over_quota(plan)
        upload = self.api.upload(plan.json["plan_id"], hashes.sha256(data), data)
        if upload.status == 200:
            self.assert_over_quota(self.api.post("/commit", {"plan_id": plan.json["plan_id"]}))

    def test_projects_per_user_also_with_racing_plans(self):
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda i: self.api.plan(unique("many"), {"a": b"1"}), range(8)))
        self.assertEqual(sum(a.status == 200 for a in answers), 2)
        for answer in answers:
            if answer.status != 200:
                self.assert_over_quota(answer)
        self.assertEqual(len(self.assert_ok(self.api.get("/projects"))), 2)


if __name__ == "__main__":
    unittest.main()
