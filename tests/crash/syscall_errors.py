#!/usr/bin/env python3
"""EIO, ENOSPC and friends at system calls on the store's files: a typed 5xx or a true 200, nothing half-written, and everything works again
after a restart (reliability rows 11, 13, 15, 16). usage: syscall_errors.py [--points N]"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import experiments  # noqa: E402
from operations import OPERATIONS, Operation  # noqa: E402
from support.server import wait_until  # noqa: E402
from support.wire import WireClosed, fetch  # noqa: E402
from support.tracing import points  # noqa: E402

ERRORS = {"write": ("EIO", "ENOSPC"), "pwrite64": ("EIO", "ENOSPC"), "writev": ("ENOSPC",), "pwritev": ("ENOSPC",), "fsync": ("EIO",), "fdatasync": ("EIO",), "rename": ("EIO", "ENOSPC"),
          "renameat": ("EIO",), "renameat2": ("EIO",), "openat": ("ENOSPC", "EMFILE"), "fallocate": ("ENOSPC",), "ftruncate": ("EIO",), "mkdir": ("ENOSPC",), "close": ("EIO",), "link": ("EIO",),
          "linkat": ("EIO",), "syncfs": ("EIO",), "pread64": ("EIO",)}


def touches_store(data):
    """Only calls on files of the data folder: an injected error on a socket or an eventfd is no disk fault."""
    return lambda call, line: call in ERRORS and data in line


def record(stage):
    with stage.server() as (server, api):
        trace = stage.trace(server, "-e", "trace=" + ",".join(f"?{c}" for c in ERRORS))
        answer = stage.operation.attempt(api)
        lines = trace.detach()
        assert answer is not None and answer.status in (200, 201, 202), answer
        assert server.stop() == 0
        return [(call, n, error) for call, n in points(lines, touches_store(server.data)) for error in ERRORS[call]]


def visit(stage, server):
    """The status that a visitor gets, or what became of the connection."""
    host, path = stage.operation.visited()
    try:
        return fetch(server.address, path, host, timeout=10).status
    except (OSError, WireClosed) as broken:
        return broken


def fail_at(stage, call, n, error):
    """One experiment; True when the error hit a file of the store."""
    with stage.server() as (server, api):
        trace = stage.trace(server, "-e", f"trace={call}", "-e", f"inject={call}:error={error}:when={n}")
        answer = hang = None
        try:
            answer = stage.operation.attempt(api)
        except AssertionError as problem:
            hang = problem
        # strace counts calls per thread: the visitor's own thread may meet the same error, then its answer is a clean 5xx.
        meanwhile = visit(stage, server)
        lines = trace.detach()
        hits = [line for line in lines if "(INJECTED)" in line]
        if not hits or not all(server.data in line for line in hits):
            return False  # an error of an eventfd, say, which wakes nobody then: no disk fault
        if hang:
            raise AssertionError(f"{hang} after {hits}")
        assert server.is_running(), f"the server died: {hits}"
        assert answer is not None, f"no answer: {hits}"
        if answer.status not in (200, 201, 202):
            try:
                stage.operation.judge_refusal(answer, error, server.data)
            except AssertionError as problem:
                raise AssertionError(f"{problem} after {hits}")
        assert meanwhile in (200, 500, 503), f"a visitor got {meanwhile} after {hits}"
        # A worker remembers for a second that a file could not be opened.
        wait_until(lambda: visit(stage, server) == 200, f"sites are served again after {hits}", 10)
        server.stop()
        stage.judge(server, answer if answer.status < 500 else None)
        return True


if __name__ == "__main__":
    Operation.patience = 15
    sys.exit(experiments.main(OPERATIONS, record, fail_at, "an error on the store", at_least=lambda count: count // 2))
