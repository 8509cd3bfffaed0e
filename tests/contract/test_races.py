#!/usr/bin/env python3
"""Races: what many callers do at once has one order, and history, events and served bytes tell the same one (deploy contract §6, §12, §16.10;
reliability rows 30-33). usage: test_races.py [--full]     --full: 64 threads × 1,000 releases instead of × 50."""
import bisect
import collections
import concurrent.futures
import os
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support import hashes, sites  # noqa: E402
from support.api import Api, unique  # noqa: E402
from support.case import SANITIZED, ContractCase  # noqa: E402
from support.wire import Wire, request_bytes  # noqa: E402

FULL = "--full" in sys.argv
THREADS = 64
RELEASES = 1000 if FULL else 10 if SANITIZED else 50
VISITORS = 4

# One release or rollback as its caller saw it, one look of a visitor. Times are of time.monotonic().
Move = collections.namedtuple("Move", "begin end image previous")
Look = collections.namedtuple("Look", "begin end image")


class Releases(ContractCase):
    def deployer(self, number, project, image, start):
        """RELEASES moves of one token; in the events its name tells whose they were, and their order which is which."""
        api = Api(self.server.address, self.user.must("POST", "/tokens", {"name": f"deployer {number}"})["token"])
        moves = []
        with Wire(self.server.address, 300) as wire:
            start.wait()
            for i in range(RELEASES):
                path = "/rollback" if i % 5 == 4 else "/release"
                begin = time.monotonic()
                answer = api.post(path, {"project": project, "image_id": image}, wire=wire)
                end = time.monotonic()
                if answer.status != 200:
                    raise AssertionError(f"{path}: {answer}")
                moves.append(Move(begin, end, answer.json["image_id"], answer.json["previous_image_id"]))
        return moves

    def visitor(self, host, image_of, stop):
        looks = []
        with Wire(self.server.address, 300) as wire:
            while not stop.is_set():
                begin = time.monotonic()
                answer = wire.get("/", host)
                end = time.monotonic()
                if answer.status != 200:
                    raise AssertionError(f"a visitor got {answer}")
                looks.append(Look(begin, end, image_of[answer.body]))
        return looks

    def all_events(self, project):
        """Oldest first."""
        items = []
        while True:
            page = self.user.must("GET", f"/events?project={project}&limit=200&offset={len(items)}")
            items += page["items"]
            if len(items) >= page["total"]:
                return items[::-1]

    def test_64_deployers_of_one_environment_have_one_order_that_everything_tells(self):
        project = unique("race")
        contents = [f"image {i}".encode() for i in range(THREADS)]
        images = [self.user.make_image(project, {"index.html": c}) for c in contents]
        first = self.user.deploy(project, {"index.html": b"before"})
        image_of = dict(zip([*contents, b"before"], [*images, first]))
        host, start, stop = self.host(project), threading.Barrier(THREADS), threading.Event()
        with concurrent.futures.ThreadPoolExecutor(THREADS + VISITORS) as pool:
            visits = [pool.submit(self.visitor, host, image_of, stop) for _ in range(VISITORS)]
            deploys = [pool.submit(self.deployer, i, project, images[i], start) for i in range(THREADS)]
            try:
                moves = [deploy.result() for deploy in deploys]
            finally:
                stop.set()
            looks = [look for visit in visits for look in visit.result()]

        events = self.all_events(project)
        self.assertEqual(len(events), THREADS * RELEASES + 1)
        order = self.assert_events_are_the_moves(events, moves)
        self.assert_real_time_order(order)
        self.assert_looks_fit(order, looks, first)
        self.assert_history_tells_the_same(project, events)
        self.assertEqual(image_of[self.fetch(host).body], events[-1]["image_id"])
        print(f"{THREADS} × {RELEASES} releases and {len(looks)} looks of visitors in one order", file=sys.stderr)

    def assert_events_are_the_moves(self, events, moves):
        """Every event takes over from the one before it, and the n-th event of a token is its n-th answer. The moves in the events' order."""
        done, order = collections.Counter(), []
        for older, newer in zip(events, events[1:]):
            self.assertEqual(newer["previous_image_id"], older["image_id"])
            number = int(newer["token"].split()[1])
            move = moves[number][done[number]]
            self.assertEqual((move.image, move.previous), (newer["image_id"], newer["previous_image_id"]))
            self.assertEqual(newer["action"], "rollback" if done[number] % 5 == 4 else "deploy")
            done[number] += 1
            order.append(move)
        self.assertEqual(set(done.values()), {RELEASES})
        return order

    def assert_real_time_order(self, order):
        """No move stands before one that had ended before it began."""
        latest_begin = 0
        for move in order:
            self.assertGreaterEqual(move.end, latest_begin, "a move stands behind one that began after its end")
            latest_begin = max(latest_begin, move.begin)

    def assert_looks_fit(self, order, looks, first):
        """A look shows a release that was not yet replaced by one that had returned, and that had been asked for."""
        places = collections.defaultdict(list)
        for place, move in enumerate(order):
            places[move.image].append(place)
        ends, furthest = zip(*sorted((move.end, place) for place, move in enumerate(order)))
        furthest = list(furthest)
        for i in range(1, len(furthest)):
            furthest[i] = max(furthest[i], furthest[i - 1])
        for look in looks:
            returned = bisect.bisect_left(ends, look.begin)
            at_least = furthest[returned - 1] if returned else -1
            if look.image == first:
                self.assertEqual(at_least, -1, "a visitor saw the image that a returned release had replaced")
                continue
            possible = places[look.image]
            at = bisect.bisect_left(possible, at_least)
            self.assertLess(at, len(possible), "a visitor saw an image that a returned release had replaced")
            self.assertLessEqual(order[possible[at]].begin, look.end, "a visitor saw a release before it was asked for")

    def assert_history_tells_the_same(self, project, events):
        live = events[-1]["image_id"]
        self.assertEqual(self.user.must("GET", f"/current?project={project}")["image_id"], live)
        history = self.user.must("GET", f"/history?project={project}&environment=prod&limit=200")["items"]
        last_first = list(dict.fromkeys(event["image_id"] for event in reversed(events)))
        self.assertEqual([item["image_id"] for item in history], last_first, "by the latest release of each")
        self.assertEqual([item["image_id"] for item in history if item["deployed_to"]], [live])


