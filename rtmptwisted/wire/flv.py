"""
FLV: the file header and tags.

Source: Adobe Flash Video File Format 10.1, annex E.  All numbers are
big-endian.
"""

from __future__ import annotations

from rtmptwisted.errors import FLVError
from rtmptwisted.wire import amf
from rtmptwisted.wire.amf import AMFValue
from rtmptwisted.wire.codec import Description, Kind, describe
from rtmptwisted.wire.message import MessageType

AUDIO = MessageType.AUDIO
VIDEO = MessageType.VIDEO
SCRIPT = MessageType.DATA

#: How the names of files end, and the addresses of streams over HTTP.
ENDING = ".flv"

#: The length field of a tag has 24 bits.
LARGEST_BODY = 0xFFFFFF

_SCRIPT_DESCRIPTION = Description(Kind.OTHER)


def fileHeader(hasAudio: bool, hasVideo: bool) -> bytes:
    """
    The first 13 bytes of a file or live stream: the header and the size of
    the tag before the first, which is 0.

    Live players wait for every kind of media that is announced here.
    """
    return bytes((0x46, 0x4C, 0x56, 1, hasAudio << 2 | hasVideo, 0, 0, 0, 9)) + bytes(4)


def encodeTag(typeID: int, timestamp: int, body: bytes) -> bytes:
    """
    @param typeID: L{AUDIO}, L{VIDEO} or L{SCRIPT}.
    @param timestamp: milliseconds, modulo 2^32.
    @return: header, body and the size of both.
    @raise FLVError: when the body is longer than a tag can be.
    """
    size = len(body)
    if size > LARGEST_BODY:
        raise FLVError(f"a tag of {size} bytes")
    header = (
        (typeID << 24 | size) << 32
        | (timestamp & 0xFFFFFF) << 8
        | (timestamp >> 24 & 0xFF)
    )
    # 1 + 3 bytes, 3 + 1 bytes, and a stream id that is always 0.
    return b"".join(
        (header.to_bytes(8, "big"), b"\0\0\0", body, (size + 11).to_bytes(4, "big"))
    )


class FLVTag:
    """
    One audio, video or script tag of a live stream.  It never changes, and
    its bytes are made once for all who want them.

    @ivar typeID: L{AUDIO}, L{VIDEO} or L{SCRIPT}.
    @ivar timestamp: milliseconds, 0 to 2^32 - 1.
    @ivar body: the payload exactly as the publisher sent it.
    @ivar description: what it is.
    """

    __slots__ = ("_encoded", "body", "description", "timestamp", "typeID")

    def __init__(
        self,
        typeID: int,
        timestamp: int,
        body: bytes,
        description: Description | None = None,
    ) -> None:
        self.typeID = typeID
        self.timestamp = timestamp
        self.body = body
        if description is None:
            if typeID == SCRIPT:
                description = _SCRIPT_DESCRIPTION
            else:
                description = describe(typeID, body)
        self.description = description
        self._encoded: bytes | None = None

    def __repr__(self) -> str:
        return (
            f"<FLVTag type {self.typeID} at {self.timestamp} ms, "
            f"{len(self.body)} bytes, {self.description.kind.value}>"
        )

    @property
    def isKeyframe(self) -> bool:
        """
        Whether decoding of the stream can start here.
        """
        return self.description.kind is Kind.KEYFRAME

    @property
    def isFrame(self) -> bool:
        """
        Whether this is coded audio or video, keyframes included.
        """
        return self.description.kind in (Kind.FRAME, Kind.KEYFRAME)

    @property
    def isMetadata(self) -> bool:
        """
        Whether this is C{onMetaData}.
        """
        return self.description.kind is Kind.METADATA

    @property
    def isSetup(self) -> bool:
        """
        Whether a decoder needs this before it can start at a later keyframe.
        """
        return self.description.kind in (Kind.SEQUENCE_HEADER, Kind.CONFIGURATION)

    @property
    def setupKeys(self) -> list[tuple[int, int, Kind]]:
        """
        What of a decoder this sets up: the kind of media, the track, and the kind
        of setup, for each of its tracks.  A later tag with a key replaces it there.
        """
        kind, _, tracks = self.description
        return [(self.typeID, track, kind) for track in tracks]

    def at(self, timestamp: int) -> FLVTag:
        """
        @return: the same tag with another timestamp, milliseconds.
        """
        if timestamp == self.timestamp:
            return self
        return FLVTag(self.typeID, timestamp, self.body, self.description)

    def encoded(self) -> bytes:
        """
        @return: the tag in FLV form.
        """
        if self._encoded is None:
            self._encoded = encodeTag(self.typeID, self.timestamp, self.body)
        return self._encoded


def scriptTag(timestamp: int, *values: AMFValue) -> FLVTag:
    """
    @return: a script tag with these values, the first of them by custom a
        name.
    """
    return FLVTag(SCRIPT, timestamp, amf.encode(values))


def metadataTag(metadata: amf.ECMAArray) -> FLVTag:
    """
    @return: a script tag with C{onMetaData}, at 0 ms: anywhere else ffmpeg takes
        it for a stream of subtitles.
    """
    body = amf.encode(["onMetaData", metadata])
    return FLVTag(SCRIPT, 0, body, Description(Kind.METADATA))
