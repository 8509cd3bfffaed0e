"""The operations that must survive anything, each as: a state before it, the call, and what must hold after a crash inside it.

The test keeps its own record: `acknowledged` is the answer the client got, or None. Invariants are reliability.md's: I1 nothing
acknowledged is lost, I2 every environment points to one complete image (fsck), I3 a response is wholly of one image, I7 serving survives.
"""
import contextlib
import os
import pathlib
import re
import shutil
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import hashes, sites  # noqa: E402
from support.api import Api  # noqa: E402
from support.dns import StubDns  # noqa: E402
from support.server import Server, binary, run_program, wait_until  # noqa: E402
from support.wire import Answer, WireClosed, fetch  # noqa: E402
from support.tracing import ProgramTrace, Strace  # noqa: E402

PROJECT, HOST = "crash", "crash.localhost"
OLD = {"index.html": b"old home " * 300, "a.js": b"old script", "big.bin": sites.noise(100_000, "old")}
MID = {"index.html": b"mid home " * 300, "a.js": b"mid script", "big.bin": sites.noise(100_000, "mid")}
NEW = {"index.html": b"new home " * 300, "a.js": b"new script", "big.bin": sites.noise(100_000, "new")}


class Operation:
    """Subclasses: prepare() makes the state before, call() does it once, check() judges the state after a restart. `env` is the server's."""

    env = {}
    patience = 60  # seconds until a call counts as hanging

    def __init__(self):
        self.facts = {}

    def close(self):
        """Ends what the operation needs besides the server."""

    def reset(self):
        """Brings back what the state before has outside of the data folder."""

    def trace(self, server, *options):
        """Under whose trace the operation runs: the server's."""
        return Strace(server.pid, *options)

    def attempt(self, api):
        """The answer, or None when the connection broke. A server that stays and says nothing hangs: that is no crash."""
        try:
            return self.call(api)
        except TimeoutError:
            raise AssertionError("the connection stands and there is no answer")
        except (OSError, WireClosed):
            return None

    def visited(self):
        """Host and path of a page that visitors see before, meanwhile and afterwards."""
        return HOST, "/a.js"

    def judge_refusal(self, answer, error, data):
        """What the caller is told when the disk fails with `error`: a typed error without the server's paths."""
        assert answer.status in (500, 503, 507), answer
        assert re.fullmatch(r"[a-z_]+", answer.json["error"]) and answer.json["message"] and data not in answer.body.decode(), answer
        assert answer.status == 507 or error != "ENOSPC", f"{answer.status} instead of 507 for {error}"

    def base(self, api):
        self.facts["old"] = api.deploy(PROJECT, OLD)

    def assert_shows(self, address, *allowed):
        """The site is wholly one of the images, and which."""
        shown = {path: fetch(address, "/" + path, HOST).body for path in OLD}
        if shown not in allowed:
            raise AssertionError(f"the site is no whole image: { {p: b[:12] for p, b in shown.items()} }")
        return shown


class Upload(Operation):
    DATA = sites.noise(400_000, "uploaded")

    def prepare(self, api):
        self.base(api)
        self.facts["plan"] = api.plan(PROJECT, {**NEW, "x.bin": self.DATA}).json["plan_id"]
        for data in NEW.values():
            api.upload(self.facts["plan"], hashes.sha256(data), data)

    def call(self, api):
        return api.upload(self.facts["plan"], hashes.sha256(self.DATA), self.DATA, timeout=self.patience)

    def check(self, server, api, acknowledged):
        path = server.blob_path(hashes.sha256(self.DATA))
        assert not path.exists() or path.read_bytes() == self.DATA, "a blob whose bytes do not have its name"
        # The server may be making encodings already; what the dead one left is gone for good.
        wait_until(lambda: not server.temporary_files(), "no temporary file survives the restart", 30)
        # An upload that was answered and not committed may be asked for again; it may never be wrong.
        again = self.call(api)
        assert again.status == 200, again
        assert api.post("/commit", {"plan_id": self.facts["plan"]}).status == 200
        self.assert_shows(server.address, OLD)


class Commit(Operation):
    def prepare(self, api):
        self.base(api)
        self.facts["plan"] = api.plan(PROJECT, NEW).json["plan_id"]
        for data in NEW.values():
            api.upload(self.facts["plan"], hashes.sha256(data), data)

    def call(self, api):
        return api.post("/commit", {"plan_id": self.facts["plan"]}, timeout=self.patience)

    def check(self, server, api, acknowledged):
        images = [i["image_id"] for i in api.must("GET", f"/images?project={PROJECT}")["images"]]
        assert self.facts["old"] in images, "an older image is gone"
        again = self.call(api)
        assert again.status == 200, again
        if acknowledged:
            assert acknowledged.json["image_id"] in images, "an acknowledged image is gone"
            assert again.json["image_id"] == acknowledged.json["image_id"], "the plan made a second image"
        assert api.must("GET", f"/images?project={PROJECT}")["total"] == 2, "one plan, one image"
        self.assert_shows(server.address, OLD)
        assert api.release(PROJECT, again.json["image_id"]).status == 200
        self.assert_shows(server.address, NEW)


