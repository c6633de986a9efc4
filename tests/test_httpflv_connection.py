"""
Tests of L{rtmptwisted.httpflv}: what goes over a connection.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionDone
from twisted.logger import formatEvent
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

    def get(self, version: str = "1.1", target: str = "/live/show.flv") -> bytes:
        """
        @return: what came first of the body.
        """
        return self.ask(f"GET {target} HTTP/{version}\r\nHost: x\r\n\r\n")

    def ask(self, request: str) -> bytes:
        """
        @return: what came first of the body.
        """
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
            "HTTP-FLV viewer 192.0.2.7:6000 of live/show has taken nothing for 15.0 s: "
            "dropped",
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

    @property
    def channel(self) -> Any:
        """
        What twisted.web has behind the protocol for HTTP/1.
        """
        protocol: Any = self.protocol
        return protocol._inner._channel

    def time(self) -> None:
        """
        Let the connection's timeouts be those of the clock.
        """
        self.channel.setTimeout(None)
        self.channel.callLater = self.clock.callLater
        self.channel.setTimeout(15)

    def test_takesNothingAfterTheEnd(self) -> None:
        """
        An HTTP/1.0 viewer that takes nothing after the end does not keep its
        connection: after 5 seconds it has a last chance, and then is dropped.
        """
        self.time()
        self.get("1.0")
        self.clock.advance(100)
        self.assertFalse(self.transport.disconnecting)
        with self.logs():
            self.live().end()
            self.clock.advance(4.9)
            self.assertFalse(self.transport.disconnected)
            self.clock.pump([1] * 20)
        self.assertTrue(self.transport.disconnected)

    def test_keptAfterTheEnd(self) -> None:
        """
        An HTTP/1.1 connection is kept after the end for as long as any that
        waits for a request.
        """
        self.time()
        self.get()
        self.live().end()
        self.clock.advance(14)
        self.assertFalse(self.transport.disconnecting)
        self.clock.advance(2)
        self.assertTrue(self.transport.disconnecting)

    def test_wholeURL(self) -> None:
        """
        A target may be a whole URL, as proxies are asked.
        """
        for target in (
            "http://example.org/live/show.flv",
            "https://example.org:8080/live/show.flv?key=1",
        ):
            self.transport.clear()
            body = self.get("1.0", target)
            self.assertIn(b" 200 ", self.headers.splitlines()[0])
            self.assertEqual(readFLV(body).tags, plain(*BEGIN))
            self.setUp()

    def test_wholeURLWithoutPath(self) -> None:
        """
        A whole URL without a path, or with the path C{/}, is the list.
        """
        for target in ("http://example.org", "http://example.org/"):
            self.transport.clear()
            self.assertIn(b"/live/show.flv  avc1+mp4a", self.get("1.1", target))

    def test_wholeURLOfNothing(self) -> None:
        """
        What is no stream is not found behind a host either.
        """
        for target in ("http://live/show.flv", "http://x/live/show", "http:/"):
            self.transport.clear()
            self.get("1.1", target)
            self.assertIn(b" 404 ", self.headers.splitlines()[0], target)

    def test_head(self) -> None:
        """
        HEAD of anything is answered without a body, and without a warning of
        twisted.web's for it.
        """
        for target in ("/", "/live/show.flv", "/live/nothing.flv", "/%ff", "/x"):
            self.transport.clear()
            with self.logs() as events:
                body = self.ask(f"HEAD {target} HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertEqual(body, b"", target)
            self.assertTrue(self.headers.startswith(b"HTTP/1.1 "), self.headers)
            # What is left is the line of the access log.
            lines = [str(formatEvent(event)) for event in events]
            self.assertEqual([each for each in lines if "Warning" in each], [])

    def test_bodyIsNotKept(self) -> None:
        """
        The body of a request is not kept, whatever its length, and the next
        request is read behind it.
        """
        protocol: Any = self.protocol
        for length, method, code in ((50, "POST", b"405"), (1 << 20, "GET", b"404")):
            self.transport.clear()
            self.ask(
                f"{method} /live/x.flv HTTP/1.1\r\nHost: x\r\n"
                f"Content-Length: {length}\r\n\r\n"
            )
            protocol.dataReceived(b"x" * (length - 1))
            (request,) = self.channel.requests
            self.assertEqual(request.content.getvalue(), b"")
            self.assertEqual(self.transport.value(), b"")
            protocol.dataReceived(b"x")
            self.assertEqual(self.transport.value().split()[1], code)
        self.transport.clear()
        self.assertIn(b"/live/show.flv", self.get(target="/"))

    def test_contentFile(self) -> None:
        """
        What a body is written to stays empty.
        """
        for length in (None, 5, 1 << 30):
            with liveSite(self.directory).getContentFile(length) as content:
                self.assertEqual(content.write(b"12345"), 5)
                content.seek(0)
                self.assertEqual(content.read(), b"")
