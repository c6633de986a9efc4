"""
Bytes that have arrived and are not interpreted yet.
"""

from __future__ import annotations

from rtmptwisted.errors import ProtocolError
from rtmptwisted.wire.limits import Limits

#: So much of what is received is put behind what was left over, in bytes; see
#: L{FastBuffer}.  What is left over is mostly a part of a chunk, and needs less.
_FIRST = 65536


class FastBuffer:
    """
    A byte queue with tentative reads.

    A reader takes what it needs and then either commits, and the bytes are
    gone, or rolls back, and it is as if nothing had been read.

    What is received is kept as it is and not copied.  So a reader that looks at
    L{data} itself, from L{at} on, can cut payload out of the very bytes that the
    transport has read.  What is left over from before goes in front of it; but to
    put 1 MiB behind a few bytes would be a copy of all that a fast publisher
    sends.  So then L{data} is those few and the start of what has come, and as soon
    as they are consumed, what has come itself.  Who needs more at once than that
    start has says so by L{join}.

    @ivar data: the bytes that are here, some of which may be consumed already, and
        of which there may be more to L{join}.
    @ivar at: the cursor, a place in L{data}.
    @ivar limit: how many bytes may be left over when more arrive.
    """

    __slots__ = (
        "_behind",
        "_committed",
        "_dropped",
        "_received",
        "_seam",
        "at",
        "data",
        "limit",
    )

    def __init__(self, limit: int = Limits.bufferedBytes) -> None:
        self.data = b""
        self.at = 0
        self._committed = 0
        # Bytes that were consumed and are no longer in C{data}.
        self._dropped = 0
        # What was received last, where in C{data} it begins, and how many bytes of
        # it are not in C{data}: as long as there are some.
        self._received = b""
        self._seam = self._behind = 0
        self.limit = limit

    def __len__(self) -> int:
        """
        @return: how many bytes lie after the cursor, those that are not in C{data}
            included.
        """
        return len(self.data) - self.at + self._behind

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
        self.join()
        self.trim()
        left = self.data
        if len(left) >= self.limit:
            raise ProtocolError(
                f"{len(left)} bytes wait to be interpreted, the limit is {self.limit}"
            )
        if not left:
            self.data = bytes(data)
        elif len(data) <= _FIRST:
            self.data = left + data
        else:
            self.data = left + data[:_FIRST]
            self._received = bytes(data)
            self._seam = len(left)
            self._behind = len(data) - _FIRST

    def join(self) -> bool:
        """
        Have all in L{data}.

        @return: whether there was more than L{data} had.
        """
        if not self._behind:
            return False
        self.data += self._received[-self._behind :]
        self._received, self._behind = b"", 0
        return True

    def _cross(self) -> None:
        """
        What was left over is consumed: go on in what was received after it.
        """
        self.data = self._received
        self._dropped += self._seam
        self.at -= self._seam
        self._committed = self.at
        self._received, self._behind = b"", 0

    def peek(self, count: int) -> bytes:
        """
        @return: up to C{count} bytes after the cursor, which stays.
        """
        end = self.at + count
        if end > len(self.data):
            self.join()
        return self.data[self.at : end]

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
        if end > len(self.data) and not (self.join() and end <= len(self.data)):
            raise ValueError(f"{count} bytes wanted, {len(self)} are there")
        self.at = end
        return self.data[start:end]

    def commit(self) -> None:
        """
        Everything before the cursor is consumed.
        """
        self.consume(self.at)
        if self.at == len(self.data):
            # An idle connection holds nothing.
            self.trim()

    def consume(self, until: int) -> None:
        """
        Everything before a place in L{data} is consumed.
        """
        self._committed = self.at = until
        if self._behind and until >= self._seam:
            self._cross()

    def trim(self) -> None:
        """
        Let go of what is consumed.  What is left over is copied, so this is for
        when that is little, or more bytes arrive.
        """
        committed = self._committed
        if committed:
            self.data = self.data[committed:]
            self._seam -= committed
            self._dropped += committed
            self.at -= committed
            self._committed = 0

    def rollback(self) -> None:
        """
        Move the cursor back to where the last L{commit} left it.
        """
        self.at = self._committed
