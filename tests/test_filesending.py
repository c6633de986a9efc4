"""
Tests of L{rtmptwisted.filesending}: the pace of the client and of the disk.
"""

from __future__ import annotations

import os
from typing import Any

from twisted.internet.error import ConnectionDone
from twisted.logger import LogLevel
from twisted.python.failure import Failure

from rtmptwisted.admission import Admission
from rtmptwisted.diskfile import DiskFile
from rtmptwisted.filesending import PIECE, STALL_SECONDS
from rtmptwisted.httpflv import LiveResource
from rtmptwisted.httpsite import LiveSite
from tests.fakes import SlowThread, Transport, logLines
from tests.playback_support import FolderTestCase
from tests.test_diskfile import descriptors

GET = b"GET /recordings/x.flv HTTP/1.1\r\nHost: x\r\n\r\n"

#: More than is read at once, by far.
CONTENT = os.urandom(10 * PIECE + 1234)


class SendingTestCase(FolderTestCase):
    """
    A client on a connection, and a disk that does nothing before it is told to.
    """

    def setUp(self) -> None:
        """
        Connect.
        """
        super().setUp()
        self.descriptors = descriptors()
        self.path = self.record("x.flv", CONTENT)
        self.thread = SlowThread()
        self.resource = LiveResource(
            self.directory, recordings=str(self.root), inThread=self.thread
        )
        self.transport: Any = Transport()
        admission = Admission(self.clock, self.directory.limits)
        site = LiveSite(self.resource, self.clock, admission)
        self.channel: Any = site.buildProtocol(None)
        self.channel.makeConnection(self.transport)
        self.addCleanup(self.lose)

    def lose(self) -> None:
        """
        Let the client go, unless it is gone.
        """
        if self.channel is not None:
            self.transport.disconnected = True
            self.channel.connectionLost(Failure(ConnectionDone()))
            self.channel = None

    @property
    def open(self) -> int:
        """
        How many recordings the server has open.
        """
        playback: Any = self.resource._playback
        return int(playback.open)

    def body(self) -> bytes:
        """
        @return: what has come of the body.
        """
        head, _, body = self.transport.value().partition(b"\r\n\r\n")
        self.assertIn(b"200 OK", head.splitlines()[0])
        return bytes(body)

    def begin(self) -> None:
        """
        Ask, and let the file be opened.
        """
        self.channel.dataReceived(GET)
        self.thread.step()

    def assertClosed(self) -> None:
        """
        Nothing is open, and nothing is scheduled for it.
        """
        self.assertEqual((self.open, descriptors()), (0, self.descriptors))


class PaceTests(SendingTestCase):
    """
    How fast it goes.
    """

    def test_whole(self) -> None:
        """
        All of the file is sent, and it is closed.
        """
        self.begin()
        self.thread.run()
        self.assertEqual(self.body(), CONTENT)
        self.assertClosed()

    def test_oneAhead(self) -> None:
        """
        One piece is read at a time; while the client takes nothing, one is there
        that was not sent, and nothing is read any more.
        """
        self.begin()
        self.assertEqual(self.body(), b"")
        self.assertEqual(self.thread.underWay, 1)
        self.thread.step()
        self.assertEqual((len(self.body()), self.thread.underWay), (PIECE, 1))
        self.transport.producer.pauseProducing()
        self.thread.step()
        self.assertEqual((len(self.body()), self.thread.underWay), (PIECE, 0))
        calls = self.thread.calls
        self.clock.advance(STALL_SECONDS - 1)
        self.assertEqual((len(self.body()), self.thread.calls), (PIECE, calls))
        self.transport.producer.resumeProducing()
        self.assertEqual((len(self.body()), self.thread.underWay), (2 * PIECE, 1))

    def test_fullAfterEach(self) -> None:
        """
        A client that has room for one piece at a time gets each when it has, and the
        answer is over when the last one is gone.
        """
        reads: list[int] = []

        def pausing() -> None:
            if self.transport.producer is not None:
                reads.append(self.thread.underWay)
                self.transport.producer.pauseProducing()

        self.transport.onWrite = pausing
        self.begin()
        for _ in range(30):
            self.thread.run()
            self.transport.producer.resumeProducing()
        self.assertEqual(self.body(), CONTENT)
        # At most the next was being read while one was written.
        self.assertEqual(set(reads), {0, 1})
        self.assertClosed()

    def test_lastPiece(self) -> None:
        """
        While the last piece waits in the transport the answer is not over.
        """
        self.path.write_bytes(b"all of it")
        self.transport.onWrite = lambda: self.transport.producer.pauseProducing()
        self.begin()
        self.transport.producer.resumeProducing()
        self.thread.run()
        self.assertEqual((self.body(), self.open), (b"all of it", 1))
        self.transport.producer.resumeProducing()
        self.thread.run()
        self.assertEqual((self.body(), self.open), (b"all of it", 0))

    def test_pipelined(self) -> None:
        """
        The next request on the connection is answered when the file is gone.
        """
        self.channel.dataReceived(
            GET + b"GET /streams.json HTTP/1.1\r\nHost: x\r\n\r\n"
        )
        self.thread.step()
        self.thread.step()
        self.assertEqual(self.transport.value().count(b"200 OK"), 1)
        self.thread.run()
        head, _, rest = self.transport.value().partition(b"\r\n\r\n")
        self.assertEqual(rest[: len(CONTENT)], CONTENT)
        self.assertTrue(rest[len(CONTENT) :].startswith(b"HTTP/1.1 200 OK"))
        self.assertIn(b"Content-Length: %d" % len(CONTENT), head)

    def test_stalled(self) -> None:
        """
        A client that takes nothing for five minutes is disconnected; one that took
        something is not.
        """
        self.begin()
        self.thread.step()
        self.transport.producer.pauseProducing()
        self.thread.step()
        self.clock.advance(STALL_SECONDS - 1)
        self.transport.producer.resumeProducing()
        self.transport.producer.pauseProducing()
        self.clock.advance(STALL_SECONDS - 1)
        self.assertFalse(self.transport.disconnected)
        self.clock.advance(1)
        self.assertTrue(self.transport.disconnected)
        self.lose()
        self.thread.run()
        self.assertClosed()


