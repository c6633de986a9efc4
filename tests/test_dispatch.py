"""
Tests of L{rtmptwisted.dispatch}.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.logger import LogLevel

from rtmptwisted.dispatch import Dispatcher
from rtmptwisted.errors import CommandRejected
from rtmptwisted.registry import CommandRegistry, commandHandler
from rtmptwisted.session import Session
from rtmptwisted.wire.message import Command
from tests.fakes import logLines
from tests.session_support import SessionTestCase
from tests.support import statusCodes


class DispatcherTests(SessionTestCase):
    """
    Tests of L{Dispatcher}.
    """

    def setUp(self) -> None:
        """
        Make it, with commands that give C{self.result} back, or raise it.
        """
        super().setUp()
        self.result: Any = None
        self.done = 0
        registry = CommandRegistry()

        @commandHandler
        def give(session: Session, command: Command) -> Any:
            if isinstance(self.result, Exception):
                raise self.result
            return self.result

        @commandHandler
        async def wait(session: Session, command: Command) -> None:
            await self.result

        for name, handler in (
            ("give", give),
            ("publish", give),
            ("connect", give),
            ("wait", wait),
        ):
            registry.register(name, handler)
        self.dispatcher = Dispatcher(self.session, registry, self.finished)

    def finished(self) -> None:
        """
        Count how often a handler that had to wait was finished, by when
        nothing waits any more.
        """
        self.assertFalse(self.dispatcher.waiting)
        self.done += 1

    def test_atOnce(self) -> None:
        """
        A handler that does not wait is done when C{carryOut} is.
        """
        self.dispatcher.carryOut(Command("give", 1.0))
        self.assertEqual((self.dispatcher.waiting, self.done), (False, 0))

    def test_waits(self) -> None:
        """
        One that waits, Deferred or coroutine, is told of when it is finished,
        once.
        """
        for name in ("give", "wait"):
            gate: Deferred[None] = Deferred()
            self.result, self.done = gate, 0
            self.dispatcher.carryOut(Command(name, 1.0))
            self.assertEqual((self.dispatcher.waiting, self.done), (True, 0))
            gate.callback(None)
            self.assertEqual((self.dispatcher.waiting, self.done), (False, 1))

    def test_doneAlready(self) -> None:
        """
        What is done already does not wait.
        """
        for name in ("give", "wait"):
            self.result = succeed(None)
            self.dispatcher.carryOut(Command(name, 1.0))
            self.assertFalse(self.dispatcher.waiting)

    def test_unknown(self) -> None:
        """
        What nobody handles is answered with an error.
        """
        self.dispatcher.carryOut(Command("sing", 3.0))
        (answer,) = self.host.sent
        assert isinstance(answer, Command)
        self.assertEqual((answer.name, answer.transactionID), ("_error", 3.0))
        self.assertEqual(self.host.closed, 0)

    def test_refused(self) -> None:
        """
        A refusal is answered, on the stream or by the transaction; what cannot
        go on without it is closed.
        """
        for name, answered, closed in (
            ("give", "_error", 0),
            ("connect", "_error", 1),
            ("publish", "onStatus", 1),
        ):
            self.host.sent.clear()
            self.host.closed = 0
            self.result = CommandRejected("Some.Code", "no")
            self.dispatcher.carryOut(Command(name, 5.0, None, [], 1))
            (answer,) = self.host.sent
            assert isinstance(answer, Command)
            self.assertEqual(answer.name, answered)
            self.assertEqual(statusCodes([answer]), ["Some.Code"])
            self.assertEqual(self.host.closed, closed, name)

    def test_refusedTooLate(self) -> None:
        """
        A refusal after the session is over is told to nobody.
        """
        gate: Deferred[None] = Deferred()
        self.result = gate
        self.dispatcher.carryOut(Command("publish", 5.0, None, [], 1))
        self.session.close()
        with self.logs() as events:
            gate.errback(CommandRejected("Some.Code", "no"))
        self.assertEqual((self.host.sent, self.host.closed), ([], 0))
        self.assertEqual(logLines(events), [])

    def test_raises(self) -> None:
        """
        Any other exception goes on to the caller.
        """
        self.result = ZeroDivisionError("a defect")
        with self.assertRaises(ZeroDivisionError):
            self.dispatcher.carryOut(Command("give", 1.0))
        self.assertFalse(self.dispatcher.waiting)

    def test_raisesLater(self) -> None:
        """
        One from a handler that has waited is logged, and closes the
        connection.
        """
        gate: Deferred[None] = Deferred()
        self.result = gate
        self.dispatcher.carryOut(Command("wait", 1.0))
        with self.logs() as events:
            gate.errback(ZeroDivisionError("a defect"))
        self.assertEqual(
            logLines(events, LogLevel.critical), ["192.0.2.1:4000: 'wait' failed"]
        )
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertEqual((self.host.closed, self.done), (1, 1))

    def test_cancel(self) -> None:
        """
        After the session is over what a handler waits for can be cancelled,
        without a line in the log; when nothing waits that does nothing.
        """
        self.dispatcher.cancel()
        for name in ("give", "wait"):
            cancelled: list[Deferred[None]] = []
            gate: Deferred[None] = Deferred(cancelled.append)
            self.result = gate
            self.dispatcher.carryOut(Command(name, 1.0))
            self.session.close()
            self.dispatcher.cancel()
            self.assertEqual(cancelled, [gate])
            self.assertFalse(self.dispatcher.waiting)
        self.assertEqual((self.host.closed, self.flushLoggedErrors()), (0, []))
