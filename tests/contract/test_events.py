#!/usr/bin/env python3
"""The audit log: deploy API §8; impossible thing 10."""
import concurrent.futures
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support.api import Api, check_no_nulls, unique  # noqa: E402
from support.case import ContractCase  # noqa: E402

FILES = {"index.html": b"<h1>hello</h1>"}


class Events(ContractCase):
    def events(self, api, project=None, query=""):
        return self.assert_ok(api.get("/events?" + (f"project={project}&" if project else "") + query))

    def test_releases_and_rollbacks_stand_newest_first_with_their_actor(self):
        project = unique("log")
        first = self.user.deploy(project, FILES)
        second = self.user.deploy(project, {"index.html": b"second"})
        bot = Api(self.server.address, self.user.must("POST", "/tokens", {"name": "nightly run"})["token"])
        self.assert_ok(bot.post("/rollback", {"project": project}))
        answer = self.events(self.user, project)
        check_no_nulls(answer)
        self.assertEqual([(e["action"], e["environment"], e["image_id"], e["previous_image_id"]) for e in answer["items"]],
                         [("rollback", "prod", first, second), ("deploy", "prod", second, first), ("deploy", "prod", first, "")])
        self.assertEqual(answer["total"], 3)
        for event in answer["items"]:
            self.assertEqual((event["actor"], event["address"], event["project"]), ("user@example.org", "127.0.0.1", project))
            self.assert_timestamp(event["created_at"])
        self.assertEqual([e["token"] for e in answer["items"]][:2], ["nightly run", "login"])
        ids = [e["id"] for e in answer["items"]]
        self.assertEqual(ids, sorted(ids, reverse=True))

    def test_what_others_do_stands_under_their_name(self):
        project = unique("log")
        image = self.user.deploy(project, FILES)
        self.assert_ok(self.admin.release(project, image, "beta"))
        self.assertEqual(self.events(self.user, project)["items"][0]["actor"], "first@example.org")

    def test_pages(self):
        project = unique("log")
        image = self.user.deploy(project, FILES)
        for _ in range(4):
            self.assert_ok(self.user.release(project, image))
        everything = self.events(self.user, project)["items"]
        self.assertEqual(self.events(self.user, project, "limit=2&offset=1")["items"], everything[1:3])
        self.assert_error(self.user.get(f"/events?project={project}&limit=0"), 400)

    def test_it_is_the_owners(self):
        project = unique("log")
        self.user.deploy(project, FILES)
        self.assert_error(self.stranger.get(f"/events?project={project}"), 403)
        self.assert_error(self.user.get(f"/events?project={unique('none')}"), 404)
        self.assert_ok(self.admin.get(f"/events?project={project}"))

    def test_the_account_has_a_log_of_every_change(self):
        api = Api(self.server.address).login()
        project = unique("log")
        api.deploy(project, FILES)
        api.must("POST", "/preview", {"project": project, "slug": "pr-7"})
        api.must("DELETE", f"/previews/{project}/pr-7")
        token = api.must("POST", "/tokens", {"name": "ci"})["id"]
        api.must("PATCH", f"/tokens/{token}", {"name": "cd"})
        api.must("DELETE", f"/tokens/{token}")
        api.must("POST", "/account/password", {"current_password": "a long password", "new_password": "a longer password"})
        api.must("DELETE", f"/projects/{project}")
        log = [(e["action"], e["subject"]) for e in self.events(api)["items"]]
        # What stood in the project's own log has gone with it.
        self.assertEqual(log, [("project_deleted", project), ("password_changed", ""), ("token_revoked", "cd"), ("token_renamed", "cd"), ("token_created", "ci"),
                               ("image_committed", project), ("project_created", project), ("account_created", "")])
        narrow = Api(self.server.address, api.must("POST", "/tokens", {"name": "r", "scopes": ["read"]})["token"])
        self.assert_error(narrow.get("/events"), 403)

    def test_refused_changes_leave_no_event(self):
        project = unique("log")
        image = self.user.deploy(project, FILES)
        before = self.events(self.user, project)["total"]
        self.assert_error(self.user.release(project, "img_unknown"), 404)
        self.assert_error(self.user.release(project, image, expected_image_id="img_other"), 409)
        self.assert_error(self.user.post("/preview", {"project": project, "slug": "-"}), 400)
        self.assertEqual(self.events(self.user, project)["total"], before)

    def test_racing_releases_history_and_bytes_agree(self):
        project = unique("race")
        contents = [f"version {i}".encode() for i in range(4)]
        images = [self.user.make_image(project, {"index.html": c}) for c in contents]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda i: self.user.release(project, images[i % 4]), range(80)))
        self.assertEqual({a.status for a in answers}, {200})
        items = self.events(self.user, project, "limit=200")["items"]
        self.assertEqual(len(items), 80)
        # Each release took over from the one before it, in the order of the log.
        for newer, older in zip(items, items[1:]):
            self.assertEqual(newer["previous_image_id"], older["image_id"])
        self.assertEqual(sorted((a.json["image_id"], a.json["previous_image_id"]) for a in answers),
                         sorted((e["image_id"], e["previous_image_id"]) for e in items))
        self.assertEqual(self.user.get(f"/current?project={project}").json["image_id"], items[0]["image_id"])
        self.assertEqual(self.fetch(self.host(project)).body, contents[images.index(items[0]["image_id"])])


if __name__ == "__main__":
    unittest.main()
