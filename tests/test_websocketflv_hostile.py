"""
Tests of L{rtmptwisted.websocketflv}: clients that do what clients do not.
"""

from __future__ import annotations

import struct
from random import Random

from twisted.python.failure import Failure

from rtmptwisted.websocketflv import MOST_HEARD
from tests.fakes import logLines
from tests.media import frame, keyframe
from tests.websocket_support import (
    BINARY,
    CLOSE,
    KEY,
    PING,
    PONG,
    TEXT,
    Frame,
    WebSocketTestCase,
    clientFrame,
    handshake,
)

NORMAL = struct.pack("!H", 1000)


class HostileTests(WebSocketTestCase):
    """
    Clients that do what clients do not.
    """

    def test_violations(self) -> None:
        """
        Who does not keep to the protocol is told so, and closed.
        """
        for code, sent in (
            (1002, clientFrame(TEXT, b"x", mask=None)),
            (1002, clientFrame(PING, b"x" * 126)),
            (1002, clientFrame(PING, b"x", fin=False)),
            (1002, clientFrame(0, b"x")),
            (1002, clientFrame(TEXT, b"x", fin=False) + clientFrame(TEXT, b"y")),
            (1002, clientFrame(3)),
            (1002, clientFrame(11)),
            (1002, b"\xc1\x80aaaa"),
            (1002, clientFrame(CLOSE, b"x")),
            (1002, clientFrame(CLOSE, struct.pack("!H", 1005))),
            (1002, b"\x81\xff\x80" + bytes(7)),
            (1007, clientFrame(TEXT, b"\xff")),
        ):
            wire = self.watching()
            wire.send(sent)
            frames = self.frames(wire)
            self.assertEqual(frames[-1].opcode, CLOSE, sent)
            self.assertIn(
                struct.unpack("!H", frames[-1].payload[:2])[0], (code, 1007), sent
            )
            self.assertEqual(len(frames), 2, sent)
            self.assertFalse(wire.open)
            self.assertEqual(self.stream.viewers, 0)

    def test_saysTooMuch(self) -> None:
        """
        Who says more than a player can have to say is dropped, with a line in the
        log, whatever it is made of; no more of it than that is held.
        """
        part = clientFrame(0, bytes(1000), fin=False)
        for first, rest in (
            (clientFrame(BINARY, bytes(1000), fin=False), part),
            (clientFrame(TEXT, b"x" * 1000, fin=False), part),
            (b"\x82\xff" + (1 << 40).to_bytes(8, "big") + bytes(4), bytes(1000)),
            (b"", clientFrame(BINARY, bytes(1000))),
            (b"", clientFrame(PONG, bytes(100))),
        ):
            wire = self.watching()
            wire.send(first)
            said = len(first)
            with self.logs() as events:
                while wire.open:
                    self.assertLessEqual(said, MOST_HEARD)
                    wire.send(rest)
                    said += len(rest)
            self.assertGreater(said, MOST_HEARD)
            dropped = [line for line in logLines(events) if "dropped" in line]
            self.assertEqual(
                dropped,
                [
                    "192.0.2.7:6000: dropped: a player that says more than "
                    f"{MOST_HEARD} bytes"
                ],
            )
            self.assertEqual(self.stream.viewers, 0)

    def test_pingsAreBounded(self) -> None:
        """
        One that pings and reads nothing makes us hold no more than it may say.
        """
        wire = self.watching()
        wire.socket.room = 0
        ping = clientFrame(PING, bytes(125)) * 40
        most = 0
        while wire.open:
            most = max(most, len(wire.connection.queued))
            wire.send(ping)
        self.assertTrue(MOST_HEARD / 2 < most <= MOST_HEARD, most)

    def test_fuzz(self) -> None:
        """
        No bytes at all lead to an error in the log, to a frame that is none, to
        anything behind a close frame, or to a viewer that is left when its connection
        is gone.
        """
        random = Random(6455)
        seen = {BINARY: 0, PONG: 0, CLOSE: 0}
        for _ in range(1500):
            wire = self.watching()
            for data in self.mutated(random):
                if wire.open:
                    wire.send(data)
                if random.random() < 0.2:
                    self.receive(frame(40))
            kinds = [each.opcode for each in self.frames(wire)]
            self.assertLessEqual(set(kinds), {BINARY, PONG, CLOSE})
            for kind in set(kinds):
                seen[kind] += 1
            if CLOSE in kinds:
                self.assertEqual(kinds[kinds.index(CLOSE) :], [CLOSE])
            self.assertEqual(self.stream.viewers, int(wire.open))
            wire.lose()
            self.receive(keyframe(0), frame(10))
            self.assertEqual(self.scheduled, [])
        errors: list[Failure] = self.flushLoggedErrors()
        self.assertEqual(errors, [])
        # Otherwise it has not come far.
        self.assertTrue(seen[PONG] > 300 and 500 < seen[CLOSE] < 1400, seen)

    def mutated(self, random: Random) -> list[bytes]:
        """
        @return: what a client may say, with damage, in segments.
        """
        size = random.choice((0, 1, 5, 60, 125, 126, 300))
        kinds = (PING, PING, PING, PONG, BINARY, TEXT, CLOSE, 0)
        frames = [
            clientFrame(
                random.choice(kinds),
                random.randbytes(size) if random.random() < 0.2 else bytes(size),
                random.random() < 0.9,
            )
            for _ in range(random.randrange(1, 6))
        ]
        data = bytearray(b"".join(frames))
        for _ in range(random.choice((0, 0, 1, 1, 2, 8))):
            place = random.randrange(len(data))
            match random.randrange(4):
                case 0:
                    data[place] ^= 1 << random.randrange(8)
                case 1:
                    data[place] = random.randrange(256)
                case 2:
                    data[place:place] = random.randbytes(random.randrange(9))
                case 3 if len(data) > 9:
                    del data[place : place + random.randrange(9)]
        cut = random.randrange(len(data) + 1)
        return [bytes(data[:cut]), bytes(data[cut:])]


