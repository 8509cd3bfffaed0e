#!/usr/bin/env python3
"""How the default theme looks: every kind of page, light and dark, on a desktop and on a phone, in Chromium, beside pictures that somebody
looked at and found good.

SITEPOD_GOLDEN_UPDATE=1 writes the pictures anew, and large ones for looking at to out/golden-pages/. Both sides are made small before
they are compared, so that other hinting of letters does not count while another size, place or colour does.
"""
import base64
import contextlib
import json
import math
import os
import pathlib
import struct
import sys
import tempfile
import unittest
import zlib

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support.browser import Browser  # noqa: E402
from support.content import BuildCase  # noqa: E402
from support.server import ROOT  # noqa: E402

GOLDEN = pathlib.Path(__file__).resolve().parents[1] / "golden" / "pages"
LARGE = ROOT / "out" / "golden-pages"
UPDATE = os.environ.get("SITEPOD_GOLDEN_UPDATE") == "1"
BOUNDARY = "a-boundary-of-the-test"
HEIGHT = 1400
DEVICES = {"desktop": (1280, 0.5), "phone": (390, 0.8)}  # width, scale of the kept picture
CELL = 8  # pixels of a page that become one when two pictures are compared
MAX_DIFFERENCE = 24  # of 255, in any channel of such a cell
MAX_DIFFERENT = 0.02  # of all cells; letters without hinting change at most 1.5 %

# The theme takes the system's own font; here it is the same on every machine.
FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><dir>/usr/share/fonts</dir><cachedir>{cache}</cachedir>
<alias binding="strong"><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
<alias binding="strong"><family>sans-serif</family><prefer><family>Inter</family></prefer></alias>
<alias binding="strong"><family>sans</family><prefer><family>Inter</family></prefer></alias>
<alias binding="strong"><family>system-ui</family><prefer><family>Inter</family></prefer></alias>
<match target="pattern"><edit name="family" mode="append_last"><string>Inter</string></edit></match>
</fontconfig>"""

ARTICLE = """Software that makes no noise is software that somebody took the time to *finish*. This page says what that takes, with **one of everything** that a text can hold.

## What finishing means

A program is finished when its errors say what to do, when its limits have names, and when [its readers](/docs/guide/install) can change it without asking.[^1]

> Simplicity is prerequisite for reliability.

- It starts quickly.
- It says `what` it does.
- [x] It stops when it is told to.

### In code

```cpp
// Adds two numbers.
int add(int a, int b) {
  return a + b;  // the sum
}
```

| Step | Takes | Cost |
|:-----|:-----:|-----:|
| Plan | a day | 1 |
| Build | a week | 5 |
| Finish | a month | 22 |

> [!NOTE]
> A note for those who want to know more.

> [!WARNING]
> And a warning for those who do not.

## What it costs

Time, mostly. Most of it goes into the last tenth, which nobody sees and everybody would miss.

