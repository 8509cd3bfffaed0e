#!/usr/bin/env python3
"""100,000 small files in at most 300 bytes a file beyond a constant, in client and server: the peak of 100,000 is compared with that of
1,000 (issue's figure; deploy API amendment "Pack upload"; impossible thing 18)."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support.api import unique  # noqa: E402
from support.case import SANITIZED  # noqa: E402
from support.cli import Cli  # noqa: E402
from support.server import Server, binary  # noqa: E402
from support.wire import Wire  # noqa: E402

FEW, MANY, BYTES_A_FILE = 1_000, 10_000 if SANITIZED else 100_000, 300


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
        """Peak KiB of server and client for one deploy of `count` files."""
        with Server(env={"SITEPOD_MAX_FILES_PER_DEPLOY": "200000"}) as server, Cli(server.url) as cli, tempfile.TemporaryDirectory() as scratch:
            folder = pathlib.Path(scratch)
            self.write(folder, count)
            cli.login()
            project = unique("many")
            command = [binary(), "deploy", str(folder), "-n", project, "--prod", "-y"]
            process = subprocess.Popen(command, env=cli.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            errors = process.stderr.read()
            _, status, usage = os.wait4(process.pid, 0)
            process.stderr.close()
            process.returncode = os.waitstatus_to_exitcode(status)
            self.assertEqual(process.returncode, 0, errors[-2000:])
            with Wire(server.address) as wire:
                for i in range(0, count, max(1, count // 500)):
                    self.assertEqual(wire.get(f"/d{i // 1000}/{i}.txt", f"{project}.localhost").body, content(i))
            return server.peak_resident_kib(), usage.ru_maxrss

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
