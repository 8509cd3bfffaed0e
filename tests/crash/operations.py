"""The four operations that must survive anything, each as: a state before it, the call, and what must hold after a crash inside it.

The test keeps its own record: `acknowledged` is the answer the client got, or None. Invariants are reliability.md's: I1 nothing
acknowledged is lost, I2 every environment points to one complete image (fsck), I3 a response is wholly of one image, I7 serving survives.
"""
import pathlib
import shutil
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import hashes, sites  # noqa: E402
from support.api import Api  # noqa: E402
from support.server import Server, run_program  # noqa: E402
from support.wire import WireClosed, fetch  # noqa: E402

PROJECT, HOST = "crash", "crash.localhost"
OLD = {"index.html": b"old home " * 300, "a.js": b"old script", "big.bin": sites.noise(100_000, "old")}
MID = {"index.html": b"mid home " * 300, "a.js": b"mid script", "big.bin": sites.noise(100_000, "mid")}
NEW = {"index.html": b"new home " * 300, "a.js": b"new script", "big.bin": sites.noise(100_000, "new")}


class Operation:
    """Subclasses: prepare() makes the state before, call() does it once, check() judges the state after a restart."""

    def __init__(self):
        self.facts = {}

    def attempt(self, api):
        """The answer, or None when there was none."""
        try:
            return self.call(api)
        except (OSError, WireClosed):
            return None

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
        return api.upload(self.facts["plan"], hashes.sha256(self.DATA), self.DATA, timeout=60)

    def check(self, server, api, acknowledged):
        path = server.blob_path(hashes.sha256(self.DATA))
        assert not path.exists() or path.read_bytes() == self.DATA, "a blob whose bytes do not have its name"
        assert not server.temporary_files(), "a temporary file survived the restart"
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
        return api.post("/commit", {"plan_id": self.facts["plan"]}, timeout=60)

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
        return api.post("/release", {"project": PROJECT, "image_id": self.facts["after"]}, timeout=60)


class Rollback(Pointer):
    def prepare(self, api):
        self.base(api)
        self.facts.update(after=self.facts["old"], before=api.deploy(PROJECT, NEW))
        self.facts["files"] = {self.facts["before"]: NEW, self.facts["after"]: OLD}

    def call(self, api):
        return api.post("/rollback", {"project": PROJECT, "environment": "prod"}, timeout=60)


OPERATIONS = {"upload": Upload, "commit": Commit, "release": Release, "rollback": Rollback}


class Stage:
    """The prepared state of one operation, from which each experiment starts anew."""

    def __init__(self, name):
        self.operation = OPERATIONS[name]()
        self.folder = tempfile.TemporaryDirectory(prefix=f"sitepod-{name}-")
        self.master = f"{self.folder.name}/master"
        with Server(data=self.master) as server:
            api = Api(server.address).login()
            self.operation.prepare(api)
            self.token = api.token

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def server(self):
        """A started server on a fresh copy of the state, and a client of its owner."""
        copy = f"{self.folder.name}/data"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.master, copy)
        server = Server(data=copy)
        server.start()
        return server, Api(server.address, self.token)

    def judge(self, server, acknowledged):
        """Restarts what is left, checks the operation's invariants, stops, runs fsck."""
        server.start()
        self.operation.check(server, Api(server.address, self.token), acknowledged)
        code = server.stop()
        assert code == 0, f"the restarted server ended with {code}\n{server.log()}"
        done = run_program("fsck", "--data", server.data)
        assert done.returncode == 0, f"fsck: {done.stdout}{done.stderr}"
