#!/usr/bin/env python3
"""SIGKILL at system calls of every operation that changes something; then restart, check, fsck (reliability rows 1, 4, 5, 6).
usage: kill_points.py [--points N] [--changing] [--operation NAME]     without --points: every system call; --changing: those that change files or are heard
by a client, which is what makes crashes differ."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import experiments  # noqa: E402
from operations import OPERATIONS  # noqa: E402
from support.tracing import points  # noqa: E402


def record(stage):
    """The system calls of one undisturbed run."""
    with stage.server() as (server, api):
        trace = stage.trace(server)
        answer = stage.operation.attempt(api)
        lines = trace.detach()
        assert answer is not None and answer.status in (200, 201, 202), answer
        assert server.stop() == 0
    return points(lines)


def kill_at(stage, call, n):
    """One experiment; True when the kill came."""
    with stage.server() as (server, api):
        trace = stage.trace(server, "-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={n}")
        answer = stage.operation.attempt(api)
        killed = answer is None
        if not killed:
            assert answer.status in (200, 201, 202), answer
            trace.detach()
        server.kill()
        if killed:
            trace.detach()
        stage.judge(server, answer)
        return killed


if __name__ == "__main__":
    sys.exit(experiments.main(OPERATIONS, record, kill_at, "killed", at_least=lambda count: count // 2))
