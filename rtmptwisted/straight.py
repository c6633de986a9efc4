"""
Writing to a transport, straight to its socket where that is possible, and closing
it without losing what was written.
"""

from __future__ import annotations

from collections.abc import Callable
from errno import ENOBUFS
from typing import Any

from twisted.internet.interfaces import (
    IPullProducer,
    IPushProducer,
)
from twisted.internet.tcp import Connection
from zope.interface import implementer


def writerFor(transport: Any, producer: IPushProducer) -> Callable[[bytes], None]:
    """
    Choose how to write to a transport.

    @param transport: provides L{ITransport<twisted.internet.interfaces.ITransport>}
        and L{IConsumer<twisted.internet.interfaces.IConsumer>}.
    @param producer: is told when the transport is full, and when it has sent
        all that it had.  It is registered with the transport, in one way or
        another; C{unregisterProducer} ends that.
    @return: a function that writes bytes.
    """
    if _isPlainTCP(transport):
        writer = StraightWriter(transport, producer)
        transport.registerProducer(writer, False)
        return writer.write
    # TLS has to encrypt first; anything else has reasons of its own.
    transport.registerProducer(producer, True)
    write: Callable[[bytes], None] = transport.write
    return write


def closerFor(transport: Any) -> Callable[[], None]:
    """
    Choose how to close a transport so that its peer gets all that was written.

    Players acknowledge what they get.  An acknowledgement that meets a closed
    socket is answered with a reset, and then the system forgets what it has not
    sent yet.  So only our direction is closed where that is possible; the peer
    closes the other when it has read everything.

    @return: a function that closes it.  What is received after that has to be
        read, and somebody has to see to it that the peer does close.
    """
    close: Callable[[], None] = (
        transport.loseWriteConnection
        if _isPlainTCP(transport)
        else transport.loseConnection
    )
    return close


def _isPlainTCP(transport: object) -> bool:
    """
    Tell whether bytes written to the transport's socket are what its peer gets.
    That is not so behind TLS or any other wrapper, which provide the interfaces
    of what they wrap, so that only the class can tell.
    """
    return isinstance(transport, Connection) and not transport.TLS


@implementer(IPullProducer)
class StraightWriter:
    """
    Writes to a plain TCP connection: straight to the socket while nothing is
    queued in front of it, else through the transport.

    There are two reasons.  Most writes are small, find an empty queue, and cost
    much less this way.  And a client that has sent its last bytes and closed
    without reading our answers makes each further write fail: the transport
    would drop the connection for that, with all that the client sent and nobody
    has read yet.  Here a failed write is left to the reading side, which gets
    to the same error once it has read everything.

    A transport that was given a pull producer tells it each time it has sent
    all that it had, which is just what has to be known here.
    """

    def __init__(self, transport: Any, producer: IPushProducer) -> None:
        self._transport = transport
        self._send = transport.getHandle().send
        self._producer = producer
        # Whether the transport has anything queued; known from when it first
        # asks for more.
        self._idle = False
        self._failed = False

    def write(self, data: bytes) -> None:
        """
        Send bytes, or queue them.
        """
        if not self._idle:
            self._transport.write(data)
            return
        if self._failed:
            return
        try:
            sent = self._send(data)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            if error.errno != ENOBUFS:
                self._failed = True
                return
            sent = 0
        if sent < len(data):
            self._idle = False
            self._transport.write(data[sent:])
            self._producer.pauseProducing()

    def resumeProducing(self) -> None:
        """
        The transport has sent all that it had.
        """
        if not self._idle:
            self._idle = True
            self._producer.resumeProducing()

    def stopProducing(self) -> None:
        """
        The connection is lost.
        """
        self._failed = self._idle = True
        self._producer.stopProducing()
