"""
Tests of L{rtmptwisted.gop}.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.gop import GOPCache, elapsed
from rtmptwisted.wire.flv import FLVTag
from rtmptwisted.wire.limits import Limits
from tests.media import (
    AAC_CONFIG,
    AVC_CONFIG,
    audio,
    audioHeader,
    configuration,
    frame,
    keyframe,
    plain,
    videoHeader,
)

WRAP = 1 << 32


def cacheOf(*tags: FLVTag, **limits: Any) -> GOPCache:
    """
    A cache that has seen these tags.
    """
    cache = GOPCache(replace(Limits(), **limits))
    for tag in tags:
        cache.add(tag)
    return cache


class ElapsedTests(SynchronousTestCase):
    """
    Tests of L{elapsed}.
    """

    def test_forwardAndBackward(self) -> None:
        """
        Later is positive, earlier negative, the same is 0.
        """
        self.assertEqual(elapsed(100, 140), 40)
        self.assertEqual(elapsed(140, 100), -40)
        self.assertEqual(elapsed(7, 7), 0)

    def test_wrap(self) -> None:
        """
        Timestamps wrap after 2^32 milliseconds, in both directions.
        """
        self.assertEqual(elapsed(WRAP - 10, 30), 40)
        self.assertEqual(elapsed(30, WRAP - 10), -40)

    def test_half(self) -> None:
        """
        Steps of up to 2^31 - 1 milliseconds are forward.
        """
        self.assertEqual(elapsed(0, (1 << 31) - 1), (1 << 31) - 1)
        self.assertEqual(elapsed(0, 1 << 31), -(1 << 31))


class GOPCacheTests(SynchronousTestCase):
    """
    Tests of L{GOPCache}.
    """

    def test_empty(self) -> None:
        """
        A new cache holds nothing.
        """
        cache = GOPCache(Limits())
        self.assertEqual((cache.snapshot(), cache.setup(0), cache.size), ([], [], 0))

    def test_firstGroup(self) -> None:
        """
        The first group holds all from the start, in order, also what came
        before its keyframe.
        """
        tags = [audioHeader(), videoHeader(), audio(0), keyframe(40), frame(80)]
        self.assertEqual(cacheOf(*tags).snapshot(), tags)

    def test_keyframeStartsGroup(self) -> None:
        """
        A keyframe starts a new group: sequence headers come first, with the
        keyframe's timestamp, and the old group is gone.
        """
        cache = cacheOf(
            videoHeader(),
            audioHeader(),
            keyframe(0),
            audio(10),
            frame(20),
            keyframe(2000),
            audio(2010),
        )
        self.assertEqual(
            plain(*cache.snapshot()),
            plain(videoHeader(2000), audioHeader(2000), keyframe(2000), audio(2010)),
        )
        self.assertEqual(cache.size, len(keyframe(2000).body) + len(audio(2010).body))

    def test_keep(self) -> None:
        """
        While all is to be kept a keyframe starts no new group; the next one
        after that does.
        """
        tags = [videoHeader(), keyframe(0), frame(40), keyframe(500), frame(540)]
        cache = GOPCache(Limits())
        for tag in tags:
            cache.add(tag, keep=True)
        self.assertEqual(cache.snapshot(), tags)
        cache.add(frame(580))
        self.assertEqual(len(cache.snapshot()), 6)
        cache.add(keyframe(1000))
        self.assertEqual(
            plain(*cache.snapshot()), plain(videoHeader(1000), keyframe(1000))
        )

    def test_keepWithinLimits(self) -> None:
        """
        What is to be kept is given up at the limits too, and the next keyframe
        mends that.
        """
        cache = GOPCache(replace(Limits(), gopTags=3))
        for tag in (videoHeader(), keyframe(0), keyframe(40), keyframe(80)):
            cache.add(tag, keep=True)
        self.assertFalse(cache.intact)
        cache.add(keyframe(120), keep=True)
        self.assertEqual(
            plain(*cache.snapshot()), plain(videoHeader(120), keyframe(120))
        )

    def test_headersAreRestamped(self) -> None:
        """
        Sequence headers sent at 0 by a publisher whose clock stands at
        16,800,000 ms get the timestamp of the first frame (T-63), in the first
        group too.
        """
        start = 16_800_000
        cache = cacheOf(videoHeader(), audioHeader(), keyframe(start), audio(start + 5))
        self.assertEqual(
            plain(*cache.snapshot()),
            plain(
                videoHeader(start),
                audioHeader(start),
                keyframe(start),
                audio(start + 5),
            ),
        )

    def test_headersAloneKeepTimestamps(self) -> None:
        """
        While there is no frame, sequence headers are as they came.
        """
        cache = cacheOf(videoHeader(5), audioHeader(6))
        self.assertEqual(
            plain(*cache.snapshot()), plain(videoHeader(5), audioHeader(6))
        )

    def test_changedHeaderInsideGroup(self) -> None:
        """
        A sequence header that changes inside a group stays where it came, and
        the next group begins with the new one only (T-62).
        """
        changed = videoHeader(30, AVC_CONFIG + b"new")
        cache = cacheOf(videoHeader(), keyframe(0), changed, frame(40))
        self.assertEqual(
            plain(*cache.snapshot()),
            plain(videoHeader(), keyframe(0), changed, frame(40)),
        )
        cache.add(keyframe(80))
        self.assertEqual(plain(*cache.snapshot()), plain(changed.at(80), keyframe(80)))

    def test_headerInsideGroupBehind(self) -> None:
        """
        A sequence header inside a group that lies behind the frame before it,
        as of a publisher that sends them all at 0, gets that frame's
        timestamp; one that does not keeps its own.
        """
        start = 16_800_000
        changed = AVC_CONFIG + b"new"
        later = audioHeader(start + 50, AAC_CONFIG + b"\x56")
        cache = cacheOf(
            videoHeader(),
            keyframe(start),
            frame(start + 40),
            videoHeader(0, changed),
            later,
            frame(start + 80),
            audioHeader(start + 79),
        )
        self.assertEqual(
            plain(*cache.snapshot()),
            plain(
                videoHeader(start),
                keyframe(start),
                frame(start + 40),
                videoHeader(start + 40, changed),
                later,
                frame(start + 80),
                audioHeader(start + 80),
            ),
        )

    def test_headerAcrossTheWrap(self) -> None:
        """
        A header at 0 does not lie behind a frame from just before the wrap;
        frames keep their timestamps, whatever they are.
        """
        tags = [videoHeader(WRAP - 40), keyframe(WRAP - 40), audioHeader(0), audio(5)]
        self.assertEqual(plain(*cacheOf(*tags).snapshot()), plain(*tags))
        tags = [videoHeader(80), keyframe(80), audio(40), frame(120)]
        self.assertEqual(plain(*cacheOf(*tags).snapshot()), plain(*tags))

    def test_headerJustBeforeKeyframe(self) -> None:
        """
        A header that is repeated before each keyframe is there once.
        """
        cache = cacheOf(videoHeader(), keyframe(0), videoHeader(40), keyframe(40))
        self.assertEqual(plain(*cache.snapshot()), plain(videoHeader(40), keyframe(40)))

    def test_setup(self) -> None:
        """
        C{setup} gives the latest of each header, with the timestamp asked for.
        """
        changed = AAC_CONFIG + b"\x56"
        cache = cacheOf(
            videoHeader(), configuration(0), audioHeader(), audioHeader(9, changed)
        )
        self.assertEqual(
            plain(*cache.setup(77)),
            plain(videoHeader(77), configuration(77), audioHeader(77, changed)),
        )

    def test_emptyTagsAreNotKept(self) -> None:
        """
        Audio and video without a body are not kept (T-60).
        """
        cache = cacheOf(FLVTag(8, 0, b""), FLVTag(9, 0, b""))
        self.assertEqual(cache.snapshot(), [])

    def test_endOfSequenceIsNoFrame(self) -> None:
        """
        The five bytes that ffmpeg sends at the end (T-61) are no keyframe.
        """
        end = FLVTag(9, 90, b"\x17\x02\0\0\0")
        cache = cacheOf(videoHeader(), keyframe(0), end)
        self.assertEqual(cache.snapshot()[-1], end)
        self.assertEqual(len(cache.snapshot()), 3)


class AudioOnlyTests(SynchronousTestCase):
    """
    L{GOPCache} without video.
    """

    def test_latestAudio(self) -> None:
        """
        Without video the last three seconds of audio are kept, behind the
        sequence header.
        """
        tags = [audio(n * 100) for n in range(60)]
        cache = cacheOf(audioHeader(), *tags)
        first, *rest = cache.snapshot()
        self.assertEqual(plain(first), plain(audioHeader(2900)))
        self.assertEqual(rest, tags[29:])
        self.assertEqual(cache.size, sum(len(tag.body) for tag in rest))

    def test_clockOfPublisherStartsAgain(self) -> None:
        """
        When the publisher's clock falls back, what is kept stays bounded, and
        somebody who joins later still gets the latest audio.
        """
        before = [audio(16_800_000 + n * 20) for n in range(50)]
        after = [audio(n * 20) for n in range(400)]
        cache = cacheOf(audioHeader(), *before, *after, gopTags=300)
        self.assertTrue(cache.intact)
        found = cache.snapshot()
        self.assertEqual(found[-1], after[-1])
        self.assertTrue(found[0].isSetup)
        self.assertLessEqual(len(found), 301)

    def test_bounded(self) -> None:
        """
        Audio without any passing of time loses its oldest tags to the limits
        on size and number, and is never given up: no keyframe would mend it.
        """
        for limits in ({"gopTags": 10}, {"gopBytes": 200}):
            tags = [FLVTag(8, 0, b"\xaf\x01" + bytes((n,)) * 18) for n in range(50)]
            cache = cacheOf(audioHeader(), *tags, **limits)
            self.assertTrue(cache.intact)
            first, *rest = cache.snapshot()
            self.assertTrue(first.isSetup)
            self.assertEqual(rest, tags[40:], str(limits))

    def test_videoComesLater(self) -> None:
        """
        Once video is there, audio is kept as long as its group.
        """
        cache = cacheOf(
            audioHeader(),
            *[audio(n * 100) for n in range(40)],
            videoHeader(),
            keyframe(4000),
            *[audio(4000 + n * 100) for n in range(50)],
        )
        found = cache.snapshot()
        self.assertIn(keyframe(4000).body, [tag.body for tag in found])
        self.assertEqual(found[-1].timestamp, 8900)
