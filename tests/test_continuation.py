"""
Tests of L{rtmptwisted.continuation}: how what a publisher sends goes on with what
another sent before.
"""

from __future__ import annotations

from rtmptwisted.wire.codec import Kind
from rtmptwisted.wire.flv import FLVTag
from rtmptwisted.wire.message import Data
from tests.enhanced_support import START, onTrack, onTracks, videoKey
from tests.fakes import FakeSink
from tests.flv_reader import AUDIO, SCRIPT, VIDEO
from tests.grace_support import HEADERS, ContinuationTestCase, times
from tests.media import audio, audioHeader, frame, keyframe, videoHeader

WRAP = 1 << 32

SEQUENCE_END = FLVTag(VIDEO, 0, b"\x17\2\0\0\0")


class TimeTests(ContinuationTestCase):
    """
    The timestamps.
    """

    def test_realTime(self) -> None:
        """
        Between the last frame and the first lies the time that has passed, wherever
        the timestamps of the newcomer begin, across 2^32 too.
        """
        for start in (0, 5000, (1 << 31) - 20, WRAP - 20):
            for next in (0, 7, 123_456_789, (1 << 31) - 7, WRAP - 20):
                frames = [(start + n * 40) % WRAP for n in range(5)]
                publisher, sink = self.begin(*HEADERS, keyframe(start))
                for timestamp in frames[1:]:
                    self.clock.advance(0.04)
                    publisher.send(frame(timestamp))
                self.goOn(publisher, 3.25, keyframe(next))
                self.clock.advance(0.04)
                self.play(publisher)
                self.live().receive(frame((next + 40) % WRAP))
                got = [(each - frames[-1]) % WRAP for each in times(sink)[-2:]]
                self.assertEqual(got, [3250, 3290], (start, next))
                self.live().end()

    def test_lateFrames(self) -> None:
        """
        When the last frames before the cut were two seconds late, the next one is
        where it would be if they had not been.
        """
        publisher, sink = self.begin(*HEADERS, keyframe(0))
        for n in range(1, 26):
            self.clock.advance(0.04)
            publisher.send(frame(n * 40))
        self.clock.advance(2)
        publisher.send(frame(1040), frame(1080))
        self.goOn(publisher, 1, keyframe(0))
        self.assertEqual(times(sink)[-2:], [1080, 4000])

    def test_tooFast(self) -> None:
        """
        One who sends faster than in real time goes on from where it was.
        """
        publisher, sink = self.begin(*HEADERS, keyframe(0))
        publisher.send(*(frame(n * 1000) for n in range(1, 60)))
        self.goOn(publisher, 2, keyframe(0), frame(40))
        self.assertEqual(times(sink)[-3:], [59_000, 61_000, 61_040])

    def test_neverBack(self) -> None:
        """
        Where no time has passed by the clock the first frame is still behind all
        others, of both kinds.
        """
        publisher, sink = self.begin(*HEADERS, keyframe(0))
        publisher.send(frame(500), audio(420))
        self.goOn(publisher, 0, keyframe(0))
        self.assertEqual(times(sink)[-1], 501)

    def test_otherTrackFirst(self) -> None:
        """
        What lies a little before the first frame stays there, unless its own kind
        was there already.
        """
        publisher, sink = self.begin()
        again = self.goOn(publisher, 3, keyframe(100), audio(60), audio(83))
        self.assertEqual(times(sink)[-3:], [3040, 3000, 3023])
        again.lose()
        self.play(self.publisher(), keyframe(100), audio(60), audio(83), audio(130))
        self.assertEqual(times(sink)[-4:], [3041, 3023, 3024, 3071])

    def test_otherClock(self) -> None:
        """
        A kind of media that goes by another clock is relayed by that.
        """
        publisher, sink = self.begin()
        publisher.lose()
        self.clock.advance(3)
        self.publisher().send(keyframe(3_600_000), audio(0), audio(23))
        self.assertEqual(
            [(each - 3040) % WRAP for each in times(sink)[-3:]],
            [0, WRAP - 3_600_000, WRAP - 3_600_000 + 23],
        )

    def test_outOfOrder(self) -> None:
        """
        Frames of the newcomer that are out of order stay so.
        """
        publisher, sink = self.begin()
        publisher.lose()
        self.publisher().send(keyframe(100), frame(140), frame(60))
        self.assertEqual(times(sink)[-3:], [41, 81, 1])

    def test_halfWrapAfter(self) -> None:
        """
        A newcomer whose clock falls from 2^31 to 0 is relayed as it is, with the
        same distance as any frames have.
        """
        publisher, sink = self.begin()
        self.goOn(publisher, 1, keyframe((1 << 31) - 10), frame(30), frame(70))
        last = times(sink)[-3:]
        self.assertEqual(last[0], 1040)
        self.assertEqual([each - last[1] for each in last[1:]], [0, 40])

    def test_halfWrapBefore(self) -> None:
        """
        A clock that has fallen from 2^31 to 0 goes on from there.
        """
        publisher, sink = self.begin(*HEADERS, keyframe((1 << 31) - 50))
        self.clock.advance(0.04)
        publisher.send(frame((1 << 31) - 10))
        for n in range(3):
            self.clock.advance(0.04)
            publisher.send(frame(30 + n * 40))
        self.goOn(publisher, 2, keyframe(0))
        self.assertEqual(times(sink)[-2:], [110, 2110])

    def test_again(self) -> None:
        """
        The sum of all gaps is the time that has passed.
        """
        publisher, sink = self.begin()
        began = self.clock.seconds()
        for n in range(10):
            publisher = self.goOn(
                publisher, 1 + n / 3, *HEADERS, keyframe(777), frame(817)
            )
        passed = (self.clock.seconds() - began) * 1000
        self.assertLessEqual(abs(times(sink)[-1] - 40 - passed), 10)

    def test_headersAndData(self) -> None:
        """
        What comes before the first frame stands where the stream is then; after it,
        data has its own place, and what has none stands where it comes.
        """
        publisher, sink = self.begin()
        publisher.lose()
        self.clock.advance(1)
        again = self.publisher()
        again.send(videoHeader(0, b"\x17\0\0\0\0another"), Data(["cue"], 9, 1))
        self.clock.advance(0.5)
        again.send(keyframe(5000), frame(5040), Data(["cue"], 5050, 1))
        again.send(audioHeader(0, b"\xaf\0\x12\x11"), Data(["cue"], 0, 1))
        again.send(SEQUENCE_END)
        self.assertEqual(
            [(tag.typeID, tag.timestamp) for tag in sink.tags[5:]],
            [
                (VIDEO, 1040),
                (SCRIPT, 1040),
                (VIDEO, 1540),
                (VIDEO, 1580),
                (SCRIPT, 1590),
                (AUDIO, 1580),
                (SCRIPT, 1580),
                (VIDEO, 1580),
            ],
        )

    def test_viewersSee(self) -> None:
        """
        What late viewers get has the new timestamps too.
        """
        publisher, _ = self.begin()
        self.goOn(publisher, 2, *HEADERS, keyframe(0), frame(40))
        group = [tag.timestamp for tag in self.live().snapshot() if tag.isFrame]
        self.assertEqual(group, [2040, 2080])
        self.assertEqual(self.live().lastTimestamp, 2080)