class Pointer(Operation):
    def check(self, server, api, acknowledged):
        before, after = self.facts["before"], self.facts["after"]
        live = api.must("GET", f"/current?project={PROJECT}")["image_id"]
        assert live in (before, after), f"{live} is neither the old nor the new image"
        assert not acknowledged or live == after, "an acknowledged pointer move is lost"
        self.assert_shows(server.address, self.facts["files"][live])
        items = api.must("GET", f"/history?project={PROJECT}&environment=prod")["items"]
        assert [i["image_id"] for i in items if "prod" in i["deployed_to"]] == [live], "history and pointer disagree"
        assert items[0]["image_id"] == live, "the latest release in the history is not what is live"
        again = self.call(api)
        assert again.status in (200, 400), again
        assert api.release(PROJECT, after).status == 200
        self.assert_shows(server.address, self.facts["files"][after])


class Release(Pointer):
    def prepare(self, api):
        self.base(api)
        self.facts.update(before=self.facts["old"], after=api.make_image(PROJECT, NEW))
        self.facts["files"] = {self.facts["before"]: OLD, self.facts["after"]: NEW}

    def call(self, api):
        return api.post("/release", {"project": PROJECT, "image_id": self.facts["after"]}, timeout=self.patience)


class Rollback(Pointer):
    def prepare(self, api):
        self.base(api)
        self.facts.update(after=self.facts["old"], before=api.deploy(PROJECT, NEW))
        self.facts["files"] = {self.facts["before"]: NEW, self.facts["after"]: OLD}

    def call(self, api):
        return api.post("/rollback", {"project": PROJECT, "environment": "prod"}, timeout=self.patience)


class DeleteAccount(Operation):
    """Of an account beside the first: with a project, an environment, a preview, a token and a plan under way."""
    EMAIL, SITE, HOST = "leaver@example.org", "leaving", "leaving.localhost"

    def prepare(self, api):
        self.base(api)
        leaver = Api(api.address).login(self.EMAIL)
        image = leaver.deploy(self.SITE, MID)
        leaver.must("POST", "/release", {"project": self.SITE, "image_id": image, "environment": "beta"})
        leaver.must("POST", "/preview", {"project": self.SITE, "slug": "look"})
        self.facts.update(login=leaver.token, token=leaver.must("POST", "/tokens", {"name": "ci"})["token"])
        leaver.plan(self.SITE, NEW)

    def call(self, api):
        return Api(api.address, self.facts["login"]).call("DELETE", "/account", timeout=self.patience)

    def is_whole(self, address, expected):
        """Everything of the account is there, or nothing."""
        hosts = [self.HOST, "leaving-beta.localhost", "leaving--look.preview.localhost"]
        seen = {host: fetch(address, "/a.js", host).status for host in hosts}
        seen.update({name: Api(address, self.facts[name]).get("/auth/info").status for name in ("login", "token")})
        assert set(seen.values()) in ({200}, {401, 404}), f"a part of the account is left: {seen}"
        there = seen["login"] == 200
        assert expected is None or there == expected, f"the account is {'there' if there else 'gone'}"
        return there

    def check(self, server, api, acknowledged):
        self.assert_shows(server.address, OLD)
        there = self.is_whole(server.address, False if acknowledged else None)
        if there:
            leaver = Api(server.address, self.facts["login"])
            assert [p["name"] for p in leaver.must("GET", "/projects")] == [self.SITE]
            assert self.call(api).status == 200
        self.is_whole(server.address, False)
        again = Api(server.address).must("POST", "/auth/login", {"email": self.EMAIL, "password": "another password"}, token=False)
        assert again["created"], "the address is still taken"
        Api(server.address, again["token"]).deploy(self.SITE, NEW)
        assert fetch(server.address, "/a.js", self.HOST).body == NEW["a.js"], "the name is still taken"
        assert fetch(server.address, "/a.js", "leaving-beta.localhost").status == 404, "an environment survived its project"


