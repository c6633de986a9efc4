"""
Tests of command handlers that refuse, that break, and that are re-entered.
"""

from __future__ import annotations

from twisted.internet.defer import fail
from twisted.logger import LogLevel

from rtmptwisted.errors import CommandRejected
from rtmptwisted.registry import commandHandler
from rtmptwisted.session import Session
from rtmptwisted.wire.message import Command
from tests.fakes import logLines
from tests.handler_support import HandlerTestCase
from tests.media import keyframe
from tests.support import statusCodes


class FailureTests(HandlerTestCase):
    """
    Handlers that refuse, and handlers that break.
    """

    def test_refusesLater(self) -> None:
        """
        A C{publish} that is refused after a while is answered on its stream
        with an error, logged in one line, and the connection is closed.
        """
        client = self.connected()
        id = client.createStream()
        with self.logs() as events:
            client.send(client.command("publish", "show", id=id), keyframe(0))
            self.gate.callback(False)
        (status,) = client.read()
        assert isinstance(status, Command)
        self.assertEqual((status.name, status.messageStreamID), ("onStatus", id))
        self.assertEqual(
            status.argument(0),
            {
                "level": "error",
                "code": "NetStream.Publish.Denied",
                "description": "not you",
            },
        )
        self.assertTrue(client.closing)
        self.assertEqual(
            logLines(events),
            ["192.168.1.1:54321: 'publish' refused: NetStream.Publish.Denied: not you"],
        )
        self.assertIsNone(self.directory.live("live/show"))

    def test_refusesAnother(self) -> None:
        """
        Any other command that is refused is answered with C{_error}, and the
        connection goes on.
        """

        @commandHandler
        def refuse(session: Session, command: Command) -> None:
            raise CommandRejected("Some.Code", "no")

        self.factory.commands.register("refuse", refuse)
        client = self.connected()
        command = client.command("refuse")
        client.send(command)
        (answer,) = client.read()
        assert isinstance(answer, Command)
        self.assertEqual(
            (answer.name, answer.transactionID), ("_error", command.transactionID)
        )
        self.assertEqual(statusCodes([answer]), ["Some.Code"])
        self.assertFalse(client.closing)

    def test_breaks(self) -> None:
        """
        A handler that raises anything else costs its connection, and only
        that; the failure is logged.
        """
        other = self.connected()
        client = self.connected()
        client.send(client.command("broken"), client.command("note", "never"))
        self.assertTrue(client.closing)
        self.assertEqual(self.called, [])
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        other.send(other.command("note", "mine"))
        self.assertEqual(self.called, ["mine"])

    def test_breaksLater(self) -> None:
        """
        The same holds for one that raises after it has waited.
        """
        client = self.connected()
        with self.logs() as events:
            client.send(client.command("brokenLater"), client.command("note", "never"))
            self.gate.callback(None)
        self.assertTrue(client.closing)
        self.assertEqual(self.called, [])
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertEqual(
            logLines(events, LogLevel.critical),
            ["192.168.1.1:54321: 'brokenLater' failed"],
        )

    def test_whatItWaitedForFails(self) -> None:
        """
        A failure of what a handler waits for is its own.
        """
        self.gate = fail(ZeroDivisionError("elsewhere"))
        client = self.connected()
        client.send(client.command("wait"))
        self.assertTrue(client.closing)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)


class ReentryTests(HandlerTestCase):
    """
    Bytes that arrive while a handler runs.
    """

    def test_dataReceivedInHandler(self) -> None:
        """
        Bytes that arrive from inside a handler are carried out after it, in
        order, and once.
        """
        client = self.connected()

        @commandHandler
        def reenter(session: Session, command: Command) -> None:
            client.send(client.command("note", "inner"))
            self.called.append("outer")

        self.factory.commands.register("reenter", reenter)
        client.send(client.command("reenter"), client.command("note", "last"))
        self.assertEqual(self.called, ["outer", "last", "inner"])

    def test_dataReceivedInWrite(self) -> None:
        """
        Bytes that arrive from inside a write, as over a loopback, are not lost
        either.
        """
        client = self.connected()

        def answer() -> None:
            client.transport.onWrite = None
            client.send(client.command("note", "answer"))

        client.transport.onWrite = answer
        client.send(client.command("note", "first"), client.command("note", "second"))
        self.assertEqual(self.called, ["first", "second", "answer"])

    def test_lostInHandler(self) -> None:
        """
        A connection that is lost inside a handler carries nothing out any
        more.
        """
        client = self.connected()

        @commandHandler
        def lose(session: Session, command: Command) -> None:
            client.lose()

        self.factory.commands.register("lose", lose)
        client.send(client.command("lose"), client.command("note", "never"))
        self.assertEqual(self.called, [])
        self.assertEqual(self.factory.connections, set())
