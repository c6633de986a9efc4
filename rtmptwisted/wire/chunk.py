"""
The chunk stream, received: chunks put together to messages.

Source: RTMP 1.0 (Adobe, 2012), section 5.3, and the ways in which real senders
differ from it, noted where they are handled.
"""

from __future__ import annotations

import sys

from rtmptwisted.errors import ChunkError
from rtmptwisted.wire.buffer import FastBuffer
from rtmptwisted.wire.chunkframes import MOST_CHUNKS, takeFrames
from rtmptwisted.wire.chunkheader import Header, HeaderReader
from rtmptwisted.wire.chunkrun import takeRun
from rtmptwisted.wire.chunkstream import ChunkStream
from rtmptwisted.wire.coding import decodeChunkSize
from rtmptwisted.wire.limits import Limits
from rtmptwisted.wire.message import Message, MessageType

#: What both directions start with, in bytes.
DEFAULT_CHUNK_SIZE = 128

#: A chunk waits until it is whole.  One whose payload is longer than this is
#: taken in pieces instead, so that it does not have to fit the buffer.
_LONGEST_WAIT = 65536

#: A part of a message is added to the one before when that is shorter, in bytes:
#: 16 MiB in parts of one byte would be 1 GiB of objects.
_SMALL_PART = 1024


