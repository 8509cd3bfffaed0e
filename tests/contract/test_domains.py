#!/usr/bin/env python3
"""Custom domains, their proof by DNS, rename, host checks: deploy API §4 (rename, subdomain check), §9; reliability rows 54, 102, 103, 105, 106;
impossible things 3, 8, 14, 19, 20."""
import concurrent.futures
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support import archives  # noqa: E402
from support.api import Api, check_no_nulls, unique  # noqa: E402
from support.case import ContractCase  # noqa: E402
from support.dns import StubDns  # noqa: E402
from support.server import Server  # noqa: E402


class DomainCase(ContractCase):
    @classmethod
    def setUpClass(cls):
        cls.dns = StubDns()
        cls.addClassCleanup(cls.dns.close)
        cls.env = {"SITEPOD_DNS_RESOLVERS": cls.dns.server}
        super().setUpClass()

    def setUp(self):
        self.dns.clear()

    def project(self, text=b"prod", api=None, environment="prod"):
        name = unique("dom")
        (api or self.user).deploy(name, {"index.html": text, "a/b.txt": b"file of " + text}, environment)
        return name

    def add(self, project, domain, slug=None, api=None, **more):
        body = {"project": project, "domain": domain, **({"slug": slug} if slug is not None else {}), **more}
        return (api or self.user).post("/domains", body)

    def verify(self, domain, api=None):
        return self.assert_ok((api or self.user).post(f"/domains/{domain}/verify"))

    def own(self, project, domain, api=None):
        added = self.assert_ok(self.add(project, domain, api=api), 201)
        self.dns.set(f"_sitepod.{domain}", "TXT", added["verification_token"])
        self.assertTrue(self.verify(domain, api)["verified"])
        return added

    def new_domain(self):
        return unique("shop") + ".example"

    def entries(self, project=None, api=None):
        answer = self.assert_ok((api or self.user).get("/domains" + (f"?project={project}" if project else "")))
        self.assertEqual(answer["domains"], answer["items"])
        return answer["domains"]


class Add(DomainCase):
    def test_the_answer_says_which_record_to_add(self):
        project, domain = self.project(), self.new_domain()
        answer = self.assert_ok(self.add(project, domain), 201)
        self.assertRegex(answer["id"], r"^dom_")
        self.assertEqual((answer["domain"], answer["slug"], answer["type"], answer["status"]), (domain, "/", "custom", "pending"))
        self.assertRegex(answer["verification_token"], r"^sitepod-verify-[0-9a-f]{16}$")
        self.assertEqual(answer["verification_txt"], f'_sitepod.{domain} TXT "{answer["verification_token"]}"')
        self.assertEqual(answer["verification"], {"type": "txt", "name": f"_sitepod.{domain}", "value": answer["verification_token"]})
        self.assertEqual(answer["cname_target"], f"{project}.localhost")
        check_no_nulls(answer)

    def test_names_are_brought_into_one_form(self):
        project = self.project()
        stem = unique("bücher")
        answer = self.assert_ok(self.add(project, f"  {stem.upper()}.Example. "), 201)
        self.assertEqual(answer["domain"], (stem.lower() + ".example").encode("idna").decode())

    def test_names_that_nobody_can_own_are_refused(self):
        project = self.project()
        for domain in ("", " ", "com", "co.uk", "github.io", "1.2.3.4", "[::1]", "a.b:80", "*.a.example", "a..example", "-a.example", "a_b.example",
                       "http://a.example", "a.example/x", "a.example..", "x" * 64 + ".example", "a." * 125 + "example", "a\u0000.example", "\u2603.com"):
            self.assert_error(self.add(project, domain), 400, "invalid_request")
        for body in ({"project": project}, {"project": project, "domain": None}, {"project": project, "domain": 1}, {"domain": "a.example"},
                     {"project": project, "domain": "a.example", "slug": 7}, {"project": project, "domain": "a.example", "slug": "/a//b"},
                     {"project": project, "domain": "a.example", "slug": "/../x"}, {"project": project, "domain": "a.example", "slug": "/__preview__"}):
            self.assert_error(self.user.post("/domains", body), 400, "invalid_request")

    def test_names_under_the_base_domain_are_the_servers(self):
        project, victim = self.project(), self.project(api=self.stranger)
        for domain in ("localhost", "LOCALHOST.", "app.localhost", "www.localhost", "api.localhost", "nobody.localhost", f"{victim}.localhost",
                       f"{victim}-beta.localhost", f"{project}.localhost", "a.b.localhost"):
            self.assert_error(self.add(project, domain), 403, "forbidden")
        self.assert_error(self.add(project, f"{victim}.localhost", "/login"), 403, "forbidden")
        self.assert_error(self.add(project, f"{victim}--x.localhost"), 403, "forbidden")
        self.assert_ok(self.add(project, unique("evil") + "localhost.example"), 201)
        self.assertEqual(self.fetch(f"{victim}.localhost", "/").body, b"prod")

    def test_projects_of_others_are_forbidden_and_unknown_ones_not_found(self):
        project = self.project()
        self.assert_error(self.add(project, self.new_domain(), api=self.stranger), 403, "forbidden")
        self.assert_error(self.add("no-such-project", self.new_domain()), 404)
        self.assert_error(self.add(project, self.new_domain(), api=self.anonymous), 401)

    def test_an_admins_domain_is_active_at_once(self):
        project, domain = self.project(), self.new_domain()
        self.assertEqual(self.assert_ok(self.add(project, domain, api=self.admin), 201)["status"], "active")
        self.assertEqual(self.fetch(domain, "/").body, b"prod")


    def test_a_release_says_where_domains_show_it(self):
        project, domain = self.project(), unique("alias") + ".example"
        self.assertEqual(self.assert_ok(self.user.post("/release", {"project": project}))["alias_urls"], [])
        self.assert_ok(self.add(project, "pending-" + domain), 201)
        self.assert_ok(self.add(project, domain, api=self.admin), 201)
        self.assert_ok(self.add(project, domain, "/docs", api=self.admin), 201)
        port = f":{self.server.port}"
        expected = [f"http://{domain}{port}", f"http://{domain}{port}/docs"]
        for path in ("/release", "/rollback"):
            answer = self.assert_ok(self.user.post(path, {"project": project, "image_id": self.user.must("GET", f"/current?project={project}")["image_id"]}))
            self.assertTrue(answer["url"].endswith(port), "the domain of this server has a port")
            self.assertEqual(sorted(answer["alias_urls"]), expected)
        self.assertEqual(self.assert_ok(self.user.post("/release", {"project": project, "environment": "beta"}))["alias_urls"], [])
        archive = archives.zipped([("index.html", b"from a zip")])
        self.assertEqual(sorted(self.assert_ok(self.user.post(f"/deploy?project={project}", archive))["alias_urls"]), expected)


