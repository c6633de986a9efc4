"""
Tests of what is kept for those who join late, where there are tracks: sequence
headers and configuration, by medium, track and kind.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.wire.flv import FLVTag
from tests.enhanced_support import (
    CHANNELS,
    COLOUR,
    COLOUR_EMPTY,
    COLOUR_UNDEFINED,
    INTER,
    KEY,
    METADATA,
    MPEG2TS_START,
    START,
    STEREO,
    SWAPPED,
    audioStart,
    nanoseconds,
    onTrack,
    onTracks,
    plain,
    tag,
    videoKey,
    videoStart,
)
from tests.flv_reader import AUDIO, VIDEO
from tests.media import plain as asTags
from tests.media import videoHeader
from tests.test_gop import cacheOf


def header(track: int, config: bytes = b"config") -> FLVTag:
    """
    A sequence header of a video track.
    """
    return onTrack(VIDEO, START, "hvc1", track, config)


def colour(body: bytes, codec: str = "hvc1") -> FLVTag:
    """
    Colour information of track 0.
    """
    return tag(VIDEO, 0, plain(VIDEO, METADATA, codec, body, INTER))


class SetupTestCase(SynchronousTestCase):
    """
    What a cache keeps.
    """

    def kept(self, *tags: FLVTag) -> list[FLVTag]:
        """
        @return: what is kept of these, for one who joins at a later keyframe and
            for one who goes on after a gap.
        """
        cache = cacheOf(*tags, videoKey("hvc1", 0), videoKey("hvc1", 1000))
        *before, key = cache.snapshot()
        self.assertEqual(asTags(key), asTags(videoKey("hvc1", 1000)))
        self.assertEqual(asTags(*cache.setup(1000)), asTags(*before))
        return before

    def check(self, tags: list[FLVTag], expected: list[FLVTag]) -> None:
        """
        Of the first, the second are kept, in this order.
        """
        found = [each.body for each in self.kept(*tags)]
        self.assertEqual(found, [each.body for each in expected])


class SetupTests(SetupTestCase):
    """
    Sequence headers and configuration of tracks.
    """

    def test_everyTrack(self) -> None:
        """
        The sequence header of each track of each medium is kept, in the order
        in which they came.
        """
        tags = [
            header(2),
            videoStart("hvc1"),
            onTrack(AUDIO, START, "Opus", 2, b"a2"),
            audioStart("Opus"),
            header(1),
            onTrack(AUDIO, START, "Opus", 1, b"a1"),
        ]
        self.check(tags, tags)

    def test_restamped(self) -> None:
        """
        All of them get the timestamp of the frame that they stand before.
        """
        found = self.kept(videoStart("hvc1"), header(1), audioStart("Opus"))
        self.assertEqual([each.timestamp for each in found], [1000] * 3)

    def test_sameTrack(self) -> None:
        """
        A header without tracks, one of track 0, and one behind ModEx are all of
        the same track: the last replaces the others.
        """
        forms = [
            videoStart("hvc1", b"1"),
            header(0, b"2"),
            tag(VIDEO, 0, plain(VIDEO, START, "hvc1", b"3", KEY, [nanoseconds(1)])),
            onTracks(VIDEO, START, "hvc1", (0, b"4")),
            # The legacy form of another encoder.
            videoHeader(),
        ]
        for first in forms:
            for second in forms:
                self.check([first, second], [second])

    def test_kinds(self) -> None:
        """
        A header, colours and channels do not replace one another.
        """
        tags = [
            videoStart("hvc1"),
            colour(COLOUR),
            audioStart("Opus"),
            tag(AUDIO, 0, plain(AUDIO, CHANNELS, "Opus", STEREO)),
            header(1),
            onTrack(VIDEO, METADATA, "hvc1", 1, COLOUR),
            onTrack(AUDIO, CHANNELS, "Opus", 1, SWAPPED),
        ]
        self.check(tags, tags)

    def test_repeated(self) -> None:
        """
        When headers are repeated the order stays as it was.
        """
        tags = [videoStart("hvc1"), header(1), audioStart("Opus"), header(2)]
        self.check([*tags, *tags, tags[1], tags[0]], tags)

    def test_changed(self) -> None:
        """
        A header that changes takes the place of the one before.
        """
        self.check(
            [header(0, b"old"), header(1, b"old"), header(0, b"new")],
            [header(0, b"new"), header(1, b"old")],
        )

    def test_transportStream(self) -> None:
        """
        A header in the form of MPEG-2 TS is one like the other, and replaces
        it.
        """
        stream = tag(VIDEO, 0, plain(VIDEO, MPEG2TS_START, "av01", b"descriptor"))
        self.check([stream], [stream])
        self.check([videoStart("av01"), stream], [stream])
        self.check([stream, videoStart("av01")], [videoStart("av01")])

    def test_empty(self) -> None:
        """
        Opus may have a header without contents, which is kept like any other.
        """
        self.check([audioStart("Opus", b"")], [audioStart("Opus", b"")])


class ConfigurationTests(SetupTestCase):
    """
    Colours and channels.
    """

    def test_colour(self) -> None:
        """
        New colours replace the old ones; Undefined, or an object without
        properties, takes them back, and is kept in their place.
        """
        for last in (COLOUR + b"more", COLOUR_UNDEFINED, COLOUR_EMPTY):
            self.check([colour(COLOUR), colour(last)], [colour(last)])
            self.check(
                [colour(last), videoStart("hvc1"), colour(COLOUR)],
                [colour(COLOUR), videoStart("hvc1")],
            )

    def test_frameType(self) -> None:
        """
        The frame type of colours does not count: with any they are kept, and
        start no group.
        """
        for frameType in range(8):
            body = plain(VIDEO, METADATA, "hvc1", COLOUR, frameType)
            cache = cacheOf(videoKey("hvc1", 0), tag(VIDEO, 40, body))
            self.assertEqual(len(cache.snapshot()), 2)
            self.assertEqual([each.body for each in cache.setup(0)], [body])

    def test_ofTracks(self) -> None:
        """
        Each track has its own.
        """
        one = onTrack(VIDEO, METADATA, "hvc1", 1, COLOUR)
        reset = onTrack(VIDEO, METADATA, "hvc1", 1, COLOUR_UNDEFINED)
        self.check([colour(COLOUR), one, reset], [colour(COLOUR), reset])

    def test_channels(self) -> None:
        """
        So it is with the layout of channels.
        """

        def channels(track: int, body: bytes) -> FLVTag:
            return onTrack(AUDIO, CHANNELS, "ac-3", track, body)

        self.check(
            [channels(0, STEREO), channels(1, STEREO), channels(0, SWAPPED)],
            [channels(0, SWAPPED), channels(1, STEREO)],
        )
