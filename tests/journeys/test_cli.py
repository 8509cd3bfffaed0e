#!/usr/bin/env python3
"""The command-line client through a whole job: deploy API §15, features §4, impossible things 27–29."""
import datetime
import json
import os
import pathlib
import pty
import re
import select
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support import sites  # noqa: E402
from support.api import Api, unique  # noqa: E402
from support.cli import Cli  # noqa: E402
from support.relay import Relay  # noqa: E402
from support.server import Server, binary, wait_until  # noqa: E402
from support.wire import fetch  # noqa: E402

HOME = b"<!doctype html><title>home</title>home"


class Descriptions(unittest.TestCase):
    """Completions and the manual page come from the words themselves."""

    def complete(self, *words):
        script = 'source <("$0" completion bash); COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _sitepod; echo "${COMPREPLY[*]}"'
        done = subprocess.run(["bash", "-c", script, binary(), *words], capture_output=True, text=True, timeout=60, check=True)
        self.assertEqual(done.stderr, "")
        return done.stdout.split()

    def test_bash_completes_words_and_options(self):
        self.assertEqual(self.complete("sitepod", "roll"), ["rollback"])
        self.assertEqual(self.complete("sitepod", "fs"), ["fsck"])
        self.assertEqual(self.complete("sitepod", "token", "cr"), ["create"])
        self.assertEqual(self.complete("sitepod", "deploy", "--prod", "--dry"), ["--dry-run"])
        self.assertEqual(self.complete("sitepod", "deploy", "a-folder"), [])

    def test_another_shell_is_a_usage_error(self):
        self.assertEqual(subprocess.run([binary(), "completion", "tcsh"], capture_output=True, timeout=60).returncode, 2)

    def test_the_manual_page_describes_every_word(self):
        page = subprocess.run([binary(), "man"], capture_output=True, text=True, timeout=60, check=True).stdout
        for word in ("serve", "deploy", "token create", "publish", "completion"):
            self.assertIn(f"\n.SS {word}\n", page)
        self.assertNotIn("\n'", page, "a line of text that roff takes for a request")


class CliCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.server.__enter__()
        cls.addClassCleanup(lambda: cls.server.__exit__(None, None, None))
        Api(cls.server.address).login("first@example.org")

    def setUp(self):
        self.cli = Cli(self.server.url)
        self.addCleanup(self.cli.__exit__)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sitepod-site-", dir=self.cli.home))
        self.project = unique("cli")
        self.host = f"{self.project}.localhost"

    def logged_in(self):
        self.cli.login(unique("cli") + "@example.org")
        return self.cli

    def write(self, files):
        return sites.write(files, self.folder)

    def get(self, target="/", host=None):
        return fetch(self.server.address, target, host or self.host)

    def deploy(self, *args, **more):
        return self.cli.must("deploy", self.folder, "-n", self.project, "--prod", "-y", *args, **more)


