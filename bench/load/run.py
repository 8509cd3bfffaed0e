#!/usr/bin/env python3
"""Load benchmarks as ratios: our release build, nginx, Caddy and the null loop, the same files, the same machine, rounds interleaved
A B C D D C B A, medians with their spread, ratios as medians of the rounds' own. Each server is pinned to one core, the light client to the other. The primary figure is the
server's CPU time per request; requests per second depend on the client too. Ends with the deploy figures.

usage: run.py [--rounds N] [--seconds S] [--only WORD,…] [--save] [--check]
--only: parts whose name contains one of the words (scenario names, hosts, counts, deploy). --save writes bench/results/. --check: exit 1
when a goal is missed. As root everything runs in its own network namespace with congestion control fixed to reno for all servers.
"""
import argparse
import concurrent.futures
import contextlib
import datetime
import json
import os
import pathlib
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from support import hashes, sites  # noqa: E402
from support.api import Api  # noqa: E402
from support.cli import Cli  # noqa: E402
from support.server import Server, descendants, process_cpu_seconds, wait_until  # noqa: E402
from support.wire import Wire, fetch, request_bytes  # noqa: E402

BUILD = pathlib.Path(os.environ.get("SITEPOD_BUILD", ROOT / "out/release"))
CLIENT, NULL_SERVER, COUNTER = (BUILD / "bench/load" / name for name in ("light_client", "null_server", "count_preload.so"))
SERVER_CORE, CLIENT_CORE = "0", "1"
HOSTS = 10_000
FILES = {"1k.bin": 1024, "10k.bin": 10 * 1024, "100k.bin": 100 * 1024, "10m.bin": 10 << 20}

# name, target, connections, options of the client, goals as (against, at least; "nginx CPU" is one of CPU time), the servers that take part
SCENARIOS = [
    ("1 KiB", "/1k.bin", 64, {}, (("nginx", 1.7), ("caddy", 8), ("null", 0.85)), ("sitepod", "nginx", "caddy", "null")),
    ("304", "/1k.bin", 64, {"etag": True}, (("nginx", 1.3), ("caddy", 7)), ("sitepod", "nginx", "caddy")),
    ("10 KiB", "/10k.bin", 64, {}, (("nginx", 1.35), ("caddy", 6)), ("sitepod", "nginx", "caddy")),
    ("100 KiB", "/100k.bin", 64, {}, (("nginx", 1.15), ("caddy", 1.5)), ("sitepod", "nginx", "caddy")),
    ("10 MiB", "/10m.bin", 8, {}, (("nginx", 0.95), ("caddy CPU", 1.2)), ("sitepod", "nginx", "caddy")),  # the client's core is the limit of all three
    ("404", "/missing.js", 64, {}, (), ("sitepod", "nginx", "caddy")),
    ("pipelined x16", "/1k.bin", 64, {"pipeline": 16}, (("nginx CPU", 5),), ("sitepod", "nginx")),
    ("gzip variant", "/prose.html", 64, {"accept": "gzip"}, (), ("sitepod", "nginx")),
    ("br variant", "/prose.html", 64, {"accept": "br"}, (), ("sitepod",)),
]


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def pinned(core, *command):
    return ["taskset", "-c", core, *map(str, command)]


class Contestant:
    """A server under measurement: a port, the Host it answers to, and the processes whose CPU counts."""

    def __init__(self, name, port, pid, host="localhost"):
        self.name, self.port, self.pid, self.host = name, port, pid, host

    def cpu_seconds(self):
        return sum(process_cpu_seconds(pid) for pid in (self.pid, *descendants(self.pid)))


def wait_for_port(port):
    def answers():
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return True
        return False
    wait_until(answers, f"a server on port {port}")


@contextlib.contextmanager
def running(name, command, port, **more):
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more)
    try:
        wait_for_port(port)
        yield Contestant(name, port, process.pid)
    finally:
        process.terminate()
        process.wait()


