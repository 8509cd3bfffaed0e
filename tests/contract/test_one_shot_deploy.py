#!/usr/bin/env python3
"""POST and PUT /deploy: a zip or tar becomes a release in one call (amendment "One-shot deploy"; reliability row 79)."""
import gzip
import io
import os
import pathlib
import sys
import unittest
import zipfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support import archives  # noqa: E402
from support.api import unique  # noqa: E402
from support.case import HEX64, ContractCase  # noqa: E402
from support.codings import zstd_compress  # noqa: E402


class DeployCase(ContractCase):
    def deploy(self, project, body, api=None, method="POST", **query):
        text = "&".join(f"{key}={value}" for key, value in {"project": project, **query}.items())
        return (api or self.user).call(method, f"/deploy?{text}", body, fields=[("Content-Type", "application/octet-stream")])

    def blobs(self):
        return {path.name for path in (pathlib.Path(self.server.data) / "blobs").rglob("*") if path.is_file()}

    def temporary_files(self):
        return list((pathlib.Path(self.server.data) / "tmp").iterdir())


class OneShot(DeployCase):
    def test_every_format_is_recognised_by_its_content_and_served_at_once(self):
        forms = {"tar": archives.tar(archives.SITE.items()), "gz": gzip.compress(archives.tar(archives.SITE.items())),
                 "zst": zstd_compress(archives.tar(archives.SITE.items())), "zip": archives.zipped(archives.SITE.items()),
                 "stored": archives.zipped(archives.SITE.items(), 0)}
        for form, body in forms.items():
            for method in ("POST", "PUT"):
                with self.subTest(form=form, method=method):
                    project = unique("one")
                    answer = self.assert_ok(self.deploy(project, body, method=method))
                    self.assertEqual(answer["file_count"], len(archives.SITE))
                    self.assertRegex(answer["content_hash"], HEX64)
                    self.assertEqual(self.fetch(self.host(project)).body, archives.SITE["index.html"])
                    self.assertEqual(self.fetch(self.host(project), "/caf%C3%A9/%E6%97%A5%E6%9C%AC.txt").body, b"names")

    def test_the_answer_is_the_union_of_plan_commit_and_release(self):
        project, same = unique("one"), unique("content").encode()
        answer = self.assert_ok(self.deploy(project, archives.zipped([("a", same), ("b", unique("own").encode())]), environment="beta", message="hello"))
        for field in ("plan_id", "content_hash", "upload_mode", "reusable", "expires_at", "missing", "upload_urls", "image_id", "created_at",
                      "project", "message", "file_count", "files_count", "total_size", "url", "environment", "env", "previous_image_id", "skipped"):
            self.assertIn(field, answer)
        self.assertEqual((answer["missing"], answer["upload_urls"], answer["reusable"]), ([], {}, 0))
        self.assertEqual((answer["environment"], answer["env"], answer["previous_image_id"], answer["message"]), ("beta", "beta", "", "hello"))
        again = self.assert_ok(self.deploy(project, archives.zipped([("a", same), ("b", unique("own").encode())]), environment="beta"))
        self.assertEqual((again["reusable"], again["previous_image_id"]), (1, answer["image_id"]))
        self.assertEqual(self.user.must("GET", f"/current?project={project}&environment=beta")["image_id"], again["image_id"])

    def test_the_same_files_have_the_same_content_hash_as_by_single_uploads(self):
        files = {"index.html": b"same", "a/b": b"bytes"}
        self.user.deploy(unique("one"), files)
        project = unique("one")
        self.user.deploy(project, files)
        by_uploads = self.user.must("GET", f"/current?project={project}")["content_hash"]
        self.assertEqual(self.assert_ok(self.deploy(unique("one"), archives.tar(files.items())))["content_hash"], by_uploads)

    def test_each_bad_archive_is_refused_with_a_reason_and_leaves_nothing(self):
        self.assert_ok(self.deploy(unique("one"), archives.zipped([("index.html", b"hello")])))
        # A comment that looks like the end of another directory is a comment.
        with_comment = io.BytesIO(archives.zipped([("index.html", b"hello"), ("b.html", b"second")]))
        with zipfile.ZipFile(with_comment, "a") as archive:
            archive.comment = b"PK\x05\x06" + bytes(4) + b"\x09\x00\x09\x00" + b"a remark that is longer than the record"
        self.assert_ok(self.deploy(unique("one"), with_comment.getvalue()))
        for name, (body, reason) in archives.refused().items():
            with self.subTest(archive=name):
                project, before = unique("bad"), self.blobs()
                answer = self.deploy(project, body)
                self.assert_error(answer, 400, ("invalid_request", "invalid_path", "quota_exceeded"))
                self.assertIn(reason, answer.json["message"])
                self.assertEqual(self.user.get(f"/projects/{project}").status, 404)
                self.assertEqual(self.blobs() - before, set())
                self.assertEqual(self.temporary_files(), [])
        self.assertLess(self.server.peak_resident_kib(), 400 * 1024, "a bomb of 60 MB was unpacked into memory")

    def test_a_refused_archive_leaves_the_released_image_alone(self):
        project = unique("one")
        self.assert_ok(self.deploy(project, archives.zipped([("index.html", b"good")])))
        self.assertEqual(self.deploy(project, archives.refused()["symlink.zip"][0]).status, 400)
        self.assertEqual(self.fetch(self.host(project)).body, b"good")
        self.assertEqual(self.user.must("GET", f"/images?project={project}")["total"], 1)

    def test_versions_and_secrets_are_skipped_and_named(self):
        project = unique("one")
        left_out = [".DS_Store", ".env", ".git/config", ".htaccess", "__MACOSX/._index.html", "sub/.env.local"]
        body = archives.zipped([("index.html", b"x"), (".well-known/a", b"a"), *((name, b"secret") for name in left_out)])
        answer = self.assert_ok(self.deploy(project, body))
        self.assertEqual(sorted(answer["skipped"]), left_out)
        self.assertEqual(answer["file_count"], 2)
        self.assertEqual(self.fetch(self.host(project), "/.well-known/a").body, b"a")
        self.assertEqual(self.fetch(self.host(project), "/.env").status, 404)

    def test_an_archive_of_the_folder_is_taken_for_its_content(self):
        body = archives.tar([("./dist/index.html", b"page"), ("./dist/a/b.css", b"css")])
        project = unique("one")
        self.assertEqual(self.assert_ok(self.deploy(project, body))["stripped"], "dist/")
        self.assertEqual(self.fetch(self.host(project), "/a/b.css").body, b"css")
        kept = unique("one")
        self.assertEqual(self.assert_ok(self.deploy(kept, body, strip="0"))["stripped"], "")
        self.assertEqual(self.fetch(self.host(kept), "/dist/a/b.css").body, b"css")
        plain = unique("one")
        self.assertEqual(self.assert_ok(self.deploy(plain, archives.tar([("assets/x.css", b"css")])))["stripped"], "")

    def test_who_may(self):
        project = unique("one")
        body = archives.zipped([("index.html", b"x")])
        self.assert_ok(self.deploy(project, body))
        self.assert_error(self.deploy(project, body, api=self.stranger), 403, "forbidden")
        self.assert_error(self.deploy(project, body, api=self.anonymous), 401)
        self.assert_error(self.deploy("no/name", body), 400)
        self.assertEqual(self.user.call("POST", "/deploy", body).status, 400)

    def test_release_guards(self):
        project = unique("one")
        first = self.assert_ok(self.deploy(project, archives.zipped([("a", b"1")])))["image_id"]
        self.assert_error(self.deploy(project, archives.zipped([("a", b"2")]), expected_image_id="img_other"), 409, "conflict")
        self.assertEqual(self.user.must("GET", f"/current?project={project}")["image_id"], first)
        self.assertEqual(self.user.must("GET", f"/history?project={project}")["total"], 1, "a refused deploy made an image")
        new = unique("one")
        self.assert_error(self.deploy(new, archives.zipped([("a", b"2")]), expected_image_id=first), 409, "conflict")
        self.assertEqual(self.user.get(f"/projects/{new}").status, 404)
        self.assert_ok(self.deploy(project, archives.zipped([("a", b"2")]), expected_image_id=first))

    def test_an_environment_that_can_have_no_host_is_refused_before_an_image_is_made(self):
        project = (unique("one") + "-" + "x" * 60)[:60]
        body = archives.zipped([("index.html", b"x")])
        self.assert_error(self.deploy(project, body, environment="beta"), 400, "invalid_request")
        self.assertEqual(self.user.get(f"/projects/{project}").status, 404)
        self.assert_ok(self.deploy(project, body))


class OneShotQuotas(DeployCase):
    env = {"SITEPOD_MAX_FILES_PER_DEPLOY": "5", "SITEPOD_MAX_FILE_SIZE": "10000", "SITEPOD_MAX_DEPLOY_SIZE": "20000"}

    def test_each_limit_to_the_byte(self):
        def files(*sizes):
            return archives.tar([(f"f{i}", bytes([i]) * size) for i, size in enumerate(sizes)])
        self.assert_ok(self.deploy(unique("one"), files(10000, 9996, 1, 1, 2)))
        for body in (files(10001), files(10000, 10000, 1), files(*[1] * 6)):
            self.assert_error(self.deploy(unique("one"), body), (400, 413), ("quota_exceeded", "payload_too_large"))


if __name__ == "__main__":
    unittest.main()
