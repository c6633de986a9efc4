"""
Tests of L{rtmptwisted.page}: what the pages consist of.
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from treq.testing import StubTreq

import rtmptwisted
from rtmptwisted.httpflv import LiveResource, liveSite
from rtmptwisted.page import PLAYER_INTEGRITY, PLAYER_URL
from tests.fakes import logLines
from tests.page_support import PageTestCase

FOLDER = Path(rtmptwisted.__file__).parent / "pages"


class PartTests(PageTestCase):
    """
    What the pages consist of.
    """

    def test_types(self) -> None:
        """
        Each part has its type, and its content.
        """
        for name, content in (
            ("page.css", "text/css; charset=utf-8"),
            ("list.js", "text/javascript; charset=utf-8"),
            ("embed.js", "text/javascript; charset=utf-8"),
            ("icon.svg", "image/svg+xml"),
        ):
            response = self.request("GET", f"/{name}")
            self.assertEqual(response.code, 200)
            self.assertEqual(self.header(response, "content-type"), content)
            text = (FOLDER / name).read_text(encoding="utf-8")
            self.assertEqual(self.text(response), text)

    def test_conditional(self) -> None:
        """
        A part that the browser has is not sent again; one that it has another
        version of is.
        """
        first = self.request("GET", "/page.css")
        tag = self.header(first, "etag")
        assert tag is not None
        self.assertEqual(self.header(first, "cache-control"), "no-cache")
        for method in ("GET", "HEAD"):
            again = self.request(method, "/page.css", **{"if-none-match": tag})
            self.assertEqual((again.code, self.text(again)), (304, ""))
            self.assertEqual(self.header(again, "etag"), tag)
        other = self.request("GET", "/page.css", **{"if-none-match": '"other"'})
        self.assertEqual((other.code, self.text(other)), (200, self.text(first)))

    def test_tagsDiffer(self) -> None:
        """
        Each part has a tag of its own.
        """
        names = [path.name for path in FOLDER.iterdir() if path.suffix != ".html"]
        responses = [self.request("GET", f"/{name}") for name in names]
        tags = {self.header(response, "etag") for response in responses}
        self.assertEqual(len(tags), len(names))

    def test_nothingElse(self) -> None:
        """
        Nothing else is served: no folders, no templates, nothing outside.
        """
        for path in (
            "/none.js",
            "/pages/list.js",
            "/../page.py",
            "/%2e%2e/page.py",
            "/..%2fpage.css",
            "//page.css",
            "/page.css/",
            "/live/page.css",
            "/.css",
            "/js",
            "/__init__.py",
        ):
            self.assertEqual(self.request("GET", path).code, 404, path)

    def test_complete(self) -> None:
        """
        All that the pages and their scripts refer to is there.
        """
        found = set()
        for path in ("/", "/live/show.html"):
            text = self.page(path)[1]
            found |= set(re.findall(r'(?:src|href)="([\w.]+\.(?:js|css|svg))"', text))
        for file in FOLDER.glob("*.js"):
            text = file.read_text(encoding="utf-8")
            found |= set(re.findall(r'from "\./([\w.]+)"', text))
        self.assertGreater(len(found), 10)
        for name in found:
            self.assertEqual(self.request("GET", f"/{name}").code, 200, name)
        # And nothing lies there that nobody uses.
        files = {path.name for path in FOLDER.iterdir()}
        self.assertEqual(files - found, {"list.html", "player.html"})

    def test_textStaysText(self) -> None:
        """
        No script makes markup or code of text: names and codecs come from strangers.
        """
        for path in FOLDER.glob("*.js"):
            text = path.read_text(encoding="utf-8")
            self.assertNotRegex(
                text,
                r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b"
                r"|new Function|DOMParser|createContextualFragment",
                path.name,
            )


class PlayerScriptTests(PageTestCase):
    """
    Where mpegts.js comes from.
    """

    def serve(self, content: str | None = "first") -> Path:
        """
        Serve a local copy.

        @return: where it is.
        """
        folder = tempfile.TemporaryDirectory(prefix="rtmptwisted-parts-")
        self.addCleanup(folder.cleanup)
        path = Path(folder.name) / "copy.js"
        if content is not None:
            path.write_text(content)
        self.http = StubTreq(LiveResource(self.directory, str(path)))
        return path

    def test_public(self) -> None:
        """
        It comes from a public place, and the browser verifies it.
        """
        for path in ("/", "/live/show.html"):
            _, text = self.page(path)
            (link,) = re.findall(r'<link id="player-script"[^>]*>', text)
            self.assertIn(f'href="{PLAYER_URL}"', link)
            self.assertIn(f'integrity="{PLAYER_INTEGRITY}"', link)
            self.assertIn('crossorigin="anonymous"', link)

    def test_noLocal(self) -> None:
        """
        Without a local copy there is none, and the answer says where it is.
        """
        response = self.request("GET", "/mpegts.js")
        self.assertEqual(response.code, 404)
        self.assertIn(PLAYER_URL, self.text(response))

    def test_local(self) -> None:
        """
        With a local copy the pages know of no other place.
        """
        self.serve()
        for path in ("/", "/live/show.html"):
            response, text = self.page(path)
            policy = self.header(response, "content-security-policy")
            assert policy is not None
            self.assertIn('href="mpegts.js"', text)
            self.assertNotIn("https:", text + policy)
            self.assertNotIn("integrity", text)
        response = self.request("GET", "/mpegts.js")
        content = self.header(response, "content-type")
        self.assertEqual(content, "text/javascript; charset=utf-8")
        self.assertEqual(self.text(response), "first")

    def test_changed(self) -> None:
        """
        When the file is another one, so is what is served, and browsers notice.
        """
        path = self.serve()
        tag = self.header(self.request("GET", "/mpegts.js"), "etag")
        assert tag is not None
        again = self.request("GET", "/mpegts.js", **{"if-none-match": tag})
        self.assertEqual(again.code, 304)
        path.write_text("other")
        os.utime(path, (1, 1))
        response = self.request("GET", "/mpegts.js", **{"if-none-match": tag})
        self.assertEqual((response.code, self.text(response)), (200, "other"))

    def test_missing(self) -> None:
        """
        A local copy that is not there is not found; the log has the reason, and the
        client does not learn the path.
        """
        path = self.serve(None)
        with self.logs() as events:
            response = self.request("GET", "/mpegts.js")
        self.assertEqual(response.code, 404)
        text = self.text(response)
        self.assertEqual(text, "the player script cannot be read\n")
        (line,) = logLines(events)
        self.assertIn(path.name, line)

    def test_site(self) -> None:
        """
        L{liveSite} takes the file too.
        """
        path = self.serve()
        site = liveSite(self.directory, playerJS=str(path))
        self.http = StubTreq(site.resource)
        self.assertEqual(self.text(self.request("GET", "/mpegts.js")), "first")
