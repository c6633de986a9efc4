"""
Tests of L{rtmptwisted.takeover}: who may have a name that another has.
"""

from __future__ import annotations

from rtmptwisted.takeover import STALLED_SECONDS, Publisher, sameCredentials
from rtmptwisted.wire.message import Data
from tests.fakes import logLines
from tests.grace_support import GraceTestCase, times
from tests.media import audio, frame, keyframe
from tests.support import statusCodes
from tests.turns_support import ReactorClock

START, BAD = "NetStream.Publish.Start", "NetStream.Publish.BadName"

#: In seconds.
MOMENT = 0.001


class CredentialsTests(GraceTestCase):
    """
    Who is the same.
    """

    def test_query(self) -> None:
        """
        The query strings of application and name count, in any order; their values
        count, and what is beside them.
        """
        for app, name, same in (
            ("live", "show?a=1&b=2", True),
            ("live", "show?b=2&a=1", True),
            ("live?a=1", "show?b=2", True),
            ("live/?b=2&a=1", "/show", True),
            ("live", "show", False),
            ("live", "show?a=1", False),
            ("live", "show?a=1&b=3", False),
            ("live", "show?a=1&b=2&c=3", False),
            ("live", "show?a=1&b=2&b=", False),
            ("live", "show?a=1&b=%C3%BC", False),
        ):
            publisher = self.publisher("show?a=1&b=2")
            publisher.send(keyframe(0))
            publisher.lose()
            other = self.asks(name, app)
            self.assertEqual(self.codes(other), [START if same else BAD], name)
            self.assertEqual(self.live().interrupted, not same)
            self.live().end()
            other.lose()

    def test_notShown(self) -> None:
        """
        What a publisher has shown is in no text about it, and in no line of the log.
        """
        publisher = Publisher("192.0.2.1:4000", "'x'", (("token", "secret"),))
        self.assertNotIn("secret", f"{publisher!r} {publisher}")
        with self.logs() as events:
            first = self.publisher("show?token=secret")
            first.send(keyframe(0))
            first.lose()
            self.codes(self.asks("show?token=guessed"))
            second = self.asks("show?token=secret")
            self.codes(second)
            self.clock.advance(5)
            self.codes(self.asks("show?token=secret"))
            second.lose()
            self.clock.advance(20)
        lines = logLines(events)
        self.assertGreater(len(lines), 5)
        for line in lines:
            self.assertNotIn("secret", line)
            self.assertNotIn("guessed", line)

    def test_strange(self) -> None:
        """
        Credentials are any text.
        """
        for text in ("", "ä", "\udcff", "\0", "'"):
            one, two = (Publisher("", "", (("k", value),)) for value in (text, "k"))
            self.assertTrue(sameCredentials(one, one))
            self.assertFalse(sameCredentials(one, two))

    def test_oneOther(self) -> None:
        """
        The directory asks who it was given, for streams that are interrupted and for
        those that are stalled.
        """
        asked = []

        def mayContinue(present: Publisher, newcomer: Publisher) -> bool:
            asked.append((present.peer, newcomer.credentials))
            return False

        self.directory._mayContinue = mayContinue
        self.begin()
        self.clock.advance(STALLED_SECONDS)
        self.assertEqual(self.codes(self.asks("show?k=1")), [BAD])
        self.assertEqual(set(asked), {("192.168.1.1:54321", (("k", "1"),))})


