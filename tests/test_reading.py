"""
Tests of L{rtmptwisted.reading}.
"""

from __future__ import annotations

from random import Random

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.pace import Pace
from rtmptwisted.reading import Reading
from rtmptwisted.sockets import SMALL_READ

PAUSE, RESUME = "pauseProducing", "resumeProducing"


class NotingTransport:
    """
    Writes down what it is told.
    """

    def __init__(self) -> None:
        self.told: list[str] = []

    @property
    def reads(self) -> bool:
        """
        Whether it reads.
        """
        return self.told[-1:] != [PAUSE]

    def pauseProducing(self) -> None:
        """
        Read no more.
        """
        self.told.append(PAUSE)

    def resumeProducing(self) -> None:
        """
        Read again.
        """
        self.told.append(RESUME)


class ReadingTests(SynchronousTestCase):
    """
    Tests of L{Reading}, with rests of 70 ms.
    """

    def setUp(self) -> None:
        """
        Make one.
        """
        self.make(0.35)

    def make(self, window: float | None) -> None:
        """
        Make one.

        @param window: in seconds.
        """
        self.clock = Clock()
        self.transport = NotingTransport()
        self.reading = Reading(
            self.transport, self.clock, Pace(self.clock, window=window)
        )

    def told(self, *expected: str) -> None:
        """
        The transport was told this, and nothing else, since the last time.
        """
        self.assertEqual(self.transport.told, list(expected))
        self.transport.told.clear()

    def test_hold(self) -> None:
        """
        The transport is told once to pause, and once to go on, however often it is
        said.
        """
        self.reading.hold(False)
        self.told()
        for _ in range(3):
            self.reading.hold(True)
        self.told(PAUSE)
        for _ in range(3):
            self.reading.hold(False)
        self.told(RESUME)

    def test_rest(self) -> None:
        """
        After a read the transport rests for 70 ms; what it reads before it is paused
        makes that no longer.
        """
        self.reading.rest(100)
        self.told(PAUSE)
        self.clock.advance(0.05)
        self.reading.rest(100)
        self.clock.advance(0.0199)
        self.told()
        self.clock.advance(0.0002)
        self.told(RESUME)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.reading.rest(100)
        self.told(PAUSE)

    def test_muchWaits(self) -> None:
        """
        Where a read was full, more is waiting, and there is no rest.
        """
        for count in (SMALL_READ, SMALL_READ + 1, 1 << 20):
            self.reading.rest(count)
        self.told()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.reading.rest(SMALL_READ - 1)
        self.told(PAUSE)

    def test_noTime(self) -> None:
        """
        Without a window, and with a short one, there is no rest.
        """
        for window in (None, 0.0, 0.02, 0.19):
            self.make(window)
            self.reading.rest(1)
            self.told()
            self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_heldBeyondARest(self) -> None:
        """
        Who is held while it rests goes on when neither is so any more, whichever
        ends first.
        """
        self.reading.rest(1)
        self.reading.hold(True)
        self.clock.advance(1)
        self.told(PAUSE)
        self.reading.hold(False)
        self.told(RESUME)
        self.reading.hold(True)
        self.reading.rest(1)
        self.reading.hold(False)
        self.told(PAUSE)
        self.clock.advance(1)
        self.told(RESUME)

    def test_release(self) -> None:
        """
        At the close it reads, whether it rested, was held, or both, and nothing is
        left scheduled.
        """
        for held in (False, True):
            for rests in (False, True):
                self.make(0.35)
                self.reading.hold(held)
                if rests:
                    self.reading.rest(1)
                self.reading.release()
                self.told(*([PAUSE, RESUME] if held or rests else []))
                self.assertEqual(self.clock.getDelayedCalls(), [])
                self.reading.release()
                self.told()

    def test_stop(self) -> None:
        """
        When the connection is gone nothing is left scheduled, and its transport is
        told nothing.
        """
        self.reading.stop()
        self.reading.rest(1)
        self.told(PAUSE)
        self.reading.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.clock.advance(1)
        self.told()

    def test_anything(self) -> None:
        """
        Whatever happens in whatever order, it reads just when it is not held and
        does not rest, and is told only what is new.
        """
        random = Random(20)
        held, until = False, 0.0
        for _ in range(20_000):
            match random.randrange(8):
                case 0 | 1:
                    held = random.random() < 0.5
                    self.reading.hold(held)
                case 2 | 3:
                    if self.clock.seconds() >= until:
                        until = self.clock.seconds() + 0.07
                    self.reading.rest(random.randrange(SMALL_READ))
                case 4:
                    self.reading.release()
                    held, until = False, 0.0
                case _:
                    self.clock.advance(random.uniform(0.0, 0.05))
            rests = self.clock.seconds() < until
            self.assertIs(self.transport.reads, not (held or rests))
        told = self.transport.told
        self.assertEqual(told[::2], [PAUSE] * len(told[::2]))
        self.assertEqual(told[1::2], [RESUME] * len(told[1::2]))
        self.assertGreater(len(told), 2000)
