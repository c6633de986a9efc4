"""
Tests of L{rtmptwisted.sockets}: what connections ask of the sockets of those to whom
a stream goes.
"""

from __future__ import annotations

import socket

from rtmptwisted.sockets import SEND_BUFFER
from tests.straight_support import MemoryConnection, connect
from tests.support import Client
from tests.websocket_support import PEER, PlainWire, WebSocketTestCase, handshake

BOUND = (socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)


class ViewerSocketTests(WebSocketTestCase):
    """
    For viewers the system holds only so much, for others what it sees fit.
    """

    def asking(self, request: bytes) -> list[object]:
        """
        @return: what is asked of the socket of a client that sends this.
        """
        wire = PlainWire(self)
        wire.send(request)
        return wire.socket.options

    def test_http(self) -> None:
        """
        So it is for a stream over HTTP, and not for anything else there.
        """
        for target, bound in (
            ("/live/show.flv", True),
            ("/live/show.key.flv", False),
            ("/streams.json", False),
            ("/", False),
            ("/nothing", False),
        ):
            request = f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
            self.assertIs(BOUND in self.asking(request), bound, target)

    def test_webSocket(self) -> None:
        """
        So it is for one over a WebSocket, and not for a refused handshake.
        """
        self.assertIn(BOUND, self.asking(handshake()))
        refused = handshake(sec_websocket_version="8")
        self.assertNotIn(BOUND, self.asking(refused))

    def rtmp(self, name: str, *arguments: str) -> list[object]:
        """
        @return: what is asked of the socket of an RTMP client with one command.
        """
        encoder = Client(self.factory)
        connection: MemoryConnection = connect(
            self.clock, self.factory, PEER, self.reactor
        )
        for data in (
            Client.HELLO,
            Client.ANSWER,
            encoder.bytesOf(
                encoder.command("connect", commandObject={"app": "live"}),
                encoder.command("createStream"),
                encoder.command(name, *arguments, id=1),
            ),
        ):
            connection.memory.incoming += data
            self.reactor.turns()
        return connection.memory.options

    def test_rtmp(self) -> None:
        """
        So it is for an RTMP player, and not for a publisher.
        """
        self.assertIn(BOUND, self.rtmp("play", "show"))
        self.assertNotIn(BOUND, self.rtmp("publish", "other"))
        self.assertTrue(self.live("live/other").isLive)
