#!/usr/bin/env python3
"""Every route of the server as everybody: owner, another tenant, admin, anonymous, revoked and expired token, narrower scopes, a token of another
project. The routes and their rules come from the program (`sitepod routes --json`), so a new one is tried without anybody writing it down.
Deploy API §1; impossible things 6, 7; reliability rows 115, 116, 124."""
import json
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support.api import Api, unique  # noqa: E402
from support.case import ContractCase  # noqa: E402
from support.server import run_program  # noqa: E402

FILES = {"index.html": b"<h1>hello</h1>"}
# Answered the same to everybody who has a token: they name nothing that belongs to somebody.
SHOWN_AS_MISSING = ("/tokens", "/previews/{project}", "/domains")  # foreign ones do not exist (deploy API §1)


def routes():
    done = run_program("routes", "--json")
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout)


class AccessMatrix(ContractCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project, cls.other = unique("mine"), unique("other")
        cls.image = cls.user.deploy(cls.project, FILES)
        cls.user.deploy(cls.other, FILES)
        cls.user.must("POST", "/preview", {"project": cls.project, "slug": "pr-7"})
        cls.plan = cls.user.plan(cls.project, {"new.html": b"not here yet"}).json["plan_id"]
        cls.token_id = cls.user.must("POST", "/tokens", {"name": "victim"})["id"]

        def holder(by, **fields):
            made = by.must("POST", "/tokens", {"name": "matrix", **fields})
            return Api(cls.server.address, made["token"]), made["id"]

        cls.scoped = {scope: holder(cls.user, scopes=[scope])[0] for scope in ("read", "deploy", "content")}
        cls.elsewhere = holder(cls.user, project=cls.other)[0]
        cls.revoked, revoked_id = holder(cls.user)
        cls.user.must("DELETE", f"/tokens/{revoked_id}")
        cls.expired = holder(cls.user, expires_in=1)[0]
        cls.admin_without_scope = holder(cls.admin, scopes=["read", "deploy", "content"])[0]
        time.sleep(1.1)
        listed = [r for r in routes() if r["path"].startswith("/api/v1/") and r["who"] != "everyone"]
        # The content API has its own form of errors.
        cls.public = [r for r in listed if r["path"].startswith("/api/v1/public/")]
        cls.routes = [r for r in listed if r not in cls.public]

    def path(self, route):
        values = {"name": self.project, "project": self.project, "slug": "pr-7", "plan_id": self.plan, "hash": "0" * 64, "domain": "example.org"}
        values["id"] = self.image if "/images/" in route["path"] else self.token_id if "/tokens/" in route["path"] else "unknown"
        path = route["path"]
        for name, value in values.items():
            path = path.replace("{" + name + "}", value)
        # The body of /deploy is an archive: its fields stand in the query.
        if route["path"] == "/api/v1/deploy" or route["method"] == "GET" and "{" not in route["path"]:
            path += f"?project={self.project}"
        return path

    def body(self, route):
        if route["method"] == "GET":
            return None
        return {"project": self.project, "plan_id": self.plan, "image_id": self.image, "files": {"a.html": "0" * 64}, "domain": "shop.example.org",
                "new_subdomain": unique("renamed"), "name": "x", "current_password": "not the password", "new_password": "also not one"}

    def ask(self, api, route):
        return api.call(route["method"], self.path(route), self.body(route))

    def try_all(self, chosen, check):
        for route in chosen:
            with self.subTest(route=f"{route['method']} {route['path']}"):
                check(route)

    def test_the_program_lists_its_routes(self):
        self.assertGreater(len(self.routes), 25)
        for route in self.routes:
            self.assertIn(route["who"], ("token", "owner", "admin"))
            if route["who"] == "owner":
                self.assertTrue(route["scope"], f"{route} has no scope")
            if route["who"] == "admin":
                self.assertEqual(route["scope"], "admin")

    def test_nobody_gets_in_without_a_token(self):
        for api in (self.anonymous, Api(self.server.address, "sitepod_" + "0" * 46)):
            self.try_all(self.routes, lambda route: self.assert_error(self.ask(api, route), 401))

    def test_the_content_api_takes_content_tokens_only(self):
        def check(route, api, status, error=None):
            answer = api.call(route["method"], route["path"].replace("{slug}", "nothing-here"), {} if route["method"] == "POST" else None)
            self.assertEqual(answer.status, status, answer)
            if error:
                self.assertEqual(answer.json["error"], error)
            return answer.json

        self.assertTrue(self.public)
        for route in self.public:
            with self.subTest(route=f"{route['method']} {route['path']}"):
                self.assertEqual((route["who"], route["scope"]), ("token", "content"))
                for api in (self.anonymous, self.revoked, self.expired):
                    check(route, api, 401, "invalid or revoked token")
                for scope in ("read", "deploy"):
                    self.assertEqual(check(route, self.scoped[scope], 403)["scope"], "content")
        for route in self.routes:
            if route["scope"] != "content" and not route["path"].endswith("/logout"):
                self.assert_error(self.ask(self.scoped["content"], route), 403, "forbidden")

    def test_revoked_and_expired_tokens_are_exactly_invalid(self):
        for api in (self.revoked, self.expired):
            self.try_all(self.routes, lambda route: self.assert_error(self.ask(api, route), 401, "invalid_token"))

    def test_ordinary_accounts_never_act_as_admins(self):
        admin_routes = [r for r in self.routes if r["who"] == "admin"]
        for api in (self.user, self.stranger, self.scoped["deploy"], self.elsewhere, self.admin_without_scope):
            self.try_all(admin_routes, lambda route: self.assert_error(self.ask(api, route), 403, "forbidden"))

    def test_another_tenant_gets_nowhere(self):
        def check(route):
            if route["path"].endswith("/plan") or not self.names_something(route):
                return
            answer = self.ask(self.stranger, route)
            hidden = any(part in route["path"] for part in SHOWN_AS_MISSING)
            self.assert_error(answer, (403, 404) if hidden else 403)

        self.try_all([r for r in self.routes if r["who"] == "owner"], check)
        self.assert_error(self.stranger.plan(self.project, FILES), 403)
        self.assert_unharmed()

    # A list of domains or events without a project is the caller's own.
    def names_something(self, route):
        return not (route["path"] in ("/api/v1/domains", "/api/v1/domains/verify") and route["method"] != "GET")

    def test_a_narrower_scope_is_refused_before_anything_is_looked_at(self):
        allowed = {"read": {"", "read"}, "deploy": {"", "read", "deploy"}, "content": {"content"}}
        for scope, api in self.scoped.items():
            chosen = [r for r in self.routes if r["scope"] not in allowed[scope] and not r["path"].endswith("/logout")]
            self.assertTrue(chosen)
            self.try_all(chosen, lambda route: self.assert_error(self.ask(api, route), 403, "forbidden"))
        self.assert_unharmed()

    def test_a_token_of_another_project_gets_nowhere(self):
        def check(route):
            if not self.names_something(route):
                return
            hidden = any(part in route["path"] for part in SHOWN_AS_MISSING)
            self.assert_error(self.ask(self.elsewhere, route), (403, 404) if hidden else 403)

        self.try_all([r for r in self.routes if r["who"] == "owner"], check)
        self.assert_unharmed()

    def test_owner_and_admin_are_let_through(self):
        def check(route, api):
            answer = self.ask(api, route)
            self.assertNotIn(answer.status, (401, 403, 405), answer)
            self.assertLess(answer.status, 500, answer)

        harmless = [r for r in self.routes if r["who"] == "owner" and r["method"] == "GET"]
        for api in (self.user, self.admin):
            self.try_all(harmless, lambda route: check(route, api))

    # A refused request changes nothing.
    def assert_unharmed(self):
        self.assertEqual(self.fetch(self.host(self.project)).body, FILES["index.html"])
        self.assertEqual(self.fetch(f"{self.project}--pr-7.preview.localhost").status, 200)
        self.assertEqual(self.user.get(f"/current?project={self.project}").json["image_id"], self.image)
        self.assertEqual(self.user.get("/auth/info").status, 200)


if __name__ == "__main__":
    unittest.main()
