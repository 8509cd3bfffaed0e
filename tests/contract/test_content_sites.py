#!/usr/bin/env python3
"""What a built site has, as somebody sees it who knows only the contract: content API §10 and §11."""
import html.parser
import json
import os
import re
import sys
import unittest
import xml.etree.ElementTree as ElementTree
from urllib.parse import urlsplit

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support.content import BuildCase  # noqa: E402

CONTENT = """# One of everything

Text with ~~nothing~~, https://example.org/bare, a footnote[^1] and ![a picture](https://pictures.example/a.png "T").

## Part

- [x] done
- [ ] open

## Part

| l | c | r |
|:--|:-:|--:|
| 1 | 2 | 3 |

```python
print("hello")
```

<script>alert(1)</script>

[^1]: The note.
"""


class Reader(html.parser.HTMLParser):
    """Tags in order with their attributes, and the text within each kind."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.text = [], [], {}
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs), tuple(self.open)))
        if tag not in ("meta", "link", "br", "img", "input", "hr"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        while tag in self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data):
        for tag in set(self.open):
            self.text[tag] = self.text.get(tag, "") + data

    def all(self, tag, **attributes):
        return [attrs for name, attrs, _ in self.tags if name == tag and all(attrs.get(key) == value for key, value in attributes.items())]

    def meta(self, key):
        found = [attrs["content"] for attrs in self.all("meta") if key in (attrs.get("name"), attrs.get("property"))]
        assert len(found) == 1, (key, found)
        return found[0]


class Site(BuildCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        case = cls("test_addresses")
        posts = [{"title": f"Post {i}", "slug": f"post-{i:02}", "publishedAt": f"2024-02-{i:02}T10:00:00Z", "tags": ["All Posts"]} for i in range(1, 26)]
        case.saved({"title": "One of everything", "slug": "everything", "content": CONTENT, "description": "About <all> & more.", "tags": ["iOS", "All Posts"], "publishedAt": "2024-03-01T10:00:00Z", "language": "en-GB"},
                   *posts,
                   {"title": "Guide one", "contentType": "docs", "section": "Getting-Started", "tags": ["iOS"], "content": "secretless"},
                   {"title": "Guide two", "contentType": "docs", "section": "getting-started"},
                   {"title": "Intro", "contentType": "docs"},
                   {"title": "List users", "contentType": "docs", "section": "API", "apiEndpoint": "get /users"},
                   {"title": "About", "contentType": "standalone"},
                   {"title": "Team", "contentType": "standalone", "section": "company"},
                   {"title": "Widgets", "contentType": "standalone", "section": "guides/iOS"},
                   {"title": "Draft", "draft": True, "content": "draftword"},
                   {"title": "Later", "publishedAt": "2124-01-01T00:00:00Z", "content": "laterword"},
                   {"title": "Locked", "password": "long enough", "content": "lockedword", "tags": ["ios"]})
        case.build(cls.writer)
        cls.name = cls.user.must("GET", "/projects")[0]["name"]

    def get(self, path, **more):
        return self.fetch(self.host(self.name), path, **more)

    def page(self, path):
        answer = self.get(path)
        self.assertEqual((answer.status, answer.get("content-type")), (200, "text/html; charset=utf-8"), path)
        return answer.body.decode()

    def final(self, path):
        """The status behind at most one redirect on the same host."""
        answer = self.get(path)
        if answer.status in (301, 302, 307, 308):
            self.assertTrue(answer.get("location").startswith("/"), path)
            answer = self.get(answer.get("location"))
        return answer.status

    # ---- §10 ---------------------------------------------------------------------------------------------------------
    def test_addresses(self):
        for path in ("/", "/blog/everything", "/docs/intro", "/docs/getting-started/guide-one", "/about", "/company/team", "/guides/ios/widgets", "/company/", "/guides/",
                     "/guides/ios/", "/docs/getting-started/", "/docs/api/", "/blog/", "/docs/", "/tags/", "/tags/ios/", "/tags/all-posts/"):
            self.assertEqual(self.final(path), 200, path)
            self.assertEqual(self.final(path.rstrip("/") or "/"), 200, path)
        for path in ("/sitemap.xml", "/robots.txt", "/rss.xml", "/atom.xml"):
            self.assertEqual(self.get(path).status, 200, path)
        for path in ("/blog/draft", "/blog/later", "/nothing", "/tags/nothing/", "/docs/guide-one"):
            self.assertEqual(self.final(path), 404, path)

    def test_feeds_are_announced(self):
        links = {(attrs["type"], attrs["href"]) for attrs in Reader(self.page("/")).all("link", rel="alternate")}
        self.assertLessEqual({("application/rss+xml", "/rss.xml"), ("application/atom+xml", "/atom.xml")}, links)

    def test_a_site_without_a_homepage_gets_one_with_posts_and_sections(self):
        home = self.page("/")
        for part in ("/blog/everything", "/blog/post-25", "/docs/getting-started/"):
            self.assertIn(f'href="{part}"', home)

    # ---- §11 ---------------------------------------------------------------------------------------------------------
    def test_the_head_says_what_the_page_is(self):
        text = self.page("/blog/everything")
        self.assertTrue(text.lower().startswith("<!doctype html>"))
        page = Reader(text)
        self.assertEqual(page.all("html")[0]["lang"], "en-GB")
        self.assertIn("width=device-width", page.meta("viewport"))
        self.assertIn("One of everything", page.text["title"])
        self.assertEqual(page.meta("description"), "About <all> & more.")
        self.assertEqual((page.meta("og:title"), page.meta("og:description")), ("One of everything", "About <all> & more."))
        canonical = page.all("link", rel="canonical")[0]["href"]
        self.assertEqual(canonical, page.meta("og:url"))
        self.assertEqual((urlsplit(canonical).scheme, urlsplit(canonical).path), ("http", "/blog/everything"))

    def test_the_text_is_the_first_article_and_the_title_stands_once(self):
        text = self.page("/blog/everything")
        page = Reader(text)
        self.assertEqual(len(page.all("h1")), 1)
        self.assertEqual(page.all("time")[0]["datetime"], "2024-03-01T10:00:00Z")
        article = Reader(text[text.index("<article"):text.index("</article>")])
        self.assertEqual([attrs.get("id") for attrs in article.all("h2")][:2], ["part", "part-1"])
        self.assertTrue(all("disabled" in attrs for attrs in article.all("input", type="checkbox")))
        self.assertEqual(len(article.all("input", type="checkbox")), 2)
        self.assertIn("https://pictures.example/a.png", [attrs["src"] for attrs in article.all("img")])
        self.assertTrue(article.all("del") or article.all("s"))
        self.assertTrue(article.all("a", href="https://example.org/bare"))
        shown = [str(attrs) for attrs in article.all("th")]
        for word, attrs in zip(("left", "center", "right"), shown):
            self.assertIn(word, attrs)
        self.assertEqual(article.all("script"), [])
        self.assertIn("python", " ".join(attrs.get("class", "") for attrs in article.all("code") + article.all("pre")))
        self.assertTrue(any("pre" in inside for tag, _, inside in article.tags if tag == "span"), "code is highlighted on the server")

    def test_what_stands_around_an_article(self):
        text = self.page("/blog/everything")
        page = Reader(text)
        self.assertRegex(text, r"\d+ min read")
        self.assertTrue(page.all("nav", **{"aria-label": "Breadcrumb"}))
        ids = [attrs["id"] for _, attrs, _ in page.tags if "id" in attrs]
        self.assertEqual(len(ids), len(set(ids)))
        self.assertTrue(all("id" in attrs for attrs in page.all("h2")))
        self.assertIn("/tags/ios/", text)
        self.assertIn(">iOS<", text)
        policy = page.all("meta", **{"http-equiv": "Content-Security-Policy"})[0]["content"]
        self.assertNotIn("unsafe-inline", policy)

    def test_the_navigation_has_display_names_badges_and_an_order(self):
        text = self.page("/docs/getting-started/guide-one")
        self.assertIn("Getting-Started", text)
        self.assertIn("guide-two", text)
        self.assertRegex(self.page("/docs/api/list-users"), r'class="method[^>]*>GET<')
        self.assertIn(">API<", self.page("/docs/api/list-users"))

    def test_lists_hold_the_newest_and_lead_to_the_others(self):
        text = self.page("/blog/")
        order = [int(number) for number in re.findall(r'<a href="/blog/post-(\d+)"', text)]
        self.assertGreaterEqual(len(order), 10)
        self.assertEqual(order, sorted(order, reverse=True))
        found, path, seen = set(), "/blog/", set()
        while path and path not in seen:
            seen.add(path)
            text = self.page(path)
            found |= set(re.findall(r'href="/blog/(post-\d+)"', text))
            more = re.search(r'<a rel="next" href="([^"]+)"', text)
            path = more[1] if more else None
        self.assertEqual(len(found), 25)

    def test_a_tag_lists_pages_of_every_type(self):
        text = self.page("/tags/ios/")
        self.assertIn('href="/blog/everything"', text)
        self.assertIn('href="/docs/getting-started/guide-one"', text)

    def test_feeds_and_the_sitemap_are_absolute_and_hold_only_what_is_public(self):
        site = f"http://{self.name}.localhost"
        entries = ElementTree.fromstring(self.get("/rss.xml").body).findall("./channel/item")
        self.assertGreaterEqual(len(entries), 10)
        self.assertTrue(all(entry.findtext("link").startswith(site) for entry in entries))
        self.assertEqual(entries[0].findtext("title"), "One of everything")
        places = [place.text for place in ElementTree.fromstring(self.get("/sitemap.xml").body).iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
        self.assertTrue(all(place.startswith(site) for place in places))
        paths = {urlsplit(place).path for place in places}
        self.assertLessEqual({"/", "/blog/everything", "/docs/intro", "/about", "/guides/ios/widgets"}, paths)
        self.assertFalse(paths & {"/blog/draft", "/blog/later", "/blog/locked"})
        self.assertIn("sitemap.xml", self.get("/robots.txt").body.decode())

    def test_no_file_that_is_served_holds_what_is_not_public(self):
        paths = ["/rss.xml", "/atom.xml", "/feed.json", "/sitemap.xml", "/llms.txt", "/search/index.json", "/", "/blog/", "/tags/ios/", "/blog/locked"]
        for path in paths + ["/blog/locked.md", "/blog/draft.md"]:
            body = self.get(path).body
            for word in (b"draftword", b"laterword", b"lockedword"):
                self.assertNotIn(word, body, path)
        self.assertIn(b"secretless", self.get("/search/index.json").body)
        locked = Reader(self.page("/blog/locked"))
        self.assertIn("noindex", locked.meta("robots"))
        self.assertEqual(locked.all("input", type="password")[0]["name"], "password")

    def test_what_is_missing_is_answered_in_the_sites_look(self):
        answer = self.get("/nothing/here")
        self.assertEqual((answer.status, answer.get("content-type")), (404, "text/html; charset=utf-8"))
        self.assertIn("/blog/", answer.body.decode())
        self.assertEqual(self.get("/assets/nothing.js").status, 404)
        for path in ("/%00", "/a%2f..%2f..%2fetc/passwd", "/../../etc/passwd", "/" + "a/" * 2000, "/" + "%2e%2e/" * 20):
            self.assertIn(self.get(path).status, (400, 404, 414), path[:40])

    def test_pages_are_revalidated_and_compressed(self):
        whole = self.get("/blog/everything")
        self.assertEqual(self.get("/blog/everything", fields={"If-None-Match": whole.get("etag")}).status, 304)
        head = self.get("/blog/everything", method="HEAD")
        self.assertEqual((head.status, head.body, head.get("content-length")), (200, b"", str(len(whole.body))))
        self.assertIn("Accept-Encoding", whole.get("vary"))

    def test_linked_data_is_json(self):
        for text in re.findall(r'<script type="application/ld\+json">(.*?)</script>', self.page("/blog/everything")):
            self.assertEqual(json.loads(text)["headline"], "One of everything")

    def test_a_page_without_title_and_slug_reports_only_the_title(self):
        self.invalid(self.writer.save({"content": "nothing else"}), (0, "title"))


if __name__ == "__main__":
    unittest.main()
