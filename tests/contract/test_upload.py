#!/usr/bin/env python3
"""POST|PUT /upload/{plan}/{hash}: deploy API §5; reliability rows 17, 20, 42–44; impossible things 1 and 4."""
import concurrent.futures
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support import hashes, sites  # noqa: E402
from support.api import unique  # noqa: E402
from support.case import SANITIZED, ContractCase  # noqa: E402
from support.existing_client import ExistingClient  # noqa: E402
from support.server import wait_until  # noqa: E402
from support.wire import request_bytes  # noqa: E402


class UploadCase(ContractCase):
    def plan_for(self, data, form="map"):
        """A plan with one file; (plan id, name)."""
        name = hashes.sha256(data) if form == "map" else hashes.blake3(data)
        files = {"index.html": name} if form == "map" else [{"path": "index.html", "blake3": name, "size": len(data)}]
        return self.assert_ok(self.user.post("/plan", {"project": unique("up"), "files": files}))["plan_id"], name

    def upload_head(self, plan, name, *fields):
        return request_bytes("POST", f"/api/v1/upload/{plan}/{name}", "localhost", [("Authorization", f"Bearer {self.user.token}"), *fields])

    def assert_nothing_stored(self, name):
        self.assertFalse(self.server.blob_path(name).exists())
        wait_until(lambda: not self.server.temporary_files(), f"no temporary file left ({self.server.temporary_files()})")


