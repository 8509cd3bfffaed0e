#!/usr/bin/env python3
"""Power cuts on a real ext4: nothing acknowledged is lost (reliability rows 2, 3, 5).

The database and the blobs lie on two loop images: on one, the fsync of a growing database carries the blob's rename to disk and hides a
missing fsync of the folder. A cut is EXT4_IOC_SHUTDOWN without flushing the journal, then a remount with journal replay. Half of the cuts come
right after one acknowledged commit or release, when nothing later can have carried it to disk; the others at random moments under load.

usage: power_cut.py [--cuts N] [--seed S] [--mutant PROGRAM]
--mutant: PROGRAM has a known fault (built from a mutant-… preset); succeed only when a cut catches it.
"""
import argparse
import contextlib
import os
import pathlib
import random
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import hashes, sites  # noqa: E402
from support.api import Api, Refused  # noqa: E402
from support.disk import Disk, NotAllowed  # noqa: E402
from support.server import Server, run_program  # noqa: E402
from support.wire import WireClosed, fetch  # noqa: E402

WRITERS = 4


class Record:
    """What the server acknowledged, kept outside its reach."""

    def __init__(self):
        self.lock = threading.Lock()
        self.images = {}  # image id → {path: bytes}
        self.projects = set()  # those that have an acknowledged image, released or not
        self.releases = {}  # project → image ids in the order of acknowledgement
        self.unsure = {}  # project → image ids whose release was sent and not answered


class World:
    def __init__(self, folder, seed):
        self.random = random.Random(seed)
        self.facts, self.blobs = Disk(folder, "facts", 96), Disk(folder, "blobs", 256)
        self.data = f"{self.facts.point}/data"
        os.mkdir(self.data)
        for name in ("blobs", "tmp"):
            os.mkdir(f"{self.blobs.point}/{name}")
            os.symlink(f"{self.blobs.point}/{name}", f"{self.data}/{name}")
        self.record = Record()
        self.counter = 0
        self.server = Server(data=self.data)
        self.server.start()
        self.token = Api(self.server.address).login("owner@example.org").token
        # What both disks have so far is not the subject: the first cut starts from here.
        for disk in (self.facts, self.blobs):
            handle = os.open(disk.point, os.O_RDONLY)
            os.fsync(handle)
            os.close(handle)
        os.sync()

    def api(self):
        return Api(self.server.address, self.token)

    def new_site(self):
        with self.record.lock:
            self.counter += 1
            number = self.counter
        return {"index.html": b"site %d " % number * 40, "noise.bin": sites.noise(self.random.randrange(1, 40_000), f"n{number}")}

    def deploy(self, project, release):
        """One acknowledged step into the record; raises when the power is gone."""
        files = self.new_site()
        image = self.api().make_image(project, files)
        with self.record.lock:
            self.record.images[image] = files
            self.record.projects.add(project)
            if release:
                self.record.unsure.setdefault(project, []).append(image)
        if release:
            answer = self.api().release(project, image)
            if answer.status != 200:
                raise Refused("release", answer)
            with self.record.lock:
                self.record.releases.setdefault(project, []).append(image)
                self.record.unsure[project].remove(image)

    def work_until_dark(self, project, stop):
        with contextlib.suppress(OSError, WireClosed, Refused, ValueError, KeyError, TypeError):
            while not stop.is_set():
                self.deploy(project, True)

    def cut_after_acknowledgement(self):
        project = f"single{self.random.randrange(3)}"
        for _ in range(self.random.randrange(0, 3)):
            self.deploy(project, True)
        self.deploy(project, release=self.random.random() < 0.5)
        self.cut()

    def cut_under_load(self):
        stop = threading.Event()
        threads = [threading.Thread(target=self.work_until_dark, args=(f"load{i}", stop)) for i in range(WRITERS)]
        for thread in threads:
            thread.start()
        threading.Event().wait(self.random.uniform(0.05, 1.0))  # the random moment is the subject
        self.cut()
        stop.set()
        self.server.kill()
        for thread in threads:
            thread.join()

    def cut(self):
        disks = [self.facts, self.blobs]
        self.random.shuffle(disks)
        for disk in disks:
            disk.cut()
        self.server.kill()

    def power_up(self):
        for disk in (self.facts, self.blobs):
            disk.unmount()
            disk.mount()
        # Cold caches, as after a real power cut; the remount has dropped the files' pages already.

    def verify(self):
        """Violations found after power-up, as sentences."""
        problems = []
        try:
            self.server.start()
        except AssertionError as error:
            return [f"the server does not start: {error}"]
        api = self.api()
        if api.get("/auth/info").status != 200:
            problems.append("the account's token is lost")
            return problems
        known = {}
        for project in self.record.projects:
            answer = api.get(f"/history?project={project}&limit=200")
            if answer.status != 200:
                problems.append(f"{project} has no history: {answer}")
                continue
            known[project] = {i["image_id"] for i in answer.json["items"]}
            offset = 200
            while offset < answer.json["total"]:
                known[project] |= {i["image_id"] for i in api.must("GET", f"/history?project={project}&limit=200&offset={offset}")["items"]}
                offset += 200
        everything = set().union(*known.values()) if known else set()
        for image in self.record.images:
            if image not in everything:
                problems.append(f"acknowledged image {image} is lost")
        for project, released in self.record.releases.items():
            live = api.get(f"/current?project={project}")
            allowed = {released[-1], *self.record.unsure.get(project, ())}
            if live.status != 200 or live.json["image_id"] not in allowed:
                problems.append(f"{project} shows {live.json} instead of {released[-1]}")
                continue
            for path, data in self.record.images[live.json["image_id"]].items():
                got = fetch(self.server.address, "/" + path, f"{project}.localhost")
                if (got.status, got.body) != (200, data):
                    problems.append(f"{project}/{path} of {live.json['image_id']} is not served: {got.status}, {len(got.body)} bytes")
        for image, files in self.record.images.items():
            for path, data in files.items():
                blob = pathlib.Path(self.blobs.point, "blobs", hashes.sha256(data)[:2], hashes.sha256(data))
                if not blob.is_file() or blob.read_bytes() != data:
                    problems.append(f"{path} of acknowledged image {image} is lost or damaged on disk")
        self.server.stop()
        done = run_program("fsck", "--data", self.data)
        if done.returncode != 0:
            problems.append(f"fsck: {done.stdout.strip()} {done.stderr.strip()}")
        self.record.unsure = {}
        for project in list(self.record.releases):
            self.record.releases[project] = self.record.releases[project][-1:]
        return problems

    def follow_live(self):
        """After an unanswered release the live image may be it: from now on that is what must stay."""
        api = self.api()
        for project in self.record.releases:
            self.record.releases[project].append(api.must("GET", f"/current?project={project}")["image_id"])

    def close(self):
        self.server.kill()
        for disk in (self.facts, self.blobs):
            with contextlib.suppress(NotAllowed):
                disk.unmount()


