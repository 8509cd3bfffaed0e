#!/usr/bin/env python3
"""What operators do: users, roles, passwords, suspended projects; over the API and by `sitepod admin` (reliability: suspend site)."""
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support.api import Api, unique  # noqa: E402
from support.case import ContractCase  # noqa: E402
from support.server import Server, run_program, wait_until  # noqa: E402
from support.wire import fetch  # noqa: E402


class Suspension(ContractCase):
    def test_visitors_get_451_at_once_and_everything_back_later(self):
        project = unique("bad")
        image = self.user.deploy(project, {"index.html": b"hello", "a/b.html": b"deep"})
        self.user.deploy(project, {"index.html": b"beta"}, "beta")
        answer = self.assert_ok(self.admin.post(f"/admin/projects/{project}/suspend", {"reason": "phishing"}))
        self.assertEqual((answer["project"], answer["suspended"]), (project, True))
        for host in (self.host(project), self.host(project, "beta")):
            for target in ("/", "/a/b.html", "/none"):
                page = self.fetch(host, target)
                self.assertEqual(page.status, 451, (host, target))
                self.assertNotIn(b"hello", page.body)
                self.assertEqual(page.get("cache-control"), "no-cache")
        # A release changes nothing of it, and the owner keeps everything.
        self.assert_ok(self.user.release(project, image))
        self.assertEqual(self.fetch(self.host(project)).status, 451)
        self.assertEqual(self.assert_ok(self.user.get(f"/current?project={project}"))["image_id"], image)
        self.assert_ok(self.admin.post(f"/admin/projects/{project}/unsuspend"))
        self.assertEqual(self.fetch(self.host(project)).body, b"hello")
        self.assertEqual(self.fetch(self.host(project, "beta")).body, b"beta")
        actions = [event["action"] for event in self.assert_ok(self.user.get(f"/events?project={project}"))["items"]]
        self.assertIn("suspended", actions)
        self.assertIn("unsuspended", actions)

    def test_it_is_for_admins(self):
        project = unique("mine")
        self.user.deploy(project, {"index.html": b"hello"})
        for word in ("suspend", "unsuspend"):
            self.assert_error(self.user.post(f"/admin/projects/{project}/{word}"), 403, "forbidden")
            self.assert_error(self.anonymous.post(f"/admin/projects/{project}/{word}"), 401)
            self.assert_error(self.admin.post(f"/admin/projects/{unique('none')}/{word}"), 404)
        self.assertEqual(self.fetch(self.host(project)).status, 200)


class SuspensionLasts(unittest.TestCase):
    def test_over_a_restart(self):
        with Server() as server:
            api = Api(server.address).login()
            project = unique("bad")
            api.deploy(project, {"index.html": b"hello"})
            api.must("POST", f"/admin/projects/{project}/suspend")
            self.assertEqual(server.stop(), 0)
            server.start()
            self.assertEqual(fetch(server.address, "/", f"{project}.localhost").status, 451)


    def test_before_the_database_is_open(self):
        with Server() as server:
            api = Api(server.address).login()
            project = unique("bad")
            api.deploy(project, {"index.html": b"hello"})
            api.must("POST", f"/admin/projects/{project}/suspend")
            self.assertEqual(server.stop(), 0)
            database = server.database_files()[0]
            os.rename(database, f"{database}.aside")
            os.mkdir(database)
            server.start()
            try:
                self.assertEqual(fetch(server.address, "/", f"{project}.localhost").status, 451)
            finally:
                os.rmdir(database)
                os.rename(f"{database}.aside", database)


