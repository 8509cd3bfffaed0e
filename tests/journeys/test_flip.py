#!/usr/bin/env python3
"""Flip hammer: 1,000 releases between two images under load. Every response is wholly of one image, none fails, and after /release
returned no worker answers with the old one (reliability I3; architecture "a release that returned is a release visitors see")."""
import os
import sys
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support import codings, sites  # noqa: E402
from support.api import Api, unique  # noqa: E402
from support.case import SANITIZED  # noqa: E402
from support.server import Server  # noqa: E402
from support.wire import Wire  # noqa: E402

FLIPS = 200 if SANITIZED else 1000
VISITORS = 6


def image(version):
    """Small, compressible, sendfile-sized: and a file that only this version has."""
    mark = b"version %d " % version
    return {"index.html": mark * 200, "app.js": mark * 10, "big.bin": sites.noise(150_000, version), f"only{version}.txt": mark}


class Flip(unittest.TestCase):
    def test_every_response_is_wholly_of_one_image_and_none_is_old(self):
        with Server() as server:
            api = Api(server.address).login()
            project = unique("flip")
            host = f"{project}.localhost"
            versions = [image(0), image(1)]
            ids = [api.make_image(project, v) for v in versions]
            api.must("POST", "/release", {"project": project, "image_id": ids[0]})
            stop, wrong, served = threading.Event(), [], [0] * VISITORS

            def visit(number):
                paths = ("index.html", "app.js", "big.bin")
                try:
                    with Wire(server.address) as wire:
                        while not stop.is_set():
                            for i, path in enumerate(paths):
                                fields = [("Accept-Encoding", "gzip")] if (served[number] + i) % 2 else ()
                                answer = wire.get("/" + path, host, fields)
                                body = answer.body
                                if answer.get("content-encoding"):
                                    body = codings.decode(answer.get("content-encoding"), body, len(versions[0][path]))
                                if answer.status != 200 or body not in (versions[0][path], versions[1][path]):
                                    wrong.append((path, answer.status, len(body), body[:20]))
                                served[number] += 1
                except Exception as error:  # a broken connection is a failed request
                    wrong.append(repr(error))

            # One connection for each of several accept queues: kept open, so that every worker is asked after each flip.
            witnesses = [Wire(server.address) for _ in range(8)]
            visitors = [threading.Thread(target=visit, args=(i,)) for i in range(VISITORS)]
            for visitor in visitors:
                visitor.start()
            old = []
            try:
                with Wire(server.address, 120) as control:
                    for i in range(1, FLIPS + 1):
                        answer = api.post("/release", {"project": project, "image_id": ids[i % 2]}, wire=control)
                        self.assertEqual(answer.status, 200, answer)
                        for wire in witnesses[i % 4::4]:
                            seen = wire.get("/app.js", host)
                            if seen.body != versions[i % 2]["app.js"]:
                                old.append((i, seen.status, seen.body[:20]))
                        if i % 100 == 0:
                            for wire in witnesses:
                                self.assertEqual(wire.get(f"/only{i % 2}.txt", host).status, 200)
                                self.assertEqual(wire.get(f"/only{1 - i % 2}.txt", host).status, 404)
            finally:
                stop.set()
                for visitor in visitors:
                    visitor.join()
                for wire in witnesses:
                    wire.close()
            print(f"{FLIPS} releases, {sum(served)} responses of {VISITORS} visitors")
            self.assertEqual(old, [])
            self.assertEqual(wrong, [])
            self.assertGreater(min(served), 0)


if __name__ == "__main__":
    unittest.main()
