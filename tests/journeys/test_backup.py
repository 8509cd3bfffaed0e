#!/usr/bin/env python3
"""Backup during writes, restore, doctor: every released file comes back (reliability: backup taken during writes)."""
import os
import pathlib
import shutil
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support import sites  # noqa: E402
from support.api import Api, unique  # noqa: E402
from support.server import Server, run_program, wait_until  # noqa: E402
from support.wire import fetch  # noqa: E402


class Backup(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="sitepod-backup-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def place(self, name):
        return os.path.join(self.folder, name)

    def must(self, *args):
        done = run_program(*args)
        self.assertEqual(done.returncode, 0, done)
        return done.stdout

    def test_a_backup_taken_during_writes_is_whole_and_restores(self):
        with Server(data=self.place("data")) as server:
            api = Api(server.address).login()
            steady = {}
            for i in range(5):
                project = unique("steady")
                steady[project] = sites.many(20, seed=i)
                api.deploy(project, steady[project])
            busy = unique("busy")
            stop = threading.Event()
            rounds = []

            def write():
                while not stop.is_set():
                    api.deploy(busy, {**sites.many(5, seed=1000 + len(rounds), stem="more"), "index.html": f"{len(rounds)}".encode()})
                    rounds.append(1)

            writer = threading.Thread(target=write)
            writer.start()
            try:
                for i in range(3):
                    wait_until(lambda: len(rounds) > i, "a release lies between two backups")
                    self.assertIn("sound", self.must("backup", "--data", server.data, "--to", self.place(f"backup{i}")))
            finally:
                stop.set()
                writer.join()
            self.assertGreaterEqual(len(rounds), 1)

        shutil.rmtree(self.place("data"))
        for i in range(3):
            self.must("fsck", "--data", self.place(f"backup{i}"))
        self.assertIn("sound", self.must("restore", "--from", self.place("backup2"), "--data", self.place("data")))
        self.must("fsck", "--data", self.place("data"))
        with Server(data=self.place("data")) as server:
            for project, files in steady.items():
                for path, data in files.items():
                    self.assertEqual(fetch(server.address, "/" + path, f"{project}.localhost").body, data)
            # One release or another of the busy project, never a mixture.
            number = int(fetch(server.address, "/", f"{busy}.localhost").body)
            for path, data in sites.many(5, seed=1000 + number, stem="more").items():
                if path != "index.html":
                    self.assertEqual(fetch(server.address, "/" + path, f"{busy}.localhost").body, data)
            # And it goes on: the accounts are there, new deploys work.
            Api(server.address).login()

    def test_folders_that_are_not_empty_are_refused(self):
        with Server(data=self.place("data")) as server:
            Api(server.address).login().deploy(unique("one"), {"index.html": b"1"})
        os.mkdir(self.place("full"))
        pathlib.Path(self.place("full"), "file").write_text("precious")
        for args in (("backup", "--data", self.place("data"), "--to", self.place("full")), ("restore", "--from", self.place("data"), "--data", self.place("full"))):
            done = run_program(*args)
            self.assertEqual(done.returncode, 1)
            self.assertIn("not empty", done.stderr)
        self.assertEqual(os.listdir(self.place("full")), ["file"])
        self.assertEqual(run_program("restore", "--from", self.place("nowhere"), "--data", self.place("new")).returncode, 1)

    def test_a_damaged_blob_does_not_become_a_sound_backup(self):
        with Server(data=self.place("data")) as server:
            Api(server.address).login().deploy(unique("one"), {"index.html": b"1" * 100})
            blob = next(p for p in map(pathlib.Path, server.blob_files()) if p.stat().st_size == 100)
        os.chmod(blob, 0o600)
        blob.write_bytes(b"2" * 100)
        done = run_program("backup", "--data", self.place("data"), "--to", self.place("backup"))
        self.assertEqual(done.returncode, 1, done)


class Doctor(unittest.TestCase):
    def test_a_good_folder_has_no_problem_with_and_without_its_server(self):
        with Server() as server:
            Api(server.address).login()
            done = run_program("doctor", "--data", server.data, "--listen", f"127.0.0.1:{server.port}")
            self.assertEqual(done.returncode, 0, done)
            self.assertIn("is running", done.stdout)
            self.assertEqual(server.stop(), 0)
            done = run_program("doctor", "--data", server.data)
            self.assertEqual(done.returncode, 0, done)
            for word in ("data folder", "clock", "database", "blob store", "disk", "limits"):
                self.assertIn(word, done.stdout)
            server.start()

    def test_it_finds_what_is_wrong_and_says_what_to_do(self):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "sitepod.db").write_text("this is not a database, it is a text that is long enough to be read as one")
            done = run_program("doctor", "--data", folder)
            self.assertEqual(done.returncode, 1)
            self.assertIn("problem  database", done.stdout)
            self.assertIn("restore", done.stdout)
            self.assertEqual(run_program("doctor", "--data", folder + "/none").returncode, 1)
        self.assertEqual(run_program("doctor", "--no-such-flag").returncode, 2)

    def test_the_folder_may_stand_in_the_environment(self):
        with Server() as server, tempfile.TemporaryDirectory() as folder:
            for words in (("doctor",), ("fsck", "--online"), ("admin", "users"), ("backup", "--to", folder + "/copy")):
                done = run_program(*words, env={"SITEPOD_DATA_DIR": server.data})
                self.assertEqual(done.returncode, 0, (words, done))
            for words in (("doctor",), ("fsck",), ("backup", "--to", folder + "/none")):
                done = run_program(*words, env={"SITEPOD_DATA_DIR": "/none/there"})
                self.assertEqual(done.returncode, 1, (words, done))
                self.assertIn("/none/there", done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
