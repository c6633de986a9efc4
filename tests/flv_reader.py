"""
A plain reader of FLV files, written for the tests alone: it shares nothing
with what it checks.
"""

from __future__ import annotations

import struct
from typing import Any, NamedTuple

AUDIO = 8
VIDEO = 9
SCRIPT = 18


class Tag(NamedTuple):
    """
    One tag.  The timestamp is in milliseconds, unsigned.
    """

    type: int
    timestamp: int
    body: bytes

    def __repr__(self) -> str:
        return (
            f"<{self.type} at {self.timestamp} ms, {len(self.body)} bytes, "
            f"{self.body[:6].hex()}>"
        )


class FLV(NamedTuple):
    """
    A file: the flags of its header, and its tags.
    """

    flags: int
    tags: list[Tag]

    @property
    def media(self) -> list[Tag]:
        """
        The audio and video tags.
        """
        return [tag for tag in self.tags if tag.type != SCRIPT]


def readFLV(data: bytes | bytearray) -> FLV:
    """
    Read a whole file; anything that is not as it should be is an error.
    """
    data = bytes(data)
    assert data[:3] == b"FLV" and data[3] == 1, data[:9].hex()
    assert int.from_bytes(data[5:9], "big") == 9
    assert data[9:13] == bytes(4)
    return FLV(data[4], readTags(data[13:]))


def readTags(data: bytes) -> list[Tag]:
    """
    Read what comes after the file header.
    """
    position = 0
    tags = []
    while position < len(data):
        header = data[position : position + 11]
        assert len(header) == 11, "the file ends inside a tag header"
        size = int.from_bytes(header[1:4], "big")
        timestamp = int.from_bytes(header[4:7], "big") | header[7] << 24
        assert header[8:11] == bytes(3), "a stream id that is not 0"
        body = data[position + 11 : position + 11 + size]
        assert len(body) == size, "the file ends inside a tag"
        end = position + 11 + size
        previous = data[end : end + 4]
        assert int.from_bytes(previous, "big") == size + 11, previous.hex()
        tags.append(Tag(header[0], timestamp, body))
        position = end + 4
    return tags


def positions(data: bytes | bytearray) -> list[int]:
    """
    Where each tag of a whole file begins.
    """
    found = [13]
    for tag in readFLV(data).tags:
        found.append(found[-1] + 11 + len(tag.body) + 4)
    return found[:-1]


def readScript(body: bytes) -> list[Any]:
    """
    Read the values of a script tag, to its last byte; anything that is not as it
    should be is an error.
    """
    values = []
    position = 0
    while position < len(body):
        value, position = _value(body, position)
        values.append(value)
    return values


def _string(body: bytes, position: int) -> tuple[str, int]:
    end = position + 2 + int.from_bytes(body[position : position + 2], "big")
    assert end <= len(body), "the body ends inside a string"
    return body[position + 2 : end].decode(), end


def _value(body: bytes, position: int) -> tuple[Any, int]:
    marker, position = body[position], position + 1
    if marker == 0:
        return struct.unpack_from(">d", body, position)[0], position + 8
    if marker == 1:
        assert body[position] in (0, 1), "neither true nor false"
        return body[position] == 1, position + 1
    if marker == 2:
        return _string(body, position)
    if marker == 5:
        return None, position
    if marker in (3, 8):
        return _object(body, position, marker == 8)
    assert marker == 10, f"a value of type {marker}"
    count, position = int.from_bytes(body[position : position + 4], "big"), position + 4
    values = []
    for _ in range(count):
        value, position = _value(body, position)
        values.append(value)
    return values, position


def _object(body: bytes, position: int, isArray: bool) -> tuple[Any, int]:
    count = int.from_bytes(body[position : position + 4], "big")
    position += 4 if isArray else 0
    found: dict[str, Any] = {}
    while body[position : position + 3] != b"\0\0\x09":
        name, position = _string(body, position)
        assert name and name not in found, f"another property named {name!r}"
        found[name], position = _value(body, position)
    assert not isArray or len(found) == count, f"{len(found)} properties, not {count}"
    return found, position + 3