class Users(ContractCase):
    def test_an_admin_sees_all_and_nobody_else_any(self):
        answer = self.assert_ok(self.admin.get("/admin/users"))
        self.assertEqual(answer["users"][0]["email"], "first@example.org")
        self.assertTrue(answer["users"][0]["is_admin"])
        self.assertGreaterEqual(answer["total"], 3)
        self.assertNotIn("argon2", str(answer))
        self.assert_error(self.user.get("/admin/users"), 403)
        self.assert_error(self.anonymous.get("/admin/users"), 401)

    def test_roles_are_given_and_taken_but_the_last_admin_stays(self):
        self.assert_error(self.admin.post("/admin/users/first@example.org/grant", {"role": "user"}), 409, "conflict")
        self.assert_ok(self.admin.post("/admin/users/user@example.org/grant"))
        self.assertTrue(self.assert_ok(self.user.get("/auth/info"))["is_admin"])
        self.assert_ok(self.admin.post("/admin/users/user@example.org/grant", {"role": "user"}))
        self.assertFalse(self.assert_ok(self.user.get("/auth/info"))["is_admin"])
        self.assert_error(self.admin.post("/admin/users/user@example.org/grant", {"role": "king"}), 400)
        self.assert_error(self.admin.post("/admin/users/nobody@example.org/grant"), 404)

    def test_a_link_sets_a_new_password_once(self):
        email = unique("lost") + "@example.org"
        lost = Api(self.server.address).login(email, "the old password")
        bot = Api(self.server.address, lost.must("POST", "/tokens", {"name": "ci"})["token"])
        first = self.assert_ok(self.admin.post(f"/admin/users/{email}/reset-password"))
        issued = self.assert_ok(self.admin.post(f"/admin/users/{email}/reset-password"))
        self.assertEqual(issued["url"], f"http://localhost:{self.server.port}/reset-password/{issued['code']}")
        self.assertGreaterEqual(len(issued["code"]), 32)
        # Until it is used, nothing has changed.
        self.assert_ok(lost.get("/auth/info"))

        def reset(code, password):
            return self.anonymous.post("/auth/reset-password", {"code": code, "password": password})
        self.assert_error(reset(first["code"], "quite another one"), 400, "invalid_request")
        self.assert_error(reset(issued["code"], "short"), 400, "invalid_request")
        self.assert_ok(reset(issued["code"], "quite another one"))
        self.assert_error(reset(issued["code"], "once more please"), 400, "invalid_request")
        self.assert_error(lost.get("/auth/info"), 401, "invalid_token")
        self.assert_ok(bot.get("/auth/info"))
        login = {"email": email, "action": "login"}
        self.assert_error(self.anonymous.post("/auth/login", {**login, "password": "the old password"}), 401)
        self.assert_ok(self.anonymous.post("/auth/login", {**login, "password": "quite another one"}))

    def test_the_link_leads_to_a_page_without_scripts(self):
        email = unique("lost") + "@example.org"
        Api(self.server.address).login(email, "the old password")
        code = self.assert_ok(self.admin.post(f"/admin/users/{email}/reset-password"))["code"]
        page = self.fetch("localhost", f"/reset-password/{code}")
        self.assertEqual((page.status, page.get("referrer-policy"), page.get("cache-control")), (200, "no-referrer", "no-store"))
        self.assertIn("default-src 'none'", page.get("content-security-policy"))
        self.assertIn(b'name="password"', page.body)
        self.assertNotIn(code.encode(), page.body)

        def send(password):
            return self.fetch("localhost", f"/reset-password/{code}", [("Content-Type", "application/x-www-form-urlencoded")], "POST",
                              b"password=" + password)
        self.assertEqual(send(b"short").status, 400)
        self.assertEqual(send(b"a%20new+password%26more").status, 200)
        self.assert_ok(self.anonymous.post("/auth/login", {"email": email, "action": "login", "password": "a new password&more"}))
        self.assertEqual(send(b"once+more+please").status, 400)

    def test_guessing_links_is_throttled(self):
        with Server() as server:
            api = Api(server.address)
            statuses = [api.post("/auth/reset-password", {"code": f"guess {i}", "password": "quite another one"}).status for i in range(12)]
            self.assertEqual(statuses, [400] * 10 + [429] * 2)


