#!/usr/bin/env python3
"""Uploads straight into the bucket of a real S3 server, past sitepod: what a plan gives, what a commit takes, and what is refused
(deploy-api §2 row 9, §5, §13)."""
import base64
import os
import pathlib
import sys
import tempfile
import threading
import unittest
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support import sites  # noqa: E402
from support.api import Api, unique  # noqa: E402
from support.cli import Cli  # noqa: E402
from support.existing_client import ExistingClient, put_presigned  # noqa: E402
from support.hashes import blake3, sha256  # noqa: E402
from support.relay import Relay  # noqa: E402
from support.s3 import Bucket  # noqa: E402
from support.server import Server, wait_until  # noqa: E402
from support.wire import fetch  # noqa: E402

OPERATOR = "operator-token-of-this-test"


class BucketCase(unittest.TestCase):
    def setUp(self):
        self.bucket = Bucket()
        address = urllib.parse.urlsplit(self.bucket.url)
        self.line = Relay((address.hostname, address.port))  # of the server
        self.addCleanup(self.line.__exit__, None, None, None)
        self.street = Relay((address.hostname, address.port))  # of the clients
        self.addCleanup(self.street.__exit__, None, None, None)
        self.project = unique("bucket")
        self.files = {"index.html": b"<h1>home</h1>", "a/empty.txt": b"", "style.css": sites.text(20_000), "big.bin": sites.noise(2_000_000)}

    def server(self, **env):
        return Server(env={**self.bucket.env(self.line.url), "SITEPOD_S3_PUBLIC_ENDPOINT": self.street.url, "SITEPOD_ADMIN_TOKEN": OPERATOR, **env})

    def api(self, server):
        return Api(server.address).login()

    def plan(self, api, files=None, **more):
        files = files or self.files
        return api.must("POST", "/plan", {"project": self.project, "files": [ExistingClient.entry(p, d) for p, d in files.items()], **more})

    def put_all(self, plan, files=None):
        data_of = {blake3(data): data for data in (files or self.files).values()}
        for item in plan["missing"]:
            status, body = put_presigned(item["upload_url"], data_of[item["hash"]])
            self.assertEqual(status, 200, body)

    def commit(self, api, plan):
        return api.post("/commit", {"plan_id": plan["plan_id"]})

    def assert_served(self, server, api, files=None):
        api.must("POST", "/release", {"project": self.project, "environment": "prod"})
        for path, data in (files or self.files).items():
            answer = fetch(server.address, "/" + path, f"{self.project}.localhost", timeout=60)
            self.assertEqual((path, answer.status, answer.body), (path, 200, data))


