"""
The forms in which a live stream goes out to viewers.

A format is a value: viewers with equal formats share every byte.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Protocol

from rtmptwisted import compatible
from rtmptwisted.wire.chunkwriter import cut
from rtmptwisted.wire.coding import (
    AUDIO_CHUNK_STREAM,
    DATA_CHUNK_STREAM,
    VIDEO_CHUNK_STREAM,
)
from rtmptwisted.wire.flv import AUDIO, VIDEO, FLVTag, fileHeader
from rtmptwisted.wire.message import Message

#: The chunk size in which the server sends, in bytes: few messages need more
#: than one chunk.  It never changes, since chunks are shared.
CHUNK_SIZE = 60_000

_CHUNK_STREAMS = {AUDIO: AUDIO_CHUNK_STREAM, VIDEO: VIDEO_CHUNK_STREAM}


class Format(Protocol):
    """
    A form of a live stream.  Equal formats give equal bytes.

    @ivar tracks: whether all tracks are a part of it, or the default ones only.
    @ivar fixed: whether what it has must not change while somebody watches.
    """

    @property
    def tracks(self) -> bool: ...

    @property
    def fixed(self) -> bool: ...

    def __hash__(self) -> int:
        """
        Formats are keys of what is shared.
        """

    def carries(self, typeID: int, codec: str) -> bool:
        """
        @param typeID: L{AUDIO} or L{VIDEO}.
        @param codec: see L{rtmptwisted.wire.codec.Description}.
        @return: whether such media is a part of this form.
        """

    def isReady(self, typeID: int, codec: str, header: FLVTag | None) -> bool:
        """
        @param header: the latest sequence header of the default track.
        @return: whether there is all that such media needs first.
        """

    def opening(self, hasAudio: bool, hasVideo: bool) -> bytes:
        """
        @return: what comes before the first tag.
        """

    def encode(self, tag: FLVTag) -> bytes:
        """
        @return: the tag, or nothing when it does not belong in this form.
        """

    def frame(self, data: bytes) -> bytes:
        """
        @return: what is written to a viewer for the encoded tags of one flush.
        """


class Framing(enum.Enum):
    """
    What is around the FLV of each flush.
    """

    #: Nothing: it is a body that ends with its connection, or HTTP/2 frames it.
    BARE = "bare"
    #: A chunk of an HTTP/1.1 body (RFC 9112, section 7.1).
    CHUNKED = "chunked"
    #: A binary message of a WebSocket (RFC 6455, section 5.2), as servers send it:
    #: not masked, so that it is the same for all.
    WEBSOCKET = "WebSocket"


@dataclass(frozen=True)
class FLVFormat:
    """
    FLV, as HTTP-FLV and WebSocket-FLV players want it.

    @ivar framing: what is around each flush.
    @ivar raw: whether it has all that is published, or what browsers read: see
        L{rtmptwisted.compatible}.
    """

    framing: Framing = Framing.BARE
    raw: bool = False

    @property
    def tracks(self) -> bool:
        """
        Whether all tracks are a part of it.
        """
        return self.raw

    def carries(self, typeID: int, codec: str) -> bool:
        """
        Anything when raw, else what browsers may be able to play.
        """
        return self.raw or compatible.carries(typeID, codec)

    @property
    def fixed(self) -> bool:
        """
        Browsers cannot have another codec later, or audio after video.
        """
        return not self.raw

    def isReady(self, typeID: int, codec: str, header: FLVTag | None) -> bool:
        """
        Browsers need a sequence header.
        """
        return self.raw or compatible.isReady(typeID, codec, header)

    def opening(self, hasAudio: bool, hasVideo: bool) -> bytes:
        """
        The file header.
        """
        return fileHeader(hasAudio, hasVideo)

    def encode(self, tag: FLVTag) -> bytes:
        """
        The tag in FLV form; nothing for one without a body, which players
        cannot read.
        """
        if not self.raw:
            readable = compatible.compatible(tag)
            if readable is None:
                return b""
            tag = readable
        return tag.encoded() if tag.body else b""

    def frame(self, data: bytes) -> bytes:
        """
        The data, in its frame.
        """
        if self.framing is Framing.CHUNKED:
            return b"%x\r\n%b\r\n" % (len(data), data)
        if self.framing is Framing.WEBSOCKET:
            return _webSocketHead(len(data)) + data
        return data


def _webSocketHead(size: int) -> bytes:
    """
    @return: the header of an unmasked, whole binary message.
    """
    if size < 126:
        return bytes((0x82, size))
    if size < 0x10000:
        return b"\x82\x7e" + size.to_bytes(2, "big")
    return b"\x82\x7f" + size.to_bytes(8, "big")


@dataclass(frozen=True)
class RTMPFormat:
    """
    RTMP chunks, each message starting with a type 0 chunk, so that they are
    the same for everybody.

    @ivar messageStreamID: of the player's NetStream, which is nearly always 1.
    @ivar audio: whether audio is wanted.
    @ivar video: whether video is wanted.
    """

    messageStreamID: int
    audio: bool = True
    video: bool = True

    @property
    def tracks(self) -> bool:
        """
        All tracks are a part of it.
        """
        return True

    @property
    def fixed(self) -> bool:
        """
        Players take what comes.
        """
        return False

    def carries(self, typeID: int, codec: str) -> bool:
        """
        What the player wants, in any codec.
        """
        return self.audio if typeID == AUDIO else self.video

    def isReady(self, typeID: int, codec: str, header: FLVTag | None) -> bool:
        """
        Players wait for what they need.
        """
        return True

    def opening(self, hasAudio: bool, hasVideo: bool) -> bytes:
        """
        Nothing.
        """
        return b""

    def encode(self, tag: FLVTag) -> bytes:
        """
        The tag as an RTMP message.
        """
        typeID = tag.typeID
        if (typeID == AUDIO and not self.audio) or (typeID == VIDEO and not self.video):
            return b""
        chunkStreamID = _CHUNK_STREAMS.get(typeID, DATA_CHUNK_STREAM)
        return cut(
            Message(
                typeID, tag.timestamp, self.messageStreamID, tag.body, chunkStreamID
            ),
            CHUNK_SIZE,
        )

    def frame(self, data: bytes) -> bytes:
        """
        The data as it is.
        """
        return data
