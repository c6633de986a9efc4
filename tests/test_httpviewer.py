"""
Tests of L{rtmptwisted.httpviewer} on plain TCP.
"""

from __future__ import annotations

from rtmptwisted.streams import Publisher
from tests.flv_reader import Tag, readFLV
from tests.http_support import BEGIN
from tests.media import audio, dechunked, frame, keyframe, plain
from tests.websocket_support import PlainWire, WebSocketTestCase, channelOf

END = b"0\r\n\r\n"


def get(target: str = "/live/show.flv", version: str = "1.1", more: str = "") -> bytes:
    """
    @return: a request.
    """
    return f"GET {target} HTTP/{version}\r\nHost: x\r\n{more}\r\n".encode()


class HTTPViewerTestCase(WebSocketTestCase):
    """
    A server with a stream that is live, and clients on plain TCP.
    """

    def body(self, wire: PlainWire, status: str = "HTTP/1.1 200 OK") -> bytes:
        """
        @return: what a client was sent behind the first headers.
        """
        head, _, body = wire.received.partition(b"\r\n\r\n")
        self.assertEqual(head.partition(b"\r\n")[0], status.encode())
        return body

    def tags(self, wire: PlainWire) -> list[Tag]:
        """
        @return: the tags that a client was sent, in chunks, that have not ended.
        """
        return readFLV(dechunked(self.body(wire))).tags

    def asking(self, request: bytes | None = None) -> PlainWire:
        """
        @return: a client that has asked for the stream.
        """
        wire = self.plain()
        wire.send(get() if request is None else request)
        return wire

    def ended(self, body: bytes) -> bytes:
        """
        @return: the content of a body in chunks that has ended.
        """
        self.assertEqual(body[-5:], END)
        return dechunked(body[:-5])


class OrderTests(HTTPViewerTestCase):
    """
    What comes before what.
    """

    def test_headersFirst(self) -> None:
        """
        However little the socket takes of them at first, the headers come before
        the body, and all of the body comes behind them.
        """
        size = len(self.asking().received.partition(b"\r\n\r\n")[0]) + 4
        for room in (*range(size + 3), size + 100):
            wire = self.plain()
            wire.socket.room = room
            wire.send(get())
            self.receive(frame(40))
            self.receive(audio(50))
            self.assertEqual(len(wire.socket.taken), room)
            wire.socket.room = 1 << 20
            self.assertEqual(self.tags(wire), plain(*BEGIN, frame(40), audio(50)))
            wire.lose()
            self.receive(keyframe(0), audio(10))

    def test_notBeforeTheReactor(self) -> None:
        """
        In the turn of the request nothing of the body is given to the socket, which
        has not taken the headers yet.
        """
        wire = self.plain()
        wire.connection.protocol.dataReceived(get())
        self.assertEqual(wire.socket.sent, [])
        self.stream.receive(frame(40))
        self.clock.advance(0)
        self.assertEqual(wire.socket.sent, [])
        self.assertEqual(self.tags(wire), plain(*BEGIN, frame(40)))

    def test_straight(self) -> None:
        """
        Then what is published is one send of the identical bytes to all.
        """
        wires = [self.asking() for _ in range(3)]
        for n in range(3):
            counts = [len(each.socket.sent) for each in wires]
            self.receive(frame(40 + n), audio(50 + n))
            for wire, count in zip(wires, counts, strict=True):
                self.assertEqual(len(wire.socket.sent), count + 1)
                self.assertIs(wire.socket.sent[-1], wires[0].socket.sent[-1])

    def test_full(self) -> None:
        """
        Where the socket is full at any byte of a chunk, all comes later in order.
        """
        size = len(frame(40).encoded()) + 6
        wires = [self.asking() for _ in range(size + 1)]
        for n, wire in enumerate(wires):
            wire.socket.room = n
        self.receive(frame(40))
        self.receive(frame(80))
        for wire in wires:
            wire.socket.room = 1 << 20
        self.receive(frame(120))
        tags = plain(*BEGIN, frame(40), frame(80), frame(120))
        for wire in wires:
            self.assertEqual(self.tags(wire), tags)


