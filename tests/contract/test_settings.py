#!/usr/bin/env python3
"""Settings that existing installations have: deploy API §14."""
import os
import re
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support.api import Api, unique  # noqa: E402
from support.case import ContractCase  # noqa: E402
from support.server import Server, binary  # noqa: E402
from support.wire import fetch  # noqa: E402


class Demo(ContractCase):
    env = {"IS_DEMO": "1", "SITEPOD_STORAGE_TYPE": "local"}

    def test_the_demo_account_is_shown_and_belongs_to_nobody(self):
        self.assertIs(self.assert_ok(self.anonymous.get("/config"))["is_demo"], True)
        shown = re.search(r"<code>(demo@\S+)</code> with the password <code>(\w+)</code>", self.fetch("localhost").body.decode())
        demo = Api(self.server.address).login(*shown.groups())
        self.assertEqual(shown.groups(), ("demo@sitepod.dev", "demo123"))
        info = self.assert_ok(demo.get("/auth/info"))
        self.assertEqual((info["email"], info["is_admin"]), ("demo@sitepod.dev", False))
        # It was there before the first person, who is admin all the same.
        self.assertTrue(self.assert_ok(self.admin.get("/auth/info"))["is_admin"])
        project = unique("demo")
        demo.deploy(project, {"index.html": b"try me"})
        self.assertEqual(self.fetch(self.host(project)).body, b"try me")
        self.assert_error(demo.call("DELETE", "/account"), 403, "forbidden")
        self.assert_error(demo.post("/account/password", {"current_password": "demo123", "new_password": "mine alone now"}), 403, "forbidden")


class ConsoleAdmin(unittest.TestCase):
    def test_its_password_and_role_are_set_anew_at_every_start(self):
        env = {"SITEPOD_CONSOLE_ADMIN_EMAIL": "boss@example.org", "SITEPOD_CONSOLE_ADMIN_PASSWORD": "the first password"}
        with Server(env=env) as server:
            boss = Api(server.address).login("boss@example.org", "the first password")
            self.assertTrue(boss.must("GET", "/auth/info")["is_admin"])
            self.assertFalse(Api(server.address).login("other@example.org").must("GET", "/auth/info")["is_admin"])
            self.assertEqual(server.stop(), 0)
            server.start()
            boss.address = server.address
            self.assertEqual(boss.get("/auth/info").status, 200)  # nothing has changed: the login goes on
            self.assertEqual(server.stop(), 0)
            server.env["SITEPOD_CONSOLE_ADMIN_PASSWORD"] = "the second password"
            server.start()
            boss.address = server.address
            self.assertEqual(boss.get("/auth/info").status, 401)
            self.assertTrue(Api(server.address).login("boss@example.org", "the second password").must("GET", "/auth/info")["is_admin"])


class ShortSecrets(unittest.TestCase):
    def test_a_short_operators_token_is_taken_with_a_warning(self):
        with Server(env={"SITEPOD_ADMIN_TOKEN": "s3cret", "SITEPOD_METRICS_TOKEN": "m3trics"}) as server:
            anybody = Api(server.address)
            self.assertEqual(anybody.post("/gc", fields=[("X-Sitepod-Admin-Token", "s3cret")]).status, 200)
            self.assertEqual(anybody.post("/gc", fields=[("X-Sitepod-Admin-Token", "s3cre")]).status, 401)
            self.assertEqual(anybody.get("/metrics", fields=[("Authorization", "Bearer m3trics")]).status, 200)
            self.assertEqual(anybody.get("/metrics").status, 401)
            self.assertEqual(server.log().count("short enough to be guessed"), 2)
            self.assertNotIn("s3cret", server.log())