class Guards(ContractCase):
    def test_of_racing_releases_with_one_expected_image_exactly_one_wins(self):
        project = unique("guard")
        expected = self.user.deploy(project, {"index.html": b"before"})
        images = [self.user.make_image(project, {"index.html": b"%d" % i}) for i in range(16)]
        start = threading.Barrier(16)

        def release(image):
            start.wait()
            return self.user.release(project, image, expected_image_id=expected)
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(release, images))
        won = [answer.json["image_id"] for answer in answers if answer.status == 200]
        self.assertEqual(len(won), 1)
        self.assertEqual(self.user.must("GET", f"/current?project={project}")["image_id"], won[0])
        for answer in answers:
            if answer.status != 200:
                self.assert_error(answer, 409, "conflict")

    def test_of_racing_runs_the_newest_is_live_at_the_end(self):
        project = unique("runs")
        images = [self.user.make_image(project, {"index.html": b"run %d" % i}) for i in range(24)]
        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(lambda i: self.user.release(project, images[i], source_seq=i + 1), [*range(23, -1, -2), *range(0, 24, 2)]))
        self.assertLessEqual({answer.status for answer in answers}, {200, 409})
        self.assertEqual(self.fetch(self.host(project)).body, b"run 23")


class Commits(ContractCase):
    def test_64_commits_of_one_plan_give_one_image(self):
        for number in range(5):
            project = unique("commit")
            files = {f"f{i}": sites.noise(3000, seed=f"{number}-{i}") for i in range(5)}
            plan = self.assert_ok(self.user.plan(project, files))["plan_id"]
            for data in files.values():
                self.assert_ok(self.user.upload(plan, hashes.sha256(data), data))
            start = threading.Barrier(THREADS)

            def commit(_):
                start.wait()
                return self.user.post("/commit", {"plan_id": plan})
            with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
                answers = list(pool.map(commit, range(THREADS)))
            self.assertEqual({answer.status for answer in answers}, {200})
            self.assertEqual(len({answer.json["image_id"] for answer in answers}), 1)
            self.assertEqual(self.user.must("GET", f"/images?project={project}")["total"], 1)

    def test_commits_that_race_the_last_upload_give_one_image_or_name_what_is_missing(self):
        for number in range(10):
            project, data = unique("commit"), sites.noise(20_000, seed=f"last{number}")
            plan = self.assert_ok(self.user.plan(project, {"index.html": data}))["plan_id"]
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                commits = [pool.submit(self.user.post, "/commit", {"plan_id": plan}) for _ in range(4)]
                uploads = [pool.submit(self.user.upload, plan, hashes.sha256(data), data) for _ in range(2)]
                commits += [pool.submit(self.user.post, "/commit", {"plan_id": plan}) for _ in range(4)]
            self.assertIn(200, [upload.result().status for upload in uploads])
            made = self.assert_ok(self.user.post("/commit", {"plan_id": plan}))["image_id"]
            for commit in commits:
                answer = commit.result()
                if answer.status == 200:
                    self.assertEqual(answer.json["image_id"], made)
                else:
                    self.assert_error(answer, 400, "missing_blobs")
                    self.assertEqual(answer.json["missing"], [hashes.sha256(data)])
            self.assertEqual(self.user.must("GET", f"/images?project={project}")["total"], 1)


