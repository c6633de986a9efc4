"""
Tests of L{rtmptwisted.liveclock}.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.liveclock import LiveClock
from tests.test_properties import SETTINGS

WRAP = 1 << 32


class LiveClockTests(SynchronousTestCase):
    """
    Tests of L{LiveClock}.
    """

    def setUp(self) -> None:
        """
        Make a clock.
        """
        self.liveClock = LiveClock()

    def note(self, *frames: tuple[float, int]) -> None:
        """
        Frames arrive: when, and with which timestamps.
        """
        for now, timestamp in frames:
            self.liveClock.note(now, timestamp % WRAP)

    def assertNow(self, now: float, timestamp: int) -> None:
        """
        This is where the stream is.
        """
        self.assertEqual(self.liveClock.position(now), timestamp % WRAP)

    def test_nothing(self) -> None:
        """
        Before the first frame it is 0.
        """
        self.assertNow(7.0, 0)

    def test_goesOn(self) -> None:
        """
        It goes on with the time while nothing comes.
        """
        self.note((100.0, 5000), (100.04, 5040))
        self.assertNow(100.04, 5040)
        self.assertNow(103.54, 8540)

    def test_late(self) -> None:
        """
        Frames that were delayed do not delay it.
        """
        self.note((100.0, 0), (101.0, 1000), (104.0, 2000), (104.0, 2040))
        self.assertNow(104.0, 4000)
        self.assertNow(106.0, 6000)

    def test_leastLate(self) -> None:
        """
        What counts is the frame that was least late, whenever in the last ten
        seconds it came, and though later ones came in a steady pace.
        """
        self.note((100.0, 0), (100.5, 1000))
        for n in range(1, 100):
            self.note((101.0 + n / 10, 1000 + n * 100))
        self.assertNow(111.0, 11500)

    def test_forgets(self) -> None:
        """
        After twenty seconds of another pace what was before counts no more.
        """
        self.note((100.0, 0), (100.5, 1000))
        for n in range(1, 260):
            self.note((101.0 + n / 10, 1000 + n * 100))
        self.assertNow(127.0, 27000)

    def test_standsStill(self) -> None:
        """
        The same timestamp again says nothing.
        """
        self.note(*((now, 700) for now in (100.0, 101.0, 115.0, 130.0, 145.0)))
        self.assertNow(145.0, 45700)

    def test_wrap(self) -> None:
        """
        It goes on across 2^32.
        """
        self.note((100.0, WRAP - 1000), (100.5, WRAP - 500))
        self.assertNow(102.0, 1000)
        self.note((101.5, 500))
        self.assertNow(102.0, 1000)

    def test_halfWrap(self) -> None:
        """
        A clock that falls from 2^31 to 0 begins anew.
        """
        for n in range(10):
            self.note((100 + n / 10, (1 << 31) - 1000 + n * 100))
        self.note((101.0, 0), (101.1, 100))
        self.assertNow(105.0, 4000)

    def test_restart(self) -> None:
        """
        A step back of more than a second is a new beginning; a smaller one are
        frames out of order.
        """
        self.note((100.0, 90_000), (100.1, 20), (100.2, 120))
        self.assertNow(101.2, 1120)
        self.note((100.3, 220), (100.31, 180))
        self.assertNow(101.2, 1120)

    def test_leap(self) -> None:
        """
        A leap forward is where the publisher is now.
        """
        self.note((100.0, 0), (100.1, 3_600_000))
        self.assertNow(100.2, 3_600_100)

    def test_clockIsSet(self) -> None:
        """
        When the server's clock is set back, it goes on from there.
        """
        self.note((500.0, 0), (500.1, 100))
        for n in range(300):
            self.note((100.0 + n / 10, 200 + n * 100))
        self.assertNow(130.0, 30200)
        # A pause of the publisher is forgotten as always.
        for n in range(220):
            self.note((135.0 + n / 10, 30_200 + n * 100))
        self.assertNow(157.0, 52_200)

    @given(
        st.integers(0, WRAP - 1),
        st.lists(st.tuples(st.integers(1, 100), st.integers(0, 3000)), min_size=1),
        st.integers(0, 60_000),
    )
    @SETTINGS
    def test_anyDelays(
        self, start: int, frames: list[tuple[int, int]], gap: int
    ) -> None:
        """
        Wherever the timestamps begin, it is behind the source by the smallest of the
        delays, as long as these are not older than ten seconds.
        """
        liveClock = LiveClock()
        made, latest = 0, 0
        arrivals = []
        for step, delay in frames:
            made += step
            # TCP keeps the order.
            latest = max(latest, made + delay)
            arrivals.append((latest, made))
        recent = [(at, made) for at, made in arrivals if at >= latest - 10_000]
        for at, made in recent:
            liveClock.note(500 + at / 1000, (start + made) % WRAP)
        least = min(at - made for at, made in recent)
        now = latest + gap
        position = liveClock.position(500 + now / 1000)
        self.assertEqual(position, (start + now - least) % WRAP)
