"""
Tests for L{rtmptwisted.wire.flv}.

The T numbers are those of the project's list of traps of the wire.
"""

from __future__ import annotations

from random import Random

from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.errors import FLVError
from rtmptwisted.wire.amf import ECMAArray
from rtmptwisted.wire.codec import Description, Kind
from rtmptwisted.wire.flv import (
    AUDIO,
    LARGEST_BODY,
    SCRIPT,
    VIDEO,
    FLVTag,
    encodeTag,
    fileHeader,
    metadataTag,
    scriptTag,
)
from tests.flv_reader import readTags


class FileHeaderTests(SynchronousTestCase):
    """
    The first 13 bytes.
    """

    def test_flags(self) -> None:
        """
        Bit 2 is for audio, bit 0 for video, and nothing else is set.
        """
        flags = {
            (False, False): 0,
            (False, True): 1,
            (True, False): 4,
            (True, True): 5,
        }
        for (hasAudio, hasVideo), flag in flags.items():
            expected = b"FLV\x01" + bytes([flag]) + b"\0\0\0\x09" + bytes(4)
            self.assertEqual(fileHeader(hasAudio, hasVideo), expected)


class EncodeTests(SynchronousTestCase):
    """
    Tags as bytes.
    """

    def test_layout(self) -> None:
        """
        Type, length, time with its high byte last, stream 0, body, size.
        """
        self.assertEqual(
            encodeTag(VIDEO, 0x01020304, b"abc"),
            b"\x09\0\0\3\x02\x03\x04\x01\0\0\0abc\0\0\0\x0e",
        )

    def test_times(self) -> None:
        """
        T-26: all 32 bits of a timestamp are kept.
        """
        for time in (0, 0xFFFFFF, 0x1000000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF):
            data = encodeTag(AUDIO, time, b"x")
            self.assertEqual(readTags(data), [(AUDIO, time, b"x")])

    def test_longTime(self) -> None:
        """
        T-26: a timestamp past 2^32 is taken modulo that.
        """
        data = encodeTag(AUDIO, (1 << 32) + 5, b"x")
        self.assertEqual(readTags(data), [(AUDIO, 5, b"x")])

    def test_chain(self) -> None:
        """
        R13: tags one after the other are a legal FLV body, and theirs come
        out as they went in.
        """
        random = Random(1)
        tags = [
            (
                random.choice((AUDIO, VIDEO, SCRIPT)),
                random.randrange(1 << 32),
                random.randbytes(random.choice((0, 1, 255, 256, 65536))),
            )
            for _ in range(50)
        ]
        data = b"".join(encodeTag(*tag) for tag in tags)
        self.assertEqual(readTags(data), tags)

    def test_largest(self) -> None:
        """
        A body of 2^24 - 1 bytes fits, one more does not.
        """
        data = encodeTag(VIDEO, 0, bytes(LARGEST_BODY))
        self.assertEqual(len(readTags(data)[0].body), (1 << 24) - 1)
        self.assertRaises(FLVError, encodeTag, VIDEO, 0, bytes(LARGEST_BODY + 1))


class TagTests(SynchronousTestCase):
    """
    L{FLVTag}.
    """

    def test_kinds(self) -> None:
        """
        What a tag is to a viewer follows from its body.
        """
        for typeID, body, kinds in (
            (VIDEO, b"\x17\0\0\0\0", "setup"),
            (VIDEO, b"\x17\1\0\0\0", "keyframe frame"),
            (VIDEO, b"\x27\1\0\0\0", "frame"),
            (VIDEO, b"\x94hvc1", "setup"),
            (VIDEO, b"\x17\2\0\0\0", ""),
            (VIDEO, b"", ""),
            (AUDIO, b"\xaf\0\x12", "setup"),
            (AUDIO, b"\xaf\1\x12", "frame"),
            (AUDIO, b"", ""),
            # The same bytes in a script tag mean something else.
            (SCRIPT, b"\x17\1\0\0\0", ""),
        ):
            tag = FLVTag(typeID, 0, body)
            found = [
                name
                for name, holds in (
                    ("setup", tag.isSetup),
                    ("keyframe", tag.isKeyframe),
                    ("frame", tag.isFrame),
                )
                if holds
            ]
            self.assertEqual(" ".join(found), kinds, (typeID, body))

    def test_encodedOnce(self) -> None:
        """
        The bytes are those of L{encodeTag}, and the same object for everybody.
        """
        tag = FLVTag(VIDEO, 40, b"\x27\1\0\0\0x")
        self.assertEqual(tag.encoded(), encodeTag(VIDEO, 40, b"\x27\1\0\0\0x"))
        self.assertIs(tag.encoded(), tag.encoded())

    def test_at(self) -> None:
        """
        T-63: the same tag at another time has the same body and description,
        and its own bytes; the first one does not change.
        """
        tag = FLVTag(VIDEO, 40, b"\x17\0\0\0\0")
        before = tag.encoded()
        later = tag.at(0x01000000)
        self.assertEqual(readTags(later.encoded()), [(VIDEO, 0x01000000, tag.body)])
        self.assertIs(later.body, tag.body)
        self.assertIs(later.description, tag.description)
        self.assertEqual((tag.timestamp, tag.encoded()), (40, before))
        self.assertIs(tag.at(40), tag)

    def test_givenDescription(self) -> None:
        """
        A description that is known already is not made again.
        """
        description = Description(Kind.KEYFRAME, "test", (3,))
        tag = FLVTag(VIDEO, 0, b"", description)
        self.assertIs(tag.description, description)
        self.assertTrue(tag.isKeyframe)

    def test_repr(self) -> None:
        """
        In a log line a tag says what it is, and not its bytes.
        """
        found = repr(FLVTag(VIDEO, 40, b"\x17\1\0\0\0secret"))
        for part in ("type 9", "40 ms", "11 bytes", "keyframe"):
            self.assertIn(part, found)
        self.assertNotIn("secret", found)

    def test_scriptTag(self) -> None:
        """
        T-5F: a script tag is AMF, arrays with their end marker.
        """
        metadata = ECMAArray()
        metadata["width"] = 1.0
        tag = scriptTag(7, "onMetaData", metadata)
        body = b"\x02\0\x0aonMetaData\x08\0\0\0\1\0\5width\x00\x3f\xf0"
        body += bytes(6) + b"\0\0\x09"
        self.assertEqual(readTags(tag.encoded()), [(SCRIPT, 7, body)])
        self.assertFalse(tag.isMetadata)

    def test_metadataTag(self) -> None:
        """
        Metadata is a script tag at 0 ms, and says what it is.
        """
        tag = metadataTag(ECMAArray(width=1.0))
        self.assertEqual(
            readTags(tag.encoded()),
            [(SCRIPT, 0, scriptTag(0, "onMetaData", ECMAArray(width=1.0)).body)],
        )
        self.assertTrue(tag.isMetadata)
        self.assertFalse(tag.isFrame or tag.isSetup or tag.isKeyframe)
