#!/usr/bin/env python3
"""100,000 small files in at most 300 bytes a file beyond a constant, in client and server: the peak of 100,000 is compared with that of
1,000 (issue's figure; deploy API amendment "Pack upload"; impossible thing 18). Of the server its own memory counts: pages of the mapped
site index are the kernel's cache of a file, which it takes back when it needs them."""
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support.api import unique  # noqa: E402
from support.case import SANITIZED  # noqa: E402
from support.cli import Cli  # noqa: E402
from support.server import Server, binary  # noqa: E402
from support.wire import Wire  # noqa: E402

FEW, MANY, BYTES_A_FILE = 1_000, 10_000 if SANITIZED else 100_000, 300
SECONDS_TO_STOP = 3  # one on an idle machine


class Peak:
    """The most KiB of its own that a process has had, looked at every few milliseconds; and how fast its server then stops."""

    def __init__(self, pid):
        self.path, self.kib, self.over = f"/proc/{pid}/status", 0, threading.Event()
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()

    def watch(self):
        while not self.over.wait(0.005):
            with open(self.path, encoding="ascii") as status:
                self.kib = max(self.kib, next(int(line.split()[1]) for line in status if line.startswith("RssAnon:")))

    def end(self):
        self.over.set()
        self.thread.join()
        return self.kib


def content(i):
    return b"small file number %d\n" % i


class ManyFiles(unittest.TestCase):
    def write(self, folder, count):
        for i in range(count):
            if i % 1000 == 0:
                (folder / f"d{i // 1000}").mkdir(parents=True)
            with open(folder / f"d{i // 1000}" / f"{i}.txt", "wb") as file:
                file.write(content(i))

    def peaks(self, count):
        """Peak KiB of server and client for one deploy of `count` files, and a stop right behind it."""
        with Server(env={"SITEPOD_MAX_FILES_PER_DEPLOY": "200000"}) as server, Cli(server.url) as cli, tempfile.TemporaryDirectory() as scratch:
            folder = pathlib.Path(scratch)
            self.write(folder, count)
            cli.login()
            project = unique("many")
            command = [binary(), "deploy", str(folder), "-n", project, "--prod", "-y"]
            own = Peak(server.pid)
            process = subprocess.Popen(command, env=cli.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            errors = process.stderr.read()
            _, status, usage = os.wait4(process.pid, 0)
            process.stderr.close()
            process.returncode = os.waitstatus_to_exitcode(status)
            self.assertEqual(process.returncode, 0, errors[-2000:])
            with Wire(server.address) as wire:
                for i in range(0, count, max(1, count // 500)):
                    self.assertEqual(wire.get(f"/d{i // 1000}/{i}.txt", f"{project}.localhost").body, content(i))
            peak = own.end()
            begin = time.monotonic()
            server.stop()
            stopped = time.monotonic() - begin
            print(f"{count} files: the server stopped in {stopped:.2f} s")
            if not SANITIZED:
                self.assertLess(stopped, SECONDS_TO_STOP)
            return peak, usage.ru_maxrss

    def test_memory_grows_by_at_most_300_bytes_a_file(self):
        few, many = self.peaks(FEW), self.peaks(MANY)
        for who, before, after in zip(("server", "client"), few, many):
            a_file = (after - before) * 1024 / (MANY - FEW)
            print(f"{who}: {before} KiB for {FEW} files, {after} KiB for {MANY}: {a_file:.0f} bytes a file")
        if not SANITIZED:
            for who, before, after in zip(("server", "client"), few, many):
                self.assertLessEqual((after - before) * 1024 / (MANY - FEW), BYTES_A_FILE, who)


if __name__ == "__main__":
    unittest.main()
