"""
Tests of L{rtmptwisted.viewer}: what a viewer gets that is too slow.
"""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.viewer import Flush, Lag, Viewer
from rtmptwisted.wire.limits import MIB, Limits
from tests.fakes import FakeOutlet


def flush(number: int, size: int = 100) -> Flush:
    """
    Bytes for viewers, with one frame.
    """
    return Flush(bytes((number,)) * size, 1)


class ViewerTestCase(SynchronousTestCase):
    """
    A viewer.
    """

    def setUp(self) -> None:
        """
        Make it.
        """
        self.clock = Clock()
        self.outlet = FakeOutlet()
        self.viewer = Viewer(self.outlet, self.clock, Limits())

    def give(self, given: Flush) -> Lag | None:
        """
        Do what the fan-out does with a viewer that is not skipping.

        @return: what came of it.
        """
        if self.viewer.flowing:
            self.viewer.deliver(given)
            return None
        return self.viewer.keep(given._replace(at=self.clock.seconds()))


class ViewerTests(ViewerTestCase):
    """
    Tests of L{Viewer}.
    """

    def test_straight(self) -> None:
        """
        While the transport takes data each flush is one write, of the very
        same bytes.
        """
        flushes = [flush(n) for n in range(3)]
        for each in flushes:
            self.give(each)
        self.assertEqual(len(self.outlet.writes), 3)
        for written, each in zip(self.outlet.writes, flushes, strict=True):
            self.assertIs(written, each.data)
        self.assertEqual((self.viewer.frames, self.viewer.bytesSent), (3, 300))

    def test_paused(self) -> None:
        """
        While the transport is full nothing is written; afterwards all is, in
        order.
        """
        self.viewer.pauseProducing()
        for n in range(3):
            self.give(flush(n))
        self.assertEqual(self.outlet.writes, [])
        self.assertEqual(self.viewer.bytesSent, 0)
        self.viewer.resumeProducing()
        self.assertEqual(self.outlet.writes, [flush(n).data for n in range(3)])
        self.give(flush(3))
        self.assertEqual(self.outlet.writes[-1], flush(3).data)
        self.assertEqual((self.viewer.skips, self.viewer.bytesSent), (0, 400))

    def test_fullAgain(self) -> None:
        """
        When the transport is full again after one write, the rest waits.
        """
        self.viewer.pauseProducing()
        for n in range(3):
            self.give(flush(n))
        self.outlet.onWrite = self.viewer.pauseProducing
        self.viewer.resumeProducing()
        self.assertEqual(self.outlet.writes, [flush(0).data])
        self.viewer.resumeProducing()
        self.assertEqual(self.outlet.writes, [flush(0).data, flush(1).data])

    def test_tooManyBytes(self) -> None:
        """
        A backlog of more than 2 MiB is lost.
        """
        self.viewer.pauseProducing()
        self.give(flush(0, MIB))
        self.give(flush(1, MIB))
        self.assertFalse(self.viewer.skipping)
        self.assertIs(self.give(flush(2, 1)), Lag.SKIPPED)
        self.assertTrue(self.viewer.skipping)
        self.assertEqual(self.viewer.skips, 1)
        self.viewer.resumeProducing()
        self.assertEqual(self.outlet.writes, [])

    def test_tooLate(self) -> None:
        """
        A backlog that is older than 5 seconds is lost.
        """
        self.viewer.pauseProducing()
        self.give(flush(0))
        self.clock.advance(5)
        self.give(flush(1))
        self.assertFalse(self.viewer.skipping)
        self.clock.advance(0.1)
        self.give(flush(2))
        self.assertTrue(self.viewer.skipping)

    def test_behindButMoving(self) -> None:
        """
        A viewer that is always a second behind, and never less, loses
        nothing: what counts is the age of the oldest bytes that wait.
        """
        self.viewer.pauseProducing()
        self.outlet.onWrite = self.viewer.pauseProducing
        self.give(flush(0))
        for n in range(1, 30):
            self.clock.advance(1)
            self.give(flush(n))
            self.viewer.resumeProducing()
        self.assertEqual(self.viewer.skips, 0)
        self.assertEqual(self.outlet.writes, [flush(n).data for n in range(29)])

    def test_nothingToSend(self) -> None:
        """
        Time in which the transport was full and there was nothing to send does
        not count.
        """
        self.viewer.pauseProducing()
        self.clock.advance(4)
        self.give(flush(0))
        self.clock.advance(4)
        self.give(flush(1))
        self.assertEqual(self.viewer.skips, 0)

    def test_bytesAreCountedDown(self) -> None:
        """
        What was written no longer counts as backlog.
        """
        self.outlet.onWrite = self.viewer.pauseProducing
        self.viewer.pauseProducing()
        for n in range(20):
            self.give(flush(n, MIB))
            self.viewer.resumeProducing()
        self.assertEqual(self.viewer.skips, 0)

    def test_stalled(self) -> None:
        """
        A viewer that has taken nothing for more than 15 seconds is dropped, once.
        """
        self.viewer.pauseProducing()
        self.clock.advance(15)
        self.give(flush(0))
        self.assertEqual(self.outlet.aborted, 0)
        self.clock.advance(0.1)
        self.assertIs(self.give(flush(1)), Lag.DROPPED)
        self.assertIsNone(self.give(flush(2)))
        self.assertFalse(self.viewer.checkStalled(self.clock.seconds()))
        self.assertEqual(self.outlet.aborted, 1)
        self.viewer.resumeProducing()
        self.viewer.skip(False)
        self.assertFalse(self.viewer.flowing)
        self.assertEqual(self.outlet.writes, [])

    def test_stalledWhileSkipping(self) -> None:
        """
        The same holds for one that waits for a keyframe.
        """
        self.viewer.pauseProducing()
        self.viewer.skip(True)
        self.clock.advance(15)
        self.viewer.checkStalled(self.clock.seconds())
        self.assertEqual(self.outlet.aborted, 0)
        self.clock.advance(0.1)
        self.viewer.checkStalled(self.clock.seconds())
        self.assertEqual(self.outlet.aborted, 1)

    def test_stallStartsAgain(self) -> None:
        """
        Taking anything at all starts the 15 seconds again; being told twice
        that the transport is full does not.
        """
        self.viewer.pauseProducing()
        self.clock.advance(14)
        self.viewer.resumeProducing()
        self.viewer.pauseProducing()
        self.clock.advance(8)
        self.viewer.pauseProducing()
        self.viewer.checkStalled(self.clock.seconds())
        self.assertEqual(self.outlet.aborted, 0)
        self.clock.advance(7.1)
        self.viewer.checkStalled(self.clock.seconds())
        self.assertEqual(self.outlet.aborted, 1)

    def test_neverStalled(self) -> None:
        """
        A viewer whose transport takes data is never dropped, however long
        there is nothing to send.
        """
        self.clock.advance(1000)
        self.viewer.checkStalled(self.clock.seconds())
        self.assertEqual(self.outlet.aborted, 0)

    def test_end(self) -> None:
        """
        At the end what is left is written, full or not, and then finished.
        """
        self.viewer.pauseProducing()
        self.give(flush(0))
        self.viewer.end()
        self.assertEqual(self.outlet.writes, [flush(0).data])
        self.assertEqual(self.outlet.finished, 1)

    def test_lost(self) -> None:
        """
        When the connection is lost the backlog is let go.
        """
        self.viewer.pauseProducing()
        self.give(flush(0))
        self.viewer.stopProducing()
        self.viewer.resumeProducing()
        self.assertEqual(self.outlet.writes, [])