class PipelineTests(HTTPViewerTestCase):
    """
    Further requests on the same connection.
    """

    def test_before(self) -> None:
        """
        Behind the answers to other requests the stream comes as it always does,
        also where the socket takes only a little at a time.
        """
        for room in (1 << 20, 0, 10, 300):
            wire = self.plain()
            wire.socket.room = room
            wire.send(get("/streams.json") + get("/nothing") + get())
            self.receive(frame(40))
            wire.socket.room = 1 << 20
            self.receive(frame(80))
            first, second, third = wire.received.split(b"HTTP/1.1 ")[1:]
            self.assertTrue(first.startswith(b"200 OK"), first)
            self.assertIn(b'"live/show"', first)
            self.assertTrue(second.startswith(b"404 "), second)
            data = dechunked(third.partition(b"\r\n\r\n")[2])
            self.assertEqual(readFLV(data).tags, plain(*BEGIN, frame(40), frame(80)))
            wire.lose()
            self.receive(keyframe(0), audio(10))

    def test_behind(self) -> None:
        """
        Requests that come while the stream goes on wait, and are answered when it
        has ended.
        """
        wire = self.asking(get() + get("/nothing"))
        wire.send(get("/streams.json"))
        self.receive(frame(40))
        self.assertEqual(wire.received.count(b"HTTP/1.1"), 1)
        self.stream.end()
        first, second, third = wire.received.split(b"HTTP/1.1 ")[1:]
        data = self.ended(first.partition(b"\r\n\r\n")[2])
        self.assertEqual(readFLV(data).tags, plain(*BEGIN, frame(40)))
        self.assertTrue(second.startswith(b"404 "), second)
        self.assertTrue(third.startswith(b"200 OK"), third)

    def test_again(self) -> None:
        """
        After the end the same connection can be used again and again, for streams
        too, whether or not the socket was full at the end.
        """
        wire = self.plain()
        for n in range(4):
            wire.socket.taken.clear()
            wire.send(get())
            wire.socket.room = (1 << 20, 0, 7, 1 << 20)[n]
            self.receive(frame(40))
            self.receive(frame(80))
            self.stream.end()
            wire.socket.room = 1 << 20
            self.assertEqual(
                readFLV(self.ended(self.body(wire))).tags,
                plain(*BEGIN, frame(40), frame(80)),
            )
            wire.socket.taken.clear()
            wire.send(get("/nothing"))
            self.body(wire, "HTTP/1.1 404 Not Found")
            self.assertTrue(wire.open)
            publisher = Publisher("192.0.2.1:4000")
            self.stream = self.directory.publish("live/show", publisher)
            self.receive(*BEGIN)

    def test_muchAround(self) -> None:
        """
        Where an answer before the stream filled the transport, and more requests
        than are kept unread came during the stream, all are answered.
        """
        self.receive(keyframe(40, 100_000))
        wire = self.plain()
        wire.socket.room = 0
        wire.send(get("/live/show.key.flv") + get())
        wire.socket.room = 1 << 30
        self.receive(frame(80))
        many = 1000
        for _ in range(many):
            wire.send(get("/nothing"))
        self.assertNotIn(wire.connection, self.reactor.readers)
        self.stream.end()
        self.assertEqual(wire.received.count(b"HTTP/1.1 404 "), many)
        self.assertTrue(wire.open)

    def test_producerAfterwards(self) -> None:
        """
        After the end the transport tells twisted.web when it is full, as before.
        """
        wire = self.plain()
        before = wire.connection.producer, wire.connection.streamingProducer
        wire.send(get())
        self.assertIsNot(wire.connection.producer, before[0])
        self.stream.end()
        after = wire.connection.producer, wire.connection.streamingProducer
        self.assertEqual(after, before)
        self.assertIs(after[0], channelOf(wire))

    def test_twoStreams(self) -> None:
        """
        Of two streams that are asked for at once, the second begins when the first
        has ended.
        """
        other = self.directory.publish("live/other", Publisher("192.0.2.1:4001"))
        for tag in BEGIN:
            other.receive(tag)
        wire = self.asking(get() + get("/live/other.flv"))
        self.assertEqual((self.stream.viewers, other.viewers), (1, 0))
        self.stream.end()
        self.assertEqual((self.stream.viewers, other.viewers), (0, 1))
        other.receive(frame(40))
        self.clock.advance(0)
        second = wire.received.split(b"HTTP/1.1 ")[2].partition(b"\r\n\r\n")[2]
        self.assertEqual(readFLV(dechunked(second)).tags, plain(*BEGIN, frame(40)))
        other.end()
        self.assertEqual(wire.received[-5:], END)

    def test_closeWanted(self) -> None:
        """
        Who asks for the connection to be closed gets all, and then the close.
        """
        wire = self.asking(get(more="Connection: close\r\n"))
        wire.socket.room = 3
        self.receive(frame(40))
        self.stream.end()
        self.assertTrue(wire.open)
        wire.socket.room = 1 << 20
        data = self.ended(self.body(wire))
        self.assertEqual(readFLV(data).tags, plain(*BEGIN, frame(40)))
        self.assertFalse(wire.open)


class VersionTests(HTTPViewerTestCase):
    """
    HTTP/1.0, and HEAD.
    """

    def test_oldVersion(self) -> None:
        """
        Over HTTP/1.0 the body has no chunks, and ends with the connection, which
        takes all with it that is left.
        """
        wire = self.asking(get(version="1.0"))
        self.assertNotIn(b"chunked", wire.received.partition(b"\r\n\r\n")[0].lower())
        wire.socket.room = 3
        self.receive(frame(40))
        self.stream.end()
        wire.socket.room = 1 << 20
        body = self.body(wire, "HTTP/1.0 200 OK")
        self.assertEqual(readFLV(body).tags, plain(*BEGIN, frame(40)))
        self.assertFalse(wire.open)

    def test_head(self) -> None:
        """
        HEAD has the headers and no body, makes nobody a viewer, and the connection
        goes on.
        """
        wire = self.asking(b"HEAD /live/show.flv HTTP/1.1\r\nHost: x\r\n\r\n" + get())
        self.receive(frame(40))
        first, second = wire.received.split(b"HTTP/1.1 ")[1:]
        head, _, body = first.partition(b"\r\n\r\n")
        self.assertTrue(head.startswith(b"200 OK"))
        self.assertIn(b"video/x-flv", head)
        self.assertEqual(body, b"")
        data = dechunked(second.partition(b"\r\n\r\n")[2])
        self.assertEqual(readFLV(data).tags, plain(*BEGIN, frame(40)))
        self.assertEqual(self.stream.viewers, 1)
