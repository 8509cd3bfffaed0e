#!/usr/bin/env python3
"""The access log: one JSON line per answer, reopened on SIGHUP, without secrets (reliability: log injection, secrets in logs)."""
import json
import os
import pathlib
import signal
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support.api import Api, unique  # noqa: E402
from support.content import writer_of  # noqa: E402
from support.server import Server, wait_until  # noqa: E402
from support.wire import Wire, fetch  # noqa: E402


def lines_of(path):
    try:
        return [json.loads(line) for line in pathlib.Path(path).read_text("ascii").splitlines()]
    except FileNotFoundError:
        return []


class AccessLog(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="sitepod-access-")
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "access.log")

    def deployed(self, server):
        api = Api(server.address).login()
        project = unique("log")
        image = api.deploy(project, {"index.html": b"hello"})
        return api, project, f"{project}.localhost", image

    def test_every_answer_leaves_one_line(self):
        with Server(env={"SITEPOD_ACCESS_LOG": self.path}) as server:
            api, project, host, image = self.deployed(server)
            with Wire(server.address) as wire:
                for _ in range(500):
                    self.assertEqual(wire.get("/", host).status, 200)
            fetch(server.address, "/nothing.js", host)
            fetch(server.address, "/", "unknown.example.net")
            wait_until(lambda: any(line["host"] == "unknown.example.net" for line in lines_of(self.path)), "the last line is written")
            lines = lines_of(self.path)
            pages = [line for line in lines if line["host"] == host and line["path"] == "/"]
            self.assertEqual(len(pages), 500)
            self.assertEqual((pages[0]["method"], pages[0]["status"], pages[0]["bytes"], pages[0]["project"], pages[0]["image"], pages[0]["peer"]),
                             ("GET", 200, 5, project, image, "127.0.0.0"))
            self.assertEqual([line["status"] for line in lines if line["path"] == "/nothing.js"], [404])
            release = [line for line in lines if line["path"] == "/api/v1/release"]
            self.assertEqual([(line["method"], line["status"]) for line in release], [("POST", 200)])
            self.assertNotIn(api.token, pathlib.Path(self.path).read_text())

    def test_what_visitors_of_locked_pages_are_answered_is_their_sites(self):
        with Server(env={"SITEPOD_ACCESS_LOG": self.path, "SITEPOD_BUILD_COOLDOWN": "0"}) as server:
            api = Api(server.address).login()
            writer = writer_of(api)
            self.assertEqual(writer.save({"title": "Secret", "password": "long enough"}, build=True).status, 200)
            wait_until(lambda: writer.get("/builds/latest").json["status"] == "success", "the site is built", 60)
            project = api.must("GET", "/projects")[0]["name"]
            image = api.must("GET", f"/current?project={project}")["image_id"]
            form = ("Content-Type", "application/x-www-form-urlencoded")
            self.assertEqual(fetch(server.address, "/blog/secret", f"{project}.localhost", [form], method="POST", body=b"password=wrong").status, 403)
            wait_until(lambda: any(line["path"] == "/blog/secret" for line in lines_of(self.path)), "the line is written")
            line = next(line for line in lines_of(self.path) if line["path"] == "/blog/secret")
            self.assertEqual((line["method"], line["status"], line["project"], line["image"]), ("POST", 403, project, image))

    def test_nothing_that_a_client_sends_forges_a_line_or_leaks(self):
        with Server(env={"SITEPOD_ACCESS_LOG": self.path}) as server:
            _, _, host, _ = self.deployed(server)
            canary = "canary" + "x" * 20
            fetch(server.address, f"/?token={canary}", host, [("Authorization", f"Bearer {canary}"), ("Cookie", f"a={canary}"), ("Referer", f"https://a.test/?{canary}#{canary}"),
                                                               ("User-Agent", 'evil"} {"status":200')])
            fetch(server.address, "/", host, [("User-Agent", "escape \x1b[31m")])
            fetch(server.address, b"/%0d%0a%22%7d{\"x\":1}".decode(), host)
            wait_until(lambda: any(line["status"] == 400 for line in lines_of(self.path)), "the lines are written")
            evil = [line for line in lines_of(self.path) if line["user_agent"] == 'evil"} {"status":200']
            self.assertEqual([(line["status"], line["path"], line["referer"]) for line in evil], [(200, "/", "https://a.test/")])
            text = pathlib.Path(self.path).read_text("ascii")
            self.assertNotIn(canary, text)
            self.assertNotIn(canary, server.log())
            self.assertNotIn("\x1b", text)

    def test_a_file_that_was_moved_away_is_opened_anew(self):
        with Server(env={"SITEPOD_ACCESS_LOG": self.path}) as server:
            _, _, host, _ = self.deployed(server)
            fetch(server.address, "/one", host)
            wait_until(lambda: any(line["path"] == "/one" for line in lines_of(self.path)), "the line is written")
            os.rename(self.path, self.path + ".1")
            os.kill(server.pid, signal.SIGHUP)
            wait_until(lambda: os.path.exists(self.path), "the file is there again")
            fetch(server.address, "/two", host)
            wait_until(lambda: any(line["path"] == "/two" for line in lines_of(self.path)), "the line is written")
            self.assertNotIn("/two", [line["path"] for line in lines_of(self.path + ".1")])
        self.assertEqual(oct(os.stat(self.path).st_mode & 0o777), "0o640")

    def test_it_is_off_by_default(self):
        with Server() as server:
            self.deployed(server)
            self.assertEqual([name for name in os.listdir(f"/proc/{server.pid}/task") if
                              pathlib.Path(f"/proc/{server.pid}/task/{name}/comm").read_text().strip() == "access-log"], [])

    def test_a_folder_that_is_not_there_refuses_the_start(self):
        with self.assertRaises(AssertionError) as raised:
            Server(env={"SITEPOD_ACCESS_LOG": "/nowhere/at/all/access.log"}).__enter__()
        self.assertIn("access log", str(raised.exception))


if __name__ == "__main__":
    unittest.main(verbosity=2)
