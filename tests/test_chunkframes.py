"""
Tests of L{rtmptwisted.wire.chunkframes}: audio and video that is read in one loop.

What it gives is held against the same bytes read chunk by chunk.
"""

from __future__ import annotations

from random import Random

from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.wire.buffer import FastBuffer
from rtmptwisted.wire.chunk import ChunkReader
from rtmptwisted.wire.chunkframes import MOST_CHUNKS
from rtmptwisted.wire.limits import Limits
from rtmptwisted.wire.message import Message
from tests.test_chunk import ramp
from tests.wire_support import (
    EXTENDED,
    everyCut,
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


def opened(chunkSize: int = 128, limits: Limits | None = None) -> ChunkReader:
    """
    @return: a reader that knows the chunk streams 4 and 6.
    """
    buffer = FastBuffer()
    reader = ChunkReader(buffer, limits)
    buffer.append(
        setChunkSize(chunkSize) + type0(4, 10, 8, b"a") + type0(6, 10, 9, b"v")
    )
    while reader.nextMessage() is not None:
        pass
    return reader


def chunks(first: bytes, payload: bytes, size: int, number: int = 6) -> bytes:
    """
    @param first: the header of the first.
    @return: a message in chunks.
    """
    parts = [payload[at : at + size] for at in range(0, len(payload), size)]
    return first + type3(number, b"").join(parts or [b""])


def video(time: int, length: int, number: int = 6) -> bytes:
    """
    @return: a chunk header of type 1.
    """
    return type1(number, time, 9, b"", length=length)


class SimpleTests(SynchronousTestCase):
    """
    What is taken, and what is left to those who look at everything.
    """

    def take(self, data: bytes, reader: ChunkReader | None = None) -> list[Message]:
        """
        @return: what is taken of these bytes.  All that there is, is the same in
            any case.
        """
        reader = opened() if reader is None else reader
        reader._buffer.append(data)
        found = reader.takeFrames()
        alone = opened(reader.chunkSize)
        alone._buffer.append(data)
        expected = []
        while (message := alone.nextMessage()) is not None:
            expected.append(message)
        self.assertEqual(found, expected[: len(found)])
        while (message := reader.nextMessage()) is not None:
            found.append(message)
        self.assertEqual(found, expected)
        return found

    def taken(self, data: bytes, reader: ChunkReader | None = None) -> int:
        """
        @return: how many messages are taken at once.
        """
        reader = opened() if reader is None else reader
        reader._buffer.append(data)
        return len(reader.takeFrames())

    def test_simple(self) -> None:
        """
        Audio and video in chunks of type 0 and 1 is taken, of one chunk or many,
        empty ones too.
        """
        data = type0(6, 20, 9, b"one") + type1(4, 5, 8, b"two")
        data += chunks(video(7, 1000), ramp(1000), 128) + type1(6, 1, 9, b"")
        data += chunks(video(8, 256), ramp(256), 128) + type1(6, 1, 9, ramp(128))
        self.assertEqual(self.taken(data), 6)
        found = self.take(data)
        self.assertEqual([each.timestamp for each in found], [20, 15, 27, 28, 36, 37])
        self.assertEqual(found[2], Message(9, 27, 1, ramp(1000), 6))

    def test_typesAndTimes(self) -> None:
        """
        Whatever is not simple ends it: other types of messages, chunks of type 2
        and 3, extended timestamps, long and unknown chunk streams.
        """
        simple = type1(6, 1, 9, b"simple")
        for other in (
            setChunkSize(99),
            type0(6, 1, 18, b"data"),
            type2(6, 5, bytes(6)),
            type3(6, bytes(6)),
            type0(6, EXTENDED + 5, 9, b"late"),
            type1(6, EXTENDED, 9, b"late"),
            type0(64, 1, 9, b"long"),
            type0(320, 1, 9, b"longer"),
            type0(5, 1, 9, b"unknown"),
        ):
            self.assertEqual(self.taken(simple + other + simple), 1)
            self.take(simple + other + simple)

    def test_notWhole(self) -> None:
        """
        What is not all there stays where it is, and changes nothing.
        """
        whole = type1(6, 1, 9, b"simple")
        data = chunks(video(7, 300), ramp(300), 128)
        for cut in range(len(data)):
            reader = opened()
            self.assertEqual(self.taken(whole + data[:cut], reader), 1)
            self.assertEqual(len(reader._buffer), cut)
            reader._buffer.append(data[cut:])
            self.assertEqual(reader.takeFrames(), [Message(9, 18, 1, ramp(300), 6)])

    def test_interleaved(self) -> None:
        """
        A message with chunks of another between its own is not simple, and neither
        is what comes on its chunk stream until it is whole.
        """
        long = chunks(video(7, 300), ramp(300), 128)
        middle = long[: 8 + 128] + type1(4, 1, 8, b"between") + long[8 + 128 :]
        self.assertEqual(self.taken(middle), 0)
        self.take(middle + type1(6, 1, 9, b"then"))
        reader = opened()
        reader._buffer.append(long[: 8 + 128] + type1(4, 1, 8, b"between"))
        self.assertEqual(reader.nextMessage(), Message(8, 11, 1, b"between", 4))
        self.assertEqual(self.taken(type1(6, 1, 9, b"new"), reader), 0)

    def test_inPieces(self) -> None:
        """
        While a large chunk is taken in pieces, nothing is taken for a header.
        """
        reader = opened(100_000)
        data = video(5, 90_000) + type1(4, 1, 8, b"trap") * 5000
        reader._buffer.append(data[:50_000])
        self.assertEqual(reader.takeFrames(), [])
        self.assertIsNone(reader.nextMessage())
        self.assertEqual(self.taken(data[50_000:60_000], reader), 0)

    def test_most(self) -> None:
        """
        So many at a time, and the next time those behind them.
        """
        reader = opened()
        self.assertEqual(self.taken(type1(6, 1, 9, b"") * 100, reader), 64)
        self.assertEqual(len(reader.takeFrames()), 36)
        self.assertEqual(reader.takeFrames(), [])

    def test_cost(self) -> None:
        """
        Where a message has more chunks than a look ahead is worth, it is left.
        """
        for size, count in ((MOST_CHUNKS, 1), (MOST_CHUNKS + 1, 0)):
            data = chunks(video(1, size), bytes(size), 1)
            self.assertEqual(self.taken(data, opened(1)), count)

    def test_limits(self) -> None:
        """
        What is longer than a limit is left, so that it is refused where all is.
        """
        limits = Limits(mediaMessage=50, partialBytes=80)
        for size, count in ((50, 1), (51, 0)):
            data = type1(6, 1, 9, bytes(size))
            self.assertEqual(self.taken(data, opened(limits=limits)), count)
        reader = opened(16, limits)
        reader._buffer.append(
            type0(5, 0, 9, bytes(16), length=48) + type3(5, bytes(16))
        )
        self.assertIsNone(reader.nextMessage())
        data = chunks(video(1, 49), bytes(49), 16)
        self.assertEqual(self.taken(data, reader), 0)


class SameTests(SynchronousTestCase):
    """
    Nobody can tell which way a message was read.
    """

    def read(self, pieces: list[bytes]) -> tuple[list[Message], int]:
        """
        @return: all messages, read in both ways in turn, and how many of them came
            in one loop.
        """
        buffer = FastBuffer()
        reader = ChunkReader(buffer)
        found: list[Message] = []
        count = 0
        for piece in pieces:
            buffer.append(piece)
            while True:
                frames = reader.takeFrames()
                count += len(frames)
                found += frames
                message = reader.nextMessage()
                if message is None:
                    break
                found.append(message)
        return found, count

    def test_random(self) -> None:
        """
        Streams of everything that there is come out the same, for every cut.
        """
        total = 0
        for seed in range(60):
            data = bytes(randomChunks(seed, steps=80).data)
            expected = plainMessages(data)
            found, count = self.read([data])
            self.assertEqual(found, expected)
            total += count
            random = Random(seed)
            for parts in (2, 10, 100):
                found, _ = self.read(randomCut(data, random, parts))
                self.assertEqual(found, expected)
        self.assertGreater(total, 20)

    def test_joined(self) -> None:
        """
        So do messages of any number of chunks, of sizes on both sides of that from
        which on pieces are joined.
        """
        for size in (4095, 4096, 5000):
            data = setChunkSize(size) + type0(6, 0, 9, b"v")
            lengths = [
                number * size + more for number in (1, 2, 64, 65, 66) for more in (0, 1)
            ]
            for length in lengths:
                data += chunks(video(3, length), ramp(length), size)
            found, count = self.read([data])
            self.assertEqual([len(each.payload) for each in found[2:]], lengths)
            for each in found[2:]:
                self.assertEqual(each.payload, ramp(len(each.payload)))
            self.assertEqual(count, len(lengths))

    def test_everyCut(self) -> None:
        """
        So do plain publishers, cut at any place.
        """
        data = setChunkSize(50) + type0(4, 0, 8, b"a") + type0(6, 0, 9, b"v")
        for size in (0, 49, 50, 51, 100, 101, 230):
            data += chunks(video(3, size), ramp(size), 50) + type1(4, 3, 8, b"aa")
        expected = readPieces([data], vectorised=False)
        self.assertEqual(len(expected), 17)
        for how, pieces in everyCut(data):
            self.assertEqual(self.read(pieces)[0], expected, how)

    def test_hostile(self) -> None:
        """
        So do damaged ones, up to the error.
        """
        whole = setChunkSize(50) + type0(4, 0, 8, b"a") + type0(6, 0, 9, b"v")
        for size in (3, 49, 150, 230) * 3:
            whole += chunks(video(3, size), ramp(size), 50) + type1(4, 3, 8, b"aa")
        for seed in range(300):
            data = hostile(whole, Random(seed))
            outcomes: list[object] = []
            for read in (
                lambda data: self.read([data])[0],
                lambda data: readPieces([data], vectorised=False),
            ):
                try:
                    outcomes.append(read(data))
                except Exception as error:
                    outcomes.append(str(error))
            self.assertEqual(outcomes[0], outcomes[1], seed)
