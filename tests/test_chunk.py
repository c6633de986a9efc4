"""
Tests for L{rtmptwisted.wire.chunk}.

The T and R numbers are those of the project's list of traps of the wire.
"""

from __future__ import annotations

import tracemalloc
from random import Random
from typing import SupportsIndex, overload

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.errors import ChunkError, ProtocolError
from rtmptwisted.wire.buffer import FastBuffer
from rtmptwisted.wire.chunk import ChunkReader
from rtmptwisted.wire.limits import Limits
from rtmptwisted.wire.message import Message
from tests.wire_support import (
    WRAP,
    ChunkTestCase,
    Continuation,
    abort,
    basic,
    cutAt,
    header,
    hostile,
    plainMessages,
    randomChunks,
    randomCut,
    readPieces,
    setChunkSize,
    type0,
    type1,
    type2,
    type3,
)


def ramp(size: int) -> bytes:
    """
    @return: C{size} bytes in which no two neighbours are alike.
    """
    return bytes(i * 7 % 251 for i in range(size))


def video(timestamp: int, payload: bytes, chunkStreamID: int = 6) -> Message:
    """
    @return: a video message on message stream 1.
    """
    return Message(9, timestamp, 1, payload, chunkStreamID)


def sized(size: int) -> Message:
    """
    @return: the message that L{setChunkSize} is.
    """
    return Message(1, 0, 0, size.to_bytes(4, "big"), 2)


class BasicHeaderTests(ChunkTestCase):
    """
    Chunk stream ids.
    """

    def test_threeForms(self) -> None:
        """
        T-10: ids 2 to 63 take one byte, to 319 two, to 65599 three, the low
        byte first.
        """
        for raw, number in (
            (b"\x02", 2),
            (b"\x3f", 63),
            (b"\x00\x00", 64),
            (b"\x00\xff", 319),
            (b"\x01\x00\x01", 320),
            (b"\x01\x02\x01", 64 + 2 + 256),
            (b"\x01\xff\xff", 65599),
        ):
            rest = header(0, 5, 3, 9, 1) + b"abc"
            found = readPieces([raw + rest])
            self.assertEqual(found, [video(5, b"abc", number)])
            for place in range(1, len(raw + rest)):
                found = readPieces(cutAt(raw + rest, place))
                self.assertEqual(found, [video(5, b"abc", number)])

    def test_oneChannelTwoForms(self) -> None:
        """
        T-10: an id written in two bytes and in three is the same channel.
        """
        payload = ramp(200)
        data = (
            basic(0, 70)
            + header(0, 9, 200, 9, 1)
            + payload[:128]
            + basic(3, 70, long=True)
            + payload[128:]
        )
        self.assertChunks(data, [video(9, payload, 70)])

    def test_anyChannelForAnyType(self) -> None:
        """
        T-11: media, commands and control messages may come on any chunk
        stream.
        """
        data = setChunkSize(50, 6) + type0(2, 1, 9, ramp(50)) + type0(33, 2, 8, b"x")
        expected = [
            Message(1, 0, 0, b"\0\0\0\x32", 6),
            video(1, ramp(50), 2),
            Message(8, 2, 1, b"x", 33),
        ]
        self.assertChunks(data, expected)


