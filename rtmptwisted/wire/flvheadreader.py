"""
Reading the head of an FLV file, one of ours or any other.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from rtmptwisted.errors import AMFError, FLVError
from rtmptwisted.wire import amf
from rtmptwisted.wire.amf import AMFValue, Marker
from rtmptwisted.wire.flv import LARGEST_BODY
from rtmptwisted.wire.flvhead import (
    BODY_AT,
    COMPLETE_KEY,
    CREATOR,
    CREATOR_KEY,
    FILLER_KEY,
    INDEX_KEY,
    INDEX_START,
    TIMES_START,
    FileHead,
)
from rtmptwisted.wire.flvindex import ENTRY_SIZE
from rtmptwisted.wire.limits import KIB, MIB, Limits

#: So many bytes of a file tell whether it is ours and complete.
TELLING: Final = KIB

#: Metadata of a file is read with these: an index can be long.
LIMITS: Final = Limits(amfValues=1 << 18, amfString=MIB, dataMessage=LARGEST_BODY)

#: How the body begins in our files; there is a count after the first piece.
_NAME: Final = amf.encode(["onMetaData"]) + bytes((Marker.ECMA_ARRAY,))
_FIRST: Final = amf.encode([{CREATOR_KEY: CREATOR + " "}])[1:-3]
_SECOND: Final = amf.encode([{COMPLETE_KEY: False}])[1:-4]

#: Where a tag can be, in bytes, and when, in seconds: timestamps have 32 bits.
_FARTHEST: Final = 1 << 53
_LATEST: Final = (1 << 32) / 1000

_number = struct.Struct(">Bd")
_count = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class HeadContents:
    """
    What the head of a file says.

    @ivar metadata: without the index.
    @ivar index: positions and times in seconds, as they stand there.
    @ivar isOurs: whether this server wrote it.
    @ivar isComplete: whether it was finished; others do not say, and are.
    """

    metadata: dict[str, AMFValue]
    index: list[tuple[int, float]]
    isOurs: bool
    isComplete: bool


def isFinished(start: bytes) -> bool | None:
    """
    @param start: the first L{TELLING} bytes of a file.
    @return: whether it was finished; L{None} for a file that is not ours.
    """
    return _isFinished(start[BODY_AT:]) if start.startswith(b"FLV\x01") else None


def _isFinished(body: bytes) -> bool | None:
    at = len(_NAME) + _count.size
    # The creator's name is there, with the length of name and version before it.
    named = len(_FIRST) - len(CREATOR) - 1
    key, length = _FIRST[: named - 2], body[at + named - 2 : at + named]
    if not (
        body.startswith(_NAME)
        and body.startswith(key, at)
        and body.startswith(_FIRST[named:], at + named)
    ):
        return None
    at += named + int.from_bytes(length, "big")
    if not body.startswith(_SECOND, at) or len(body) <= at + len(_SECOND):
        return None
    return body[at + len(_SECOND)] != 0


def parseHead(body: bytes) -> HeadContents:
    """
    @param body: that of the first script tag.
    @raise FLVError: when that is not C{onMetaData}, or cannot be read.
    """
    isComplete = _isFinished(body)
    # The last one is ours, whatever strings the publisher's metadata has.
    at = body.rfind(INDEX_START) if isComplete is not None else -1
    try:
        # An index that was torn by a crash does not spoil the rest.
        values = amf.decode(body[:at] if at > 0 else body, LIMITS)
    except AMFError as error:
        raise FLVError(f"metadata that cannot be read: {error}") from None
    if len(values) < 2 or values[0] != "onMetaData" or not isinstance(values[1], dict):
        raise FLVError("the first tag is not onMetaData with its properties")
    metadata = dict(values[1])
    keyframes = metadata.pop(INDEX_KEY, None)
    metadata.pop(FILLER_KEY, None)
    index = _unpack(body, at + len(INDEX_START)) if at > 0 else _indexOf(keyframes)
    return HeadContents(
        metadata, index, isComplete is not None, isComplete is not False
    )


def _unpack(body: bytes, at: int) -> list[tuple[int, float]]:
    """
    Read the index of one of our files.

    @return: nothing when it is damaged.
    """
    columns: list[list[AMFValue]] = []
    for before in (b"", TIMES_START):
        if not body.startswith(before, at) or at + len(before) + 4 > len(body):
            return []
        at += len(before)
        (count,) = _count.unpack_from(body, at)
        at += _count.size
        end = at + count * _number.size
        if end > len(body) or any(body[at : end : _number.size]):
            return []
        columns.append([value for _, value in _number.iter_unpack(body[at:end])])
        at = end
    return _paired(*columns)


def _indexOf(keyframes: AMFValue) -> list[tuple[int, float]]:
    if not isinstance(keyframes, dict):
        return []
    positions, times = keyframes.get("filepositions"), keyframes.get("times")
    if not isinstance(positions, list) or not isinstance(times, list):
        return []
    return _paired(positions, times)


def _paired(
    positions: list[AMFValue], times: list[AMFValue]
) -> list[tuple[int, float]]:
    """
    @return: nothing unless all are numbers that can be true.
    """
    entries = []
    if len(positions) != len(times):
        return []
    for position, time in zip(positions, times, strict=True):
        if not isinstance(position, float) or not isinstance(time, float):
            return []
        # What is no number is not between any.
        if not (0 <= position <= _FARTHEST and 0 <= time <= _LATEST):
            return []
        entries.append((int(position), time))
    return entries


def sameHead(body: bytes, contents: HeadContents) -> FileHead | None:
    """
    @param contents: what L{parseHead} made of the body.
    @return: a head of exactly the same size that says the same of the stream; to
        be written over it; L{None} when that is not possible.
    """
    metadata = contents.metadata
    creator = metadata.get(CREATOR_KEY)
    if not contents.isOurs or not isinstance(creator, str):
        return None
    named = "audiocodecid" in metadata, "videocodecid" in metadata
    size = BODY_AT + len(body) + 4
    try:
        least = FileHead(creator, metadata, *named, 0)
        capacity, rest = divmod(size - least.size, ENTRY_SIZE)
        if capacity < 0 or rest:
            return None
        return FileHead(creator, metadata, *named, capacity)
    except (AMFError, FLVError):
        return None