NGINX = """
daemon off; master_process on; worker_processes 1; worker_rlimit_nofile 65536; pid {folder}/nginx.pid; error_log /dev/null crit;
{user}
events {{ worker_connections 8192; use epoll; multi_accept on; }}
http {{
  types {{ text/html html; application/octet-stream bin; text/javascript js; }}
  access_log off; server_tokens off; sendfile on; tcp_nopush on; tcp_nodelay on; keepalive_timeout 3600; keepalive_requests 1000000000;
  open_file_cache max=20000 inactive=3600s; open_file_cache_valid 3600s; open_file_cache_errors on; gzip_static on;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3; uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{ listen 127.0.0.1:{port}; root {root}; add_header Cache-Control "public, max-age=0, must-revalidate"; add_header X-Content-Type-Options nosniff; }}
}}
"""
CADDY = """
{{
  admin off
  auto_https off
}}
:{port} {{
  bind 127.0.0.1
  root * {root}
  file_server
}}
"""


@contextlib.contextmanager
def nginx(folder, root):
    port = free_port()
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, root=root, port=port, user="user root;" if os.geteuid() == 0 else ""))
    with running("nginx", pinned(SERVER_CORE, shutil.which("nginx") or "/usr/sbin/nginx", "-p", folder, "-c", config), port) as contestant:
        yield contestant


