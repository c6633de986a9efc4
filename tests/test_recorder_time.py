"""
Tests of L{rtmptwisted.recorder}: the timestamps of recordings.
"""

from __future__ import annotations

from typing import TypeVar

from rtmptwisted.recorder import Timeline
from rtmptwisted.wire.flv import FLVTag
from tests.media import audio, audioHeader, frame, keyframe, metadataOf, videoHeader
from tests.recorder_support import RecorderTestCase

T = TypeVar("T")


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

    def test_neverFalls(self) -> None:
        """
        Within a track no timestamp is below the one before.
        """
        timeline = Timeline()
        times = [5, 900, 3, 2**32 - 7, 20_000, 4, 9_000, 2**31, 1]
        placed = [timeline.place(9, time) for time in times]
        self.assertEqual(placed, sorted(placed))
        self.assertEqual(placed[0], 0)
