"""
What an audio or video payload is, from its first bytes.

Sources: Adobe Flash Video File Format 10.1, annex E; Enhanced RTMP v2.  Only
headers are read, never coded data, and payloads are never changed.  A payload
too short or too strange to tell is L{Kind.OTHER}: it is carried like any other.
"""

from __future__ import annotations

import enum
from typing import Final, NamedTuple

from rtmptwisted.wire.message import MessageType


class Kind(enum.Enum):
    """
    What a tag is to somebody who joins late.
    """

    #: Needed before anything can be decoded.
    SEQUENCE_HEADER = "sequence header"
    #: Decoding can start here.
    KEYFRAME = "keyframe"
    #: Coded audio or video that is not a keyframe.
    FRAME = "frame"
    #: Colour information or channel layout: kept like a sequence header.
    CONFIGURATION = "configuration"
    #: C{onMetaData}.
    METADATA = "metadata"
    #: Nothing to decode: empty, an end marker, a command.
    OTHER = "other"


class Description(NamedTuple):
    """
    @ivar codec: a name such as C{"avc1"} or C{"mp4a"}; C{""} when unknown.
    @ivar track: the track id, 0 unless the payload says otherwise.
    """

    kind: Kind
    codec: str = ""
    track: int = 0


_OTHER: Final = Description(Kind.OTHER)

#: Codecs by the number that legacy tags have for them.  HEVC under 12 was never
#: specified, but is common.
VIDEO_CODECS: Final = {
    2: "h263",
    3: "screen",
    4: "vp6",
    5: "vp6a",
    6: "screen2",
    7: "avc1",
    12: "hvc1",
}
AUDIO_CODECS: Final = {
    0: "pcm",
    1: "adpcm",
    2: ".mp3",
    3: "pcm",
    4: "nellymoser",
    5: "nellymoser",
    6: "nellymoser",
    7: "alaw",
    8: "ulaw",
    10: "mp4a",
    11: "speex",
    14: ".mp3",
}

_AVC, _HEVC, _AAC, _EX_AUDIO = 7, 12, 10, 9
_KEY, _COMMAND = 1, 5

# Packet types of Enhanced RTMP; the first six of video, those of audio agree
# where both have them but for 4.
_START, _CODED, _END, _CODED_X, _METADATA, _TS_START, _MULTITRACK, _MODEX = range(8)
_AUDIO_CHANNELS, _AUDIO_MULTITRACK = 4, 5

#: ModEx parts of one payload.  Their type has 4 bits, so that there are no more
#: which say different things; one is defined.  A chain of them can be as long as
#: the payload, and following it to its end takes a second.
_MOST_MODEX: Final = 16


def describe(typeID: int, payload: bytes) -> Description:
    """
    @param typeID: L{MessageType.AUDIO} or L{MessageType.VIDEO}.
    """
    if not payload:
        return _OTHER
    if typeID == MessageType.VIDEO:
        if payload[0] & 0x80:
            return _enhancedVideo(payload)
        return _legacyVideo(payload)
    if payload[0] >> 4 == _EX_AUDIO:
        return _enhancedAudio(payload)
    return _legacyAudio(payload)


def _legacyVideo(payload: bytes) -> Description:
    frameType, codecID = payload[0] >> 4, payload[0] & 0x0F
    codec = VIDEO_CODECS.get(codecID, "")
    if frameType == _COMMAND:
        return Description(Kind.OTHER, codec)
    if codecID in (_AVC, _HEVC):
        packetType = payload[1] if len(payload) > 1 else None
        if packetType == 0:
            return Description(Kind.SEQUENCE_HEADER, codec)
        if packetType != 1:
            return Description(Kind.OTHER, codec)
    return Description(Kind.KEYFRAME if frameType == _KEY else Kind.FRAME, codec)


def _legacyAudio(payload: bytes) -> Description:
    soundFormat = payload[0] >> 4
    codec = AUDIO_CODECS.get(soundFormat, "")
    if soundFormat == _AAC and payload[1:2] == b"\x00":
        return Description(Kind.SEQUENCE_HEADER, codec)
    return Description(Kind.FRAME, codec)


class _Unwrapped(NamedTuple):
    """
    An enhanced header without its ModEx and multitrack parts.
    """

    packetType: int
    codec: str
    track: int


def _unwrap(payload: bytes, packetType: int, multitrack: int) -> _Unwrapped | None:
    """
    @param multitrack: the packet type that means multitrack.
    @return: L{None} when the payload ends inside its header, or its header goes
        on and on.
    """
    position = 1
    track = 0
    rounds = 0
    while packetType == _MODEX:
        rounds += 1
        if rounds > _MOST_MODEX or position >= len(payload):
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
    tracked = packetType == multitrack
    if tracked:
        if position >= len(payload):
            return None
        packetType = payload[position] & 0x0F
        position += 1
    fourCC = payload[position : position + 4]
    position += 4
    if tracked:
        if position >= len(payload):
            return None
        track = payload[position]
    if len(fourCC) < 4:
        return None
    return _Unwrapped(packetType, fourCC.decode("latin-1"), track)


def _enhancedVideo(payload: bytes) -> Description:
    frameType = payload[0] >> 4 & 0x07
    unwrapped = _unwrap(payload, payload[0] & 0x0F, _MULTITRACK)
    if unwrapped is None:
        return _OTHER
    packetType, codec, track = unwrapped
    if packetType == _METADATA:
        return Description(Kind.CONFIGURATION, codec, track)
    if frameType == _COMMAND:
        return Description(Kind.OTHER, codec, track)
    if packetType in (_START, _TS_START):
        return Description(Kind.SEQUENCE_HEADER, codec, track)
    if packetType in (_CODED, _CODED_X):
        # Only the default track opens a group of pictures.
        key = frameType == _KEY and track == 0
        return Description(Kind.KEYFRAME if key else Kind.FRAME, codec, track)
    return Description(Kind.OTHER, codec, track)


def _enhancedAudio(payload: bytes) -> Description:
    unwrapped = _unwrap(payload, payload[0] & 0x0F, _AUDIO_MULTITRACK)
    if unwrapped is None:
        return _OTHER
    packetType, codec, track = unwrapped
    kinds = {
        _START: Kind.SEQUENCE_HEADER,
        _CODED: Kind.FRAME,
        _AUDIO_CHANNELS: Kind.CONFIGURATION,
    }
    return Description(kinds.get(packetType, Kind.OTHER), codec, track)
