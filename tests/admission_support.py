"""
Connections that are admitted, or not.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IAddress
from twisted.python.failure import Failure

from tests.fakes import Transport
from tests.support import ServerTestCase


def accept(factory: Any, address: IAddress | None) -> tuple[Any, Transport] | None:
    """
    Accept a connection, as ports do.

    @return: its protocol, and the transport of that; L{None} when it was refused: by
        having no protocol, or by closing it at once.
    """
    protocol = factory.buildProtocol(address)
    if protocol is None:
        return None
    transport = Transport()
    protocol.makeConnection(transport)
    if transport.disconnecting or transport.disconnected:
        protocol.connectionLost(Failure(ConnectionDone()))
        return None
    return protocol, transport


class AdmissionTestCase(ServerTestCase):
    """
    A test of what becomes of connections.
    """

    def setUp(self) -> None:
        """
        Remember connections, of which none is to be left.
        """
        super().setUp()
        self._open: dict[Any, Transport] = {}
        self.addCleanup(self.loseAll)

    def loseAll(self) -> None:
        """
        All connections are gone.
        """
        for protocol in list(self._open):
            self.lose(protocol)

    def transport(self, protocol: Any) -> Transport:
        """
        @return: what a connection that was accepted runs on.
        """
        return self._open[protocol]

    def accept(self, factory: Any, address: IAddress | None = None) -> Any:
        """
        @return: the protocol of a connection, L{None} when it was refused.
        """
        accepted = accept(factory, address)
        if accepted is None:
            return None
        protocol, self._open[protocol] = accepted
        return protocol

    def lose(self, protocol: Any) -> None:
        """
        A connection is gone.
        """
        del self._open[protocol]
        protocol.connectionLost(Failure(ConnectionDone()))

    def admitted(
        self, factory: Any, *addresses: IAddress | None, times: int = 1
    ) -> int:
        """
        @return: how many connections are admitted, of C{times} from each address.
        """
        protocols = [
            self.accept(factory, address) for address in addresses for _ in range(times)
        ]
        return sum(protocol is not None for protocol in protocols)
