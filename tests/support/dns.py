"""Name servers on loopback for the tests: a stub that answers as it is told, wrongly too, and a real dnsmasq."""
import os
import select
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time

TYPES = {"A": 1, "CNAME": 5, "TXT": 16}


def encode_name(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label) + b"\0"


def encode_data(kind, value):
    if kind == "CNAME":
        return encode_name(value)
    data = value.encode()
    return b"".join(bytes([len(data[i:i + 255])]) + data[i:i + 255] for i in range(0, len(data), 255)) or b"\0"


def read_question(packet):
    """The name (lower-case), the type's number and the question's bytes."""
    at, labels = 12, []
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode().lower())
        at += 1 + packet[at]
    return ".".join(labels), struct.unpack(">H", packet[at + 1:at + 3])[0], packet[12:at + 5]


def bind_both():
    """A UDP and a TCP socket with the same port: what is free for one may be taken for the other."""
    for _ in range(100):
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            udp.bind(("127.0.0.1", 0))
            tcp.bind(udp.getsockname())
            return udp, tcp
        except OSError:
            udp.close()
            tcp.close()
    raise AssertionError("no port is free for UDP and TCP")


class StubDns:
    """`set` gives a name its values; `behaviour` is one of answer, servfail, refuse, silence, truncate, forge_id, garbage, other_owner.
    Without a value a name does not exist."""

    def __init__(self):
        self.records = {}
        self.behaviour = "answer"
        self.tcp_questions = 0
        self.udp, self.tcp = bind_both()
        self.port = self.udp.getsockname()[1]
        self.tcp.listen(16)
        self.end, self.wake = socket.socketpair()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    @property
    def server(self):
        return f"127.0.0.1:{self.port}"

    def set(self, name, kind, *values):
        self.records[(name, TYPES[kind])] = (kind, list(values))

    def clear(self):
        self.records = {}
        self.behaviour = "answer"

    def close(self):
        self.wake.send(b"x")
        self.thread.join()
        for each in (self.udp, self.tcp, self.end, self.wake):
            each.close()

    def _run(self):
        while True:
            readable, _, _ = select.select([self.udp, self.tcp, self.end], [], [])
            if self.end in readable:
                return
            try:
                if self.udp in readable:
                    packet, peer = self.udp.recvfrom(4096)
                    for answer in self._answers(packet, False):
                        self.udp.sendto(answer, peer)
                if self.tcp in readable:
                    self._serve_tcp()
            except (OSError, IndexError, struct.error):
                continue

    def _serve_tcp(self):
        peer, _ = self.tcp.accept()
        with peer:
            peer.settimeout(10)
            size = struct.unpack(">H", peer.recv(2, socket.MSG_WAITALL))[0]
            packet = peer.recv(size, socket.MSG_WAITALL)
            self.tcp_questions += 1
            for answer in self._answers(packet, True):
                peer.sendall(struct.pack(">H", len(answer)) + answer)
            peer.shutdown(socket.SHUT_WR)
            peer.recv(1)

    def _answers(self, packet, is_tcp):
        name, number, question = read_question(packet)
        kind, values = self.records.get((name, number), ("TXT", []))
        number_of = struct.unpack(">H", packet[:2])[0]

        def make(code=0, truncated=False, id_change=0, owner=name, records=True):
            shown = values if records else []
            head = struct.pack(">HHHHHH", number_of ^ id_change, 0x8180 | code | (0x0200 if truncated else 0), 1, len(shown), 0, 0)
            body = b""
            for value in shown:
                data = encode_data(kind, value)
                body += encode_name(owner) + struct.pack(">HHIH", number, 1, 60, len(data)) + data
            return head + question + body

        missing = 0 if values else 3
        behaviour = self.behaviour
        if behaviour == "servfail":
            return [make(2, records=False)]
        if behaviour == "refuse":
            return [make(5, records=False)]
        if behaviour == "silence":
            return []
        if behaviour == "truncate" and not is_tcp:
            return [make(truncated=True, records=False)]
        if behaviour == "forge_id" and not is_tcp:
            return [make(id_change=0x5555), make(3, records=False)]
        if behaviour == "garbage":
            return [packet[:2] + b"\xff" * 40]
        if behaviour == "other_owner":
            return [make(missing, owner="other." + name)]
        return [make(missing)]


def free_port():
    """A port that was free for UDP and TCP a moment ago, for a server that cannot choose one itself."""
    udp, tcp = bind_both()
    with udp, tcp:
        return udp.getsockname()[1]


class Dnsmasq:
    """A real name server with fixed records; `lines` are those of its configuration file."""

    def __init__(self, port, lines):
        self.folder = tempfile.mkdtemp(prefix="sitepod-dnsmasq-")
        config = os.path.join(self.folder, "dnsmasq.conf")
        with open(config, "w") as file:
            file.write("\n".join(["no-resolv", "no-hosts", "no-poll", "bind-interfaces", "listen-address=127.0.0.1", f"port={port}",
                                  "local=/#/", *lines]) + "\n")
        program = shutil.which("dnsmasq") or "/usr/sbin/dnsmasq"
        self.process = subprocess.Popen([program, "--keep-in-foreground", f"--conf-file={config}", f"--pid-file={self.folder}/pid",
                                         f"--user={os.environ.get('USER') or 'root'}", "--log-facility=-"],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            self._wait_until_it_answers(port)
        except BaseException:
            self.close()
            raise

    def _wait_until_it_answers(self, port):
        deadline = time.monotonic() + 30
        question = struct.pack(">HHHHHH", 1, 0x0100, 1, 0, 0, 0) + encode_name("ready.test") + struct.pack(">HH", 16, 1)
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"dnsmasq ended: {self.process.stdout.read().decode(errors='replace')}")
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
                udp.connect(("127.0.0.1", port))
                udp.settimeout(0.2)
                try:
                    udp.send(question)
                    if udp.recv(512):
                        return
                except OSError:  # nobody listens yet: ask again
                    select.select([], [], [], 0.02)
        raise AssertionError("dnsmasq did not answer within 30 s")

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        self.process.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)