class Login(CliCase):
    def test_without_a_terminal_login_takes_the_environment_and_keeps_the_token_private(self):
        env = {"SITEPOD_EMAIL": unique("new") + "@example.org", "SITEPOD_PASSWORD": "a long password"}
        first = self.cli.must("login", env=env)
        self.assertIn("Account created", first.stdout + first.stderr)
        again = self.cli.must("login", env=env)
        self.assertIn("Logged in", again.stdout + again.stderr)
        secret = next(p for p in self.cli.home.rglob("*") if p.is_file() and "sitepod_" in p.read_text(errors="replace"))
        self.assertEqual(stat.S_IMODE(secret.stat().st_mode), 0o600)
        who = self.cli.must("whoami")
        self.assertIn(env["SITEPOD_EMAIL"], who.stdout)
        self.assertEqual(self.cli.json("whoami")["email"], env["SITEPOD_EMAIL"])

    def test_the_endpoint_flag_is_remembered(self):
        del self.cli.env["SITEPOD_ENDPOINT"]
        self.cli.must("login", "--endpoint", self.server.url, env={"SITEPOD_EMAIL": unique("ep") + "@example.org", "SITEPOD_PASSWORD": "a long password"})
        self.cli.must("whoami")

    def test_a_token_from_the_environment_needs_no_login(self):
        token = Api(self.server.address).login().token
        self.cli.must("whoami", env={"SITEPOD_TOKEN": token})

    def test_nothing_asks_without_a_terminal(self):
        for args in (("login",), ("init",), ("deploy",), ("rollback",), ("whoami",)):
            with self.subTest(args=args):
                done = self.cli.run(*args, cwd=self.folder, timeout=30)
                if args != ("init",):
                    self.assertNotEqual(done.returncode, 0)
                    self.assertTrue(done.stderr.strip())

    def test_not_logged_in_is_exit_4_and_says_what_to_do(self):
        self.write({"index.html": HOME})
        for args in (("deploy", self.folder, "-n", self.project, "-y"), ("whoami",), ("history", "-n", self.project)):
            done = self.cli.run(*args)
            self.assertEqual(done.returncode, 4, done)
            self.assertIn("login", done.stderr)
        done = self.cli.run("whoami", env={"SITEPOD_TOKEN": "sitepod_" + "x" * 40})
        self.assertEqual(done.returncode, 4)

    def test_a_wrong_password_fails(self):
        email = unique("wrong") + "@example.org"
        self.cli.login(email)
        done = self.cli.run("login", env={"SITEPOD_EMAIL": email, "SITEPOD_PASSWORD": "not the password"})
        self.assertNotEqual(done.returncode, 0)