class Plans(BucketCase):
    def test_an_unmodified_client_uploads_to_the_bucket(self):
        with self.server() as server:
            api = self.api(server)
            client = ExistingClient(api)
            before = self.street.sent
            plan, _, _ = client.deploy(self.project, self.files, "prod")
            self.assertEqual(plan["upload_mode"], "presigned")
            self.assertEqual(len(plan["missing"]), len(self.files))
            self.assertGreater(self.street.sent - before, 2_000_000)
            self.assert_served(server, api)
            self.assertEqual(self.bucket.keys("staging/") + self.bucket.keys("frozen/"), [])
            name = sha256(self.files["big.bin"])
            self.assertIn(f"blobs/{name[:2]}/{name}", self.bucket.keys("blobs/"))
            self.assertNotIn(self.bucket.secret_key, server.log())
            # A second deploy sends what is new.
            more = {**self.files, "new.txt": b"new"}
            plan, _, _ = client.deploy(self.project, more, "prod")
            self.assertEqual(([item["path"] for item in plan["missing"]], plan["reusable"]), (["new.txt"], 4))
            # Nothing local is needed for it.
            server.stop()
            for path in server.blob_files():
                os.unlink(path)
            server.start()
            api.address = server.address
            self.assert_served(server, api, more)

    def test_an_address_is_signed_for_length_and_checksum_and_names_the_public_endpoint(self):
        with self.server() as server:
            plan = self.plan(self.api(server), {"index.html": b"hello"})
            url = plan["missing"][0]["upload_url"]
            self.assertTrue(url.startswith(f"{self.street.url}/{self.bucket.name}/"), url)
            query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))
            self.assertEqual(query["X-Amz-Expires"], "900")
            self.assertEqual(query["X-Amz-SignedHeaders"], "content-length;host")
            self.assertEqual(query["x-amz-checksum-sha256"], base64.b64encode(bytes.fromhex(sha256(b"hello"))).decode())
            self.assertEqual(list(plan["upload_urls"].values()), [f"/api/v1/upload/{plan['plan_id']}/{blake3(b'hello')}"])
            self.assertLess(plan["upload_urls_expire_at"], plan["expires_at"])
            self.assertEqual(put_presigned(url, b"longer than hello")[0], 403)
            self.assertEqual(put_presigned(url.replace("X-Amz-Expires=900", "X-Amz-Expires=90000"), b"hello")[0], 403)

    def test_a_plan_that_says_too_little_or_a_server_that_shall_not_sends_nobody_to_the_bucket(self):
        with self.server() as server:
            api = self.api(server)
            for files in ({"index.html": blake3(b"hello")}, [{"path": "index.html", "blake3": blake3(b"hello"), "size": 5}],
                          [ExistingClient.entry("index.html", b"hello"), {"path": "other.html", "blake3": blake3(b"other"), "size": 5}]):
                plan = api.must("POST", "/plan", {"project": self.project, "files": files})
                self.assertEqual(plan["upload_mode"], "direct")
                self.assertNotIn("http", str(plan["upload_urls"]) + str(plan["missing"]))
        with self.server(SITEPOD_S3_UPLOADS="direct", SITEPOD_S3_PUBLIC_ENDPOINT="") as server:
            api = self.api(server)
            self.assertEqual(self.plan(api)["upload_mode"], "direct")
            ExistingClient(api).deploy(self.project, self.files, "prod")
            self.assert_served(server, api)

    def test_the_server_takes_files_of_such_a_plan_too(self):
        with self.server() as server:
            api = self.api(server)
            plan = self.plan(api)
            rest = {path: data for path, data in self.files.items() if path != "style.css"}
            data = self.files["style.css"]
            api.must("POST", f"/upload/{plan['plan_id']}/{blake3(data)}", data)
            again = self.plan(api)
            self.assertNotIn("style.css", [item["path"] for item in again["missing"]])
            self.put_all(again, rest)
            self.assertEqual(self.commit(api, plan).status, 200)
            self.assert_served(server, api)

    def test_an_interrupted_deploy_goes_on_where_it_was_and_nobody_else_does(self):
        with self.server() as server:
            api = self.api(server)
            first = self.plan(api)
            self.put_all({"missing": first["missing"][:3]})
            second = self.plan(api)
            self.assertEqual(([item["path"] for item in second["missing"]], second["reusable"]), ([first["missing"][3]["path"]], 3))
            stranger = self.api(server)
            theirs = stranger.must("POST", "/plan", {"project": unique("other"), "files": [ExistingClient.entry(p, d) for p, d in self.files.items()]})
            self.assertEqual(len(theirs["missing"]), 4)
            refused = self.commit(stranger, theirs)
            self.assertEqual((refused.status, refused.json["error"], len(refused.json["missing"])), (400, "missing_blobs", 4))
            self.assertEqual(self.commit(api, second).json["error"], "missing_blobs")
            self.put_all(second)
            # Both plans have the same files; each makes its image.
            images = {self.commit(api, plan).json["image_id"] for plan in (second, first, second)}
            self.assertEqual(len(images), 2)
            self.assert_served(server, api)
            self.assertEqual(self.bucket.keys("staging/"), [])


