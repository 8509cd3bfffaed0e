#!/usr/bin/env python3
"""GET /current, /history, /images, /projects, /config, /health: deploy API §4, §8, §10; impossible things 8, 13, 20."""
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support.api import Api, check_no_nulls, unique  # noqa: E402
from support.case import HEX64, ContractCase  # noqa: E402


def next_page(answer):
    """Where the Link of a list leads."""
    link = answer.get("link")
    return re.fullmatch(r'<(/api/v1/[^>]*)>; rel="next"', link)[1] if link else None


class Current(ContractCase):
    def test_it_tells_what_is_live(self):
        project = unique("cur")
        image = self.user.deploy(project, {"a": b"123", "b": b"4567"}, message="words")
        answer = self.assert_ok(self.user.get(f"/current?project={project}"))
        self.assertEqual((answer["project"], answer["environment"], answer["env"], answer["image_id"], answer["file_count"], answer["total_size"], answer["message"]),
                         (project, "prod", "prod", image, 2, 7, "words"))
        self.assertRegex(answer["content_hash"], HEX64)
        self.assert_timestamp(answer["deployed_at"])
        self.assertRegex(answer["url"], r"^http://")
        check_no_nulls(answer)

    def test_environments_by_both_parameter_names(self):
        project = unique("cur")
        image = self.user.deploy(project, {"a": b"1"}, "beta")
        for query in ("environment=beta", "env=beta", "env=beta&environment=beta"):
            self.assertEqual(self.assert_ok(self.user.get(f"/current?project={project}&{query}"))["image_id"], image)
        self.assert_error(self.user.get(f"/current?project={project}&env=beta&environment=prod"), 400)
        self.assert_error(self.user.get(f"/current?project={project}"), 404)
        for bad in ("Prod", "a_b", "..", "%00", "a%2fb", "x" * 33):
            self.assert_error(self.user.get(f"/current?project={project}&environment={bad}"), 400)

    def test_refusals(self):
        project = unique("cur")
        self.user.deploy(project, {"a": b"1"})
        self.assert_error(self.user.get("/current"), 400)
        self.assert_error(self.user.get(f"/current?project={unique('none')}"), 404)
        self.assert_error(self.stranger.get(f"/current?project={project}"), 403, "forbidden")
        self.assert_error(self.anonymous.get(f"/current?project={project}"), 401)
        self.assert_ok(self.admin.get(f"/current?project={project}"))

    def test_git_facts_of_the_plan_come_back(self):
        project = unique("git")
        data = unique("git").encode()
        git = {"commit": "0123abcd", "branch": "main", "message": "fix the thing"}
        from support import hashes
        plan = self.assert_ok(self.user.post("/plan", {"project": project, "files": {"a": hashes.sha256(data)}, "git": git}))
        self.assert_ok(self.user.upload(plan["plan_id"], hashes.sha256(data), data))
        self.assert_ok(self.user.post("/commit", {"plan_id": plan["plan_id"]}))
        self.assert_ok(self.user.release(project))
        current = self.assert_ok(self.user.get(f"/current?project={project}"))
        self.assertEqual((current["git_commit"], current["git_branch"]), ("0123abcd", "main"))
        item = self.assert_ok(self.user.get(f"/history?project={project}"))["items"][0]
        self.assertEqual((item["git_commit"], item["git_branch"], item["git_message"]), ("0123abcd", "main", "fix the thing"))


