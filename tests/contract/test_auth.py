#!/usr/bin/env python3
"""Accounts and tokens: deploy API §3, impossible things 5, 6, 16 and 17."""
import concurrent.futures
import os
import pathlib
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support.api import Api, check_no_nulls, unique  # noqa: E402
from support.case import ContractCase  # noqa: E402
from support.server import Server  # noqa: E402
from support.wire import Wire  # noqa: E402

PASSWORD = "correct horse battery"


class Login(ContractCase):
    def login(self, email, password=PASSWORD, **more):
        return self.anonymous.post("/auth/login", {"email": email, "password": password, **more})

    def test_an_unknown_address_without_an_action_becomes_an_account(self):
        answer = self.assert_ok(self.login(unique("new") + "@example.org"))
        self.assertIs(answer["created"], True)
        self.assertIs(answer["is_admin"], False)
        for name in ("token", "user_id", "email", "message"):
            self.assertIsInstance(answer[name], str)
            self.assertTrue(answer[name])
        check_no_nulls(answer)

    def test_the_second_login_finds_the_account(self):
        email = unique("twice") + "@example.org"
        first = self.assert_ok(self.login(email))
        second = self.assert_ok(self.login(email))
        self.assertIs(second["created"], False)
        self.assertEqual(first["user_id"], second["user_id"])
        self.assertNotEqual(first["token"], second["token"])

    def test_the_address_is_trimmed_and_lower_cased(self):
        name = unique("mixed")
        first = self.assert_ok(self.login(f"  {name.upper()}@Example.ORG "))
        self.assertEqual(first["email"], f"{name}@example.org")
        self.assertEqual(self.assert_ok(self.login(f"{name}@example.org"))["user_id"], first["user_id"])

    def test_a_token_is_opaque_and_has_at_least_32_characters_of_base62(self):
        token = self.assert_ok(self.login(unique("token") + "@example.org"))["token"]
        self.assertRegex(token, r"^sitepod_[A-Za-z0-9]{32,}$")

    def test_bad_requests_answer_400(self):
        good = {"email": "x@example.org", "password": PASSWORD}
        for change in ({"email": None}, {"email": ""}, {"email": "nobody"}, {"email": "a@b"}, {"email": "@b.c"}, {"email": "a@"}, {"email": 7},
                       {"email": ["a@b.c"]}, {"email": "a" * 250 + "@b.cd"}, {"email": "a b@c.de\n"}, {"password": None}, {"password": 12345678},
                       {"password": ""}, {"password": "p" * 1025}, {"action": "sudo"}, {"action": 1}):
            with self.subTest(change=change):
                self.assert_error(self.anonymous.post("/auth/login", {**good, **change}), 400)
        for missing in ("email", "password"):
            with self.subTest(missing=missing):
                self.assert_error(self.anonymous.post("/auth/login", {k: v for k, v in good.items() if k != missing}), 400)

    def test_a_body_that_is_no_object_answers_400(self):
        for body in (b"", b"[]", b'"x"', b"null", b"7", b"{", b"{}", b'{"email":"a@b.cd","password":"longenough"', b"\xff\xfe", b"{'a':1}"):
            with self.subTest(body=body):
                self.assert_error(self.anonymous.post("/auth/login", body, fields=[("Content-Type", "application/json")]), 400)

    def test_creating_needs_a_password_of_eight_characters(self):
        email = unique("short") + "@example.org"
        self.assert_error(self.login(email, "1234567"), 400)
        self.assert_ok(self.login(email, "12345678"))

    def test_a_short_password_on_a_known_account_is_simply_wrong(self):
        email = unique("known") + "@example.org"
        self.assert_ok(self.login(email))
        self.assert_error(self.login(email, "short"), 401, "invalid_credentials")

    def test_a_password_may_have_1024_bytes(self):
        email = unique("long") + "@example.org"
        self.assert_ok(self.login(email, "p" * 1024))
        self.assert_error(self.login(email, "p" * 1023 + "q"), 401, "invalid_credentials")

    def test_unknown_and_wrong_password_read_the_same_with_action_login(self):
        email = unique("exists") + "@example.org"
        self.assert_ok(self.login(email))
        wrong = self.login(email, "not the password", action="login")
        unknown = self.login(unique("ghost") + "@example.org", "not the password", action="login")
        self.assert_error(wrong, 401, "invalid_credentials")
        self.assert_error(unknown, 401, "invalid_credentials")
        self.assertEqual(wrong.json, unknown.json)

    def test_action_login_never_creates(self):
        email = unique("ghost") + "@example.org"
        self.assert_error(self.login(email, action="login"), 401)
        self.assert_error(self.login(email, action="login"), 401)

    def test_action_register_refuses_a_known_address(self):
        email = unique("taken") + "@example.org"
        self.assertIs(self.assert_ok(self.login(email, action="register"))["created"], True)
        self.assert_error(self.login(email, action="register"), 409, "conflict")

    def test_failed_logins_are_throttled_and_the_owner_is_not_locked_out(self):
        email = unique("victim") + "@example.org"
        self.assert_ok(self.login(email))
        answers = [self.login(email, f"guess number {i}") for i in range(25)]
        self.assertEqual({a.status for a in answers}, {401, 429})
        refused = next(a for a in answers if a.status == 429)
        self.assert_error(refused, 429, "rate_limited")
        self.assertGreaterEqual(int(refused.get("retry-after")), 1)
        # Failures are throttled, never successes: the right password works from the same address too.
        self.assert_ok(self.login(email))
        # The throttle is per address and client: the owner elsewhere is not locked out.
        with Wire(self.server.address, source="127.77.0.1") as wire:
            self.assert_ok(self.anonymous.post("/auth/login", {"email": email, "password": PASSWORD}, wire=wire))
        self.assert_error(self.login(unique("other") + "@example.org", action="login"), 401)

    def test_successful_logins_are_never_throttled(self):
        email = unique("busy") + "@example.org"
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            statuses = list(pool.map(lambda _: self.login(email).status, range(40)))
        self.assertEqual(set(statuses), {200})

    def test_no_account_with_known_credentials_exists(self):
        for email, password in (("admin@localhost", "sitepod123"), ("admin@sitepod.local", "sitepod123"), ("admin@sitepod.dev", "sitepod123"),
                                ("system@sitepod.local", "sitepod123"), ("demo@sitepod.dev", "demo123")):
            with self.subTest(email=email):
                self.assert_error(self.login(email, password, action="login"), (400, 401))

    def test_secrets_do_not_lie_readable_in_the_data_folder_or_the_log(self):
        password = unique("canary-password-of-nobody")
        token = self.assert_ok(self.login(unique("canary") + "@example.org", password))["token"]
        self.assert_error(self.anonymous.get("/auth/info", fields={"Authorization": f"Bearer {token}x"}), 401)
        for file in pathlib.Path(self.server.data).rglob("*"):
            if file.is_file():
                data = file.read_bytes()
                self.assertNotIn(token.encode(), data, file)
                self.assertNotIn(password.encode(), data, file)
        self.assertNotIn(token, self.server.log())
        self.assertNotIn(password, self.server.log())


