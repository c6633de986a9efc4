"""
Tests of L{rtmptwisted.reading} as connections use it: publishers that are read
several messages at a time where there is a merge window.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from twisted.internet.defer import Deferred

from rtmptwisted.formats import FLVFormat
from rtmptwisted.sockets import SMALL_READ
from rtmptwisted.wire.flv import FLVTag
from rtmptwisted.wire.message import Command
from tests.delivery_support import Watching
from tests.media import audio, audioHeader, frame, keyframe, plain, videoHeader
from tests.reading_support import ReadingTestCase, Wire


class PublisherTests(ReadingTestCase):
    """
    A publisher that sends a message each 20 ms.
    """

    def play(self, wire: Wire, count: int = 150) -> list[FLVTag]:
        """
        Let it.

        @return: what it sent.
        """
        tags = [videoHeader(), audioHeader(), keyframe(0)]
        wire.arrive(*tags)
        self.reactor.turns()
        for n in range(count):
            tag = (frame if n % 2 else audio)(20 * n)
            tags.append(tag)
            wire.arrive(tag)
            self.reactor.turns()
            self.pass_(0.02)
        self.pass_(0.1)
        return tags

    def test_together(self) -> None:
        """
        It is read each 70 ms or so, all comes in order, and nothing is lost.
        """
        wire = self.publishing()
        tags = self.play(wire)
        self.assertEqual(plain(*self.sink.tags), plain(*tags))
        for one, other in pairwise(wire.reads[:-1]):
            self.assertTrue(0.069 < other - one < 0.0915, (one, other))
        self.assertTrue(35 < len(wire.reads) < 46, len(wire.reads))

    def test_delay(self) -> None:
        """
        From its arrival at the host nothing takes longer to a viewer than the window
        is.
        """
        wire = self.publishing()
        viewer = Watching(self.live(), FLVFormat())
        at: dict[int, float] = {}

        def written() -> None:
            for tag in viewer.media:
                at.setdefault(tag.timestamp, self.clock.seconds())

        viewer.outlet.onWrite = written
        began = self.clock.seconds()
        self.play(wire)
        self.pass_(0.3)
        delays = [at[20 * n] - began - 0.02 * n for n in range(1, 150)]
        self.assertLess(max(delays), 0.353)
        self.assertGreater(max(delays), 0.3)

    def test_noWindow(self) -> None:
        """
        Without a window, or with a short one, each message is read when it is there.
        """
        for window in (None, 0.0, 0.02):
            self.WINDOW = window
            self.setUp()
            wire = self.publishing()
            tags = self.play(wire, 30)
            self.assertEqual(plain(*self.sink.tags), plain(*tags))
            self.assertEqual(len(wire.reads), 31)

    def test_fast(self) -> None:
        """
        One of which a full read is waiting each time is read without any rest.
        """
        wire = self.publishing()
        data = wire.bytesOf(*(frame(n, 10_000) for n in range(60)))
        whole = len(data) // SMALL_READ * SMALL_READ
        wire.send(data[:whole])
        self.assertEqual(wire.socket.incoming, b"")
        self.assertTrue(wire.isRead)
        wire.send(data[whole:])
        self.assertFalse(wire.isRead)
        self.assertEqual(len(self.sink.tags), 60)

    def test_readLarge(self) -> None:
        """
        A read of 64 KiB is no reason to rest, one with a byte less is.
        """
        for count, reads in ((SMALL_READ, True), (SMALL_READ - 1, False)):
            self.setUp()
            wire = self.publishing()
            data = wire.bytesOf(frame(0, 2 * SMALL_READ))
            wire.send(data[:count])
            self.assertIs(wire.isRead, reads)


class OthersTests(ReadingTestCase):
    """
    Who never rests.
    """

    def test_idle(self) -> None:
        """
        A client that does nothing yet, or nothing any more, is read when it says
        something.
        """
        wire = Wire(self)
        for _ in range(10):
            wire.say("note", "x")
            self.assertTrue(wire.isRead)
        self.gate.callback(True)
        wire.say("publish", "show", id=1)
        self.assertFalse(wire.isRead)
        self.pass_(0.08)
        wire.say("deleteStream", 1.0)
        for _ in range(10):
            self.assertTrue(wire.isRead)
            wire.say("note", "x")
        self.assertEqual(len(self.called), 20)
        self.assertEqual(self.rests, [])

    def test_player(self) -> None:
        """
        So is a player, whatever it says.
        """
        self.publishing().arrive(videoHeader(), keyframe(0))
        wire = Wire(self)
        wire.say("play", "show", id=1)
        for paused in (True, False, True):
            self.assertTrue(wire.isRead)
            wire.say("pause", paused, 0.0, id=1)
            self.assertEqual(wire.socket.incoming, b"")
        self.assertTrue(wire.isRead)


class RestingTests(ReadingTestCase):
    """
    What happens while a publisher rests.
    """

    def resting(self, *more: Command) -> Wire:
        """
        @param more: said with the frame that makes it rest.
        @return: a publisher that rests.
        """
        wire = self.publishing()
        wire.send(wire.bytesOf(audio(0), *more))
        self.assertFalse(wire.isRead)
        self.assertEqual(len(self.rests), 1)
        return wire

    def test_close(self) -> None:
        """
        When the server closes, it reads at once, so that it finds out when the
        client does too, and what it reads does not count.
        """
        for drop in (False, True):
            self.setUp()
            wire = self.resting()
            (wire.protocol.drop if drop else wire.protocol.close)()
            self.assertEqual(self.rests, [])
            if not drop:
                self.assertTrue(wire.isRead)
                wire.send(wire.bytesOf(audio(20)))
                self.assertEqual(wire.socket.incoming, b"")
                self.assertTrue(wire.isRead)
            self.assertEqual(len(self.sink.tags), 1)
            self.assertEqual(self.rests, [])

    def test_lost(self) -> None:
        """
        When the connection goes nothing of it is left scheduled.
        """
        wire = self.resting()
        wire.lose()
        self.assertEqual(self.rests, [])
        self.assertEqual(self.sink.ended, 1)
        before = len(self.clock.getDelayedCalls())
        self.pass_(0.2)
        self.assertFalse(wire.isRead)
        self.assertLessEqual(len(self.clock.getDelayedCalls()), before)

    def test_aborted(self) -> None:
        """
        The same holds when the server aborts it.
        """
        wire = self.resting()
        wire.protocol._abort()
        self.pass_(0.2)
        self.assertFalse(wire.connection.open)
        self.assertEqual(self.rests, [])
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_brokenProtocol(self) -> None:
        """
        One that breaks the protocol is closed, and does not rest before.
        """
        wire = self.publishing()
        wire.send(wire.bytesOf(audio(0)) + b"\xff" * 20)
        self.assertEqual(self.rests, [])
        self.pass_(0.1)
        self.assertFalse(wire.connection.open)
        self.assertEqual(plain(*self.sink.tags), plain(audio(0)))

    def test_handlerIsLonger(self) -> None:
        """
        One whose command is carried out for longer than it rests is read when that
        is done.
        """
        wire = self.publishing()
        wire.send(wire.bytesOf(audio(0), wire.command("wait")))
        self.pass_(0.2)
        self.assertFalse(wire.isRead)
        wire.send(wire.bytesOf(audio(20)))
        self.assertEqual(len(self.sink.tags), 1)
        self.gate.callback(None)
        self.reactor.turns()
        self.assertEqual(plain(*self.sink.tags), plain(audio(0), audio(20)))
        self.assertEqual(self.called, ["wait", "waited"])

    def test_restIsLonger(self) -> None:
        """
        One whose command is carried out while it rests is read when the rest is
        over; what came with the command does not wait for that.
        """
        wire = self.publishing()
        wire.send(wire.bytesOf(audio(0), wire.command("wait"), audio(20)))
        self.assertEqual(len(self.sink.tags), 1)
        gate: Deferred[Any] = self.gate
        gate.callback(None)
        self.assertEqual(len(self.sink.tags), 2)
        wire.send(wire.bytesOf(audio(40)))
        self.pass_(0.06)
        self.assertFalse(wire.isRead)
        self.assertEqual(len(self.sink.tags), 2)
        self.pass_(0.02)
        self.assertEqual(len(self.sink.tags), 3)
