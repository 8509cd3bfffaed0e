"""A name server on loopback that answers as it is told, wrongly too."""
import select
import socket
import struct
import threading

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
    """`set` gives a name its values, `*.name` those of every name under it; without a value a name does not exist. What a `behaviour`
    other than `answer` does wrong says its own method below."""

    def __init__(self):
        self.records = {}
        self.behaviour = "answer"
        self.tcp_questions = 0
        self.peer = None
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
                    packet, self.peer = self.udp.recvfrom(4096)
                    for answer in self._answers(packet, False):
                        self.udp.sendto(answer, self.peer)
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
                size = len(answer) + (20 if self.behaviour == "truncate_then_cut" else 0)
                peer.sendall(struct.pack(">H", size) + answer)
            peer.shutdown(socket.SHUT_WR)
            peer.recv(1)

    def _find(self, name, number):
        labels = name.split(".")
        for wanted in (name, *("*." + ".".join(labels[i:]) for i in range(1, len(labels)))):
            if (wanted, number) in self.records:
                return self.records[(wanted, number)]
        return "TXT", []

    def _answers(self, packet, is_tcp):
        return getattr(self, "_" + self.behaviour)(Reply(packet, self._find), is_tcp)

    # The behaviours. Each gives the packets it sends, in order.
    def _answer(self, reply, _):
        return [reply.packet()]

    def _servfail(self, reply, _):
        return [reply.packet(code=2, values=[])]

    def _refuse(self, reply, _):
        return [reply.packet(code=5, values=[])]

    def _silence(self, *_):
        return []

    def _truncate(self, reply, is_tcp):
        return [reply.packet() if is_tcp else reply.packet(truncated=True, values=[])]

    def _truncate_always(self, reply, _):
        return [reply.packet(truncated=True, values=[])]

    def _truncate_then_cut(self, reply, is_tcp):
        """The TCP answer ends inside, behind the length of the whole."""
        return [reply.packet()[:-20]] if is_tcp else self._truncate(reply, False)

    def _forge_id(self, reply, is_tcp):
        """A right answer to another question number, then the true one: there is no such name."""
        return [reply.packet()] if is_tcp else [reply.packet(id_change=0x5555), reply.packet(code=3, values=[])]

    def _forge_question(self, reply, is_tcp):
        return [reply.packet()] if is_tcp else [reply.packet(question="other." + reply.name), reply.packet(code=3, values=[])]

    def _forge_sender(self, reply, is_tcp):
        """The right answer from another port, as somebody who is not the name server would send it."""
        if is_tcp:
            return [reply.packet()]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.sendto(reply.packet(), self.peer)
        return [reply.packet(code=3, values=[])]

    def _other_owner(self, reply, _):
        return [reply.packet(owner="other." + reply.name)]

    def _other_class(self, reply, _):
        return [reply.packet(record_class=3)]

    def _other_section(self, reply, _):
        """The record stands where a name server puts hints, not in the answer."""
        return [reply.packet(section=2)]

    def _error_with_answer(self, reply, _):
        return [reply.packet(code=2)]

    def _pointer_loop(self, reply, _):
        """A record whose owner is a pointer to itself."""
        head = reply.packet(values=[])
        return [head[:6] + struct.pack(">H", 1) + head[8:] + struct.pack(">H", 0xC000 | len(head)) + struct.pack(">HHIH", reply.number, 1, 60, 0)]

    def _more_records_than_bytes(self, reply, _):
        packet = reply.packet()
        return [packet[:6] + b"\xff\xff" + packet[8:]]

    def _garbage(self, reply, _):
        return [reply.id_bytes + b"\xff" * 40]


class Reply:
    """One question and the packets that may answer it."""

    def __init__(self, packet, find):
        self.id_bytes = packet[:2]
        self.name, self.number, self.question = read_question(packet)
        self.kind, self.values = find(self.name, self.number)

    def packet(self, code=None, values=None, truncated=False, id_change=0, owner=None, question=None, record_class=1, section=0):
        values = self.values if values is None else values
        if code is None:
            code = 0 if self.values else 3
        counts = [len(values) if section == i else 0 for i in range(3)]
        number_of = struct.unpack(">H", self.id_bytes)[0] ^ id_change
        head = struct.pack(">HHHHHH", number_of, 0x8180 | code | (0x0200 if truncated else 0), 1, *counts)
        body = encode_name(question) + self.question[-4:] if question else self.question
        for value in values:
            data = encode_data(self.kind, value)
            # Without an owner of its own a record points to the question's name, as real servers write it.
            name = encode_name(owner) if owner else struct.pack(">H", 0xC000 | 12)
            body += name + struct.pack(">HHIH", self.number, record_class, 60, len(data)) + data
        return head + body
