"""
What is asked of the sockets of media connections: how much they read at a time,
and how much they hold.

Nothing is asked of transports that are no sockets themselves, such as TLS and those
of tests: they go on as they are.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from functools import cache
from typing import Any, Final

from twisted.internet.interfaces import ITCPTransport
from twisted.internet.tcp import Connection

KIB = 1024

#: What a read brings at the most, unless more is waiting each time.  Room for a
#: read is allocated before it is known how much comes: for the few KiB that a
#: real encoder sends at a time, 64 KiB take 5 us, 128 KiB and more 20 us, since
#: the allocator then goes to the system.
SMALL_READ: Final = 64 * KIB

#: What a read brings at the most of a client that sends faster than we read.
#: Each read costs the reactor some 20 us beside the bytes.  For the whole server,
#: 256 KiB took 0.8 of the time that 64 KiB did, 512 KiB 0.65, 1 MiB 0.6, and 2 MiB
#: no less.
LARGE_READ: Final = 1024 * KIB

#: What the system may hold for one viewer, in bytes.  A keyframe of 8 Mbit/s video
#: has 100 to 250 kB and goes out at once; what 8 Mbit/s have under way for a round
#: trip of 0.2 s are 200 kB.  With this, a viewer that has stalled was found to hold
#: 380 kB; by itself the system goes up to 3 or 4 MB, which would be 7 GB for 2,000
#: of them, and none of it would count as their backlog.  What it costs: nobody gets
#: more than this in a round trip, even if the path is longer than that.
SEND_BUFFER: Final = 256 * KIB

#: How many connections may wait to be accepted.  Twisted has 50: when a server
#: comes back, all its viewers do in the same second, and the system answers those
#: beyond it a second later.  The system has a limit of its own, mostly 4096.
BACKLOG: Final = 1024

#: See L{keepFreedMemory}.
_FREED: Final = 4096 * KIB


def tuneForMedia(transport: Any) -> None:
    """
    Have small messages go out at once, and a host that is gone be noticed even by
    those who only wait.
    """
    if ITCPTransport.providedBy(transport):
        transport.setTcpNoDelay(True)
        transport.setTcpKeepAlive(True)


def tuneForViewer(transport: Any) -> None:
    """
    The same, for somebody to whom a live stream goes: see L{boundSendBuffer}.
    """
    tuneForMedia(transport)
    boundSendBuffer(transport)


def boundSendBuffer(transport: Any, size: int = SEND_BUFFER) -> None:
    """
    Have the system hold no more for the peer than so much.

    The receiving side has no such bound: with 128 KiB to 4 MiB reading took as long
    as with what the system chooses, or longer.

    @param size: in bytes; the system adds as much again for its own needs.
    """
    if isinstance(transport, Connection):
        # What it cannot have is not needed for anything else.
        with suppress(OSError):
            transport.getHandle().setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, size)


def hasUnread(transport: Any) -> bool:
    """
    @param transport: of a connection; what it stands on counts.
    @return: whether the system has something from the peer that was not read yet,
        the end of the connection included.
    """
    while transport is not None and not isinstance(transport, Connection):
        transport = getattr(transport, "transport", None)
    if transport is None:
        return False
    try:
        transport.getHandle().recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    except OSError:
        # Reading will find out.
        return True
    return True


class ReadSize:
    """
    Chooses how much a connection reads at a time, by what its reads bring.
    """

    __slots__ = ("_size", "_transport")

    def __init__(self, transport: Any) -> None:
        self._transport = transport if isinstance(transport, Connection) else None
        self._size = SMALL_READ

    def note(self, count: int) -> None:
        """
        @param count: how many bytes a read has brought.
        """
        size = self._size
        if count >= size:
            if size < LARGE_READ:
                self._choose(LARGE_READ)
        elif size > SMALL_READ and count < SMALL_READ:
            self._choose(SMALL_READ)

    def _choose(self, size: int) -> None:
        if self._transport is not None:
            self._size = self._transport.bufferSize = size
            keepFreedMemory()


@cache
def keepFreedMemory() -> None:
    """
    Have the allocator keep what is freed, up to 8 MiB.

    With each keyframe the group of pictures before it is freed, some MiB.  The C
    library gives that back to the system, which then has to clear the same pages
    for the next one: up to a fifth of what a fast publisher costs.  How much glibc
    keeps, it sets by the largest block that was freed: twice that.  So one is, of
    which nothing was used.  Where the C library is another, this does nothing.
    """
    bytes(_FREED)
