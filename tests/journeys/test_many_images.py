#!/usr/bin/env python3
"""Garbage collection over 20,000 images: it reads all of them, in constant memory, and deletes nothing when one of them cannot be read or
the database fails half-way (deploy contract §10, §16.9; reliability rows 37-39)."""
import hashlib
import os
import pathlib
import sqlite3
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support import hashes  # noqa: E402
from support.api import Api, unique  # noqa: E402
from support.case import SANITIZED  # noqa: E402
from support.server import Server, wait_until  # noqa: E402
from support.tracing import Strace  # noqa: E402

MANIFESTS, COPIES = 200, 99
IMAGES = MANIFESTS * (COPIES + 1)
GARBAGE = [b"garbage %d" % i for i in range(20)]
COLUMNS = "project_id, manifest, file_count, total_size, message, git_commit, git_branch, git_message, created_at, encoding_state"


class ManyImages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # What this damages is for the collection to find, not for the check in the background.
        cls.server = Server(env={"SITEPOD_SCRUB_RATE": "0"})
        cls.server.start()
        cls.addClassCleanup(cls.server.remove_folder)
        cls.addClassCleanup(cls.server.kill)
        cls.api = Api(cls.server.address).login()
        cls.project = unique("many")
        for i in range(MANIFESTS):
            cls.api.make_image(cls.project, {f"page{i}": b"%d" % i, "same": b"same"})
        cls.api.must("POST", "/release", {"project": cls.project})
        cls.live = cls.api.must("GET", f"/current?project={cls.project}")["image_id"]
        cls.api.deploy("garbage", {f"f{i}": data for i, data in enumerate(GARBAGE)})
        cls.api.must("DELETE", "/projects/garbage")
        assert cls.server.stop() == 0
        cls.multiply_images()
        cls.start()

    @classmethod
    def start(cls):
        cls.server.start()
        cls.api.address = cls.server.address

    @classmethod
    def restart(cls):
        assert cls.server.stop() == 0
        cls.start()

    @classmethod
    def database(cls):
        return os.path.join(cls.server.data, "sitepod.db")

    @classmethod
    def multiply_images(cls):
        """Rows as 20,000 commits would leave them; every hundred of them share a list of files."""
        with sqlite3.connect(cls.database()) as database:
            originals = [seq for (seq,) in database.execute("SELECT seq FROM images ORDER BY seq")]
            rows = [(f"img_copy{n}x{seq}", MANIFESTS + n * COPIES + i + 1, seq) for n, seq in enumerate(originals) for i in range(COPIES)]
            database.executemany(f"INSERT INTO images (id, version, plan_id, {COLUMNS}) SELECT ?1 || 'n' || ?2, ?2, '', {COLUMNS} FROM images WHERE seq = ?3", rows)
            database.execute("UPDATE projects SET last_version = (SELECT max(version) FROM images)")
            assert database.execute("SELECT count(*) FROM images").fetchone() == (IMAGES,)
        database.close()

    def files(self):
        return set(self.server.blob_files())

    def collect(self):
        answer = self.api.post("/gc", {"grace_seconds": 0})
        self.assertEqual(answer.status, 200, answer)
        self.assertNotIn(self.server.data, answer.body.decode())
        return answer.json

    def assert_deletes_nothing(self, collect):
        before, images = self.files(), self.api.must("GET", f"/images?project={self.project}")["total"]
        answer = collect()
        self.assertEqual((answer["deleted_blobs"], answer["deleted_images"], answer["freed_bytes"]), (0, 0, 0))
        self.assertTrue(answer["errors"])
        self.assertEqual(self.files(), before)
        self.assertEqual(self.api.must("GET", f"/images?project={self.project}")["total"], images)

    def manifest_in_the_middle(self):
        with sqlite3.connect(self.database(), timeout=30) as database:
            row = database.execute("SELECT hex(manifest) FROM images ORDER BY seq LIMIT 1 OFFSET ?", (IMAGES // 2,)).fetchone()
        database.close()
        return pathlib.Path(self.server.blob_path(row[0].lower()))

    def test_a_manifest_whose_bytes_are_damaged_stops_it(self):
        path = self.manifest_in_the_middle()
        right = path.read_bytes()
        path.chmod(0o600)
        path.write_bytes(b"\0" + right[1:])
        try:
            self.assert_deletes_nothing(self.collect)
        finally:
            path.write_bytes(right)

    def test_a_manifest_that_is_gone_stops_it(self):
        path = self.manifest_in_the_middle()
        aside = path.with_suffix(".aside")
        path.rename(aside)
        try:
            self.assert_deletes_nothing(self.collect)
        finally:
            aside.rename(path)

    def test_a_manifest_that_has_its_hash_and_cannot_be_parsed_stops_it(self):
        """As a writer with a defect would have left it: the bytes are what they claim to be, and are no manifest."""
        nonsense = b"{this is no manifest"
        path = pathlib.Path(self.server.blob_path(hashes.sha256(nonsense)))
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(nonsense)
        with sqlite3.connect(self.database(), timeout=30) as database:
            seq, right = database.execute("SELECT seq, manifest FROM images ORDER BY seq LIMIT 1 OFFSET ?", (IMAGES // 2 + 50,)).fetchone()
            database.execute("UPDATE images SET manifest = ? WHERE seq = ?", (hashlib.sha256(nonsense).digest(), seq))
        try:
            self.assert_deletes_nothing(self.collect)
        finally:
            with database:
                database.execute("UPDATE images SET manifest = ? WHERE seq = ?", (right, seq))
            database.close()
            path.unlink()

    def test_a_database_that_fails_half_way_stops_it(self):
        self.restart()  # with nothing of the database in memory
        trace = Strace(self.server.pid, "-e", "trace=pread64", "-P", self.database())
        self.assertEqual(self.api.post("/gc", {"grace_seconds": 0, "dry_run": True}).json["errors"], [])
        reads = sum("pread64(" in line for line in trace.detach())
        self.assertGreater(reads, 100)
        for part in (3, 2):
            self.restart()
            trace = Strace(self.server.pid, "-e", "trace=pread64", "-P", self.database(), "-e", f"inject=pread64:error=EIO:when={reads // part}+")
            try:
                answer = self.api.post("/gc", {"grace_seconds": 0})
            finally:
                lines = trace.detach()
            self.assertTrue(any("(INJECTED)" in line for line in lines))
            wait_until(lambda: self.api.get("/auth/info").status == 200, "the database is read again")
            before = self.files()
            if answer.status == 200:
                self.assertEqual((answer.json["deleted_blobs"], answer.json["deleted_images"]), (0, 0))
                self.assertTrue(answer.json["errors"])
            else:
                self.assertIn(answer.status, (500, 503))
            self.assertEqual(self.files(), before)
            for data in GARBAGE:
                self.assertTrue(self.server.blob_path(hashes.sha256(data)).exists(), "garbage, and yet nothing may go")

    def test_undisturbed_it_deletes_the_garbage_and_nothing_else(self):
        before = self.server.resident_kib()
        self.collect()
        if not SANITIZED:
            self.assertLess(self.server.peak_resident_kib() - before, 64 * 1024)
        for data in GARBAGE:
            self.assertFalse(self.server.blob_path(hashes.sha256(data)).exists())
        self.assertEqual(self.api.must("GET", f"/images?project={self.project}")["total"], IMAGES)
        for i in range(MANIFESTS):
            self.assertTrue(self.server.blob_path(hashes.sha256(b"%d" % i)).exists())
        self.assertEqual(self.api.must("GET", f"/current?project={self.project}")["image_id"], self.live)


if __name__ == "__main__":
    unittest.main()
