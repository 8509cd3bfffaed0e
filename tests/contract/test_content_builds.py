#!/usr/bin/env python3
"""Builds: content API §8, drafts, dates, §10's addresses. tests/contract/content_rules.md says which rule is tested where."""
import os
import re
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support.api import Api, unique  # noqa: E402
from support.content import BuildCase, ContentCase, Writer, writer_of  # noqa: E402
from support.server import Server, wait_until  # noqa: E402
from support.wire import fetch  # noqa: E402


def stamp(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


class Builds(BuildCase):
    def test_a_build_makes_the_pages_public_and_not_before(self):
        owner, writer = self.newcomer()
        self.saved({"title": "Hello World", "content": "First *words*."}, by=writer)
        self.assertEqual(self.look(owner, "/blog/hello-world").status, 404)
        answer = writer.post("/builds")
        said = self.fine(answer, 202)
        self.assertEqual((said["status"], said["message"]), ("queued", "build queued successfully"))
        self.assertRegex(said["deployUrl"], rf"^http://{self.site_of(owner)}\.localhost(:\d+)?$")
        latest = self.built(writer)
        self.assertEqual((latest["status"], latest["triggeredBy"]), ("success", "api"), latest)
        self.assertGreaterEqual(latest["durationMs"], 0)
        for key in ("startedAt", "completedAt", "createdAt"):
            self.assertRegex(latest[key], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        page = self.look(owner, "/blog/hello-world")
        self.assertEqual(page.status, 200)
        self.assertIn(b"First <em>words</em>.", page.body)
        self.saved({"title": "Hello World", "content": "Second."}, by=writer)
        self.assertNotIn(b"Second.", self.look(owner, "/blog/hello-world").body)
        self.build(writer)
        self.assertIn(b"Second.", self.look(owner, "/blog/hello-world").body)

    def test_saving_can_start_the_build(self):
        owner, writer = self.newcomer()
        said = self.fine(writer.save({"title": "Now"}, build=True))
        self.assertEqual(said["build"]["status"], "queued")
        self.assertTrue(said["build"]["deployUrl"])
        self.assertEqual(self.built(writer)["status"], "success")
        self.assertEqual(self.look(owner, "/blog/now").status, 200)

    def test_there_is_no_latest_build_before_the_first(self):
        _, writer = self.newcomer()
        self.refused(writer.get("/builds/latest"), 404)

    def test_a_build_is_an_image_of_the_history_and_can_be_rolled_back(self):
        owner, writer = self.newcomer()
        self.saved({"title": "Text", "content": "one"}, by=writer)
        first = self.build(writer)
        self.saved({"title": "Text", "content": "two"}, by=writer)
        second = self.build(writer)
        project = self.site_of(owner)
        images = owner.must("GET", f"/images?project={project}")["images"]
        self.assertEqual([(i["image_id"], i["source"]) for i in images], [(second["imageId"], "build"), (first["imageId"], "build")])
        self.assertEqual({i["source"] for i in owner.must("GET", f"/history?project={project}")["items"]}, {"build"})
        owner.must("POST", "/rollback", {"project": project, "environment": "prod"})
        self.assertIn(b"one", self.look(owner, "/blog/text").body)

    def test_a_later_generation_names_the_site_in_the_path(self):
        owner, writer = self.newcomer()
        refused = writer.post("/sites/default/pages/batch", {"pages": [{"title": "Good"}, {"content": "without a title"}]})
        said = self.refused(refused, 422, "validation failed")
        self.assertEqual(said["pages"], {"1": {"title": "title is required for new pages"}})
        self.assertEqual(self.fine(writer.get("/sites/default/pages"))["pages"], [])
        self.fine(writer.post("/sites/default/pages/batch", {"pages": [{"title": "Good"}]}))
        site = owner.must("GET", f"/projects/{self.site_of(owner)}/site")["siteId"]
        for name in ("default", site):
            self.assertEqual([page["slug"] for page in self.fine(writer.get(f"/sites/{name}/pages?limit=1"))["pages"]], ["good"])
            self.assertEqual(self.fine(writer.get(f"/sites/{name}/authors")), {"authors": []})
        said = self.fine(writer.post(f"/sites/{site}/deployments"), 202)
        self.assertEqual(said["status"], "queued")
        self.assertEqual(self.built(writer)["status"], "success")
        self.assertEqual(self.look(owner, "/blog/good").status, 200)
        _, stranger = self.newcomer()
        for answer in (stranger.get(f"/sites/{site}/pages"), stranger.get(f"/sites/{site}/authors"), stranger.post(f"/sites/{site}/deployments"),
                       stranger.post(f"/sites/{site}/pages/batch", {"pages": [{"title": "x"}]}), writer.get("/sites/x/pages")):
            self.refused(answer, 404)
        self.assertEqual(writer.call("DELETE", "/sites/default/pages").status, 405)

    def test_a_page_by_itself_is_new_or_refused(self):
        _, writer = self.newcomer()
        said = self.refused(writer.post("/sites/default/pages", {"content": "without a title"}), 422, "validation failed")
        self.assertEqual(said["fields"], {"title": "title is required for new pages"})
        self.assertEqual(said["pages"], {"0": said["fields"]})
        made = self.fine(writer.post("/sites/default/pages", {"title": "One", "contentType": "docs", "content": "first", "build": True}))
        self.assertEqual((made["slug"], made["contentType"], made["status"]), ("one", "docs", "created"))
        self.assertEqual(made["pages"], [{key: made[key] for key in ("id", "slug", "title", "contentType", "status")}])
        self.assertEqual(made["build"]["status"], "queued")
        for again in ({"title": "One", "contentType": "docs", "content": "second"}, {"id": made["id"], "content": "second"}):
            said = self.refused(writer.post("/sites/default/pages", again), 409, "page already exists")
            self.assertEqual((said["code"], said["id"]), ("page_exists", made["id"]))
        self.assertEqual(self.fine(writer.get("/pages/one"))["content"], "first")
        self.fine(writer.post("/sites/default/pages", {"title": "One"}))
        for several in ({"pages": [{"title": "Two"}]}, {"deleteSlugs": [{"slug": "one", "contentType": "blog"}]}, {}, None):
            self.refused(writer.post("/sites/default/pages", several), 400)
        self.assertEqual([page["slug"] for page in self.listed(writer)], ["one", "one"])

    def test_a_deleted_author_leaves_the_pages_that_named_it(self):
        owner, writer = self.newcomer()
        author = owner.must("POST", "/authors", {"name": "Ada Lovelace"})["id"]
        self.saved({"title": "By her", "authorId": author, "content": "first"}, {"title": "By nobody"}, by=writer)
        self.build(writer)
        self.assertIn(b"Ada Lovelace", self.look(owner, "/blog/by-her").body)
        self.assertEqual(owner.call("DELETE", f"/authors/{author}").status, 200)
        self.assertEqual(self.fine(writer.get("/pages/by-her"))["authorId"], "")
        # The server still has the last build's pages in memory.
        self.build(writer)
        answer = self.look(owner, "/blog/by-her")
        self.assertEqual(answer.status, 200)
        self.assertNotIn(b"Ada Lovelace", answer.body)

    def test_equal_pages_make_no_new_image(self):
        owner, writer = self.newcomer()
        self.saved({"title": "Same"}, by=writer)
        self.assertEqual(self.build(writer)["imageId"], self.build(writer)["imageId"])
        self.assertEqual(owner.must("GET", f"/images?project={self.site_of(owner)}")["total"], 1)

    def test_pages_have_the_addresses_of_their_type_and_section(self):
        owner, writer = self.newcomer()
        self.saved({"title": "Home", "contentType": "homepage"}, {"title": "A", "contentType": "docs"}, {"title": "B", "contentType": "docs", "section": "s"},
                   {"title": "C"}, {"title": "D", "section": "news"}, {"title": "E", "contentType": "standalone"},
                   {"title": "F", "contentType": "standalone", "section": "x/y"}, {"title": "G", "contentType": "standalone", "section": "api", "tags": ["Two Words"]}, by=writer)
        self.build(writer)
        for path in ("/", "/docs/a", "/docs/s/b", "/blog/c", "/blog/news/d", "/e", "/x/y/f", "/api/g", "/blog/", "/docs/", "/tags/", "/tags/two-words/"):
            with self.subTest(path=path):
                answer = self.look(owner, path)
                self.assertEqual(answer.status, 200)
                if path not in ("/", "/blog/", "/docs/"):
                    self.assertIn(self.look(owner, path.rstrip("/")).status, (200, 301, 308))
        missing = self.look(owner, "/nothing-here")
        self.assertEqual(missing.status, 404)

    def test_drafts_are_left_out(self):
        owner, writer = self.newcomer()
        self.saved({"title": "Shown"}, {"title": "Hidden", "content": "hidden words", "draft": True}, by=writer)
        self.build(writer)
        self.assertEqual((self.look(owner, "/blog/shown").status, self.look(owner, "/blog/hidden").status), (200, 404))
        for path in ("/", "/blog/", "/sitemap.xml", "/rss.xml"):
            self.assertNotIn(b"Hidden", self.look(owner, path).body)

    def test_a_page_of_the_future_comes_by_itself(self):
        owner, writer = self.newcomer()
        self.saved({"title": "Shown"}, {"title": "Later", "publishedAt": stamp(time.time() + 4)}, by=writer)
        self.build(writer)
        self.assertEqual(self.look(owner, "/blog/later").status, 404)
        wait_until(lambda: self.look(owner, "/blog/later").status == 200, "the page comes due", 60)
        self.assertEqual(self.built(writer)["triggeredBy"], "schedule")

    def test_addresses_of_before_lead_to_the_page_for_good(self):
        owner, writer = self.newcomer()
        page = self.saved({"title": "First Name", "aliases": ["/2019/post.html", "/caf\u00e9/"]}, {"title": "Other"}, by=writer)[0]
        first = self.build(writer)
        self.assertEqual(self.look(owner, "/blog/first-name").status, 200)
        self.saved({"id": page["id"], "slug": "second-name"}, by=writer)
        self.build(writer)
        for old in ("/blog/first-name", "/blog/first-name/", "/blog/first-name.html", "/2019/post.html", "/caf%C3%A9", "/caf%c3%a9/"):
            for method in ("GET", "HEAD"):
                with self.subTest(old=old, method=method):
                    answer = self.look(owner, old + "?from=mail&x=%2F", method=method)
                    self.assertEqual((answer.status, answer.get("location"), answer.body), (301, "/blog/second-name?from=mail&x=%2F", b""))
        self.assertEqual(self.look(owner, "/blog/second-name").status, 200)
        # A page that takes the address has it.
        self.saved({"title": "First Name", "content": "somebody new"}, by=writer)
        self.build(writer)
        self.assertIn(b"somebody new", self.look(owner, "/blog/first-name").body)
        # The rules are those of the image.
        owner.must("POST", "/rollback", {"project": self.site_of(owner), "environment": "prod", "image_id": first["imageId"]})
        self.assertEqual((self.look(owner, "/blog/first-name").status, self.look(owner, "/blog/second-name").status), (200, 404))

    def test_old_addresses_lead_inside_previews_too(self):
        owner, writer = self.newcomer()
        self.saved({"title": "Page", "aliases": ["/old"]}, by=writer)
        self.build(writer)
        project = self.site_of(owner)
        owner.must("POST", "/preview", {"project": project, "slug": "p"})
        answer = self.fetch(f"{project}.localhost", "/__preview__/p/old")
        self.assertEqual((answer.status, answer.get("location")), (301, "/__preview__/p/blog/page"))
        self.assertEqual(self.fetch(f"{project}--p.preview.localhost", "/old").get("location"), "/blog/page")

    def test_no_redirect_leaves_the_site(self):
        owner, writer = self.newcomer()
        for alias in ("//evil.example/x", "/\\evil.example", "/a\r\nSet-Cookie: x=1", "https://evil.example", "/a/../b"):
            self.invalid(writer.save({"title": "Page", "aliases": [alias]}), (0, "aliases"))
        self.saved({"title": "Page", "aliases": ["/old"]}, by=writer)
        self.build(writer)
        for path in ("//evil.example/old", "/%2Fevil.example/old", "/old/%2F..%2Fevil", "/%5C%5Cevil.example"):
            self.assertNotIn(self.look(owner, path).status, (301, 302, 307, 308), path)

    def test_what_serves_the_rules_is_not_for_visitors(self):
        owner, writer = self.newcomer()
        self.saved({"title": "Page", "aliases": ["/old"]}, by=writer)
        self.build(writer)
        for path in ("/_sitepod/rules", "/%5fsitepod/rules", "/_sitepod%2frules", "//_sitepod/rules", "/a/../_sitepod/rules", "/_sitepod/", "/_sitepod"):
            self.assertEqual(self.look(owner, path).status, 404, path)

    def test_simultaneous_requests_end_in_the_newest_state(self):
        owner, writer = self.newcomer()
        for i in range(6):
            self.saved({"title": "Counter", "content": f"state-{i}-end"}, by=writer)
            self.fine(writer.post("/builds", {}), 202)
        wait_until(lambda: b"state-5-end" in self.look(owner, "/blog/counter").body, "the newest state is live", 120)

    def test_unknown_sites_and_wrong_types_are_refused(self):
        self.refused(self.writer.post("/builds", {"siteId": "00000000-0000-4000-8000-000000000000"}), 404)
        self.refused(self.writer.post("/builds", {"siteId": 5}), 400)
        self.refused(self.writer.get("/builds/latest?siteId=nonsense"), 404)
        self.refused(self.writer.get("/builds"), 405)


class Cooldown(ContentCase):
    env = {**ContentCase.env, "SITEPOD_CONTENT_BUILDS_PER_MONTH": "1"}

    def test_a_second_build_has_to_wait(self):
        _, writer = self.newcomer()
        self.saved({"title": "x"}, by=writer)
        self.fine(writer.post("/builds"), 202)
        answer = writer.post("/builds")
        said = self.refused(answer, 429, "build cooldown active")
        seconds = int(re.fullmatch(r"Please wait (\d+) seconds before triggering another build\.", said["message"]).group(1))
        self.assertTrue(1 <= seconds <= 30)
        self.assertEqual(int(answer.get("retry-after")), seconds)
        both = self.fine(writer.save({"title": "saved anyway"}, build=True))
        self.assertEqual((both["build"]["error"], both["pages"][0]["status"]), ("build cooldown active", "created"))
        self.assertTrue(both["build"]["message"])

    def test_a_month_has_only_so_many_builds(self):
        owner, writer = self.newcomer()
        self.saved({"title": "x"}, by=writer)
        self.fine(writer.post("/builds"), 202)
        # Named, not the first of the list: the build may be released only now and come first.
        project = unique("second")
        owner.deploy(project, {"index.html": b"x"})
        site = owner.must("GET", f"/projects/{project}/site")["siteId"]
        said = self.refused(writer.post("/builds", {"siteId": site}), 402, "build quota exceeded")
        self.assertTrue(said["message"].startswith("Monthly build limit of 1 reached."))


class Restart(unittest.TestCase):
    def test_waiting_builds_and_dates_survive_a_crash(self):
        with Server(env={"SITEPOD_CONTENT_RATE_LIMIT": "100000", "SITEPOD_BUILD_COOLDOWN": "0"}) as server:
            owner = Api(server.address).login("ada@example.org")
            writer = writer_of(owner)
            due = time.time() + 3
            pages = [{"title": f"Page {i}", "content": "word " * 2000} for i in range(300)] + [{"title": "Later", "publishedAt": stamp(due)}]
            self.assertEqual(writer.save(*pages, build=True).json["build"]["status"], "queued")
            server.kill()
            while time.time() < due + 1:
                time.sleep(0.1)
            server.start()
            writer = Writer(server.address, writer.token)
            wait_until(lambda: fetch(server.address, "/blog/page-299", "ada.localhost").status == 200, "the build is taken up", 120)
            wait_until(lambda: fetch(server.address, "/blog/later", "ada.localhost").status == 200, "the page that came due meanwhile is shown", 120)


if __name__ == "__main__":
    unittest.main()
