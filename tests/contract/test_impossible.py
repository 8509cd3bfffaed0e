#!/usr/bin/env python3
"""Deploy API §16: each item found in servers of this kind, with a test named after it. Items about endpoints that do not exist
here (domains, previews, garbage collection, deletion) have theirs with those endpoints; items proved elsewhere say where.

5, 6 (throttling, readable secrets), 16, 17: test_auth · 18: test_plan and test_many_files · 27, 28: journeys/test_cli.
"""
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
from support.server import Server  # noqa: E402
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


class Behaviour(ContractCase):
    def test_13_history_in_another_order_than_commits_and_newest_meaning_anything_else(self):
        project = unique("i13")
        images = [self.user.make_image(project, {"index.html": b"%d" % i}) for i in range(12)]
        items = self.assert_ok(self.user.get(f"/history?project={project}"))["items"]
        self.assertEqual([i["image_id"] for i in items], images[::-1])
        self.assertTrue(all(i["created_at"] for i in items))
        self.assertEqual(self.assert_ok(self.user.release(project))["image_id"], images[-1])

    def test_20_lists_that_stop_at_100_entries(self):
        project = unique("i20")
        images = [self.user.make_image(project, {"index.html": b"%d" % (i % 7)}) for i in range(130)]
        seen = [i["image_id"] for o in (0, 100) for i in self.assert_ok(self.user.get(f"/history?project={project}&limit=100&offset={o}"))["items"]]
        self.assertEqual(seen, images[::-1])

    def test_20_a_change_visible_only_after_a_time(self):
        project = unique("i20")
        for i in range(20):
            self.user.deploy(project, {"index.html": b"%d" % i})
            self.assertEqual(self.fetch(self.host(project)).body, b"%d" % i)

    def test_21_urls_built_from_the_name_instead_of_the_subdomain(self):
        name = unique("My_Site.v2")
        image = self.user.make_image(name, {"index.html": b"mine"})
        url = self.assert_ok(self.user.release(name, image))["url"]
        host = re.match(r"http://([^/:]+)", url).group(1)
        self.assertRegex(host, r"^[a-z0-9-]+\.localhost$")
        self.assertEqual(self.fetch(host).body, b"mine")

    def test_22_empty_files_accepted_and_a_leading_slash_stored_and_never_found(self):
        self.assert_error(self.user.post("/plan", {"project": unique("i22"), "files": {}}), 400)
        project = unique("i22")
        self.user.deploy(project, {"/index.html": b"slash", "/d/e.txt": b"deep"})
        self.assertEqual(self.fetch(self.host(project), "/").body, b"slash")
        self.assertEqual(self.fetch(self.host(project), "/d/e.txt").body, b"deep")

    def test_23_the_root_page_for_docs_html_for_a_missing_script_and_post_serving_files(self):
        host = self.site({"index.html": b"root", "docs.html": b"docs"})
        self.assertEqual(self.fetch(host, "/docs").body, b"docs")
        self.assertEqual(self.fetch(host, "/missing.js").status, 404)
        self.assertEqual(self.fetch(host, "/docs", method="POST", body=b"x").status, 405)

    def test_26_a_cache_that_grows_for_ever(self):
        project = unique("i26")
        images = [self.user.make_image(project, {"index.html": b"%d" % i * 100}) for i in range(2)]
        for i in range(50):
            self.user.release(project, images[i % 2])
        before = self.server.resident_kib()
        descriptors = self.server.open_descriptors()
        for i in range(400):
            self.user.release(project, images[i % 2])
            self.fetch(self.host(project), f"/missing-{i}.js?q={i}")
        self.assertLess(self.server.resident_kib() - before, 16 * 1024)
        self.assertLessEqual(self.server.open_descriptors(), descriptors + 8)


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
