#!/usr/bin/env python3
"""A wildcard certificate proven by DNS (CF_API_TOKEN): deploy API §14. The authority is pebble, the zone's API a stand-in that is as strict as the real one."""
import json
import os
import signal
import sys
import time
import unittest
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support.acme import BASE, PATIENCE, AcmeCase  # noqa: E402
from support.api import Api  # noqa: E402
from support.cloudflare import Cloudflare, Refusal  # noqa: E402
from support.server import run_program, wait_until  # noqa: E402
from support.tls import TlsWire, client_context, https_address  # noqa: E402
from support.wire import fetch  # noqa: E402

RECORDS = {f"_acme-challenge.{BASE}": 2, f"_acme-challenge.preview.{BASE}": 1}


class WildcardCase(AcmeCase):
    zones = (BASE,)

    def setUp(self):
        super().setUp()
        self.zone = Cloudflare(self.pebble.dns, self.zones)
        self.addCleanup(self.zone.close)

    def start(self, **env):
        return super().start(**{**self.zone.settings(), **env})

    def waits(self, server):
        return self.folder(server) / f"_wildcard.{BASE}.waits.json"

    def reason(self, server):
        return json.loads(self.waits(server).read_text())["reason"] if self.waits(server).exists() else ""


class Ordering(WildcardCase):
    def test_one_certificate_covers_the_domain_its_sites_and_their_previews(self):
        old = self.zone.add(f"_acme-challenge.{BASE}", '"left"', "sitepod: proof for a certificate authority", hours_old=2)
        young = self.zone.add(f"_acme-challenge.{BASE}", '"of another server"', "sitepod: proof for a certificate authority")
        foreign = self.zone.add(f"_acme-challenge.{BASE}", '"foreign"', None, hours_old=200)
        server = self.start()
        shown = self.wait_for(server, BASE)
        self.assertNotIn(old, self.zone.records)
        self.assertEqual(set(self.zone.records), {young, foreign})
        self.assertEqual(self.zone.most_at_once, {f"_acme-challenge.{BASE}": 4, f"_acme-challenge.preview.{BASE}": 1})
        names = [dict(urllib.parse.parse_qsl(path.partition("?")[2]))["name"] for method, path in self.zone.requests if "/zones?" in path]
        self.assertEqual(names, [BASE, f"preview.{BASE}", BASE])  # the longest name first

        site = self.deploy(server)
        for host in (f"app.{BASE}", f"www.{BASE}", site):
            self.assertEqual(self.certificate_of(server, host), shown, host)
        with TlsWire(https_address(server), client_context(self.pebble.root()), site) as wire:
            self.assertEqual(wire.get("/", site).body, b"<h1>here</h1>")
        preview = self.api.must("POST", "/preview", {"project": site.split(".")[0]})
        host = urllib.parse.urlsplit(preview["url"]).hostname
        self.assertTrue(host.endswith(f".preview.{BASE}"), preview)
        with TlsWire(https_address(server), client_context(self.pebble.root()), host) as wire:
            self.assertEqual(wire.get("/", host).body, b"<h1>here</h1>")
        self.assertEqual(fetch(server.address, "/", host).status, 308)
        short = host.replace(".preview.", ".")
        with TlsWire(https_address(server), client_context(self.pebble.root()), short) as wire:
            self.assertEqual(wire.get("/", short).body, b"<h1>here</h1>")
        self.assertEqual(self.pebble.orders(), 1)

        self.api.must("POST", "/domains", {"project": site.split(".")[0], "domain": "shop.example"})
        self.wait_for(server, "shop.example")
        self.assertEqual(self.pebble.orders(), 2)
        self.assertEqual(self.zone.count("POST"), 3)  # a customer's domain is proven by HTTP
        self.assertEqual(sorted(p.name for p in self.folder(server).iterdir()), [f"_wildcard.{BASE}.pem", "account.key", "shop.example.pem"])

        metrics = self.api.get("/metrics").body.decode()
        self.assertIn("sitepod_acme_waiting_hosts 0", metrics)
        done = run_program("doctor", "--data", server.data, env=self.zone.settings())
        self.assertIn("ok       certificates: 2 are valid and renewed by themselves", done.stdout)
        printed = run_program("serve", "--print-config", env=server.env)
        self.assertIn('CF_API_TOKEN = "(set)"', printed.stdout)
        for text in (metrics, done.stdout + done.stderr, printed.stdout + printed.stderr, server.log()):
            self.assertNotIn(self.zone.token, text)

    def test_the_authority_is_asked_to_look_only_when_the_records_are_visible(self):
        self.zone.held = True
        server = self.start()
        wait_until(lambda: self.zone.count("POST") == 3, "the records are put there", PATIENCE)
        until = time.monotonic() + 5
        wait_until(lambda: time.monotonic() > until, "it looks for them itself meanwhile")
        self.assertEqual(self.pebble.count("Pulled a task"), 0)
        self.zone.release()
        self.wait_for(server, BASE)
        self.assertEqual(self.pebble.count("Pulled a task"), 3)
        self.assertEqual(self.pebble.orders(), 1)
        self.assertEqual(self.zone.records, {})

    def test_certificates_of_single_hosts_stay_and_the_wildcard_is_preferred(self):
        server = self.start(CF_API_TOKEN="")
        site = self.deploy(server)
        hosts = (BASE, f"app.{BASE}", f"www.{BASE}", site)
        single = {host: self.wait_for(server, host) for host in hosts}
        self.assertEqual(len(set(single.values())), 4)
        self.assertEqual(server.stop(), 0)
        server.env["CF_API_TOKEN"] = self.zone.token
        server.start()
        self.assertEqual(self.certificate_of(server, site), single[site])  # until the other is there
        wildcard = wait_until(lambda: next((c for c in [self.certificate_of(server, site)] if c != single[site]), None), "the wildcard is shown", PATIENCE)
        for host in hosts:
            self.assertEqual(self.certificate_of(server, host), wildcard, host)
            self.assertTrue((self.folder(server) / f"{host}.pem").exists())
        self.assertEqual(self.pebble.orders(), 5)
        self.assertEqual(server.stop(), 0)
        server.env["CF_API_TOKEN"] = ""
        server.start()
        other = self.deploy(server)
        self.api.must("POST", "/domains", {"project": site.split(".")[0], "domain": "shop.example"})
        self.wait_for(server, "shop.example")  # it has looked at its hosts
        self.assertEqual(self.certificate_of(server, site), single[site])
        self.assertEqual(self.certificate_of(server, other), wildcard)  # while it lasts nothing else is ordered
        self.assertEqual(self.pebble.orders(), 6)


