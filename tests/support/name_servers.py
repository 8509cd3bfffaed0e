"""Real name servers on loopback: dnsmasq, and the scriptable one that comes with the ACME test server pebble."""
import json
import os
import select
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time

from support.dns import bind_both, encode_name
from support.wire import fetch


def free_port():
    """A port that was free for UDP and TCP a moment ago, for a server that cannot choose one itself."""
    udp, tcp = bind_both()
    with udp, tcp:
        return udp.getsockname()[1]


def wait_until_it_answers(process, port):
    deadline = time.monotonic() + 30
    question = struct.pack(">HHHHHH", 1, 0x0100, 1, 0, 0, 0) + encode_name("ready.test") + struct.pack(">HH", 16, 1)
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError(f"the name server ended: {process.stdout.read().decode(errors='replace')}")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.connect(("127.0.0.1", port))
            udp.settimeout(0.2)
            try:
                udp.send(question)
                if udp.recv(512):
                    return
            except OSError:  # nobody listens yet: ask again
                select.select([], [], [], 0.02)
    raise AssertionError("the name server did not answer within 30 s")


def end(process):
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    process.wait(30)
    process.stdout.close()


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
            wait_until_it_answers(self.process, port)
        except BaseException:
            self.close()
            raise

    def close(self):
        end(self.process)
        shutil.rmtree(self.folder, ignore_errors=True)


class ChallengeDns:
    """pebble-challtestsrv: records come and go over its management port. A name without a record has no answer, not even NXDOMAIN."""

    def __init__(self):
        self.port, self.management = free_port(), free_port()
        program = shutil.which("pebble-challtestsrv") or "/usr/bin/pebble-challtestsrv"
        self.process = subprocess.Popen([program, "-dns01", f"127.0.0.1:{self.port}", "-management", f"127.0.0.1:{self.management}", "-http01", "",
                                         "-https01", "", "-tlsalpn01", "", "-defaultIPv4", "127.0.0.1", "-defaultIPv6", ""],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            wait_until_it_answers(self.process, self.port)
        except BaseException:
            self.close()
            raise

    @property
    def server(self):
        return f"127.0.0.1:{self.port}"

    def _manage(self, word, name, **more):
        answer = fetch(("127.0.0.1", self.management), f"/{word}", method="POST", body=json.dumps({"host": name + ".", **more}).encode())
        if answer.status != 200:
            raise AssertionError(f"{word} {name}: {answer}")

    def add_txt(self, name, value):
        self._manage("set-txt", name, value=value)

    def clear_txt(self, name):
        self._manage("clear-txt", name)

    def set_cname(self, name, target):
        self._manage("set-cname", name, target=target + ".")

    def fail(self, name):
        self._manage("set-servfail", name)

    def recover(self, name):
        self._manage("clear-servfail", name)

    def close(self):
        end(self.process)
