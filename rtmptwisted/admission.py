"""
How many connections there may be.
"""

from __future__ import annotations

from collections import Counter
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from twisted.internet.interfaces import IAddress, IReactorTime
from twisted.internet.protocol import Protocol
from twisted.logger import Logger

from rtmptwisted.addresses import describeAddress
from rtmptwisted.wire.limits import Limits

#: So much of an IPv6 address is one customer's, in bits.
_PREFIX = 64

#: Refusals are logged together when they come faster, in seconds.
_LOG_SECONDS = 1.0


class Admission:
    """
    Counts connections, in all and by address, of whatever protocol.

    Twisted has wrappers that do so for one factory.  They also wrap the
    transport, behind which the socket cannot be written straight.

    @ivar count: connections that are open.
    """

    _log = Logger()

    def __init__(self, clock: IReactorTime, limits: Limits) -> None:
        self._clock = clock
        self._limits = limits
        self._places: Counter[str] = Counter()
        self._refused = 0
        self._loggedAt = -_LOG_SECONDS
        self.count = 0

    def admit(self, address: IAddress | None) -> bool:
        """
        Count a connection, if it may be.

        @return: whether it may.  Then L{release} has to follow one day.
        """
        place = placeOf(address)
        inAll, each = self._limits.connections, self._limits.connectionsPerAddress
        if inAll and self.count >= inAll:
            self._refuse(address, f"there are {inAll} connections")
            return False
        if each and place and self._places[place] >= each:
            self._refuse(address, f"{place} has {each} connections")
            return False
        self.count += 1
        if place:
            self._places[place] += 1
        return True

    def release(self, address: IAddress | None) -> None:
        """
        A connection that was admitted is gone.
        """
        self.count -= 1
        place = placeOf(address)
        if place:
            self._places[place] -= 1
            if not self._places[place]:
                del self._places[place]

    def _refuse(self, address: IAddress | None, why: str) -> None:
        self._refused += 1
        now = self._clock.seconds()
        if now - self._loggedAt < _LOG_SECONDS:
            return
        self._log.warn(
            "{peer}: refused, {why} ({count} refused since the last such line)",
            peer=describeAddress(address),
            why=why,
            count=self._refused,
        )
        self._loggedAt = now
        self._refused = 0


class Refusal(Protocol):
    """
    What a factory makes of a connection that was not admitted.

    A factory can return L{None} instead, but TLS and other wrappers around it do
    not expect that.
    """

    def connectionMade(self) -> None:
        """
        Close it.
        """
        self.transport.abortConnection()  # type: ignore[union-attr]


def placeOf(address: IAddress | None) -> str:
    """
    @return: what connections from one place have in common: the IPv4 address,
        the /64 of an IPv6 address; C{""} for what has neither, such as UNIX
        sockets.
    """
    try:
        parsed = ip_address(getattr(address, "host", "").partition("%")[0])
    except ValueError:
        return ""
    if isinstance(parsed, IPv6Address):
        mapped: IPv4Address | None = parsed.ipv4_mapped
        if mapped is None:
            return str(IPv6Network((parsed, _PREFIX), strict=False))
        parsed = mapped
    return str(parsed)
