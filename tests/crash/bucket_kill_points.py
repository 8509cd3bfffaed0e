#!/usr/bin/env python3
"""SIGKILL at system calls of deploys whose blobs lie in the bucket of a real S3 server; then restart, check, fsck (reliability rows 1, 4, 5, 29).
usage: bucket_kill_points.py [--points N] [--changing] [--operation NAME]     as kill_points.py"""
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import experiments  # noqa: E402
from kill_points import kill_at, record  # noqa: E402
from operations import NEW, PROJECT, Commit, Operation  # noqa: E402
from support import hashes, sites  # noqa: E402
from support.existing_client import ExistingClient, put_presigned  # noqa: E402
from support.s3 import Bucket  # noqa: E402

LARGE = sites.noise(1_200_000, "large")  # copied within the bucket, not sent again


class InBucket(Operation):
    """What was acknowledged is in the bucket: after the crash every local copy is lost as well."""

    def __init__(self):
        super().__init__()
        self.bucket = Bucket()
        self.env = self.bucket.env()
        self.objects = None

    def reset(self):
        """The bucket as it was after prepare()."""
        if self.objects is None:
            self.objects = {key: self.bucket.ask("GET", key)[1] for key in self.bucket.keys()}
        there = set(self.bucket.keys())
        for key in there - set(self.objects):
            self.bucket.ask("DELETE", key)
        for key, data in self.objects.items():
            if key not in there:
                assert self.bucket.ask("PUT", key, body=data)[0] == 200

    def check_all_but_the_bucket_is_lost(self, server, api, files):
        assert server.stop() == 0
        for path in server.blob_files():
            os.unlink(path)
        server.start()
        api.address = server.address
        self.assert_shows(server.address, files)


class CommitStaged(InBucket, Commit):
    """The client has put everything into the bucket; the commit reads it back and makes blobs of it."""
    FILES = {**NEW, "large.bin": LARGE}

    def prepare(self, api):
        self.base(api)
        entries = [ExistingClient.entry(path, data) for path, data in self.FILES.items()]
        plan = api.must("POST", "/plan", {"project": PROJECT, "files": entries})
        assert plan["upload_mode"] == "presigned", plan
        for item in plan["missing"]:
            status, body = put_presigned(item["upload_url"], self.FILES[item["path"]])
            assert status == 200, body
        self.facts["plan"] = plan["plan_id"]

    def check(self, server, api, acknowledged):
        Commit.check(self, server, api, acknowledged)
        self.check_all_but_the_bucket_is_lost(server, api, NEW)
        blobs = set(self.bucket.keys("blobs/"))
        for data in self.FILES.values():
            name = hashes.sha256(data)
            assert f"blobs/{name[:2]}/{name}" in blobs, "a file of an image is not in the bucket"
        # What the crash left behind is garbage, and goes.
        assert api.post("/gc", {"grace_seconds": 0}).json["errors"] == []
        assert self.bucket.keys("staging/") + self.bucket.keys("frozen/") == [], "leftovers stay for ever"


class UploadAndCommit(InBucket, Commit):
    """Through the server: the last file arrives, then everything goes into the bucket."""

    def prepare(self, api):
        self.base(api)
        self.facts["plan"] = api.plan(PROJECT, NEW).json["plan_id"]
        for path in ("index.html", "a.js"):
            api.upload(self.facts["plan"], hashes.sha256(NEW[path]), NEW[path])

    def call(self, api):
        for data in NEW.values():
            answer = api.upload(self.facts["plan"], hashes.sha256(data), data, timeout=self.patience)
            if answer.status != 200 and answer.json["error"] != "invalid_request":  # committed already
                return answer
        return Commit.call(self, api)

    def check(self, server, api, acknowledged):
        Commit.check(self, server, api, acknowledged)
        self.check_all_but_the_bucket_is_lost(server, api, NEW)


OPERATIONS = {"commit_staged": CommitStaged, "upload_and_commit": UploadAndCommit}

if __name__ == "__main__":
    sys.exit(experiments.main(OPERATIONS, record, kill_at, "killed", at_least=lambda count: count // 2))
