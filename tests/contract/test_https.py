#!/usr/bin/env python3
"""https by the server itself: deploy API §1, §6, §9, §14; reliability rows 67-69."""
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support import hashes, sites  # noqa: E402
from support.api import unique  # noqa: E402
from support.case import SLOW  # noqa: E402
from support.cli import Cli  # noqa: E402
from support.server import Server, run_program, wait_until  # noqa: E402
from support.tls import Authority, TlsApi, TlsWire, client_hello, https_address, plain_socket  # noqa: E402
from support.wire import Wire, fetch, request_bytes  # noqa: E402

BASE = "pods.test"
OTHER = "shop.example"


class HttpsCase(unittest.TestCase):
    """A server of `pods.test` with a certificate for it and its sites, and one for a custom domain."""
    env = {}

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="sitepod-tls-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.authority = Authority(cls.folder)
        cls.own = cls.authority.issue("own", BASE, f"*.{BASE}", f"*.preview.{BASE}", "localhost", "*.localhost")
        cls.other = cls.authority.issue("other", OTHER, key="rsa")
        cls.context = cls.authority.context()

    def start(self, **env):
        server = Server(domain=f"{BASE}:0", env={"SITEPOD_HTTPS_ADDR": "127.0.0.1:0", "SITEPOD_TLS_CERTIFICATE": f"{self.own[0]}, {self.other[0]}",
                                                "SITEPOD_TLS_KEY": f"{self.own[1]},{self.other[1]}", **self.env, **env})
        server.__enter__()
        self.addCleanup(server.__exit__, None, None, None)
        return server

    def tls(self, server, name=BASE, context=None, **more):
        wire = TlsWire(https_address(server), context or self.context, name, **more)
        self.addCleanup(wire.close)
        return wire

    def api(self, server, email="first@example.org"):
        return TlsApi(https_address(server), self.context, BASE).login(email)

    def deploy(self, api, files, stem="site"):
        """Deploys every byte through TLS; the host."""
        project = unique(stem)
        plan = api.plan(project, files).json
        by_hash = {hashes.sha256(data): data for data in files.values()}
        with TlsWire(api.address, self.context, BASE, 120) as wire:
            for name in plan["missing"]:
                self.assertEqual(api.upload(plan["plan_id"], name, by_hash[name], wire=wire).status, 200)
        image = api.must("POST", "/commit", {"plan_id": plan["plan_id"]})["image_id"]
        self.released = api.must("POST", "/release", {"project": project, "environment": "prod", "image_id": image})
        return f"{project}.{BASE}"