class HeaderTests(ContinuationTestCase):
    """
    Sequence headers.
    """

    def kinds(self, sink: FakeSink) -> list[Kind]:
        """
        What a sink got since the first publisher.
        """
        return [tag.description.kind for tag in sink.tags[5:]]

    def test_same(self) -> None:
        """
        Sequence headers that are the same are not passed on again, and late viewers
        still get them.
        """
        publisher, sink = self.begin()
        self.goOn(publisher, 1, *HEADERS, keyframe(0), *HEADERS, frame(40))
        # Those in the midst of it are passed on, as ever.
        self.assertEqual(
            self.kinds(sink),
            [Kind.KEYFRAME, Kind.SEQUENCE_HEADER, Kind.FRAME],
        )
        bodies = [tag.body for tag in self.live().snapshot()[:2]]
        self.assertEqual(bodies, [tag.body for tag in HEADERS])

    def test_changed(self) -> None:
        """
        One that has changed is passed on, and the other is not.
        """
        publisher, sink = self.begin()
        changed = videoHeader(0, b"\x17\0\0\0\0another")
        self.goOn(publisher, 1, changed, audioHeader(), keyframe(0))
        self.assertEqual(sink.tags[5].body, changed.body)
        self.assertEqual(self.kinds(sink), [Kind.SEQUENCE_HEADER, Kind.KEYFRAME])

    def test_changedTwice(self) -> None:
        """
        What counts is what was sent last: one that changes back is passed on.
        """
        publisher, sink = self.begin()
        changed = videoHeader(0, b"\x17\0\0\0\0another")
        again = self.goOn(publisher, 1, changed, keyframe(0))
        self.goOn(again, 1, videoHeader(), keyframe(0))
        self.assertEqual(self.kinds(sink), [Kind.SEQUENCE_HEADER, Kind.KEYFRAME] * 2)

    def test_severalTracks(self) -> None:
        """
        A header of several tracks is passed on when it is news for one of them.
        """
        both = onTracks(VIDEO, START, "hvc1", (0, b"one"), (1, b"two"))
        second = onTrack(VIDEO, START, "hvc1", 1, b"other")
        publisher, sink = self.begin(both, second, videoKey("hvc1", 0), audio(20))
        again = self.goOn(publisher, 1, both, videoKey("hvc1", 0))
        self.assertEqual(sink.tags[4].body, both.body)
        count = len(sink.tags)
        self.goOn(again, 1, both, videoKey("hvc1", 0))
        self.assertEqual(len(sink.tags), count + 1)

    def test_ended(self) -> None:
        """
        After the end of a sequence its header is passed on again.
        """
        publisher, sink = self.begin()
        publisher.send(FLVTag(VIDEO, 50, b"\x92avc1"))
        self.goOn(publisher, 1, *HEADERS, keyframe(0))
        self.assertEqual(
            self.kinds(sink), [Kind.SEQUENCE_END, Kind.SEQUENCE_HEADER, Kind.KEYFRAME]
        )
