"""
Tests of L{rtmptwisted.httpsite}: the access log, and the end.
"""

from __future__ import annotations

from io import StringIO
from types import SimpleNamespace
from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.admission import Admission
from rtmptwisted.directory import StreamDirectory
from rtmptwisted.diskthreads import DiskThreads
from rtmptwisted.httpflv import LiveResource, liveSite
from rtmptwisted.httpsite import LiveSite
from tests.media import keyframe
from tests.websocket_support import WebSocketTestCase


class AccessLogTests(WebSocketTestCase):
    """
    What the access log has.
    """

    def setUp(self) -> None:
        """
        Open it.
        """
        super().setUp()
        site: Any = self.site
        self.log = StringIO()
        self.patch(site, "_logFile", self.log)
        self.patch(site, "_logDateTime", "now")

    def lines(self, target: str, method: str = "GET") -> list[str]:
        """
        @return: the lines that a request makes.
        """
        wire = self.plain()
        wire.send(f"{method} {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        self.assertTrue(wire.received)
        wire.lose()
        lines = self.log.getvalue().splitlines()
        self.log.seek(0)
        self.log.truncate()
        return lines

    def test_polled(self) -> None:
        """
        There is no line for what each open page asks for every few seconds.
        """
        self.receive(keyframe(40))
        for target in ("/streams.json", "/live/show.key.flv", "/streams.json?x=1"):
            self.assertEqual(self.lines(target), [], target)
            self.assertEqual(self.lines(target, "HEAD"), [], target)

    def test_codes(self) -> None:
        """
        That holds for answers that are as usual, that nothing has changed among
        them, and for no others.
        """
        site: Any = self.site
        self.patch(site, "_logFormatter", lambda now, request: "line")
        asked = (b"/streams.json", b"/recordings.json", b"/live/show.key.flv")
        for path in (*asked, b"/live/show.flv", b"/recordings/x.flv", b"/"):
            polled = path in asked
            for code in (200, 206, 304, 400, 404, 405, 406, 500, 503):
                request: Any = SimpleNamespace(path=path, code=code)
                site.log(request)
                expected = "" if polled and code in (200, 304) else "line\n"
                self.assertEqual(self.log.getvalue(), expected, (path, code))
                self.log.seek(0)
                self.log.truncate()

    def test_other(self) -> None:
        """
        All else has its line, and so has what was asked for like that in vain.
        """
        for method, target, code in (
            ("GET", "/", 200),
            ("GET", "/nothing", 404),
            ("GET", "/live/nothing.key.flv", 404),
            ("POST", "/streams.json", 405),
            ("GET", "/?/streams.json", 200),
            ("HEAD", "/live/show.flv", 200),
        ):
            (line,) = self.lines(target, method)
            self.assertIn(f'"{method} {target} HTTP/1.1" {code} ', line)

    def test_stream(self) -> None:
        """
        A stream has its line when it has ended.
        """
        wire = self.plain()
        wire.send(b"GET /live/show.flv HTTP/1.1\r\nHost: x\r\n\r\n")
        self.assertEqual(self.log.getvalue(), "")
        self.stream.end()
        self.assertTrue(wire.received)
        self.assertIn('"GET /live/show.flv HTTP/1.1" 200', self.log.getvalue())


class StopTests(SynchronousTestCase):
    """
    The end of a site.
    """

    def test_stopped(self) -> None:
        """
        Who wants to know is told when the last port is closed.
        """
        told = []
        clock = Clock()
        directory = StreamDirectory(clock)
        admission = Admission(clock, directory.limits)
        resource = LiveResource(directory)
        site = LiveSite(resource, clock, admission, lambda: told.append(True))
        site.doStart()
        site.doStart()
        site.doStop()
        self.assertEqual(told, [])
        site.doStop()
        self.assertEqual(told, [True])

    def test_threads(self) -> None:
        """
        With the last port the threads for recordings end, too.
        """
        stopped = []
        self.patch(DiskThreads, "stop", lambda threads: stopped.append(threads))
        site: Any = liveSite(StreamDirectory(Clock()), recordings="/nowhere")
        site.doStart()
        site.doStop()
        self.assertEqual(stopped, [site.resource._playback.inThread])