@contextlib.contextmanager
def caddy(folder, root):
    port = free_port()
    config = folder / "Caddyfile"
    config.write_text(CADDY.format(port=port, root=root))
    env = {**os.environ, "GOMAXPROCS": "1", "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with running("caddy", pinned(SERVER_CORE, "caddy", "run", "--config", config, "--adapter", "caddyfile"), port, env=env) as contestant:
        yield contestant


@contextlib.contextmanager
def null_loop(head_bytes):
    port = free_port()
    with running("null", pinned(SERVER_CORE, NULL_SERVER, "--port", port, "--body-bytes", 1024, "--head-bytes", head_bytes), port) as contestant:
        yield contestant


@contextlib.contextmanager
def sitepod(env=None, preload=None):
    env = {"SITEPOD_MAX_PROJECTS_PER_USER": "100000", **(env or {}), **(preload or {})}
    server = Server(env=env, wrapper=pinned(SERVER_CORE))
    with server:
        server.api = Api(server.address).login()
        yield server


def contestant_of(server, host):
    return Contestant("sitepod", server.port, server.pid, host)


def load(contestant, target, connections, seconds, etag=None, accept=None, pipeline=None, hosts=None):
    """One round: {rps, p50, p99, cpu_us}."""
    command = pinned(CLIENT_CORE, CLIENT, "--port", contestant.port, "--path", target, "--host", contestant.host, "--connections", connections, "--seconds", seconds)
    for flag, value in (("--if-none-match", etag), ("--accept-encoding", accept), ("--pipeline", pipeline), ("--hosts", hosts)):
        if value:
            command += [flag, str(value)]
    before = contestant.cpu_seconds()
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{contestant.name} {target}: {done.stderr.strip()}")
    answer = json.loads(done.stdout)
    return {"status": answer["status"], "rps": answer["requests_per_second"], "p50": answer["p50_us"], "p99": answer["p99_us"], "client_us": answer["client_cpu_us"],
            "cpu_us": (contestant.cpu_seconds() - before) * 1e6 / answer["requests"]}


class Report:
    def __init__(self):
        self.results, self.missed = {}, []

    def goal(self, what, value, limit, at_least=True):
        reached = value >= limit if at_least else value <= limit
        if not reached:
            self.missed.append(what)
        return f"{'≥' if at_least else '≤'} {limit:g} {'reached' if reached else 'MISSED'}"


def median(rounds, key):
    return statistics.median(r[key] for r in rounds)


def spread(rounds, key):
    values = [r[key] for r in rounds]
    return (max(values) - min(values)) / statistics.median(values) * 100


def interleave(names, rounds, measure):
    """{name: [round, …]}; every round asks each name once, every second one the other way round, so that a slow minute hits all alike."""
    results = {name: [] for name in names}
    for turn in range(rounds):
        for name in (names if turn % 2 == 0 else reversed(list(names))):
            results[name].append(measure(name))
    return results


def ratio(over, under, key):
    """The median of the rounds' own ratios: on a machine whose speed wanders, neighbours in time can be compared and medians of each alone cannot."""
    return statistics.median(a[key] / b[key] for a, b in zip(over, under))


def print_scenario(report, title, results, goals, base="sitepod"):
    print(f"\n{title}")
    print(f"  {'server':10} {'status':>6} {'req/s':>10} {'spread':>7} {'p50 µs':>9} {'p99 µs':>9} {'CPU µs/req':>11} {'client':>7}  ratio of {base} (req/s, CPU)")
    ours = results[base]
    for name, rounds in results.items():
        versus = "" if name == base else f"{ratio(ours, rounds, 'rps'):6.2f}  {ratio(rounds, ours, 'cpu_us'):6.2f}"
        print(f"  {name:10} {rounds[0]['status']:>6} {median(rounds, 'rps'):10,.0f} {spread(rounds, 'rps'):6.1f}% {median(rounds, 'p50'):9.1f} {median(rounds, 'p99'):9.1f} {median(rounds, 'cpu_us'):11.2f} {median(rounds, 'client_us'):7.2f}  {versus}")
    for goal, limit in goals:
        against, _, kind = goal.partition(" ")  # "nginx CPU": the goal is one of CPU time
        if against in results:
            reached = ratio(results[against], ours, "cpu_us") if kind else ratio(ours, results[against], "rps")
            print(f"  goal: {reached:.2f} × {goal} {report.goal(f'{title} against {goal}', reached, limit)}")
    report.results[title] = {name: {key: [r[key] for r in rounds] for key in rounds[0]} for name, rounds in results.items()}


def build_site(folder):
    files = {name: sites.noise(size, name) for name, size in FILES.items()}
    files["prose.html"] = sites.text(20_000)
    files["404.html"] = b"<h1>not found</h1>"
    sites.write(files, folder)
    subprocess.run(["gzip", "-k", "-9", str(folder / "prose.html")], check=True)
    return files


def measure_serving(report, options, folder):
    chosen = [s for s in SCENARIOS if options.wants(s[0])]
    if not chosen:
        return
    root = folder / "site"
    root.mkdir()
    files = build_site(root)
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(sitepod())
        server.api.deploy("bench", files)
        host = "bench.localhost"
        for coding in ("gzip", "br"):
            wait_until(lambda: fetch(server.address, "/prose.html", host, {"Accept-Encoding": coding}).get("content-encoding") == coding, f"the {coding} variant", 60)
        head = len(fetch(server.address, "/1k.bin", host).head) + 4
        everyone = {c.name: c for c in (contestant_of(server, host), stack.enter_context(nginx(folder, root)), stack.enter_context(caddy(folder, root)), stack.enter_context(null_loop(head)))}
        for title, target, connections, kind, goals, names in chosen:
            def measure(name):
                who = everyone[name]
                etag = fetch(("127.0.0.1", who.port), target, who.host).get("etag") if kind.get("etag") else None
                return load(who, target, connections, options.seconds, etag, kind.get("accept"), kind.get("pipeline"))
            for name in names:
                load(everyone[name], target, connections, 0.3, accept=kind.get("accept"), pipeline=kind.get("pipeline"))  # warm
            print_scenario(report, title, interleave(names, options.rounds, measure), goals)


def deploy_hosts(server, count):
    """`count` projects h00000… with one page each, as a client with kept connections does it."""
    page = sites.noise(1024, "1k.bin")
    name = hashes.sha256(page)
    server.api.deploy("h00000", {"1k.bin": page})

    def deploy_share(numbers):
        with Wire(server.address, 120) as wire:
            for number in numbers:
                project = f"h{number:05d}"
                plan = server.api.must("POST", "/plan", {"project": project, "files": {"1k.bin": name}}, wire=wire)["plan_id"]
                server.api.must("POST", "/commit", {"plan_id": plan}, wire=wire)
                server.api.must("POST", "/release", {"project": project, "environment": "prod"}, wire=wire)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(deploy_share, [range(1 + i, count, 8) for i in range(8)]))


