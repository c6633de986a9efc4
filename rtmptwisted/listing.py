"""
What is live, for programs and for people.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from rtmptwisted.directory import StreamDirectory
from rtmptwisted.formats import FLVFormat
from rtmptwisted.history import SAMPLES, History
from rtmptwisted.streams import LiveStream
from rtmptwisted.wire.amf import AMFValue
from rtmptwisted.wire.flv import AUDIO, ENDING, VIDEO

#: What people call codecs that have other names on the wire.
_NAMES = {
    "avc1": "H.264",
    "hvc1": "HEVC",
    "vvc1": "VVC",
    "av01": "AV1",
    "vp08": "VP8",
    "vp09": "VP9",
    "h263": "H.263",
    "vp6": "VP6",
    "vp6a": "VP6",
    "screen": "Screen",
    "screen2": "Screen 2",
    "mp4a": "AAC",
    ".mp3": "MP3",
    "mp3-8k": "MP3",
    "ac-3": "AC-3",
    "ec-3": "E-AC-3",
    "fLaC": "FLAC",
    "pcm": "PCM",
    "pcm-native": "PCM",
    "adpcm": "ADPCM",
    "alaw": "A-law",
    "ulaw": "µ-law",
    "speex": "Speex",
    "nellymoser": "Nellymoser",
}

#: No picture is larger, in pixels.
_LARGEST = 65535


def asJSON(
    directory: StreamDirectory,
    history: History,
    samples: int = SAMPLES,
    rtmpPort: int | None = None,
) -> bytes:
    """
    @param samples: how many of the latest samples of each stream's history.
    @param rtmpPort: where to publish, as far as it is known.
    @return: all that is known of what is live.
    """
    streams = [_details(stream, history, samples) for stream in directory]
    body = {"streams": streams, "rtmpPort": rtmpPort}
    return json.dumps(body, separators=(",", ":")).encode() + b"\n"


def asText(directory: StreamDirectory) -> bytes:
    """
    @return: a line for each live stream.
    """
    lines = [
        f"/{stream.name}{ENDING}  {_codecs(stream)}, {round(stream.seconds, 1)} s, "
        f"viewers: {stream.viewers}"
        for stream in directory
    ]
    return ("\n".join(lines or ["Nothing is live."]) + "\n").encode()


def isReadable(stream: LiveStream) -> bool:
    """
    @return: whether browsers may be able to play anything of a stream, as far as
        is known.
    """
    return not stream.settled or any(
        stream.has(typeID, FLVFormat()) for typeID in (AUDIO, VIDEO)
    )


def _codecs(stream: LiveStream) -> str:
    codecs = [stream.codecs[kind] for kind in (VIDEO, AUDIO) if kind in stream.codecs]
    return "+".join(codecs) or "no media yet"


def _details(stream: LiveStream, history: History, samples: int) -> dict[str, object]:
    past = history.of(stream)
    return {
        "name": stream.name,
        "url": f"/{stream.name}{ENDING}",
        "interrupted": stream.interrupted,
        "codecs": _codecs(stream),
        "video": codecName(stream.codecs.get(VIDEO)),
        "audio": codecName(stream.codecs.get(AUDIO)),
        "playable": isReadable(stream),
        "picture": stream.has(VIDEO, FLVFormat()),
        "width": pixels(stream.metadata or {}, "width"),
        "height": pixels(stream.metadata or {}, "height"),
        "fps": past.fpsNow if past else None,
        "kbps": past.kbpsNow if past else None,
        "seconds": round(stream.seconds, 1),
        "videoFrames": stream.frames[VIDEO],
        "audioFrames": stream.frames[AUDIO],
        "bytes": stream.bytesReceived,
        "viewers": stream.viewers,
        "skips": stream.skips,
        "publisher": stream.publisher.software if stream.publisher else "",
        "history": past.asJSON(samples) if past else None,
    }


def codecName(codec: str | None) -> str | None:
    """
    @param codec: as it is on the wire, or L{None} for none.
    @return: what people call it.
    """
    return None if codec is None else _NAMES.get(codec, codec)


def pixels(metadata: Mapping[str, AMFValue], key: str) -> int | None:
    """
    @return: what the publisher says, if that can be.
    """
    value: AMFValue = metadata.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # What is no number is not between any.
    return int(value) if 1 <= value <= _LARGEST else None
