"""
Going through FLV files: all tags from one on, and where to begin when a file is played
from some time on.

All of it blocks, and belongs in a thread.
"""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterator
from typing import Final, NamedTuple

from rtmptwisted.errors import FLVError
from rtmptwisted.flvsource import FLVSource, ScannedTag, readStart
from rtmptwisted.gop import GOPCache
from rtmptwisted.metadata import FILE_KEYS
from rtmptwisted.wire.amf import ECMAArray
from rtmptwisted.wire.codec import Kind
from rtmptwisted.wire.flv import AUDIO, FLVTag, fileHeader, metadataTag
from rtmptwisted.wire.flvhead import OWN_KEYS, SETUP_KEY
from rtmptwisted.wire.limits import Limits

#: Tags of the tracks are in the order of time, but for this many milliseconds.
_DISORDER: Final = 5000

#: No time of a tag is later, in seconds.
_LATEST: Final = 0xFFFFFFFF / 1000

#: Tags that change what a decoder is set up with.
_SETUP: Final = (Kind.SEQUENCE_HEADER, Kind.CONFIGURATION, Kind.SEQUENCE_END)

#: Of those between two keyframes, no more than the last so many are looked at.
_MOST_SETUP: Final = 1000

#: What holds for the part of a file too that somebody is sent.
_KEPT: Final = frozenset(
    ("duration", "hasAudio", "hasVideo", "audiocodecid", "videocodecid")
)


class Scan:
    """
    All tags of a file from one on.

    @ivar end: where the last whole tag ends.
    @ivar problem: why it stopped there; empty at the end of the file.
    """

    def __init__(self, source: FLVSource, position: int) -> None:
        self._source = source
        self.end = position
        self.problem = ""

    def __iter__(self) -> Iterator[ScannedTag]:
        source = self._source
        while self.end < source.size:
            try:
                tag = source.tagAt(self.end)
            except FLVError as error:
                self.problem = str(error)
                return
            self.end += tag.total
            yield tag


class SeekPoint(NamedTuple):
    """
    Where to begin.

    @ivar offset: of the first tag to send; all that follow it are sent too.
    @ivar timestamp: its time, milliseconds.
    @ivar header: what has to be sent before it: the file header, metadata without
        what holds only for the whole file, and what sets decoders up, with the
        timestamp of the first tag.
    """

    offset: int
    timestamp: int
    header: bytes


def seekPoint(path: str, seconds: float) -> SeekPoint:
    """
    Find the last keyframe at or before a time; in a file without video, the last
    frame of audio.  Where there is none, that is the beginning.

    Files of ours have all it takes in their heads.  Others are read up to that time,
    as sequence headers can be anywhere in them.

    @raise FLVError: when this is no FLV file.
    @raise OSError: when it cannot be read.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        return _Seek(FLVSource(descriptor), seconds).point()
    finally:
        os.close(descriptor)


def lastTimestamp(source: FLVSource) -> int:
    """
    @return: milliseconds; 0 when the file does not end with a whole tag.
    """
    length = int.from_bytes(source.read(source.size - 4, 4), "big")
    position = source.size - 4 - length
    try:
        return source.tagAt(position).timestamp if position > 0 else 0
    except FLVError:
        return 0


class _Seek:
    """
    The search in one file.
    """

    def __init__(self, source: FLVSource, seconds: float) -> None:
        self._source = source
        self._start = start = readStart(source)
        # NaN is no time either.
        self._target = int(min(seconds, _LATEST) * 1000) if seconds > 0 else 0
        self._setup = GOPCache(Limits())
        contents = start.contents
        self._metadata = contents.metadata if contents is not None else {}
        self._index = contents.index if contents is not None else []
        self._isOurs = contents is not None and contents.isOurs
        self._hasAudio = self._says("hasAudio", 4)
        self._hasVideo = self._says("hasVideo", 1)

    def _says(self, key: str, flag: int) -> bool:
        said = self._metadata.get(key)
        return said if isinstance(said, bool) else bool(self._start.flags & flag)

    def point(self) -> SeekPoint:
        """
        See L{seekPoint}.
        """
        tags = self._start.tags
        entry, setUp = self._entry(), self._lastSetup()
        if entry is None or setUp is None:
            found = self._search(tags)
        else:
            for tag in Scan(self._source, tags):
                if tag.position > setUp or tag.position >= entry.position:
                    break
                self._remember(tag)
            found = self._search(entry.position)
        if found is None:
            return SeekPoint(tags, 0, self._header(0))
        return SeekPoint(found.position, found.timestamp, self._header(found.timestamp))

    def _lastSetup(self) -> int | None:
        """
        @return: where the last tag is that sets decoders up, which only files of
            ours say.
        """
        position = self._metadata.get(SETUP_KEY)
        if not self._isOurs or not isinstance(position, float):
            return None
        return int(position) if 0 <= position <= self._source.size else None

    def _isEntrance(self, tag: ScannedTag) -> bool:
        kind = tag.description.kind
        if kind is Kind.KEYFRAME:
            return True
        return not self._hasVideo and kind is Kind.FRAME and tag.typeID == AUDIO

    def _entry(self) -> ScannedTag | None:
        """
        @return: what the last entry of the index at or before the time points at,
            if that is what it says.
        """
        number = bisect_right(
            self._index, self._target, key=lambda entry: int(entry[1] * 1000)
        )
        if not number:
            return None
        position, time = self._index[number - 1]
        if not self._start.tags <= position < self._source.size:
            return None
        try:
            tag = self._source.tagAt(position)
        except FLVError:
            return None
        isTrue = tag.timestamp == int(time * 1000) and self._isEntrance(tag)
        return tag if isTrue else None

    def _search(self, position: int) -> ScannedTag | None:
        """
        Look at the tags from one on, and remember what sets decoders up.

        @return: the last to begin with.
        """
        found = None
        since: list[ScannedTag] = []
        for tag in Scan(self._source, position):
            if tag.timestamp > self._target:
                if tag.timestamp > self._target + _DISORDER or self._isEntrance(tag):
                    break
            elif self._isEntrance(tag):
                found = tag
                for earlier in since:
                    self._remember(earlier)
                since.clear()
                continue
            if tag.description.kind in _SETUP:
                # It counts only if another to begin with comes behind it.
                since.append(tag)
                del since[:-_MOST_SETUP]
        return found

    def _remember(self, tag: ScannedTag) -> None:
        description = tag.description
        if description.kind in _SETUP and tag.size <= Limits.setupBytes:
            body = self._source.body(tag)
            self._setup.add(FLVTag(tag.typeID, tag.timestamp, body, description))

    def _header(self, timestamp: int) -> bytes:
        """
        @return: what has to be sent before a tag with this timestamp.
        """
        dropped = (FILE_KEYS | OWN_KEYS) - _KEPT
        metadata = ECMAArray(
            (key, value) for key, value in self._metadata.items() if key not in dropped
        )
        duration = metadata.get("duration")
        if not isinstance(duration, float) or not 0 < duration < _LATEST:
            metadata["duration"] = lastTimestamp(self._source) / 1000
        metadata["hasAudio"], metadata["hasVideo"] = self._hasAudio, self._hasVideo
        pieces = [fileHeader(self._hasAudio, self._hasVideo)]
        pieces.append(metadataTag(metadata).encoded())
        pieces += [tag.encoded() for tag in self._setup.setup(timestamp)]
        return b"".join(pieces)
