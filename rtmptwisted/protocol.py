"""
RTMP on a Twisted transport.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from twisted.internet.interfaces import IAddress, IPushProducer, ITransport
from twisted.internet.protocol import Protocol, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from rtmptwisted.addresses import describeAddress
from rtmptwisted.dispatch import Dispatcher
from rtmptwisted.errors import ProtocolError
from rtmptwisted.interfaces import IPlayer, ISessionHost
from rtmptwisted.netstream import NetStream
from rtmptwisted.player import RTMPPlayer
from rtmptwisted.reading import Reading
from rtmptwisted.session import Session
from rtmptwisted.sockets import ReadSize, boundSendBuffer, tuneForMedia
from rtmptwisted.straight import Writer, closerFor, writerFor
from rtmptwisted.streams import LiveStream
from rtmptwisted.turns import Turns
from rtmptwisted.watchdog import Watchdog, activityOf
from rtmptwisted.wire.connection import Event, Outbound, RTMPConnection
from rtmptwisted.wire.handshake import SIZE
from rtmptwisted.wire.message import (
    Command,
    Data,
    Decoded,
    Message,
    UserControl,
    UserControlType,
)

if TYPE_CHECKING:
    from rtmptwisted.factory import RTMPFactory


@implementer(ISessionHost, IPushProducer)
class RTMPProtocol(Protocol):
    """
    One RTMP connection.

    Bytes go to an L{RTMPConnection}, its events to handlers.  While a handler
    waits for something, the transport is paused and nothing is interpreted.

    @ivar address: where the connection was accepted from.
    @ivar peer: the client's address, for the log.
    @ivar session: what the connection is about.
    """

    _log = Logger()

    transport: ITransport

    def __init__(self, factory: RTMPFactory, address: IAddress | None = None) -> None:
        self._factory = factory
        self.address = address
        self._connection = RTMPConnection(
            factory.randomness(SIZE), factory.directory.limits
        )
        self._players: dict[int, RTMPPlayer] = {}
        self._interpreting = False
        self._closing = False
        self._lost = False
        self._full = False
        # What was answered since the transport is full, in bytes.
        self._unread = 0
        self._writer: Writer
        self.peer = ""
        self.session = session = Session(self, factory.directory)
        self._dispatcher = dispatcher = Dispatcher(
            session, factory.commands, self._carriedOut
        )
        self._turns = Turns(
            self._connection,
            factory.directory.clock,
            factory.directory.limits.turnSeconds,
            session.framesReceived,
            self._handle,
            lambda: not (dispatcher.waiting or self._closing),
            self._interpret,
        )
        self._watchdog = Watchdog(
            factory.directory.clock,
            factory.directory.limits,
            lambda: activityOf(self._connection.state, dispatcher.waiting, session),
            lambda: self._connection.unfinished,
            self._expired,
            self._ping,
            self._acknowledge,
        )

    def connectionMade(self) -> None:
        """
        A client is here.
        """
        self.peer = describeAddress(self.transport.getPeer())
        tuneForMedia(self.transport)
        self._readSize = ReadSize(self.transport)
        self._pace = pace = self._factory.directory.pace
        self._reading = Reading(self.transport, self._factory.directory.clock, pace)
        self._writer = writerFor(self.transport, self)
        self._factory.connections.add(self)
        self._watchdog.accepted()

    def dataReceived(self, data: bytes) -> None:
        """
        Bytes are here.
        """
        if self._closing:
            return
        self._readSize.note(len(data))
        if self._connection.bytesReceived == 0:
            # Behind the PROXY protocol it was not known before.
            self.peer = describeAddress(self.transport.getPeer())
        try:
            self._connection.receiveData(data)
        except ProtocolError as error:
            self._protocolFailed(error)
        else:
            self._interpret()
            if self.session.noteBytes():
                self._reading.rest(len(data))

    def _interpret(self, last: bool = False) -> None:
        """
        Carry out all that has arrived, unless that is going on already
        further up the stack, or has to wait.

        @param last: whether nothing can wait any more.
        """
        if self._interpreting or self._turns.waiting:
            return
        self._interpreting = True
        try:
            if self._turns.take(last=last):
                # Once a read, however many messages that brought.
                self._watchdog.heard()
        except ProtocolError as error:
            self._protocolFailed(error)
        except Exception:
            # Our defect, or a handler's.  It costs this connection.
            self._log.failure("{peer}: internal error", peer=self.peer)
            self.drop()
        finally:
            self._interpreting = False
        if not last:
            self._listen()

    def _listen(self) -> None:
        """
        Read, or not, as it is right just now.
        """
        if not self._closing:
            self._reading.hold(self._dispatcher.waiting or self._turns.waiting)
            if self._connection.acknowledgementDue:
                self._watchdog.acknowledgementDue(self._pace.rest)

    def _protocolFailed(self, error: ProtocolError) -> None:
        self._log.warn("{peer}: closed: {error}", peer=self.peer, error=str(error))
        self.drop()

    def _handle(self, event: Event) -> None:
        if isinstance(event, Message):
            self.session.mediaReceived(event)
        elif isinstance(event, Outbound):
            self._reply(event)
        elif isinstance(event, Data):
            self.session.dataReceived(event)
        elif isinstance(event, Command):
            self._dispatcher.carryOut(event)
            self._watchdog.changed()

    def _carriedOut(self) -> None:
        if not self._closing:
            self._watchdog.changed()
            self._interpret()

    def _expired(self, why: str) -> None:
        self._log.warn("{peer}: dropped: {why}", peer=self.peer, why=why)
        self._abort()

    def _ping(self, time: int) -> None:
        self.send(UserControl(UserControlType.PING_REQUEST, time.to_bytes(4, "big")))

    def _acknowledge(self) -> None:
        # Otherwise it is us who pause, not the client; there will be another.
        if self._reading.isDone:
            self._reply(self._connection.acknowledge())

    def _reply(self, data: bytes) -> None:
        """
        Write, unless the client asks and asks and never reads.
        """
        if self._closing:
            return
        if self._full:
            self._unread += len(data)
            if self._unread > self._factory.directory.limits.replyBytes:
                self._expired(f"it does not read, {self._unread} bytes wait")
                return
        self._writer.write(data)

    # ISessionHost

    def send(self, decoded: Decoded) -> None:
        """
        See L{ISessionHost}.
        """
        self._reply(self._connection.send(decoded))

    def close(self) -> None:
        """
        See L{ISessionHost}.
        """
        self._end(closerFor(self.transport))

    def drop(self) -> None:
        """
        Close the connection, whether or not the client is still to read something.
        """
        self._end(self.transport.loseConnection)

    def _end(self, close: Callable[[], None]) -> None:
        if self._closing:
            return
        self._closing = True
        if self._lost:
            return
        self._watchdog.closing()
        transport: Any = self.transport
        # While a producer is registered the transport would wait for it.
        transport.unregisterProducer()
        self._reading.release()
        close()
        # Nothing that arrives counts any more: end all that the client did.
        self.session.close()

    def createPlayer(self, netStream: NetStream, stream: LiveStream) -> IPlayer:
        """
        See L{ISessionHost}.
        """
        boundSendBuffer(self.transport)
        player = RTMPPlayer(
            netStream,
            stream,
            self._factory.directory,
            self.peer,
            self._writer,
            self._abort,
        )
        if self._full:
            player.pauseProducing()
        # One for each NetStream: of these a connection can have only so many.
        self._players[netStream.id] = player
        return player

    def _abort(self) -> None:
        self._closing = True
        self.transport.abortConnection()  # type: ignore[attr-defined]

    # IPushProducer, for the players of this connection

    def pauseProducing(self) -> None:
        """
        The transport is full.
        """
        self._full = True
        for player in list(self._players.values()):
            player.pauseProducing()

    def resumeProducing(self) -> None:
        """
        The transport has sent all that it had.
        """
        self._full = False
        self._unread = 0
        for id, player in list(self._players.items()):
            if self._full:
                # It is again, with what those before had to send.
                break
            # So that each has its turn.
            self._players[id] = self._players.pop(id)
            player.resumeProducing()

    def stopProducing(self) -> None:
        """
        The transport is going; L{connectionLost} follows.
        """

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        The client is gone.
        """
        self._lost = True
        if self._turns.waiting:
            # What it sent before counts.
            self._turns.cancel()
            self._interpret(last=True)
        self._closing = True
        self._watchdog.stop()
        self._reading.stop()
        self.session.close()
        self._dispatcher.cancel()
        ignored, dropped = self._connection.ignored, self.session.dropped
        if ignored or dropped:
            self._log.info(
                "{peer} sent {ignored} messages that were not understood, and "
                "{dropped} with media outside of a publish",
                peer=self.peer,
                ignored=ignored,
                dropped=dropped,
            )
        self._factory.connectionEnded(self)