class VerifyDomain(Operation):
    DOMAIN, SITE = "www.crash.example", "proven"

    def __init__(self):
        super().__init__()
        self.dns = StubDns()
        self.env = {"SITEPOD_DNS_RESOLVERS": self.dns.server}

    def close(self):
        self.dns.close()

    def prepare(self, api):
        self.base(api)
        owner = Api(api.address).login("owner@example.org")  # an admin's domains need no proof
        owner.deploy(self.SITE, MID)
        token = owner.must("POST", "/domains", {"project": self.SITE, "domain": self.DOMAIN})["verification_token"]
        self.dns.set(f"_sitepod.{self.DOMAIN}", "TXT", token)
        self.facts["owner"] = owner.token

    def call(self, api):
        return Api(api.address, self.facts["owner"]).post(f"/domains/{self.DOMAIN}/verify", timeout=self.patience)

    def check(self, server, api, acknowledged):
        self.assert_shows(server.address, OLD)
        owner = Api(server.address, self.facts["owner"])
        status = {e["domain"]: e["status"] for e in owner.must("GET", f"/domains?project={self.SITE}")["domains"]}[self.DOMAIN]
        shown = fetch(server.address, "/a.js", self.DOMAIN)
        assert (status, shown.status) in (("pending", 404), ("active", 200)), f"{status}, and visitors get {shown.status}"
        assert status == "active" or not acknowledged, "an acknowledged proof is lost"
        assert api.get(f"/domains/check?domain={self.DOMAIN}").status == shown.status, "the answer to a certificate's question differs"
        again = self.call(api)
        assert again.status == 200 and again.json["verified"], again
        assert fetch(server.address, "/a.js", self.DOMAIN).body == MID["a.js"]


class Collect(Operation):
    """With images beyond retention, a deleted project, a preview of an old image and a plan under way."""
    env = {"SITEPOD_GC_MIN_VERSIONS": "1", "SITEPOD_GC_KEEP_DAYS": "0"}

    def prepare(self, api):
        self.base(api)
        preview = api.make_image(PROJECT, MID)
        api.must("POST", "/preview", {"project": PROJECT, "image_id": preview, "slug": "look"})
        for i in range(6):
            api.make_image(PROJECT, {"index.html": b"outdated %d" % i, "big.bin": sites.noise(30_000, f"outdated{i}")})
        api.release(PROJECT, self.facts["old"])
        api.deploy("gone", {f"f{i}": sites.noise(2000, f"gone{i}") for i in range(10)})
        api.must("DELETE", "/projects/gone")
        self.facts["plan"] = api.plan(PROJECT, NEW).json["plan_id"]
        for data in NEW.values():
            api.upload(self.facts["plan"], hashes.sha256(data), data)

    def call(self, api):
        return api.post("/gc", {"grace_seconds": 0}, timeout=self.patience)

    def check(self, server, api, acknowledged):
        self.assert_shows(server.address, OLD)
        shown = {path: fetch(server.address, "/" + path, f"{PROJECT}--look.preview.localhost").body for path in MID}
        assert shown == MID, "the preview lost its files"
        for item in api.must("GET", f"/images?project={PROJECT}")["images"]:
            for file in api.must("GET", f"/images/{item['id']}")["files"]:
                assert file["path"], "an image that is listed cannot be read"
        assert api.post("/commit", {"plan_id": self.facts["plan"]}).status == 200, "the collection took what a plan needs"
        again = self.call(api)
        assert again.status == 200 and not again.json["errors"], again
        for i in range(10):
            assert not server.blob_path(hashes.sha256(sites.noise(2000, f"gone{i}"))).exists(), "garbage stays for ever"
        self.assert_shows(server.address, OLD)


class PurgeBlob(Operation):
    SECRET = b"secret " * 2000

    def prepare(self, api):
        self.base(api)
        api.deploy("leak", {"index.html": b"page", "secret.txt": self.SECRET})

    def call(self, api):
        return api.post("/admin/purge", {"blob": hashes.sha256(self.SECRET), "reason": "leaked"}, timeout=self.patience)

    def check(self, server, api, acknowledged):
        self.assert_shows(server.address, OLD)
        shown = fetch(server.address, "/secret.txt", "leak.localhost")
        assert (shown.status, shown.body) == (200, self.SECRET) or shown.status == 410, shown
        if acknowledged and not acknowledged.json["errors"]:
            assert shown.status == 410 and not server.blob_path(hashes.sha256(self.SECRET)).exists(), "what was purged is back"
        assert self.call(api).status == 200
        # An encoding that the restarted server was just making of the bytes is said to be in the way, and goes with the next call.
        wait_until(lambda: not self.call(api).json["errors"], "nothing is in the way of the purge", 30, every=0.2)
        assert fetch(server.address, "/secret.txt", "leak.localhost").status == 410
        assert fetch(server.address, "/", "leak.localhost").body == b"page"
        assert not server.blob_path(hashes.sha256(self.SECRET)).exists()
        assert api.plan("leak", {"x": self.SECRET}).status == 403, "the bytes may come back"


