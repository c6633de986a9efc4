"""
What viewers receive, read piece by piece: RTMP, and FLV over HTTP or WebSocket.

Written for the measurements alone, it shares nothing with what it checks.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol


class Payload(NamedTuple):
    """
    @ivar kind: 8 for audio, 9 for video, 18 for script data.
    @ivar time: milliseconds.
    """

    kind: int
    time: int
    data: bytes


class Malformed(Exception):
    """
    What came is not what it should be.
    """


class Reader(Protocol):
    """
    Reads one connection.
    """

    def feed(self, data: bytes) -> list[Payload]:
        """
        @param data: what came next.
        @return: what is whole now.
        """


class FLVReader:
    """
    FLV: the file header, and tags.
    """

    def __init__(self) -> None:
        self._left = b""
        self._begun = False

    def feed(self, data: bytes) -> list[Payload]:
        """
        See L{Reader}.
        """
        data = self._left + data
        at = 0
        found: list[Payload] = []
        if not self._begun:
            if len(data) < 13:
                self._left = data
                return found
            if data[:4] != b"FLV\x01" or data[5:13] != b"\0\0\0\x09\0\0\0\0":
                raise Malformed(f"no FLV header: {data[:13].hex()}")
            self._begun = True
            at = 13
        while len(data) - at >= 11:
            size = int.from_bytes(data[at + 1 : at + 4], "big")
            end = at + 11 + size
            if len(data) < end + 4:
                break
            if int.from_bytes(data[end : end + 4], "big") != size + 11:
                raise Malformed("the size behind a tag is not that of the tag")
            time = int.from_bytes(data[at + 4 : at + 7], "big") | data[at + 7] << 24
            found.append(Payload(data[at], time, data[at + 11 : end]))
            at = end + 4
        self._left = data[at:]
        return found


class HTTPReader:
    """
    FLV in the body of an HTTP response, chunked or not.
    """

    def __init__(self) -> None:
        self._flv = FLVReader()
        self._left = b""
        self._chunked: bool | None = None

    def feed(self, data: bytes) -> list[Payload]:
        """
        See L{Reader}.
        """
        if self._chunked is False:
            return self._flv.feed(data)
        self._left += data
        if self._chunked is None:
            head, end, body = self._left.partition(b"\r\n\r\n")
            if not end:
                return []
            if not head.startswith((b"HTTP/1.1 200 ", b"HTTP/1.0 200 ")):
                raise Malformed(f"refused: {head.splitlines()[0].decode('latin-1')}")
            self._chunked = b"\r\ntransfer-encoding: chunked" in head.lower()
            self._left = b""
            return self.feed(body)
        return self._flv.feed(b"".join(self._chunks()))

    def _chunks(self) -> Iterator[bytes]:
        """
        Take what is whole.
        """
        data, at = self._left, 0
        while (line := data.find(b"\r\n", at)) >= 0:
            size = int(data[at:line].split(b";")[0], 16)
            end = line + 2 + size
            if len(data) < end + 2:
                break
            if data[end : end + 2] != b"\r\n":
                raise Malformed("no line end behind a chunk")
            yield data[line + 2 : end]
            at = end + 2
        self._left = data[at:]


class WebSocketReader:
    """
    FLV in binary messages of a WebSocket.
    """

    def __init__(self) -> None:
        self._flv = FLVReader()
        self._left = b""
        self._open = False

    def feed(self, data: bytes) -> list[Payload]:
        """
        See L{Reader}.
        """
        self._left += data
        if not self._open:
            head, end, body = self._left.partition(b"\r\n\r\n")
            if not end:
                return []
            if not head.startswith(b"HTTP/1.1 101 "):
                raise Malformed(f"refused: {head.splitlines()[0].decode('latin-1')}")
            self._open = True
            self._left = body
        return self._flv.feed(b"".join(self._frames()))

    def _frames(self) -> Iterator[bytes]:
        data, at = self._left, 0
        while len(data) - at >= 2:
            first, size = data[at], data[at + 1]
            if first & 0x70 or size & 0x80:
                raise Malformed("a masked or extended WebSocket frame")
            start = at + 2
            if size >= 126:
                wide = 2 if size == 126 else 8
                size = int.from_bytes(data[start : start + wide], "big")
                start += wide
            if len(data) < start + size or start > len(data):
                break
            # Continuation or binary; the rest is control.
            if first & 0x0F in (0, 2):
                yield data[start : start + size]
            elif first & 0x0F not in (9, 10):
                raise Malformed(f"a WebSocket frame of type {first & 0x0F}")
            at = start + size
        self._left = data[at:]


class _Header(NamedTuple):
    """
    What the headers of a chunk stream have said so far.
    """

    time: int = 0
    delta: int = 0
    length: int = 0
    kind: int = 0
    extended: bool = False


class _ChunkStream:
    """
    The last header of a chunk stream, and the message under way.
    """

    def __init__(self) -> None:
        self.header = _Header()
        self.parts: list[bytes] = []
        self.received = 0


class RTMPReader:
    """
    What an RTMP server sends behind the handshake.
    """

    def __init__(self) -> None:
        self._left = b""
        self._chunkSize = 128
        self._streams: dict[int, _ChunkStream] = {}

    def feed(self, data: bytes) -> list[Payload]:
        """
        See L{Reader}.
        """
        self._left += data
        at = 0
        found: list[Payload] = []
        while (end := self._chunk(self._left, at, found)) > at:
            at = end
        self._left = self._left[at:]
        return [each for each in found if each.kind in (8, 9, 18)]

    def _chunk(self, data: bytes, at: int, found: list[Payload]) -> int:
        """
        Read one chunk.

        @return: where it ends; C{at}, when it is not whole.
        """
        if at == len(data):
            return at
        form, number = data[at] >> 6, data[at] & 0x3F
        here = at + (1 if number > 1 else 2 + number)
        if len(data) < here + (11, 7, 3, 0)[form]:
            return at
        if number < 2:
            number = 64 + int.from_bytes(data[at + 1 : here], "little")
        stream = self._streams.get(number)
        if stream is None:
            if form > 1:
                raise Malformed(f"chunk stream {number} begins with type {form}")
            stream = _ChunkStream()
        header, here = _readHeader(data, here, form, stream)
        size = min(self._chunkSize, header.length - stream.received)
        if len(data) < here + size:
            return at
        self._streams[number] = stream
        stream.header = header
        stream.parts.append(data[here : here + size])
        stream.received += size
        if stream.received == header.length:
            payload = b"".join(stream.parts)
            stream.parts, stream.received = [], 0
            if header.kind == 1:
                self._chunkSize = int.from_bytes(payload, "big")
            found.append(Payload(header.kind, header.time, payload))
        return here + size


def _readHeader(
    data: bytes, at: int, form: int, stream: _ChunkStream
) -> tuple[_Header, int]:
    """
    Read a message header, all of which is there, and an extended timestamp, which
    may be missing.

    @return: what it says, and where the payload begins.
    """
    time, delta, length, kind, extended = stream.header
    if form == 3:
        if not stream.received:
            time += delta
        return _Header(time, delta, length, kind, extended), at + 4 * extended
    delta = int.from_bytes(data[at : at + 3], "big")
    extended = delta == 0xFFFFFF
    if form < 2:
        length = int.from_bytes(data[at + 3 : at + 6], "big")
        kind = data[at + 6]
    at += (11, 7, 3)[form]
    if extended:
        delta = int.from_bytes(data[at : at + 4], "big")
    time = delta if form == 0 else time + delta
    return _Header(time, delta, length, kind, extended), at + 4 * extended
