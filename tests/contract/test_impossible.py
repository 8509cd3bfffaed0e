#!/usr/bin/env python3
"""Deploy contract §16, security and data: each thing found in servers of this kind has a test named after its number here, and more
where COVERAGE.md says so. Behaviour: test_impossible_behaviour.py."""
import concurrent.futures
import os
import pathlib
import re
import sys
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support import hashes, sites  # noqa: E402
from support.api import Api, unique  # noqa: E402
from support.case import ContractCase  # noqa: E402
from support.server import Server, wait_until  # noqa: E402
from support.wire import Wire  # noqa: E402


class Security(ContractCase):
    def test_01_a_hash_that_is_not_64_hex_digits_reaching_a_file_path(self):
        outside = pathlib.Path(self.server.data).parent / "outside"
        outside.write_bytes(b"outside the store")
        plan = self.assert_ok(self.user.plan(unique("i1"), {"a": b"x"}))["plan_id"]
        for name in ("../outside", "../../outside", "..%2foutside", "%2e%2e%2foutside", "a" * 61 + "/..", "0" * 2 + "/" + "0" * 61, "\u0660" * 64):
            self.assert_error(self.user.post("/plan", {"project": unique("i1"), "files": {"a": name}}), 400, "invalid_hash")
            if name.isascii():
                self.assert_error(self.user.upload(plan, name, b"outside the store"), (400, 404))
        self.assertEqual(outside.read_bytes(), b"outside the store")

    def test_02_a_project_or_environment_with_a_slash_dots_or_nul_reaching_a_file_or_another_tenants_pointer(self):
        victim = unique("victim")
        self.user.deploy(victim, {"index.html": b"victim"})
        for name in (f"../{victim}", f"x/../{victim}", f"{victim}/../{victim}", f"{victim}\x00", f"{victim}/prod", "..", f"./{victim}"):
            self.assert_error(self.stranger.post("/plan", {"project": name, "files": {"a": hashes.sha256(b"x")}}), 400)
            answer = self.stranger.post("/release", {"project": name, "environment": "prod"})
            self.assert_error(answer, (400, 403, 404))
        mine = unique("mine")
        image = self.stranger.make_image(mine, {"index.html": b"attacker"})
        for env in (f"../{victim}/prod", "..", "prod\x00", f"prod/../../{victim}/prod", "prod/", "%2e%2e"):
            self.assert_error(self.stranger.post("/release", {"project": mine, "image_id": image, "environment": env}), 400)
        self.assertEqual(self.fetch(self.host(victim)).body, b"victim")

    def test_03_any_user_registering_the_base_domain_app_a_reserved_name_or_anothers_environment_host(self):
        victim = unique("shop")
        image = self.user.make_image(victim, {"index.html": b"stage of the victim"})
        self.assert_ok(self.user.release(victim, image, "stage"))
        for name in ("app", "www", "api", "console", "localhost.", f"{victim}-beta", f"{victim}-stage"):
            answer = self.stranger.plan(name, {"index.html": b"attacker"})
            if answer.status == 200:
                self.stranger.deploy(name, {"index.html": b"attacker"})
        for host in ("localhost", "app.localhost", "www.localhost", "api.localhost", f"{victim}-beta.localhost", f"{victim}-stage.localhost"):
            self.assertNotIn(b"attacker", self.fetch(host).body)

    def test_03_a_suffix_match_without_the_dot(self):
        name = unique("dot")
        self.user.deploy(name, {"index.html": b"the site"})
        for host in (f"{name}localhost", f"{name}.evillocalhost", f"evil{name}.localhost", f"{name}.localhost.evil"):
            self.assertNotEqual(self.fetch(host).body, b"the site")

    def test_04_bytes_stored_under_a_hash_that_they_do_not_have(self):
        for _ in range(10):
            data = unique("true").encode()
            plan = self.assert_ok(self.user.plan(unique("i4"), {"a": data}))["plan_id"]
            lies = [data[:-1] + b"?", data + b"x", data[:-1], b"", data[::-1]]
            with concurrent.futures.ThreadPoolExecutor(6) as pool:
                statuses = [a.status for a in pool.map(lambda d: self.user.upload(plan, hashes.sha256(data), d), [*lies, data])]
            self.assertEqual(statuses, [400] * 5 + [200])
        for path in self.server.blob_files():
            self.assertEqual(hashes.sha256(pathlib.Path(path).read_bytes()), pathlib.Path(path).name)

    def test_04_a_declared_size_trusted_and_negative_sizes(self):
        data = unique("sized").encode()
        for size in (-1, -(1 << 63), 1 << 64, 1.5, "7", []):
            files = [{"path": "a", "blake3": hashes.blake3(data), "size": size}]
            self.assert_error(self.user.post("/plan", {"project": unique("i4"), "files": files}), (400, 413))
        plan = self.assert_ok(self.user.post("/plan", {"project": unique("i4"), "files": [{"path": "a", "blake3": hashes.blake3(data), "size": len(data) + 1}]}))
        self.assert_error(self.user.upload(plan["plan_id"], hashes.blake3(data), data), 400, "size_mismatch")

    def test_05_an_account_with_known_credentials(self):
        for email in ("admin@localhost", "admin@sitepod.local", "system@sitepod.local", "demo@sitepod.dev", "root@localhost"):
            for password in ("sitepod123", "demo123", "password"):
                answer = self.anonymous.post("/auth/login", {"email": email, "password": password, "action": "login"})
                self.assertIn(answer.status, (400, 401, 429), answer)

    def test_06_unthrottled_logins(self):
        email = unique("guessed") + "@example.org"
        Api(self.server.address).login(email)
        statuses = [self.anonymous.post("/auth/login", {"email": email, "password": f"wrong guess {i}"}).status for i in range(15)]
        self.assertEqual((statuses[0], statuses[-1]), (401, 429))

    def test_06_a_revoked_token_that_still_works(self):
        api = Api(self.server.address).login()
        made = api.must("POST", "/tokens", {"name": "ci"})
        bot = Api(self.server.address, made["token"])
        with Wire(self.server.address) as wire:  # also on the connection that has just used it
            self.assert_ok(bot.get("/auth/info", wire=wire))
            api.must("DELETE", f"/tokens/{made['id']}")
            self.assert_error(bot.get("/auth/info", wire=wire), 401, "invalid_token")
        api.must("POST", "/auth/logout")
        self.assert_error(api.get("/auth/info"), 401, "invalid_token")

    def test_06_a_token_in_reach_of_page_scripts(self):
        """No cookie that a script reads carries one, and no page of another origin may read an answer."""
        answer = self.anonymous.post("/auth/login", {"email": unique("x") + "@example.org", "password": "a long password"},
                                     fields=[("Origin", "https://evil.example")])
        token = self.assert_ok(answer)["token"]
        for cookie in answer.all("set-cookie"):
            self.assertTrue("HttpOnly" in cookie or token not in cookie, cookie)
        info = Api(self.server.address, token).get("/auth/info", fields=[("Origin", "https://evil.example")])
        for each in (answer, info):
            self.assertNotIn(each.get("access-control-allow-origin"), ("*", "https://evil.example"))

    def test_07_a_maintenance_endpoint_open_to_ordinary_users_or_to_nobody(self):
        for path in ("/gc", "/cleanup", "/admin/cache/invalidate", "/admin/routing/rebuild"):
            self.assertIn(self.user.post(path, {}).status, (403, 404))
            self.assertIn(self.anonymous.post(path, {}).status, (401, 404))
        for path in ("/debug", "/debug/pprof", "/api/v1/debug", "/metrics/debug", "/server-status"):
            self.assertNotIn(self.fetch("localhost", path).status, (200, 500))

    def test_08_an_unauthenticated_request_whose_cost_grows_with_the_store(self):
        import time

        def health():
            start = time.monotonic()
            with Wire(self.server.address) as wire:
                for _ in range(50):
                    self.assertEqual(self.anonymous.get("/health", wire=wire).status, 200)
            return time.monotonic() - start
        before = min(health() for _ in range(3))
        self.user.make_image(unique("grow"), sites.many(3000))
        after = min(health() for _ in range(3))
        self.assertLess(after, before * 10 + 0.5)

    def test_08_an_unbounded_body(self):
        for path in ("/auth/login", "/commit", "/release", "/rollback"):
            answer = self.user.post(path, b'{"x":"' + b"a" * (1 << 20) + b'"}')
            self.assert_error(answer, 413, "payload_too_large")