class ChunkReader:
    """
    Turns the bytes of a L{FastBuffer} into messages.

    A chunk is consumed whole or not at all: while a part of it is missing,
    neither the buffer nor any state changes.  Set Chunk Size and Abort take
    effect here, before the next chunk is read.

    @ivar chunkSize: the largest chunk payload that the peer sends, in bytes.
    @ivar chunks: chunks, runs of chunks and pieces of chunks read so far.
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
        self._streams: dict[int, ChunkStream] = {}
        # No chunk can be completed while the buffer holds fewer bytes: saves
        # reading the same header again for each byte that trickles in.
        self._needed = 1
        # The chunk that is taken in pieces, and how many bytes of it are due.
        self._open: tuple[int, ChunkStream] | None = None
        self._due = 0
        self._partialBytes = 0
        self._headers = HeaderReader(self._limits)
        self.chunkSize = DEFAULT_CHUNK_SIZE
        self.abandoned = 0
        self.chunks = 0

    @property
    def needsData(self) -> bool:
        """
        Whether there can be no further message before more bytes are there.
        """
        return len(self._buffer) < self._needed

    @property
    def unfinished(self) -> list[int]:
        """
        Where the messages began that are not whole yet: for each a number that
        grows with every byte consumed, to tell them apart.
        """
        began = [each.began for each in self._streams.values() if each.parts]
        if len(self._buffer):
            began.append(self._buffer.consumed)
        return began

    def takeFrames(self) -> list[Message]:
        """
        @return: the next messages, as far as they are audio and video, and whole;
            after them goes L{nextMessage} on.
        """
        if self._open is not None or not self._vectorised:
            return []
        # So that none of them takes what there is room for beside what is under way.
        room = self._limits.partialBytes - self._partialBytes
        most = MOST_CHUNKS * self.chunkSize
        largest = min(self._limits.mediaMessage, room, most)
        frames = takeFrames(self._buffer, self._streams, self.chunkSize, largest)
        if frames:
            self.chunks += len(frames)
            self._needed = 1
        return frames

    def nextMessage(self, chunks: int = sys.maxsize) -> Message | None:
        """
        @param chunks: how many chunks, or runs of chunks, to read at the most.
        @return: the next message, or L{None} when more bytes are needed, or when
            so many chunks held the end of none (see L{needsData}).
        @raise ChunkError: when the peer broke the chunk stream or a limit.
        """
        buffer = self._buffer
        last = self.chunks + chunks
        while self.chunks < last:
            data, at = buffer.data, buffer.at
            if len(data) - at < self._needed:
                if buffer.join():
                    continue
                buffer.trim()
                return None
            self.chunks += 1
            if self._open is None:
                message = self._nextChunk(data, at)
            else:
                message = self._nextPiece()
            if message is not None:
                if message.typeID <= MessageType.ABORT:
                    self._obey(message)
                return message
        return None

    def _obey(self, message: Message) -> None:
        if message.typeID == MessageType.SET_CHUNK_SIZE:
            self.chunkSize = decodeChunkSize(message.payload)
        elif message.typeID == MessageType.ABORT and len(message.payload) >= 4:
            stream = self._streams.get(int.from_bytes(message.payload[:4], "big"))
            if stream is not None and stream.parts is not None:
                self._abandon(stream)

    def _abandon(self, stream: ChunkStream) -> None:
        self._partialBytes -= stream.counted
        stream.received = stream.counted = 0
        stream.parts = None
        self.abandoned += 1

    def _nextChunk(self, data: bytes, at: int) -> Message | None:
        """
        Read one chunk, or a run of chunks of one message.  When that is not
        possible yet, say how many bytes are needed.

        @param data: what the buffer holds.
        @param at: where in it the chunk begins.
        """
        chunkStreamID = data[at] & 0x3F
        start = at + 1
        if chunkStreamID < 2:
            start += 1 + chunkStreamID
            if len(data) < start:
                self._needed = start - at
                return None
            # Little-endian, unlike almost all else.
            chunkStreamID = 64 + int.from_bytes(data[at + 1 : start], "little")
        stream = self._streams.get(chunkStreamID)
        if stream is None:
            stream = self._fresh(chunkStreamID, data[at] >> 6)
        parsed = self._headers.read(
            data, at, start, stream.header, stream.parts is not None
        )
        if isinstance(parsed, int):
            self._needed = parsed
            return None
        header, body, starts = parsed
        remaining = header.length if starts else header.length - stream.received
        # Until a chunk has shown what the headers of the others look like, they
        # are read one by one.
        extension = self._headers.extensionLength(header)
        payload: bytes | bytearray | None
        if (
            self._vectorised
            and extension is not None
            and self.chunkSize < remaining
            and body + self.chunkSize <= len(data)
        ):
            payload, end = takeRun(
                data, body, data[at:start], remaining, self.chunkSize, extension
            )
            self._buffer.consume(end)
        else:
            payload = self._payload(data, at, body, min(remaining, self.chunkSize))
            if payload is None:
                return None
        return self._accept(chunkStreamID, stream, header, starts, payload)

    def _payload(self, data: bytes, at: int, body: int, wanted: int) -> bytes | None:
        """
        Take the header and the payload of a chunk.

        @param at: where in C{data} it begins.
        @param body: where its header ends.
        @param wanted: how long its payload is.
        """
        end = body + wanted
        if end > len(data):
            if wanted <= _LONGEST_WAIT:
                self._needed = end - at
                return None
            self._due = end - len(data)
            end = len(data)
        self._buffer.consume(end)
        return data[body:end]

    def _fresh(self, chunkStreamID: int, form: int) -> ChunkStream:
        # librtmp opens chunk streams with type 1; no other type tells enough.
        if form > 1:
            raise ChunkError(
                f"chunk stream {chunkStreamID} starts with a type {form} chunk"
            )
        if len(self._streams) >= self._limits.chunkStreams:
            raise ChunkError(f"more than {self._limits.chunkStreams} chunk streams")
        return ChunkStream()

    def _accept(
        self,
        chunkStreamID: int,
        stream: ChunkStream,
        header: Header,
        starts: bool,
        data: bytes | bytearray,
    ) -> Message | None:
        """
        Take note of what was read.
        """
        self._needed = 1
        if starts:
            if stream.parts is not None:
                self._abandon(stream)
            stream.header = header
            self._streams[chunkStreamID] = stream
        if len(data) > self.chunkSize:
            # One by one, all chunks of this run but the last would have been those
            # of an unfinished message.
            self._checkPartial((len(data) - 1) // self.chunkSize * self.chunkSize)
        if starts:
            if len(data) == header.length:
                return _message(header, bytes(data), chunkStreamID)
            stream.parts = []
            stream.began = self._buffer.consumed
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
        self, chunkStreamID: int, stream: ChunkStream, data: bytes | bytearray
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
            if not self._due:
                # A chunk is at its end: only then does it count, so that it is the
                # same for every way in which the bytes are cut.
                self._partialBytes += stream.received - stream.counted
                stream.counted = stream.received
                self._checkPartial(0)
            return None
        self._partialBytes -= stream.counted
        if parts:
            parts.append(data)
            payload = b"".join(parts)
        else:
            payload = bytes(data)
        stream.parts = None
        stream.received = stream.counted = 0
        return _message(header, payload, chunkStreamID)

    def _checkPartial(self, more: int) -> None:
        if self._partialBytes + more > self._limits.partialBytes:
            raise ChunkError(
                f"more than {self._limits.partialBytes} bytes in messages "
                "that are not finished"
            )


def _message(header: Header, payload: bytes, chunkStreamID: int) -> Message:
    return Message(
        header.typeID,
        header.timestamp,
        header.messageStreamID,
        payload,
        chunkStreamID,
    )