#: What a handshake may have more of, or other values of.
NAMES = (
    "Host", "Upgrade", "Connection", "Sec-WebSocket-Key", "Content-Length",
    "Sec-WebSocket-Version", "Transfer-Encoding", "Expect", "Origin",
    "Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol",
)  # fmt: skip
VALUES = (
    "x", "websocket", "Upgrade", KEY, "13", "8", "0", "5", "-1", "chunked",
    "100-continue", "\x01", "\x0c", "\xff", "xn--zzzzzz99999a", "a,b", "", "\t",
    "identity", "x" * 70, "[::1]",
)  # fmt: skip


class HandshakeTests(WebSocketTestCase):
    """
    Handshakes that are none.
    """

    def test_host(self) -> None:
        """
        With no host, two of them, or one that cannot be, a handshake is a bad
        request, and no error of ours.
        """
        for request in (
            handshake(host=None),
            handshake(host="x\r\nHost: y"),
            handshake(host="xn--zzzzzz99999a"),
        ):
            wire = self.plain()
            wire.send(request)
            self.assertEqual(wire.received.split()[1], b"400", request)
            self.assertEqual(self.stream.viewers, 0)
        errors: list[Failure] = self.flushLoggedErrors()
        self.assertEqual(errors, [])

    def test_fuzz(self) -> None:
        """
        No handshake at all leads to an error in the log, or to a viewer that is left
        when its connection is gone.
        """
        random = Random(6455)
        seen: dict[bytes, int] = {}
        for _ in range(1200):
            wire = self.plain()
            wire.send(self.mutated(random))
            status = b"".join(wire.received.split()[1:2])
            seen[status] = seen.get(status, 0) + 1
            if status == b"101":
                self.assertEqual(self.stream.viewers, int(wire.open))
            wire.lose()
            self.assertEqual(self.stream.viewers, 0)
            self.assertFalse(self.stream.hasSinks)
        errors: list[Failure] = self.flushLoggedErrors()
        self.assertEqual(errors, [])
        # Otherwise it has not come far, or is not hostile.
        self.assertGreater(min(seen[b"101"], seen[b"400"]), 200, seen)

    def mutated(self, random: Random) -> bytes:
        """
        @return: a handshake with damage.
        """
        data = bytearray(handshake())
        if random.random() < 0.6:
            line = f"{random.choice(NAMES)}: {random.choice(VALUES)}\r\n"
            place = data.index(b"\r\n") + 2
            data[place:place] = line.encode("latin-1")
        for _ in range(random.choice((0, 0, 1, 1, 2, 5))):
            place = random.randrange(len(data))
            match random.randrange(3):
                case 0:
                    data[place] ^= 1 << random.randrange(8)
                case 1:
                    data[place] = random.randrange(256)
                case 2:
                    del data[place : place + random.randrange(9)]
        return bytes(data)


class EarlyTests(WebSocketTestCase):
    """
    Frames in the same segment as the handshake.
    """

    def test_answered(self) -> None:
        """
        They are read as any others.
        """
        for count in (1, 5):
            wire = self.plain()
            wire.send(handshake() + clientFrame(PING, b"x") * count)
            pongs = [each for each in self.frames(wire) if each.opcode == PONG]
            self.assertEqual(pongs, [Frame(PONG, b"x")] * count)

    def test_cut(self) -> None:
        """
        A frame of which a part came with the handshake is read when the rest is
        there.
        """
        ping = clientFrame(PING, b"cut")
        for place in range(len(ping)):
            wire = self.plain()
            wire.send(handshake() + ping[:place])
            wire.send(ping[place:])
            self.assertEqual(self.frames(wire)[-1], Frame(PONG, b"cut"))

    def test_many(self) -> None:
        """
        However many they are, the server goes on to read behind them.
        """
        wire = self.plain()
        wire.send(handshake() + clientFrame(PONG, bytes(125)) * 200)
        wire.send(clientFrame(PING, b"x"))
        self.assertEqual(wire.socket.incoming, b"")
        self.assertEqual(self.frames(wire)[-1], Frame(PONG, b"x"))

    def test_tooMany(self) -> None:
        """
        They count with the rest of what a client may say.
        """
        wire = self.plain()
        wire.send(handshake() + clientFrame(PONG, bytes(125)) * (MOST_HEARD // 130))
        self.assertFalse(wire.open)
        self.assertEqual(self.stream.viewers, 0)
