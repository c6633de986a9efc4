"""
What the tests of the wire share: chunks written out by hand, a second and
plain reader to compare with, and random chunk streams.

Nothing here uses the code under test to make or to read chunks.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random

from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.wire.buffer import FastBuffer
from rtmptwisted.wire.chunk import ChunkReader
from rtmptwisted.wire.limits import Limits
from rtmptwisted.wire.message import Message

EXTENDED = 0xFFFFFF
WRAP = 1 << 32

#: Past this a type 3 message after a type 0 one means "the same time" (T-22).
LARGEST_REPEATED = 10_000


class Continuation(enum.Enum):
    """
    What senders write on type 3 chunks inside a message whose header has an
    extended timestamp (T-25).
    """

    #: The timestamp field once more, as the specification says.
    FIELD = "field"
    #: The absolute timestamp, also where the field was a delta.
    ABSOLUTE = "absolute"
    #: Nothing: OBS before 30.1.
    OMITTED = "omitted"
    #: Four zero bytes.
    ZEROS = "zeros"


def basic(form: int, chunkStreamID: int, *, long: bool = False) -> bytes:
    """
    A basic header, one, two or three bytes (T-10).

    @param long: whether to use three bytes where two are enough.
    """
    if chunkStreamID < 64:
        return bytes([form * 64 + chunkStreamID])
    high, low = divmod(chunkStreamID - 64, 256)
    if high or long:
        return bytes([form * 64 + 1, low, high])
    return bytes([form * 64, low])


def header(
    form: int,
    time: int,
    length: int,
    typeID: int,
    messageStreamID: int,
) -> bytes:
    """
    A message header of type 0 to 2, with the extended timestamp if there is
    one.

    @param time: the timestamp for type 0, the delta for the others.
    """
    short = min(time, EXTENDED).to_bytes(3, "big")
    wide = time.to_bytes(4, "big") if time >= EXTENDED else b""
    described = length.to_bytes(3, "big") + bytes([typeID])
    numbered = messageStreamID.to_bytes(4, "little")
    return {
        0: short + described + numbered + wide,
        1: short + described + wide,
        2: short + wide,
    }[form]


def type0(
    chunkStreamID: int,
    timestamp: int,
    typeID: int,
    payload: bytes,
    *,
    messageStreamID: int = 1,
    length: int | None = None,
) -> bytes:
    """
    One type 0 chunk.

    @param payload: what this chunk carries.
    @param length: the announced length, when the message goes on.
    """
    total = len(payload) if length is None else length
    start = header(0, timestamp, total, typeID, messageStreamID)
    return basic(0, chunkStreamID) + start + payload


def type1(
    chunkStreamID: int,
    delta: int,
    typeID: int,
    payload: bytes,
    *,
    length: int | None = None,
) -> bytes:
    """
    One type 1 chunk.
    """
    total = len(payload) if length is None else length
    return basic(1, chunkStreamID) + header(1, delta, total, typeID, 0) + payload


def type2(chunkStreamID: int, delta: int, payload: bytes) -> bytes:
    """
    One type 2 chunk.
    """
    return basic(2, chunkStreamID) + header(2, delta, 0, 0, 0) + payload


def type3(chunkStreamID: int, payload: bytes, extended: int | None = None) -> bytes:
    """
    One type 3 chunk.
    """
    wide = b"" if extended is None else extended.to_bytes(4, "big")
    return basic(3, chunkStreamID) + wide + payload


def setChunkSize(size: int, chunkStreamID: int = 2) -> bytes:
    """
    Set Chunk Size as a type 0 chunk.
    """
    return type0(chunkStreamID, 0, 1, size.to_bytes(4, "big"), messageStreamID=0)


def abort(chunkStreamID: int) -> bytes:
    """
    Abort Message as a type 0 chunk.
    """
    return type0(2, 0, 2, chunkStreamID.to_bytes(4, "big"), messageStreamID=0)


@dataclass
class _PlainStream:
    """
    One chunk stream of L{plainMessages}.
    """

    timestamp: int = 0
    delta: int = 0
    extended: bool = False
    length: int = 0
    typeID: int = 0
    messageStreamID: int = 0
    payload: bytes | None = None


class _Bytes:
    """
    Complete bytes, read from the front.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    def take(self, count: int) -> bytes:
        end = self.position + count
        if end > len(self.data):
            raise EOFError("the chunk stream is cut off")
        taken = self.data[self.position : end]
        self.position = end
        return taken

    def number(self, count: int) -> int:
        return int.from_bytes(self.take(count), "big")