def run(cuts, seed, is_mutant):
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="sitepod-power-") as folder:
        world = World(folder, seed)
        try:
            for number in range(1, cuts + 1):
                if number % 2:
                    world.cut_after_acknowledgement()
                else:
                    world.cut_under_load()
                world.power_up()
                problems = world.verify()
                if problems:
                    word = "caught" if is_mutant else "BROKEN"
                    print(f"{word} by cut {number} of seed {seed}: " + "; ".join(problems[:5]))
                    return False
                world.server.start()
                world.follow_live()
            images, releases = len(world.record.images), sum(map(len, world.record.releases.values()))
            print(f"{cuts} cuts, {images} acknowledged images, seed {seed}, {time.monotonic() - begin:.0f} s: nothing acknowledged was lost")
            assert images and releases
            return True
        finally:
            world.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cuts", type=int, default=5)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--mutant")
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}", flush=True)
    if arguments.mutant:
        os.environ["SITEPOD_BINARY"] = arguments.mutant
    try:
        sound = run(arguments.cuts, seed, bool(arguments.mutant))
    except NotAllowed as reason:
        print(f"NOT RUN: power cuts need loop mounts, which are not allowed here ({reason})")
        sys.exit(2 if arguments.mutant else 77)
    if arguments.mutant:
        print(f"the mutant {arguments.mutant} was {'NOT caught' if sound else 'caught'} in {arguments.cuts} cuts")
        sys.exit(1 if sound else 0)
    sys.exit(0 if sound else 1)


if __name__ == "__main__":
    main()
