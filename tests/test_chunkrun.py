"""
Tests of L{rtmptwisted.wire.chunkrun}: runs of chunks with headers of any kind.

What a run gives is held against the same bytes read chunk by chunk, and against a
second, plain reader.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from random import Random

from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.wire.message import Message
from tests.wire_support import (
    EXTENDED,
    Continuation,
    basic,
    cutAt,
    everyCut,
    header,
    plainMessages,
    randomCut,
    readPieces,
    setChunkSize,
)

#: Chunk stream ids, and whether the long form of their basic header is used: of one
#: byte, of two, of three where two would do, and of three.
IDS = (
    (3, False),
    (63, False),
    (64, False),
    (319, False),
    (64, True),
    (319, True),
    (320, False),
    (0x3F3F, False),
    (65599, False),
)

LATE = 0x12345678


class Sender:
    """
    Writes messages of one chunk stream, and remembers their chunks.

    Payloads have no byte that an extended timestamp could begin with, so that it
    can be told from one.
    """

    def __init__(
        self,
        random: Random,
        chunkStreamID: int,
        long: bool,
        continuation: Continuation = Continuation.FIELD,
    ) -> None:
        self.random = random
        self.id = chunkStreamID
        self.long = long
        self.continuation = continuation
        self.time = 0
        self.fresh = True
        # Of the last message, when a type 3 chunk can begin another like it.
        self.last: tuple[int, int] | None = None

    def message(self, size: int, time: int, chunkSize: int) -> list[bytes]:
        """
        @param time: the timestamp, written as a delta where that is possible.
        @return: the chunks of a message.
        """
        form = 0 if self.fresh or time < self.time else self.random.choice((0, 1))
        if (time - self.time, size) == self.last:
            form = self.random.choice((1, 3))
        field = time - self.time if form else time
        self.fresh, self.time = False, time
        self.last = (field, size) if form else None
        payload = bytes(self.random.randrange(0xA0, 0x100) for _ in range(size))
        wide = b""
        if field >= EXTENDED and self.continuation is not Continuation.OMITTED:
            value = {Continuation.FIELD: field, Continuation.ABSOLUTE: time}
            wide = value.get(self.continuation, 0).to_bytes(4, "big")
        start = basic(form, self.id, long=self.long)
        if form < 3:
            start += header(form, field, size, 9, 1)
        elif field >= EXTENDED:
            # It is a header, in which nobody leaves it out.
            start += field.to_bytes(4, "big")
        again = basic(3, self.id, long=self.long) + wide
        return [
            (again if place else start) + payload[place : place + chunkSize]
            for place in range(0, size, chunkSize)
        ]


def merged(random: Random, *lists: list[bytes], longest: int = 40) -> Iterator[bytes]:
    """
    @return: the chunks of all lists, a few of one and then of another.
    """
    left = [list(chunks) for chunks in lists if chunks]
    while left:
        chunks = random.choice(left)
        count = random.randint(1, longest)
        yield from chunks[:count]
        del chunks[:count]
        left = [each for each in left if each]


class RunTestCase(SynchronousTestCase):
    """
    A test of chunk streams that hold runs.
    """

    def assertSame(
        self,
        data: bytes,
        pieces: list[bytes],
        continuation: Continuation = Continuation.FIELD,
        why: object = None,
    ) -> list[Message]:
        """
        In runs, chunk by chunk, and by the plain reader it is the same.
        """
        self.assertEqual(b"".join(pieces), data)
        expected = plainMessages(data, continuation)
        self.assertEqual(readPieces(pieces, vectorised=True), expected, why)
        self.assertEqual(readPieces(pieces, vectorised=False), expected, why)
        return expected


class HeaderTests(RunTestCase):
    """
    Every form of header, and every way to cut.
    """

    def test_everyHeader(self) -> None:
        """
        Basic headers of each length, with each kind of timestamp, at chunk sizes
        from 1 to 200: the last chunk shorter, whole, or of one byte.
        """
        random = Random(1)
        sizes = (1, 2, 3, 7, 64, 127, 128, 129, 200)
        for (number, long), continuation in product(IDS, Continuation):
            for chunkSize in sizes:
                sender = Sender(random, number, long, continuation)
                chunks = [setChunkSize(chunkSize)]
                time = random.choice((0, LATE, 40))
                for count in (2, 3, 30):
                    for rest in {1 - chunkSize, -1, 0, 1}:
                        size = max(count * chunkSize + rest, 1)
                        chunks += sender.message(size, time, chunkSize)
                        time += random.choice((0, 20, EXTENDED, EXTENDED - 1))
                data = b"".join(chunks)
                self.assertSame(
                    data, [data], continuation, (number, long, continuation, chunkSize)
                )

    def test_everyCut(self) -> None:
        """
        Short ones cut at every place, and byte by byte: so the last header of a run
        is incomplete in each way that it can be.
        """
        random = Random(2)
        for (number, long), continuation in product(IDS, Continuation):
            for chunkSize, time in ((1, LATE), (3, LATE), (3, 0)):
                sender = Sender(random, number, long, continuation)
                data = setChunkSize(chunkSize) + b"".join(
                    sender.message(4 * chunkSize + 2, time, chunkSize)
                    + sender.message(3 * chunkSize, time + EXTENDED, chunkSize)
                )
                for how, pieces in everyCut(data):
                    found = self.assertSame(
                        data, pieces, continuation, (number, long, continuation, how)
                    )
                    self.assertEqual(len(found), 3)

    def test_halfHeader(self) -> None:
        """
        A run behind which a part of a header has arrived, or of the payload behind
        that, is taken; the rest comes when the rest does, and not a byte sooner.
        """
        random = Random(3)
        for number, long in IDS:
            for time in (0, LATE):
                chunks = Sender(random, number, long).message(1000, time, 10)
                first, more = b"".join(chunks[:60]), b"".join(chunks[60:])
                start = setChunkSize(10)
                for some in range(12):
                    pieces = [start + first + more[:some], more[some:]]
                    self.assertSame(start + first + more, pieces, why=(number, some))
                    for vectorised in (True, False):
                        found = readPieces(
                            [start + first, more[:-1]], vectorised=vectorised
                        )
                        self.assertEqual(len(found), 1)

    def test_otherForm(self) -> None:
        """
        A chunk stream may be named in one form of basic header and then in the
        other, within a message too.
        """
        random = Random(4)
        for number in (64, 200, 319):
            for time in (0, LATE):
                short = Sender(random, number, False).message(1000, time, 10)
                wide = Sender(Random(4), number, True).message(1000, time, 10)
                mixed = [random.choice(pair) for pair in zip(short, wide, strict=True)]
                data = setChunkSize(10) + b"".join(mixed)
                self.assertSame(data, [data])


class RepeatedTests(RunTestCase):
    """
    Messages of which each is announced by the header of the one before.
    """

    def test_repeated(self) -> None:
        """
        A type 3 chunk behind the last chunk of a message begins another, however
        long that last chunk was.
        """
        random = Random(7)
        for (number, long), continuation in product(IDS, Continuation):
            for delta in (20, EXTENDED, LATE):
                for size in (10, 30, 31, 39, 40, 41, 5 * 1024):
                    sender = Sender(random, number, long, continuation)
                    chunks = [setChunkSize(10)]
                    for n in range(6):
                        chunks += sender.message(size, n * delta, 10)
                    data = b"".join(chunks)
                    found = self.assertSame(
                        data, [data], continuation, (number, long, continuation, size)
                    )
                    self.assertEqual(
                        [each.timestamp for each in found[1:]],
                        [n * delta % (1 << 32) for n in range(6)],
                    )


class InterleavedTests(RunTestCase):
    """
    Runs that others interrupt.
    """

    def streams(
        self, random: Random, chunkSize: int, continuation: Continuation, long: bool
    ) -> bytes:
        """
        @return: messages of several chunk streams, a few chunks of each at a time.
        """
        lists = []
        for number in (4, 64, 70, 300, 320, 0x4040, 65599):
            sender = Sender(random, number, long, continuation)
            time = random.choice((0, LATE, EXTENDED))
            chunks: list[bytes] = []
            for _ in range(4):
                size = random.randint(1, 60 * chunkSize)
                chunks += sender.message(size, time, chunkSize)
                time += random.choice((0, 33, EXTENDED))
            lists.append(chunks)
        return setChunkSize(chunkSize) + b"".join(merged(random, *lists))

    def test_interleaved(self) -> None:
        """
        T-29: chunks of others in the middle of a run end it, and it goes on behind
        them, whatever the headers and the ways to cut.
        """
        random = Random(5)
        for continuation, long in product(Continuation, (False, True)):
            for chunkSize in (1, 2, 5, 50, 128, 200):
                data = self.streams(random, chunkSize, continuation, long)
                found = self.assertSame(data, [data], continuation)
                self.assertEqual(len(found), 1 + 7 * 4)
                self.assertSame(data, randomCut(data, random, 20), continuation)

    def test_lookalikes(self) -> None:
        """
        Payload that looks like the headers of its own message, or like those of
        others, is payload.
        """
        for number, long in IDS:
            own = basic(3, number, long=long)
            other = basic(3, number ^ 1, long=long)
            for shift, mark in product(range(4), (own, other, b"\xff")):
                for chunkSize in (1, 4, 10):
                    payload = (bytes(shift) + mark * 400)[: 40 * chunkSize + 1]
                    data = setChunkSize(chunkSize)
                    data += basic(0, number, long=long)
                    data += header(0, 7, len(payload), 9, 1) + payload[:chunkSize]
                    for place in range(chunkSize, len(payload), chunkSize):
                        data += own + payload[place : place + chunkSize]
                    found = self.assertSame(data, cutAt(data, len(data) // 2))
                    self.assertEqual(found[1].payload, payload)

    def test_nearlyOwn(self) -> None:
        """
        A header of another chunk stream that differs in the last of its bytes only
        ends the run.
        """
        random = Random(6)
        for number, other in ((64, 65), (320, 576), (320, 321), (0x1234, 0x1334)):
            one = Sender(random, number, True).message(300, 0, 10)
            two = Sender(random, other, True).message(300, 0, 10)
            for place in range(1, 30):
                chunks = [*two[:1], *one[:place], *two[1:], *one[place:]]
                data = setChunkSize(10) + b"".join(chunks)
                found = self.assertSame(data, [data])
                self.assertEqual([each.chunkStreamID for each in found[1:]], [
                    other, number
                ])  # fmt: skip
