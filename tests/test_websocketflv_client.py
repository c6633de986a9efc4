"""
Tests of L{rtmptwisted.websocketflv}: with a client of others, and one that talks.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred, ensureDeferred, succeed
from twisted.internet.testing import StringTransport
from twisted.web.client import URI
from twisted.web.iweb import IAgentEndpointFactory
from twisted.web.websocket import WebSocketClientEndpoint, WebSocketTransport
from zope.interface import implementer

from tests.flv_reader import readFLV
from tests.http_support import BEGIN
from tests.media import frame, plain
from tests.websocket_support import (
    BINARY,
    CLOSE,
    PING,
    PONG,
    TEXT,
    Frame,
    WebSocketTestCase,
    clientFrame,
)


@implementer(IAgentEndpointFactory)
class Endpoints:
    """
    Connects a client of Twisted's to nothing yet.
    """

    def __init__(self) -> None:
        self.transport = StringTransport()
        self.protocol: Any = None

    def endpointForURI(self, uri: URI) -> Endpoints:
        """
        See C{IAgentEndpointFactory}.
        """
        return self

    def connect(self, factory: Any) -> Deferred[Any]:
        """
        See C{IStreamClientEndpoint}.
        """
        self.protocol = factory.buildProtocol(None)
        self.protocol.makeConnection(self.transport)
        return succeed(self.protocol)


class Messages:
    """
    What Twisted's client has received.
    """

    def __init__(self) -> None:
        self.received: list[Any] = []

    def buildProtocol(self, url: str) -> Messages:
        """
        See C{WebSocketClientFactory}.
        """
        return self

    def negotiationStarted(self, transport: WebSocketTransport) -> None:
        """
        Keep the transport.
        """
        self.transport = transport

    def negotiationFinished(self) -> None:
        """
        It is a WebSocket.
        """
        self.received.append("begin")

    def pongReceived(self, payload: bytes) -> None:
        """
        Take a pong.
        """
        self.received.append((PONG, bytes(payload)))

    def textMessageReceived(self, message: str) -> None:
        """
        Take a text.
        """
        self.received.append((TEXT, message))

    def bytesMessageReceived(self, data: bytes | bytearray) -> None:
        """
        Take bytes.
        """
        self.received.append((BINARY, bytes(data)))

    def connectionLost(self, reason: object) -> None:
        """
        It is over.
        """


class ClientTests(WebSocketTestCase):
    """
    With another's client.
    """

    def test_twisted(self) -> None:
        """
        Twisted's own client gets the stream, an answer to its ping, and the end.
        """
        endpoints, messages = Endpoints(), Messages()
        endpoint = WebSocketClientEndpoint(endpoints, "ws://server/live/show.flv")
        connected = ensureDeferred(endpoint.connect(messages))
        wire = self.plain()
        seen = 0

        def pump() -> None:
            nonlocal seen
            wire.send(endpoints.transport.value())
            endpoints.transport.clear()
            new = wire.received[seen:]
            seen += len(new)
            endpoints.protocol.dataReceived(new)

        pump()
        self.successResultOf(connected)
        self.receive(frame(40))
        messages.transport.ping(b"there?")
        pump()
        begin, opening, flush, pong = messages.received
        self.assertEqual((begin, pong), ("begin", (PONG, b"there?")))
        data = opening[1] + flush[1]
        self.assertEqual(readFLV(data).tags, plain(*BEGIN, frame(40)))
        self.stream.end()
        pump()
        self.assertTrue(endpoints.transport.disconnecting)
        self.assertEqual(self.frames(wire)[-1], Frame(CLOSE, b"\x03\xe8"))

    def test_saysMuch(self) -> None:
        """
        What a client says is of no consequence to what it gets.
        """
        wire = self.watching()
        for n in range(50):
            wire.send(clientFrame(TEXT, b"hello"))
            wire.send(clientFrame(BINARY, bytes(300)))
            wire.send(clientFrame(PONG, b"x"))
            wire.send(clientFrame(TEXT, b"in ", fin=False) + clientFrame(0, b"parts"))
            self.receive(frame(40 + n))
        wire.send(clientFrame(PING, b"1"))
        self.assertEqual(self.frames(wire)[-1], Frame(PONG, b"1"))
        self.assertEqual(len(self.frames(wire)), 52)
