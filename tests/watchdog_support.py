"""
A watchdog without a connection.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.watchdog import Activity, Watchdog
from rtmptwisted.wire.limits import Limits

#: Limits of which no two are alike, nor multiples of one another.
LIMITS = replace(
    Limits(),
    handshakeSeconds=7.0,
    connectSeconds=11.0,
    idleSeconds=17.0,
    publisherIdleSeconds=23.0,
    playerIdleSeconds=math.inf,
    messageSeconds=31.0,
    pingSeconds=13.0,
    quietSeconds=0.5,
    closeSeconds=3.0,
)

#: Less than anything that is measured here, in seconds.
MOMENT = 0.001


class WatchdogTestCase(SynchronousTestCase):
    """
    A watchdog, and what it does.

    @ivar activity: what its connection does.
    @ivar position: where an unfinished message began, if there is one.
    @ivar further: where others did.
    @ivar expired: with the time of each.
    @ivar pings: the same.
    @ivar acknowledgements: when they were sent.
    """

    def setUp(self) -> None:
        """
        Make it.
        """
        self.make()

    def make(self, now: float = 1000.0, **limits: Any) -> None:
        """
        Make one with other limits.
        """
        self.clock = Clock()
        self.clock.rightNow = now
        self.start = now
        self.activity = Activity.SHAKING_HANDS
        self.position: int | None = None
        self.further: list[int] = []
        self.expired: list[tuple[float, str]] = []
        self.pings: list[tuple[float, int]] = []
        self.acknowledgements: list[float] = []
        self.dog = Watchdog(
            self.clock,
            replace(LIMITS, **limits),
            lambda: self.activity,
            lambda: [] if self.position is None else [self.position, *self.further],
            self.expire,
            self.ping,
            lambda: self.acknowledgements.append(self.now),
        )

    @property
    def now(self) -> float:
        """
        Seconds since the beginning.
        """
        return round(self.clock.seconds() - self.start, 6)

    def expire(self, why: str) -> None:
        """
        The connection is to go.
        """
        self.expired.append((self.now, why))
        self.dog.stop()

    def ping(self, time: int) -> None:
        """
        A ping is to be sent.
        """
        self.pings.append((self.now, time))

    def to(self, activity: Activity) -> None:
        """
        Let the connection do something else, and say so.
        """
        self.activity = activity
        self.dog.changed()

    def until(self, seconds: float, heard: float = math.inf) -> None:
        """
        Let it be so many seconds after the beginning, without missing a moment.

        @param heard: how often a whole message comes, in seconds.
        """
        end = self.start + seconds
        next = self.clock.seconds() + heard
        while self.clock.seconds() < end:
            due = [call.getTime() for call in self.clock.getDelayedCalls()]
            time = min(end, next, *due)
            # Not by the difference, which might be less than nothing.
            self.clock.rightNow = max(time, self.clock.rightNow)
            self.clock.advance(0)
            if time == next:
                self.dog.heard()
                next += heard

    def assertExpires(self, seconds: float, why: str) -> None:
        """
        The connection has to go so many seconds after the beginning, not a moment
        sooner, for this reason, and then nothing remains.
        """
        self.until(seconds - MOMENT)
        self.assertEqual(self.expired, [])
        self.until(seconds + MOMENT)
        ((when, told),) = self.expired
        self.assertEqual(told, why)
        self.assertEqual(when, seconds)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def assertStays(self, seconds: float) -> None:
        """
        Nothing happens to the connection until then.
        """
        self.until(seconds)
        self.assertEqual(self.expired, [])
