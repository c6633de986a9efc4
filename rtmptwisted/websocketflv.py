"""
Live streams over WebSockets: C{ws://host/app/name.flv} gives the same FLV as
C{http://host/app/name.flv}, in binary messages.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import h11
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.http import BAD_REQUEST, Request
from twisted.web.websocket import WebSocketResource, WebSocketTransport
from wsproto.utilities import ProtocolError
from zope.interface import implementer

from rtmptwisted.addresses import describeAddress
from rtmptwisted.answers import say
from rtmptwisted.delivery import FanOut
from rtmptwisted.formats import FLVFormat, Framing
from rtmptwisted.interfaces import IViewerOutlet
from rtmptwisted.sockets import tuneForViewer
from rtmptwisted.straight import StraightWriter, Writer, writerFor
from rtmptwisted.streams import LiveStream
from rtmptwisted.viewer import Viewer

#: What a client may say in all, in bytes.  Players have nothing to say but now and
#: then a ping, and Twisted keeps parts of a message until the last one is there.
MOST_HEARD = 256 * 1024


def isUpgrade(request: Request) -> bool:
    """
    @return: whether a request wants a WebSocket (RFC 6455, section 4.2.1).
    """
    upgrade = request.getHeader(b"upgrade") or b""
    return request.method == b"GET" and upgrade.strip().lower() == b"websocket"


def upgrade(request: Request, stream: LiveStream, raw: bool) -> bytes | int:
    """
    Answer a request for a WebSocket.

    @param raw: see L{FLVFormat}.
    @return: what a resource returns: a body that says what is wrong with the
        request, or C{NOT_DONE_YET}.
    """
    resource = WebSocketResource(_Viewers(stream, raw))
    try:
        return resource.render_GET(request)  # type: ignore[arg-type]
    except (h11.ProtocolError, UnicodeError):
        # Twisted takes requests that its WebSocket library does not: with no host,
        # two of them, or one that cannot be.
        return say(request, BAD_REQUEST, "this is no WebSocket handshake")


class _Viewers:
    """
    Makes a viewer of a stream, as L{WebSocketResource} wants it.
    """

    def __init__(self, stream: LiveStream, raw: bool) -> None:
        self._stream = stream
        self._raw = raw

    def buildProtocol(self, request: Request) -> WebSocketViewer:
        """
        @return: what the messages of a new WebSocket go to.
        """
        return WebSocketViewer(request, self._stream, self._raw)


class _Transport:
    """
    What Twisted's WebSocket writes to: what it says goes out between messages of
    the stream, not in the middle of one.
    """

    def __init__(
        self, transport: Any, writer: Writer, closing: Callable[[], None]
    ) -> None:
        """
        @param closing: is called when nothing may be written any more.
        """
        self._transport = transport
        self._closing = closing
        self.write = writer.write

    def loseConnection(self) -> None:
        """
        Close when all is out.
        """
        self.write = _nothing
        self._closing()
        # The transport would wait for a producer.
        self._transport.unregisterProducer()
        self._transport.loseConnection()


def _nothing(data: bytes) -> None:
    """
    Nothing follows a close frame.
    """


@implementer(IViewerOutlet)
class WebSocketViewer:
    """
    A WebSocket that is a live stream.  Nothing that the client says matters.
    """

    protocol = "WebSocket-FLV"

    _log = Logger()

    def __init__(self, request: Request, stream: LiveStream, raw: bool) -> None:
        directory = stream.directory
        self._channel: Any = request.channel
        self._heard = 0
        self._clock = directory.clock
        self._closeSeconds = directory.limits.closeSeconds
        self._closing: IDelayedCall | None = None
        self.peer = describeAddress(request.getClientAddress())
        self._viewer = Viewer(self, directory.clock, directory.limits)
        self._fanOut = FanOut.of(
            stream,
            FLVFormat(Framing.WEBSOCKET, raw),
            directory.clock,
            directory.limits,
        )

    def negotiationStarted(self, transport: WebSocketTransport) -> None:
        """
        Nothing was said yet.
        """
        self._socket: Any = transport

    def negotiationFinished(self) -> None:
        """
        The answer is written: begin.
        """
        transport = self._transport = self._socket.transport
        tuneForViewer(transport)
        # The HTTP channel was its producer, and has nothing to do any more.
        transport.unregisterProducer()
        writer = writerFor(transport, self._viewer, queued=True)
        self._socket.transport = _Transport(transport, writer, self._closes)
        self.write = writer.write
        self.straight = writer if isinstance(writer, StraightWriter) else None
        # This is how Twisted gets the bytes to the WebSocket, too.
        self._channel.dataReceived = self._received
        # And what came behind the request in the same segment.
        self._channel.rawDataReceived = self._received
        # Nobody asks for the request any more, and it is a third of what a viewer
        # has in memory.
        self._channel.requests.clear()
        self._fanOut.add(self._viewer)

    def _received(self, data: bytes) -> None:
        """
        Let Twisted see to what the client says.
        """
        self._heard += len(data)
        if self._heard > MOST_HEARD:
            self._log.warn(
                "{peer}: dropped: a player that says more than {limit} bytes",
                peer=self.peer,
                limit=MOST_HEARD,
            )
            self.abort()
            return
        try:
            self._socket.dataReceived(data)
        except ProtocolError as error:
            self._log.warn("{peer}: dropped: {error}", peer=self.peer, error=error)
            self.abort()

    def pongReceived(self, payload: bytes) -> None:
        """
        An answer to nothing.
        """

    def textMessageReceived(self, message: str) -> None:
        """
        Players have nothing to say.
        """

    def bytesMessageReceived(self, data: bytes | bytearray) -> None:
        """
        Players have nothing to say.
        """

    def connectionLost(self, reason: Failure) -> None:
        """
        The client is gone.
        """
        if self._closing is not None:
            self._closing.cancel()
            self._closing = None
        self._leave()

    def _closes(self) -> None:
        # Whoever closes, the other has only so long to take what is left.
        if self._closing is None:
            self._closing = self._clock.callLater(self._closeSeconds, self._expired)
        self._leave()

    def _leave(self) -> None:
        self._fanOut.remove(self._viewer)

    def finish(self) -> None:
        """
        See L{IViewerOutlet}.
        """
        # It may have been closed by the client in this very moment.
        with suppress(ProtocolError):
            self._socket.loseConnection()

    def _expired(self) -> None:
        self._closing = None
        self.abort()

    def abort(self) -> None:
        """
        See L{IViewerOutlet}.
        """
        self._transport.abortConnection()