class History(ContractCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project = unique("hist")
        cls.images = [cls.user.make_image(cls.project, {"index.html": b"v%d" % i}, message=f"message {i}") for i in range(25)]
        for image, environment in ((3, "prod"), (7, "prod"), (5, "beta"), (3, "prod")):
            answer = cls.user.release(cls.project, cls.images[image], environment)
            assert answer.status == 200, answer

    def history(self, **query):
        text = "&".join(f"{k}={v}" for k, v in {"project": self.project, **query}.items())
        return self.user.get("/history?" + text)

    def test_images_come_newest_commit_first_with_dates(self):
        answer = self.assert_ok(self.history(limit=200))
        self.assertEqual([i["image_id"] for i in answer["items"]], self.images[::-1])
        self.assertEqual(answer["total"], 25)
        for item in answer["items"]:
            self.assertRegex(item["content_hash"], HEX64)
            self.assert_timestamp(item["created_at"])
            self.assertIsInstance(item["deployed_to"], list)
            self.assertRegex(item["version"], r"^v\d+$")
            self.assertIn(item["status"], ("current", "-"))
            self.assertEqual((item["file_count"], item["total_size"]), (1, len(f"v{self.images.index(item['image_id'])}")))
        check_no_nulls(answer)
        self.assertEqual([i["message"] for i in answer["items"]][:2], ["message 24", "message 23"])
        self.assertEqual(len({i["version"] for i in answer["items"]}), 25)

    def test_what_is_live_is_marked(self):
        items = {i["image_id"]: i for i in self.assert_ok(self.history(limit=200))["items"]}
        self.assertEqual(items[self.images[3]]["deployed_to"], ["prod"])
        self.assertEqual(items[self.images[5]]["deployed_to"], ["beta"])
        self.assertEqual(items[self.images[7]]["deployed_to"], [])
        self.assertEqual(items[self.images[3]]["status"], "current")
        self.assertEqual(items[self.images[7]]["status"], "-")

    def test_the_default_limit_is_20_and_offset_pages(self):
        self.assertEqual(len(self.assert_ok(self.history())["items"]), 20)
        ids = [i["image_id"] for offset in (0, 10, 20, 30) for i in self.assert_ok(self.history(limit=10, offset=offset))["items"]]
        self.assertEqual(ids, self.images[::-1])

    def test_a_link_leads_to_the_next_page_until_there_is_none(self):
        seen, path = [], f"/history?project={self.project}&limit=10"
        while path:
            answer = self.user.get(path)
            seen += [i["image_id"] for i in self.assert_ok(answer)["items"]]
            path = next_page(answer)
        self.assertEqual(seen, self.images[::-1])
        path, pages = f"/images?page=2&limit=10&project={self.project}", 0
        while path:
            answer = self.user.get(path)
            path, pages = next_page(answer), pages + 1
        self.assertEqual((pages, self.assert_ok(answer)["page"]), (2, 3))
        for path in (f"/history?project={self.project}&limit=25", f"/events?project={self.project}", f"/images?project={self.project}&page=9"):
            self.assertIsNone(self.user.get(path).get("link"), path)
        self.assertIsNotNone(next_page(self.user.get(f"/events?project={self.project}&limit=1")))

    def test_bad_paging_answers_400(self):
        for query in ({"limit": "x"}, {"limit": "-1"}, {"limit": "0"}, {"offset": "-1"}, {"offset": "x"}, {"limit": "99999999999999999999"}, {"limit": "1.5"}):
            with self.subTest(query=query):
                self.assert_error(self.history(**query), 400)

    def test_a_limit_above_200_yields_at_most_200(self):
        answer = self.history(limit=500)
        self.assertIn(answer.status, (200, 400))

    def test_with_an_environment_only_images_that_were_live_there_latest_release_first(self):
        answer = self.assert_ok(self.history(environment="prod"))
        self.assertEqual([i["image_id"] for i in answer["items"]], [self.images[3], self.images[7]])
        self.assertEqual([i["image_id"] for i in self.assert_ok(self.history(env="beta"))["items"]], [self.images[5]])
        self.assertEqual(self.assert_ok(self.history(environment="never"))["items"], [])

    def test_with_an_environment_current_means_live_in_it(self):
        project = unique("hist")
        first = self.user.deploy(project, {"a": b"1"}, "beta")
        second = self.user.deploy(project, {"a": b"2"}, "beta")
        self.assert_ok(self.user.release(project, first))
        status = lambda query: {i["image_id"]: i["status"] for i in self.assert_ok(self.user.get(f"/history?project={project}{query}"))["items"]}  # noqa: E731
        self.assertEqual(status("&environment=beta"), {first: "-", second: "current"})
        self.assertEqual(status(""), {first: "current", second: "current"})

    def test_refusals(self):
        self.assert_error(self.user.get("/history"), 400)
        self.assert_error(self.stranger.get(f"/history?project={self.project}"), 403)
        self.assert_error(self.user.get(f"/history?project={unique('none')}"), 404)
        self.assert_error(self.history(environment="Bad_Name"), 400)

    def test_images_are_paged_for_the_console(self):
        answer = self.assert_ok(self.user.get(f"/images?project={self.project}&page=2&limit=10"))
        self.assertEqual((answer["total"], answer["page"], answer["limit"]), (25, 2, 10))
        self.assertEqual([i["image_id"] for i in answer["images"]], self.images[::-1][10:20])
        for item in answer["images"]:
            self.assertEqual(item["id"], item["image_id"])
            self.assertEqual(item["file_count"], item["files_count"])
            self.assertTrue(item["project_id"])
            self.assert_timestamp(item["created_at"])
        self.assert_error(self.user.get("/images"), 400)
        self.assert_error(self.user.get(f"/images?project={self.project}&page=0"), 400)
        self.assert_error(self.stranger.get(f"/images?project={self.project}"), 403)

    def test_the_files_of_an_image_have_the_types_they_are_served_with(self):
        project = unique("types")
        image = self.user.deploy(project, {"index.html": b"1", "a.css": b"2", "b.unknown": b"3"})
        files = self.assert_ok(self.user.get(f"/images/{image}"))["files"]
        self.assertEqual({f["path"]: (f["size"], f["content_type"]) for f in files},
                         {"a.css": (1, "text/css; charset=utf-8"), "b.unknown": (1, "application/octet-stream"), "index.html": (1, "text/html; charset=utf-8")})
        for path in ("a.css", "b.unknown"):
            self.assertEqual(self.fetch(self.host(project), f"/{path}").get("content-type"), next(f["content_type"] for f in files if f["path"] == path))

    def test_images_by_project_id(self):
        ident = self.assert_ok(self.user.get(f"/images?project={self.project}"))["images"][0]["project_id"]
        self.assertEqual(self.assert_ok(self.user.get(f"/images?project_id={ident}"))["total"], 25)


class Projects(ContractCase):
    def test_no_projects_is_literally_an_empty_array(self):
        api = Api(self.server.address).login()
        answer = api.get("/projects")
        self.assert_ok(answer)
        self.assertEqual(answer.body.strip(), b"[]")

    def test_a_bare_array_of_ones_own_and_of_all_for_an_admin(self):
        api = Api(self.server.address).login()
        mine, foreign = unique("Mine"), unique("foreign")
        api.make_image(mine, {"a": b"1"})
        self.user.make_image(foreign, {"a": b"1"})
        own = self.assert_ok(api.get("/projects"))
        self.assertIsInstance(own, list)
        self.assertEqual([p["name"] for p in own], [mine])
        project = own[0]
        self.assertEqual(project["subdomain"], mine.lower())
        for name in ("id", "owner_id", "created_at", "updated_at"):
            self.assertIsInstance(project[name], str)
        self.assert_timestamp(project["created_at"])
        everyone = self.assert_ok(self.admin.get("/projects?limit=200"))
        self.assertLessEqual({mine, foreign}, {p["name"] for p in everyone})
        self.assertTrue(all("@" in p["owner_email"] for p in everyone))

    def test_limit_and_offset(self):
        api = Api(self.server.address).login()
        for _ in range(5):
            api.make_image(unique("p"), {"a": b"1"})
        whole = [p["name"] for p in self.assert_ok(api.get("/projects"))]
        self.assertEqual(len(whole), 5)
        pages = [p["name"] for o in (0, 2, 4) for p in self.assert_ok(api.get(f"/projects?limit=2&offset={o}"))]
        self.assertEqual(pages, whole)
        linked, path = [], "/projects?limit=2"
        while path:
            answer = api.get(path)
            linked += [p["name"] for p in self.assert_ok(answer)]
            path = next_page(answer)
        self.assertEqual(linked, whole)
        self.assertIsNone(api.get("/projects?limit=5").get("link"))


class Public(ContractCase):
    def test_config_is_public(self):
        answer = self.assert_ok(self.anonymous.get("/config"))
        self.assertRegex(answer["domain"], r"^localhost(:\d+)?$")
        self.assertIs(answer["is_demo"], False)
        self.assertIsInstance(answer["version"], str)

    def test_health_is_public_and_names_its_parts(self):
        answer = self.assert_ok(self.anonymous.get("/health"))
        self.assertEqual(answer["status"], "healthy")
        for name in ("database", "storage", "uptime", "version"):
            self.assertIn(name, answer)

    def test_the_api_is_answered_on_every_host_that_is_no_site(self):
        project = unique("apihost")
        self.user.deploy(project, {"index.html": b"site", "api/v1/health": b"the site's own"})
        for host in ("localhost", "LOCALHOST", f"localhost:{self.server.port}", "localhost.", "app.localhost", "127.0.0.1", f"127.0.0.1:{self.server.port}", "[::1]",
                     "unknown.example.org"):
            with self.subTest(host=host):
                self.assertEqual(self.fetch(host, "/api/v1/health").status, 200)
        self.assertEqual(self.fetch(self.host(project), "/api/v1/health").body, b"the site's own")
        self.assertEqual(self.fetch(self.host(project), "/api/v1/config").body, b"site")
        self.assertEqual(self.fetch(self.host(project), "/api/v1/plan", method="POST", body=b"{}").status, 405)

    def test_base_hosts_show_a_small_page_at_the_root_and_404_elsewhere(self):
        for host in ("localhost", "app.localhost", "127.0.0.1"):
            with self.subTest(host=host):
                answer = self.fetch(host, "/")
                self.assertEqual(answer.status, 200)
                self.assertIn("text/html", answer.get("content-type"))
                self.assertEqual(self.fetch(host, "/nothing/here").status, 404)

    def test_api_answers_are_never_html_or_cached(self):
        for answer in (self.user.get("/auth/info"), self.user.get("/nothing"), self.anonymous.get("/health")):
            self.assertEqual((answer.get("content-type") or "").split(";")[0], "application/json")
            self.assertEqual(answer.get("x-content-type-options"), "nosniff")


if __name__ == "__main__":
    unittest.main()
