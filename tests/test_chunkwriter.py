"""
Tests for L{rtmptwisted.wire.chunkwriter}.

The T numbers are those of the project's list of traps of the wire.
"""

from __future__ import annotations

from random import Random

from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.wire.chunkwriter import ChunkWriter, basicHeader, cut
from rtmptwisted.wire.message import Message
from tests.wire_support import (
    EXTENDED,
    WRAP,
    basic,
    plainMessages,
    readPieces,
    setChunkSize,
    type0,
    type1,
    type2,
    type3,
)


def video(timestamp: int, payload: bytes = b"abc", messageStreamID: int = 1) -> Message:
    """
    @return: a video message on chunk stream 6.
    """
    return Message(9, timestamp, messageStreamID, payload, 6)


class BasicHeaderTests(SynchronousTestCase):
    """
    T-10: basic headers.
    """

    def test_shortest(self) -> None:
        """
        Every chunk stream id has its shortest form, for every chunk type.
        """
        for number in (2, 3, 63, 64, 65, 318, 319, 320, 575, 576, 4711, 65599):
            for form in range(4):
                self.assertEqual(basicHeader(form, number), basic(form, number))

    def test_noSuchChunkStream(self) -> None:
        """
        There is no chunk stream 0, 1, 65600 or below 0.
        """
        for number in (-1, 0, 1, 65600, 100_000):
            self.assertRaises(ValueError, basicHeader, 0, number)


class CutTests(SynchronousTestCase):
    """
    Messages as chunks that depend on nothing.
    """

    def test_oneChunk(self) -> None:
        """
        T-15: a short message is one type 0 chunk; the message stream id is
        little-endian.
        """
        self.assertEqual(
            cut(video(0x010203, b"abc", 0x01020304), 128),
            b"\x06\x01\x02\x03\x00\x00\x03\x09\x04\x03\x02\x01abc",
        )

    def test_continued(self) -> None:
        """
        A longer one goes on in type 3 chunks, and ends with the last byte:
        no empty chunk follows.
        """
        for size in (127, 128, 129, 255, 256, 257, 1000):
            payload = Random(size).randbytes(size)
            expected = type0(6, 40, 9, payload[:128], length=size)
            for start in range(128, size, 128):
                expected += type3(6, payload[start : start + 128])
            self.assertEqual(cut(video(40, payload), 128), expected)

    def test_empty(self) -> None:
        """
        T-14: a message without payload is one header.
        """
        self.assertEqual(cut(video(40, b""), 128), type0(6, 40, 9, b""))

    def test_extended(self) -> None:
        """
        T-24, T-25: from 0xFFFFFF on the timestamp has a field of its own,
        which every continuation chunk repeats: ffmpeg and rtmpdump lose the
        stream without it.
        """
        payload = Random(1).randbytes(300)
        for time in (EXTENDED, EXTENDED + 1, WRAP - 1):
            expected = type0(6, time, 9, payload[:128], length=300)
            expected += type3(6, payload[128:256], time)
            expected += type3(6, payload[256:], time)
            self.assertEqual(cut(video(time, payload), 128), expected)
        short = cut(video(EXTENDED - 1, payload), 128)
        self.assertEqual(len(short), 12 + 300 + 2)

    def test_wideChunkStreams(self) -> None:
        """
        T-10: continuation chunks have the same long basic header.
        """
        payload = Random(2).randbytes(300)
        for number in (64, 320, 65599):
            message = Message(9, 40, 1, payload, number)
            found = cut(message, 128)
            self.assertEqual(plainMessages(found), [message])
            self.assertEqual(found.count(basic(3, number)), 2)


