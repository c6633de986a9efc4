"""
Bytes that have arrived and are not interpreted yet.
"""

from __future__ import annotations

from rtmptwisted.errors import ProtocolError
from rtmptwisted.wire.limits import Limits


class FastBuffer:
    """
    A byte queue with tentative reads.

    A reader takes what it needs and then either commits, and the bytes are
    gone, or rolls back, and it is as if nothing had been read.

    What is received is kept as it is and not copied; only what is left over from
    before is put in front of it.  So a reader that looks at L{data} itself, from
    L{at} on, can cut payload out of the very bytes that the transport has read.

    @ivar data: the bytes that are here, some of which may be consumed already.
    @ivar at: the cursor, a place in L{data}.
    @ivar limit: how many bytes may be left over when more arrive.
    """

    __slots__ = ("_committed", "_dropped", "at", "data", "limit")

    def __init__(self, limit: int = Limits.bufferedBytes) -> None:
        self.data = b""
        self.at = 0
        self._committed = 0
        # Bytes that were consumed and are no longer in C{data}.
        self._dropped = 0
        self.limit = limit

    def __len__(self) -> int:
        """
        @return: how many bytes lie after the cursor.
        """
        return len(self.data) - self.at

    @property
    def consumed(self) -> int:
        """
        How many bytes have been consumed since the beginning.
        """
        return self._dropped + self._committed

    def append(self, data: bytes) -> None:
        """
        Add bytes at the end.

        The limit is held against what earlier calls left over, not against
        C{data}, which the caller has in memory already: a single delivery may
        have any size.

        @raise ProtocolError: when too much is left over already.
        """
        self.trim()
        if len(self.data) >= self.limit:
            raise ProtocolError(
                f"{len(self.data)} bytes wait to be interpreted, "
                f"the limit is {self.limit}"
            )
        self.data = self.data + data if self.data else bytes(data)

    def peek(self, count: int) -> bytes:
        """
        @return: up to C{count} bytes after the cursor, which stays.
        """
        return self.data[self.at : self.at + count]

    def skip(self, count: int) -> None:
        """
        Move the cursor forward over C{count} bytes that are there.
        """
        self.at += count

    def take(self, count: int) -> bytes:
        """
        @return: exactly the C{count} bytes after the cursor, which moves past
            them.

        @raise ValueError: when fewer bytes are there; the cursor stays.
        """
        start = self.at
        end = start + count
        if end > len(self.data):
            raise ValueError(f"{count} bytes wanted, {len(self)} are there")
        self.at = end
        return self.data[start:end]

    def commit(self) -> None:
        """
        Everything before the cursor is consumed.
        """
        self._committed = self.at
        if self.at == len(self.data):
            # An idle connection holds nothing.
            self.trim()

    def consume(self, until: int) -> None:
        """
        Everything before a place in L{data} is consumed.
        """
        self._committed = self.at = until

    def trim(self) -> None:
        """
        Let go of what is consumed.  What is left over is copied, so this is for
        when that is little, or more bytes arrive.
        """
        committed = self._committed
        if committed:
            self.data = self.data[committed:]
            self._dropped += committed
            self.at -= committed
            self._committed = 0

    def rollback(self) -> None:
        """
        Move the cursor back to where the last L{commit} left it.
        """
        self.at = self._committed
