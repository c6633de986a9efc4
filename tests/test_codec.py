"""
Tests for L{rtmptwisted.wire.codec}.

The T numbers are those of the project's list of traps of the wire.
"""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.wire.codec import Description, Kind, describe
from tests.enhanced_support import (
    AUDIO_CODECS,
    COLOUR,
    MANY,
    MANY_CODECS,
    MODEX,
    MULTITRACK,
    ONE,
    VIDEO_CODECS,
    Track,
    command,
    multitrack,
    nanoseconds,
    plain,
)

AUDIO, VIDEO = 8, 9

#: Audio and video payloads and what they are.
VECTORS: tuple[tuple[int, bytes, Description], ...] = (
    # Legacy AVC: sequence header, keyframe, frame, end of sequence.
    (VIDEO, b"\x17\0\0\0\0\1\x64", Description(Kind.SEQUENCE_HEADER, "avc1")),
    (VIDEO, b"\x17\1\0\0\0\0", Description(Kind.KEYFRAME, "avc1")),
    (VIDEO, b"\x27\1\0\0\x28\0", Description(Kind.FRAME, "avc1")),
    (VIDEO, b"\x37\1\0\0\0\0", Description(Kind.FRAME, "avc1")),
    (VIDEO, b"\x17\2\0\0\0", Description(Kind.OTHER, "avc1")),
    # HEVC as codec 12, never specified.
    (VIDEO, b"\x1c\0\0\0\0\1", Description(Kind.SEQUENCE_HEADER, "hvc1")),
    (VIDEO, b"\x1c\1\0\0\0\0", Description(Kind.KEYFRAME, "hvc1")),
    (VIDEO, b"\x2c\1\0\0\0\0", Description(Kind.FRAME, "hvc1")),
    # Codecs without a packet type.
    (VIDEO, b"\x12\0", Description(Kind.KEYFRAME, "h263")),
    (VIDEO, b"\x22\0", Description(Kind.FRAME, "h263")),
    (VIDEO, b"\x14\0", Description(Kind.KEYFRAME, "vp6")),
    (VIDEO, b"\x1f\0", Description(Kind.KEYFRAME, "")),
    # Commands and generated keyframes.
    (VIDEO, b"\x57\0", Description(Kind.OTHER, "avc1")),
    (VIDEO, b"\x57\1\0\0\0", Description(Kind.OTHER, "avc1")),
    (VIDEO, b"\x52\0", Description(Kind.OTHER, "h263")),
    (VIDEO, b"\x47\1\0\0\0", Description(Kind.FRAME, "avc1")),
    # Legacy audio.
    (AUDIO, b"\xaf\0\x12\x10", Description(Kind.SEQUENCE_HEADER, "mp4a")),
    (AUDIO, b"\xaf\1\x21", Description(Kind.FRAME, "mp4a")),
    (AUDIO, b"\x2f\0\xfb", Description(Kind.FRAME, ".mp3")),
    (AUDIO, b"\x72\0", Description(Kind.FRAME, "alaw")),
    (AUDIO, b"\xb2\0", Description(Kind.FRAME, "speex")),
    (AUDIO, b"\xd2\0", Description(Kind.FRAME, "")),
    # Enhanced video: start, coded, end, coded without time, colour, TS start.
    (VIDEO, b"\x90hvc1\1", Description(Kind.SEQUENCE_HEADER, "hvc1")),
    (VIDEO, b"\x91hvc1\0\0\0x", Description(Kind.KEYFRAME, "hvc1")),
    (VIDEO, b"\xa1hvc1\0\0\0x", Description(Kind.FRAME, "hvc1")),
    (VIDEO, b"\x92hvc1", Description(Kind.SEQUENCE_END, "hvc1")),
    (VIDEO, b"\x93hvc1x", Description(Kind.KEYFRAME, "hvc1")),
    (VIDEO, b"\xa3hvc1x", Description(Kind.FRAME, "hvc1")),
    (VIDEO, b"\x94av01x", Description(Kind.CONFIGURATION, "av01")),
    (VIDEO, b"\xd4av01x", Description(Kind.CONFIGURATION, "av01")),
    (VIDEO, b"\x95av01x", Description(Kind.SEQUENCE_HEADER, "av01")),
    (VIDEO, b"\x98av01x", Description(Kind.OTHER, "av01")),
    (VIDEO, b"\x91vp09x", Description(Kind.KEYFRAME, "vp09")),
    (VIDEO, b"\x90zzzz", Description(Kind.SEQUENCE_HEADER, "zzzz")),
    # Multitrack: one track, many tracks, many codecs.
    (VIDEO, b"\x96\x01avc1\0x", Description(Kind.KEYFRAME, "avc1", (0,))),
    (VIDEO, b"\x96\x01avc1\1x", Description(Kind.FRAME, "avc1", (1,))),
    (VIDEO, b"\x96\x00avc1\2x", Description(Kind.SEQUENCE_HEADER, "avc1", (2,))),
    (VIDEO, b"\x96\x11avc1\0\0\0\1x\1", Description(Kind.KEYFRAME, "avc1", (0,))),
    (VIDEO, b"\x96\x21hvc1\0\0\0\1x", Description(Kind.KEYFRAME, "hvc1", (0,))),
    (VIDEO, b"\xa6\x01avc1\0x", Description(Kind.FRAME, "avc1", (0,))),
    # ModEx: once, twice, and with a size of two bytes.
    (VIDEO, b"\x97\2\0\0\1\1hvc1", Description(Kind.KEYFRAME, "hvc1")),
    (VIDEO, b"\x97\0\x08\7\2\0\0\1\3av01", Description(Kind.KEYFRAME, "av01")),
    (
        VIDEO,
        b"\x97\xff\1\0" + bytes(257) + b"\0av01",
        Description(Kind.SEQUENCE_HEADER, "av01"),
    ),
    (VIDEO, b"\x97\0\x08\6\1hvc1\3", Description(Kind.FRAME, "hvc1", (3,))),
    # Enhanced audio: start, coded, end, channels, multitrack, ModEx.
    (AUDIO, b"\x90OpusHead", Description(Kind.SEQUENCE_HEADER, "Opus")),
    (AUDIO, b"\x91Opusx", Description(Kind.FRAME, "Opus")),
    (AUDIO, b"\x92Opus", Description(Kind.SEQUENCE_END, "Opus")),
    (AUDIO, b"\x94mp4a\1\2", Description(Kind.CONFIGURATION, "mp4a")),
    (AUDIO, b"\x95\x01ac-3\2x", Description(Kind.FRAME, "ac-3", (2,))),
    (AUDIO, b"\x95\x00fLaC\0x", Description(Kind.SEQUENCE_HEADER, "fLaC", (0,))),
    (AUDIO, b"\x97\2\0\0\1\1.mp3", Description(Kind.FRAME, ".mp3")),
)


