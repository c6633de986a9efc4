"""
Tests of L{rtmptwisted.httpflv}: HEAD, OPTIONS, and the list.
"""

from __future__ import annotations

import json

from tests.fakes import logLines
from tests.http_support import BEGIN, HTTPTestCase


class HeadTests(HTTPTestCase):
    """
    Tests of HEAD and OPTIONS.
    """

    def test_head(self) -> None:
        """
        HEAD of what is live has the headers of GET, ends at once, and is no
        viewer.
        """
        self.publish(*BEGIN)
        with self.logs() as events:
            response = self.request("HEAD", "/live/show.flv")
        self.assertEqual(logLines(events), [])
        self.assertEqual(response.code, 200)
        self.assertEqual(self.header(response, "content-type"), "video/x-flv")
        self.assertEqual(self.header(response, "access-control-allow-origin"), "*")
        self.assertEqual(self.text(response), "")
        self.assertEqual(self.live().viewers, 0)

    def test_headNotLive(self) -> None:
        """
        HEAD of what is not live is 404, without a body.
        """
        response = self.request("HEAD", "/live/show.flv")
        self.assertEqual((response.code, self.text(response)), (404, ""))

    def test_headList(self) -> None:
        """
        HEAD of the list has its length, and no body.
        """
        length = len(self.text(self.request("GET", "/")))
        response = self.request("HEAD", "/")
        self.assertEqual((response.code, self.text(response)), (200, ""))
        self.assertEqual(self.header(response, "content-length"), str(length))

    def test_options(self) -> None:
        """
        OPTIONS tells browsers that they may ask, live or not.
        """
        for path in ("/live/show.flv", "/", "/anything"):
            response = self.request("OPTIONS", path, origin="https://example.org")
            self.assertEqual(response.code, 204)
            for name, value in (
                ("access-control-allow-origin", "*"),
                ("access-control-allow-methods", "GET, HEAD, OPTIONS"),
                ("access-control-allow-headers", "range, authorization"),
            ):
                self.assertEqual(self.header(response, name), value)
            self.assertEqual(self.text(response), "")


class ListTests(HTTPTestCase):
    """
    Tests of C{GET /}.
    """

    def test_nothing(self) -> None:
        """
        When nothing is live the list says so.
        """
        response = self.request("GET", "/")
        self.assertEqual(self.text(response), "Nothing is live.\n")
        response = self.request("GET", "/", accept="application/json")
        self.assertEqual(json.loads(self.text(response))["streams"], [])

    def test_text(self) -> None:
        """
        The list has a line for each stream, by name.
        """
        self.publish(*BEGIN, name="live/b")
        self.publish(name="live/a")
        self.clock.advance(2.25)
        response = self.request("GET", "/")
        self.assertEqual(response.code, 200)
        content = self.header(response, "content-type")
        self.assertEqual(content, "text/plain; charset=utf-8")
        self.assertEqual(
            self.text(response),
            "/live/a.flv  no media yet, 2.2 s, viewers: 0\n"
            "/live/b.flv  avc1+mp4a, 2.2 s, viewers: 0\n",
        )

    def test_json(self) -> None:
        """
        By C{Accept} the list comes as JSON; at C{/streams.json} it always does.
        """
        self.publish(*BEGIN)
        self.request("GET", "/live/show.flv")
        for path, accept in (
            ("/", "application/json"),
            ("/", "text/html;q=0.8, application/json"),
            ("/streams.json", "*/*"),
            ("/streams.json", "text/html"),
        ):
            response = self.request("GET", path, accept=accept)
            self.assertEqual(self.header(response, "content-type"), "application/json")
            self.assertEqual(self.header(response, "access-control-allow-origin"), "*")
            self.assertEqual(self.header(response, "cache-control"), "no-cache")
            (stream,) = json.loads(self.text(response))["streams"]
            self.assertEqual((stream["name"], stream["viewers"]), ("live/show", 1))

    def test_vary(self) -> None:
        """
        What C{/} is depends on C{Accept}, and caches are told so.
        """
        for accept in ("*/*", "application/json", "text/html"):
            response = self.request("GET", "/", accept=accept)
            self.assertEqual(self.header(response, "vary"), "accept")
