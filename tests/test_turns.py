"""
Tests of L{rtmptwisted.turns} by itself.
"""

from __future__ import annotations

from collections.abc import Iterable

from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.errors import ProtocolError
from rtmptwisted.turns import Turns
from rtmptwisted.wire.connection import MORE, NEED_DATA, Event, Pause, RTMPConnection
from rtmptwisted.wire.message import Command, Message
from tests.turns_support import ReactorClock


class Script(RTMPConnection):
    """
    A connection in which it is written what comes.
    """

    def __init__(
        self, events: Iterable[Event | Pause | Exception | list[Message]]
    ) -> None:
        super().__init__(bytes(1536))
        self.script = list(events)

    def takeFrames(self) -> list[Message]:
        """
        See L{RTMPConnection}.
        """
        if self.script and isinstance(self.script[0], list):
            return self.script.pop(0)  # type: ignore[return-value]
        return []

    def nextEvent(self) -> Event | Pause:
        """
        See L{RTMPConnection}.
        """
        if not self.script:
            return NEED_DATA
        event = self.script.pop(0)
        assert not isinstance(event, list)
        if isinstance(event, Exception):
            raise event
        return event


def events(count: int, first: int = 0) -> list[Event | Pause | Exception]:
    """
    @return: events that can be told apart.
    """
    return [Command(f"{n}") for n in range(first, first + count)]


