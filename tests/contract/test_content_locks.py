#!/usr/bin/env python3
"""Pages with a password: content API §3.2 password, §11. tests/contract/content_rules.md says which rule is tested where."""
import os
import re
import sys
import unittest
from urllib.parse import quote_plus

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support.api import Api, unique  # noqa: E402
from support.content import BuildCase, writer_of  # noqa: E402
from support.server import Server, wait_until  # noqa: E402
from support.wire import fetch  # noqa: E402

FORM = ("Content-Type", "application/x-www-form-urlencoded")
SPELLINGS = ["/_sitepod/{}", "/%5fsitepod/{}", "/_sitepod%2f{}", "//_sitepod/{}", "/a/../_sitepod/{}", "/./_sitepod/{}", "/_sitepod%00{}", "/_sitepod%2500{}",
             "/_sitepod%5c{}", "/_sitepod/./{}", "/_sitepod/x/../{}", "/_SITEPOD/{}", "/_sitepod%c0%af{}", "/_locked/{}", "/%5flocked/{}", "//_locked/{}", "/a/../_locked/{}"]


class Locked(BuildCase):
    def setUp(self):
        self.owner, self.by = self.newcomer()
        self.page = self.saved({"title": "Secret", "content": "hidden treasure words", "description": "treasure summary", "password": "first password", "tags": ["gold"]},
                               {"title": "Twin", "content": "other jewels", "password": "first password"}, {"title": "Open", "content": "for all"}, by=self.by)[0]
        self.first = self.build(self.by)

    def send(self, password, path="/blog/secret", fields=(), **more):
        """Fills in the form."""
        return self.look(self.owner, path, method="POST", fields=[FORM, *fields], body=("password=" + quote_plus(password)).encode(), **more)

    def pass_for(self, password, path="/blog/secret"):
        answer = self.send(password, path)
        self.assertEqual(answer.status, 303, answer)
        return [("Cookie", answer.get("set-cookie").split(";")[0])]

    def assert_form(self, answer, status=200):
        self.assertEqual(answer.status, status, answer)
        self.assertNotIn(b"treasure", answer.body)
        self.assertIn(b'<form class="unlock" method="post">', answer.body)
        self.assertIn(b'name="password"', answer.body)
        self.assert_private(answer)

    def assert_text(self, answer):
        self.assertEqual(answer.status, 200, answer)
        self.assertIn(b"hidden treasure words", answer.body)
        self.assert_private(answer)

    def assert_private(self, answer):
        self.assertEqual(answer.get("cache-control"), "private, no-store")
        self.assertEqual(answer.get("x-robots-tag"), "noindex")
        for name in ("etag", "last-modified", "repr-digest", "accept-ranges", "content-range"):
            self.assertIsNone(answer.get(name), name)

    def test_a_stranger_gets_the_form_however_it_asks(self):
        etag = self.look(self.owner, "/blog/open").get("etag")
        for path in ("/blog/secret", "/blog/secret.html", "/blog/secret?password=first+password", "/blog/%73ecret"):
            for fields in ([], [("Range", "bytes=0-10")], [("If-None-Match", "*")], [("If-None-Match", etag)], [("If-Modified-Since", "Thu, 01 Jan 2099 00:00:00 GMT")],
                           [("Cookie", "sitepod_page=99999999999." + "0" * 64)], [("Authorization", "Basic eDpmaXJzdCBwYXNzd29yZA==")]):
                self.assert_form(self.look(self.owner, path, fields=fields))
        head, whole = self.look(self.owner, "/blog/secret", method="HEAD"), self.look(self.owner, "/blog/secret")
        self.assertEqual((head.status, head.get("content-length"), head.body), (200, str(len(whole.body)), b""))
        self.assert_private(head)
        self.assertIn(b'<meta name="robots" content="noindex">', whole.body)

    def test_the_text_is_in_no_file_that_is_served(self):
        rules = self.look(self.owner, "/_sitepod/rules")
        self.assertEqual(rules.status, 404)
        image = self.owner.must("GET", f"/images/{self.first['imageId']}")
        hidden = [f["path"] for f in image["files"] if f["path"].startswith("_sitepod/locked/")]
        self.assertEqual(len(hidden), 2)
        public = ["/", "/blog/", "/rss.xml", "/atom.xml", "/feed.json", "/llms.txt", "/sitemap.xml", "/tags/", "/tags/gold/", "/blog/secret.md", "/blog/secret/", "/blog/secret/index.html"]
        public += ["/" + f["path"] for f in image["files"] if not f["path"].startswith("_sitepod/")]
        for fields in ([], self.pass_for("first password")):
            for path in public:
                if path in ("/blog/secret.html",) and fields:
                    continue
                self.assertNotIn(b"treasure", self.look(self.owner, path, fields=fields).body, path)
            for spelling in SPELLINGS:
                for name in ("rules", *(h.removeprefix("_sitepod/") for h in hidden), *(h.removeprefix("_sitepod/locked/") for h in hidden)):
                    for accept in ("identity", "br, zstd, gzip"):
                        path = spelling.format(name)
                        with self.subTest(path=path):
                            answer = self.look(self.owner, path, fields=[*fields, ("Accept-Encoding", accept), ("Range", "bytes=0-"), ("If-None-Match", '"x"')])
                            self.assertIn(answer.status, (400, 404))
                            self.assertNotIn(b"treasure", answer.body)
                            self.assertNotIn(b"argon2", answer.body)

    def test_the_password_opens_the_page_and_no_other(self):
        answer = self.send("first password", "/blog/secret?from=mail")
        self.assertEqual((answer.status, answer.get("location"), answer.body), (303, "/blog/secret?from=mail", b""))
        self.assert_private(answer)
        cookie = answer.get("set-cookie")
        self.assertRegex(cookie, r"^sitepod_page=\d+\.[0-9a-f]{64}; Path=/blog/secret; Max-Age=\d+; HttpOnly; SameSite=Lax$")
        fields = [("Cookie", "a=b; " + cookie.split(";")[0])]
        for more in ([], [("Range", "bytes=0-10")], [("If-None-Match", "*")], [("Accept-Encoding", "identity")]):
            self.assert_text(self.look(self.owner, "/blog/secret", fields=fields + more))
        encoded = self.look(self.owner, "/blog/secret", fields=[*fields, ("Accept-Encoding", "br, zstd, gzip")])
        self.assertEqual(encoded.status, 200)
        self.assert_private(encoded)
        head = self.look(self.owner, "/blog/secret", fields=fields, method="HEAD")
        self.assertEqual((head.status, head.body), (200, b""))
        twin = self.look(self.owner, "/blog/twin", fields=fields)
        self.assertNotIn(b"jewels", twin.body, "a pass is for one page, also where the password is the same")
        until, signature = fields[0][1].split("=", 2)[2].split(".")
        for other in (f"{int(until) + 1}.{signature}", f"{until}.{signature[::-1]}", f"{until}.", f"{until}.{signature}0", f"0{until}.{signature}", f"{int(until) - 86400 * 365}.{signature}", signature, "", "."):
            self.assert_form(self.look(self.owner, "/blog/secret", fields=[("Cookie", "sitepod_page=" + other)]))

    def test_a_wrong_password_gets_the_form_again(self):
        for wrong in ("first passwor", "First password", "", "first password ", "' OR 1=1", "\0", "x" * 5000):
            answer = self.send(wrong)
            self.assert_form(answer, 403)
            self.assertIn(b'<p class="unlock-wrong" role="alert">', answer.body)
            self.assertIsNone(answer.get("set-cookie"))

    def test_what_is_no_form_is_refused(self):
        def post(body, kind="application/x-www-form-urlencoded"):
            return self.look(self.owner, "/blog/secret", method="POST", fields=[("Content-Type", kind)], body=body).status
        self.assertEqual(post(b"word=x"), 400)
        self.assertEqual(post(b'{"password": "first password"}', "application/json"), 415)
        self.assertEqual(post(b"password=" + b"x" * 10_000), 413)
        for path in ("/blog/open", "/", "/nothing", "/_sitepod/rules"):
            self.assertEqual(self.send("first password", path).status, 405, path)
        for method in ("PUT", "DELETE", "PATCH"):
            self.assertEqual(self.look(self.owner, "/blog/secret", method=method).status, 405)

    def test_guessing_is_slowed_down(self):
        seen = [self.send(f"guess {i}") for i in range(100)]
        self.assertEqual([a.status for a in seen[:10]], [403] * 10)
        late = seen[-1]
        self.assertEqual(late.status, 429)
        self.assertGreaterEqual(int(late.get("retry-after")), 1)
        self.assert_private(late)
        self.assertEqual({a.status for a in seen[10:]}, {429})
        self.assertEqual(self.send("first password").status, 429, "after so many not even the right one is looked at")
        self.assertEqual(self.send("first password", "/blog/twin").status, 303, "another page is not concerned")
        self.assertEqual(self.owner.get("/projects").status, 200)

    def test_a_new_password_ends_every_pass_and_travels_with_the_image(self):
        old = self.pass_for("first password")
        self.saved({"id": self.page["id"], "password": "second password"}, by=self.by)
        self.assert_text(self.look(self.owner, "/blog/secret", fields=old))
        second = self.build(self.by)
        self.assert_form(self.look(self.owner, "/blog/secret", fields=old))
        self.assert_form(self.send("first password"), 403)
        new = self.pass_for("second password")
        self.assert_text(self.look(self.owner, "/blog/secret", fields=new))
        self.saved({"id": self.page["id"], "password": ""}, by=self.by)
        third = self.build(self.by)
        self.assertIn(b"treasure", self.look(self.owner, "/blog/secret").body)
        self.assertIn(b"treasure", self.look(self.owner, "/blog/secret.md").body)

        project = self.site_of(self.owner)
        def roll_back(image):
            return self.owner.must("POST", "/rollback", {"project": project, "environment": "prod", "image_id": image["imageId"]})
        back = roll_back(self.first)
        self.assertEqual(len(back["warnings"]), 1)
        self.assertIn("/blog/secret", back["warnings"][0])
        self.assertNotIn("/blog/twin", back["warnings"][0])
        self.assert_form(self.look(self.owner, "/blog/secret", fields=new))
        self.assert_text(self.look(self.owner, "/blog/secret", fields=old))
        self.assertEqual(self.look(self.owner, "/blog/secret.md").status, 404)
        self.assertIn("/blog/secret", roll_back(third)["warnings"][0])
        roll_back(second)
        self.assertNotIn("warnings", roll_back(second))
        self.assert_text(self.look(self.owner, "/blog/secret", fields=new))

    def test_it_is_locked_in_previews_and_environments(self):
        project = self.site_of(self.owner)
        self.owner.must("POST", "/preview", {"project": project, "slug": "p"})
        self.owner.must("POST", "/release", {"project": project, "environment": "beta", "image_id": self.first["imageId"]})
        places = [(f"{project}.localhost", "/__preview__/p/blog/secret"), (f"{project}--p.preview.localhost", "/blog/secret"), (f"{project}-beta.localhost", "/blog/secret")]
        for host, path in places:
            with self.subTest(host=host, path=path):
                self.assert_form(self.fetch(host, path))
                answer = self.fetch(host, path, [FORM], "POST", b"password=first+password")
                self.assertEqual((answer.status, answer.get("location")), (303, path))
                self.assertIn(f"; Path={path};", answer.get("set-cookie"))
                self.assert_text(self.fetch(host, path, [("Cookie", answer.get("set-cookie").split(";")[0])]))
        chosen = [("Cookie", "sitepod_env=beta")]
        self.assert_form(self.look(self.owner, "/blog/secret", fields=chosen))
        self.assertEqual(self.send("first password", fields=chosen).status, 303)

    def test_what_somebody_uploads_under_reserved_names_is_a_file_like_any_other(self):
        project = unique("plain")
        rules = b"sitepod-rules 1\nlock\tindex.html\t_sitepod/locked/1.html\t$argon2id$x\nredirect\t/old\t/index.html\n"
        self.owner.deploy(project, {"index.html": b"mine", "_sitepod/rules": rules, "_sitepod/locked/1.html": b"text"})
        host = f"{project}.localhost"
        self.assertEqual((self.fetch(host, "/").body, self.fetch(host, "/_sitepod/rules").body, self.fetch(host, "/_sitepod/locked/1.html").body), (b"mine", rules, b"text"))
        self.assertEqual(self.fetch(host, "/old.txt").status, 404)
        self.assertEqual(self.fetch(host, "/", [FORM], "POST", b"password=x").status, 405)

    def test_the_files_of_a_build_uploaded_again_do_not_open_it(self):
        """A build never takes an uploaded image with the same files for its own, whose rules have no effect."""
        image = self.owner.must("GET", f"/images/{self.first['imageId']}")
        project = self.site_of(self.owner)
        files = {f["path"]: f["sha256"] for f in image["files"]}
        self.assertTrue(any(re.match(r"_sitepod/locked/[0-9a-f]{64}\.html$", path) for path in files))
        plan = self.owner.must("POST", "/plan", {"project": project, "files": files})
        self.assertEqual(plan["missing"], [])
        uploaded = self.owner.must("POST", "/commit", {"plan_id": plan["plan_id"]})["image_id"]
        self.assertNotEqual(uploaded, self.first["imageId"])
        self.owner.must("POST", "/release", {"project": project, "environment": "prod", "image_id": uploaded})
        self.assertEqual(self.send("first password").status, 405)
        self.build(self.by)
        self.assert_form(self.look(self.owner, "/blog/secret"))
        self.pass_for("first password")


