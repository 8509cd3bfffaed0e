#!/usr/bin/env python3
"""Garbage collection against upload, commit, a whole deploy and a rollback: one of the two is held up at a system call, the other runs
through meanwhile (reliability rows 34-36; deploy contract §10, §16.10). Nothing that was answered may miss a byte afterwards.
usage: gc_races.py [--points N] [--operation NAME]     without --points: every system call on files."""
import concurrent.futures
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import experiments  # noqa: E402
from operations import HOST, MID, NEW, OLD, PROJECT, Collect, Commit, Operation, Upload  # noqa: E402
from support.api import Api, Refused  # noqa: E402
from support.server import run_program  # noqa: E402
from support.tracing import points  # noqa: E402
from support.wire import Answer, fetch  # noqa: E402

HELD_MICROSECONDS = 300_000
CALLS = {"openat", "pread64", "read", "write", "pwrite64", "fsync", "fdatasync", "syncfs", "rename", "renameat", "renameat2", "link", "linkat", "unlink", "unlinkat",
         "newfstatat", "fstat", "statx", "access", "fcntl", "ftruncate"}


def collect(api):
    answer = api.post("/gc", {"grace_seconds": 0})
    assert answer.status == 200 and not answer.json["errors"], answer


class Race(Operation):
    """An operation whose bytes lie about as garbage already, so that a collection wants exactly them."""
    env = Collect.env

    def leave_garbage(self, api, files):
        """The same account's bytes, needed by nothing any more."""
        api.deploy("garbage", files)
        api.must("DELETE", "/projects/garbage")

    def assert_live(self, address, files):
        shown = {path: fetch(address, "/" + path, HOST).body for path in files}
        assert shown == files, f"the site misses bytes: { {p: b[:12] for p, b in shown.items()} }"


class UploadRace(Race, Upload):
    def prepare(self, api):
        Upload.prepare(self, api)
        stranger = Api(api.address).login("stranger@example.org")
        self.leave_garbage(stranger, {"x.bin": self.DATA})

    def check(self, server, api, acknowledged):
        assert acknowledged.status == 200, acknowledged
        assert api.post("/commit", {"plan_id": self.facts["plan"]}).status == 200
        api.must("POST", "/release", {"project": PROJECT})
        self.assert_live(server.address, {**NEW, "x.bin": self.DATA})


class CommitRace(Race, Commit):
    def prepare(self, api):
        Commit.prepare(self, api)
        self.leave_garbage(api, NEW)

    def check(self, server, api, acknowledged):
        assert acknowledged.status == 200, acknowledged
        api.must("POST", "/release", {"project": PROJECT, "image_id": acknowledged.json["image_id"]})
        self.assert_live(server.address, NEW)


class DeployRace(Race):
    """Plan, what it misses, commit, release: of bytes that the collection is about to delete."""

    def prepare(self, api):
        self.base(api)
        self.leave_garbage(api, NEW)

    def call(self, api):
        try:
            api.deploy(PROJECT, NEW)
        except Refused as refused:
            return refused.answer
        return Answer(200, "", [], b"", b"")

    def check(self, server, api, acknowledged):
        assert acknowledged.status == 200, acknowledged
        self.assert_live(server.address, NEW)


class RollbackRace(Race):
    """To an image that retention gives up: it is live and whole afterwards, or the answer says that it is gone."""

    def prepare(self, api):
        self.base(api)
        api.deploy(PROJECT, MID)
        api.deploy(PROJECT, NEW)

    def call(self, api):
        return api.post("/rollback", {"project": PROJECT, "image_id": self.facts["old"]}, timeout=60)

    def check(self, server, api, acknowledged):
        assert acknowledged.status in (200, 404), acknowledged
        self.assert_live(server.address, OLD if acknowledged.status == 200 else NEW)


RACES = {"upload": UploadRace, "commit": CommitRace, "deploy": DeployRace, "rollback": RollbackRace}


def on_files(call, line):
    return call in CALLS and "socket:" not in line and "eventfd" not in line


def record(stage):
    """The points of the operation and those of a collection."""
    found = []
    for held, run in (("operation", stage.operation.attempt), ("collection", collect)):
        with stage.server() as (server, api):
            trace = stage.trace(server)
            run(api)
            found += [(held, call, n) for call, n in points(trace.detach(), on_files)]
            assert server.stop() == 0
    return found


def hold(stage, held, call, n):
    """One experiment; True when something was held up."""
    with stage.server() as (server, api), concurrent.futures.ThreadPoolExecutor(1) as pool:
        trace = stage.trace(server, "-e", f"trace={call}", "-e", f"inject={call}:delay_enter={HELD_MICROSECONDS}:when={n}")
        if held == "operation":
            running = pool.submit(stage.operation.attempt, api)
            collect(api)
            while not running.done():
                collect(api)
            answer = running.result()
        else:
            running = pool.submit(collect, api)
            answer = stage.operation.attempt(api)
            running.result()
        lines = trace.detach()
        assert answer is not None, "no answer"
        collect(api)
        stage.operation.check(server, api, answer)
        collect(api)
        assert server.stop() == 0
        done = run_program("fsck", "--data", server.data)
        assert done.returncode == 0, f"fsck: {done.stdout}{done.stderr}"
        return any("(DELAYED)" in line or "(INJECTED" in line for line in lines)


if __name__ == "__main__":
    sys.exit(experiments.main(RACES, record, hold, "held up", at_least=lambda count: count // 2))
