"""
Tests of L{rtmptwisted.recorder}: the timestamps of recordings.
"""

from __future__ import annotations

from rtmptwisted.timeline import Timeline
from rtmptwisted.wire.flv import VIDEO, FLVTag
from tests.media import (
    audio,
    audioHeader,
    configuration,
    frame,
    keyframe,
    metadataOf,
    videoHeader,
)
from tests.recorder_support import RecorderTestCase


class TimeTests(RecorderTestCase):
    """
    Timestamps of recordings.
    """

    def times(self, *tags: FLVTag) -> list[int]:
        """
        @return: the timestamps of the media in the recording of these.
        """
        contents = self.recorded(*tags)
        self.assertEqual(
            metadataOf(contents)["duration"],
            max(tag.timestamp for tag in contents.media) / 1000,
        )
        return [tag.timestamp for tag in contents.media]

    def test_startsAtZero(self) -> None:
        """
        A publish whose clock stands at 16,800,000 ms is recorded from 0, its
        sequence headers at 0 as well (T-63).
        """
        start = 16_800_000
        self.assertEqual(
            self.times(
                videoHeader(), audioHeader(), keyframe(start), audio(start + 23)
            ),
            [0, 0, 0, 23],
        )

    def test_marks(self) -> None:
        """
        A mark that says 0 whatever the clock says stands where it came, and sets no
        clock.
        """
        start = 3_600_000
        mark = FLVTag(VIDEO, 0, bytes.fromhex("1702000000"))
        self.assertEqual(
            self.times(
                videoHeader(),
                keyframe(start),
                frame(start + 40),
                mark,
                frame(start + 80),
            ),
            [0, 0, 40, 40, 80],
        )

    def test_wrap(self) -> None:
        """
        Time goes on when timestamps start again after 2^32.
        """
        start = 2**32 - 50
        self.assertEqual(
            self.times(videoHeader(), keyframe(start), frame(2**32 - 10), frame(30)),
            [0, 0, 40, 80],
        )

    def test_signBit(self) -> None:
        """
        Nothing happens at 2^31.
        """
        self.assertEqual(
            self.times(keyframe(2**31 - 20), frame(2**31), frame(2**31 + 20)),
            [0, 20, 40],
        )

    def test_belated(self) -> None:
        """
        When the clock of a track starts anew, frames of another may still come from
        before that: they make no gap.
        """
        self.assertEqual(
            self.times(
                keyframe(0),
                audio(10),
                keyframe(60_000),
                audio(60_010),
                keyframe(0),
                audio(60_030),
                audio(60_050),
                frame(40),
                audio(50),
                frame(80),
            ),
            [0, 10, 60_000, 60_010, 60_010, 60_030, 60_050, 60_050, 60_060, 60_090],
        )

    def test_outOfOrder(self) -> None:
        """
        Small steps back are held, each track for itself; time does not run
        away by that (T-68).
        """
        self.assertEqual(
            self.times(
                keyframe(1000),
                frame(1040),
                frame(1030),
                audio(1035),
                frame(1080),
                audio(1085),
            ),
            [0, 40, 40, 35, 80, 85],
        )

    def test_audioBeforeVideo(self) -> None:
        """
        A track may begin before the first frame of the other.
        """
        self.assertEqual(self.times(audio(500), keyframe(460), audio(523)), [0, 0, 23])

    def test_clockStartsAgain(self) -> None:
        """
        When the publisher's clock starts again, the recording goes on where it
        was.
        """
        self.assertEqual(
            self.times(keyframe(60_000), frame(60_040), keyframe(0), frame(40)),
            [0, 40, 40, 80],
        )

    def test_text(self) -> None:
        """
        Text at 0 every few seconds stands where it came, and does not stretch
        the file.
        """
        recorder = self.record(videoHeader(), keyframe(0))
        for second in range(1, 61):
            self.receive(frame(second * 1000))
            if second % 5 == 0:
                self.stream.receiveData(["onTextData", {"text": "hello"}], 0)
        contents = self.contents(self.finished(recorder))
        self.assertEqual(
            [tag.timestamp for tag in contents.media],
            [0, 0, *range(1000, 61_000, 1000)],
        )
        self.assertEqual(
            [tag.timestamp for tag in contents.tags[1:] if tag.type == 18],
            list(range(5000, 61_000, 5000)),
        )
        self.assertEqual(metadataOf(contents)["duration"], 60.0)

    def test_textAhead(self) -> None:
        """
        Nor does text with a time far ahead, or of another clock.
        """
        recorder = self.record(videoHeader(), keyframe(0), frame(40))
        for timestamp in (90_000, 2**31, 2**32 - 1):
            self.stream.receiveData(["onTextData", {"text": "hello"}], timestamp)
        self.receive(frame(80))
        contents = self.contents(self.finished(recorder))
        self.assertEqual([tag.timestamp for tag in contents.media], [0, 0, 40, 80])
        self.assertEqual(metadataOf(contents)["duration"], 0.08)

    def test_setupInside(self) -> None:
        """
        Configuration that changes inside the stream, and the headers of tracks that
        come later, stand where they came, whatever their time, and move nothing.
        """
        for timestamp in (0, 50, 90_000, 2**31):
            self.assertEqual(
                self.times(
                    videoHeader(),
                    keyframe(60_000),
                    frame(75_000),
                    configuration(timestamp),
                    configuration(timestamp, b"other"),
                    audioHeader(timestamp),
                    keyframe(75_040),
                    audio(75_050),
                ),
                [0, 0, 15_000, 15_000, 15_000, 15_000, 15_040, 15_050],
                timestamp,
            )

    def test_absence(self) -> None:
        """
        When nothing comes for some seconds and the stream then goes on, with its
        headers first, the same file goes on as well, and the gap in it is that of
        the stream.
        """
        setup = (videoHeader(), audioHeader())
        recorder = self.record(*setup, keyframe(0), audio(10), frame(40))
        self.clock.advance(7.5)
        self.receive(*setup, keyframe(7540), audio(7550))
        self.clock.advance(9)
        self.receive(*setup, keyframe(16_560))
        contents = self.contents(self.finished(recorder))
        self.assertEqual(len(self.files()), 1)
        self.assertEqual(
            [tag.timestamp for tag in contents.media],
            [0, 0, 0, 10, 40, 7540, 7550, 16_560],
        )

    def test_clocksApart(self) -> None:
        """
        Audio and video whose clocks are 20 s apart, either way, keep that
        distance or lose it; the file has the length of the stream.
        """
        for ahead, behind in (
            (lambda n: audio(20_000 + n), frame),
            (lambda n: frame(20_000 + n), audio),
        ):
            tags: list[FLVTag] = [keyframe(0)]
            for n in range(10, 60_000, 500):
                tags += [ahead(n), behind(n)]
            times = self.times(*tags)
            self.assertLess(max(times), 80_001)
            for first in (1, 2):
                track = times[first::2]
                self.assertEqual(
                    [time - track[0] for time in track], list(range(0, 59_990, 500))
                )

    def test_clockStartsAgainBothTracks(self) -> None:
        """
        When the clock starts again, both tracks go on at the end, together.
        """
        tags: list[FLVTag] = [keyframe(50_000), audio(50_000)]
        for n in range(1, 25):
            tags += [frame(50_000 + n * 1000), audio(50_000 + n * 1000)]
        for n in range(25):
            tags += [frame(n * 1000), audio(n * 1000)]
        times = self.times(*tags)
        going = [*range(0, 25_000, 1000), *range(24_000, 49_000, 1000)]
        self.assertEqual(times[::2], going)
        self.assertEqual(times[1::2], going)


