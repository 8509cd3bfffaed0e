#!/usr/bin/env python3
"""The whole main job on embedded defaults, printed as it happens; exit 0 when every step was right.

Starts bin/sitepod on a free port, signs in, deploys examples/hello and then a real site with thousands of files (Debian's
cppreference), compares what visitors get with the files, deploys a second version (only what changed travels), rolls back, stops.
usage: demo.py            the demonstration, in a temporary folder
       demo.py --serve    the server in the foreground with the example site; its state stays under out/run
"""
import contextlib
import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[1]
PROGRAM = ROOT / "bin/sitepod"
EXAMPLE = ROOT / "examples/hello"
REAL_SITE = pathlib.Path("/usr/share/cppreference/doc/html")
EMAIL = "demo@example.org"


class Failed(Exception):
    pass


def say(text=""):
    print(text, flush=True)


class Session:
    """One server and a client with a home of its own."""

    def __init__(self, data, home):
        self.data, self.home = pathlib.Path(data), pathlib.Path(home)
        self.process = self.url = None
        # No account with known credentials, not even here; kept beside the state so that a second run can sign in.
        kept = self.home / "password"
        if not kept.exists():
            kept.touch(0o600)
            kept.write_text(secrets.token_urlsafe(12))
        self.password = kept.read_text()

    def start(self, listen="127.0.0.1:0", domain="localhost:0"):
        env = {k: v for k, v in os.environ.items() if not k.startswith("SITEPOD_")}
        self.log = open(self.data.parent / "server.log", "ab")
        self.process = subprocess.Popen([PROGRAM, "serve", "--data", self.data, "--listen", listen, "--domain", domain], env=env, stdout=subprocess.PIPE, stderr=self.log)
        line = self.process.stdout.readline().decode()
        found = re.search(r"https?://[^\s/]+", line)
        if not found:
            raise Failed(f"the server did not start: {line}{(self.data.parent / 'server.log').read_text()[-2000:]}")
        self.url = found.group(0)
        self.port = int(self.url.rsplit(":", 1)[1])

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        if self.process and self.process.wait(60) != 0:
            raise Failed(f"the server ended with {self.process.returncode}")

    def cli(self, *words, **variables):
        env = {k: v for k, v in os.environ.items() if not k.startswith(("SITEPOD_", "XDG_", "GITHUB_", "CI"))}
        env.update(HOME=str(self.home), SITEPOD_ENDPOINT=self.url, SITEPOD_SKIP_UPDATE_CHECK="1", **variables)
        begin = time.monotonic()
        done = subprocess.run([PROGRAM, *map(str, words)], env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode != 0:
            raise Failed(f"sitepod {' '.join(map(str, words))} ended with {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout, time.monotonic() - begin

    def deploy(self, folder, name, message):
        out, seconds = self.cli("deploy", folder, "--name", name, "--prod", "--yes", "--message", message, "--json")
        facts = json.loads(out)
        say(f"   {facts['url']}   {facts['files']} files in {seconds:.2f} s; {facts['uploaded']} sent ({facts['uploaded_bytes']:,} bytes), {facts['reused']} reused")
        return facts

    def get(self, url):
        """What a visitor of this URL gets. Its host is sent by hand: not every system resolves names under localhost."""
        parts = urllib.parse.urlsplit(url)
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{parts.path or '/'}", headers={"Host": parts.netloc})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def compare(self, url, folder, paths):
        """Fetches the paths and compares them with the files, byte for byte."""
        begin = time.monotonic()
        for path in paths:
            status, body = self.get(url.rstrip("/") + "/" + urllib.parse.quote(path))
            if (status, body) != (200, (folder / path).read_bytes()):
                raise Failed(f"{path} is not what was deployed: status {status}, {len(body)} bytes")
        say(f"   {len(paths)} pages fetched and compared byte for byte in {time.monotonic() - begin:.2f} s: equal")


def files_of(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def demonstrate(session, scratch):
    say("1. Start the server on a free port with embedded defaults")
    begin = time.monotonic()
    session.start()
    say(f"   {session.url} after {(time.monotonic() - begin) * 1000:.0f} ms")

    say("2. Sign in (the first account is the admin)")
    session.cli("login", SITEPOD_EMAIL=EMAIL, SITEPOD_PASSWORD=session.password)
    say(f"   as {EMAIL}")

    say("3. Deploy the example site")
    facts = session.deploy(EXAMPLE, "hello", "first version")
    session.compare(facts["url"], EXAMPLE, files_of(EXAMPLE))
    status, body = session.get(facts["url"].rstrip("/") + "/nowhere.html")
    if (status, body) != (404, (EXAMPLE / "404.html").read_bytes()):
        raise Failed(f"a missing page answers {status}")
    say("   a missing page answers 404 with the site's own page")

    say(f"4. Deploy a real site: {REAL_SITE}")
    site = scratch / "site"
    shutil.copytree(REAL_SITE, site)
    first = session.deploy(site, "cppreference", "as Debian ships it")
    paths = files_of(site)
    sample = paths[::max(1, len(paths) // 500)]
    session.compare(first["url"], site, sample)

    say("5. Change three files and deploy a second version: only those travel")
    changed = sample[1:4]
    for path in changed:
        with open(site / path, "ab") as file:
            file.write(b"\n<!-- the second version -->\n")
    second = session.deploy(site, "cppreference", "three files changed")
    if second["uploaded"] != len(changed):
        raise Failed(f"{second['uploaded']} files travelled instead of {len(changed)}")
    session.compare(second["url"], site, changed + sample[5:50])

    say("6. Roll back: one pointer moves, the old bytes are served when the command returns")
    out, seconds = session.cli("rollback", "--name", "cppreference", "--env", "prod", "--json")
    rolled = json.loads(out)
    if rolled["image_id"] != first["image_id"]:
        raise Failed(f"rolled back to {rolled['image_id']} instead of {first['image_id']}")
    say(f"   {second['image_id']} -> {rolled['image_id']} in {seconds:.2f} s")
    session.compare(first["url"], REAL_SITE, changed + sample[5:50])

    say("7. Stop the server and check its store")
    session.stop()
    done = subprocess.run([PROGRAM, "fsck", "--data", session.data], capture_output=True, text=True)
    if done.returncode != 0:
        raise Failed(f"fsck: {done.stdout}{done.stderr}")
    say(f"   {done.stdout.strip()}")


def run_demo():
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="sitepod-demo-") as folder:
        scratch = pathlib.Path(folder)
        (scratch / "home").mkdir()
        session = Session(scratch / "data", scratch / "home")
        try:
            demonstrate(session, scratch)
        finally:
            with contextlib.suppress(Failed):
                session.stop()
    say(f"Everything worked, in {time.monotonic() - begin:.1f} s.")


def serve():
    state = ROOT / "out/run"
    (state / "home").mkdir(parents=True, exist_ok=True)
    session = Session(state / "data", state / "home")
    session.start()
    signal.signal(signal.SIGTERM, lambda *_: session.process.send_signal(signal.SIGTERM))
    signal.signal(signal.SIGINT, lambda *_: session.process.send_signal(signal.SIGTERM))
    try:
        session.cli("login", SITEPOD_EMAIL=EMAIL, SITEPOD_PASSWORD=session.password)
        facts = json.loads(session.cli("deploy", EXAMPLE, "--name", "hello", "--prod", "--yes", "--json")[0])
        say(f"Server   {session.url}   (API under /api/v1)\nSite     {facts['url']}\nAccount  {EMAIL} / {session.password}\nState    {state}, log in server.log\n")
        say(f"Deploy a folder: HOME={session.home} SITEPOD_ENDPOINT={session.url} bin/sitepod deploy DIR --name NAME --prod\nCtrl-C ends.")
        session.process.wait()
    finally:
        session.stop()


def main():
    try:
        if "--serve" in sys.argv[1:]:
            serve()
        else:
            run_demo()
    except Failed as error:
        print(f"demo.py: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