class PurgeImage(Operation):
    def prepare(self, api):
        self.base(api)
        self.facts["image"] = api.make_image(PROJECT, {**MID, "index.html": OLD["index.html"]})
        api.must("POST", "/preview", {"project": PROJECT, "image_id": self.facts["image"], "slug": "look"})

    def call(self, api):
        return api.call("DELETE", f"/images/{self.facts['image']}?purge=1", timeout=self.patience)

    def check(self, server, api, acknowledged):
        self.assert_shows(server.address, OLD)
        status = api.get(f"/images/{self.facts['image']}").status
        preview = fetch(server.address, "/a.js", f"{PROJECT}--look.preview.localhost").status
        assert (status, preview) in ((200, 200), (410, 404)), f"the image answers {status} and its preview {preview}"
        assert status == 410 or not acknowledged, "an acknowledged purge is lost"
        assert self.call(api).status == (200 if status == 200 else 410)
        assert api.post("/gc", {"grace_seconds": 0}).json["errors"] == []
        for data in (MID["a.js"], MID["big.bin"]):
            assert not server.blob_path(hashes.sha256(data)).exists(), "bytes that only the purged image had are left"
        self.assert_shows(server.address, OLD)


class Backup(Operation):
    """`sitepod backup` beside the running server; what dies is the backup."""

    def __init__(self):
        super().__init__()
        self.traced = None
        self.target = None

    def prepare(self, api):
        self.base(api)
        api.make_image(PROJECT, NEW)

    def trace(self, server, *options):
        self.traced = ProgramTrace(*options)
        self.target = f"{server.data}-backup"
        self.source = server.data
        shutil.rmtree(self.target, ignore_errors=True)
        return self.traced

    def call(self, api):
        env = {k: v for k, v in os.environ.items() if not k.startswith("SITEPOD_")}
        code = self.traced.run(binary(), "backup", "--data", self.source, "--to", self.target, env=env)
        if code < 0:
            raise WireClosed("killed")
        return Answer(200 if code == 0 else 500, "", [], b"", b"")

    def judge_refusal(self, answer, error, data):
        """A program of its own: its exit code is all."""

    def restored(self):
        """The exit code of a restore from what is there."""
        copy = f"{self.target}-restored"
        shutil.rmtree(copy, ignore_errors=True)
        code = run_program("restore", "--from", self.target, "--data", copy).returncode
        if code == 0:
            with Server(data=copy) as server:
                self.assert_shows(server.address, OLD)
        return code

    def check(self, server, api, acknowledged):
        self.assert_shows(server.address, OLD)
        code = self.restored()
        assert code in (0, 1), f"restore ended with {code}"
        assert code == 0 or not acknowledged, "a backup that was reported as made cannot be restored"
        shutil.rmtree(self.target, ignore_errors=True)
        done = run_program("backup", "--data", server.data, "--to", self.target)
        assert done.returncode == 0, f"the next backup fails: {done.stderr}"
        assert self.restored() == 0


class ContentOperation(Operation):
    def judge_refusal(self, answer, error, data):
        """The content API has its own words, without 507 (content API §1)."""
        assert answer.status in (500, 503), answer
        assert answer.json["error"] and data not in answer.body.decode(), answer


class SavePages(ContentOperation):
    """A batch of pages with deletions: all of it or nothing."""

    def prepare(self, api):
        pages = [{"title": f"Page {i}", "content": f"old {i} " * 50, "description": "old"} for i in range(20)]
        assert api.post("/public/pages", {"pages": pages}).status == 200
        self.base(api)

    def call(self, api):
        pages = [{"title": f"Page {i}", "content": f"new {i} " * 50, "description": "new"} for i in range(10, 30)]
        gone = [{"slug": f"page-{i}", "contentType": "blog"} for i in range(10)]
        return api.post("/public/pages", {"pages": pages, "deleteSlugs": gone}, timeout=self.patience)

    def check(self, server, api, acknowledged):
        def shown():
            return {(p["slug"], p["description"]) for p in api.must("GET", "/public/pages")["pages"]}

        old = {(f"page-{i}", "old") for i in range(20)}
        new = {(f"page-{i}", "new") for i in range(10, 30)}
        assert shown() in (old, new), "half of a batch was saved"
        assert not acknowledged or shown() == new, "an acknowledged batch is lost"
        assert self.call(api).status == 200
        assert shown() == new


