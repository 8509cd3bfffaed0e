#!/usr/bin/env python3
"""Certificates ordered and renewed by ACME, from the real test authority pebble: deploy API §14; reliability rows 69, 70, 72."""
import os
import signal
import stat
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support.acme import BASE, PATIENCE, AcmeCase  # noqa: E402
from support.api import Api  # noqa: E402
from support.server import run_program, wait_until  # noqa: E402
from support.tls import Authority, TlsWire, client_context, https_address  # noqa: E402
from support.wire import fetch  # noqa: E402

class Ordering(AcmeCase):
    def test_every_routed_host_gets_a_certificate_and_keeps_it_over_a_restart(self):
        server = self.start()
        for host in (BASE, f"app.{BASE}", f"www.{BASE}"):
            self.wait_for(server, host)
        site = self.deploy(server)
        self.wait_for(server, site)
        with TlsWire(https_address(server), client_context(self.pebble.root()), site) as wire:
            self.assertEqual(wire.get("/", site).body, b"<h1>here</h1>")
        self.assertEqual(fetch(server.address, "/x", site).get("location"), f"https://{site}:{https_address(server)[1]}/x")
        added = self.api.must("POST", "/domains", {"project": site.split(".")[0], "domain": "shop.example"})
        self.assertEqual(added["status"], "active")  # the first account is admin
        shop = self.wait_for(server, "shop.example")

        folder = self.folder(server)
        self.assertEqual(stat.S_IMODE(folder.stat().st_mode), 0o700)
        names = sorted(path.name for path in folder.iterdir())
        self.assertEqual(names, sorted(["account.key", *(f"{host}.pem" for host in (BASE, f"app.{BASE}", f"www.{BASE}", site, "shop.example"))]))
        for path in folder.iterdir():
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600, path)
        text = self.api.get("/metrics").body.decode()
        self.assertIn("sitepod_acme_waiting_hosts 0", text)
        self.assertIn('sitepod_tls_certificate_not_after_seconds{name="shop.example"}', text)

        orders = self.pebble.orders()
        self.assertEqual(server.stop(), 0)
        for path in server.database_files():
            os.rename(path, path + ".aside")
        os.mkdir(os.path.join(server.data, "sitepod.db"))
        server.start()  # certificates need no database
        self.assertEqual(self.certificate_of(server, "shop.example"), shop)
        self.assertEqual(server.stop(), 0)
        os.rmdir(os.path.join(server.data, "sitepod.db"))
        for name in os.listdir(server.data):
            if name.endswith(".aside"):
                os.rename(os.path.join(server.data, name), os.path.join(server.data, name[:-len(".aside")]))
        server.start()
        self.assertEqual(self.certificate_of(server, "shop.example"), shop)
        other = self.deploy(server)
        self.wait_for(server, other)
        self.assertEqual(self.pebble.orders(), orders + 1)
        done = run_program("doctor", "--data", server.data)
        self.assertIn("ok       certificates: 6 are valid and renewed by themselves", done.stdout)

    def test_nobody_makes_it_order_by_asking_for_names(self):
        server = self.start()
        for host in (BASE, f"app.{BASE}", f"www.{BASE}"):
            self.wait_for(server, host)
        shown = self.certificate_of(server, BASE)
        orders = self.pebble.orders()
        for host in ("stranger.example", f"nobody.{BASE}", "x" * 60 + ".example", None):
            self.assertEqual(self.certificate_of(server, host, check=False), shown, host)
            fetch(server.address, "/", host or "stranger.example")
        self.wait_for(server, self.deploy(server))  # it has looked at its hosts since
        self.assertEqual(self.pebble.orders(), orders + 1)
        self.assertEqual(sorted(p.name for p in self.folder(server).iterdir() if "stranger" in p.name or "nobody" in p.name), [])

    def test_hosts_that_the_operators_own_certificates_cover_are_not_ordered(self):
        folder = tempfile.TemporaryDirectory(prefix="sitepod-tls-")
        self.addCleanup(folder.cleanup)
        own = Authority(folder.name).issue("own", BASE, f"*.{BASE}")
        server = self.start(SITEPOD_TLS_CERTIFICATE=own[0], SITEPOD_TLS_KEY=own[1])
        site = self.deploy(server)
        self.api.must("POST", "/domains", {"project": site.split(".")[0], "domain": "shop.example"})
        self.wait_for(server, "shop.example")
        self.assertEqual(self.pebble.orders(), 1)
        self.assertIsNone(self.certificate_of(server, site))  # the operator's, which pebble's root does not vouch for

    def test_files_of_a_site_below_the_challenge_path_are_the_sites_own(self):
        server = self.start()
        site = self.deploy(server, {"index.html": b"x", "404.html": b"none", ".well-known/acme-challenge/mine": b"the site's own", ".well-known/security.txt": b"ours"})
        self.wait_for(server, site)
        self.assertEqual(fetch(server.address, "/.well-known/acme-challenge/mine", site).body, b"the site's own")
        self.assertEqual(fetch(server.address, "/.well-known/acme-challenge/another", site).status, 404)
        self.assertEqual(fetch(server.address, "/.well-known/security.txt", site).status, 308)


