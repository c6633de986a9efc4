"""
A plain reader of FLV files, written for the tests alone: it shares nothing
with what it checks.
"""

from __future__ import annotations

from typing import NamedTuple

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
