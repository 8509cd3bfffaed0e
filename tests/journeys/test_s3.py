#!/usr/bin/env python3
"""Blobs in an S3 bucket, by a real S3 server: a deploy survives the loss of the local copies; an outage hides only what is not on the
machine and loses nothing; the words beside a server know the bucket (deploy-api §13, §14; reliability rows 29 to 33)."""
import os
import pathlib
import shutil
import sys
import time
import unittest
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support import sites  # noqa: E402
from support.api import Api, unique  # noqa: E402
from support.hashes import sha256  # noqa: E402
from support.relay import Relay  # noqa: E402
from support.s3 import Bucket  # noqa: E402
from support.server import Server, run_program, wait_until  # noqa: E402
from support.wire import fetch  # noqa: E402


class S3(unittest.TestCase):
    def setUp(self):
        self.bucket = Bucket()
        address = urllib.parse.urlsplit(self.bucket.url)
        self.line = Relay((address.hostname, address.port))  # that can be cut or made silent
        self.addCleanup(self.line.__exit__, None, None, None)
        self.project = unique("s3")
        self.host = f"{self.project}.localhost"
        self.files = {"index.html": b"<h1>home</h1>", "style.css": sites.text(20_000), "big.bin": sites.noise(2_000_000), "a/empty.txt": b""}

    def server(self, **env):
        return Server(env={**self.bucket.env(self.line.url), **env})

    def deploy(self, server):
        api = Api(server.address).login()
        api.deploy(self.project, self.files)
        return api

    def forget_local_copies(self, server):
        for path in server.blob_files():
            os.unlink(path)

    def assert_served(self, server, host=None, patience=0):
        """`patience`: so many seconds a worker may remember that a file could not be had."""
        for path, data in self.files.items():
            deadline = time.monotonic() + patience
            while (answer := fetch(server.address, "/" + path, host or self.host, timeout=60)).status == 503 and time.monotonic() < deadline:
                time.sleep(float(answer.get("retry-after")) / 10)
            self.assertEqual((path, answer.status), (path, 200), answer)
            self.assertEqual(answer.body, data)

    def test_a_deploy_survives_the_loss_of_every_local_copy(self):
        with self.server() as server:
            self.deploy(server)
            self.assert_served(server)
            self.assertIn(f"blobs/{sha256(self.files['big.bin'])[:2]}/{sha256(self.files['big.bin'])}", self.bucket.keys("blobs/"))
            self.assertEqual(server.stop(), 0)
            shutil.rmtree(os.path.join(server.data, "blobs"))
            server.start()
            self.assert_served(server)
            again = Api(server.address).login()
            again.deploy(unique("other"), {"index.html": b"after the loss"})
            self.assertEqual(server.stop(), 0)
            shutil.rmtree(os.path.join(server.data, "blobs"))
            for name in ("boot.log", "indexes", "index"):  # made anew from the bucket, too
                path = os.path.join(server.data, name)
                shutil.rmtree(path) if os.path.isdir(path) else os.path.exists(path) and os.unlink(path)
            server.start()
            self.assert_served(server)
            self.assertNotIn(self.bucket.secret_key, server.log())
            self.assertEqual(server.stop(), 0)
            done = run_program("fsck", "--data", server.data, env=self.bucket.env())
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            server.start()

    def test_files_are_found_again_after_they_were_dropped_while_the_server_runs(self):
        with self.server() as server:
            self.deploy(server)
            self.assert_served(server)
            self.forget_local_copies(server)
            server.stop()
            server.start()
            self.forget_local_copies(server)
            self.assert_served(server)
            # A commit that counts on bytes which are only in the bucket.
            api = Api(server.address).login()
            api.deploy(unique("first"), {"index.html": b"index", "shared.txt": sites.noise(5000)})
            self.forget_local_copies(server)
            name = unique("second")
            api.deploy(name, {"index.html": b"index", "shared.txt": sites.noise(5000), "new.txt": b"new"})
            self.assertEqual(fetch(server.address, "/shared.txt", f"{name}.localhost").body, sites.noise(5000))

    def test_an_outage_hides_what_is_not_here_refuses_what_is_new_and_loses_nothing(self):
        for mode in ("cut", "silent"):
            with self.subTest(mode=mode), self.server() as server:
                self.line.set("open")
                self.setUp_names()
                api = self.deploy(server)
                fetch(server.address, "/index.html", self.host)
                far = pathlib.Path(server.blob_path(sha256(self.files["big.bin"])))
                server.stop()
                far.unlink()
                server.start()
                api.address = server.address
                files = {"index.html": b"during the outage " + mode.encode()}
                plan = api.must("POST", "/plan", {"project": self.project, "files": {p: sha256(d) for p, d in files.items()}})
                self.line.set(mode)
                # Uploads are taken until the server knows; a commit never is.
                started = time.monotonic()
                answers = [fetch(server.address, "/big.bin", self.host, timeout=30) for _ in range(3)]
                for answer in answers:
                    self.assertEqual(answer.status, 503, answer)
                    self.assertGreaterEqual(int(answer.get("retry-after")), 1)
                self.assertLess(time.monotonic() - started, 3 * 8)
                self.assertEqual(fetch(server.address, "/index.html", self.host).body, self.files["index.html"])
                wait_until(lambda: api.get("/health").status == 503, "health says degraded", 60)
                refused = api.post(f"/upload/{plan['plan_id']}/{sha256(files['index.html'])}", files["index.html"])
                self.assertEqual((refused.status, refused.json["error"]), (503, "unavailable"), refused)
                self.assertGreaterEqual(int(refused.get("retry-after")), 1)
                quick = time.monotonic()
                self.assertEqual(fetch(server.address, "/big.bin", self.host, timeout=30).status, 503)
                self.assertEqual(fetch(server.address, "/style.css", self.host).body, self.files["style.css"])
                self.assertLess(time.monotonic() - quick, 5)
                self.line.set("open")
                wait_until(lambda: api.get("/health").status == 200, "the bucket is back", 60)
                self.assert_served(server, patience=10)
                api.deploy(self.project, files)
                self.assertEqual(fetch(server.address, "/", self.host).body, files["index.html"])

    def setUp_names(self):
        self.project = unique("s3")
        self.host = f"{self.project}.localhost"

    def test_a_commit_that_the_bucket_does_not_take_is_refused_and_can_be_repeated(self):
        with self.server() as server:
            api = self.deploy(server)
            data = sites.noise(100_000, seed=7)
            plan = api.must("POST", "/plan", {"project": self.project, "files": {"index.html": sha256(data)}})
            api.must("POST", f"/upload/{plan['plan_id']}/{sha256(data)}", data)
            self.line.set("cut")
            refused = api.post("/commit", {"plan_id": plan["plan_id"]})
            self.assertEqual((refused.status, refused.json["error"]), (503, "unavailable"), refused)
            self.line.set("open")
            wait_until(lambda: api.get("/health").status == 200, "the bucket is back", 60)
            image = api.must("POST", "/commit", {"plan_id": plan["plan_id"]})["image_id"]
            api.must("POST", "/release", {"project": self.project, "environment": "prod", "image_id": image})
            self.assertEqual(fetch(server.address, "/", self.host).body, data)

    def test_bytes_that_nothing_needs_leave_the_bucket_too(self):
        with self.server(SITEPOD_ADMIN_TOKEN="operator-token-of-this-test") as server:
            api = self.deploy(server)
            key = f"blobs/{sha256(self.files['big.bin'])[:2]}/{sha256(self.files['big.bin'])}"
            self.assertIn(key, self.bucket.keys())
            # Somebody else's objects are left alone; what looks like ours and has no row goes.
            self.bucket.ask("PUT", "notes.txt", body=b"not ours")
            orphan = f"blobs/{sha256(b'orphan')[:2]}/{sha256(b'orphan')}"
            self.bucket.ask("PUT", orphan, body=b"orphan")
            api.must("DELETE", f"/projects/{self.project}")
            report = Api(server.address, "operator-token-of-this-test").must("POST", "/gc", {"grace_seconds": 0})
            self.assertEqual(report["errors"], [])
            keys = self.bucket.keys()
            self.assertNotIn(key, keys)
            self.assertNotIn(orphan, keys)
            self.assertIn("notes.txt", keys)

    def test_a_folder_on_disk_moves_into_a_bucket_and_into_no_other(self):
        with Server() as server:
            self.deploy(server)
            self.assertEqual(server.stop(), 0)
            plain = dict(server.env)
            server.env.update(self.bucket.env(self.line.url))
            server.start()
            local = {f"blobs/{os.path.basename(path)[:2]}/{os.path.basename(path)}" for path in server.blob_files()}
            self.assertGreater(len(local), len(self.files))
            wait_until(lambda: local <= set(self.bucket.keys("blobs/")), "what was on the disk is in the bucket", 60, 0.1)
            server.stop()
            shutil.rmtree(os.path.join(server.data, "blobs"))
            server.start()
            self.assert_served(server)
            # The words beside a server.
            backup = server.data + "-backup"
            done = run_program("backup", "--data", server.data, "--to", backup, env=self.bucket.env(self.line.url))
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            doctor = run_program("doctor", "--data", server.data, env=self.bucket.env(self.line.url))
            self.assertIn("can be listed, read and written", doctor.stdout)
            blind = run_program("fsck", "--online", "--data", server.data)
            self.assertEqual(blind.returncode, 1)
            self.assertIn("AWS_ACCESS_KEY_ID", blind.stdout + blind.stderr)
            self.assertEqual(server.stop(), 0)
            for other in (plain, {**server.env, "SITEPOD_S3_BUCKET": "another-bucket"}):
                refused = run_program("serve", "--data", server.data, "--listen", "127.0.0.1:0", env=other)
                self.assertEqual(refused.returncode, 1, refused.stderr)
                self.assertIn(self.bucket.name, refused.stderr)
                self.assertNotIn(self.bucket.secret_key, refused.stderr)
            # The backup needs no bucket.
            with Server(data=backup) as copy:
                self.assert_served(copy)
            server.start()

    def test_the_start_says_what_is_wrong_with_the_bucket(self):
        for change, word in ((dict(SITEPOD_S3_BUCKET="no-such-bucket"), "storage.s3.bucket"), (dict(AWS_SECRET_ACCESS_KEY="canary-secret"), "AWS_SECRET_ACCESS_KEY"),
                             (dict(SITEPOD_S3_ENDPOINT="http://127.0.0.1:1"), "cannot be reached")):
            with self.subTest(change=change):
                server = Server()
                try:
                    done = run_program("serve", "--data", server.data, "--listen", "127.0.0.1:0", env={**self.bucket.env(), **change}, timeout=60)
                finally:
                    server.remove_folder()
                self.assertEqual(done.returncode, 1)
                self.assertIn(word, done.stderr)
                self.assertNotIn("canary-secret", done.stderr)
        shown = run_program("serve", "--print-config", env=self.bucket.env())
        self.assertEqual(shown.returncode, 0, shown.stderr)
        self.assertNotIn(self.bucket.secret_key, shown.stdout)

    def test_a_running_installation_starts_while_the_bucket_is_down(self):
        with self.server() as server:
            self.deploy(server)
            self.assert_served(server)
            server.stop()
            self.line.set("cut")
            server.start()
            self.assert_served(server)
            self.line.set("open")
            api = Api(server.address)
            wait_until(lambda: api.get("/health").status == 200, "the bucket is back", 60)

    def test_a_damaged_local_copy_is_mended_from_the_bucket(self):
        with self.server() as server:
            api = self.deploy(server)
            server.stop()
            small = server.blob_path(sha256(self.files["index.html"]))
            small.chmod(0o1644)
            small.write_bytes(b"X" * len(self.files["index.html"]))
            server.start()
            first = fetch(server.address, "/index.html", self.host)
            self.assertNotEqual(first.body, b"X" * len(self.files["index.html"]))
            wait_until(lambda: fetch(server.address, "/index.html", self.host).body == self.files["index.html"], "the right bytes", 30, 0.2)
            self.assertEqual(Api(server.address).get("/health").json.get("damaged_blobs", 0), 0)
            self.assertIsNotNone(api)


if __name__ == "__main__":
    unittest.main()