class Data(ContractCase):
    def test_09_garbage_collection_that_ignores_pending_plans_previews_or_grace(self):
        project, kept = unique("i9"), {"index.html": unique("kept").encode()}
        image = self.user.make_image(project, kept)
        self.assert_ok(self.user.post("/preview", {"project": project, "image_id": image, "slug": "look"}))
        pending = unique("pending").encode()
        plan = self.assert_ok(self.user.plan(project, {"a": pending}))["plan_id"]
        self.assert_ok(self.user.upload(plan, hashes.sha256(pending), pending))
        young = unique("young").encode()
        self.user.deploy("i9-gone", {"a": young})
        self.user.must("DELETE", "/projects/i9-gone")
        self.assertEqual(self.assert_ok(self.admin.post("/gc"))["errors"], [])
        self.assertTrue(self.server.blob_path(hashes.sha256(young)).exists(), "the default has a grace period")
        self.assertEqual(self.assert_ok(self.admin.post("/gc", {"grace_seconds": 0}))["errors"], [])
        self.assertFalse(self.server.blob_path(hashes.sha256(young)).exists())
        self.assertEqual(self.fetch(f"{project}--look.preview.localhost").body, kept["index.html"])
        self.assert_ok(self.user.post("/commit", {"plan_id": plan}))

    def test_10_two_images_from_one_plan(self):
        project = unique("i10")
        data = unique("x").encode()
        plan = self.assert_ok(self.user.plan(project, {"a": data}))["plan_id"]
        self.assert_ok(self.user.upload(plan, hashes.sha256(data), data))
        barrier = threading.Barrier(12)

        def commit(_):
            barrier.wait()
            return self.user.must("POST", "/commit", {"plan_id": plan})["image_id"]
        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            self.assertEqual(len(set(pool.map(commit, range(12)))), 1)

    def test_10_pointer_and_history_that_disagree(self):
        project = unique("i10")
        images = [self.user.make_image(project, {"index.html": b"%d" % i}) for i in range(4)]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda i: self.user.release(project, images[i % 4]), range(64)))
        live = self.assert_ok(self.user.get(f"/current?project={project}"))["image_id"]
        history = self.assert_ok(self.user.get(f"/history?project={project}&environment=prod"))["items"]
        self.assertEqual(history[0]["image_id"], live)
        self.assertEqual([i["image_id"] for i in history if "prod" in i["deployed_to"]], [live])
        self.assertEqual(self.fetch(self.host(project)).body, b"%d" % images.index(live))

    def test_11_ids_with_32_bits(self):
        project = unique("i11")
        plan = self.assert_ok(self.user.plan(project, {"a": b"x"}))["plan_id"]
        image = self.user.make_image(project, {"a": b"x"})
        for ident in (plan, image):
            body = ident.split("_", 1)[1]
            bits = len(body) * (4 if re.fullmatch(r"[0-9a-f]+", body) else 5.17 if re.fullmatch(r"[0-9a-z]+", body) else 5.95)
            self.assertGreaterEqual(bits, 64, ident)


