#!/usr/bin/env python3
"""Deploy contract §16, behaviour and client: each thing found in servers of this kind has a test named after its number here, and more
where COVERAGE.md says so. Security and data: test_impossible.py."""
import concurrent.futures
import datetime
import os
import re
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support import hashes, sites  # noqa: E402
from support.api import Api, unique  # noqa: E402
from support.case import ContractCase  # noqa: E402
from support.cli import Cli  # noqa: E402
from support.server import ROOT, Server, run_program  # noqa: E402


class Behaviour(ContractCase):
    def test_13_history_in_another_order_than_commits_and_newest_meaning_anything_else(self):
        project = unique("i13")
        images = [self.user.make_image(project, {"index.html": b"%d" % i}) for i in range(12)]
        items = self.assert_ok(self.user.get(f"/history?project={project}"))["items"]
        self.assertEqual([i["image_id"] for i in items], images[::-1])
        self.assertTrue(all(i["created_at"] for i in items))
        self.assertEqual(self.assert_ok(self.user.release(project))["image_id"], images[-1])

    def test_14_a_rename_that_changes_the_label_and_not_the_route_and_duplicates_answering_500(self):
        project, taken, name = unique("i14"), unique("i14"), unique("renamed")
        for each in (project, taken):
            self.user.deploy(each, {"index.html": each.encode()})
        self.assert_error(self.user.call("PUT", f"/domains/rename?project={project}", {"new_subdomain": taken}), 409, "conflict")
        self.assert_ok(self.user.call("PUT", f"/domains/rename?project={project}", {"new_subdomain": name}))
        self.assertEqual(self.fetch(f"{name}.localhost").body, project.encode())
        self.assertEqual(self.fetch(f"{project}.localhost").status, 404)

    def test_15_deleting_a_released_project_failing_and_account_deletion_leaving_things_behind(self):
        api = Api(self.server.address).login()
        released, kept = unique("i15"), unique("i15")
        for project in (released, kept):
            api.deploy(project, {"index.html": b"x"})
            api.must("POST", "/preview", {"project": project, "slug": "look"})
        self.assert_ok(api.call("DELETE", f"/projects/{released}"))
        self.assertEqual(self.assert_ok(api.call("DELETE", "/account"))["deleted_projects"], 1)
        for project in (released, kept):
            for host in (f"{project}.localhost", f"{project}--look.preview.localhost", f"{project}--look.localhost"):
                self.assertEqual(self.fetch(host).status, 404, host)
            self.assert_error(self.admin.get(f"/projects/{project}"), 404)
            self.user.deploy(project, {"index.html": b"the next owner"})
            self.assertEqual(self.fetch(f"{project}.localhost").body, b"the next owner")

    def test_16_the_first_human_account_not_being_admin_and_two_racing_ones_both_being_it(self):
        with Server(env={"SITEPOD_ADMIN_TOKEN": "an operator's secret"}) as server:
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                accounts = list(pool.map(lambda _: Api(server.address).login(), range(8)))
            self.assertEqual(sum(api.must("GET", "/auth/info")["is_admin"] for api in accounts), 1)

    def test_17_the_documented_login_request_not_creating_an_account(self):
        answer = self.assert_ok(self.anonymous.post("/auth/login", {"email": unique("new") + "@example.org", "password": "your-password"}))
        self.assertTrue(answer["created"])
        self.assertEqual(Api(self.server.address, answer["token"]).get("/projects").json, [])

    def test_18_a_deploy_of_10000_files_failing(self):
        project, data = unique("i18"), b"one content"
        files = [{"path": f"a folder with a long name/{i // 100:03d}/{'x' * 100}{i}.html", "blake3": hashes.blake3(data), "size": len(data)} for i in range(10_000)]
        plan = self.assert_ok(self.user.post("/plan", {"project": project, "files": files}))
        self.assertEqual(len(plan["missing"]), 1)
        self.assert_ok(self.user.upload(plan["plan_id"], hashes.blake3(data), data))
        image = self.assert_ok(self.user.post("/commit", {"plan_id": plan["plan_id"]}))
        self.assertEqual(image["file_count"], 10_000)
        self.assert_ok(self.user.release(project, image["image_id"]))
        self.assertEqual(self.fetch(self.host(project), "/" + files[9_999]["path"].replace(" ", "%20")).body, data)

    def test_19_domain_checks_that_forget_environment_base_app_or_preview_hosts(self):
        project = unique("i19")
        self.user.deploy(project, {"index.html": b"x"})
        self.assert_ok(self.user.release(project, environment="qa"))
        self.assert_ok(self.user.post("/preview", {"project": project, "slug": "look"}))
        domain = unique("i19") + ".example"
        self.assert_ok(self.admin.post("/domains", {"project": project, "domain": domain}), 201)
        for host in ("localhost", "app.localhost", "www.localhost", f"{project}.localhost", f"{project}-qa.localhost", f"{project}--look.preview.localhost",
                     f"{project}--look.localhost", domain):
            self.assertEqual(self.anonymous.get(f"/domains/check?domain={host}").status, 200, host)
        for host in (f"{project}-no.localhost", f"{project}--no.preview.localhost", f"x{project}.localhost", f"www.{domain}"):
            self.assertEqual(self.anonymous.get(f"/domains/check?domain={host}").status, 404, host)

    def test_20_routing_that_stops_at_1000_entries(self):
        projects = [unique("i20") for _ in range(6)]
        for i, project in enumerate(projects):
            (self.user, self.stranger)[i % 2].deploy(project, {"index.html": project.encode()})
        def mount(i):
            return self.admin.post("/domains", {"project": projects[i % 6], "domain": f"h{i}.{projects[0]}.example"}).status
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            self.assertEqual(set(pool.map(mount, range(1020))), {201})
        for i in (0, 99, 100, 999, 1000, 1019):
            self.assertEqual(self.fetch(f"h{i}.{projects[0]}.example").body, projects[i % 6].encode())
        listed = [entry["domain"] for entry in self.assert_ok(self.admin.get("/domains"))["domains"]]
        self.assertEqual(len(set(listed)), len(listed))
        for project in projects:
            self.assertEqual(len(self.assert_ok(self.admin.get(f"/domains?project={project}"))["domains"]), 171)

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

    def test_21_two_names_with_one_subdomain_or_a_non_latin_name_answering_500(self):
        stem = unique("twin")
        for name in (f"{stem}.a", f"{stem}_a", f"{stem}-a"):
            self.user.deploy(name, {"index.html": name.encode()})
        subdomains = {self.user.must("GET", f"/projects/{name}")["subdomain"] for name in (f"{stem}.a", f"{stem}_a", f"{stem}-a")}
        self.assertEqual(len(subdomains), 3)
        for name in ("\u65e5\u672c", "caf\u00e9", "\U0001f600"):
            self.assert_error(self.user.plan(name, {"a": b"x"}), 400)

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

    def test_23_missing_range_compression_or_vary_64_bit_etags_and_304_without_its_headers(self):
        text = sites.text(20_000)
        host = self.site({"index.html": b"root", "a.css": text})
        plain = self.fetch(host, "/a.css")
        self.assertGreaterEqual(len(plain.get("etag").strip('"')), 128 // 6, "fewer than 128 bits")
        self.assertIn("accept-encoding", plain.vary())
        self.assertEqual(self.fetch(host, "/a.css", [("Range", "bytes=5-9")]).body, text[5:10])
        packed = self.fetch(host, "/a.css", [("Accept-Encoding", "gzip")])
        self.assertEqual(packed.get("content-encoding"), "gzip")
        fresh = self.fetch(host, "/a.css", [("If-None-Match", plain.get("etag"))])
        self.assertEqual((fresh.status, fresh.get("etag"), fresh.get("cache-control"), fresh.vary()), (304, plain.get("etag"), plain.get("cache-control"), plain.vary()))

    def test_24_blog_matching_blogger_cookies_that_reach_siblings_and_redirects_that_drop_the_query(self):
        domain, root, blog = unique("i24") + ".example", unique("i24"), unique("i24")
        for project, slug in ((root, "/"), (blog, "/blog")):
            self.user.deploy(project, {"index.html": project.encode()})
            self.assert_ok(self.user.release(project, environment="qa"))
            self.assert_ok(self.admin.post("/domains", {"project": project, "domain": domain, "slug": slug}), 201)
        self.assertEqual(self.fetch(domain, "/blogger").body, root.encode())
        self.assertEqual(self.fetch(domain, "/blog?a=1&b=2").get("location"), "/blog/?a=1&b=2")
        chosen = self.fetch(domain, "/blog/?a=1&env=qa&b=2")
        self.assertEqual((chosen.status, chosen.get("location")), (302, "/blog/?a=1&b=2"))
        self.assertRegex(chosen.get("set-cookie"), r"Path=/blog/?(;|$)")
        locked = self.fetch(domain, "/blog/", [("Cookie", "sitepod_preview=expired-long-ago")])
        self.assertEqual((locked.status, locked.body), (200, blog.encode()))

    def test_25_a_documented_preview_host_that_leads_nowhere(self):
        project = unique("i25")
        self.user.deploy(project, {"index.html": b"prod"})
        image = self.user.make_image(project, {"index.html": b"preview"})
        made = self.assert_ok(self.user.post("/preview", {"project": project, "image_id": image}))
        host = re.match(r"http://([^/:]+)", made["url"]).group(1)
        path = re.match(r"http://([^/:]+)(?::\d+)?(/.*)", made["path_url"])
        for where, target in ((host, "/"), (host.replace(".preview.", "."), "/"), path.groups()):
            self.assertEqual(self.fetch(where, target).body, b"preview", (where, target))

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


class Client(unittest.TestCase):
    def test_27_a_world_readable_token_file_an_uploaded_git_folder_and_a_prompt_without_a_terminal(self):
        with Server() as server, Cli(server.url) as cli:
            self.assertNotEqual(cli.run("login").returncode, 0, "without a terminal nothing is asked, and nothing hangs")
            cli.login()
            for file in cli.home.rglob("*"):
                if file.is_file() and b"sitepod_" in file.read_bytes():
                    self.assertEqual(file.stat().st_mode & 0o077, 0, file)
            folder = sites.write({"index.html": b"x", ".git/config": b"secret", ".env": b"secret", "a b&c/\u00e9+%.txt": b"odd"}, cli.home / "site")
            done = cli.json("deploy", folder, "--prod", "--name", "i27", "--yes")
            self.assertEqual(done["files"] if "files" in done else done["file_count"], 2)

    def test_28_a_documented_setting_that_does_nothing(self):
        """Each row of the table stands in --print-config with its value from the environment, and a wrong value refuses the start."""
        table = (ROOT / "docs/operate/configuration.md").read_text()
        names = re.findall(r"^\| [^|]+ \| `(SITEPOD_\w+)` \| `([\w.]+)` \|", table, re.M)
        self.assertGreater(len(names), 20)
        printed = run_program("serve", "--print-config").stdout
        for variable, key in names:
            self.assertIn(f"{key} = ", printed, key)
            refused = run_program("serve", "--print-config", env={variable: "\x01 no such value"})
            self.assertTrue(refused.returncode == 2 or variable in refused.stdout, variable)

    def help_of(self, *words):
        """The help of a word and of all words below it."""
        text = run_program(*words, "--help").stdout
        below = text.partition("Subcommands:")[2] if 0 < len(words) < 3 else ""
        return text + "".join(self.help_of(*words, word) for word in re.findall(r"^  (\w[\w-]*)", below, re.M))

    def test_28_a_documented_flag_that_does_not_exist(self):
        text = (ROOT / "docs/cli.md").read_text()
        words = re.findall(r"^  (\w[\w-]*) ", run_program("--help").stdout, re.M)
        self.assertIn("serve", words)
        known = self.help_of() + "".join(self.help_of(word) for word in words)
        for flag in sorted(set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text))):
            self.assertIn(flag, known, f"{flag} is documented")

    def test_30_a_packaging_file_that_does_not_build(self):
        """The unit starts a program with words and flags that it has."""
        unit = (ROOT / "packaging/sitepod.service").read_text()
        command = re.search(r"^ExecStart=(\S+) (.*)$", unit, re.M)
        self.assertEqual(os.path.basename(command.group(1)), "sitepod")
        with tempfile.NamedTemporaryFile(suffix=".toml") as config:
            words = [config.name if word.endswith(".toml") else word for word in command.group(2).split()]
            done = run_program(*words, "--print-config")
        self.assertEqual(done.returncode, 0, done)


class Dates(ContractCase):
    def test_29_a_list_showing_invented_dates(self):
        project, before = unique("i29"), datetime.datetime.now(datetime.timezone.utc)
        image = self.user.deploy(project, {"index.html": b"x"})
        after = datetime.datetime.now(datetime.timezone.utc)
        for path, items in ((f"/history?project={project}", "items"), (f"/images?project={project}", "images"), (f"/events?project={project}", "items"),
                            (f"/domains?project={project}", "domains")):
            for item in self.user.must("GET", path)[items]:
                made = datetime.datetime.fromisoformat(item["created_at"].replace("Z", "+00:00"))
                self.assertTrue(before - datetime.timedelta(seconds=1) <= made <= after + datetime.timedelta(seconds=1), (path, item))
        self.assertEqual(self.user.must("GET", f"/current?project={project}")["image_id"], image)


if __name__ == "__main__":
    unittest.main()