def memory(server):
    """(anonymous, of files) KiB resident."""
    fields = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{server.pid}/status").read_text().splitlines())
    return int(fields["RssAnon"].split()[0]), int(fields["RssFile"].split()[0])


def index_bytes(server):
    """Of all site indexes; the server may replace one by its next stage while this counts."""
    total = 0
    for file in (pathlib.Path(server.data) / "index").iterdir():
        with contextlib.suppress(FileNotFoundError):
            total += file.stat().st_size
    return total


def measure_hosts(report, options):
    if not options.wants("hosts"):
        return
    with sitepod() as alone, sitepod() as many:
        deploy_hosts(alone, 1)
        begin, (idle, idle_files) = time.monotonic(), memory(many)
        deploy_hosts(many, HOSTS)
        print(f"\n{HOSTS} sites deployed in {time.monotonic() - begin:.0f} s")
        many.stop()
        many.start()
        # A fresh start holds what idle sites need and nothing of their deploys.
        wait_until(lambda: Api(many.address).get("/health").status == 200, "the server after its restart")
        heap, files = memory(many)
        indexes = index_bytes(many) / HOSTS
        heap_a_site = (heap - idle) * 1024 / HOSTS - indexes
        print(f"  an idle site takes {heap_a_site:.0f} bytes of memory beside {indexes:.0f} of its index  goal {report.goal('memory of an idle site', heap_a_site, 2048, False)}; "
              f"pages of files {idle_files} KiB before, {files} after")
        report.results["idle_site"] = {"heap": heap_a_site, "index": indexes}
        hot = {"alone": contestant_of(alone, "h00000.localhost"), "sitepod": contestant_of(many, "h07919.localhost"), "spread": contestant_of(many, "h#####.localhost")}
        for who in hot.values():
            load(who, "/1k.bin", 64, 0.5, hosts=HOSTS if "#" in who.host else None)
        results = interleave(hot, options.rounds, lambda n: load(hot[n], "/1k.bin", 64, options.seconds, hosts=HOSTS if n == "spread" else None))
        print_scenario(report, f"one hot site among {HOSTS} (sitepod), the same alone, load spread over all (no goal)", results, (("alone", 0.95),))
        measure_start(report, many, f"{HOSTS} sites", 2)


def measure_start(report, server, what, limit):
    """Seconds from the start of the program to the first complete answer of the API."""
    seconds = []
    for _ in range(5):
        server.stop()
        begin = time.monotonic()
        server.start()
        seconds.append(time.monotonic() - begin)
    ready = statistics.median(seconds)
    print(f"  ready with {what:25}        {ready:.3f} s  goal {report.goal(f'ready with {what}', ready, limit, False)}")
    report.results[f"ready with {what}"] = seconds


def measure_flip(report, options):
    if not options.wants("flip"):
        return
    with sitepod() as server:
        images = [server.api.make_image("flip", {"1k.bin": sites.noise(1024, i)}) for i in range(2)]
        server.api.release("flip", images[0])
        who, stop = contestant_of(server, "flip.localhost"), threading.Event()

        def flip():
            turn = 0
            with Wire(server.address) as wire:
                while not stop.wait(0.1):
                    turn += 1
                    server.api.post("/release", {"project": "flip", "image_id": images[turn % 2]}, wire=wire)

        def measure(name):
            if name == "still":
                return load(who, "/1k.bin", 64, options.seconds)
            stop.clear()
            flipper = threading.Thread(target=flip)
            flipper.start()
            try:
                return load(who, "/1k.bin", 64, options.seconds)
            finally:
                stop.set()
                flipper.join()
        load(who, "/1k.bin", 64, 0.3)
        print_scenario(report, "a flip every 100 ms (sitepod) and none (still)", interleave(("sitepod", "still"), options.rounds, measure), ())


