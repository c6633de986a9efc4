"""
What a recording says of itself, in its first bytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import NamedTuple

from rtmptwisted.diskfile import DiskFile, openBelow
from rtmptwisted.errors import AMFError, InvalidName
from rtmptwisted.listing import codecName, pixels
from rtmptwisted.names import streamKey
from rtmptwisted.wire import amf
from rtmptwisted.wire.amf import AMFValue
from rtmptwisted.wire.codec import AUDIO_CODECS, VIDEO_CODECS
from rtmptwisted.wire.flv import ENDING, SCRIPT
from rtmptwisted.wire.flvhead import CREATOR

#: So much of a file is looked at, in bytes.
_LOOKED_AT = 16 * 1024

#: The first tag stands behind the file header, and its body behind its own.
_TAG_AT = 13
_BODY_AT = _TAG_AT + 11

#: The index is long, and stands behind all that is wanted here.
_INDEX = b"\0\x09keyframes"

#: How names of recordings end, unless others were asked for: the time in UTC, and a
#: number when that name was taken.
_TIME = re.compile(r"-(\d{8}T\d{6}Z)(-\d+)?\Z")

#: No codec has a longer name.  Metadata may have one of 16 KiB, in each of a thousand
#: files.
_LONGEST_CODEC = 40

#: No recording is longer, in seconds: what the timestamps of a file can hold.
_LONGEST = 2**32 / 1000


class Head(NamedTuple):
    """
    What a file says.

    @ivar seconds: L{None} when it does not say.
    @ivar video: the name of the codec, as people know it, or L{None}.
    @ivar audio: the same.
    @ivar complete: whether it ends where it was to end, as far as is known.
    @ivar began: when it began, if it is one of ours and says so.
    @ivar stream: the name of the stream, likewise.
    """

    seconds: float | None = None
    video: str | None = None
    audio: str | None = None
    width: int | None = None
    height: int | None = None
    complete: bool = True
    began: datetime | None = None
    stream: str | None = None


#: Of a file that says nothing.
NOTHING = Head()


def readHead(root: str, path: str) -> Head:
    """
    Blocking.

    @param path: below the root.
    @raise OSError: when it cannot be read.
    """
    file = openBelow(root, path.split("/"))
    try:
        start = file.read(0, min(file.size, _LOOKED_AT))
        metadata = _metadata(start)
        seconds = _number(metadata, "duration")
        if not seconds:
            seconds = _lastTime(file)
    finally:
        file.close()
    if seconds is not None and not 0 <= seconds <= _LONGEST:
        seconds = None
    complete = metadata.get("complete")
    return Head(
        seconds,
        _codec(metadata, "video", VIDEO_CODECS),
        _codec(metadata, "audio", AUDIO_CODECS),
        pixels(metadata, "width"),
        pixels(metadata, "height"),
        complete is not False,
        *_ours(metadata),
    )


def _ours(metadata: Mapping[str, AMFValue]) -> tuple[datetime | None, str | None]:
    """
    @return: when it began, and of which stream, as far as it says.
    """
    if not str(metadata.get("metadatacreator")).startswith(CREATOR):
        return None, None
    began, stream = None, None
    with suppress(ValueError, OverflowError):
        time = datetime.fromisoformat(str(metadata.get("recordedAt")))
        began = time.astimezone(UTC) if time.tzinfo is not None else None
    with suppress(InvalidName):
        stream = streamKey(str(metadata.get("stream", "")))
    return began, stream


def _metadata(start: bytes) -> Mapping[str, AMFValue]:
    if start[:3] != b"FLV" or start[_TAG_AT : _TAG_AT + 1] != bytes((SCRIPT,)):
        return {}
    size = int.from_bytes(start[_TAG_AT + 1 : _TAG_AT + 4], "big")
    body = start[_BODY_AT : _BODY_AT + size]
    # What is cut off there is read all the same, up to the cut.
    body = body.partition(_INDEX)[0]
    with suppress(AMFError):
        for value in amf.decode(body):
            if isinstance(value, dict):
                return value
    return {}


def _lastTime(file: DiskFile) -> float | None:
    """
    @return: the time of the last tag, in seconds, if the file ends with one.
    """
    if file.size < _BODY_AT + 4:
        return None
    length = int.from_bytes(file.read(file.size - 4, 4), "big")
    place = file.size - 4 - length
    if place < _TAG_AT or length < 11:
        return None
    tag = file.read(place, 8)
    if int.from_bytes(tag[1:4], "big") + 11 != length:
        return None
    return (int.from_bytes(tag[4:7], "big") | tag[7] << 24) / 1000


def _number(metadata: Mapping[str, AMFValue], key: str) -> float | None:
    value = metadata.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if value == value else None


def _codec(
    metadata: Mapping[str, AMFValue], kind: str, legacy: Mapping[int, str]
) -> str | None:
    if metadata.get(f"has{kind.capitalize()}") is False:
        return None
    said = metadata.get(f"{kind}codecid")
    if isinstance(said, str):
        # Some say it in words.
        isName = said.isprintable() and 0 < len(said) <= _LONGEST_CODEC
        return codecName(said) if isName else None
    number = _number(metadata, f"{kind}codecid")
    if number is None or not 0 <= number < 2**32:
        return None
    if number < 2**24:
        name = legacy.get(int(number), "")
    else:
        name = int(number).to_bytes(4, "big").decode("latin-1")
    return codecName(name) if name.isprintable() and name else None


def nameAndTime(path: str) -> tuple[str, datetime | None]:
    """
    @param path: of a recording.
    @return: the stream, and when its recording began, as far as the path tells.
    """
    name = path.removesuffix(ENDING)
    found = _TIME.search(name)
    if found is None:
        return name, None
    try:
        began = datetime.strptime(found[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return name, None
    return name[: found.start()], began
