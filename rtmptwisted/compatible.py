"""
Enhanced RTMP as browsers can play it.

mpegts.js and its relatives read legacy tags and the plain forms of some enhanced
codecs.  Anything else makes them stop with an error, though the rest of the
stream would play.  What can be written in a form that they read is written so;
the rest is left out.  FLAC and PCM are too: they are read, and then refused by the
browser, together with the video.
"""

from __future__ import annotations

from typing import Final

from rtmptwisted.wire.codec import Description
from rtmptwisted.wire.enhanced import EX_AUDIO, Packet, PacketType, Part, unwrap
from rtmptwisted.wire.flv import AUDIO, SCRIPT, VIDEO, FLVTag

#: Codecs that are read as they are, or in legacy form, by the type of the tag.
CODECS: Final = {
    VIDEO: frozenset(("avc1", "hvc1", "av01")),
    AUDIO: frozenset(("mp4a", ".mp3", "Opus")),
}

#: Those of them that need no sequence header.
_SELF_CONTAINED: Final = (".mp3",)

# Legacy codec numbers that are read: MP3, AAC; AVC, HEVC.
_LEGACY_AUDIO: Final = (2, 10)
_LEGACY_VIDEO: Final = (7, 12)

# The first byte of legacy audio; what it says of rate and channels does not
# count, since the decoder's configuration or the frames say it again.
_AAC: Final = b"\xaf"
_MP3: Final = b"\x2f"
_AVC: Final = 7

#: Packet types that are read in their enhanced form.
_READ: Final = {
    "hvc1": (
        PacketType.SEQUENCE_START,
        PacketType.CODED_FRAMES,
        PacketType.SEQUENCE_END,
        PacketType.CODED_FRAMES_X,
    ),
    **dict.fromkeys(
        ("av01", "Opus"),
        (
            PacketType.SEQUENCE_START,
            PacketType.CODED_FRAMES,
            PacketType.SEQUENCE_END,
        ),
    ),
}

_NO_COMPOSITION_TIME: Final = b"\0\0\0"


def carries(typeID: int, codec: str) -> bool:
    """
    @return: whether browsers may be able to play a codec, in some form.
    """
    return codec in CODECS.get(typeID, ())


def isReady(typeID: int, codec: str, header: FLVTag | None) -> bool:
    """
    @param header: the latest sequence header of the default track.
    @return: whether browsers can begin to play: they wait for a sequence header
        without end, or fail at the first frame without one.
    """
    if codec in _SELF_CONTAINED:
        return True
    if header is None or header.description.codec != codec:
        return False
    plain = compatible(header)
    if plain is None:
        return False
    # There has to be something behind the header of the tag.
    legacy = typeID == AUDIO and plain.body[0] >> 4 != EX_AUDIO
    return len(plain.body) > (2 if legacy else 5)


def compatible(tag: FLVTag) -> FLVTag | None:
    """
    @return: the tag in a form that browsers read: the same one, where it is such
        a form already; L{None} when there is none.  Of many tracks it has the
        default one, 0.
    """
    if tag.typeID == SCRIPT:
        return tag
    body = tag.body
    if not body:
        return None
    packet = unwrap(tag.typeID, body)
    if packet is None:
        return tag if _isLegacy(tag.typeID, body) else None
    part = next((part for part in packet.parts if part.track == 0), None)
    if part is None or not carries(tag.typeID, part.codec):
        return None
    if part.codec == "av01" and packet.packetType == PacketType.CODED_FRAMES_X:
        # AV1 has no composition time: both say the same.
        packet = packet._replace(packetType=PacketType.CODED_FRAMES, plain=False)
    if packet.packetType in _READ.get(part.codec, ()):
        if packet.plain:
            return tag
        plain = _plain(tag.typeID, packet, part) + body[part.start : part.stop]
    else:
        found = _legacy(tag.typeID, packet, part, body)
        if found is None:
            return None
        plain = found
    description = Description(tag.description.kind, part.codec)
    return FLVTag(tag.typeID, tag.timestamp, plain, description)


def _isLegacy(typeID: int, body: bytes) -> bool:
    first = body[0]
    if typeID == AUDIO:
        return first >> 4 in _LEGACY_AUDIO
    known = not first & 0x80 and first & 0x0F in _LEGACY_VIDEO
    # Sequence headers, frames, and the end of the sequence.
    return known and (len(body) < 2 or body[1] <= 2)


def _plain(typeID: int, packet: Packet, part: Part) -> bytes:
    """
    @return: the header of one track without ModEx.
    """
    high = 8 | packet.frameType if typeID == VIDEO else EX_AUDIO
    return bytes((high << 4 | packet.packetType,)) + part.codec.encode("latin-1")


def _legacy(typeID: int, packet: Packet, part: Part, body: bytes) -> bytes | None:
    """
    @return: the payload as it was written before there was Enhanced RTMP, if it
        could be.
    """
    data = body[part.start : part.stop]
    kind = packet.packetType
    if typeID == AUDIO:
        if part.codec == "mp4a" and kind in (0, 1):
            return _AAC + bytes((kind,)) + data
        if part.codec == ".mp3" and kind == PacketType.CODED_FRAMES:
            return _MP3 + data
        return None
    if part.codec != "avc1":
        return None
    first = bytes((packet.frameType << 4 | _AVC,))
    match kind:
        case PacketType.SEQUENCE_START | PacketType.SEQUENCE_END:
            return first + bytes((kind,)) + _NO_COMPOSITION_TIME + data
        case PacketType.CODED_FRAMES:
            return first + b"\1" + data
        case PacketType.CODED_FRAMES_X:
            return first + b"\1" + _NO_COMPOSITION_TIME + data
    return None
