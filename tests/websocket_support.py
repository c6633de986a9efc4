"""
A WebSocket client in memory, written for the tests alone: it shares nothing with
what it checks.
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha1
from typing import Any, NamedTuple

from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IDelayedCall
from twisted.python.failure import Failure

from rtmptwisted.httpflv import liveSite
from rtmptwisted.streams import Publisher
from rtmptwisted.wire.flv import FLVTag
from tests.fakes import Transport
from tests.http_support import BEGIN
from tests.straight_support import FDReactor, connect
from tests.support import ServerTestCase

PEER = IPv4Address("TCP", "192.0.2.7", 6000)

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10

KEY = "dGhlIHNhbXBsZSBub25jZQ=="

_HEADERS = (
    ("Host", "server:8080"),
    ("Upgrade", "websocket"),
    ("Connection", "Upgrade"),
    ("Sec-WebSocket-Key", KEY),
    ("Sec-WebSocket-Version", "13"),
)


class Frame(NamedTuple):
    """
    A whole frame from the server.
    """

    opcode: int
    payload: bytes


def acceptance(key: str) -> str:
    """
    @return: the answer to a key (RFC 6455, 4.2.2).
    """
    return b64encode(
        sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
    ).decode()


def clientFrame(
    opcode: int,
    payload: bytes = b"",
    fin: bool = True,
    mask: bytes | None = b"\x01\x02\xf3\x04",
) -> bytes:
    """
    @param mask: L{None} for a frame that is not masked, as clients must not send
        it.
    @return: a frame as a client sends it.
    """
    size = len(payload)
    masked = 0x80 if mask is not None else 0
    head = bytes((fin << 7 | opcode,))
    if size < 126:
        head += bytes((masked | size,))
    elif size < 1 << 16:
        head += bytes((masked | 126,)) + size.to_bytes(2, "big")
    else:
        head += bytes((masked | 127,)) + size.to_bytes(8, "big")
    if mask is None:
        return head + payload
    return head + mask + bytes(b ^ mask[n % 4] for n, b in enumerate(payload))


def serverFrames(data: bytes) -> list[Frame]:
    """
    @return: the frames in what a server sent.
    @raise AssertionError: when it is not whole, unmasked, final frames, with their
        lengths in the shortest form.
    """
    frames = []
    position = 0
    while position < len(data):
        first, second = data[position : position + 2]
        if first & 0xF0 != 0x80:
            raise AssertionError(f"no whole message: {first:x}")
        start, size = position + 2, second
        if second > 125:
            start += {126: 2, 127: 8}[second]
            size = int.from_bytes(data[position + 2 : start], "big")
            if size < {126: 126, 127: 1 << 16}[second]:
                raise AssertionError(f"{size} takes less than {second}")
        payload = data[start : start + size]
        if len(payload) < size:
            raise AssertionError(f"{len(payload)} bytes are there of {size}")
        frames.append(Frame(first & 15, payload))
        position = start + size
    return frames


def handshake(target: str = "/live/show.flv", **changes: str | None) -> bytes:
    """
    @param changes: other values of headers, by their names with C{_} for C{-};
        L{None} leaves one out.
    @return: a request for a WebSocket.
    """
    headers = {name.lower(): value for name, value in _HEADERS}
    for name, value in changes.items():
        headers.pop(name.replace("_", "-"), None)
        if value is not None:
            headers[name.replace("_", "-")] = value
    lines = [f"{name}: {value}\r\n" for name, value in headers.items()]
    return f"GET {target} HTTP/1.1\r\n{''.join(lines)}\r\n".encode("latin-1")


class PlainWire:
    """
    A client on plain TCP.
    """

    def __init__(self, case: WebSocketTestCase) -> None:
        self.connection = connect(case.clock, case.site, PEER, case.reactor)
        self.socket = self.connection.memory
        self._reactor = case.reactor
        # twisted.web has a timeout in the real reactor for each.
        case.addCleanup(self.lose)

    def send(self, data: bytes) -> None:
        """
        Let bytes arrive at the server.
        """
        self.socket.incoming += data
        self._reactor.turns()

    @property
    def received(self) -> bytes:
        """
        What the server has sent and the socket taken.
        """
        self._reactor.turns()
        return bytes(self.socket.taken)

    @property
    def open(self) -> bool:
        """
        Whether the connection is still there.
        """
        self._reactor.turns()
        return self.connection.open

    @property
    def protocol(self) -> Any:
        """
        The server's end.
        """
        return self.connection.protocol

    def lose(self) -> None:
        """
        Close, as the client.
        """
        if self.connection.open:
            self.connection.connectionLost(Failure(ConnectionDone()))


class OtherWire:
    """
    A client behind a transport that is not plain TCP, as with TLS.
    """

    def __init__(self, case: WebSocketTestCase) -> None:
        self.transport = Transport()
        self.transport.peerAddr = PEER
        self.protocol: Any = case.site.buildProtocol(PEER)
        self.protocol.makeConnection(self.transport)
        self._lost = False
        case.addCleanup(self.lose)

    def send(self, data: bytes) -> None:
        """
        Let bytes arrive at the server.
        """
        if self.open:
            self.protocol.dataReceived(data)

    @property
    def received(self) -> bytes:
        """
        What the server has sent.
        """
        data: bytes = self.transport.value()
        return data

    @property
    def open(self) -> bool:
        """
        Whether the connection is still there.
        """
        return not (self.transport.disconnecting or self.transport.disconnected)

    def lose(self) -> None:
        """
        Close, as the client.
        """
        if not self._lost:
            self._lost = True
            self.protocol.connectionLost(Failure(ConnectionDone()))


class WebSocketTestCase(ServerTestCase):
    """
    An HTTP server in memory with a stream that is live.
    """

    def setUp(self) -> None:
        """
        Publish.
        """
        super().setUp()
        self.reactor = FDReactor(self.clock)
        self.site = liveSite(self.directory)
        self.stream = self.directory.publish("live/show", Publisher("192.0.2.1:4000"))
        self.receive(*BEGIN)

    def receive(self, *tags: FLVTag) -> None:
        """
        Let the publisher send in one turn.
        """
        for tag in tags:
            self.stream.receive(tag)
        self.clock.advance(0)
        self.reactor.turns()

    def plain(self) -> PlainWire:
        """
        @return: a client on plain TCP.
        """
        return PlainWire(self)

    def frames(self, wire: PlainWire | OtherWire) -> list[Frame]:
        """
        @return: what a client was sent behind the answer to its handshake, which
            has to be that there is a WebSocket.
        """
        head, _, rest = wire.received.partition(b"\r\n\r\n")
        self.assertTrue(head.startswith(b"HTTP/1.1 101 "), head)
        return serverFrames(rest)

    def flv(self, wire: PlainWire | OtherWire) -> bytes:
        """
        @return: the stream that a client was sent, which has to be all that it was
            sent.
        """
        frames = self.frames(wire)
        self.assertEqual({each.opcode for each in frames}, {BINARY})
        return b"".join(each.payload for each in frames)

    @property
    def scheduled(self) -> list[IDelayedCall]:
        """
        What is to be done later, but for the history of what is live.
        """
        calls = self.clock.getDelayedCalls()
        return [each for each in calls if "History._sample" not in repr(each)]

    def both(self) -> list[PlainWire | OtherWire]:
        """
        @return: a client on plain TCP and one on another transport, that watch.
        """
        wires: list[PlainWire | OtherWire] = [PlainWire(self), OtherWire(self)]
        for wire in wires:
            wire.send(handshake())
        return wires

    def watching(self) -> PlainWire:
        """
        @return: a client on plain TCP that watches.
        """
        wire = self.plain()
        wire.send(handshake())
        self.assertEqual(len(self.frames(wire)), 1)
        return wire


def channelOf(wire: PlainWire | OtherWire) -> Any:
    """
    @return: what twisted.web has behind a connection.
    """
    return wire.protocol._inner._channel