def measure_counts(report, options):
    """What a warm worker's request costs besides time: allocations and locks by a preloaded counter, system calls by strace."""
    if not options.wants("counts"):
        return
    print("\ncounts per request on a warm worker")
    with tempfile.NamedTemporaryFile() as file, sitepod(preload={"LD_PRELOAD": str(COUNTER), "COUNT_FILE": file.name}) as server:
        server.api.deploy("counts", {"1k.bin": sites.noise(1024), "100k.bin": sites.noise(100 * 1024)})

        def read():
            with open(file.name, "rb") as counters:
                return struct.unpack("<QQ", counters.read(16))
        requests = 20_000
        for target in ("/1k.bin", "/100k.bin"):
            with Wire(server.address) as wire:
                one = request_bytes("GET", target, "counts.localhost")

                def ask(count):
                    for _ in range(count):
                        wire.send(one)
                        wire.read_answer()
                ask(200)
                before = read()
                ask(requests)
                allocations, locks = ((after - old) / requests for after, old in zip(read(), before))
                for what, value in (("heap allocations", allocations), ("mutex locks", locks)):
                    # A worker's own timers may allocate now and then; one a thousand requests is not per request.
                    print(f"  {target:10} {what:17} {value:.4f}  goal {report.goal(f'{what} per request of {target}', value, 0.001, at_least=False)}")
                    report.results[f"{what} per request of {target}"] = value
        with tempfile.NamedTemporaryFile() as trace:
            strace = subprocess.Popen(["strace", "-f", "-c", "-p", str(server.pid), "-o", trace.name], stderr=subprocess.PIPE, text=True)
            strace.stderr.readline()
            with Wire(server.address) as wire:
                for _ in range(2000):
                    wire.get("/1k.bin", "counts.localhost")
            strace.send_signal(2)
            strace.wait()
            strace.stderr.close()
            calls = [line.split() for line in pathlib.Path(trace.name).read_text().splitlines()]
        per_request = {c[-1]: int(c[3]) / 2000 for c in calls if len(c) >= 5 and c[3].isdigit() and c[-1] != "total"}
        text = ", ".join(f"{name} {count:.2f}" for name, count in sorted(per_request.items(), key=lambda i: -i[1]) if count >= 0.01)
        print(f"  /1k.bin    system calls      {text}  (one request at a time: one receive, one send and one wait are the least)")
        futexes = per_request.get("futex", 0.0)
        print(f"  /1k.bin    futex calls       {futexes:.4f}  goal {report.goal('futex calls per request', futexes, 0.01, at_least=False)}")
        report.results["system calls per request"] = per_request


def timed(function):
    begin = time.monotonic()
    function()
    return time.monotonic() - begin


def measure_deploys(report, options, folder):
    if not options.wants("deploy"):
        return
    print("\ndeploy figures")
    source = folder / "files"
    for i in range(10_000):
        target = source / f"d{i // 100:02d}" / f"{i}.txt"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(sites.noise(4096, i))
    os.sync()

    def copy(number):
        target = folder / f"copy{number}"
        seconds = timed(lambda: (subprocess.run(["cp", "-r", str(source), str(target)], check=True), os.sync()))
        shutil.rmtree(target)
        os.sync()
        return seconds

    first, copies, again, unchanged = [], [], [], []
    for number in range(3):
        copies.append(copy(number))
        with Server() as server, Cli(server.url) as cli:
            cli.login()
            first.append(timed(lambda: cli.must("deploy", source, "-n", "large", "--prod", "-y")))
            for turn in range(3):
                (source / "d00" / "0.txt").write_bytes(sites.noise(4096, f"changed{number}.{turn}"))
                again.append(timed(lambda: cli.must("deploy", source, "-n", "large", "--prod", "-y")))
            unchanged.append(timed(lambda: cli.must("deploy", source, "-n", "large", "--prod", "-y")))
    ratio = statistics.median(first) / statistics.median(copies)
    print(f"  first deploy of 10,000 files of 4 KiB   {statistics.median(first):.2f} s; cp -r + sync {statistics.median(copies):.2f} s: {ratio:.2f} ×  goal {report.goal('first deploy against cp -r + sync', ratio, 2, False)}")
    seconds = statistics.median(again)
    print(f"  redeploy with one changed, whole CLI    {seconds:.3f} s  goal {report.goal('redeploy with one changed', seconds, 0.3, False)}; nothing changed {statistics.median(unchanged):.3f} s")
    report.results["deploy"] = {"first": first, "copy": copies, "again": again, "unchanged": unchanged}
    measure_empty(report)
    measure_plan(report)
    measure_release(report)
    measure_upload(report, folder)


