"""
A service that listens, and says where.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import CancelledError, Deferred, succeed
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import (
    IAddress,
    IListeningPort,
    IProtocolFactory,
    IStreamServerEndpoint,
)
from twisted.logger import Logger
from twisted.python.failure import Failure

from rtmptwisted.errors import StartError


class ListeningService(Service):
    """
    Listens on one endpoint while it runs.

    A port that cannot be had at the start ends the program, instead of leaving
    it running and deaf.
    """

    _log = Logger()

    def __init__(
        self,
        endpoint: IStreamServerEndpoint,
        factory: IProtocolFactory,
        description: str,
        announce: Callable[[IAddress], None],
    ) -> None:
        """
        @param description: of the endpoint, as the user gave it.
        @param announce: is called with the address when the port is open.
        """
        self._endpoint = endpoint
        self._factory = factory
        self._description = description
        self._announce = announce
        self._port: Deferred[Any] | None = None

    def privilegedStartService(self) -> None:
        """
        Listen, while there still may be the right to use a port below 1024.

        @raise StartError: when that is not possible.
        """
        super().privilegedStartService()
        refusals: list[str] = []
        starting = True

        def refused(failure: Failure) -> None:
            if failure.check(CancelledError):
                return
            text = f"cannot listen on {self._description}: {_reason(failure)}"
            if starting:
                refusals.append(text)
            else:
                self._log.critical("{text}", text=text)

        self._port = self._endpoint.listen(self._factory)
        self._port.addCallback(self._listening).addErrback(refused)
        starting = False
        if refusals:
            raise StartError(refusals[0])

    def startService(self) -> None:
        """
        Listen, unless that was done before.
        """
        super().startService()
        if self._port is None:
            self.privilegedStartService()

    def stopService(self) -> Deferred[None]:
        """
        Listen no more.  Open connections stay.
        """
        super().stopService()
        port, self._port = self._port, None
        if port is None:
            return succeed(None)
        port.cancel()

        def stop(listening: IListeningPort | None) -> Any:
            return None if listening is None else listening.stopListening()

        return port.addCallback(stop)

    def _listening(self, port: IListeningPort) -> IListeningPort:
        self._announce(port.getHost())
        return port


def _reason(failure: Failure) -> str:
    """
    @return: what the operating system says, where it says something.
    """
    error = failure.value
    if isinstance(error, CannotListenError) and isinstance(error.socketError, OSError):
        return error.socketError.strerror or str(error.socketError)
    return failure.getErrorMessage()
