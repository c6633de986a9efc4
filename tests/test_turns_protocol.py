"""
Tests of L{rtmptwisted.protocol}: connections that have more to say than there is
time for in one turn.
"""

from __future__ import annotations

from dataclasses import replace

from rtmptwisted.wire.flv import FLVTag
from rtmptwisted.wire.limits import Limits
from rtmptwisted.wire.message import Acknowledgement, WindowAckSize
from tests.fakes import FakeSink, logLines
from tests.media import audio, videoHeader
from tests.support import Received
from tests.turns_support import A_TURN, TurnsTestCase
from tests.wire_support import type0

PAUSE, RESUME = "pauseProducing", "resumeProducing"


def numbers(count: int) -> list[int]:
    """
    @return: the timestamps of L{tags}.
    """
    return list(range(count))


class OneReadTests(TurnsTestCase):
    """
    What is handled in the read that brings it.
    """

    def test_realClients(self) -> None:
        """
        All that a client sends in one read is handled in that read, and the
        transport is not paused: the handshake's end, commands, metadata, media and
        the end of the stream.
        """
        client = self.client()
        notes = self.noted(client)
        self.gate.callback(True)
        watcher = FakeSink()
        self.directory.stream("live/show").addSink(watcher)
        client.feed(client.HELLO)
        client.transport.clear()
        data = client.bytesOf(
            client.command("connect", commandObject={"app": "live"}),
            client.command("createStream"),
            client.command("publish", "show", "live", id=1),
            videoHeader(),
            *(audio(n) for n in range(500)),
            client.command("deleteStream", 1.0),
        )
        client.feed(client.ANSWER + data)
        self.assertEqual(len(watcher.tags), 501)
        self.assertEqual(watcher.ended, 1)
        self.assertEqual(notes, [])

    def test_justInTime(self) -> None:
        """
        A read that takes just the time of one turn has no second one.
        """
        client, sink = self.working()
        notes = self.noted(client)
        client.send(*(audio(n) for n in range(A_TURN)))
        self.assertEqual(sink.times, numbers(A_TURN))
        self.finish(client)
        # Whether more is there is not known before it is asked for.
        self.assertEqual(notes, [PAUSE, RESUME])
        notes.clear()
        client.send(audio(3), audio(4))
        self.assertEqual(notes, [])