class Deploy(CliCase):
    def test_stdout_ends_with_the_url_and_steps_go_to_stderr(self):
        self.logged_in()
        self.write({"index.html": HOME, "a/b.txt": b"ab"})
        done = self.deploy("-m", "first words")
        self.assertEqual(done.stdout.strip().splitlines()[-1].rstrip("/"), f"http://{self.host}:{self.server.port}")
        self.assertTrue(done.stderr.strip())
        self.assertNotIn("\x1b", done.stdout + done.stderr)
        self.assertEqual(self.get().body, HOME)
        self.assertEqual(self.get("/a/b.txt").body, b"ab")

    def test_without_prod_it_goes_to_beta(self):
        self.logged_in()
        self.write({"index.html": HOME})
        self.cli.must("deploy", self.folder, "-n", self.project, "-y")
        self.assertEqual(self.get(host=f"{self.project}-beta.localhost").body, HOME)
        self.assertEqual(self.get().status, 404)
        self.cli.must("deploy", self.folder, "-n", self.project, "--env", "stage", "-y")
        self.assertEqual(self.get(host=f"{self.project}-stage.localhost").body, HOME)

    def test_json_is_one_object_on_stdout_with_all_facts(self):
        self.logged_in()
        self.write({"index.html": HOME})
        answer = json.loads(self.deploy("--json").stdout)
        self.assertRegex(answer["image_id"], r"^img_")
        self.assertRegex(answer["url"], r"^http://")
        for command in (("history", "-n", self.project), ("whoami",)):
            self.assertIsInstance(self.cli.json(*command), (dict, list))

    def test_only_changed_files_travel_the_second_time(self):
        self.logged_in()
        files = sites.many(300, 20_000) | {f"noise{i}.bin": sites.noise(20_000, i) for i in range(100)}
        self.write(files)
        with Relay(self.server.address) as relay:
            self.deploy(env={"SITEPOD_ENDPOINT": relay.url, "SITEPOD_TOKEN": self.token()})
            first = relay.sent
        self.assertGreater(first, 2_000_000)
        (self.folder / "noise7.bin").write_bytes(sites.noise(20_000, "changed"))
        with Relay(self.server.address) as relay:
            self.deploy(env={"SITEPOD_ENDPOINT": relay.url, "SITEPOD_TOKEN": self.token()})
            self.assertLess(relay.sent, 200_000, "the manifest and one file")
        self.assertEqual(self.get("/noise7.bin").body, sites.noise(20_000, "changed"))
        self.assertEqual(self.get("/noise8.bin").body, files["noise8.bin"])

    def token(self):
        if not hasattr(self, "_token"):
            self._token = Api(self.server.address).login().token
        return self._token

    def test_an_interrupted_deploy_resumes(self):
        files = {f"f{i:03d}.bin": sites.noise(200_000, f"resume{i}") for i in range(60)} | {"index.html": HOME}
        self.write(files)
        token = self.token()
        with Relay(self.server.address) as relay:
            process = subprocess.Popen([binary(), "deploy", str(self.folder), "-n", self.project, "--prod", "-y"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL, env=self.cli.environment({"SITEPOD_ENDPOINT": relay.url, "SITEPOD_TOKEN": token}))
            wait_until(lambda: relay.sent > 6_000_000 or process.poll() is not None, "half of the files travelled", 60)
            process.send_signal(signal.SIGKILL)
            process.wait()
            first = relay.sent
        # The server is still reading what the relay passed on; a client that comes back sooner sends a little more.
        plan = lambda: Api(self.server.address, token).plan(self.project, files).json["missing"]  # noqa: E731
        wait_until(lambda: len(plan()) * 200_000 < 12_000_000 - first + 2_000_000, "what arrived whole is known", 30, every=0.2)
        self.assertEqual(self.get().status, 404, "nothing half-visible")
        with Relay(self.server.address) as relay:
            self.deploy(env={"SITEPOD_ENDPOINT": relay.url, "SITEPOD_TOKEN": token})
            self.assertLess(relay.sent, 12_000_000 - first + 2_500_000, "what arrived whole is not sent again")
        for path, data in files.items():
            self.assertEqual(self.get("/" + path).body, data)

    def test_a_connection_that_breaks_once_is_tried_again(self):
        files = {f"f{i}.bin": sites.noise(100_000, f"cut{i}") for i in range(20)} | {"index.html": HOME}
        self.write(files)
        with Relay(self.server.address, cut_after=700_000) as relay:
            def heal():
                relay.cut_after = None
            import threading
            watcher = threading.Thread(target=lambda: (wait_until(lambda: relay.sent > 700_000, "the cut", 60), heal()))
            watcher.start()
            self.deploy(env={"SITEPOD_ENDPOINT": relay.url, "SITEPOD_TOKEN": self.token()})
            watcher.join()
        self.assertEqual(self.get("/f19.bin").body, files["f19.bin"])

    def test_secrets_stay_at_home_are_reported_and_well_known_ships(self):
        self.logged_in()
        self.write({"index.html": HOME, ".git/config": b"[core]", ".env": b"SECRET=canary", ".env.local": b"SECRET=canary", ".well-known/security.txt": b"Contact: x", "node_modules/x/a.js": b"x",
                    "app.js.map": b"{}", ".DS_Store": b"x"})
        done = self.deploy()
        for path in ("/.git/config", "/.env", "/.env.local", "/node_modules/x/a.js", "/.DS_Store"):
            self.assertEqual(self.get(path).status in (404, 200) and b"canary" not in self.get(path).body and self.get(path).body in (HOME, self.get("/none.js").body), True, path)
        self.assertEqual(self.get("/.well-known/security.txt").body, b"Contact: x")
        self.assertIn(".env", done.stderr)
        self.assertIn(".git", done.stderr)

    def test_an_ignore_file_is_obeyed(self):
        self.logged_in()
        self.write({"index.html": HOME, "keep.txt": b"keep", "drop/x.txt": b"drop", "a.bak": b"drop", ".sitepodignore": b"drop/\n*.bak\n"})
        self.deploy()
        self.assertEqual(self.get("/keep.txt").body, b"keep")
        self.assertNotEqual(self.get("/drop/x.txt").body, b"drop")
        self.assertNotEqual(self.get("/a.bak").body, b"drop")

    def test_rules_of_other_hosts_are_told_not_to_be_followed(self):
        self.logged_in()
        self.write({"index.html": HOME, "_redirects": b"/a /b 301\n", "sub/_headers": b"x"})
        done = self.deploy()
        self.assertIn("_redirects is published as a file", done.stderr)
        self.assertNotIn("_headers", done.stderr)
        self.write({".sitepodignore": b"_redirects\n"})
        self.assertNotIn("published as a file", self.deploy().stderr)

    def test_odd_file_names_arrive_byte_for_byte(self):
        self.logged_in()
        self.write({"index.html": HOME, "file+&=.html": b"1", "a b.txt": b"2", "UPPERCASE.HTML": b"3", "文档/页.html": b"4", "100%.txt": b"5", "quote'\".txt": b"6"})
        self.deploy()
        for target, body in (("/file+&=.html", b"1"), ("/a%20b.txt", b"2"), ("/UPPERCASE.HTML", b"3"), ("/%E6%96%87%E6%A1%A3/%E9%A1%B5.html", b"4"), ("/100%25.txt", b"5"), ("/quote'%22.txt", b"6")):
            self.assertEqual(self.get(target).body, body)

    def test_a_link_that_leaves_the_folder_is_not_followed(self):
        self.logged_in()
        self.write({"index.html": HOME})
        outside = self.cli.home / "outside.txt"
        outside.write_bytes(b"canary outside")
        (self.folder / "leak.txt").symlink_to(outside)
        (self.folder / "loop").symlink_to(self.folder)
        done = self.cli.run("deploy", self.folder, "-n", self.project, "--prod", "-y")
        self.assertNotIn(b"canary", self.get("/leak.txt").body)
        self.assertIn("leak.txt", done.stderr)

    def test_an_empty_or_missing_folder_is_a_clear_error(self):
        self.logged_in()
        for folder in (self.folder, self.folder / "missing"):
            done = self.cli.run("deploy", folder, "-n", self.project, "-y")
            self.assertIn(done.returncode, (1, 2, 6))
            self.assertTrue(done.stderr.strip())


class Project(CliCase):
    def test_init_writes_a_file_that_deploy_follows(self):
        self.logged_in()
        self.write({"dist/index.html": HOME})
        self.cli.must("init", "-n", self.project, "-d", "dist", cwd=self.folder)
        self.assertIn(self.project, (self.folder / "sitepod.toml").read_text())
        self.cli.must("deploy", "--prod", "-y", cwd=self.folder)
        self.assertEqual(self.get().body, HOME)

    def test_a_subdomain_and_a_shared_domain_of_the_file_are_taken_at_the_first_deploy(self):
        self.logged_in()
        self.write({"dist/index.html": HOME})
        wanted, shared = unique("wanted"), unique("shared") + ".example.com"
        self.cli.must("init", "-n", self.project, "-d", "dist", "-s", wanted, cwd=self.folder)
        file = self.folder / "sitepod.toml"
        file.write_text(file.read_text().replace('routing_mode = \'subdomain\'', "routing_mode = 'path'") + f"\n[deploy.routing]\ndomain = '{shared}'\nslug = '/app'\n")
        done = self.cli.must("deploy", "--prod", cwd=self.folder)
        self.assertIn(f"http://{wanted}.localhost", done.stdout)
        self.assertEqual(self.get(host=f"{wanted}.localhost").body, HOME)
        self.assertEqual([(d["domain"], d["slug"]) for d in self.cli.json("domain", "list", "-p", self.project)["domains"]][1:], [(shared, "/app")])
        moved = unique("moved")
        self.cli.must("domain", "rename", moved, "-p", self.project)
        self.assertIn(f"http://{moved}.localhost", self.cli.must("deploy", "--prod", cwd=self.folder).stdout, "a later deploy moves nothing back")
        other = self.folder / "other"
        sites.write({"index.html": HOME}, other)
        self.cli.must("init", "-n", unique("other"), "-s", moved, cwd=other)
        refused = self.cli.run("deploy", "--json", cwd=other)
        self.assertEqual(refused.returncode, 5, refused)
        self.assertTrue(json.loads(refused.stdout)["suggestion"])
        self.cli.must("init", "-n", "ends", "-s", "-", "-y", cwd=other)
        self.assertRegex((other / "sitepod.toml").read_text(), r"subdomain = 'ends-[a-z0-9]{4}'")

    def test_a_preview_ends_when_it_is_told_to(self):
        self.logged_in()
        self.write({"index.html": HOME})
        start = time.time()
        in_two_hours = datetime.datetime.fromtimestamp(start + 7200, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        for flag, seconds in (("--expires=600", 600), ("--expires=30m", 1800), ("--expires=12h", 43200), ("-e7d", 604800), (f"--expires={in_two_hours}", 7200), ("--ttl=1h", 3600)):
            made = self.cli.json("preview", self.folder, "-n", self.project, flag)
            ends = datetime.datetime.fromisoformat(made["expires_at"].replace("Z", "+00:00")).timestamp()
            self.assertAlmostEqual(ends - start, seconds, delta=60, msg=flag)
        before = len(self.cli.json("history", "-n", self.project)["items"])
        for wrong in ("--expires=soon", "--expires=2001-01-01T00:00:00Z", "--ttl=soon"):
            self.assertEqual(self.cli.run("preview", self.folder, "-n", self.project, wrong).returncode, 2, wrong)
        self.assertEqual(len(self.cli.json("history", "-n", self.project)["items"]), before, "nothing was uploaded for them")

    def test_json_is_one_object_for_every_outcome(self):
        self.logged_in()
        self.write({"index.html": HOME})
        self.deploy()
        domain = f"{self.project}.example.com"
        self.cli.must("domain", "add", domain, "-p", self.project)
        for words in (("deploy", "--no-such-flag"), ("history", "-l", "0"), ("domain", "verify", domain), ("rollback", "-n", self.project), ("open", "-n", unique("none"))):
            with self.subTest(words=words):
                done = self.cli.run(*words, "--json")
                self.assertNotEqual(done.returncode, 0)
                said = json.loads(done.stdout)
                self.assertTrue(said["error"] and said["message"], said)

    def test_words_and_flags_of_the_existing_client_are_taken(self):
        self.logged_in()
        self.assertEqual(self.cli.must("--skip-update-check", "console", "-n", self.project).stdout.strip(), f"{self.server.url}/#/project/{self.project}")
        self.assertIn("deploy", self.cli.must("help").stdout)
        self.assertIn("--prod", self.cli.must("help", "deploy").stdout)
        self.assertIn("--listen", self.cli.must("help", "serve").stdout)
        self.assertIn("--content", self.cli.must("help", "token", "create").stdout)
        unknown = self.cli.run("help", "frobnicate")
        self.assertEqual((unknown.returncode, unknown.stdout), (2, ""))
        self.assertIn("sitepod help", unknown.stderr)

    def test_flags_that_scripts_bring_along_mean_what_they_say(self):
        self.logged_in()
        self.write({"index.html": HOME})
        token = self.cli.must("token", "create", unique("ci")).stdout.strip()
        made = self.cli.json("deploy", self.folder, "-n", self.project, "--alias", "pr-7", "--no-build", "--commit-dirty=true", "--timeout", "120", "--auth", token)
        self.assertEqual((made["environment"], self.get(host=f"{self.project}-pr-7.localhost").body), ("pr-7", HOME))
        self.assertEqual(self.cli.json("deploy", self.folder, "-n", self.project, "--draft")["environment"], "beta")
        self.assertEqual(self.get().status, 404)
        self.assertEqual(self.cli.json("deploy", self.folder, "-n", self.project, "--prod-if-unlocked")["environment"], "prod")
        for wrong in (("--draft", "--prod"), ("--alias", "x", "--prod"), ("--alias", "x", "--env", "y"), ("--draft", "--env", "prod"), ("--alias", "X!"), ("--trigger",), ("--timeout", "0")):
            self.assertEqual(self.cli.run("deploy", self.folder, "-n", self.project, *wrong).returncode, 2, wrong)
        self.assertEqual(self.cli.run("deploy", self.folder, "-n", self.project, "--auth", token + "x").returncode, 4)
        self.assertTrue(self.cli.must("token", "create", unique("writer"), "--content").stdout.startswith("sp_"))

    def test_a_deploy_gives_up_when_its_time_is_over(self):
        self.write({"index.html": HOME})
        with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections and never answers
            server = f"http://127.0.0.1:{silent.getsockname()[1]}"
            done = self.cli.run("deploy", self.folder, "-n", self.project, "--endpoint", server, "--token", "sitepod_x", "--timeout", "1", "--json", timeout=60)
        self.assertEqual((done.returncode, json.loads(done.stdout)["error"]), (10, "timeout"), done.stderr)

    def test_colours_are_a_choice(self):
        self.logged_in()
        for flags, colourful in (((), False), (("--color", "always"), True), (("--color=never",), False), (("--color=auto",), False), (("--color=always", "--no-color"), False)):
            self.assertEqual("\x1b[" in self.cli.run("rollback", "-n", "none", *flags).stderr, colourful, flags)
        self.assertEqual(self.cli.run("whoami", "--color=pink").returncode, 2)

    def test_enter_alone_deletes_nothing(self):
        self.logged_in()
        self.write({"index.html": HOME})
        self.deploy()
        for answer, gone in (("", False), ("n", False), ("y", True)):
            status, shown = self.on_a_terminal(answer, "delete", self.project)
            self.assertIn("for good?", shown)
            self.assertEqual((status, self.get().status), (0, 404) if gone else (1, 200), shown)

    def on_a_terminal(self, answer, *words):
        """Runs a command on a terminal of its own and types one answer; its exit status and what it showed."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen([binary(), *words], stdin=theirs, stdout=theirs, stderr=theirs, env=self.cli.environment(), cwd=self.folder, start_new_session=True)
        os.close(theirs)
        shown = b""
        try:
            os.write(ours, answer.encode() + b"\n")
            while select.select([ours], [], [], 60)[0]:
                data = os.read(ours, 4096)
                if not data:
                    break
                shown += data
        except OSError:
            pass  # the other end is closed: the program has ended
        finally:
            os.close(ours)
        return process.wait(60), shown.decode()

    def test_rollback_and_history(self):
        self.logged_in()
        images = []
        for i in range(3):
            self.write({"index.html": b"version %d" % i})
            images.append(json.loads(self.deploy("--json", "-m", f"message {i}").stdout)["image_id"])
        self.cli.must("rollback", "-n", self.project, "--env", "prod")
        self.assertEqual(self.get().body, b"version 1")
        self.cli.must("rollback", "-n", self.project, "--env", "prod", "--to", images[0])
        self.assertEqual(self.get().body, b"version 0")
        text = self.cli.must("history", "-n", self.project).stdout
        positions = [text.index(image) for image in reversed(images)]
        self.assertEqual(positions, sorted(positions))

    def test_domains_are_added_listed_verified_removed_and_the_subdomain_renamed(self):
        self.logged_in()
        self.write({"index.html": HOME})
        self.deploy()
        domain = f"{self.project}.example.com"
        added = self.cli.must("domain", "add", domain, "-p", self.project)
        record = f'_sitepod.{domain} TXT "sitepod-verify-'
        self.assertTrue(added.stdout.startswith(record), added)
        self.assertIn("Domain added", added.stderr)
        listed = self.cli.must("domain", "list", "-p", self.project).stdout.splitlines()
        self.assertEqual(listed, [f"active {self.host} → / [system] (primary)", f"pending {domain} → / [custom]"])
        self.assertEqual([d["domain"] for d in self.cli.json("domain", "list", "-p", self.project)["domains"]], [self.host, domain])
        verified = self.cli.run("domain", "verify", domain)
        self.assertEqual(verified.returncode, 1)
        self.assertIn("TXT", verified.stderr)
        self.assertEqual(self.cli.run("domain", "verify", domain, "-p", self.project).returncode, 1)
        self.assertEqual(self.cli.run("domain", "verify", "other.example.com", "-p", self.project).returncode, 6)
        self.cli.must("domain", "add", domain, "-p", self.project, "-s", "/blog")
        self.assertEqual(self.cli.run("domain", "remove", domain, "-s", "/shop", "-p", self.project).returncode, 6)
        self.cli.must("domain", "remove", domain, "-s", "/blog", "-p", self.project)
        self.cli.must("domain", "remove", domain, "-p", self.project)
        self.assertEqual(self.cli.run("domain", "remove", domain).returncode, 6)
        renamed = unique("renamed")
        self.assertEqual(self.cli.must("domain", "rename", "-s", renamed, "-p", self.project).stdout.strip(), f"{renamed}.localhost")
        self.assertEqual(self.get(host=f"{renamed}.localhost").body, HOME)

    def test_traffic_is_shown_and_capped(self):
        self.logged_in()
        self.write({"index.html": HOME})
        self.deploy()
        self.assertEqual(self.cli.must("traffic", "-n", self.project).stdout.strip(), "0")
        self.assertEqual(self.get().status, 200)
        wait_until(lambda: self.cli.must("traffic", "-n", self.project).stdout.strip() == str(len(HOME)), "the visit is counted", 20)
        capped = self.cli.json("traffic", "-n", self.project, "--cap", "2GB", "--action", "pause")
        self.assertEqual((capped["cap_bytes"], capped["action"], capped["state"]), (2_000_000_000, "pause", "shown"))
        self.assertEqual(self.cli.json("traffic", "-n", self.project, "--cap", "none")["cap_bytes"], 0)
        for wrong in ("2 GB", "-5", "2PB", "many"):
            self.assertEqual(self.cli.run("traffic", "-n", self.project, f"--cap={wrong}").returncode, 2, wrong)

    def test_exit_codes(self):
        self.logged_in()
        self.write({"index.html": HOME})
        self.assertEqual(self.cli.run("deploy", "--no-such-flag").returncode, 2)
        self.assertEqual(self.cli.run("no-such-word").returncode, 2)
        self.assertEqual(self.cli.run("history", "-n", unique("missing")).returncode, 6)
        self.deploy()
        self.assertEqual(self.cli.run("rollback", "-n", self.project, "--env", "prod", "--to", "img_unknown").returncode, 6)
        other = Cli(self.server.url)
        self.addCleanup(other.__exit__)
        other.login(unique("other") + "@example.org")
        taken = other.run("deploy", self.folder, "-n", self.project, "-y")
        self.assertEqual(taken.returncode, 5)
        self.assertEqual(self.cli.run("whoami", env={"SITEPOD_ENDPOINT": "http://127.0.0.1:1", "SITEPOD_TOKEN": "sitepod_" + "x" * 40}, timeout=120).returncode, 10)
        for word in ("--version", "--help"):
            done = self.cli.must(word)
            self.assertTrue(done.stdout.strip())

    def test_names_that_break_a_rule_are_refused_before_anything_is_sent(self):
        self.logged_in()
        self.write({"index.html": HOME})
        self.deploy()
        before = len(self.cli.json("history", "-n", self.project)["items"])
        for words in (("preview", self.folder, "-s", "Not-A-Slug"), ("preview", self.folder, "-s", "a--b"), ("deploy", self.folder, "--env", "Bad"),
                      ("rollback", "--env", "Bad"), ("rollback", "--env", ""), ("history", "--env", "Bad")):
            self.assertEqual(self.cli.run(*words, "-n", self.project).returncode, 2, words)
        self.assertEqual(len(self.cli.json("history", "-n", self.project)["items"]), before)

    def test_an_option_that_is_left_empty_is_not_one_that_is_left_out(self):
        self.logged_in()
        self.write({"index.html": HOME})
        for words in (("deploy", self.folder, "-n", ""), ("deploy", self.folder, "-n", self.project, "--env", ""), ("deploy", self.folder, "-n", self.project, "--alias", ""),
                      ("preview", self.folder, "-n", self.project, "--password", ""), ("token", "create", "ci", "--project", ""), ("token", "create", "ci", "-e", ""),
                      ("domain", "remove", "shop.example", "-p", ""), ("domain", "remove", "shop.example", "-s", ""), ("rollback", "-n", self.project, "--to", "")):
            done = self.cli.run(*words)
            self.assertEqual((done.returncode, "must not be empty" in done.stderr), (2, True), (words, done.stderr))
        self.assertEqual(self.cli.json("list")["projects"], [])
        self.assertEqual(self.cli.json("token", "list")["tokens"], [])

    def test_a_deleted_account_leaves_no_configuration(self):
        with Cli() as cli:
            old = cli.home / ".sitepod/config.toml"
            old.parent.mkdir()
            cli.must("login", "--endpoint", self.server.url, env={"SITEPOD_EMAIL": unique("gone") + "@example.org", "SITEPOD_PASSWORD": "a long password"})
            token = re.search(r"token = '(\w+)'", (cli.home / ".config/sitepod/credentials.toml").read_text()).group(1)
            old.write_text(f'[server]\nendpoint = "{self.server.url}"\n[auth]\ntoken = "{token}"\n')
            self.assertEqual(cli.run("delete-account").returncode, 2, "nobody was asked")
            done = cli.must("delete-account", "-y")
            self.assertIn("Account deleted", done.stderr)
            self.assertEqual([path for path in cli.home.rglob("*.toml")], [])
            self.assertEqual(cli.run("whoami", env={"SITEPOD_ENDPOINT": self.server.url}).returncode, 4)

    def test_a_name_taken_by_somebody_else_comes_with_a_free_one(self):
        self.logged_in()
        self.write({"index.html": HOME})
        self.deploy()
        with Cli(self.server.url) as other:
            other.login(unique("other") + "@example.org")

            def refuse():
                done = other.run("deploy", self.folder, "-n", self.project, "--json")
                self.assertEqual(done.returncode, 5)
                refused = json.loads(done.stdout)
                self.assertEqual((refused["error"], refused["status"]), ("forbidden", 403))
                self.assertIn("--name " + refused["suggestion"], refused["message"])
                return refused["suggestion"]
            other.must("deploy", self.folder, "-n", refuse(), "-y")
            # Its subdomain is another one by now: the name is taken all the same.
            self.cli.must("domain", "rename", unique("renamed"), "-p", self.project)
            other.must("deploy", self.folder, "-n", refuse(), "-y")

    def test_without_a_project_the_domains_of_all_are_listed(self):
        self.logged_in()
        self.write({"index.html": HOME})
        self.deploy()
        second = unique("second")
        self.cli.must("deploy", self.folder, "-n", second, "--prod", "-y")
        listed = self.cli.must("domain", "list").stdout
        for name in (self.project, second):
            self.assertIn(f"active {name}.localhost → / [system] (primary)", listed)
        only = self.cli.must("domain", "list", env={"SITEPOD_SITE": second}).stdout
        self.assertNotIn(f" {self.project}.", only)
        self.assertEqual(self.cli.run("domain", "list", "-p", unique("missing")).returncode, 6)

    def test_github_gets_the_facts_in_its_output_file(self):
        self.logged_in()
        self.write({"index.html": HOME})
        output = self.cli.home / "output"
        output.touch()
        self.deploy(env={"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": str(output), "CI": "true"})
        text = output.read_text()
        self.assertIn("url=", text)
        self.assertIn("image_id=", text)

    def test_github_gets_the_facts_of_a_preview_and_a_summary(self):
        self.logged_in()
        self.write({"index.html": HOME})
        output, summary = self.cli.home / "output", self.cli.home / "summary"
        env = {"GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary)}
        made = self.cli.json("preview", self.folder, "-n", self.project, env=env)
        self.assertEqual(output.read_text(), "".join(f"{name}={made[name]}\n" for name in ("url", "image_id", "expires_at")))
        self.deploy(env=env)
        lines = summary.read_text().splitlines()
        self.assertEqual(len(lines), 2)
        self.assertIn(f"<{made['url']}>", lines[0])
        self.assertIn(f"`{self.project}` to `prod`: <http://{self.host}", lines[1])
        self.assertEqual(self.cli.run("deploy", self.folder, "-n", self.project, env={"GITHUB_OUTPUT": "/none/there"}).returncode, 0)


if __name__ == "__main__":
    unittest.main()