class Verify(DomainCase):
    def test_pending_is_never_routed_and_active_at_once_when_the_call_returned(self):
        project, domain = self.project(), self.new_domain()
        added = self.assert_ok(self.add(project, domain), 201)
        self.assertEqual(self.fetch(domain, "/").status, 404)
        answer = self.verify(domain)
        self.assertEqual((answer["domain"], answer["status"], answer["verified"]), (domain, "pending", False))
        self.assertIn(added["verification_token"], answer["message"])
        self.dns.set(f"_sitepod.{domain}", "TXT", "v=spf1 -all", added["verification_token"])
        answer = self.verify(domain)
        self.assertEqual((answer["status"], answer["verified"]), ("active", True))
        self.assertTrue(answer["message"])
        self.assertEqual(self.fetch(domain, "/").body, b"prod")
        self.assertEqual(self.fetch(domain.upper() + ".:8080", "/a/b.txt").body, b"file of prod")
        self.assertTrue(self.verify(domain)["verified"])

    def test_the_documented_text_and_the_alias_prove_too(self):
        project, domain = self.project(), self.new_domain()
        token = self.assert_ok(self.add(project, domain), 201)["verification_token"]
        self.dns.set(f"_sitepod.{domain}", "TXT", "sitepod-verify=" + token.rsplit("-", 1)[1])
        self.assertTrue(self.verify(domain)["verified"])
        domain = self.new_domain()
        self.assert_ok(self.add(project, domain), 201)
        self.dns.set(domain, "CNAME", f"{project.upper()}.LOCALHOST")
        self.assertTrue(self.assert_ok(self.user.post("/domains/verify", {"domain": domain}))["verified"])

    def test_only_the_exact_record_of_the_exact_name_proves(self):
        project, domain = self.project(), self.new_domain()
        token = self.assert_ok(self.add(project, domain), 201)["verification_token"]
        for name, kind, value in ((domain, "TXT", token), (f"_sitepod.www.{domain}", "TXT", token), (f"_sitepod.{domain}", "TXT", token + "0"),
                                  (f"_sitepod.{domain}", "TXT", "x" * 5000), (domain, "CNAME", f"evil{project}.localhost"),
                                  (domain, "CNAME", f"{project}.localhost.evil.example"), (domain, "CNAME", "localhost")):
            self.dns.clear()
            self.dns.set(name, kind, value)
            self.assertFalse(self.verify(domain)["verified"], (name, kind, value))

    def test_a_silent_server_costs_five_seconds_and_stops_nobody_else(self):
        project, domain = self.project(), self.new_domain()
        self.assert_ok(self.add(project, domain), 201)
        self.dns.behaviour = "silence"
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            start = time.monotonic()
            waiting = [pool.submit(self.verify, domain) for _ in range(4)]
            asked = 0
            while not all(future.done() for future in waiting):
                self.assertEqual(self.fetch(f"{project}.localhost", "/").status, 200)
                self.assertEqual(self.user.get("/auth/info").status, 200)
                asked += 1
            self.assertGreater(asked, 5)
            for future in waiting:
                self.assertFalse(future.result()["verified"])
            self.assertGreater(time.monotonic() - start, 4)
            self.assertLess(time.monotonic() - start, 30)

    def test_two_owners_may_claim_and_only_the_proven_one_gets_it(self):
        mine, theirs, domain = self.project(b"mine"), self.project(b"theirs", api=self.stranger), self.new_domain()
        token = self.assert_ok(self.add(mine, domain), 201)["verification_token"]
        other = self.assert_ok(self.add(theirs, domain, api=self.stranger), 201)["verification_token"]
        self.assertNotEqual(token, other)
        self.dns.set(f"_sitepod.{domain}", "TXT", token)
        self.assertFalse(self.verify(domain, self.stranger)["verified"])
        self.assertTrue(self.verify(domain)["verified"])
        self.dns.set(f"_sitepod.{domain}", "TXT", token, other)
        self.assertFalse(self.verify(domain, self.stranger)["verified"])
        self.assertEqual(self.fetch(domain, "/").body, b"mine")
        self.assert_error(self.add(theirs, domain, "/x", api=self.stranger), 409, "conflict")
        self.assert_error(self.add(mine, domain), 409, "conflict")
        self.assertEqual(self.assert_ok(self.add(mine, domain, "/more"), 201)["status"], "active")

    def test_an_account_that_is_gone_leaves_nothing_that_proves(self):
        leaver = Api(self.server.address).login()
        project, domain = unique("leave"), self.new_domain()
        leaver.deploy(project, {"index.html": b"before"})
        self.assert_ok(self.add(project, domain, api=leaver), 201)
        self.dns.set(domain, "CNAME", f"{project}.localhost")
        self.assertTrue(self.verify(domain, leaver)["verified"])
        self.assert_ok(leaver.call("DELETE", "/account"))
        self.assertEqual(self.fetch(domain, "/").status, 404)
        self.stranger.deploy(project, {"index.html": b"taken over"})
        token = self.assert_ok(self.add(project, domain, api=self.stranger), 201)["verification_token"]
        self.assertFalse(self.verify(domain, self.stranger)["verified"], "the alias of the account that is gone")
        self.assertEqual(self.fetch(domain, "/").status, 404)
        self.dns.set(f"_sitepod.{domain}", "TXT", token)
        self.assertTrue(self.verify(domain, self.stranger)["verified"])

    def test_unknown_and_foreign_domains_are_not_found(self):
        project, domain = self.project(), self.new_domain()
        self.assert_ok(self.add(project, domain), 201)
        self.assert_error(self.user.post(f"/domains/{self.new_domain()}/verify"), 404)
        self.assert_error(self.stranger.post(f"/domains/{domain}/verify"), 404)
        self.assert_error(self.user.post("/domains/verify"), 400, "invalid_request")
        self.assert_error(self.user.post("/domains/not%20a%20name/verify"), 400)
        self.assert_error(self.anonymous.post(f"/domains/{domain}/verify"), 401)


