"""
Properties of chunk streams that hold for all messages, senders and cuts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.wire.buffer import FastBuffer
from rtmptwisted.wire.chunkwriter import ChunkWriter, cut
from rtmptwisted.wire.handshake import ServerHandshake
from rtmptwisted.wire.message import Message
from tests.test_handshake import DigestClient
from tests.wire_support import (
    EXTENDED,
    LARGEST_REPEATED,
    WRAP,
    basic,
    cutAt,
    header,
    plainMessages,
    readPieces,
    setChunkSize,
)

SETTINGS = settings(max_examples=150, deadline=None, derandomize=True, database=None)

#: Each of the three lengths of a basic header, and their edges.
CHUNK_STREAMS = st.one_of(
    st.sampled_from((3, 63, 64, 319, 320, 65599)), st.integers(3, 65599)
)
#: Around the places where a field gets longer, and where time starts again.
_EDGES = (LARGEST_REPEATED, EXTENDED, 1 << 31, WRAP)
TIMES = st.one_of(
    st.sampled_from([(edge + step) % WRAP for edge in _EDGES for step in (-1, 0, 1)]),
    st.integers(0, WRAP - 1),
)
STEPS = st.one_of(TIMES, st.sampled_from((0, 23, 40)))
SIZES = st.one_of(st.sampled_from((128, 127, 129, 4096, 1, 2)), st.integers(1, 300))
PLACES = st.lists(st.integers(0, 1 << 20), max_size=12)


class Planned(NamedTuple):
    """
    A message to be written.

    @ivar chunks: its length in chunks, of the size of the time.
    @ivar more: bytes beyond those; may be negative.
    """

    stream: int
    typeID: int
    step: int
    chunks: int
    more: int
    messageStreamID: int


def planned(streams: int) -> st.SearchStrategy[Planned]:
    """
    @param streams: how many chunk streams there are to choose from.
    """
    return st.builds(
        Planned,
        st.integers(0, streams - 1),
        st.sampled_from((8, 9, 9, 18, 20, 22, 99)),
        STEPS,
        st.sampled_from((1, 2, 3, 4, 0)),
        st.integers(-2, 2),
        st.sampled_from((0, 1, 1, 1, 0x01020304)),
    )


def payload(size: int, seed: int) -> bytes:
    """
    @return: bytes in which no two neighbours are alike, with some that look
        like chunk headers.
    """
    return bytes((i * 7 + seed * 67) % 256 for i in range(max(size, 0)))


def length(chunkSize: int, plan: Planned) -> int:
    """
    @return: how long a message of so many chunks is, within limits.
    """
    return min(max(chunkSize * plan.chunks + plan.more, 0), 9000)


def split(data: bytes, places: list[int]) -> list[bytes]:
    """
    @param places: any numbers.
    @return: C{data} in pieces.
    """
    return cutAt(data, *(place % (len(data) + 1) for place in places))


class WriterPropertyTests(SynchronousTestCase):
    """
    What we write.
    """

    @given(
        st.lists(CHUNK_STREAMS, min_size=4, max_size=4, unique=True),
        st.lists(st.one_of(planned(4), planned(4), SIZES), min_size=5, max_size=20),
        PLACES,
    )
    @SETTINGS
    def test_readBack(
        self, streams: list[int], plans: list[Planned | int], places: list[int]
    ) -> None:
        """
        Messages on any chunk streams, at any times, of lengths around that of
        a chunk, are read back as they were, by the plain reader and by ours,
        while the chunk size changes.
        """
        writer = ChunkWriter()
        data = b""
        expected = []
        times = dict.fromkeys(streams, 0)
        for plan in plans:
            if isinstance(plan, int):
                message = Message(1, 0, 0, plan.to_bytes(4, "big"), 2)
            else:
                number = streams[plan.stream]
                times[number] = (times[number] + plan.step) % WRAP
                message = Message(
                    plan.typeID,
                    times[number],
                    plan.messageStreamID,
                    payload(length(writer.chunkSize, plan), number),
                    number,
                )
            data += writer.write(message)
            expected.append(message)
            if isinstance(plan, int):
                writer.chunkSize = plan
        self.assertEqual(plainMessages(data), expected)
        for vectorised in (True, False):
            found = readPieces(split(data, places), vectorised=vectorised)
            self.assertEqual(found, expected)

    @given(CHUNK_STREAMS, TIMES, st.lists(planned(1), max_size=8), SIZES, PLACES)
    @SETTINGS
    def test_independent(
        self,
        number: int,
        time: int,
        plans: list[Planned],
        size: int,
        places: list[int],
    ) -> None:
        """
        Messages that were cut alone can be sent in any order, repeated and
        left out, between those of a connection that has the same chunk size.
        """
        messages = [
            Message(
                plan.typeID,
                (time + plan.step) % WRAP,
                plan.messageStreamID,
                payload(length(size, plan), plan.step),
                number,
            )
            for plan in plans
        ]
        writer = ChunkWriter()
        writer.chunkSize = size
        ours = Message(4, 0, 0, b"\0\6\0\0\0\1", 2)
        pieces = [cut(message, size) for message in messages]
        order = [place % len(pieces) for place in places] if pieces else []
        data = setChunkSize(size, 3 if number != 3 else 4)
        for index in order:
            data += pieces[index] + writer.write(ours)
        expected = [each for index in order for each in (messages[index], ours)]
        found = readPieces(split(data, places))
        self.assertEqual(found[1:], expected)


@dataclass
class Stream:
    """
    One chunk stream of L{Sender}, as its receiver has to understand it.

    @ivar field: the last timestamp field.
    @ivar body: the message under way; L{None} between messages.
    @ivar sent: how much of it is written.
    """

    timestamp: int = 0
    field: int = 0
    delta: int = 0
    typeID: int = 0
    messageStreamID: int = 0
    size: int = 0
    body: bytes | None = None
    sent: int = 0
    used: bool = False


class Begin(NamedTuple):
    """
    Begin a message with a chunk of this form, or go on with the one that is
    under way; form 0 gives that up.
    """

    form: int
    plan: Planned


class GoOn(NamedTuple):
    """
    Write up to so many further chunks of a message, if one is under way.
    """

    stream: int
    chunks: int
    form: int


class Resize(NamedTuple):
    """
    Change the chunk size.
    """

    size: int


class Abort(NamedTuple):
    """
    Give up what is under way on a chunk stream.
    """

    stream: int


@dataclass
class Sender:
    """
    A sender that follows the specification, and writes headers in all the ways
    it allows.

    @ivar data: what it has sent.
    @ivar messages: what that means.
    """

    numbers: list[int]
    data: bytes = b""
    messages: list[Message] = field(default_factory=list)
    chunkSize: int = 128
    streams: dict[int, Stream] = field(default_factory=dict)

    def do(self, step: Begin | GoOn | Resize | Abort) -> None:
        """
        Carry out one step.
        """
        match step:
            case Begin(form, plan):
                self._begin(form, plan)
            case GoOn(index, chunks, form):
                for _ in range(chunks):
                    if self._stream(index).body is not None:
                        self._continue(self.numbers[index], form)
            case Resize(size):
                self._control(1, size)
                self.chunkSize = size
            case Abort(index):
                self._control(2, self.numbers[index])
                self._stream(index).body = None

    def _control(self, typeID: int, value: int) -> None:
        body = value.to_bytes(4, "big")
        self.messages.append(Message(typeID, 0, 0, body, 2))
        self.data += basic(0, 2) + header(0, 0, 4, typeID, 0)
        # Control messages are cut like all others.
        cuts = range(self.chunkSize, 4, self.chunkSize)
        self.data += basic(3, 2).join(cutAt(body, *cuts))

    def _stream(self, index: int) -> Stream:
        return self.streams.setdefault(self.numbers[index], Stream())

    def _begin(self, form: int, plan: Planned) -> None:
        number, stream = self.numbers[plan.stream], self._stream(plan.stream)
        if stream.body is not None and form > 0:
            self._continue(number, form)
            return
        if not stream.used:
            # What types 2 and 3 would inherit is not there yet.
            form = min(form, 1)
        if form < 2:
            stream.typeID, stream.size = plan.typeID, length(self.chunkSize, plan)
        if form == 0:
            stream.messageStreamID = plan.messageStreamID
            stream.timestamp = stream.field = plan.step
            stream.delta = plan.step if plan.step <= LARGEST_REPEATED else 0
        else:
            if form < 3:
                stream.field = stream.delta = plan.step
            stream.timestamp = (stream.timestamp + stream.delta) % WRAP
        stream.used = True
        stream.body, stream.sent = payload(stream.size, len(self.data)), 0
        self._header(number, stream, form)
        self._carry(number, stream)

    def _continue(self, number: int, form: int) -> None:
        stream = self.streams[number]
        self._header(number, stream, max(form, 1))
        self._carry(number, stream)

    def _header(self, number: int, stream: Stream, form: int) -> None:
        self.data += basic(form, number, long=len(self.data) % 2 == 0)
        if form < 3:
            self.data += header(
                form, stream.field, stream.size, stream.typeID, stream.messageStreamID
            )
        elif stream.field >= EXTENDED:
            self.data += stream.field.to_bytes(4, "big")

    def _carry(self, number: int, stream: Stream) -> None:
        assert stream.body is not None
        end = stream.sent + self.chunkSize
        self.data += stream.body[stream.sent : end]
        stream.sent = end
        if end >= stream.size:
            self.messages.append(
                Message(
                    stream.typeID,
                    stream.timestamp,
                    stream.messageStreamID,
                    stream.body,
                    number,
                )
            )
            stream.body = None


PROGRAMS = st.lists(
    st.one_of(
        st.builds(Begin, st.sampled_from((0, 1, 2, 3, 3)), planned(3)),
        st.builds(Begin, st.sampled_from((0, 1, 2, 3, 3)), planned(3)),
        st.builds(
            GoOn, st.integers(0, 2), st.integers(1, 9), st.sampled_from((3, 3, 3, 1, 2))
        ),
        st.builds(Resize, SIZES),
        st.builds(Abort, st.integers(0, 2)),
    ),
    min_size=12,
    max_size=40,
)


class SenderPropertyTests(SynchronousTestCase):
    """
    What others write.
    """

    @given(
        st.lists(CHUNK_STREAMS, min_size=3, max_size=3, unique=True), PROGRAMS, PLACES
    )
    @settings(SETTINGS, max_examples=300)
    def test_interleaved(
        self,
        numbers: list[int],
        program: list[Begin | GoOn | Resize | Abort],
        places: list[int],
    ) -> None:
        """
        A sender that does what the specification allows, on three chunk streams
        at once, is understood: whole, cut anywhere and byte by byte, with runs
        of chunks taken together and one by one.
        """
        sender = Sender(numbers)
        for step in program:
            sender.do(step)
        data = sender.data
        bytewise = [data[i : i + 1] for i in range(len(data))]
        for pieces in ([data], split(data, places), bytewise):
            for vectorised in (True, False):
                found = readPieces(pieces, vectorised=vectorised)
                self.assertEqual(found, sender.messages)


BLOCKS = st.binary(min_size=24, max_size=24).map(lambda data: data * 64)
#: Around the ends of C0, C1 and C2.
ENDS = st.lists(
    st.one_of(
        st.sampled_from([end + step for end in (1, 1537, 3073) for step in (-1, 0, 1)]),
        st.integers(0, 3073),
    ),
    max_size=12,
)


class HandshakePropertyTests(SynchronousTestCase):
    """
    The handshake.
    """

    def converse(self, pieces: list[bytes]) -> tuple[list[bytes], bytes]:
        """
        @return: what is answered, and what lies behind the handshake.
        """
        handshake = ServerHandshake(bytes(range(256)) * 6)
        buffer = FastBuffer()
        answers = []
        for piece in pieces:
            buffer.append(piece)
            while not handshake.done and (reply := handshake.step(buffer)) is not None:
                answers.append(reply)
        return answers, bytes(buffer.peek(100))

    @given(BLOCKS, BLOCKS, st.binary(max_size=50), ENDS)
    @settings(SETTINGS, max_examples=80)
    def test_simple(self, c1: bytes, c2: bytes, rest: bytes, places: list[int]) -> None:
        """
        Whatever a client's blocks hold, and however they arrive, there is one
        answer which ends with its own block, and what comes behind is left
        alone.
        """
        answers, behind = self.converse(split(b"\3" + c1 + c2 + rest, places))
        self.assertEqual([len(each) for each in answers], [3073, 0])
        self.assertEqual(answers[0][1537:], c1)
        self.assertEqual(behind, rest)

    @given(st.integers(0, 1), st.integers(0, 99), BLOCKS, ENDS)
    @settings(SETTINGS, max_examples=60)
    def test_digest(self, scheme: int, seed: int, c2: bytes, places: list[int]) -> None:
        """
        A client with a digest gets one that it accepts, however its blocks
        arrive.
        """
        client = DigestClient(scheme, seed)
        answers, behind = self.converse(split(b"\3" + client.c1 + c2, places))
        self.assertEqual([len(each) for each in answers], [3073, 0])
        self.assertTrue(client.accepts(answers[0][1:1537], answers[0][1537:]))
        self.assertEqual(behind, b"")
