#!/usr/bin/env python3
"""What bad input and a bad disk get: a typed JSON error, never a crash, never a partial state
(deploy API §1; reliability rows 11–13, 23, 45, 50, 75)."""
import json
import os
import resource
import sqlite3
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support import hashes, sites  # noqa: E402
from support.api import Api, unique  # noqa: E402
from support.case import SANITIZED, ContractCase  # noqa: E402
from support.disk import Disk, Memory, NotAllowed  # noqa: E402
from support.server import Server, run_program, wait_until  # noqa: E402
from support.wire import Wire, fetch, request_bytes  # noqa: E402


class Json(ContractCase):
    def test_one_gibibyte_of_json_is_refused_readably_in_bounded_memory(self):
        before = self.server.peak_resident_kib()
        for path, limit in (("/plan", 32 << 20), ("/auth/login", 1 << 20)):
            wire = self.wire()
            wire.send(request_bytes("POST", f"/api/v1{path}", "localhost", [("Authorization", f"Bearer {self.user.token}"), ("Content-Length", str(1 << 30))]))
            block = b'{"a":' * 20_000
            try:
                for _ in range((1 << 30) // len(block)):
                    wire.send(block)
            except (BrokenPipeError, ConnectionResetError):
                pass
            answer = wire.read_answer()
            self.assertEqual(answer.status, 413, path)
            self.assertEqual(json.loads(answer.body)["error"], "payload_too_large")
            wire = self.wire()
            wire.send(request_bytes("POST", f"/api/v1{path}", "localhost", [("Authorization", f"Bearer {self.user.token}"), ("Transfer-Encoding", "chunked")]))
            try:
                for _ in range(limit // len(block) + 50):
                    wire.send(b"%x\r\n%s\r\n" % (len(block), block))
            except (BrokenPipeError, ConnectionResetError):
                pass
            # A parser that reads along may notice the nesting before the length.
            self.assertIn(wire.read_answer().status, (400, 413))
        if not SANITIZED:
            self.assertLess(self.server.peak_resident_kib() - before, 200 * 1024)
        self.assert_alive()

    def test_the_body_limits_exactly_and_one_more(self):
        for path, limit in (("/plan", 32 << 20), ("/release", 1 << 20)):
            stem = b'{"x":"'
            for size, status in ((limit, 400), (limit + 1, 413)):
                body = stem + b"a" * (size - len(stem) - 2) + b'"}'
                self.assertEqual(len(body), size)
                with self.subTest(path=path, size=size):
                    self.assert_error(self.user.post(path, body), status)

    def test_deep_wide_and_odd_json_is_refused_or_ignored_quickly(self):
        digest = hashes.sha256(b"x")
        for body in (b"[" * 100_000, b'{"a":' * 100_000, b'{"project":' + b"[" * 50_000 + b"]" * 50_000 + b"}", b'{"project":"x","files":{"a":"' + digest.encode() + b'"},"n":1e400}',
                     b'{"project":"x","project":"y","files":{"a":"' + digest.encode() + b'"}}', b'{"project":"\\ud800","files":{"a":"' + digest.encode() + b'"}}', b"\xef\xbb\xbf{}", b"{}{}", b"{}\x00",
                     b'{"project":"x\x00y","files":{}}', b"1" * 1_000_000, b'"' + b"\\u0000" * 10_000 + b'"', b"{\"a\":" + b"9" * 500_000 + b"}"):
            with self.subTest(body=body[:40]):
                start = time.monotonic()
                self.assert_error(self.user.post("/plan", body), 400)
                self.assertLess(time.monotonic() - start, 20 if SANITIZED else 2)
        self.assert_alive()

    def test_too_many_files_with_long_paths_are_refused_in_bounded_memory(self):
        before = self.server.peak_resident_kib()
        files = {f"{'d' * 100}/{i}": "0" * 64 for i in range(150_000)}
        self.assert_error(self.user.post("/plan", {"project": unique("many"), "files": files}), (400, 413))
        if not SANITIZED:
            self.assertLess(self.server.peak_resident_kib() - before, 400 * 1024)

    def test_queries_that_are_malformed_answer_400_or_are_ignored(self):
        for query in ("project=%zz", "project=%ff", "project=%00", "project=a&project=b", "&&&", "=", "project", "project=" + "x" * 5000, "%70roject=x"):
            with self.subTest(query=query[:30]):
                self.assert_error(self.user.get("/current?" + query), (400, 404))

    def test_a_flood_of_random_bytes_changes_nothing(self):
        import random
        source = random.Random(20240607)
        for _ in range(200):
            with Wire(self.server.address) as wire:
                wire.send(source.randbytes(source.randrange(1, 3000)))
                wire.half_close()
                got = wire.read_to_end()
                self.assertTrue(got == b"" or got.startswith(b"HTTP/1.1 "), got[:50])
        self.assert_alive()

    def test_random_json_at_every_endpoint_never_yields_a_500(self):
        import random
        source = random.Random(7)
        atoms = [None, True, 0, -1, 1.5, "", "x", "../..", "\u0000", [], {}, ["x"], {"x": 1}, 2**63, "img_x", "plan_x", "prod", hashes.sha256(b"x")]
        names = ["project", "project_id", "files", "plan_id", "image_id", "environment", "env", "message", "git", "email", "password", "action", "source_seq", "expected_image_id"]
        with Wire(self.server.address) as wire:
            for _ in range(600):
                body = {n: source.choice(atoms) for n in source.sample(names, source.randrange(0, 8))}
                path = source.choice(["/plan", "/commit", "/release", "/rollback"])
                answer = self.user.post(path, body, wire=wire)
                self.assertIn(answer.status, (200, 400, 403, 404, 409), (path, body, answer))


class SecondServer(unittest.TestCase):
    def test_a_second_server_on_the_same_folder_refuses_to_start(self):
        with Server() as server:
            done = run_program(*server.command()[1:], timeout=60)
            self.assertNotEqual(done.returncode, 0)
            self.assertTrue(done.stderr.strip())
            self.assertEqual(fetch(server.address, "/api/v1/health").status, 200)

    def test_a_port_in_use_is_a_readable_error(self):
        with Server() as server, tempfile.TemporaryDirectory() as folder:
            done = run_program("serve", "--data", folder, "--listen", f"127.0.0.1:{server.port}", "--domain", "localhost", timeout=60)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(str(server.port), done.stderr)


class Descriptors(unittest.TestCase):
    @unittest.skipIf(SANITIZED, "UBSan's look at an object's type opens a pipe, and takes having none for a wrong type")
    def test_running_out_of_descriptors_neither_spins_nor_stays(self):
        with Server() as server:
            api = Api(server.address).login()
            project = unique("fds")
            api.deploy(project, {"index.html": b"served"})
            used = server.open_descriptors()
            _, most = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
            resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (used + 10, most))
            wires = [Wire(server.address) for _ in range(60)]
            begin = server.cpu_seconds()
            start = time.monotonic()
            # The accept queue is full of connections that cannot be accepted: a window of wall clock in which CPU must stay idle.
            wait_until(lambda: time.monotonic() - start > 1.5, "the window", 10)
            self.assertLess(server.cpu_seconds() - begin, 0.5)
            for wire in wires:
                wire.close()
            resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (min(most, 4096), most))

            def served():
                try:
                    return fetch(server.address, "/", f"{project}.localhost", timeout=2).body == b"served"
                except (OSError, AssertionError):
                    return False
            wait_until(served, "service recovers", 20)