class Failures(WildcardCase):
    def refused(self, server, *hints):
        """Tries at once, until the reason that is remembered has all these words."""
        os.kill(server.pid, signal.SIGHUP)
        try:
            wait_until(lambda: all(hint in self.reason(server) for hint in hints), f"the reason has {hints}", PATIENCE)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.reason(server)}\n{server.log()[-4000:]}")

    def test_each_refusal_waits_and_says_what_to_do_and_customers_domains_do_not_wait(self):
        wrong = "x" * 44
        self.zone.echo = True
        server = self.start(CF_API_TOKEN=wrong)
        self.api = Api(server.address).login("first@example.org")
        needs = "Zone:Read and DNS:Edit"
        self.refused(server, "9109 Invalid access token", needs, "CF_API_TOKEN")
        site = self.deploy(server)
        self.api.must("POST", "/domains", {"project": site.split(".")[0], "domain": "shop.example"})
        self.wait_for(server, "shop.example")
        self.assertEqual(self.pebble.orders(), 1)  # nothing is ordered in vain, and no site singly
        self.assertIn("sitepod_acme_waiting_hosts 1", self.api.get("/metrics").body.decode())
        self.assertEqual(fetch(server.address, "/", site).status, 200)  # not redirected to where no certificate is
        told = run_program("doctor", "--data", server.data).stdout
        self.assertRegex(told, rf"warning  certificates: \*\.{BASE} waits until .*9109 Invalid access token")
        self.assertIn(needs, told)
        for text in (told, server.log(), self.waits(server).read_text()):
            self.assertNotIn(wrong, text)

        self.assertEqual(server.stop(), 0)
        server.env["CF_API_TOKEN"] = "short"
        server.start()
        self.assertIn("9109", self.reason(server))  # remembered
        self.refused(server, "6111 Invalid format for Authorization header", needs)
        self.assertEqual(server.stop(), 0)
        server.env["CF_API_TOKEN"] = self.zone.token
        server.start()
        zones, self.zone.zones = self.zone.zones, {}
        self.refused(server, f"shows no zone for {BASE}", needs)
        self.zone.zones = {i: {**zone, "status": "pending"} for i, zone in zones.items()}
        self.refused(server, f"{BASE} is not active", "registrar")
        self.zone.zones = zones
        self.zone.permissions = {"dns:edit"}
        self.refused(server, "9109 Unauthorized", needs)
        self.zone.permissions = {"zone:read"}
        self.refused(server, "10000 Authentication error", needs)
        self.zone.outage = Refusal(429, 971, "Please wait and consider throttling your request speed", retry_after=86400)
        self.refused(server, "asks to wait", "971")
        hours = json.loads(self.waits(server).read_text())["next_try"]
        self.assertGreater(hours, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() + 23 * 3600)))
        self.zone.outage = Refusal(502, 0, "Bad gateway")
        self.refused(server, "out of order")
        self.zone.outage = None
        self.zone.permissions = {"zone:read", "dns:edit"}
        os.kill(server.pid, signal.SIGHUP)
        self.wait_for(server, site)
        self.assertFalse(self.waits(server).exists())
        self.assertNotIn(self.zone.token, server.log())

    def test_an_api_that_nobody_answers_at_is_tried_again_and_others_do_not_wait(self):
        server = self.start(SITEPOD_CLOUDFLARE_API="https://localhost:1/client/v4")
        wait_until(lambda: "DNS API cannot be used" in self.reason(server), "the failure is noted", PATIENCE)
        site = self.deploy(server)
        self.api.must("POST", "/domains", {"project": site.split(".")[0], "domain": "shop.example"})
        self.wait_for(server, "shop.example")

    def test_the_records_are_removed_also_after_a_failure_and_when_the_server_stops(self):
        self.zone.held = True
        server = self.start()
        wait_until(lambda: len(self.zone.records) == 3, "the records are put there", PATIENCE)
        self.assertEqual(server.stop(), 0)
        self.assertEqual(self.zone.records, {})
        server.start()
        wait_until(lambda: len(self.zone.records) == 3, "the records are put there again", PATIENCE)
        self.pebble.stop()
        self.zone.release()
        wait_until(lambda: "cannot be reached" in self.reason(server), "the failure is noted", PATIENCE)
        self.assertEqual(self.zone.records, {})
        self.assertEqual(self.zone.most_at_once, RECORDS)


class LongerZone(WildcardCase):
    zones = ("test.example", f"preview.{BASE}", BASE)

    def test_a_zone_of_its_own_below_the_domain_gets_its_record(self):
        server = self.start()
        self.wait_for(server, BASE)
        zone_of = {zone["name"]: i for i, zone in self.zone.zones.items()}
        posts = [path for method, path in self.zone.requests if method == "POST"]
        self.assertEqual(sum(zone_of[BASE] in path for path in posts), 2)
        self.assertEqual(sum(zone_of[f"preview.{BASE}"] in path for path in posts), 1)


class Renewal(WildcardCase):
    seconds = 45

    def test_the_wildcard_is_renewed_before_it_ends(self):
        server = self.start()
        first = self.wait_for(server, f"any.{BASE}")

        def is_renewed():
            shown = self.certificate_of(server, f"any.{BASE}")
            self.assertIsNotNone(shown, "an ended certificate was shown")
            return shown != first
        wait_until(is_renewed, "a renewal", PATIENCE, every=0.5)
        self.assertEqual(self.zone.records, {})


if __name__ == "__main__":
    unittest.main()