class MessageHeaderTests(ChunkTestCase):
    """
    The four types of message header.
    """

    def test_littleEndianMessageStream(self) -> None:
        """
        T-15: the message stream id is little-endian, and types 1 to 3 inherit
        it.
        """
        data = (
            b"\x06\x00\x00\x0a\x00\x00\x01\x09\x04\x03\x02\x01a"
            + type1(6, 1, 9, b"b")
            + type2(6, 1, b"c")
            + type3(6, b"d")
        )
        expected = [
            Message(9, 10 + i, 0x01020304, b"abcd"[i : i + 1], 6) for i in range(4)
        ]
        self.assertChunks(data, expected)

    def test_stateSurvivesCompletion(self) -> None:
        """
        R4: what a header said still holds when its message is complete, so
        that the next one can inherit from it.
        """
        data = (
            type0(4, 100, 8, b"one")
            + type0(6, 100, 9, ramp(300)[:128], length=300)
            + type3(6, ramp(300)[128:256])
            + type3(6, ramp(300)[256:])
            + type2(4, 23, b"two")
            + type1(6, 40, 9, b"next")
            + type3(4, b"tri")
        )
        expected = [
            Message(8, 100, 1, b"one", 4),
            video(100, ramp(300)),
            Message(8, 123, 1, b"two", 4),
            video(140, b"next"),
            Message(8, 146, 1, b"tri", 4),
        ]
        self.assertChunks(data, expected)

    def test_typeThreeStartsMessage(self) -> None:
        """
        R9, T-20, T-23: a type 3 chunk between messages starts one, of the
        same length and later by the same delta; inside one it adds no time.
        """
        payload = ramp(150)
        data = (
            type0(5, 0, 8, b"abc")
            + type1(5, 26, 8, payload[:128], length=150)
            + type3(5, payload[128:])
            + type3(5, payload[:128])
            + type3(5, payload[128:])
            + type3(5, payload[:128])
            + type3(5, payload[128:])
        )
        expected = [Message(8, 0, 1, b"abc", 5)]
        expected += [Message(8, time, 1, payload, 5) for time in (26, 52, 78)]
        self.assertChunks(data, expected)

    def test_freshTypeOne(self) -> None:
        """
        T-12: a chunk stream may start with type 1, as librtmp's do; its time
        counts from 0 and its message stream is 0.
        """
        data = type1(2, 7, 4, b"\0\3\0\0\0\0\0\0\1\x2c") + type3(2, b"\0\3" + bytes(8))
        expected = [
            Message(4, 7, 0, b"\0\3\0\0\0\0\0\0\1\x2c", 2),
            Message(4, 14, 0, b"\0\3" + bytes(8), 2),
        ]
        self.assertChunks(data, expected)

    def test_freshTypeTwoOrThree(self) -> None:
        """
        T-12: nothing says how long a message is whose chunk stream starts
        with type 2 or 3.
        """
        for data in (type2(6, 0, b"abc"), type3(6, b"abc"), type3(700, b"abc")):
            self.assertRaises(ChunkError, readPieces, [data])
            self.assertRaises(
                ChunkError, readPieces, [data[i : i + 1] for i in (0, 1, 2)]
            )

    def test_typeOneInsideMessage(self) -> None:
        """
        T-13: type 1 or 2 inside a message, with the same length, goes on with
        it, and adds no time.
        """
        payload = ramp(300)
        data = (
            type0(6, 50, 9, payload[:128], length=300)
            + type1(6, 40, 9, payload[128:256], length=300)
            + type2(6, 40, payload[256:])
        )
        self.assertChunks(data, [video(50, payload)])

    def test_newMessageInsideMessage(self) -> None:
        """
        T-13: type 0, or another length, inside a message gives the first one
        up and starts the next; nothing of the first gets into it.
        """
        payload = ramp(300)
        for start, expected in (
            (type0(6, 90, 9, b"new"), video(90, b"new")),
            (type1(6, 40, 9, b"new"), video(90, b"new")),
            (type1(6, 40, 8, b"new"), Message(8, 90, 1, b"new", 6)),
        ):
            data = type0(6, 50, 9, payload[:128], length=300) + start
            self.assertChunks(data, [expected])

    def test_abandonedIsCounted(self) -> None:
        """
        A message that is given up is counted, and its bytes are no longer
        held against the limit.
        """
        buffer = FastBuffer()
        reader = ChunkReader(buffer, Limits(partialBytes=300))
        for _ in range(5):
            buffer.append(type0(6, 0, 9, bytes(128), length=400))
            self.assertIsNone(reader.nextMessage())
            buffer.append(type3(6, bytes(128)))
            self.assertIsNone(reader.nextMessage())
        self.assertEqual(reader.abandoned, 4)

    def test_zeroLength(self) -> None:
        """
        R15, T-14, T-60: a message without payload is complete with its
        header, before another byte comes.
        """
        data = (
            type0(4, 10, 8, b"")
            + type1(4, 5, 8, b"")
            + type2(4, 5, b"")
            + type3(4, b"")
            + type0(6, 1, 9, b"")
        )
        expected = [Message(8, time, 1, b"", 4) for time in (10, 15, 20, 25)]
        self.assertChunks(data, [*expected, video(1, b"")])

    def test_exactChunks(self) -> None:
        """
        A message that fills its last chunk ends there.
        """
        for size in (127, 128, 129, 255, 256, 257):
            payload = ramp(size)
            data = type0(6, 1, 9, payload[:128], length=size)
            for start in range(128, size, 128):
                data += type3(6, payload[start : start + 128])
            self.assertChunks(data, [video(1, payload)])