def plainMessages(
    data: bytes, continuation: Continuation = Continuation.FIELD
) -> list[Message]:
    """
    Read complete chunk streams, one chunk after the other.

    @param continuation: what the sender is known to do; nothing is guessed.
    @raise EOFError: when the bytes end inside a chunk.
    """
    source = _Bytes(data)
    streams: dict[int, _PlainStream] = {}
    messages: list[Message] = []
    chunkSize = 128
    while source.position < len(data):
        first = source.number(1)
        form, chunkStreamID = first >> 6, first & 63
        if chunkStreamID == 0:
            chunkStreamID = 64 + source.number(1)
        elif chunkStreamID == 1:
            chunkStreamID = 64 + source.number(1)
            chunkStreamID += 256 * source.number(1)
        stream = streams.setdefault(chunkStreamID, _PlainStream())
        _plainHeader(source, stream, form, continuation)
        assert stream.payload is not None
        due = stream.length - len(stream.payload)
        stream.payload += source.take(min(due, chunkSize))
        if len(stream.payload) < stream.length:
            continue
        body, stream.payload = stream.payload, None
        messages.append(
            Message(
                stream.typeID,
                stream.timestamp,
                stream.messageStreamID,
                body,
                chunkStreamID,
            )
        )
        if stream.typeID == 1:
            chunkSize = int.from_bytes(body[:4], "big")
        elif stream.typeID == 2:
            streams[int.from_bytes(body[:4], "big")].payload = None
    return messages


def _plainHeader(
    source: _Bytes, stream: _PlainStream, form: int, continuation: Continuation
) -> None:
    """
    Read a message header into C{stream}, and begin a payload where one
    begins.
    """
    inside = stream.payload is not None
    if form == 3:
        if inside:
            if stream.extended and continuation is not Continuation.OMITTED:
                source.take(4)
            return
        if stream.extended:
            source.take(4)
        stream.timestamp = (stream.timestamp + stream.delta) % WRAP
        stream.payload = b""
        return
    time = source.number(3)
    length, typeID = stream.length, stream.typeID
    if form < 2:
        length, typeID = source.number(3), source.number(1)
    if form == 0:
        stream.messageStreamID = int.from_bytes(source.take(4), "little")
    extended = time == EXTENDED
    if extended:
        time = source.number(4)
    if inside and form > 0 and (length, typeID) == (stream.length, stream.typeID):
        return
    stream.extended, stream.length, stream.typeID = extended, length, typeID
    stream.payload = b""
    if form == 0:
        stream.timestamp = time
        stream.delta = time if time <= LARGEST_REPEATED else 0
    else:
        stream.timestamp = (stream.timestamp + time) % WRAP
        stream.delta = time


@dataclass
class _Written:
    """
    What L{RandomChunks} has written on one chunk stream.

    @ivar wide: whether the last header had an extended timestamp.
    @ivar due: payload bytes still to come; L{None} between messages.
    """

    timestamp: int = 0
    field: int = 0
    delta: int = 0
    wide: bool = False
    length: int = 0
    typeID: int = 0
    messageStreamID: int = 0
    payload: bytes = b""
    due: int | None = None


_TIMES = (0, 1, 23, 10_000, 10_001, EXTENDED - 1, EXTENDED, EXTENDED + 1)
_LATE = (1 << 31, (1 << 31) - 1, WRAP - 1, WRAP - 40)
_DELTAS = (0, 0, 1, 23, 40, EXTENDED - 1, EXTENDED, EXTENDED + 5, WRAP - 40)


