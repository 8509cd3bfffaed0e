#!/usr/bin/env python3
"""A server and its bucket, by a real S3 server: which server has it, and what is said of it (deploy-api §10, §13)."""
import os
import pathlib
import shutil
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import sites  # noqa: E402
from support.hashes import sha256  # noqa: E402
from support.server import Server, run_program, wait_until  # noqa: E402
from support.wire import fetch  # noqa: E402
from test_bucket_uploads import BucketCase  # noqa: E402


class BucketServer(BucketCase):
    def server(self, **env):
        return Server(env=self.bucket.env(self.line.url, **env))

    def deploy(self, server):
        api = self.api(server)
        api.deploy(self.project, self.files)
        return api

    def assert_shown(self, server):
        for path, data in self.files.items():
            answer = fetch(server.address, "/" + path, f"{self.project}.localhost", timeout=60)
            self.assertEqual((path, answer.status, answer.body), (path, 200, data))

    def test_metrics_and_doctor_tell_of_the_bucket(self):
        def figures(server):
            text = fetch(server.address, "/metrics", "localhost").body.decode()
            return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in text.splitlines() if line.startswith("sitepod_bucket_"))}

        def requests(operation, outcome):
            return f'sitepod_bucket_requests_total{{operation="{operation}",outcome="{outcome}"}}'
        with Server() as server:
            self.assertEqual(figures(server), {})
        with self.server() as server:
            api = self.deploy(server)
            seen = figures(server)
            self.assertGreaterEqual(seen[requests("put", "ok")], len(self.files))
            self.assertEqual(seen[requests("put", "failed")], 0)
            self.assertGreater(seen["sitepod_bucket_sent_bytes_total"], 2_000_000)
            self.assertEqual(seen["sitepod_bucket_up"], 1)
            times = 'sitepod_bucket_request_duration_seconds'
            self.assertEqual(seen[times + '_count{operation="put"}'], seen[times + '_bucket{operation="put",le="+Inf"}'])
            self.assertGreater(seen[times + '_sum{operation="put"}'], 0)
            data = sites.noise(50_000, seed=5)
            plan = api.must("POST", "/plan", {"project": self.project, "files": {"index.html": sha256(data)}})
            api.must("POST", f"/upload/{plan['plan_id']}/{sha256(data)}", data)
            wait_until(lambda: figures(server)["sitepod_bucket_spool_bytes"] == 50_000, "the spool is counted", 60, 0.2)
            self.assertEqual(figures(server)["sitepod_bucket_spool_blobs"], 1)
            self.line.set("cut")
            self.assertEqual(api.post("/commit", {"plan_id": plan["plan_id"]}).status, 503)
            seen = figures(server)
            self.assertGreater(seen[requests("put", "failed")], 0)
            self.line.set("open")
            wait_until(lambda: api.get("/health").status == 200, "the bucket is back", 60)
            doctor = run_program("doctor", "--data", server.data, env=self.bucket.env()).stdout
            self.assertRegex(doctor, r"can be listed, read and written, in \d+ ms")
            self.assertRegex(doctor, r"\d files, 0 MiB, are on this machine alone; the oldest for \d+ s")
            api.must("POST", "/commit", {"plan_id": plan["plan_id"]})
            wait_until(lambda: figures(server)["sitepod_bucket_spool_blobs"] == 0, "the spool is empty", 60, 0.2)
            self.assertEqual(figures(server)["sitepod_bucket_up"], 1)

    def test_a_second_server_on_the_bucket_is_refused_until_it_is_told_to_stand_in(self):
        with self.server() as server:
            self.deploy(server)
            self.assertEqual(server.stop(), 0)
            backup = server.data + "-backup"
            done = run_program("backup", "--data", server.data, "--to", backup, env=self.bucket.env())
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            name = pathlib.Path(server.data, "server-id").read_text().strip()
            self.assertRegex(name, "^srv_[a-z0-9]{16,}$")
            stranger = {**server.env, **self.bucket.env()}
            del stranger["SITEPOD_S3_TAKE_OVER"]
            refused = run_program("serve", "--data", backup, "--listen", "127.0.0.1:0", env=stranger, timeout=60)
            self.assertEqual(refused.returncode, 1, refused.stderr)
            self.assertIn(f'storage.s3.take_over = "{name}"', refused.stderr)
            self.assertFalse(os.path.exists(backup + "/bucket.toml"))
            # The first machine is gone; what was restored from its backup takes its place.
            with Server(data=backup, env=self.bucket.env(SITEPOD_S3_TAKE_OVER=name)) as heir:
                self.assert_shown(heir)
            doctor = run_program("doctor", "--data", server.data, env=self.bucket.env())
            self.assertIn("is kept by another server, srv_", doctor.stdout)
            dead = run_program("serve", "--data", server.data, "--listen", "127.0.0.1:0", env={**server.env, **self.bucket.env(self.line.url, SITEPOD_S3_TAKE_OVER=name)}, timeout=60)
            self.assertEqual(dead.returncode, 1, dead.stderr)
            self.assertIn("is kept by another server", dead.stderr)
            shutil.rmtree(backup)
            server.env["SITEPOD_S3_TAKE_OVER"] = self.bucket.owner()
            server.start()
            self.assert_shown(server)


if __name__ == "__main__":
    unittest.main()