class TimestampTests(ChunkTestCase):
    """
    Time on the wire.
    """

    def test_deltasPerChunkStream(self) -> None:
        """
        T-20, T-28: deltas add up for each chunk stream alone, whatever the
        messages on it are.
        """
        data = (
            type0(4, 1000, 8, b"a")
            + type0(6, 5000, 9, b"v")
            + type1(4, 23, 9, b"V")
            + type2(6, 40, b"w")
            + type1(4, 23, 8, b"b")
        )
        expected = [
            Message(8, 1000, 1, b"a", 4),
            video(5000, b"v"),
            video(1023, b"V", 4),
            video(5040, b"w"),
            Message(8, 1046, 1, b"b", 4),
        ]
        self.assertChunks(data, expected)

    def test_oncePerMessage(self) -> None:
        """
        T-21: a message of many chunks adds its delta once.
        """
        payload = ramp(1000)
        pieces = [payload[start : start + 128] for start in range(0, 1000, 128)]
        data = type0(6, 10, 9, b"x")
        data += type1(6, 40, 9, pieces[0], length=1000)
        data += b"".join(type3(6, piece) for piece in pieces[1:])
        data += type2(6, 40, pieces[0])
        data += b"".join(type3(6, piece) for piece in pieces[1:])
        self.assertChunks(
            data, [video(10, b"x"), video(50, payload), video(90, payload)]
        )

    def test_repeatedAbsolute(self) -> None:
        """
        T-22: after type 0 a new message of type 3 is later by the timestamp
        itself; but not when that is 10 s and more, which senders like librtmp
        write and mean the same time.
        """
        for time, following in ((0, 0), (26, 52), (10_000, 20_000), (10_001, 10_001)):
            data = type0(4, time, 8, b"a") + type3(4, b"b")
            expected = [Message(8, time, 1, b"a", 4), Message(8, following, 1, b"b", 4)]
            self.assertChunks(data, expected)

    def test_repeatedAbsoluteExtended(self) -> None:
        """
        T-22, T-25: a type 3 chunk that starts a message has the extended
        timestamp of the header before it, also where that is absolute.
        """
        data = type0(4, 0x1000000, 8, b"a") + type3(4, b"b", 0x1000000)
        expected = [Message(8, 0x1000000, 1, letter, 4) for letter in (b"a", b"b")]
        self.assertChunks(data, expected)

    def test_extendedAbsolute(self) -> None:
        """
        T-24: from 0xFFFFFF on a timestamp has four bytes of its own; one less
        has not.
        """
        for time in (0xFFFFFE, 0xFFFFFF, 0x1000000, 0x7FFFFFFF, 0x80000000, WRAP - 1):
            data = type0(6, time, 9, b"abc")
            self.assertEqual(len(data), 15 if time < 0xFFFFFF else 19)
            self.assertChunks(data, [video(time, b"abc")])

    def test_extendedDelta(self) -> None:
        """
        T-24: after type 1 and 2 the four bytes are a delta, which is what
        ffmpeg sends when a sequence header at 0 is followed by late media.
        """
        data = (
            type0(6, 7, 9, b"head")
            + type1(6, 0x010058C7, 9, ramp(200)[:128], length=200)
            + type3(6, ramp(200)[128:], 0x010058C7)
            + type2(6, 0x01000000, ramp(200)[:128])
            + type3(6, ramp(200)[128:], 0x01000000)
        )
        expected = [
            video(7, b"head"),
            video(7 + 0x010058C7, ramp(200)),
            video(7 + 0x020058C7, ramp(200)),
        ]
        self.assertChunks(data, expected)

    def test_extendedDeltaRepeats(self) -> None:
        """
        T-25: a type 3 chunk that starts a message repeats an extended delta.
        """
        data = (
            type0(6, 7, 9, b"head")
            + type1(6, 0x01000000, 9, b"x")
            + type3(6, b"y", 0x01000000)
        )
        expected = [
            video(7, b"head"),
            video(0x01000007, b"x"),
            video(0x02000007, b"y"),
        ]
        self.assertChunks(data, expected)

    def test_shortHeaderEndsExtended(self) -> None:
        """
        T-25: a header without extended timestamp ends it for the chunks that
        follow.
        """
        data = (
            type0(6, 0x1000000, 9, b"x")
            + type1(6, 40, 9, ramp(200)[:128], length=200)
            + type3(6, ramp(200)[128:])
        )
        self.assertChunks(data, [video(0x1000000, b"x"), video(0x1000028, ramp(200))])

    def test_wrap(self) -> None:
        """
        T-26: time goes on from 0 after 2^32 - 1, and nothing happens at 2^31.
        """
        data = (
            type0(6, WRAP - 10, 9, b"a")
            + type2(6, 40, b"b")
            + type0(6, (1 << 31) - 10, 9, b"c")
            + type2(6, 40, b"d")
        )
        times = (WRAP - 10, 30, (1 << 31) - 10, (1 << 31) + 30)
        expected = [
            video(time, letter)
            for time, letter in zip(times, (b"a", b"b", b"c", b"d"), strict=True)
        ]
        self.assertChunks(data, expected)

    def test_backwards(self) -> None:
        """
        T-27: time goes back by a delta of nearly 2^32, or by type 0.
        """
        data = (
            type0(6, 1000, 9, b"a")
            + type1(6, WRAP - 40, 9, b"b")
            + type0(6, 500, 9, b"c")
        )
        self.assertChunks(data, [video(1000, b"a"), video(960, b"b"), video(500, b"c")])