class Failures(AcmeCase):
    def test_a_host_that_cannot_be_proven_waits_also_over_a_restart_and_keeps_nobody_else_waiting(self):
        server = self.start()
        self.wait_for(server, BASE)
        self.api = Api(server.address).login("first@example.org")
        self.pebble.dns.fail("broken.example")
        site = self.deploy(server)
        self.api.must("POST", "/domains", {"project": site.split(".")[0], "domain": "broken.example"})
        waits = self.folder(server) / "broken.example.waits.json"
        wait_until(waits.exists, "the failure is noted", PATIENCE)
        self.assertIn("could not resolve", waits.read_text())
        self.wait_for(server, site)
        self.assertEqual(fetch(server.address, "/", "broken.example").status, 200)  # not redirected to where nothing is
        self.assertIn("sitepod_acme_waiting_hosts 1", self.api.get("/metrics").body.decode())
        self.assertRegex(run_program("doctor", "--data", server.data).stdout, "warning  certificates: broken.example waits until .* after 1 failures")

        self.assertEqual(server.stop(), 0)
        orders = self.pebble.orders()
        server.start()
        self.wait_for(server, self.deploy(server))  # it has looked at its hosts
        self.assertEqual(self.pebble.orders(), orders + 1)

        self.pebble.dns.recover("broken.example")
        os.kill(server.pid, signal.SIGHUP)
        self.wait_for(server, "broken.example")
        self.assertFalse(waits.exists())
        self.assertEqual(fetch(server.address, "/", "broken.example").status, 308)

    def test_an_authority_that_is_away_and_comes_back_without_its_memory_is_asked_again(self):
        server = self.start()
        for host in (BASE, f"app.{BASE}", f"www.{BASE}"):
            self.wait_for(server, host)
        before = self.certificate_of(server, BASE)
        self.pebble.stop()
        site = self.deploy(server)
        wait_until((self.folder(server) / f"{site}.waits.json").exists, "the failure is noted", PATIENCE)
        self.assertIn("cannot be reached", server.log())
        self.assertEqual(self.certificate_of(server, BASE, check=False), before)
        self.pebble.start()
        os.kill(server.pid, signal.SIGHUP)
        self.wait_for(server, site)  # under another root, from an authority that did not know the account
        self.assertEqual(self.certificate_of(server, BASE, check=False), before)

    def test_a_damaged_certificate_is_replaced_and_a_damaged_account_key_is_not(self):
        server = self.start()
        for host in (BASE, f"app.{BASE}", f"www.{BASE}"):
            self.wait_for(server, host)
        self.assertEqual(server.stop(), 0)
        (self.folder(server) / f"{BASE}.pem").write_text("this is no certificate")
        server.start()
        self.wait_for(server, BASE)
        self.assertEqual(server.stop(), 0)
        os.remove(self.folder(server) / f"{BASE}.pem")
        (self.folder(server) / "account.key").write_text("this is no key")
        server.start()
        wait_until(lambda: "account key is no PEM key" in server.log(), "the log tells", PATIENCE)
        self.assertEqual((self.folder(server) / "account.key").read_text(), "this is no key")

    def test_the_end_of_the_server_does_not_wait_for_the_authority(self):
        self.pebble.dns.fail(BASE)
        server = self.start()
        wait_until(lambda: self.pebble.orders() > 0, "an order is under way", PATIENCE)
        self.assertEqual(server.stop(), 0)
        server.start()


class Renewal(AcmeCase):
    seconds = 15

    def test_certificates_are_renewed_before_they_end_and_visitors_notice_nothing(self):
        server = self.start()
        first = self.wait_for(server, BASE)
        with TlsWire(https_address(server), client_context(self.pebble.root()), BASE) as steady:
            renewed = set()

            def is_renewed_twice():
                shown = self.certificate_of(server, BASE)
                self.assertIsNotNone(shown, "an ended certificate was shown")
                renewed.add(shown)
                return len(renewed - {first}) >= 2
            wait_until(is_renewed_twice, "two renewals", PATIENCE, every=0.5)
            self.assertEqual(steady.get("/api/v1/health", BASE).status, 200)
        self.assertEqual(len([p for p in self.folder(server).iterdir() if p.name.startswith(BASE)]), 1)


class ClockAhead(AcmeCase):
    seconds = 1  # as it looks to a clock that is months ahead: over when it comes

    def test_certificates_that_are_due_when_they_come_are_not_ordered_without_end(self):
        server = self.start()
        api = Api(server.address).login("first@example.org")
        wait_until(lambda: "sitepod_acme_waiting_hosts 3" in api.get("/metrics").body.decode(), "all hosts wait", PATIENCE)
        self.assertLessEqual(self.pebble.orders(), 9)
        self.assertIn("due for renewal already", server.log())
        self.assertIsNotNone(self.certificate_of(server, BASE, check=False))  # what there is is shown
        self.assertIn("warning", run_program("doctor", "--data", server.data).stdout)


class Settings(unittest.TestCase):
    def test_what_does_not_go_together_is_refused_with_what_to_do(self):
        for env, hint in (({"SITEPOD_ACME_EMAIL": "a@b.test"}, "server.https_addr"), ({"SITEPOD_HTTPS_ADDR": ":443", "SITEPOD_ACME_EMAIL": "nobody"}, "e-mail"),
                          ({"SITEPOD_HTTPS_ADDR": ":443", "SITEPOD_ACME_EMAIL": "a@b.test", "SITEPOD_ACME_DIRECTORY": "http://ca.test/dir"}, "https://")):
            with self.subTest(env=env):
                done = run_program("serve", "--print-config", env=env)
                self.assertEqual(done.returncode, 2)
                self.assertIn(hint, done.stderr)
        done = run_program("serve", "--print-config", env={"SITEPOD_HTTPS_ADDR": ":443", "SITEPOD_ACME_EMAIL": "a@b.test"})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("letsencrypt.org", done.stdout)


if __name__ == "__main__":
    unittest.main()
