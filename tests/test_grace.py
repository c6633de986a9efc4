"""
Tests of streams that wait for their publishers.
"""

from __future__ import annotations

from rtmptwisted import directory
from rtmptwisted.takeover import Publisher
from rtmptwisted.wire.limits import Limits
from tests.fakes import FakeSink, logLines
from tests.grace_support import HEADERS, GraceTestCase, times
from tests.media import asMessage, audio, frame, keyframe, plain
from tests.support import setDataFrame, statusCodes
from tests.test_directory import Watcher

START, BAD = "NetStream.Publish.Start", "NetStream.Publish.BadName"


class InterruptionTests(GraceTestCase):
    """
    The connection of a publisher is lost.
    """

    def test_waits(self) -> None:
        """
        The stream stays, with its sinks and its last group of pictures, and says
        that it is interrupted; nobody is told of a start or an end.
        """
        publisher, sink = self.begin()
        stream = self.live()
        watcher = Watcher()
        self.directory.watch(watcher)
        with self.logs() as events:
            publisher.lose()
        self.assertEqual(
            logLines(events),
            [
                "live/show is interrupted, waits 10 s for its publisher "
                "192.168.1.1:54321"
            ],
        )
        self.assertTrue(stream.interrupted)
        self.clock.advance(9.9)
        self.assertIs(self.live(), stream)
        self.assertEqual(list(self.directory), [stream])
        self.assertEqual(len(stream.snapshot()), 5)
        self.assertEqual((sink.ended, watcher.told), (0, []))

    def test_ends(self) -> None:
        """
        When nobody comes within the grace it ends, as always.
        """
        publisher, sink = self.begin()
        watcher = Watcher()
        self.directory.watch(watcher)
        publisher.lose()
        self.clock.advance(9.99)
        self.assertEqual(sink.ended, 0)
        with self.logs() as events:
            self.clock.advance(0.02)
        self.assertEqual(sink.ended, 1)
        self.assertEqual(watcher.told, [("stopped", "live/show", False)])
        (line,) = logLines(events)
        self.assertIn("published live/show for 10.1 s: 2 video and 1 audio", line)
        self.assertIsNone(self.directory.live("live/show"))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_resumed(self) -> None:
        """
        When the publisher comes back the stream goes on, with all that it has
        counted, and can be interrupted again, for as long.
        """
        publisher, sink = self.begin()
        stream, before = self.live(), self.live().startedAt
        for n in range(1, 4):
            publisher.lose()
            self.clock.advance(9)
            publisher = self.asks()
            with self.logs() as events:
                self.assertEqual(self.codes(publisher), [START])
            self.assertEqual(logLines(events), [])
            self.assertFalse(stream.interrupted)
            publisher.send(*HEADERS, keyframe(0), frame(40))
            self.assertEqual(stream.frames, {9: 2 + 2 * n, 8: 1})
        self.assertIs(self.live(), stream)
        self.assertEqual((stream.startedAt, sink.ended), (before, 0))
        publisher.lose()
        self.clock.advance(11)
        self.assertEqual(sink.ended, 1)

    def test_resumeIsLogged(self) -> None:
        """
        One line says who goes on, and after how long.
        """
        publisher, _ = self.begin()
        publisher.lose()
        self.clock.advance(3.2)
        client = self.ready()
        with self.logs() as events:
            client.call("publish", "show", id=1)
        self.assertEqual(
            logLines(events),
            [
                "live/show is resumed by 192.168.1.1:54321 (unknown software) after "
                "3.2 s"
            ],
        )

    def test_otherCredentials(self) -> None:
        """
        Whoever shows something else does not get the name.
        """
        publisher, sink = self.begin()
        publisher.lose()
        self.assertEqual(self.codes(self.asks("show?token=guess")), [BAD])
        self.assertTrue(self.live().interrupted)
        self.assertEqual(self.codes(self.asks("show")), [START])
        self.assertEqual(sink.ended, 0)

    def test_protocolError(self) -> None:
        """
        A publisher that is dropped for what it sent may come back.
        """
        publisher, sink = self.begin()
        publisher.feed(b"\x02" + bytes(6) + b"\1" + bytes(200))
        self.assertTrue(publisher.closing)
        self.assertTrue(self.live().interrupted)
        publisher.lose()
        self.assertEqual(self.codes(self.asks()), [START])
        self.assertEqual(sink.ended, 0)

    def test_silence(self) -> None:
        """
        One that is dropped since it was silent may come back.
        """
        publisher, sink = self.begin()
        self.clock.pump([1] * 31)
        self.assertTrue(publisher.aborted)
        publisher.lose()
        self.assertTrue(self.live().interrupted)
        self.assertEqual(self.codes(self.asks()), [START])
        self.assertEqual(sink.ended, 0)

    def test_unpublished(self) -> None:
        """
        Who says that it ends its publish, in any of the ways, ends it at once.
        """
        for name, argument, id in (
            ("FCUnpublish", "show", 0),
            ("closeStream", None, 1),
            ("deleteStream", 1.0, 0),
        ):
            publisher, sink = self.begin()
            publisher.send(publisher.command(name, argument, id=id))
            publisher.lose()
            self.assertEqual(sink.ended, 1, name)
            self.assertIsNone(self.directory.live("live/show"))

    def test_unpublishedAfterResume(self) -> None:
        """
        That holds for one who came back too.
        """
        publisher, sink = self.begin()
        publisher.lose()
        again = self.publisher()
        again.call("deleteStream", 1.0)
        self.assertEqual(sink.ended, 1)
        self.assertEqual(list(self.directory), [])

    def test_severalNetStreams(self) -> None:
        """
        All that a connection published waits, and each stream comes back by itself.
        """
        publisher, one = self.begin()
        publisher.createStream()
        publisher.call("publish", "other", id=2)
        two = FakeSink()
        self.live("live/other").addSink(two)
        publisher.send(asMessage(keyframe(0), 2))
        publisher.lose()
        self.assertEqual([each.interrupted for each in self.directory], [True, True])
        again = self.publisher("other")
        self.assertEqual([each.interrupted for each in self.directory], [False, True])
        again.createStream()
        self.assertEqual(statusCodes(again.call("publish", "show", id=2)), [START])
        self.clock.advance(20)
        self.assertEqual((one.ended, two.ended), (0, 0))

    def test_byAnother(self) -> None:
        """
        Only the publisher that a stream has can interrupt it, and once; who it was is
        remembered, and not its connection.
        """
        publisher, _ = self.begin()
        stream, who = self.live(), self.live().publisher
        assert who is not None
        stream.interrupt(Publisher("192.0.2.9:1"))
        self.assertFalse(stream.interrupted)
        publisher.lose()
        self.assertEqual(stream.publisher, who)
        self.assertIsNot(stream.publisher, who)
        assert stream.publisher is not None
        stream.publisher.displaced()
        self.clock.advance(6)
        stream.interrupt(stream.publisher)
        self.clock.advance(5)
        self.assertIsNone(self.directory.live("live/show"))

    def test_withoutFrames(self) -> None:
        """
        A stream without any frame has nothing to go on with, and ends.
        """
        publisher, sink = self.begin(*HEADERS)
        publisher.lose()
        self.assertEqual(sink.ended, 1)

    def test_serverEnds(self) -> None:
        """
        The end of the server ends streams that wait, and those of publishers that
        are there, at once.
        """
        lost, one = self.begin(name="one")
        _, two = self.begin(name="two")
        lost.lose()
        self.factory.closeAll()
        self.assertEqual((one.ended, two.ended), (1, 1))
        self.assertEqual(list(self.directory), [])

    def test_notTooMany(self) -> None:
        """
        Only so many wait; the others end.
        """
        self.patch(directory, "MOST_WAITING", 2)
        begun = [self.begin(name=name) for name in ("a", "b", "c")]
        for publisher, _ in begun:
            publisher.lose()
        self.assertEqual([sink.ended for _, sink in begun], [0, 0, 1])
        self.publisher("a")
        publisher, sink = self.begin(name="d")
        publisher.lose()
        self.assertEqual(sink.ended, 0)
        self.clock.advance(11)
        self.assertEqual(len(self.directory._interrupted), 0)

    def test_metadata(self) -> None:
        """
        The metadata goes on; only what is new is passed on.
        """
        publisher, sink = self.begin()
        publisher.send(setDataFrame(width=640.0))
        publisher.lose()
        again = self.publisher()
        count = len(sink.tags)
        again.send(setDataFrame(width=640.0))
        self.assertEqual(len(sink.tags), count)
        again.send(setDataFrame(width=320.0))
        self.assertEqual(len(sink.tags), count + 1)
        self.assertEqual(self.live().metadata, {"width": 320.0})


