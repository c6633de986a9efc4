"""
Requests that wait for a disk.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.http import SERVICE_UNAVAILABLE, Request

from rtmptwisted.answers import say

#: A disk that does not answer is waited for so long, in seconds.
SECONDS = 15

#: When to come again, in seconds.
_RETRY_SECONDS = b"5"


def busy(request: Request, text: str) -> bytes:
    """
    Answer that it may work later.
    """
    request.setHeader(b"retry-after", _RETRY_SECONDS)
    return say(request, SERVICE_UNAVAILABLE, text)


def finish(request: Request, body: bytes = b"") -> None:
    """
    Send a whole answer.
    """
    request.write(body)
    request.finish()


class Patience:
    """
    How long a request waits.

    @ivar over: whether it does not wait any more: what was waited for is there, or
        will be too late.
    """

    _log = Logger()

    def __init__(
        self,
        request: Request,
        clock: IReactorTime,
        given: Callable[[], object] = lambda: None,
    ) -> None:
        """
        @param given: called when it is given up: the client is gone, or was told
            that it took too long.
        """
        self.over = False
        self._request = request
        self._given = given
        self._deadline: IDelayedCall | None = clock.callLater(SECONDS, self._late)
        request.notifyFinish().addErrback(self._gone)

    def settle(self) -> None:
        """
        What was waited for is there.
        """
        self.over = True
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _gone(self, reason: Failure) -> None:
        if not self.over:
            self.settle()
            self._given()

    def _late(self) -> None:
        self._deadline = None
        self.settle()
        self._log.error("the disk with the recordings does not answer")
        finish(self._request, busy(self._request, "the disk does not answer"))
        self._given()