class TakeoverTests(GraceTestCase):
    """
    A publisher comes while another is there, with the same credentials.
    """

    grace = 0.0

    def test_stalled(self) -> None:
        """
        When nothing was heard for two seconds the newcomer gets the stream at once,
        and the other's connection is closed, which ends nothing.
        """
        old, sink = self.begin()
        self.clock.advance(STALLED_SECONDS)
        with self.logs() as events:
            new = self.asks()
            self.clock.advance(MOMENT)
            self.assertEqual(self.codes(new), [START])
        self.assertEqual(
            logLines(events),
            [
                "live/show is resumed by 192.168.1.1:54321 (unknown software) after "
                "2.0 s, 192.168.1.1:54321 is closed"
            ],
        )
        self.assertEqual(statusCodes(old.read()), [BAD])
        self.assertTrue(old.closing)
        old.feed(old.bytesOf(frame(80)))
        old.lose()
        new.send(keyframe(0))
        self.assertEqual((times(sink), sink.ended), ([0, 20, 40, 2041], 0))
        new.lose()
        self.assertEqual(sink.ended, 1)

    def test_waits(self) -> None:
        """
        One who comes half a second after the last frame waits for the rest, and reads
        nothing meanwhile.
        """
        old, sink = self.begin()
        self.clock.advance(0.5)
        new = self.asks()
        new.send(keyframe(0))
        for _ in range(14):
            self.clock.advance(0.1)
            self.assertEqual(self.codes(new), [])
        self.assertFalse(old.closing)
        self.assertEqual(new.transport.producerState, "paused")
        self.clock.advance(0.11)
        self.assertEqual(self.codes(new), [START])
        self.assertTrue(old.closing)
        self.assertEqual(new.transport.producerState, "producing")
        self.assertEqual((len(times(sink)), sink.ended), (4, 0))

    def test_heardAgain(self) -> None:
        """
        When the other is heard again, by whatever it sends, the newcomer is refused.
        """
        for tag in (frame(80), audio(80), Data(["cue"], 0, 1)):
            old, sink = self.begin()
            self.clock.advance(1.5)
            new = self.asks()
            self.clock.advance(0.3)
            old.send(tag)
            self.clock.advance(0.1)
            self.assertEqual(self.codes(new), [BAD])
            self.assertTrue(new.closing)
            self.assertFalse(old.closing)
            self.assertEqual((len(sink.tags), sink.ended), (6, 0))
            old.lose()

    def test_heardByItself(self) -> None:
        """
        What comes from one who is not the publisher any more does not count.
        """
        self.begin()
        stream = self.live()
        self.clock.advance(1.5)
        stream.heard(Publisher("192.0.2.9:1"))
        self.assertFalse(stream.isStalled)
        self.clock.advance(0.5)
        self.assertTrue(stream.isStalled)
        stream.heard(stream.publisher)
        self.assertFalse(stream.isStalled)

    def test_sendsAllTheTime(self) -> None:
        """
        Where the other is well the newcomer is refused after a tenth of a second.
        """
        old, _ = self.begin()
        new = self.asks()
        for n in range(3):
            self.clock.advance(0.04)
            old.send(frame(80 + n * 40))
        self.assertEqual(self.codes(new), [BAD])

    def test_slowly(self) -> None:
        """
        One whose picture arrives piece by piece is not silent, however long that
        takes.
        """
        old, sink = self.begin()
        data = old.bytesOf(keyframe(80, 300_000))
        first, rest = data[:-1000], data[-1000:]
        for start in range(0, len(first), 30_000):
            self.clock.advance(0.5)
            old.feed(first[start : start + 30_000])
        new = self.asks()
        self.assertEqual(self.codes(new), [])
        self.clock.advance(0.05)
        old.feed(rest)
        self.clock.advance(0.1)
        self.assertEqual(self.codes(new), [BAD])
        self.assertFalse(old.closing)
        self.assertEqual((times(sink)[-1], sink.ended), (80, 0))

    def test_deaf(self) -> None:
        """
        When the server itself stood still for so long, what it finds then is read
        before it is said that nothing came.
        """
        self.clock = ReactorClock()
        self.serve()
        old, sink = self.begin()
        new = self.asks()
        self.clock.advance(2.5)
        old.send(frame(80))
        self.clock.advance(0)
        self.assertEqual(self.codes(new), [BAD])
        self.assertEqual((times(sink)[-1], sink.ended), (80, 0))

    def test_unpublishes(self) -> None:
        """
        When the other ends its publish meanwhile the newcomer begins a new one.
        """
        old, sink = self.begin()
        new = self.asks()
        old.call("deleteStream", 1.0)
        self.assertEqual(sink.ended, 1)
        self.clock.advance(0.1)
        self.assertEqual(self.codes(new), [START])
        self.assertEqual(self.live().frames, {8: 0, 9: 0})

    def test_newcomerLeaves(self) -> None:
        """
        Of a newcomer whose connection is lost while it waits nothing is left.
        """
        _, sink = self.begin()
        new = self.asks()
        calls = len(self.clock.getDelayedCalls())
        new.lose()
        self.assertLess(len(self.clock.getDelayedCalls()), calls)
        self.clock.advance(5)
        self.assertEqual(sink.ended, 0)
        self.assertFalse(self.live().publisher is None)

    def test_two(self) -> None:
        """
        Of two who wait the first gets the stream, and the other is refused.
        """
        _, sink = self.begin()
        newcomers = [self.asks(), self.asks()]
        for _ in range(25):
            self.clock.advance(0.1)
        codes = [self.codes(each) for each in newcomers]
        self.assertEqual(codes, [[START], [BAD]])
        self.assertEqual(sink.ended, 0)

    def test_serverEnds(self) -> None:
        """
        When the server ends, those who wait begin nothing.
        """
        self.begin()
        new = self.asks()
        closed = self.factory.closeAll()
        self.clock.advance(0.2)
        self.assertEqual(list(self.directory), [])
        for protocol in list(self.factory.connections):
            protocol.connectionLost()
        self.successResultOf(closed)
        self.assertEqual(self.codes(new), [])
        self.clock.advance(30)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_otherCredentials(self) -> None:
        """
        Whoever shows something else is refused at once, however long the silence.
        """
        self.begin()
        for seconds in (0, 1, 10):
            self.clock.advance(seconds)
            self.assertEqual(self.codes(self.asks("show?k=v")), [BAD])

    def test_severalNetStreams(self) -> None:
        """
        A connection with several streams is taken over stream by stream, and closed
        with the last.
        """
        old, sink = self.begin()
        old.createStream()
        old.call("publish", "other", id=2)
        other = self.live("live/other")
        self.clock.advance(3)
        new = self.asks("show")
        self.clock.advance(MOMENT)
        self.assertEqual(self.codes(new), [START])
        new.createStream()
        self.assertFalse(old.closing)
        self.assertIs(self.live("live/other"), other)
        new.send(new.command("publish", "other", id=2))
        self.clock.advance(MOMENT)
        self.assertEqual(self.codes(new), [START])
        self.assertTrue(old.closing)
        self.assertIs(self.live("live/other"), other)
        self.assertEqual(sink.ended, 0)

    def test_sameConnection(self) -> None:
        """
        A connection can take over from itself, when nothing came for two seconds.
        """
        client, sink = self.begin()
        client.createStream()
        client.send(client.command("publish", "show", id=2))
        for _ in range(21):
            self.clock.advance(0.1)
        answers = statusCodes(client.read())
        self.assertEqual(sorted(map(str, answers)), [BAD, START])
        self.assertFalse(client.closing)
        client.send(keyframe(0))
        self.assertEqual(len(times(sink)), 3)
        client.call("deleteStream", 1.0)
        self.assertEqual(sink.ended, 0)
        client.call("deleteStream", 2.0)
        self.assertEqual(sink.ended, 1)

    def test_withoutFrames(self) -> None:
        """
        One that has sent nothing at all can be taken over; the time is that of the
        newcomer.
        """
        _, sink = self.begin(*())
        self.live().end()
        old = self.publisher("empty")
        self.live("live/empty").addSink(sink)
        self.clock.advance(4)
        new = self.asks("empty")
        self.clock.advance(MOMENT)
        self.assertEqual(self.codes(new), [START])
        self.assertTrue(old.closing)
        new.send(keyframe(70_000), frame(70_040))
        self.assertEqual(times(sink)[-2:], [70_000, 70_040])
