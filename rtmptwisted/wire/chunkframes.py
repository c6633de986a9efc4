"""
The usual case of the chunk stream, read in one loop: audio and video messages
that have arrived whole.

L{rtmptwisted.wire.chunk} reads everything, step by step, and all that is said
there of chunks holds here.  What a server with publishers mostly reads is simple
in comparison: it begins with a chunk of type 0 or 1, on a chunk stream of one byte
that is known and between two messages, and has no extended timestamp.  When that
is looked for first, such a message takes 0.9 us instead of 2.6.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from operator import itemgetter
from struct import Struct
from typing import Final

from rtmptwisted.wire.buffer import FastBuffer
from rtmptwisted.wire.chunkheader import EXTENDED, REPEATED_TIMESTAMP, Header
from rtmptwisted.wire.chunkstream import ChunkStream
from rtmptwisted.wire.message import Message, MessageType

#: The types of messages with coded media.
FRAMES = frozenset((MessageType.AUDIO, MessageType.VIDEO))

#: How many messages are read together at the most: well below a millisecond of
#: work, and as many as a large read brings of a real encoder.
_MOST = 64

#: How many chunks such a message has at the most.  It bounds what a look ahead costs
#: where chunks are interleaved.
MOST_CHUNKS = 4096

#: From this chunk size on, in bytes, and up to so many further chunks, it is faster to
#: join pieces than to remove what is between them: that takes a step for each
#: piece, but copies the payload once instead of three times.  33 kB in chunks of 4096
#: take 2.2 us instead of 3.0; with chunks of 2048 both take the same.
_JOINED_SIZE: Final = 4096
_JOINED_CHUNKS: Final = 64

#: The first 8 bytes of a chunk: its basic header and timestamp, length and type.
_fields = Struct(">II").unpack_from

#: Makes a L{Header} or a L{Message} of a tuple with all its fields, as the class
#: itself does, in half the time.
_make = tuple.__new__


@lru_cache(_JOINED_CHUNKS)
def _pieces(
    chunkSize: int, more: int
) -> Callable[[memoryview], tuple[memoryview, ...]]:
    """
    @return: what cuts the pieces of payload out of a chunk and so many more.
    """
    stride = chunkSize + 1
    starts = range(0, (more + 1) * stride, stride)
    return itemgetter(*[slice(start, start + chunkSize) for start in starts])


def _payload(span: memoryview, chunkSize: int, more: int) -> bytes:
    """
    @param span: a chunk without its header, and so many more with theirs of one
        byte.
    """
    if chunkSize >= _JOINED_SIZE and more <= _JOINED_CHUNKS:
        return b"".join(_pieces(chunkSize, more)(span))
    joined = bytearray(span)
    del joined[chunkSize :: chunkSize + 1]
    return bytes(joined)


def takeFrames(
    buffer: FastBuffer,
    streams: dict[int, ChunkStream],
    chunkSize: int,
    largest: int,
) -> list[Message]:
    """
    Take the messages at the start of the buffer, up to the first that is not
    simple, not whole, or longer than C{largest}.
    """
    data, at = buffer.data, buffer.at
    size = len(data)
    frames: list[Message] = []
    for _ in range(_MOST):
        if at > size - 8:
            break
        start, rest = _fields(data, at)
        first, field = start >> 24, start & 0xFFFFFF
        length, typeID = rest >> 8, rest & 0xFF
        stream = streams.get(first & 0x3F)
        body = at + (12 if first < 0x40 else 8)
        if first >= 0x80 or stream is None or stream.parts is not None or body > size:
            break
        # How many chunks of type 3 follow, each with a header of one byte.
        more = (length - 1) // chunkSize if length > chunkSize else 0
        end = body + length + more
        if typeID not in FRAMES or length > largest or field == EXTENDED or end > size:
            break
        if more:
            marks = data[body + chunkSize : end : chunkSize + 1]
            if marks.count(first & 0x3F | 0xC0) != more:
                break
            payload = _payload(memoryview(data)[body:end], chunkSize, more)
        else:
            payload = data[body:end]
        timestamp, delta, messageStreamID = field, field, stream.header.messageStreamID
        if first < 0x40:
            delta = field if field <= REPEATED_TIMESTAMP else 0
            messageStreamID = int.from_bytes(data[at + 8 : at + 12], "little")
        else:
            timestamp = stream.header.timestamp + field & 0xFFFFFFFF
        stream.header = _make(
            Header, (timestamp, field, delta, False, length, typeID, messageStreamID)
        )
        frames.append(
            _make(Message, (typeID, timestamp, messageStreamID, payload, first & 0x3F))
        )
        at = end
    buffer.consume(at)
    return frames