class YieldTests(TurnsTestCase):
    """
    What waits for a later turn.
    """

    def test_turns(self) -> None:
        """
        After its time a connection waits with the rest and is not read; then it
        goes on, and is read again when all is done, once.
        """
        client, sink = self.working()
        notes = self.noted(client)
        client.send(*(audio(n) for n in range(10)))
        self.assertEqual((sink.times, notes), (numbers(3), [PAUSE]))
        self.clock.advance(0)
        self.assertEqual((sink.times, notes), (numbers(6), [PAUSE]))
        self.finish(client)
        self.assertEqual((sink.times, notes), (numbers(10), [PAUSE, RESUME]))
        client.send(audio(10))
        self.assertEqual((sink.times, notes), (numbers(11), [PAUSE, RESUME]))

    def test_acknowledgement(self) -> None:
        """
        An acknowledgement that is due waits until all that has come was
        worked on, however long that takes: a client that is done may have closed
        its socket, and would lose what it has not sent yet.
        """
        client, sink = self.working()
        client.send(WindowAckSize(2000))
        self.clock.advance(1)
        client.read()
        client.send(*(audio(n) for n in range(200)))
        while len(sink.tags) < 200:
            self.clock.advance(0.005)
            self.assertEqual(client.read(), [])
        self.clock.advance(0.1)
        (acknowledged,) = client.read()
        self.assertIsInstance(acknowledged, Acknowledgement)

    def test_others(self) -> None:
        """
        While one waits it is the turn of others, and each has its own stream in
        order.
        """
        one, slow = self.working("one")
        two, quick = self.working("two")
        one.send(*(audio(n) for n in range(100)))
        two.send(*(audio(n) for n in range(A_TURN - 1)))
        self.assertEqual((len(slow.tags), len(quick.tags)), (A_TURN, A_TURN - 1))
        for n in range(A_TURN - 1, 40):
            self.clock.advance(0.02)
            two.send(audio(n))
            self.assertEqual(quick.times, numbers(n + 1))
        self.assertLess(len(slow.tags), 60)
        self.finish(one)
        self.assertEqual(slow.times, numbers(100))

    def test_turnAbout(self) -> None:
        """
        Of two that both have too much, each gets one turn after the other.
        """
        (one, slow), (two, other) = self.working("one"), self.working("two")
        for client in (one, two):
            client.send(*(audio(n) for n in range(9)))
        self.clock.advance(0)
        self.assertEqual((len(slow.tags), len(other.tags)), (6, 6))

    def test_arrivesMeanwhile(self) -> None:
        """
        Bytes that come in spite of the pause, cut anywhere, are kept and come in
        their turn.
        """
        client, sink = self.working()
        notes = self.noted(client)
        client.send(*(audio(n) for n in range(5)))
        data = client.bytesOf(*(audio(n) for n in range(5, 40)))
        for start in range(0, len(data), 7):
            client.feed(data[start : start + 7])
        self.assertEqual((sink.times, notes), (numbers(A_TURN), [PAUSE]))
        self.finish(client)
        self.assertEqual((sink.times, notes), (numbers(40), [PAUSE, RESUME]))

    def test_arrivesInItsTurn(self) -> None:
        """
        The same holds for bytes that come while one of them is being handled.
        """
        client, sink = self.working()
        more = client.bytesOf(*(audio(n) for n in range(5, 20)))

        class Feeding(FakeSink):
            def tagReceived(self, tag: object) -> None:
                nonlocal more
                data, more = more, b""
                if data:
                    client.feed(data)

        # In front of the other, which has to get them in order all the same.
        stream = self.live("live/show")
        stream.addSink(Feeding())
        stream.removeSink(sink)
        stream.addSink(sink)
        client.send(*(audio(n) for n in range(5)))
        self.finish(client)
        self.assertEqual(sink.times, numbers(20))

    def test_tooMuchMeanwhile(self) -> None:
        """
        Bytes that come on and on in spite of the pause cost the connection; what
        was published ends.
        """
        client, sink = self.working()
        client.send(*(audio(n) for n in range(5)))
        tag = client.bytesOf(audio(5, 60_000))
        with self.logs() as events:
            for _ in range(100):
                client.feed(tag)
        self.assertTrue(client.closing)
        (line, _) = logLines(events)
        self.assertIn("bytes wait to be interpreted", line)
        self.clock.advance(0)
        self.assertEqual((sink.times, sink.ended), (numbers(A_TURN), 1))

    def test_answers(self) -> None:
        """
        Answers come in the order of what was asked, across turns.
        """
        client, _ = self.working()
        mixed: list[Received | FLVTag] = []
        for n in range(10):
            mixed += [audio(n), client.command("note", float(n))]
        client.send(*mixed)
        self.finish(client)
        self.assertEqual(self.arguments(client), [float(n) for n in range(10)])

    def test_notSilent(self) -> None:
        """
        A publisher is not dropped for silence, nor for a message that is not
        finished, while it is us who have not come to the end of what it sent.
        """
        client, sink = self.working()
        part = type0(6, 0, 9, b"x" * 100, length=120)
        client.feed(client.bytesOf(*(audio(n) for n in range(300))) + part[:50])
        self.finish(client)
        self.assertGreater(self.clock.seconds(), 80)
        self.assertFalse(client.aborted)
        self.assertEqual(sink.times, numbers(300))


class UnlimitedTests(TurnsTestCase):
    """
    Turns without an end.
    """

    limits = replace(Limits(), turnSeconds=float("inf"))

    def test_one(self) -> None:
        """
        Without a limit all is handled at once, whatever it takes.
        """
        client, sink = self.working()
        notes = self.noted(client)
        client.send(*(audio(n) for n in range(500)))
        self.assertEqual((len(sink.tags), notes), (500, []))
