#!/usr/bin/env python3
"""POST /release and /rollback: deploy API §6, release guards; reliability rows 39; impossible things 2, 3, 10, 13."""
import collections
import concurrent.futures
import os
import sys
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support.api import check_no_nulls, unique  # noqa: E402
from support.case import SANITIZED, ContractCase  # noqa: E402
from support.wire import Wire  # noqa: E402


class ReleaseCase(ContractCase):
    def images(self, project, count):
        """`count` images whose index.html says which one it is."""
        return [self.user.make_image(project, {"index.html": b"image %d" % i, "only%d.txt" % i: b"x"}) for i in range(count)]

    def release(self, project, image=None, api=None, **more):
        return (api or self.user).post("/release", {"project": project, **({"image_id": image} if image else {}), **more})

    def rollback(self, project, image=None, api=None, **more):
        return (api or self.user).post("/rollback", {"project": project, **({"image_id": image} if image else {}), **more})

    def shown(self, project, environment="prod"):
        return self.fetch(self.host(project, environment), "/").body


class Release(ReleaseCase):
    def test_the_answer_and_what_visitors_see(self):
        project = unique("rel")
        one, two = self.images(project, 2)
        answer = self.assert_ok(self.release(project, one, environment="prod"))
        self.assertEqual((answer["project"], answer["environment"], answer["env"], answer["image_id"], answer["previous_image_id"]), (project, "prod", "prod", one, ""))
        self.assertRegex(answer["url"], rf"^http://{project}\.localhost:{self.server.port}/?$")
        check_no_nulls(answer, allowed=())
        self.assertEqual(self.shown(project), b"image 0")
        answer = self.assert_ok(self.release(project, two))
        self.assertEqual((answer["image_id"], answer["previous_image_id"]), (two, one))
        self.assertEqual(self.shown(project), b"image 1")
        self.assertEqual(self.fetch(self.host(project), "/only0.txt").status, 404)

    def test_it_is_visible_on_an_open_connection_when_the_call_returned(self):
        project = unique("vis")
        images = self.images(project, 2)
        with Wire(self.server.address) as wire:
            for turn in range(20):
                self.assert_ok(self.release(project, images[turn % 2]))
                self.assertEqual(wire.get("/", self.host(project)).body, b"image %d" % (turn % 2))

    def test_without_an_image_the_newest_commit_is_released(self):
        project = unique("newest")
        images = self.images(project, 3)
        self.assertEqual(self.assert_ok(self.release(project))["image_id"], images[-1])

    def test_environments_have_their_own_hosts_and_pointers(self):
        project = unique("envs")
        one, two, three = self.images(project, 3)
        self.assert_ok(self.release(project, one))
        beta = self.assert_ok(self.release(project, two, environment="beta"))
        stage = self.assert_ok(self.release(project, three, env="stage-2"))
        self.assertRegex(beta["url"], rf"^http://{project}-beta\.localhost:{self.server.port}/?$")
        self.assertRegex(stage["url"], rf"^http://{project}-stage-2\.localhost:{self.server.port}/?$")
        self.assertEqual([self.shown(project, e) for e in ("prod", "beta", "stage-2")], [b"image 0", b"image 1", b"image 2"])

    def test_a_name_and_an_id_must_mean_one_project(self):
        one, two = unique("one"), unique("two")
        for project in (one, two):
            self.user.make_image(project, {"index.html": b"x"})
        ids = {project: self.assert_ok(self.user.get(f"/projects/{project}"))["id"] for project in (one, two)}
        for path in ("/release", "/preview", "/domains"):
            self.assert_error(self.user.post(path, {"project": one, "project_id": ids[two], "domain": unique("d") + ".example"}), 400, "invalid_request")
        for path in ("/history", "/images", "/domains", "/previews"):
            self.assert_error(self.user.get(f"{path}?project={one}&project_id={ids[two]}"), 400, "invalid_request")
        self.assert_ok(self.user.post("/release", {"project": one.upper(), "project_id": ids[one]}))
        self.assert_error(self.user.get(f"/current?project={two}"), 404)

    def test_if_match_with_a_star_needs_something_live(self):
        project = unique("star")
        self.user.make_image(project, {"index.html": b"x"})
        star = [("If-Match", "*")]
        self.assert_error(self.user.post("/release", {"project": project}, fields=star), 409, "conflict")
        self.assert_ok(self.user.post("/release", {"project": project}))
        self.assert_ok(self.user.post("/release", {"project": project}, fields=star))

    def test_an_environment_that_is_left_empty_is_not_production(self):
        project = unique("empty")
        image = self.user.make_image(project, {"index.html": b"x"})
        for field in ("environment", "env"):
            for path in ("/release", "/rollback"):
                self.assert_error(self.user.post(path, {"project": project, "image_id": image, field: ""}), 400, "invalid_request")
            for path in (f"/current?project={project}&{field}=", f"/history?project={project}&{field}=", f"/history?project={project}&{field}"):
                self.assert_error(self.user.get(path), 400, "invalid_request")
            self.assert_error(self.user.post(f"/deploy?project={project}&{field}=", b"PK"), 400, "invalid_request")
        self.assert_error(self.user.get(f"/current?project={project}"), 404)
        self.assert_ok(self.user.post("/release", {"project": project, "environment": None, "env": None}))
        self.assert_ok(self.user.get(f"/current?project={project}&env=prod"))

    def test_environment_and_env_may_both_be_given_when_they_agree(self):
        project = unique("both")
        image, = self.images(project, 1)
        self.assert_ok(self.release(project, image, environment="beta", env="beta"))
        self.assert_error(self.release(project, image, environment="beta", env="prod"), 400)

    def test_bad_environment_names_answer_400(self):
        project = unique("badenv")
        image, = self.images(project, 1)
        for name in ("", "-a", "a-", "A", "Prod", "a_b", "a.b", "a/b", "../prod", "a\x00", "x" * 33, "é", "a b", 7, [], {}):
            with self.subTest(name=name):
                self.assert_error(self.release(project, image, environment=name), 400)
        self.assert_ok(self.release(project, image, environment="x" * 32))
        self.assert_ok(self.release(project, image, environment=None))

    def test_unknown_things_answer_404_and_foreign_ones_403(self):
        project, other = unique("mine"), unique("other")
        image, = self.images(project, 1)
        foreign, = self.images(other, 1)
        self.assert_error(self.release(unique("nothing"), image), 404)
        self.assert_error(self.release(project, "img_unknown"), 404, "image_not_found")
        self.assert_error(self.release(project, "../../etc"), 404)
        self.assert_error(self.release(project, foreign), 403, "forbidden")
        self.assert_error(self.release(project, image, api=self.stranger), 403, "forbidden")
        self.assert_error(self.release(project, image, api=self.anonymous), 401)
        self.assert_ok(self.release(project, image, api=self.admin))

    def test_wrong_types_and_missing_projects_answer_400(self):
        for body in ({}, {"project": 7}, {"project": ""}, {"project": None}, {"project": "x", "image_id": 7}, {"project": "x", "source_seq": "soon"},
                     {"project": "x", "expected_image_id": 7}):
            with self.subTest(body=body):
                self.assert_error(self.user.post("/release", body), 400)

    def test_a_project_may_be_named_by_its_id(self):
        project = unique("byid")
        image, = self.images(project, 1)
        ident = next(p["id"] for p in self.assert_ok(self.user.get("/projects?limit=200")) if p["name"] == project)
        answer = self.assert_ok(self.user.post("/release", {"project_id": ident, "image_id": image, "environment": "prod"}))
        self.assertEqual((answer["project"], answer["image_id"]), (project, image))

    def test_releasing_what_is_live_is_fine(self):
        project = unique("again")
        image, = self.images(project, 1)
        self.assert_ok(self.release(project, image))
        self.assertEqual(self.assert_ok(self.release(project, image))["image_id"], image)

    def test_an_environment_whose_host_is_another_projects_subdomain_answers_409(self):
        stem = unique("clash")
        self.user.make_image(f"{stem}-stage", {"index.html": b"the other project"})
        image = self.user.make_image(stem, {"index.html": b"x"})
        self.assert_error(self.release(stem, image, environment="stage"), 409, "conflict")

    def test_a_project_cannot_take_the_host_of_an_environment(self):
        stem = unique("taken")
        image = self.user.make_image(stem, {"index.html": b"environment"})
        self.assert_ok(self.release(stem, image, environment="stage"))
        answer = self.stranger.plan(f"{stem}-stage", {"index.html": b"intruder"})
        self.assertIn(answer.status, (200, 400, 409), answer)
        if answer.status == 200:
            self.stranger.deploy(f"{stem}-stage", {"index.html": b"intruder"})
        self.assertEqual(self.shown(stem, "stage"), b"environment")


