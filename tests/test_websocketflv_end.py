"""
Tests of L{rtmptwisted.websocketflv}: what clients say, and how it ends.
"""

from __future__ import annotations

import struct

from tests.enhanced_support import videoKey, videoStart
from tests.flv_reader import readFLV
from tests.http_support import BEGIN
from tests.media import frame, keyframe, plain
from tests.websocket_support import (
    BINARY,
    CLOSE,
    PING,
    PONG,
    TEXT,
    Frame,
    OtherWire,
    PlainWire,
    WebSocketTestCase,
    channelOf,
    clientFrame,
    handshake,
)

NORMAL = struct.pack("!H", 1000)


class PingTests(WebSocketTestCase):
    """
    Pings are answered.
    """

    def test_answered(self) -> None:
        """
        Each ping has its pong with the same payload, at once, and nothing else
        happens.
        """
        wires = self.both()
        for wire in wires:
            for payload in (b"", b"x", bytes(range(125))):
                wire.send(clientFrame(PING, payload))
                self.assertEqual(self.frames(wire)[-1], Frame(PONG, payload))
            self.assertEqual(len(self.frames(wire)), 4)
        self.receive(frame(40))
        for wire in wires:
            kinds = [each.opcode for each in self.frames(wire)]
            self.assertEqual(kinds, [BINARY, PONG, PONG, PONG, BINARY])

    def test_betweenMessages(self) -> None:
        """
        Where the socket is full at any byte of a message, a pong comes behind all
        of it, and the stream goes on behind the pong.
        """
        size = len(frame(40).encoded()) + 2
        for room in range(size):
            wire = self.watching()
            wire.socket.room = room
            self.receive(frame(40))
            wire.send(clientFrame(PING, b"now"))
            self.receive(frame(80))
            wire.socket.room = 1 << 20
            self.receive(frame(120))
            kinds = [each.opcode for each in self.frames(wire)]
            self.assertEqual(kinds, [BINARY, BINARY, PONG, BINARY, BINARY])
            data = b"".join(
                each.payload for each in self.frames(wire) if each.opcode == BINARY
            )
            tags = readFLV(data).tags
            self.assertEqual(tags[-3:], plain(frame(40), frame(80), frame(120)))
            wire.lose()
            self.receive(keyframe(0), frame(10))

    def test_fillsTheSocket(self) -> None:
        """
        A pong that a full socket takes a part of is sent whole; the viewer waits
        meanwhile, and loses nothing.
        """
        for room in range(5):
            wire = self.watching()
            wire.socket.room = room
            wire.send(clientFrame(PING, b"now"))
            self.receive(frame(40))
            self.assertLessEqual(len(wire.socket.sent), 3)
            wire.socket.room = 1 << 20
            self.receive(frame(80))
            kinds = [each.opcode for each in self.frames(wire)]
            self.assertEqual(kinds, [BINARY, PONG, BINARY, BINARY])
            wire.lose()
            self.receive(keyframe(0), frame(10))


