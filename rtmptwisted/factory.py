"""
What accepts RTMP connections.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import Factory, Protocol

from rtmptwisted.admission import Admission, Refusal
from rtmptwisted.commands import standardCommands
from rtmptwisted.directory import StreamDirectory
from rtmptwisted.protocol import RTMPProtocol
from rtmptwisted.registry import CommandRegistry


class RTMPFactory(Factory):
    """
    Makes the protocol of each RTMP connection.

    @ivar directory: the streams that clients publish and play.
    @ivar commands: what clients can call.
    @ivar connections: those that are open.
    """

    noisy = False

    def __init__(
        self,
        directory: StreamDirectory,
        commands: CommandRegistry | None = None,
        randomness: Callable[[int], bytes] = os.urandom,
        admission: Admission | None = None,
    ) -> None:
        """
        @param randomness: gives so many random bytes, for handshakes.
        @param admission: counts connections, together with others that have the
            same one.
        """
        self.directory = directory
        self.commands = commands or standardCommands()
        self.randomness = randomness
        self._admission = admission or Admission(directory.clock, directory.limits)
        self.connections: set[RTMPProtocol] = set()
        # Those who wait until there are no connections.
        self._waiters: list[Deferred[None]] = []

    def buildProtocol(self, addr: IAddress | None) -> Protocol:
        """
        A connection was accepted.

        @return: an L{RTMPProtocol}; when there are too many, one that closes the
            connection.
        """
        if not self._admission.admit(addr):
            return Refusal()
        protocol = RTMPProtocol(self, addr)
        protocol.factory = self
        return protocol

    def connectionEnded(self, protocol: RTMPProtocol) -> None:
        """
        A connection is gone.  It calls this itself.
        """
        self.connections.discard(protocol)
        self._admission.release(protocol.address)
        self._tellWaiters()

    def _tellWaiters(self) -> None:
        if not self.connections:
            waiters, self._waiters = self._waiters, []
            for waiter in waiters:
                waiter.callback(None)

    def requestReconnect(self, tcUrl: str | None = None, description: str = "") -> int:
        """
        Ask all clients that understand it to come back on a new connection, here
        or elsewhere: see L{Session.requestReconnect
        <rtmptwisted.session.Session.requestReconnect>}.

        @return: how many were asked.
        """
        return sum(
            protocol.session.requestReconnect(tcUrl, description)
            for protocol in list(self.connections)
        )

    def closeAll(self) -> Deferred[None]:
        """
        End all publishes, with all that follows for their players, and close
        all connections.

        @return: fires when they are gone, which takes no longer than
            C{closeSeconds} of L{Limits<rtmptwisted.wire.limits.Limits>}.
        """
        closed: Deferred[None] = Deferred()
        self._waiters.append(closed)
        for stream in list(self.directory):
            stream.end()
        for protocol in list(self.connections):
            protocol.drop()
        self._tellWaiters()
        return closed
