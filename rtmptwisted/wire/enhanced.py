"""
The headers of enhanced audio and video payloads.

Source: Enhanced RTMP v2, the sections Enhanced Audio and Enhanced Video.  Only
headers are read, never coded data.  All numbers are big-endian.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from rtmptwisted.wire.message import MessageType

#: The sound format that announces an enhanced audio header.
EX_AUDIO: Final = 9

#: Frame types of video.
KEY: Final = 1
COMMAND: Final = 5

#: ModEx parts of one payload.  Their type has 4 bits, so that there are no more
#: which say different things; one is defined.  A chain of them can be as long as
#: the payload, and following it to its end takes a second.
_MOST_MODEX: Final = 16

#: Track ids have 8 bits.
_MOST_TRACKS: Final = 256


class Part(NamedTuple):
    """
    What an enhanced payload has of one track: from C{start} to C{stop}.
    """

    track: int
    codec: str
    start: int
    stop: int


class Packet(NamedTuple):
    """
    An enhanced payload, taken apart.

    @ivar frameType: for video: 1 for a keyframe, 5 for a command; else 0.
    @ivar packetType: the innermost, behind ModEx and multitrack.
    @ivar parts: in the order of the payload; one, unless there are many tracks.
    @ivar plain: whether there is neither ModEx nor multitrack.
    """

    frameType: int
    packetType: int
    parts: tuple[Part, ...]
    plain: bool


class PacketType:
    """
    Packet types of Enhanced RTMP.  Where audio and video both have one, it is the
    same, but for C{MULTICHANNEL_CONFIG} and C{AUDIO_MULTITRACK}.
    """

    SEQUENCE_START = 0
    CODED_FRAMES = 1
    SEQUENCE_END = 2
    CODED_FRAMES_X = 3
    METADATA = 4
    MPEG2TS_SEQUENCE_START = 5
    MULTITRACK = 6
    MODEX = 7

    MULTICHANNEL_CONFIG = 4
    AUDIO_MULTITRACK = 5


def unwrap(typeID: int, payload: bytes) -> Packet | None:
    """
    Read the header of an enhanced payload.

    @param typeID: L{MessageType.AUDIO} or L{MessageType.VIDEO}.
    @return: L{None} when it is not enhanced, ends inside its header, or has a
        header of a kind that is not known.  Tracks that are cut off are left out.
    """
    if not payload:
        return None
    if typeID == MessageType.VIDEO:
        if not payload[0] & 0x80:
            return None
        frameType, multitrack = payload[0] >> 4 & 0x07, PacketType.MULTITRACK
    else:
        if payload[0] >> 4 != EX_AUDIO:
            return None
        frameType, multitrack = 0, PacketType.AUDIO_MULTITRACK
    packetType, position = payload[0] & 0x0F, 1
    if packetType == PacketType.MODEX:
        found = _skipModEx(payload)
        if found is None:
            return None
        packetType, position = found
    if frameType == COMMAND and packetType != PacketType.METADATA:
        # One byte says which; there is no codec and no body.
        return Packet(frameType, packetType, (), position == 1)
    if packetType != multitrack:
        if position + 4 > len(payload):
            return None
        codec = payload[position : position + 4].decode("latin-1")
        part = Part(0, codec, position + 4, len(payload))
        return Packet(frameType, packetType, (part,), position == 1)
    if position >= len(payload):
        return None
    kind, packetType = payload[position] >> 4, payload[position] & 0x0F
    parts = tuple(_tracks(payload, position + 1, kind))
    if packetType == multitrack or not parts:
        return None
    return Packet(frameType, packetType, parts, False)


def _skipModEx(payload: bytes) -> tuple[int, int] | None:
    """
    @return: the packet type behind all ModEx parts, and where it goes on.
    """
    position = 1
    for _ in range(_MOST_MODEX):
        if position >= len(payload):
            return None
        size = payload[position] + 1
        position += 1
        if size == 256:
            size = int.from_bytes(payload[position : position + 2], "big") + 1
            position += 2
        position += size
        if position >= len(payload):
            return None
        packetType = payload[position] & 0x0F
        position += 1
        if packetType != PacketType.MODEX:
            return packetType, position
    return None


def _tracks(payload: bytes, position: int, kind: int) -> Iterator[Part]:
    """
    @param kind: 0 for one track, 1 for many of one codec, 2 for many with a codec
        each.
    """
    if kind > 2:
        return
    codec = ""
    if kind < 2:
        codec = payload[position : position + 4].decode("latin-1")
        position += 4
    for _ in range(_MOST_TRACKS):
        if kind == 2:
            codec = payload[position : position + 4].decode("latin-1")
            position += 4
        if position >= len(payload):
            return
        track = payload[position]
        position += 1
        if kind == 0:
            yield Part(track, codec, position, len(payload))
            return
        size = int.from_bytes(payload[position : position + 3], "big")
        position += 3
        if position + size > len(payload):
            return
        yield Part(track, codec, position, position + size)
        position += size
