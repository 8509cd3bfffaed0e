#!/usr/bin/env python3
"""A drawing that somebody uploaded is shown inside pages, and runs nothing when it is opened by itself, in a real browser."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support.browser import Browser  # noqa: E402
from support.content import BuildCase  # noqa: E402

BOUNDARY = "a-boundary-of-the-test"
HOSTILE = b"""<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="320" height="200" onload="document.documentElement.setAttribute('data-ran', '1')">
<style>rect { fill: #c00 }</style>
<rect id="box" width="320" height="200"/>
<script>document.documentElement.setAttribute("data-ran", "1"); alert(document.domain); fetch("/", {credentials: "include"})</script>
<foreignObject width="100" height="100"><body xmlns="http://www.w3.org/1999/xhtml"><img src="x" onerror="document.documentElement.setAttribute('data-ran', '1')"/><iframe src="javascript:alert(1)"></iframe></body></foreignObject>
<a xlink:href="javascript:document.documentElement.setAttribute('data-ran','1')"><rect id="link" width="10" height="10"/></a>
</svg>"""


class UploadedDrawings(BuildCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.owner, cls.by = cls.newcomer(cls)
        body = (f"--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"drawing.svg\"\r\n\r\n").encode() + HOSTILE + f"\r\n--{BOUNDARY}--\r\n".encode()
        said = cls.by.call("POST", "/media", body, fields={"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"})
        assert said.status == 200, said
        cls.url = said.json["url"]
        said = cls.by.save({"title": "Page", "content": f"![A drawing]({cls.url})"}, build=True)
        assert said.status == 200, said

    def setUp(self):
        self.assertEqual(self.built(self.by)["status"], "success")
        self.site = f"http://{self.site_of(self.owner)}.localhost:{self.server.port}"

    def test_one_that_is_opened_by_itself_runs_nothing(self):
        with Browser() as browser, browser.page(self.site + self.url) as page:
            # The debugger's own scripts run in a world that the sandbox does not bind.
            self.assertEqual(page.evaluate("document.documentElement.localName"), "svg")
            page.evaluate("document.getElementById('link').dispatchEvent(new MouseEvent('click', {bubbles: true}))")
            self.assertIsNone(page.evaluate("document.documentElement.getAttribute('data-ran')"))
            self.assertEqual(page.dialogs(), 0)
            self.assertNotIn(self.site + "/", page.requests(), "it asks the site for nothing in the visitor's name")
            self.assertEqual(page.evaluate("window.origin"), "null", "it is not of the site's origin")
            self.assertEqual(page.evaluate("getComputedStyle(document.getElementById('box')).fill"), "rgb(204, 0, 0)", "it looks as it was drawn")

    def test_one_inside_a_page_is_shown(self):
        with Browser() as browser, browser.page(self.site + "/blog/page") as page:
            page.wait_until("document.querySelector('article img').complete", "the drawing is loaded")
            self.assertEqual(page.evaluate("document.querySelector('article img').naturalWidth"), 320)
            self.assertEqual(page.dialogs(), 0)


if __name__ == "__main__":
    unittest.main()
