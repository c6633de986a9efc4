"""
Tests of how connections call command handlers that take their time.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred, succeed

from rtmptwisted.registry import commandHandler
from rtmptwisted.session import Session
from rtmptwisted.wire.message import Command
from tests.fakes import FakeSink, logLines
from tests.handler_support import HandlerTestCase
from tests.media import audioHeader, keyframe, plain, videoHeader


class WaitingTests(HandlerTestCase):
    """
    Handlers that take their time.
    """

    def test_order(self) -> None:
        """
        While a handler waits nothing further is carried out; then all that
        came meanwhile is, in order.
        """
        client = self.connected()
        client.send(client.command("wait"), client.command("note", "first"))
        for name in ("second", "third"):
            client.send(client.command("note", name))
        self.assertEqual(self.called, ["wait"])
        self.assertEqual(client.read(), [])
        self.gate.callback("now")
        self.assertEqual(self.called, ["wait", "waited", "first", "second", "third"])
        self.assertEqual(self.arguments(client), ["now", "first", "second", "third"])

    def test_byteByByte(self) -> None:
        """
        No byte is lost when they arrive one by one while a handler waits.
        """
        client = self.connected()
        data = client.bytesOf(
            client.command("wait"),
            *[client.command("note", str(n)) for n in range(20)],
        )
        for byte in data:
            client.feed(bytes((byte,)))
        self.gate.callback(None)
        self.assertEqual(self.called[2:], [str(n) for n in range(20)])

    def test_again(self) -> None:
        """
        A second handler that waits stops the rest once more.
        """
        client = self.connected()
        client.send(
            client.command("wait"),
            client.command("note", "between"),
            client.command("wait"),
            client.command("note", "after"),
        )
        gate, self.gate = self.gate, Deferred()
        gate.callback(None)
        self.assertEqual(self.called, ["wait", "waited", "between", "wait"])
        self.gate.callback(None)
        self.assertEqual(self.called[-1], "after")

    def test_transportIsPaused(self) -> None:
        """
        Meanwhile the transport does not read.
        """
        client = self.connected()
        client.send(client.command("wait"))
        self.assertEqual(client.transport.producerState, "paused")
        self.gate.callback(None)
        self.assertEqual(client.transport.producerState, "producing")

    def test_done(self) -> None:
        """
        What is done already holds nothing up.
        """
        self.gate = succeed("at once")
        client = self.connected()
        client.send(client.command("wait"), client.command("note", "next"))
        self.assertEqual(self.called, ["wait", "waited", "next"])
        self.assertEqual(client.transport.producerState, "producing")

    def test_deferred(self) -> None:
        """
        A handler may return a L{Deferred} just as well.
        """
        client = self.connected()
        client.send(client.command("deferred"), client.command("note", "next"))
        self.assertEqual(self.called, ["deferred"])
        self.gate.callback(None)
        self.assertEqual(self.called, ["deferred", "next"])

    def test_othersGoOn(self) -> None:
        """
        Other connections do not wait.
        """
        self.connected().call("wait")
        other = self.connected()
        other.send(other.command("note", "mine"))
        self.assertEqual(self.called, ["wait", "mine"])

    def test_wholeSession(self) -> None:
        """
        Media that arrives in the same segment as a C{publish} which has to be
        checked first is all there afterwards, in order.
        """
        sink = FakeSink()
        self.directory.stream("live/show").addSink(sink)
        client = self.client()
        media = [videoHeader(), audioHeader(), keyframe(0, 3000)]
        client.feed(
            client.HELLO
            + client.ANSWER
            + client.bytesOf(
                Command("connect", 1.0, {"app": "live"}),
                Command("createStream", 2.0),
                Command("publish", 3.0, None, ["show"], 1),
                *media,
            )
        )
        client.send(keyframe(40))
        self.assertEqual(sink.tags, [])
        self.gate.callback(True)
        self.assertEqual(plain(*sink.tags), plain(*media, keyframe(40)))

    def test_tooMuch(self) -> None:
        """
        A client that goes on sending all the same, more than 4 MiB, is closed.
        """
        client = self.connected()
        client.send(client.command("wait"))
        with self.logs() as events:
            for _ in range(6):
                client.feed(bytes(1 << 20))
        self.assertTrue(client.closing)
        self.assertIn("wait to be interpreted", logLines(events)[0])
        client.lose()


class EndingTests(HandlerTestCase):
    """
    Handlers whose connection ends.
    """

    def test_cancelled(self) -> None:
        """
        What a handler waits for is cancelled when the connection is lost, and
        nothing is logged for that.
        """
        cancelled: list[Deferred[Any]] = []
        self.gate = Deferred(cancelled.append)
        client = self.connected()
        client.send(client.command("wait"))
        client.lose()
        self.assertEqual(cancelled, [self.gate])
        self.assertEqual(self.called, ["wait"])
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_notCancelled(self) -> None:
        """
        A handler that cannot be cancelled and comes back later finds nothing
        to disturb.
        """

        @commandHandler
        def stubborn(session: Session, command: Command) -> Deferred[None]:
            result: Deferred[None] = Deferred(lambda ignored: None)
            later.append(result)
            return result.addErrback(lambda failure: None)

        later: list[Deferred[None]] = []
        self.factory.commands.register("stubborn", stubborn)
        client = self.connected()
        client.send(client.command("stubborn"), client.command("note", "never"))
        client.lose()
        client.transport.clear()
        self.assertEqual(self.called, [])
        self.assertEqual(client.transport.value(), b"")

    def test_closes(self) -> None:
        """
        A handler may close the connection after it has waited.
        """
        client = self.connected()
        client.send(client.command("leave"), client.command("note", "never"))
        self.gate.callback(None)
        self.assertTrue(client.closing)
        self.assertEqual(self.called, ["left"])
        client.lose()

    def test_closesAtOnce(self) -> None:
        """
        A handler may close the connection, and wait for something afterwards;
        that is cancelled when the connection is lost.
        """
        cancelled: list[Deferred[None]] = []

        @commandHandler
        async def closeFirst(session: Session, command: Command) -> None:
            session.host.close()
            await Deferred(cancelled.append)

        self.factory.commands.register("closeFirst", closeFirst)
        client = self.connected()
        client.send(client.command("closeFirst"), client.command("note", "never"))
        self.assertTrue(client.closing)
        client.lose()
        self.assertEqual(len(cancelled), 1)
        self.assertEqual((self.called, self.flushLoggedErrors()), ([], []))
