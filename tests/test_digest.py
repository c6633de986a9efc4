"""
Tests of L{rtmptwisted.digest}.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from twisted.internet.task import Clock
from twisted.logger import LogLevel, capturedLogs
from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.digest import Digest
from tests.fakes import logLines


class DigestTests(SynchronousTestCase):
    """
    Tests of L{Digest}.
    """

    def setUp(self) -> None:
        """
        Make one.
        """
        self.clock = Clock()
        self.digest = Digest(self.clock, "{count} more fell over")

    def said(self, what: Callable[[], object]) -> list[str]:
        """
        @return: the warnings that are logged while something is done.
        """
        with capturedLogs() as events:
            what()
        lines = logLines(events)
        self.assertEqual(lines, logLines(events, LogLevel.warn))
        return lines

    def warn(self, times: int = 1, start: int = 0) -> None:
        """
        Give so many warnings at once.
        """
        for n in range(start, start + times):
            self.digest.warn("{who} fell over {what}", who=n, what="a stone")

    def test_one(self) -> None:
        """
        A warning that is alone is logged at once as it is, and nothing follows.
        """
        self.assertEqual(self.said(self.warn), ["0 fell over a stone"])
        self.assertEqual(self.said(lambda: self.clock.advance(10)), [])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_many(self) -> None:
        """
        The first of many is logged at once, the number of the others a second
        later.
        """
        self.assertEqual(self.said(lambda: self.warn(500)), ["0 fell over a stone"])
        self.assertEqual(self.said(lambda: self.clock.advance(0.9)), [])
        self.assertEqual(
            self.said(lambda: self.clock.advance(0.1)), ["499 more fell over"]
        )
        self.assertEqual(self.said(lambda: self.clock.advance(60)), [])

    def test_again(self) -> None:
        """
        After a quiet second the next warning is logged as it is again.
        """
        self.said(self.warn)
        self.clock.advance(1)
        self.assertEqual(self.said(lambda: self.warn(1, 7)), ["7 fell over a stone"])

    def test_notAfterASum(self) -> None:
        """
        A warning within a second of a sum is counted, not logged.
        """

        def goOn() -> None:
            self.warn(3)
            self.clock.advance(1)
            self.clock.advance(0.5)
            self.warn(1)

        self.assertEqual(self.said(goOn), ["0 fell over a stone", "2 more fell over"])
        self.assertEqual(
            self.said(lambda: self.clock.advance(0.5)), ["1 more fell over"]
        )

    def test_atMostOnceASecond(self) -> None:
        """
        However many there are, no second has more than one line, and the lines
        together tell of each warning once.
        """
        lines = []
        for n in range(600):
            with capturedLogs() as events:
                self.warn(n % 7)
                self.clock.advance(0.01)
            lines += [(self.clock.seconds(), line) for line in logLines(events)]
        lines += [(0.0, line) for line in self.said(lambda: self.clock.advance(5))]
        told = sum(int(line.split()[0]) if "more" in line else 1 for _, line in lines)
        self.assertEqual(told, sum(n % 7 for n in range(600)))
        times = [time for time, _ in lines[:-1]]
        self.assertGreaterEqual(len(times), 6)
        for before, after in pairwise(times):
            self.assertGreaterEqual(after - before, 0.98)

    def test_apart(self) -> None:
        """
        Warnings of two kinds do not count together.
        """
        other = Digest(self.clock, "{count} others")

        def both() -> None:
            self.warn(2)
            other.warn("another")
            self.clock.advance(1)

        self.assertEqual(
            self.said(both), ["0 fell over a stone", "another", "1 more fell over"]
        )
