"""
Tests of L{rtmptwisted.playback}: recordings over HTTP.
"""

from __future__ import annotations

import os
import time

from treq.testing import StubTreq
from twisted.web.http import datetimeToString, stringToDatetime

from rtmptwisted.httpflv import LiveResource
from tests.http_support import BEGIN
from tests.playback_support import PlaybackTestCase

CONTENT = bytes(range(256)) * 2000
SIZE = len(CONTENT)
PATH = "/recordings/live/show-1.flv"

#: When a file was written, in seconds.
OLD = 1_600_000_000.5


class WholeTests(PlaybackTestCase):
    """
    Whole recordings.
    """

    def setUp(self) -> None:
        """
        Record.
        """
        super().setUp()
        self.path = self.record("live/show-1.flv", CONTENT)

    def test_get(self) -> None:
        """
        A recording is sent as it is, with all that players and caches want to know.
        """
        response, body = self.get(PATH)
        self.assertEqual((response.code, body), (200, CONTENT))
        for name, value in (
            ("content-type", "video/x-flv"),
            ("accept-ranges", "bytes"),
            ("cache-control", "no-cache"),
            ("access-control-allow-origin", "*"),
            ("x-content-type-options", "nosniff"),
            ("content-range", None),
        ):
            self.assertEqual(self.header(response, name), value, name)
        self.assertEqual(response.length, SIZE)
        exposed = self.header(response, "access-control-expose-headers") or ""
        for name in ("content-range", "content-length", "accept-ranges"):
            self.assertIn(name, exposed.split(", "))
        self.assertRegex(self.header(response, "etag") or "", r'\A"[0-9a-f-]+"\Z')
        self.assertEqual(self.open, 0)

    def test_head(self) -> None:
        """
        HEAD has the headers of GET and no body, and no ranges, which are for GET.
        """
        whole, _ = self.get(PATH)
        for headers in ({}, {"range": "bytes=0-9"}, {"range": "bytes=9999999-"}):
            response = self.request("HEAD", PATH, **headers)
            self.assertEqual((response.code, self.content(response)), (200, b""))
            self.assertEqual(self.header(response, "content-length"), str(SIZE))
            for name in ("etag", "last-modified", "accept-ranges"):
                self.assertEqual(self.header(response, name), self.header(whole, name))
        self.assertEqual(self.open, 0)

    def test_options(self) -> None:
        """
        OPTIONS lets scripts of other places ask for ranges.
        """
        response = self.request("OPTIONS", PATH, origin="https://example.org")
        self.assertEqual(response.code, 204)
        allowed = self.header(response, "access-control-allow-headers") or ""
        self.assertIn("range", allowed.split(", "))
        self.assertEqual(self.header(response, "access-control-allow-origin"), "*")

    def test_methods(self) -> None:
        """
        Nothing can be put there, or deleted.
        """
        for method in ("POST", "PUT", "DELETE"):
            self.assertEqual(self.request(method, PATH).code, 405)
        self.assertEqual(self.path.read_bytes(), CONTENT)

    def test_empty(self) -> None:
        """
        A file without anything in it yet is sent too.
        """
        self.record("empty.flv")
        response, body = self.get("/recordings/empty.flv")
        self.assertEqual((response.code, body), (200, b""))
        response, _ = self.get("/recordings/empty.flv", range="bytes=0-")
        self.assertEqual(response.code, 416)

    def test_grown(self) -> None:
        """
        A file that grows is served as it is when it is asked for.
        """
        before, _ = self.get(PATH)
        with self.path.open("ab") as file:
            file.write(b"more")
        after, body = self.get(PATH)
        self.assertEqual(body, CONTENT + b"more")
        self.assertNotEqual(self.header(after, "etag"), self.header(before, "etag"))
        response, body = self.get(PATH, range=f"bytes={SIZE}-")
        self.assertEqual((response.code, body), (206, b"more"))

    def test_names(self) -> None:
        """
        Recordings may have names that streams cannot.
        """
        for name, path in (
            ("a b.flv", "a%20b.flv"),
            ("caf\N{LATIN SMALL LETTER E WITH ACUTE}.flv", "caf%C3%A9.flv"),
            ("x" * 240 + ".flv", "x" * 240 + ".flv"),
            ("100%25.flv", "100%2525.flv"),
        ):
            self.record(name, b"this")
            _, body = self.get(f"/recordings/{path}")
            self.assertEqual(body, b"this", name)


class OffTests(PlaybackTestCase):
    """
    Without being asked for.
    """

    def test_off(self) -> None:
        """
        A server that was not asked to play recordings has none, and what is below
        that path are streams.
        """
        self.record("show.flv", CONTENT)
        self.http = StubTreq(LiveResource(self.directory))
        for path in ("/recordings/show.flv", "/recordings.json"):
            self.assertEqual(self.request("GET", path).code, 404)
        self.publish(*BEGIN, name="recordings/show")
        response = self.request("HEAD", "/recordings/show.flv")
        self.assertEqual(response.code, 200)
        self.assertIsNone(self.header(response, "content-length"))

    def test_streams(self) -> None:
        """
        One that plays them plays live streams as before.
        """
        self.publish(*BEGIN)
        self.assertEqual(self.request("HEAD", "/live/show.flv").code, 200)


