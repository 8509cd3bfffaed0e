#!/usr/bin/env python3
"""Metrics, health, status, request ids and problem details: deploy API §1, §10; impossible thing 8."""
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support.api import Api, unique  # noqa: E402
from support.case import ContractCase  # noqa: E402
from support.server import Server, wait_until  # noqa: E402
from support.wire import fetch  # noqa: E402

LINE = re.compile(r'^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[^}]*\})? ([0-9.eE+-]+|\+Inf|NaN)$')


def parse(text):
    """Every sample of a Prometheus text as {name{labels}: value}; a line that is none raises."""
    samples = {}
    for line in text.decode().splitlines():
        if not line or line.startswith("#"):
            continue
        found = LINE.match(line)
        if not found:
            raise AssertionError(f"not a sample: {line!r}")
        samples[found.group(1) + (found.group(2) or "")] = float(found.group(3))
    return samples


class Metrics(ContractCase):
    def scrape(self, path="/metrics"):
        answer = fetch(self.server.address, path, "localhost")
        self.assertEqual(answer.status, 200, answer)
        self.assertTrue(answer.get("content-type").startswith("text/plain; version=0.0.4"), answer)
        return parse(answer.body)

    def test_they_are_public_and_stand_at_two_addresses(self):
        for path in ("/metrics", "/api/v1/metrics"):
            samples = self.scrape(path)
            self.assertEqual(samples["sitepod_up"], 1)
            self.assertGreaterEqual(samples["sitepod_uptime_seconds"], 0)

    def test_every_promised_name_is_there(self):
        text = "\n".join(self.scrape())
        for name in ("sitepod_deploys_total", "sitepod_deploy_duration_seconds_bucket", "sitepod_uploads_total", "sitepod_upload_bytes_total",
                     "sitepod_reuse_ratio", "sitepod_cache_hits_total", "sitepod_cache_misses_total", "sitepod_http_requests_total",
                     "sitepod_http_request_duration_seconds_bucket", "sitepod_storage_bytes", "sitepod_storage_blobs", "sitepod_projects",
                     "sitepod_users", "sitepod_rate_limited_total", "sitepod_errors_total"):
            self.assertIn(name, text)

    def test_a_deploy_and_a_visit_move_the_counters(self):
        before = self.scrape()
        project = unique("metrics")
        data = unique("counted").encode()
        self.user.deploy(project, {"index.html": data})
        self.user.deploy(project, {"index.html": data, "again.html": data})
        for _ in range(3):
            self.assertEqual(self.fetch(self.host(project)).body, data)
        self.assertEqual(self.fetch(self.host(project), "/missing.js").status, 404)
        after = self.scrape()

        def moved(name):
            return after[name] - before[name]
        self.assertEqual(moved('sitepod_deploys_total{kind="deploy"}'), 2)
        self.assertEqual(moved("sitepod_deploy_duration_seconds_count"), 2)
        self.assertEqual(moved("sitepod_uploads_total"), 1)
        self.assertEqual(moved("sitepod_upload_bytes_total"), len(data))
        self.assertEqual(moved('sitepod_http_requests_total{class="site",code="2xx"}'), 3)
        self.assertEqual(moved('sitepod_http_requests_total{class="site",code="4xx"}'), 1)
        self.assertGreaterEqual(moved('sitepod_http_requests_total{class="api",code="2xx"}'), 7)
        self.assertGreater(moved('sitepod_cache_misses_total{cache="bodies"}'), 0)
        self.assertGreater(moved("sitepod_http_sent_bytes_total"), 3 * len(data))
        self.assertGreater(after["sitepod_reuse_ratio"], 0)
        wait_until(lambda: self.scrape()["sitepod_storage_blobs"] >= 3 and self.scrape()["sitepod_users"] >= 3, "the store is counted")
        self.assertGreaterEqual(self.scrape()["sitepod_projects"], 1)

    def test_on_a_sites_host_the_address_belongs_to_the_site(self):
        project = unique("metrics")
        self.user.deploy(project, {"metrics": b"mine", "openapi.json": b"{}", "healthz": b"mine"})
        self.assertEqual(self.fetch(self.host(project), "/metrics").body, b"mine")
        self.assertEqual(self.fetch(self.host(project), "/healthz").body, b"mine")
        self.assertEqual(self.fetch(self.host(project), "/openapi.json").body, b"{}")


