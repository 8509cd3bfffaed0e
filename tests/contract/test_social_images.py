#!/usr/bin/env python3
"""The picture that stands for each page where links to it are shown: announced by the page, made in the background, served by the site."""
import os
import re
import struct
import sys
import unittest
import zlib
from urllib.parse import urlsplit

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support.api import Api  # noqa: E402
from support.content import BuildCase, writer_of  # noqa: E402
from support.server import Server, wait_until  # noqa: E402
from support.wire import fetch  # noqa: E402


def pixels_of(png):
    """(width, height, rows of palette indices) of a PNG with a palette and without filters."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n", png[:16]
    at, data = 8, b""
    while at < len(png):
        size, kind = struct.unpack(">I4s", png[at:at + 8])
        body = png[at + 8:at + 8 + size]
        assert zlib.crc32(kind + body) == struct.unpack(">I", png[at + 8 + size:at + 12 + size])[0], kind
        if kind == b"IHDR":
            width, height, depth, color = struct.unpack(">IIBB", body[:10])
            assert (depth, color) == (8, 3), (depth, color)
        if kind == b"IDAT":
            data += body
        at += 12 + size
    raw = zlib.decompress(data)
    return width, height, [raw[y * (width + 1) + 1:(y + 1) * (width + 1)] for y in range(height)]


class SocialImages(BuildCase):
    env = {**BuildCase.env, "SITEPOD_SOCIAL_IMAGES": "true"}

    def announced(self, owner, path):
        text = self.look(owner, path).body.decode()
        found = re.search(r'<meta property="og:image" content="([^"]*)">', text)
        self.assertTrue(found, f"{path} announces no picture")
        self.assertIn('<meta name="twitter:card" content="summary_large_image">', text)
        self.assertTrue(found[1].startswith("http://"), "networks want the whole address")
        return urlsplit(found[1]).path

    def picture(self, owner, path):
        return wait_until(lambda: (lambda answer: answer if answer.status == 200 else None)(self.look(owner, path)), f"{path} is made", 60)

    def test_every_page_has_a_picture_with_its_title(self):
        owner, writer = self.newcomer()
        self.saved({"title": "First <b>&amp;", "contentType": "docs"}, {"title": "Second", "contentType": "docs"}, {"title": "שלום 你好 👋", "slug": "third", "contentType": "docs"}, by=writer)
        self.build(writer)
        found = {}
        for path in ("/", "/docs/first-b-amp", "/docs/second", "/docs/third", "/docs/", "/404"):
            found[path] = self.announced(owner, path)
        self.assertEqual(found["/"], found["/docs/"], "what is no page has the site's")
        self.assertEqual(len(set(found.values())), 4)
        pictures = {}
        for path in set(found.values()):
            answer = self.picture(owner, path)
            self.assertEqual(answer.get("content-type"), "image/png")
            self.assertIn("immutable", answer.get("cache-control"))
            width, height, rows = pixels_of(answer.body)
            self.assertEqual((width, height), (1200, 630))
            self.assertGreater(len({bytes(row) for row in rows}), 50, "it is not blank")
            self.assertEqual(len({row[0] for row in rows}), 2, "nothing stands at its edge but the bar")
            pictures[path] = rows
        self.assertEqual(len({b"".join(rows) for rows in pictures.values()}), 4, "they differ")

    def test_a_picture_stays_for_as_long_as_it_shows_the_same(self):
        owner, writer = self.newcomer()
        page = self.saved({"title": "Page", "content": "One."}, by=writer)[0]
        self.build(writer)
        first = self.announced(owner, "/blog/page")
        bytes_of_first = self.picture(owner, first).body
        self.saved({"id": page["id"], "content": "Two."}, by=writer)
        self.build(writer)
        self.assertEqual(self.announced(owner, "/blog/page"), first)
        self.assertEqual(self.look(owner, first).body, bytes_of_first)
        self.saved({"id": page["id"], "title": "Renamed"}, by=writer)
        self.build(writer)
        second = self.announced(owner, "/blog/page")
        self.assertNotEqual(second, first)
        self.assertNotEqual(self.picture(owner, second).body, bytes_of_first)
        # Networks that saw the page before still find its picture; so does a rollback.
        self.assertEqual(self.look(owner, first).body, bytes_of_first)
        self.admin.must("POST", "/gc", {"grace_seconds": 0})
        self.assertEqual((self.look(owner, first).status, self.look(owner, second).status), (200, 200))

    def test_a_picture_that_the_page_names_wins(self):
        owner, writer = self.newcomer()
        self.saved({"title": "Own", "ogImageUrl": "/media/ab/cover.webp"}, {"title": "Foreign", "ogImageUrl": "https://example.org/x.png"}, by=writer)
        self.build(writer)
        self.assertEqual(self.announced(owner, "/blog/own"), "/media/ab/cover.webp")
        self.assertIn('content="https://example.org/x.png"', self.look(owner, "/blog/foreign").body.decode())

    def test_pictures_are_no_part_of_the_image(self):
        owner, writer = self.newcomer()
        self.saved({"title": "Page"}, by=writer)
        first = self.build(writer)
        self.picture(owner, self.announced(owner, "/blog/page"))
        again = self.build(writer)
        self.assertEqual(again["imageId"], first["imageId"], "equal pages are the same image, whether their pictures are made or not")
        self.assertEqual(self.fine(writer.get("/media"))["media"], [])

    def test_the_title_of_a_locked_page_is_in_no_picture(self):
        owner, writer = self.newcomer()
        self.saved({"title": "Secret plans", "password": "long enough"}, by=writer)
        self.build(writer)
        self.assertEqual(self.announced(owner, "/blog/secret-plans"), self.announced(owner, "/"))


class WithoutSocialImages(BuildCase):
    env = {**BuildCase.env, "SITEPOD_SOCIAL_IMAGES": "false"}

    def test_a_server_that_makes_none_announces_none(self):
        owner, writer = self.newcomer()
        self.saved({"title": "Page"}, by=writer)
        self.build(writer)
        text = self.look(owner, "/blog/page").body.decode()
        self.assertNotIn("og:image", text)
        self.assertIn('<meta name="twitter:card" content="summary">', text)


class Crash(unittest.TestCase):
    def test_pictures_that_a_crash_cut_short_are_made_by_the_next_run(self):
        with Server(env={"SITEPOD_CONTENT_RATE_LIMIT": "100000", "SITEPOD_BUILD_COOLDOWN": "0", "SITEPOD_SOCIAL_IMAGES": "true"}) as server:
            writer = writer_of(Api(server.address).login("ada@example.org"))
            slugs = [f"page-{i}" for i in range(200)]
            self.assertEqual(writer.save(*[{"title": f"Page {i}"} for i in range(200)], build=True).json["build"]["status"], "queued")
            wait_until(lambda: fetch(server.address, "/blog/page-199", "ada.localhost").status == 200, "the site is there", 60)
            paths = [re.search(r'og:image" content="https?://[^/]+([^"]+)', fetch(server.address, f"/blog/{slug}", "ada.localhost").body.decode())[1] for slug in slugs]
            server.kill()
            server.start()
            for path in paths:
                answer = wait_until(lambda: (lambda one: one if one.status == 200 else None)(fetch(server.address, path, "ada.localhost")), f"{path} is made", 120)
                self.assertEqual(pixels_of(answer.body)[:2], (1200, 630))
            wait_until(lambda: not [name for name in os.listdir(os.path.join(server.data, "tmp")) if name.startswith("media-")], "nothing is left behind", 60)


if __name__ == "__main__":
    unittest.main()