class ListAndRemove(DomainCase):
    def test_the_list_begins_with_the_projects_own_host(self):
        project, domain = self.project(), self.new_domain()
        self.own(project, domain)
        first, second = self.entries(project)
        self.assertEqual((first["domain"], first["slug"], first["type"], first["status"], first["is_primary"]),
                         (f"{project}.localhost", "/", "system", "active", True))
        self.assertEqual((second["domain"], second["slug"], second["type"], second["status"], second["is_primary"]), (domain, "/", "custom", "active", False))
        for entry in (first, second):
            self.assert_timestamp(entry["created_at"])
            self.assertRegex(entry["id"], r"^dom_")
            check_no_nulls(entry)
        self.assertIn(domain, [entry["domain"] for entry in self.entries()])
        self.assertNotIn(domain, [entry["domain"] for entry in self.entries(api=self.stranger)])
        self.assert_error(self.stranger.get(f"/domains?project={project}"), 403)
        self.assert_error(self.user.get("/domains?project=no-such-project"), 404)

    def test_a_list_has_no_end_at_a_hundred_entries(self):
        project = self.project()
        for i in range(120):
            self.assert_ok(self.add(project, f"n{i}.{project}.example"), 201)
        self.assertEqual(len(self.entries(project)), 121)

    def test_both_forms_of_removal_take_effect_at_once(self):
        project, one, two = self.project(), self.new_domain(), self.new_domain()
        for domain, call in ((one, lambda: self.user.call("DELETE", f"/domains/{one}")), (two, lambda: self.user.call("DELETE", "/domains", {"domain": two}))):
            self.own(project, domain)
            self.assertEqual(self.fetch(domain, "/").status, 200)
            self.assertEqual(self.assert_ok(call()), {"deleted": True})
            self.assertEqual(self.fetch(domain, "/").status, 404)
            self.assert_error(call(), 404)

    def test_a_slug_picks_one_of_several(self):
        project, domain = self.project(), self.new_domain()
        self.own(project, domain)
        self.assert_ok(self.add(project, domain, "/docs"), 201)
        self.assert_ok(self.user.call("DELETE", f"/domains/{domain}?slug=%2Fdocs"))
        self.assertEqual([entry["slug"] for entry in self.entries(project) if entry["domain"] == domain], ["/"])
        self.assert_error(self.user.call("DELETE", f"/domains/{domain}?slug=%2Fdocs"), 404)

    def test_the_own_host_stays_and_foreign_domains_are_unknown(self):
        project, domain = self.project(), self.new_domain()
        self.own(project, domain)
        self.assert_error(self.user.call("DELETE", f"/domains/{project}.localhost"), 400)
        self.assert_error(self.stranger.call("DELETE", f"/domains/{project}.localhost"), 404)
        self.assert_error(self.stranger.call("DELETE", f"/domains/{domain}"), 404)
        self.assert_error(self.user.call("DELETE", "/domains"), 400)
        self.assertEqual(self.fetch(domain, "/").status, 200)

    def test_deleting_the_project_ends_its_domains(self):
        project, domain = self.project(), self.new_domain()
        self.own(project, domain)
        self.assert_ok(self.user.call("DELETE", f"/projects/{project}"))
        self.assertEqual(self.fetch(domain, "/").status, 404)
        self.assertNotIn(domain, [entry["domain"] for entry in self.entries()])

    def test_domains_survive_a_restart(self):
        domain = self.new_domain()
        with Server(env=self.env) as server:
            user = Api(server.address).login()
            user.deploy("lasting", {"index.html": b"still here"})
            user.must("POST", "/domains", {"project": "lasting", "domain": domain})
            from support.wire import fetch
            self.assertEqual(fetch(server.address, "/", domain).body, b"still here", "the first account is admin")
            server.stop()
            server.start()
            self.assertEqual(fetch(server.address, "/", domain).body, b"still here")


