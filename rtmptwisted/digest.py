"""
Warnings of which there can be thousands at a time.
"""

from __future__ import annotations

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

#: The shortest time between two lines of a kind, in seconds.
_PAUSE = 1.0


class Digest:
    """
    Logs warnings of one kind at most once a second: the first as it is, those
    that come within a second of a line together as their number.
    """

    _log = Logger()

    def __init__(self, clock: IReactorTime, more: str) -> None:
        """
        @param more: the line for several of them, with a place for C{count}.
        """
        self._clock = clock
        self._more = more
        # Since the last line; None when that is long ago.
        self._count: int | None = None

    def warn(self, line: str, **fields: object) -> None:
        """
        Log a line, or count it.

        @param fields: what stands in its places.
        """
        if self._count is None:
            self._log.warn(line, **fields)
            self._rest()
        else:
            self._count += 1

    def _rest(self) -> None:
        self._count = 0
        self._clock.callLater(_PAUSE, self._tell)

    def _tell(self) -> None:
        count, self._count = self._count, None
        if count:
            self._log.warn(self._more, count=count)
            self._rest()
