"""The frame of a contract test: one server a class, three accounts, and assertions in the words of the contract."""
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.api import Api, unique  # noqa: E402
from support.server import Server  # noqa: E402
from support.wire import Wire, fetch  # noqa: E402

SLOW = bool(os.environ.get("SITEPOD_SLOW_TESTS"))
SANITIZED = bool(os.environ.get("SITEPOD_SANITIZED"))  # figures of time and memory mean nothing under sanitizers
TIMESTAMP = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")
HEX64 = re.compile(r"^[0-9a-f]{64}$")


class ContractCase(unittest.TestCase):
    env = {}
    args = ()
    rate_limit = 1_000_000
    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        cls.server = Server(env=cls.env, args=cls.args, rate_limit=cls.rate_limit)
        cls.server.__enter__()
        cls.addClassCleanup(cls._stop_server)
        cls.admin = Api(cls.server.address).login("first@example.org")
        cls.user = Api(cls.server.address).login("user@example.org")
        cls.stranger = Api(cls.server.address).login("stranger@example.org")
        cls.anonymous = Api(cls.server.address)

    @classmethod
    def _stop_server(cls):
        cls.server.__exit__(None, None, None)

    def run(self, result=None):
        outcome = super().run(result)
        if result is not None and any(test is self for test, _ in [*result.failures, *result.errors]):
            print(f"--- end of the server's log after {self.id()}\n{self.server.log()[-3000:]}", file=sys.stderr)
        return outcome

    # The three ways to look at a site.
    def host(self, project, environment="prod"):
        name = project.lower()
        return f"{name}.localhost" if environment == "prod" else f"{name}-{environment}.localhost"

    def fetch(self, host, target="/", fields=(), method="GET", body=None):
        return fetch(self.server.address, target, host, fields, method, body)

    def wire(self, **more):
        wire = Wire(self.server.address, **more)
        self.addCleanup(wire.close)
        return wire

    def site(self, files, stem="site", api=None, environment="prod"):
        """Deploys and releases; the host where it is live."""
        project = unique(stem)
        (api or self.user).deploy(project, files, environment)
        return self.host(project, environment)

    # What every error answer must be.
    def assert_error(self, answer, status, code=None):
        statuses = status if isinstance(status, (tuple, list, set)) else (status,)
        self.assertIn(answer.status, statuses, answer)
        self.assertIsInstance(answer.json, dict, answer)
        self.assertIsInstance(answer.json.get("error"), str, answer)
        self.assertRegex(answer.json["error"], r"^[a-z][a-z0-9_]*$")
        self.assertIsInstance(answer.json.get("message"), str, answer)
        self.assertTrue(answer.json["message"].strip(), answer)
        self.assertNotIn(self.server.data, answer.body.decode(errors="replace"), "an answer names a path of the server")
        if code is not None:
            codes = code if isinstance(code, (tuple, list, set)) else (code,)
            self.assertIn(answer.json["error"], codes, answer)

    def assert_ok(self, answer, status=200):
        self.assertEqual(answer.status, status, answer)
        self.assertEqual((answer.get("content-type") or "").split(";")[0], "application/json")
        return answer.json

    def assert_timestamp(self, text):
        self.assertRegex(text, TIMESTAMP)

    def assert_alive(self):
        """The server still answers, and with sense."""
        answer = self.anonymous.get("/health")
        self.assertEqual(answer.status, 200, answer)
