#!/usr/bin/env python3
"""Starting and ending: sites are served before the database is opened, SIGTERM drains, kill -9 loses nothing acknowledged, start is fast
(issue "The publisher"; reliability rows 24, 28, 49; features for operators)."""
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support import sites  # noqa: E402
from support.api import Api, unique  # noqa: E402
from support.case import SANITIZED  # noqa: E402
from support.server import Server, run_program, wait_until  # noqa: E402
from support.wire import Wire, WireClosed, fetch, request_bytes  # noqa: E402


class Restart(unittest.TestCase):
    def setUp(self):
        self.project = unique("restart")
        self.host = f"{self.project}.localhost"
        self.files = {"index.html": b"home", "big.bin": sites.noise(2_000_000), "a/b.txt": b"ab"}

    def deployed(self, server):
        api = Api(server.address).login()
        self.image = api.deploy(self.project, self.files)
        return api

    def assert_sites_serve(self, server):
        for path, data in self.files.items():
            answer = fetch(server.address, "/" + path, self.host)
            self.assertEqual((answer.status, answer.body), (200, data))

    def test_sites_are_served_and_the_api_says_503_while_the_database_is_unusable(self):
        for damage in ("moved away", "garbage"):
            with self.subTest(damage=damage), Server() as server:
                self.deployed(server)
                self.assertEqual(server.stop(), 0)
                paths = server.database_files()
                self.assertTrue(paths)
                with tempfile.TemporaryDirectory() as aside:
                    for path in paths:
                        shutil.move(path, aside)
                    if damage == "garbage":
                        with open(paths[0], "wb") as file:
                            file.write(b"this is not a database at all" * 1000)
                    else:
                        os.mkdir(paths[0])  # a folder in its place: it cannot be made anew either
                    server.start()
                    self.assert_sites_serve(server)
                    api = Api(server.address, "sitepod_" + "x" * 40)
                    answer = api.get("/auth/info")
                    self.assertEqual(answer.status, 503, answer)
                    self.assertEqual(answer.json["error"], "unavailable")
                    self.assertGreaterEqual(int(answer.get("retry-after")), 1)
                    health = api.get("/health", token=False)
                    self.assertEqual((health.status, health.json["status"]), (503, "degraded"))
                    (os.rmdir if os.path.isdir(paths[0]) else os.unlink)(paths[0])
                    for name in os.listdir(aside):
                        shutil.move(os.path.join(aside, name), os.path.dirname(paths[0]))
                    wait_until(lambda: Api(server.address).get("/health").status == 200, "the API comes back without a restart", 60)
                    self.assert_sites_serve(server)

    def test_kill_9_loses_nothing_acknowledged_and_fsck_finds_the_store_sound(self):
        with Server() as server:
            api = self.deployed(server)
            for i in range(5):
                version = api.deploy(self.project, {"index.html": b"version %d" % i})
                server.kill()
                server.start()
                api.address = server.address
                self.assertEqual(fetch(server.address, "/", self.host).body, b"version %d" % i)
                self.assertEqual(api.must("GET", f"/current?project={self.project}")["image_id"], version)
            self.assertEqual(server.stop(), 0)
            done = run_program("fsck", "--data", server.data)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            server.start()

    def test_sigterm_finishes_answers_under_way_and_takes_no_new_ones(self):
        with Server() as server:
            self.deployed(server)
            slow = Wire(server.address, 60, receive_buffer=4096)
            self.addCleanup(slow.close)
            slow.send(request_bytes("GET", "/big.bin", self.host))
            while len(slow.buffer) < 10_000:
                slow._more()
            failures, stop = [], threading.Event()

            def visit():
                """Requests on kept connections until the server says that it closes: each one sent must be answered whole."""
                while not stop.is_set():
                    try:
                        wire = Wire(server.address, 30)
                    except OSError:
                        return  # the listener is closed: no request was sent
                    with wire:
                        while not stop.is_set():
                            try:
                                wire.send_request("GET", "/index.html", self.host)
                                answer = wire.read_answer()
                            except (WireClosed, OSError) as error:
                                # An idle connection may be closed under the client; a partial answer may not be.
                                if wire.buffer:
                                    failures.append(repr(error))
                                break
                            if answer.body != b"home":
                                failures.append(answer)
                            if answer.get("connection") == "close":
                                break

            visitors = [threading.Thread(target=visit) for _ in range(4)]
            for visitor in visitors:
                visitor.start()
            os.kill(server.pid, signal.SIGTERM)
            answer = slow.read_answer()
            self.assertEqual(answer.body, self.files["big.bin"], "an answer under way is finished")
            slow.close()
            self.assertEqual(server.wait_for_end(40), 0)
            stop.set()
            for visitor in visitors:
                visitor.join()
            self.assertEqual(failures, [])
            server.process.stdout.close()
            server.process = None

    def test_requests_that_came_before_sigterm_are_answered_even_when_nobody_has_seen_them_yet(self):
        with Server() as server:
            self.deployed(server)
            os.kill(server.pid, signal.SIGSTOP)
            wires = [Wire(server.address) for _ in range(100)]
            for wire in wires:
                wire.send_request("GET", "/index.html", self.host)
            os.kill(server.pid, signal.SIGTERM)
            os.kill(server.pid, signal.SIGCONT)
            for wire in wires:
                with wire:
                    self.assertEqual(wire.read_answer().body, b"home")
            self.assertEqual(server.wait_for_end(40), 0)
            server.process.stdout.close()
            server.process = None

    def test_an_upload_under_way_at_sigterm_is_finished(self):
        with Server() as server:
            api = self.deployed(server)
            from support import hashes
            data = sites.noise(1_000_000, "term")
            plan = api.plan(self.project, {"x": data}).json["plan_id"]
            wire = Wire(server.address)
            wire.send(request_bytes("POST", f"/api/v1/upload/{plan}/{hashes.sha256(data)}", "localhost",
                                    [("Authorization", f"Bearer {api.token}"), ("Content-Length", str(len(data)))]) + data[:500_000])
            os.kill(server.pid, signal.SIGTERM)
            wire.send(data[500_000:])
            self.assertEqual(wire.read_answer().status, 200)
            wire.close()
            self.assertEqual(server.wait_for_end(40), 0)
            server.process.stdout.close()
            server.process = None
            server.start()
            again = Api(server.address, api.token)
            self.assertEqual(again.post("/commit", {"plan_id": plan}).status, 200)

    @unittest.skipIf(SANITIZED, "sanitizers change time and memory")
    def test_an_empty_server_is_ready_at_once_and_small(self):
        times = []
        for _ in range(3):
            with Server() as server:
                server.stop()
                begin = time.monotonic()
                server.start()
                times.append(time.monotonic() - begin)
                resident = server.resident_kib()
        print(f"ready in {min(times) * 1000:.0f} ms, {resident} KiB resident")
        self.assertLess(min(times), 1.0)
        self.assertLess(resident, 60 * 1024)


if __name__ == "__main__":
    unittest.main()