class DescribeTests(SynchronousTestCase):
    """
    What a payload is.
    """

    def test_vectors(self) -> None:
        """
        T-66, T-67: each payload is what it is to somebody who joins late.
        """
        for typeID, payload, expected in VECTORS:
            self.assertEqual(describe(typeID, payload), expected, payload[:12])

    def test_empty(self) -> None:
        """
        T-60: a payload of no bytes is nothing to decode.
        """
        for typeID in (AUDIO, VIDEO):
            self.assertEqual(describe(typeID, b""), Description(Kind.OTHER))

    def test_oneByte(self) -> None:
        """
        T-61: one byte is never a sequence header, and a keyframe only where
        one byte is all of a header.
        """
        for typeID in (AUDIO, VIDEO):
            for value in range(256):
                kind = describe(typeID, bytes([value])).kind
                self.assertNotIn(kind, (Kind.SEQUENCE_HEADER, Kind.CONFIGURATION))
                if kind is Kind.KEYFRAME:
                    self.assertEqual(typeID, VIDEO)
                    self.assertEqual(value >> 4, 1)
                    self.assertNotIn(value & 15, (7, 12))

    def test_truncatedHeaders(self) -> None:
        """
        T-61: an enhanced header that is whole is understood; one that is cut
        off is nothing to decode, at whatever byte it ends.
        """
        for typeID, header in (
            (VIDEO, b"\x91hvc1"),
            (VIDEO, b"\x94av01"),
            (VIDEO, b"\x96\1avc1\0"),
            (VIDEO, b"\x97\2\0\0\1\1hvc1"),
            (VIDEO, b"\x97\0\x08\7\2\0\0\1\3av01"),
            (VIDEO, b"\x97\xff\1\0" + bytes(257) + b"\0av01"),
            (VIDEO, b"\x97\0\x08\6\1hvc1\3"),
            (AUDIO, b"\x91Opus"),
            (AUDIO, b"\x95\1ac-3\2"),
            (AUDIO, b"\x97\2\0\0\1\1.mp3"),
        ):
            self.assertIsNot(describe(typeID, header).kind, Kind.OTHER, header)
            for size in range(len(header)):
                found = describe(typeID, header[:size])
                self.assertEqual(found, Description(Kind.OTHER), header[:size])

    def test_longModEx(self) -> None:
        """
        Sixteen ModEx parts are followed, and not one more: a chain can be as
        long as the payload.
        """
        for typeID in (AUDIO, VIDEO):

            def chain(parts: int, typeID: int = typeID) -> Description:
                more = b"\0\0\7" * (parts - 1) + b"\0\0\1"
                return describe(typeID, b"\x97" + more + b"zzzzx")

            kind = Kind.KEYFRAME if typeID == VIDEO else Kind.FRAME
            for parts in (1, 2, 16):
                self.assertEqual(chain(parts), Description(kind, "zzzz"))
            for parts in (17, 100_000):
                self.assertEqual(chain(parts), Description(Kind.OTHER))

    def test_endOfSequence(self) -> None:
        """
        T-61: the five bytes that ffmpeg ends with are no keyframe, though
        their frame type says so.
        """
        self.assertIs(describe(VIDEO, b"\x17\2\0\0\0").kind, Kind.OTHER)

    def test_nonDefaultTracks(self) -> None:
        """
        Decoding starts at a keyframe of the default track only.
        """
        kinds = {
            describe(VIDEO, b"\x96\1avc1" + bytes([n])).kind for n in range(1, 256)
        }
        self.assertEqual(kinds, {Kind.FRAME})

    @given(st.sampled_from((AUDIO, VIDEO)), st.binary(max_size=40))
    @settings(max_examples=400, deadline=None, derandomize=True)
    def test_noise(self, typeID: int, payload: bytes) -> None:
        """
        Random bytes are of some kind; only video has keyframes; and what
        stands behind the headers changes nothing.
        """
        found = describe(typeID, payload)
        if found.kind is Kind.KEYFRAME:
            self.assertEqual(typeID, VIDEO)
        if found.codec and found.kind is not Kind.OTHER:
            self.assertEqual(describe(typeID, payload + b"more"), found)

    @given(st.sampled_from((AUDIO, VIDEO)), st.integers(0, 15), st.binary(max_size=30))
    @settings(max_examples=300, deadline=None, derandomize=True)
    def test_noiseInModEx(self, typeID: int, frameType: int, rest: bytes) -> None:
        """
        Random bytes in the parts before the codec's name are of some kind
        too.
        """
        start = 0x97 if typeID == AUDIO else 0x87 | (frameType & 7) << 4
        found = describe(typeID, bytes([start]) + rest)
        self.assertIn(len(found.codec), (0, 4))


