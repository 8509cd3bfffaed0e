#!/usr/bin/env python3
"""Path mode and the cookies that choose an environment or a preview: deploy API §9; impossible things 2 and 24."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support.api import Api, unique  # noqa: E402
from support.case import ContractCase  # noqa: E402
from support.server import Server  # noqa: E402
from support.wire import fetch  # noqa: E402

FILES = ("index.html", "a.txt", "docs/index.html", "page.html")


class PathCase(ContractCase):
    def files(self, text):
        return {name: f"{text} {name}".encode() for name in FILES}

    def project(self, text, api=None, environment="prod"):
        name = unique(text)
        (api or self.admin).deploy(name, self.files(text), environment)
        return name

    def mount(self, project, domain, slug="/", api=None):
        return self.assert_ok((api or self.admin).post("/domains", {"project": project, "domain": domain, "slug": slug}), 201)

    def domain(self):
        return unique("path") + ".example"

    def body(self, host, target, fields=()):
        answer = self.fetch(host, target, fields)
        self.assertEqual(answer.status, 200, answer)
        return answer.body.decode()


class Mounts(PathCase):
    def test_the_longest_slug_wins_on_segment_boundaries(self):
        domain, root, blog, old = self.domain(), self.project("root"), self.project("blog"), self.project("old")
        self.mount(root, domain)
        self.mount(blog, domain, "/blog")
        self.mount(old, domain, "blog/old/")
        for target, expected in (("/", "root index.html"), ("/a.txt", "root a.txt"), ("/blog/", "blog index.html"), ("/blog/a.txt", "blog a.txt"),
                                 ("/%62log/a.txt", "blog a.txt"), ("/blog/docs/", "blog docs/index.html"), ("/blog/page", "blog page.html"),
                                 ("/blog/old/", "old index.html"), ("/blog/old/a.txt", "old a.txt"), ("/blog/older/x", "blog index.html"),
                                 ("/blogger", "root index.html"), ("/blogger/a", "root index.html")):
            self.assertEqual(self.body(domain, target), expected, target)
        self.assertEqual(self.fetch(domain, "/blogger.txt").status, 404)
        self.assertEqual(self.fetch(domain, "/Blog/a.txt").status, 404)

    def test_a_mount_without_its_slash_and_a_folder_in_it_redirect_with_the_query(self):
        domain, blog = self.domain(), self.project("blog")
        self.mount(blog, domain, "/blog")
        for target, location in (("/blog", "/blog/"), ("/blog?x=1&y", "/blog/?x=1&y"), ("/blog/docs?z", "/blog/docs/?z")):
            answer = self.fetch(domain, target)
            self.assertIn(answer.status, (301, 308))
            self.assertEqual(answer.get("location"), location)
        for target in ("/", "/blogger", "/a.txt", "/blo", "/%ff"):
            self.assertEqual(self.fetch(domain, target).status, 404, target)

    def test_a_site_without_mounts_keeps_its_own_paths(self):
        project = self.project("plain")
        self.assertEqual(self.body(self.host(project), "/a.txt"), "plain a.txt")
        self.assertIsNone(self.fetch(self.host(project), "/").get("set-cookie"))
        self.assertNotIn("cookie", (self.fetch(self.host(project), "/").get("vary") or "").lower())

    def test_a_path_on_the_accounts_own_host(self):
        shop, blog = self.project("shop", self.user), self.project("blog", self.user)
        host = self.host(shop)
        self.assertEqual(self.mount(blog, host, "/blog", self.user)["status"], "active")
        self.assertEqual(self.body(host, "/blog/a.txt"), "blog a.txt")
        self.assertEqual(self.body(host, "/a.txt"), "shop a.txt")
        # It follows releases, renames and the end of the host.
        self.user.deploy(blog, self.files("new"))
        self.assertEqual(self.body(host, "/blog/a.txt"), "new a.txt")
        self.user.deploy(shop, self.files("newer"))
        self.assertEqual(self.body(host, "/blog/a.txt"), "new a.txt")
        self.assertEqual(self.body(host, "/a.txt"), "newer a.txt")
        name = unique("renamed")
        self.assert_ok(self.user.call("PUT", f"/domains/rename?project={shop}", {"new_subdomain": name}))
        self.assertEqual(self.body(f"{name}.localhost", "/blog/a.txt"), "new a.txt")
        self.assertEqual(self.fetch(host, "/blog/a.txt").status, 404)
        self.assert_ok(self.user.call("DELETE", f"/projects/{shop}"))
        self.assertEqual(self.fetch(f"{name}.localhost", "/blog/a.txt").status, 404)
        # Whoever has the name next has it alone.
        taken = self.project("next", self.stranger)
        self.assert_ok(self.stranger.call("PUT", f"/domains/rename?project={taken}", {"new_subdomain": name}))
        self.assertEqual(self.fetch(f"{name}.localhost", "/blog/a.txt").status, 404)
        self.assertEqual(self.body(self.host(blog), "/a.txt"), "new a.txt")

    def test_mounts_survive_a_restart_before_the_database_is_open(self):
        with Server() as server:
            admin = Api(server.address).login()
            for name in ("root", "blog"):
                admin.deploy(name, self.files(name))
            for project, slug in (("root", "/"), ("blog", "/blog")):
                admin.must("POST", "/domains", {"project": project, "domain": "lasting.example", "slug": slug})
            server.stop()
            server.start()
            self.assertEqual(fetch(server.address, "/a.txt", "lasting.example").body, b"root a.txt")
            self.assertEqual(fetch(server.address, "/blog/a.txt", "lasting.example").body, b"blog a.txt")


class Choices(PathCase):
    """On custom domains, on paths and on a project's production host."""

    def setUp(self):
        self.project_name = self.project("prod")
        self.admin.deploy(self.project_name, self.files("beta"), "beta")
        image = self.admin.make_image(self.project_name, self.files("shown"))
        self.admin.must("POST", "/preview", {"project": self.project_name, "image_id": image, "slug": "pr-7"})
        self.custom, self.shared = self.domain(), self.domain()
        self.mount(self.project_name, self.custom)
        self.mount(self.project_name, self.shared, "/app")

    def places(self):
        return ((self.custom, "/", "/"), (self.host(self.project_name), "/", "/"), (self.shared, "/app/", "/app"))

    def choose(self, host, target):
        answer = self.fetch(host, target)
        self.assertEqual(answer.status, 302, answer)
        self.assertEqual(len(answer.all("set-cookie")), 1, "one cookie per redirect")
        self.assertNotIn("public", answer.get("cache-control") or "")
        cookie = answer.get("set-cookie")
        return answer.get("location"), cookie, ("Cookie", cookie.split(";")[0])

    def test_an_environment_is_chosen_kept_and_left(self):
        for host, root, path in self.places():
            location, cookie, sent = self.choose(host, f"{root}a.txt?x=1&env=beta&y=%2F")
            self.assertEqual(location, f"{root}a.txt?x=1&y=%2F")
            name, *attributes = cookie.split("; ")
            self.assertEqual(name, "sitepod_env=beta")
            self.assertEqual(set(attributes), {f"Path={path}", "Max-Age=3600", "HttpOnly", "SameSite=Lax"})
            answer = self.fetch(host, location, [sent])
            self.assertEqual((answer.status, answer.body), (200, b"beta a.txt"))
            self.assertIn("cookie", [word.strip().lower() for line in answer.all("vary") for word in line.split(",")])
            self.assertNotIn("public", answer.get("cache-control"))
            self.assertIsNone(answer.get("set-cookie"))
            self.assertEqual(self.body(host, f"{root}a.txt"), "prod a.txt")
            location, cookie, _ = self.choose(host, f"{root}a.txt?env=prod")
            self.assertEqual(location, f"{root}a.txt")
            self.assertIn("Max-Age=0", cookie)
            self.assertIn(f"Path={path};", cookie)

    def test_a_preview_is_chosen_and_left(self):
        for host, root, path in self.places():
            location, cookie, sent = self.choose(host, f"{root}?preview=pr-7")
            self.assertEqual(location, root)
            self.assertIn("Max-Age=86400", cookie)
            answer = self.fetch(host, f"{root}a.txt", [sent])
            self.assertEqual(answer.body, b"shown a.txt")
            self.assertEqual(answer.get("x-robots-tag"), "noindex")
            self.assertNotIn("public", answer.get("cache-control"))
            self.assertEqual(self.fetch(host, f"{root}page", [("Cookie", "a=b; sitepod_env=beta; " + sent[1])]).body, b"shown page.html")
            self.assertIn("Max-Age=0", self.choose(host, f"{root}?preview=")[1])

    def test_both_parameters_make_two_redirects(self):
        location, cookie, _ = self.choose(self.custom, "/?env=beta&preview=pr-7")
        self.assertTrue(cookie.startswith("sitepod_env=beta"))
        self.assertEqual(location, "/?preview=pr-7")

    def test_a_cookie_that_names_nothing_is_ignored_and_taken_back(self):
        self.admin.must("DELETE", f"/previews/{self.project_name}/pr-7")
        for host, root, path in self.places():
            for name, value in (("sitepod_preview", "pr-7"), ("sitepod_preview", "nothing"), ("sitepod_env", "nothing"), ("sitepod_env", "../x"),
                                ("sitepod_env", ""), ("sitepod_preview", "a/b"), ("sitepod_preview", "%00")):
                answer = self.fetch(host, f"{root}a.txt", [("Cookie", f"{name}={value}")])
                self.assertEqual((answer.status, answer.body), (200, b"prod a.txt"), (name, value))
                self.assertTrue(answer.get("set-cookie").startswith(f"{name}=;"), answer.get("set-cookie"))
                self.assertIn("Max-Age=0", answer.get("set-cookie"))
                self.assertIn(f"Path={path};", answer.get("set-cookie"))

    def test_parameters_that_name_nothing_belong_to_the_site(self):
        for target in ("/a.txt?env=nothing", "/a.txt?preview=nothing", "/a.txt?env=../x", "/a.txt?xenv=beta", "/a.txt?env=beta%0d%0aX:y"):
            answer = self.fetch(self.custom, target)
            self.assertEqual((answer.status, answer.body), (200, b"prod a.txt"), target)
            self.assertIsNone(answer.get("set-cookie"))

    def test_the_redirect_stays_on_its_host(self):
        for target in ("//evil.example/?env=beta", "/%2Fevil.example/?env=beta", "/%5Cevil.example/?env=beta"):
            location, _, _ = self.choose(self.custom, target)
            self.assertRegex(location, r"^/[^/\\]")

    def test_conditions_and_head_carry_the_same_rules(self):
        sent = self.choose(self.custom, "/?env=beta")[2]
        etag = self.fetch(self.custom, "/a.txt", [sent]).get("etag")
        answer = self.fetch(self.custom, "/a.txt", [sent, ("If-None-Match", etag)])
        self.assertEqual(answer.status, 304)
        self.assertIn("Cookie", ", ".join(answer.all("vary")))
        self.assertNotIn("public", answer.get("cache-control"))
        self.assertEqual(self.fetch(self.custom, "/a.txt", [sent], method="HEAD").status, 200)
        self.assertEqual(self.fetch(self.custom, "/a.txt?env=beta", method="HEAD").status, 302)
        self.assertEqual(self.fetch(self.custom, "/a.txt?env=beta", method="POST").status, 405)

    def test_where_a_cookie_could_choose_answers_without_one_vary_by_it(self):
        for host, root, _ in self.places():
            for target in ("a.txt", "", "docs/", "docs", "none.js", "a.txt?x=1"):
                for fields in ((), (("Cookie", "session=1"),), (("Cookie", "sitepod_env=prod"),)):
                    answer = self.fetch(host, root + target, fields)
                    self.assertIn("cookie", answer.vary(), (host, target, answer))
                    self.assertNotIn("private", answer.get("cache-control"), "everybody gets this answer: it may be kept")
            whole = self.fetch(host, f"{root}a.txt")
            self.assertEqual(whole.vary(), {"accept-encoding", "cookie"})
            self.assertEqual(len(whole.all("vary")), 1)
            for fields in ([("If-None-Match", whole.get("etag"))], [("Range", "bytes=0-1")]):
                self.assertIn("cookie", self.fetch(host, f"{root}a.txt", fields).vary())
        # Where nothing can be chosen a cache need not tell visitors apart.
        for host in (self.host(self.project_name, "beta"), f"{self.project_name}--pr-7.preview.localhost", self.host(self.project("alone"))):
            self.assertNotIn("cookie", self.fetch(host, "/a.txt").vary(), host)

    def test_cookies_of_the_root_do_not_reach_a_sibling_below_it(self):
        sibling = self.project("sibling")
        self.admin.deploy(sibling, self.files("sibling-beta"), "beta")
        self.mount(sibling, self.custom, "/sibling")
        _, cookie, sent = self.choose(self.custom, "/?env=beta")
        self.assertIn("Path=/;", cookie)
        self.assertEqual(self.fetch(self.custom, "/a.txt", [sent]).body, b"beta a.txt")
        answer = self.fetch(self.custom, "/sibling/a.txt", [sent])
        self.assertEqual(answer.body, b"sibling a.txt")
        self.assertIsNone(answer.get("set-cookie"))
        _, cookie, own = self.choose(self.custom, "/sibling/?env=beta")
        self.assertIn("Path=/sibling;", cookie)
        self.assertEqual(self.fetch(self.custom, "/sibling/a.txt", [own]).body, b"sibling-beta a.txt")

    def test_other_hosts_of_the_project_choose_nothing(self):
        for host in (self.host(self.project_name, "beta"), f"{self.project_name}--pr-7.preview.localhost"):
            answer = self.fetch(host, "/a.txt?env=beta", [("Cookie", "sitepod_env=beta; sitepod_preview=pr-7")])
            self.assertEqual(answer.status, 200)
            self.assertIsNone(answer.get("set-cookie"))


if __name__ == "__main__":
    unittest.main()