[^1]: Or without asking twice.
"""


def picture(hue):
    """A PNG of a soft gradient, 480 × 320."""
    rows = b""
    for y in range(320):
        rows += b"\0" + b"".join(bytes(int(127 + 90 * math.sin(hue + channel * 2 + x / 240 + y / 160)) for channel in range(3)) for x in range(0, 480))
    chunks = b""
    for kind, data in ((b"IHDR", struct.pack(">IIBBBBB", 480, 320, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")):
        chunks += struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return b"\x89PNG\r\n\x1a\n" + chunks


COMPARE = """(async () => {
  const cells = async (text) => {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const picture = await createImageBitmap(new Blob([bytes]), {resizeWidth: %(width)d, resizeHeight: %(height)d, resizeQuality: "high"});
    const context = new OffscreenCanvas(%(width)d, %(height)d).getContext("2d");
    context.drawImage(picture, 0, 0);
    return context.getImageData(0, 0, %(width)d, %(height)d).data;
  };
  const [a, b] = [await cells(%(a)s), await cells(%(b)s)];
  let different = 0;
  for (let i = 0; i < a.length; i += 4)
    different += Math.max(Math.abs(a[i] - b[i]), Math.abs(a[i + 1] - b[i + 1]), Math.abs(a[i + 2] - b[i + 2])) > %(max)d;
  return different / (a.length / 4);
})()"""


@contextlib.contextmanager
def fonts():
    with tempfile.TemporaryDirectory(prefix="sitepod-fonts-") as folder:
        path = pathlib.Path(folder) / "fonts.conf"
        path.write_text(FONTS.format(cache=folder), "utf-8")
        yield str(path)


def write(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def pages(author):
    def page(kind, title, day, **more):
        return {"contentType": kind, "title": title, "publishedAt": f"2024-{day}T10:00:00Z", "content": "A few words about it, so that there is something to read.", **more}
    posts = [page("blog", f"{title}", f"0{i + 1}-1{i}", tags=tags, authorId=author, description=text) for i, (title, tags, text) in enumerate((
        ("Measure first", ["performance"], "Why the first thing we write is the test that fails."),
        ("Version 1.2", ["releases"], "Faster builds, smaller pages, and a search that finds what you mean."),
        ("A gallery that needs no scripts", ["performance", "design"], "Pictures in every width, loaded when they come near."),
        ("Names are the interface", ["design"], "What we learned from renaming everything twice.")))]
    guide = [page("docs", title, "01-02", section="guide", order=i, content=f"How to {title.lower()}, step by step.\n\n## First\n\nDo this.\n\n## Then\n\nDo that.")
             for i, title in enumerate(("Install", "Write your first page", "Publish it", "Use your own domain"))]
    api = [page("docs", title, "01-03", section="api", apiEndpoint=endpoint, content="What it takes and what it answers.\n\n## Parameters\n\nNone.\n\n## Answer\n\n```json\n{\"users\": []}\n```")
           for title, endpoint in (("List users", "GET /users"), ("Create a user", "POST /users"), ("Delete a user", "DELETE /users/{id}"))]
    return [{"contentType": "homepage", "title": "Quiet Software", "content": "Notes on programs that do their work and are forgotten.", "showListings": True},
            page("blog", "On finishing things", "05-02", slug="finishing", content=ARTICLE, tags=["design", "craft"], authorId=author, description="What it takes to be done."),
            *posts, *guide, *api,
            page("standalone", "About", "01-01", content="Who writes here.")]


class GoldenPages(BuildCase):
    PAGES = {"home": "/", "article": "/blog/finishing", "docs": "/docs/api/create-a-user", "tag": "/tags/design/", "search": "/search/?q=user", "gallery": "/blog/pictures", "404": "/nothing/here"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        author = cls.user.must("POST", "/authors", {"name": "Ada Lovelace", "bio": "Writes about engines."})["id"]
        urls = []
        for i in range(6):
            body = f"--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{i}.png\"\r\n\r\n".encode() + picture(i) + f"\r\n--{BOUNDARY}--\r\n".encode()
            said = cls.writer.call("POST", "/media", body, fields={"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"})
            assert said.status == 200, said
            urls.append(said.json["url"])
        gallery = "Six pictures of nothing in particular.\n\n```gallery\n" + "".join(f"{url} | Picture {i + 1}\n" for i, url in enumerate(urls)) + "```\n\nAnd one alone:\n\n![A gradient](" + urls[0] + ")\n"
        project = cls.user.must("GET", "/projects")[0]["name"]
        cls.user.must("PATCH", f"/projects/{project}/site", {"title": "Quiet Software", "description": "Notes on programs that do their work and are forgotten."})
        saved = cls.writer.save(*pages(author), {"contentType": "blog", "title": "Pictures", "slug": "pictures", "publishedAt": "2024-03-20T10:00:00Z", "content": gallery, "authorId": author}, build=True)
        assert saved.status == 200, saved
        cls.site = f"http://{project}.localhost:{cls.server.port}"

    def setUp(self):
        self.assertEqual(self.built(self.writer)["status"], "success")

    def shoot(self, page, path, width, dark):
        page.call("Emulation.setDeviceMetricsOverride", {"width": width, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": width < 500})
        page.open(self.site + path)
        page.evaluate("Promise.all([document.fonts.ready, ...[...document.images].map((image) => { image.loading = 'eager'; return image.decode(); })]).then(() => 1)")
        if path.startswith("/search"):
            page.wait_until("document.querySelectorAll('#siteResults li').length > 0", "results of the search")
        # Today's date, and a caret that blinks.
        page.evaluate("document.activeElement.blur(); for (const part of document.querySelectorAll('.meta span')) if (part.textContent.startsWith('Updated')) part.remove()")
        self.assertFalse(page.evaluate("document.documentElement.scrollWidth > innerWidth"), f"{path} is wider than {width} pixels")
        page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))")
        self.assertEqual(page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches"), dark)

    def take(self, page, width, scale):
        clip = {"x": 0, "y": 0, "width": width, "height": HEIGHT, "scale": scale}
        return base64.b64decode(page.call("Page.captureScreenshot", {"format": "webp", "quality": 80, "clip": clip})["data"])

    def compare(self, page, a, b, width):
        """The share of cells in which two pictures differ."""
        return page.evaluate(COMPARE % {"a": json.dumps(base64.b64encode(a).decode()), "b": json.dumps(base64.b64encode(b).decode()),
                                        "width": width // CELL, "height": HEIGHT // CELL, "max": MAX_DIFFERENCE})

    def each(self, browser):
        for theme in ("light", "dark"):
            with browser.page(dark=theme == "dark") as page:
                for device, (width, scale) in DEVICES.items():
                    for name, path in self.PAGES.items():
                        self.shoot(page, path, width, theme == "dark")
                        yield f"{name}-{device}-{theme}", page, width, scale

    def test_every_page_looks_as_it_did_when_somebody_looked_at_it(self):
        wrong = []
        with fonts() as font_file, Browser(env={"FONTCONFIG_FILE": font_file}) as browser, browser.page() as judge:
            for name, page, width, scale in self.each(browser):
                now = self.take(page, width, scale)
                if UPDATE:
                    write(GOLDEN / f"{name}.webp", now)
                    write(LARGE / f"{name}.webp", self.take(page, width, 1))
                    continue
                difference = self.compare(judge, now, (GOLDEN / f"{name}.webp").read_bytes(), width)
                if difference > MAX_DIFFERENT:
                    write(LARGE / f"{name}.webp", self.take(page, width, 1))
                    wrong.append(f"{name}: {difference:.1%} differ; see {LARGE}/{name}.webp")
        self.assertEqual([], wrong)

    def test_a_style_sheet_that_is_broken_is_seen(self):
        if UPDATE:
            self.skipTest("the pictures are being written")
        breakages = {"no style sheet": "for (const sheet of document.styleSheets) sheet.disabled = true",
                     "red letters": "for (const name of ['--ink', '--soft']) document.documentElement.style.setProperty(name, '#d00000')",
                     "larger letters": "document.documentElement.style.fontSize = '125%'",
                     "no space between": "for (const element of document.querySelectorAll('*')) element.style.margin = '0'"}
        unseen = []
        with fonts() as font_file, Browser(env={"FONTCONFIG_FILE": font_file}) as browser, browser.page() as judge, browser.page() as page:
            for device, (width, scale) in DEVICES.items():
                for what, breakage in breakages.items():
                    self.shoot(page, self.PAGES["article"], width, False)
                    page.evaluate(f"void (() => {{ {breakage} }})()")
                    difference = self.compare(judge, self.take(page, width, scale), (GOLDEN / f"article-{device}-light.webp").read_bytes(), width)
                    if difference <= MAX_DIFFERENT:
                        unseen.append(f"{what} on a {device}: {difference:.1%}")
        self.assertEqual([], unseen)


if __name__ == "__main__":
    unittest.main()
