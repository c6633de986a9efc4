"""
The chunk stream, received: chunks put together to messages.

Source: RTMP 1.0 (Adobe, 2012), section 5.3, and the ways in which real senders
differ from it, noted where they are handled.
"""

from __future__ import annotations

from typing import NamedTuple

from rtmptwisted.errors import ChunkError
from rtmptwisted.wire.buffer import FastBuffer
from rtmptwisted.wire.limits import Limits
from rtmptwisted.wire.message import Message, MessageType, decodeChunkSize

#: What both directions start with, in bytes.
DEFAULT_CHUNK_SIZE = 128

#: A 24-bit timestamp field with this value is followed by 4 bytes that hold it.
EXTENDED = 0xFFFFFF

#: The longest header: 3 bytes basic, 11 bytes message, 4 bytes timestamp.
_LONGEST_HEADER = 18

#: The size of the message header by chunk type.
_MESSAGE_HEADER = (11, 7, 3, 0)

#: A chunk waits until it is whole.  One whose payload is longer than this is
#: taken in pieces instead, so that it does not have to fit the buffer.
_LONGEST_WAIT = 65536

#: A part of a message is added to the one before when that is shorter, in bytes:
#: 16 MiB in parts of one byte would be 1 GiB of objects.
_SMALL_PART = 1024

#: How many chunks are taken together.  It bounds what a look ahead costs when
#: the chunks turn out to be interleaved; at 128 bytes a chunk it is one read
#: of 64 KiB.
_WINDOW = 512

#: A type 3 chunk that starts a message right after a type 0 chunk repeats the
#: absolute timestamp as its delta (section 5.3.1.2.4).  Senders built on
#: librtmp mean "the same timestamp again".  Past this many milliseconds nobody
#: means the former.
_LARGEST_REPEATED_TIMESTAMP = 10_000


class _Header(NamedTuple):
    """
    What the headers of a chunk stream have said so far.

    @ivar timestamp: of the message under way or the last one, milliseconds.
    @ivar field: the last timestamp field, absolute or delta, as it was sent.
    @ivar delta: what a type 3 chunk that starts a message adds.
    @ivar extended: whether that field was an extended timestamp.
    """

    timestamp: int = 0
    field: int = 0
    delta: int = 0
    extended: bool = False
    length: int = 0
    typeID: int = 0
    messageStreamID: int = 0


class _ChunkStream:
    """
    One chunk stream.

    @ivar parts: the payload received so far; L{None} between messages.
    @ivar received: its size in bytes.
    """

    __slots__ = ("header", "parts", "received")

    def __init__(self) -> None:
        self.header = _Header()
        self.received = 0
        self.parts: list[bytearray] | None = None


class _Parsed(NamedTuple):
    """
    A chunk header that is all there.

    @ivar size: of the header, in bytes.
    @ivar starts: whether a message starts here.
    """

    header: _Header
    size: int
    starts: bool


