#!/usr/bin/env python3
"""EIO, ENOSPC and friends at system calls on the store's files: a typed 5xx or a true 200, nothing half-written, and everything works again
after a restart (reliability rows 11, 13, 15, 16). usage: syscall_errors.py [--points N]"""
import argparse
import pathlib
import re
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from operations import OPERATIONS, PROJECT, Stage  # noqa: E402
from support.wire import fetch  # noqa: E402
from tracing import Strace, points, spread  # noqa: E402

ERRORS = {"write": ("EIO", "ENOSPC"), "pwrite64": ("EIO", "ENOSPC"), "writev": ("ENOSPC",), "pwritev": ("ENOSPC",), "fsync": ("EIO",), "fdatasync": ("EIO",), "rename": ("EIO", "ENOSPC"),
          "renameat": ("EIO",), "renameat2": ("EIO",), "openat": ("ENOSPC", "EMFILE"), "fallocate": ("ENOSPC",), "ftruncate": ("EIO",), "mkdir": ("ENOSPC",), "close": ("EIO",), "link": ("EIO",),
          "linkat": ("EIO",), "syncfs": ("EIO",), "pread64": ("EIO",)}


def touches_store(data):
    """Only calls on files of the data folder: an injected error on a socket or an eventfd is no disk fault."""
    return lambda call, line: call in ERRORS and data in line


def record(stage):
    server, api = stage.server()
    try:
        trace = Strace(server.pid, "-e", "trace=" + ",".join(f"?{c}" for c in ERRORS))
        answer = stage.operation.attempt(api)
        lines = trace.detach()
        assert answer is not None and answer.status == 200, answer
        assert server.stop() == 0
        return points(lines, touches_store(server.data))
    finally:
        server.kill()


def fail_at(stage, call, n, error):
    """One experiment; True when the error hit a file of the store."""
    server, api = stage.server()
    try:
        trace = Strace(server.pid, "-e", f"trace={call}", "-e", f"inject={call}:error={error}:when={n}")
        answer = stage.operation.attempt(api)
        # strace counts calls per thread: the visitor's own thread may meet the same error, then its answer is a clean 5xx.
        meanwhile = fetch(server.address, "/a.js", f"{PROJECT}.localhost").status
        lines = trace.detach()
        serving = fetch(server.address, "/a.js", f"{PROJECT}.localhost").status
        hits = [line for line in lines if "(INJECTED)" in line]
        if not hits or not all(server.data in line for line in hits):
            server.kill()
            return False
        assert server.is_running(), f"the server died: {hits}"
        assert answer is not None, f"no answer: {hits}"
        assert answer.status in (200, 500, 503, 507), f"{answer} after {hits}"
        if answer.status != 200:
            assert re.fullmatch(r"[a-z_]+", answer.json["error"]) and answer.json["message"] and server.data not in answer.body.decode(), answer
            if error == "ENOSPC":
                assert answer.status == 507, f"{answer.status} instead of 507 after {hits}"
        assert meanwhile in (200, 500, 503), f"a visitor got {meanwhile}"
        assert serving == 200, "sites stopped being served"
        server.stop()
        stage.judge(server, answer if answer.status == 200 else None)
        return True
    except AssertionError:
        print(f"--- log of the server\n{server.log()[-3000:]}")
        raise
    finally:
        server.kill()


def run(name, wanted):
    begin = time.monotonic()
    with Stage(name) as stage:
        every = [(call, n, error) for call, n in record(stage) for error in ERRORS[call]]
        chosen = spread(every, wanted)
        hit = broken = 0
        for call, n, error in chosen:
            try:
                hit += fail_at(stage, call, n, error)
            except AssertionError as problem:
                broken += 1
                print(f"BROKEN: {name} with {error} at {call} #{n}: {problem}", flush=True)
        print(f"{name}: {len(chosen)} of {len(every)} points, {hit} errors on the store, broken {broken}, {time.monotonic() - begin:.0f} s", flush=True)
        if chosen and not hit:
            print(f"{name}: no error reached a file of the store")
            broken += 1
        return broken


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--points", type=int)
    parser.add_argument("--operation", choices=OPERATIONS)
    arguments = parser.parse_args()
    names = [arguments.operation] if arguments.operation else list(OPERATIONS)
    sys.exit(1 if sum(run(name, arguments.points) for name in names) else 0)


if __name__ == "__main__":
    main()
