"""
Tests of L{rtmptwisted.audience}.
"""

from __future__ import annotations

import errno
import os

from rtmptwisted.wire.flv import FLVTag
from tests.delivery_support import BEGIN, FanOutTestCase
from tests.fakes import logLines
from tests.flv_reader import Tag, readFLV
from tests.media import audio, frame, keyframe, plain
from tests.straight_support import FDReactor, StraightViewer


class AudienceTestCase(FanOutTestCase):
    """
    Viewers on plain TCP.
    """

    def setUp(self) -> None:
        """
        Publish.
        """
        super().setUp()
        self.reactor = FDReactor(self.clock)
        self.publish(*BEGIN)

    def straight(self, count: int = 1) -> list[StraightViewer]:
        """
        @return: so many more viewers.
        """
        return [StraightViewer(self.stream, self.reactor) for _ in range(count)]

    def lined(self, count: int) -> list[StraightViewer]:
        """
        @return: viewers that are in line.
        """
        viewers = self.straight(count)
        self.receive(audio(20))
        self.receive(audio(30))
        for each in viewers:
            self.assertIsNotNone(each.viewer.line)
        return viewers

    def got(self, viewer: StraightViewer) -> list[Tag]:
        """
        @return: what a viewer was written behind what it had in L{lined}.
        """
        return readFLV(viewer.content).media[len(BEGIN) + 2 :]

    def counted(self, viewer: StraightViewer) -> None:
        """
        What is counted is what was written: bytes, and frames.
        """
        frames = [FLVTag(*each).isFrame for each in readFLV(viewer.content).media]
        self.assertEqual(
            (viewer.viewer.bytesSent, viewer.viewer.frames),
            (len(viewer.written), sum(frames)),
        )


class LiningUpTests(AudienceTestCase):
    """
    Who is written to in a row.
    """

    def test_atTheSecondFlush(self) -> None:
        """
        Viewers with an idle socket are in one line from the first flush that they
        get whole, and it lasts.
        """
        one, two = self.straight(2)
        self.receive(frame(40))
        line = one.viewer.line
        self.assertIsNotNone(line)
        self.receive(frame(80))
        self.assertIs(one.viewer.line, line)
        self.assertIs(two.viewer.line, line)

    def test_sameObject(self) -> None:
        """
        All sockets are sent the identical object, in one call a flush, also those
        of viewers that are not in line yet.
        """
        viewers = self.lined(3)
        viewers += self.straight(2)
        self.receive(frame(40), audio(50))
        sent = [each.socket.sent for each in viewers]
        for each in sent:
            self.assertIs(each[-1], sent[0][-1])
        self.assertEqual([len(each) for each in sent], [4, 4, 4, 2, 2])

    def test_notOthers(self) -> None:
        """
        Viewers behind other transports are written to one by one, and get the same.
        """
        other = self.watch()
        (one,) = self.lined(1)
        self.receive(frame(40))
        self.assertIsNone(other.viewer.line)
        self.assertIs(other.outlet.writes[-1], one.socket.sent[-1])

    def test_joins(self) -> None:
        """
        A viewer that joins gets what follows, once; those in line lose nothing.
        """
        one, two = self.lined(2)
        (late,) = self.straight()
        self.receive(frame(40))
        self.receive(frame(80))
        for each in (one, two):
            self.assertEqual(self.got(each), plain(frame(40), frame(80)))
        self.assertIs(late.viewer.line, one.viewer.line)
        self.assertEqual(self.got(late), plain(frame(40), frame(80)))

    def test_back(self) -> None:
        """
        A viewer that flows again is back in line at the next flush but one.
        """
        one, two = self.lined(2)
        one.socket.room = 5
        self.receive(frame(40))
        self.assertEqual((one.viewer.line, two.viewer.line), (None, None))
        self.receive(frame(80))
        self.assertIsNone(one.viewer.line)
        self.assertIsNotNone(two.viewer.line)
        one.socket.room = 10_000
        self.reactor.turns()
        self.receive(frame(120))
        self.receive(frame(160))
        self.assertIsNotNone(one.viewer.line)
        self.assertIs(one.viewer.line, two.viewer.line)
        for each in (one, two):
            self.assertEqual(self.got(each), plain(*map(frame, (40, 80, 120, 160))))

    def test_muted(self) -> None:
        """
        A viewer in line that wants nothing for a while is not in line, and is again
        when it goes on.
        """
        one, two = self.lined(2)
        one.viewer.mute(True)
        self.receive(frame(40))
        one.viewer.mute(False)
        self.receive(frame(80))
        self.receive(keyframe(120))
        self.receive(frame(160))
        self.assertEqual(self.got(one)[-2:], plain(keyframe(120), frame(160)))
        self.assertEqual(len(self.got(one)), 4)
        self.assertIs(one.viewer.line, two.viewer.line)
        self.assertIsNotNone(one.viewer.line)
        self.assertEqual(len(self.got(two)), 4)


