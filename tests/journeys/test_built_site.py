#!/usr/bin/env python3
"""A real documentation tree of hundreds of pages, published by the content API and looked at as a visitor, a crawler, a validator and an
accessibility checker do."""
import concurrent.futures
import html.parser
import os
import re
import shutil
import subprocess
import sys
import unittest
from urllib.parse import unquote, urljoin, urlsplit

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support.browser import Browser  # noqa: E402
from support.content import ContentCase  # noqa: E402
from support.packages import package, pages_of  # noqa: E402
from support.server import wait_until  # noqa: E402
from support.wire import Wire, fetch  # noqa: E402

MAX_FIRST_LOAD = 30 * 1024
DRAWN = """Euler: $e^{i\\pi} + 1 = 0$ and

$$\\sum_{k=1}^{n} k = \\frac{n(n+1)}{2}$$

A mistake: $\\frac{$

```mermaid
graph LR
  A[Write] --> B[Publish]
```

```mermaid
graph what is this
```
"""


class Reader(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.links, self.ids = set(), set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name == "id":
                self.ids.add(value)
            elif name in ("href", "src") and value is not None and not (tag == "link" and ("rel", "canonical") in attrs):
                self.links.add(value)


class BuiltSite(ContentCase):
    env = {**ContentCase.env, "SITEPOD_BUILD_COOLDOWN": "0"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        author = cls.user.must("POST", "/authors", {"name": "Ada Lovelace", "bio": "Writes about engines."})["id"]
        pages = [page for name, section in (("stylelint@13.13.1", "stylelint"), ("@typescript-eslint/eslint-plugin@5.62.0", "typescript-eslint"),
                                            ("eslint-plugin-import@2.29.1", "eslint-import"), ("eslint-plugin-jsx-a11y@6.7.1", "jsx-a11y"), ("npm@10.9.0", "npm"))
                 for page in pages_of(name, section)]
        pages += pages_of("markdownlint@0.38.0", "markdownlint", "blog", tags=["Markdown", "lint"], authorId=author)
        pages += [{"title": "Drawn", "contentType": "docs", "slug": "drawn", "content": DRAWN},
                  {"title": "Endpoint", "contentType": "docs", "slug": "endpoint", "apiEndpoint": "DELETE /users/{id}", "content": "> [!WARNING]\n> Gone.\n\n- [x] done\n"},
                  {"title": "About", "contentType": "standalone", "content": "Who writes here."}]
        assert len(pages) >= 500, len(pages)
        cls.count = len(pages)
        said = cls.writer.save(*pages, build=True)
        assert said.status == 200, said
        cls.latest = wait_until(lambda: (lambda build: build if build["status"] in ("success", "failed") else None)(cls.writer.get("/builds/latest").json),
                                "the build ends", 170)
        assert cls.latest["status"] == "success", cls.latest
        cls.host = f"{cls.user.must('GET', '/projects')[0]['name']}.localhost"
        cls.site = f"http://{cls.host}:{cls.server.port}"
        cls.posts = [f"/blog/markdownlint/{page['slug']}" for page in pages if page["contentType"] == "blog"]
        cls.answers = cls.crawl()

    @classmethod
    def crawl(cls):
        """Every path that links lead to from the home page and the sitemap: {path: (status, type, body)}; redirects are followed."""
        answers, waiting = {}, ["/", "/404", "/search/", "/sitemap.xml", "/rss.xml", "/atom.xml", "/feed.json", "/llms.txt", "/robots.txt"]
        sitemap = fetch(cls.server.address, "/sitemap.xml", cls.host).body.decode()
        waiting += [urlsplit(url).path for url in re.findall(r"<loc>([^<]*)</loc>", sitemap)]
        with Wire(cls.server.address) as wire:
            while waiting:
                path = waiting.pop()
                if path in answers:
                    continue
                answer = wire.get(path, cls.host)
                if answer.status in (301, 302, 307, 308):
                    target = urlsplit(urljoin(path, answer.get("location"))).path
                    answers[path] = ("redirect", target, b"")
                    waiting.append(target)
                    continue
                answers[path] = (answer.status, answer.get("content-type") or "", answer.body)
                if answers[path][1].startswith("text/html"):
                    waiting += [target for target, _, _ in cls.targets(path, answer.body.decode())]
        return answers

    @classmethod
    def targets(cls, path, text):
        """(path, fragment, link) of each link within the site."""
        for link in Reader(text).links:
            parts = urlsplit(urljoin(cls.site + path, link))
            if parts.scheme in ("http", "https") and parts.netloc in (cls.host, urlsplit(cls.site).netloc):
                yield parts.path or "/", unquote(parts.fragment), link

    @classmethod
    def end_of(cls, path):
        answer = cls.answers[path]
        return cls.end_of(answer[1]) if answer[0] == "redirect" else (path, *answer)

    def html_pages(self):
        return {path: body.decode() for path, (status, kind, body) in self.answers.items() if str(kind).startswith("text/html")}

    def test_every_page_is_published_and_found(self):
        self.assertGreaterEqual(len(self.html_pages()), self.count)
        index = fetch(self.server.address, "/search/index.json", self.host).body.decode()
        self.assertGreaterEqual(index.count('["'), self.count)

    def test_no_link_within_the_site_is_broken_but_those_the_build_reports(self):
        ids = {path: Reader(text).ids for path, text in self.html_pages().items()}
        reported = {(link["page"], link["target"]) for link in self.latest["brokenLinks"]}
        missing, wrong_parts = [], set()
        for path, text in self.html_pages().items():
            for target, fragment, link in self.targets(path, text):
                end, status, *_ = self.end_of(target)
                if status != 200 and end != "/404":
                    missing.append((path, link, status))
                elif fragment and fragment not in ids.get(end, {fragment}):
                    wrong_parts.add((path, link))
        self.assertEqual([], missing)
        self.assertEqual(set(), {(path, link) for path, link in wrong_parts if (path, link) not in reported})
        for page, target in reported:
            self.assertIn("#", target, f"{page} leads to {target}: only parts of pages are missing in this tree")

    def test_every_page_is_valid_html(self):
        self.assertTrue(shutil.which("tidy"), "run tools/install_packages.sh test")

        def complaints(item):
            path, text = item
            done = subprocess.run(["tidy", "-q", "-e", "-utf8", "--drop-empty-elements", "no"], input=text, capture_output=True, text=True)
            return [f"{path}: {line}" for line in done.stderr.splitlines() if "proprietary attribute" not in line]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            found = [line for lines in pool.map(complaints, self.html_pages().items()) for line in lines]
        self.assertEqual([], found[:20], f"{len(found)} in all")

    def test_pages_have_no_serious_accessibility_problems_in_light_and_dark(self):
        axe = (package("axe-core@4.10.3") / "axe.min.js").read_text("utf-8")
        found = []
        with Browser() as browser:
            for dark in (False, True):
                with browser.page(dark=dark) as page:
                    for path in ("/", self.posts[3], "/blog/", "/docs/stylelint/readme", "/docs/endpoint", "/docs/drawn", "/docs/", "/docs/typescript-eslint/", "/tags/", "/tags/markdown/", "/authors/", "/search/?q=rule", "/404"):
                        page.open(self.site + path)
                        if path.startswith("/search"):
                            page.wait_until("document.querySelectorAll('#siteResults li').length > 0", "results of the search")
                        page.evaluate(axe)
                        report = page.evaluate("axe.run(document).then((r) => ({passed: r.passes.length, found: r.violations.map((v) => "
                                               "[v.impact, v.id, v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160) + ' ' + n.failureSummary)])}))")
                        self.assertGreater(report["passed"], 10, path)
                        found += [(path, "dark" if dark else "light", *one) for one in report["found"] if one[0] in ("serious", "critical")]
                        # Pictures of other hosts are out of reach here.
                        self.assertEqual([], [one for one in page.problems() if not one.startswith("network: ") or self.site in one], path)
        self.assertEqual([], found)

    def test_the_first_load_of_an_article_is_small(self):
        path = self.posts[3]
        assets = [link for link in Reader(self.html_pages()[path]).links if link.startswith("/assets/")]
        for asset in [path, *assets]:
            wait_until(lambda: fetch(self.server.address, asset, self.host, {"Accept-Encoding": "gzip"}).get("content-encoding") == "gzip"
                       or len(fetch(self.server.address, asset, self.host).body) < 1024, f"{asset} is compressed", 120)
        with Browser() as browser, browser.page(self.site + path) as page:
            self.assertTrue(all(url.startswith(self.site) for url in page.requests()), page.requests())
            self.assertLessEqual(page.encoded_bytes(lambda url: not re.search(r"\.(webp|png|jpe?g|svg)$", url)), MAX_FIRST_LOAD, page.requests())
            self.assertEqual([], page.problems())

    def test_math_and_diagrams_are_drawn_by_the_site_itself(self):
        with Browser() as browser, browser.page(self.site + "/docs/drawn") as page:
            page.wait_until("document.querySelectorAll('.math-drawn math').length === 2", "both formulas are drawn")
            page.evaluate("void document.querySelector('pre.mermaid').scrollIntoView()")
            page.wait_until("document.querySelectorAll('.diagram svg').length === 1", "the diagram is drawn")
            self.assertIn("\\frac{", page.evaluate("document.querySelector('article').innerText"))
            self.assertFalse(page.evaluate("document.querySelectorAll('pre.mermaid')[1].hidden"))
            self.assertIn("Publish", page.evaluate("document.querySelector('.diagram').textContent"))
            self.assertTrue(all(url.startswith(self.site) for url in page.requests()), page.requests())
            self.assertEqual([], page.problems())
            page.click(".theme-toggle")
            page.wait_until("document.querySelectorAll('.diagram svg').length === 1 && document.querySelector('.diagram svg').id !== 'siteDiagram1'", "drawn anew in dark")
        with Browser() as browser, browser.page(self.site + self.posts[0]) as page:
            self.assertFalse([url for url in page.requests() if re.search("katex|mermaid|math|diagram", url)])

    def test_the_search_finds_hyphenated_words_and_other_scripts(self):
        self.saved({"title": "Server-side rendering", "slug": "ssr", "contentType": "docs", "content": "Text.", "tags": ["edge-case"]},
                   {"title": "हिन्दी में लिखना", "slug": "hindi", "contentType": "docs", "content": "किताब पढ़ना अच्छा है।"}, build=True)
        wait_until(lambda: fetch(self.server.address, "/docs/hindi", self.host).status == 200, "the second build", 120)
        with Browser() as browser, browser.page(self.site + "/search/") as page:
            for query, title in (("server-side", "Server-side rendering"), ("side rend", "Server-side rendering"), ("edge-case", "Server-side rendering"),
                                 ("हिन्दी", "हिन्दी में लिखना"), ("किताब", "हिन्दी में लिखना")):
                page.evaluate(f"(() => {{ const field = document.querySelector('#siteQuery'); field.value = '{query}'; "
                              "field.dispatchEvent(new Event('input', {bubbles: true})); })()")
                page.wait_until(f"[...document.querySelectorAll('#siteResults .entry-title')].some((one) => one.textContent === '{title}')", f"{query} finds {title}")


if __name__ == "__main__":
    unittest.main()