class ContinuationTests(ChunkTestCase):
    """
    T-25: what follows the basic header of a type 3 chunk inside a message
    with extended timestamp.
    """

    late = 0x01234567
    payload = bytes(0x41 + i % 26 for i in range(400))

    def chunks(self, *extended: int | None, start: bytes | None = None) -> bytes:
        """
        @return: one message, its continuations each with such a timestamp.
        """
        if start is None:
            start = type0(6, self.late, 9, b"", length=400)
        data = start + self.payload[:128]
        for index, wide in enumerate(extended, 1):
            data += type3(6, self.payload[index * 128 : (index + 1) * 128], wide)
        return data

    def test_repeated(self) -> None:
        """
        By the book the timestamp is repeated.
        """
        data = self.chunks(self.late, self.late, self.late)
        self.assertChunks(data, [video(self.late, self.payload)])

    def test_omitted(self) -> None:
        """
        OBS before 30.1 and others leave it out.
        """
        data = self.chunks(None, None, None)
        self.assertChunks(data, [video(self.late, self.payload)])

    def test_zeros(self) -> None:
        """
        Some senders write zeros in its place, always.
        """
        data = self.chunks(0, 0, 0)
        self.assertChunks(data, [video(self.late, self.payload)])

    def test_absolute(self) -> None:
        """
        Some write the absolute timestamp where the header had a delta.
        """
        start = type0(6, 1000, 9, b"x") + type1(6, self.late, 9, b"", length=400)
        time = 1000 + self.late
        for wide in (time, self.late):
            data = self.chunks(wide, wide, wide, start=start)
            self.assertChunks(data, [video(1000, b"x"), video(time, self.payload)])

    def test_decidedForConnection(self) -> None:
        """
        A sender that was seen to repeat it does so on all chunk streams, also
        with a value that nobody expects; one that was seen to leave it out
        always does, also when payload looks like it.
        """
        repeats = self.chunks(self.late, self.late, self.late)
        strange = type0(7, self.late, 9, ramp(130)[:128], length=130)
        strange += type3(7, ramp(130)[128:], 0x7A7B7C7D)
        self.assertChunks(
            repeats + strange,
            [video(self.late, self.payload), video(self.late, ramp(130), 7)],
        )
        alike = ramp(128) + self.late.to_bytes(4, "big") + b"!"
        omits = self.chunks(None, None, None)
        omits += type0(7, self.late, 9, alike[:128], length=133) + type3(7, alike[128:])
        self.assertChunks(
            omits, [video(self.late, self.payload), video(self.late, alike, 7)]
        )

    def test_shortRest(self) -> None:
        """
        Where one byte of payload is left that cannot be the start of a
        timestamp, the message is whole with it.
        """
        payload = ramp(128) + b"Z"
        data = type0(6, self.late, 9, payload[:128], length=129)
        data += type3(6, payload[128:])
        self.assertChunks(data, [video(self.late, payload)])

    def test_inRuns(self) -> None:
        """
        Messages with and without extended timestamp take turns, and chunks of
        both interleave.
        """
        other = ramp(300)
        data = (
            type0(6, self.late, 9, self.payload[:128], length=400)
            + type0(4, 5, 8, other[:128], length=300)
            + type3(6, self.payload[128:256], self.late)
            + type3(4, other[128:256])
            + type3(4, other[256:])
            + type3(6, self.payload[256:384], self.late)
            + type3(6, self.payload[384:], self.late)
        )
        expected = [Message(8, 5, 1, other, 4), video(self.late, self.payload)]
        self.assertChunks(data, expected)


class InterleavingTests(ChunkTestCase):
    """
    Several messages under way at once.
    """

    def test_interleaved(self) -> None:
        """
        T-29: chunks of messages on other chunk streams may come between those
        of one message.
        """
        big, small = ramp(500), b"S" * 140
        data = (
            type0(6, 40, 9, big[:128], length=500)
            + type0(4, 41, 8, small[:128], length=140)
            + type3(6, big[128:256])
            + type0(2, 0, 4, b"\0\6\0\0\0\1", messageStreamID=0)
            + type3(6, big[256:384])
            + type3(4, small[128:])
            + type3(6, big[384:])
        )
        expected = [
            Message(4, 0, 0, b"\0\6\0\0\0\1", 2),
            Message(8, 41, 1, small, 4),
            video(40, big),
        ]
        self.assertChunks(data, expected)

    def test_payloadLooksLikeHeaders(self) -> None:
        """
        T-29, T-30: bytes of another chunk stream that stand where the next
        header of a run would be do not pass for it, nor does payload that is
        made of such headers.
        """
        big = b"\xc6" * 1000
        data = type0(6, 40, 9, big[:128], length=1000)
        rest = 128
        for time in range(3):
            data += type0(4, time, 8, b"\xc6" * 117)
            data += type3(6, big[rest : rest + 128]) + type3(6, big[:128])
            rest += 256
        data += type3(6, big[rest:])
        expected = [Message(8, time, 1, b"\xc6" * 117, 4) for time in range(3)]
        self.assertChunks(data, [*expected, video(40, big)])

    def test_twoInOneSegment(self) -> None:
        """
        R8: all messages that have arrived together come out together.
        """
        data = setChunkSize(4096) + type0(3, 0, 20, ramp(180), messageStreamID=0)
        expected = [sized(4096), Message(20, 0, 0, ramp(180), 3)]
        self.assertChunks(data, expected)

    def test_lateHeader(self) -> None:
        """
        R1: a chunk whose payload is missing changes nothing; with its rest it
        is a message.
        """
        chunk = type0(4, 0, 20, ramp(34))
        buffer = FastBuffer()
        reader = ChunkReader(buffer)
        buffer.append(chunk[:12])
        self.assertIsNone(reader.nextMessage())
        self.assertEqual(buffer.peek(100), chunk[:12])
        buffer.append(chunk[12:])
        self.assertEqual(reader.nextMessage(), Message(20, 0, 1, ramp(34), 4))
        self.assertEqual(len(buffer), 0)


