"""strace as a scalpel: attach to a ready server, let the Nth call of one system call of any thread fail or kill, see where it hit.

strace counts each system call per thread from the moment it attaches, so a point is (call, n): the first thread that makes its nth
such call. Which points an operation has is learnt from a recording of the same operation.
"""
import collections
import os
import re
import select
import signal
import subprocess
import tempfile

SECONDS_TO_ATTACH = 30
SECONDS_TO_DETACH = 60

_LINE = re.compile(r"^(\d+)\s+(?:<\.\.\. )?(\w+)")


class TracerStuck(Exception):
    """strace itself did not get on: nothing was learnt of the traced program."""


class Strace:
    def __init__(self, pid, *options):
        handle, self.path = tempfile.mkstemp(prefix="sitepod-strace-")
        os.close(handle)
        self.process = subprocess.Popen(["strace", "-f", "-y", "-p", str(pid), "-o", self.path, *options], stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
        line = self._first_line()  # "strace: Process N attached [with M threads]": from here on every call counts
        if b"attached" not in line:
            self.end()
            raise TracerStuck(f"strace cannot attach: {line.decode(errors='replace')}")

    def _first_line(self):
        readable, _, _ = select.select([self.process.stderr], [], [], SECONDS_TO_ATTACH)
        return self.process.stderr.readline() if readable else b""

    def detach(self):
        """Lets the program run free again; the recorded lines."""
        for _ in range(SECONDS_TO_DETACH):
            if self.process.poll() is None:
                self.process.send_signal(signal.SIGINT)  # again each second: strace misses one that comes just before it waits for an event
            try:
                self.process.wait(1)
                break
            except subprocess.TimeoutExpired:
                continue
        else:
            self.end()
            raise TracerStuck("strace does not detach")
        self.process.stderr.close()
        with open(self.path, errors="replace") as file:
            lines = file.read().splitlines()
        os.unlink(self.path)
        return lines

    def end(self):
        """Whatever became of it: strace is gone afterwards, and with it its hold of the program."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if not self.process.stderr.closed:
            self.process.stderr.close()
        if os.path.exists(self.path):
            os.unlink(self.path)


class ProgramTrace:
    """The same for a program that a test starts instead of finding it running."""

    def __init__(self, *options):
        self.options = options
        self.lines = []

    def run(self, *command, env):
        """Runs it to its end; its exit code, negative when a signal ended it."""
        handle, path = tempfile.mkstemp(prefix="sitepod-strace-")
        os.close(handle)
        env = {**env, "ASAN_OPTIONS": "detect_leaks=0"}  # which cannot look for leaks in a program that is traced, and calls that a failure
        done = subprocess.run(["strace", "-f", "-y", "-o", path, *self.options, *command], env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
        with open(path, errors="replace") as file:
            self.lines = file.read().splitlines()
        os.unlink(path)
        return done.returncode

    def detach(self):
        return self.lines

    def end(self):
        """Its program has ended with run()."""


def points(lines, only=None):
    """[(call, n)] in the order in which they happen first; `only(call, line)` chooses."""
    counts = collections.Counter()
    found = []
    for line in lines:
        match = _LINE.match(line)
        if not match or "resumed>" in line or match.group(2) in ("exit", "restart_syscall"):
            continue
        thread, call = match.groups()
        counts[thread, call] += 1
        point = (call, counts[thread, call])
        if point not in found and (only is None or only(call, line)):
            found.append(point)
    return found


def spread(items, count):
    """`count` of the items, evenly over all; all of them for None."""
    if count is None or count >= len(items):
        return items
    return [items[i * len(items) // count] for i in range(count)]