class TimelineTests(RecorderTestCase):
    """
    Tests of L{Timeline}.
    """

    def test_longerThanTheWrap(self) -> None:
        """
        A recording of more than 2^32 milliseconds has no step back.
        """
        timeline = Timeline()
        step = 2**30
        for n in range(10):
            self.assertEqual(timeline.place(9, n * step % 2**32), n * step)
        self.assertEqual(timeline.end, 9 * step)

    def test_wrapOf31Bits(self) -> None:
        """
        A clock that goes from just below 2^31 to 0 goes on, over and over, each
        track for itself and frames out of order at the edge included (T-26).
        """
        timeline = Timeline()
        half = 2**31
        self.assertEqual(timeline.place(9, half - 80), 0)
        self.assertEqual(timeline.place(8, half - 70), 10)
        self.assertEqual(timeline.place(9, 0), 80)
        self.assertEqual(timeline.place(8, half - 5), 75)
        self.assertEqual(timeline.place(9, half - 20), 80)
        self.assertEqual(timeline.place(9, 40), 120)
        self.assertEqual(timeline.place(8, 20), 100)
        self.assertEqual(timeline.end, 120)
        # Days later.
        self.assertEqual(timeline.place(9, half // 2), half // 2 + 80)
        self.assertEqual(timeline.place(9, half - 100), half - 20)
        self.assertEqual(timeline.place(9, 50_000), half + 50_080)

    def test_restartAtTheEdge(self) -> None:
        """
        More than a minute over that edge is a new start, and so is a clock that has
        not come that far.
        """
        half = 2**31
        for before, after, expected in (
            (half - 1, 59_999, 60_000),
            (half - 1, 60_000, 0),
            (half - 60_001, 0, 0),
            (half // 2, 5, 0),
        ):
            timeline = Timeline()
            timeline.place(9, before)
            self.assertEqual(timeline.place(9, after), expected, (before, after))

    def test_neverFalls(self) -> None:
        """
        Within a track no timestamp is below the one before.
        """
        timeline = Timeline()
        times = [5, 900, 3, 2**32 - 7, 20_000, 4, 9_000, 2**31, 1]
        placed = [timeline.place(9, time) for time in times]
        self.assertEqual(placed, sorted(placed))
        self.assertEqual(placed[0], 0)

    def test_smallSteps(self) -> None:
        """
        Steps back of up to a second are held and do not add up: where the time
        is again beyond what was, it is right.
        """
        timeline = Timeline()
        timeline.place(9, 100_000)
        for _ in range(100):
            self.assertEqual(timeline.place(9, 109_000), 9_000)
            self.assertEqual(timeline.place(9, 108_001), 9_000)
        self.assertEqual(timeline.place(9, 110_000), 10_000)
        self.assertEqual(timeline.end, 10_000)

    def test_restart(self) -> None:
        """
        A step back of more than a second goes on at the end; a smaller one
        does not.
        """
        for step, later in ((1_000, 39_000), (1_001, 40_000), (20_000, 40_000)):
            timeline = Timeline()
            timeline.place(9, 50_000)
            timeline.place(9, 70_000)
            after = 70_000 - step
            self.assertEqual(timeline.place(9, after), 20_000)
            self.assertEqual(timeline.place(9, after + 20_000), later, step)

    def test_restartTogether(self) -> None:
        """
        When the publisher's clock starts anew, audio and video stay beside each
        other, however far each of them had come.
        """
        for audioEnd in (5_000, 59_980, 60_020):
            timeline = Timeline()
            timeline.place(9, 0)
            timeline.place(8, 0)
            timeline.place(8, audioEnd)
            timeline.place(9, 60_000)
            for time in range(0, 12_000, 40):
                video = timeline.place(9, time)
                audio = timeline.place(8, time + 10)
            self.assertLess(abs(video + 10 - audio), 25, audioEnd)
            self.assertGreaterEqual(video, 71_960)

    def test_loops(self) -> None:
        """
        A source of 9 s that is looped 20 times is 180 s long.
        """
        timeline = Timeline()
        for _ in range(20):
            for time in range(0, 9_000, 40):
                timeline.place(9, time)
                timeline.place(8, time + 10)
        self.assertLess(abs(timeline.end - 180_000), 1000)

    def test_wrapInEachTrack(self) -> None:
        """
        Each track gets over 2^32 when its own time does.
        """
        timeline = Timeline()
        timeline.place(9, 2**32 - 30)
        self.assertEqual(timeline.place(8, 2**32 - 25), 5)
        self.assertEqual(timeline.place(9, 10), 40)
        self.assertEqual(timeline.place(8, 2**32 - 5), 25)
        self.assertEqual(timeline.place(8, 15), 45)
        self.assertEqual(timeline.end, 45)