class ChunkSizeTests(ChunkTestCase):
    """
    Set Chunk Size.
    """

    def test_nextChunk(self) -> None:
        """
        T-31, T-32: a new size holds from the next chunk on.
        """
        data = setChunkSize(4096) + type0(6, 0, 9, ramp(1000))
        self.assertChunks(data, [sized(4096), video(0, ramp(1000))])

    def test_insideMessage(self) -> None:
        """
        T-32, R2: it holds for the next chunk of a message that is under way,
        whether or not what has come of it is a multiple of anything.
        """
        payload = ramp(700)
        data = (
            type0(6, 0, 9, payload[:128], length=700)
            + setChunkSize(50)
            + type3(6, payload[128:178])
            + setChunkSize(500)
            + type3(6, payload[178:678])
            + setChunkSize(3)
            + type3(6, payload[678:681])
            # Set Chunk Size has 4 bytes and is cut like all else.
            + type0(2, 0, 1, b"\0\0\0", messageStreamID=0, length=4)
            + type3(2, b"\x80")
            + type3(6, payload[681:])
        )
        expected = [sized(50), sized(500), sized(3), sized(128), video(0, payload)]
        self.assertChunks(data, expected)

    def test_sizeOne(self) -> None:
        """
        T-31: a size of 1 is slow and legal.
        """
        data = setChunkSize(1) + type0(6, 0, 9, b"a", length=60)
        data += b"".join(type3(6, b"b") for _ in range(59))
        found = readPieces([data])
        self.assertEqual(found, [sized(1), video(0, b"a" + b"b" * 59)])
        found = readPieces([data], vectorised=False)
        self.assertEqual(found, [sized(1), video(0, b"a" + b"b" * 59)])

    def test_clamped(self) -> None:
        """
        T-31: sizes over 2^24 - 1 are taken for that; they reserve nothing.
        """
        for size in (0xFFFFFF, 0x1000000, 134217728, 0x7FFFFFFF):
            buffer = FastBuffer()
            reader = ChunkReader(buffer)
            buffer.append(setChunkSize(size) + type0(6, 0, 9, ramp(3000)))
            self.assertEqual(reader.nextMessage(), sized(size))
            self.assertEqual(reader.chunkSize, 0xFFFFFF)
            self.assertEqual(reader.nextMessage(), video(0, ramp(3000)))

    def test_refused(self) -> None:
        """
        T-31: 0 and a set high bit are errors, and so is a short payload.
        """
        for payload in (bytes(4), b"\x80\0\0\0", b"\xff\xff\xff\xff", b"\0\1"):
            chunk = type0(2, 0, 1, payload, messageStreamID=0)
            self.assertRaises(ChunkError, readPieces, [chunk])


class AbortTests(ChunkTestCase):
    """
    Abort Message.
    """

    def test_abort(self) -> None:
        """
        T-34: the message under way is dropped, and what its header said
        stays: the next one inherits from it.
        """
        data = (
            type0(6, 100, 9, ramp(128), length=300)
            + abort(6)
            + type2(6, 40, ramp(128))
            + type3(6, ramp(128))
            + type3(6, ramp(44))
        )
        aborted = Message(2, 0, 0, b"\0\0\0\6", 2)
        payload = ramp(128) + ramp(128) + ramp(44)
        self.assertChunks(data, [aborted, video(140, payload)])

    def test_nothingUnderWay(self) -> None:
        """
        T-34: an Abort for a chunk stream where nothing is under way, or that
        was never used, does nothing.
        """
        data = type0(6, 100, 9, b"x") + abort(6) + abort(4711) + type3(6, b"y")
        found = readPieces([data])
        self.assertEqual(found[0], video(100, b"x"))
        self.assertEqual([message.typeID for message in found[1:3]], [2, 2])
        self.assertEqual(found[3], video(200, b"y"))

    def test_othersGoOn(self) -> None:
        """
        T-34: messages on other chunk streams are not touched.
        """
        data = (
            type0(6, 1, 9, ramp(128), length=300)
            + type0(7, 2, 9, ramp(128), length=200)
            + abort(6)
            + type3(7, ramp(72))
        )
        aborted = Message(2, 0, 0, b"\0\0\0\6", 2)
        self.assertChunks(data, [aborted, video(2, ramp(128) + ramp(72), 7)])


