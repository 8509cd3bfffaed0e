#!/usr/bin/env python3
"""Builds of equal content by us and by hugo, one after the other in the same run; then what a writer waits for on a real server.

usage: run.py [--rounds N] [--only cold,server] [--check]
Cold builds read a folder of markdown and write a site. Hugo's layouts are the least that shows a page, its table of contents and the list of
its section; ours is the whole theme with sidebars, feeds and raw markdown. The search index, which hugo makes none of, is left out of the
comparison and printed beside it. --check: exit 1 when a goal is missed.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "bench/build")]
import content  # noqa: E402
from support.api import Api  # noqa: E402
from support.content import writer_of  # noqa: E402
from support.server import Server, wait_until  # noqa: E402
from support.wire import Wire, fetch  # noqa: E402

BUILD = pathlib.Path(os.environ.get("SITEPOD_BUILD", ROOT / "out/release"))
PROGRAM = BUILD / "bench/build/build_folder"
# Cold builds read and write here where there is such a place: ext4 passes over names that were removed in the last seconds, which would be measured.
IN_MEMORY = "/dev/shm" if os.path.isdir("/dev/shm") else None

HUGO_CONFIG = """baseURL = "https://bench.example/"
title = "Bench"
disableKinds = ["taxonomy", "term"]
[markup.highlight]
noClasses = false
codeFences = {fences}
"""
HUGO_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{{ .Title }}</title>
<link rel="canonical" href="{{ .Permalink }}"></head><body><nav>{{ range .Site.Sections }}<a href="{{ .RelPermalink }}">{{ .Title }}</a>{{ end }}</nav>
<article><h1>{{ .Title }}</h1>{{ .TableOfContents }}{{ .Content }}</article>
{{ with .NextInSection }}<a rel="next" href="{{ .RelPermalink }}">{{ .Title }}</a>{{ end }}{{ with .PrevInSection }}<a rel="prev" href="{{ .RelPermalink }}">{{ .Title }}</a>{{ end }}</body></html>
"""
HUGO_LIST = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{{ .Title }}</title></head><body>
<ul>{{ range .Pages }}<li><a href="{{ .RelPermalink }}">{{ .Title }}</a></li>{{ end }}</ul></body></html>
"""

missed = []


def goal(what, value, limit, at_least=False):
    good = value >= limit if at_least else value <= limit
    if not good:
        missed.append(what)
    return f"(goal {'≥' if at_least else '≤'} {limit}: {'met' if good else 'MISSED'})"


# A small process starts what is measured: the peak that the kernel tells of a child begins with the memory of the process it was forked from.
STARTER = """
import os, subprocess, sys, time
start = time.perf_counter()
process = subprocess.Popen(sys.argv[1:])
_, status, usage = os.wait4(process.pid, 0)
print(time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def measure(command):
    """Seconds, CPU seconds, peak MiB and what was printed."""
    ran = subprocess.run([sys.executable, "-c", STARTER, *map(str, command)], stdout=subprocess.PIPE, text=True, check=False)
    if ran.returncode != 0:
        raise SystemExit(f"{command[0]} ended with {ran.returncode}\n{ran.stdout}")
    *said, figures = ran.stdout.splitlines()
    return (*map(float, figures.split()), "\n".join(said))


class Contest:
    def __init__(self, folder, pages, is_coloured):
        self.content, self.hugo, self.out = folder / "ours", folder / "hugo", folder / "out"
        self.names = [f"docs/{section}/{name}" for section, name, _, _ in pages]
        content.write_folder(self.content, pages)
        content.write_folder(self.hugo / "content", pages)
        layouts = self.hugo / "layouts/_default"
        layouts.mkdir(parents=True)
        (self.hugo / "config.toml").write_text(HUGO_CONFIG.format(fences=str(is_coloured).lower()))
        (layouts / "single.html").write_text(HUGO_PAGE)
        (layouts / "list.html").write_text(HUGO_LIST)

    def ours(self):
        return self.race([PROGRAM, "--no-search", self.content, self.out], ".html")

    def ours_with_search(self):
        return self.race([PROGRAM, self.content, self.out], ".html")

    def theirs(self):
        return self.race(["hugo", "--quiet", "--source", self.hugo, "--destination", self.out, "--ignoreCache"], "/index.html")

    def race(self, command, ending):
        shutil.rmtree(self.out, ignore_errors=True)
        figures = measure(command)
        if missing := [name for name in self.names if not (self.out / (name + ending)).exists()]:
            raise SystemExit(f"{command[0]} left out {len(missing)} pages, {missing[0]} among them")
        return figures


def cold(options):
    for count in (1_000, 5_000):
        for is_coloured in (True, False):
            pages = content.pages(ROOT / "out/bench-content", count)
            if not is_coloured:
                pages = [(s, n, t, content.without_languages(text)) for s, n, t, text in pages]
            with tempfile.TemporaryDirectory(prefix="sitepod-bench-", dir=IN_MEMORY) as folder:
                contest = Contest(pathlib.Path(folder), pages, is_coloured)
                rounds = [(contest.ours(), contest.theirs(), contest.ours_with_search()) for _ in range(options.rounds)]
            name = f"{count:,} pages cold, {'coloured code' if is_coloured else 'plain code'}"
            ours, theirs, whole = ([statistics.median(column) for column in zip(*(r[side][:3] for r in rounds))] for side in (0, 1, 2))
            spread = [b[0] / a[0] for a, b, _ in rounds]
            ratio = statistics.median(spread)
            print(f"\n{name}")
            print(f"  sitepod {ours[0]:6.2f} s  {ours[1]:6.2f} s CPU  {ours[2]:5.0f} MiB   {rounds[-1][0][3]}")
            print(f"    with the search index {whole[0]:.2f} s  {whole[1]:.2f} s CPU  {whole[2]:.0f} MiB {goal(name + ', memory', whole[2], 150)}")
            print(f"  hugo    {theirs[0]:6.2f} s  {theirs[1]:6.2f} s CPU  {theirs[2]:5.0f} MiB")
            print(f"  {ratio:.1f} × faster ({min(spread):.1f}–{max(spread):.1f}), {theirs[1] / ours[1]:.1f} × in CPU {goal(name, ratio, 8, at_least=True)}")


def server(options):
    chosen = content.pages(ROOT / "out/bench-content", 5_000)
    pages = [{"title": t, "contentType": "docs", "section": s, "slug": n, "content": text} for s, n, t, text in chosen]
    with Server(env={"SITEPOD_BUILD_COOLDOWN": "0", "SITEPOD_CONTENT_RATE_LIMIT": "1000000"}) as running:
        owner = Api(running.address).login("bench@example.org")
        writer = writer_of(owner)

        def save(batch, **more):
            """From the first byte sent to the answer; texts as they are, not in the \\u escapes of Python's JSON."""
            body = json.dumps({"pages": batch, **more}, ensure_ascii=False).encode()
            start = time.perf_counter()
            answer = writer.post("/pages", body, fields={"Content-Type": "application/json"})
            if answer.status != 200:
                raise SystemExit(f"{answer.status} {answer.body[:500]!r}")
            return time.perf_counter() - start

        print("\na server with 5,000 pages")
        seconds = save(pages)
        print(f"  batch of 5,000 new pages       {seconds:.2f} s {goal('batch of new pages', seconds, 1)}; once more, nothing new {save(pages):.2f} s")
        changed = [{**page, "content": page["content"] + "\n\nChanged.\n"} for page in pages]
        seconds = save(changed)
        print(f"  batch of 5,000 changed pages   {seconds:.2f} s {goal('batch of changed pages', seconds, 1)}")

        def built():
            latest = writer.get("/builds/latest").json
            return latest if latest["status"] in ("success", "failed") else None

        writer.post("/builds")
        first = wait_until(built, "the build ends", 300)
        print(f"  first build, stored and released  {first['durationMs']} ms, {first['status']}")
        host = re.sub(r"^https?://|:\d+$", "", writer.get("/pages?limit=1").json["pages"][0]["url"].split("/docs/")[0])
        page = changed[len(changed) // 2]
        times, builds = [], []
        with Wire(running.address, 60) as wire:
            for i in range(options.rounds * 2):
                mark = f"Mark number {i} of this run."
                start = time.perf_counter()
                save([{**page, "content": page["content"] + mark}], build=True)
                while mark.encode() not in wire.ask("GET", f"/docs/{page['section']}/{page['slug']}", host).body:
                    time.sleep(0.001)
                times.append((time.perf_counter() - start) * 1000)
                builds.append(wait_until(built, "the build ends", 60)["durationMs"])
        print(f"  one changed body: request to visible {statistics.median(times):.0f} ms ({min(times):.0f}–{max(times):.0f}), of it the build {statistics.median(builds):.0f} ms "
              f"{goal('one changed body', statistics.median(times), 50)}")


def social(options):
    """The pictures that stand for pages are made after the build, once for what they show; all other figures are without them."""
    pages = [{"title": f"Page {i} about things of all kinds", "slug": f"p{i}", "contentType": "docs"} for i in range(1_000)]
    with Server(env={"SITEPOD_BUILD_COOLDOWN": "0", "SITEPOD_CONTENT_RATE_LIMIT": "1000000", "SITEPOD_SOCIAL_IMAGES": "true"}) as running:
        writer = writer_of(Api(running.address).login("bench@example.org"))
        start = time.perf_counter()
        assert writer.post("/pages", {"pages": pages, "build": True}).status == 200
        wait_until(lambda: writer.get("/builds/latest").json["status"] == "success", "the build ends", 300)
        built = time.perf_counter() - start
        host = re.sub(r"^https?://|:\d+$", "", writer.get("/pages?limit=1").json["pages"][0]["url"].split("/docs/")[0])
        size, waiting = 0, [page["slug"] for page in pages]
        with Wire(running.address, 60) as wire:
            paths = {re.search(r'og:image" content="https?://[^/]+(/[^"]+)', wire.ask("GET", f"/docs/{slug}", host).body.decode())[1] for slug in waiting}
            for path in paths:
                while (answer := wire.ask("GET", path, host)).status != 200:
                    time.sleep(0.05)
                size += len(answer.body)
        print(f"\nsocial images of 1,000 new pages: the site after {built:.1f} s, the last picture after {time.perf_counter() - start:.1f} s, {size / len(paths) / 1024:.0f} KiB each")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="cold,server,social")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    print(subprocess.run(["hugo", "version"], capture_output=True, text=True, check=True).stdout.strip())
    if "cold" in options.only:
        cold(options)
    if "server" in options.only:
        server(options)
    if "social" in options.only:
        social(options)
    if missed:
        print("\nmissed: " + "; ".join(missed))
    return 1 if options.check and missed else 0


if __name__ == "__main__":
    sys.exit(main())