class RangeTests(PlaybackTestCase):
    """
    Parts of recordings.
    """

    def setUp(self) -> None:
        """
        Record.
        """
        super().setUp()
        self.record("live/show-1.flv", CONTENT)

    def test_ranges(self) -> None:
        """
        A range is sent byte by byte as it is in the file.
        """
        for text, start, end in (
            ("0-0", 0, 1),
            ("0-99", 0, 100),
            ("-7", SIZE - 7, SIZE),
            (f"-{SIZE + 5}", 0, SIZE),
            ("100000-", 100000, SIZE),
            ("131071-131073", 131071, 131074),
            ("1-300000", 1, 300001),
            (f"{SIZE - 1}-", SIZE - 1, SIZE),
            (f"5-{SIZE * 2}", 5, SIZE),
        ):
            response, body = self.get(PATH, range=f"bytes={text}")
            self.assertEqual(response.code, 206, text)
            self.assertEqual(body, CONTENT[start:end], text)
            expected = f"bytes {start}-{end - 1}/{SIZE}"
            self.assertEqual(self.header(response, "content-range"), expected)
            self.assertEqual(response.length, end - start)
        self.assertEqual(self.open, 0)

    def test_unsatisfiable(self) -> None:
        """
        What is not there is refused, with how much there is.
        """
        for text in (f"{SIZE}-", "99999999-", "-0"):
            response, _ = self.get(PATH, range=f"bytes={text}")
            self.assertEqual(response.code, 416)
            content = self.header(response, "content-range")
            self.assertEqual(content, f"bytes */{SIZE}")
        self.assertEqual(self.open, 0)

    def test_ignored(self) -> None:
        """
        Several ranges, and what makes no sense, give the whole.
        """
        for text in ("bytes=0-1,5-6", "bytes=x", "items=0-1", "bytes=9-1", "", "="):
            response, body = self.get(PATH, range=text)
            self.assertEqual((response.code, body), (200, CONTENT), text)

    def test_ifRange(self) -> None:
        """
        A range of what the client has a part of is sent, by tag or by time; when the
        file is another by now, the whole is.
        """
        os.utime(self.root / "live/show-1.flv", (OLD, OLD))
        first, _ = self.get(PATH)
        tag, since = (self.header(first, name) for name in ("etag", "last-modified"))
        assert tag is not None
        assert since is not None
        for condition, code in (
            (tag, 206),
            (since, 206),
            ('"other"', 200),
            (f"W/{tag}", 200),
            (datetimeToString(1_000_000).decode(), 200),
            ("nonsense", 200),
        ):
            response, _ = self.get(PATH, range="bytes=0-9", if_range=condition)
            self.assertEqual(response.code, code, condition)


class ConditionTests(PlaybackTestCase):
    """
    Clients that have it already.
    """

    def test_conditions(self) -> None:
        """
        Who names the tag, or a time that is not before the change, is told that
        nothing has changed; the tag counts before the time.
        """
        path = self.record("live/show-1.flv", CONTENT)
        os.utime(path, (OLD, OLD))
        first, _ = self.get(PATH)
        tag, since = (self.header(first, name) for name in ("etag", "last-modified"))
        assert tag is not None
        assert since is not None
        early, late = (datetimeToString(each).decode() for each in (1, 4_000_000_000))
        for headers, code in (
            ({"if-none-match": tag}, 304),
            ({"if-none-match": f'"a", W/{tag}, "b"'}, 304),
            ({"if-none-match": "*"}, 304),
            ({"if-none-match": '"other"'}, 200),
            ({"if-modified-since": since}, 304),
            ({"if-modified-since": late}, 304),
            ({"if-modified-since": early}, 200),
            ({"if-modified-since": "nonsense"}, 200),
            ({"if-none-match": '"other"', "if-modified-since": late}, 200),
            ({"if-none-match": tag, "if-modified-since": early}, 304),
            ({"if-none-match": tag, "range": "bytes=0-9"}, 304),
            ({"if-none-match": '"other"', "range": "bytes=0-9"}, 206),
        ):
            for method in ("GET", "HEAD"):
                response = self.request(method, PATH, **headers)
                body = self.content(response)
                expected = 200 if method == "HEAD" and code == 206 else code
                self.assertEqual(response.code, expected, headers)
                self.assertEqual(self.header(response, "etag"), tag)
                self.assertEqual(body == b"", code == 304 or method == "HEAD")
        self.assertEqual(self.open, 0)

    def test_justNow(self) -> None:
        """
        No answer says that something changed later than it was sent, and a time
        before the change is none at which it was the same.
        """
        path = self.record("live/show-1.flv", CONTENT)
        later = time.time() + 3600
        os.utime(path, (later, later))
        first, _ = self.get(PATH)
        said = self.header(first, "last-modified")
        assert said is not None
        self.assertLessEqual(stringToDatetime(said.encode()), time.time())
        for headers in ({"if_modified_since": said}, {"if_range": said}):
            response, _ = self.get(PATH, range="bytes=0-9", **headers)
            expected = 206 if "if_modified_since" in headers else 200
            self.assertEqual(response.code, expected)
