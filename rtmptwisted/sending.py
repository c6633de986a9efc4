"""
Answers that are long, or asked for by many.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from twisted.internet.interfaces import IPushProducer, IReactorTime
from twisted.web.http import Request
from zope.interface import implementer

#: Bodies above this size are sent at the pace of those who read them, in pieces of
#: this size, in bytes.
PIECE = 64 * 1024

#: Who takes nothing of such a body for this long is disconnected, in seconds.
_STALL_SECONDS = 15

#: For how long an answer that was made is given to others, in seconds.
_FRESH_SECONDS = 1.0

T = TypeVar("T")


class Recent:
    """
    Keeps what was made for a second, for all who ask for it meanwhile.
    """

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._made: dict[Hashable, Any] = {}
        self._since = clock.seconds()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """
        @return: what C{make} returns, or what it did return for this key less than
            a second ago.
        """
        now = self._clock.seconds()
        if not 0 <= now - self._since < _FRESH_SECONDS:
            self._made.clear()
            self._since = now
        if key not in self._made:
            self._made[key] = make()
        made: T = self._made[key]
        return made


@implementer(IPushProducer)
class Sending:
    """
    A body that is on its way.

    Until it has all gone to the transport the request is not answered: whoever asks
    for more on the same connection waits.
    """

    def __init__(self, request: Request, body: bytes) -> None:
        self._request = request
        self._body = body
        self._sent = 0
        self._paused = True
        # HTTP/2 streams have no time of their own.
        channel: Any = request.channel
        self._timed = channel if hasattr(channel, "setTimeout") else None

    def start(self) -> None:
        """
        Begin.
        """
        self._setTimeout(_STALL_SECONDS)
        self._request.registerProducer(self, True)
        self.resumeProducing()

    def _setTimeout(self, seconds: float | None) -> None:
        if self._timed is not None:
            self._timed.setTimeout(seconds)

    def resumeProducing(self) -> None:
        """
        The transport has room.
        """
        self._paused = False
        self._setTimeout(_STALL_SECONDS)
        while not self._paused and self._sent < len(self._body):
            piece = self._body[self._sent : self._sent + PIECE]
            self._sent += len(piece)
            self._request.write(piece)
        if not self._paused and self._sent >= len(self._body):
            self._paused = True
            self._setTimeout(None)
            self._request.unregisterProducer()
            self._request.finish()

    def pauseProducing(self) -> None:
        """
        The transport is full.
        """
        self._paused = True

    def stopProducing(self) -> None:
        """
        The connection is gone.
        """
        self._paused = True
        self._sent = len(self._body)
