"""
Tests of L{rtmptwisted.compatible}: what browsers do not get, and what holds for
any payload.
"""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.compatible import carries, compatible, isReady
from rtmptwisted.wire.flv import FLVTag
from tests.enhanced_support import (
    AUDIO_CODECS,
    CODED,
    COLOUR,
    MANY,
    MANY_CODECS,
    MPEG2TS_START,
    ONE,
    START,
    VIDEO_CODECS,
    Track,
    audioStart,
    command,
    multitrack,
    nanoseconds,
    onTrack,
    plain,
    tag,
    videoStart,
)
from tests.flv_reader import AUDIO, VIDEO
from tests.test_compatible import read


class LeftOutTests(SynchronousTestCase):
    """
    What browsers cannot read in any form.
    """

    def test_codecs(self) -> None:
        """
        Codecs that they do not know, or cannot play, are left out, with ModEx
        and tracks or without.
        """
        for media, codecs in (
            (VIDEO, ("vp08", "vp09", "vvc1", "zzzz", "Opus", "mp4a")),
            (AUDIO, ("fLaC", "ac-3", "ec-3", "zzzz", "hvc1", "avc1")),
        ):
            for codec in codecs:
                self.assertFalse(carries(media, codec))
                for packetType in range(5):
                    track = [Track(0, codec, b"x")]
                    for payload in (
                        plain(media, packetType, codec, b"x"),
                        plain(media, packetType, codec, b"x", 1, [nanoseconds(1)]),
                        multitrack(media, ONE, packetType, track),
                    ):
                        self.assertIsNone(read(media, payload), payload)

    def test_packetTypes(self) -> None:
        """
        So are packets that are no media: colour, channels, MPEG-2 TS, commands,
        and types that are reserved.
        """
        for codec in VIDEO_CODECS:
            for packetType in (4, 5, *range(8, 16)):
                for frameType in (1, 2, 5):
                    payload = plain(VIDEO, packetType, codec, COLOUR, frameType)
                    self.assertIsNone(read(VIDEO, payload), payload)
        for codec in AUDIO_CODECS:
            for packetType in (3, 4, 6, *range(8, 16)):
                payload = plain(AUDIO, packetType, codec, b"\x01\x02\0\0\0\3")
                self.assertIsNone(read(AUDIO, payload), payload)
        for packetType in range(4):
            self.assertIsNone(read(VIDEO, command(0, packetType)))
            self.assertIsNone(read(VIDEO, command(1, packetType) + b"vc1x"))

    def test_formsThatAreNone(self) -> None:
        """
        So are packets that have no legacy form: the end of AAC or MP3, and a
        configuration of MP3, which has none; and forms that these codecs do not
        have.
        """
        for media, payload in (
            (AUDIO, b"\x92mp4a"),
            (AUDIO, b"\x92.mp3"),
            (AUDIO, b"\x90.mp3x"),
            (AUDIO, b"\x93Opusx"),
        ):
            self.assertIsNone(read(media, payload), payload)

    def test_otherTracks(self) -> None:
        """
        So are payloads that have nothing of the default track.
        """
        for media, codec in ((VIDEO, "avc1"), (AUDIO, "Opus")):
            for packetType in (0, 1):
                one = [Track(1, codec, b"x")]
                two = [Track(1, codec, b"x"), Track(2, codec, b"y")]
                self.assertIsNone(read(media, multitrack(media, ONE, packetType, one)))
                for kind in (MANY, MANY_CODECS):
                    payload = multitrack(media, kind, packetType, two)
                    self.assertIsNone(read(media, payload))

    def test_legacy(self) -> None:
        """
        So are legacy codecs that they do not know, PCM, which they cannot play,
        and empty tags.
        """
        for first in range(16):
            readable = first in (2, 10)
            payload = bytes((first << 4 | 15,)) + b"\x01data"
            if first != 9:
                found = read(AUDIO, payload)
                self.assertEqual(found, payload if readable else None, str(first))
            readable = first in (7, 12)
            payload = bytes((0x10 | first,)) + b"\x01\0\0\0data"
            found = read(VIDEO, payload)
            self.assertEqual(found, payload if readable else None, str(first))
        for media in (AUDIO, VIDEO):
            self.assertIsNone(read(media, b""))

    def test_unknownPacketTypes(self) -> None:
        """
        So are legacy AVC and HEVC of packet types that do not exist, at which
        browsers stop with an error.
        """
        for first in (0x17, 0x27, 0x1C, 0x2C):
            for packetType in (3, 4, 255):
                payload = bytes((first, packetType)) + b"\0\0\0data"
                self.assertIsNone(read(VIDEO, payload), payload)

    def test_cut(self) -> None:
        """
        So is an enhanced payload that ends inside its header.
        """
        tracks = [Track(0, "hvc1", b"x")]
        for media, header in (
            (VIDEO, b"\x91hvc1"),
            (VIDEO, plain(VIDEO, CODED, "hvc1", b"", 1, [nanoseconds(1)])),
            (VIDEO, multitrack(VIDEO, ONE, CODED, tracks)[:-1]),
            (VIDEO, multitrack(VIDEO, MANY, CODED, tracks)),
            (AUDIO, b"\x91Opus"),
        ):
            self.assertIsNotNone(read(media, header))
            for size in range(len(header)):
                self.assertIsNone(read(media, header[:size]), header[:size])


