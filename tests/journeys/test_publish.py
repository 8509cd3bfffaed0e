#!/usr/bin/env python3
"""A folder of markdown on its way to a site and back: publish, build, pages, export (docs/publish.md)."""
import json
import os
import pathlib
import re
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse
import zlib

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support.api import Api, unique  # noqa: E402
from support.case import SANITIZED  # noqa: E402
from support.cli import Cli  # noqa: E402
from support.server import Server, binary, wait_until  # noqa: E402
from support.wire import fetch  # noqa: E402


def picture(shade=0):
    """A small PNG."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + bytes((x * 16 + shade) % 256 for x in range(16)) for _ in range(16))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 16, 16, 8, 0, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


VAULT = {
    "index.md": "# Welcome\n\nRead the [guide](docs/guide/start.md#first-step) or see ![the logo](img/logo.png).\n",
    "about.md": "---\ntitle: About us\ntags: [iOS, two words]\ndate: 2026-01-31\n---\nA [paper](files/paper.txt) and [[Start here]].\n",
    "docs/guide/start.md": "---\ntitle: Start here\nweight: 2\n---\n## First step\n\n![[logo.png|120]]\n\n`![no](../../img/none.png)`\n",
    "docs/guide/next.md": "+++\ntitle = 'And then'\nshowToc = false\n+++\n[Back](start.md), [home](../../index.md)\n",
    "blog/hello.md": "---\ntitle: Hello\ndraft: false\n---\nWords.\n",
    "img/logo.png": picture(),
    "files/paper.txt": "a paper\n",
    ".obsidian/app.json": "{}",
}


class PublishCase(unittest.TestCase):
    env = {"SITEPOD_BUILD_COOLDOWN": "0", "SITEPOD_CONTENT_RATE_LIMIT": "1000000"}

    @classmethod
    def setUpClass(cls):
        cls.server = Server(env=cls.env)
        cls.server.__enter__()
        cls.addClassCleanup(lambda: cls.server.__exit__(None, None, None))
        Api(cls.server.address).login("first@example.org")

    def setUp(self):
        self.cli = Cli(self.server.url)
        self.addCleanup(self.cli.__exit__)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sitepod-vault-", dir=self.cli.home))
        self.email = unique("author") + "@example.org"
        self.cli.login(self.email)
        self.api = Api(self.server.address).login(self.email)

    def write(self, files, folder=None):
        for name, text in files.items():
            path = (folder or self.folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())

    def publish(self, *args, folder=None, **more):
        return self.cli.json("publish", folder or self.folder, *args, **more)

    def site(self):
        return self.api.must("GET", "/projects")[0]["name"]

    def get(self, path):
        return fetch(self.server.address, path, f"{self.site()}.localhost")

    def page(self, path):
        answer = self.get(path)
        self.assertEqual(answer.status, 200, path)
        return answer.body.decode()


class Publish(PublishCase):
    def test_a_folder_becomes_a_site(self):
        self.write(VAULT)
        done = self.cli.must("publish", self.folder, "--wait")
        self.assertEqual(done.stdout.strip(), f"http://{self.site()}.localhost:{self.server.port}")
        home = self.page("/")
        self.assertIn('href="/docs/guide/start#first-step"', home)
        self.assertRegex(home, r'<img[^>]+src="/media/[^"]+\.webp"')
        self.assertIn("About us", self.page("/about"))
        self.assertIn("iOS", self.page("/about"))
        self.assertRegex(self.page("/about"), r'href="/media/[^"]+\.txt"')
        self.assertIn('href="/docs/guide/start"', self.page("/about"), "the wikilink")
        start = self.page("/docs/guide/start")
        self.assertRegex(start, r'<img[^>]+src="/media/[^"]+\.webp"[^>]*width="120"')
        self.assertIn("![no](../../img/none.png)", start, "code stays as it is")
        self.assertIn('href="/docs/guide/start"', self.page("/docs/guide/next"))
        listed = {p["slug"]: p for p in self.api.must("GET", "/public/pages")["pages"]}
        self.assertEqual(listed["about"]["publishedAt"], "2026-01-31T00:00:00Z")
        self.assertEqual(listed["start"]["order"], 2)
        self.assertEqual(listed["next"]["showToc"], "false")

    def test_publishing_again_sends_only_what_changed(self):
        self.write(VAULT)
        first = self.publish("--wait")
        self.assertEqual((len(first["created"]), len(first["media"])), (5, 2))
        saved = int(time.time())
        wait_until(lambda: int(time.time()) > saved, "a build can be told from what was saved before it", 5)
        self.publish("--wait")
        again = self.publish("--wait")
        self.assertEqual((again["created"], again["updated"], again["deleted"], again["media"], again["unchanged"]), ([], [], [], [], 5))
        self.assertNotIn("build", again, "the site is built already")
        self.assertEqual(again["url"], first["url"])
        self.assertEqual(self.cli.must("publish", self.folder).stdout, first["url"] + "\n")
        self.write({"about.md": VAULT["about.md"].replace("About us", "About them").replace("tags: [iOS, two words]\n", "")})
        self.write({"img/logo.png": picture(7)})
        third = self.publish("--wait")
        fields = {page["file"]: page["fields"] for page in third["updated"]}
        self.assertEqual(fields, {"about.md": ["title", "tags"], "index.md": ["content"], "docs/guide/start.md": ["content"]})
        self.assertEqual(third["media"], ["img/logo.png"])
        self.assertNotIn("iOS", self.page("/about"), "what the file does not say is not kept")

    def test_a_draft_becomes_public_when_the_line_is_gone(self):
        self.write({"blog/a.md": "---\ndraft: true\n---\nSecret.\n"})
        self.publish("--wait")
        self.assertEqual(self.get("/blog/a").status, 404)
        self.write({"blog/a.md": "Secret.\n"})
        self.publish("--wait")
        self.assertIn("Secret.", self.page("/blog/a"))

    def test_prune_deletes_pages_that_are_gone_and_nothing_else_does(self):
        self.write(VAULT)
        self.publish("--wait")
        (self.folder / "blog/hello.md").unlink()
        kept = self.publish("--wait")
        self.assertEqual((kept["deleted"], kept["not_in_folder"]), ([], 1))
        self.assertEqual(self.get("/blog/hello").status, 200)
        gone = self.publish("--wait", "--prune")
        self.assertEqual(gone["deleted"], ["blog/hello"])
        self.assertEqual(self.get("/blog/hello").status, 404)

    def test_a_dry_run_tells_and_sends_nothing(self):
        self.write({"a.md": "one", "b.md": "two"})
        self.publish("--no-build")
        self.write({"a.md": "changed ![x](x.png)", "c.md": "new", "x.png": picture()})
        (self.folder / "b.md").unlink()
        done = self.cli.must("publish", self.folder, "--dry-run", "--prune")
        self.assertEqual(done.stdout.split("\n"), ["~ a (a.md: content)", "+ c (c.md)", "- b", "+ x.png", ""])
        self.assertEqual({p["slug"] for p in self.api.must("GET", "/public/pages")["pages"]}, {"a", "b"})
        self.assertEqual(self.api.must("GET", "/public/media")["media"], [])
        self.assertEqual(self.publish("--dry-run")["not_in_folder"], 1)

    def test_no_build_saves_and_a_later_publish_builds(self):
        self.write({"a.md": "one"})
        self.assertNotIn("build", self.publish("--no-build"))
        self.assertEqual(self.get("/a").status, 404)
        self.assertEqual(self.publish("--wait")["build"]["status"], "success")
        self.assertIn("one", self.page("/a"))
        self.assertEqual(self.cli.run("publish", self.folder, "--no-build", "--wait").returncode, 2)

    def test_errors_name_file_and_line_and_nothing_is_sent(self):
        self.write({"good.md": "fine", "bad.md": "---\ntitle: a\ndraft: perhaps\n---\n", "worse.md": "---\ntitle: [\n---\n"})
        done = self.cli.run("publish", self.folder)
        self.assertEqual(done.returncode, 1)
        self.assertIn("bad.md:3: draft must be true or false", done.stderr)
        self.assertIn("worse.md:", done.stderr)
        self.assertEqual(self.api.must("GET", "/public/pages")["pages"], [])
        self.assertEqual(json.loads(self.cli.run("publish", self.folder, "--json").stdout)["error"], "invalid_pages")

    def test_what_the_server_refuses_names_file_and_line(self):
        self.write({"a.md": "---\ntitle: a\nlanguage: klingon!\n---\n", "b.md": "---\ntags: [no_good]\n---\n", "c.md": "x" * 100_001})
        done = self.cli.run("publish", self.folder)
        self.assertEqual(done.returncode, 1)
        for words in ("a.md:3: language must be", "b.md:2: tags may hold", "c.md:1: content must be at most"):
            self.assertIn(words, done.stderr)
        self.assertEqual(self.api.must("GET", "/public/pages")["pages"], [])

    def test_two_files_of_one_address_are_an_error(self):
        self.write({"About.md": "a", "about/index.md": "b"})
        done = self.cli.run("publish", self.folder)
        self.assertEqual(done.returncode, 1)
        self.assertIn("is the address of", done.stderr)

    def test_unknown_fields_and_dead_links_are_warnings(self):
        self.write({"a.md": "---\ntitle: a\nmood: good\n---\n\n![x](gone.png) [out](../../../../etc/passwd.txt)\n"})
        done = self.publish("--wait")
        self.assertEqual(len(done["warnings"]), 3)
        self.assertTrue(any(w.startswith("a.md:3: ") and "mood" in w for w in done["warnings"]), done)
        self.assertTrue(any(w.startswith("a.md:6: ") and "gone.png" in w for w in done["warnings"]), done)
        self.assertEqual(done["media"], [])
        links = {(link["page"], link["line"]) for link in done["build"]["broken_links"]}
        self.assertIn(("/a", 2), links)

    def test_an_empty_or_missing_folder_is_an_error(self):
        self.assertEqual(self.cli.run("publish", self.folder).returncode, 1)
        self.assertEqual(self.cli.run("publish", self.folder / "none").returncode, 6)
        self.assertEqual(self.cli.run("publish").returncode, 2)
        self.assertEqual(self.cli.run("publish", self.folder, "-n", "nobody-has-this").returncode, 1)
        self.write({"a.md": "one"})
        done = self.cli.run("publish", self.folder, "-n", "nobody-has-this")
        self.assertEqual(done.returncode, 6)
        self.assertIn("default site", done.stderr)

    def test_a_named_project_is_published_to(self):
        self.write({"index.html": "<p>deployed"})
        name = unique("named")
        self.cli.must("deploy", self.folder, "-n", name, "--prod", "-y")
        self.write({"a.md": "words"})
        done = self.publish("-n", name, "--wait")
        self.assertIn(name, done["url"])
        self.assertEqual(fetch(self.server.address, "/a", f"{name}.localhost").status, 200)


class Build(PublishCase):
    def test_build_tells_broken_links_with_page_and_line(self):
        self.write({"a.md": "one\n\n[b](/nowhere)\n"})
        self.publish("--no-build")
        done = self.cli.must("build", "--wait")
        self.assertIn("/a:3: the link /nowhere leads nowhere", done.stderr)
        self.assertEqual(done.stdout.strip(), f"http://{self.site()}.localhost:{self.server.port}")
        self.assertEqual(self.cli.json("build", "--wait")["build"]["status"], "success")
        self.assertEqual(self.cli.json("build")["build"]["status"], "queued")

    def test_a_failed_build_is_exit_1_and_says_why(self):
        # Far more HTML than the page's text allows.
        self.write({"a.md": "|a" * 120 + "|\n" + "|-" * 120 + "|\n" + "|b\n" * 20_000})
        done = self.cli.run("publish", self.folder, "--wait", "--json")
        self.assertEqual(done.returncode, 1)
        latest = self.api.must("GET", "/public/builds/latest")
        self.assertEqual(latest["status"], "failed")
        self.assertIn(latest["error"], done.stderr)
        done = self.cli.run("build", "--wait")
        self.assertEqual(done.returncode, 1)
        self.assertIn("The build failed and the site stays as it was", done.stderr)


class Pages(PublishCase):
    def setUp(self):
        super().setUp()
        self.write(VAULT)
        self.publish("--wait")

    def test_list_tells_every_page(self):
        lines = self.cli.must("pages", "list").stdout.splitlines()
        self.assertEqual(lines[0].split(), ["PAGE", "TITLE", "STATUS", "UPDATED"])
        self.assertEqual({line.split()[0] for line in lines[1:]}, {"homepage", "about", "docs/guide/start", "docs/guide/next", "blog/hello"})
        self.assertEqual([p["page"] for p in self.cli.json("pages", "list", "--type", "blog")["pages"]], ["blog/hello"])

    def test_get_prints_markdown_that_put_takes_back(self):
        text = self.cli.must("pages", "get", "docs/guide/next").stdout
        self.assertIn('title: "And then"', text)
        self.assertIn("[Back](/docs/guide/start)", text)
        same = self.cli.json("pages", "put", "-", "--path", "docs/guide/next.md", input=text)
        self.assertEqual((same["created"], same["updated"], same["unchanged"]), ([], [], 1))
        self.write({"x/new.md": "![p](p.png)", "x/p.png": picture(3)})
        put = self.cli.json("pages", "put", self.folder / "x/new.md", "--path", "blog/new.md", "--wait")
        self.assertEqual(([p["page"] for p in put["created"]], put["media"]), (["blog/new"], ["p.png"]))
        self.assertIn("/media/", self.page("/blog/new"))
        self.assertEqual(self.cli.json("pages", "get", "homepage")["title"], "Welcome")

    def test_put_leads_links_to_the_pages_of_other_files(self):
        text = "[a](start.md#top) [b](../../about.md) [c](<../../blog/hello.md>) [d](/index.md) [e](none.md)"
        self.write({"docs/guide/links.md": text, "apart/alone.md": "[a](beside.md)", "apart/beside.md": "---\nslug: other\n---\nx"})
        put = self.cli.json("pages", "put", self.folder / "docs/guide/links.md", "--path", "docs/guide/links.md", "--wait")
        self.assertEqual([warning.split(":")[0] for warning in put["warnings"]], ["docs/guide/links.md"])
        shown = self.page("/docs/guide/links")
        for place in ("/docs/guide/start#top", "/about", "/blog/hello", "/", "none.md"):
            self.assertIn(f'href="{place}"', shown)
        self.assertNotIn("docs/guide/links", [page["page"] for page in self.publish("--dry-run")["updated"]])
        self.cli.must("pages", "put", self.folder / "apart/alone.md", "--path", "docs/apart/alone.md", "--wait")
        self.assertIn('href="/docs/apart/other"', self.page("/docs/apart/alone"))

    def test_delete_takes_one_page_and_asks_first(self):
        self.assertEqual(self.cli.run("pages", "delete", "about").returncode, 2)
        self.cli.must("pages", "delete", "about", "-y")
        self.assertEqual(self.cli.run("pages", "delete", "about", "-y").returncode, 6)
        self.assertEqual(self.cli.run("pages", "get", "about").returncode, 6)
        self.assertEqual(len(self.cli.json("pages", "list")["pages"]), 4)

    def test_an_ambiguous_slug_is_told_with_what_to_say(self):
        self.write({"blog/about.md": "other"})
        self.publish("--no-build")
        done = self.cli.run("pages", "get", "about")
        self.assertEqual(done.returncode, 1)
        self.assertIn("--type blog", done.stderr)
        self.cli.must("pages", "get", "about", "--type", "blog")


class Export(PublishCase):
    def test_publishing_an_export_changes_nothing(self):
        self.write(VAULT)
        self.write({"docs/guide/all.md": "---\ntitle: \"no: 'yes'\"\ntags: [a b, c]\nweight: -1\ndraft: true\naliases: [/old/all]\nshowToc: true\n"
                    "date: 2030-01-31\nlanguage: pt-BR\ndescription: |\n  two\n  lines\npassword: a long password\n---\n\n<img> [x](</docs/guide/next>) ![y](<../../img/logo.png>)\n",
                    "index.md": "---\ntitle: Home\nshowListings: true\n---\n\r\n# Other\n"})
        self.publish("--wait")
        before = self.api.must("GET", "/public/pages?include=content")["pages"]
        out = self.cli.home / "export"
        told = self.cli.json("export", out)
        self.assertEqual((told["pages"], told["media"], told["with_password"]), (6, 2, 1))
        self.assertIn("../../media/", (out / "docs/guide/start.md").read_text())
        again = self.publish("--no-build", "--prune", folder=out)
        self.assertEqual((again["created"], again["updated"], again["deleted"], again["media"], again["warnings"], again["unchanged"]), ([], [], [], [], [], 6))
        self.assertEqual(self.api.must("GET", "/public/pages?include=content")["pages"], before)

    def test_an_export_makes_the_same_site_elsewhere(self):
        self.write(VAULT)
        self.publish("--wait")
        out = self.cli.home / "export"
        self.cli.must("export", out)
        self.cli.login(unique("other") + "@example.org")
        self.cli.must("publish", out, "--wait")
        self.api.login(json.loads(self.cli.must("whoami", "--json").stdout)["email"])
        self.assertEqual(len(self.api.must("GET", "/public/pages")["pages"]), 5)
        self.assertIn("About us", self.page("/about"))
        link = re.search(r'href="(/media/[^"]+)"', self.page("/about")).group(1)
        self.assertEqual(self.get(link).body, b"a paper\n")

    def test_a_folder_with_files_is_written_to_only_by_force(self):
        self.write(VAULT)
        self.publish("--wait")
        out = self.cli.home / "export"
        self.cli.must("export", out)
        self.assertEqual(self.cli.run("export", out).returncode, 2)
        (out / "about.md").write_text("lost")
        self.cli.must("export", out, "--force")
        self.assertIn("About us", (out / "about.md").read_text())


class Dev(unittest.TestCase):
    def setUp(self):
        self.cli = Cli()
        self.addCleanup(self.cli.__exit__)
        self.folder = self.cli.home / "vault"
        self.temporary = self.cli.home / "tmp"
        self.temporary.mkdir()
        self.write("a.md", "first words")

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def start(self):
        env = self.cli.environment({"TMPDIR": str(self.temporary), "SITEPOD_TOKEN": "of another server"})
        with open(self.cli.home / "said", "w") as said:
            process = subprocess.Popen([binary(), "dev", str(self.folder)], env=env, stdout=subprocess.PIPE, stderr=said, text=True)
        self.addCleanup(lambda: process.poll() is None and process.kill())
        self.addCleanup(process.stdout.close)
        url = process.stdout.readline().strip()
        self.assertTrue(url, (self.cli.home / "said").read_text())
        where = urllib.parse.urlsplit(url)
        self.address, self.host = ("127.0.0.1", where.port), where.hostname
        return process

    def get(self, path):
        return fetch(self.address, path, self.host)

    def test_changes_are_shown_and_the_end_is_clean(self):
        process = self.start()
        page = self.get("/a").body
        self.assertIn(b"first words", page)
        self.assertIn(b'<script src="/_dev/reload.js" defer></script></head>', page)
        self.assertEqual(self.get("/_dev/reload.js").status, 200)
        before = self.get("/_dev/build.txt").body
        self.write("a.md", "second words")
        wait_until(lambda: b"second words" in self.get("/a").body, "the change is shown", 30)
        wait_until(lambda: self.get("/_dev/build.txt").body != before, "browsers are told", 30)
        self.write("docs/new/b.md", "in a new folder")
        wait_until(lambda: self.get("/docs/new/b").status == 200, "new folders are watched", 30)
        (self.folder / "a.md").unlink()
        wait_until(lambda: self.get("/a").status == 404, "deleted files are gone", 30)
        self.write("docs/new/b.md", "---\ndraft: perhaps\n---\n")
        wait_until(lambda: "docs/new/b.md:2: draft must be" in (self.cli.home / "said").read_text(), "mistakes are told", 30)
        self.assertEqual(self.get("/docs/new/b").status, 200)
        self.write("docs/new/b.md", "mended")
        wait_until(lambda: b"mended" in self.get("/docs/new/b").body, "it goes on", 30)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(60), 0)
        self.assertEqual(list(self.temporary.iterdir()), [])
        with self.assertRaises(OSError):
            self.get("/a")

    def test_the_server_ends_with_a_client_that_was_killed(self):
        process = self.start()
        process.kill()
        process.wait()

        def is_gone():
            try:
                self.get("/a")
            except OSError:
                return True
            return False
        wait_until(is_gone, "the server ends too", 60)

    def test_no_other_site_has_the_script(self):
        with Server(env={"SITEPOD_BUILD_COOLDOWN": "0"}) as server:
            cli = Cli(server.url)
            self.addCleanup(cli.__exit__)
            cli.login("author@example.org")
            site = urllib.parse.urlsplit(cli.json("publish", self.folder, "--wait")["url"]).hostname
            self.assertNotIn(b"_dev", fetch(server.address, "/a", site).body)
            self.assertEqual(fetch(server.address, "/_dev/build.txt", site).status, 404)


class Cooldown(PublishCase):
    env = {"SITEPOD_CONTENT_RATE_LIMIT": "1000000", "SITEPOD_BUILD_COOLDOWN": "30" if SANITIZED else "5"}

    def test_a_refused_build_is_a_warning_and_wait_waits(self):
        self.write({"a.md": "one"})
        self.publish("--wait")
        self.write({"a.md": "two"})
        done = self.publish()
        self.assertEqual(done["build"]["status"], "refused")
        self.write({"a.md": "three"})
        self.assertEqual(self.publish("--wait")["build"]["status"], "success")
        self.assertIn("three", self.page("/a"))


if __name__ == "__main__":
    unittest.main()
