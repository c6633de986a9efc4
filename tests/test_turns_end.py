"""
Tests of L{rtmptwisted.protocol}: connections that end, or have to wait for a
handler, while they have more to say than there is time for in one turn.
"""

from __future__ import annotations

from twisted.internet.defer import Deferred

from rtmptwisted.wire.message import UserControl, UserControlType
from tests.fakes import FakeSink, logLines
from tests.media import audio
from tests.support import Client
from tests.turns_support import A_TURN, TurnsTestCase

PAUSE, RESUME = "pauseProducing", "resumeProducing"


def numbers(count: int) -> list[int]:
    """
    @return: the timestamps of so many tags.
    """
    return list(range(count))


class HandlerTests(TurnsTestCase):
    """
    Commands that have to wait, between turns.
    """

    def test_wait(self) -> None:
        """
        A command in a later turn that has to wait holds up what comes behind it,
        without turns that do nothing; then that goes on, turn by turn. All comes
        in order, and the transport is paused once and resumed once.
        """
        client, sink = self.working()
        notes = self.noted(client)
        client.send(
            *(audio(n) for n in range(4)),
            client.command("wait"),
            *(audio(n) for n in range(4, 15)),
            client.command("note", "last"),
        )
        self.assertEqual(sink.times, numbers(3))
        self.clock.advance(0)
        self.assertEqual((sink.times, self.called), (numbers(4), ["wait"]))
        self.clock.pump([1] * 5)
        self.assertEqual((sink.times, notes), (numbers(4), [PAUSE]))
        self.gate.callback(7.0)
        self.assertLess(len(sink.tags), 10)
        self.finish(client)
        self.assertEqual(sink.times, numbers(15))
        self.assertEqual(self.called, ["wait", "waited", "last"])
        self.assertEqual(self.arguments(client), [7.0, "last"])
        self.assertEqual(notes, [PAUSE, RESUME])

    def test_arrivesMeanwhile(self) -> None:
        """
        What comes while both are waited for stays in order too.
        """
        client, sink = self.working()
        client.send(*(audio(n) for n in range(4)), client.command("wait"))
        client.send(*(audio(n) for n in range(4, 10)))
        self.clock.pump([1] * 3)
        client.send(*(audio(n) for n in range(10, 14)))
        self.gate.callback(None)
        client.send(*(audio(n) for n in range(14, 20)))
        self.finish(client)
        self.assertEqual(sink.times, numbers(20))

    def test_doneAtOnce(self) -> None:
        """
        Handlers that turn out not to have to wait make no turns.
        """
        client, sink = self.working()
        notes = self.noted(client)
        self.gate.callback(None)
        client.send(*[client.command("wait") for _ in range(50)], audio(0))
        self.assertEqual((len(self.called), sink.times, notes), (100, [0], []))

    def test_lostWhileItWaits(self) -> None:
        """
        When the client goes while a command of a later turn waits, the handler is
        cancelled, the stream ends once, and nothing is left.
        """
        cancelled: list[object] = []
        self.gate = Deferred(cancelled.append)
        client, sink = self.working()
        client.send(*(audio(n) for n in range(4)), client.command("wait"), audio(4))
        self.clock.advance(0)
        client.lose()
        self.assertEqual((sink.times, sink.ended), (numbers(4), 1))
        self.assertEqual(len(cancelled), 1)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_lostBeforeItWaits(self) -> None:
        """
        The same holds when it goes before the turn of that command has come.
        """
        cancelled: list[object] = []
        self.gate = Deferred(cancelled.append)
        client, sink = self.working()
        client.send(*(audio(n) for n in range(4)), client.command("wait"), audio(4))
        self.assertEqual((sink.times, self.called), (numbers(3), []))
        client.lose()
        self.assertEqual((sink.times, sink.ended), (numbers(4), 1))
        self.assertEqual((self.called, len(cancelled)), (["wait"], 1))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_defect(self) -> None:
        """
        A handler that fails in a later turn costs this connection and no other.
        """
        other, others = self.working("other")
        client, sink = self.working()
        client.send(*(audio(n) for n in range(4)), client.command("broken"), audio(9))
        with self.logs() as events:
            self.clock.advance(0)
        self.assertTrue(client.closing)
        self.assertEqual((sink.times, sink.ended), (numbers(4), 1))
        self.assertIn("internal error", logLines(events)[0])
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        other.send(audio(0))
        self.assertEqual((others.times, other.closing), ([0], False))

    def test_garbage(self) -> None:
        """
        So does garbage that is found in a later turn, which is logged once; what
        came before it counts.
        """
        other, others = self.working("other")
        client, sink = self.working()
        with self.logs() as events:
            client.feed(client.bytesOf(*(audio(n) for n in range(5))) + b"\xff" * 9)
            self.assertFalse(client.closing)
            self.clock.pump([1] * 3)
        self.assertTrue(client.closing)
        self.assertEqual((sink.times, sink.ended), (numbers(5), 1))
        lines = [line for line in logLines(events) if "closed" in line]
        self.assertEqual(
            lines,
            ["192.168.1.1:54321: closed: chunk stream 63 starts with a type 3 chunk"],
        )
        other.send(audio(0))
        self.assertEqual((others.times, other.closing), ([0], False))


