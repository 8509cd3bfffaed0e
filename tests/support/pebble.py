"""pebble, the ACME authority for tests that Debian has, on free ports of loopback. It refuses a part of the nonces, as authorities may."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading

from support.name_servers import ChallengeDns, free_port
from support.server import wait_until
from support.tls import Authority, TlsWire, client_context


class Pebble:
    """`http_port` is where it looks for proofs, `seconds` how long its certificates live. `trusted` vouches for its own address, `root()` for what it issues."""

    def __init__(self, http_port, seconds=90 * 86400, nonce_rejects=20):
        self.folder = tempfile.mkdtemp(prefix="sitepod-pebble-")
        authority = Authority(self.folder)
        certificate, key = authority.issue("pebble", "localhost")
        self.trusted = authority.file
        self.dns = ChallengeDns()
        self.port, self.management = free_port(), free_port()
        self.config = os.path.join(self.folder, "pebble.json")
        pathlib.Path(self.config).write_text(json.dumps({"pebble": {
            "listenAddress": f"127.0.0.1:{self.port}", "managementListenAddress": f"127.0.0.1:{self.management}", "certificate": certificate, "privateKey": key,
            "httpPort": http_port, "tlsPort": free_port(), "ocspResponderURL": "", "externalAccountBindingRequired": False,
            "certificateValidityPeriod": seconds, "retryAfter": {"authz": 1, "order": 1}}}))
        self.nonce_rejects = nonce_rejects
        self.process, self.lines = None, []
        try:
            self.start()
        except BaseException:
            self.close()
            raise

    def start(self):
        program = shutil.which("pebble") or "/usr/bin/pebble"
        env = {**os.environ, "PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": str(self.nonce_rejects), "PEBBLE_AUTHZREUSE": "0"}
        self.process = subprocess.Popen([program, "-config", self.config, "-dnsserver", self.dns.server], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True)
        self.reader = threading.Thread(target=self._read, args=(self.process.stdout,), daemon=True)
        self.reader.start()
        wait_until(lambda: any("ACME directory available" in line for line in self.lines) or self.process.poll() is not None, "pebble listens")

    def _read(self, stream):
        for line in stream:
            self.lines.append(line)

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait(30)
            self.reader.join(30)
            self.process.stdout.close()
            self.process, self.lines = None, []

    def close(self):
        self.stop()
        self.dns.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def directory(self):
        return f"https://localhost:{self.port}/dir"

    def settings(self):
        return {"SITEPOD_ACME_EMAIL": "operator@example.org", "SITEPOD_ACME_DIRECTORY": self.directory, "SITEPOD_ACME_CA_FILE": self.trusted}

    def root(self):
        """The path of the root that its certificates lead to; another after each start."""
        with TlsWire(("127.0.0.1", self.management), client_context(self.trusted), "localhost") as wire:
            answer = wire.get("/roots/0", "localhost")
        path = os.path.join(self.folder, "root.pem")
        pathlib.Path(path).write_bytes(answer.body)
        return path

    def orders(self, name=None):
        """How many orders it has taken, or how many proofs of that name it has looked for."""
        return self.count("Added order") if name is None else self.count(f"http://{name}:")

    def count(self, text):
        return sum(1 for line in self.lines if text in line)