def measure_empty(report):
    with Server() as server:
        measure_start(report, server, "nothing to serve", 0.1)
        resident = server.resident_kib() / 1024
        print(f"  memory of an empty server               {resident:.1f} MiB resident  goal {report.goal('memory of an empty server', resident, 25, False)}")
        report.results["empty_mib"] = resident


def measure_plan(report):
    with Server() as server:
        api = Api(server.address).login()
        body = json.dumps({"project": "plan", "files": [{"path": f"d{i // 100}/file-{i}.html", "blake3": hashes.sha256(b"%d" % i), "size": 4096} for i in range(10_000)]}).encode()
        walls, cpus = [], []
        with Wire(server.address) as wire:
            for _ in range(15):
                cpu = server.cpu_seconds()
                request = request_bytes("POST", "/api/v1/plan", "localhost", [("Authorization", f"Bearer {api.token}")], body)
                begin = time.monotonic()
                wire.send(request)
                answer = wire.read_answer()
                walls.append((time.monotonic() - begin) * 1000)
                cpus.append((server.cpu_seconds() - cpu) * 1000)
                if answer.status != 200:
                    raise RuntimeError(answer)
        wall, cpu = statistics.median(walls), statistics.mean(cpus)
        print(f"  /plan of 10,000 files                   {wall:.1f} ms from the first byte sent to the last received, {cpu:.1f} ms of server CPU  goal {report.goal('/plan of 10,000 files', cpu, 15, False)}")
        report.results["plan"] = {"wall_ms": walls, "cpu_ms": cpus}