class Guards(ReleaseCase):
    def test_expected_image_id_that_is_not_live_answers_409_with_the_current_one(self):
        project = unique("guard")
        one, two = self.images(project, 2)
        self.assert_ok(self.release(project, one))
        answer = self.release(project, two, expected_image_id=two)
        self.assert_error(answer, 409, "conflict")
        self.assertIn(one, answer.body.decode())
        self.assertEqual(self.shown(project), b"image 0")
        self.assert_ok(self.release(project, two, expected_image_id=one))
        self.assertEqual(self.shown(project), b"image 1")

    def test_if_match_guards_like_expected_image_id(self):
        project = unique("ifmatch")
        one, two = self.images(project, 2)
        self.assert_ok(self.release(project, one))
        body = {"project": project, "image_id": two}
        self.assert_error(self.user.post("/release", body, fields={"If-Match": f'"{two}"'}), 409, "conflict")
        self.assert_ok(self.user.post("/release", body, fields={"If-Match": f'"{one}"'}))

    def test_rollback_takes_the_same_guard(self):
        project = unique("rbguard")
        one, two = self.images(project, 2)
        self.assert_ok(self.release(project, one))
        self.assert_ok(self.release(project, two))
        self.assert_error(self.rollback(project, one, expected_image_id=one), 409, "conflict")
        self.assert_ok(self.rollback(project, one, expected_image_id=two))

    def test_an_older_run_steps_aside(self):
        project = unique("seq")
        one, two = self.images(project, 2)
        self.assert_ok(self.release(project, two, source_seq=42))
        self.assert_error(self.release(project, one, source_seq=41), 409, "conflict")
        self.assertEqual(self.shown(project), b"image 1")
        self.assert_ok(self.release(project, one, source_seq=43))
        self.assert_ok(self.release(project, two))
        self.assert_ok(self.release(project, one, environment="beta", source_seq=1))

    def test_of_racing_guarded_releases_exactly_one_wins(self):
        project = unique("cas")
        images = self.images(project, 9)
        self.assert_ok(self.release(project, images[0]))
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            statuses = sorted(a.status for a in pool.map(lambda i: self.release(project, i, expected_image_id=images[0]), images[1:]))
        self.assertEqual(statuses, [200] + [409] * 7)


