"""
Tests of L{rtmptwisted.formats}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.formats import CHUNK_SIZE, FLVFormat, Framing, RTMPFormat
from rtmptwisted.wire.buffer import FastBuffer
from rtmptwisted.wire.chunk import ChunkReader
from rtmptwisted.wire.coding import encode
from rtmptwisted.wire.flv import FLVTag, scriptTag
from rtmptwisted.wire.message import Message, SetChunkSize
from tests.enhanced_support import audioFrame, audioStart, videoKey, videoStart
from tests.flv_reader import AUDIO, VIDEO, readFLV
from tests.media import audio, dechunked, frame, keyframe, plain, videoHeader

if TYPE_CHECKING:
    from rtmptwisted.formats import Format

WIDE = 16_800_000


def messagesIn(data: bytes) -> list[Message]:
    """
    Read what is sent in chunks of the server's size.
    """
    buffer = FastBuffer()
    reader = ChunkReader(buffer)
    buffer.append(b"\x02\0\0\0\0\0\x04\x01\0\0\0\0" + CHUNK_SIZE.to_bytes(4, "big"))
    size = reader.nextMessage()
    assert size is not None and size.payload == encode(SetChunkSize(CHUNK_SIZE)).payload
    buffer.append(data)
    messages = []
    while (message := reader.nextMessage()) is not None:
        messages.append(message)
    return messages


class FLVFormatTests(SynchronousTestCase):
    """
    Tests of L{FLVFormat}.
    """

    def test_opening(self) -> None:
        """
        The header says exactly which kinds of media there are.
        """
        for hasAudio, hasVideo, flags in (
            (False, False, 0),
            (False, True, 1),
            (True, False, 4),
            (True, True, 5),
        ):
            opening = FLVFormat().opening(hasAudio, hasVideo)
            self.assertEqual(opening, b"FLV\1" + bytes((flags,)) + b"\0\0\0\t\0\0\0\0")

    def test_tags(self) -> None:
        """
        The opening and encoded tags are FLV.
        """
        tags = [scriptTag(0, "onMetaData", {}), videoHeader(), keyframe(WIDE), audio(1)]
        form: Format = FLVFormat()
        data = form.opening(True, True) + b"".join(form.encode(tag) for tag in tags)
        self.assertEqual(readFLV(data).tags, plain(*tags))

    def test_shared(self) -> None:
        """
        A tag is encoded once, for chunked responses and others.
        """
        tag = keyframe(0)
        self.assertIs(
            FLVFormat(Framing.CHUNKED).encode(tag), FLVFormat(Framing.BARE).encode(tag)
        )

    def test_empty(self) -> None:
        """
        A tag without a body is left out (T-60).
        """
        self.assertEqual(FLVFormat().encode(FLVTag(AUDIO, 0, b"")), b"")

    def test_raw(self) -> None:
        """
        Raw FLV has all that was published, but for tags without a body; else
        there is what browsers read, in a form that they read.
        """
        for given, readable in (
            (keyframe(0), keyframe(0)),
            (videoKey("hvc1", 0), videoKey("hvc1", 0)),
            (videoStart("avc1", b"c"), FLVTag(VIDEO, 0, b"\x17\0\0\0\0c")),
            (audioStart("mp4a", b"c"), FLVTag(AUDIO, 0, b"\xaf\0c")),
            (videoKey("vp09", 0), None),
            (audioFrame("ac-3", 0), None),
            (scriptTag(7, "onCuePoint"), scriptTag(7, "onCuePoint")),
        ):
            for framing in Framing:
                raw = FLVFormat(framing, raw=True).encode(given)
                self.assertEqual(raw, given.encoded())
                expected = b"" if readable is None else readable.encoded()
                self.assertEqual(FLVFormat(framing).encode(given), expected)
        for raw_ in (True, False):
            self.assertEqual(FLVFormat(raw=raw_).encode(FLVTag(VIDEO, 0, b"")), b"")

    def test_carries(self) -> None:
        """
        Raw FLV has any codec, also one that nobody knows; else it is known which
        there may be.
        """
        readable = {
            VIDEO: ("avc1", "hvc1", "av01"),
            AUDIO: ("mp4a", ".mp3", "Opus"),
        }
        others = (
            "vp09",
            "vvc1",
            "h263",
            "vp6",
            "fLaC",
            "ac-3",
            "pcm",
            "speex",
            "?",
            "",
        )
        for typeID, codecs in readable.items():
            for codec in codecs:
                self.assertTrue(FLVFormat().carries(typeID, codec), codec)
            other = readable[AUDIO if typeID == VIDEO else VIDEO]
            for codec in (*others, *other):
                self.assertFalse(FLVFormat().carries(typeID, codec), codec)
                self.assertTrue(FLVFormat(raw=True).carries(typeID, codec), codec)

    def test_isReady(self) -> None:
        """
        Raw FLV and RTMP need nothing first; what browsers read needs a sequence
        header that they can use.
        """
        forms: list[Format] = [FLVFormat(raw=True), FLVFormat(Framing.CHUNKED, True)]
        forms += [RTMPFormat(1), RTMPFormat(1, audio=False)]
        for typeID, codec, header, ready in (
            (VIDEO, "avc1", videoHeader(), True),
            (VIDEO, "avc1", None, False),
            (AUDIO, "Opus", audioStart("Opus"), True),
            (AUDIO, "Opus", audioStart("Opus", b""), False),
            (AUDIO, ".mp3", None, True),
            (VIDEO, "vp09", None, False),
        ):
            for form in forms:
                self.assertTrue(form.isReady(typeID, codec, header), codec)
            for framing in Framing:
                found = FLVFormat(framing).isReady(typeID, codec, header)
                self.assertIs(found, ready, codec)

    def test_fixed(self) -> None:
        """
        Only what browsers read must remain what it is.
        """
        forms: list[tuple[Format, bool]] = [
            (FLVFormat(), True),
            (FLVFormat(Framing.CHUNKED), True),
            (FLVFormat(raw=True), False),
            (FLVFormat(Framing.CHUNKED, raw=True), False),
            (RTMPFormat(1), False),
        ]
        for form, fixed in forms:
            self.assertIs(form.fixed, fixed)

    def test_tracks(self) -> None:
        """
        Only raw FLV, and RTMP, have more than the default tracks.
        """
        forms: list[tuple[Format, bool]] = [
            (FLVFormat(), False),
            (FLVFormat(Framing.CHUNKED), False),
            (FLVFormat(raw=True), True),
            (RTMPFormat(1), True),
            (RTMPFormat(1, audio=False), True),
        ]
        for form, tracks in forms:
            self.assertIs(form.tracks, tracks)

    def test_frame(self) -> None:
        """
        Only where that is wanted is a flush an HTTP chunk.
        """
        data = bytes(range(256)) * 100
        self.assertIs(FLVFormat().frame(data), data)
        framed = FLVFormat(Framing.CHUNKED).frame(data)
        self.assertEqual(framed[:6], b"6400\r\n")
        self.assertEqual(dechunked(framed + framed), data + data)

    def test_equal(self) -> None:
        """
        Equal formats are equal as keys, so that their bytes are shared.
        """
        self.assertEqual(len({FLVFormat(), FLVFormat(), FLVFormat(Framing.CHUNKED)}), 2)
        both = (False, True)
        self.assertEqual(len({FLVFormat(f, r) for f in Framing for r in both}), 6)


class RTMPFormatTests(SynchronousTestCase):
    """
    Tests of L{RTMPFormat}.
    """

    def test_messages(self) -> None:
        """
        Tags become messages on the player's stream, with their own chunk
        streams, also above 24 bits of time and above the chunk size.
        """
        tags = [videoHeader(), keyframe(WIDE, 200_000), frame(2**32 - 1), audio(7)]
        form = RTMPFormat(5)
        messages = messagesIn(b"".join(form.encode(tag) for tag in tags))
        self.assertEqual(
            [(m.typeID, m.timestamp, m.payload) for m in messages],
            [(tag.typeID, tag.timestamp, tag.body) for tag in tags],
        )
        self.assertEqual({m.messageStreamID for m in messages}, {5})
        self.assertEqual([m.chunkStreamID for m in messages], [6, 6, 6, 4])

    def test_data(self) -> None:
        """
        Script tags become data messages.
        """
        tag = scriptTag(3, "onMetaData", {"width": 1.0})
        (message,) = messagesIn(RTMPFormat(1).encode(tag))
        self.assertEqual((message.typeID, message.payload), (18, tag.body))

    def test_independent(self) -> None:
        """
        Each message starts with a whole header, so that what was sent before
        does not matter.
        """
        form = RTMPFormat(1)
        parts = [form.encode(frame(n * 40)) for n in range(3)]
        for order in ((0, 1, 2), (2, 0, 1)):
            messages = messagesIn(b"".join(parts[n] for n in order))
            self.assertEqual([m.timestamp for m in messages], [n * 40 for n in order])

    def test_selection(self) -> None:
        """
        Kinds of media that are not wanted are left out; data never is.
        """
        script = scriptTag(0, "x")
        for wanted, kinds in (
            (RTMPFormat(1, audio=False), [VIDEO, 18]),
            (RTMPFormat(1, video=False), [AUDIO, 18]),
            (RTMPFormat(1, audio=False, video=False), [18]),
        ):
            data = b"".join(wanted.encode(t) for t in (keyframe(0), audio(0), script))
            self.assertEqual([m.typeID for m in messagesIn(data)], kinds)

    def test_carries(self) -> None:
        """
        A player gets any codec of the media that it wants.
        """
        for audio_, video in ((True, True), (True, False), (False, True)):
            form = RTMPFormat(1, audio_, video)
            for codec in ("avc1", "zzzz", "unknown", ""):
                self.assertIs(form.carries(AUDIO, codec), audio_)
                self.assertIs(form.carries(VIDEO, codec), video)

    def test_plain(self) -> None:
        """
        There is nothing before the first message, and nothing around a flush.
        """
        data = b"data"
        self.assertEqual(RTMPFormat(1).opening(True, True), b"")
        self.assertIs(RTMPFormat(1).frame(data), data)

    def test_empty(self) -> None:
        """
        A message without a body is carried like any other (T-60).
        """
        (message,) = messagesIn(RTMPFormat(1).encode(FLVTag(AUDIO, 9, b"")))
        self.assertEqual((message.timestamp, message.payload), (9, b""))
