"""
Tests of L{rtmptwisted.pace}.
"""

from __future__ import annotations

from math import exp, isfinite
from random import Random

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.pace import Pace


class PaceTests(SynchronousTestCase):
    """
    Tests of L{Pace} where nothing is said of a window.
    """

    def setUp(self) -> None:
        """
        Make one.
        """
        self.clock = Clock()
        self.clock.advance(1000)
        self.pace = Pace(self.clock)

    def busy(self, seconds: float) -> None:
        """
        Spend so long on writing.
        """
        began = self.clock.seconds()
        self.clock.advance(seconds)
        self.pace.spent(began)

    def share(self, share: float, seconds: float = 10.0, turn: float = 0.01) -> None:
        """
        Spend a share of each turn on writing, for long enough that what was
        before does not matter.
        """
        for _ in range(round(seconds / turn)):
            self.clock.advance(turn * (1 - share))
            self.busy(turn * share)

    def near(self, found: float, expected: float, difference: float) -> None:
        """
        Two numbers differ by less than so much.
        """
        self.assertLess(abs(found - expected), difference, (found, expected))

    def test_quiet(self) -> None:
        """
        At first there is no load, and nothing waits.
        """
        self.assertEqual(self.pace.load, 0.0)
        self.assertEqual((self.pace.wait(True), self.pace.wait(False)), (0.0, 0.0))

    def test_pictures(self) -> None:
        """
        Pictures never wait, whatever the load.
        """
        for share in (0.1, 0.5, 1.0):
            self.share(share)
            self.assertEqual(self.pace.wait(True), 0.0)

    def test_share(self) -> None:
        """
        The load is the share of time that is spent on writing.
        """
        for share in (0.05, 0.3, 0.6, 0.9):
            self.share(share)
            self.near(self.pace.load, share, 0.03)

    def test_longerWithLoad(self) -> None:
        """
        Above a twentieth sound waits the longer the more load there is, and 25 ms
        at the most.
        """
        waits = []
        for share in (0.02, 0.04, 0.07, 0.1, 0.14, 0.5, 1.0):
            self.share(share)
            waits.append(self.pace.wait(False))
        self.assertEqual(waits, sorted(waits))
        self.assertEqual(waits[:2], [0, 0])
        self.assertGreater(waits[2], 0.001)
        self.near(waits[3], 0.05 * 0.2, 0.0007)
        self.assertLess(waits[4], waits[5])
        self.assertEqual(waits[5:], [0.025, 0.025])

    def test_notWorthATimer(self) -> None:
        """
        Sound that would wait less than a millisecond does not wait at all.
        """
        self.busy(0.027)
        self.assertTrue(0 < (self.pace.load - 0.05) * 0.2 < 0.001, self.pace.load)
        self.assertEqual(self.pace.wait(False), 0.0)

    def test_atMostOne(self) -> None:
        """
        The load is never more than 1, so that what follows one very long flush
        does not wait for long after it.
        """
        self.busy(60)
        self.assertEqual(self.pace.load, 1.0)
        self.clock.advance(3)
        self.assertEqual(self.pace.wait(False), 0.0)

    def test_decays(self) -> None:
        """
        While nothing is written the load goes: to a third in half a second, and
        then nothing waits.
        """
        self.share(0.5)
        before = self.pace.load
        self.clock.advance(0.5)
        self.assertAlmostEqual(self.pace.load, before * exp(-1))
        self.clock.advance(5)
        self.assertEqual(self.pace.wait(False), 0.0)

    def test_lookingChangesNothing(self) -> None:
        """
        To ask for the load, or for how long to wait, does not change it.
        """
        self.share(0.1)
        self.clock.advance(0.3)
        before = self.pace.load, self.pace.wait(False)
        for _ in range(100):
            self.assertEqual((self.pace.load, self.pace.wait(False)), before)

    def test_clockSetBack(self) -> None:
        """
        A clock that is set back during a flush makes no negative load, and what
        comes after that counts as always.
        """
        self.share(0.1)
        before = self.pace.load
        self.clock.rightNow -= 500
        self.assertAlmostEqual(self.pace.load, before)
        self.pace.spent(self.clock.seconds() + 500)
        self.assertAlmostEqual(self.pace.load, before)
        self.clock.advance(5)
        self.near(self.pace.load, 0.0, 0.0001)
        self.share(0.3)
        self.near(self.pace.load, 0.3, 0.03)

    def test_clockSetForward(self) -> None:
        """
        A clock that is set far ahead during a flush counts as a busy moment, and
        half a minute later is forgotten.
        """
        began = self.clock.seconds()
        self.clock.rightNow += 1e9
        self.pace.spent(began)
        self.assertEqual((self.pace.load, self.pace.wait(False)), (1.0, 0.025))
        self.clock.advance(30)
        self.assertEqual(self.pace.wait(False), 0.0)

    def test_anyClock(self) -> None:
        """
        Whatever the clock does, waits are from 0 to 25 ms.
        """
        random = Random(4)
        for _ in range(20_000):
            began = self.clock.seconds()
            self.clock.rightNow += random.choice((0, 1e-9, 0.01, 1, -1, 1e12, -1e12))
            if random.random() < 0.7:
                self.pace.spent(began)
            self.assertTrue(isfinite(self.pace.load) and 0 <= self.pace.load <= 1)
            for picture in (True, False):
                self.assertTrue(0 <= self.pace.wait(picture) <= 0.025)


class WindowTests(SynchronousTestCase):
    """
    Tests of L{Pace} with a fixed window.
    """

    def test_everything(self) -> None:
        """
        Everything waits for what reading leaves of a window, under any load.
        """
        clock = Clock()
        for window, wait in ((0.0, 0.0), (0.02, 0.02), (0.35, 0.28), (5.0, 4.0)):
            pace = Pace(clock, window)
            for _ in range(3):
                self.assertAlmostEqual(pace.wait(True), wait)
                self.assertEqual(pace.wait(False), pace.wait(True))
                began = clock.seconds()
                clock.advance(1)
                pace.spent(began)

    def test_rest(self) -> None:
        """
        Reading rests for a fifth of a window, where that is 40 ms or more.
        """
        for window, rest in (
            (0.0, 0.0),
            (0.199, 0.0),
            (0.2, 0.04),
            (0.35, 0.07),
            (5.0, 1.0),
        ):
            self.assertAlmostEqual(Pace(Clock(), window).rest, rest)

    def test_whole(self) -> None:
        """
        What reading rests and what tags wait is the window, whatever it is.
        """
        for milliseconds in range(0, 5001, 7):
            pace = Pace(Clock(), milliseconds / 1000)
            self.assertAlmostEqual(pace.rest + pace.wait(True), milliseconds / 1000)

    def test_noWindow(self) -> None:
        """
        Without a window reading never rests, under any load.
        """
        clock = Clock()
        pace = Pace(clock)
        self.assertEqual(pace.rest, 0.0)
        clock.advance(1)
        pace.spent(0.0)
        self.assertEqual((pace.load, pace.rest), (1.0, 0.0))
