"""
Tests of L{rtmptwisted.httpviewer} on plain TCP: clients that go.
"""

from __future__ import annotations

from tests.fakes import logLines
from tests.http_support import BEGIN
from tests.media import frame
from tests.test_httpviewer import HTTPViewerTestCase, get
from tests.websocket_support import channelOf


class GoneTests(HTTPViewerTestCase):
    """
    Clients that go.
    """

    def test_anyMoment(self) -> None:
        """
        A client that goes at any moment is no viewer any more, nothing is written
        to it, nothing is left scheduled, and nobody else notices.
        """
        other = self.asking()
        expected = len(BEGIN)

        def nothing() -> None:
            pass

        def some() -> None:
            self.receive(frame(40))

        def pending() -> None:
            self.stream.receive(frame(40))

        for room in (0, 20, 1 << 20):
            for before in (nothing, some, pending):
                wire = self.plain()
                wire.socket.room = room
                wire.connection.protocol.dataReceived(get())
                if before is not pending:
                    self.reactor.turns()
                before()
                sent = len(wire.socket.sent)
                wire.lose()
                self.assertEqual(self.stream.viewers, 1)
                self.receive(frame(80))
                self.assertEqual(len(wire.socket.sent), sent)
                expected += 1 + (before is not nothing)
                self.assertEqual(len(self.tags(other)), expected)
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_unread(self) -> None:
        """
        A client whose socket fails is let go when it has taken nothing for 15
        seconds, if reading does not find out before.
        """
        wire, other = self.asking(), self.asking()
        wire.socket.error = OSError(32, "broken pipe")
        with self.logs() as events:
            for n in range(17):
                self.receive(frame(40 + n))
                self.clock.advance(1)
        self.assertFalse(wire.open)
        self.assertEqual(self.stream.viewers, 1)
        self.assertEqual(len(self.tags(other)), len(BEGIN) + 17)
        self.assertTrue(any("has taken nothing" in each for each in logLines(events)))

    def test_takesNothingAtTheEnd(self) -> None:
        """
        One that takes nothing at the end of the stream is dropped soon.
        """
        for request in (get(version="1.0"), get(), get(more="Connection: close\r\n")):
            self.setUp()
            wire = self.plain()
            channel = channelOf(wire)
            channel.setTimeout(None)
            channel.callLater = self.clock.callLater
            wire.send(request)
            wire.socket.room = 3
            self.receive(frame(40))
            with self.logs():
                self.stream.end()
                self.clock.pump([1] * 60)
            self.assertFalse(wire.open, request)

    def test_afterTheEnd(self) -> None:
        """
        A client that goes right at the end, or right after it, does no harm.
        """
        for room in (0, 5, 1 << 20):
            wire = self.asking()
            wire.socket.room = room
            self.receive(frame(40))
            self.stream.end()
            wire.lose()
            self.setUp()
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_aborted(self) -> None:
        """
        One whose connection is being dropped when the stream ends, and that has asked
        for more before, does no harm either.
        """
        wire = self.asking(get() + get("/streams.json"))
        wire.connection.abortConnection()
        self.stream.end()
        self.assertFalse(wire.open)
        self.assertEqual(wire.received.count(b"HTTP/1.1 "), 1)
        self.assertEqual(self.flushLoggedErrors(), [])
