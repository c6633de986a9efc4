"""
Tests of L{rtmptwisted.streams}: how tags get to sinks, and what a stream knows.
"""

from __future__ import annotations

from rtmptwisted.streams import Publisher
from rtmptwisted.wire.flv import FLVTag
from tests.fakes import FakeSink, ReturningSink, logLines
from tests.flv_reader import AUDIO, VIDEO, Tag
from tests.media import (
    audio,
    audioHeader,
    frame,
    keyframe,
    plain,
    scriptValues,
    videoHeader,
)
from tests.stream_support import WHO, LiveStreamTestCase


class DeliveryTests(LiveStreamTestCase):
    """
    How tags get to sinks.
    """

    def test_order(self) -> None:
        """
        Every sink gets each tag itself, in order.
        """
        other = FakeSink()
        self.stream.addSink(other)
        tags = [videoHeader(), keyframe(0), frame(40), audio(50)]
        self.receive(*tags)
        for sink in (self.sink, other):
            self.assertEqual(len(sink.tags), 4)
            for got, sent in zip(sink.tags, tags, strict=True):
                self.assertIs(got, sent)

    def test_noted(self) -> None:
        """
        The stream has taken note of a tag before its sinks get it.
        """
        seen = []

        class Looking(FakeSink):
            def tagReceived(sink, tag: FLVTag) -> None:
                seen.append(dict(self.stream.frames))

        self.stream.addSink(Looking())
        self.receive(keyframe(0), audio(10))
        self.assertEqual(seen, [{AUDIO: 0, VIDEO: 1}, {AUDIO: 1, VIDEO: 1}])

    def test_removed(self) -> None:
        """
        A sink that was removed gets nothing more.
        """
        self.receive(keyframe(0))
        self.stream.removeSink(self.sink)
        self.receive(frame(40))
        self.stream.end()
        self.assertEqual(len(self.sink.tags), 1)
        self.assertEqual(self.sink.ended, 0)

    def test_brokenSink(self) -> None:
        """
        A sink that raises is told of the end and removed, with its failures in
        the log, also when it raises there again; the others lose nothing.
        """
        broken, after = FakeSink(ZeroDivisionError("a defect")), FakeSink()
        self.stream.addSink(broken)
        self.stream.addSink(after)
        self.receive(keyframe(0), frame(40))
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 2)
        self.assertEqual((len(broken.tags), broken.ended), (1, 1))
        self.stream.end()
        self.assertEqual((broken.ended, after.ended), (1, 1))
        for sink in (self.sink, after):
            self.assertEqual(plain(*sink.tags), plain(keyframe(0), frame(40)))

    def test_brokenTag(self) -> None:
        """
        A sink that raises for a tag only can let go of what it holds: it is
        told of the end, once, and gets nothing more.
        """

        class Broken(FakeSink):
            def tagReceived(sink, tag: FLVTag) -> None:
                super().tagReceived(tag)
                raise ZeroDivisionError("a defect")

        broken = self.stream.sharedSink("key", Broken)
        self.receive(keyframe(0), frame(40))
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertEqual((len(broken.tags), broken.ended), (1, 1))
        self.assertIsNot(self.stream.sharedSink("key", FakeSink), broken)

    def test_brokenEnd(self) -> None:
        """
        A sink that raises at the end does not keep the others from hearing of
        it, nor the name from being free.
        """
        broken, after = FakeSink(ZeroDivisionError("a defect")), FakeSink()
        self.stream.addSink(broken)
        self.stream.addSink(after)
        self.stream.end()
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertEqual((self.sink.ended, broken.ended, after.ended), (1, 1, 1))
        self.assertIsNone(self.directory.live("live/show"))
        self.directory.publish("live/show", WHO)

    def test_addedInside(self) -> None:
        """
        A sink that is added while a tag is delivered gets the next one first.
        """
        late = FakeSink()

        class Adding(FakeSink):
            def tagReceived(sink, tag: FLVTag) -> None:
                self.stream.removeSink(sink)
                self.stream.addSink(late)

        self.stream.addSink(Adding())
        self.receive(keyframe(0), frame(40))
        self.assertEqual(plain(*late.tags), plain(frame(40)))

    def test_shared(self) -> None:
        """
        A shared sink is made and added once for each key, until it is removed.
        """
        one = self.stream.sharedSink("a", FakeSink)
        self.assertIs(self.stream.sharedSink("a", FakeSink), one)
        other = self.stream.sharedSink("b", FakeSink)
        self.assertIsNot(other, one)
        self.receive(keyframe(0))
        self.assertEqual((len(one.tags), len(other.tags)), (1, 1))
        self.stream.removeSink(one)
        self.assertIsNot(self.stream.sharedSink("a", FakeSink), one)

    def test_data(self) -> None:
        """
        Other data goes to the sinks as a script tag, and is not kept (T-6A).
        """
        self.stream.receiveData(["onCuePoint", {"n": 1.0}], 70)
        ((typeID, timestamp, body),) = plain(*self.sink.tags)
        self.assertEqual((typeID, timestamp), (18, 70))
        self.assertEqual(
            scriptValues(Tag(typeID, timestamp, body)), ["onCuePoint", {"n": 1.0}]
        )
        self.assertEqual(self.stream.snapshot(), [])


