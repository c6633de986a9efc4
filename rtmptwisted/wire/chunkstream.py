"""
What is known of one chunk stream.
"""

from __future__ import annotations

from rtmptwisted.wire.chunkheader import Header


class ChunkStream:
    """
    One chunk stream.

    @ivar parts: the payload received so far; L{None} between messages.
    @ivar received: its size in bytes.
    @ivar counted: how many of them count as bytes of unfinished messages: those of
        whole chunks.
    @ivar began: how many bytes of the connection had been consumed when the
        message under way had shown its first chunk.
    """

    __slots__ = ("began", "counted", "header", "parts", "received")

    def __init__(self) -> None:
        self.began = 0
        self.header = Header()
        self.received = 0
        self.counted = 0
        self.parts: list[bytes | bytearray] | None = None
