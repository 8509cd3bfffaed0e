#!/usr/bin/env python3
"""Projects and environments: deploy API §4, §6; impossible things 2, 3, 15, 21; reliability row 106."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support.api import check_no_nulls, unique  # noqa: E402
from support.case import ContractCase  # noqa: E402

FILES = {"index.html": b"<h1>hello</h1>"}


class Projects(ContractCase):
    def test_one_project_is_shown_like_in_the_list(self):
        project = unique("one")
        self.user.deploy(project, FILES)
        shown = self.assert_ok(self.user.get(f"/projects/{project}"))
        check_no_nulls(shown)
        self.assertIn(shown, self.assert_ok(self.user.get("/projects")))
        for name in ("created_at", "updated_at"):
            self.assert_timestamp(shown[name])
        self.assertNotIn("owner_email", shown)
        self.assertEqual(self.assert_ok(self.admin.get(f"/projects/{project}"))["owner_email"], "user@example.org")
        self.assertEqual(self.assert_ok(self.user.get(f"/projects/{project.upper()}"))["id"], shown["id"])

    def test_the_list_has_limit_and_offset(self):
        api = self.stranger
        for _ in range(3):
            api.deploy(unique("list"), FILES)
        everything = [p["name"] for p in self.assert_ok(api.get("/projects"))]
        self.assertEqual([p["name"] for p in self.assert_ok(api.get("/projects?limit=1&offset=1"))], everything[1:2])

    def test_a_deleted_project_is_gone_at_once_and_its_name_free(self):
        project = unique("gone")
        image = self.user.deploy(project, FILES)
        self.user.release(project, image, "beta")
        self.user.release(project, image, "qa")
        plan = self.user.plan(project, {"other.html": b"not uploaded"}).json["plan_id"]
        self.assertTrue(self.assert_ok(self.user.call("DELETE", f"/projects/{project}"))["message"])
        for environment in ("prod", "beta", "qa"):
            self.assertEqual(self.fetch(self.host(project, environment)).status, 404)
        self.assert_error(self.user.get(f"/projects/{project}"), 404)
        self.assert_error(self.user.get(f"/images/{image}"), 404)
        self.assert_error(self.user.upload(plan, "0" * 64, b"x"), 404, "plan_not_found")
        self.assert_error(self.user.post("/commit", {"plan_id": plan}), 404, "plan_not_found")
        self.assertNotIn(project, [p["name"] for p in self.user.get("/projects").json])
        # Somebody else may have the name now, and nothing of before shows.
        self.stranger.deploy(project, {"index.html": b"new owner"}, "beta")
        self.assertEqual(self.fetch(self.host(project, "beta")).body, b"new owner")
        self.assertEqual(self.fetch(self.host(project)).status, 404)
        self.assertEqual(self.fetch(self.host(project, "qa")).status, 404)

    def test_deletion_is_the_owners(self):
        project = unique("mine")
        self.user.deploy(project, FILES)
        self.assert_error(self.stranger.call("DELETE", f"/projects/{project}"), 403, "forbidden")
        self.assert_error(self.user.call("DELETE", f"/projects/{unique('none')}"), 404, "not_found")
        self.assertEqual(self.fetch(self.host(project)).status, 200)
        self.assert_ok(self.admin.call("DELETE", f"/projects/{project}"))
        self.assertEqual(self.fetch(self.host(project)).status, 404)


class Environments(ContractCase):
    def test_any_name_of_the_grammar_is_an_environment_with_a_host(self):
        project = unique("env")
        image = self.user.make_image(project, FILES)
        for environment in ("beta", "staging", "pr-12", "a", "0", "x" * 20):
            answer = self.assert_ok(self.user.release(project, image, environment))
            self.assertRegex(answer["url"], rf"^http://{project}-{environment}\.localhost")
            self.assertEqual(self.fetch(self.host(project, environment)).status, 200)
        self.assertEqual(self.fetch(self.host(project)).status, 404)

    def test_names_beyond_the_grammar_are_refused(self):
        project = unique("env")
        image = self.user.make_image(project, FILES)
        for environment in ("-a", "a-", "A", "a_b", "a.b", "../x", "a/b", "a\x00b", "x" * 33, 7, "a--b"):
            with self.subTest(environment=environment):
                self.assert_error(self.user.post("/release", {"project": project, "image_id": image, "environment": environment}), 400)

    def test_a_new_project_cannot_take_the_host_of_an_environment(self):
        stem = unique("clash")
        image = self.user.make_image(stem, FILES)
        self.assert_ok(self.user.release(stem, image, "docs"))
        answer = self.stranger.plan(f"{stem}-docs", FILES)
        if answer.status == 200:
            # Then under another subdomain.
            shown = self.assert_ok(self.stranger.get(f"/projects/{stem}-docs"))
            self.assertNotEqual(shown["subdomain"], f"{stem}-docs")
        else:
            self.assert_error(answer, 400)
        self.assertEqual(self.fetch(self.host(stem, "docs")).body, FILES["index.html"])

    def test_a_new_environment_cannot_take_the_host_of_a_project(self):
        stem = unique("clash")
        self.stranger.deploy(f"{stem}-docs", {"index.html": b"theirs"})
        image = self.user.make_image(stem, FILES)
        self.assert_error(self.user.release(stem, image, "docs"), 409, "conflict")
        self.assertEqual(self.fetch(f"{stem}-docs.localhost").body, b"theirs")

    def test_the_beta_host_is_kept_from_the_start(self):
        stem = unique("kept")
        self.user.make_image(stem, FILES)
        self.assert_error(self.stranger.plan(f"{stem}-beta", FILES), 400)
        self.assert_error(self.user.plan(f"{stem}-beta", FILES), 400)

    def test_no_subdomain_looks_like_a_preview(self):
        project = unique("two") + "--dashes"
        self.user.make_image(project, FILES)
        self.assertNotIn("--", self.assert_ok(self.user.get(f"/projects/{project}"))["subdomain"])


if __name__ == "__main__":
    unittest.main()