class LockedDatabase(unittest.TestCase):
    def test_reads_and_sites_go_on_while_another_process_holds_the_database(self):
        with Server() as server:
            api = Api(server.address).login()
            project = unique("locked")
            image = api.deploy(project, {"index.html": b"served"})
            holder = sqlite3.connect(server.database_files()[0], isolation_level=None)
            holder.execute("BEGIN IMMEDIATE")
            try:
                self.assertEqual(fetch(server.address, "/", f"{project}.localhost").body, b"served")
                self.assertEqual(api.get(f"/current?project={project}").status, 200)
                answer = api.release(project, image)
                self.assertEqual(answer.status, 503, answer)
                self.assertEqual(answer.json["error"], "unavailable")
                self.assertGreaterEqual(int(answer.get("retry-after")), 1)
            finally:
                holder.execute("ROLLBACK")
                holder.close()
            self.assertEqual(api.release(project, image).status, 200)


class BadDisk(unittest.TestCase):
    def mounted(self, kind, *arguments):
        folder = tempfile.TemporaryDirectory(prefix="sitepod-disk-")
        self.addCleanup(folder.cleanup)
        try:
            disk = kind(folder.name, "disk", *arguments)
        except NotAllowed as reason:
            print(f"NOT RUN: bad disks need mounts, which are not allowed here ({reason})", file=sys.stderr)
            self.skipTest("mounting is not allowed here")
        self.addCleanup(disk.unmount)
        return disk

    def started(self, disk):
        server = Server(data=os.path.join(disk.point, "data"))
        server.start()
        self.addCleanup(server.kill)
        api = Api(server.address).login()
        project = unique("disk")
        api.deploy(project, {"index.html": b"served", "big.bin": sites.noise(500_000, seed=1)})
        return server, api, project

    def assert_serves(self, server, project):
        self.assertEqual(fetch(server.address, "/", f"{project}.localhost").body, b"served")
        self.assertEqual(fetch(server.address, "/big.bin", f"{project}.localhost").body, sites.noise(500_000, seed=1))

    def test_a_full_disk_answers_507_keeps_serving_and_recovers_without_a_restart(self):
        disk = self.mounted(Memory, "size=24m")
        server, api, project = self.started(disk)
        data = sites.noise(3_000_000, seed=2)
        plan = api.plan(project, {"index.html": b"served", "new.bin": data}).json
        disk.fill(leave=1_000_000)
        answer = api.upload(plan["plan_id"], hashes.sha256(data), data)
        self.assertEqual(answer.status, 507, answer)
        self.assertEqual(answer.json["error"], "storage_full")
        self.assertNotIn(disk.point, answer.body.decode())
        wait_until(lambda: not server.temporary_files(), "the temporary file is gone")
        self.assert_serves(server, project)
        ballast = disk.fill()
        for path, body in (("/plan", {"project": project, "files": {f"f{i}": hashes.sha256(b"%d" % i) for i in range(5000)}}), ("/release", {"project": project})):
            answer = api.post(path, body)
            self.assertIn(answer.status, (200, 503, 507), answer)
        self.assert_serves(server, project)
        os.unlink(ballast)
        self.assertEqual(api.upload(plan["plan_id"], hashes.sha256(data), data).status, 200)
        self.assertEqual(api.post("/commit", {"plan_id": plan["plan_id"]}).status, 200)
        self.assertEqual(api.release(project).status, 200)
        self.assertEqual(fetch(server.address, "/new.bin", f"{project}.localhost").body, data)
        self.assertEqual(server.stop(), 0)

    def test_no_inodes_left_is_a_full_disk_too(self):
        disk = self.mounted(Memory, "size=64m,nr_inodes=400")
        server, api, project = self.started(disk)
        files = {f"f{i}": b"%d" % i for i in range(600)}
        plan = api.plan(project, files).json
        statuses = [api.upload(plan["plan_id"], hashes.sha256(d), d).status for d in files.values()]
        self.assertEqual(set(statuses), {200, 507})
        self.assert_serves(server, project)
        self.assertEqual(api.post("/commit", {"plan_id": plan["plan_id"]}).status, 400)
        self.assertEqual(server.stop(), 0)

    def test_a_disk_that_turned_read_only_answers_503_to_writes_and_200_to_readers(self):
        disk = self.mounted(Disk, 96)
        server, api, project = self.started(disk)
        data = b"cannot be written"
        plan = api.plan(project, {"a": data}).json
        disk.turn_read_only()
        answer = api.upload(plan["plan_id"], hashes.sha256(data), data)
        self.assertEqual(answer.status, 503, answer)
        self.assertEqual(answer.json["error"], "unavailable")
        for path, body in (("/plan", {"project": project, "files": {"b": hashes.sha256(b"b")}}), ("/release", {"project": project})):
            answer = api.post(path, body)
            self.assertEqual(answer.status, 503, answer)
        self.assert_serves(server, project)
        self.assertEqual(api.get(f"/current?project={project}").status, 200)
        health = api.get("/health")
        self.assertEqual((health.status, health.json["status"]), (503, "degraded"))
        server.stop()


if __name__ == "__main__":
    unittest.main()
