"""Chromium without a window, spoken to over its debugging pipe; answers only to this process and loads only from this machine.

with Browser() as browser, browser.page("http://name.localhost:port/") as page:
    page.evaluate("document.title")
"""
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

SECONDS = 60


class BrowserError(AssertionError):
    pass


class Browser:
    def __init__(self, env=None):
        program = shutil.which("chromium")
        if not program:
            raise BrowserError("there is no chromium: run tools/install_packages.sh test")
        self.folder = tempfile.mkdtemp(prefix="sitepod-browser-")
        hears, self.speaks = os.pipe()
        self.listens, tells = os.pipe()
        os.set_inheritable(hears, True)
        os.set_inheritable(tells, True)
        # Every name is this machine's; nothing else can be reached.
        command = [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-extensions", "--disable-background-networking",
                   "--disable-component-update", "--disable-sync", "--mute-audio", "--hide-scrollbars", f"--user-data-dir={self.folder}",
                   "--host-resolver-rules=MAP * 127.0.0.1", "--remote-debugging-pipe", "about:blank"]
        plumb = f"exec 3<&{hears} 4>&{tells}; exec \"$@\""
        self.process = subprocess.Popen(["/bin/bash", "-c", plumb, "bash", *command], pass_fds=(hears, tells), stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "HOME": self.folder, **(env or {})})
        os.close(hears)
        os.close(tells)
        self.buffer, self.number, self.events = b"", 0, []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.call("Browser.close")
        except (BrowserError, OSError):
            self.process.kill()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.speaks)
        os.close(self.listens)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _read(self, deadline):
        while b"\0" not in self.buffer:
            left = deadline - time.monotonic()
            readable, _, _ = select.select([self.listens], [], [], max(left, 0))
            data = os.read(self.listens, 1 << 20) if readable else b""
            if not data:
                raise BrowserError("the browser ended" if readable else f"the browser said nothing for {SECONDS} s")
            self.buffer += data
        message, _, self.buffer = self.buffer.partition(b"\0")
        return json.loads(message)

    def call(self, method, parameters=None, session=None):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters or {}}
        if session:
            message["sessionId"] = session
        os.write(self.speaks, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + SECONDS
        while True:
            answer = self._read(deadline)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise BrowserError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def wait_for(self, method, session):
        """The next event of that name that nobody has taken yet."""
        deadline = time.monotonic() + SECONDS
        while True:
            for i, event in enumerate(self.events):
                if event.get("method") == method and event.get("sessionId") == session:
                    return self.events.pop(i)["params"]
            self.events.append(self._read(deadline))

    def page(self, url=None, dark=False):
        return Page(self, url, dark)


class Page:
    """One tab. `problems` is what its console complained about; `dialogs` counts alert() and its kind; `requests` lists what it loaded."""

    def __init__(self, browser, url, dark):
        self.browser = browser
        context = browser.call("Target.createBrowserContext")["browserContextId"]
        self.context = context
        self.target = browser.call("Target.createTarget", {"url": "about:blank", "browserContextId": context, "width": 1280, "height": 900})["targetId"]
        self.session = browser.call("Target.attachToTarget", {"targetId": self.target, "flatten": True})["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")
        self.call("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]})
        if url:
            self.open(url)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.browser.call("Target.disposeBrowserContext", {"browserContextId": self.context})
        self.browser.events = [event for event in self.browser.events if event.get("sessionId") != self.session]

    def call(self, method, parameters=None):
        return self.browser.call(method, parameters, self.session)

    def open(self, url):
        # Events of the page before are no longer of interest.
        self.browser.events = [event for event in self.browser.events if event.get("sessionId") != self.session]
        self.call("Page.navigate", {"url": url})
        self.browser.wait_for("Page.loadEventFired", self.session)
        return self

    def evaluate(self, expression):
        answer = self.call("Runtime.evaluate", {"expression": expression, "awaitPromise": True, "returnByValue": True})
        if "exceptionDetails" in answer:
            raise BrowserError(f"{expression[:200]}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def wait_until(self, expression, what):
        deadline = time.monotonic() + SECONDS
        while not (value := self.evaluate(expression)):
            if time.monotonic() > deadline:
                raise BrowserError(f"not within {SECONDS} s: {what}; the page said {self.problems()}")
            self.evaluate("new Promise((done) => setTimeout(done, 20))")
        return value

    def click(self, selector):
        self.evaluate(f"document.querySelector({json.dumps(selector)}).click()")

    def _events(self, method):
        self.evaluate("0")  # what happened before this answer has arrived
        return [event["params"] for event in self.browser.events if event.get("sessionId") == self.session and event.get("method") == method]

    def problems(self):
        said = [f"{one['entry']['source']}: {one['entry']['text']} {one['entry'].get('url', '')}" for one in self._events("Log.entryAdded")
                if one["entry"]["level"] in ("error", "warning")]
        return said + [f"exception: {one['exceptionDetails']['text']}" for one in self._events("Runtime.exceptionThrown")]

    def requests(self):
        return [one["request"]["url"] for one in self._events("Network.requestWillBeSent")]

    def dialogs(self):
        return len(self._events("Page.javascriptDialogOpening"))

    def encoded_bytes(self, is_counted=lambda url: True):
        """What came over the wire for the page and everything it loaded, with headers."""
        urls = {one["requestId"]: one["request"]["url"] for one in self._events("Network.requestWillBeSent")}
        return sum(int(one["encodedDataLength"]) for one in self._events("Network.loadingFinished") if is_counted(urls.get(one["requestId"], "")))
