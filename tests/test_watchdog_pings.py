"""
Tests of L{rtmptwisted.watchdog} by itself: pings, acknowledgements, and the end.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from rtmptwisted.watchdog import Activity
from rtmptwisted.wire.limits import Limits
from tests.support import ServerTestCase
from tests.watchdog_support import MOMENT, WatchdogTestCase

SHAKING, CONNECTING, IDLE, PUBLISHING, PLAYING, WAITING = Activity

NO_CONNECT = "no connect within 11 s"


class PingTests(WatchdogTestCase):
    """
    Who is pinged, and when.
    """

    def setUp(self) -> None:
        """
        Accept a connection.
        """
        super().setUp()
        self.dog.accepted()

    @property
    def pinged(self) -> list[float]:
        """
        When it was pinged.
        """
        return [when for when, _ in self.pings]

    def test_player(self) -> None:
        """
        A player is pinged every 13 seconds from when it connected, whatever it
        sends itself.
        """
        self.until(2)
        self.to(IDLE)
        self.until(5)
        self.to(PLAYING)
        self.until(70, heard=0.3)
        self.assertEqual(self.pinged, [15, 28, 41, 54, 67])

    def test_others(self) -> None:
        """
        So is one that is idle, or whom we make wait.
        """
        for activity in (IDLE, WAITING):
            self.make(idleSeconds=math.inf)
            self.dog.accepted()
            self.to(activity)
            self.until(30)
            self.assertEqual(self.pinged, [13, 26])

    def test_notConnected(self) -> None:
        """
        One that has not connected is not.
        """
        for activity in (SHAKING, CONNECTING):
            self.make(handshakeSeconds=math.inf, connectSeconds=math.inf)
            self.dog.accepted()
            self.to(activity)
            self.until(100)
            self.assertEqual(self.pinged, [])

    def test_publisher(self) -> None:
        """
        A publisher is pinged when it was silent for a quarter of the time between
        pings, and not before.
        """
        self.to(PUBLISHING)
        quarter = 13 / 4
        self.until(13 - quarter + MOMENT)
        self.dog.heard()
        self.until(20)
        self.assertEqual(self.pinged, [])
        self.until(26 - quarter)
        self.dog.heard()
        self.until(26)
        self.assertEqual(self.pinged, [26])

    def test_time(self) -> None:
        """
        A ping has the time in milliseconds, of which it has 32 bits.
        """
        for start in (0.0, 1000.25, 2.0**32 / 1000 - 1, 1.8e9):
            self.make(now=start)
            self.dog.accepted()
            self.to(PLAYING)
            self.until(13)
            ((_, time),) = self.pings
            self.assertEqual(time, int((start + 13) * 1000) % 2**32)

    def test_infinite(self) -> None:
        """
        Pings can be switched off; the deadlines stay.
        """
        self.make(pingSeconds=math.inf)
        self.dog.accepted()
        self.to(PUBLISHING)
        self.assertExpires(23, "a publisher, silent for 23 s")
        self.assertEqual(self.pings, [])

    def test_lastOne(self) -> None:
        """
        When a ping ends the connection nothing remains.
        """
        self.to(PLAYING)
        stop = self.dog.stop
        self.patch(self.dog, "_ping", lambda time: stop())
        self.until(13)
        self.assertEqual(self.clock.getDelayedCalls(), [])


class AcknowledgementTests(WatchdogTestCase):
    """
    When acknowledgements are sent.
    """

    def test_pause(self) -> None:
        """
        An acknowledgement that is due comes after a pause, once.
        """
        self.dog.acknowledgementDue(0.0)
        self.until(0.5 - MOMENT)
        self.assertEqual(self.acknowledgements, [])
        self.until(100)
        self.assertEqual(self.acknowledgements, [0.5])

    def test_putOff(self) -> None:
        """
        What arrives before that puts it off.
        """
        for n in range(1, 30):
            self.dog.acknowledgementDue(0.0)
            self.until(0.4 * n)
        self.assertEqual(self.acknowledgements, [])
        self.dog.acknowledgementDue(0.0)
        self.until(100)
        self.assertEqual(self.acknowledgements, [12.1])

    def test_again(self) -> None:
        """
        The next one has a pause of its own.
        """
        for n in range(3):
            self.until(10 * n)
            self.dog.acknowledgementDue(0.0)
        self.until(100)
        self.assertEqual(self.acknowledgements, [0.5, 10.5, 20.5])


class EndTests(WatchdogTestCase):
    """
    What happens when we close the connection, and when it is gone.
    """

    def test_closing(self) -> None:
        """
        A connection that we close has 3 seconds, whatever it did before, and no
        other deadline.
        """
        for activity in Activity:
            self.make()
            self.dog.accepted()
            self.to(activity)
            self.dog.acknowledgementDue(0.0)
            self.until(5)
            self.acknowledgements.clear()
            self.dog.closing()
            self.assertExpires(8, "not closed within 3 s")
            self.assertEqual((self.pings, self.acknowledgements), ([], []))

    def test_closingInTime(self) -> None:
        """
        One that goes in time is not dropped.
        """
        self.dog.accepted()
        self.dog.closing()
        self.until(2)
        self.dog.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_closingForEver(self) -> None:
        """
        It can be given any time.
        """
        self.make(closeSeconds=math.inf)
        self.dog.accepted()
        self.dog.closing()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_nothingAfterwards(self) -> None:
        """
        When the connection is closed, or gone, nothing that it still does matters.
        """
        ends: tuple[Callable[[], None], ...] = (
            lambda: self.dog.stop(),
            lambda: self.dog.closing(),
        )
        for end in ends:
            self.make()
            self.dog.accepted()
            self.to(IDLE)
            self.dog.acknowledgementDue(0.0)
            end()
            left = len(self.clock.getDelayedCalls())
            for activity in Activity:
                self.to(activity)
                self.dog.heard()
            self.assertEqual(len(self.clock.getDelayedCalls()), left)
            self.dog.stop()
            self.dog.stop()
            self.assertEqual(self.clock.getDelayedCalls(), [])
            self.until(1000)
            self.assertEqual(
                (self.expired, self.pings, self.acknowledgements), ([], [], [])
            )


class PlayerTests(WatchdogTestCase):
    """
    Players that do not answer.
    """

    def test_silent(self) -> None:
        """
        One of whom nothing is heard has to go; one that is heard has not.
        """
        self.make(playerIdleSeconds=41.0)
        self.dog.accepted()
        self.to(PLAYING)
        self.until(40)
        self.dog.heard()
        self.assertExpires(81, "a player, silent for 41 s")


class InfiniteTests(WatchdogTestCase):
    """
    Deadlines that are switched off.
    """

    def test_each(self) -> None:
        """
        Each can be switched off, and then the others do not come in its place.
        """
        for names, activity in (
            (("handshakeSeconds", "connectSeconds"), SHAKING),
            (("connectSeconds",), CONNECTING),
            (("idleSeconds",), IDLE),
            (("publisherIdleSeconds",), PUBLISHING),
        ):
            self.make(**dict.fromkeys(names, math.inf))
            self.dog.accepted()
            self.to(activity)
            self.assertStays(100_000)

    def test_message(self) -> None:
        """
        So can that of messages.
        """
        self.make(messageSeconds=math.inf)
        self.dog.accepted()
        self.to(PLAYING)
        self.position = 7
        self.assertStays(100_000)

    def test_nothing(self) -> None:
        """
        When all are, nothing is scheduled.
        """
        self.make(
            handshakeSeconds=math.inf,
            connectSeconds=math.inf,
            idleSeconds=math.inf,
            publisherIdleSeconds=math.inf,
            messageSeconds=math.inf,
            pingSeconds=math.inf,
        )
        self.dog.accepted()
        for activity in Activity:
            self.to(activity)
            self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_handshakeAlone(self) -> None:
        """
        Without a deadline for the handshake there is that for C{connect}, whether the
        handshake is over or not.
        """
        for over in (True, False):
            self.make(handshakeSeconds=math.inf)
            self.dog.accepted()
            self.until(5)
            if over:
                self.to(CONNECTING)
            self.assertExpires(11, NO_CONNECT)


class LongHandshakeTests(ServerTestCase):
    """
    Connections whose handshake may take longer than C{connect}.
    """

    def assertDropped(self, handshake: float) -> None:
        """
        The deadline of C{connect} holds, whatever that of the handshake is.
        """
        self.limits = replace(Limits(), handshakeSeconds=handshake)
        super().setUp()
        client = self.client()
        self.clock.advance(1)
        client.handshake()
        self.clock.pump([0.5] * 27)
        self.assertFalse(client.aborted)
        self.clock.pump([0.5] * 4)
        self.assertTrue(client.aborted, "no connect within 15 s")

    def test_long(self) -> None:
        """
        C{connect} has its deadline where the handshake may take longer.
        """
        self.assertDropped(60)

    def test_infinite(self) -> None:
        """
        And where the handshake has none.
        """
        self.assertDropped(math.inf)
