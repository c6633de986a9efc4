"""
Tests of L{rtmptwisted.page}: the page, and the player to embed.
"""

from __future__ import annotations

import re
from typing import Any

from treq.testing import StubTreq

from rtmptwisted.httpflv import LiveResource
from rtmptwisted.page import PLAYER_URL
from tests.http_support import BEGIN
from tests.page_support import BROWSER, HTML, PageTestCase


class FrontTests(PageTestCase):
    """
    What C{/} is.
    """

    def test_accept(self) -> None:
        """
        Who names HTML gets the page, who names JSON the list as JSON, and all others
        a list of plain text.
        """
        plain, json = "text/plain; charset=utf-8", "application/json"
        for accept, content in (
            (BROWSER, HTML),
            ("text/html", HTML),
            ("TEXT/HTML;level=1", HTML),
            ("application/json", json),
            ("text/html, application/json;q=0.9", HTML),
            ("text/html;q=0.8, application/json;q=0.9", json),
            ("application/json, text/html", HTML),
            ("text/plain, text/html;q=0.5", plain),
            ("text/html;q=0", plain),
            ("text/html;q=nonsense", plain),
            ("*/*", plain),
            ("text/*", plain),
            ("", plain),
            (",;q=1,,", plain),
        ):
            response = self.request("GET", "/", accept=accept)
            self.assertEqual(self.header(response, "content-type"), content, accept)
        self.assertEqual(self.header(self.request("GET", "/"), "content-type"), plain)

    def test_whatever(self) -> None:
        """
        The page is there, live streams or not.
        """
        _, empty = self.page()
        self.publish(*BEGIN)
        self.assertEqual(self.page()[1], empty)

    def test_recordings(self) -> None:
        """
        The page knows of recordings only where there are some to play.
        """
        mark = 'data-recordings="recordings.json"'
        self.assertNotIn(mark, self.page()[1])
        resource = LiveResource(self.directory, recordings="/nowhere")
        self.http = StubTreq(resource)
        self.assertIn(f'<body class="list" {mark}>', self.page()[1])
        self.assertNotIn(mark, self.page("/live/show.html")[1])

    def test_head(self) -> None:
        """
        HEAD has the headers of GET and no body.
        """
        for path in ("/", "/live/show.html", "/page.css"):
            whole = self.request("GET", path, accept=BROWSER)
            size = len(self.text(whole).encode())
            response = self.request("HEAD", path, accept=BROWSER)
            self.assertEqual((response.code, self.text(response)), (200, ""))
            self.assertEqual(self.header(response, "content-length"), str(size))
            for name in ("content-type", "content-security-policy", "etag"):
                self.assertEqual(self.header(response, name), self.header(whole, name))

    def test_options(self) -> None:
        """
        OPTIONS is answered for each of them.
        """
        for path in ("/", "/live/show.html", "/page.css", "/streams.json"):
            response = self.request("OPTIONS", path)
            self.assertEqual(response.code, 204)
            self.assertEqual(self.header(response, "allow"), "GET, HEAD, OPTIONS")

    def test_otherMethods(self) -> None:
        """
        Nothing can be posted to them.
        """
        for path in ("/", "/live/show.html", "/page.css", "/streams.json"):
            self.assertEqual(self.request("POST", path).code, 405)


class PolicyTests(PageTestCase):
    """
    What browsers are told not to do.
    """

    def policy(self, response: Any) -> dict[str, list[str]]:
        """
        @return: the sources of each directive.
        """
        text = self.header(response, "content-security-policy")
        assert text is not None
        parts = [part.split() for part in text.split(";")]
        return {name: sources for name, *sources in parts}

    def test_policy(self) -> None:
        """
        Scripts come from this server and from one address of one other; there are no
        forms, and nothing that is not named.
        """
        for path in ("/", "/live/show.html"):
            policy = self.policy(self.page(path)[0])
            self.assertEqual(policy["default-src"], ["'none'"])
            self.assertEqual(policy["script-src"], ["'self'", PLAYER_URL])
            self.assertEqual(policy["media-src"], ["blob:"])
            self.assertEqual(policy["style-src"], ["'self'"])
            self.assertEqual(policy["form-action"], ["'none'"])

    def test_frames(self) -> None:
        """
        The player may be in a frame anywhere, the list may not.
        """
        self.assertEqual(self.policy(self.page()[0])["frame-ancestors"], ["'self'"])
        self.assertNotIn("frame-ancestors", self.policy(self.page("/a/b.html")[0]))

    def test_noSniffing(self) -> None:
        """
        Nothing is taken for something else than it is said to be.
        """
        for path in ("/", "/live/show.html", "/list.js", "/streams.json", "/no.flv"):
            response = self.request("GET", path)
            self.assertEqual(self.header(response, "x-content-type-options"), "nosniff")

    def test_nothingInline(self) -> None:
        """
        No page has scripts or styles of its own in it, which the policy forbids.
        """
        for path in ("/", "/live/show.html"):
            _, text = self.page(path)
            self.assertNotRegex(text, r"<style|\sstyle=|\son\w+=")
            for script in re.findall(r"<script[^>]*>(.*?)</script>", text, re.DOTALL):
                self.assertEqual(script, "")


class EmbedTests(PageTestCase):
    """
    Tests of C{/app/name.html}.
    """

    def test_names(self) -> None:
        """
        There is a player for each name that a stream can have, live or not; its
        parts are found from the folder that it is in.
        """
        for name, base in (
            ("only", "./"),
            ("live/show", "../"),
            ("a/b/c", "../../"),
            ("live/x@y:z=1+2~-_.w", "../"),
            ("page.css", "./"),
            # As the pages themselves are named.
            ("list", "./"),
            ("player", "./"),
        ):
            _, text = self.page(f"/{name}.html")
            self.assertIn(f'data-stream="{name}"', text)
            self.assertIn(f'<base href="{base}">', text)

    def test_escaped(self) -> None:
        """
        An escaped slash is one, but no folder to the browser.
        """
        _, text = self.page("/live%2Fshow.html")
        self.assertIn('data-stream="live/show"', text)
        self.assertIn('<base href="./">', text)

    def test_badNames(self) -> None:
        """
        What cannot be the name of a stream has no player.
        """
        for path in (
            "/.html",
            "/live/%2e%2e/x.html",
            "/live/%22%3E.html",
            "/live/%3Cscript%3E.html",
            "/" + "x" * 300 + ".html",
        ):
            response = self.request("GET", path, accept=BROWSER)
            self.assertEqual(response.code, 404, path)
            content = self.header(response, "content-type")
            self.assertEqual(content, "text/plain; charset=utf-8")
        self.assertEqual(self.request("GET", "/caf%C3%A9.html").code, 400)