class ChunkReader:
    """
    Turns the bytes of a L{FastBuffer} into messages.

    A chunk is consumed whole or not at all: while a part of it is missing,
    neither the buffer nor any state changes.  Set Chunk Size and Abort take
    effect here, before the next chunk is read.

    @ivar chunkSize: the largest chunk payload that the peer sends, in bytes.
    @ivar abandoned: half-received messages that the peer never finished.
    """

    def __init__(
        self,
        buffer: FastBuffer,
        limits: Limits | None = None,
        *,
        vectorised: bool = True,
    ) -> None:
        """
        @param vectorised: whether a run of continuation chunks may be taken
            in one step.  The result is the same; tests compare the two.
        """
        self._buffer = buffer
        self._limits = limits or Limits()
        self._vectorised = vectorised
        self._streams: dict[int, _ChunkStream] = {}
        # No chunk can be completed while the buffer holds fewer bytes: saves
        # reading the same header again for each byte that trickles in.
        self._needed = 1
        # The chunk that is taken in pieces, and how many bytes of it are due.
        self._open: tuple[int, _ChunkStream] | None = None
        self._due = 0
        self._partialBytes = 0
        # Whether continuation chunks repeat an extended timestamp; None until
        # a chunk has shown it.
        self._repeatsExtended: bool | None = None
        self._largest = {
            MessageType.AUDIO: self._limits.mediaMessage,
            MessageType.VIDEO: self._limits.mediaMessage,
            MessageType.AGGREGATE: self._limits.mediaMessage,
            MessageType.COMMAND: self._limits.commandMessage,
            MessageType.COMMAND_AMF3: self._limits.commandMessage,
            **dict.fromkeys(range(1, 7), self._limits.controlMessage),
        }
        self.chunkSize = DEFAULT_CHUNK_SIZE
        self.abandoned = 0

    def nextMessage(self) -> Message | None:
        """
        @return: the next message, or L{None} when more bytes are needed.
        @raise ChunkError: when the peer broke the chunk stream or a limit.
        """
        buffer = self._buffer
        while (there := len(buffer)) >= self._needed:
            message = self._nextChunk() if self._open is None else self._nextPiece()
            if message is not None:
                if message.typeID <= MessageType.ABORT:
                    self._obey(message)
                return message
            if len(buffer) == there:
                break
        return None

    def _obey(self, message: Message) -> None:
        if message.typeID == MessageType.SET_CHUNK_SIZE:
            self.chunkSize = decodeChunkSize(message.payload)
        elif message.typeID == MessageType.ABORT and len(message.payload) >= 4:
            stream = self._streams.get(int.from_bytes(message.payload[:4], "big"))
            if stream is not None and stream.parts is not None:
                self._abandon(stream)

    def _abandon(self, stream: _ChunkStream) -> None:
        self._partialBytes -= stream.received
        stream.received = 0
        stream.parts = None
        self.abandoned += 1

    def _nextChunk(self) -> Message | None:
        """
        Read one chunk, or a run of chunks of one message.
        """
        head = self._buffer.peek(_LONGEST_HEADER)
        chunkStreamID = head[0] & 0x3F
        size = 1
        if chunkStreamID < 2:
            size = 2 + chunkStreamID
            if len(head) < size:
                self._needed = size
                return None
            # Little-endian, unlike almost all else.
            chunkStreamID = 64 + int.from_bytes(head[1:size], "little")
        form = head[0] >> 6
        stream = self._streams.get(chunkStreamID)
        if stream is None:
            stream = self._fresh(chunkStreamID, form)
        if form == 3:
            parsed = self._typeThree(stream, head, size)
        else:
            parsed = self._fullHeader(stream, head, size, form)
        if parsed is None:
            return None
        remaining = parsed.header.length - (0 if parsed.starts else stream.received)
        data = self._payload(parsed, remaining, chunkStreamID)
        if data is None:
            return None
        return self._accept(chunkStreamID, stream, parsed, data)

    def _fresh(self, chunkStreamID: int, form: int) -> _ChunkStream:
        # librtmp opens chunk streams with type 1; no other type tells enough.
        if form > 1:
            raise ChunkError(
                f"chunk stream {chunkStreamID} starts with a type {form} chunk"
            )
        if len(self._streams) >= self._limits.chunkStreams:
            raise ChunkError(f"more than {self._limits.chunkStreams} chunk streams")
        return _ChunkStream()

    def _fullHeader(
        self, stream: _ChunkStream, head: bytes, start: int, form: int
    ) -> _Parsed | None:
        """
        Read a message header of type 0, 1 or 2.
        """
        size = start + _MESSAGE_HEADER[form]
        if len(head) < size:
            self._needed = size
            return None
        field = int.from_bytes(head[start : start + 3], "big")
        extended = field == EXTENDED
        if extended:
            size += 4
            if len(head) < size:
                self._needed = size
                return None
            field = int.from_bytes(head[size - 4 : size], "big")
        last = stream.header
        length, typeID = last.length, last.typeID
        if form < 2:
            length = int.from_bytes(head[start + 3 : start + 6], "big")
            typeID = head[start + 6]
        repeated = (length, typeID) == (last.length, last.typeID)
        if form and repeated and stream.parts is not None:
            # Type 1 or 2 inside a message: some senders do that for type 3.
            return _Parsed(last, size, False)
        largest = self._largest.get(typeID, self._limits.dataMessage)
        if length > largest:
            raise ChunkError(
                f"a message of type {typeID} with {length} bytes, "
                f"at most {largest} are taken"
            )
        if form:
            timestamp = (last.timestamp + field) & 0xFFFFFFFF
            delta = field
            messageStreamID = last.messageStreamID
        else:
            timestamp = field
            delta = field if field <= _LARGEST_REPEATED_TIMESTAMP else 0
            messageStreamID = int.from_bytes(head[start + 7 : start + 11], "little")
        header = _Header(
            timestamp, field, delta, extended, length, typeID, messageStreamID
        )
        return _Parsed(header, size, True)

    def _typeThree(
        self, stream: _ChunkStream, head: bytes, size: int
    ) -> _Parsed | None:
        """
        Read what follows the basic header of a type 3 chunk, if anything.
        """
        header = stream.header
        if stream.parts is None:
            if header.extended:
                size += 4
                if len(head) < size:
                    self._needed = size
                    return None
            timestamp = (header.timestamp + header.delta) & 0xFFFFFFFF
            return _Parsed(header._replace(timestamp=timestamp), size, True)
        if header.extended:
            found = head[size : size + 4]
            repeated = self._extendedRepeated(header, found)
            if repeated is None:
                # The next byte may tell already, and be the last of a message.
                self._needed = size + len(found) + 1
                return None
            if repeated:
                size += 4
        return _Parsed(header, size, False)

    def _extendedRepeated(self, header: _Header, found: bytes) -> bool | None:
        """
        Tell whether a continuation chunk repeats the extended timestamp.

        By the book it does.  OBS before 30.1 and others leave it out, some
        senders write the absolute timestamp, and some write zeros.  The first
        chunk that can be nothing else decides for the connection; doing that
        before the chunk is consumed is safe, since the same bytes will say the
        same again.

        @param found: what stands in its place, up to 4 bytes.
        @return: L{None} when more bytes are needed to tell.
        """
        if self._repeatsExtended is None:
            candidates = (header.field, header.timestamp, 0)
            forms = [value.to_bytes(4, "big") for value in candidates]
            if not any(form.startswith(found) for form in forms):
                self._repeatsExtended = False
            elif len(found) == 4:
                if any(found):
                    self._repeatsExtended = True
                return True
        if self._repeatsExtended is False:
            return False
        return True if len(found) == 4 else None

    def _payload(
        self, parsed: _Parsed, remaining: int, chunkStreamID: int
    ) -> bytearray | None:
        """
        Take the header and the payload of a chunk, or of a run of chunks.
        """
        buffer = self._buffer
        size = parsed.size
        wanted = min(remaining, self.chunkSize)
        there = len(buffer) - size
        if there < wanted:
            if wanted <= _LONGEST_WAIT:
                self._needed = size + wanted
                return None
            self._due = wanted - there
            wanted = there
        elif (
            wanted < remaining
            and self._vectorised
            and chunkStreamID < 64
            and not parsed.header.extended
        ):
            return self._run(size, remaining, bytes((0xC0 | chunkStreamID,)))
        buffer.skip(size)
        return buffer.take(wanted)

    def _run(self, size: int, remaining: int, mark: bytes) -> bytearray:
        """
        Take as many chunks of one message as follow one another.

        The first is whole, and not the last of its message.

        @param size: the length of the first chunk's header.
        @param remaining: payload bytes until the end of the message.
        @param mark: the header of the other chunks, one byte.
        """
        buffer = self._buffer
        chunkSize = self.chunkSize
        stride = chunkSize + 1
        there = len(buffer) - size
        stop = remaining + (remaining - 1) // chunkSize
        if stop > there or stop > _WINDOW * stride:
            stop = min((there + 1) // stride, _WINDOW) * stride - 1
        marks = buffer.every(stride, size + chunkSize, size + stop)
        strangers = len(marks.lstrip(mark))
        if strangers:
            stop = (len(marks) - strangers) * stride + chunkSize
        buffer.skip(size)
        span = buffer.take(stop)
        del span[chunkSize::stride]
        return span

    def _accept(
        self, chunkStreamID: int, stream: _ChunkStream, parsed: _Parsed, data: bytearray
    ) -> Message | None:
        """
        Commit what was read.
        """
        self._buffer.commit()
        self._needed = 1
        if parsed.starts:
            if stream.parts is not None:
                self._abandon(stream)
            stream.header = parsed.header
            stream.parts = []
            self._streams[chunkStreamID] = stream
        if self._due:
            self._open = chunkStreamID, stream
        return self._append(chunkStreamID, stream, data)

    def _nextPiece(self) -> Message | None:
        """
        Take what has arrived of a large chunk.
        """
        assert self._open is not None
        chunkStreamID, stream = self._open
        data = self._buffer.take(min(self._due, len(self._buffer)))
        self._buffer.commit()
        self._due -= len(data)
        if not self._due:
            self._open = None
        return self._append(chunkStreamID, stream, data)

    def _append(
        self, chunkStreamID: int, stream: _ChunkStream, data: bytearray
    ) -> Message | None:
        """
        Add payload to the message under way, and hand it out when it is whole.
        """
        header = stream.header
        parts = stream.parts
        assert parts is not None
        stream.received += len(data)
        if stream.received < header.length:
            if parts and len(parts[-1]) < _SMALL_PART:
                parts[-1] += data
            else:
                parts.append(data)
            self._partialBytes += len(data)
            if self._partialBytes > self._limits.partialBytes:
                raise ChunkError(
                    f"more than {self._limits.partialBytes} bytes in messages "
                    "that are not finished"
                )
            return None
        if parts:
            self._partialBytes -= stream.received - len(data)
            parts.append(data)
            payload = b"".join(parts)
        else:
            payload = bytes(data)
        stream.parts = None
        stream.received = 0
        return Message(
            header.typeID,
            header.timestamp,
            header.messageStreamID,
            payload,
            chunkStreamID,
        )
