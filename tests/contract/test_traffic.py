#!/usr/bin/env python3
"""The monthly cap on a project's traffic: notices at 50, 75 and 100 %, and what happens then (issue: Limits; features, wish 15)."""
import concurrent.futures
import os
import socket
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support import sites  # noqa: E402
from support.api import Api, unique  # noqa: E402
from support.case import TIMESTAMP, ContractCase  # noqa: E402
from support.server import Server, wait_until  # noqa: E402
from support.wire import fetch  # noqa: E402

PAGE = sites.noise(10_000, seed="traffic")


class Traffic(ContractCase):
    def setUp(self):
        self.project = unique("busy")
        self.user.deploy(self.project, {"index.html": PAGE})

    def traffic(self, api=None):
        return self.assert_ok((api or self.user).get(f"/projects/{self.project}/traffic"))

    def cap(self, size, action="notify", api=None):
        return (api or self.user).call("PUT", f"/projects/{self.project}/traffic", {"cap_bytes": size, "action": action})

    def visit(self, times=1):
        return [self.fetch(self.host(self.project)).status for _ in range(times)]

    def wait_for(self, **wanted):
        wait_until(lambda: all(self.traffic()[name] == value for name, value in wanted.items()), f"the traffic says {wanted}", 20)

    def notices(self):
        items = self.assert_ok(self.user.get(f"/events?project={self.project}"))["items"]
        return [event["subject"] for event in reversed(items) if event["action"] == "traffic_notice"]

    def test_bodies_are_counted_to_the_byte_and_nothing_else(self):
        before = self.traffic()
        self.assertEqual((before["bytes"], before["cap_bytes"], before["action"], before["state"]), (0, 0, "notify", "shown"))
        self.assertRegex(before["month"], r"^\d{4}-\d\d$")
        self.assertRegex(before["resets_at"], TIMESTAMP)
        with concurrent.futures.ThreadPoolExecutor(10) as pool:
            self.assertEqual(set(pool.map(lambda _: self.fetch(self.host(self.project)).status, range(30))), {200})
        etag = self.fetch(self.host(self.project), method="HEAD").get("etag")
        self.assertEqual(self.fetch(self.host(self.project), fields=[("If-None-Match", etag)]).status, 304)
        self.assertEqual(self.fetch(self.host(self.project), fields=[("Range", "bytes=0-99")]).status, 206)
        self.wait_for(bytes=30 * len(PAGE) + 100)

    def test_whoever_asks_for_a_large_file_and_hangs_up_costs_what_was_sent(self):
        big = sites.noise(32 << 20, seed="hang up")
        self.user.deploy(self.project, {"big.bin": big})
        request = f"GET /big.bin HTTP/1.1\r\nHost: {self.host(self.project)}\r\n\r\n".encode()
        for _ in range(3):
            with socket.socket() as connection:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                connection.connect(self.server.address)
                connection.sendall(request)
                self.assertTrue(connection.recv(100).startswith(b"HTTP/1.1 200 "))
        # Counted after the hang-ups: once these bytes are in the sum, so is all that was sent before.
        self.visit(1)
        wait_until(lambda: self.traffic()["bytes"] > 0, "the traffic is counted", 20)
        self.assertLess(self.traffic()["bytes"], len(big))

    def test_notices_come_once_each_and_notify_does_nothing_more(self):
        self.assert_ok(self.cap(4 * len(PAGE)))
        for times, expected in ((2, ["50 %"]), (1, ["50 %", "75 %"]), (2, ["50 %", "75 %", "100 %"]), (3, ["50 %", "75 %", "100 %"])):
            count = self.traffic()["bytes"]
            self.assertEqual(set(self.visit(times)), {200})
            self.wait_for(bytes=count + times * len(PAGE))
            self.assertEqual(self.notices(), expected)
        self.assertEqual(self.traffic()["state"], "shown")

    def test_a_paused_site_answers_503_until_the_cap_is_raised(self):
        self.assert_ok(self.cap(3 * len(PAGE), "pause"))
        self.assertEqual(set(self.visit(3)), {200})
        self.wait_for(state="paused")
        wait_until(lambda: self.visit() == [503], "visitors see the pause", 10)
        answer = self.fetch(self.host(self.project), "/none.js")
        self.assertEqual((answer.status, answer.get("cache-control")), (503, "no-cache"))
        self.assertGreater(int(answer.get("retry-after")), 0)
        self.assertNotIn(PAGE[:50], answer.body)
        # Releasing changes nothing of it; a higher cap ends it at once.
        self.user.deploy(self.project, {"index.html": b"second"})
        self.assertEqual(self.visit(), [503])
        self.assertEqual(self.assert_ok(self.cap(1 << 40, "pause"))["state"], "shown")
        self.assertEqual(self.fetch(self.host(self.project)).body, b"second")
        self.assertEqual(self.assert_ok(self.cap(1, "pause"))["state"], "paused")
        self.assertEqual(self.visit(), [503])
        self.assertEqual(self.assert_ok(self.cap(0))["state"], "shown")
        self.assertEqual(self.visit(), [200])

    def test_a_throttled_site_is_slow_and_others_are_not(self):
        big = sites.noise(600_000, seed="throttled")
        self.user.deploy(self.project, {"index.html": b"small", "big.bin": big})
        other = self.site({"index.html": b"other"})
        self.assertEqual(self.fetch(self.host(self.project), "/big.bin").body, big)
        self.wait_for(bytes=len(big))
        self.assertEqual(self.assert_ok(self.cap(1000, "throttle"))["state"], "throttled")
        start = time.monotonic()
        self.assertEqual(self.fetch(self.host(self.project), "/big.bin").body, big)
        # A body is paced within, the first one too: its last piece waits for those before it.
        self.assertGreater(time.monotonic() - start, 0.35)
        for _ in range(2):
            self.assertEqual(self.fetch(self.host(self.project), "/big.bin").body, big)
        slow = time.monotonic() - start
        # 1.2 MB before the last answer at 1 MiB/s for the whole server; each worker has its share of that.
        self.assertGreater(slow, 1.0)
        start = time.monotonic()
        for _ in range(20):
            self.assertEqual(self.fetch(other).body, b"other")
        self.assertLess(time.monotonic() - start, slow)
        self.assert_ok(self.cap(0))

    def test_who_may(self):
        self.assert_error(self.stranger.get(f"/projects/{self.project}/traffic"), 403)
        self.assert_error(self.cap(5, api=self.stranger), 403)
        self.assert_error(self.anonymous.get(f"/projects/{self.project}/traffic"), 401)
        self.assert_error(self.user.get(f"/projects/{unique('none')}/traffic"), 404)
        ci = Api(self.server.address, self.user.must("POST", "/tokens", {"name": "ci", "scopes": ["deploy"]})["token"])
        self.assertEqual(self.traffic(ci)["bytes"], 0)
        self.assert_error(self.cap(5, api=ci), 403)
        # What an admin has set on somebody's project is an admin's to change.
        self.assertTrue(self.assert_ok(self.cap(1 << 30, "pause", self.admin))["set_by_admin"])
        self.assert_error(self.cap(0), 403, "forbidden")
        self.assert_ok(self.cap(0, api=self.admin))
        self.assertFalse(self.assert_ok(self.cap(1 << 30))["set_by_admin"])

    def test_bad_caps_are_refused(self):
        for body in ({}, {"cap_bytes": -1}, {"cap_bytes": "5"}, {"cap_bytes": 1.5}, {"cap_bytes": 1 << 62}, {"cap_bytes": 5, "action": "stop"},
                     {"cap_bytes": 5, "action": 7}):
            with self.subTest(body=body):
                self.assert_error(self.user.call("PUT", f"/projects/{self.project}/traffic", body), 400, "invalid_request")


class Restart(unittest.TestCase):
    def test_counts_and_pauses_survive(self):
        with Server() as server:
            api = Api(server.address).login()
            project = unique("busy")
            api.deploy(project, {"index.html": PAGE})
            api.must("PUT", f"/projects/{project}/traffic", {"cap_bytes": 2 * len(PAGE), "action": "pause"})
            for _ in range(2):
                self.assertEqual(fetch(server.address, "/", f"{project}.localhost").status, 200)
            self.assertEqual(server.stop(), 0)  # counts what is left
            server.start()
            api.address = server.address
            traffic = api.must("GET", f"/projects/{project}/traffic")
            self.assertEqual((traffic["bytes"], traffic["state"]), (2 * len(PAGE), "paused"))
            self.assertEqual(fetch(server.address, "/", f"{project}.localhost").status, 503)


if __name__ == "__main__":
    unittest.main()