@dataclass
class RandomChunks:
    """
    A sender that does everything a sender may do, in random order.

    @ivar data: the chunk stream.
    @ivar messages: what a receiver has to make of it, in order.
    """

    random: Random
    continuation: Continuation = Continuation.FIELD
    data: bytearray = field(default_factory=bytearray)
    messages: list[Message] = field(default_factory=list)
    chunkSize: int = 128
    streams: dict[int, _Written] = field(default_factory=dict)

    def run(self, steps: int) -> None:
        """
        Write about C{steps} chunks, and then whatever is unfinished.
        """
        numbers = [self.random.randint(3, 63) for _ in range(3)]
        numbers += [self.random.randint(64, 319), self.random.randint(320, 65599)]
        for _ in range(steps):
            self._step(numbers)
        for number, stream in self.streams.items():
            while stream.due is not None:
                self._continue(number, stream)

    def _step(self, numbers: list[int]) -> None:
        roll = self.random.random()
        if roll < 0.04:
            size = self.random.choice((1, 2, 5, 63, 64, 128, 129, 700))
            self._control(1, size)
            self.chunkSize = size
            return
        number = self.random.choice(numbers)
        stream = self.streams.get(number)
        if stream is None or stream.due is None:
            self._start(number, self.streams.setdefault(number, _Written()))
        elif roll < 0.06:
            self._control(2, number)
            stream.due = None
        elif roll < 0.08:
            # Type 0 inside a message: the sender has given the message up.
            self._start(number, stream, form=0)
        elif roll < 0.7:
            self._continue(number, stream)
        else:
            while stream.due is not None:
                self._continue(number, stream)

    def _control(self, typeID: int, value: int) -> None:
        payload = value.to_bytes(4, "big")
        self.messages.append(Message(typeID, 0, 0, payload, 2))
        # A chunk size below 4 cuts control messages like all others.
        for start in range(0, 4, self.chunkSize):
            piece = payload[start : start + self.chunkSize]
            if start:
                self.data += type3(2, piece)
            else:
                self.data += type0(2, 0, typeID, piece, messageStreamID=0, length=4)

    def _basic(self, form: int, number: int) -> bytes:
        return basic(form, number, long=self.random.random() < 0.5)

    def _length(self) -> int:
        size = self.chunkSize
        lengths = (0, 1, 2, size - 1, size, size + 1, 2 * size, 3 * size + 1)
        more = (self.random.randint(0, 40), min(9 * size + 4, 2500), 1200)
        return self.random.choice((*lengths, *more))

    def _start(self, number: int, stream: _Written, form: int | None = None) -> None:
        if form is None:
            # Type 1 on a fresh chunk stream is what librtmp does (T-12); what
            # types 2 and 3 would inherit is not known there.
            fresh = stream == _Written()
            form = self.random.choice((0, 1) if fresh else (0, 1, 1, 2, 2, 3, 3))
        if form < 2:
            stream.length = self._length()
            stream.typeID = self.random.choice((8, 9, 18, 20, 22, 99))
        if form == 0:
            stream.field = self.random.choice(
                (*_TIMES, *_LATE, self.random.randrange(WRAP))
            )
            stream.timestamp = stream.field
            stream.delta = stream.field if stream.field <= LARGEST_REPEATED else 0
            stream.messageStreamID = self.random.choice((0, 1, 5, 0x01020304))
        else:
            if form < 3:
                stream.field = stream.delta = self.random.choice(_DELTAS)
            stream.timestamp = (stream.timestamp + stream.delta) % WRAP
        if form < 3:
            stream.wide = stream.field >= EXTENDED
        self.data += self._basic(form, number)
        if form < 3:
            self.data += header(
                form,
                stream.field,
                stream.length,
                stream.typeID,
                stream.messageStreamID,
            )
        elif stream.wide:
            self.data += stream.field.to_bytes(4, "big")
        stream.payload, stream.due = b"", stream.length
        self._carry(number, stream)

    def _continue(self, number: int, stream: _Written) -> None:
        form = self.random.choice((3,) * 18 + (1, 2))
        self.data += self._basic(form, number)
        if form < 3:
            # Some senders write type 1 or 2 inside a message (T-13).
            self.data += header(form, stream.field, stream.length, stream.typeID, 0)
        elif stream.wide:
            value = {
                Continuation.FIELD: stream.field,
                Continuation.ABSOLUTE: stream.timestamp,
                Continuation.ZEROS: 0,
            }.get(self.continuation)
            if value is not None:
                self.data += value.to_bytes(4, "big")
        self._carry(number, stream)

    def _carry(self, number: int, stream: _Written) -> None:
        assert stream.due is not None
        carried = bytearray(self.random.randbytes(min(stream.due, self.chunkSize)))
        if carried and stream.wide and self.continuation is Continuation.OMITTED:
            # By chance payload can look like the timestamp that it stands in
            # for; then nobody can tell.
            lookalikes = {0, stream.field >> 24, stream.timestamp >> 24}
            while carried[0] in lookalikes:
                carried[0] = self.random.randrange(256)
        self.data += carried
        stream.payload += carried
        stream.due -= len(carried)
        if not stream.due:
            stream.due = None
            self.messages.append(
                Message(
                    stream.typeID,
                    stream.timestamp,
                    stream.messageStreamID,
                    stream.payload,
                    number,
                )
            )


