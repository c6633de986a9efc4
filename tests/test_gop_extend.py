"""
Tests of L{rtmptwisted.gop}: the short way for frames that are no keyframes, and how
L{rtmptwisted.streams} chooses it.
"""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.gop import GOPCache
from rtmptwisted.wire.flv import FLVTag
from tests.flv_reader import AUDIO, VIDEO
from tests.media import audio, audioHeader, frame, keyframe, videoHeader
from tests.stream_support import WHO, LiveStreamTestCase
from tests.test_gop import WRAP, cacheOf


class ExtendTests(SynchronousTestCase):
    """
    The short way for mere frames.
    """

    def state(self, cache: GOPCache) -> tuple[object, ...]:
        """
        @return: what can be known of a cache.
        """
        tags = [(tag.typeID, tag.timestamp, tag.body) for tag in cache.snapshot()]
        return tags, cache.size, cache.intact, cache.overdue

    def assertSame(self, tags: list[FLVTag], **limits: Any) -> GOPCache:
        """
        After each of these tags, a cache that took mere frames the short way is the
        same as one that took all the long way.
        """
        long, short = cacheOf(**limits), cacheOf(**limits)
        for tag in tags:
            long.add(tag)
            if tag.isFrame and not tag.isKeyframe:
                short.extend(tag)
            else:
                short.add(tag)
            self.assertEqual(self.state(short), self.state(long))
        return short

    def test_group(self) -> None:
        """
        A group grows, and another begins.
        """
        tags = [videoHeader(), audioHeader(), keyframe(0), audio(10), frame(40)]
        tags += [keyframe(80), frame(120), audio(110), frame(90)]
        self.assertEqual(len(self.assertSame(tags).snapshot()), 6)

    def test_withoutKeyframe(self) -> None:
        """
        Frames may come before any keyframe, and audio without video.
        """
        self.assertSame([frame(0), frame(40), audio(41), keyframe(80), frame(120)])
        tags = [audioHeader(), *(audio(time) for time in range(0, 9000, 100))]
        self.assertLess(len(self.assertSame(tags).snapshot()), 40)

    def test_limits(self) -> None:
        """
        A group is given up at the same frame, whatever limit it goes past, and the
        next keyframe mends it.
        """
        tags = [keyframe(0), *(frame(40 * n) for n in range(1, 20)), keyframe(900)]
        tags += [frame(940), audio(941), frame(2000), frame(WRAP - 10), frame(990)]
        for limits in (
            {"gopTags": 7},
            {"gopBytes": 100},
            {"gopSeconds": 0.3},
            {"gopSeconds": 0.04},
        ):
            kept = self.assertSame(tags[:-5], **limits)
            self.assertTrue(kept.intact)
            self.assertSame(tags, **limits)

    def test_wrap(self) -> None:
        """
        Time goes on where timestamps begin anew.
        """
        tags = [keyframe(WRAP - 50), frame(WRAP - 10), frame(30), frame(5000)]
        self.assertFalse(self.assertSame(tags, gopSeconds=2.0).intact)
        self.assertTrue(self.assertSame(tags, gopSeconds=20.0).intact)


class UsualTests(LiveStreamTestCase):
    """
    Which tags of a stream go the short way.
    """

    def setUp(self) -> None:
        """
        Count those that do.
        """
        super().setUp()
        self.short: list[int] = []
        extend = GOPCache.extend

        def counting(cache: GOPCache, tag: FLVTag) -> None:
            self.short.append(tag.timestamp)
            extend(cache, tag)

        self.patch(GOPCache, "extend", counting)

    def test_frames(self) -> None:
        """
        Frames do that are as the one before, once it is known what there is; it
        is known of them what is known of all.
        """
        self.receive(videoHeader(), audioHeader(), keyframe(0), audio(1), frame(2))
        self.assertEqual(self.short, [])
        stream = self.receive(audio(3), frame(4), audio(5), keyframe(6), frame(7))
        self.assertEqual(self.short, [3, 4, 5])
        self.receive(frame(8), audio(9))
        self.assertEqual(self.short, [3, 4, 5, 8, 9])
        self.assertEqual(stream.frames, {AUDIO: 4, VIDEO: 6})
        self.assertEqual(stream.lastTimestamp, 9)
        self.assertEqual([tag.timestamp for tag in self.sink.tags][2:], list(range(10)))

    def test_settles(self) -> None:
        """
        None does before it is known what there is, so that it becomes known.
        """
        stream = self.receive(keyframe(0), frame(400), frame(800))
        self.assertFalse(stream.settled)
        self.receive(frame(1200), frame(1600))
        self.assertTrue(stream.settled)
        self.assertEqual(self.short, [1600])

    def test_otherCodec(self) -> None:
        """
        The first frame of another codec does not.
        """
        stream = self.receive(keyframe(0), audio(1), frame(2), frame(3))
        other = FLVTag(VIDEO, 4, b"\x22" + bytes(50))
        self.receive(other, other)
        self.assertEqual(stream.codecs[VIDEO], "h263")
        self.receive(frame(6))
        self.assertEqual(stream.codecs[VIDEO], "avc1")
        self.assertEqual(self.short, [3, 4])

    def test_nextPublisher(self) -> None:
        """
        The next publisher of a name begins anew.
        """
        self.receive(keyframe(0), audio(1), frame(2), frame(3))
        self.stream.end()
        self.stream = self.directory.publish("live/show", WHO)
        self.receive(frame(4))
        self.assertEqual(self.short, [3])
