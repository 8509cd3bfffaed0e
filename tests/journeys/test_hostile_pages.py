#!/usr/bin/env python3
"""Page text never runs: every payload in every field that takes text, on every kind of page, in a real browser that is told to ignore the
site's security policy, so that escaping alone has to hold."""
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support.browser import Browser  # noqa: E402
from support.content import ContentCase  # noqa: E402
from support.server import wait_until  # noqa: E402
from support.wire import fetch  # noqa: E402

PAYLOADS = [
    "<script>alert(1)</script>", "<SCRIPT SRC=data:,alert(1)></SCRIPT>", "<scr<script>ipt>alert(1)</script>", "</title><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>", "--><script>alert(1)</script>", "]]><script>alert(1)</script>", "</script><script>alert(1)</script>",
    "</style><script>alert(1)</script>", "</article></main><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<img/src=x/onerror=alert(1)>",
    "\"><img src=x onerror=alert(1)>", "'><img src=x onerror=alert(1)>", "<img src=\"x`<script>alert(1)</script>\"` onerror=alert(1)>",
    "<svg onload=alert(1)>", "<svg><script>alert(1)</script></svg>", "<svg><animate onbegin=alert(1) attributeName=x></svg>",
    "<svg><a xlink:href=javascript:alert(1)><text x=20 y=20>x</text></a></svg>", "<svg><foreignObject><body onload=alert(1)></foreignObject></svg>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>", "<math><maction actiontype=statusline xlink:href=javascript:alert(1)>x</maction></math>",
    "<iframe src=javascript:alert(1)></iframe>", "<iframe srcdoc=\"<script>parent.alert(1)</script>\"></iframe>", "<object data=javascript:alert(1)></object>",
    "<embed src=javascript:alert(1)>", "<base href=javascript:alert(1)//>", "<link rel=stylesheet href=data:,*{x:expression(alert(1))}>",
    "<meta http-equiv=refresh content=\"0;url=javascript:alert(1)\">", "<body onload=alert(1)>", "<input autofocus onfocus=alert(1)>", "<details open ontoggle=alert(1)>",
    "<video><source onerror=alert(1)></video>", "<audio src=x onerror=alert(1)>", "<marquee onstart=alert(1)>x</marquee>", "<select autofocus onfocus=alert(1)>",
    "<form action=javascript:alert(1)><button>x</button></form>", "<button formaction=javascript:alert(1)>x</button>", "<a href=javascript:alert(1)>x</a>",
    "<a href=\"java&#115;cript:alert(1)\">x</a>", "<a href=\"jav\tascript:alert(1)\">x</a>", "<style>@import 'javascript:alert(1)';</style>", "<style>*{background:url(javascript:alert(1))}</style>",
    "<template><script>alert(1)</script></template>", "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\"></noscript>", "<xmp><script>alert(1)</script>",
    "<plaintext><script>alert(1)</script>", "<!--><script>alert(1)</script>-->", "<![CDATA[><script>alert(1)</script>]]>", "<?xml version=\"1.0\"?><script>alert(1)</script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;", "&#60;script&#62;alert(1)&#60;/script&#62;", "\" onmouseover=alert(1) x=\"", "' onmouseover=alert(1) x='", "\" autofocus onfocus=alert(1) x=\"",
    "` onmouseover=alert(1) `", "javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "java\nscript:alert(1)".replace("\n", "&#10;"), "javascript&colon;alert(1)", "vbscript:alert(1)",
    "data:text/html,<script>alert(1)</script>", "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==", "data:image/svg+xml,<svg onload=alert(1)>", "blob:javascript:alert(1)",
    "\u2028alert(1)\u2029", "\\\"};alert(1);//", "\\u003cscript>alert(1)</script>", "${alert(1)}", "{{ constructor.constructor('alert(1)')() }}", "{% include \"head.html\" %}<script>alert(1)</script>",
    "%3Cscript%3Ealert(1)%3C/script%3E", "\xa0<script\x0c>alert(1)</script>", "+ADw-script+AD4-alert(1)+ADw-/script+AD4-", "<a id=siteMain name=currentScript><a id=currentScript data-library=data:,alert(1)>",
    "\ufdd00\ufdd1<script>alert(1)</script>", "\\href{javascript:alert(1)}{x}", "\\htmlData{x=y}{z}\\includegraphics{javascript:alert(1)}",
    "graph TD; A-->B; click A \"javascript:alert(1)\"", "graph TD; A[\"<img src=x onerror=alert(1)>\"]-->B", "%%{init: {\"securityLevel\": \"loose\", \"htmlLabels\": true}}%%\ngraph TD; A[\"<img src=x onerror=alert(1)>\"]",
    "%%{init: {\"themeCSS\": \"</style><img src=x onerror=alert(1)>\"}}%%\ngraph TD; A-->B",
]
# Every place in a text where a payload may stand.
CONTEXTS = """{p}

para {p} end, *{p}*, **{p}**, ~~{p}~~, `{p}`, ${p}$

# {p}

> {p}

> [!NOTE] {p}
> {p}

- [ ] {p}

| {p} | b |
|-----|---|
| c | {p} |

[text]({p}) [text](<{p}>) [{p}](/x "{p}") ![{p}]({p} "{p}") ![a](<{p}>) [ref][r] [{p}][r] <{p}> [[{p}]] [[a|{p}]] ![[{p}]] ![[x.png|{p}]] [^1] [^{p}]

[r]: {p} "{p}"
[^1]: {p}

<{p}>

<div title="{p}">{p}</div>

```{p}
{p}
```

```html
{p}
```

~~~js {p}
{p}
~~~

```gallery
/media/a.webp | {p}
{p} | x
![{p}]({p} "{p}")
```

$$
{p}
$$

```math
{p}
```

```mermaid
{p}
```

https://example.org/{p} www.example.org/{p}
"""
# What the page holds that could run, whatever the payload; and what does run when readers touch everything.
INSPECT = r"""(async () => {
  const found = [];
  const runs = (address) => {
    try { return /^(javascript|vbscript|blob):|^data:(?!image\/(png|jpeg|gif|webp|avif)[;,])/i.test(new URL(address, location).href); } catch { return false; }
  };
  for (const element of document.querySelectorAll("*")) {
    for (const { name, value } of element.attributes) {
      if (name.startsWith("on")) found.push(`${element.outerHTML.slice(0, 200)}: ${name}`);
      if (/^(xlink:)?(href|src|action|formaction|data|srcdoc|poster|background)$/.test(name) && runs(value)) found.push(`${name}=${value}`);
    }
    const tag = element.localName;
    if (["iframe", "object", "embed", "base", "marquee", "template", "xmp", "plaintext", "foreignObject"].includes(tag)) found.push(`<${tag}>`);
    if (tag === "style" && !element.closest(".diagram svg")) found.push("<style>");
    if (tag === "script" && element.type !== "application/ld+json" && !element.src.startsWith(location.origin + "/assets/")) found.push(element.outerHTML);
    if (tag === "meta" && /refresh/i.test(element.httpEquiv)) found.push(element.outerHTML);
    if (tag === "form" && element.getAttribute("action") !== "/search/" && !element.action.startsWith("https://letters.example/")) found.push(element.outerHTML.slice(0, 200));
  }
  for (const data of document.querySelectorAll("script[type='application/ld+json']")) JSON.parse(data.textContent);
  for (const element of document.querySelectorAll("main *")) {
    for (const kind of ["mouseover", "mouseenter", "focus", "pointerdown", "toggle", "animationstart", "error", "load"])
      element.dispatchEvent(new Event(kind, { bubbles: false }));
  }
  return found;
})()"""