class Files(unittest.TestCase):
    """Files as existing installations have them, with the documented types."""

    def print_config(self, text, env=None):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "sitepod.toml")
            with open(path, "w") as file:
                file.write(text)
            return subprocess.run([binary(), "serve", "--config", path, "--print-config"], capture_output=True, text=True, timeout=30,
                                  env={**{k: v for k, v in os.environ.items() if not k.startswith("SITEPOD_")}, **(env or {})})

    def test_every_documented_key_of_one_server_on_its_own_disk_is_taken(self):
        done = self.print_config("""
[server]
http_addr = "127.0.0.1:0"
https_addr = ""
admin_addr = ":8090"
trusted_proxies = ["10.0.0.0/8", "192.0.2.1"]
[domain]
primary = "pods.example"
[storage]
type = "local"
path = "/var/pods"
[storage.s3]
bucket = ""
region = "us-east-1"
endpoint = ""
[database]
path = "/var/pods/sitepod.db"
[cache]
manifest_ttl = "5s"
max_entries = 50
[gc]
enabled = false
interval = "12h"
grace_period = "2h"
min_versions = 3
keep_days = 7
[releases]
recent_days = 3
[log]
level = "warn"
format = "json"
""")
        self.assertEqual(done.returncode, 0, done.stderr)
        for line in ('server.data_dir = "/var/pods"', 'gc.enabled = "false"', 'gc.keep_days = "7"', 'releases.recent_days = "3"', 'cache.max_entries = "50"',
                     'server.trusted_proxies = "10.0.0.0/8,192.0.2.1"'):
            self.assertIn(line, done.stdout)

    def test_the_admin_address_answers_for_the_api_under_every_host(self):
        with Server(env={"SITEPOD_ADMIN_ADDR": "127.0.0.1:0"}) as server:
            user, project = Api(server.address).login(), unique("admin")
            user.deploy(project, {"healthz": b"the site's own"})
            host = f"{project}.localhost"
            self.assertEqual(fetch(server.address, "/healthz", host).body, b"the site's own")
            port = int(re.search(r"admin address.*127\.0\.0\.1:(\d+)", server.log()).group(1))
            inside = ("127.0.0.1", port)
            self.assertEqual(fetch(inside, "/healthz", host).body, b"ok\n")
            self.assertIn(b"sitepod_up 1", fetch(inside, "/metrics", host).body)
            self.assertEqual(fetch(inside, "/", host).status, 200)
            self.assertNotIn(b"own", fetch(inside, "/", host).body)
            user.address = inside
            self.assertEqual(user.must("GET", f"/current?project={project}")["project"], project)
        with Server(env={"SITEPOD_ADMIN_ADDR": "127.0.0.1:0"}) as server:
            server.env["SITEPOD_ADMIN_ADDR"] = server.listen = f"127.0.0.1:{server.port}"
            self.assertEqual(server.stop(), 0)
            server.spawn()
            self.assertEqual(server.wait_for_end(30), 1)
            server.process.stdout.close()
            self.assertIn("in use", server.log())
            server.env["SITEPOD_ADMIN_ADDR"] = ""
            server.start()

    def test_what_is_not_there_yet_is_refused_with_what_to_do_instead(self):
        for text in ('[storage.s3]\nbucket = "pods"', '[storage]\ntype = "s3"'):
            with self.subTest(text=text):
                done = self.print_config(text)
                self.assertEqual(done.returncode, 2)
                self.assertIn("sitepod.toml:2:1", done.stderr)
                self.assertRegex(done.stderr, "proxy|local")

    def test_variables_of_what_is_not_there_yet_that_others_read_too_are_told_of(self):
        with Server(env={"CF_API_TOKEN": "s3cret-cf", "AWS_SECRET_ACCESS_KEY": "s3cret-aws"}) as server:
            lines = [line for line in server.log().splitlines() if "has no effect" in line]
            self.assertEqual(["CF_API_TOKEN" in line for line in lines], [True, False], server.log())
            self.assertIn("AWS_SECRET_ACCESS_KEY", lines[1])
            self.assertIn("acme_email", lines[0])
            self.assertNotIn("s3cret", server.log())

    def test_addresses_that_lead_nowhere_are_told_of(self):
        with Server(domain="localhost") as server:
            self.assertIn("give the domain its port", server.log())
        for domain in ("localhost:0", "localhost:8080", "pods.example"):
            with Server(domain=domain) as server:
                self.assertNotIn("give the domain its port", server.log())

    def test_a_switch_in_the_file_works_and_the_environment_beats_it(self):
        done = self.print_config("[gc]\nenabled = true\n", {"SITEPOD_GC_ENABLED": "false"})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('gc.enabled = "false"  # SITEPOD_GC_ENABLED', done.stdout)


