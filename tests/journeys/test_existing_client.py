#!/usr/bin/env python3
"""The life of a site with the existing command-line client, under the server's own limits: 1,000 files, previews, a rollback, a domain
proved by DNS, the end of the account (deploy contract §2, §3, §5-§9, §12, §15)."""
import datetime
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support import sites  # noqa: E402
from support.api import Api, unique  # noqa: E402
from support.dns import StubDns  # noqa: E402
from support.existing_client import ExistingClient  # noqa: E402
from support.server import Server  # noqa: E402
from support.wire import Wire, fetch  # noqa: E402

FILES = 1000
EMAIL, PASSWORD = "maker@example.org", "correct horse battery"


class ExistingClientJourney(unittest.TestCase):
    def setUp(self):
        self.dns = StubDns()
        self.addCleanup(self.dns.close)

    def assert_served(self, server, host, files):
        with Wire(server.address, 120) as wire:
            for path, data in files.items():
                answer = wire.get("/" + path, host)
                self.assertEqual((answer.status, answer.body), (200, data), path)

    @staticmethod
    def place(url):
        """(host, path) of a URL that an answer named."""
        return re.match(r"https?://([^/:]+)(?::\d+)?(/.*)?$", url).groups(default="/")

    def test_a_site_from_its_first_deploy_to_the_end_of_its_account(self):
        with Server(env={"SITEPOD_DNS_RESOLVERS": self.dns.server}, rate_limit=None) as server:
            Api(server.address).login("operator@example.org")  # the first account is the admin, whose domains need no proof
            client = ExistingClient(Api(server.address)).login(EMAIL, PASSWORD)
            self.assertEqual(client.server_domain().split(":")[0], "localhost")
            project = unique("journey")
            files = sites.many(FILES, seed=1)

            plan, first, release = client.deploy(project, files, "prod")
            self.assertEqual((len(plan["missing"]), plan["reusable"]), (FILES, 0))
            host, _ = self.place(release["url"])
            self.assertEqual(host, f"{project}.localhost")
            self.assert_served(server, host, files)

            newer = {**files, "index.html": b"<h1>second</h1>", "new.txt": b"new"}
            plan, second, _ = client.deploy(project, newer, "prod")
            self.assertEqual((len(plan["missing"]), plan["reusable"]), (2, FILES - 1))
            self.assertEqual(fetch(server.address, "/", host).body, b"<h1>second</h1>")
            self.assertEqual([item["image_id"] for item in client.history(project)], [second["image_id"], first["image_id"]])
            self.assertEqual([item["content_hash"] for item in client.history(project, limit=1)], [second["content_hash"]])

            _, third = client.commit(project, {**newer, "index.html": b"<h1>preview</h1>"})
            preview = client.preview(project, third["image_id"], "review", 3600)
            lasts = datetime.datetime.fromisoformat(preview["expires_at"].replace("Z", "+00:00")) - datetime.datetime.now(datetime.timezone.utc)
            self.assertTrue(3500 < lasts.total_seconds() <= 3600, preview)
            shown = fetch(server.address, self.place(preview["url"])[1], self.place(preview["url"])[0])
            self.assertEqual((shown.body, shown.get("x-robots-tag")), (b"<h1>preview</h1>", "noindex"))
            self.assertEqual(fetch(server.address, "/", host).body, b"<h1>second</h1>", "a preview leaves prod alone")

            back = client.rollback(project, "prod", first["image_id"])
            self.assertEqual(back["previous_image_id"], second["image_id"])
            self.assert_served(server, host, {path: files[path] for path in list(files)[:50]})
            self.assertEqual(fetch(server.address, "/new.txt", host).status, 404)

            self.prove_a_domain(server, client, project, files)

            gone = client.delete_account()
            self.assertEqual(gone["deleted_projects"], 1)
            self.assertTrue(gone["message"])
            for name in (host, self.place(preview["url"])[0], "www.journey.example"):
                self.assertEqual(fetch(server.address, "/", name).status, 404, name)
            refused = client.api.get("/auth/info")
            self.assertEqual((refused.status, refused.json["error"]), (401, "invalid_token"))

    def prove_a_domain(self, server, client, project, files):
        domain = "www.journey.example"
        added = client.add_domain(project, domain)
        self.assertEqual((added["domain"], added["slug"], added["status"]), (domain, "/", "pending"))
        self.assertEqual(added["txt"], f'_sitepod.{domain} TXT "{added["token"]}"')
        unproven = client.verify_domain(domain)
        self.assertEqual((unproven["status"], unproven["verified"]), ("pending", False))
        self.assertIn(added["token"], unproven["message"])
        self.assertEqual(fetch(server.address, "/", domain).status, 404)
        self.dns.set(f"_sitepod.{domain}", "TXT", added["token"])
        proven = client.verify_domain(domain)
        self.assertEqual((proven["domain"], proven["status"], proven["verified"]), (domain, "active", True))
        self.assertEqual(fetch(server.address, "/index.html", domain).body, files["index.html"])
        listed = {entry["domain"]: entry for entry in client.domains(project)}
        self.assertEqual(set(listed), {f"{project}.localhost", domain})
        self.assertEqual((listed[domain]["type"], listed[domain]["status"], listed[domain]["is_primary"]), ("custom", "active", False))

    def test_domains_are_removed_and_the_subdomain_renamed(self):
        with Server(env={"SITEPOD_DNS_RESOLVERS": self.dns.server}, rate_limit=None) as server:
            Api(server.address).login("operator@example.org")
            client = ExistingClient(Api(server.address)).login(EMAIL, PASSWORD)
            project, name = unique("journey"), unique("renamed")
            client.deploy(project, sites.SIMPLE, "prod")
            self.prove_a_domain(server, client, project, sites.SIMPLE)
            client.remove_domain("www.journey.example")
            self.assertEqual(fetch(server.address, "/", "www.journey.example").status, 404)
            self.assertEqual(client.rename(project, name), {"old_subdomain": project, "new_subdomain": name})
            self.assertEqual(fetch(server.address, "/", f"{name}.localhost").body, sites.SIMPLE["index.html"])


if __name__ == "__main__":
    unittest.main()