class MetricsWithToken(unittest.TestCase):
    def test_they_need_the_token_and_no_other(self):
        secret = "a-metrics-token-of-32-characters"
        with Server(env={"SITEPOD_METRICS_TOKEN": secret}) as server:
            user = Api(server.address).login()
            for fields, status in (([], 401), ([("Authorization", "Bearer wrong")], 401), ([("Authorization", f"Bearer {user.token}")], 401),
                                   ([("Authorization", f"Basic {secret}")], 401), ([("Authorization", f"bearer {secret}")], 200)):
                for path in ("/metrics", "/api/v1/metrics"):
                    self.assertEqual(fetch(server.address, path, "localhost", fields).status, status, (fields, path))
            self.assertEqual(fetch(server.address, f"/metrics?token={secret}", "localhost").status, 401)
            self.assertNotIn(secret, server.log())


class RateLimited(ContractCase):
    rate_limit = 5

    def test_refusals_are_counted(self):
        user = Api(self.server.address).login()
        answers = [user.get("/auth/info").status for _ in range(8)]
        self.assertEqual(answers.count(429), 3)
        samples = parse(fetch(self.server.address, "/metrics", "localhost").body)
        self.assertGreaterEqual(samples["sitepod_rate_limited_total"], 3)


class Health(ContractCase):
    def test_it_is_public_and_complete(self):
        answer = self.assert_ok(self.anonymous.get("/health"))
        self.assertEqual((answer["status"], answer["database"], answer["storage"]), ("healthy", "ok", "ok"))
        self.assertGreaterEqual(answer["uptime"], 0)
        self.assertEqual(fetch(self.server.address, "/healthz", "localhost").body, b"ok\n")
        self.assertEqual(fetch(self.server.address, "/readyz", "localhost").status, 200)


class Status(ContractCase):
    def test_an_admin_sees_every_worker(self):
        answer = self.assert_ok(self.admin.get("/status"))
        self.assertGreaterEqual(len(answer["workers"]), 1)
        project = unique("status")
        self.user.deploy(project, {"index.html": b"1"})
        after = self.assert_ok(self.admin.get("/status"))
        self.assertGreater(after["generation"], answer["generation"])
        # What a release has returned for, every worker has adopted.
        self.assertEqual({worker["adopted_generation"] for worker in after["workers"]}, {after["generation"]})
        self.assertGreaterEqual(sum(worker["connections"] for worker in after["workers"]), 1)
        self.assertGreaterEqual(after["queues"]["api"], 1)  # this request

    def test_nobody_else_does(self):
        self.assert_error(self.user.get("/status"), 403, "forbidden")
        self.assert_error(self.anonymous.get("/status"), 401)


class Conventions(ContractCase):
    def test_a_harmless_request_id_comes_back_and_another_is_replaced(self):
        self.assertEqual(self.anonymous.get("/config", fields=[("X-Request-Id", "build-4711.a_b")]).get("x-request-id"), "build-4711.a_b")
        for sent in ('"quoted"', "with space", "x" * 65, "<script>"):
            given = self.anonymous.get("/config", fields=[("X-Request-Id", sent)]).get("x-request-id")
            self.assertRegex(given, r"^req_[0-9A-Za-z_-]+$")
        self.assertNotEqual(self.anonymous.get("/config").get("x-request-id"), self.anonymous.get("/config").get("x-request-id"))

    def test_problem_details_for_who_asks_by_name(self):
        answer = fetch(self.server.address, "/api/v1/projects/none-such", "localhost",
                       [("Accept", "application/problem+json, application/json;q=0.5"), ("Authorization", f"Bearer {self.user.token}"), ("X-Request-Id", "r1")])
        self.assertEqual(answer.get("content-type"), "application/problem+json")
        import json
        problem = json.loads(answer.body)
        self.assertEqual((problem["type"], problem["title"], problem["status"], problem["error"], problem["request_id"]),
                         ("about:blank", "Not Found", 404, "not_found", "r1"))
        self.assertEqual(problem["detail"], problem["message"])
        public = json.loads(self.user.get("/public/builds/latest", fields=[("Accept", "application/problem+json")]).body)
        self.assertEqual((public["status"], public["detail"]), (404, public["error"]))
        self.assertTrue(public["detail"])
        for accept in ("*/*", "application/json", ""):
            plain = self.user.get("/projects/none-such", fields=[("Accept", accept)])
            self.assert_error(plain, 404, "not_found")
            self.assertNotIn("detail", plain.json)


if __name__ == "__main__":
    unittest.main(verbosity=2)
