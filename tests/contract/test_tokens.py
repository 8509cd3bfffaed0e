#!/usr/bin/env python3
"""Tokens for programs: deploy API §3 and its amendment; impossible thing 6; reliability rows 107, 109, 116."""
import os
import pathlib
import re
import sys
import time
import unittest
import zlib

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support.api import Api, unique  # noqa: E402
from support.case import ContractCase  # noqa: E402

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
FILES = {"index.html": b"<h1>hello</h1>"}


def checksum(text):
    number, out = zlib.crc32(text.encode()), ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        out = DIGITS[digit] + out
    return out


class Tokens(ContractCase):
    def issue(self, by=None, **fields):
        answer = (by or self.user).post("/tokens", {"name": "ci", **fields})
        return self.assert_ok(answer, 201)

    def test_what_narrows_a_token_and_is_left_empty_makes_none(self):
        before = len(self.assert_ok(self.user.get("/tokens"))["tokens"])
        for empty in ({"scopes": []}, {"project": ""}, {"environment": ""}, {"env": ""}):
            self.assert_error(self.user.post("/tokens", {"name": "ci", **empty}), 400, "invalid_request")
        self.assertEqual(len(self.assert_ok(self.user.get("/tokens"))["tokens"]), before)
        made = self.assert_ok(self.user.post("/tokens", {"name": "ci", "scopes": None, "project": None, "environment": None, "expires_in": None}), 201)
        self.assertEqual((made["project"], made["environment"], made["expires_at"]), (None, None, None))

    def holder(self, by=None, **fields):
        return Api(self.server.address, self.issue(by, **fields)["token"])

    def test_a_new_token_is_shown_once(self):
        token = self.issue(name="deploy bot")
        self.assertRegex(token["id"], r"^tok_")
        self.assertEqual(token["name"], "deploy bot")
        self.assert_timestamp(token["created_at"])
        self.assertIsNone(token["expires_at"])
        listed = self.assert_ok(self.user.get("/tokens"))["tokens"]
        mine = next(t for t in listed if t["id"] == token["id"])
        self.assertNotIn("token", mine)
        self.assertNotIn(token["token"], str(listed))
        for name in ("id", "name", "created_at", "last_used_at", "expires_at"):
            self.assertIn(name, mine)

    def test_secret_scanners_recognise_a_token_by_prefix_and_checksum(self):
        for scopes, prefix in ((["content"], "sp_"), (["content", "read"], "sitepod_"), (["deploy"], "sitepod_"), (None, "sitepod_")):
            with self.subTest(scopes=scopes):
                secret = self.issue(scopes=scopes)["token"]
                self.assertRegex(secret, "^" + prefix + "[0-9A-Za-z]{46}$")
                self.assertEqual(secret[-6:], checksum(secret[:-6]))

    def test_only_a_digest_is_at_rest(self):
        secret = self.issue()["token"]
        Api(self.server.address, secret).get("/auth/info")
        for path in pathlib.Path(self.server.data).rglob("*"):
            if path.is_file():
                self.assertNotIn(secret.encode(), path.read_bytes(), path)
        self.assertNotIn(secret, self.server.log())

    def test_a_revoked_token_is_worthless_at_once(self):
        token = self.issue()
        bot = Api(self.server.address, token["token"])
        self.assert_ok(bot.get("/auth/info"))
        self.assert_ok(self.user.call("DELETE", f"/tokens/{token['id']}"))
        self.assert_error(bot.get("/auth/info"), 401, "invalid_token")
        self.assert_error(self.user.call("DELETE", f"/tokens/{token['id']}"), 404, "not_found")

    def test_somebody_elses_token_is_not_there(self):
        token = self.issue()
        for method, body in (("DELETE", None), ("PATCH", {"name": "mine"})):
            self.assert_error(self.stranger.call(method, f"/tokens/{token['id']}", body), 404, "not_found")
            self.assert_error(self.admin.call(method, f"/tokens/{token['id']}", body), 404, "not_found")
            self.assert_error(self.user.call(method, "/tokens/tok_unknown", body), 404, "not_found")
        self.assert_ok(Api(self.server.address, token["token"]).get("/auth/info"))

    def test_a_login_is_no_token_that_can_be_revoked_by_id(self):
        listed = self.assert_ok(Api(self.server.address).login().get("/tokens"))
        self.assertEqual(listed, {"tokens": []})

    def test_a_token_is_renamed(self):
        token = self.issue()
        self.assertEqual(self.assert_ok(self.user.call("PATCH", f"/tokens/{token['id']}", {"name": "nightly"}))["name"], "nightly")
        self.assert_error(self.user.call("PATCH", f"/tokens/{token['id']}", {"name": ""}), 400)
        self.assert_error(self.user.call("PATCH", f"/tokens/{token['id']}", {}), 400)

    def test_last_use_is_kept(self):
        token = self.issue()
        self.assertIsNone(token["last_used_at"])
        Api(self.server.address, token["token"]).get("/auth/info")
        listed = self.assert_ok(self.user.get("/tokens"))["tokens"]
        self.assert_timestamp(next(t for t in listed if t["id"] == token["id"])["last_used_at"])

    def test_an_expired_token_is_exactly_invalid(self):
        token = self.issue(expires_in=1)
        self.assert_timestamp(token["expires_at"])
        bot = Api(self.server.address, token["token"])
        self.assert_ok(bot.get("/auth/info"))
        time.sleep(1.1)
        self.assert_error(bot.get("/auth/info"), 401, "invalid_token")

    def test_bad_requests_name_the_field(self):
        for change in ({"name": None}, {"name": ""}, {"name": "x" * 101}, {"name": "a\nb"}, {"name": 7}, {"scopes": "deploy"}, {"scopes": ["root"]},
                       {"scopes": [1]}, {"expires_in": 0}, {"expires_in": -1}, {"expires_in": "60"}, {"expires_in": 10**12},
                       {"environment": "No!"}, {"environment": "a", "env": "b"}):
            with self.subTest(change=change):
                answer = self.user.post("/tokens", {"name": "ci", **change})
                self.assert_error(answer, 400, "invalid_request")
                self.assertIn(next(iter(change)).rstrip("s")[:3].lower(), answer.json["message"].lower())
        self.assert_error(self.user.post("/tokens", {"name": "ci", "project": unique("nobody")}), 404)

    def test_a_read_token_reads_and_changes_nothing(self):
        project = unique("site")
        image = self.user.deploy(project, FILES)
        reader = self.holder(scopes=["read"])
        for path in (f"/current?project={project}", f"/history?project={project}", f"/images/{image}", "/projects", f"/projects/{project}"):
            self.assert_ok(reader.get(path))
        for method, path, body in (("POST", "/plan", {"project": project, "files": {"a": "0" * 64}}), ("POST", "/release", {"project": project}),
                                   ("POST", "/rollback", {"project": project}), ("POST", "/preview", {"project": project}),
                                   ("DELETE", f"/projects/{project}", None), ("DELETE", "/account", None)):
            self.assert_error(reader.call(method, path, body), 403, "forbidden")

    def test_a_content_token_deploys_nothing(self):
        writer = self.holder(scopes=["content"])
        self.assert_error(writer.plan(unique("site"), FILES), 403)
        for method, path in (("GET", "/projects"), ("GET", "/auth/info"), ("GET", "/tokens"), ("POST", "/tokens"), ("DELETE", "/tokens/tok_x")):
            self.assert_error(writer.call(method, path, {"name": "child"} if method == "POST" else None), 403, "forbidden")
        self.assert_ok(writer.get("/public/pages"))
        self.assert_ok(writer.post("/auth/logout"))
        self.assertEqual(writer.get("/public/pages").status, 401)
        both = self.holder(scopes=["content", "read"])
        self.assert_ok(both.get("/auth/info"))

    def test_a_deploy_token_deploys_and_is_no_owner(self):
        project = unique("site")
        bot = self.holder(scopes=["deploy"])
        bot.deploy(project, FILES)
        self.assertEqual(self.fetch(self.host(project)).body, FILES["index.html"])
        for method, path, body in (("DELETE", f"/projects/{project}", None), ("DELETE", "/account", None),
                                   ("POST", "/account/password", {"current_password": "a long password", "new_password": "another one"})):
            self.assert_error(bot.call(method, path, body), 403, "forbidden")

    def test_a_token_of_one_project_knows_no_other(self):
        mine, other = unique("mine"), unique("other")
        image = self.user.deploy(mine, FILES)
        foreign = self.user.deploy(other, FILES)
        bot = self.holder(project=mine)
        bot.deploy(mine, {"index.html": b"second"})
        self.assertEqual([p["name"] for p in self.assert_ok(bot.get("/projects"))], [mine])
        self.assert_ok(bot.get(f"/images/{image}"))
        for answer in (bot.get(f"/current?project={other}"), bot.get(f"/images/{foreign}"), bot.release(other), bot.plan(other, FILES),
                       bot.release(mine, foreign), bot.post("/preview", {"project": other}), bot.plan(unique("new"), FILES)):
            self.assert_error(answer, 403, "forbidden")

    def test_a_token_of_one_project_goes_with_it(self):
        project = unique("gone")
        self.user.deploy(project, FILES)
        bot = self.holder(project=project)
        self.assert_ok(self.user.call("DELETE", f"/projects/{project}"))
        self.assert_error(bot.get("/auth/info"), 401, "invalid_token")

    def test_a_token_of_one_environment_releases_nowhere_else(self):
        project = unique("site")
        image = self.user.deploy(project, FILES)
        bot = self.holder(environment="beta")
        self.assert_ok(bot.release(project, image, "beta"))
        self.assert_error(bot.release(project, image), 403, "forbidden")
        self.assert_error(bot.post("/rollback", {"project": project, "image_id": image}), 403, "forbidden")

    def test_a_token_of_one_environment_moves_no_host_of_production(self):
        project, domain = unique("site"), unique("beta") + ".example"
        self.user.deploy(project, FILES)
        self.assert_ok(self.user.post("/domains", {"project": project, "domain": domain}), 201)
        bot = self.holder(project=project, environment="beta")
        self.assert_error(bot.call("PUT", f"/domains/rename?project={project}", {"new_subdomain": unique("taken")}), 403, "forbidden")
        self.assert_error(bot.post("/domains", {"project": project, "domain": "other-" + domain}), 403, "forbidden")
        self.assert_error(bot.post(f"/domains/{domain}/verify"), 403, "forbidden")
        self.assert_error(bot.call("DELETE", f"/domains/{domain}"), 403, "forbidden")
        self.assert_ok(bot.get(f"/domains?project={project}"))
        self.assertEqual(self.fetch(self.host(project)).status, 200)
        producer = self.holder(project=project, environment="prod")
        self.assert_ok(producer.call("DELETE", f"/domains/{domain}"))

    def test_a_token_makes_none_that_may_do_more(self):
        project = unique("site")
        self.user.deploy(project, FILES)
        other = unique("other")
        self.user.deploy(other, FILES)
        bot = self.holder(scopes=["deploy"], project=project, environment="beta", expires_in=3600)
        child = self.assert_ok(bot.post("/tokens", {"name": "child"}), 201)
        self.assertEqual((child["scopes"], child["project"], child["environment"]), (["deploy"], project, "beta"))
        self.assertIsNotNone(child["expires_at"])
        self.assert_ok(bot.post("/tokens", {"name": "reader", "scopes": ["read"]}), 201)
        for more in ({"scopes": ["admin"]}, {"scopes": ["content"]}, {"scopes": ["deploy", "content"]}, {"project": other}, {"environment": "prod"}):
            with self.subTest(more=more):
                self.assert_error(bot.post("/tokens", {"name": "more", **more}), 403, "forbidden")
        longer = self.assert_ok(bot.post("/tokens", {"name": "longer", "expires_in": 10**6}), 201)
        parent = next(t for t in self.user.get("/tokens").json["tokens"] if t["environment"] == "beta" and t["name"] == "ci" and t["project"] == project)
        self.assertEqual(longer["expires_at"], parent["expires_at"])

    def test_a_token_neither_sees_nor_revokes_one_that_may_do_more(self):
        strong = self.issue(name="strong")
        bot = self.holder(scopes=["read"], name="weak")
        self.assertNotIn(strong["id"], [t["id"] for t in self.assert_ok(bot.get("/tokens"))["tokens"]])
        self.assert_error(bot.call("DELETE", f"/tokens/{strong['id']}"), 404)
        self.assert_error(bot.call("PATCH", f"/tokens/{strong['id']}", {"name": "x"}), 404)

    def test_only_an_admin_makes_tokens_for_admins(self):
        self.assert_error(self.user.post("/tokens", {"name": "root", "scopes": ["admin"]}), 403)
        project = unique("site")
        self.user.deploy(project, FILES)
        # An admin's token acts as an admin only with that scope.
        plain = self.holder(self.admin, scopes=["read"])
        self.assert_error(plain.get(f"/current?project={project}"), 403)
        both = self.holder(self.admin, scopes=["read", "admin"])
        self.assert_ok(both.get(f"/current?project={project}"))

    def test_the_secret_stands_nowhere_but_in_the_header(self):
        secret = self.issue()["token"]
        for path in (f"/auth/info?token={secret}", f"/auth/info?access_token={secret}", f"/projects?authorization=Bearer%20{secret}"):
            self.assert_error(self.anonymous.get(path), 401)
        self.assertIsNone(re.search(re.escape(secret), self.server.log()))


if __name__ == "__main__":
    unittest.main()
