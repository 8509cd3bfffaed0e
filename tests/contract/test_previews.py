#!/usr/bin/env python3
"""Previews: deploy API §7; impossible things 2, 3, 24, 25; reliability row 118."""
import base64
import calendar
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support.api import check_no_nulls, unique  # noqa: E402
from support.case import ContractCase  # noqa: E402
from support.server import Server  # noqa: E402
from support.api import Api  # noqa: E402
from support.wire import Wire, fetch  # noqa: E402

FILES = {"index.html": b"<h1>first</h1>", "d/index.html": b"deep", "a.js": b"x = 1", "assets/app-0123abcd.js": b"y = 2"}
DAY = 86400


def seconds(text):
    base, _, fraction = text.rstrip("Z").partition(".")
    return calendar.timegm(time.strptime(base, "%Y-%m-%dT%H:%M:%S")) + float("0." + (fraction or "0"))


def basic(password, user="x"):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


class Previews(ContractCase):
    def setUp(self):
        self.project = unique("show")
        self.image = self.user.make_image(self.project, FILES)

    def make(self, api=None, **fields):
        return (api or self.user).post("/preview", {"project": self.project, **fields})

    def made(self, **fields):
        return self.assert_ok(self.make(**fields))

    def look(self, slug, target="/", fields=(), form="preview"):
        host = {"preview": f"{self.project}--{slug}.preview.localhost", "short": f"{self.project}--{slug}.localhost", "path": f"{self.project}.localhost"}[form]
        return self.fetch(host, f"/__preview__/{slug}{target}" if form == "path" else target, fields)

    def test_the_answer_says_where_it_is_and_until_when(self):
        before = time.time()
        answer = self.made(slug="pr-7")
        check_no_nulls(answer)
        self.assertEqual(answer["slug"], "pr-7")
        self.assertEqual(answer["image_id"], self.image)
        self.assertRegex(answer["url"], rf"^http://{self.project}--pr-7\.preview\.localhost(:\d+)?/$")
        self.assertRegex(answer["path_url"], rf"^http://{self.project}\.localhost(:\d+)?/__preview__/pr-7/$")
        self.assert_timestamp(answer["expires_at"])
        self.assertAlmostEqual(seconds(answer["expires_at"]) - before, DAY, delta=30)

    def test_it_is_served_on_both_hosts_and_by_path(self):
        self.made(slug="pr-7")
        for form in ("preview", "short", "path"):
            with self.subTest(form=form):
                answer = self.look("pr-7", form=form)
                self.assertEqual((answer.status, answer.body), (200, FILES["index.html"]))
                self.assertEqual(answer.get("x-robots-tag"), "noindex")
                self.assertEqual(answer.get("cache-control"), "no-cache")
                self.assertEqual(self.look("pr-7", "/d/", form=form).body, b"deep")
                self.assertEqual(self.look("pr-7", "/assets/app-0123abcd.js", form=form).get("cache-control"), "no-cache")
                missing = self.look("pr-7", "/none.js", form=form)
                self.assertEqual((missing.status, missing.get("x-robots-tag"), missing.get("cache-control")), (404, "noindex", "no-cache"))

    def test_redirects_stay_inside_and_keep_the_query(self):
        self.made(slug="pr-7")
        answer = self.look("pr-7", "/d?a=1&b=2", form="path")
        self.assertIn(answer.status, (301, 308))
        self.assertEqual(answer.get("location"), "/__preview__/pr-7/d/?a=1&b=2")
        bare = self.fetch(f"{self.project}.localhost", "/__preview__/pr-7?x=1")
        self.assertEqual(bare.get("location"), "/__preview__/pr-7/?x=1")

    def test_conditions_and_ranges_work_as_everywhere(self):
        self.made(slug="pr-7")
        first = self.look("pr-7", "/a.js")
        self.assertEqual(self.look("pr-7", "/a.js", {"If-None-Match": first.get("etag")}).status, 304)
        part = self.look("pr-7", "/a.js", {"Range": "bytes=0-0"})
        self.assertEqual((part.status, part.body), (206, b"x"))

    def test_production_is_untouched(self):
        host = f"{self.project}.localhost"
        self.made(slug="pr-7")
        self.assertEqual(self.fetch(host).status, 404)
        self.user.release(self.project, self.image)
        answer = self.fetch(host)
        self.assertEqual(answer.status, 200)
        self.assertIsNone(answer.get("x-robots-tag"))
        self.assertEqual(self.look("pr-7", form="path").status, 200)

    def test_the_newest_image_is_shown_unless_another_is_named(self):
        newer = self.user.make_image(self.project, {"index.html": b"second"})
        self.assertEqual(self.made(slug="new")["image_id"], newer)
        self.assertEqual(self.made(slug="old", image_id=self.image)["image_id"], self.image)
        self.assertEqual((self.look("new").body, self.look("old").body), (b"second", FILES["index.html"]))

    def test_a_preview_stays_with_its_image(self):
        self.made(slug="pin")
        self.user.deploy(self.project, {"index.html": b"second"})
        self.assertEqual(self.look("pin").body, FILES["index.html"])

    def test_the_same_slug_is_replaced(self):
        self.made(slug="pr-7")
        self.user.make_image(self.project, {"index.html": b"second"})
        self.made(slug="pr-7")
        for form in ("preview", "short", "path"):
            self.assertEqual(self.look("pr-7", form=form).body, b"second")
        self.assertEqual(self.assert_ok(self.user.get(f"/previews?project={self.project}"))["total"], 1)

    def test_without_a_slug_eight_random_characters_are_chosen(self):
        slugs = {self.made()["slug"] for _ in range(5)}
        self.assertEqual(len(slugs), 5)
        for slug in slugs:
            self.assertRegex(slug, r"^[a-z0-9]{8}$")
            self.assertEqual(self.look(slug).status, 200)

    def test_bad_slugs_are_refused(self):
        for slug in ("", "-a", "a-", "a--b", "A", "a_b", "a.b", "a/b", "..", "../x", "a\x00b", "a b", "ä", "x" * 41, 7, ["a"], {"a": 1}):
            with self.subTest(slug=slug):
                self.assert_error(self.make(slug=slug), 400)
        self.assertEqual(self.made(slug="x" * 40 if len(self.project) <= 21 else "x")["slug"][0], "x")

    def test_label_and_slug_share_63_characters(self):
        project = unique("l" * 40)
        self.user.make_image(project, FILES)
        room = 63 - 2 - len(project)
        self.assert_ok(self.user.post("/preview", {"project": project, "slug": "s" * room}))
        self.assert_error(self.user.post("/preview", {"project": project, "slug": "s" * (room + 1)}), 400)

    def test_lifetimes(self):
        for fields, expected in (({"expires_in": 60}, 60), ({"expires_in": 0}, DAY), ({"expires_in": -5}, DAY), ({"ttl": "72h"}, 3 * DAY), ({"ttl": "7d"}, 7 * DAY),
                                 ({"expires_in": 30 * DAY}, 30 * DAY), ({"expires_in": None}, DAY)):
            with self.subTest(fields=fields):
                answer = self.made(slug="life", **fields)
                self.assertAlmostEqual(seconds(answer["expires_at"]) - time.time(), expected, delta=30)
        for fields in ({"expires_in": 30 * DAY + 1}, {"ttl": "31d"}, {"expires_in": 1 << 62}, {"expires_in": 10**30}, {"expires_in": "60"}, {"expires_in": 1.5},
                       {"ttl": "soon"}, {"ttl": 7}, {"ttl": "1h", "expires_in": 60}):
            with self.subTest(fields=fields):
                self.assert_error(self.make(**fields), 400)

    def test_it_ends_at_its_instant_without_a_cleanup(self):
        self.user.release(self.project, self.image)
        answer = self.made(slug="brief", expires_in=1)
        self.assertEqual(self.look("brief").status, 200)
        time.sleep(max(0.0, seconds(answer["expires_at"]) - time.time()))
        for form in ("preview", "short", "path"):
            gone = self.look("brief", form=form)
            self.assertEqual(gone.status, 410, form)
            self.assertNotIn(b"first", gone.body)
        self.assertEqual(self.assert_ok(self.user.get(f"/previews?project={self.project}"))["previews"], [])
        self.assertEqual(self.fetch(f"{self.project}.localhost").status, 200)
        self.made(slug="brief", expires_in=60)
        self.assertEqual(self.look("brief").status, 200)

    def test_unknown_previews_are_missing_even_with_a_fallback(self):
        self.user.release(self.project, self.image)
        for form in ("preview", "short", "path"):
            self.assertEqual(self.look("nobody", form=form).status, 404)
        for target in ("/__preview__/", "/__preview__//", "/__preview__/../x/", "/__preview__/%2e%2e/", "/__preview__/a%00b/"):
            self.assertIn(self.fetch(f"{self.project}.localhost", target).status, (400, 404), target)

    def test_slugs_cannot_be_found_by_trying(self):
        project = unique("secret")
        self.user.deploy(project, {"index.html": b"live"})
        self.user.must("POST", "/preview", {"project": project, "slug": "here"})

        def guess(i, source="127.99.1.1"):
            host, path = ((self.host(project), f"/__preview__/guess{i}/"), (f"{project}--guess{i}.preview.localhost", "/"),
                          (f"{project}--guess{i}.localhost", "/api/v1/health"))[i % 3]
            with Wire(self.server.address, source=source) as wire:
                return wire.get(path, host)
        statuses = [guess(i).status for i in range(60 * (os.cpu_count() or 1) + 2)]
        self.assertEqual(statuses[:60], [404] * 60)
        self.assertEqual(set(statuses), {404, 429})
        refused = next(answer for answer in map(guess, range(60 * (os.cpu_count() or 1))) if answer.status == 429)
        self.assertEqual(refused.get("retry-after"), "60")
        # Who knows it, and who asks from elsewhere, is not concerned.
        with Wire(self.server.address, source="127.99.1.1") as wire:
            self.assertEqual(wire.get("/__preview__/here/", self.host(project)).body, b"live")
        self.assertEqual(guess(1, "127.98.1.1").status, 404)

    def test_others_previews_answer_nowhere_else(self):
        self.made(slug="pr-7")
        other = unique("other")
        self.user.deploy(other, {"index.html": b"other"})
        self.assertEqual(self.fetch(f"{other}.localhost", "/__preview__/pr-7/").status, 404)
        self.assertEqual(self.fetch(f"{other}--pr-7.preview.localhost").status, 404)

    def test_it_is_listed_and_deleted(self):
        self.made(slug="late", expires_in=3600)
        self.made(slug="soon", expires_in=60)
        listed = self.assert_ok(self.user.get(f"/previews?project={self.project}"))
        self.assertEqual([p["slug"] for p in listed["previews"]], ["soon", "late"])
        self.assert_ok(self.user.call("DELETE", f"/previews/{self.project}/soon"))
        self.assertEqual(self.look("soon").status, 404)
        self.assertEqual(self.look("soon", form="path").status, 404)
        self.assertEqual(self.look("late").status, 200)
        self.assert_error(self.user.call("DELETE", f"/previews/{self.project}/soon"), 404, "not_found")
        self.assert_error(self.stranger.call("DELETE", f"/previews/{self.project}/late"), 404, "not_found")
        self.assert_error(self.user.call("DELETE", "/previews/nobody/late"), 404, "not_found")

    def test_only_the_owner_makes_and_lists_them(self):
        self.assert_error(self.make(self.stranger), 403, "forbidden")
        self.assert_error(self.make(self.anonymous), 401)
        self.assert_error(self.stranger.get(f"/previews?project={self.project}"), 403)
        self.assert_error(self.user.post("/preview", {"project": unique("none")}), 404)
        self.assert_error(self.user.post("/preview", {"slug": "x"}), 400)
        foreign = self.stranger.make_image(unique("foreign"), FILES)
        self.assert_error(self.make(image_id=foreign), 403)
        self.assert_error(self.make(image_id="img_unknown"), 404, "image_not_found")
        self.assert_ok(self.make(self.admin))

    def test_deleting_the_project_ends_them(self):
        self.made(slug="pr-7")
        self.assert_ok(self.user.call("DELETE", f"/projects/{self.project}"))
        for form in ("preview", "short", "path"):
            self.assertEqual(self.look("pr-7", form=form).status, 404)

    def test_an_empty_password_makes_no_open_preview(self):
        self.assert_error(self.user.post("/preview", {"project": self.project, "slug": "opened", "password": ""}), 400, "invalid_request")
        self.assertEqual(self.look("opened").status, 404)
        self.assertFalse(self.made(slug="opened", password=None)["has_password"])

    def test_a_password_keeps_everything_to_those_who_have_it(self):
        answer = self.made(slug="secret", password="open sesame")
        self.assertNotIn("open sesame", str(answer))
        for form in ("preview", "short", "path"):
            for fields in ({}, basic("wrong"), basic(""), {"Authorization": "Bearer open sesame"}, {"Authorization": "Basic !!"}):
                for target in ("/", "/a.js", "/none.js", "/d"):
                    with self.subTest(form=form, fields=fields, target=target):
                        shut = self.look("secret", target, fields, form)
                        self.assertEqual(shut.status, 401)
                        self.assertIn("Basic", shut.get("www-authenticate"))
                        self.assertEqual(shut.get("cache-control"), "private, no-store")
                        self.assertEqual(shut.get("x-robots-tag"), "noindex")
                        self.assertIsNone(shut.get("etag"))
            for user in ("x", "", "anybody"):
                opened = self.look("secret", "/", basic("open sesame", user), form)
                self.assertEqual((opened.status, opened.body), (200, FILES["index.html"]))
                self.assertEqual(opened.get("cache-control"), "private, no-store")
        self.assertEqual(self.look("secret", "/none.js", basic("open sesame")).get("cache-control"), "private, no-store")
        for path in __import__("pathlib").Path(self.server.data).rglob("*"):
            if path.is_file():
                self.assertNotIn(b"open sesame", path.read_bytes())

    def test_replacing_changes_or_drops_the_password(self):
        self.made(slug="secret", password="one")
        self.assertEqual(self.look("secret", "/", basic("one")).status, 200)
        self.made(slug="secret", password="two")
        self.assertEqual(self.look("secret", "/", basic("one")).status, 401)
        self.assertEqual(self.look("secret", "/", basic("two")).status, 200)
        self.made(slug="secret")
        self.assertEqual(self.look("secret").status, 200)

    def test_a_redeploy_of_a_renamed_subdomain_moves_the_hosts(self):
        self.made(slug="pr-7")
        fresh = unique("moved")
        if self.user.call("PUT", f"/domains/rename?project={self.project}", {"new_subdomain": fresh}).status != 200:
            self.skipTest("renaming is not there")
        self.assertEqual(self.fetch(f"{fresh}--pr-7.preview.localhost").status, 200)
        self.assertEqual(self.look("pr-7").status, 404)


