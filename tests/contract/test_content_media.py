#!/usr/bin/env python3
"""Media: content API §4 and §7. tests/contract/content_rules.md says which rule is tested where."""
import json
import os
import re
import struct
import subprocess
import sys
import unittest
import zlib

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support.api import unique  # noqa: E402
from support.content import ContentCase  # noqa: E402
from support.server import wait_until  # noqa: E402

BOUNDARY = "a-boundary-of-the-test"


def png(color=(200, 30, 30), size=8, text=b"secret location"):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes(color) * size for _ in range(size))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)) + chunk(b"tEXt", b"Comment\0" + text)
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def form(*parts):
    """Parts: (name, value) or (name, filename, bytes)."""
    out = b""
    for part in parts:
        out += f"--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{part[0]}\"".encode()
        out += f"; filename=\"{part[1]}\"\r\nContent-Type: application/octet-stream\r\n\r\n".encode() + part[2] if len(part) == 3 else b"\r\n\r\n" + part[1].encode()
        out += b"\r\n"
    return out + f"--{BOUNDARY}--\r\n".encode()


class Media(ContentCase):
    env = {**ContentCase.env, "SITEPOD_BUILD_COOLDOWN": "0"}

    def send(self, writer, path, *parts):
        return writer.call("POST", path, form(*parts), fields={"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"})

    def host_of(self, owner):
        return self.host(owner.must("GET", "/projects")[0]["name"])

    def test_a_file_is_served_as_soon_as_it_is_answered(self):
        owner, writer = self.newcomer()
        said = self.fine(self.send(writer, "/media", ("file", "album.zip", b"PK\x03\x04 not really")))
        self.assertEqual(said["filename"], "album.zip")
        self.assertRegex(said["url"], r"^/media/[^/]+/[0-9a-f]+\.zip$")
        answer = self.fetch(self.host_of(owner), said["url"])
        self.assertEqual((answer.status, answer.body), (200, b"PK\x03\x04 not really"))
        self.assertEqual(answer.get("x-content-type-options"), "nosniff")

    def test_the_payload_may_come_as_a_file_of_json(self):
        _, writer = self.newcomer()
        payload = json.dumps({"pages": [{"title": "With", "content": "[a](file:a.txt)"}]}).encode()
        for name in ("blob", "pages.json"):
            said = self.fine(self.send(writer, "/pages", ("payload", name, payload), ("files", "a.txt", b"a")))
            self.assertEqual([m["filename"] for m in said["media"]], ["a.txt"])
        self.refused(self.send(writer, "/pages", ("payload", "photo.png", png())), 400)

    def test_documents_that_could_run_scripts_are_plain_text(self):
        owner, writer = self.newcomer()
        for name in ("page.html", "page.xhtml", "data.xml"):
            said = self.fine(self.send(writer, "/media", ("file", name, b"<html><script>alert(1)</script></html>")))
            answer = self.fetch(self.host_of(owner), said["url"])
            self.assertEqual((answer.status, answer.get("content-type"), answer.get("x-content-type-options")), (200, "text/plain; charset=utf-8", "nosniff"))

    def test_drawings_are_sandboxed_before_and_after_builds(self):
        owner, writer = self.newcomer()
        said = self.fine(self.send(writer, "/media", ("file", "drawing.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')))
        self.assertTrue(said["url"].endswith(".svg"))
        for _ in range(2):
            answer = self.fetch(self.host_of(owner), said["url"])
            self.assertEqual((answer.status, answer.get("content-type"), answer.get("x-content-type-options")), (200, "image/svg+xml; charset=utf-8", "nosniff"))
            policy = answer.get("content-security-policy")
            self.assertTrue(policy.startswith("sandbox; default-src 'none'"), policy)
            self.assertNotIn("script", policy)
            self.saved({"title": "Page"}, by=writer, build=True)
            wait_until(lambda: writer.get("/builds/latest").json["status"] == "success", "the build ends", 60)
        # What the site's own program brings is its owner's.
        self.assertIsNone(self.fetch(self.host_of(owner), "/").get("content-security-policy"))

    def test_the_same_file_has_the_same_address(self):
        _, writer = self.newcomer()
        urls = {self.fine(self.send(writer, "/media", ("anything", name, b"same bytes")))["url"] for name in ("a.txt", "b.txt")}
        self.assertEqual(len(urls), 1)

    def test_pictures_become_webp_without_what_they_tell(self):
        owner, writer = self.newcomer()
        said = self.fine(self.send(writer, "/media", ("file", "photo.png", png())))
        self.assertTrue(said["url"].endswith(".webp"))
        answer = self.fetch(self.host_of(owner), said["url"])
        self.assertEqual((answer.status, answer.get("content-type")), (200, "image/webp"))
        self.assertEqual((answer.body[:4], answer.body[8:12]), (b"RIFF", b"WEBP"))
        self.assertNotIn(b"secret location", answer.body)

    def test_media_stay_through_builds_rollbacks_and_collections(self):
        owner, writer = self.newcomer()
        url = self.fine(self.send(writer, "/media", ("file", "one.txt", b"one")))["url"]
        host = self.host_of(owner)
        self.saved({"title": "Page"}, by=writer, build=True)
        wait_until(lambda: writer.get("/builds/latest").json["status"] == "success", "the build ends", 60)
        later = self.fine(self.send(writer, "/media", ("file", "two.txt", b"two")))["url"]
        self.assertEqual((self.fetch(host, url).body, self.fetch(host, later).body), (b"one", b"two"))
        owner.must("POST", "/rollback", {"project": owner.must("GET", "/projects")[0]["name"], "environment": "prod"})
        self.assertEqual((self.fetch(host, url).body, self.fetch(host, later).body), (b"one", b"two"))
        self.admin.must("POST", "/gc", {"grace_seconds": 0})
        self.assertEqual(self.fetch(host, later).body, b"two")

    def test_references_become_addresses(self):
        owner, writer = self.newcomer()
        payload = {"pages": [{"title": "With", "content": "![a](file:a.png) [z](<file:my file.zip>) `file:a.png` [same](file:a.png)"}, {"title": "Other", "content": "[z](file:my%20file.zip)"}]}
        said = self.fine(self.send(writer, "/pages", ("files", "a.png", png()), ("payload", json.dumps(payload)), ("files", "my file.zip", b"zip")))
        self.assertEqual([m["filename"] for m in said["media"]], ["a.png", "my file.zip"])
        self.assertEqual([p["status"] for p in said["pages"]], ["created", "created"])
        for media in said["media"]:
            self.assertEqual(self.fetch(self.host_of(owner), media["url"]).status, 200)
        self.fine(writer.post("/builds"), 202)
        wait_until(lambda: writer.get("/builds/latest").json["status"] == "success", "the build ends", 60)
        page = self.fetch(self.host_of(owner), "/blog/with").body.decode()
        self.assertGreaterEqual(page.count(said["media"][0]["url"]), 2)
        self.assertIn("file:a.png</code>", page)

    def test_an_unresolved_reference_saves_nothing(self):
        owner, writer = self.newcomer()
        payload = {"pages": [{"title": "Ok"}, {"title": "Bad", "content": "[a](file:a.txt) [b](file:b.txt) [b](file:b.txt)"}]}
        answer = self.send(writer, "/pages", ("payload", json.dumps(payload)), ("files", "a.txt", b"a"))
        self.assertEqual(self.refused(answer, 400, "unresolved file references")["details"], {"1": {"unresolvedCount": 2}})
        self.assertEqual(self.listed(writer), [])
        self.assertEqual(self.server.temporary_files(), [])

    def test_impossible_forms_are_refused(self):
        for parts in ([], [("siteId", "x")], [("file", "a.txt", b"a"), ("file", "b.txt", b"b")]):
            self.refused(self.send(self.writer, "/media", *parts), 400)
        self.refused(self.writer.post("/media", {"file": "x"}), 400)
        self.refused(self.send(self.writer, "/media", ("file", "a.txt", b"a"), ("siteId", "00000000-0000-4000-8000-000000000000")), 404)
        self.refused(self.send(self.writer, "/media", ("file", "photo.png", b"\x89PNG\r\n\x1a\nbroken")), 400)
        self.refused(self.send(self.writer, "/pages", ("files", "a.txt", b"a")), 400)
        self.refused(self.send(self.writer, "/pages", ("payload", "{"), ("files", "a.txt", b"a")), 400)
        self.refused(self.send(self.writer, "/pages", ("payload", '{"pages":[{"title":"x"}]}'), *[("files", f"{i}.txt", b"a") for i in range(501)]), 400)
        cut = form(("file", "a.txt", b"a" * 1000))[:-30]
        self.refused(self.writer.call("POST", "/media", cut, fields={"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}), 400)


class Films(ContentCase):
    env = {**ContentCase.env, "SITEPOD_BUILD_COOLDOWN": "0"}
    send = Media.send

    def test_a_quicktime_film_has_its_final_address_at_once_and_becomes_mp4(self):
        owner, writer = self.newcomer()
        path = os.path.join(self.server.data, "film.mov")
        subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=duration=1:size=64x48:rate=5", "-c:v", "prores_ks", path], check=True)
        with open(path, "rb") as film:
            original = film.read()
        os.unlink(path)
        said = self.fine(self.send(writer, "/media", ("file", "film.mov", original)))
        self.assertRegex(said["url"], r"^/media/[0-9a-f]{2}/[0-9a-f]{64}\.mp4$")
        host = self.host(owner.must("GET", "/projects")[0]["name"])
        first = self.fetch(host, said["url"])
        self.assertEqual(first.status, 200)
        self.assertIn(first.get("content-type"), ("video/quicktime", "video/mp4"))
        self.assertEqual("immutable" in first.get("cache-control"), first.get("content-type") == "video/mp4", "what stands in for the film may be kept for ever")
        self.saved({"title": "Film", "content": f"[film]({said['url']})"}, by=writer, build=True)
        wait_until(lambda: writer.get("/builds/latest").json["status"] == "success", "the build ends", 60)
        wait_until(lambda: self.fetch(host, said["url"]).get("content-type") == "video/mp4", "the film is MP4", 90)
        film = self.fetch(host, said["url"])
        self.assertEqual(film.body[4:8], b"ftyp")
        self.assertIn("immutable", film.get("cache-control"))
        self.assertEqual(self.fine(self.send(writer, "/media", ("file", "again.mov", original)))["url"], said["url"])
        wait_until(lambda: self.server.temporary_files() == [], "nothing is left of it", 60)


class Texts(ContentCase):
    send = Media.send

    def test_texts_of_a_form_are_bounded(self):
        said = self.refused(self.send(self.writer, "/media", ("file", "a.txt", b"a"), ("siteId", "x" * 65_537)), 413, "request body too large")
        self.assertIn("65536", said["message"])
        _, writer = self.newcomer()
        texts = [("other", "x" * (9 << 20)) for _ in range(12)]
        self.refused(self.send(writer, "/pages", *texts, ("payload", '{"pages":[{"title":"x"}]}')), 413, "request body too large")
        self.assertEqual(self.listed(writer), [])

    def test_only_so_many_large_forms_are_in_memory_at_once(self):
        begun = []
        body = form(("payload", " " * (9 << 20) + '{"pages":[{"title":"x"}]}'))
        head = (f"POST /api/v1/public/pages HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {self.writer.token}\r\n"
                f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {len(body)}\r\n\r\n").encode()
        for _ in range(2):
            begun.append(self.wire())
            begun[-1].send(head + body[:-100])

        def refused():
            answer = self.send(self.writer, "/pages", ("payload", " " * (9 << 20) + '{"pages":[{"title":"x"}]}'))
            return answer if answer.status == 503 else None
        self.assertTrue(wait_until(refused, "both places are taken", 30).get("retry-after"))
        for wire in begun:
            wire.send(body[-100:])
            self.assertEqual(wire.read_answer().status, 200)
        self.fine(self.send(self.writer, "/pages", ("payload", " " * (9 << 20) + '{"pages":[{"title":"x"}]}')))


class Limits(ContentCase):
    env = {**ContentCase.env, "SITEPOD_CONTENT_STORAGE_BYTES": "10000", "SITEPOD_CONTENT_MAX_FILE_SIZE": "4000"}
    send = Media.send

    def test_sizes_are_limited(self):
        _, writer = self.newcomer()
        self.refused(self.send(writer, "/media", ("file", "large.bin", os.urandom(4001))), 413)
        for _ in range(2):
            self.fine(self.send(writer, "/media", ("file", "fits.bin", os.urandom(4000))))
        said = self.refused(self.send(writer, "/media", ("file", "over.bin", os.urandom(3000))), 402, "storage quota exceeded")
        self.assertTrue(said["message"])


class NearlyFull(ContentCase):
    env = {**ContentCase.env, "SITEPOD_CONTENT_STORAGE_BYTES": "10000"}

    def test_texts_near_the_limit_can_be_sent_again_made_shorter_and_replaced(self):
        _, writer = self.newcomer()
        self.saved({"title": "a", "content": "x" * 9000}, by=writer)
        self.saved({"title": "a", "content": "y" * 9000}, by=writer)
        self.saved({"title": "a", "content": "z" * 8000}, by=writer)
        self.refused(writer.save({"title": "b", "content": "x" * 9000}), 402, "storage quota exceeded")
        self.saved({"title": "b", "content": "x" * 9000}, by=writer, deleteSlugs=[{"slug": "a", "contentType": "blog"}])


if __name__ == "__main__":
    unittest.main()