class WriterTests(SynchronousTestCase):
    """
    The messages of a connection.
    """

    def write(self, *messages: Message) -> list[bytes]:
        """
        @return: what one writer makes of each.
        """
        writer = ChunkWriter()
        return [writer.write(message) for message in messages]

    def test_shortestHeaders(self) -> None:
        """
        The first message has a whole header, later ones only what is new:
        length or type with the delta, the delta, or nothing.
        """
        found = self.write(
            video(10, b"abc"),
            video(50, b"abcd"),
            video(90, b"efgh"),
            video(123, b"ijkl"),
            video(156, b"mnop"),
        )
        expected = [
            type0(6, 10, 9, b"abc"),
            type1(6, 40, 9, b"abcd"),
            type3(6, b"efgh"),
            type2(6, 33, b"ijkl"),
            type3(6, b"mnop"),
        ]
        self.assertEqual(found, expected)

    def test_typeChanges(self) -> None:
        """
        T-28: audio after video on one chunk stream has its type in the
        header, also when it is as long.
        """
        found = self.write(video(10), Message(8, 15, 1, b"abc", 6))
        self.assertEqual(found[1], type1(6, 5, 8, b"abc"))

    def test_messageStreamChanges(self) -> None:
        """
        T-15: only type 0 can name another message stream.
        """
        found = self.write(video(10), video(20, b"abc", 2))
        self.assertEqual(found[1], type0(6, 20, 9, b"abc", messageStreamID=2))

    def test_noRepeatAfterAbsolute(self) -> None:
        """
        T-22: receivers disagree about type 3 right after a type 0 chunk with
        a timestamp, so there is none, neither for the same time nor for a
        delta that equals it.
        """
        for first, second in ((1000, 2000), (1000, 1000), (EXTENDED, 2 * EXTENDED)):
            found = self.write(video(first), video(second))
            self.assertEqual(found[1], type2(6, second - first, b"abc"))

    def test_repeatAfterZero(self) -> None:
        """
        T-22: after a type 0 chunk with timestamp 0 both ways of reading mean
        the same.
        """
        found = self.write(video(0), video(0))
        self.assertEqual(found[1], type3(6, b"abc"))

    def test_backwards(self) -> None:
        """
        T-26, T-27: when time goes back, or wraps, there is a type 0 chunk.
        """
        for first, second in ((1000, 999), (WRAP - 10, 30)):
            found = self.write(video(first), video(second))
            self.assertEqual(found[1], type0(6, second, 9, b"abc"))

    def test_extendedDelta(self) -> None:
        """
        T-24, T-25: a large delta has a field of its own too, and a type 3
        chunk repeats it.
        """
        late = 0x01000000
        found = self.write(video(7), video(7 + late), video(7 + 2 * late))
        self.assertEqual(found[1], type2(6, late, b"abc"))
        self.assertEqual(found[2], type3(6, b"abc", late))

    def test_chunkSize(self) -> None:
        """
        T-33: a new size holds for the next message.
        """
        writer = ChunkWriter()
        payload = bytes(300)
        first = writer.write(video(0, payload))
        writer.chunkSize = 300
        second = writer.write(video(0, payload))
        self.assertEqual((len(first), len(second)), (12 + 300 + 2, 1 + 300))

    def test_random(self) -> None:
        """
        Whatever is written is read back, by the plain reader and by ours.
        """
        for seed in range(60):
            random = Random(seed)
            writer = ChunkWriter()
            sent = b""
            expected = []
            times = dict.fromkeys((2, 3, 4, 64, 400, 65599), 0)
            for _ in range(80):
                if random.random() < 0.05:
                    size = random.choice((5, 100, 128, 1000))
                    message = Message(1, 0, 0, size.to_bytes(4, "big"), 2)
                    sent += writer.write(message)
                    expected.append(message)
                    writer.chunkSize = size
                number = random.choice(list(times))
                steps = (0, 0, 23, 23, 40, EXTENDED - 1, EXTENDED, WRAP - 40, 1 << 31)
                times[number] = (times[number] + random.choice(steps)) % WRAP
                message = Message(
                    random.choice((8, 9, 18)),
                    times[number],
                    random.choice((1, 1, 1, 0, 0xFFFFFFFF)),
                    random.randbytes(random.choice((0, 1, 3, 3, 3, 128, 129, 700))),
                    number,
                )
                sent += writer.write(message)
                expected.append(message)
            self.assertEqual(plainMessages(sent), expected, f"seed {seed}")
            self.assertEqual(readPieces([sent]), expected, f"seed {seed}")

    def test_sharedBytes(self) -> None:
        """
        T-33: a message cut on its own can be put between what a writer wrote
        on another chunk stream.
        """
        writer = ChunkWriter()
        control = [Message(4, 0, 0, b"\0\6\0\0\0" + bytes([i]), 2) for i in range(3)]
        media = [video(40 * i, Random(i).randbytes(200)) for i in range(3)]
        sent = setChunkSize(150, 3)
        writer.chunkSize = 150
        for ours, shared in zip(control, media, strict=True):
            sent += writer.write(ours) + cut(shared, 150)
        found = plainMessages(sent)[1:]
        self.assertEqual(found[::2], control)
        self.assertEqual(found[1::2], media)
