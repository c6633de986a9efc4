"""
Tests of L{rtmptwisted.viewer}: what comes first.
"""

from __future__ import annotations

from rtmptwisted.wire.limits import MIB
from tests.test_viewer import ViewerTestCase, flush


class OpeningTests(ViewerTestCase):
    """
    Tests of L{Viewer.open}.
    """

    def test_straight(self) -> None:
        """
        While the transport takes data all of it is written at once, the very
        same bytes.
        """
        flushes = [flush(n) for n in range(3)]
        self.viewer.open(flushes)
        self.assertEqual(len(self.outlet.writes), 3)
        for written, each in zip(self.outlet.writes, flushes, strict=True):
            self.assertIs(written, each.data)
        self.assertEqual((self.viewer.frames, self.viewer.bytesSent), (3, 300))
        self.assertEqual(len(flushes), 3)

    def test_full(self) -> None:
        """
        Nothing is written while the transport is full; what is delivered
        meanwhile comes after it.
        """
        self.viewer.pauseProducing()
        self.viewer.open([flush(0), flush(1)])
        self.give(flush(2))
        self.assertEqual(self.outlet.writes, [])
        self.viewer.resumeProducing()
        self.assertEqual(self.outlet.writes, [flush(n).data for n in range(3)])

    def test_noBacklog(self) -> None:
        """
        It does not count as what the viewer is behind, however large and old
        it is; what is delivered behind it does.
        """
        self.outlet.onWrite = self.viewer.pauseProducing
        self.viewer.open([flush(n, MIB) for n in range(9)])
        self.clock.advance(10)
        self.give(flush(10, 2 * MIB))
        self.assertEqual(self.viewer.skips, 0)
        self.give(flush(11, 1))
        self.assertEqual((self.viewer.skips, self.viewer.skipping), (1, True))
        for _ in range(20):
            self.viewer.resumeProducing()
        self.assertEqual([each[0] for each in self.outlet.writes], list(range(9)))

    def test_stalled(self) -> None:
        """
        Each piece that is taken starts the 15 seconds again; when none is, the
        viewer is dropped, and gets nothing more.
        """
        self.outlet.onWrite = self.viewer.pauseProducing
        self.viewer.open([flush(n) for n in range(9)])
        for _ in range(5):
            self.clock.advance(14)
            self.assertFalse(self.viewer.checkStalled(self.clock.seconds()))
            self.viewer.resumeProducing()
        self.assertEqual((len(self.outlet.writes), self.outlet.aborted), (6, 0))
        self.clock.advance(15.1)
        self.assertTrue(self.viewer.checkStalled(self.clock.seconds()))
        self.assertEqual(self.outlet.aborted, 1)
        self.viewer.resumeProducing()
        self.viewer.end()
        self.assertEqual(len(self.outlet.writes), 6)

    def test_end(self) -> None:
        """
        At the end the rest of it is written, then the backlog, full or not.
        """
        self.outlet.onWrite = self.viewer.pauseProducing
        self.viewer.open([flush(0), flush(1), flush(2)])
        self.give(flush(3))
        self.viewer.end()
        self.assertEqual(self.outlet.writes, [flush(n).data for n in range(4)])
        self.assertEqual(self.outlet.finished, 1)
        self.viewer.resumeProducing()
        self.assertEqual(len(self.outlet.writes), 4)

    def test_lost(self) -> None:
        """
        When the connection is lost it is let go.
        """
        self.viewer.pauseProducing()
        self.viewer.open([flush(0)])
        self.viewer.stopProducing()
        self.viewer.resumeProducing()
        self.assertEqual(self.outlet.writes, [])

    def test_deliveredMeanwhile(self) -> None:
        """
        What is delivered from inside a write, as over a loopback, comes after
        all of it too.
        """

        def deliver() -> None:
            self.outlet.onWrite = None
            self.give(flush(3))

        self.outlet.onWrite = deliver
        self.viewer.open([flush(0), flush(1), flush(2)])
        self.assertEqual(self.outlet.writes, [flush(n).data for n in range(4)])