class AtTheMachine(ContractCase):
    def admin_word(self, *args):
        return run_program("admin", "--data", self.server.data, *args)

    def test_it_works_beside_the_running_server(self):
        project = unique("cli")
        self.user.deploy(project, {"index.html": b"hello"})
        done = self.admin_word("suspend", project, "--reason", "court order")
        self.assertEqual(done.returncode, 0, done)
        wait_until(lambda: self.fetch(self.host(project)).status == 451, "the site is suspended", 5)
        self.assertEqual(self.admin_word("unsuspend", project).returncode, 0)
        wait_until(lambda: self.fetch(self.host(project)).status == 200, "the site is back", 5)
        event = next(e for e in self.assert_ok(self.user.get(f"/events?project={project}"))["items"] if e["action"] == "suspended")
        self.assertEqual(event["actor"], "operator")

    def test_users_and_passwords(self):
        self.assertIn("first@example.org", self.admin_word("users").stdout)
        self.assertEqual(self.admin_word("grant", "stranger@example.org", "admin").returncode, 0)
        self.assertTrue(self.assert_ok(self.stranger.get("/auth/info"))["is_admin"])
        self.assertEqual(self.admin_word("grant", "stranger@example.org", "user").returncode, 0)
        email = unique("lost") + "@example.org"
        Api(self.server.address).login(email, "the old password")
        link = self.admin_word("reset-password", email).stdout.strip()
        self.assertRegex(link, rf"^http://localhost:{self.server.port}/reset-password/\w+$")
        self.assert_ok(self.anonymous.post("/auth/reset-password", {"code": link.rsplit("/", 1)[1], "password": "quite another one"}))
        self.assert_ok(self.anonymous.post("/auth/login", {"email": email, "password": "quite another one", "action": "login"}))

    def test_every_word_tells_one_json_object_if_asked(self):
        project, folder = unique("told"), self.server.own_folder
        self.user.deploy(project, {"index.html": b"hello"})

        def told(status, *words):
            done = run_program(*words, "--json")
            self.assertEqual(done.returncode, status, done)
            return json.loads(done.stdout)
        data = ("--data", self.server.data)
        users = told(0, "admin", *data, "users")["users"]
        self.assertIn(("user@example.org", False), [(user["email"], user["is_admin"]) for user in users])
        self.assertEqual(told(0, "admin", *data, "grant", "user@example.org", "user"), {"email": "user@example.org", "is_admin": False})
        self.assertEqual(told(0, "admin", *data, "content", "on", "user@example.org"), {"email": "user@example.org", "content": True})
        self.assertEqual(set(told(0, "admin", *data, "reset-password", "stranger@example.org")), {"email", "url", "expires_at"})
        self.assertEqual(told(0, "admin", *data, "suspend", project), {"project": project, "suspended": True})
        self.assertEqual(told(0, "admin", *data, "unsuspend", project), {"project": project, "suspended": False})
        self.assertIn("database", [finding["about"] for finding in told(0, "doctor", *data)["findings"]])
        self.assertTrue(told(0, "backup", *data, "--to", f"{folder}/copy")["ok"])
        self.assertEqual(told(0, "restore", "--from", f"{folder}/copy", "--data", f"{folder}/again")["problems"], [])
        self.assertTrue(told(0, "fsck", *data, "--online")["ok"])
        # And what goes wrong, too.
        self.assertEqual(told(1, "admin", *data, "grant", "nobody@example.org", "admin")["error"], "not_found")
        self.assertIn("running", told(1, "fsck", *data)["message"])
        self.assertEqual(told(1, "backup", *data, "--to", f"{folder}/copy")["error"], "conflict")
        for words in (("admin",), ("admin", "grant"), ("backup",), ("doctor", "--nothing"), ("fsck", "--nothing")):
            self.assertEqual(told(2, *words)["error"], "usage", words)

    def test_wrong_usage_and_unknown_names(self):
        self.assertEqual(self.admin_word().returncode, 2)
        self.assertEqual(self.admin_word("grant", "first@example.org", "king").returncode, 2)
        for args in (("suspend", "none-such"), ("reset-password", "nobody@example.org")):
            done = self.admin_word(*args)
            self.assertEqual(done.returncode, 1)
            self.assertIn("sitepod admin:", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
