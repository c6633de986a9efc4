"""
Plain TCP connections in memory: Twisted's own, over sockets that do as they are
told, so that whatever holds for plain TCP alone can be tested without a network.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.interfaces import IPushProducer
from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock
from twisted.internet.tcp import Connection
from twisted.python.failure import Failure
from zope.interface import implementer

from rtmptwisted.delivery import FanOut
from rtmptwisted.formats import FLVFormat, Format, Framing
from rtmptwisted.interfaces import IViewerOutlet
from rtmptwisted.straight import StraightWriter, writerFor
from rtmptwisted.streams import LiveStream
from rtmptwisted.viewer import Viewer
from tests.media import contentOf

#: More than anybody sends.
PLENTY = 1 << 40


class MemorySocket:
    """
    A socket that does not block.

    @ivar room: how many bytes it takes until it is full.
    @ivar taken: what it took.
    @ivar sent: the objects that were sent, as they were.
    @ivar error: raised in place of taking anything, when it is set.
    @ivar onSend: is called for each send, before it is done.
    @ivar incoming: what can be received.
    """

    def __init__(self) -> None:
        self.room = PLENTY
        self.taken = bytearray()
        self.sent: list[object] = []
        self.error: Exception | None = None
        self.onSend: Callable[[], None] | None = None
        self.incoming = b""
        self.options: list[object] = []

    def send(self, data: bytes) -> int:
        """
        Take what there is room for.
        """
        if self.onSend is not None:
            self.onSend()
        if self.error is not None:
            raise self.error
        if not self.room:
            raise BlockingIOError(errno.EWOULDBLOCK, os.strerror(errno.EWOULDBLOCK))
        count = min(self.room, len(data))
        self.room -= count
        self.taken += data[:count]
        self.sent.append(data)
        return count

    def recv(self, size: int) -> bytes:
        """
        @return: what has come in.
        """
        data, self.incoming = self.incoming[:size], self.incoming[size:]
        return data

    def setsockopt(self, *option: object) -> None:
        """
        Remember an option.
        """
        self.options.append(option)

    def setblocking(self, blocking: bool) -> None:
        """
        It never does.
        """

    def fileno(self) -> int:
        """
        @return: nothing that the system knows.
        """
        return -1

    def shutdown(self, how: int) -> None:
        """
        Nothing is there to be told.
        """

    def close(self) -> None:
        """
        From now on it fails, as closed sockets do.
        """
        self.error = OSError(errno.EBADF, os.strerror(errno.EBADF))


class FDReactor:
    """
    As much of a reactor as a connection needs.

    @ivar writers: those who have something to write.
    @ivar readers: those who want to read.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.callLater = clock.callLater
        self.readers: dict[Any, None] = {}
        self.writers: dict[Any, None] = {}

    def addReader(self, reader: object) -> None:
        """
        See C{IReactorFDSet}.
        """
        self.readers[reader] = None

    def removeReader(self, reader: object) -> None:
        """
        See C{IReactorFDSet}.
        """
        self.readers.pop(reader, None)

    def addWriter(self, writer: object) -> None:
        """
        See C{IReactorFDSet}.
        """
        self.writers[writer] = None

    def removeWriter(self, writer: object) -> None:
        """
        See C{IReactorFDSet}.
        """
        self.writers.pop(writer, None)

    def turn(self) -> None:
        """
        Let every connection that can read or write do so once, and do what is due.
        """
        for each in list(self.readers):
            if each.connected and each.socket.incoming:
                self._after(each, each.doRead())
        for each in list(self.writers):
            if each.connected and (each.socket.room or each.socket.error):
                self._after(each, each.doWrite())
        self.clock.advance(0)

    def _after(self, connection: Any, why: Exception | None) -> None:
        if why is not None:
            self.removeReader(connection)
            self.removeWriter(connection)
            connection.connectionLost(Failure(why))

    def turns(self) -> None:
        """
        Go on until there is nothing to do.
        """
        for _ in range(1000):
            if not self._busy():
                return
            self.turn()
        raise AssertionError("there is no end to it")

    def _busy(self) -> bool:
        return any(each.socket.incoming for each in self.readers) or any(
            each.socket.room or each.socket.error for each in self.writers
        )