class Quota(ContractCase):
    LIMIT = 50_000
    env = {"SITEPOD_MAX_DEPLOY_SIZE": str(LIMIT), "SITEPOD_UPLOAD_CONCURRENCY": "200"}

    def upload_all(self, sizes, chunked):
        """The sizes in parallel, of which the sum is too much; those that were taken."""
        files = {f"f{i}": sites.noise(size, seed=unique("quota")) for i, size in enumerate(sizes)}
        plan = self.assert_ok(self.user.plan(unique("quota"), files))["plan_id"]
        start = threading.Barrier(len(files))

        def upload(data):
            with Wire(self.server.address, 120) as wire:
                start.wait()
                if not chunked:
                    return self.user.upload(plan, hashes.sha256(data), data, wire=wire)
                wire.send(request_bytes("POST", f"/api/v1/upload/{plan}/{hashes.sha256(data)}", "localhost",
                                        [("Authorization", f"Bearer {self.user.token}"), ("Transfer-Encoding", "chunked")]))
                wire.send(b"%x\r\n%s\r\n0\r\n\r\n" % (len(data), data))
                return wire.read_answer()
        with concurrent.futures.ThreadPoolExecutor(len(files)) as pool:
            answers = list(pool.map(upload, files.values()))
        self.assertLessEqual({answer.status for answer in answers}, {200, 400, 413})
        taken = [data for data, answer in zip(files.values(), answers) if answer.status == 200]
        on_disk = [data for data in files.values() if self.server.blob_path(hashes.sha256(data)).exists()]
        self.assertEqual(sorted(map(hashes.sha256, taken)), sorted(map(hashes.sha256, on_disk)), "what was refused is not stored, what was taken is")
        self.assertEqual(self.server.temporary_files(), [])
        return sum(map(len, taken))

    def test_100_parallel_uploads_fill_the_quota_to_the_byte_and_never_pass_it(self):
        for chunked in (False, True):
            with self.subTest(chunked=chunked):
                self.assertEqual(self.upload_all([1000] * 100, chunked), self.LIMIT)
                self.assertLess(self.upload_all([1001] * 100, chunked), self.LIMIT)

    def test_100_parallel_uploads_of_many_sizes_never_pass_it(self):
        for seed in range(3):
            total = self.upload_all([300 + (i * 37 + seed * 11) % 1200 for i in range(100)], chunked=seed == 2)
            self.assertLessEqual(total, self.LIMIT)
            self.assertGreater(total, self.LIMIT - 1500, "what still fits is not refused")


if __name__ == "__main__":
    unittest.main(argv=[argument for argument in sys.argv if argument != "--full"])
