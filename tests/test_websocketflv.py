"""
Tests of L{rtmptwisted.websocketflv}: what a client is sent.
"""

from __future__ import annotations

from tests.fakes import logLines
from tests.flv_reader import readFLV
from tests.http_support import BEGIN
from tests.media import audio, dechunked, frame, keyframe, plain
from tests.websocket_support import (
    KEY,
    OtherWire,
    PlainWire,
    WebSocketTestCase,
    acceptance,
    channelOf,
    handshake,
)


class HandshakeTests(WebSocketTestCase):
    """
    How a WebSocket begins.
    """

    def head(self, wire: PlainWire | OtherWire) -> dict[bytes, bytes]:
        """
        @return: the headers of the answer, and its first line by no name.
        """
        first, *lines = wire.received.partition(b"\r\n\r\n")[0].split(b"\r\n")
        pairs = [line.split(b": ", 1) for line in lines]
        return {b"": first} | {name.lower(): value for name, value in pairs}

    def test_headers(self) -> None:
        """
        The answer accepts the client's key, and neither an extension nor anything
        else that was not asked for.
        """
        for wire in (self.plain(), OtherWire(self)):
            wire.send(handshake(sec_websocket_extensions="permessage-deflate"))
            head = self.head(wire)
            accepted = head.pop(b"sec-websocket-accept").decode()
            # As in section 1.3 of RFC 6455, for the key that is there.
            self.assertEqual(accepted, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
            self.assertEqual(accepted, acceptance(KEY))
            self.assertEqual(head.pop(b"upgrade").lower(), b"websocket")
            self.assertEqual(head.pop(b"connection").lower(), b"upgrade")
            self.assertEqual(
                head, {b"": b"HTTP/1.1 101 Switching Protocols"}, "something else"
            )
            self.assertEqual(readFLV(self.flv(wire)).tags, plain(*BEGIN))

    def test_inPieces(self) -> None:
        """
        It may arrive in any pieces.
        """
        data = handshake()
        wire = self.plain()
        for n in range(len(data)):
            self.assertEqual(wire.received, b"")
            wire.send(data[n : n + 1])
        self.assertEqual(readFLV(self.flv(wire)).tags, plain(*BEGIN))

    def test_headersFirst(self) -> None:
        """
        While the socket takes nothing of the answer, nothing overtakes it.
        """
        wire = self.plain()
        wire.socket.room = 5
        wire.send(handshake())
        self.receive(frame(40))
        wire.socket.room = 1 << 20
        self.assertEqual(readFLV(self.flv(wire)).tags, plain(*BEGIN, frame(40)))

    def answer(self, request: bytes) -> tuple[int, bytes]:
        """
        @return: the status of the answer to a request, and the body.
        """
        wire = self.plain()
        wire.send(request)
        head, _, body = wire.received.partition(b"\r\n\r\n")
        self.assertEqual(self.stream.viewers, 0)
        self.assertFalse(self.stream.hasSinks)
        # The connection can be used again.
        wire.socket.taken.clear()
        wire.send(handshake())
        self.assertEqual(readFLV(self.flv(wire)).tags, plain(*BEGIN))
        wire.lose()
        return int(head.split()[1]), body

    def test_refused(self) -> None:
        """
        What is no handshake gets an error, and no stream.
        """
        for code, changes in (
            (400, {"sec_websocket_version": "8"}),
            (400, {"sec_websocket_version": None}),
            (400, {"sec_websocket_key": None}),
            (400, {"connection": "keep-alive"}),
            (400, {"connection": None}),
        ):
            self.assertIn(self.answer(handshake(**changes))[0], (code, 426), changes)

    def test_notLive(self) -> None:
        """
        A name that is not live is not found, one that is none neither; a profile
        that is none is a bad request.
        """
        for target, code in (
            ("/live/other.flv", 404),
            ("/live", 404),
            ("/live/%ff.flv", 400),
            ("/live/show.flv?profile=best", 400),
        ):
            self.assertEqual(self.answer(handshake(target))[0], code, target)

    def test_otherProtocols(self) -> None:
        """
        A request to go over to another protocol is answered as if it had not been
        one.
        """
        wire = self.plain()
        wire.send(handshake(upgrade="h2c"))
        self.assertTrue(wire.received.startswith(b"HTTP/1.1 200 OK\r\n"))
        data = dechunked(wire.received.partition(b"\r\n\r\n")[2])
        self.assertEqual(readFLV(data).tags, plain(*BEGIN))

    def test_profile(self) -> None:
        """
        C{?profile=raw} gives all that is published.
        """
        wire = self.plain()
        wire.send(handshake("/live/show.flv?profile=raw"))
        sink = self.stream._sinks[-1]
        self.assertTrue(sink._format.raw)  # type: ignore[attr-defined]
        self.assertEqual(readFLV(self.flv(wire)).tags, plain(*BEGIN))


class StreamTests(WebSocketTestCase):
    """
    What comes then.
    """

    def test_asOverHTTP(self) -> None:
        """
        The payloads of all messages are, together, the same bytes as over HTTP;
        each flush is one message.
        """
        sockets = self.both()
        http = self.plain()
        http.send(b"GET /live/show.flv HTTP/1.1\r\nHost: x\r\n\r\n")
        for n in range(1, 30):
            self.receive(*[frame(n * 100 + m, 9 + 37 * n) for m in range(n % 4 + 1)])
        expected = dechunked(http.received.partition(b"\r\n\r\n")[2])
        for each in sockets:
            self.assertEqual(self.flv(each), expected)
            self.assertEqual(len(self.frames(each)), 30)

    def test_lengths(self) -> None:
        """
        Messages at and around the places where the length has another form can be
        read.
        """
        wires = self.both()
        sizes = [125, 126, 127, 65_535, 65_536, 65_537]
        for n, size in enumerate(sizes):
            self.receive(frame(40 + n, size - 15))
        for wire in wires:
            payloads = [each.payload for each in self.frames(wire)[1:]]
            self.assertEqual([len(each) for each in payloads], sizes)
            self.assertEqual(
                readFLV(self.flv(wire)).tags[len(BEGIN) :],
                plain(*[frame(40 + n, size - 15) for n, size in enumerate(sizes)]),
            )

    def test_straight(self) -> None:
        """
        On plain TCP viewers are written to in a row, with the identical bytes;
        behind anything else they are not.
        """
        wires = [self.watching() for _ in range(3)]
        other = OtherWire(self)
        other.send(handshake())
        self.receive(frame(40))
        self.receive(frame(80))
        data = other.transport.writes[-1]
        for each in wires:
            self.assertIs(each.socket.sent[-1], data)
        (fanOut,) = self.stream._sinks
        audience = fanOut._audience  # type: ignore[attr-defined]
        lined = [viewer.line is not None for viewer in audience]
        self.assertEqual(lined, [True, True, True, False])

    def test_slow(self) -> None:
        """
        A viewer whose socket is full at any byte of a message gets all of it later,
        and what was published meanwhile.
        """
        size = len(frame(40).encoded()) + 2
        wires = [self.watching() for _ in range(size + 1)]
        for n, wire in enumerate(wires):
            wire.socket.room = n
        self.receive(frame(40))
        self.receive(frame(80), audio(90))
        for wire in wires:
            wire.socket.room = 1 << 20
        self.receive(keyframe(120))
        tags = plain(*BEGIN, frame(40), frame(80), audio(90), keyframe(120))
        for wire in wires:
            self.assertEqual(readFLV(self.flv(wire)).tags, tags)

    def test_stalled(self) -> None:
        """
        One that takes nothing for 15 seconds is dropped.
        """
        wire = self.watching()
        wire.socket.room = 0
        with self.logs() as events:
            for n in range(17):
                self.receive(frame(40 + n))
                self.clock.advance(1)
        self.assertFalse(wire.open)
        self.assertEqual(self.stream.viewers, 0)
        self.assertIn(
            "WebSocket-FLV viewer 192.0.2.7:6000 of live/show has taken nothing for "
            "15.0 s: dropped",
            logLines(events),
        )

    def test_log(self) -> None:
        """
        A viewer is one line in the log when it comes, and one when it goes.
        """
        with self.logs() as events:
            wire = self.watching()
            wire.lose()
        size = len(wire.received.partition(b"\r\n\r\n")[2])
        came, went = logLines(events)
        self.assertEqual(came, "192.0.2.7:6000 plays live/show over WebSocket-FLV")
        self.assertIn(f": 2 frames, {size} bytes, 0 skips", went)

    def test_longAndQuiet(self) -> None:
        """
        No deadline of HTTP ends it, though the client says nothing for an hour and
        nothing is published.
        """
        wires = self.both()
        for wire in wires:
            channel = channelOf(wire)
            channel.callLater = self.clock.callLater
        with self.logs() as events:
            self.clock.pump([1] * 3600)
        self.receive(frame(40))
        for wire in wires:
            self.assertTrue(wire.open)
            self.assertEqual(readFLV(self.flv(wire)).tags, plain(*BEGIN, frame(40)))
        self.assertEqual(logLines(events), [])

    def test_requestIsForgotten(self) -> None:
        """
        Nothing holds the request of a viewer.
        """
        wire = self.watching()
        self.assertEqual(channelOf(wire).requests, [])

    def test_pipelined(self) -> None:
        """
        It may come behind other requests on the same connection.
        """
        wire = self.plain()
        wire.send(b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n" + handshake())
        first, second = wire.received.split(b"HTTP/1.1 101 ")
        self.assertTrue(first.startswith(b"HTTP/1.1 404 "))
        data = second.partition(b"\r\n\r\n")[2]
        self.assertEqual(data[:1], b"\x82")
        self.receive(frame(40))
        self.assertIn(frame(40).encoded(), wire.received)