class MemoryConnection(Connection):
    """
    A plain TCP connection: all of it but the socket and the reactor is real.
    """

    def __init__(self, reactor: FDReactor, protocol: Any, peer: IPv4Address) -> None:
        self.memory = MemorySocket()
        self.fds = reactor
        self._peer = peer
        super().__init__(self.memory, protocol, reactor)  # type: ignore[arg-type]
        self.connected = 1

    @property
    def open(self) -> bool:
        """
        Whether the connection is still there.
        """
        return bool(self.connected)

    def getPeer(self) -> IPv4Address:
        """
        @return: where the other end is.
        """
        return self._peer

    def getHost(self) -> IPv4Address:
        """
        @return: where this end is.
        """
        return IPv4Address("TCP", "192.0.2.100", 8080)

    def start(self) -> None:
        """
        Tell the protocol.
        """
        self.startReading()
        self.protocol.makeConnection(self)

    @property
    def queued(self) -> bytes:
        """
        What the transport has not given to the socket yet.
        """
        rest = self.dataBuffer[self.offset :]
        return bytes(rest) + b"".join(self._tempDataBuffer)


def connect(
    clock: Clock, factory: Any, peer: IPv4Address, reactor: FDReactor | None = None
) -> MemoryConnection:
    """
    @return: a connection to what a factory builds.
    """
    protocol = factory.buildProtocol(peer)
    connection = MemoryConnection(reactor or FDReactor(clock), protocol, peer)
    connection.start()
    return connection


@implementer(IViewerOutlet)
class StraightOutlet:
    """
    Where the bytes of a viewer on plain TCP go.
    """

    protocol: str = "TEST"

    def __init__(self, reactor: FDReactor, peer: str) -> None:
        self.peer = peer
        self.connection = MemoryConnection(
            reactor, Protocol(), IPv4Address("TCP", "192.0.2.9", 5000)
        )
        self.socket = self.connection.memory
        self.finished = 0
        self.aborted = 0

    def attach(self, producer: IPushProducer) -> None:
        """
        Begin to write.
        """
        writer = writerFor(self.connection, producer)
        assert isinstance(writer, StraightWriter)
        self.straight: Any = writer
        self.write = writer.write

    def finish(self) -> None:
        """
        See L{IViewerOutlet}.
        """
        self.finished += 1

    def abort(self) -> None:
        """
        See L{IViewerOutlet}.
        """
        self.aborted += 1


class StraightViewer:
    """
    A viewer of a stream on plain TCP.
    """

    def __init__(
        self,
        stream: LiveStream,
        reactor: FDReactor,
        form: Format | None = None,
        peer: str = "192.0.2.9:5000",
    ) -> None:
        directory = stream.directory
        self.form = form or FLVFormat()
        self.outlet = StraightOutlet(reactor, peer)
        self.socket = self.outlet.socket
        self.connection = self.outlet.connection
        self.viewer = Viewer(self.outlet, directory.clock, directory.limits)
        self.outlet.attach(self.viewer)
        self.fanOut = FanOut.of(stream, self.form, directory.clock, directory.limits)
        self.fanOut.add(self.viewer)

    def leave(self) -> None:
        """
        Go.
        """
        self.fanOut.remove(self.viewer)

    @property
    def written(self) -> bytes:
        """
        All that was written, taken by the socket or not.
        """
        return bytes(self.socket.taken) + self.connection.queued

    @property
    def content(self) -> bytes:
        """
        The FLV of that.
        """
        framing = getattr(self.form, "framing", Framing.BARE)
        return contentOf(self.written, framing)
