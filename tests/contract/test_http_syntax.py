#!/usr/bin/env python3
"""HTTP/1.1 as bytes: smuggling, chunk syntax, field syntax, bombs, pipelining, splits, slow and vanishing clients
(reliability rows 51–59, 77, 92, 96; deploy API §11.11)."""
import json
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support import sites  # noqa: E402
from support.case import SANITIZED, SLOW, ContractCase  # noqa: E402
from support.server import wait_until  # noqa: E402
from support.wire import Wire, request_bytes  # noqa: E402

GET = b"GET / HTTP/1.1\r\nHost: %s\r\n"


class SyntaxCase(ContractCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        case = cls("setUp")
        cls.files = {"index.html": b"root page", "a.txt": b"file a", "big.bin": sites.noise(3_000_000)}
        cls.site_host = case.site(cls.files)
        cls.name = cls.site_host.encode()

    def setUp(self):
        pass

    def head(self, *lines, method=b"GET", target=b"/"):
        return b"\r\n".join([method + b" " + target + b" HTTP/1.1", b"Host: " + self.name, *lines]) + b"\r\n\r\n"

    def exchange(self, data):
        """Everything the server sends for these bytes until it closes; the client has said that it is done."""
        with Wire(self.server.address) as wire:
            wire.send(data)
            wire.half_close()
            return wire.read_to_end()

    def assert_refused(self, data, statuses=(400,)):
        """One answer with one of the statuses, then the connection ends: nothing after the bad bytes is ever parsed."""
        poison = self.head(target=b"/a.txt")
        with Wire(self.server.address) as wire:
            wire.send(data + poison + poison)
            got = wire.read_to_end()
        self.assertTrue(got.startswith(b"HTTP/1.1 "), got[:200])
        self.assertIn(int(got[9:12]), statuses, got[:200])
        self.assertEqual(got.count(b"HTTP/1.1 "), 1, got[:600])
        self.assertNotIn(b"file a", got)
        self.assertIn(b"connection: close", got.lower())

    def assert_served(self, data, body=b"root page"):
        got = self.exchange(data)
        self.assertTrue(got.startswith(b"HTTP/1.1 200 "), got[:200])
        self.assertTrue(got.endswith(body), got[-100:])


class Framing(SyntaxCase):
    def post(self, *lines):
        return b"\r\n".join([b"POST /api/v1/auth/login HTTP/1.1", b"Host: localhost", *lines]) + b"\r\n\r\n"

    def test_every_ambiguous_length_is_refused_with_one_answer(self):
        chunked = b"5\r\nhello\r\n0\r\n\r\n"
        lines = [
            (b"Content-Length: 5", b"Transfer-Encoding: chunked"), (b"Transfer-Encoding: chunked", b"Content-Length: 5"), (b"Content-Length: 5", b"Content-Length: 6"),
            (b"Content-Length: 5, 6",), (b"Content-Length: +5",), (b"Content-Length: -5",), (b"Content-Length: 0x5",), (b"Content-Length: 5 5",), (b"Content-Length: 5;",), (b"Content-Length: ",),
            (b"Content-Length:",), (b"Content-Length: five",), (b"Content-Length: 5.0",), (b"Content-Length: 99999999999999999999",), (b"Content-Length: 18446744073709551621",),
            (b"Content-Length: 5\x00",), (b"Content-Length : 5",), (b" Content-Length: 5",), (b"Content-Length: 5,",), (b"Content-Length: \x0b5",),
            (b"Transfer-Encoding: chunked, chunked",), (b"Transfer-Encoding: xchunked",), (b"Transfer-Encoding: chunkedx",), (b"Transfer-Encoding: chunked, identity",),
            (b"Transfer-Encoding: identity, chunked",), (b"Transfer-Encoding: gzip, chunked",), (b"Transfer-Encoding: gzip",), (b"Transfer-Encoding: identity",), (b"Transfer-Encoding: ",),
            (b"Transfer-Encoding : chunked",), (b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity"), (b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"),
            (b"Transfer-Encoding: \"chunked\"",), (b"Transfer-Encoding: chunked;q=1",), (b"Transfer-Encoding:\x0bchunked",), (b"Transfer-Encoding: \x00chunked",), (b"Transfer-Encoding\x0b: chunked",),
            (b"Transfer-Encoding: chu\r\n nked",), (b"Transfer-Encoding: chunked\x00",), (b"Transfer_Encoding: chunked", b"Transfer-Encoding: cow"),
        ]
        for case in lines:
            with self.subTest(lines=case):
                self.assert_refused(self.post(*case) + (chunked if b"ransfer" in case[-1] else b"hello"), (400, 501))

    def test_equal_repeated_lengths_are_one_or_refused(self):
        got = self.exchange(self.post(b"Content-Length: 2", b"Content-Length: 2") + b"{}")
        self.assertEqual(got.count(b"HTTP/1.1 "), 1)
        self.assertTrue(got.startswith(b"HTTP/1.1 400"))

    def test_transfer_encoding_in_http_1_0_is_refused(self):
        self.assert_refused(b"POST /api/v1/auth/login HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")

    def test_a_chunked_body_in_any_legal_spelling_is_understood(self):
        body = b'{"email":"not an address","password":"12345678"}'
        size = b"%x" % len(body)
        for encoded in (size + b"\r\n" + body + b"\r\n0\r\n\r\n", size.upper() + b"\r\n" + body + b"\r\n0\r\n\r\n", b"000" + size + b"\r\n" + body + b"\r\n000\r\n\r\n",
                        size + b";ext=1\r\n" + body + b"\r\n0;last\r\n\r\n", size + b';name="quoted; value"\r\n' + body + b"\r\n0\r\n\r\n", size + b"\r\n" + body + b"\r\n0\r\nTrailer: x\r\n\r\n",
                        b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n"):
            with self.subTest(encoded=encoded[:40]):
                got = self.exchange(self.post(b"Transfer-Encoding: Chunked") + encoded)
                self.assertIn(b"invalid_request", got)
        with Wire(self.server.address) as wire:
            for _ in range(3):
                wire.send(self.post(b"Transfer-Encoding: chunked") + size + b"\r\n" + body + b"\r\n0\r\n\r\n")
                self.assertEqual(wire.read_answer().status, 400)
            self.assertEqual(wire.get("/", self.site_host).body, b"root page", "the connection is in step after chunked bodies")

    def test_every_wrong_chunk_is_refused(self):
        for bad in (b"5\nhello\r\n0\r\n\r\n", b"5\r\nhello\n0\r\n\r\n", b"5\r\nhello0\r\n\r\n", b"5\r\nhelloX\r\n0\r\n\r\n", b"g\r\nhello\r\n0\r\n\r\n", b"-5\r\nhello\r\n0\r\n\r\n", b"+5\r\nhello\r\n0\r\n\r\n",
                    b"0x5\r\nhello\r\n0\r\n\r\n", b" 5\r\nhello\r\n0\r\n\r\n", b"5 \r\nhello\r\n0\r\n\r\n", b"\r\nhello\r\n0\r\n\r\n", b"5\rhello\r\n0\r\n\r\n", b"1ffffffffffffffff\r\nhello\r\n",
                    b"10000000000000005\r\nhello\r\n0\r\n\r\n", b"5;\x00\r\nhello\r\n0\r\n\r\n", b"5;a\nb\r\nhello\r\n0\r\n\r\n", b"5\r\nhello\r\n0\r\n\n", b"5\r\nhello\r\n0\r\nBad Trailer: x\r\n\r\n",
                    b"5\r\nhello\r\n0\r\n folded\r\n\r\n", b"5;" + b"x" * 5000 + b"\r\nhello\r\n0\r\n\r\n", b"5\r\nhello\r\n0\r\n" + b"T: x\r\n" * 5000 + b"\r\n"):
            with self.subTest(bad=bad[:40]):
                self.assert_refused(self.post(b"Transfer-Encoding: chunked") + bad)

    def test_a_chunk_larger_than_any_length_is_refused_at_once(self):
        for size in (b"8000000000000000", b"ffffffffffffffff", b"10000000000000000"):
            self.assert_refused(self.post(b"Transfer-Encoding: chunked") + size + b"\r\nx")

    def test_a_broken_api_body_is_answered_in_json(self):
        wire = self.wire()
        wire.send(b"POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
        answer = wire.read_answer()
        self.assertEqual((answer.status, answer.get("content-type"), answer.get("connection")), (400, "application/json", "close"))
        self.assertEqual(json.loads(answer.body)["error"], "invalid_request")

    def test_long_bodies_are_refused_by_their_announcement(self):
        for path, length, status in (("/api/v1/auth/login", 1 << 21, 413), ("/api/v1/plan", 64 << 20, 401), ("/api/v1/deploy", 1 << 40, 401),
                                     ("/api/v1/nowhere", 1 << 30, 404)):
            with self.subTest(path=path):
                wire = self.wire()
                wire.send(b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % (path.encode(), length))
                self.assertEqual(wire.read_answer().status, status)

    def test_http_1_0_keeps_a_connection_only_when_both_say_so(self):
        for host in ("nowhere.localhost", "a--b.preview.localhost", "localhost"):
            with self.subTest(host=host), self.wire() as wire:
                for _ in range(2):
                    wire.send(b"GET /x HTTP/1.0\r\nHost: %s\r\nConnection: keep-alive\r\n\r\n" % host.encode())
                    answer = wire.read_answer()
                    self.assertEqual((answer.status, answer.get("connection")), (404, "keep-alive"))
                wire.send(b"GET /x HTTP/1.0\r\nHost: %s\r\n\r\n" % host.encode())
                self.assertEqual(wire.read_answer().get("connection"), "close")
                self.assertTrue(wire.is_closed_by_server())

    def test_a_body_on_get_is_read_to_its_end_or_refused(self):
        for lines, body in (((b"Content-Length: 5",), b"hello"), ((b"Transfer-Encoding: chunked",), b"5\r\nhello\r\n0\r\n\r\n")):
            with Wire(self.server.address) as wire:
                wire.send(self.head(*lines) + body + self.head(target=b"/a.txt"))
                first = wire.read_answer()
                self.assertIn(first.status, (200, 400))
                if first.status == 200:
                    self.assertEqual(wire.read_answer().body, b"file a", "the body is not parsed as a request")
                else:
                    self.assertEqual(wire.read_to_end(), b"")
        self.assert_refused(self.head(b"Transfer-Encoding: chunked") + b"xyz\r\n")

    def test_a_smuggled_request_in_a_body_is_never_answered(self):
        inner = self.head(target=b"/a.txt")
        got = self.exchange(self.head(b"Content-Length: %d" % len(inner)) + inner)
        self.assertNotIn(b"file a", got)
        got = self.exchange(self.post(b"Content-Length: %d" % len(inner)) + inner)
        self.assertNotIn(b"file a", got)


class Fields(SyntaxCase):
    def test_wrong_fields_are_refused(self):
        for line in (b"X: a\r\n b", b"X: a\r\n\tb", b" X: a", b"\tX: a", b"X : a", b"X\t: a", b"X: a\x00b", b"X: a\rb", b"X: a\nY: b", b"X\x00Y: a", b"X\x01: a", b"X(Y): a", b"X Y: a",
                     b"\x7f: a", b": a", b"X", b"X:\x01", b"X: a\x7f", b"X\xe9: a", b"\"X\": a", b"X;Y: a", b"X@: a", b"X/Y: a", b"{X}: a"):
            with self.subTest(line=line):
                self.assert_refused(self.head(line))

    def test_legal_fields_are_accepted(self):
        for line in (b"X:", b"X: ", b"X:a", b"X:\t a \t", b"!#$%&'*+-.^_`|~09azAZ: x", b"X: \xe9\xff obs-text", b"X: a,b;c=\"d\"", b"accept: */*", b"X: " + b"v" * 8000):
            with self.subTest(line=line[:40]):
                self.assert_served(self.head(line, b"Connection: close"))

    def test_bare_line_feeds_and_carriage_returns_end_nothing(self):
        for data in (GET.replace(b"\r\n", b"\n") % self.name + b"\n", b"GET / HTTP/1.1\nHost: " + self.name + b"\r\n\r\n", b"GET / HTTP/1.1\r\nHost: " + self.name + b"\n\r\n",
                     b"GET / HTTP/1.1\r\nHost: " + self.name + b"\r\n\n", b"GET / HTTP/1.1\rHost: " + self.name + b"\r\r"):
            with self.subTest(data=data):
                self.assert_refused(data)

    def test_one_leading_crlf_is_ignored_and_nothing_else_is(self):
        self.assert_served(b"\r\n" + self.head(b"Connection: close"))
        for prefix in (b"\r\n\r\n", b"\n", b" ", b"\r", b"\x00", b"\t", b"\r\n "):
            with self.subTest(prefix=prefix):
                self.assert_refused(prefix + self.head())

    def test_wrong_request_lines_are_refused(self):
        for line in (b"GET  / HTTP/1.1", b"GET /  HTTP/1.1", b" GET / HTTP/1.1", b"GET / HTTP/1.1 ", b"GET\t/\tHTTP/1.1", b"GET /", b"GET", b"GET / HTTP/1", b"GET / HTTP/1.10", b"GET / http/1.1",
                     b"GET / HTTX/1.1", b"GET / HTTP/2.0", b"GET / HTTP/0.9", b"GET / HTTP/3.1", b"G(T / HTTP/1.1", b"G\x00T / HTTP/1.1", b"GET /a b HTTP/1.1", b"GET /\x00 HTTP/1.1", b"GET /\x7f HTTP/1.1",
                     b"GET /\x01 HTTP/1.1", b"GET index.html HTTP/1.1", b"GET \\ HTTP/1.1", b"GET * HTTP/1.1", b"/ HTTP/1.1", b"GET / HTTP/1.1\x0b", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"):
            with self.subTest(line=line):
                self.assert_refused(line + b"\r\nHost: " + self.name + b"\r\n\r\n", (400, 501, 505))

    def test_a_head_is_refused_at_its_first_wrong_byte_without_its_end(self):
        for data in (b"GET / HTTP/1.1\r\nHost: x\r\nBad Name", b"\x16\x03\x01", b"GET / HTTP/9", b"GET / HTTP/1.1\n", b"GE T", b"GET / HTTP/1.1\r\nX: a\x00", b"(", b"GET / HTTP/1.1\r\n Folded"):
            with self.subTest(data=data), Wire(self.server.address, timeout=10) as wire:
                wire.send(data)
                got = wire.read_to_end()
                self.assertIn(got[:12], (b"HTTP/1.1 400", b"HTTP/1.1 505"), got)

    def test_connection_options_are_understood(self):
        with Wire(self.server.address) as wire:
            wire.send(self.head(b"Connection: close"))
            answer = wire.read_answer()
            self.assertEqual(answer.get("connection"), "close")
            self.assertEqual(wire.read_to_end(), b"")
        with Wire(self.server.address) as wire:
            wire.send(b"GET / HTTP/1.0\r\nHost: " + self.name + b"\r\n\r\n")
            self.assertEqual(wire.read_answer().body, b"root page")
            self.assertEqual(wire.read_to_end(), b"")
        with Wire(self.server.address) as wire:
            wire.send(b"GET / HTTP/1.0\r\nHost: " + self.name + b"\r\nConnection: keep-alive\r\n\r\n")
            self.assertEqual(wire.read_answer().body, b"root page")


class Hosts(SyntaxCase):
    def test_a_missing_repeated_or_malformed_host_is_refused(self):
        n = self.name
        for hosts in ((), (n, n), (n, b"other.localhost"), (n + b", other",), (n + b" other",), (n + b"/path",), (b"http://" + n,), (b"user@" + n,), (n + b"?x",), (n + b"#x",),
                      (n + b":port",), (b"a b",), (b"[::1",), (n + b"\x00",), (b"\xe9.localhost",), (b"%41.localhost",), (n + b":80:80",), (b"[::1]x",)):
            with self.subTest(hosts=hosts):
                data = b"GET / HTTP/1.1\r\n" + b"".join(b"Host: " + h + b"\r\n" for h in hosts) + b"\r\n"
                got = self.exchange(data)
                self.assertIn(int(got[9:12]), (400, 404, 421), got[:100])
                self.assertNotIn(b"root page", got)

    def test_missing_and_repeated_hosts_answer_400(self):
        for data in (b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nHost: " + self.name + b"\r\nHost: " + self.name + b"\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nhOST: b\r\n\r\n"):
            self.assert_refused(data)

    def test_the_absolute_form_names_the_host_and_never_another_tenant(self):
        got = self.exchange(b"GET http://" + self.name + b"/a.txt HTTP/1.1\r\nHost: " + self.name + b"\r\n\r\n")
        self.assertTrue(got.endswith(b"file a"), got[:200])
        other = self.site({"index.html": b"the other tenant"}).encode()
        got = self.exchange(b"GET http://" + self.name + b"/ HTTP/1.1\r\nHost: " + other + b"\r\n\r\n")
        self.assertNotIn(b"the other tenant", got)

    def test_forwarding_headers_of_strangers_change_nothing(self):
        other = self.site({"index.html": b"the other tenant"}).encode()
        for line in (b"X-Forwarded-Host: ", b"Forwarded: host=", b"X-Host: ", b"X-Original-Host: ", b"X-Original-URL: http://", b"X-Rewrite-URL: http://"):
            self.assert_served(self.head(line + other, b"X-HTTP-Method-Override: POST", b"X-Forwarded-Proto: https", b"Connection: close"))

    def test_nothing_of_the_request_is_reflected(self):
        for data in (self.head(target=b"/%3Cscript%3Ealert(1)%3C/script%3E.js"), b"GET / HTTP/1.1\r\nHost: canary<x>\r\n\r\n", self.head(target=b"/canary\"'.js"),
                     b"GET /canary.js HTTP/1.1\r\nHost: canary.localhost\r\n\r\n"):
            got = self.exchange(data)
            self.assertNotIn(b"<script>alert", got)
            self.assertNotIn(b"canary", got)


class Limits(SyntaxCase):
    HEAD, FIELDS, TARGET = 32 * 1024, 200, 8 * 1024

    def padded(self, total):
        """A head of exactly `total` bytes."""
        bare = self.head(b"Connection: close", b"X: ")
        return self.head(b"Connection: close", b"X: " + b"p" * (total - len(bare)))

    def test_the_head_limit_exactly_and_one_more(self):
        self.assert_served(self.padded(8 * 1024))
        self.assert_served(self.padded(self.HEAD))
        self.assert_refused(self.padded(self.HEAD + 1), (431,))

    def test_the_field_limit_exactly_and_one_more(self):
        lines = [b"X%d: y" % i for i in range(self.FIELDS - 2)]  # Host and Connection are two
        self.assert_served(self.head(b"Connection: close", *lines))
        self.assert_refused(self.head(b"Connection: close", *lines, b"Z: z"), (431,))

    def test_the_target_limit_exactly_and_one_more(self):
        for size in (4096, self.TARGET):
            self.assert_served(self.head(b"Connection: close", target=b"/?" + b"q" * (size - 2)))
        self.assert_refused(self.head(target=b"/?" + b"q" * (self.TARGET - 1)), (414,))

    def test_bombs_are_answered_readably_at_once_and_memory_stays_flat(self):
        bombs = ((b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * (1 << 20), (431,)), (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X%d: y\r\n" % i for i in range(10_000)), (431,)),
                 (b"GET /" + b"a" * (1 << 20), (414,)), (b"A" * (1 << 20), (400, 431, 414, 501)), (b"GET / HTTP/1.1\r\n" + b"a" * (1 << 20), (400, 431)))
        before = self.server.resident_kib()
        for bomb, statuses in bombs:
            for _ in range(5):
                with Wire(self.server.address, timeout=10) as wire:
                    start = time.monotonic()
                    try:
                        wire.send(bomb)
                    except (BrokenPipeError, ConnectionResetError):
                        pass
                    while b"\r\n\r\n" not in wire.buffer:
                        wire._more()
                    seconds = time.monotonic() - start
                    self.assertIn(int(wire.buffer[9:12]), statuses, bomb[:40])
                    self.assertLess(seconds, 1.0)
        if not SANITIZED:
            self.assertLess(self.server.resident_kib() - before, 8 * 1024)


class Pipelining(SyntaxCase):
    def test_a_hundred_pipelined_requests_are_answered_in_order(self):
        with Wire(self.server.address) as wire:
            wire.send(b"".join(self.head(target=b"/a.txt" if i % 3 == 0 else b"/missing%d.js" % i if i % 3 == 1 else b"/") for i in range(100)))
            for i in range(100):
                answer = wire.read_answer()
                self.assertEqual(answer.status, 404 if i % 3 == 1 else 200)
                if i % 3 == 0:
                    self.assertEqual(answer.body, b"file a")
                elif i % 3 == 2:
                    self.assertEqual(answer.body, b"root page")

    def test_api_and_site_requests_pipelined_on_one_connection_keep_their_order(self):
        with Wire(self.server.address) as wire:
            wire.send(b"".join(self.head(target=b"/a.txt") + request_bytes("GET", "/api/v1/health") + request_bytes("GET", "/big.bin", self.site_host) for _ in range(5)))
            for _ in range(5):
                self.assertEqual(wire.read_answer().body, b"file a")
                self.assertIn(b"healthy", wire.read_answer().body)
                self.assertEqual(wire.read_answer().body, self.files["big.bin"])

    def test_a_request_split_at_any_byte_is_the_same_request(self):
        body = b'{"email":"not an address","password":"12345678"}'
        login = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
        chunked = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n%x;e=1\r\n%s\r\n0\r\nT: x\r\n\r\n" % (len(body), body)
        for whole, status, part in ((self.head(b"X: y", target=b"/a.txt"), 200, b"file a"), (login, 400, b"invalid_request"), (chunked, 400, b"invalid_request")):
            with Wire(self.server.address) as wire:
                for cut in range(1, len(whole)):
                    wire.send(whole[:cut])
                    wire.send(whole[cut:])
                    answer = wire.read_answer()
                    self.assertEqual(answer.status, status, cut)
                    self.assertIn(part, answer.body, cut)

    def test_one_byte_at_a_time(self):
        with Wire(self.server.address) as wire:
            for byte in self.head(target=b"/a.txt"):
                wire.send(bytes([byte]))
            self.assertEqual(wire.read_answer().body, b"file a")

    def test_a_client_that_half_closes_still_gets_its_answers(self):
        got = self.exchange(self.head(target=b"/a.txt") + self.head(target=b"/big.bin"))
        self.assertIn(b"file a", got)
        self.assertTrue(got.endswith(self.files["big.bin"]))
        got = self.exchange(request_bytes("GET", "/api/v1/health"))
        self.assertIn(b"healthy", got)

    def test_there_is_no_cap_on_requests_per_connection(self):
        with Wire(self.server.address) as wire:
            one = self.head(target=b"/a.txt")
            for _ in range(50):
                wire.send(one * 100)
                for _ in range(100):
                    self.assertEqual(wire.read_answer().status, 200)


class Vanishing(SyntaxCase):
    def settled_descriptors(self):
        """The number of descriptors once closed connections are gone."""
        last = [None]

        def stable():
            now = self.server.open_descriptors()
            same, last[0] = now == last[0], now
            return now if same else None
        return wait_until(stable, "descriptors settle")

    def test_resets_and_short_connections_leak_no_descriptors(self):
        self.exchange(self.head(target=b"/big.bin"))
        before = self.settled_descriptors()
        for i in range(200):
            wire = Wire(self.server.address)
            if i % 4 == 1:
                wire.send(b"GET / HT")
            elif i % 4 == 2:
                wire.send(self.head(target=b"/big.bin"))
            elif i % 4 == 3:
                wire.send(self.head(target=b"/big.bin") * 3)
                wire.socket.recv(1000)
            wire.reset()
        for _ in range(1000):
            Wire(self.server.address).close()
        wait_until(lambda: self.server.open_descriptors() <= before + 2, "no descriptor leaks", 20)
        self.assert_served(self.head(b"Connection: close"))

    def test_resets_inside_api_bodies_leak_no_descriptors_and_no_temporary_files(self):
        data = sites.noise(500_000, seed="rst")
        from support import hashes
        from support.api import unique
        plan = self.assert_ok(self.user.plan(unique("rst"), {"a": data}))["plan_id"]
        before = self.settled_descriptors()
        for i in range(100):
            wire = Wire(self.server.address)
            wire.send(request_bytes("POST", f"/api/v1/upload/{plan}/{hashes.sha256(data)}", "localhost",
                                    [("Authorization", f"Bearer {self.user.token}"), ("Content-Length", str(len(data)))]) + data[:i * 4000])
            wire.reset()
        wait_until(lambda: self.server.open_descriptors() <= before + 2 and not self.server.temporary_files(), "nothing leaks", 30)
        self.assert_ok(self.user.upload(plan, hashes.sha256(data), data))

    def test_a_reader_that_stops_reading_holds_no_one_up(self):
        stuck = []
        for _ in range(20):
            wire = Wire(self.server.address, receive_buffer=4096)
            self.addCleanup(wire.close)
            wire.send(self.head(target=b"/big.bin") * 20)
            stuck.append(wire)
        with Wire(self.server.address) as wire:
            start = time.monotonic()
            for _ in range(200):
                self.assertEqual(wire.get("/a.txt", self.site_host).body, b"file a")
            self.assertLess(time.monotonic() - start, 20 if SANITIZED else 5)

    def test_five_hundred_slow_heads_hold_no_one_up(self):
        for _ in range(500):
            wire = Wire(self.server.address)
            self.addCleanup(wire.close)
            wire.send(b"GET / HTTP/1.1\r\nHost: x")
        start = time.monotonic()
        for _ in range(20):
            self.assert_served(self.head(b"Connection: close"))
        self.assertLess(time.monotonic() - start, 20 if SANITIZED else 5)

    @unittest.skipUnless(SLOW, "waits for the real deadlines")
    def test_slow_heads_bodies_and_readers_are_dropped_within_ninety_seconds(self):
        head = Wire(self.server.address, timeout=100)
        head.send(b"GET / HTTP/1.1\r\nHost: x")
        body = Wire(self.server.address, timeout=100)
        body.send(request_bytes("POST", "/api/v1/auth/login", "localhost", [("Content-Length", "100")]))
        reader = Wire(self.server.address, timeout=100, receive_buffer=4096)
        reader.send(self.head(target=b"/big.bin") * 10)
        start = time.monotonic()
        dripping = True
        while dripping:
            time.sleep(1)  # a slow client is the subject
            try:
                head.send(b"x")
            except OSError:
                dripping = False
            self.assertLess(time.monotonic() - start, 65, "a head that never ends is dropped")
        body.read_to_end()
        self.assertLess(time.monotonic() - start, 90)
        wait_until(lambda: self.server.open_descriptors() < 100, "the slow reader is dropped", 90)


if __name__ == "__main__":
    unittest.main()