class SharedServerCase(HttpsCase):
    """One server for all tests of a class."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.case = cls("run_nothing")
        cls.addClassCleanup(cls.case.doCleanups)
        cls.server = cls.case.start()

    def run_nothing(self):
        pass


class Serving(SharedServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = cls.case.api(cls.server)
        cls.files = {"index.html": b"<h1>hello</h1>", "empty.txt": b"", "edge.bin": sites.noise(64 * 1024), "over.bin": sites.noise(64 * 1024 + 1),
                     "record.bin": sites.noise(16 * 1024), "large.bin": sites.noise(5_000_003)}
        cls.host = cls.case.deploy(cls.user, cls.files)
        cls.url = cls.case.released["url"]

    def test_every_file_arrives_byte_for_byte_in_both_versions_and_with_both_kinds_of_key(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            for name in (self.host, OTHER):
                wire = self.tls(self.server, name, self.authority.context(version=version))
                for path, data in self.files.items():
                    with self.subTest(version=version, name=name, path=path):
                        answer = wire.get("/" + path if path != "index.html" else "/", self.host)
                        self.assertEqual((answer.status, answer.body), (200, data))

    def test_pipelined_requests_are_answered_in_order_however_their_bytes_are_split(self):
        requests = b"".join(request_bytes("GET", f"/{path}", self.host) for path in ("edge.bin", "empty.txt", "large.bin", "over.bin", "record.bin"))
        for piece in (len(requests), 100, 7):
            wire = self.tls(self.server, self.host)
            for at in range(0, len(requests), piece):
                wire.send(requests[at:at + piece])
            for path in ("edge.bin", "empty.txt", "large.bin", "over.bin", "record.bin"):
                self.assertEqual(wire.read_answer().body, self.files[path], path)

    def test_a_part_of_a_large_file_and_its_validators_work_as_without_tls(self):
        wire = self.tls(self.server, self.host)
        answer = wire.get("/large.bin", self.host, [("Range", "bytes=100000-4000000")])
        self.assertEqual((answer.status, answer.body), (206, self.files["large.bin"][100_000:4_000_001]))
        answer = wire.get("/large.bin", self.host, [("If-None-Match", answer.get("etag"))])
        self.assertEqual(answer.status, 304)
        self.assertEqual(wire.ask("HEAD", "/large.bin", self.host).get("content-length"), str(len(self.files["large.bin"])))

    def test_a_slow_reader_gets_every_byte_and_holds_nobody_up(self):
        slow = self.tls(self.server, self.host, receive_buffer=4096)
        slow.send_request("GET", "/large.bin", self.host)
        for _ in range(20):
            self.assertEqual(self.tls(self.server, self.host).get("/edge.bin", self.host).status, 200)
        self.assertEqual(slow.read_answer().body, self.files["large.bin"])

    def test_many_visitors_at_once_get_their_own_answers(self):
        failures = []

        def visit(seed):
            try:
                chosen = random.Random(seed)
                with TlsWire(https_address(self.server), self.context, self.host) as wire:
                    for _ in range(15):
                        path = chosen.choice(["edge.bin", "over.bin", "record.bin", "empty.txt"])
                        if wire.get("/" + path, self.host).body != self.files[path]:
                            failures.append(path)
            except Exception as error:  # noqa: BLE001
                failures.append(error)

        visitors = [threading.Thread(target=visit, args=(seed,)) for seed in range(16)]
        for each in visitors:
            each.start()
        for each in visitors:
            each.join()
        self.assertEqual(failures, [])

    def test_addresses_are_https_with_the_port_that_is_listened_on(self):
        port = https_address(self.server)[1]
        self.assertEqual(self.url, f"https://{self.host}:{port}")
        preview = self.user.must("POST", "/preview", {"project": self.host.split(".")[0], "slug": "pr"})
        self.assertTrue(preview["url"].startswith("https://"), preview)
        self.assertTrue(preview["path_url"].startswith("https://"), preview)

    def test_built_pages_feeds_and_sitemaps_name_themselves_by_https(self):
        owner = self.api(self.server, "writer@example.org")
        writer = TlsApi(owner.address, self.context, BASE, owner.must("POST", "/tokens", {"name": "writer", "scopes": ["content"]})["token"])
        self.assertEqual(writer.post("/public/pages", {"pages": [{"title": "Hello World", "content": "Words."}], "build": True}).status, 200)
        wait_until(lambda: writer.get("/public/builds/latest").json.get("status") == "success", "the build ends", 60)
        host = f"{owner.must('GET', '/projects')[0]['name']}.{BASE}"
        address = f"https://{host}:{https_address(self.server)[1]}"
        with TlsWire(owner.address, self.context, host) as wire:
            page = wire.get("/blog/hello-world", host).body.decode()
            self.assertIn(f'rel="canonical" href="{address}/', page.replace("\n", " "))
            self.assertNotIn("http://" + host, page)
            for path in ("/sitemap.xml", "/rss.xml", "/atom.xml"):
                answer = wire.get(path, host)
                self.assertEqual(answer.status, 200, path)
                self.assertIn(address, answer.body.decode(), path)
                self.assertNotIn("http://" + host, answer.body.decode(), path)

    def test_cookies_are_for_https_only(self):
        self.user.must("POST", "/release", {"project": self.host.split(".")[0], "environment": "beta"})
        answer = self.tls(self.server, self.host).get("/?env=beta", self.host)
        self.assertEqual(answer.status, 302)
        self.assertIn("; Secure", answer.get("set-cookie"))

    def test_the_connection_ends_with_a_goodbye(self):
        wire = self.tls(self.server, self.host)
        self.assertEqual(wire.get("/empty.txt", self.host, [("Connection", "close")]).status, 200)
        self.assertEqual(wire.socket.recv(10), b"")  # without close_notify this raises

    def test_a_client_that_ends_its_half_is_answered(self):
        wire = self.tls(self.server, BASE)
        body = b'{"email":"half@example.org","password":"a long password"}'
        wire.send(request_bytes("POST", "/api/v1/auth/login", BASE, [("Content-Type", "application/json")], body))
        self.assertEqual(wire.read_answer().status, 200)
        raw = wire.socket.unwrap()  # the other half of the goodbye comes
        raw.close()

    def test_curl_and_the_command_line_client_trust_and_use_it(self):
        port = https_address(self.server)[1]
        done = subprocess.run(["curl", "-sS", "--cacert", self.authority.file, "--resolve", f"{self.host}:{port}:127.0.0.1", f"https://{self.host}:{port}/large.bin"],
                              capture_output=True, timeout=60)
        self.assertEqual((done.returncode, done.stdout), (0, self.files["large.bin"]), done.stderr)
        folder = self.folder / "client"
        sites.write({"index.html": b"by the client", "big.bin": sites.noise(3_000_000)}, folder)
        with Cli(endpoint=f"https://localhost:{port}") as cli:
            cli.env["SSL_CERT_FILE"] = self.authority.file
            cli.login()
            project = unique("cli")
            printed = cli.must("deploy", folder, "-n", project, "--prod", "-y").stdout
            self.assertIn(f"https://{project}.{BASE}:{port}", printed)
        host = f"{project}.{BASE}"
        self.assertEqual(self.tls(self.server, host).get("/big.bin", host).body, sites.noise(3_000_000))

    def test_the_metrics_count_handshakes_and_tell_when_certificates_end(self):
        with self.assertRaises((ssl.SSLError, OSError)):
            self.tls(self.server, context=self.authority.context(protocols=("h2",)))
        text = self.user.get("/metrics").body.decode()
        self.assertGreater(int(re.search(r'sitepod_tls_handshakes_total\{result="done"\} (\d+)', text).group(1)), 0)
        self.assertGreater(int(re.search(r'sitepod_tls_handshakes_total\{result="failed"\} (\d+)', text).group(1)), 0)
        ends = dict(re.findall(r'sitepod_tls_certificate_not_after_seconds\{name="([^"]+)"\} (\d+)', text))
        self.assertEqual(set(ends), {BASE, OTHER})
        self.assertAlmostEqual(int(ends[BASE]), time.time() + 20 * 86400, delta=3600)


class Handshakes(SharedServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.address = https_address(cls.server)

    def s_client(self, *args, input=b""):
        return subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{self.address[1]}", "-CAfile", self.authority.file, *args],
                              input=input, capture_output=True, timeout=60)

    def shown_to(self, name):
        context = self.authority.context(check=False)
        with TlsWire(self.address, context, name) as wire:
            return self.own if wire.socket.getpeercert(binary_form=True) == ssl.PEM_cert_to_DER_cert(first_pem(self.own[0])) else self.other

    def test_each_name_gets_its_certificate_and_an_unknown_one_or_none_the_first(self):
        for name in (BASE, f"a.{BASE}", "A.PODS.TEST", "nobody.example", f"a.b.{BASE}", None):
            with self.subTest(name=name):
                self.assertEqual(self.shown_to(name), self.own)
        self.assertEqual(self.shown_to(OTHER), self.other)

    def test_the_chain_is_sent(self):
        text = self.s_client("-servername", OTHER, "-showcerts").stdout.decode()
        self.assertEqual(text.count("-----BEGIN CERTIFICATE-----"), 2)
        self.assertIn("Verify return code: 0 (ok)", text)

    def test_old_versions_and_weak_suites_are_refused(self):
        for version in ("-tls1", "-tls1_1"):
            done = self.s_client(version, "-cipher", "ALL:@SECLEVEL=0")
            self.assertIn(b"alert protocol version", done.stderr, version)
        for suite in ("AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES128-SHA", "DHE-RSA-AES128-GCM-SHA256", "NULL-SHA256"):
            done = self.s_client("-tls1_2", "-cipher", f"{suite}:@SECLEVEL=0")
            self.assertIn(b"alert handshake failure", done.stderr, suite)
        self.assertIn(b"TLS_AES_128_GCM_SHA256", self.s_client().stdout)
        self.assertIn(b"ECDHE-ECDSA-AES128-GCM-SHA256", self.s_client("-tls1_2").stdout)

    def test_only_http_1_1_is_agreed_upon(self):
        with TlsWire(self.address, self.authority.context(protocols=("h2", "http/1.1")), BASE) as wire:
            self.assertEqual(wire.socket.selected_alpn_protocol(), "http/1.1")
        with TlsWire(self.address, self.authority.context(protocols=()), BASE) as wire:
            self.assertIsNone(wire.socket.selected_alpn_protocol())
            self.assertEqual(wire.get("/api/v1/health", BASE).status, 200)
        for protocols in (("h2",), ("http/1.0", "h3"), ("acme-tls/1",)):
            with self.assertRaisesRegex(ssl.SSLError, "(?i)no.application.protocol"):
                TlsWire(self.address, self.authority.context(protocols=protocols), BASE)

    def test_a_client_may_not_negotiate_again(self):
        request = request_bytes("GET", "/api/v1/health", BASE)
        process = subprocess.Popen(["openssl", "s_client", "-connect", f"127.0.0.1:{self.address[1]}", "-tls1_2", "-servername", BASE], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        process.stdin.write(b"R\n")
        process.stdin.flush()
        output, _ = process.communicate(request, timeout=60)
        self.assertIn(b"RENEGOTIATING", output)
        self.assertRegex(output, b"no renegotiation|unexpected|handshake failure")
        self.assertNotIn(b"HTTP/1.1 200", output)

    def test_a_session_is_resumed_under_its_name_and_under_no_other(self):
        for version in ("-tls1_2", "-tls1_3"):
            with tempfile.TemporaryDirectory() as folder:
                ticket = os.path.join(folder, "session")
                ask = request_bytes("GET", "/api/v1/health", BASE, [("Connection", "close")])
                self.s_client(version, "-servername", BASE, "-sess_out", ticket, "-ign_eof", input=ask)
                again = self.s_client(version, "-servername", BASE, "-sess_in", ticket, "-ign_eof", input=ask).stdout
                self.assertIn(b"\nReused, ", again, version)
                elsewhere = self.s_client(version, "-servername", OTHER, "-sess_in", ticket, "-ign_eof", input=ask).stdout
                self.assertIn(b"\nNew, ", elsewhere, version)
                self.assertNotIn(b"Max Early Data: 1", again)

    def test_odd_names_get_a_certificate_or_an_alert_and_harm_nobody(self):
        hello = client_hello("a" * 60 + ".example")
        name = b"a" * 60 + b".example"
        at = hello.index(name)
        for odd in (name.replace(b"a", b"\0"), name[:-1] + b"\0", name.replace(b".", b"\xff"), b" " * len(name)):
            with plain_socket(self.address) as raw:
                raw.sendall(hello[:at] + odd + hello[at + len(name):])
                self.assertIn(raw.recv(1)[:1], (b"\x15", b"\x16"))  # an alert, or a ServerHello
        for names in ("a" * 300, ("a." * 150) + "example"):
            done = self.s_client("-servername", names)
            self.assertTrue(b"BEGIN CERTIFICATE" in done.stdout or b"alert" in done.stderr or b"error" in done.stderr.lower(), done)
        self.assertTrue(self.shown_to(BASE))

    def test_a_hello_in_single_bytes_is_understood(self):
        context = self.authority.context()
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = context.wrap_bio(incoming, outgoing, server_hostname=BASE)
        with plain_socket(self.address) as raw:
            done = False
            while not done:
                try:
                    client.do_handshake()
                    done = True
                except ssl.SSLWantReadError:
                    pass
                for byte in outgoing.read():
                    raw.sendall(bytes([byte]))
                if not done:
                    data = raw.recv(65536)
                    self.assertTrue(data)
                    incoming.write(data)
            client.write(request_bytes("GET", "/api/v1/health", BASE, [("Connection", "close")]))
            for byte in outgoing.read():
                raw.sendall(bytes([byte]))
            while data := raw.recv(65536):
                incoming.write(data)
            self.assertTrue(client.read(65536).startswith(b"HTTP/1.1 200"))

    def test_plain_http_on_the_port_of_https_is_told_so(self):
        with Wire(self.address) as wire:
            answer = wire.get("/", BASE)
            self.assertEqual(answer.status, 400)
            self.assertIn(b"https://", answer.body)
            self.assertEqual(wire.read_to_end(), b"")

    def test_what_is_no_tls_at_all_ends_the_connection_and_nothing_else(self):
        chance = random.Random(7)
        before = self.server.open_descriptors()
        for size in (1, 5, 6, 100, 20_000):
            for first in (b"", b"\x16\x03\x01", b"\x16\x03\x01\x40\x00\x01\x00\x3f\xfc"):
                with plain_socket(self.address) as raw:
                    try:
                        raw.sendall(first + chance.randbytes(size))
                        raw.shutdown(socket.SHUT_WR)
                        while raw.recv(65536):
                            pass
                    except OSError:
                        pass
        wait_until(lambda: self.server.open_descriptors() <= before + 2, "the connections are closed")
        self.assertTrue(self.shown_to(BASE))

    @unittest.skipUnless(SLOW, "needs the real deadline of ten seconds")
    def test_a_handshake_that_does_not_end_is_ended_after_ten_seconds(self):
        hello = client_hello(BASE)
        started = time.monotonic()
        waiting = [plain_socket(self.address) for _ in range(3)]
        waiting[1].sendall(hello[:50])
        waiting[2].sendall(hello)
        for raw in waiting:
            while raw.recv(65536):
                pass
            raw.close()
        self.assertAlmostEqual(time.monotonic() - started, 10, delta=3)


def first_pem(path):
    return pathlib.Path(path).read_text().split("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----\n"


class Redirects(HttpsCase):
    def test_whoever_comes_without_tls_is_sent_to_https(self):
        server = self.start()
        port = https_address(server)[1]
        with Wire(server.address) as wire:
            for method, target, host in (("GET", "/a%20b/?q=1&r=%2F", f"site.{BASE}"), ("HEAD", "/", BASE), ("GET", "/api/v1/projects", BASE), ("DELETE", "/x", "shop.example")):
                answer = wire.ask(method, target, host)
                self.assertEqual((answer.status, answer.get("location")), (308, f"https://{host}:{port}{target}"))
                self.assertEqual(answer.get("content-length"), "0")
        answer = fetch(server.address, "/api/v1/auth/login", BASE, [("Content-Type", "application/json")], "POST", b'{"email":"a@b.test"}')
        self.assertEqual((answer.status, answer.get("connection")), (308, "close"))
        answer = fetch(server.address, f"http://absolute.{BASE}/x?y", "other.example")
        self.assertEqual(answer.get("location"), f"https://absolute.{BASE}:{port}/x?y")

    def test_nobody_is_redirected_whom_https_cannot_serve(self):
        server = self.start()
        for target, host in (("/api/v1/health", "127.0.0.1"), ("/api/v1/health", "192.0.2.7"), ("/healthz", "192.0.2.7"), ("/readyz", "[2001:db8::1]"),
                             ("/api/v1/health", "localhost"), ("/api/v1/health", "[::1]")):
            self.assertEqual(fetch(server.address, target, host).status, 200, (target, host))
        self.assertEqual(fetch(server.address, "/", "site.localhost").status, 404)
        self.assertEqual(fetch(server.address, "/.well-known/acme-challenge/token", f"site.{BASE}").status, 404)
        self.assertEqual(fetch(server.address, "/api/v1/projects", "192.0.2.7").status, 308)

    def test_a_proxy_that_is_believed_says_whether_the_visitor_came_by_https(self):
        server = self.start(SITEPOD_TRUSTED_PROXIES="127.0.0.1")
        self.assertEqual(fetch(server.address, "/", f"site.{BASE}", [("X-Forwarded-Proto", "https")]).status, 404)
        self.assertEqual(fetch(server.address, "/", f"site.{BASE}", [("X-Forwarded-Proto", "http")]).status, 308)
        untrusting = self.start()
        self.assertEqual(fetch(untrusting.address, "/", f"site.{BASE}", [("X-Forwarded-Proto", "https")]).status, 308)


class Lifetime(HttpsCase):
    def test_new_certificates_are_shown_after_sighup_and_nobody_is_cut_off(self):
        shutil.copy(self.own[0], self.folder / "live.pem")
        shutil.copy(self.own[1], self.folder / "live.key")
        server = self.start(SITEPOD_TLS_CERTIFICATE=str(self.folder / "live.pem"), SITEPOD_TLS_KEY=str(self.folder / "live.key"))
        api = self.api(server)
        big = sites.noise(8_000_000)
        host = self.deploy(api, {"big.bin": big})
        before = self.tls(server, host, receive_buffer=4096)
        before.send_request("GET", "/big.bin", host)
        fresh = self.authority.issue("fresh", BASE, f"*.{BASE}", "new.example")
        shutil.copy(fresh[0], self.folder / "live.pem")
        os.kill(server.pid, signal.SIGHUP)
        wait_until(lambda: "could not be read again" in server.log(), "the half-written pair is refused")
        self.assertIn("is not this certificate's", server.log())
        self.assertEqual(self.tls(server, host).ask("HEAD", "/big.bin", host).status, 200)
        with self.assertRaises(ssl.SSLCertVerificationError):
            self.tls(server, "new.example")
        shutil.copy(fresh[1], self.folder / "live.key")
        os.kill(server.pid, signal.SIGHUP)
        wait_until(lambda: "certificates read again" in server.log(), "the new pair is taken")
        self.assertEqual(self.tls(server, "new.example").get("/api/v1/health", "new.example").status, 200)
        self.assertEqual(before.read_answer().body, big)
        self.assertEqual(before.ask("HEAD", "/big.bin", host).status, 200)

    def test_new_certificates_are_shown_also_while_the_database_does_not_open(self):
        shutil.copy(self.own[0], self.folder / "live.pem")
        shutil.copy(self.own[1], self.folder / "live.key")
        server = self.start(SITEPOD_TLS_CERTIFICATE=str(self.folder / "live.pem"), SITEPOD_TLS_KEY=str(self.folder / "live.key"))
        host = self.deploy(self.api(server), {"index.html": b"still here"})
        self.assertEqual(server.stop(), 0)
        for path in server.database_files():
            os.remove(path)
        os.mkdir(os.path.join(server.data, "sitepod.db"))
        server.start()
        fresh = self.authority.issue("fresh", BASE, f"*.{BASE}", "new.example")
        shutil.copy(fresh[0], self.folder / "live.pem")
        shutil.copy(fresh[1], self.folder / "live.key")
        os.kill(server.pid, signal.SIGHUP)
        wait_until(lambda: "certificates read again" in server.log(), "the new pair is taken")
        self.assertEqual(self.tls(server, "new.example").get("/", host).body, b"still here")

    def test_answers_in_flight_are_completed_and_idle_connections_told_goodbye_at_the_end(self):
        server = self.start()
        big = sites.noise(8_000_000)
        host = self.deploy(self.api(server), {"big.bin": big})
        idle = self.tls(server, host)
        self.assertEqual(idle.ask("HEAD", "/big.bin", host).status, 200)
        busy = self.tls(server, host, receive_buffer=4096)
        busy.send_request("GET", "/big.bin", host)
        half = plain_socket(https_address(server))
        half.sendall(client_hello(BASE)[:40])
        os.kill(server.pid, signal.SIGTERM)
        self.assertEqual(idle.socket.recv(10), b"")
        with half:
            try:
                self.assertEqual(half.recv(10), b"")
            except ConnectionResetError:  # its bytes had not been read yet
                pass
        self.assertEqual(busy.read_answer().body, big)
        self.assertEqual(server.stop(), 0)
        server.start()


class Doctor(unittest.TestCase):
    def test_it_looks_at_the_certificates_that_are_named(self):
        with tempfile.TemporaryDirectory() as folder:
            authority = Authority(folder)
            good, soon, other = authority.issue("good", BASE, days=90), authority.issue("soon", BASE, days=5), authority.issue("other", BASE)
            ask = lambda *pairs: run_program("doctor", "--data", folder, "--certificate", ",".join(p[0] for p in pairs), "--key", ",".join(p[1] for p in pairs))  # noqa: E731
            done = ask(good, soon)
            self.assertRegex(done.stdout, f"ok       certificates: {good[0]} ends at ")
            self.assertRegex(done.stdout, f"warning  certificates: {soon[0]} ends at .*\n.*renew it")
            done = ask((good[0], other[1]))
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stdout, "problem  certificates: .*not this certificate's")
            done = run_program("doctor", "--data", folder, env={"SITEPOD_TLS_CERTIFICATE": good[0]})
            self.assertIn("not as many certificates as keys", done.stdout)
            self.assertNotIn("certificates", run_program("doctor", "--data", folder).stdout)


class Settings(unittest.TestCase):
    def print_config(self, **env):
        return run_program("serve", "--print-config", env=env)

    def test_settings_that_contradict_each_other_are_refused_with_what_to_do(self):
        for env, hint in (({"SITEPOD_HTTPS_ADDR": ":443"}, "tls.certificate"),
                          ({"SITEPOD_TLS_CERTIFICATE": "/a", "SITEPOD_TLS_KEY": "/b"}, "server.https_addr"),
                          ({"SITEPOD_HTTPS_ADDR": ":443", "SITEPOD_TLS_CERTIFICATE": "/a,/b", "SITEPOD_TLS_KEY": "/c"}, "2 certificates and 1 keys"),
                          ({"SITEPOD_HTTPS_ADDR": ":443", "SITEPOD_TLS_CERTIFICATE": "/a", "SITEPOD_TLS_KEY": "/c", "SITEPOD_PROXY_MODE": "1"}, "proxy_mode"),
                          ({"SITEPOD_HTTPS_ADDR": "pods.test:443"}, "numeric address")):
            with self.subTest(env=env):
                done = self.print_config(**env)
                self.assertEqual(done.returncode, 2)
                self.assertIn(hint, done.stderr)
        done = self.print_config(SITEPOD_HTTPS_ADDR="[::]:443", SITEPOD_TLS_CERTIFICATE="/a", SITEPOD_TLS_KEY="/b")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('server.https_addr = "[::]:443"', done.stdout)

    def test_files_that_cannot_serve_keep_the_server_from_starting_and_are_named(self):
        with tempfile.TemporaryDirectory() as folder:
            authority = Authority(folder)
            good, other, short = authority.issue("good", BASE), authority.issue("other", BASE), authority.issue("short", BASE, key="short")
            empty = os.path.join(folder, "empty")
            open(empty, "w").close()
            for certificate, key, hint in ((good[0], other[1], "not this certificate's"), (empty, good[1], "no PEM certificate"), (good[0], empty, "no PEM private key"),
                                           (good[0] + ".none", good[1], "No such file"), (short[0], short[1], "cannot be used")):
                with self.subTest(hint=hint):
                    done = run_program("serve", "--data", os.path.join(folder, "data"), "--listen", "127.0.0.1:0", timeout=60,
                                       env={"SITEPOD_HTTPS_ADDR": "127.0.0.1:0", "SITEPOD_TLS_CERTIFICATE": certificate, "SITEPOD_TLS_KEY": key})
                    self.assertEqual(done.returncode, 1, done)
                    self.assertIn(hint, done.stderr)
                    self.assertIn(certificate, done.stderr)

    def test_a_port_that_is_taken_is_named(self):
        with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as taken:
            pair = Authority(folder).issue("good", BASE)
            port = taken.getsockname()[1]
            done = run_program("serve", "--data", os.path.join(folder, "data"), "--listen", "127.0.0.1:0", timeout=60,
                               env={"SITEPOD_HTTPS_ADDR": f"127.0.0.1:{port}", "SITEPOD_TLS_CERTIFICATE": pair[0], "SITEPOD_TLS_KEY": pair[1]})
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"port {port}", done.stderr)

    def test_what_visitors_would_stumble_over_is_told_at_the_start(self):
        with tempfile.TemporaryDirectory() as folder:
            pair = Authority(folder).issue("good", "elsewhere.example", days=3)
            os.chmod(pair[1], 0o644)
            with Server(domain=BASE, env={"SITEPOD_HTTPS_ADDR": "127.0.0.1:0", "SITEPOD_TLS_CERTIFICATE": pair[0], "SITEPOD_TLS_KEY": pair[1]}) as server:
                for hint in ("ends within a week", "covers the base domain", "covers the sites", "can be read by everybody"):
                    self.assertIn(hint, server.log())


if __name__ == "__main__":
    unittest.main()
