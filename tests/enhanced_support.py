"""
Payloads of Enhanced RTMP, written as its specification says (version 2, the
sections Enhanced Audio and Enhanced Video), and nothing shared with what reads
them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from rtmptwisted.wire.enhanced import unwrap
from rtmptwisted.wire.flv import FLVTag
from tests.flv_reader import AUDIO, VIDEO

VIDEO_CODECS: Final = ("avc1", "hvc1", "vvc1", "vp08", "vp09", "av01")
AUDIO_CODECS: Final = ("mp4a", "Opus", "fLaC", "ac-3", "ec-3", ".mp3")

START: Final = 0
CODED: Final = 1
END: Final = 2
CODED_X: Final = 3
METADATA: Final = 4
MPEG2TS_START: Final = 5

#: For audio, 4 says which channel is where.
CHANNELS: Final = 4

MULTITRACK: Final = {VIDEO: 6, AUDIO: 5}
MODEX: Final = 7

KEY: Final = 1
INTER: Final = 2
COMMAND: Final = 5

ONE: Final = 0
MANY: Final = 1
MANY_CODECS: Final = 2

#: Codecs whose coded frames begin with a composition time, unless they are of the
#: kind that has none.
WITH_TIME: Final = ("avc1", "hvc1", "vvc1")


class ModEx(NamedTuple):
    """
    What stands before the packet type proper.

    @ivar long: whether to write the size in three bytes though one would do.
    """

    data: bytes
    type: int = 0
    long: bool = False


def nanoseconds(offset: int) -> ModEx:
    """
    An offset that is added to the timestamp, below a millisecond.
    """
    return ModEx(offset.to_bytes(3, "big"))


class Track(NamedTuple):
    """
    What a payload has of one track.
    """

    id: int
    codec: str
    body: bytes


def _first(
    media: int, packetType: int, frameType: int, modEx: Sequence[ModEx]
) -> bytes:
    """
    All up to the packet type proper, that included.
    """
    high = 0x80 | frameType << 4 if media == VIDEO else 0x90
    following = [*[MODEX] * len(modEx), packetType]
    pieces = [bytes((high | following[0],))]
    for (extra, kind, long), after in zip(modEx, following[1:], strict=True):
        if len(extra) < 256 and not long:
            pieces.append(bytes((len(extra) - 1,)))
        else:
            pieces.append(b"\xff" + (len(extra) - 1).to_bytes(2, "big"))
        pieces += [extra, bytes((kind << 4 | after,))]
    return b"".join(pieces)


def plain(
    media: int,
    packetType: int,
    codec: str,
    body: bytes = b"",
    frameType: int = KEY,
    modEx: Sequence[ModEx] = (),
) -> bytes:
    """
    A payload without tracks.
    """
    return _first(media, packetType, frameType, modEx) + codec.encode() + body


def multitrack(
    media: int,
    kind: int,
    packetType: int,
    tracks: Iterable[Track],
    frameType: int = KEY,
    modEx: Sequence[ModEx] = (),
) -> bytes:
    """
    A payload of tracks.

    @param kind: L{ONE} track, L{MANY} of one codec, or L{MANY_CODECS}.
    """
    tracks = list(tracks)
    data = _first(media, MULTITRACK[media], frameType, modEx)
    data += bytes((kind << 4 | packetType,))
    if kind != MANY_CODECS:
        data += tracks[0].codec.encode()
    for id, codec, body in tracks:
        if kind == MANY_CODECS:
            data += codec.encode()
        data += bytes((id,))
        if kind != ONE:
            data += len(body).to_bytes(3, "big")
        data += body
    return data


def command(value: int, packetType: int = START, modEx: Sequence[ModEx] = ()) -> bytes:
    """
    A video command: one byte, and neither codec nor body.
    """
    return _first(VIDEO, packetType, COMMAND, modEx) + bytes((value,))


#: The pair C{"colorInfo"} and an object with transfer characteristics 16, in AMF.
COLOUR: Final = (
    b"\x02\x00\x09colorInfo"
    b"\x03\x00\x0bcolorConfig"
    b"\x03\x00\x17transferCharacteristics\x00\x40\x30\0\0\0\0\0\0\x00\x00\x09"
    b"\x00\x00\x09"
)

#: The same pair with Undefined, and with an object without properties: both say
#: that what was said before holds no longer.
COLOUR_UNDEFINED: Final = b"\x02\x00\x09colorInfo\x06"
COLOUR_EMPTY: Final = b"\x02\x00\x09colorInfo\x03\x00\x00\x09"

#: Stereo in native order: order, number of channels, left and right.
STEREO: Final = b"\x01\x02\x00\x00\x00\x03"
#: Two channels in custom order: right, left.
SWAPPED: Final = b"\x02\x02\x01\x00"


def tag(media: int, timestamp: int, payload: bytes) -> FLVTag:
    """
    A payload as the publisher sends it.
    """
    return FLVTag(media, timestamp, payload)


def videoStart(codec: str, config: bytes = b"config", timestamp: int = 0) -> FLVTag:
    """
    A sequence header of video.
    """
    return FLVTag(VIDEO, timestamp, plain(VIDEO, START, codec, config))


def audioStart(codec: str, config: bytes = b"config", timestamp: int = 0) -> FLVTag:
    """
    A sequence header of audio.
    """
    return FLVTag(AUDIO, timestamp, plain(AUDIO, START, codec, config))


def headersOf(*frames: FLVTag) -> list[FLVTag]:
    """
    @return: the sequence headers that belong to these frames, where there are
        such.
    """
    headers = []
    for each in frames:
        codec = each.description.codec
        if codec in VIDEO_CODECS:
            headers.append(videoStart(codec))
        elif codec in AUDIO_CODECS and codec != ".mp3":
            headers.append(audioStart(codec))
    return headers


def _coded(codec: str, timestamp: int, size: int) -> bytes:
    time = b"\x00\x00\x28" if codec in WITH_TIME else b""
    return (time + timestamp.to_bytes(4, "big")).ljust(size, b"\x5a")


def videoFrame(
    codec: str, timestamp: int, frameType: int = INTER, size: int = 30
) -> FLVTag:
    """
    A coded frame, unlike every other.
    """
    body = _coded(codec, timestamp, size)
    return FLVTag(VIDEO, timestamp, plain(VIDEO, CODED, codec, body, frameType))


def videoKey(codec: str, timestamp: int, size: int = 50) -> FLVTag:
    """
    A keyframe.
    """
    return videoFrame(codec, timestamp, KEY, size)


def audioFrame(codec: str, timestamp: int, size: int = 12) -> FLVTag:
    """
    Coded audio.
    """
    body = timestamp.to_bytes(4, "big").ljust(size, b"\xc3")
    return FLVTag(AUDIO, timestamp, plain(AUDIO, CODED, codec, body))


def onTrack(
    media: int,
    packetType: int,
    codec: str,
    track: int,
    body: bytes = b"",
    timestamp: int = 0,
    frameType: int = KEY,
) -> FLVTag:
    """
    A tag of one track, as OBS sends all but its first.
    """
    payload = multitrack(media, ONE, packetType, [Track(track, codec, body)], frameType)
    return FLVTag(media, timestamp, payload)


def onTracks(
    media: int,
    packetType: int,
    codec: str,
    *bodies: tuple[int, bytes],
    timestamp: int = 0,
    frameType: int = KEY,
) -> FLVTag:
    """
    A tag of several tracks with one codec.
    """
    tracks = [Track(id, codec, body) for id, body in bodies]
    payload = multitrack(media, MANY, packetType, tracks, frameType)
    return FLVTag(media, timestamp, payload)


def tracksIn(media: int, payload: bytes) -> list[Track] | None:
    """
    @return: the tracks that the server finds in a payload.
    """
    packet = unwrap(media, payload)
    if packet is None:
        return None
    return [
        Track(part.track, part.codec, payload[part.start : part.stop])
        for part in packet.parts
    ]