class DiskTests(SendingTestCase):
    """
    What happens to the file meanwhile.
    """

    def test_grows(self) -> None:
        """
        Of a file that grows, as much is sent as there was when it was asked for.
        """
        self.begin()
        with self.path.open("ab") as file:
            file.write(b"more" * PIECE)
        self.thread.run()
        self.assertEqual(self.body(), CONTENT)

    def test_deleted(self) -> None:
        """
        A file that is deleted while it is sent is sent to its end.
        """
        self.begin()
        self.thread.step()
        self.path.unlink()
        self.thread.run()
        self.assertEqual(self.body(), CONTENT)
        self.assertClosed()

    def test_cut(self) -> None:
        """
        When the file becomes shorter while it is sent, the connection is closed: the
        client has not got what was promised, and sees it.
        """
        self.begin()
        self.thread.step()
        os.truncate(self.path, PIECE + 5)
        with self.logs() as events:
            self.thread.run()
        self.assertEqual(self.body(), CONTENT[:PIECE])
        self.assertTrue(self.transport.disconnected)
        (line,) = logLines(events, LogLevel.error)
        self.assertIn("/recordings/x.flv cannot be read to its end", line)
        self.lose()
        self.assertClosed()

    def test_error(self) -> None:
        """
        The same when the disk fails in the midst of it.
        """
        self.begin()
        self.thread.step()

        def read(file: DiskFile, offset: int, size: int) -> bytes:
            raise OSError(5, "Input/output error")

        self.patch(DiskFile, "read", read)
        # This piece was asked for already, as a method of before.
        with self.logs() as events:
            self.thread.run()
        self.assertEqual(self.body(), CONTENT[: 2 * PIECE])
        self.assertTrue(self.transport.disconnected)
        (line,) = logLines(events, LogLevel.error)
        self.assertIn("Input/output error", line)
        self.lose()
        self.thread.run()
        self.assertClosed()

    def test_never(self) -> None:
        """
        A disk that never answers holds up nobody: the connection is closed in the
        end, and the file when the disk has answered after all.
        """
        self.begin()
        self.clock.advance(STALL_SECONDS)
        self.assertTrue(self.transport.disconnected)
        self.lose()
        self.assertEqual(self.open, 1)
        self.thread.run()
        self.assertClosed()


class GoneTests(SendingTestCase):
    """
    Clients that go.
    """

    def test_anyMoment(self) -> None:
        """
        A client that goes at any moment leaves nothing open, and nothing scheduled.
        """
        for steps in range(14):
            self.channel.dataReceived(GET)
            for _ in range(steps):
                if self.thread.underWay:
                    self.thread.step()
            self.lose()
            self.thread.run()
            self.assertClosed()
            self.assertEqual(self.clock.getDelayedCalls(), [])
            self.reconnect()
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_paused(self) -> None:
        """
        So does one that goes while it takes nothing.
        """
        self.begin()
        self.thread.step()
        self.transport.producer.pauseProducing()
        self.thread.step()
        self.lose()
        self.thread.run()
        self.assertClosed()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def reconnect(self) -> None:
        """
        Be another client.
        """
        self.transport = Transport()
        admission = Admission(self.clock, self.directory.limits)
        site = LiveSite(self.resource, self.clock, admission)
        self.channel = site.buildProtocol(None)
        self.channel.makeConnection(self.transport)
