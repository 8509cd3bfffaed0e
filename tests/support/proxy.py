"""A forward proxy that takes every name for one address, and a TLS front of it: what may stand between a client and its server."""
import os
import socket
import ssl
import subprocess
import threading

from support.relay import accept_each


def _pump(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def _join(client, server, first=b""):
    """Both directions until both have ended."""
    with client, server:
        if first:
            server.sendall(first)
        back = threading.Thread(target=_pump, args=(server, client), daemon=True)
        back.start()
        _pump(client, server)
        back.join()


class _Front:
    """A listener with a thread per connection."""

    def __init__(self):
        self.requests = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        accept_each(self.listener, self._serve_quietly)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()

    def _serve_quietly(self, client):
        try:
            self.serve(client)
        except OSError:
            client.close()  # among them ssl.SSLError: the client does not trust the certificate


class Proxy(_Front):
    """`refusal`: a status that every request gets instead of the way to `address`. `login`: what it wants in Proxy-Authorization."""

    def __init__(self, address, refusal=None, login=None):
        self.address, self.refusal, self.login = address, refusal, login
        super().__init__()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def serve(self, client):
        data = b""
        while b"\r\n\r\n" not in data:
            piece = client.recv(65536)
            if not piece:
                client.close()
                return
            data += piece
        head, _, rest = data.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        self.requests.append(lines[0])
        refusal = self.refusal
        if self.login and f"proxy-authorization: {self.login}".lower() not in [line.lower() for line in lines]:
            refusal = 407
        if refusal:
            extra = "Proxy-Authenticate: Basic realm=x\r\n" if refusal == 407 else ""
            client.sendall(f"HTTP/1.1 {refusal} No\r\n{extra}Content-Type: text/html\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno".encode())
            client.close()
            return
        server = socket.create_connection(self.address)
        method, target, version = lines[0].split(" ")
        if method == "CONNECT":
            client.sendall(b"HTTP/1.1 200 Established\r\n\r\n")
            _join(client, server, rest)
            return
        # One request a connection, in origin form, is proxy enough.
        path = "/" + target.split("/", 3)[3]
        kept = [line for line in lines[1:] if not line.lower().startswith(("proxy-", "connection:"))]
        _join(client, server, "\r\n".join([f"{method} {path} {version}", *kept, "Connection: close"]).encode() + b"\r\n\r\n" + rest)


class TlsFront(_Front):
    """Speaks TLS for `address` with a certificate of its own making for 127.0.0.1, which lies at `certificate`."""

    def __init__(self, address, folder):
        self.address = address
        self.certificate = os.path.join(folder, "certificate.pem")
        key = os.path.join(folder, "key.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", self.certificate, "-days", "2", "-subj", "/CN=test",
                        "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True, timeout=60)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.certificate, key)
        super().__init__()

    def serve(self, client):
        client = self.context.wrap_socket(client, server_side=True)
        _join(client, socket.create_connection(self.address))
