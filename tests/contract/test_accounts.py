#!/usr/bin/env python3
"""Accounts after the login: password, deletion, who may register. Deploy API §3; impossible things 5, 6, 15, 16; reliability rows 111-114, 126."""
import concurrent.futures
import os
import sqlite3
import statistics
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support import hashes  # noqa: E402
from support.api import Api, unique  # noqa: E402
from support.case import SANITIZED, ContractCase  # noqa: E402
from support.server import Server  # noqa: E402
from support.wire import fetch  # noqa: E402

PASSWORD = "a long password"
FILES = {"index.html": b"<h1>hello</h1>"}


def attempt(server, email, password=PASSWORD, **more):
    return Api(server.address).post("/auth/login", {"email": email, "password": password, **more})


class Password(ContractCase):
    def test_a_changed_password_ends_the_other_logins_and_keeps_this_one(self):
        email = unique("change") + "@example.org"
        here, there = Api(self.server.address).login(email), Api(self.server.address).login(email)
        bot = Api(self.server.address, here.must("POST", "/tokens", {"name": "ci"})["token"])
        self.assert_ok(here.post("/account/password", {"current_password": PASSWORD, "new_password": "quite another one"}))
        self.assert_ok(here.get("/auth/info"))
        self.assert_ok(bot.get("/auth/info"))
        self.assert_error(there.get("/auth/info"), 401, "invalid_token")
        self.assert_error(attempt(self.server, email), 401, "invalid_credentials")
        self.assert_ok(attempt(self.server, email, "quite another one"))

    def test_a_change_needs_the_current_password(self):
        api = Api(self.server.address).login()
        for current, new, status in (("wrong password", "quite another one", 401), (PASSWORD, "short", 400), (PASSWORD, "x" * 1025, 400),
                                     (None, "quite another one", 400), (PASSWORD, None, 400), ("x" * 1025, "quite another one", 400)):
            with self.subTest(current=current, new=new):
                self.assert_error(api.post("/account/password", {"current_password": current, "new_password": new}), status)
        self.assert_ok(api.get("/auth/info"))

    def test_guessing_the_current_password_is_throttled(self):
        api = Api(self.server.address).login()
        answers = [api.post("/account/password", {"current_password": f"guess {i}", "new_password": "quite another one"}) for i in range(12)]
        self.assert_error(answers[-1], 429, "rate_limited")