class Restart(unittest.TestCase):
    def test_an_open_page_stays_open(self):
        with Server(env={"SITEPOD_CONTENT_RATE_LIMIT": "100000", "SITEPOD_BUILD_COOLDOWN": "0"}) as server:
            owner = Api(server.address).login("ada@example.org")
            writer_of(owner).save({"title": "Secret", "content": "treasure", "password": "first password"}, build=True)
            def send():
                return fetch(server.address, "/blog/secret", "ada.localhost", [FORM], "POST", b"password=first+password")
            wait_until(lambda: send().status == 303, "the page is live", 60)
            fields = [("Cookie", send().get("set-cookie").split(";")[0])]
            server.stop()
            server.start()
            answer = fetch(server.address, "/blog/secret", "ada.localhost", fields)
            self.assertIn(b"treasure", answer.body)
            self.assertNotIn(b"treasure", fetch(server.address, "/blog/secret", "ada.localhost").body)


class BehindTls(BuildCase):
    env = {**BuildCase.env, "SITEPOD_TRUSTED_PROXIES": "127.0.0.1"}

    def test_a_pass_of_https_is_for_https_only(self):
        owner, writer = self.newcomer()
        self.saved({"title": "Secret", "content": "treasure", "password": "first password"}, by=writer)
        self.build(writer)
        for scheme, ending in (("https", "; Secure"), ("http", "SameSite=Lax")):
            answer = self.look(owner, "/blog/secret", method="POST", fields=[FORM, ("X-Forwarded-Proto", scheme)], body=b"password=first+password")
            self.assertTrue(answer.get("set-cookie").endswith(ending), answer)


if __name__ == "__main__":
    unittest.main()
