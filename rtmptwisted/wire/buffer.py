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
    gone, or rolls back, and it is as if nothing had been read.  Consumed bytes
    are dropped from the front at the next L{append}, so that a read of many
    messages moves the rest at most once.

    @ivar limit: how many bytes may be left over when more arrive.
    """

    __slots__ = ("_committed", "_cursor", "_data", "_dropped", "limit")

    def __init__(self, limit: int = Limits.bufferedBytes) -> None:
        self._data = bytearray()
        self._committed = 0
        self._cursor = 0
        # Bytes that were consumed and are no longer in C{_data}.
        self._dropped = 0
        self.limit = limit

    def __len__(self) -> int:
        """
        @return: how many bytes lie after the cursor.
        """
        return len(self._data) - self._cursor

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
        if self._committed:
            del self._data[: self._committed]
            self._dropped += self._committed
            self._cursor -= self._committed
            self._committed = 0
        if len(self._data) >= self.limit:
            raise ProtocolError(
                f"{len(self._data)} bytes wait to be interpreted, "
                f"the limit is {self.limit}"
            )
        if self._data:
            self._data += data
        else:
            self._data = bytearray(data)

    def peek(self, count: int) -> bytearray:
        """
        @return: up to C{count} bytes after the cursor, which stays.
        """
        return self._data[self._cursor : self._cursor + count]

    def every(self, step: int, start: int, stop: int) -> bytearray:
        """
        @return: each C{step}th byte from C{start} up to, not including,
            C{stop}, both counted from the cursor, which stays.
        """
        cursor = self._cursor
        return self._data[cursor + start : cursor + stop : step]

    def skip(self, count: int) -> None:
        """
        Move the cursor forward over C{count} bytes that are there.
        """
        self._cursor += count

    def take(self, count: int) -> bytearray:
        """
        @return: exactly the C{count} bytes after the cursor, which moves past
            them.  The caller owns the result.

        @raise ValueError: when fewer bytes are there; the cursor stays.
        """
        start = self._cursor
        end = start + count
        if end > len(self._data):
            raise ValueError(f"{count} bytes wanted, {len(self)} are there")
        self._cursor = end
        return self._data[start:end]

    def commit(self) -> None:
        """
        Everything before the cursor is consumed.
        """
        if self._cursor == len(self._data):
            # An idle connection holds nothing.
            self._data = bytearray()
            self._dropped += self._cursor
            self._committed = self._cursor = 0
        else:
            self._committed = self._cursor

    def rollback(self) -> None:
        """
        Move the cursor back to where the last L{commit} left it.
        """
        self._cursor = self._committed