class KnowledgeTests(LiveStreamTestCase):
    """
    What a stream knows of itself.
    """

    def test_counts(self) -> None:
        """
        Frames are counted by kind, without sequence headers; bytes with them.
        """
        tags = [videoHeader(), audioHeader(), keyframe(0), frame(40), audio(50)]
        self.receive(*tags)
        self.assertEqual(self.stream.frames, {VIDEO: 2, AUDIO: 1})
        self.assertEqual(self.stream.bytesReceived, sum(len(tag.body) for tag in tags))
        self.assertEqual(self.stream.codecs, {VIDEO: "avc1", AUDIO: "mp4a"})

    def test_seconds(self) -> None:
        """
        The stream knows how long it has been live.
        """
        self.clock.advance(12.5)
        self.assertEqual(self.stream.seconds, 12.5)

    def test_settledByBoth(self) -> None:
        """
        A stream is settled as soon as both kinds of media have been seen; a
        sequence header is enough.
        """
        self.receive(videoHeader(), keyframe(0))
        self.assertFalse(self.stream.settled)
        self.receive(audioHeader())
        self.assertTrue(self.stream.settled)
        self.assertTrue(self.stream.has(AUDIO) and self.stream.has(VIDEO))

    def test_settledByTime(self) -> None:
        """
        With one kind only it is settled after one second of media time.
        """
        start = 16_800_000
        self.receive(videoHeader(), keyframe(start), frame(start + 999))
        self.assertFalse(self.stream.settled)
        self.receive(frame(start + 1000))
        self.assertTrue(self.stream.settled)
        self.assertTrue(self.stream.has(VIDEO))
        self.assertFalse(self.stream.has(AUDIO))

    def test_settledAcrossTheWrap(self) -> None:
        """
        Media time goes on across 2^32.
        """
        self.receive(audio(2**32 - 500), audio(499))
        self.assertFalse(self.stream.settled)
        self.receive(audio(500))
        self.assertTrue(self.stream.settled)

    def test_headersDoNotSettle(self) -> None:
        """
        Sequence headers alone, whatever their timestamps, do not settle a
        stream with one kind of media.
        """
        self.receive(videoHeader(0), videoHeader(5000))
        self.assertFalse(self.stream.settled)

    def test_unknownCodecs(self) -> None:
        """
        A track counts by its frames, whatever their codec.
        """
        self.receive(FLVTag(VIDEO, 0, b"\x1f\0"), FLVTag(AUDIO, 0, b"\xd2\0"))
        self.assertTrue(self.stream.has(AUDIO) and self.stream.has(VIDEO))
        self.assertTrue(self.stream.settled)
        self.assertEqual(self.stream.codecs, {VIDEO: "unknown", AUDIO: "unknown"})

    def test_noTrack(self) -> None:
        """
        What is neither frame nor setup makes no track: empty tags, commands,
        the end of a sequence.
        """
        self.receive(
            FLVTag(AUDIO, 0, b""), FLVTag(VIDEO, 0, b"\x57\0"),
            FLVTag(VIDEO, 0, b"\x17\2\0\0\0"),
        )  # fmt: skip
        self.assertEqual(self.stream.codecs, {})
        self.assertFalse(self.stream.has(AUDIO) or self.stream.has(VIDEO))

    def test_settledByNumber(self) -> None:
        """
        When timestamps stand still, a stream with one kind of media is settled
        after 250 frames.
        """
        self.receive(audioHeader(), *[audio(0)] * 249)
        self.assertFalse(self.stream.settled)
        self.receive(audio(0))
        self.assertTrue(self.stream.settled)
        self.assertFalse(self.stream.has(VIDEO))

    def test_publisherIsLogged(self) -> None:
        """
        The end of a publish is logged with what it was.
        """
        self.receive(videoHeader(), keyframe(0), audio(10))
        self.clock.advance(2)
        with self.logs() as events:
            self.stream.end()
        size = sum(len(tag.body) for tag in (videoHeader(), keyframe(0), audio(10)))
        self.assertEqual(
            logLines(events),
            [
                "192.0.2.1:4000 published live/show for 2.0 s: 1 video and 1 audio "
                f"frames, {size} bytes"
            ],
        )


class EndTests(LiveStreamTestCase):
    """
    Tests of L{LiveStream.end}.
    """

    def test_once(self) -> None:
        """
        A stream ends once, however often it is told to.
        """
        self.stream.end()
        self.stream.end()
        self.stream.end(WHO)
        self.assertEqual(self.sink.ended, 1)
        self.assertFalse(self.stream.isLive)

    def test_byAnother(self) -> None:
        """
        A publisher cannot end the stream of another who has the name now.
        """
        # Somebody who stays when the publisher changes.
        self.stream.addSink(ReturningSink(self.stream))
        self.stream.end(WHO)
        other = Publisher("192.0.2.2:4000")
        again = self.directory.publish("live/show", other)
        self.assertIs(again, self.stream)
        self.stream.end(WHO)
        # Equal to the one that publishes, but not the same.
        self.stream.end(Publisher("192.0.2.2:4000"))
        self.assertTrue(self.stream.isLive)
        self.stream.end(other)
        self.assertFalse(self.stream.isLive)

    def test_sinksAreRemoved(self) -> None:
        """
        The sinks are removed at the end: one that does nothing for that gets
        nothing of the next publish under the name.
        """
        # Keeps the stream itself from being forgotten.
        self.stream.addSink(ReturningSink(self.stream))
        shared = self.stream.sharedSink("key", FakeSink)
        self.receive(keyframe(0))
        self.stream.end()
        self.assertIs(self.directory.publish("live/show", WHO), self.stream)
        self.receive(keyframe(5000))
        self.stream.end()
        for sink in (self.sink, shared):
            self.assertEqual(plain(*sink.tags), plain(keyframe(0)))
            self.assertEqual(sink.ended, 1)
        self.assertIsNot(self.stream.sharedSink("key", FakeSink), shared)