class TurnsTests(SynchronousTestCase):
    """
    Tests of L{Turns}, where each event takes 4 ms and a turn has 10.
    """

    def setUp(self) -> None:
        """
        Make a clock, which does not move by itself.
        """
        self.clock = ReactorClock()
        self.handled: list[str] = []
        self.isReady = True
        self.proceeded = 0
        self.seconds = 0.004

    def make(
        self, *script: Event | Pause | Exception | list[Message], seconds: float = 0.01
    ) -> tuple[Turns, Script]:
        """
        @return: turns for what is written, and that.
        """
        connection = Script(script)
        turns = Turns(
            connection,
            self.clock,
            seconds,
            self.handleFrames,
            self.handle,
            lambda: self.isReady,
            self.proceed,
        )
        self.turns = turns
        return turns, connection

    def handle(self, event: Event) -> None:
        """
        Take an event, which takes its time.
        """
        assert isinstance(event, Command)
        self.handled.append(event.name)
        self.clock.rightNow += self.seconds

    def handleFrames(self, frames: list[Message]) -> None:
        """
        Take audio and video, which takes as long as an event.
        """
        self.handled += [frame.payload.decode() for frame in frames]
        self.clock.rightNow += self.seconds

    def proceed(self) -> None:
        """
        Take the next turn.
        """
        self.proceeded += 1
        self.turns.take()

    def numbers(self, count: int) -> list[str]:
        """
        The names of so many events.
        """
        return [str(n) for n in range(count)]

    def test_stillClock(self) -> None:
        """
        All is handled at once while no time passes, however much it is.
        """
        self.seconds = 0
        turns, _ = self.make(*events(5000))
        turns.take()
        self.assertEqual(self.handled, self.numbers(5000))
        self.assertFalse(turns.waiting)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def waits(self, count: int) -> list[float]:
        """
        Let so many turns come.

        @return: how long each was waited for, in seconds.
        """
        found = []
        for _ in range(count):
            (call,) = self.clock.getDelayedCalls()
            wait = call.getTime() - self.clock.seconds()
            found.append(round(wait, 6))
            handled = len(self.handled)
            if wait:
                self.clock.advance(wait * 0.99)
            self.assertEqual(len(self.handled), handled, "too early")
            self.clock.advance(wait * 0.01 + 1e-9)
            self.assertGreater(len(self.handled), handled, "not in time")
        return found

    def test_turn(self) -> None:
        """
        When the time is over the rest has to wait for the next turn, which is
        due at once.
        """
        turns, connection = self.make(*events(5))
        turns.take()
        self.assertEqual(self.handled, self.numbers(3))
        self.assertTrue(turns.waiting)
        self.assertEqual(self.waits(1), [0])
        self.assertEqual(self.handled, self.numbers(5))
        self.assertEqual((self.proceeded, connection.script), (1, []))
        self.assertFalse(turns.waiting)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_longerEachTime(self) -> None:
        """
        What is too much for several turns waits for each of them longer, up to a
        tenth of a second, and all comes in order.
        """
        turns, _ = self.make(*events(3 * 13 + 1))
        turns.take()
        waits = [round(each, 3) for each in self.waits(13)]
        self.assertEqual(waits, [n / 100 for n in range(10)] + [0.1] * 3)
        self.assertEqual(self.handled, self.numbers(40))
        self.assertFalse(turns.waiting)

    def test_longestWait(self) -> None:
        """
        No wait is longer than a tenth of a second where turns are.
        """
        self.seconds = 7
        turns, _ = self.make(*events(6), seconds=5)
        turns.take()
        self.assertEqual(self.waits(5), [0, 0.1, 0.1, 0.1, 0.1])

    def test_forgiven(self) -> None:
        """
        With each time that all is handled the waits begin anew.
        """
        turns, connection = self.make()
        for _ in range(3):
            connection.script[:] = events(10)
            turns.take()
            self.assertEqual(self.waits(3), [0, 0.01, 0.02])
            self.assertFalse(turns.waiting)

    def test_exactly(self) -> None:
        """
        Time that is just used up is not over.
        """
        self.seconds = 0.25
        turns, _ = self.make(*events(3), seconds=0.5)
        turns.take()
        self.assertEqual(self.handled, self.numbers(3))

    def test_longEvent(self) -> None:
        """
        An event that takes longer than a turn is one turn, and each turn
        handles one at least.
        """
        self.seconds = 60
        turns, _ = self.make(*events(3))
        turns.take()
        self.assertEqual(self.handled, ["0"])
        self.waits(1)
        self.assertEqual(self.handled, ["0", "1"])
        self.waits(1)
        self.assertEqual(self.handled, self.numbers(3))

    def test_more(self) -> None:
        """
        C{MORE} is no event: within the time it goes on at once, and past it the
        rest has to wait.
        """
        turns, _ = self.make(MORE, MORE, *events(2), MORE, *events(1, 2))
        turns.take()
        self.assertEqual(self.handled, self.numbers(3))
        self.assertTrue(turns.waiting)

    def test_frames(self) -> None:
        """
        Frames are taken many at a time, in their place among other events; and
        they take of the turn's time.
        """
        two, three = (
            [Message(9, 0, 1, n.encode(), 6) for n in each] for each in ("ab", "cde")
        )
        turns, connection = self.make(*events(1), two, three, *events(2, 1))
        self.assertTrue(turns.take())
        self.assertEqual(self.handled, ["0", *"abcde"])
        self.assertTrue(turns.waiting)
        self.clock.advance(0)
        self.assertEqual(self.handled, ["0", *"abcde", "1", "2"])
        self.assertEqual(connection.script, [])

    def test_onlyFrames(self) -> None:
        """
        When frames are all that there is, something has happened.
        """
        turns, _ = self.make([Message(9, 0, 1, b"a", 6)])
        self.assertTrue(turns.take())
        self.assertFalse(turns.take())

    def test_moreTakesTime(self) -> None:
        """
        What makes no events is worked on for no longer than what makes some.
        """

        class Slow(Script):
            clock = self.clock

            def nextEvent(self) -> Event | Pause:
                self.clock.rightNow += 0.004
                return super().nextEvent()

        slow = Slow([MORE] * 100)
        turns = Turns(
            slow,
            self.clock,
            0.01,
            self.handleFrames,
            self.handle,
            lambda: True,
            self.proceed,
        )
        self.turns = turns
        turns.take()
        self.assertEqual(len(slow.script), 97)
        self.assertTrue(turns.waiting)
        self.clock.advance(0)
        self.assertEqual(len(slow.script), 94)

    def test_notReady(self) -> None:
        """
        Nothing is taken while nothing can be handled, and no turn is due then:
        whoever makes it ready goes on.
        """
        turns, connection = self.make(*events(2))
        self.isReady = False
        turns.take()
        self.assertEqual((self.handled, len(connection.script)), ([], 2))
        self.assertFalse(turns.waiting)

    def test_notReadyWhenTimeIsOver(self) -> None:
        """
        The same holds when it ceases to be ready at the end of its time.
        """
        turns, connection = self.make(*events(5))

        def handle(event: Event) -> None:
            self.handle(event)
            self.isReady = len(self.handled) < 3

        self.patch(turns, "_handle", handle)
        turns.take()
        self.assertEqual((self.handled, len(connection.script)), (self.numbers(3), 2))
        self.assertFalse(turns.waiting)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_last(self) -> None:
        """
        Where no other turn will come there is ten times as long for the last one,
        and no more: others wait.
        """
        turns, _ = self.make(*events(10), MORE, *events(10, 10))
        turns.take(last=True)
        self.assertEqual(self.handled, self.numbers(20))
        self.handled.clear()
        turns, _ = self.make(*events(1000))
        turns.take(last=True)
        self.assertEqual(self.handled, self.numbers(len(self.handled)))
        self.assertTrue(20 < len(self.handled) < 40, len(self.handled))
        self.assertFalse(turns.waiting)

    def test_errors(self) -> None:
        """
        What the connection or a handler raises comes out of the turn in which
        that happens, and no other turn is due.
        """
        turns, _ = self.make(*events(4), ProtocolError("garbage"))
        turns.take()
        self.assertRaises(ProtocolError, self.clock.advance, 0)
        self.assertEqual(self.handled, self.numbers(4))
        self.assertFalse(turns.waiting)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_errorAtTheEnd(self) -> None:
        """
        A handler that fails when the time is over leaves no turn behind.
        """
        turns, _ = self.make(*events(2))

        def fail(event: Event) -> None:
            self.clock.rightNow += 1
            raise ZeroDivisionError("a defect")

        self.patch(turns, "_handle", fail)
        self.assertRaises(ZeroDivisionError, turns.take)
        self.assertFalse(turns.waiting)

    def test_cancel(self) -> None:
        """
        A turn that is cancelled does not come, and cancelling nothing is fine.
        """
        turns, _ = self.make(*events(9))
        turns.cancel()
        turns.take()
        turns.cancel()
        turns.cancel()
        self.assertFalse(turns.waiting)
        self.clock.advance(1)
        self.assertEqual((self.handled, self.proceeded), (self.numbers(3), 0))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_infinite(self) -> None:
        """
        Without a limit there is one turn.
        """
        turns, _ = self.make(*events(1000), seconds=float("inf"))
        turns.take()
        self.assertEqual(len(self.handled), 1000)