class Rollback(ReleaseCase):
    def released(self, count, project=None):
        project = project or unique("rb")
        images = self.images(project, count)
        for image in images:
            self.assert_ok(self.release(project, image))
        return project, images

    def test_without_an_image_the_one_live_before_comes_back(self):
        project, (one, two) = self.released(2)
        answer = self.assert_ok(self.rollback(project))
        self.assertEqual((answer["image_id"], answer["previous_image_id"], answer["environment"], answer["env"]), (one, two, "prod", "prod"))
        self.assertIsInstance(answer["url"], str)
        self.assertEqual(self.shown(project), b"image 0")
        check_no_nulls(answer, allowed=())

    def test_a_second_rollback_walks_one_further_and_the_oldest_is_the_end(self):
        project, images = self.released(4)
        for expected in (images[2], images[1], images[0]):
            self.assertEqual(self.assert_ok(self.rollback(project))["image_id"], expected)
        self.assert_error(self.rollback(project), 400)
        self.assertEqual(self.shown(project), b"image 0")

    def test_after_a_release_the_image_that_was_live_before_it_comes_back(self):
        project, images = self.released(2)
        self.assertEqual(self.assert_ok(self.rollback(project))["image_id"], images[0])
        fixed = self.user.make_image(project, {"index.html": b"fixed"})
        self.assertEqual(self.assert_ok(self.release(project, fixed))["previous_image_id"], images[0])
        answer = self.assert_ok(self.rollback(project))
        self.assertEqual((answer["image_id"], answer["previous_image_id"]), (images[0], fixed), "not the one that was rolled back")
        self.assertEqual(self.shown(project), b"image 0")
        self.assert_error(self.rollback(project), 400)

    def test_with_an_image_any_image_of_the_project_is_a_target_forward_too(self):
        project, images = self.released(3)
        self.assert_ok(self.rollback(project, images[0]))
        self.assertEqual(self.shown(project), b"image 0")
        self.assert_ok(self.rollback(project, images[2]))
        self.assertEqual(self.shown(project), b"image 2")
        never = self.user.make_image(project, {"index.html": b"never released"})
        self.assert_ok(self.rollback(project, never))
        self.assertEqual(self.shown(project), b"never released")

    def test_the_first_release_has_nothing_before_it(self):
        project, _ = self.released(1)
        self.assert_error(self.rollback(project), 400)

    def test_a_project_or_environment_without_releases(self):
        project = unique("norel")
        self.images(project, 1)
        self.assert_error(self.rollback(project), (400, 404))
        self.assert_ok(self.release(project))
        self.assert_error(self.rollback(project, environment="beta"), (400, 404))
        self.assert_error(self.rollback(unique("nothing")), 404)

    def test_environments_walk_apart(self):
        project = unique("apart")
        a, b, c = self.images(project, 3)
        for image in (a, b):
            self.assert_ok(self.release(project, image))
        for image in (b, c):
            self.assert_ok(self.release(project, image, environment="beta"))
        self.assertEqual(self.assert_ok(self.rollback(project, environment="beta"))["image_id"], b)
        self.assertEqual(self.assert_ok(self.rollback(project))["image_id"], a)
        self.assert_error(self.rollback(project, environment="beta"), 400)

    def test_foreign_images_and_projects_answer_403(self):
        project, _ = self.released(2)
        other, images = self.released(1)
        self.assert_error(self.rollback(project, images[0]), 403)
        self.assert_error(self.rollback(project, api=self.stranger), 403)
        self.assert_error(self.rollback(project, "img_unknown"), 404)


