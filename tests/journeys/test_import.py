#!/usr/bin/env python3
"""`sitepod import` of a SitePod 0.2 server's data folder: deploy API §13."""
import datetime
import json
import os
import pathlib
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support import hashes  # noqa: E402
from support.api import Api, unique  # noqa: E402
from support.cli import Cli  # noqa: E402
from support.server import Server  # noqa: E402
from support.wire import fetch  # noqa: E402


class OldFolder:
    """A data folder with the layout of the existing server."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        for name in ("refs", "previews", "blobs", "routing"):
            (self.root / name).mkdir(parents=True)
        self.routes("")

    def blob(self, name):
        return self.root / "blobs" / name[:2] / name

    def point(self, place, project, name, files, **more):
        manifest = {}
        for path, data in files.items():
            digest = hashes.blake3(data)
            self.blob(digest).parent.mkdir(exist_ok=True)
            self.blob(digest).write_bytes(data)
            manifest[path] = {"hash": digest, "size": len(data), "content_type": "text/x-old" if path.endswith(".old") else None}
        file = self.root / place / project / f"{name}.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps({"image_id": "img_12345678", "content_hash": "0" * 64, "manifest": manifest, "updated_at": "2025-01-01T00:00:00Z", **more}))

    def routes(self, project, *domains):
        entries = [{"domain": d, "slug": s, "project_id": "p", "project": project} for d, s in domains]
        (self.root / "routing/index.json").write_text(json.dumps({"entries": entries, "updated_at": "2025-01-01T00:00:00Z"}))


class Import(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.server.__enter__()
        self.addCleanup(self.server.__exit__, None, None, None)
        self.cli = Cli(self.server.url)
        self.addCleanup(self.cli.__exit__)
        self.cli.login()
        self.api = Api(self.server.address).login("cli@example.org")
        self.old = OldFolder(self.cli.home / "old")
        self.project = unique("old")

    def get(self, target, host):
        return fetch(self.server.address, target, host)

    def test_everything_that_is_shown_comes_over_once(self):
        live, beta = {"index.html": b"live", "a/\u00fc b.old": b"odd"}, {"index.html": b"beta"}
        self.old.point("refs", self.project, "prod", live)
        self.old.point("refs", self.project, "beta", beta)
        self.old.point("refs", f"{self.project}-2", "prod", live)
        soon = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.old.point("previews", self.project, "look", beta, created_at="2025-01-01T00:00:00Z", expires_at=soon)
        self.old.point("previews", self.project, "over", beta, created_at="2025-01-01T00:00:00Z", expires_at="2025-01-02T00:00:00Z")
        self.old.routes(self.project, ("www.example.org", "/"), ("all.example.org", "/blog"))
        done = self.cli.json("import", self.old.root)
        self.assertEqual({k: done[k] for k in ("images", "environments", "unchanged", "previews", "domains")},
                         {"images": 3, "environments": 3, "unchanged": 0, "previews": 1, "domains": 2})
        host = f"{self.project}.localhost"
        self.assertEqual(self.get("/", host).body, b"live")
        odd = self.get("/a/%C3%BC%20b.old", host)
        self.assertEqual((odd.body, odd.get("content-type").split(";")[0]), (b"odd", "text/x-old"))
        self.assertEqual(self.get("/", f"{self.project}-beta.localhost").body, b"beta")
        self.assertEqual(self.get("/", f"{self.project}-2.localhost").body, b"live")
        self.assertEqual(self.get("/", f"{self.project}--look.preview.localhost").body, b"beta")
        self.assertEqual([p["slug"] for p in self.api.must("GET", f"/previews?project={self.project}")["previews"]], ["look"])
        self.assertEqual(self.get("/", "www.example.org").body, b"live")
        again = self.cli.json("import", self.old.root)
        self.assertEqual((again["images"], again["environments"], again["unchanged"], again["domains"]), (0, 0, 3, 0))

    def test_what_is_damaged_is_named_and_keeps_nothing_else_away(self):
        self.old.point("refs", self.project, "prod", {"index.html": b"whole"})
        self.old.point("refs", f"{self.project}-2", "prod", {"index.html": b"flipped"})
        self.old.blob(hashes.blake3(b"flipped")).write_bytes(b"FLIPPED")
        self.old.point("refs", f"{self.project}-3", "prod", {"index.html": b"gone"})
        self.old.blob(hashes.blake3(b"gone")).unlink()
        self.old.point("refs", f"{self.project}-4", "prod", {"index.html": b"x"})
        (self.old.root / f"refs/{self.project}-4/prod.json").write_text("{")
        done = self.cli.run("import", self.old.root, "--json")
        self.assertEqual(done.returncode, 1, done)
        said = json.loads(done.stdout)
        self.assertEqual(said["error"], "incomplete")
        for number in (2, 3, 4):
            self.assertIn(f"{self.project}-{number}", said["message"])
        self.assertEqual(self.get("/", f"{self.project}.localhost").body, b"whole")
        self.assertEqual(self.get("/", f"{self.project}-2.localhost").status, 404)

    def test_a_folder_that_is_none_is_refused(self):
        self.assertEqual(self.cli.run("import", self.cli.home).returncode, 2)
        self.assertEqual(self.cli.run("import").returncode, 2)


if __name__ == "__main__":
    unittest.main()
