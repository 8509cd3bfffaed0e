"""A real `sitepod serve` in a temporary folder on a free port, for one test class or one test.

Readiness is the line the program prints, never a wait for luck. Leaving the context stops it by SIGTERM and asserts exit code 0:
a server that cannot end cleanly fails the test that used it.
"""
import os
import pathlib
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SECONDS_TO_START = 60  # generous for sanitizer builds on a busy machine
SECONDS_TO_STOP = 60


def binary():
    path = os.environ.get("SITEPOD_BINARY")
    if path:
        return path
    for candidate in (ROOT / "out/release/sitepod", ROOT / "bin/sitepod"):
        if candidate.exists():
            return str(candidate)
    raise RuntimeError("no sitepod program: set SITEPOD_BINARY or run `make build`")


class Server:
    """`env` adds variables; `wrapper` is a command put before the program (strace, taskset, …)."""

    def __init__(self, data=None, env=None, args=(), wrapper=(), domain="localhost:0", rate_limit=1_000_000, listen="127.0.0.1:0"):
        self.own_folder = tempfile.mkdtemp(prefix="sitepod-test-") if data is None else None
        self.data = data or os.path.join(self.own_folder, "data")
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("SITEPOD_")}
        self.env["SITEPOD_SOCIAL_IMAGES"] = "false"  # they cost processor time that few tests are about
        if rate_limit:
            self.env["SITEPOD_RATE_LIMIT"] = str(rate_limit)
        self.env.update(env or {})
        self.args = list(args)
        self.wrapper = list(wrapper)
        self.domain = domain
        self.listen = listen
        self.process = None
        self.pid = None
        self.address = None
        self.log_path = None
        self.ready_line = ""

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.remove_folder()
            raise

    def __exit__(self, kind, value, _):
        try:
            if self.process is not None:
                code = self.stop()
                if kind is None and code != 0:
                    raise AssertionError(f"the server ended with {code} after SIGTERM\n{self.log()}")
            if kind is not None:
                print(f"--- log of the server\n{self.log()[-8000:]}")
        finally:
            self.remove_folder()

    def remove_folder(self):
        if self.own_folder:
            shutil.rmtree(self.own_folder, ignore_errors=True)

    def command(self):
        return [*self.wrapper, binary(), "serve", "--data", self.data, "--listen", self.listen, "--domain", self.domain, *self.args]

    def start(self, listen_seconds=SECONDS_TO_START):
        self.spawn()
        self.wait_until_ready(listen_seconds)
        return self

    def spawn(self):
        handle, self.log_path = tempfile.mkstemp(prefix="sitepod-log-", dir=self.own_folder)
        self.process = subprocess.Popen(self.command(), env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=handle)
        os.close(handle)
        self.pid = self.process.pid

    def wait_until_ready(self, seconds=SECONDS_TO_START):
        deadline = time.monotonic() + seconds
        text = b""
        stream = self.process.stdout.fileno()
        while True:
            left = deadline - time.monotonic()
            readable, _, _ = select.select([stream], [], [], max(left, 0))
            data = os.read(stream, 65536) if readable else b""
            text += data
            found = re.search(rb"https?://[^\s/:]+:(\d+)\S*[^\n]*\n", text)
            if found:
                break
            if not data:
                self.kill()
                raise AssertionError(f"the server did not become ready: {text!r}\n{self.log()}")
        self.ready_line = text.decode()
        self.address = ("127.0.0.1", int(found.group(1)))
        if self.wrapper:
            self.pid = self._program_pid()

    @property
    def port(self):
        return self.address[1]

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def _program_pid(self):
        """The pid of the program under the wrapper, which may have exec'ed or forked it."""
        wanted = os.path.realpath(binary())
        for pid in [self.process.pid, *descendants(self.process.pid)]:
            try:
                if os.path.realpath(os.readlink(f"/proc/{pid}/exe")) == wanted:
                    return pid
            except OSError:
                continue
        raise AssertionError("the program is not running under its wrapper")

    def log(self):
        try:
            return pathlib.Path(self.log_path).read_text(errors="replace")
        except (OSError, TypeError):
            return ""

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def stop(self):
        """SIGTERM and wait; the exit code."""
        if self.process.poll() is None:
            os.kill(self.pid, signal.SIGTERM)
        try:
            code = self.process.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the server did not end within {SECONDS_TO_STOP} s of SIGTERM\n{self.log()}")
        self.process.stdout.close()
        self.process = None
        return code

    def kill(self):
        """SIGKILL, as a crash would."""
        if self.process is None:
            return
        if self.process.poll() is None:
            try:
                os.kill(self.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            if self.pid != self.process.pid:
                try:
                    self.process.wait(10)
                except subprocess.TimeoutExpired:
                    self.process.kill()
        try:
            self.process.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            raise RuntimeError(f"a killed server does not end: {self.thread_states()}")
        self.process.stdout.close()
        self.process = None

    def wait_for_end(self, seconds):
        return self.process.wait(seconds)

    def thread_states(self):
        """Name, state and tracer of each thread, and where in the kernel it waits: for the message of a test that waits in vain."""
        found = []
        for task in sorted(pathlib.Path(f"/proc/{self.pid}/task").glob("*")):
            try:
                status = dict(line.split(":\t", 1) for line in (task / "status").read_text().splitlines() if ":\t" in line)
                found.append(f"{status['Name']} {status['State']} traced by {status['TracerPid']}, {(task / 'wchan').read_text()} {(task / 'syscall').read_text().split()[0]}")
            except OSError:
                continue
        return "; ".join(found)

    # Figures from /proc that tests judge by.
    def open_descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def _status_kib(self, field):
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1])
        raise AssertionError(f"no {field} in /proc/{self.pid}/status")

    def resident_kib(self):
        return self._status_kib("VmRSS")

    def peak_resident_kib(self):
        return self._status_kib("VmHWM")

    def cpu_seconds(self):
        return process_cpu_seconds(self.pid)

    def temporary_files(self):
        folder = pathlib.Path(self.data) / "tmp"
        return [str(p) for p in folder.rglob("*") if p.is_file()] if folder.exists() else []

    def blob_files(self):
        folder = pathlib.Path(self.data) / "blobs"
        return [str(p) for p in folder.rglob("*") if p.is_file()]

    def database_files(self):
        """The SQLite files of the data folder, each database first and its companions after it."""
        found = []
        for path in sorted(pathlib.Path(self.data).rglob("*")):
            if path.is_file():
                with path.open("rb") as file:
                    is_database = file.read(16) == b"SQLite format 3\0"
                if is_database:
                    found += [f"{path}{suffix}" for suffix in ("", "-wal", "-shm") if os.path.exists(f"{path}{suffix}")]
        return found

    def blob_path(self, sha256):
        return pathlib.Path(self.data) / "blobs" / sha256[:2] / sha256


def descendants(pid):
    found = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as file:
                for child in map(int, file.read().split()):
                    found += [child, *descendants(child)]
    except OSError:
        pass
    return found


def process_cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run_program(*args, env=None, input=None, timeout=300, cwd=None):
    """One run of a word of the program other than `serve`."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("SITEPOD_")}
    clean.update(env or {})
    return subprocess.run([binary(), *args], env=clean, input=input, stdin=subprocess.DEVNULL if input is None else None,
                          capture_output=True, text=True, timeout=timeout, cwd=cwd)


def wait_until(condition, what, seconds=30, every=0.01):
    """Polls a condition that has no event to wait for; fails loudly after the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        select.select([], [], [], every)
