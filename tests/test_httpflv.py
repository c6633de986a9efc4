"""
Tests of L{rtmptwisted.httpflv}: live streams, and what is refused.
"""

from __future__ import annotations

from typing import Any

import treq
from twisted.web.iweb import UNKNOWN_LENGTH

from rtmptwisted import httpflv
from rtmptwisted.streams import LiveStream
from tests.flv_reader import readFLV
from tests.http_support import BEGIN, HTTPTestCase
from tests.media import audio, audioHeader, frame, keyframe, plain, videoHeader


class StreamTests(HTTPTestCase):
    """
    Tests of C{GET /app/name.flv}.
    """

    def get(self, path: str = "/live/show.flv") -> tuple[Any, bytearray]:
        """
        @return: a response, and where its body comes in.
        """
        response = self.request("GET", path)
        body = bytearray()
        self.done = treq.collect(response, body.extend)
        self.http.flush()
        return response, body

    def test_headers(self) -> None:
        """
        The response is FLV for anybody, kept by nobody, and of no length that
        is known.
        """
        self.publish(*BEGIN)
        response, _ = self.get()
        self.assertEqual(response.code, 200)
        for name, value in (
            ("content-type", "video/x-flv"),
            ("access-control-allow-origin", "*"),
            ("cache-control", "no-cache"),
            ("x-accel-buffering", "no"),
            ("x-content-type-options", "nosniff"),
        ):
            self.assertEqual(self.header(response, name), value)
        self.assertIs(response.length, UNKNOWN_LENGTH)

    def test_body(self) -> None:
        """
        The body is FLV from a keyframe on, and goes on as long as the stream.
        """
        self.publish(*BEGIN)
        self.receive(frame(40), keyframe(80))
        _, body = self.get()
        first = (videoHeader(80), audioHeader(80), keyframe(80))
        self.assertEqual(readFLV(body).flags, 5)
        self.assertEqual(readFLV(body).tags, plain(*first))
        self.receive(audio(90))
        self.receive(frame(120))
        self.assertEqual(readFLV(body).tags, plain(*first, audio(90), frame(120)))
        self.assertNoResult(self.done)

    def test_flags(self) -> None:
        """
        The flags in the header are exactly what the stream has: players wait
        for what is announced.
        """
        for name, tags, flags in (
            ("a/both", BEGIN, 5),
            ("a/video", (videoHeader(), keyframe(0), frame(1000)), 1),
            ("a/audio", (audioHeader(), audio(0), audio(1000)), 4),
        ):
            self.publish(*tags, name=name)
            _, body = self.get(f"/{name}.flv")
            self.assertEqual(readFLV(body).flags, flags, name)

    def test_waitsForTracks(self) -> None:
        """
        While it is not known what the stream has, the response has its headers
        and no body yet.
        """
        self.publish(videoHeader(), keyframe(0))
        response, body = self.get()
        self.assertEqual((response.code, body), (200, b""))
        self.receive(audioHeader())
        self.assertEqual(readFLV(body).flags, 5)

    def test_end(self) -> None:
        """
        At the end of the stream the response ends, whole.
        """
        self.publish(*BEGIN)
        _, body = self.get()
        stream = self.live()
        stream.receive(frame(40))
        stream.end()
        self.http.flush()
        self.successResultOf(self.done)
        self.assertEqual(readFLV(body).tags, plain(*BEGIN, frame(40)))
        self.assertEqual(stream.viewers, 0)

    def test_names(self) -> None:
        """
        Streams of any depth and with escaped names are found.
        """
        for name, path in (
            ("live/a/b", "/live/a/b.flv"),
            ("live/x@y", "/live/x%40y.flv"),
            ("only", "/only.flv"),
        ):
            self.publish(*BEGIN, name=name)
            response, body = self.get(path)
            self.assertEqual(response.code, 200)
            self.assertEqual(readFLV(body).tags, plain(*BEGIN))

    def test_webSocket(self) -> None:
        """
        Who wants a WebSocket is asked to it, in the form of the query, and not
        before it is known that the stream is live.
        """
        asked = []

        def upgrade(request: Any, stream: LiveStream, raw: bool) -> bytes:
            asked.append((stream, raw))
            return b"asked"

        self.patch(httpflv, "upgrade", upgrade)
        path = "/live/show.flv"
        self.assertEqual(self.request("GET", path, upgrade="websocket").code, 404)
        self.publish(*BEGIN)
        for query in ("", "?profile=raw"):
            response = self.request("GET", path + query, upgrade="WebSocket")
            self.assertEqual(self.text(response), "asked")
        self.assertEqual(asked, [(self.live(), False), (self.live(), True)])
        self.request("HEAD", path, upgrade="websocket")
        self.assertEqual(len(asked), 2)

    def test_query(self) -> None:
        """
        A query string does not matter.
        """
        self.publish(*BEGIN)
        response, _ = self.get("/live/show.flv?token=1")
        self.assertEqual(response.code, 200)


class RefusalTests(HTTPTestCase):
    """
    What is not served.
    """

    def test_notLive(self) -> None:
        """
        What is not live is not found; the answer says so, and has CORS headers.
        """
        self.directory.stream("live/waiting")
        for name in ("live/nothing", "live/waiting"):
            response = self.request("GET", f"/{name}.flv")
            self.assertEqual(response.code, 404)
            self.assertEqual(self.header(response, "access-control-allow-origin"), "*")
            self.assertEqual(self.text(response), f"{name} is not live\n")

    def test_afterTheEnd(self) -> None:
        """
        What is over is not found.
        """
        self.publish(*BEGIN)
        self.live().end()
        self.assertEqual(self.request("GET", "/live/show.flv").code, 404)

    def test_strangePaths(self) -> None:
        """
        Paths that are no stream are refused, whatever they hold.
        """
        self.publish(*BEGIN)
        for path in (
            "/live/show",
            "/live/show.mp4",
            "/.flv",
            "/live/.flv",
            "/live/../live/show.flv",
            "/%2e%2e/%2e%2e/etc/passwd.flv",
            "/live/%00.flv",
            "/live%5cshow.flv",
            "/live//show.flv",
            "/" + "x" * 300 + ".flv",
        ):
            self.assertEqual(self.request("GET", path).code, 404, path)

    def test_notASCII(self) -> None:
        """
        A path that is not ASCII is a bad request, UTF-8 or not.
        """
        for path in ("/live/%ff.flv", "/caf%C3%A9.flv"):
            self.assertEqual(self.request("GET", path).code, 400)

    def test_nothingIsEchoed(self) -> None:
        """
        Answers are plain text, in which a path stands escaped.
        """
        response = self.request("GET", "/%3Cscript%3E%0A.flv")
        self.assertEqual(response.code, 404)
        content = self.header(response, "content-type")
        self.assertEqual(content, "text/plain; charset=utf-8")
        self.assertNotIn("\n", self.text(response)[:-1])

    def test_methods(self) -> None:
        """
        Other methods are refused, with those that are served.
        """
        self.publish(*BEGIN)
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            response = self.request(method, "/live/show.flv")
            self.assertEqual(response.code, 405)
            self.assertEqual(self.header(response, "allow"), "GET, HEAD, OPTIONS")