def randomChunks(
    seed: int, steps: int = 60, continuation: Continuation = Continuation.FIELD
) -> RandomChunks:
    """
    @return: a random chunk stream; the same seed gives the same one.
    """
    chunks = RandomChunks(Random(seed), continuation)
    chunks.run(steps)
    return chunks


def cutAt(data: bytes, *places: int) -> list[bytes]:
    """
    @return: C{data} in pieces.
    """
    edges = [0, *sorted(places), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


def randomCut(data: bytes, random: Random, count: int) -> list[bytes]:
    """
    @return: C{data} in C{count} pieces, some of them perhaps empty.
    """
    return cutAt(data, *(random.randint(0, len(data)) for _ in range(count - 1)))


def everyCut(data: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """
    @return: ways to cut, each with words for it: whole, byte by byte, and in
        two at every place.
    """
    yield "whole", [data]
    yield "byte by byte", [data[i : i + 1] for i in range(len(data))]
    for place in range(1, len(data)):
        yield f"cut at {place}", cutAt(data, place)


def readPieces(
    pieces: list[bytes],
    *,
    vectorised: bool = True,
    limits: Limits | None = None,
    buffer: FastBuffer | None = None,
) -> list[Message]:
    """
    Feed a L{ChunkReader} piece by piece, and take what it has each time.

    @return: all the messages.
    """
    buffer = FastBuffer() if buffer is None else buffer
    reader = ChunkReader(buffer, limits, vectorised=vectorised)
    messages = []
    for piece in pieces:
        buffer.append(piece)
        while (message := reader.nextMessage()) is not None:
            messages.append(message)
    return messages


class ChunkTestCase(SynchronousTestCase):
    """
    A test of what chunks mean, however they arrive.
    """

    def assertChunks(self, data: bytes, expected: list[Message]) -> None:
        """
        The chunks are these messages: whole, byte by byte, in two parts, with
        another message behind them, and with half a chunk behind them.
        """
        following = type0(63, 7, 9, b"and then", messageStreamID=9)
        last = Message(9, 7, 9, b"and then", 63)
        for vectorised in (True, False):
            for how, pieces in everyCut(data):
                found = readPieces(pieces, vectorised=vectorised)
                self.assertEqual(found, expected, how)
                found = readPieces([*pieces, following], vectorised=vectorised)
                self.assertEqual(found, [*expected, last], f"{how}, and more")
            for how, pieces in everyCut(data + following):
                found = readPieces(pieces, vectorised=vectorised)
                self.assertEqual(found, [*expected, last], f"more, {how}")
            found = readPieces([data + following[:-1]], vectorised=vectorised)
            self.assertEqual(found, expected, "a chunk too short behind it")


def hostile(valid: bytes, random: Random) -> bytes:
    """
    @return: C{valid} with a few bytes changed, lost, doubled or put in.
    """
    data = bytearray(valid)
    for _ in range(random.choice((1, 1, 1, 2, 5))):
        place = random.randrange(len(data) + 1)
        _DAMAGE[random.randrange(len(_DAMAGE))](data, place, random)
    return bytes(data)


def _overwrite(data: bytearray, place: int, random: Random) -> None:
    data[place : place + 1] = bytes([random.choice((0, 1, 3, 0x7F, 0xC4, 0xFF))])


def _lose(data: bytearray, place: int, random: Random) -> None:
    del data[place : place + random.randint(1, 9)]


def _double(data: bytearray, place: int, random: Random) -> None:
    data[place:place] = data[place : place + random.randint(1, 60)]


def _insert(data: bytearray, place: int, random: Random) -> None:
    data[place:place] = random.randbytes(random.randint(1, 9))


_DAMAGE: tuple[Callable[[bytearray, int, Random], None], ...] = (
    # Changes of a byte most of all: the rest of the stream stays in step.
    _overwrite,
    _overwrite,
    _overwrite,
    _lose,
    _double,
    _insert,
)