class LargeChunkTests(SynchronousTestCase):
    """
    Chunks that are longer than what one waits for.
    """

    def test_inPieces(self) -> None:
        """
        A chunk of several hundred KiB comes out the same for every way it
        was cut, though the buffer holds but a part of it.
        """
        payload = Random(1).randbytes(300_000)
        data = setChunkSize(200_000) + type0(6, 5, 9, payload[:200_000], length=300_000)
        data += type3(6, payload[200_000:])
        data += type0(4, 6, 8, b"after")
        expected = [sized(200_000), video(5, payload), Message(8, 6, 1, b"after", 4)]
        random = Random(2)
        for count in (1, 2, 3, 10, 100, 1000):
            for _ in range(5):
                pieces = randomCut(data, random, count)
                self.assertEqual(readPieces(pieces), expected)
        self.assertEqual(readPieces([data], vectorised=False), expected)

    def test_cutAtHeader(self) -> None:
        """
        Such a chunk may arrive with nothing but its header, or with all but
        its last byte.
        """
        payload = Random(3).randbytes(100_000)
        start = setChunkSize(100_000)
        data = start + type0(6, 5, 9, payload)
        for place in (len(start) + 12, len(start) + 13, len(data) - 1):
            found = readPieces(cutAt(data, place))
            self.assertEqual(found, [sized(100_000), video(5, payload)])

    def test_buffersLittle(self) -> None:
        """
        What has arrived of such a chunk does not stay in the buffer.
        """
        buffer = FastBuffer()
        reader = ChunkReader(buffer)
        buffer.append(setChunkSize(0xFFFFFF))
        self.assertIsNotNone(reader.nextMessage())
        buffer.append(type0(6, 0, 9, b"", length=5_000_000))
        for _ in range(100):
            self.assertIsNone(reader.nextMessage())
            self.assertEqual(len(buffer), 0)
            buffer.append(bytes(40_000))

    def test_abandonedLater(self) -> None:
        """
        A message of which one such chunk came, and no second, can be given
        up like any other.
        """
        data = setChunkSize(70_000) + type0(6, 1, 9, bytes(70_000), length=100_000)
        data += abort(6) + type0(6, 2, 9, b"next")
        for count in (1, 5, 50):
            found = readPieces(randomCut(data, Random(count), count))
            self.assertEqual(found[0], sized(70_000))
            self.assertEqual(found[2:], [video(2, b"next")])


class LimitTests(SynchronousTestCase):
    """
    What a peer can make us remember.
    """

    def refusal(self, data: bytes, limits: Limits) -> str:
        """
        @return: what the error says.
        """
        for vectorised in (True, False):
            with self.assertRaises(ChunkError) as caught:
                readPieces([data], limits=limits, vectorised=vectorised)
        return str(caught.exception)

    def test_length(self) -> None:
        """
        A message that is too long for its type is refused when its header is
        there, before any of it is stored; one that just fits is taken.
        """
        limits = Limits(
            mediaMessage=100, commandMessage=80, dataMessage=60, controlMessage=40
        )
        for typeID, most in (
            (8, 100),
            (9, 100),
            (22, 100),
            (20, 80),
            (17, 80),
            (18, 60),
            (15, 60),
            (99, 60),
            (3, 40),
            (4, 40),
        ):
            whole = type0(5, 0, typeID, bytes(most))
            self.assertEqual(len(readPieces([whole], limits=limits)), 1, typeID)
            headerOnly = type0(5, 0, typeID, b"", length=most + 1)
            self.assertIn(str(most + 1), self.refusal(headerOnly, limits))
            headerOnly = type1(5, 0, typeID, b"", length=most + 1)
            self.assertIn(str(most + 1), self.refusal(headerOnly, limits))

    def test_lengthInsideMessage(self) -> None:
        """
        T-13: a header inside a message cannot smuggle in another length.
        """
        limits = Limits(mediaMessage=200)
        data = type0(6, 0, 9, bytes(128), length=200)
        data += type1(6, 0, 9, b"", length=201)
        self.assertIn("201", self.refusal(data, limits))

    def test_chunkStreams(self) -> None:
        """
        So many chunk streams may be in use and no more, whatever their
        numbers are.
        """
        limits = Limits(chunkStreams=3)
        data = type0(3, 0, 9, b"x") + type0(4, 0, 9, b"x") + type0(65599, 0, 9, b"x")
        self.assertEqual(len(readPieces([data + type3(3, b"x")], limits=limits)), 4)
        self.assertIn(
            "3 chunk streams", self.refusal(data + type0(5, 0, 9, b"x"), limits)
        )

    def test_unfinishedStreamIsNotCounted(self) -> None:
        """
        A first chunk that waits for its rest is one chunk stream, however
        often it is looked at.
        """
        data = type0(6, 0, 9, b"abcdef")
        pieces = [data[i : i + 1] for i in range(len(data))]
        found = readPieces(pieces, limits=Limits(chunkStreams=1))
        self.assertEqual(found, [video(0, b"abcdef")])

    def test_partialBytes(self) -> None:
        """
        Half-received messages may hold so many bytes together and no more.
        """
        limits = Limits(partialBytes=512)
        data = b"".join(type0(n, 0, 9, bytes(128), length=200) for n in range(3, 7))
        self.assertEqual(readPieces([data], limits=limits), [])
        self.assertIn(
            "512", self.refusal(data + type0(9, 0, 9, b"x" * 128, length=200), limits)
        )

    def test_partialBytesForEveryCut(self) -> None:
        """
        Whether there is room for a message beside one that is not finished does
        not depend on the way in which its bytes arrive.
        """
        limits = Limits(partialBytes=300)
        fits, tooMuch = (
            type0(6, 0, 9, bytes(128), length=500)
            + type0(7, 0, 9, bytes(128), length=length)
            + type3(7, bytes(min(length - 128, 128)))
            + type3(7, bytes(max(length - 256, 0)))
            for length in (256, 300)
        )
        for data, expected in ((fits[:-1], 1), (tooMuch, 0)):
            for size in (1, 7, 129, 200, len(data)):
                for vectorised in (True, False):
                    buffer = FastBuffer()
                    reader = ChunkReader(buffer, limits, vectorised=vectorised)
                    count = 0
                    try:
                        for start in range(0, len(data), size):
                            buffer.append(data[start : start + size])
                            while reader.nextMessage() is not None:
                                count += 1
                    except ChunkError:
                        count = 0
                    self.assertEqual(count, expected, (size, vectorised))

    def test_partialBytesAreGivenBack(self) -> None:
        """
        Messages that were finished are no longer held against the limit, nor
        are those that were aborted or given up.
        """
        limits = Limits(partialBytes=512)
        one = type0(6, 0, 9, bytes(128), length=400)
        finished = one + type3(6, bytes(128)) * 2 + type3(6, bytes(16))
        data = (finished + one + abort(6) + one) * 20
        for vectorised in (True, False):
            found = readPieces([data], limits=limits, vectorised=vectorised)
            self.assertEqual([m.typeID for m in found], [9, 2] * 20)

    def test_smallParts(self) -> None:
        """
        A message that comes in very small chunks takes the memory of its
        bytes, not of so many objects.
        """
        size = 50_000
        buffer = FastBuffer()
        reader = ChunkReader(buffer)
        data = setChunkSize(1) + type0(64, 0, 9, b"x", length=size)
        buffer.append(data + type3(64, b"x") * (size - 2))
        self.assertEqual(reader.nextMessage(), sized(1))
        tracemalloc.start()
        try:
            self.assertIsNone(reader.nextMessage())
            held, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        self.assertLess(held, 4 * size)
        buffer.append(type3(64, b"x"))
        self.assertEqual(reader.nextMessage(), video(0, b"x" * size, 64))


