"""The command-line client as a person or a pipeline runs it: own home folder, no terminal, no inherited settings."""
import json
import os
import pathlib
import subprocess
import tempfile

from support.server import binary


class Cli:
    """`home` holds its configuration and caches; a context that removes it."""

    def __init__(self, endpoint=None, token=None):
        self.folder = tempfile.TemporaryDirectory(prefix="sitepod-cli-")
        self.home = pathlib.Path(self.folder.name)
        self.env = {"HOME": str(self.home), "SITEPOD_SKIP_UPDATE_CHECK": "1", "NO_COLOR": "1", "LANG": "C.UTF-8"}
        if endpoint:
            self.env["SITEPOD_ENDPOINT"] = endpoint
        if token:
            self.env["SITEPOD_TOKEN"] = token

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def environment(self, extra=None):
        """Replaces what is inherited: CI, GITHUB_* and the like change what a client does."""
        kept = {k: v for k, v in os.environ.items() if k in ("PATH", "ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS")}
        return {**kept, **self.env, **(extra or {})}

    def run(self, *args, env=None, cwd=None, timeout=300, input=None):
        return subprocess.run([binary(), *map(str, args)], env=self.environment(env), cwd=cwd or self.home, timeout=timeout, input=input,
                              stdin=subprocess.DEVNULL if input is None else None, capture_output=True, text=True)

    def must(self, *args, **more):
        done = self.run(*args, **more)
        if done.returncode != 0:
            raise AssertionError(f"sitepod {' '.join(map(str, args))} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def json(self, *args, **more):
        """The one object on stdout of a command with --json."""
        return json.loads(self.must(*args, "--json", **more).stdout)

    def login(self, email="cli@example.org", password="a long password"):
        return self.must("login", env={"SITEPOD_EMAIL": email, "SITEPOD_PASSWORD": password})
