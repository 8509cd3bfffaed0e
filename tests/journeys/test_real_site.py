#!/usr/bin/env python3
"""A real site with thousands of files (Debian's cppreference): deployed by the CLI, redeployed with only the difference, every file
byte for byte in every coding offered, rolled back."""
import concurrent.futures
import os
import pathlib
import shutil
import sys
import tempfile
import unittest
from urllib.parse import quote

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support import codings  # noqa: E402
from support.api import unique  # noqa: E402
from support.case import SLOW  # noqa: E402
from support.cli import Cli  # noqa: E402
from support.relay import Relay  # noqa: E402
from support.server import Server, wait_until  # noqa: E402
from support.wire import Wire, fetch  # noqa: E402

SITE = pathlib.Path("/usr/share/cppreference/doc/html")
COMPRESSIBLE = {".html", ".css", ".js", ".svg", ".xml", ".json"}


class RealSite(unittest.TestCase):
    def test_deploy_redeploy_and_rollback_byte_for_byte(self):
        self.assertTrue(SITE.is_dir(), "run tools/install_packages.sh test")
        with Server() as server, Cli(server.url) as cli, tempfile.TemporaryDirectory() as scratch:
            self.server, self.host = server, f"{unique('real')}.localhost"
            project = self.host.split(".")[0]
            folder = pathlib.Path(scratch) / "site"
            shutil.copytree(SITE, folder)
            cli.login()
            cli.must("deploy", folder, "-n", project, "--prod", "-y", timeout=600)
            original = self.files(folder)
            self.assertGreater(len(original), 4000)
            self.check_all(folder, original, (None, "gzip", "br", "zstd", "gzip, br, zstd"))

            changed = sorted(original)[::400]
            for path in changed:
                with open(folder / path, "ab") as file:
                    file.write(b"\n<!-- second version -->\n")
            (folder / "added.html").write_bytes(b"<p>added")
            removed = sorted(original)[1]
            (folder / removed).unlink()
            with Relay(server.address) as relay:
                cli.must("deploy", folder, "-n", project, "--prod", "-y", env={"SITEPOD_ENDPOINT": relay.url, "SITEPOD_TOKEN": self.token(cli)}, timeout=300)
                difference = sum((folder / p).stat().st_size for p in changed)
                self.assertLess(relay.sent, difference + 3_000_000, "only the manifest and the difference travel")
            second = self.files(folder)
            self.check_all(folder, second, (None, "gzip, br, zstd"))
            self.assertNotEqual(self.get(removed).status, 200)

            cli.must("rollback", "-n", project, "--env", "prod")
            self.check_all(SITE, original, (None,))
            self.assertEqual(self.get("added.html").status, 404)

            # brotli at its best takes minutes for a site of this size; small sites have theirs in contract/test_serving.py.
            sample = [p for p in sorted(original) if pathlib.Path(p).suffix in COMPRESSIBLE and (SITE / p).stat().st_size > 4096]
            for coding in ("gzip", "br", "zstd") if SLOW else ("gzip",):
                for path in sample if SLOW else sample[:3]:
                    wait_until(lambda: self.get(path, coding).get("content-encoding") == coding, f"{coding} of {path} in the background", 1800 if SLOW else 300)
                self.check_all(SITE, original, (coding,))

    def token(self, cli):
        import re
        text = "".join(p.read_text(errors="replace") for p in cli.home.rglob("*") if p.is_file() and p.stat().st_size < 100_000)
        return re.search(r"sitepod_[A-Za-z0-9]{32,}", text).group(0)

    @staticmethod
    def files(folder):
        return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file() and not any(part.startswith(".") for part in p.relative_to(folder).parts)}

    def get(self, path, coding=None):
        return fetch(self.server.address, "/" + quote(path), self.host, {"Accept-Encoding": coding} if coding else ())

    def check_all(self, folder, paths, accepted):
        def check(share):
            with Wire(self.server.address) as wire:
                for path in share:
                    data = (folder / path).read_bytes()
                    for accept in accepted:
                        answer = wire.get("/" + quote(path), self.host, [("Accept-Encoding", accept)] if accept else ())
                        self.assertEqual(answer.status, 200, path)
                        self.assertEqual(codings.decode(answer.get("content-encoding"), answer.body, len(data)), data, (path, accept))
        ordered = sorted(paths)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            list(pool.map(check, (ordered[0::2], ordered[1::2])))


if __name__ == "__main__":
    unittest.main()