class Rename(DomainCase):
    def rename(self, project, name, api=None, by_query=True):
        body = {"new_subdomain": name, **({} if by_query else {"project": project})}
        return (api or self.user).call("PUT", "/domains/rename" + (f"?project={project}" if by_query else ""), body)

    def test_the_new_host_is_live_at_once_and_the_old_one_stops(self):
        for by_query in (True, False):
            project, name = self.project(b"moved"), unique("New Name").lower()
            label = name.replace(" ", "-")
            self.user.deploy(project, {"index.html": b"beta moved"}, "beta")
            answer = self.assert_ok(self.rename(project, name, by_query=by_query))
            self.assertEqual({key: answer[key] for key in ("old_subdomain", "new_subdomain", "domain", "old_domain", "new_domain")},
                             {"old_subdomain": project, "new_subdomain": label, "domain": f"{label}.localhost", "old_domain": f"{project}.localhost",
                              "new_domain": f"{label}.localhost"})
            self.assertTrue(answer["message"])
            self.assertEqual(self.fetch(f"{label}.localhost", "/").body, b"moved")
            self.assertEqual(self.fetch(f"{label}-beta.localhost", "/").body, b"beta moved")
            self.assertEqual(self.fetch(f"{project}.localhost", "/").status, 404)
            self.assertEqual(self.fetch(f"{project}-beta.localhost", "/").status, 404)
            self.assertEqual(self.assert_ok(self.user.get(f"/projects/{project}"))["subdomain"], label)
            self.assertIn(f"//{label}.localhost", self.assert_ok(self.user.get(f"/current?project={project}"))["url"])

    def test_the_query_wins_over_the_body(self):
        one, two, name = self.project(), self.project(), unique("query")
        self.assert_ok(self.user.call("PUT", f"/domains/rename?project={one}", {"project": two, "new_subdomain": name}))
        self.assertEqual(self.assert_ok(self.user.get(f"/projects/{one}"))["subdomain"], name)

    def test_reserved_taken_and_same_names(self):
        project, other = self.project(), self.project(api=self.stranger)
        for name in ("app", "WWW", "console", "x-beta", "preview", "sitepod-www", "", "---", "ü", "_acme-challenge", "_dmarc"):
            self.assert_error(self.rename(project, name), 400)
        self.assert_error(self.rename(project, other), 409, "conflict")
        self.stranger.deploy(other, {"index.html": b"x"}, "qa")
        self.assert_error(self.rename(project, f"{other}-qa"), 409, "conflict")
        self.assertEqual(self.assert_ok(self.rename(project, project.upper()))["new_subdomain"], project)
        self.assertEqual(self.fetch(f"{project}.localhost", "/").status, 200)
        self.assert_error(self.rename(project, unique("x"), api=self.stranger), 403)
        self.assert_error(self.rename("no-such-project", unique("x")), 404)
        self.assert_error(self.user.call("PUT", f"/domains/rename?project={project}", {}), 400)
        self.assert_error(self.user.call("PUT", "/domains/rename", {"new_subdomain": "abc"}), 400)

    def test_a_name_that_was_left_is_free_for_others(self):
        project, name = self.project(b"first"), unique("moved-on")
        self.assert_ok(self.rename(project, name))
        taken = self.project(b"second", api=self.stranger)
        self.assert_ok(self.rename(taken, project, api=self.stranger))
        self.assertEqual(self.fetch(f"{project}.localhost", "/").body, b"second")
        self.assertEqual(self.fetch(f"{name}.localhost", "/").body, b"first")

    def test_a_free_subdomain_is_suggested(self):
        project = self.project()
        self.assertEqual(self.assert_ok(self.user.get(f"/subdomain/check?subdomain={unique('free')}"))["available"], True)
        for name in (project, project.upper(), "admin", "x-beta", "_acme-challenge"):
            answer = self.assert_ok(self.user.get(f"/subdomain/check?subdomain={name}"))
            self.assertFalse(answer["available"], name)
            self.assertTrue(answer["reason"])
            self.assertTrue(self.assert_ok(self.user.get(f"/subdomain/check?subdomain={answer['suggestion']}"))["available"])
        self.assert_error(self.user.get("/subdomain/check"), 400)
        self.assert_error(self.anonymous.get("/subdomain/check?subdomain=x"), 401)