def measure_release(report):
    with Server() as server:
        api = Api(server.address).login()
        images = [api.make_image("rel", {"index.html": b"%d" % i}) for i in range(2)]
        calls = []
        with Wire(server.address) as control, Wire(server.address) as visitor:
            for turn in range(500):
                begin = time.monotonic()
                answer = api.post("/release", {"project": "rel", "image_id": images[turn % 2]}, wire=control)
                calls.append((time.monotonic() - begin) * 1000)
                if answer.status != 200 or visitor.get("/", "rel.localhost").body != b"%d" % (turn % 2):
                    raise RuntimeError(f"release {turn} is not visible: {answer}")
        calls.sort()
        p50, p99 = calls[len(calls) // 2], calls[len(calls) * 99 // 100]
        print(f"  /release, commit and all workers        p50 {p50:.2f} ms, p99 {p99:.2f} ms for the whole call, database commit included  goal {report.goal('release to visible p99', p99, 5, False)}")
        report.results["release_ms"] = {"p50": p50, "p99": p99}


def measure_upload(report, folder):
    big = folder / "big.bin"
    with open(big, "wb") as file:
        for i in range(256):
            file.write(sites.noise(1 << 20, i))
    digest = hashes.hashlib.sha256(big.read_bytes()).hexdigest()
    copies, uploads = [], []
    for number in range(3):
        def copy():
            with open(big, "rb") as source, open(folder / "big.copy", "wb") as target:
                shutil.copyfileobj(source, target, 1 << 20)
                os.fsync(target.fileno())
        copies.append(timed(copy))
        os.unlink(folder / "big.copy")
        with Server(env={"SITEPOD_MAX_FILE_SIZE": str(1 << 30)}) as server:
            api = Api(server.address).login()
            plan = api.must("POST", "/plan", {"project": "big", "files": {"big.bin": digest}})["plan_id"]

            def upload():
                with Wire(server.address, 120) as wire, open(big, "rb") as source:
                    wire.send(request_bytes("POST", f"/api/v1/upload/{plan}/{digest}", "localhost", [("Authorization", f"Bearer {api.token}"), ("Content-Length", str(big.stat().st_size))]))
                    wire.socket.sendfile(source)
                    if wire.read_answer().status != 200:
                        raise RuntimeError("upload refused")
                api.must("POST", "/commit", {"plan_id": plan})
            uploads.append(timed(upload))
            peak = server.peak_resident_kib()
    ratio = statistics.median(copies) / statistics.median(uploads)
    print(f"  upload + commit of 256 MiB              {statistics.median(uploads):.2f} s; cp + fsync {statistics.median(copies):.2f} s: {ratio:.2f} of its speed  goal {report.goal('upload against cp + fsync', ratio, 0.6)}; peak memory {peak >> 10} MiB")
    report.results["upload"] = {"upload": uploads, "copy": copies, "peak_kib": peak}


def describe_machine():
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown processor")
    congestion = pathlib.Path("/proc/sys/net/ipv4/tcp_congestion_control").read_text().strip()
    return {"processor": model, "cores": os.cpu_count(), "kernel": os.uname().release, "congestion_control": congestion}


def save(report, machine):
    commit = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    path = ROOT / "bench/results" / f"{datetime.date.today().isoformat()}-{commit}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"machine": machine, "missed": report.missed, "results": report.results}, indent=1) + "\n")
    print(f"saved {path.relative_to(ROOT)}")


def enter_own_network():
    """As root: a network namespace of our own, with loopback up and the same congestion control for every server."""
    if os.geteuid() != 0 or os.environ.get("SITEPOD_BENCH_NETWORK"):
        return
    script = "ip link set lo up && echo reno > /proc/sys/net/ipv4/tcp_congestion_control; exec \"$@\""
    probe = subprocess.run(["unshare", "--net", "true"], capture_output=True)
    if probe.returncode == 0:
        os.environ["SITEPOD_BENCH_NETWORK"] = "own"
        os.execvp("unshare", ["unshare", "--net", "sh", "-c", script, "sh", sys.executable, os.path.abspath(__file__), *sys.argv[1:]])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--seconds", type=float, default=0.8)
    parser.add_argument("--only")
    parser.add_argument("--save", action="store_true")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    words = [w.strip().lower() for w in options.only.split(",")] if options.only else []
    options.wants = lambda name: not words or any(w in name.lower() for w in words)
    enter_own_network()
    os.environ.setdefault("SITEPOD_BINARY", str(BUILD / "sitepod"))
    machine, report = describe_machine(), Report()
    print(f"{machine['processor']}, {machine['cores']} cores, Linux {machine['kernel']}, {machine['congestion_control']}; {options.rounds} interleaved rounds of {options.seconds:g} s; "
          f"server on core {SERVER_CORE}, client on core {CLIENT_CORE}; medians")
    with tempfile.TemporaryDirectory(prefix="sitepod-bench-") as scratch:
        folder = pathlib.Path(scratch)
        measure_serving(report, options, folder)
        measure_hosts(report, options)
        measure_flip(report, options)
        measure_counts(report, options)
        measure_deploys(report, options, folder)
    print("\nevery goal reached" if not report.missed else "\ngoals missed: " + "; ".join(report.missed))
    if options.save:
        save(report, machine)
    sys.exit(1 if options.check and report.missed else 0)


if __name__ == "__main__":
    main()
