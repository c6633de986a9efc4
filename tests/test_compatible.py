"""
Tests of L{rtmptwisted.compatible}: what browsers get.

The expected bytes are written by hand.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.compatible import compatible
from rtmptwisted.wire.codec import Kind
from rtmptwisted.wire.flv import FLVTag, scriptTag
from tests.enhanced_support import (
    CODED,
    CODED_X,
    MANY,
    MANY_CODECS,
    ONE,
    START,
    ModEx,
    Track,
    multitrack,
    nanoseconds,
    plain,
    tag,
)
from tests.flv_reader import AUDIO, VIDEO


def read(media: int, payload: bytes) -> bytes | None:
    """
    @return: the payload that browsers get for this one, if any.
    """
    found = compatible(FLVTag(media, 77, payload))
    if found is None:
        return None
    assert (found.typeID, found.timestamp) == (media, 77)
    return found.body


class UnchangedTests(SynchronousTestCase):
    """
    What browsers read as it is.
    """

    def test_same(self) -> None:
        """
        A tag that needs no change is not copied: it is the same object.
        """
        for media, payload in (
            (VIDEO, b"\x17\x00\x00\x00\x00config"),
            (VIDEO, b"\x17\x01\x00\x00\x28frame"),
            (VIDEO, b"\x27\x01\x00\x00\x00frame"),
            (VIDEO, b"\x17\x02\x00\x00\x00"),
            (VIDEO, b"\x1c\x00\x00\x00\x00config"),
            (VIDEO, b"\x2c\x01\xff\xff\xd8frame"),
            (VIDEO, b"\x90hvc1config"),
            (VIDEO, b"\x91hvc1\x00\x00\x28frame"),
            (VIDEO, b"\xa1hvc1\x00\x00\x28frame"),
            (VIDEO, b"\x92hvc1"),
            (VIDEO, b"\x93hvc1frame"),
            (VIDEO, b"\xa3hvc1frame"),
            (VIDEO, b"\x90av01config"),
            (VIDEO, b"\x91av01frame"),
            (VIDEO, b"\x92av01"),
            (AUDIO, b"\xaf\x00\x12\x10"),
            (AUDIO, b"\xaf\x01frame"),
            (AUDIO, b"\xae\x01frame"),
            (AUDIO, b"\x2f\xff\xfbframe"),
            (AUDIO, b"\x22\xff\xfbframe"),
            (AUDIO, b"\x90OpusOpusHead"),
            (AUDIO, b"\x91Opusframe"),
            (AUDIO, b"\x92Opus"),
        ):
            given = FLVTag(media, 5, payload)
            self.assertIs(compatible(given), given, payload)

    def test_script(self) -> None:
        """
        Script data is not touched.
        """
        given = scriptTag(0, "onCuePoint", {"name": "x"})
        self.assertIs(compatible(given), given)


class LegacyFormTests(SynchronousTestCase):
    """
    What has a legacy form, which browsers read.
    """

    def check(self, media: int, *pairs: tuple[bytes, bytes]) -> None:
        """
        Each payload becomes the one beside it.
        """
        for payload, expected in pairs:
            self.assertEqual(read(media, payload), expected, payload)

    def test_avc(self) -> None:
        """
        Enhanced AVC becomes codec 7: frame type, packet type and composition
        time are those of the original, the latter 0 where there was none.
        """
        self.check(
            VIDEO,
            (b"\x90avc1config", b"\x17\x00\x00\x00\x00config"),
            (b"\x91avc1\x00\x00\x28frame", b"\x17\x01\x00\x00\x28frame"),
            (b"\xa1avc1\xff\xff\xd8frame", b"\x27\x01\xff\xff\xd8frame"),
            (b"\xb1avc1\x00\x00\x00frame", b"\x37\x01\x00\x00\x00frame"),
            (b"\x93avc1frame", b"\x17\x01\x00\x00\x00frame"),
            (b"\xa3avc1frame", b"\x27\x01\x00\x00\x00frame"),
            (b"\x92avc1", b"\x17\x02\x00\x00\x00"),
        )

    def test_aac(self) -> None:
        """
        Enhanced AAC becomes format 10.
        """
        self.check(
            AUDIO,
            (b"\x90mp4a\x12\x10", b"\xaf\x00\x12\x10"),
            (b"\x91mp4aframe", b"\xaf\x01frame"),
        )

    def test_mp3(self) -> None:
        """
        Enhanced MP3 becomes format 2.
        """
        self.check(AUDIO, (b"\x91.mp3\xff\xfbframe", b"\x2f\xff\xfbframe"))

    def test_throughModEx(self) -> None:
        """
        So does what has ModEx before it, which is left out.
        """
        self.check(
            VIDEO,
            (b"\x97\x02\x00\x00\x05\x01avc1\x00\x00\x28f", b"\x17\x01\x00\x00\x28f"),
            (b"\xa7\x02\x00\x00\x05\x03avc1f", b"\x27\x01\x00\x00\x00f"),
        )
        self.check(
            AUDIO,
            (b"\x97\x02\x0f\x42\x3f\x01mp4af", b"\xaf\x01f"),
            (b"\x97\x00x\x77\x00y\x01.mp3\xfff", b"\x2f\xfff"),
        )

    def test_throughTracks(self) -> None:
        """
        So does what is on track 0 of several.
        """
        self.check(
            VIDEO,
            (b"\x96\x00avc1\x00config", b"\x17\x00\x00\x00\x00config"),
            (
                b"\xa6\x11avc1\x01\x00\x00\x04\x00\x00\x00B\x00\x00\x00\x04\x00\x00\x28A",
                b"\x27\x01\x00\x00\x28A",
            ),
        )
        self.check(
            AUDIO,
            (b"\x95\x01mp4a\x00f", b"\xaf\x01f"),
            (
                b"\x95\x21Opus\x01\x00\x00\x01omp4a\x00\x00\x00\x02aa",
                b"\xaf\x01aa",
            ),
        )


class PlainFormTests(SynchronousTestCase):
    """
    What browsers read in its enhanced form, without ModEx and tracks.
    """

    def test_modEx(self) -> None:
        """
        ModEx of any size and number is left out, and nothing else.
        """
        chains = (
            (nanoseconds(999_999),),
            (ModEx(bytes(256)),),
            (ModEx(b"x", 9, True), nanoseconds(1), ModEx(bytes(1000))),
        )
        for modEx in chains:
            for media, codecs, packetTypes in (
                (VIDEO, ("hvc1", "av01"), (0, 1, 2)),
                (VIDEO, ("hvc1",), (3,)),
                (AUDIO, ("Opus",), (0, 1, 2)),
            ):
                for codec in codecs:
                    for packetType in packetTypes:
                        for frameType in (1, 2):
                            what = (media, packetType, codec, b"body", frameType)
                            self.assertEqual(
                                read(media, plain(*what, modEx)), plain(*what)
                            )

    def test_tracks(self) -> None:
        """
        Of several tracks there is the default one, wherever it stands.
        """
        tracks = [Track(2, "av01", b"two"), Track(0, "hvc1", b"zero")]
        for order in (tracks, tracks[::-1]):
            payload = multitrack(VIDEO, MANY_CODECS, CODED, order, 2)
            self.assertEqual(read(VIDEO, payload), b"\xa1hvc1zero")
            payload = multitrack(
                VIDEO, MANY, START, [track._replace(codec="av01") for track in order]
            )
            self.assertEqual(read(VIDEO, payload), b"\x90av01zero")
        payload = multitrack(
            AUDIO, ONE, CODED, [Track(0, "Opus", b"x")], 1, [nanoseconds(3)]
        )
        self.assertEqual(read(AUDIO, payload), b"\x91Opusx")

    def test_trackTwice(self) -> None:
        """
        Of a track that is there twice, there is the first.
        """
        tracks = [Track(0, "hvc1", b"first"), Track(0, "av01", b"second")]
        payload = multitrack(VIDEO, MANY_CODECS, CODED, tracks)
        self.assertEqual(read(VIDEO, payload), b"\x91hvc1first")

    def test_noTime(self) -> None:
        """
        HEVC that has no composition time keeps its packet type, which browsers
        read.
        """
        payload = multitrack(VIDEO, ONE, 3, [Track(0, "hvc1", b"frame")], 2)
        self.assertEqual(read(VIDEO, payload), b"\xa3hvc1frame")

    def test_noTimeOfAV1(self) -> None:
        """
        AV1 of the packet type without composition time becomes that of coded
        frames, which browsers read and which says the same; keyframes remain
        such.
        """
        for frameType, expected in ((1, b"\x91av01frame"), (2, b"\xa1av01frame")):
            tracks = [Track(0, "av01", b"frame"), Track(1, "av01", b"other")]
            for payload in (
                plain(VIDEO, CODED_X, "av01", b"frame", frameType),
                plain(VIDEO, CODED_X, "av01", b"frame", frameType, [nanoseconds(1)]),
                multitrack(VIDEO, ONE, CODED_X, tracks[:1], frameType),
                multitrack(VIDEO, MANY, CODED_X, tracks, frameType),
            ):
                self.assertEqual(read(VIDEO, payload), expected, payload)
        found = compatible(tag(VIDEO, 0, plain(VIDEO, CODED_X, "av01", b"frame")))
        assert found is not None
        self.assertEqual(found.description, (Kind.KEYFRAME, "av01", (0,)))

    def test_empty(self) -> None:
        """
        A track without a body is one all the same.
        """
        payload = multitrack(VIDEO, MANY, 2, [Track(0, "av01", b"")])
        self.assertEqual(read(VIDEO, payload), b"\x92av01")

    def test_kind(self) -> None:
        """
        The tag is still a keyframe, a frame or a sequence header, of the default
        track and its codec.
        """
        tracks = [Track(1, "vp09", b"1"), Track(0, "hvc1", b"0")]
        for packetType, frameType, kind in (
            (CODED, 1, Kind.KEYFRAME),
            (CODED, 2, Kind.FRAME),
            (START, 1, Kind.SEQUENCE_HEADER),
        ):
            payload = multitrack(VIDEO, MANY_CODECS, packetType, tracks, frameType)
            found = compatible(tag(VIDEO, 0, payload))
            assert found is not None
            self.assertEqual(found.description, (kind, "hvc1", (0,)))
