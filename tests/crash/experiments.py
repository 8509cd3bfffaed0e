"""The common run of kill_points.py, syscall_errors.py and gc_races.py: record an operation, choose points, disturb the operation at each, count."""
import argparse
import faulthandler
import time

from operations import Stage
from support.tracing import TracerStuck, spread

SECONDS_UNTIL_STUCK = 240  # beyond every limit inside an experiment: then the place is shown where it waits
STUCK_TRACERS_ALLOWED = 2  # in one operation
# What a restart can see differs only behind one of these: between two of them every crash leaves the same files.
CHANGING_CALLS = {"write", "pwrite64", "writev", "pwritev", "sendto", "sendmsg", "sendfile", "fsync", "fdatasync", "syncfs", "sync_file_range", "ftruncate", "fallocate",
                  "copy_file_range", "rename", "renameat", "renameat2", "link", "linkat", "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir", "chmod", "fchmod", "utimensat"}


def once_more(what, *arguments):
    """The experiment, repeated when strace got stuck: that says nothing of the program."""
    for left in range(STUCK_TRACERS_ALLOWED, -1, -1):
        faulthandler.dump_traceback_later(SECONDS_UNTIL_STUCK, exit=True)
        try:
            return what(*arguments)
        except TracerStuck as stuck:
            print(f"{' '.join(map(str, arguments[1:]))}: {stuck}", flush=True)
            if not left:
                raise
        finally:
            faulthandler.cancel_dump_traceback_later()


def run(name, kind, wanted, only_changing, record, experiment, word, at_least):
    """All experiments of one operation; how many of them found something broken."""
    begin = time.monotonic()
    with Stage(kind) as stage:
        every = [point for point in once_more(record, stage) if not only_changing or point[0] in CHANGING_CALLS]
        queue, tried = spread(every, wanted), []
        hits = broken = 0
        while queue:
            misses = 0
            for point in queue:
                try:
                    is_hit = once_more(experiment, stage, *point)
                    hits += is_hit
                    misses += not is_hit
                except AssertionError as problem:
                    broken += 1
                    print(f"BROKEN: {name}, {word} at {' '.join(map(str, point))}: {problem}", flush=True)
            # Threads share the work anew each time: other points take the place of those that were missed, once.
            replacements = 0 if tried or wanted is None else misses
            tried += queue
            queue = spread([point for point in every if point not in tried], replacements)
        print(f"{name}: {len(tried)} of {len(every)} points, {word} at {hits}, broken {broken}, {time.monotonic() - begin:.0f} s", flush=True)
        if hits + broken < at_least(min(len(every), wanted or len(every))):
            print(f"{name}: too few points were reached: the recording does not describe the operation")
            broken += 1
        return broken


def main(operations, record, experiment, word, at_least):
    """`operations`: name → subclass of Operation. The exit code. Without --points every point of every operation has its turn, with --changing
    those of calls that change what a restart can see."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--points", type=int)
    parser.add_argument("--operation", choices=operations)
    parser.add_argument("--changing", action="store_true")
    arguments = parser.parse_args()
    chosen = [arguments.operation] if arguments.operation else list(operations)
    return 1 if sum(run(name, operations[name], arguments.points, arguments.changing, record, experiment, word, at_least) for name in chosen) else 0