class Build(ContentOperation):
    """A site of five pages is built over an older one: visitors see the one or the other, and the build is taken up again or said to have
    failed."""

    env = {"SITEPOD_BUILD_COOLDOWN": "0s", "SITEPOD_CONTENT_RATE_LIMIT": "100000"}

    def visited(self):
        return self.facts["host"], "/"

    def prepare(self, api):
        pages = [{"title": f"Page {i}", "content": f"built words {i}"} for i in range(5)]
        assert api.post("/public/pages", {"pages": pages}).status == 200
        project = api.must("GET", "/projects")[0]
        self.facts.update(project=project["name"], host=project["subdomain"] + ".localhost")
        self.facts["old"] = api.deploy(project["name"], OLD)

    def is_built(self, address):
        return all(f"built words {i}".encode() in fetch(address, f"/blog/page-{i}", self.facts["host"]).body for i in range(5))

    def call(self, api):
        answer = api.post("/public/builds", {}, timeout=self.patience)
        if answer.status == 202:
            wait_until(lambda: self.is_built(api.address) or self.has_failed(api) or self.waits_for_restart(api), "the build ends", 60)
        return answer

    def waits_for_restart(self, api):
        """After a failed fsync the database takes no more writes, so the end of the build cannot be noted."""
        return fetch(api.address, "/readyz", "localhost").status == 503

    def has_failed(self, api):
        latest = api.get("/public/builds/latest")
        return latest.status == 200 and latest.json["status"] == "failed"

    def check(self, server, api, acknowledged):
        host = self.facts["host"]
        home = fetch(server.address, "/", host)
        assert home.status == 200, home
        latest = api.get("/public/builds/latest")
        if home.body == OLD["index.html"]:
            assert {p: fetch(server.address, "/" + p, host).body for p in OLD} == OLD or self.is_built(server.address), "the old site is not whole"
        if latest.status == 404 or self.has_failed(api):
            assert latest.status == 200 or not acknowledged, "an accepted build is lost"
            assert self.call(api).status == 202
        wait_until(lambda: self.is_built(server.address), "the build is taken up", 60)
        wait_until(lambda: api.get("/public/builds/latest").json["status"] == "success", "the build ends", 60, every=0.5)
        images = [i["image_id"] for i in api.must("GET", f"/images?project={self.facts['project']}")["images"]]
        # A build that was killed behind its commit has left its image in the history; the one that took it up may add its own.
        assert len(images) in (2, 3) and self.facts["old"] in images, images


OPERATIONS = {"upload": Upload, "commit": Commit, "release": Release, "rollback": Rollback, "delete_account": DeleteAccount, "verify_domain": VerifyDomain,
              "collect": Collect, "purge_blob": PurgeBlob, "purge_image": PurgeImage, "backup": Backup, "save_pages": SavePages, "build": Build}


class Stage:
    """The prepared state of one operation, from which each experiment starts anew."""

    def __init__(self, kind):
        self.operation = kind()
        self.traces = []
        self.folder = tempfile.TemporaryDirectory(prefix=f"sitepod-{kind.__name__}-")
        self.master = f"{self.folder.name}/master"
        with Server(data=self.master, env=self.operation.env) as server:
            api = Api(server.address).login()
            self.operation.prepare(api)
            self.token = api.token

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.operation.close()
        self.folder.cleanup()

    def trace(self, server, *options):
        """The operation's trace; it ends with the experiment at the latest."""
        self.traces.append(self.operation.trace(server, *options))
        return self.traces[-1]

    @contextlib.contextmanager
    def server(self):
        """A started server on a fresh copy of the state, and a client of its owner. A failure shows the end of its log."""
        copy = f"{self.folder.name}/data"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.master, copy)
        self.operation.reset()
        server = Server(data=copy, env=self.operation.env)
        try:
            server.start()
            yield server, Api(server.address, self.token)
        except AssertionError:
            print(f"--- threads of the server: {server.thread_states()}\n--- log of the server\n{server.log()[-4000:]}")
            raise
        finally:
            while self.traces:
                self.traces.pop().end()
            server.kill()

    def judge(self, server, acknowledged):
        """Restarts what is left, checks the operation's invariants, stops, runs fsck."""
        server.start()
        self.operation.check(server, Api(server.address, self.token), acknowledged)
        code = server.stop()
        assert code == 0, f"the restarted server ended with {code}\n{server.log()}"
        done = run_program("fsck", "--data", server.data, env=self.operation.env)
        assert done.returncode == 0, f"fsck: {done.stdout}{done.stderr}"