class CountTests(AudienceTestCase):
    """
    What is counted for viewers that are in line, or leave it.
    """

    def test_leaves(self) -> None:
        """
        What a viewer has got is right in the log, whenever it leaves: before it is
        in line, in line, after that, with something pending or not.
        """
        for flushes in range(6):
            for pending in (False, True):
                viewers = self.straight(3)
                for n in range(flushes):
                    self.receive(frame(100 + n))
                if pending:
                    self.stream.receive(frame(200))
                with self.logs() as events:
                    viewers[1].leave()
                frames, size = flushes + 2, len(viewers[1].written)
                self.assertIn(f": {frames} frames, {size} bytes, ", logLines(events)[0])
                self.clock.advance(0)
                for each in viewers:
                    each.leave()
                    self.counted(each)
                self.receive(keyframe(0), audio(10))

    def test_pausesAnywhere(self) -> None:
        """
        It is right for one whose socket is full at any byte of a flush, when all is
        written, and for the others.
        """
        size = len(frame(40).encoded())
        for room in range(size + 1):
            one, two = self.lined(2)
            one.socket.room = room
            self.receive(frame(40))
            self.receive(frame(80))
            one.socket.room = 1 << 20
            self.reactor.turns()
            self.receive(frame(120))
            for each in (one, two):
                each.leave()
                self.counted(each)
                self.assertEqual(self.got(each), plain(*map(frame, (40, 80, 120))))
            self.receive(keyframe(0), audio(10))

    def test_end(self) -> None:
        """
        It is right at the end of the stream, also for a viewer with a backlog.
        """
        one, two = self.lined(2)
        one.socket.room = 0
        for n in range(4):
            self.receive(frame(40 + n))
        self.stream.receive(frame(80))
        self.stream.end()
        for each in (one, two):
            self.counted(each)
            self.assertEqual(each.outlet.finished, 1)
            self.assertEqual(len(self.got(each)), 5)


class FailureTests(AudienceTestCase):
    """
    Sockets that fail.
    """

    def test_gone(self) -> None:
        """
        A viewer whose socket fails is not written to any more, counts as full, and
        is dropped 15 seconds later; the others go on.
        """
        for number in (errno.ECONNRESET, errno.EPIPE):
            one, two = self.lined(2)
            had = one.written
            one.socket.error = OSError(number, os.strerror(number))
            self.receive(frame(40))
            one.socket.error = None
            with self.logs() as events:
                for n in range(15):
                    self.clock.advance(1)
                    self.receive(frame(80 + n))
                self.assertEqual(one.outlet.aborted, 0)
                self.clock.advance(0.1)
                self.receive(frame(120))
            self.assertEqual(one.outlet.aborted, 1)
            self.assertIn("has taken nothing for 15.0 s", logLines(events)[-1])
            self.receive(keyframe(160), frame(200))
            self.assertEqual(one.written, had)
            self.assertEqual(len(self.got(two)), 19)
            for each in (one, two):
                each.leave()
            self.clock.advance(1)
            self.receive(keyframe(0), audio(10))

    def test_defect(self) -> None:
        """
        A viewer whose socket raises what sockets do not is removed, in line or not,
        with one failure in the log; the others lose nothing.
        """
        one, two, three = self.lined(3)
        two.socket.error = ZeroDivisionError("a defect")
        self.receive(frame(40))
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.receive(frame(80))
        for each in (one, three):
            self.assertEqual(self.got(each), plain(frame(40), frame(80)))
        self.assertEqual((two.outlet.aborted, self.stream.viewers), (1, 2))
