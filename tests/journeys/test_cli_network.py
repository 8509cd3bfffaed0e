#!/usr/bin/env python3
"""What stands between the command-line client and its server: proxies and certificates (features §4; wish 18). Errors must say what to do."""
import base64
import os
import pathlib
import socket
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support import sites  # noqa: E402
from support.api import Api, unique  # noqa: E402
from support.cli import Cli  # noqa: E402
from support.proxy import Proxy, TlsFront  # noqa: E402
from support.server import Server  # noqa: E402
from support.wire import fetch  # noqa: E402

FAR = "http://sitepod.example"  # found by the proxy alone: nothing asks a name server for it
NETWORK = 10


class NetworkCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.server.__enter__()
        cls.addClassCleanup(lambda: cls.server.__exit__(None, None, None))
        cls.api = Api(cls.server.address).login("first@example.org")

    def cli(self, endpoint):
        cli = Cli(endpoint, self.api.token)
        self.addCleanup(cli.__exit__)
        return cli

    def proxy(self, **more):
        proxy = Proxy(self.server.address, **more)
        self.addCleanup(proxy.__exit__)
        return proxy

    def assert_told(self, done, *words):
        self.assertEqual(done.returncode, NETWORK, done)
        for word in words:
            self.assertIn(word, done.stderr)
        self.assertNotIn("Trying again", done.stderr, "no second try changes this")


class Proxies(NetworkCase):
    def test_a_deploy_goes_through_the_proxy_in_either_spelling(self):
        for variable in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
            with self.subTest(variable=variable):
                proxy, cli, project = self.proxy(), self.cli(FAR), unique("far")
                folder = sites.write({"index.html": b"from afar"}, pathlib.Path(tempfile.mkdtemp(dir=cli.home)))
                cli.must("deploy", folder, "-n", project, "--prod", env={variable: proxy.url})
                self.assertEqual(fetch(self.server.address, "/", f"{project}.localhost").body, b"from afar")
                self.assertTrue(all(line.split(" ")[1].startswith(FAR) for line in proxy.requests), proxy.requests)

    def test_a_proxy_with_a_login_gets_it(self):
        proxy = self.proxy(login="Basic " + base64.b64encode(b"user:secret").decode())
        self.cli(FAR).must("whoami", env={"http_proxy": proxy.url.replace("//", "//user:secret@")})
        done = self.cli(FAR).run("whoami", env={"http_proxy": proxy.url})
        self.assert_told(done, "The proxy asks for a login", "http_proxy=http://user:password@")
        self.assertEqual(len(proxy.requests), 2)

    def test_hosts_of_no_proxy_and_this_machine_itself_are_reached_without_it(self):
        proxy = self.proxy(refusal=403)
        near = self.server.url.replace("127.0.0.1", "0.0.0.0")
        for endpoint, env in ((near, {"NO_PROXY": "0.0.0.0"}), (near, {"no_proxy": "*"}), (self.server.url, {}), (self.server.url.replace("127.0.0.1", "localhost"), {})):
            with self.subTest(endpoint=endpoint):
                self.cli(endpoint).must("whoami", env={**env, "http_proxy": proxy.url, "ALL_PROXY": proxy.url})
        self.assertEqual(proxy.requests, [])
        self.assertNotEqual(self.cli(near).run("whoami", env={"http_proxy": proxy.url}).returncode, 0)
        self.assertEqual(len(proxy.requests), 1)

    def test_a_proxy_that_is_not_there_is_named(self):
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))  # the port is nobody else's as long as this test runs, and nobody listens
            gone = f"http://127.0.0.1:{silent.getsockname()[1]}"
            done = self.cli(FAR).run("whoami", env={"http_proxy": gone.replace("//", "//user:secret@")})
        self.assertEqual(done.returncode, NETWORK, done)
        self.assertIn(f"The proxy {gone.removeprefix('http://')} of http_proxy cannot be reached", done.stderr)
        self.assertIn("NO_PROXY", done.stderr)
        self.assertNotIn("secret", done.stderr)

    def test_a_proxy_that_refuses_the_way_is_named(self):
        done = self.cli("https://sitepod.example").run("whoami", env={"https_proxy": self.proxy(refusal=403).url})
        self.assert_told(done, "of https_proxy refuses the way", "403", "NO_PROXY")
        done = self.cli("https://sitepod.example").run("whoami", env={"HTTPS_PROXY": self.proxy(refusal=407).url})
        self.assert_told(done, "of HTTPS_PROXY asks for a login", "HTTPS_PROXY=http://user:password@")

    def test_an_answer_that_is_not_the_servers_says_so(self):
        done = self.cli(FAR).run("whoami", env={"http_proxy": self.proxy(refusal=403).url})
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("status 403 and is none of sitepod", done.stderr)
        self.assertIn("proxy", done.stderr)


class Certificates(NetworkCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="sitepod-tls-")
        self.addCleanup(folder.cleanup)
        self.front = TlsFront(self.server.address, folder.name)
        self.addCleanup(self.front.__exit__)
        self.endpoint = f"https://127.0.0.1:{self.front.port}"

    def test_one_that_nobody_vouches_for_is_refused_until_its_file_is_named(self):
        self.assert_told(self.cli(self.endpoint).run("whoami"), "cannot be trusted", "SSL_CERT_FILE")
        self.cli(self.endpoint).must("whoami", env={"SSL_CERT_FILE": self.front.certificate})

    def test_one_for_another_name_says_so(self):
        done = self.cli(self.endpoint.replace("127.0.0.1", "localhost")).run("whoami", env={"SSL_CERT_FILE": self.front.certificate})
        self.assert_told(done, "The certificate is for another name")

    def test_a_file_that_holds_none_is_named(self):
        done = self.cli(self.endpoint).run("whoami", env={"SSL_CERT_FILE": "/nowhere/ca.pem"})
        self.assert_told(done, "SSL_CERT_FILE names /nowhere/ca.pem")

    def test_the_wrong_scheme_is_said(self):
        self.assert_told(self.cli(self.server.url.replace("http:", "https:")).run("whoami"), "does not speak TLS there", "http://")
        done = self.cli(self.endpoint.replace("https:", "http:")).run("whoami")
        self.assertEqual(done.returncode, NETWORK, done)


if __name__ == "__main__":
    unittest.main()
