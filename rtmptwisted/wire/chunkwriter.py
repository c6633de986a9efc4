"""
The chunk stream, sent: messages cut into chunks.

Source: RTMP 1.0 (Adobe, 2012), section 5.3.
"""

from __future__ import annotations

from typing import NamedTuple

from rtmptwisted.wire.chunk import DEFAULT_CHUNK_SIZE
from rtmptwisted.wire.chunkheader import EXTENDED
from rtmptwisted.wire.message import Message


class _Sent(NamedTuple):
    """
    What the last header on a chunk stream said.

    @ivar delta: what a type 3 chunk would repeat; L{None} after a type 0
        chunk whose timestamp is not 0, where receivers disagree.
    """

    timestamp: int
    delta: int | None
    length: int
    typeID: int
    messageStreamID: int


def basicHeader(form: int, chunkStreamID: int) -> bytes:
    """
    @param form: the chunk type, 0 to 3.
    @param chunkStreamID: 2 to 65599.
    @return: 1, 2 or 3 bytes (section 5.3.1.1).
    @raise ValueError: when there is no such chunk stream.
    """
    if 2 <= chunkStreamID <= 63:
        return bytes((form << 6 | chunkStreamID,))
    number = chunkStreamID - 64
    if 0 <= number <= 255:
        return bytes((form << 6, number))
    if 0 <= number <= 65535:
        return bytes((form << 6 | 1,)) + number.to_bytes(2, "little")
    raise ValueError(f"no chunk stream {chunkStreamID}")


def cut(message: Message, chunkSize: int, form: int = 0, field: int = -1) -> bytes:
    """
    Write a message as chunks.

    With type 0, the default, the result depends on nothing that was sent
    before, so that the same bytes are good for any number of receivers.

    @param chunkSize: the largest payload of a chunk, in bytes.
    @param form: the type of the first chunk.
    @param field: its timestamp field: the timestamp for type 0, else the
        delta, milliseconds.
    """
    payload = message.payload
    if form == 0:
        field = message.timestamp
    extended = field.to_bytes(4, "big") if field >= EXTENDED else b""
    header = basicHeader(form, message.chunkStreamID)
    if form < 3:
        header += min(field, EXTENDED).to_bytes(3, "big")
    if form < 2:
        header += len(payload).to_bytes(3, "big") + bytes((message.typeID,))
    if form < 1:
        header += message.messageStreamID.to_bytes(4, "little")
    header += extended
    if len(payload) <= chunkSize:
        return header + payload
    # Continuation chunks repeat the extended timestamp: ffmpeg and rtmpdump
    # lose the stream without it.
    between = basicHeader(3, message.chunkStreamID) + extended
    return header + between.join(
        payload[start : start + chunkSize]
        for start in range(0, len(payload), chunkSize)
    )


class ChunkWriter:
    """
    Writes the messages of one connection with the shortest headers that say
    what is needed.

    @ivar chunkSize: the largest chunk payload, in bytes.  The receiver has to
        be told first.
    """

    def __init__(self) -> None:
        self.chunkSize = DEFAULT_CHUNK_SIZE
        self._sent: dict[int, _Sent] = {}

    def write(self, message: Message) -> bytes:
        """
        @return: the chunks of C{message}, on its own chunk stream.
        """
        last = self._sent.get(message.chunkStreamID)
        form, field = self._header(message, last)
        delta: int | None = field
        if form == 0 and field:
            delta = None
        self._sent[message.chunkStreamID] = _Sent(
            message.timestamp,
            delta,
            len(message.payload),
            message.typeID,
            message.messageStreamID,
        )
        return cut(message, self.chunkSize, form, field)

    def _header(self, message: Message, last: _Sent | None) -> tuple[int, int]:
        """
        @return: the chunk type, and its timestamp field.
        """
        if (
            last is None
            or last.messageStreamID != message.messageStreamID
            or message.timestamp < last.timestamp
        ):
            return 0, message.timestamp
        delta = message.timestamp - last.timestamp
        if (last.length, last.typeID) != (len(message.payload), message.typeID):
            return 1, delta
        return (3 if delta == last.delta else 2), delta
