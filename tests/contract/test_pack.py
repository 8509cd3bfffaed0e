#!/usr/bin/env python3
"""POST /upload/{plan}: one streamed tar with any of the missing blobs (amendment "Pack upload"; reliability row 79)."""
import gzip
import io
import os
import sys
import tarfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support import hashes, sites  # noqa: E402
from support.api import unique  # noqa: E402
from support.case import SANITIZED, ContractCase  # noqa: E402
from support.codings import zstd_compress  # noqa: E402
from support.server import wait_until  # noqa: E402
from support.wire import request_bytes  # noqa: E402


def tar(members, format=tarfile.PAX_FORMAT):
    """`members`: (name, bytes) or a TarInfo with its bytes."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format) as archive:
        for name, data in members:
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            if not isinstance(name, tarfile.TarInfo):
                info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


class PackCase(ContractCase):
    def setUp(self):
        self.files = {f"d/{unique('f')}.txt": unique("content").encode() * 50 for _ in range(6)}
        self.files["empty"] = b""
        self.names = {path: hashes.sha256(data) for path, data in self.files.items()}
        self.project = unique("pack")
        plan = self.assert_ok(self.user.post("/plan", {"project": self.project, "files": self.names}))
        self.plan, self.lacking = plan["plan_id"], sorted(plan["missing"])

    def pack(self, body, api=None, plan=None, **more):
        return (api or self.user).post(f"/upload/{plan or self.plan}", body, fields=[("Content-Type", "application/x-tar")], **more)

    def missing(self):
        answer = self.user.post("/commit", {"plan_id": self.plan})
        return sorted(answer.json["missing"]) if answer.status == 400 else []

    def assert_no_temporary_file(self):
        wait_until(lambda: not self.server.temporary_files(), "no temporary file left")


class Packs(PackCase):
    def assert_whole_pack_deploys(self, body):
        answer = self.assert_ok(self.pack(body))
        self.assertEqual((answer["stored"], answer["missing"]), (len(self.files), []))
        self.assert_ok(self.user.post("/commit", {"plan_id": self.plan}))
        self.assert_ok(self.user.release(self.project))
        for path, data in self.files.items():
            self.assertEqual(self.fetch(self.host(self.project), "/" + path).body, data)

    def test_a_plain_tar_with_members_named_by_path(self):
        self.assert_whole_pack_deploys(tar(self.files.items()))

    def test_a_plain_tar_with_members_named_by_hash(self):
        self.assert_whole_pack_deploys(tar([(self.names[p], d) for p, d in self.files.items()]))

    def test_a_gzip_tar(self):
        self.assert_whole_pack_deploys(gzip.compress(tar(self.files.items())))

    def test_a_zstd_tar(self):
        self.assert_whole_pack_deploys(zstd_compress(tar(self.files.items())))

    def test_gnu_and_ustar_archives(self):
        for format in (tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT):
            self.setUp()
            self.assert_whole_pack_deploys(tar(self.files.items(), format))

    def test_names_with_a_leading_slash_or_dot_as_tar_writes_them(self):
        self.assert_whole_pack_deploys(tar([("./" + p, d) for p, d in self.files.items()]))

    def test_directories_in_the_archive_are_passed_over(self):
        folder = tarfile.TarInfo("d/")
        folder.type = tarfile.DIRTYPE
        self.assert_whole_pack_deploys(tar([(folder, b""), *self.files.items()]))

    def test_a_chunked_pack(self):
        body = tar(self.files.items())
        wire = self.wire()
        wire.send(request_bytes("POST", f"/api/v1/upload/{self.plan}", "localhost",
                                [("Authorization", f"Bearer {self.user.token}"), ("Transfer-Encoding", "chunked")]))
        for i in range(0, len(body), 1000):
            wire.send(b"%x\r\n%s\r\n" % (len(body[i:i + 1000]), body[i:i + 1000]))
        wire.send(b"0\r\n\r\n")
        self.assertEqual(wire.read_answer().status, 200)
        self.assertEqual(self.missing(), [])

    def test_long_and_unicode_member_names(self):
        files = {"深/" + "x" * 300 + ".txt": unique("long").encode(), "sp ace/ü+&=.html": unique("odd").encode()}
        self.plan = self.assert_ok(self.user.post("/plan", {"project": self.project, "files": {p: hashes.sha256(d) for p, d in files.items()}}))["plan_id"]
        answer = self.assert_ok(self.pack(tar(files.items())))
        self.assertEqual(answer["missing"], [])

    def test_a_part_of_the_files_names_what_is_still_missing_and_the_next_pack_completes(self):
        paths = list(self.files)
        answer = self.assert_ok(self.pack(tar((p, self.files[p]) for p in paths[:3])))
        self.assertEqual(answer["stored"], 3)
        self.assertEqual(sorted(answer["missing"]), sorted({self.names[p] for p in paths[3:]} & set(self.lacking)))
        answer = self.assert_ok(self.pack(tar((p, self.files[p]) for p in paths[3:])))
        self.assertEqual(answer["missing"], [])

    def test_repeating_a_pack_is_idempotent(self):
        body = tar(self.files.items())
        self.assert_ok(self.pack(body))
        self.assertEqual(self.assert_ok(self.pack(body))["missing"], [])

    def test_an_interrupted_pack_keeps_its_whole_members_and_the_next_plan_asks_only_for_the_rest(self):
        files = {f"f{i}": sites.noise(300_000, seed=unique("part")) for i in range(4)}
        names = {p: hashes.sha256(d) for p, d in files.items()}
        plan = self.assert_ok(self.user.post("/plan", {"project": self.project, "files": names}))["plan_id"]
        body = tar(files.items())
        wire = self.wire()
        wire.send(request_bytes("POST", f"/api/v1/upload/{plan}", "localhost",
                                [("Authorization", f"Bearer {self.user.token}"), ("Content-Length", str(len(body)))]) + body[:750_000])
        wait_until(lambda: all(self.server.blob_path(names[f"f{i}"]).exists() for i in range(2)), "two whole members arrived")
        wire.close()
        self.assert_no_temporary_file()

        def still_missing():
            return self.assert_ok(self.user.post("/plan", {"project": self.project, "files": names}))["missing"]
        wait_until(lambda: len(still_missing()) == 2, "the two whole members count as present")
        self.assertEqual(sorted(still_missing()), sorted([names["f2"], names["f3"]]))


class Refusals(PackCase):
    def test_a_member_with_other_bytes_than_its_name_says_answers_hash_mismatch(self):
        path = next(iter(self.files))
        for name in (path, self.names[path]):
            self.assert_error(self.pack(tar([(name, b"something else")])), 400, "hash_mismatch")
        self.assertIn(self.names[path], self.missing())

    def test_a_member_that_the_plan_does_not_know_is_refused(self):
        for name in ("stranger.txt", "0" * 64, "d"):
            with self.subTest(name=name):
                self.assert_error(self.pack(tar([(name, b"data")])), 400)
        self.assertFalse(self.server.blob_path(hashes.sha256(b"data")).exists())

    def test_traversal_names_are_refused(self):
        for name in ("../" + next(iter(self.files)), "/etc/passwd", "d/../../x", "..", "a\\..\\b", "./../x"):
            with self.subTest(name=name):
                self.assert_error(self.pack(tar([(name, b"data")])), 400)
        self.assertEqual(self.missing(), self.lacking)

    def test_links_devices_and_pipes_are_refused(self):
        path = next(iter(self.files))
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE):
            with self.subTest(kind=kind):
                info = tarfile.TarInfo(path)
                info.type, info.linkname = kind, "/etc/passwd"
                self.assert_error(self.pack(tar([(info, b"")])), 400)
        self.assertIn(self.names[path], self.missing())

    def test_truncated_and_damaged_archives_are_refused(self):
        body = tar(self.files.items())
        packed = zstd_compress(body)
        for damaged in (body[:700], body[:512], packed[:-5], gzip.compress(body)[:-9], b"not an archive at all" * 100, b"", os.urandom(5000),
                        gzip.compress(body)[:40] + b"\0" * 100):
            with self.subTest(size=len(damaged)):
                answer = self.pack(damaged)
                if damaged == b"":
                    self.assertIn(answer.status, (200, 400))
                else:
                    self.assert_error(answer, 400)
        self.assert_no_temporary_file()

    def test_unknown_and_foreign_plans(self):
        body = tar(self.files.items())
        self.assert_error(self.pack(body, plan="plan_unknown"), 404)
        self.assert_error(self.pack(body, api=self.stranger), 403)
        self.assertEqual(self.missing(), self.lacking)

    def test_a_committed_plan_takes_no_pack(self):
        self.assert_ok(self.pack(tar(self.files.items())))
        self.assert_ok(self.user.post("/commit", {"plan_id": self.plan}))
        self.assert_error(self.pack(tar(self.files.items())), 400)

    def test_another_format_than_tar_is_refused(self):
        import zipfile
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for path, data in self.files.items():
                archive.writestr(path, data)
        self.assert_error(self.pack(out.getvalue()), 400)


class Memory(PackCase):
    @unittest.skipIf(SANITIZED, "sanitizers multiply memory")
    def test_a_large_pack_takes_constant_memory(self):
        files = {f"f{i}": sites.noise(8 << 20, seed=f"{i}") for i in range(16)}
        plan = self.assert_ok(self.user.post("/plan", {"project": self.project, "files": {p: hashes.sha256(d) for p, d in files.items()}}))["plan_id"]
        before = self.server.peak_resident_kib()
        self.assertEqual(self.assert_ok(self.pack(tar(files.items()), plan=plan))["missing"], [])
        self.assertLess(self.server.peak_resident_kib() - before, 48 * 1024)

    def test_a_compression_bomb_is_stopped_by_the_size_quota(self):
        path = next(iter(self.files))
        bomb = zstd_compress(tar([(path, b"\0" * (150 << 20))]))
        self.assertLess(len(bomb), 100_000)
        self.assert_error(self.pack(bomb), (400, 413))
        self.assert_no_temporary_file()


if __name__ == "__main__":
    unittest.main()