class CloseTests(WebSocketTestCase):
    """
    The client closes.
    """

    def check(self, wire: PlainWire | OtherWire, answer: bytes) -> None:
        """
        The client has got a close frame with this payload, and nothing behind it;
        it is no viewer any more, and its connection is closed.
        """
        self.receive(frame(40))
        self.assertEqual(self.frames(wire)[-1], Frame(CLOSE, answer))
        self.assertEqual([each.opcode for each in self.frames(wire)].count(CLOSE), 1)
        self.assertFalse(wire.open)
        self.assertEqual(self.stream.viewers, 0)
        self.assertFalse(self.stream.hasSinks)

    def test_answered(self) -> None:
        """
        A close is answered with the same code.
        """
        for payload in (NORMAL, struct.pack("!H", 1001) + b"bye", b""):
            wire = self.watching()
            wire.send(clientFrame(CLOSE, payload))
            self.check(wire, payload)
            other = OtherWire(self)
            other.send(handshake())
            other.send(clientFrame(CLOSE, payload))
            self.check(other, payload)
            other.lose()
        self.assertEqual(self.scheduled, [])

    def test_whileFull(self) -> None:
        """
        Where the socket is full the close comes behind the whole message that is
        under way, and what was kept for the viewer is not sent any more.
        """
        wire = self.watching()
        wire.socket.room = 7
        self.receive(frame(40))
        self.receive(frame(80))
        wire.send(clientFrame(CLOSE, NORMAL))
        wire.socket.room = 1 << 20
        self.check(wire, NORMAL)
        kinds = [each.opcode for each in self.frames(wire)]
        self.assertEqual(kinds, [BINARY, BINARY, CLOSE])

    def test_saysMore(self) -> None:
        """
        What a client says behind its close is not answered, and does no harm.
        """
        wire = self.watching()
        wire.send(
            clientFrame(CLOSE, NORMAL) + clientFrame(PING, b"x") + clientFrame(TEXT)
        )
        self.check(wire, NORMAL)

    def test_closesAgain(self) -> None:
        """
        Nothing comes behind our close frame, not even another.
        """
        wires = self.both()
        for wire in wires:
            wire.send(clientFrame(CLOSE, NORMAL) * 3)
        for wire in wires:
            self.check(wire, NORMAL)
            self.assertEqual(len(self.frames(wire)), 2)

    def test_writtenBehind(self) -> None:
        """
        What Twisted may still have to say behind a close frame goes nowhere.
        """
        for room in (0, 1 << 20):
            wire = self.watching()
            say = channelOf(wire).dataReceived.__self__._socket.transport
            wire.socket.room = room
            wire.protocol.dataReceived(clientFrame(CLOSE, NORMAL))
            say.write(b"\x89\0")
            wire.socket.room = 1 << 20
            self.check(wire, NORMAL)
            self.receive(keyframe(0), frame(10))

    def test_neverReads(self) -> None:
        """
        A client that closes, or breaks the protocol, and never reads keeps its
        connection for 5 seconds and no longer.
        """
        for said in (clientFrame(CLOSE, NORMAL), clientFrame(3), b"\x81\0"):
            wire = self.watching()
            wire.socket.room = 0
            self.receive(frame(40))
            wire.send(said)
            self.assertEqual(self.stream.viewers, 0)
            self.clock.advance(4.9)
            self.receive(frame(80))
            self.assertTrue(wire.open)
            self.clock.advance(0.2)
            self.assertFalse(wire.open)
            self.receive(keyframe(0), frame(10))
        self.assertEqual(self.scheduled, [])

    def test_gone(self) -> None:
        """
        A client that goes without a close is gone, at any moment.
        """
        for room in (0, 7, 1 << 20):
            wire = self.watching()
            wire.socket.room = room
            self.receive(frame(40))
            wire.lose()
            self.assertEqual(self.stream.viewers, 0)
            self.receive(keyframe(0), frame(10))
        self.assertEqual(self.scheduled, [])


class EndTests(WebSocketTestCase):
    """
    The stream ends.
    """

    def test_closed(self) -> None:
        """
        A viewer gets what is left, and a close frame that says all is well; its
        connection goes, and nothing is left scheduled.
        """
        wires = self.both()
        self.stream.receive(frame(40))
        self.stream.end()
        for wire in wires:
            *rest, last = self.frames(wire)
            self.assertEqual(last, Frame(CLOSE, NORMAL))
            data = b"".join(each.payload for each in rest)
            self.assertEqual(readFLV(data).tags, plain(*BEGIN, frame(40)))
            self.assertFalse(wire.open)
            wire.lose()
        self.assertEqual(self.scheduled, [])

    def test_takesNothing(self) -> None:
        """
        One that takes nothing then is dropped after 5 seconds; one that does takes
        all there is.
        """
        wires = [self.watching() for _ in range(2)]
        for wire in wires:
            wire.socket.room = 7
        self.receive(frame(40))
        self.receive(frame(80))
        self.stream.end()
        self.clock.advance(4.9)
        wires[1].socket.room = 1 << 20
        self.assertEqual([each.open for each in wires], [True, False])
        self.clock.advance(0.2)
        self.assertFalse(wires[0].open)
        frames = self.frames(wires[1])
        self.assertEqual(frames[-1], Frame(CLOSE, NORMAL))
        self.assertEqual(len(frames), 4)
        self.assertEqual(self.scheduled, [])

    def test_answer(self) -> None:
        """
        The client's answer, or a close of its own that crosses ours, does no harm.
        """
        for sent in (
            clientFrame(CLOSE, NORMAL),
            clientFrame(PING, b"x") + clientFrame(CLOSE, b""),
            clientFrame(PING, b"x"),
            b"\xff\xff\xff\xff",
        ):
            other = OtherWire(self)
            other.send(handshake())
            self.stream.end()
            other.protocol.dataReceived(sent)
            kinds = [each.opcode for each in self.frames(other)]
            self.assertEqual(kinds, [BINARY, CLOSE])
            other.lose()
            self.assertEqual(self.scheduled, [])
            self.setUp()


class PipelinedTests(WebSocketTestCase):
    """
    A handshake behind another request.
    """

    def test_otherCodec(self) -> None:
        """
        Where a change of codec ends a stream over HTTP, and a WebSocket for the same
        stream was asked for behind it, that has what follows, and ends with the
        stream.
        """
        first, second = self.plain(), self.plain()
        first.send(b"GET /live/show.flv HTTP/1.1\r\nHost: x\r\n\r\n" + handshake())
        second.send(handshake())
        self.receive(videoStart("hvc1", b"hevc"))
        self.receive(videoKey("hvc1", 80))
        self.stream.end()
        self.assertEqual(first.received.count(videoKey("hvc1", 80).encoded()), 1)
        self.assertFalse(first.open)