class ReadyTests(SynchronousTestCase):
    """
    What browsers need first.
    """

    def test_usable(self) -> None:
        """
        They can begin with a sequence header that says something, in any form
        that can be written so that they read it.
        """
        for typeID, codec, header in (
            (VIDEO, "avc1", tag(VIDEO, 0, b"\x17\0\0\0\0c")),
            (VIDEO, "avc1", videoStart("avc1", b"c")),
            (VIDEO, "hvc1", tag(VIDEO, 0, b"\x1c\0\0\0\0c")),
            (VIDEO, "hvc1", videoStart("hvc1", b"c")),
            (VIDEO, "av01", videoStart("av01", b"c")),
            (VIDEO, "av01", onTrack(VIDEO, START, "av01", 0, b"c")),
            (AUDIO, "mp4a", tag(AUDIO, 0, b"\xaf\0c")),
            (AUDIO, "mp4a", audioStart("mp4a", b"c")),
            (AUDIO, "Opus", audioStart("Opus", b"c")),
        ):
            self.assertTrue(isReady(typeID, codec, header), str(header.body))
            self.assertFalse(isReady(typeID, codec, None), codec)

    def test_unusable(self) -> None:
        """
        They cannot with one that says nothing, is cut, is that of MPEG-2 TS, of
        another track, or of a codec that they cannot play.
        """
        for typeID, codec, header in (
            (VIDEO, "avc1", tag(VIDEO, 0, b"\x17\0\0\0\0")),
            (VIDEO, "avc1", tag(VIDEO, 0, b"\x17\0")),
            (VIDEO, "avc1", videoStart("avc1", b"")),
            (VIDEO, "hvc1", tag(VIDEO, 0, b"\x1c\0\0\0\0")),
            (VIDEO, "hvc1", videoStart("hvc1", b"")),
            (VIDEO, "av01", videoStart("av01", b"")),
            (VIDEO, "av01", tag(VIDEO, 0, plain(VIDEO, MPEG2TS_START, "av01", b"c"))),
            (VIDEO, "av01", onTrack(VIDEO, START, "av01", 1, b"c")),
            (VIDEO, "vp09", videoStart("vp09", b"c")),
            (AUDIO, "mp4a", tag(AUDIO, 0, b"\xaf\0")),
            (AUDIO, "mp4a", audioStart("mp4a", b"")),
            (AUDIO, "Opus", audioStart("Opus", b"")),
            (AUDIO, "fLaC", audioStart("fLaC", b"c")),
        ):
            self.assertFalse(isReady(typeID, codec, header), str(header.body))

    def test_notNeeded(self) -> None:
        """
        MP3 needs none.
        """
        self.assertTrue(isReady(AUDIO, ".mp3", None))


class PropertyTests(SynchronousTestCase):
    """
    What holds for any payload.
    """

    def check(self, media: int, payload: bytes) -> None:
        """
        What comes out is nothing, or a tag that needs no further change.
        """
        given = FLVTag(media, 5, payload)
        found = compatible(given)
        self.assertEqual(given.body, payload)
        if found is None:
            return
        self.assertEqual((found.typeID, found.timestamp), (media, 5))
        self.assertIs(compatible(found), found)
        # It may be in a legacy form, which has the same codec.
        again = FLVTag(media, 5, found.body).description
        self.assertEqual(again.codec, found.description.codec)
        self.assertTrue(carries(media, again.codec))

    @given(
        st.sampled_from((AUDIO, VIDEO)),
        st.one_of(st.integers(0, 255), st.sampled_from((0x90, 0x95, 0x96, 0x97))),
        st.binary(max_size=50),
    )
    @settings(max_examples=2000, deadline=None, derandomize=True)
    def test_noise(self, media: int, first: int, rest: bytes) -> None:
        """
        Any bytes.
        """
        self.check(media, bytes((first,)) + rest)

    @given(
        st.sampled_from((AUDIO, VIDEO)),
        st.sampled_from((None, ONE, MANY, MANY_CODECS)),
        st.integers(0, 15).filter(lambda n: n != 7),
        st.integers(0, 7),
        st.lists(
            st.builds(
                Track,
                st.integers(0, 3),
                st.sampled_from((*VIDEO_CODECS, *AUDIO_CODECS, "zzzz")),
                st.binary(max_size=20),
            ),
            min_size=1,
            max_size=4,
        ),
        st.integers(0, 3),
    )
    @settings(max_examples=1500, deadline=None, derandomize=True)
    def test_anyForm(
        self,
        media: int,
        kind: int | None,
        packetType: int,
        frameType: int,
        tracks: list[Track],
        extensions: int,
    ) -> None:
        """
        Any form that the specification has.
        """
        modEx = [nanoseconds(7)] * extensions
        if kind is None:
            payload = plain(
                media, packetType, tracks[0].codec, tracks[0].body, frameType, modEx
            )
        else:
            payload = multitrack(media, kind, packetType, tracks, frameType, modEx)
        self.check(media, payload)