class HostCheck(DomainCase):
    def check(self, host):
        return self.anonymous.get(f"/domains/check?domain={host}").status

    def test_hosts_that_are_live_may_have_a_certificate_and_no_others(self):
        project, domain, pending = self.project(), self.new_domain(), self.new_domain()
        self.user.deploy(project, {"index.html": b"x"}, "beta")
        self.own(project, domain)
        self.assert_ok(self.add(project, pending), 201)
        for host in ("localhost", "app.localhost", "www.localhost", "LOCALHOST.", f"{project}.localhost", f"{project}-beta.localhost", domain, domain.upper()):
            self.assertEqual(self.check(host), 200, host)
        for host in (pending, "nobody.localhost", f"{project}-qa.localhost", f"www.{domain}", f"evil{domain}", "evillocalhost", "127.0.0.1", "x.app.localhost"):
            self.assertEqual(self.check(host), 404, host)
        self.assert_error(self.anonymous.get("/domains/check"), 400)

    def test_one_address_may_not_ask_without_end(self):
        with Server() as server:
            anonymous = Api(server.address)
            statuses = [anonymous.get("/domains/check?domain=localhost").status for _ in range(700)]
            self.assertIn(429, statuses)
            self.assertEqual(statuses[:500], [200] * 500)
            answer = anonymous.get("/domains/check?domain=localhost")
            self.assert_error(answer, 429, "rate_limited")
            self.assertTrue(1 <= int(answer.get("retry-after")) <= 60)


if __name__ == "__main__":
    unittest.main()
