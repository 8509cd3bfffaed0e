#!/usr/bin/env python3
"""Conditional and range requests as tables of RFC 9110 §13 and §14; deploy API §11.7 and §11.8; impossible thing 23."""
import email.utils
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support import sites  # noqa: E402
from support.case import ContractCase  # noqa: E402
from support.server import wait_until  # noqa: E402

PAST, FUTURE = "Mon, 01 Jan 2001 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT"


class Served(ContractCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.small, cls.large, cls.prose = b"0123456789", sites.noise(300_000), sites.text(20_000)
        case = cls("setUp")
        cls.site_host = case.site({"small.bin": cls.small, "large.bin": cls.large, "prose.txt": cls.prose, "empty.bin": b"", "index.html": b"root"})
        answer = case.fetch(cls.site_host, "/small.bin")
        cls.tag, cls.modified = answer.get("etag"), answer.get("last-modified")

    def setUp(self):
        pass

    def ask(self, target="/small.bin", method="GET", **fields):
        return self.fetch(self.site_host, target, {k.replace("_", "-"): v for k, v in fields.items()}, method)


class Conditionals(Served):
    def test_validators_are_strong_and_dates_are_http_dates(self):
        self.assertRegex(self.tag, r'^"[^"]{20,}"$')
        self.assertIsNotNone(email.utils.parsedate_to_datetime(self.modified))
        self.assertEqual(self.ask().get("etag"), self.tag)
        self.assertNotEqual(self.ask("/large.bin").get("etag"), self.tag)

    def test_if_none_match(self):
        tag = self.tag
        for value, status in ((tag, 304), (f"W/{tag}", 304), ("*", 304), (f'"x", {tag}', 304), (f'"x",{tag},"y"', 304), (f'W/"x" , W/{tag}', 304), ('"x"', 200), (tag.strip('"'), 200),
                              ('""', 200), (f'"{tag}"', 200), (tag.upper() if tag.upper() != tag else '"no"', 200), ("", 200), (f'"x, {tag[1:]}', 200)):
            for target_method in ("GET", "HEAD"):
                with self.subTest(value=value, method=target_method):
                    answer = self.ask(method=target_method, If_None_Match=value)
                    self.assertEqual(answer.status, status)
                    if status == 200 and target_method == "GET":
                        self.assertEqual(answer.body, self.small)

    def test_several_if_none_match_fields_are_one_list(self):
        with self.wire() as wire:
            answer = wire.ask("GET", "/small.bin", self.site_host, [("If-None-Match", '"x"'), ("If-None-Match", self.tag)])
            self.assertEqual(answer.status, 304)

    def test_a_304_carries_its_headers_and_no_body(self):
        with self.wire() as wire:
            full = wire.get("/prose.txt", self.site_host)
            answer = wire.get("/prose.txt", self.site_host, [("If-None-Match", full.get("etag"))])
            self.assertEqual(answer.status, 304)
            for name in ("etag", "cache-control", "vary"):
                self.assertEqual(answer.get(name), full.get(name), name)
            self.assertIsNotNone(answer.get("date"))
            self.assertIsNone(answer.get("content-encoding"))
            self.assertEqual(wire.get("/small.bin", self.site_host).body, self.small, "the connection is in step after a 304")

    def test_each_variant_is_revalidated_by_its_own_tag(self):
        gzip = wait_until(lambda: (a := self.ask("/prose.txt", Accept_Encoding="gzip")).get("content-encoding") == "gzip" and a, "gzip variant")
        self.assertEqual(self.ask("/prose.txt", Accept_Encoding="gzip", If_None_Match=gzip.get("etag")).status, 304)
        self.assertEqual(self.ask("/prose.txt", If_None_Match=gzip.get("etag")).status, 200)
        plain = self.ask("/prose.txt").get("etag")
        self.assertNotEqual(plain, gzip.get("etag"))

    def test_if_modified_since(self):
        for value, status in ((self.modified, 304), (FUTURE, 304), (PAST, 200), ("nonsense", 200), ("", 200), ("Sunday, 06-Nov-94 08:49:37 GMT", 200),
                              ("Sun Nov  6 08:49:37 1994", 200)):
            with self.subTest(value=value):
                self.assertEqual(self.ask(If_Modified_Since=value).status, status)

    def test_if_none_match_is_judged_instead_of_if_modified_since(self):
        self.assertEqual(self.ask(If_None_Match='"x"', If_Modified_Since=FUTURE).status, 200)
        self.assertEqual(self.ask(If_None_Match=self.tag, If_Modified_Since=PAST).status, 304)

    def test_if_match_and_if_unmodified_since(self):
        for fields, status in (({"If_Match": self.tag}, 200), ({"If_Match": "*"}, 200), ({"If_Match": '"x"'}, 412), ({"If_Match": f"W/{self.tag}"}, 412),
                               ({"If_Match": f'"x", {self.tag}'}, 200), ({"If_Unmodified_Since": PAST}, 412), ({"If_Unmodified_Since": FUTURE}, 200),
                               ({"If_Unmodified_Since": self.modified}, 200), ({"If_Unmodified_Since": "nonsense"}, 200),
                               ({"If_Match": self.tag, "If_Unmodified_Since": PAST}, 200), ({"If_Match": '"x"', "If_None_Match": self.tag}, 412),
                               ({"If_Match": self.tag, "If_None_Match": self.tag}, 304), ({"If_Unmodified_Since": PAST, "If_None_Match": self.tag}, 412)):
            with self.subTest(fields=fields):
                self.assertEqual(self.ask(**fields).status, status)

    def test_conditionals_do_not_touch_404_and_redirects(self):
        self.assertEqual(self.ask("/missing.js", If_None_Match="*").status, 404)
        self.assertEqual(self.ask("/missing.js", If_Match='"x"').status, 404)

    def test_a_fallback_page_is_revalidated_like_its_file(self):
        page = self.ask("/route")
        self.assertEqual(page.status, 200)
        if page.get("etag"):
            self.assertEqual(self.ask("/route", If_None_Match=page.get("etag")).status, 304)


class Ranges(Served):
    def assert_part(self, answer, data, first, last):
        self.assertEqual(answer.status, 206, answer.head)
        self.assertEqual(answer.get("content-range"), f"bytes {first}-{last}/{len(data)}")
        self.assertEqual(answer.body, data[first:last + 1])

    def test_accept_ranges_is_announced(self):
        self.assertEqual(self.ask().get("accept-ranges"), "bytes")

    def test_single_ranges(self):
        for value, first, last in (("bytes=0-0", 0, 0), ("bytes=0-9", 0, 9), ("bytes=5-", 5, 9), ("bytes=-3", 7, 9), ("bytes=9-", 9, 9), ("bytes=2-100", 2, 9),
                                   ("bytes=-100", 0, 9), ("bytes=0-18446744073709551615", 0, 9), ("BYTES=1-2", 1, 2), ("bytes= 1-2", 1, 2), ("bytes=1-2 ", 1, 2),
                                   ("bytes=0-99999999999999999999999", 0, 9)):
            with self.subTest(value=value):
                answer = self.ask(Range=value)
                if value in ("bytes= 1-2", "bytes=0-99999999999999999999999") and answer.status == 200:
                    continue  # a sender's liberty that a server may ignore
                self.assert_part(answer, self.small, first, last)

    def test_ranges_of_a_file_that_is_sent_from_disk(self):
        size = len(self.large)
        for value, first, last in (("bytes=0-0", 0, 0), ("bytes=65536-65536", 65536, 65536), ("bytes=100-250000", 100, 250000), ("bytes=-1", size - 1, size - 1), ("bytes=299999-", 299999, 299999)):
            with self.subTest(value=value):
                self.assert_part(self.ask("/large.bin", Range=value), self.large, first, last)

    def test_a_suffix_longer_than_the_file_is_the_whole_file(self):
        self.assert_part(self.ask(Range="bytes=-11"), self.small, 0, 9)

    def test_unsatisfiable_ranges_answer_416(self):
        for target, value, size in (("/small.bin", "bytes=10-", 10), ("/small.bin", "bytes=10-20", 10), ("/small.bin", "bytes=-0", 10), ("/small.bin", "bytes=999999999999-", 10),
                                    ("/empty.bin", "bytes=0-", 0), ("/empty.bin", "bytes=0-0", 0)):
            with self.subTest(target=target, value=value):
                answer = self.ask(target, Range=value)
                self.assertEqual(answer.status, 416)
                self.assertEqual(answer.get("content-range"), f"bytes */{size}")

    def test_malformed_and_foreign_ranges_are_ignored(self):
        for value in ("bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-2", "bytes=1", "items=0-1", "bytes=0x1-2", "bytes=1-2-3", "bytes=--1", "bytes=+1-2", "bytes 0-1", "=0-1", "bytes=1.0-2"):
            with self.subTest(value=value):
                answer = self.ask(Range=value)
                self.assertEqual((answer.status, answer.body), (200, self.small))

    def test_many_ranges_never_cost_more_than_the_file(self):
        for value in ("bytes=0-1,3-4", "bytes=" + ",".join("0-" for _ in range(1000)), "bytes=" + ",".join(f"{i}-{i}" for i in range(1000)), "bytes=0-,-1"):
            answer = self.ask("/large.bin", Range=value)
            with self.subTest(value=value[:40]):
                self.assertIn(answer.status, (200, 206, 400, 416))
                self.assertLessEqual(len(answer.body), len(self.large) + 20_000)
                if answer.status == 200:
                    self.assertEqual(answer.body, self.large)

    def test_if_range(self):
        for value, status in ((self.tag, 206), ('"x"', 200), (f"W/{self.tag}", 200), (self.modified, (200, 206)), (PAST, 200), (FUTURE, 200), ("nonsense", 200)):
            with self.subTest(value=value):
                answer = self.ask(Range="bytes=0-3", If_Range=value)
                self.assertIn(answer.status, status if isinstance(status, tuple) else (status,))
                self.assertEqual(answer.body, self.small[:4] if answer.status == 206 else self.small)

    def test_conditions_come_before_the_range(self):
        self.assertEqual(self.ask(Range="bytes=0-3", If_None_Match=self.tag).status, 304)
        self.assertEqual(self.ask(Range="bytes=0-3", If_Match='"x"').status, 412)
        self.assertEqual(self.ask(Range="bytes=100-", If_None_Match=self.tag).status, 304)

    def test_a_part_carries_the_validators_and_caching_of_the_whole(self):
        whole, part = self.ask(), self.ask(Range="bytes=0-3")
        for name in ("etag", "cache-control", "content-type", "last-modified"):
            self.assertEqual(part.get(name), whole.get(name), name)
        self.assertEqual(part.get("content-length"), "4")

    def test_a_range_of_a_missing_file_is_404(self):
        self.assertEqual(self.ask("/missing.js", Range="bytes=0-1").status, 404)


if __name__ == "__main__":
    unittest.main()
