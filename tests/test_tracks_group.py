"""
Tests of the group of pictures where there are tracks: where it begins, and what
is kept where there is none.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.wire.flv import FLVTag
from tests.enhanced_support import (
    CHANNELS,
    CODED,
    END,
    KEY,
    MANY,
    ONE,
    START,
    Track,
    audioFrame,
    command,
    multitrack,
    nanoseconds,
    onTrack,
    plain,
    tag,
    videoFrame,
    videoKey,
)
from tests.flv_reader import AUDIO, VIDEO
from tests.test_gop import cacheOf


class GroupTests(SynchronousTestCase):
    """
    Where a group of pictures begins.
    """

    def begins(self, payload: bytes) -> bool:
        """
        @return: whether a group begins with this payload.
        """
        cache = cacheOf(videoKey("hvc1", 0), tag(VIDEO, 40, payload))
        return len(cache.snapshot()) == 1

    def test_keyframes(self) -> None:
        """
        A keyframe of the default track begins one, in whatever form it comes.
        """
        both = [Track(1, "hvc1", b"1"), Track(0, "hvc1", b"0")]
        for frameType in range(8):
            for packetType in (1, 3):
                for payload in (
                    plain(VIDEO, packetType, "hvc1", b"x", frameType),
                    plain(VIDEO, packetType, "vp09", b"x", frameType, [nanoseconds(1)]),
                    multitrack(VIDEO, ONE, packetType, both[1:], frameType),
                    multitrack(VIDEO, MANY, packetType, both, frameType),
                    multitrack(
                        VIDEO, MANY, packetType, both, frameType, [nanoseconds(1)]
                    ),
                ):
                    self.assertEqual(self.begins(payload), frameType == KEY, payload)

    def test_others(self) -> None:
        """
        Nothing else does, though its frame type says keyframe: not those of
        other tracks, headers, ends, colours, commands, reserved types, or what
        is cut off.
        """
        others = [Track(1, "hvc1", b"1"), Track(2, "hvc1", b"2")]
        for payload in (
            multitrack(VIDEO, ONE, CODED, others[:1]),
            multitrack(VIDEO, MANY, CODED, others),
            *(plain(VIDEO, n, "hvc1", b"x") for n in (0, 2, 4, 5, *range(8, 16))),
            command(0, CODED),
            plain(VIDEO, CODED, "hvc")[:4],
            multitrack(VIDEO, MANY, CODED, [Track(0, "hvc1", b"cut")])[:-1],
        ):
            self.assertFalse(self.begins(payload), payload)

    def test_otherTracksInside(self) -> None:
        """
        The frames of other tracks are a part of the group of the default one.
        """
        tags = [
            videoKey("av01", 0),
            onTrack(VIDEO, CODED, "av01", 1, b"key", 0, KEY),
            videoFrame("av01", 40),
            onTrack(VIDEO, CODED, "av01", 1, b"key", 40, KEY),
            audioFrame("Opus", 50),
        ]
        self.assertEqual(cacheOf(*tags).snapshot(), tags)

    def test_onlyOtherTracks(self) -> None:
        """
        Where the default track has no video, the group grows until it is
        overdue, and is not waited for.
        """
        tags = [
            onTrack(VIDEO, CODED, "av01", 1, b"key", n * 1000, KEY) for n in range(30)
        ]
        cache = cacheOf(*tags)
        self.assertTrue(cache.overdue)
        self.assertFalse(cache.intact)


class WithoutVideoTests(SynchronousTestCase):
    """
    Streams without video frames, whose oldest tags are let go one by one.
    """

    def headers(self, media: int, size: int) -> list[FLVTag]:
        """
        @return: one for each track there can be.
        """
        return [
            onTrack(media, START, "Opus", n, bytes(size), n * 100) for n in range(256)
        ]

    def test_number(self) -> None:
        """
        Of the sequence headers that are let go, no more are kept than the limit
        says.
        """
        for media in (AUDIO, VIDEO):
            cache = cacheOf(*self.headers(media, 8), setupTags=4, gopTags=10)
            self.assertLessEqual(len(cache.snapshot()), 10 + 4)

    def test_size(self) -> None:
        """
        One that is larger than the limit is not kept when it is let go.
        """
        for media in (AUDIO, VIDEO):
            tags = self.headers(media, 500)
            cache = cacheOf(*tags, setupBytes=100, gopTags=10)
            self.assertLessEqual(len(cache.snapshot()), 10)

    def test_tooLargeLater(self) -> None:
        """
        One that is larger than the limit takes the place of the one before, and is
        not kept: rather none than one that holds no longer.
        """
        small, large = (onTrack(AUDIO, START, "Opus", 0, bytes(n)) for n in (8, 500))
        cache = cacheOf(small, large, setupBytes=100)
        self.assertEqual(cache.setup(0), [])

    def test_kept(self) -> None:
        """
        Within the limits they are kept, also those of tracks whose audio was
        let go long ago; those that have ended are not.
        """
        tags = [
            onTrack(AUDIO, START, "Opus", 0, b"0"),
            onTrack(AUDIO, START, "Opus", 1, b"1"),
            onTrack(AUDIO, CHANNELS, "Opus", 1, b"2"),
            onTrack(AUDIO, END, "Opus", 1),
            *[audioFrame("Opus", n * 20) for n in range(500)],
        ]
        found = cacheOf(*tags).snapshot()
        self.assertEqual([tag.body for tag in found[:2]], [tags[0].body, tags[2].body])
        self.assertTrue(all(tag.isFrame for tag in found[2:]))
