#!/usr/bin/env python3
"""SIGKILL at system calls of upload, commit, release and rollback; then restart, check, fsck (reliability rows 1, 4, 5, 6).
usage: kill_points.py [--points N] [--operation NAME]     without --points: every system call."""
import argparse
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from operations import OPERATIONS, Stage  # noqa: E402
from tracing import Strace, points, spread  # noqa: E402


def record(stage):
    """The system calls of one undisturbed run."""
    server, api = stage.server()
    try:
        trace = Strace(server.pid)
        answer = stage.operation.attempt(api)
        lines = trace.detach()
        assert answer is not None and answer.status == 200, answer
        assert server.stop() == 0
    finally:
        server.kill()
    return points(lines)


def kill_at(stage, call, n):
    """One experiment; True when the kill came."""
    server, api = stage.server()
    try:
        trace = Strace(server.pid, "-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={n}")
        answer = stage.operation.attempt(api)
        killed = answer is None
        if not killed:
            assert answer.status == 200, answer
            trace.detach()
        server.kill()
        if killed:
            trace.detach()
        stage.judge(server, answer)
        return killed
    except AssertionError:
        print(f"--- log of the server\n{server.log()[-4000:]}")
        raise
    finally:
        server.kill()


def run(name, wanted):
    begin = time.monotonic()
    with Stage(name) as stage:
        every = record(stage)
        chosen = spread(every, wanted)
        killed = broken = 0
        for call, n in chosen:
            try:
                killed += kill_at(stage, call, n)
            except AssertionError as error:
                broken += 1
                print(f"BROKEN: {name} killed at {call} #{n}: {error}", flush=True)
        print(f"{name}: {len(chosen)} of {len(every)} points, killed at {killed}, broken {broken}, {time.monotonic() - begin:.0f} s", flush=True)
        if killed < len(chosen) // 2:
            print(f"{name}: fewer than half of the points were reached: the recording does not describe the operation")
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