class CountedBytes(bytes):
    """
    Bytes that count what is asked of them.

    @ivar buffer: has the counters.
    """

    buffer: CountingBuffer

    @overload
    def __getitem__(self, key: SupportsIndex, /) -> int: ...

    @overload
    def __getitem__(self, key: slice, /) -> bytes: ...

    def __getitem__(self, key: SupportsIndex | slice, /) -> int | bytes:
        """
        Count, and do as asked.
        """
        if isinstance(key, slice):
            found = super().__getitem__(key)
            self.buffer.moved += len(found)
            return found
        self.buffer.peeks += 1
        return super().__getitem__(key)


class CountingBuffer(FastBuffer):
    """
    A buffer that counts what is asked of its bytes.

    @ivar peeks: how often a single one was looked at: two or three times for each
        chunk header.
    @ivar moved: how many were copied, headers included.
    """

    __slots__ = ("moved", "peeks")

    def __init__(self) -> None:
        super().__init__()
        self.peeks = 0
        self.moved = 0

    def append(self, data: bytes) -> None:
        """
        Count what is done with it.
        """
        super().append(data)
        self.data = counted = CountedBytes(self.data)
        counted.buffer = self


class CostTests(SynchronousTestCase):
    """
    What reading costs, counted.
    """

    def test_trickle(self) -> None:
        """
        T-30: byte by byte, a header is looked at a few times, and not again
        for each byte of its payload.
        """
        payload = ramp(60_000)
        data = setChunkSize(60_000) + type0(6, 0, 9, payload)
        buffer = CountingBuffer()
        pieces = [data[i : i + 1] for i in range(len(data))]
        found = readPieces(pieces, buffer=buffer)
        self.assertEqual(found, [sized(60_000), video(0, payload)])
        self.assertLess(buffer.peeks, 40)
        self.assertLess(buffer.moved, len(payload) + 100)

    def test_trickleOfSmallChunks(self) -> None:
        """
        Byte by byte, every chunk is looked at a few times and its payload
        taken once.
        """
        chunks = randomChunks(5, steps=300)
        data = bytes(chunks.data)
        counting = CountingBuffer()
        readPieces([data[i : i + 1] for i in range(len(data))], buffer=counting)
        plain = CountingBuffer()
        readPieces([data], vectorised=False, buffer=plain)
        # Basic header, message header, extended timestamp, payload.
        self.assertLessEqual(counting.peeks, 5 * plain.peeks)
        self.assertLessEqual(counting.moved, plain.moved)

    def test_run(self) -> None:
        """
        T-30: a message of many small chunks is taken in a few steps.
        """
        payload = ramp(128 * 1000)
        data = type0(6, 0, 9, payload[:128], length=len(payload))
        data += b"".join(
            type3(6, payload[start : start + 128])
            for start in range(128, len(payload), 128)
        )
        buffer = CountingBuffer()
        self.assertEqual(readPieces([data], buffer=buffer), [video(0, payload)])
        self.assertLess(buffer.peeks, 12)

    def test_runsThatBreakOff(self) -> None:
        """
        Where chunks of two messages take turns, looking ahead for runs costs
        a bounded number of bytes a chunk.
        """
        count = 2000
        data = b"".join(
            type0(n, 0, 9, bytes(128), length=128 * count) for n in (6, 7)
        ) + (type3(6, bytes(128)) + type3(7, bytes(128))) * (count - 1)
        buffer = CountingBuffer()
        self.assertEqual(len(readPieces([data], buffer=buffer)), 2)
        self.assertLessEqual(buffer.moved, 2 * count * (128 + 512 + 1))