class Uploads(UploadCase):
    def test_post_and_put_store_a_file_and_answer_hash_and_size(self):
        for method in ("POST", "PUT"):
            data = unique(method).encode()
            plan, name = self.plan_for(data)
            answer = self.assert_ok(self.user.call(method, f"/upload/{plan}/{name}", data))
            self.assertEqual((answer["hash"], answer["size"]), (name, len(data)))
            self.assert_ok(self.user.post("/commit", {"plan_id": plan}))

    def test_a_file_named_by_blake3_is_accepted(self):
        for size in (0, 1, 1024, 1025, 70_000):
            data = sites.noise(size, seed=unique("b3"))
            name = hashes.blake3(data)
            plan = self.assert_ok(self.user.post("/plan", {"project": unique("b3"), "files": {"f": name, "other": hashes.sha256(b"x")}}))["plan_id"]
            answer = self.assert_ok(self.user.upload(plan, name, data))
            self.assertEqual((answer["hash"], answer["size"]), (name, size))

    def test_an_upper_case_hash_in_the_url_is_accepted(self):
        data = unique("upper").encode()
        plan, name = self.plan_for(data)
        self.assertEqual(self.assert_ok(self.user.upload(plan, name.upper(), data))["hash"], name)

    def test_an_empty_file_is_valid(self):
        plan, name = self.plan_for(b"")
        self.assertEqual(self.assert_ok(self.user.upload(plan, name, b""))["size"], 0)

    def test_bytes_that_have_neither_digest_answer_hash_mismatch_and_leave_nothing(self):
        for size in (1, 300_000, 3_000_000):
            data = sites.noise(size, seed=unique("wrong"))
            plan, name = self.plan_for(data)
            self.assert_error(self.user.upload(plan, name, data[:-1] + bytes([data[-1] ^ 1])), 400, "hash_mismatch")
            self.assert_nothing_stored(name)
            self.assert_error(self.user.post("/commit", {"plan_id": plan}), 400, "missing_blobs")
            self.assert_ok(self.user.upload(plan, name, data))

    def test_a_length_other_than_declared_answers_size_mismatch(self):
        data = unique("sized").encode()
        plan, name = self.plan_for(data, "array")
        for wrong in (data + b"x", data[:-1], b""):
            self.assert_error(self.user.upload(plan, name, wrong), 400, "size_mismatch")
        self.assert_nothing_stored(hashes.sha256(data))
        self.assert_ok(self.user.upload(plan, name, data))

    def test_every_digest_that_the_array_form_gives_is_verified(self):
        data, other = unique("verified").encode(), unique("liar").encode()
        name = hashes.blake3(data)
        file = {"path": "f", "blake3": name, "size": len(data), "sha256": hashes.sha256(other)}
        plan = self.assert_ok(self.user.post("/plan", {"project": unique("lie"), "files": [file]}))["plan_id"]
        self.assert_error(self.user.upload(plan, name, data), 400, "hash_mismatch")
        self.assert_error(self.user.post("/commit", {"plan_id": plan}), 400, "missing_blobs")

    def test_repeating_an_upload_is_idempotent(self):
        data = unique("again").encode()
        plan, name = self.plan_for(data)
        first = self.assert_ok(self.user.upload(plan, name, data))
        self.assertEqual(self.assert_ok(self.user.upload(plan, name, data)), first)

    def test_a_blob_that_exists_is_still_verified(self):
        data = unique("exists").encode()
        self.user.make_image(unique("own"), {"a": data})
        plan, name = self.plan_for(data)
        self.assert_error(self.user.upload(plan, name, b"y" * len(data)), 400, "hash_mismatch")
        self.assertEqual(self.server.blob_path(name).read_bytes(), data)

    def test_a_damaged_blob_is_replaced_by_the_next_upload_of_its_hash(self):
        data = sites.noise(100_000, seed=unique("damage"))
        self.user.make_image(unique("own"), {"a": data})
        path = self.server.blob_path(hashes.sha256(data))
        os.chmod(path, 0o644)
        path.write_bytes(b"\0" * len(data))
        plan = self.assert_ok(self.stranger.post("/plan", {"project": unique("heal"), "files": {"a": hashes.sha256(data)}}))["plan_id"]
        self.assert_ok(self.stranger.upload(plan, hashes.sha256(data), data))
        self.assertEqual(path.read_bytes(), data)

    def test_fifty_concurrent_uploads_of_one_file_all_succeed_and_leave_one(self):
        data = sites.noise(200_000, seed=unique("same"))
        plan, name = self.plan_for(data)
        with concurrent.futures.ThreadPoolExecutor(50) as pool:
            statuses = [a.status for a in pool.map(lambda _: self.user.upload(plan, name, data), range(50))]
        self.assertEqual(statuses, [200] * 50)
        self.assertEqual(self.server.blob_path(name).read_bytes(), data)
        wait_until(lambda: not self.server.temporary_files(), "no temporary file left")

    def test_chunked_bodies_are_accepted(self):
        data = sites.noise(300_000, seed=unique("chunks"))
        plan, name = self.plan_for(data)
        wire = self.wire()
        wire.send(self.upload_head(plan, name, ("Transfer-Encoding", "chunked")))
        for i in range(0, len(data), 7001):
            piece = data[i:i + 7001]
            wire.send(b"%x\r\n%s\r\n" % (len(piece), piece))
        wire.send(b"0\r\n\r\n")
        self.assertEqual(wire.read_answer().status, 200)
        self.assert_ok(self.user.post("/commit", {"plan_id": plan}))

    def test_a_client_that_waits_for_100_continue_gets_it(self):
        data = unique("expect").encode()
        plan, name = self.plan_for(data)
        wire = self.wire()
        wire.send(self.upload_head(plan, name, ("Content-Length", str(len(data))), ("Expect", "100-continue")))
        while b"\r\n\r\n" not in wire.buffer:
            wire._more()
        self.assertTrue(wire.buffer.startswith(b"HTTP/1.1 100 "), wire.buffer)
        wire.send(data)
        self.assertEqual(wire.read_answer().status, 200)

    def test_an_upload_needs_no_content_type(self):
        data = unique("bare").encode()
        plan, name = self.plan_for(data)
        self.assert_ok(self.user.post(f"/upload/{plan}/{name}", data))

    def test_the_existing_client_with_20_uploads_at_once_is_never_refused(self):
        files = {f"f{i}.bin": sites.noise(20_000, seed=f"{i}") for i in range(60)}
        project = unique("cli025")
        cli = ExistingClient(self.user)
        plan, commit, release = cli.deploy(project, files, "prod")
        self.assertEqual(len(plan["missing"]), 60)
        self.assertEqual(self.fetch(self.host(project), "/f7.bin").body, files["f7.bin"])
        plan, _, _ = cli.deploy(project, files, "prod")
        self.assertEqual((plan["missing"], plan["reusable"]), ([], 60))
        self.assertEqual([i["image_id"] for i in cli.history(project)][-1], commit["image_id"])