class Tokens(ContractCase):
    def info(self, **fields):
        return self.anonymous.get("/auth/info", fields=fields)

    def test_info_tells_who_the_caller_is(self):
        answer = self.assert_ok(self.user.get("/auth/info"))
        self.assertEqual(answer["email"], "user@example.org")
        self.assertIs(answer["is_admin"], False)
        self.assertIs(answer["is_anonymous"], False)
        self.assertTrue(answer["id"])

    def test_without_a_token_the_answer_is_401(self):
        self.assert_error(self.info(), 401)

    def test_a_bad_token_answers_exactly_invalid_token(self):
        for value in ("Bearer sitepod_" + "x" * 40, "Bearer x", "Bearer " + "y" * 3000, f"Bearer {self.user.token}x", f"Bearer {self.user.token[:-1]}"):
            with self.subTest(value=value[:40]):
                self.assert_error(self.info(Authorization=value), 401, "invalid_token")

    def test_other_schemes_and_empty_tokens_answer_401(self):
        for value in ("Basic dXNlcjpwYXNz", "Bearer", "Bearer ", self.user.token, f"Token {self.user.token}"):
            with self.subTest(value=value[:20]):
                self.assert_error(self.info(Authorization=value), 401)

    def test_the_scheme_is_compared_without_case(self):
        for scheme in ("bearer", "BEARER", "bEaReR"):
            self.assertEqual(self.info(Authorization=f"{scheme} {self.user.token}").status, 200)

    def test_a_token_in_the_query_is_not_accepted(self):
        for name in ("token", "access_token"):
            self.assert_error(self.anonymous.get(f"/auth/info?{name}={self.user.token}"), 401)

    def test_every_authenticated_endpoint_refuses_an_anonymous_caller(self):
        for method, path in (("POST", "/plan"), ("POST", "/commit"), ("POST", "/release"), ("POST", "/rollback"), ("GET", "/current?project=x"),
                             ("GET", "/history?project=x"), ("GET", "/images?project=x"), ("GET", "/projects"), ("GET", "/auth/info"),
                             ("POST", "/upload/plan_x/" + "0" * 64), ("PUT", "/upload/plan_x/" + "0" * 64), ("POST", "/upload/plan_x")):
            with self.subTest(path=path):
                body = b"{}" if method != "GET" else None
                self.assert_error(self.anonymous.call(method, path, body), 401)
                self.assert_error(self.anonymous.call(method, path, body, fields={"Authorization": "Bearer sitepod_" + "z" * 40}), 401, "invalid_token")


class FirstAccount(unittest.TestCase):
    def test_the_first_human_account_is_the_admin(self):
        with Server() as server:
            api = Api(server.address)
            first = api.must("POST", "/auth/login", {"email": "one@example.org", "password": PASSWORD})
            second = api.must("POST", "/auth/login", {"email": "two@example.org", "password": PASSWORD})
            self.assertEqual((first["is_admin"], second["is_admin"]), (True, False))

    def test_of_racing_first_accounts_exactly_one_is_admin(self):
        with Server() as server:
            api = Api(server.address)
            with concurrent.futures.ThreadPoolExecutor(16) as pool:
                answers = list(pool.map(lambda i: api.must("POST", "/auth/login", {"email": f"r{i}@example.org", "password": PASSWORD}), range(16)))
            self.assertEqual(sum(a["is_admin"] for a in answers), 1)

    def test_a_token_survives_a_restart(self):
        with Server() as server:
            api = Api(server.address).login()
            self.assertEqual(server.stop(), 0)
            server.start()
            api.address = server.address
            self.assertEqual(api.get("/auth/info").status, 200)


if __name__ == "__main__":
    unittest.main()
