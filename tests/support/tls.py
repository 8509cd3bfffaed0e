"""Certificates of a small authority of the test's own, made by the command `openssl`, and clients that speak TLS to the server."""
import pathlib
import re
import socket
import ssl
import subprocess

from support.api import Api
from support.wire import TIMEOUT_SECONDS, Wire


class Authority:
    """Signs certificates under `folder`; `file` is what clients trust."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.file, self.key = str(self.folder / "authority.pem"), str(self.folder / "authority.key")
        _openssl("req", "-x509", *NEW_KEY["ec"], "-nodes", "-keyout", self.key, "-out", self.file, "-days", "30", "-subj", "/CN=test authority")

    def issue(self, stem, *names, key="ec", days=20):
        """The paths of a certificate for these names (its chain behind it) and of its key."""
        certificate, key_file = str(self.folder / f"{stem}.pem"), str(self.folder / f"{stem}.key")
        _openssl("req", "-x509", *NEW_KEY[key], "-nodes", "-keyout", key_file, "-out", certificate, "-days", str(days), "-subj", f"/CN={names[0]}",
                 "-CA", self.file, "-CAkey", self.key, "-addext", "subjectAltName=" + ",".join(f"DNS:{name}" for name in names),
                 "-addext", "basicConstraints=CA:FALSE")
        with open(certificate, "a") as out:
            out.write(pathlib.Path(self.file).read_text())
        return certificate, key_file

    def context(self, **more):
        return client_context(self.file, **more)


NEW_KEY = {"ec": ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"), "rsa": ("-newkey", "rsa:2048"), "short": ("-newkey", "rsa:1024")}


def _openssl(*args):
    done = subprocess.run(["openssl", *args], capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise AssertionError(f"openssl {args}: {done.stderr}")


def client_context(trusted, version=None, protocols=("http/1.1",), check=True):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(trusted)
    if not check:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if version:
        context.minimum_version = context.maximum_version = version
    if protocols:
        context.set_alpn_protocols(list(protocols))
    return context


class TlsWire(Wire):
    """One connection through TLS; `name` is the host that the client asks for, None for none."""

    def __init__(self, address, context, name, timeout=TIMEOUT_SECONDS, receive_buffer=None, session=None):
        super().__init__(address, timeout, receive_buffer)
        try:
            self.socket = context.wrap_socket(self.socket, server_hostname=name, session=session, suppress_ragged_eofs=False)
        except BaseException:
            self.socket.close()
            raise


class TlsApi(Api):
    """The API through TLS, a connection for each request."""

    def __init__(self, address, context, host, token=None):
        super().__init__(address, token, host)
        self.context = context

    def call(self, method, path, body=None, fields=(), wire=None, token=True, timeout=120):
        if wire is not None:
            return super().call(method, path, body, fields, wire, token, timeout)
        with TlsWire(self.address, self.context, self.host, timeout) as own:
            return super().call(method, path, body, fields, own, token, timeout)


def https_address(server):
    return ("127.0.0.1", int(re.search(r"https://[^\s/:]+:(\d+)", server.ready_line).group(1)))


def client_hello(name):
    """The bytes of a ClientHello, as Python's own client makes it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(incoming, outgoing, server_hostname=name)
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


def plain_socket(address, timeout=TIMEOUT_SECONDS):
    raw = socket.create_connection(address, timeout)
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return raw
