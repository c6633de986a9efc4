"""
Audio and video as tests want them.

The payloads look like H.264 and AAC as far as headers go.  Each frame is
unlike every other, so that order and identity can be told.
"""

from __future__ import annotations

from rtmptwisted.formats import Framing
from rtmptwisted.wire import amf
from rtmptwisted.wire.amf import AMFValue
from rtmptwisted.wire.flv import FLVTag
from rtmptwisted.wire.message import Message
from tests.flv_reader import AUDIO, FLV, SCRIPT, VIDEO, Tag

AVC_CONFIG = b"\x17\x00\x00\x00\x00\x01\x64\x00\x1f\xff\xe1\x00\x02\x67\x64"
AAC_CONFIG = b"\xaf\x00\x12\x10"


def videoHeader(timestamp: int = 0, body: bytes = AVC_CONFIG) -> FLVTag:
    """
    An AVC sequence header.
    """
    return FLVTag(VIDEO, timestamp, body)


def audioHeader(timestamp: int = 0, body: bytes = AAC_CONFIG) -> FLVTag:
    """
    An AAC sequence header.
    """
    return FLVTag(AUDIO, timestamp, body)


def _filled(start: bytes, timestamp: int, size: int) -> bytes:
    return (start + timestamp.to_bytes(4, "big")).ljust(size, b"\xa5")


def keyframe(timestamp: int, size: int = 60) -> FLVTag:
    """
    An AVC keyframe.

    @param size: of the payload, in bytes.
    """
    return FLVTag(VIDEO, timestamp, _filled(b"\x17\x01\0\0\0", timestamp, size))


def frame(timestamp: int, size: int = 40) -> FLVTag:
    """
    An AVC frame that needs those before it.
    """
    return FLVTag(VIDEO, timestamp, _filled(b"\x27\x01\0\0\0", timestamp, size))


def audio(timestamp: int, size: int = 20) -> FLVTag:
    """
    An AAC frame.
    """
    return FLVTag(AUDIO, timestamp, _filled(b"\xaf\x01", timestamp, size))


def configuration(timestamp: int, colour: bytes = b"bt2020") -> FLVTag:
    """
    Enhanced RTMP colour information of an HEVC track.
    """
    return FLVTag(VIDEO, timestamp, b"\x94hvc1" + colour)


def asMessage(tag: FLVTag, messageStreamID: int = 1) -> Message:
    """
    A tag as an encoder sends it, on the chunk streams that ffmpeg uses.
    """
    return Message(
        tag.typeID,
        tag.timestamp,
        messageStreamID,
        tag.body,
        {AUDIO: 4}.get(tag.typeID, 6),
    )


def plain(*tags: FLVTag) -> list[Tag]:
    """
    What a file that holds these tags holds.
    """
    return [Tag(tag.typeID, tag.timestamp, tag.body) for tag in tags]


def scriptValues(tag: Tag) -> list[AMFValue]:
    """
    The values of a script tag.
    """
    if tag.type != SCRIPT:
        raise AssertionError(f"a tag of type {tag.type} is no script")
    return amf.decode(tag.body)


def metadataOf(contents: FLV) -> dict[str, AMFValue]:
    """
    What the first tag of a file says, which has to be C{onMetaData}.
    """
    name, values = scriptValues(contents.tags[0])
    if name != "onMetaData" or not isinstance(values, dict):
        raise AssertionError(f"no metadata first, but {name!r}")
    return values


def dechunked(data: bytes) -> bytes:
    """
    Undo HTTP/1.1 chunked coding; the last chunk may be missing.

    @raise AssertionError: when it is not chunked coding.
    """
    result = b""
    while data:
        size, _, rest = data.partition(b"\r\n")
        count = int(size, 16)
        if rest[count : count + 2] != b"\r\n":
            raise AssertionError(f"no end behind a chunk of {count} bytes")
        result += rest[:count]
        data = rest[count + 2 :]
    return result


def unframed(data: bytes) -> bytes:
    """
    Take whole, unmasked binary messages of a WebSocket apart.

    @raise AssertionError: when it is something else.
    """
    result = b""
    while data:
        if data[0] != 0x82 or data[1] > 127:
            raise AssertionError(f"no binary message starts with {data[:2].hex()}")
        start = {126: 4, 127: 10}.get(data[1], 2)
        size = int.from_bytes(data[2:start], "big") if start > 2 else data[1]
        if len(data) < start + size:
            raise AssertionError(f"{len(data)} bytes are there of {start + size}")
        result += data[start : start + size]
        data = data[start + size :]
    return result


def contentOf(data: bytes, framing: Framing) -> bytes:
    """
    @return: the FLV in what was written to a viewer.
    @raise AssertionError: when it is not framed as it should be.
    """
    if framing is Framing.CHUNKED:
        return dechunked(data)
    return unframed(data) if framing is Framing.WEBSOCKET else data