class Refusals(UploadCase):
    def test_unknown_plans_answer_404(self):
        data = b"data"
        for plan in ("plan_unknown", "plan_" + "0" * 22, "x", "..", "%2e%2e", "plan_" + "a" * 500):
            with self.subTest(plan=plan[:30]):
                self.assert_error(self.user.upload(plan, hashes.sha256(data), data), 404)
        self.assert_error(self.user.upload("plan_unknown00000000000000", hashes.sha256(data), data), 404, "plan_not_found")

    def test_a_foreign_plan_answers_403(self):
        data = unique("foreign").encode()
        plan, name = self.plan_for(data)
        self.assert_error(self.stranger.upload(plan, name, data), 403, "forbidden")
        self.assert_nothing_stored(name)

    def test_a_hash_that_is_not_in_the_plan_is_refused(self):
        plan, _ = self.plan_for(unique("inside").encode())
        data = unique("outside").encode()
        self.assert_error(self.user.upload(plan, hashes.sha256(data), data), (400, 404))
        self.assert_nothing_stored(hashes.sha256(data))

    def test_a_name_that_is_no_hash_never_reaches_a_path(self):
        plan, _ = self.plan_for(unique("name").encode())
        for name in ("abc", "..%2f..%2fetc%2fpasswd", "%2e%2e", "g" * 64, "0" * 63, "0" * 65, "a" * 62 + "%2f", "0" * 62 + "%00", "0" * 32 + "/" + "0" * 31):
            with self.subTest(name=name):
                self.assert_error(self.user.upload(plan, name, b"x"), (400, 404))

    def test_a_committed_plan_takes_no_more_uploads(self):
        data = unique("done").encode()
        plan, name = self.plan_for(data)
        self.assert_ok(self.user.upload(plan, name, data))
        self.assert_ok(self.user.post("/commit", {"plan_id": plan}))
        self.assert_error(self.user.upload(plan, name, data), 400)

    def test_a_connection_that_ends_inside_the_body_stores_nothing(self):
        data = sites.noise(2_000_000, seed=unique("cut"))
        plan, name = self.plan_for(data)
        for sent in (0, 1, 65_536, 1_000_000, len(data) - 1):
            for end in ("close", "reset", "half_close"):
                with self.subTest(sent=sent, end=end):
                    wire = self.wire()
                    wire.send(self.upload_head(plan, name, ("Content-Length", str(len(data)))) + data[:sent])
                    getattr(wire, end)()
                    if end == "half_close":
                        answer = wire.read_to_end()
                        self.assertNotIn(b" 200 ", answer[:20])
                    self.assert_nothing_stored(name)
        self.assert_ok(self.user.upload(plan, name, data))

    def test_a_chunked_body_without_an_end_stores_nothing(self):
        data = unique("endless").encode()
        plan, name = self.plan_for(data)
        wire = self.wire()
        wire.send(self.upload_head(plan, name, ("Transfer-Encoding", "chunked")) + b"%x\r\n%s\r\n" % (len(data), data))
        wire.half_close()
        self.assertNotIn(b" 200 ", wire.read_to_end()[:20])
        self.assert_nothing_stored(name)

    def test_a_refusal_before_the_body_is_readable_by_a_client_that_is_still_sending(self):
        big = b"z" * 8_000_000
        for fields in ([("Authorization", "Bearer sitepod_" + "q" * 40)], []):
            wire = self.wire()
            wire.send(request_bytes("POST", "/api/v1/upload/plan_x/" + "0" * 64, "localhost", [*fields, ("Content-Length", str(len(big)))]))
            try:
                wire.send(big)
            except (BrokenPipeError, ConnectionResetError):
                pass
            self.assertEqual(wire.read_answer().status, 401)

    def test_other_methods_answer_405(self):
        plan, name = self.plan_for(unique("method").encode())
        for method in ("GET", "DELETE", "PATCH"):
            self.assert_error(self.user.call(method, f"/upload/{plan}/{name}"), 405, "method_not_allowed")


class Memory(UploadCase):
    env = {"SITEPOD_MAX_FILE_SIZE": str(1 << 30), "SITEPOD_MAX_DEPLOY_SIZE": str(1 << 30)}

    @unittest.skipIf(SANITIZED, "sanitizers multiply memory")
    def test_a_large_upload_takes_constant_memory_and_is_served_whole(self):
        block = sites.noise(1 << 20, seed="large")
        blocks = 256
        import hashlib
        digest = hashlib.sha256()
        for _ in range(blocks):
            digest.update(block)
        name = digest.hexdigest()
        project = unique("large")
        plan = self.assert_ok(self.user.post("/plan", {"project": project, "files": {"large.bin": name}}))["plan_id"]
        before = self.server.peak_resident_kib()
        wire = self.wire(timeout=120)
        wire.send(self.upload_head(plan, name, ("Content-Length", str(blocks << 20))))
        for _ in range(blocks):
            wire.send(block)
        self.assertEqual(wire.read_answer().status, 200)
        self.assert_ok(self.user.post("/commit", {"plan_id": plan}))
        self.assert_ok(self.user.release(project))
        wire = self.wire(timeout=120)
        wire.send(request_bytes("GET", "/large.bin", self.host(project)))
        got, want, length = hashlib.sha256(), blocks << 20, 0
        while b"\r\n\r\n" not in wire.buffer:
            wire._more()
        body = wire.buffer.split(b"\r\n\r\n", 1)[1]
        got.update(body)
        length = len(body)
        while length < want:
            data = wire.socket.recv(1 << 20)
            self.assertTrue(data, "the answer ended early")
            got.update(data)
            length += len(data)
        self.assertEqual(got.hexdigest(), name)
        self.assertLess(self.server.peak_resident_kib() - before, 48 * 1024)


if __name__ == "__main__":
    unittest.main()
