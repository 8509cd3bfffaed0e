#!/usr/bin/env python3
"""Static serving: deploy API §11, every point and every example of its list; impossible things 3, 22–24."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from urllib.parse import quote  # noqa: E402

from support import codings, hashes, sites  # noqa: E402
from support.api import unique  # noqa: E402
from support.case import ContractCase  # noqa: E402
from support.server import wait_until  # noqa: E402

ROOT = b"<!doctype html><title>root</title>root"


class MethodsAndHosts(ContractCase):
    def test_only_get_and_head_others_answer_405_with_allow(self):
        host = self.site({"index.html": ROOT, "a.js": b"1"})
        for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"):
            for target in ("/", "/a.js", "/missing.js"):
                with self.subTest(method=method, target=target):
                    answer = self.fetch(host, target, method=method, body=b"x=1" if method in ("POST", "PUT", "PATCH") else None)
                    self.assertEqual(answer.status, 405)
                    self.assertLessEqual({"GET", "HEAD"}, {m.strip() for m in answer.get("allow").split(",")})

    def test_the_host_is_compared_without_case_port_or_trailing_dot(self):
        host = self.site({"index.html": ROOT})
        for spelling in (host, host.upper(), host + ".", f"{host}:{self.server.port}", f"{host}:80", f"{host.title()}.:1", host + ":"):
            with self.subTest(host=spelling):
                self.assertEqual(self.fetch(spelling).body, ROOT)

    def test_hosts_that_only_look_alike_are_no_site(self):
        host = self.site({"index.html": ROOT})
        name = host.split(".")[0]
        for other in (f"{name}localhost", f"evil{host}", f"{host}.example.org", f"x.{host}", f"{name}.localhost.example.org", f"{name}.evillocalhost", name,
                      f"{name}.local", f"{name}-beta.localhost", f"{name}--x.localhost", f"{name}.preview.localhost", f".{host}", f"{host}.."):
            with self.subTest(host=other):
                answer = self.fetch(other)
                self.assertNotEqual(answer.body, ROOT)
                self.assertIn(answer.status, (200, 400, 404, 421))  # 200: the built-in page of an API host

    def test_a_project_that_is_live_nowhere_says_so(self):
        project = unique("unreleased")
        self.user.make_image(project, {"index.html": ROOT})
        answer = self.fetch(self.host(project))
        self.assertEqual(answer.status, 404)
        self.assertTrue(answer.body.strip())
        self.assertEqual(self.fetch("nobody-has-this-name.localhost").status, 404)

    def test_health_paths_belong_to_the_site_on_its_host(self):
        host = self.site({"index.html": ROOT, "healthz": b"mine", "404.html": b"no"})
        self.assertEqual(self.fetch(host, "/healthz").body, b"mine")
        self.assertEqual(self.fetch(host, "/readyz").status, 404)


class Paths(ContractCase):
    def test_index_files_answer_for_their_folder(self):
        host = self.site({"index.html": ROOT, "docs/index.html": b"docs", "docs/api/index.html": b"api"})
        self.assertEqual(self.fetch(host, "/").body, ROOT)
        self.assertEqual(self.fetch(host, "/docs/").body, b"docs")
        self.assertEqual(self.fetch(host, "/docs/api/").body, b"api")
        self.assertEqual(self.fetch(host, "/docs/index.html").body, b"docs")

    def test_a_folder_without_its_slash_redirects_and_keeps_the_query(self):
        host = self.site({"index.html": ROOT, "docs/index.html": b"docs", "ü/index.html": b"u"})
        for target, location in (("/docs", "/docs/"), ("/docs?a=1&b=%20", "/docs/?a=1&b=%20"), ("/docs?", ("/docs/", "/docs/?")), ("/%C3%BC", "/%C3%BC/")):
            with self.subTest(target=target):
                answer = self.fetch(host, target)
                self.assertIn(answer.status, (301, 308))
                self.assertIn(answer.get("location").removeprefix(f"http://{host}"), (location,) if isinstance(location, str) else location)

    def test_a_page_with_a_slash_behind_it_redirects_to_the_page(self):
        host = self.site({"index.html": ROOT, "about.html": b"about", "ü/é.html": b"e", "both.html": b"page", "both/index.html": b"folder"})
        for target, location in (("/about/", "/about"), ("/about/?a=1&b=%20", "/about?a=1&b=%20"), ("/%C3%BC/%C3%A9/", "/%C3%BC/%C3%A9")):
            with self.subTest(target=target):
                answer = self.fetch(host, target)
                self.assertIn(answer.status, (301, 308))
                self.assertEqual(answer.get("location"), location)
        self.assertEqual(self.fetch(host, "/both/").body, b"folder")
        self.assertEqual(self.fetch(host, "/about//").body, ROOT)

    def test_no_redirect_leads_to_another_host(self):
        host = self.site({"index.html": ROOT, "docs/index.html": b"docs", "evil.example/index.html": b"x"})
        for target in ("//evil.example", "//evil.example/", "/%2F%2Fevil.example", "//evil.example/%2e%2e", "/\\evil.example", "///docs", "//docs", "/%5cevil.example"):
            with self.subTest(target=target):
                answer = self.fetch(host, target)
                location = answer.get("location")
                if location is not None:
                    self.assertFalse(location.startswith(("//", "/\\", "http://evil", "https://evil")), location)
                self.assertLess(answer.status, 500)

    def test_an_exact_file_wins_then_the_folder_then_html(self):
        host = self.site({"index.html": ROOT, "about": b"exact", "about.html": b"html", "team.html": b"team", "both.html": b"html", "both/index.html": b"folder"})
        self.assertEqual(self.fetch(host, "/about").body, b"exact")
        team = self.fetch(host, "/team")
        self.assertEqual((team.status, team.body), (200, b"team"))
        self.assertIn("text/html", team.get("content-type"))
        self.assertEqual(self.fetch(host, "/team.html").body, b"team")
        self.assertIn(self.fetch(host, "/both").status, (301, 308))

    def test_html_is_found_before_any_fallback(self):
        host = self.site({"index.html": ROOT, "docs.html": b"docs page"})
        self.assertEqual(self.fetch(host, "/docs").body, b"docs page")

    def test_percent_signs_are_decoded_exactly_once(self):
        host = self.site({"index.html": ROOT, "a b.txt": b"space", "a%20b.txt": b"percent", "%41.txt": b"forty-one", "A.txt": b"A"})
        for target, body in (("/a%20b.txt", b"space"), ("/a%2520b.txt", b"percent"), ("/%2541.txt", b"forty-one"), ("/%41.txt", b"A"), ("/A.txt", b"A"), ("/%61%20b.txt", b"space")):
            with self.subTest(target=target):
                self.assertEqual(self.fetch(host, target).body, body)

    def test_bad_escapes_and_bad_utf8_answer_400(self):
        host = self.site({"index.html": ROOT})
        for target in ("/%", "/%4", "/%zz", "/a%", "/%g1", "/%c0%af", "/%ff", "/%ed%a0%80", "/%f5%80%80%80", "/%80", "/a%E2%82"):
            with self.subTest(target=target):
                self.assertEqual(self.fetch(host, target).status, 400)

    def test_a_plus_is_literal_and_the_query_is_ignored(self):
        host = self.site({"index.html": ROOT, "a+b.txt": b"plus", "a b.txt": b"space"})
        self.assertEqual(self.fetch(host, "/a+b.txt").body, b"plus")
        self.assertEqual(self.fetch(host, "/a%2Bb.txt?v=1&x=/../y").body, b"plus")
        self.assertEqual(self.fetch(host, "/?anything=1").body, ROOT)

    def test_no_spelling_of_a_traversal_leaves_the_site(self):
        host = self.site({"index.html": ROOT, "404.html": b"none"})
        dots = ("..", "%2e%2e", ".%2e", "%2e.", "%252e%252e", "..%00", "..%0d", "..;", "%c0%ae%c0%ae", "．．", "%uff0e%uff0e", "..%c0%af", "....")
        slashes = ("/", "%2f", "%5c", "\\", "%252f")
        for dot in dots:
            for slash in slashes:
                for target in (f"/{dot}{slash}{dot}{slash}etc{slash}passwd", f"/a{slash}{dot}{slash}{dot}{slash}etc{slash}passwd"):
                    answer = self.fetch(host, quote(target, safe="/%\\;.&:=+") if "．" in target else target)
                    self.assertLess(answer.status, 500, target)
                    self.assertNotIn(b"root:", answer.body, target)
        self.assertEqual(self.fetch(host, "/x%00.html").status in (400, 404), True)

    def test_a_leading_slash_in_the_manifest_is_found(self):
        host = self.site({"/index.html": ROOT, "/a/b.txt": b"ab"})
        self.assertEqual(self.fetch(host, "/a/b.txt").body, b"ab")


class Fallback(ContractCase):
    def test_a_route_gets_the_root_page_and_a_missing_file_gets_404(self):
        host = self.site({"index.html": ROOT, "app.js": b"1"})
        for route in ("/dashboard", "/users/42", "/users/42/", "/v1.2/route", "/a/b/c/d"):
            with self.subTest(route=route):
                answer = self.fetch(host, route)
                self.assertEqual((answer.status, answer.body), (200, ROOT))
                self.assertEqual(answer.get("cache-control"), "no-cache")
        for file in ("/missing.js", "/assets/chunk.abc12345.js", "/a/b.css", "/favicon.ico", "/x.", "/route.with.dots"):
            with self.subTest(file=file):
                answer = self.fetch(host, file)
                self.assertEqual(answer.status, 404)
                self.assertNotEqual(answer.body, ROOT)
                self.assertNotIn("immutable", answer.get("cache-control") or "")

    def test_requests_that_are_no_navigation_get_404(self):
        host = self.site({"index.html": ROOT})
        for fields, status in (({"Accept": "text/html"}, 200), ({"Accept": "*/*"}, 200), ({"Accept": "application/json"}, 404), ({"Accept": "image/avif,image/webp"}, 404),
                               ({"Accept": "image/webp,*/*;q=0.8"}, 200), ({"Sec-Fetch-Mode": "navigate"}, 200), ({"Sec-Fetch-Mode": "cors"}, 404),
                               ({"Sec-Fetch-Mode": "no-cors"}, 404), ({"Accept": "text/html;q=0, application/json"}, 404)):
            with self.subTest(fields=fields):
                self.assertEqual(self.fetch(host, "/route", fields).status, status)

    def test_a_404_page_switches_the_fallback_off_and_is_the_body_of_404(self):
        host = self.site({"index.html": ROOT, "404.html": b"<h1>not here</h1>"})
        for target in ("/route", "/route/", "/missing.js", "/a/b/"):
            with self.subTest(target=target):
                answer = self.fetch(host, target)
                self.assertEqual((answer.status, answer.body), (404, b"<h1>not here</h1>"))
                self.assertIn("text/html", answer.get("content-type"))
                self.assertEqual(answer.get("cache-control"), "no-cache")
        self.assertEqual(self.fetch(host, "/404.html").status, 200)

    def test_a_200_page_is_the_shell_even_beside_a_404_page(self):
        host = self.site({"index.html": ROOT, "200.html": b"shell", "404.html": b"none"})
        self.assertEqual((self.fetch(host, "/route").status, self.fetch(host, "/route").body), (200, b"shell"))
        self.assertEqual((self.fetch(host, "/x.js").status, self.fetch(host, "/x.js").body), (404, b"none"))

    def test_without_an_index_there_is_no_fallback(self):
        host = self.site({"a.txt": b"a"})
        self.assertEqual(self.fetch(host, "/route").status, 404)
        self.assertEqual(self.fetch(host, "/").status, 404)


class TypesAndCaching(ContractCase):
    def test_types_by_extension_without_case(self):
        types = {"html": "text/html; charset=utf-8", "htm": "text/html; charset=utf-8", "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8",
                 "mjs": "text/javascript; charset=utf-8", "txt": "text/plain; charset=utf-8", "svg": "image/svg+xml", "png": "image/png", "jpg": "image/jpeg",
                 "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp", "avif": "image/avif", "woff": "font/woff", "woff2": "font/woff2", "ttf": "font/ttf",
                 "otf": "font/otf", "wasm": "application/wasm", "webmanifest": "application/manifest+json", "pdf": "application/pdf", "mp4": "video/mp4",
                 "webm": "video/webm", "mp3": "audio/mpeg", "json": "application/json", "map": "application/json", "xml": ("application/xml", "text/xml"),
                 "ico": ("image/x-icon", "image/vnd.microsoft.icon"), "unknownext": "application/octet-stream"}
        host = self.site({f"f.{ext}": ext.encode() for ext in types} | {f"G.{ext.upper()}": ext.upper().encode() for ext in types} | {"noextension": b"?"})
        for ext, expected in types.items():
            for target in (f"/f.{ext}", f"/G.{ext.upper()}"):
                got = self.fetch(host, target).get("content-type")
                with self.subTest(target=target, got=got):
                    if isinstance(expected, tuple):
                        self.assertIn(got.split(";")[0], expected)
                    elif "charset" in expected:
                        self.assertEqual(got.lower(), expected)
                    else:
                        self.assertEqual(got.split(";")[0], expected)
        self.assertEqual(self.fetch(host, "/noextension").get("content-type"), "application/octet-stream")

    def test_the_manifests_type_wins_unless_it_is_unspecific(self):
        project = unique("types")
        data = {"page.html": b"<p>", "feed": b"<rss/>", "data.bin": b"{}", "script.js": b"1"}
        types = {"page.html": "application/octet-stream", "feed": "application/rss+xml", "data.bin": "application/json", "script.js": ""}
        files = [{"path": p, "blake3": hashes.blake3(d), "size": len(d), "content_type": types[p]} for p, d in data.items()]
        plan = self.assert_ok(self.user.post("/plan", {"project": project, "files": files}))
        for p, d in data.items():
            if hashes.blake3(d) in plan["upload_urls"]:
                self.assert_ok(self.user.upload(plan["plan_id"], hashes.blake3(d), d))
        self.assert_ok(self.user.post("/commit", {"plan_id": plan["plan_id"]}))
        self.assert_ok(self.user.release(project))
        for path, expected in (("page.html", "text/html"), ("feed", "application/rss+xml"), ("data.bin", "application/json"), ("script.js", "text/javascript")):
            self.assertEqual(self.fetch(self.host(project), "/" + path).get("content-type").split(";")[0], expected)

    def test_a_type_that_is_no_media_type_is_refused_or_ignored_and_never_sent(self):
        for bad in ("text/html\r\nX-Evil: 1", "nonsense", "a/b/c", "text/", "/html", "text/html; charset=\"\x01\"", "x" * 2000 + "/y"):
            project = unique("badtype")
            file = {"path": "a.txt", "blake3": hashes.blake3(b"t"), "size": 1, "content_type": bad}
            plan = self.user.post("/plan", {"project": project, "files": [file]})
            if plan.status != 200:
                self.assert_error(plan, 400)
                continue
            if plan.json["missing"]:
                self.assert_ok(self.user.upload(plan.json["plan_id"], hashes.blake3(b"t"), b"t"))
            self.assert_ok(self.user.post("/commit", {"plan_id": plan.json["plan_id"]}))
            self.assert_ok(self.user.release(project))
            answer = self.fetch(self.host(project), "/a.txt")
            self.assertEqual(answer.get("content-type").split(";")[0], "text/plain")
            self.assertIsNone(answer.get("x-evil"))

    def test_fingerprinted_and_asset_files_are_immutable_and_everything_else_revalidates(self):
        immutable = ["assets/app.js", "assets/deep/x.css", "_next/static/a.js", "js/app.0a1b2c3d.js", "app-0123456789abcdef.css", "chunk.DkX9_aB2.js"]
        fresh = ["index.html", "app.js", "style.css", "data.json", "image.png", "myassets/app.js", "js/app.min.js", "jquery-3.7.1.js", "v1.0.0.txt"]
        host = self.site({p: unique("x").encode() for p in immutable + fresh})
        for path in immutable:
            with self.subTest(path=path):
                self.assertEqual(self.fetch(host, "/" + path).get("cache-control"), "public, max-age=31536000, immutable")
        for path in fresh:
            with self.subTest(path=path):
                self.assertEqual(self.fetch(host, "/" + path).get("cache-control"), "public, max-age=0, must-revalidate")

    def test_every_answer_says_nosniff_and_names_no_version(self):
        host = self.site({"index.html": ROOT, "docs/index.html": b"d"})
        for target, method in (("/", "GET"), ("/missing.js", "GET"), ("/docs", "GET"), ("/", "POST"), ("/%zz", "GET")):
            answer = self.fetch(host, target, method=method)
            with self.subTest(target=target, method=method):
                self.assertEqual(answer.get("server"), "sitepod")
                self.assertIsNotNone(answer.get("date"))
                self.assertEqual(answer.get("x-content-type-options"), "nosniff")

    def test_the_same_request_gets_a_head_of_the_same_length(self):
        host = self.site({"index.html": ROOT, "big.bin": sites.noise(200_000)})
        with self.wire() as wire:
            for target in ("/", "/big.bin", "/missing.js"):
                heads = {len(wire.get(target, host).head) for _ in range(10)}
                self.assertEqual(len(heads), 1)

    def test_head_answers_like_get_without_a_body(self):
        host = self.site({"index.html": ROOT, "t.txt": sites.text(5000), "big.bin": sites.noise(200_000), "docs/index.html": b"d"})
        with self.wire() as wire:
            for target in ("/", "/t.txt", "/big.bin", "/missing.js", "/docs", "/route"):
                for fields in ((), (("Accept-Encoding", "gzip"),), (("Range", "bytes=0-9"),)):
                    get = wire.ask("GET", target, host, fields)
                    head = wire.ask("HEAD", target, host, fields)
                    names = {"date"} | ({"content-range"} if fields and fields[0][0] == "Range" else set())
                    with self.subTest(target=target, fields=fields):
                        if not (fields and fields[0][0] == "Range"):  # Range is defined for GET only (RFC 9110 §14.2)
                            self.assertEqual(get.status, head.status)
                            self.assertEqual([f for f in get.fields if f[0] not in names], [f for f in head.fields if f[0] not in names])


class Compression(ContractCase):
    def test_gzip_is_ready_when_a_small_deploys_release_answers(self):
        files = {f"page{i}.html": sites.text(20_000, seed=i) for i in range(20)}
        host = self.site(files)
        for path, data in files.items():
            answer = self.fetch(host, "/" + path, {"Accept-Encoding": "gzip"})
            self.assertEqual(answer.get("content-encoding"), "gzip")
            self.assertLess(len(answer.body), len(data))
            self.assertEqual(codings.decode("gzip", answer.body, len(data)), data)

    def variant(self, host, target, coding):
        return wait_until(lambda: (a := self.fetch(host, target, {"Accept-Encoding": coding})).get("content-encoding") == coding and a, f"{coding} of {target}", 60)

    def test_every_coding_arrives_within_seconds_and_decodes_to_the_same_bytes(self):
        data = sites.text(50_000)
        host = self.site({"a.html": data})
        tags = {self.fetch(host, "/a.html").get("etag")}
        for coding in ("gzip", "br", "zstd"):
            answer = self.variant(host, "/a.html", coding)
            self.assertEqual(codings.decode(coding, answer.body, len(data)), data)
            self.assertIn("accept-encoding", answer.vary())
            self.assertEqual(int(answer.get("content-length")), len(answer.body))
            self.assertRegex(answer.get("etag"), r'^"[^"]+"$')
            tags.add(answer.get("etag"))
        self.assertEqual(len(tags), 4, "each representation has its own entity tag")

    def test_q_values_decide_and_zero_refuses(self):
        data = sites.text(30_000, seed=5)
        host = self.site({"a.css": data})
        for coding in ("gzip", "br", "zstd"):
            self.variant(host, "/a.css", coding)
        for accept, allowed in (("gzip;q=0", {None}), ("identity", {None}), ("", {None}), ("br;q=0, gzip", {"gzip"}), ("gzip;q=0.5, br;q=0", {"gzip"}), ("GZIP", {"gzip"}),
                                ("*;q=0, gzip", {"gzip"}), ("deflate", {None}), ("compress, deflate", {None}), ("x-gzip", {"gzip", None}), ("gzip;q=1.0", {"gzip"}),
                                ("gzip;q=0.000", {None}), ("gzip, deflate, br, zstd", {"br", "zstd"}), ("*", {"br", "gzip", "zstd", None}), ("gzip;q=x", {"gzip", None}),
                                ("br;q=0.1, gzip;q=0", {"br"}), (",,, gzip ,", {"gzip", None}), ("gzip" + ", x" * 2000, {"gzip", None})):
            with self.subTest(accept=accept[:60]):
                answer = self.fetch(host, "/a.css", {"Accept-Encoding": accept})
                self.assertEqual(answer.status, 200)
                self.assertIn(answer.get("content-encoding"), allowed)
                self.assertEqual(codings.decode(answer.get("content-encoding"), answer.body, len(data)), data)

    def test_every_compressible_answer_varies_also_the_identity_one(self):
        host = self.site({"a.html": sites.text(5000), "t.json": sites.text(3000)})
        for target in ("/a.html", "/t.json"):
            for fields in ({}, {"Accept-Encoding": "identity"}, {"Accept-Encoding": "gzip"}):
                self.assertIn("accept-encoding", self.fetch(host, target, fields).vary())

    def test_what_does_not_shrink_is_sent_as_it_is(self):
        host = self.site({"p.png": sites.noise(20_000), "tiny.txt": b"tiny", "v.mp4": sites.text(20_000)})
        for target in ("/p.png", "/tiny.txt", "/v.mp4"):
            self.assertIsNone(self.fetch(host, target, {"Accept-Encoding": "gzip, br, zstd"}).get("content-encoding"))

    def test_a_range_is_of_the_identity_bytes(self):
        data = sites.text(50_000, seed=8)
        host = self.site({"a.txt": data})
        self.variant(host, "/a.txt", "gzip")
        answer = self.fetch(host, "/a.txt", {"Accept-Encoding": "gzip", "Range": "bytes=100-199"})
        self.assertEqual((answer.status, answer.get("content-encoding"), answer.body), (206, None, data[100:200]))

    def test_fallback_and_404_pages_are_compressed_too(self):
        shell, none = sites.text(5000, 1), sites.text(5000, 2)
        host = self.site({"200.html": shell, "404.html": none})
        for target, status, data in (("/route", 200, shell), ("/x.js", 404, none)):
            answer = self.fetch(host, target, {"Accept-Encoding": "gzip"})
            self.assertEqual(answer.status, status)
            self.assertEqual(codings.decode(answer.get("content-encoding"), answer.body, 5000), data)


class Examples(ContractCase):
    """The site examples that must stay green."""

    def assert_serves(self, files):
        host = self.site(files, "example")
        with self.wire() as wire:
            for path, data in files.items():
                answer = wire.get("/" + quote(path, safe="/"), host)
                self.assertEqual((answer.status, answer.body), (200, data), path)
        return host

    def test_simple_site(self):
        self.assert_serves(sites.SIMPLE)

    def test_spa_site(self):
        host = self.assert_serves({"index.html": ROOT, "assets/app-0a1b2c3d.js": b"app()", "assets/app-0a1b2c3d.css": b"a{}"})
        self.assertEqual(self.fetch(host, "/some/client/route").body, ROOT)
        self.assertEqual(self.fetch(host, "/assets/app-gone0000.js").status, 404)

    def test_unicode_files(self):
        self.assert_serves({"index.html": ROOT, "文档/页面.html": "中文".encode(), "emoji-🎉.txt": b"party", "ñandú/été.html": b"e", "Ελληνικά.txt": b"g", "עברית.txt": b"h",
                            "cafe\u0301.txt": b"nfd", "café.txt": b"nfc"})

    def test_special_chars(self):
        self.assert_serves({"index.html": ROOT, "file+&=.html": b"1", "with space.html": b"2", "UPPERCASE.HTML": b"3", "uppercase.html": b"4", "100%.txt": b"5", "a#b.txt": b"6",
                            "q?.txt": b"7", "semi;colon.txt": b"8", "it's.txt": b"9", "(paren).txt": b"10", "a:b@c.txt": b"11", "tilde~.txt": b"12", "comma,.txt": b"13",
                            "dollar$.txt": b"14", "br[ack]et.txt": b"15", '"quote".txt': b"16", "<angle>.txt": b"17", "pipe|.txt": b"18", "caret^.txt": b"19"})

    def test_uppercase_html_has_the_right_type(self):
        host = self.site({"UPPERCASE.HTML": b"<p>"})
        self.assertIn("text/html", self.fetch(host, "/UPPERCASE.HTML").get("content-type"))
        self.assertEqual(self.fetch(host, "/uppercase.html").status, 404)

    def test_nested_deep_twelve_levels(self):
        folder = "/".join(f"level{i}" for i in range(1, 13))
        host = self.assert_serves({"index.html": ROOT, f"{folder}/index.html": b"deep", f"{folder}/file.txt": b"file"})
        self.assertEqual(self.fetch(host, f"/{folder}/").body, b"deep")
        self.assertIn(self.fetch(host, f"/{folder}").status, (301, 308))

    def test_binary_assets(self):
        self.assert_serves({"index.html": ROOT, "a.png": b"\x89PNG\r\n\x1a\n" + sites.noise(5000), "nul.bin": b"\0" * 4096, "all.bin": bytes(range(256)) * 16, "crlf.bin": b"\r\n\r\n" * 500,
                            "m.wasm": b"\0asm" + sites.noise(70_000), "empty.bin": b"", "edge64k.bin": sites.noise(65_536), "edge64k1.bin": sites.noise(65_537)})

    def test_duplicate_content(self):
        self.assert_serves({"index.html": ROOT, **{f"copy{i}.{ext}": b"the same bytes" for i in range(5) for ext in ("txt", "html", "js")}})
        host = self.site({"a.txt": b"dup", "a.html": b"dup", "a.css": b"dup"})
        self.assertEqual([self.fetch(host, f"/a.{e}").get("content-type").split(";")[0] for e in ("txt", "html", "css")], ["text/plain", "text/html", "text/css"])

    def test_large_files_of_7_mb(self):
        self.assert_serves({"index.html": ROOT, "large.bin": sites.noise(7_000_000), "large.txt": sites.text(7_000_000)})

    def test_many_files_501(self):
        self.assert_serves(sites.many(501))


if __name__ == "__main__":
    unittest.main()
