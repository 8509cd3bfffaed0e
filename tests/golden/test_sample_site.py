#!/usr/bin/env python3
"""The sample site of the builder: as it was, valid, whole, and in formats that others can read.

SITEPOD_GOLDEN_UPDATE=1 rewrites the expected files; the difference is the review.
"""
import html.parser
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

EXPECTED = pathlib.Path(__file__).parent / "sample_site"
PROGRAM = pathlib.Path(os.environ["SITEPOD_BUILD"]) / "tests/write_sample_site"
# One of each kind; what only the theme's files change (their hashes in names) does not count.
GOLDEN = ["index.html", "blog/on-quiet-software.html", "blog/for-friends.html", "docs/api/list-users.html", "docs/api/list-users.md",
          "tags/craft/index.html", "tags/craft/rss.xml", "guides/index.html", "404.html", "_sitepod/rules", "rss.xml", "atom.xml", "feed.json",
          "sitemap.xml", "robots.txt", "llms.txt", "search/index.json", "search/parts.json"]
ATOM = "{http://www.w3.org/2005/Atom}"


class Reader(html.parser.HTMLParser):
    """Addresses, ids and headings of a page."""

    def __init__(self, text):
        super().__init__()
        self.links, self.ids, self.bare_headings = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if "id" in attrs:
            self.ids.append(attrs["id"])
        if tag == "h2" and "id" not in attrs:
            self.bare_headings.append(self.getpos())
        for name in ("href", "src", "action"):
            if name in attrs:
                self.links.append(attrs[name])


def without_hashes(text):
    return re.sub(r"-[0-9a-f]{12,32}\.", "-HASH.", text)


class SampleSite(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="sitepod-sample-")
        cls.root = pathlib.Path(cls.folder.name)
        subprocess.run([PROGRAM, cls.root], check=True)
        cls.files = {path.relative_to(cls.root).as_posix(): path.read_text("utf-8") for path in cls.root.rglob("*")
                     if path.is_file() and path.suffix != ".woff2"}
        cls.pages = {name: text for name, text in cls.files.items() if name.endswith(".html")}

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_the_site_is_as_expected(self):
        for name in GOLDEN:
            text = without_hashes(self.files[name])
            expected = EXPECTED / name
            if os.environ.get("SITEPOD_GOLDEN_UPDATE"):
                expected.parent.mkdir(parents=True, exist_ok=True)
                expected.write_text(text, "utf-8")
            with self.subTest(name):
                self.assertEqual(expected.read_text("utf-8"), text)

    def test_every_page_is_valid_html(self):
        self.assertTrue(shutil.which("tidy"), "tools/install_packages.sh test installs tidy")
        for name in self.pages:
            done = subprocess.run(["tidy", "-q", "-e", "--drop-empty-elements", "no", self.root / name], capture_output=True, text=True)
            complaints = [line for line in done.stderr.splitlines() if "proprietary attribute" not in line]
            self.assertEqual([], complaints, name)

    def test_no_link_of_ours_leads_nowhere(self):
        known = set(self.files) | {"media/ab/abcd.webp", "media/ab/abcd-800.webp"}
        for name, text in self.pages.items():
            reader = Reader(text)
            for link in reader.links:
                if link.startswith("#"):
                    self.assertIn(link[1:], reader.ids, f"{name}: {link}")
                elif link.startswith("/"):
                    path = link.split("#")[0].split("?")[0][1:]
                    found = {path, path + "index.html", path + ".html"} & known if not path.endswith("/") else {path + "index.html"} & known
                    self.assertTrue(found, f"{name}: {link}")

    def test_ids_are_unique_and_every_second_heading_has_one(self):
        for name, text in self.pages.items():
            reader = Reader(text)
            self.assertEqual(len(reader.ids), len(set(reader.ids)), name)
            self.assertEqual([], reader.bare_headings, name)

    def test_nothing_comes_from_another_host_and_nothing_runs_inline(self):
        for name, text in self.pages.items():
            self.assertNotRegex(text, r"(?i)<script(?![^>]*( src=|application/ld\+json))", name)
            self.assertNotRegex(text, r"(?i)<(script|link rel=\"stylesheet\"|img)[^>]*(src|href)=\"https?:", name)
            self.assertNotRegex(text, r"(?i)<[^>]* (style|on[a-z]+)=", name)
            self.assertIn("script-src &#39;self&#39;", text, name)

    def test_feeds_and_sitemap_can_be_read(self):
        rss = ElementTree.fromstring(self.files["rss.xml"])
        self.assertEqual(["On quiet software", "Version 1.2", "Measure first"], [item.findtext("title") for item in rss.iter("item")])
        self.assertTrue(all(item.findtext("link").startswith("https://field-notes.example/blog/") for item in rss.iter("item")))
        atom = ElementTree.fromstring(self.files["atom.xml"])
        self.assertEqual(3, len(atom.findall(ATOM + "entry")))
        self.assertEqual("2024-06-01T10:00:00Z", atom.findtext(ATOM + "updated"))
        feed = json.loads(self.files["feed.json"])
        self.assertEqual("https://jsonfeed.org/version/1.1", feed["version"])
        self.assertEqual(3, len(feed["items"]))
        sitemap = ElementTree.fromstring(self.files["sitemap.xml"])
        addresses = [loc.text for loc in sitemap.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
        self.assertIn("https://field-notes.example/docs/intro", addresses)
        self.assertNotIn("https://field-notes.example/blog/for-friends", addresses)

    def test_feeds_hold_no_relative_addresses(self):
        for text in (self.files["rss.xml"], self.files["atom.xml"]):
            self.assertNotRegex(text, r"(href|src)=&quot;[/#]")

    def test_the_search_index_finds_its_parts(self):
        index = json.loads(self.files["search/index.json"])
        parts = json.loads(self.files["search/parts.json"])
        self.assertEqual(index["of"], parts["of"])
        words = [text for part in parts["parts"] for text in json.loads(self.files[part["path"][1:]])]
        self.assertEqual(len(index["pages"]), len(words))
        quiet = next(i for i, page in enumerate(index["pages"]) if page[1] == "/blog/on-quiet-software")
        self.assertIn(" interrupt", " " + words[quiet])

    def test_linked_data_is_json(self):
        for name, text in self.pages.items():
            for data in re.findall(r'<script type="application/ld\+json">(.*?)</script>', text, re.S):
                self.assertIn("@type", json.loads(data), name)

    def test_a_protected_text_is_in_one_file_only(self):
        holders = [name for name, text in self.files.items() if "treasure" in text or "oak" in text.split() or "hidden description" in text]
        self.assertEqual(1, len(holders))
        self.assertRegex(holders[0], r"^_sitepod/locked/[0-9a-f]{64}\.html$")

    def test_an_article_is_small(self):
        names = ["blog/on-quiet-software.html"] + [name for name in self.files if re.match(r"assets/(style|site|early|code)-", name)]
        import gzip
        size = sum(len(gzip.compress(self.files[name].encode(), 9)) for name in names)
        self.assertLessEqual(size, 30 * 1024)


if __name__ == "__main__":
    unittest.main()