class Commits(BucketCase):
    def test_a_file_that_is_another_one_is_refused_by_its_path_and_removed(self):
        with self.server() as server:
            api = self.api(server)
            for size in (len(self.files["style.css"]), 2_000_000):
                good, wrong = sites.noise(size, seed=size), sites.noise(size, seed=size + 1)
                files = {"index.html": b"home", "sub/page.css": good}
                plan = self.plan(api, files)
                self.put_all(plan, {"index.html": b"home"} | {"sub/page.css": good})
                url = {item["path"]: item["upload_url"] for item in plan["missing"]}["sub/page.css"]
                self.assertEqual(put_presigned(url, wrong)[0], 200)
                refused = self.commit(api, plan)
                self.assertEqual((refused.status, refused.json["error"]), (400, "hash_mismatch"), refused)
                self.assertIn('"sub/page.css"', refused.json["message"])
                self.assertIn("BLAKE3", refused.json["message"])
                self.assertEqual([key for key in self.bucket.keys("staging/") if sha256(good) in key], [])
                self.assertNotIn(f"blobs/{sha256(wrong)[:2]}/{sha256(wrong)}", self.bucket.keys("blobs/"))
                self.assertEqual(self.bucket.keys("frozen/"), [])
                again = self.plan(api, files)
                self.assertEqual([item["path"] for item in again["missing"]], ["sub/page.css"], "what was right stays")
                # The plan goes on: here, or in the bucket.
                self.put_all(again, files)
                self.assertEqual(self.commit(api, plan).status, 200)
                self.assert_served(server, api, files)

    def test_a_name_that_does_not_belong_to_the_checksum_is_refused(self):
        with self.server() as server:
            api = self.api(server)
            entry = {**ExistingClient.entry("index.html", b"hello"), "blake3": blake3(b"jello")}
            plan = api.must("POST", "/plan", {"project": self.project, "files": [entry]})
            self.assertEqual(put_presigned(plan["missing"][0]["upload_url"], b"hello")[0], 200)
            refused = self.commit(api, plan)
            self.assertEqual((refused.status, refused.json["error"]), (400, "hash_mismatch"), refused)
            # Somebody with the operator's keys may put anything there.
            plan = self.plan(api, {"index.html": b"hello"})
            key = urllib.parse.urlsplit(plan["missing"][0]["upload_url"]).path.split("/", 2)[2]
            self.assertEqual(self.bucket.ask("PUT", key, body=b"much longer than it was declared")[0], 200)
            refused = self.commit(api, plan)
            self.assertEqual((refused.status, refused.json["error"]), (400, "size_mismatch"), refused)
            self.assertEqual(self.bucket.keys("staging/"), [])

    def test_an_outage_at_commit_loses_nothing(self):
        with self.server() as server:
            api = self.api(server)
            plan = self.plan(api)
            self.put_all(plan)
            self.line.set("cut")
            refused = self.commit(api, plan)
            self.assertEqual((refused.status, refused.json["error"]), (503, "unavailable"), refused)
            self.assertGreaterEqual(int(refused.get("retry-after")), 1)
            # Its answers do not depend on the bucket; where uploads would go does.
            self.assertEqual(self.plan(api)["upload_mode"], "direct")
            self.line.set("open")
            wait_until(lambda: api.get("/health").status == 200, "the bucket is back", 60)
            self.assertEqual(self.commit(api, plan).status, 200)
            self.assert_served(server, api)

    def test_a_server_that_was_killed_takes_up_what_lies_there(self):
        with self.server() as server:
            api = self.api(server)
            plan = self.plan(api)
            self.put_all(plan)
            server.kill()
            server.start()
            api.address = server.address
            self.assertEqual(self.commit(api, plan).status, 200)
            self.assert_served(server, api)

    def test_what_nobody_commits_is_collected(self):
        with self.server() as server:
            api = self.api(server)
            operator = Api(server.address, OPERATOR)
            self.put_all(self.plan(api))
            self.bucket.ask("PUT", "frozen/" + "0" * 64 + "-leftover", body=b"of a crash")
            operator.must("POST", "/gc", {})
            self.assertEqual(len(self.bucket.keys("staging/")), 4)
            operator.must("POST", "/gc", {"grace_seconds": 0})
            self.assertEqual(len(self.bucket.keys("staging/")), 4, "a plan still waits for them")
            self.assertEqual(self.bucket.keys("frozen/"), [])
            api.must("DELETE", f"/projects/{self.project}")
            self.assertEqual(operator.must("POST", "/gc", {"grace_seconds": 0})["errors"], [])
            self.assertEqual(self.bucket.keys("staging/"), [])


class OwnClient(BucketCase):
    def deploy(self, server, api, *args):
        cli = Cli(server.url, api.token)
        self.addCleanup(cli.__exit__)
        folder = sites.write(self.files, pathlib.Path(tempfile.mkdtemp(dir=cli.home)))
        return cli.must("deploy", folder, "-n", self.project, "--prod", *args)

    def test_the_command_line_client_uploads_to_the_bucket_side_by_side(self):
        self.files.update({f"page-{i}.html": sites.text(2_000 + i) for i in range(60)})
        with self.server() as server:
            api = self.api(server)
            done = self.deploy(server, api, "--json")
            self.assertGreater(self.street.sent, 2_000_000)
            self.assertNotIn("instead", done.stderr)
            self.assert_served(server, api)

    def test_a_bucket_that_clients_cannot_reach_makes_them_send_to_the_server(self):
        with self.server() as server:
            api = self.api(server)
            self.street.set("cut")
            done = self.deploy(server, api)
            self.assertIn(f"The bucket at {self.street.url}", done.stderr)
            self.assertIn("go to the server instead", done.stderr)
            self.assertNotIn("X-Amz-Signature", done.stderr)
            self.assert_served(server, api)

    def test_connections_that_break_cost_a_new_plan_and_no_more(self):
        self.files.update({f"page-{i}.bin": sites.noise(300_000, seed=i) for i in range(8)})
        with self.server() as server:
            api = self.api(server)
            self.street.cut_after = 1_500_000

            def mend():
                wait_until(lambda: self.street.cuts > 0, "a connection was cut", 60, 0.02)
                self.street.cut_after = None
            mending = threading.Thread(target=mend)
            mending.start()
            self.addCleanup(mending.join)
            done = self.deploy(server, api)
            self.assertNotIn("instead", done.stderr)
            self.assertGreater(self.street.cuts, 0)
            self.assert_served(server, api)


if __name__ == "__main__":
    unittest.main()