class Retention(unittest.TestCase):
    def test_12_retention_configured_and_never_applied(self):
        """Nobody calls /gc: the settings alone do it."""
        with Server(env={"SITEPOD_GC_INTERVAL": "1s", "SITEPOD_GC_GRACE_PERIOD": "0s", "SITEPOD_GC_MIN_VERSIONS": "1", "SITEPOD_GC_KEEP_DAYS": "0"}) as server:
            api = Api(server.address).login()
            old, new = unique("old").encode(), unique("new").encode()
            api.deploy("i12", {"index.html": old})
            api.deploy("i12", {"index.html": new})
            wait_until(lambda: not server.blob_path(hashes.sha256(old)).exists(), "the outdated image's bytes are gone")
            self.assertEqual(api.must("GET", "/history?project=i12")["total"], 1)
            self.assertTrue(server.blob_path(hashes.sha256(new)).exists())


class Restart(unittest.TestCase):
    def test_everything_acknowledged_is_there_after_a_restart(self):
        with Server() as server:
            api = Api(server.address).login()
            project = unique("restart")
            images = [api.deploy(project, {"index.html": b"%d" % i}) for i in range(3)]
            api.must("POST", "/rollback", {"project": project})
            api.deploy(project, {"index.html": b"beta"}, "beta")
            pending = api.plan(project, {"index.html": b"pending"}).json
            self.assertEqual(server.stop(), 0)
            server.start()
            api.address = server.address
            self.assertEqual(api.must("GET", f"/current?project={project}")["image_id"], images[1])
            self.assertEqual(api.must("GET", f"/history?project={project}")["total"], 4)
            self.assertEqual(api.upload(pending["plan_id"], hashes.sha256(b"pending"), b"pending").status, 200)
            self.assertEqual(api.post("/commit", {"plan_id": pending["plan_id"]}).status, 200)


if __name__ == "__main__":
    unittest.main()
