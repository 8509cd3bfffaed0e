#!/usr/bin/env python3
"""Settings that existing installations have: deploy API §14."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support.api import Api, unique  # noqa: E402
from support.case import ContractCase  # noqa: E402
from support.server import Server  # noqa: E402


class Demo(ContractCase):
    env = {"IS_DEMO": "1", "SITEPOD_STORAGE_TYPE": "local"}

    def test_the_demo_account_is_shown_and_belongs_to_nobody(self):
        self.assertIs(self.assert_ok(self.anonymous.get("/config"))["is_demo"], True)
        demo = Api(self.server.address).login("demo@sitepod.dev", "demo123")
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
