"""HTTP/1.1 by hand over a real socket, so that a test sends exactly the bytes it means and sees exactly the answer.

A Wire is one connection of one thread. Answers are read by Content-Length, by chunks, or to the end of the connection; every
read has a deadline and a missing answer raises, so a hanging server fails a test instead of stalling it.
"""
import socket
import struct

TIMEOUT_SECONDS = 30


class WireClosed(Exception):
    """The server closed the connection before a whole answer was there."""


class Answer:
    def __init__(self, status, reason, fields, body, head):
        self.status = status
        self.reason = reason
        self.fields = fields  # list of (lower-case name, value) in order
        self.body = body
        self.head = head  # the raw bytes of the head

    def get(self, name, default=None):
        """The value of a field; repeated fields joined as RFC 9110 §5.3 allows."""
        values = [v for n, v in self.fields if n == name.lower()]
        return ", ".join(values) if values else default

    def all(self, name):
        return [v for n, v in self.fields if n == name.lower()]

    def vary(self):
        return {token.strip().lower() for token in (self.get("vary") or "").split(",") if token.strip()}

    def __repr__(self):
        return f"<{self.status} {self.fields} {self.body[:200]!r}>"


class Wire:
    def __init__(self, address, timeout=TIMEOUT_SECONDS, receive_buffer=None, source=None):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        if source:
            self.socket.bind((source, 0))
        self.socket.settimeout(timeout)
        self.socket.connect(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def reset(self):
        """Ends the connection with RST instead of FIN."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def half_close(self):
        self.socket.shutdown(socket.SHUT_WR)

    def send(self, data):
        self.socket.sendall(data)

    def send_request(self, method, target, host="localhost", fields=(), body=None):
        self.send(request_bytes(method, target, host, fields, body))

    def ask(self, method, target, host="localhost", fields=(), body=None):
        self.send_request(method, target, host, fields, body)
        return self.read_answer(head_only=method == "HEAD")

    def get(self, target, host="localhost", fields=()):
        return self.ask("GET", target, host, fields)

    def _more(self):
        data = self.socket.recv(1 << 18)
        if not data:
            raise WireClosed(f"closed after {self.buffer[:300]!r}")
        self.buffer += data

    def _read_line(self):
        while b"\r\n" not in self.buffer:
            self._more()
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line

    def _read_exactly(self, count):
        if len(self.buffer) < count:
            parts = [self.buffer]
            have = len(self.buffer)
            self.buffer = b""
            while have < count:
                data = self.socket.recv(1 << 18)
                if not data:
                    raise WireClosed(f"closed {count - have} bytes before the end of a body of {count}")
                parts.append(data)
                have += len(data)
            self.buffer = b"".join(parts)
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def read_answer(self, head_only=False):
        """The next final answer; 1xx answers are passed over."""
        while True:
            while b"\r\n\r\n" not in self.buffer:
                self._more()
            head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
            lines = head.split(b"\r\n")
            version, status, *reason = lines[0].decode("latin-1").split(" ", 2)
            if version != "HTTP/1.1":
                raise AssertionError(f"not an HTTP/1.1 status line: {lines[0]!r}")
            status = int(status)
            fields = []
            for line in lines[1:]:
                name, value = line.decode("latin-1").split(":", 1)
                fields.append((name.lower(), value.strip()))
            if status >= 200:
                break
        answer = Answer(status, reason[0] if reason else "", fields, b"", head)
        if head_only or status in (204, 304):
            return answer
        if (answer.get("transfer-encoding") or "").lower() == "chunked":
            answer.body = self._read_chunked()
        elif answer.get("content-length") is not None:
            answer.body = self._read_exactly(int(answer.get("content-length")))
        else:
            answer.body = self.read_to_end()
        return answer

    def _read_chunked(self):
        parts = []
        while True:
            size = int(self._read_line().split(b";")[0], 16)
            if size == 0:
                while self._read_line():
                    pass
                return b"".join(parts)
            parts.append(self._read_exactly(size))
            self._read_line()

    def read_to_end(self):
        """Everything until the server closes. A reset counts as an end: the bytes before it are what a client has."""
        parts = [self.buffer]
        self.buffer = b""
        while True:
            try:
                data = self.socket.recv(1 << 18)
            except ConnectionResetError:
                break
            if not data:
                break
            parts.append(data)
        return b"".join(parts)

    def is_closed_by_server(self):
        """Waits for the end of the connection; True when it came and nothing was sent before it."""
        return self.read_to_end() == b""


def request_bytes(method, target, host="localhost", fields=(), body=None):
    lines = [f"{method} {target} HTTP/1.1".encode("latin-1") if isinstance(target, str) else method.encode() + b" " + target + b" HTTP/1.1"]
    if host is not None:
        lines.append(b"Host: " + host.encode("latin-1"))
    fields = fields.items() if isinstance(fields, dict) else fields
    lines += [f"{name}: {value}".encode("latin-1") for name, value in fields]
    if body is not None:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + (body or b"")


def fetch(address, target, host="localhost", fields=(), method="GET", body=None, timeout=TIMEOUT_SECONDS):
    """One request on its own connection."""
    with Wire(address, timeout) as wire:
        return wire.ask(method, target, host, fields, body)
