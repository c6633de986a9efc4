"""
Tests of L{rtmptwisted.httpflv}: what goes over a connection.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure

from rtmptwisted.httpflv import liveSite
from rtmptwisted.streams import Publisher
from rtmptwisted.wire.flv import FLVTag
from tests.fakes import Transport, logLines
from tests.flv_reader import readFLV
from tests.http_support import BEGIN
from tests.media import audio, dechunked, frame, plain
from tests.support import ServerTestCase


class ConnectionTests(ServerTestCase):
    """
    What goes over an HTTP connection.
    """

    PEER = IPv4Address("TCP", "192.0.2.7", 6000)

    def setUp(self) -> None:
        """
        Publish, and connect.
        """
        super().setUp()
        site = liveSite(self.directory)
        self.directory.publish("live/show", Publisher("192.0.2.1:4000"))
        self.receive(*BEGIN)
        self.transport = Transport()
        self.transport.peerAddr = self.PEER
        self.protocol = site.buildProtocol(self.PEER)
        assert self.protocol is not None
        self.protocol.makeConnection(self.transport)
        self.addCleanup(self.lose)
        self.lost = False

    def lose(self) -> None:
        """
        The connection is gone.
        """
        if not self.lost:
            self.lost = True
            assert self.protocol is not None
            self.protocol.connectionLost(Failure(ConnectionDone()))

    def receive(self, *tags: FLVTag) -> None:
        """
        Let the publisher send.
        """
        for tag in tags:
            self.live().receive(tag)
        self.clock.advance(0)

    def get(self, version: str = "1.1") -> bytes:
        """
        @return: what came first of the body.
        """
        request = f"GET /live/show.flv HTTP/{version}\r\nHost: x\r\n\r\n"
        assert self.protocol is not None
        self.protocol.dataReceived(request.encode())
        answer: bytes = self.transport.value()
        self.headers, _, body = answer.partition(b"\r\n\r\n")
        return body

    def test_chunked(self) -> None:
        """
        Over HTTP/1.1 the body is in chunks, and ends with the last of them.
        """
        self.get()
        self.assertIn(b"Transfer-Encoding: chunked", self.headers)
        self.receive(frame(40))
        self.live().end()
        body = self.transport.value()[len(self.headers) + 4 :]
        self.assertEqual(body[-5:], b"0\r\n\r\n")
        data = dechunked(body[:-5])
        self.assertEqual(readFLV(data).tags, plain(*BEGIN, frame(40)))

    def test_notChunked(self) -> None:
        """
        Over HTTP/1.0 the body ends with the connection.
        """
        self.get("1.0")
        self.receive(frame(40))
        self.assertFalse(self.transport.disconnecting)
        self.live().end()
        body = self.transport.value()[len(self.headers) + 4 :]
        self.assertEqual(readFLV(body).tags, plain(*BEGIN, frame(40)))
        self.assertTrue(self.transport.disconnecting)

    def test_oneWrite(self) -> None:
        """
        Each flush is one write.
        """
        self.get()
        before = len(self.transport.writes)
        self.receive(frame(40), audio(50), frame(80))
        self.assertEqual(len(self.transport.writes), before + 1)

    def test_pressure(self) -> None:
        """
        While the transport is full nothing is written to it.
        """
        self.get()
        before = len(self.transport.value())
        producer: Any = self.transport.producer
        producer.pauseProducing()
        self.receive(frame(40))
        self.assertEqual(len(self.transport.value()), before)
        producer.resumeProducing()
        data = dechunked(self.transport.value()[len(self.headers) + 4 :])
        self.assertEqual(readFLV(data).tags, plain(*BEGIN, frame(40)))

    def test_stalled(self) -> None:
        """
        A viewer that has taken nothing for 15 seconds is dropped, with a line
        in the log.
        """
        self.get()
        producer: Any = self.transport.producer
        producer.pauseProducing()
        with self.logs() as events:
            for n in range(17):
                self.receive(frame(40 + n))
                self.clock.advance(1)
        self.assertTrue(self.transport.disconnected)
        self.assertIn(
            "HTTP-FLV viewer 192.0.2.7:6000 has taken nothing for 15.0 s: dropped",
            logLines(events),
        )

    def test_lost(self) -> None:
        """
        A viewer whose connection is lost is gone, and the stream goes on.
        """
        self.get()
        self.assertEqual(self.live().viewers, 1)
        self.lose()
        self.assertEqual(self.live().viewers, 0)
        written = len(self.transport.writes)
        self.receive(frame(40))
        self.live().end()
        self.assertEqual(len(self.transport.writes), written)

    def test_log(self) -> None:
        """
        A viewer is logged with its address.
        """
        with self.logs() as events:
            self.get()
        self.assertEqual(
            logLines(events), ["192.0.2.7:6000 plays live/show over HTTP-FLV"]
        )

    def test_next(self) -> None:
        """
        After the end of a stream an HTTP/1.1 connection can be used again.
        """
        self.get()
        self.live().end()
        self.transport.clear()
        self.get()
        self.assertTrue(self.headers.startswith(b"HTTP/1.1 404"), self.headers)