class HostilePages(ContentCase):
    env = {**ContentCase.env, "SITEPOD_BUILD_COOLDOWN": "0"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        assert len(PAYLOADS) >= 60
        cls.project = "hostile"
        authors = []
        for payload in PAYLOADS[::4]:
            made = cls.user.post("/authors", {"name": payload, "bio": payload, "avatarUrl": payload})
            if made.status == 400:
                made = cls.user.post("/authors", {"name": payload, "bio": payload})
            if made.status == 201:
                authors.append(made.json["id"])
        assert authors
        cls.pages = []
        for i, payload in enumerate(PAYLOADS):
            for kind in ("blog", "docs"):
                page = {"title": f"Payload {i}", "slug": f"p-{i}", "contentType": kind, "content": CONTEXTS.replace("{p}", payload),
                        "authorId": authors[i % len(authors)], "tags": ["tag"], "section": "payloads", "showToc": "true", "showSocialShare": "true"}
                for field, value in (("title", payload), ("description", payload), ("apiEndpoint", "GET " + payload), ("ogImageUrl", payload), ("ogImageUrl", "https://e.example/" + payload), ("ogImageUrl", "/media/" + payload),
                                     ("language", payload), ("primaryColor", payload), ("tags", [payload]), ("aliases", ["/old" + payload])):
                    if cls.writer.save({**page, field: value}).status == 200:
                        page[field] = value
                answer = cls.writer.save(page)
                assert answer.status == 200, (payload, answer)
                cls.pages.append(f"/{kind}/payloads/p-{i}")
        cls.project = cls.user.must("GET", "/projects")[0]["name"]
        cls.host = f"{cls.project}.localhost"
        cls.site = f"http://{cls.host}:{cls.server.port}"

    @classmethod
    def publish(cls, payload):
        """With the payload in every setting that takes it."""
        link = [{"title": payload, "url": "/x"}, {"title": payload, "url": payload}]
        for field, value in (("title", payload), ("description", payload), ("logoUrl", payload), ("language", payload), ("newsletterAction", payload), ("commentsUrl", payload),
                             ("commentsHtmlUrl", payload), ("navigation", link), ("navigation", link[:1]), ("footer", link), ("footer", link[:1])):
            cls.user.call("PATCH", f"/projects/{cls.project}/site", {field: value})
        before = cls.writer.get("/builds/latest")
        assert cls.writer.post("/builds").status == 202

        def ended():
            latest = cls.writer.get("/builds/latest").json
            is_new = before.status != 200 or latest["id"] != before.json["id"]
            return latest if is_new and latest["status"] in ("success", "failed") else None
        latest = wait_until(ended, "the build ends", 120)
        assert latest["status"] == "success", latest

    def look(self, page, path, wait=None):
        page.open(self.site + path)
        if wait:
            page.wait_until(wait, path)
        found = page.evaluate(INSPECT)
        ran = page.evaluate("window.ran")
        self.assertEqual(([], 0), (found, ran), f"{path}: {found}, ran {ran} times")

    def prepare(self, page):
        page.call("Page.setBypassCSP", {"enabled": True})
        page.call("Page.addScriptToEvaluateOnNewDocument", {"source": "window.ran = 0; for (const name of ['alert', 'confirm', 'prompt']) window[name] = () => { window.ran += 1; };"})

    def test_the_test_itself_sees_what_runs(self):
        with Browser() as browser, browser.page() as page:
            self.prepare(page)
            page.open("data:text/html,<img src=x onerror=alert(1)><a href='javascript:alert(1)'>x</a>")
            page.wait_until("window.ran > 0", "the payload runs where nothing escapes it")

    def test_no_payload_runs_on_any_page(self):
        self.publish(PAYLOADS[0])
        with Browser() as browser, browser.page() as page:
            self.prepare(page)
            for path in self.pages:
                # Formulas and diagrams are drawn; those that are none stay.
                self.look(page, path)
                page.evaluate("document.querySelector('pre.mermaid') && document.querySelector('pre.mermaid').scrollIntoView(), 0")
            for i, payload in enumerate(PAYLOADS):
                if "graph TD" not in payload:
                    continue
                page.open(f"{self.site}/docs/payloads/p-{i}")
                page.evaluate("document.querySelector('pre.mermaid').scrollIntoView(), 0")
                if "<" not in payload:
                    page.wait_until("!!document.querySelector('.diagram svg')", f"the diagram is drawn: {payload}")
                self.assertEqual(([], 0), (page.evaluate(INSPECT), page.evaluate("window.ran")), payload)

    def test_no_payload_runs_in_lists_feeds_and_search(self):
        for payload in ("<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "</title><script>alert(1)</script>", "javascript:alert(1)", "</script><script>alert(1)</script>"):
            self.publish(payload)
            tag = re.search(r"/tags/[a-z-]+/", fetch(self.server.address, "/tags/", self.host).body.decode())[0]
            authors = re.findall(r"/authors/[a-z0-9-]+/", fetch(self.server.address, "/authors/", self.host).body.decode())
            with Browser() as browser, browser.page() as page:
                self.prepare(page)
                for path in ("/", "/blog/", "/docs/", "/blog/payloads/", "/docs/payloads/", "/tags/", tag, "/authors/", *authors[:3], "/404", "/search/"):
                    self.look(page, path)
                for query in ("alert", payload):
                    page.open(self.site + "/search/")
                    page.open(self.site + "/search/?q=" + re.sub(r"[^a-z0-9]", lambda found: f"%{ord(found[0]):02x}", query))
                    page.wait_until("document.querySelector('.search-status').textContent", "an answer of the search")
                    self.assertEqual(([], 0), (page.evaluate(INSPECT), page.evaluate("window.ran")), query)
                for path in ("/rss.xml", "/atom.xml", "/sitemap.xml", f"{tag}rss.xml"):
                    page.open(self.site + path)
                    self.assertEqual(0, page.evaluate("window.ran || 0"), path)
                    self.assertFalse(page.evaluate("document.querySelector('parsererror')"), path)

    def test_texts_that_are_no_pages_are_not_taken_for_pages(self):
        self.publish("<script>alert(1)</script>")
        for path in (self.pages[0] + ".md", "/llms.txt", "/robots.txt", "/search/index.json", "/feed.json"):
            answer = fetch(self.server.address, path, self.host)
            self.assertEqual(answer.status, 200, path)
            self.assertNotIn("html", answer.get("content-type"), path)
            self.assertEqual(answer.get("x-content-type-options"), "nosniff", path)


if __name__ == "__main__":
    unittest.main()
