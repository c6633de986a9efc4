"""
Read a live stream over HTTP-FLV, tag by tag, with the standard library.

Run it as C{python consume.py http://localhost:8080/live/hello.flv}.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import IO
from urllib.request import urlopen

KINDS = {8: "audio", 9: "video", 18: "script"}


def tags(stream: IO[bytes]) -> Iterator[tuple[int, int, bytes]]:
    """
    Yield type, timestamp in milliseconds, and body of each tag.
    """
    stream.read(13)
    while len(header := stream.read(11)) == 11:
        size = int.from_bytes(header[1:4], "big")
        timestamp = int.from_bytes(header[4:7], "big") | header[7] << 24
        body = stream.read(size)
        # The size of the tag stands behind it once more.
        if len(stream.read(4)) < 4:
            return
        yield header[0], timestamp, body


def main(url: str) -> None:
    """
    Print what comes, until the stream is over.
    """
    with urlopen(url) as stream:
        for kind, timestamp, body in tags(stream):
            print(f"{KINDS[kind]:6} {timestamp:8} ms {len(body):7} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])
