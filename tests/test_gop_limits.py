"""
Tests of L{rtmptwisted.gop}: limits.
"""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.gop import GOPCache
from rtmptwisted.wire.flv import FLVTag
from tests.media import (
    AVC_CONFIG,
    audio,
    audioHeader,
    frame,
    keyframe,
    plain,
    videoHeader,
)
from tests.test_gop import cacheOf

WRAP = 1 << 32


class LimitsTests(SynchronousTestCase):
    """
    What L{GOPCache} does at its limits.
    """

    def given(self, *tags: FLVTag, **limits: Any) -> GOPCache:
        """
        A cache that has given up the group that these tags make.
        """
        cache = cacheOf(videoHeader(), keyframe(0), *tags, **limits)
        self.assertFalse(cache.intact)
        self.assertEqual((cache.snapshot(), cache.size), ([], 0))
        return cache

    def test_size(self) -> None:
        """
        A group over its limit in bytes is given up; the next keyframe starts
        a whole one.
        """
        cache = self.given(frame(20, 500), frame(40, 500), gopBytes=1000)
        cache.add(frame(60))
        self.assertEqual(cache.snapshot(), [])
        cache.add(keyframe(80))
        self.assertTrue(cache.intact)
        self.assertEqual(plain(*cache.snapshot()), plain(videoHeader(80), keyframe(80)))

    def test_time(self) -> None:
        """
        A group that lasts longer than its limit is given up.
        """
        self.given(frame(10_000), frame(20_001), gopSeconds=20.0)
        within = cacheOf(videoHeader(), keyframe(0), frame(20_000), gopSeconds=20.0)
        self.assertTrue(within.intact)

    def test_overdue(self) -> None:
        """
        A group that lasts too long is overdue until a keyframe comes, by audio
        too; one that is too large is not.
        """
        for tag in (frame(20_001), audio(20_001)):
            cache = self.given(tag, gopSeconds=20.0)
            self.assertTrue(cache.overdue)
            cache.add(frame(30_000))
            self.assertTrue(cache.overdue)
            cache.add(keyframe(30_040))
            self.assertFalse(cache.overdue)
        self.assertFalse(self.given(frame(20, 2000), gopBytes=1000).overdue)
        many = [frame(n) for n in range(1, 10)]
        self.assertFalse(self.given(*many, gopTags=10).overdue)

    def test_number(self) -> None:
        """
        A group of more tags than its limit is given up.
        """
        self.given(*[frame(n) for n in range(1, 10)], gopTags=10)

    def test_setupIsKept(self) -> None:
        """
        Sequence headers are known also while there is no group, those that
        come then included.
        """
        cache = self.given(frame(20, 2000), gopBytes=1000)
        cache.add(audioHeader())
        self.assertEqual(plain(*cache.setup(5)), plain(videoHeader(5), audioHeader(5)))

    def test_hugeSetup(self) -> None:
        """
        A sequence header above its limit is not remembered for later groups.
        """
        cache = cacheOf(videoHeader(0, AVC_CONFIG + bytes(100)), setupBytes=100)
        self.assertEqual(cache.setup(0), [])

    def test_manyTracks(self) -> None:
        """
        Only so many sequence headers are remembered; those that are known can
        still change.
        """

        def header(track: int, config: bytes) -> FLVTag:
            return FLVTag(9, 0, b"\x96\x00hvc1" + bytes((track,)) + config)

        cache = cacheOf(*[header(n, b"old") for n in range(9)], setupTags=4)
        cache.add(header(2, b"new"))
        self.assertEqual(
            [tag.body[-4:] for tag in cache.setup(0)],
            [b"\0old", b"\1old", b"\2new", b"\3old"],
        )
