"""
Writing to a transport, straight to its socket where that is possible, and closing
it without losing what was written.
"""

from __future__ import annotations

from collections.abc import Callable
from errno import ENOBUFS
from typing import Any, TypeAlias

from twisted.internet.interfaces import IPullProducer, IPushProducer
from twisted.internet.tcp import Connection
from zope.interface import implementer


def writerFor(
    transport: Any, producer: IPushProducer, *, queued: bool = False
) -> Writer:
    """
    Choose how to write to a transport.

    @param transport: provides L{ITransport<twisted.internet.interfaces.ITransport>}
        and L{IConsumer<twisted.internet.interfaces.IConsumer>}.
    @param producer: is told when the transport is full, and when it has sent
        all that it had.  It is registered with the transport, in one way or
        another; C{unregisterProducer} ends that.
    @param queued: whether something was written that may not be out yet.
    """
    if not _isPlainTCP(transport):
        # TLS has to encrypt first; anything else has reasons of its own.
        transport.registerProducer(producer, True)
        return TransportWriter(transport)
    writer = StraightWriter(transport, producer)
    transport.registerProducer(writer, False)
    if queued:
        # Registered producers are asked for data at once, whatever is queued.
        writer.wait()
    return writer


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


class TransportWriter:
    """
    Writes to any transport, as that has it.

    @ivar write: sends bytes, or queues them.
    """

    __slots__ = ("write",)

    def __init__(self, transport: Any) -> None:
        self.write: Callable[[bytes], None] = transport.write


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
    to the same error once it has read everything; until then the connection
    counts as full.

    A transport that was given a pull producer tells it each time it has sent
    all that it had, which is just what has to be known here.

    @ivar idle: whether the transport has nothing queued; known from when it first
        asks for more.  Only then L{send} can be used.
    @ivar send: the socket's own function.  What it raises goes to L{refused};
        when it does not take all, L{took} has to be called.
    """

    __slots__ = ("_failed", "_producer", "_transport", "idle", "send")

    def __init__(self, transport: Any, producer: IPushProducer) -> None:
        self._transport = transport
        self._producer = producer
        self._failed = False
        self.idle = False
        self.send: Callable[[bytes], int] = transport.getHandle().send

    def write(self, data: bytes) -> None:
        """
        Send bytes, or queue them.
        """
        if not self.idle:
            if not self._failed:
                self._transport.write(data)
            return
        try:
            sent = self.send(data)
        except OSError as error:
            self.refused(data, error)
        else:
            if sent < len(data):
                self.took(data, sent)

    def took(self, data: bytes, sent: int) -> None:
        """
        Queue the rest of what the socket did not take whole.

        @param sent: how many bytes it took.
        """
        self.wait()
        self._transport.write(data[sent:])

    def refused(self, data: bytes, error: OSError) -> None:
        """
        Deal with what the socket raised.
        """
        if isinstance(error, BlockingIOError) or error.errno == ENOBUFS:
            self.took(data, 0)
        else:
            self._failed = True
            self.wait()

    def wait(self) -> None:
        """
        Until the transport asks for more it is not idle.
        """
        self.idle = False
        self._producer.pauseProducing()

    def resumeProducing(self) -> None:
        """
        The transport has sent all that it had.
        """
        if not (self.idle or self._failed):
            self.idle = True
            self._producer.resumeProducing()

    def stopProducing(self) -> None:
        """
        The connection is lost.
        """
        self._failed = True
        self.idle = False
        self._producer.stopProducing()


#: Writes to a transport, by its C{write}.
Writer: TypeAlias = StraightWriter | TransportWriter