class RandomTests(SynchronousTestCase):
    """
    Random chunk streams, against the plain reader.
    """

    def check(self, seed: int, continuation: Continuation) -> None:
        """
        The plain reader, the reader and the reader without runs find what the
        sender meant, however the bytes are cut.
        """
        chunks = randomChunks(seed, 60, continuation)
        data, expected = bytes(chunks.data), chunks.messages
        which = f"seed {seed}, {continuation}"
        self.assertEqual(plainMessages(data, continuation), expected, which)
        random = Random(seed)
        for pieces in (
            [data],
            randomCut(data, random, 2),
            randomCut(data, random, 20),
            randomCut(data, random, len(data) // 3),
        ):
            for vectorised in (True, False):
                found = readPieces(pieces, vectorised=vectorised)
                self.assertEqual(found, expected, which)

    def test_byTheBook(self) -> None:
        """
        Senders that follow the specification are understood.
        """
        for seed in range(120):
            self.check(seed, Continuation.FIELD)

    def test_absolute(self) -> None:
        """
        T-25: so are those that repeat the absolute timestamp.
        """
        for seed in range(1000, 1040):
            self.check(seed, Continuation.ABSOLUTE)

    def test_omitted(self) -> None:
        """
        T-25: so are those that leave out the extended timestamp.
        """
        for seed in range(2000, 2060):
            self.check(seed, Continuation.OMITTED)

    def test_zeros(self) -> None:
        """
        T-25: so are those that write zeros in its place.
        """
        for seed in range(3000, 3040):
            self.check(seed, Continuation.ZEROS)

    def test_byteByByte(self) -> None:
        """
        One byte at a time gives the same messages.
        """
        for seed in range(4000, 4010):
            chunks = randomChunks(seed, 100)
            pieces = [bytes([value]) for value in chunks.data]
            for vectorised in (True, False):
                found = readPieces(pieces, vectorised=vectorised)
                self.assertEqual(found, chunks.messages, f"seed {seed}")

    def test_everyCut(self) -> None:
        """
        Two parts, cut at any place, give the same messages.
        """
        for seed in range(5000, 5003):
            chunks = randomChunks(seed, 8)
            data = bytes(chunks.data)
            for place in range(len(data) + 1):
                found = readPieces(cutAt(data, place))
                self.assertEqual(found, chunks.messages, f"seed {seed} at {place}")

    def test_truncated(self) -> None:
        """
        A stream that ends anywhere gives the first of its messages, and no
        error.
        """
        for seed in range(6000, 6003):
            chunks = randomChunks(seed, 15)
            data = bytes(chunks.data)
            for end in range(0, len(data), 3):
                found = readPieces([data[:end]])
                self.assertEqual(found, chunks.messages[: len(found)])


class HostileTests(SynchronousTestCase):
    """
    Bytes that mean harm, or nothing.
    """

    limits = Limits(
        mediaMessage=20_000, partialBytes=40_000, chunkStreams=8, bufferedBytes=4096
    )

    def outcome(
        self, pieces: list[bytes], vectorised: bool = True
    ) -> tuple[list[Message], str]:
        """
        @return: the messages, and the text of the protocol error after them
            or C{""}.  Any other exception fails the test.
        """
        buffer = FastBuffer(self.limits.bufferedBytes)
        reader = ChunkReader(buffer, self.limits, vectorised=vectorised)
        messages: list[Message] = []
        try:
            for piece in pieces:
                buffer.append(piece)
                while (message := reader.nextMessage()) is not None:
                    messages.append(message)
        except ProtocolError as error:
            return messages, str(error)
        return messages, ""

    def check(self, data: bytes, random: Random) -> None:
        """
        Hostile bytes have one meaning too, however they are cut.
        """
        whole = self.outcome([data])
        self.assertEqual(self.outcome([data], vectorised=False), whole)
        self.assertEqual(self.outcome(randomCut(data, random, 7)), whole)
        self.assertEqual(self.outcome([bytes([value]) for value in data]), whole)

    def test_mutations(self) -> None:
        """
        Damaged chunk streams give messages or a protocol error, and the same
        ones for every cut.
        """
        failures = 0
        for seed in range(250):
            random = Random(seed)
            data = hostile(bytes(randomChunks(seed, 12).data), random)
            self.check(data, random)
            failures += bool(self.outcome([data])[1])
        # The damage is neither harmless nor always fatal, or it tests little.
        self.assertTrue(20 < failures < 230, failures)

    @given(st.binary(max_size=400))
    @settings(max_examples=300, deadline=None, derandomize=True)
    def test_noise(self, data: bytes) -> None:
        """
        Random bytes give messages or a protocol error.
        """
        self.check(data, Random(len(data)))

    def test_noiseOnOpenStreams(self) -> None:
        """
        So do random bytes after chunk streams have been opened, where type 2
        and 3 headers are legal.
        """
        opened = setChunkSize(20) + b"".join(
            type0(number, 0xFFFFFF * (number % 2), 9, b"", length=30) + bytes(20)
            for number in range(3, 9)
        )
        for seed in range(250):
            random = Random(seed)
            noise = bytes(
                random.choice((0, 1, 3, 0x43, 0x84, 0xC4, 0xC5, 0xC6, 0xFF))
                for _ in range(300)
            )
            self.check(opened + noise, random)
