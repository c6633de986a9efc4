"""
L{rtmptwisted.wire.chunk} against the conformance corpus in C{tests/corpus}.

Each test goes through all vectors that have no handshake; what fails says which.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache
from itertools import accumulate
from random import Random

from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.errors import ProtocolError
from rtmptwisted.wire.buffer import FastBuffer
from rtmptwisted.wire.chunk import ChunkReader
from rtmptwisted.wire.limits import Limits
from rtmptwisted.wire.message import Message
from tests.corpus.load import Fact, Published, loadAll
from tests.corpus.recording import Recording
from tests.wire_support import Continuation, plainMessages, randomCut

#: Up to this size every split in two is tried, with and without runs, in bytes.
BOTH_WAYS = 256

#: Up to this size every split is tried, with and without runs in turns.
EVERY_SPLIT = 1536

#: Longer ones are split near so many chunk headers, and at so many other places.
CHUNK_SPLITS = 60
OTHER_SPLITS = 30

#: How often each vector is damaged.
DAMAGES = 150

#: Those that every connection has.
_LIMITS = Limits()

#: L{plainMessages} looks an aborted chunk stream up, and fails where there is none.
NOT_PLAIN = {"abort-unknown"}


@cache
def vectors() -> list[Published]:
    """
    @return: those that have no handshake.
    """
    return [vector for vector in loadAll() if vector.handshake is None]


def read(
    pieces: list[bytes], vectorised: bool = True
) -> tuple[list[Message], str | None, list[int]]:
    """
    Feed a reader.

    @return: the messages, what the error after them says, and how many
        messages there were after each piece.
    """
    buffer = FastBuffer()
    reader = ChunkReader(buffer, _LIMITS, vectorised=vectorised)
    messages: list[Message] = []
    counts = []
    try:
        for piece in pieces:
            buffer.append(piece)
            while (message := reader.nextMessage()) is not None:
                messages.append(message)
            counts.append(len(messages))
    except ProtocolError as error:
        return messages, str(error), counts
    return messages, None, counts


@cache
def expected(name: str) -> list[Message]:
    """
    The messages of a vector.  The file has the longer payloads as digests; the
    bytes with that digest are looked for in what a reader finds.

    @raise KeyError: when it finds none.
    """
    (vector,) = (vector for vector in vectors() if vector.name == name)
    found, _, _ = read([vector.data])
    bodies = {hashlib.sha256(m.payload).hexdigest(): m.payload for m in found}
    return [_message(fact, bodies) for fact in required(vector)]


def required(vector: Published) -> list[Fact]:
    """
    @return: what has to come out of our reader, which hands out no message
        that it refuses.
    """
    return [fact for fact in vector.facts if not fact.optional]


def _message(fact: Fact, bodies: dict[str, bytes]) -> Message:
    payload = bodies[fact.digest] if fact.shown is None else fact.shown
    assert len(payload) == fact.length
    return Message(
        fact.typeID,
        fact.timestamp,
        fact.messageStreamID,
        payload,
        fact.chunkStreamID,
    )


def splits(vector: Published) -> Iterator[int]:
    """
    @return: where to split: at every place of a short vector; in a longer one
        near chunk headers and the end of each message, and at other places.
    """
    size = len(vector.data)
    if size <= EVERY_SPLIT:
        yield from range(1, size)
        return
    random = Random(vector.name)
    chunks = random.sample(vector.chunks, min(CHUNK_SPLITS, len(vector.chunks)))
    places = {start + offset for start in chunks for offset in (-1, 0, 1, 2, 6)}
    places.update(fact.end + offset for fact in vector.facts for offset in (-1, 0))
    places.update(random.randrange(size) for _ in range(OTHER_SPLITS))
    yield from sorted(place for place in places if 0 < place < size)


def following(vector: Published) -> tuple[bytes, Message]:
    """
    @return: one more message behind a vector, on a chunk stream of its own.
    """
    number = max(set(range(320)) - set(vector.chunkStreams))
    written = Recording("following", chunkSizes=vector.chunkSizes[-1:])
    payload = written.body(20)
    written.message(0, number, 12_345, payload, 12_345)
    return bytes(written.data), Message(9, 12_345, 1, payload, number)


def damaged(valid: bytes, random: Random) -> bytes:
    """
    @return: the bytes with one to three things wrong.
    """
    data = bytearray(valid)
    for _ in range(random.randint(1, 3)):
        place = random.randrange(len(data) + 1)
        match random.randrange(6):
            case 0 | 1 if place < len(data):
                data[place] ^= 1 << random.randrange(8)
            case 2:
                del data[place : place + random.randint(1, 8)]
            case 3:
                data[place:place] = random.randbytes(random.randint(1, 8))
            case 4:
                data[place:place] = data[place : place + random.randint(1, 200)]
            case 5:
                del data[place:]
    return bytes(data)


class ReaderTests(SynchronousTestCase):
    """
    The vectors, read.
    """

    def check(self, vector: Published, pieces: list[bytes], vectorised: bool) -> None:
        """
        The pieces give the messages, and an error only if there is one.  After
        each piece all messages are out that have ended.
        """
        found, error, counts = read(pieces, vectorised)
        wanted = expected(vector.name)
        ends = [message.end for message in required(vector)]
        fed = accumulate(len(piece) for piece in pieces)
        due = [bisect_right(ends, place) for place, _ in zip(fed, counts, strict=False)]
        if (
            found == wanted
            and counts == due
            and (error is None) == (vector.refused is None)
        ):
            return
        sizes = [len(piece) for piece in pieces[:10]]
        which = f"{vector.name}, in pieces of {sizes}, runs: {vectorised}"
        self.assertEqual(found, wanted, which)
        self.assertEqual(counts, due, which)
        self.fail(f"{which}: {error or 'no error'}")

    def test_whole(self) -> None:
        """
        In one piece each vector gives its messages, with and without runs.
        """
        for vector in vectors():
            for vectorised in (True, False):
                self.check(vector, [vector.data], vectorised)

    def test_byteByByte(self) -> None:
        """
        Byte by byte, each message comes out with its last byte, not before and
        not later, and what must be refused is refused in time.
        """
        for vector in vectors():
            ends = [fact.end for fact in required(vector)]
            pieces = [vector.data[i : i + 1] for i in range(len(vector.data))]
            for vectorised in (True, False):
                found, error, counts = read(pieces, vectorised)
                self.assertEqual(found, expected(vector.name), vector.name)
                seen = [
                    fed
                    for fed in range(1, len(counts) + 1)
                    for _ in range(
                        counts[fed - 1] - (counts[fed - 2] if fed > 1 else 0)
                    )
                ]
                self.assertEqual(seen, ends, vector.name)
                self.assertEqual(error is None, vector.refused is None, vector.name)
                if vector.refused is not None:
                    since, until = vector.refused
                    self.assertTrue(since <= len(counts) + 1 <= until, vector.name)

    def test_everySplit(self) -> None:
        """
        In two pieces each vector gives its messages.  Those of up to 256
        bytes are split at every place, with and without runs.  Those of up to
        1536 bytes are split at every place, with and without runs in turns;
        longer ones the same near each message end, near each chunk header (60
        random ones where there are more), and at 30 random places.
        """
        for vector in vectors():
            both = len(vector.data) <= BOTH_WAYS
            for index, place in enumerate(splits(vector)):
                pieces = [vector.data[:place], vector.data[place:]]
                for vectorised in (True, False) if both else (index % 2 == 0,):
                    self.check(vector, pieces, vectorised)

    def test_manyPieces(self) -> None:
        """
        In a random number of random pieces each vector gives its messages.
        """
        for vector in vectors():
            random = Random(vector.name)
            for count in (3, 5, 10, 30):
                pieces = randomCut(vector.data, random, count)
                for vectorised in (True, False):
                    self.check(vector, pieces, vectorised)

    def test_followed(self) -> None:
        """
        Another message behind a vector is read as well: in the same piece, in
        the next, and byte by byte; and not before it is whole.
        """
        for vector in vectors():
            if vector.refused is not None:
                continue
            more, last = following(vector)
            before = expected(vector.name)
            for vectorised in (True, False):
                for pieces in (
                    [vector.data + more],
                    [vector.data, more],
                    [vector.data, *(more[i : i + 1] for i in range(len(more)))],
                ):
                    found, error, _ = read(pieces, vectorised)
                    self.assertEqual(found, [*before, last], vector.name)
                    self.assertIsNone(error, vector.name)
                for half in range(1, len(more)):
                    found, error, _ = read([vector.data + more[:half]], vectorised)
                    self.assertEqual(found, before, vector.name)
                    self.assertIsNone(error, vector.name)

    def test_damaged(self) -> None:
        """
        A damaged vector gives messages or a protocol error, the same with and
        without runs and in pieces, and never more messages than bytes.
        """
        refused = total = 0
        for vector in vectors():
            random = Random(vector.name)
            for _ in range(DAMAGES):
                data = damaged(vector.data, random)
                found, error, _ = read([data])
                self.assertTrue(len(found) <= len(data), vector.name)
                pieces = randomCut(data, random, 4)
                again = read(pieces, vectorised=False)
                self.assertEqual(again[:2], (found, error), vector.name)
                total += 1
                refused += error is not None
        # It is neither harmless nor always fatal, or this tests little.
        self.assertTrue(total // 10 < refused < total * 9 // 10, (refused, total))

    def test_plain(self) -> None:
        """
        A second reader, which is told what the sender does, finds the same.
        """
        compared = 0
        for vector in vectors():
            if vector.refused is not None or vector.name in NOT_PLAIN:
                continue
            continuation = {
                "repeated": Continuation.FIELD,
                "absolute": Continuation.ABSOLUTE,
                "omitted": Continuation.OMITTED,
                "zeros": Continuation.ZEROS,
            }[vector.continuation]
            found = plainMessages(vector.data, continuation)
            self.assertEqual(found, expected(vector.name), vector.name)
            compared += 1
        self.assertTrue(compared > len(vectors()) * 9 // 10, compared)
