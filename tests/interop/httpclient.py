"""
A blocking reader of HTTP-FLV, for tests that have to know how far a stream is.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.request import urlopen

from tests.flv_reader import Tag

_PATIENCE = 30


def readStream(url: str, enough: Callable[[Tag], bool]) -> list[Tag]:
    """
    Read a live stream until a tag is there that is enough, and leave.

    @return: the tags that were read, that one included.
    """
    tags: list[Tag] = []
    with urlopen(url, timeout=_PATIENCE) as response:
        assert response.read(13)[:3] == b"FLV"
        while not tags or not enough(tags[-1]):
            header = response.read(11)
            assert len(header) == 11, f"{url} ended after {len(tags)} tags"
            size = int.from_bytes(header[1:4], "big")
            timestamp = int.from_bytes(header[4:7], "big") | header[7] << 24
            tags.append(Tag(header[0], timestamp, response.read(size)))
            response.read(4)
    return tags
