"""
What an audio or video payload is, from its first bytes.

Sources: Adobe Flash Video File Format 10.1, annex E; Enhanced RTMP v2.  Only
headers are read, never coded data, and payloads are never changed.  A payload
too short or too strange to tell is L{Kind.OTHER}: it is carried like any other.
"""

from __future__ import annotations

import enum
from typing import Final, NamedTuple

from rtmptwisted.wire.enhanced import COMMAND, EX_AUDIO, KEY, PacketType, unwrap
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
    #: The sequence header of its tracks holds no longer.
    SEQUENCE_END = "sequence end"
    #: C{onMetaData}.
    METADATA = "metadata"
    #: Nothing to decode: empty, an end marker, a command.
    OTHER = "other"


class Description(NamedTuple):
    """
    @ivar codec: a name such as C{"avc1"} or C{"mp4a"}; C{""} when unknown.  Where
        tracks have different codecs, that of the first of them.
    @ivar tracks: the ids of the tracks that the payload has something of, the
        default track, 0, before all others.
    """

    kind: Kind
    codec: str = ""
    tracks: tuple[int, ...] = (0,)


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
    # In the byte order of the machine that sends, which nobody knows.
    0: "pcm-native",
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
    # With 8000 samples a second.
    14: "mp3-8k",
}

_AVC, _HEVC, _AAC = 7, 12, 10


def _legacyVideo(first: int, packetType: int) -> Description:
    frameType, codecID = first >> 4, first & 0x0F
    codec = VIDEO_CODECS.get(codecID, "")
    if frameType == COMMAND:
        return Description(Kind.OTHER, codec)
    if codecID in (_AVC, _HEVC):
        if packetType == 0:
            return Description(Kind.SEQUENCE_HEADER, codec)
        if packetType != 1:
            return Description(Kind.OTHER, codec)
    return Description(Kind.KEYFRAME if frameType == KEY else Kind.FRAME, codec)


def _legacyAudio(first: int, packetType: int) -> Description:
    soundFormat = first >> 4
    codec = AUDIO_CODECS.get(soundFormat, "")
    if soundFormat == _AAC and packetType == 0:
        return Description(Kind.SEQUENCE_HEADER, codec)
    return Description(Kind.FRAME, codec)


#: What legacy tags are, by their first byte and their packet type: 0, 1, or
#: anything else.  They are the same objects each time, so that it takes little to
#: see that a tag is of the same sort as the one before.
_VIDEO: Final = [[_legacyVideo(first, n) for n in (0, 1, 2)] for first in range(0x80)]
_AUDIO: Final = [[_legacyAudio(first, n) for n in (0, 1, 2)] for first in range(0x100)]


def describe(typeID: int, payload: bytes) -> Description:
    """
    @param typeID: L{MessageType.AUDIO} or L{MessageType.VIDEO}.
    """
    if len(payload) > 1:
        first, packetType = payload[0], payload[1]
        if packetType > 1:
            packetType = 2
    elif payload:
        first, packetType = payload[0], 2
    else:
        return _OTHER
    if typeID == MessageType.VIDEO:
        return (
            _enhanced(typeID, payload) if first >= 0x80 else _VIDEO[first][packetType]
        )
    if first >> 4 == EX_AUDIO:
        return _enhanced(typeID, payload)
    return _AUDIO[first][packetType]


#: What packet types mean.  All others are carried and not understood.
_VIDEO_KINDS: Final = {
    PacketType.SEQUENCE_START: Kind.SEQUENCE_HEADER,
    PacketType.MPEG2TS_SEQUENCE_START: Kind.SEQUENCE_HEADER,
    PacketType.SEQUENCE_END: Kind.SEQUENCE_END,
    PacketType.CODED_FRAMES: Kind.FRAME,
    PacketType.CODED_FRAMES_X: Kind.FRAME,
    PacketType.METADATA: Kind.CONFIGURATION,
}
_AUDIO_KINDS: Final = {
    PacketType.SEQUENCE_START: Kind.SEQUENCE_HEADER,
    PacketType.SEQUENCE_END: Kind.SEQUENCE_END,
    PacketType.CODED_FRAMES: Kind.FRAME,
    PacketType.MULTICHANNEL_CONFIG: Kind.CONFIGURATION,
}


def _enhanced(typeID: int, payload: bytes) -> Description:
    packet = unwrap(typeID, payload)
    if packet is None or not packet.parts:
        return _OTHER
    parts = packet.parts
    if len(parts) == 1:
        (track, codec, _, _) = parts[0]
        tracks: tuple[int, ...] = (track,)
    else:
        # Dictionaries keep the order, and each track once.
        codecs = {part.track: part.codec for part in reversed(parts)}
        tracks = tuple(sorted(codecs))
        codec = codecs[tracks[0]]
    kinds = _VIDEO_KINDS if typeID == MessageType.VIDEO else _AUDIO_KINDS
    kind = kinds.get(packet.packetType, Kind.OTHER)
    # Only the default track opens a group of pictures.
    if kind is Kind.FRAME and packet.frameType == KEY and tracks[0] == 0:
        kind = Kind.KEYFRAME
    return Description(kind, codec, tracks)