class Deletion(ContractCase):
    def test_everything_of_the_account_is_gone_at_once(self):
        email = unique("leaver") + "@example.org"
        api = Api(self.server.address).login(email)
        bot = Api(self.server.address, api.must("POST", "/tokens", {"name": "ci"})["token"])
        names = [unique("leaving") for _ in range(3)]
        for name in names:
            image = api.deploy(name, FILES)
            api.release(name, image, "beta")
            api.must("POST", "/preview", {"project": name, "slug": "look"})
        open_plan = api.plan(names[0], {"other.html": b"not uploaded"}).json["plan_id"]
        answer = self.assert_ok(api.call("DELETE", "/account"))
        self.assertEqual(answer["deleted_projects"], 3)
        self.assertTrue(answer["message"])
        for host in [h for n in names for h in (self.host(n), self.host(n, "beta"), f"{n}--look.preview.localhost", f"{n}--look.localhost")]:
            self.assertEqual(self.fetch(host).status, 404, host)
        for gone in (api, bot):
            self.assert_error(gone.get("/auth/info"), 401, "invalid_token")
        self.assert_error(self.admin.get(f"/projects/{names[0]}"), 404)
        self.assert_error(self.admin.upload(open_plan, "0" * 64, b"x"), 404)
        self.assert_error(attempt(self.server, email, action="login"), 401, "invalid_credentials")
        # No trace of the person is left in any row.
        rows = sqlite3.connect(f"file:{self.server.data}/sitepod.db?mode=ro", uri=True) if os.path.exists(f"{self.server.data}/sitepod.db") else None
        if rows:
            for (table,) in rows.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").fetchall():
                for row in rows.execute(f"SELECT * FROM {table}"):
                    self.assertNotIn(email, [c for c in row if isinstance(c, str)], table)
        # Names and the address are free again.
        again = Api(self.server.address).login(email)
        self.assertEqual(again.get("/projects").json, [])
        again.deploy(names[0], {"index.html": b"new life"})
        self.assertEqual(self.fetch(self.host(names[0])).body, b"new life")
        self.assertEqual(self.fetch(self.host(names[0], "beta")).status, 404)

    def test_deletion_survives_a_restart(self):
        with Server() as server:
            Api(server.address).login("keeper@example.org")
            api = Api(server.address).login("leaver@example.org")
            api.deploy("leaving", FILES)
            api.must("DELETE", "/account")
            server.stop()
            server.start()
            self.assertEqual(fetch(server.address, "/", "leaving.localhost").status, 404)
            api.address = server.address
            self.assert_error(api.get("/auth/info"), 401, "invalid_token")

    def test_others_are_untouched(self):
        project = unique("stays")
        self.user.deploy(project, FILES)
        Api(self.server.address).login().must("DELETE", "/account")
        self.assertEqual(self.fetch(self.host(project)).status, 200)

    def test_deploys_that_race_the_deletion_leave_nothing(self):
        api = Api(self.server.address).login()
        names = [unique("race") for _ in range(4)]

        def deploy(name):
            try:
                for i in range(20):
                    api.deploy(name, {"index.html": f"{name} {i}".encode()})
            except AssertionError:
                pass

        with concurrent.futures.ThreadPoolExecutor(5) as pool:
            running = [pool.submit(deploy, name) for name in names]
            time.sleep(0.3)
            self.assert_ok(api.call("DELETE", "/account"))
            concurrent.futures.wait(running)
        for name in names:
            self.assert_error(self.admin.get(f"/projects/{name}"), 404)
            self.assertEqual(self.fetch(self.host(name)).status, 404)


    def test_whatever_races_the_deletion_is_done_or_refused_and_never_a_500(self):
        for what in ("new project", "old project", "upload", "upload of no declared size", "idempotent plan"):
            api = Api(self.server.address).login()
            old = unique("race")
            api.deploy(old, {"index.html": b"1"})
            files = [os.urandom(20) for _ in range(8)]
            plan = api.must("POST", "/plan", {"project": old, "files": [{"path": f"{i}", "blake3": hashes.blake3(data), "size": len(data)} for i, data in enumerate(files)]})
            undeclared = api.plan(old, {f"{i}": data for i, data in enumerate(files)}).json
            acts = {"new project": lambda i: api.plan(unique("race"), {"a": b"1"}), "old project": lambda i: api.plan(old, {"a": files[i]}),
                    "upload": lambda i: api.upload(plan["plan_id"], hashes.blake3(files[i]), files[i]),
                    "upload of no declared size": lambda i: api.upload(undeclared["plan_id"], hashes.sha256(files[i]), files[i]),
                    "idempotent plan": lambda i: api.post("/plan", {"project": unique("race"), "files": {"a": hashes.sha256(b"1")}}, fields=[("Idempotency-Key", unique("key"))])}
            start = threading.Barrier(8)

            def run(i):
                start.wait()
                return api.call("DELETE", "/account") if i == 0 else acts[what](i)

            with self.subTest(what=what), concurrent.futures.ThreadPoolExecutor(8) as pool:
                answers = list(pool.map(run, range(8)))
                self.assertEqual(answers[0].status, 200, answers[0])
                for answer in answers[1:]:
                    if answer.status != 200:
                        self.assert_error(answer, (401, 404), ("invalid_token", "plan_not_found", "not_found"))


