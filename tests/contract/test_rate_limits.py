#!/usr/bin/env python3
"""Requests per minute and uploads at once: deploy API §12, §2 row 19."""
import concurrent.futures
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support import hashes, sites  # noqa: E402
from support.api import Api, unique  # noqa: E402
from support.case import SLOW, ContractCase  # noqa: E402
from support.server import Server, binary, run_program  # noqa: E402
from support.wire import Wire, request_bytes  # noqa: E402


class TheDefault(ContractCase):
    rate_limit = None  # the server's own

    def setUp(self):
        self.api = Api(self.server.address).login()

    def test_the_101st_request_of_a_minute_answers_429_and_says_when_to_return(self):
        now = time.time()
        with Wire(self.server.address) as wire:
            answers = [self.api.get("/auth/info", wire=wire) for _ in range(100)]
            refused = self.api.get("/auth/info", wire=wire)
        self.assertEqual({a.status for a in answers}, {200})
        self.assertEqual([a.get("x-ratelimit-limit") for a in answers], ["100"] * 100)
        self.assertEqual([int(a.get("x-ratelimit-remaining")) for a in answers], list(range(99, -1, -1)))
        self.assertEqual(len({a.get("x-ratelimit-reset") for a in answers}), 1)
        self.assertTrue(now <= int(answers[0].get("x-ratelimit-reset")) <= now + 62)
        self.assert_error(refused, 429, "rate_limited")
        self.assertTrue(1 <= int(refused.get("retry-after")) <= 60)
        self.assertEqual((refused.get("x-ratelimit-limit"), refused.get("x-ratelimit-remaining")), ("100", "0"))
        self.assertEqual(self.user.get("/auth/info").status, 200, "another token has its own window")
        self.assertEqual(self.anonymous.get("/health").status, 200, "public endpoints have no window")

    def test_refused_requests_count_too_and_public_and_site_requests_do_not(self):
        for _ in range(30):
            self.assertEqual(self.api.get("/health").status, 200)
            self.fetch("nobody.localhost", "/", fields={"Authorization": f"Bearer {self.api.token}"})
        self.assertEqual(self.api.get("/current").status, 400)
        self.assertEqual(int(self.api.get("/auth/info").get("x-ratelimit-remaining")), 98)

    def test_uploads_are_outside_the_window(self):
        files = {f"f{i}": unique("up").encode() for i in range(150)}
        plan = self.assert_ok(self.api.plan(unique("win"), files))
        with Wire(self.server.address) as wire:
            for data in files.values():
                self.assertEqual(self.api.upload(plan["plan_id"], hashes.sha256(data), data, wire=wire).status, 200)
        commit = self.api.post("/commit", {"plan_id": plan["plan_id"]})
        self.assert_ok(commit)
        self.assertEqual(int(commit.get("x-ratelimit-remaining")), 98)

    def test_every_authenticated_answer_carries_the_window(self):
        answers = [self.api.get("/projects"), self.api.get("/current"), self.api.post("/plan", b"{"), self.api.get(f"/current?project={unique('x')}")]
        answers += [self.api.get("/no/such/endpoint"), self.api.post("/projects", {})]
        self.assertEqual([answer.status for answer in answers[-2:]], [404, 405])
        for answer in answers:
            for name in ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"):
                self.assertRegex(answer.get(name) or "", r"^\d+$", (name, answer))

    @unittest.skipUnless(SLOW, "takes a minute of wall clock")
    def test_the_window_ends_after_a_minute(self):
        with Wire(self.server.address) as wire:
            answers = [self.api.get("/auth/info", wire=wire) for _ in range(101)]
        time.sleep(int(answers[-1].get("retry-after")))  # the deadline under test itself
        self.assertEqual(self.api.get("/auth/info").status, 200)


class Settings(unittest.TestCase):
    def test_the_limit_is_the_operators(self):
        with Server(rate_limit=5) as server:
            api = Api(server.address).login()
            answers = [api.get("/auth/info") for _ in range(6)]
            self.assertEqual([a.status for a in answers], [200] * 5 + [429])
            self.assertEqual(answers[0].get("x-ratelimit-limit"), "5")

    def test_numbers_that_make_no_sense_refuse_to_start(self):
        for name in ("SITEPOD_RATE_LIMIT", "SITEPOD_UPLOAD_CONCURRENCY", "SITEPOD_MAX_FILES_PER_DEPLOY", "SITEPOD_MAX_FILE_SIZE", "SITEPOD_MAX_DEPLOY_SIZE",
                     "SITEPOD_MAX_PROJECTS_PER_USER"):
            for value in ("0", "-1", "ten", "1.5", "99999999999999999999999", "5x"):
                with self.subTest(name=name, value=value):
                    server = Server(env={name: value}, rate_limit=None)
                    self.addCleanup(server.remove_folder)
                    done = run_program(*server.command()[1:], env={name: value}, timeout=60)
                    self.assertNotEqual(done.returncode, 0)
                    self.assertIn(name, done.stderr + done.stdout)
        self.assertTrue(binary())

    def test_more_uploads_at_once_than_allowed_wait_instead_of_failing(self):
        with Server(env={"SITEPOD_UPLOAD_CONCURRENCY": "2"}) as server:
            api = Api(server.address).login()
            files = {f"f{i}": sites.noise(100_000, seed=f"{i}") for i in range(20)}
            plan = api.plan(unique("queue"), files).json["plan_id"]
            # Two uploads hold both slots without finishing; the others must wait for them and then all succeed.
            held = []
            for data in list(files.values())[:2]:
                wire = Wire(server.address)
                wire.send(request_bytes("POST", f"/api/v1/upload/{plan}/{hashes.sha256(data)}", "localhost",
                                        [("Authorization", f"Bearer {api.token}"), ("Content-Length", str(len(data)))]) + data[:50_000])
                held.append((wire, data))
            with concurrent.futures.ThreadPoolExecutor(18) as pool:
                waiting = [pool.submit(api.upload, plan, hashes.sha256(d), d) for d in list(files.values())[2:]]
                for wire, data in held:
                    wire.send(data[50_000:])
                    self.assertEqual(wire.read_answer().status, 200)
                    wire.close()
                self.assertEqual([w.result().status for w in waiting], [200] * 18)
            self.assertEqual(api.post("/commit", {"plan_id": plan}).status, 200)


if __name__ == "__main__":
    unittest.main()