class Races(ReleaseCase):
    THREADS, EACH = 64, 5 if SANITIZED else 50

    def test_racing_releases_have_one_order_that_every_answer_agrees_with(self):
        """Each answer is one step previous → image. Steps that form one path from the start to what is live now are a total order:
        a lost update or a torn pointer would leave two ends."""
        project = unique("lin")
        images = self.images(project, 3)
        start = images[0]
        self.assert_ok(self.release(project, start))
        steps, lock = collections.Counter(), threading.Lock()

        def work(seed):
            mine = []
            with Wire(self.server.address, 120) as wire:
                for i in range(self.EACH):
                    image = images[(seed + i) % 3]
                    answer = self.user.post("/release", {"project": project, "image_id": image}, wire=wire)
                    body = self.assert_ok(answer)
                    mine.append((body["previous_image_id"], body["image_id"]))
            with lock:
                steps.update(mine)

        with concurrent.futures.ThreadPoolExecutor(self.THREADS) as pool:
            list(pool.map(work, range(self.THREADS)))
        self.assertEqual(sum(steps.values()), self.THREADS * self.EACH)
        live = self.assert_ok(self.user.get(f"/current?project={project}"))["image_id"]
        surplus = collections.Counter()
        for (before, after), count in steps.items():
            surplus[before] += count
            surplus[after] -= count
        expected = {} if live == start else {start: 1, live: -1}
        self.assertEqual({k: v for k, v in surplus.items() if v}, expected)
        self.assertEqual(self.shown(project), b"image %d" % images.index(live))

    def test_a_visitor_sees_only_whole_images_while_releases_race(self):
        project = unique("whole")
        files = [{"index.html": b"%d" % i * 3000, "a.js": b"%d" % i * 100, "big.bin": b"%d" % i * 200_000} for i in range(2)]
        images = [self.user.make_image(project, f) for f in files]
        self.assert_ok(self.release(project, images[0]))
        stop = threading.Event()
        seen = []

        def visit():
            with Wire(self.server.address) as wire:
                while not stop.is_set():
                    for path in ("index.html", "a.js", "big.bin"):
                        answer = wire.get("/" + path, self.host(project))
                        if answer.status != 200 or answer.body not in (files[0][path], files[1][path]):
                            seen.append((path, answer.status, answer.body[:20], len(answer.body)))

        visitors = [threading.Thread(target=visit) for _ in range(4)]
        for visitor in visitors:
            visitor.start()
        try:
            for i in range(100):
                self.assert_ok(self.release(project, images[i % 2]))
        finally:
            stop.set()
            for visitor in visitors:
                visitor.join()
        self.assertEqual(seen, [])


if __name__ == "__main__":
    unittest.main()
