"""A server that orders its certificates from pebble."""
import pathlib
import ssl
import unittest

from support.api import Api, unique
from support.name_servers import free_port
from support.pebble import Pebble
from support.server import Server, wait_until
from support.tls import TlsWire, client_context, https_address

BASE = "pods.test"
PATIENCE = 90


class AcmeCase(unittest.TestCase):
    seconds = 90 * 86400

    def setUp(self):
        self.http_port = free_port()
        self.pebble = Pebble(self.http_port, self.seconds)
        self.addCleanup(self.pebble.close)

    def start(self, **env):
        server = Server(domain=f"{BASE}:0", listen=f"127.0.0.1:{self.http_port}", env={"SITEPOD_HTTPS_ADDR": "127.0.0.1:0", **self.pebble.settings(), **env})
        server.__enter__()
        self.addCleanup(server.__exit__, None, None, None)
        return server

    def deploy(self, server, files=None):
        if not hasattr(self, "api"):
            self.api = Api(server.address).login("first@example.org")
        project = unique("site")
        self.api.deploy(project, files or {"index.html": b"<h1>here</h1>"})
        return f"{project}.{BASE}"

    def certificate_of(self, server, host, check=True):
        """What is shown to who asks for the host, as it is sent; nothing while that would not be believed."""
        try:
            with TlsWire(https_address(server), client_context(self.pebble.root() if check else self.pebble.trusted, check=check), host) as wire:
                return wire.socket.getpeercert(binary_form=True)
        except (ssl.SSLError, ConnectionError):
            return None

    def wait_for(self, server, host):
        try:
            return wait_until(lambda: self.certificate_of(server, host), f"{host} has a certificate", PATIENCE)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{server.log()[-4000:]}")

    def folder(self, server):
        return pathlib.Path(server.data) / "certificates"