class EndTests(TurnsTestCase):
    """
    Connections that end while they have more to say.
    """

    def late(self, count: int = 20) -> tuple[Client, FakeSink]:
        """
        @return: a publisher with C{count} tags of which the first turn handled
            some, and their sink.
        """
        client, sink = self.working()
        client.send(*(audio(n) for n in range(count)))
        self.assertEqual(len(sink.tags), A_TURN)
        return client, sink

    def nothingLeft(self, client: Client) -> None:
        """
        Nothing remains of a client that is gone.
        """
        self.assertEqual(self.factory.connections, set())
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertIsNone(self.directory.live("live/show"))

    def test_lost(self) -> None:
        """
        A publisher that has sent everything and left has published everything:
        the stream gets all that had arrived, and then ends, once.
        """
        client, sink = self.late()
        client.lose()
        self.assertEqual([tag.timestamp for tag in sink.tags], numbers(20))
        self.assertEqual(sink.ended, 1)
        self.nothingLeft(client)

    def test_lostInItsLastWords(self) -> None:
        """
        The same holds when it said good-bye before it left, and with half a
        message behind that.
        """
        client, sink = self.working()
        client.send(*(audio(n) for n in range(20)))
        client.feed(
            client.bytesOf(
                client.command("FCUnpublish", "show"),
                client.command("deleteStream", 1.0),
            )
            + b"\x06half"
        )
        with self.logs() as events:
            client.lose()
        self.assertEqual(sink.times, numbers(20))
        self.assertEqual(sink.ended, 1)
        self.assertEqual(len(logLines(events)), 1)
        self.nothingLeft(client)

    def test_lostWithGarbage(self) -> None:
        """
        What makes no sense behind that ends the connection that is gone anyway,
        and all before it counts.
        """
        client, sink = self.late()
        client.feed(b"\xff" * 50)
        with self.logs() as events:
            client.lose()
        self.assertEqual([tag.timestamp for tag in sink.tags], numbers(20))
        self.assertEqual(sink.ended, 1)
        self.assertIn("chunk stream 63 starts with a type 3 chunk", logLines(events)[0])
        self.nothingLeft(client)

    def test_lostNotResumed(self) -> None:
        """
        A transport that is gone is told nothing more.
        """
        client, _ = self.late()
        notes = self.noted(client)
        client.lose()
        self.clock.advance(10)
        self.assertEqual(notes, [])

    def test_closed(self) -> None:
        """
        What has not had its turn when we close the connection is forgotten; the
        stream ends, and what still comes is not looked at.
        """
        client, sink = self.late()
        client.protocol.close()
        self.assertTrue(client.closing)
        client.send(audio(99))
        self.clock.advance(1)
        self.assertEqual((len(sink.tags), sink.ended), (A_TURN, 1))
        client.lose()
        self.nothingLeft(client)

    def test_closedInItsTurn(self) -> None:
        """
        A command by which a client is closed is the last that counts, also in a
        later turn.
        """
        client, sink = self.working()
        client.send(
            *(audio(n) for n in range(4)),
            client.command("play", "../x", id=1),
            audio(5),
        )
        self.assertFalse(client.closing)
        with self.logs():
            self.clock.advance(0)
        self.assertTrue(client.closing)
        self.assertEqual((sink.times, sink.ended), (numbers(4), 1))

    def test_closeAll(self) -> None:
        """
        When the server stops in between, the stream ends once, and the server is
        done when the client is gone.
        """
        client, sink = self.late()
        stopped = self.factory.closeAll()
        self.assertEqual(sink.ended, 1)
        client.lose()
        self.successResultOf(stopped)
        self.nothingLeft(client)

    def test_aborted(self) -> None:
        """
        Nothing is handled any more of a client that was dropped.
        """
        client, sink = self.late()
        client.protocol.pauseProducing()
        ping = UserControl(UserControlType.PING_REQUEST, bytes(4))
        client.feed(client.bytesOf(*[ping] * 50_000, audio(99)))
        with self.logs() as events:
            self.clock.pump([1] * 10)
        self.assertTrue(client.aborted)
        self.assertIn("it does not read", logLines(events)[0])
        client.lose()
        self.assertEqual([tag.timestamp for tag in sink.tags], numbers(20))
        self.nothingLeft(client)
