"""
FLV files that are read: their head, and their tags without most of what is in them.

All of it blocks, and belongs in a thread.  Of a file of any size a few kilobytes are
in memory at a time, and at most one tag.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Final, NamedTuple

from rtmptwisted.errors import FLVError
from rtmptwisted.wire.codec import Description, Kind, describe
from rtmptwisted.wire.enhanced import EX_AUDIO, PacketType
from rtmptwisted.wire.flv import AUDIO, SCRIPT, VIDEO
from rtmptwisted.wire.flvheadreader import HeadContents, parseHead

#: A file is read in pieces of this many bytes.  It is the size of a page: of large
#: tags no more than that is read.
_WINDOW: Final = 4096

_HEADER: Final = 11
_LENGTH: Final = 4

#: So much of a body tells what it is, unless it has many tracks.
_START: Final = 64

_METADATA: Final = b"\x02\x00\x0aonMetaData"

_OTHER: Final = Description(Kind.OTHER)


class ScannedTag(NamedTuple):
    """
    A tag, without most of its body.

    @ivar position: where it is in the file.
    @ivar timestamp: milliseconds, 0 to 2^32 - 1.
    @ivar size: of the body.
    @ivar start: as much of the body as it takes to tell what it is.
    """

    position: int
    typeID: int
    timestamp: int
    size: int
    start: bytes

    @property
    def total(self) -> int:
        """
        What it takes of the file, the length behind it included.
        """
        return self.size + _HEADER + _LENGTH

    @property
    def description(self) -> Description:
        """
        What it is.
        """
        if self.typeID in (AUDIO, VIDEO):
            return describe(self.typeID, self.start)
        if self.typeID == SCRIPT and self.start.startswith(_METADATA):
            return Description(Kind.METADATA)
        return _OTHER


class FLVSource:
    """
    An open file.

    @ivar size: what it had when it was opened; more is not looked at.
    """

    def __init__(self, descriptor: int) -> None:
        """
        @param descriptor: stays open, and where it is.
        """
        self._descriptor = descriptor
        self.size = os.fstat(descriptor).st_size
        self._window = b""
        self._at = 0

    def read(self, position: int, size: int) -> bytes:
        """
        @return: fewer bytes only where the file ends.
        """
        offset = position - self._at
        if offset < 0 or offset + size > len(self._window):
            if size > _WINDOW:
                return self._pread(position, size)
            self._window = self._pread(position, _WINDOW)
            self._at, offset = position, 0
        return self._window[offset : offset + size]

    def _pread(self, position: int, size: int) -> bytes:
        size = min(size, self.size - position)
        data = b""
        while len(data) < size:
            more = os.pread(self._descriptor, size - len(data), position + len(data))
            if not more:
                # Somebody has cut the file.
                break
            data = data + more if data else more
        return data

    def tagAt(self, position: int) -> ScannedTag:
        """
        @raise FLVError: when there is no whole tag.
        """
        data = self.read(position, _HEADER + _START)
        left = self.size - position
        if len(data) < _HEADER:
            raise FLVError(f"the file ends inside the header of a tag at {position}")
        size = int.from_bytes(data[1:4], "big")
        total = size + _HEADER + _LENGTH
        if total > left:
            raise FLVError(
                f"the file ends inside a tag at {position}: {left} bytes of {total}"
            )
        start = data[_HEADER : _HEADER + size]
        if len(start) < size and _needsAll(data[0], start):
            start = self.read(position + _HEADER, size)
        behind = self.read(position + total - _LENGTH, _LENGTH)
        length = int.from_bytes(behind, "big")
        if length != size + _HEADER:
            raise FLVError(
                f"the tag at {position} has {size + _HEADER} bytes, "
                f"behind it stands {length}"
            )
        timestamp = int.from_bytes(data[4:7], "big") | data[7] << 24
        return ScannedTag(position, data[0], timestamp, size, start)

    def body(self, tag: ScannedTag) -> bytes:
        """
        @return: all of its body.
        """
        return self.read(tag.position + _HEADER, tag.size)


def _needsAll(typeID: int, start: bytes) -> bool:
    """
    Tell whether what a payload is can be far behind its beginning.
    """
    if not start:
        return False
    packetType = start[0] & 0x0F
    if typeID == VIDEO and start[0] & 0x80:
        return packetType in (PacketType.MULTITRACK, PacketType.MODEX)
    if typeID == AUDIO and start[0] >> 4 == EX_AUDIO:
        return packetType in (PacketType.AUDIO_MULTITRACK, PacketType.MODEX)
    return False


class FileStart(NamedTuple):
    """
    How a file begins.

    @ivar flags: those of the file header.
    @ivar position: where the first tag is.
    @ivar tags: where the first tag is that is no metadata.
    @ivar body: that of the metadata; empty when there is none.
    @ivar contents: what the metadata says; L{None} when it says nothing that can
        be read.
    """

    flags: int
    position: int
    tags: int
    body: bytes
    contents: HeadContents | None


def readStart(source: FLVSource) -> FileStart:
    """
    @raise FLVError: when this is no FLV file.
    """
    header = source.read(0, 13)
    if header[:3] != b"FLV":
        raise FLVError("no FLV file: it does not begin with FLV")
    if len(header) < 13 or header[3] != 1:
        raise FLVError("no FLV file of version 1, or only the beginning of one")
    position = int.from_bytes(header[5:9], "big") + _LENGTH
    if not 13 <= position <= max(source.size, 13):
        raise FLVError(f"the file header has a length of {position - _LENGTH} bytes")
    try:
        tag = source.tagAt(position)
    except FLVError:
        return FileStart(header[4], position, position, b"", None)
    if tag.description.kind is not Kind.METADATA:
        return FileStart(header[4], position, position, b"", None)
    body = source.body(tag)
    contents = None
    # The tags behind it can be good.
    with suppress(FLVError):
        contents = parseHead(body)
    return FileStart(header[4], position, position + tag.total, body, contents)