class NoGraceTests(GraceTestCase):
    """
    Streams that wait for nobody.
    """

    grace = 0.0

    def test_ends(self) -> None:
        """
        The stream ends with the connection, and the next one is another.
        """
        publisher, sink = self.begin()
        stream = self.live()
        publisher.lose()
        self.assertEqual(sink.ended, 1)
        self.assertFalse(stream.interrupted)
        self.begin(*HEADERS, keyframe(500))
        self.assertIsNot(self.live(), stream)
        self.assertEqual(self.live().lastTimestamp, 500)


class ViewerTests(GraceTestCase):
    """
    RTMP players, while the publisher is away.
    """

    limits = Limits(waitSeconds=3, playerIdleSeconds=1000)

    def test_stays(self) -> None:
        """
        A player stays, is sent nothing but pings, and gets what comes after; it is
        not taken for one that takes nothing.
        """
        publisher, _ = self.begin()
        player = self.player()
        player.media()
        publisher.lose()
        self.clock.pump([0.5] * 19)
        self.assertEqual(player.media(), [])
        again = self.publisher()
        again.send(*HEADERS, keyframe(0), frame(40))
        (first, second) = player.media()
        self.assertEqual(first.body, keyframe(0).body)
        self.assertEqual(second.timestamp - first.timestamp, 40)
        self.assertEqual(first.timestamp, 40 + 9500)
        self.assertFalse(player.closing or player.aborted)
        again.lose()
        self.clock.advance(11)
        self.assertIn("NetStream.Play.UnpublishNotify", statusCodes(player.read()))

    def test_joins(self) -> None:
        """
        A player that comes meanwhile gets the last group of pictures, and is not
        told that there is nobody, however short its patience.
        """
        publisher, _ = self.begin()
        publisher.lose()
        player = self.player()
        self.assertEqual(
            player.media(),
            plain(*HEADERS, keyframe(0), audio(20), frame(40)),
        )
        self.clock.advance(5)
        self.assertEqual(statusCodes(player.read()), [])
        self.assertFalse(player.closing)

    def test_together(self) -> None:
        """
        Somebody who plays on the connection that publishes goes with it.
        """
        publisher, sink = self.begin()
        publisher.createStream()
        publisher.send(publisher.command("play", "show", id=2))
        self.assertEqual(self.live().viewers, 1)
        publisher.lose()
        self.assertEqual(self.live().viewers, 0)
        self.assertEqual(times(sink), [0, 20, 40])
