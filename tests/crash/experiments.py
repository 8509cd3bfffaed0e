"""The common run of kill_points.py, syscall_errors.py and gc_races.py: record an operation, choose points, disturb the operation at each, count."""
import argparse
import time

from operations import Stage
from support.tracing import spread


def run(name, kind, wanted, record, experiment, word, at_least):
    """All experiments of one operation; how many of them found something broken."""
    begin = time.monotonic()
    with Stage(kind) as stage:
        every = record(stage)
        chosen = spread(every, wanted)
        hits = broken = 0
        for point in chosen:
            try:
                hits += experiment(stage, *point)
            except AssertionError as problem:
                broken += 1
                print(f"BROKEN: {name}, {word} at {' '.join(map(str, point))}: {problem}", flush=True)
        print(f"{name}: {len(chosen)} of {len(every)} points, {word} at {hits}, broken {broken}, {time.monotonic() - begin:.0f} s", flush=True)
        if hits + broken < at_least(len(chosen)):
            print(f"{name}: too few points were reached: the recording does not describe the operation")
            broken += 1
        return broken


def main(operations, record, experiment, word, at_least):
    """`operations`: name → subclass of Operation. The exit code. Without --points every point of every operation has its turn."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--points", type=int)
    parser.add_argument("--operation", choices=operations)
    arguments = parser.parse_args()
    chosen = [arguments.operation] if arguments.operation else list(operations)
    return 1 if sum(run(name, operations[name], arguments.points, record, experiment, word, at_least) for name in chosen) else 0