class Registration(unittest.TestCase):
    def test_a_closed_server_takes_nobody(self):
        with Server(env={"SITEPOD_REGISTRATION": "closed", "SITEPOD_ADMIN_EMAIL": "boss@example.org", "SITEPOD_ADMIN_PASSWORD": PASSWORD}) as server:
            self.assertEqual(attempt(server, "new@example.org").status, 401)
            self.assertEqual(attempt(server, "new@example.org", action="register").status, 403)
            self.assertEqual(attempt(server, "boss@example.org").status, 200)
            # Known or not, an address that cannot log in gets the same answer.
            self.assertEqual(attempt(server, "new@example.org").body, attempt(server, "boss@example.org", "wrong password").body)

    def test_an_invite_lets_one_account_in(self):
        with Server(env={"SITEPOD_REGISTRATION": "invite", "SITEPOD_ADMIN_EMAIL": "boss@example.org", "SITEPOD_ADMIN_PASSWORD": PASSWORD}) as server:
            admin = Api(server.address).login("boss@example.org")
            self.assertEqual(attempt(server, "new@example.org").status, 401)
            self.assertEqual(attempt(server, "new@example.org", invite="no such code").status, 403)
            made = admin.post("/admin/invites", {})
            self.assertEqual(made.status, 201, made)
            code = made.json["code"]
            with concurrent.futures.ThreadPoolExecutor(4) as pool:
                racers = list(pool.map(lambda i: attempt(server, f"racer{i}@example.org", invite=code).status, range(4)))
            self.assertEqual(sorted(racers), [200, 403, 403, 403])
            bound = admin.must("POST", "/admin/invites", {"email": "Bob@Example.org"})
            self.assertEqual(attempt(server, "eve@example.org", invite=bound["code"]).status, 403)
            bob = attempt(server, "bob@example.org", invite=bound["code"])
            self.assertEqual(bob.status, 200)
            self.assertIs(bob.json["is_admin"], False)
            ended = admin.must("POST", "/admin/invites", {})
            self.assertEqual(admin.call("DELETE", f"/admin/invites/{ended['id']}").status, 200)
            self.assertEqual(attempt(server, "late@example.org", invite=ended["code"]).status, 403)
            listed = admin.must("GET", "/admin/invites")["invites"]
            self.assertEqual(sum(i["used"] for i in listed), 2)
            self.assertNotIn(code, str(listed))
            self.assertEqual(Api(server.address, bob.json["token"]).post("/admin/invites", {}).status, 403)

    def test_with_a_setup_token_only_its_holder_becomes_the_first_admin(self):
        secret = "correct horse battery staple"
        with Server(env={"SITEPOD_SETUP_TOKEN": secret}) as server:
            self.assertIs(attempt(server, "early@example.org").json["is_admin"], False)
            self.assertEqual(attempt(server, "thief@example.org", setup_token="wrong horse battery staple").status, 403)
            with concurrent.futures.ThreadPoolExecutor(2) as pool:
                racers = list(pool.map(lambda i: attempt(server, f"racer{i}@example.org", setup_token=secret), range(2)))
            self.assertEqual(sorted(r.status for r in racers), [200, 403])
            self.assertEqual([r.json["is_admin"] for r in racers if r.status == 200], [True])
            self.assertNotIn(secret, server.log())

    def test_the_setup_token_opens_a_closed_server_once(self):
        secret = "correct horse battery staple"
        with Server(env={"SITEPOD_SETUP_TOKEN": secret, "SITEPOD_REGISTRATION": "closed"}) as server:
            answer = Api(server.address).post("/auth/login", {"email": "boss@example.org", "password": PASSWORD},
                                              fields=[("X-Sitepod-Setup-Token", secret)])
            self.assertEqual((answer.status, answer.json["is_admin"]), (200, True))
            self.assertEqual(attempt(server, "next@example.org", setup_token=secret).status, 403)

    def test_two_racing_first_accounts_make_one_admin(self):
        with Server() as server:
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                racers = list(pool.map(lambda i: attempt(server, f"racer{i}@example.org").json["is_admin"], range(8)))
            self.assertEqual(sum(racers), 1)


class Guessing(ContractCase):
    @unittest.skipIf(SANITIZED, "times mean nothing under sanitizers")
    def test_unknown_accounts_cost_the_time_of_known_ones(self):
        emails = [unique("known") + "@example.org" for _ in range(10)]
        for email in emails:
            self.assert_ok(attempt(self.server, email))

        def measure(email):
            start = time.perf_counter()
            answer = attempt(self.server, email, "wrong password", action="login")
            self.assert_error(answer, 401, "invalid_credentials")
            return time.perf_counter() - start

        known, unknown = [], []
        for round_ in range(6):
            for email in emails:
                known.append(measure(email))
                unknown.append(measure(unique("ghost") + "@example.org"))
        # The fastest halves: what the machine does besides does not shorten anything.
        best = [statistics.mean(sorted(times)[: len(times) // 2]) for times in (known, unknown)]
        self.assertLess(abs(best[0] - best[1]) / max(best), 0.25, best)


if __name__ == "__main__":
    unittest.main()
