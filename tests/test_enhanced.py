"""
Tests of L{rtmptwisted.wire.enhanced}.

Payloads are built by L{tests.enhanced_support}, from the specification.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.wire.enhanced import Packet, Part, unwrap
from tests.enhanced_support import (
    AUDIO_CODECS,
    CODED,
    COLOUR,
    COMMAND,
    INTER,
    KEY,
    MANY,
    MANY_CODECS,
    METADATA,
    MULTITRACK,
    ONE,
    START,
    VIDEO_CODECS,
    ModEx,
    Track,
    command,
    multitrack,
    nanoseconds,
    plain,
    tracksIn,
)
from tests.flv_reader import AUDIO, VIDEO

CODECS = {VIDEO: VIDEO_CODECS, AUDIO: AUDIO_CODECS}

#: ModEx in all its sizes: the shortest, the nanoseconds, the longest with a size
#: of one byte, the shortest with three, the longest, a short one with three, of
#: types that are reserved, and several.
MODEX: tuple[tuple[ModEx, ...], ...] = (
    (ModEx(b"x"),),
    (nanoseconds(999_999),),
    (ModEx(bytes(255)),),
    (ModEx(bytes(256)),),
    (ModEx(bytes(65536)),),
    (ModEx(b"x", long=True),),
    (ModEx(b"\x00\x00\x00", 15),),
    (nanoseconds(1), ModEx(b"xyz", 7), ModEx(bytes(300), 1)),
)


class PlainTests(SynchronousTestCase):
    """
    Payloads without tracks.
    """

    def test_everyCodec(self) -> None:
        """
        The codec's name and what stands behind it are found, for every codec
        and packet type, reserved ones included.
        """
        for media, codecs in CODECS.items():
            for packetType in set(range(16)) - {MULTITRACK[media], 7}:
                for codec in (*codecs, "zzzz"):
                    payload = plain(media, packetType, codec, b"body")
                    packet = unwrap(media, payload)
                    assert packet is not None
                    self.assertEqual(packet.packetType, packetType)
                    self.assertEqual(packet.parts, (Part(0, codec, 5, 9),))
                    self.assertTrue(packet.plain)

    def test_frameType(self) -> None:
        """
        Video has the frame type of its first byte, audio has none.
        """
        for frameType in (0, 1, 2, 3, 4, 6, 7):
            payload = plain(VIDEO, CODED, "hvc1", b"x", frameType)
            packet = unwrap(VIDEO, payload)
            assert packet is not None
            self.assertEqual(packet.frameType, frameType)
        packet = unwrap(AUDIO, plain(AUDIO, CODED, "Opus", b"x"))
        assert packet is not None
        self.assertEqual(packet.frameType, 0)

    def test_byHand(self) -> None:
        """
        Bytes that were written down by hand are read as what they are.
        """
        for media, payload, expected in (
            (VIDEO, b"\x90hvc1C", Packet(1, 0, (Part(0, "hvc1", 5, 6),), True)),
            (VIDEO, b"\xa3av01", Packet(2, 3, (Part(0, "av01", 5, 5),), True)),
            (AUDIO, b"\x91Opusx", Packet(0, 1, (Part(0, "Opus", 5, 6),), True)),
            (
                VIDEO,
                b"\x97\x02\x0f\x42\x3f\x01vp09xy",
                Packet(1, 1, (Part(0, "vp09", 10, 12),), False),
            ),
            (
                AUDIO,
                b"\x95\x11mp4a\x02\x00\x00\x01x\x00\x00\x00\x02yz",
                Packet(0, 1, (Part(2, "mp4a", 10, 11), Part(0, "mp4a", 15, 17)), False),
            ),
            (
                VIDEO,
                b"\xa6\x21av01\x01\x00\x00\x01xhvc1\x00\x00\x00\x00",
                Packet(2, 1, (Part(1, "av01", 10, 11), Part(0, "hvc1", 19, 19)), False),
            ),
            (VIDEO, b"\xd0\x01", Packet(5, 0, (), True)),
            (VIDEO, b"\xd4hvc1x", Packet(5, 4, (Part(0, "hvc1", 5, 6),), True)),
        ):
            self.assertEqual(unwrap(media, payload), expected, payload)

    def test_legacy(self) -> None:
        """
        What is not enhanced is not taken for it, whatever its first byte.
        """
        for media in (AUDIO, VIDEO):
            self.assertIsNone(unwrap(media, b""))
        for first in range(256):
            payload = bytes((first,)) + b"\x01hvc1\x00body"
            if first < 0x80:
                self.assertIsNone(unwrap(VIDEO, payload), hex(first))
            if first >> 4 != 9:
                self.assertIsNone(unwrap(AUDIO, payload), hex(first))

    def test_strangeCodec(self) -> None:
        """
        A codec's name can be any four bytes.
        """
        packet = unwrap(VIDEO, b"\x91\x00\xff\n\x80x")
        assert packet is not None
        self.assertEqual(packet.parts, (Part(0, "\x00\xff\n\x80", 5, 6),))


class ModExTests(SynchronousTestCase):
    """
    Payloads with ModEx.
    """

    def test_sizes(self) -> None:
        """
        What is behind ModEx of any size, type and number is found, and is not
        plain.
        """
        for media in (AUDIO, VIDEO):
            codec = CODECS[media][1]
            for modEx in MODEX:
                payload = plain(media, CODED, codec, b"body", INTER, modEx)
                packet = unwrap(media, payload)
                assert packet is not None, modEx
                self.assertEqual(packet.packetType, CODED)
                self.assertEqual(packet.frameType, INTER if media == VIDEO else 0)
                self.assertFalse(packet.plain)
                self.assertEqual(tracksIn(media, payload), [Track(0, codec, b"body")])

    def test_beforeMultitrack(self) -> None:
        """
        ModEx can stand before tracks.
        """
        tracks = [Track(3, "av01", b"three"), Track(0, "av01", b"zero")]
        for media in (AUDIO, VIDEO):
            for modEx in MODEX:
                payload = multitrack(media, MANY, CODED, tracks, KEY, modEx)
                self.assertEqual(tracksIn(media, payload), tracks)

    def test_dataThatLooksLikeIt(self) -> None:
        """
        The bytes of ModEx are skipped, whatever they look like.
        """
        inner = plain(VIDEO, START, "avc1", b"wrong")
        payload = plain(VIDEO, CODED, "hvc1", b"right", KEY, [ModEx(inner)])
        self.assertEqual(tracksIn(VIDEO, payload), [Track(0, "hvc1", b"right")])

    def test_endless(self) -> None:
        """
        A chain of sixteen ModEx is followed, a longer one is not.
        """
        for media in (AUDIO, VIDEO):
            sixteen = plain(media, CODED, "Opus", b"x", KEY, [ModEx(b"m")] * 16)
            self.assertIsNotNone(unwrap(media, sixteen))
            for count in (17, 100_000):
                longer = plain(media, CODED, "Opus", b"x", KEY, [ModEx(b"m")] * count)
                self.assertIsNone(unwrap(media, longer))


class MultitrackTests(SynchronousTestCase):
    """
    Payloads of tracks.
    """

    def test_one(self) -> None:
        """
        One track has all that is left of the payload.
        """
        for media, codecs in CODECS.items():
            for codec in codecs:
                for id in (0, 1, 255):
                    tracks = [Track(id, codec, b"all of it")]
                    payload = multitrack(media, ONE, CODED, tracks)
                    self.assertEqual(tracksIn(media, payload), tracks)

    def test_many(self) -> None:
        """
        Tracks of one codec have their own bodies, empty ones included, and
        stand in the payload's order.
        """
        for media in CODECS:
            tracks = [Track(id, "ec-3", b"x" * id) for id in (7, 0, 255, 1)]
            payload = multitrack(media, MANY, START, tracks)
            self.assertEqual(tracksIn(media, payload), tracks)

    def test_manyCodecs(self) -> None:
        """
        Tracks can each have a codec.
        """
        for media, codecs in CODECS.items():
            tracks = [Track(n, codec, b"y" * n) for n, codec in enumerate(codecs)]
            payload = multitrack(media, MANY_CODECS, CODED, tracks)
            self.assertEqual(tracksIn(media, payload), tracks)

    def test_all(self) -> None:
        """
        A payload can have all 256 tracks.
        """
        tracks = [Track(n, "avc1", bytes((n,)) * 3) for n in range(256)]
        for kind in (MANY, MANY_CODECS):
            payload = multitrack(VIDEO, kind, CODED, tracks)
            self.assertEqual(tracksIn(VIDEO, payload), tracks)

    def test_metadata(self) -> None:
        """
        Metadata of a track is found also where the frame type, which does not
        count there, is that of a command.
        """
        tracks = [Track(1, "hvc1", COLOUR)]
        payload = multitrack(VIDEO, ONE, METADATA, tracks, COMMAND)
        # The packet type that is looked at is that before the tracks.
        self.assertEqual(unwrap(VIDEO, payload), Packet(COMMAND, 6, (), True))
        payload = multitrack(VIDEO, ONE, METADATA, tracks, INTER)
        self.assertEqual(tracksIn(VIDEO, payload), tracks)

    def test_inside(self) -> None:
        """
        Tracks inside tracks are not allowed, and not looked for.
        """
        for media in CODECS:
            for kind in (ONE, MANY, MANY_CODECS):
                tracks = [Track(0, "avc1", b"x")]
                payload = multitrack(media, kind, MULTITRACK[media], tracks)
                self.assertIsNone(unwrap(media, payload))

    def test_reservedKinds(self) -> None:
        """
        Kinds of multitrack that are reserved are not understood, and do no
        harm.
        """
        for media in CODECS:
            for kind in range(3, 16):
                payload = multitrack(media, kind, CODED, [Track(0, "avc1", b"x")])
                self.assertIsNone(unwrap(media, payload))
                # Nor is what would be a track, if they were like the others.
                for track in (b"avc1\x00\x00\x00\x01x", b"\x00\x00\x00\x01x"):
                    start = payload[:1] + bytes((kind << 4 | CODED,))
                    self.assertIsNone(unwrap(media, start + track))

    def test_reservedTypes(self) -> None:
        """
        Packet types that are reserved are found inside tracks too.
        """
        for packetType in range(8, 16):
            tracks = [Track(1, "vvc1", b"x")]
            packet = unwrap(VIDEO, multitrack(VIDEO, ONE, packetType, tracks))
            assert packet is not None
            self.assertEqual(packet.packetType, packetType)


class CommandTests(SynchronousTestCase):
    """
    Video commands.
    """

    def test_command(self) -> None:
        """
        A command has neither codec nor body, whatever its packet type is, but
        for metadata.
        """
        for packetType in set(range(16)) - {METADATA, 7}:
            packet = unwrap(VIDEO, command(1, packetType))
            self.assertEqual(packet, Packet(COMMAND, packetType, (), True))

    def test_behindModEx(self) -> None:
        """
        A command behind ModEx is one too.
        """
        packet = unwrap(VIDEO, command(0, START, [nanoseconds(5)]))
        self.assertEqual(packet, Packet(COMMAND, START, (), False))

    def test_metadata(self) -> None:
        """
        Metadata is metadata, though the frame type says command.
        """
        for modEx in ((), (nanoseconds(5),)):
            payload = plain(VIDEO, METADATA, "av01", COLOUR, COMMAND, modEx)
            self.assertEqual(tracksIn(VIDEO, payload), [Track(0, "av01", COLOUR)])