class Secrets(unittest.TestCase):
    def start(self, **env):
        return subprocess.run([binary(), "serve", "--print-config"], capture_output=True, text=True, timeout=30,
                              env={**{k: v for k, v in os.environ.items() if not k.startswith("SITEPOD_")}, **env})

    def test_a_secret_may_lie_in_a_file(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "token")
            with open(path, "w") as file:
                file.write("the operator's own token\n")
            with Server(env={"SITEPOD_ADMIN_TOKEN_FILE": path}) as server:
                self.assertEqual(Api(server.address, "the operator's own token").post("/cleanup").status, 200)
                self.assertEqual(Api(server.address, "another operator's token").post("/cleanup").status, 401)
            both = self.start(SITEPOD_ADMIN_TOKEN_FILE=path, SITEPOD_ADMIN_TOKEN="x" * 20)
            self.assertEqual((both.returncode, "both set" in both.stderr), (2, True))
            missing = self.start(SITEPOD_ADMIN_TOKEN_FILE=os.path.join(folder, "none"))
            self.assertEqual(missing.returncode, 2)
            open(path, "w").close()
            self.assertEqual(self.start(SITEPOD_ADMIN_TOKEN_FILE=path).returncode, 2)


class TheSystemsName(ContractCase):
    env = {"SITEPOD_SYSTEM_EMAIL": "pods@example.org", "SITEPOD_ADMIN_TOKEN": "the operator's own token"}

    def test_it_is_nobodys_account_and_cannot_become_one(self):
        attempt = {"email": " Pods@Example.org", "password": "a long password"}
        self.assert_error(self.anonymous.post("/auth/login", attempt), 401, "invalid_credentials")
        self.assert_error(self.anonymous.post("/auth/login", {**attempt, "action": "login"}), 401, "invalid_credentials")
        self.assert_error(self.anonymous.post("/auth/login", {**attempt, "action": "register"}), 409, "conflict")

    def test_it_is_who_acts_with_the_operators_token(self):
        project = unique("suspended")
        self.user.deploy(project, {"index.html": b"x"})
        operator = Api(self.server.address, "the operator's own token")
        self.assert_ok(operator.post(f"/admin/projects/{project}/suspend", {"reason": "test"}))
        events = self.assert_ok(self.admin.get(f"/events?project={project}"))["items"]
        self.assertEqual(events[0]["actor"], "pods@example.org", events[0])


class Proxies(ContractCase):
    env = {"SITEPOD_TRUSTED_PROXIES": "127.0.0.0/8", "SITEPOD_PROXY_MODE": "true"}

    def address_of(self, *chain):
        name = unique("from")
        self.user.must("POST", "/tokens", {"name": name}, fields=[("X-Forwarded-For", line) for line in chain])
        events = self.assert_ok(self.user.get("/events"))["items"]
        return next(event["address"] for event in events if event["subject"] == name)

    def test_their_word_says_who_the_client_is(self):
        self.assertEqual(self.address_of("203.0.113.9"), "203.0.113.9")
        self.assertEqual(self.address_of("6.6.6.6, 203.0.113.9", "127.0.0.2"), "203.0.113.9")
        self.assertEqual(self.address_of("2001:db8::7"), "2001:db8::7")
        self.assertEqual(self.address_of("nonsense"), "127.0.0.1")

    def test_failed_logins_count_for_the_client_and_not_for_the_proxy(self):
        email = unique("victim") + "@example.org"

        def guess(address):
            return self.anonymous.post("/auth/login", {"email": email, "password": "guess it", "action": "login"},
                                       fields=[("X-Forwarded-For", address)]).status
        self.assertEqual([guess("198.51.100.1") for _ in range(11)], [401] * 10 + [429])
        self.assertEqual(guess("198.51.101.1"), 401)


class Strangers(ContractCase):
    def test_nobody_is_a_proxy_unless_named(self):
        name = unique("from")
        self.user.must("POST", "/tokens", {"name": name}, fields=[("X-Forwarded-For", "203.0.113.9")])
        event = next(e for e in self.assert_ok(self.user.get("/events"))["items"] if e["subject"] == name)
        self.assertEqual(event["address"], "127.0.0.1")


if __name__ == "__main__":
    unittest.main()