#: What each packet type is, with a frame type of 1 and of 2; all others are
#: carried and not understood.
VIDEO_KINDS = {
    0: (Kind.SEQUENCE_HEADER, Kind.SEQUENCE_HEADER),
    1: (Kind.KEYFRAME, Kind.FRAME),
    2: (Kind.SEQUENCE_END, Kind.SEQUENCE_END),
    3: (Kind.KEYFRAME, Kind.FRAME),
    4: (Kind.CONFIGURATION, Kind.CONFIGURATION),
    5: (Kind.SEQUENCE_HEADER, Kind.SEQUENCE_HEADER),
}
AUDIO_KINDS = {
    0: Kind.SEQUENCE_HEADER,
    1: Kind.FRAME,
    2: Kind.SEQUENCE_END,
    4: Kind.CONFIGURATION,
}


class EnhancedTests(SynchronousTestCase):
    """
    What an enhanced payload is, in every form that it can have.
    """

    def forms(
        self, media: int, packetType: int, codec: str, frameType: int
    ) -> list[tuple[bytes, tuple[int, ...]]]:
        """
        @return: payloads, each with the tracks that it has.
        """
        modEx = [nanoseconds(1)]
        one, two = Track(0, codec, b"x"), Track(3, codec, b"y")
        # What says that something else follows cannot be what follows.
        if packetType == MULTITRACK[media]:
            return []
        found: list[tuple[bytes, tuple[int, ...]]] = []
        if packetType != MODEX:
            what = (media, packetType, codec, b"x", frameType)
            found = [(plain(*what), (0,)), (plain(*what, modEx), (0,))]
        for kind, tracks, ids in (
            (ONE, [one], (0,)),
            (ONE, [two], (3,)),
            (MANY, [two, one], (0, 3)),
            (MANY, [two], (3,)),
            (MANY_CODECS, [two, one, two], (0, 3)),
        ):
            for more in ([], modEx):
                payload = multitrack(media, kind, packetType, tracks, frameType, more)
                found.append((payload, ids))
        return found

    def test_video(self) -> None:
        """
        Video is what its packet type says, whatever the codec and the form;
        only the default track has keyframes.
        """
        for codec in (*VIDEO_CODECS, "zzzz"):
            for packetType in range(16):
                for frameType in (1, 2):
                    kinds = VIDEO_KINDS.get(packetType, (Kind.OTHER, Kind.OTHER))
                    for payload, ids in self.forms(VIDEO, packetType, codec, frameType):
                        kind = kinds[frameType - 1]
                        if kind is Kind.KEYFRAME and 0 not in ids:
                            kind = Kind.FRAME
                        self.assertEqual(
                            describe(VIDEO, payload), (kind, codec, ids), payload
                        )

    def test_audio(self) -> None:
        """
        So is audio.
        """
        for codec in (*AUDIO_CODECS, "zzzz"):
            for packetType in range(16):
                kind = AUDIO_KINDS.get(packetType, Kind.OTHER)
                for payload, ids in self.forms(AUDIO, packetType, codec, 1):
                    self.assertEqual(
                        describe(AUDIO, payload), (kind, codec, ids), payload
                    )

    def test_commands(self) -> None:
        """
        Commands are nothing to decode, whatever their packet type says, but for
        metadata, whose frame type does not count.
        """
        for packetType in set(range(16)) - {4, 7}:
            for modEx in ([], [nanoseconds(1)]):
                for value in (0, 1, 255):
                    payload = command(value, packetType, modEx)
                    self.assertEqual(describe(VIDEO, payload), (Kind.OTHER, "", (0,)))
                    # Nor when something stands behind that looks like a codec.
                    payload += b"vc1body"
                    self.assertIs(describe(VIDEO, payload).kind, Kind.OTHER)
        for modEx in ([], [nanoseconds(1)]):
            payload = plain(VIDEO, 4, "hvc1", COLOUR, 5, modEx)
            self.assertEqual(
                describe(VIDEO, payload), (Kind.CONFIGURATION, "hvc1", (0,))
            )

    def test_otherFrameTypes(self) -> None:
        """
        Frame types that are neither keyframe nor command are frames, reserved
        ones included.
        """
        for frameType in (0, 2, 3, 4, 6, 7):
            payload = plain(VIDEO, 1, "av01", b"x", frameType)
            self.assertEqual(describe(VIDEO, payload).kind, Kind.FRAME)

    def test_trackTwice(self) -> None:
        """
        Where a track is there twice, the first of them says what its codec is.
        """
        tracks = [Track(1, "vp09", b""), Track(0, "hvc1", b""), Track(0, "av01", b"")]
        payload = multitrack(VIDEO, MANY_CODECS, 1, tracks)
        self.assertEqual(describe(VIDEO, payload), (Kind.KEYFRAME, "hvc1", (0, 1)))