class ManyPreviews(ContractCase):
    env = {"SITEPOD_MAX_PREVIEWS_PER_PROJECT": "3"}

    def test_one_too_many_drives_out_the_one_that_expires_first(self):
        project = unique("many")
        self.user.make_image(project, FILES)
        for slug, life in (("b", 200), ("a", 100), ("c", 300)):
            self.user.must("POST", "/preview", {"project": project, "slug": slug, "expires_in": life})
        self.user.must("POST", "/preview", {"project": project, "slug": "a", "expires_in": 100})  # replaces, drives nobody out
        self.assertEqual(self.user.get(f"/previews?project={project}").json["total"], 3)
        self.user.must("POST", "/preview", {"project": project, "slug": "d", "expires_in": 50})
        self.assertEqual({p["slug"] for p in self.user.get(f"/previews?project={project}").json["previews"]}, {"b", "c", "d"})
        self.assertEqual(self.fetch(f"{project}--a.preview.localhost").status, 404)
        actions = [(e["action"], e["subject"]) for e in self.user.get(f"/events?project={project}").json["items"]]
        self.assertEqual(actions[:2], [("preview_created", "d"), ("preview_evicted", "a")])


class Restart(unittest.TestCase):
    def test_previews_and_their_ends_survive_a_restart(self):
        with Server() as server:
            api = Api(server.address).login("first@example.org")
            api.make_image("show", FILES)
            api.must("POST", "/preview", {"project": "show", "slug": "long"})
            api.must("POST", "/preview", {"project": "show", "slug": "locked", "password": "open sesame"})
            brief = api.must("POST", "/preview", {"project": "show", "slug": "brief", "expires_in": 1})
            server.stop()
            server.start()
            time.sleep(max(0.0, seconds(brief["expires_at"]) - time.time()))
            self.assertEqual(fetch(server.address, "/", "show--long.preview.localhost").status, 200)
            self.assertEqual(fetch(server.address, "/", "show--brief.preview.localhost").status, 410)
            self.assertEqual(fetch(server.address, "/", "show--locked.preview.localhost").status, 401)
            self.assertEqual(fetch(server.address, "/", "show--locked.preview.localhost", basic("open sesame")).status, 200)


if __name__ == "__main__":
    unittest.main()
