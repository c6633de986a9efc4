"""
Tests of L{rtmptwisted.watchdog} by itself: deadlines.
"""

from __future__ import annotations

from rtmptwisted.watchdog import Activity
from tests.watchdog_support import WatchdogTestCase

SHAKING, CONNECTING, IDLE, PUBLISHING, PLAYING, WAITING = Activity

NO_HANDSHAKE = "no handshake within 7 s"
NO_CONNECT = "no connect within 11 s"
IDLES = "no publish or play within 17 s"
SILENT = "a publisher, silent for 23 s"
UNFINISHED = "a message is not finished after 31 s"


class DeadlineTests(WatchdogTestCase):
    """
    When a connection has to go that goes on doing the same.
    """

    def test_handshake(self) -> None:
        """
        One that does not get through the handshake: counted from when it was
        accepted.
        """
        self.clock.advance(5)
        self.dog.accepted()
        self.assertExpires(12, NO_HANDSHAKE)

    def test_connect(self) -> None:
        """
        One that does not connect: counted from when it was accepted, not from the
        end of the handshake.
        """
        self.dog.accepted()
        self.until(6)
        self.to(CONNECTING)
        self.assertExpires(11, NO_CONNECT)

    def test_idle(self) -> None:
        """
        One that neither publishes nor plays: counted from when it connected.
        """
        self.dog.accepted()
        self.until(2)
        self.to(IDLE)
        self.assertExpires(19, IDLES)

    def test_publisher(self) -> None:
        """
        A publisher that is silent: counted from its last message.
        """
        self.dog.accepted()
        self.to(PUBLISHING)
        self.until(100, heard=1.0)
        self.dog.heard()
        self.assertExpires(123, SILENT)

    def test_publisherFromTheStart(self) -> None:
        """
        One that never sends anything: counted from when it began to publish.
        """
        self.dog.accepted()
        self.to(IDLE)
        self.until(16)
        self.to(PUBLISHING)
        self.assertExpires(39, SILENT)

    def test_absolute(self) -> None:
        """
        Whole messages put off the deadline of publishers, and no other.
        """
        for activity, seconds, why in (
            (SHAKING, 7, NO_HANDSHAKE),
            (CONNECTING, 11, NO_CONNECT),
            (IDLE, 17, IDLES),
        ):
            self.make()
            self.dog.accepted()
            self.to(activity)
            self.until(seconds - 1, heard=0.1)
            self.assertExpires(seconds, why)

    def test_none(self) -> None:
        """
        One that plays, or whom we make wait, may stay for ever.
        """
        for activity in (PLAYING, WAITING):
            self.make()
            self.dog.accepted()
            self.to(activity)
            self.assertStays(100_000)

    def test_unchanged(self) -> None:
        """
        That a connection may do something else does not put off the deadline of
        what it still does.
        """
        for activity, seconds, why in (
            (SHAKING, 7, NO_HANDSHAKE),
            (CONNECTING, 11, NO_CONNECT),
            (IDLE, 17, IDLES),
            (PUBLISHING, 23, SILENT),
        ):
            self.make()
            self.dog.accepted()
            self.to(activity)
            for n in range(1, 7):
                self.until(n)
                self.dog.changed()
            self.assertExpires(seconds, why)


class ChangeTests(WatchdogTestCase):
    """
    When a connection has to go that does one thing after the other.
    """

    def setUp(self) -> None:
        """
        Accept a connection.
        """
        super().setUp()
        self.dog.accepted()

    def test_inTime(self) -> None:
        """
        One that is always in time stays, and each deadline begins when its time
        comes.
        """
        self.until(6.9)
        self.to(CONNECTING)
        self.until(10.9)
        self.to(IDLE)
        self.until(27.8)
        self.to(PUBLISHING)
        self.until(50.7)
        self.to(IDLE)
        self.until(67.6)
        self.to(PLAYING)
        self.assertStays(500)
        self.to(IDLE)
        self.assertExpires(517, IDLES)

    def test_untold(self) -> None:
        """
        Where nobody said that the handshake is over, that is found out when it
        would have been too late for it.
        """
        self.until(3)
        self.activity = CONNECTING
        self.assertExpires(11, NO_CONNECT)

    def test_endedByUs(self) -> None:
        """
        A publisher whose stream the server has ended is found out with the next
        ping, and has the time of any other from then on.
        """
        self.to(PUBLISHING)
        self.until(5)
        self.activity = IDLE
        self.assertExpires(13 + 17, IDLES)

    def test_endedByUsWhilePlaying(self) -> None:
        """
        So is a player.
        """
        self.to(PLAYING)
        self.until(14)
        self.activity = IDLE
        self.assertExpires(26 + 17, IDLES)

    def test_waitingPublisher(self) -> None:
        """
        A publisher whom we made wait has been heard when that is over.
        """
        self.to(PUBLISHING)
        self.until(22)
        self.to(WAITING)
        self.assertStays(200)
        self.to(PUBLISHING)
        self.assertExpires(223, SILENT)

    def test_waitingAgainAndAgain(self) -> None:
        """
        One who neither publishes nor plays has to go, though it calls one command
        after the other for which it has to wait: what it waits is added to its time,
        and no more.
        """
        self.to(IDLE)
        for n in (5, 10, 15):
            self.until(n)
            self.to(WAITING)
            self.until(n + 1)
            self.to(IDLE)
        self.assertExpires(17 + 3, IDLES)

    def test_waitingForPublish(self) -> None:
        """
        One whose C{publish} had to wait has all its time as a publisher.
        """
        self.to(IDLE)
        self.until(16)
        self.to(WAITING)
        self.until(100)
        self.to(PUBLISHING)
        self.assertExpires(123, SILENT)


class UnfinishedTests(WatchdogTestCase):
    """
    Messages that are not finished.
    """

    def setUp(self) -> None:
        """
        Accept a connection, which plays.
        """
        super().setUp()
        self.dog.accepted()
        self.to(PLAYING)

    def test_unfinished(self) -> None:
        """
        A message is seen with the next ping, and has its time from then on.
        """
        self.until(1)
        self.position = 500
        self.assertExpires(13 + 31, UNFINISHED)

    def test_finished(self) -> None:
        """
        When it is finished in time there is no deadline, not even when the next
        has begun meanwhile.
        """
        self.position = 500
        for n in range(1, 30):
            self.until(13 + 30.9 * n)
            self.position = 500 + n
        self.assertEqual(self.expired, [])
        self.position = None
        self.assertStays(2000)

    def test_first(self) -> None:
        """
        One that begins with the first byte of all is a message too.
        """
        self.position = 0
        self.assertExpires(13 + 31, UNFINISHED)

    def test_publisher(self) -> None:
        """
        It costs a publisher that is heard its connection as well.
        """
        self.to(PUBLISHING)
        self.position = 500
        self.until(43, heard=1.0)
        self.dog.heard()
        self.assertExpires(13 + 31, UNFINISHED)

    def test_whichever(self) -> None:
        """
        The earlier deadline counts, and its reason is told.
        """
        self.to(PUBLISHING)
        self.position = 500
        self.assertExpires(23, SILENT)

    def test_oneAfterTheOther(self) -> None:
        """
        Each message has its own time: one that is finished helps none of those that
        began beside it.
        """
        self.to(PLAYING)
        self.position, self.further = 500, [501]
        self.until(14)
        for n in range(3):
            self.position = 600 + n
            self.until(26 + 6 * n)
        self.assertExpires(13 + 31, UNFINISHED)

    def test_waiting(self) -> None:
        """
        The time for which we make it wait does not count, and neither does what we
        have not read meanwhile.
        """
        self.position = 500
        self.until(14)
        self.to(WAITING)
        self.assertStays(1000)
        self.to(PLAYING)
        self.assertExpires(13 + 31 + (1000 - 14), UNFINISHED)

    def test_beginsWhileWaiting(self) -> None:
        """
        What is only then found to be there has its whole time.
        """
        self.to(WAITING)
        self.position = 500
        self.assertStays(1000)
        self.to(PLAYING)
        # The next ping is at 1001.
        self.assertExpires(1001 + 31, UNFINISHED)

    def test_finishedWhileWaiting(self) -> None:
        """
        A message that is finished as soon as we go on is not held against anybody.
        """
        self.position = 500
        self.until(14)
        self.to(WAITING)
        self.assertStays(1000)
        self.to(PLAYING)
        self.position = None
        self.assertStays(3000)
