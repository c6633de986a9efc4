"""
Tests for L{rtmptwisted.wire.coding}.

The T numbers are those of the project's list of traps of the wire.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.errors import AMFError, ChunkError, ProtocolError
from rtmptwisted.wire.amf import UNDEFINED
from rtmptwisted.wire.coding import decode, decodeChunkSize, encode, splitAggregate
from rtmptwisted.wire.limits import Limits
from rtmptwisted.wire.message import (
    Abort,
    Acknowledgement,
    Command,
    Data,
    Decoded,
    Message,
    SetChunkSize,
    SetPeerBandwidth,
    UserControl,
    WindowAckSize,
)

ONE = b"\x00\x3f\xf0\0\0\0\0\0\0"
ZERO = b"\x00" + bytes(8)


def read(typeID: int, payload: bytes, messageStreamID: int = 0) -> Decoded | None:
    """
    @return: what a message of this type at 77 ms says.
    """
    return decode(Message(typeID, 77, messageStreamID, payload, 3), Limits())


class ControlTests(SynchronousTestCase):
    """
    Protocol control and user control messages.
    """

    vectors: tuple[tuple[int, bytes, Decoded], ...] = (
        (1, b"\0\0\x10\0", SetChunkSize(4096)),
        (2, b"\0\0\0\6", Abort(6)),
        (3, b"\1\2\3\4", Acknowledgement(0x01020304)),
        (4, b"\0\0\0\0\0\1", UserControl(0, b"\0\0\0\1")),
        (4, b"\0\3\0\0\0\1\0\0\x0b\xb8", UserControl(3, b"\0\0\0\1\0\0\x0b\xb8")),
        (4, b"\x01\x02", UserControl(0x0102, b"")),
        (5, b"\x00\x26\x25\xa0", WindowAckSize(2_500_000)),
        (6, b"\x00\x26\x25\xa0\1", SetPeerBandwidth(2_500_000, 1)),
    )

    def test_bothWays(self) -> None:
        """
        T-31, T-34 to T-41: each is read as it is written, on chunk stream 2
        and message stream 0.
        """
        for typeID, payload, decoded in self.vectors:
            self.assertEqual(read(typeID, payload), decoded)
            self.assertEqual(encode(decoded), Message(typeID, 0, 0, payload, 2))

    def test_tooShort(self) -> None:
        """
        T-35, T-41: with a byte less than they need they are errors.
        """
        for typeID, size in ((1, 3), (2, 3), (3, 3), (4, 1), (5, 3), (6, 3)):
            for count in range(size + 1):
                self.assertRaises(ChunkError, read, typeID, b"\1" * count)

    def test_bandwidthWithoutType(self) -> None:
        """
        T-39: Set Peer Bandwidth of 4 bytes is taken as a hard limit.
        """
        self.assertEqual(read(6, b"\0\0\0\x09"), SetPeerBandwidth(9, 0))

    def test_anyStreamAndTime(self) -> None:
        """
        T-44: message stream and time of a control message mean nothing.
        """
        self.assertEqual(read(5, b"\0\0\0\x09", 5), WindowAckSize(9))

    def test_acknowledgementWraps(self) -> None:
        """
        T-37: a count past 2^32 goes out modulo that.
        """
        self.assertEqual(encode(Acknowledgement((1 << 32) + 5)).payload, b"\0\0\0\5")

    def test_chunkSize(self) -> None:
        """
        T-31: 1 is the least; 2^24 - 1 the most that is remembered; 0 and a
        set high bit are errors.
        """
        for size, found in (
            (1, 1),
            (0xFFFFFE, 0xFFFFFE),
            (0xFFFFFF, 0xFFFFFF),
            (0x1000000, 0xFFFFFF),
            (0x7FFFFFFF, 0xFFFFFF),
        ):
            self.assertEqual(decodeChunkSize(size.to_bytes(4, "big")), found)
        for size in (0, 0x80000000, 0xFFFFFFFF):
            self.assertRaises(ChunkError, decodeChunkSize, size.to_bytes(4, "big"))


class CommandTests(SynchronousTestCase):
    """
    Commands.
    """

    def test_connect(self) -> None:
        """
        Name, transaction id, command object and arguments.
        """
        payload = (
            b"\x02\0\7connect"
            + ONE
            + b"\x03\0\3app\x02\0\4live\0\0\x09"
            + b"\x02\0\4user\x01\1"
        )
        expected = Command("connect", 1.0, {"app": "live"}, ["user", True], 4)
        self.assertEqual(read(20, payload, 4), expected)

    def test_amf3Wrapper(self) -> None:
        """
        T-45: type 17 has a zero byte before what type 20 has; some senders
        leave it out.  In types 18 and 20 a zero byte is the marker of a
        number.
        """
        payload = b"\x02\0\1x" + ONE
        expected = Command("x", 1.0)
        self.assertEqual(read(17, b"\0" + payload), expected)
        self.assertEqual(read(17, payload), expected)
        self.assertRaises(AMFError, read, 20, b"\0" + payload)
        self.assertEqual(read(18, ONE), Data([1.0], 77))

    def test_amf3Values(self) -> None:
        """
        T-45: in commands of either type, values behind the marker 0x11 are in
        AMF3: the name, the transaction id, the command object, arguments.
        """
        name = b"\x11\x06\x0fconnect"
        one = b"\x11\x04\x01"
        properties = b"\x11\x0a\x0b\x01\x07app\x06\x09live\x01"
        mixed = b"\x02\0\7connect" + ONE
        expected = Command("connect", 1.0, {"app": "live"}, [[True], "s"])
        arguments = b"\x11\x09\x03\x01\x03" + b"\x02\0\1s"
        for start in (name + one, name + ONE, mixed):
            payload = start + properties + arguments
            for typeID, form in ((17, b"\0"), (17, b""), (20, b"")):
                self.assertEqual(read(typeID, form + payload), expected)

    def test_amf3Malformed(self) -> None:
        """
        T-45: what stands before a value in AMF3 that makes no sense is
        understood; where it is the first there is no command.
        """
        start = b"\0\x02\0\1x" + ONE
        broken = b"\x11\x0a\x0b\1"
        self.assertEqual(read(17, start + broken), Command("x", 1.0))
        found = read(17, start + b"\5" + ONE + broken + ONE)
        self.assertEqual(found, Command("x", 1.0, None, [1.0]))
        for payload in (broken, b"\x11\x04\1", b"\x11\x06\3x\x11\x06\3y", b"\x11"):
            self.assertRaises(AMFError, read, 17, b"\0" + payload)

    def test_rubbishBehind(self) -> None:
        """
        Bytes behind a command that are no value are left out.
        """
        found = read(20, b"\x02\0\1x" + ONE + b"\5\x02\0\1s" + b"\0\0\0")
        self.assertEqual(found, Command("x", 1.0, None, ["s"]))

    def test_sparse(self) -> None:
        """
        T-47, T-48: transaction id, command object and arguments may be
        missing, or null.
        """
        name = b"\x02\0\7publish"
        self.assertEqual(read(20, name), Command("publish", 0.0, None, []))
        self.assertEqual(read(20, name + ONE), Command("publish", 1.0, None, []))
        self.assertEqual(read(20, name + ZERO + b"\5"), Command("publish"))
        found = read(20, name + ZERO + b"\5\x02\0\1s")
        self.assertEqual(found, Command("publish", 0.0, None, ["s"]))

    def test_strangeCommandObject(self) -> None:
        """
        T-48: the command object may be anything.
        """
        found = read(20, b"\x02\0\1x" + ONE + b"\x06")
        self.assertEqual(found, Command("x", 1.0, UNDEFINED))

    def test_transactionID(self) -> None:
        """
        T-47: the transaction id is kept as it is, fractions too.
        """
        found = read(20, b"\x02\0\1x" + b"\x00\x40\x04\0\0\0\0\0\0")
        self.assertEqual(found, Command("x", 2.5))

    def test_malformed(self) -> None:
        """
        Without a name, or with a transaction id that is no number, it is no
        command.
        """
        for payload in (b"", ONE, b"\5", b"\x02\0\1x\x02\0\1y", b"\x02\0\1x\5"):
            self.assertRaises(AMFError, read, 20, payload)

    def test_argument(self) -> None:
        """
        An argument that was left out is L{None}.
        """
        command = Command("play", 0.0, None, ["name", -2000.0])
        self.assertEqual(command.argument(0), "name")
        self.assertEqual(command.argument(1), -2000.0)
        self.assertIsNone(command.argument(2))

    def test_chunkStreams(self) -> None:
        """
        T-11, T-53: results go out on chunk stream 3, a status about a stream
        on 5 and on the stream's own id.
        """
        result = encode(Command("_result", 2.0, None, [1.0]))
        payload = b"\x02\0\7_result\x00\x40" + bytes(7) + b"\5" + ONE
        self.assertEqual(result, Message(20, 0, 0, payload, 3))
        status = encode(Command("onStatus", 0.0, None, [], 1))
        self.assertEqual(status.chunkStreamID, 5)
        self.assertEqual(status.messageStreamID, 1)

    def test_bothWays(self) -> None:
        """
        What was encoded is decoded to the same.
        """
        for decoded in (
            Command("call", 3.0, {"a": [1.0, None, {"b": "c"}]}, [True, UNDEFINED], 5),
            Command("", 0.0, None, []),
        ):
            self.assertEqual(decode(encode(decoded), Limits()), decoded)


class DataTests(SynchronousTestCase):
    """
    Data messages.
    """

    def test_data(self) -> None:
        """
        T-5E: they have any number of values, a time and a stream.
        """
        payload = b"\x02\0\x0d@setDataFrame\x02\0\1x\5"
        expected = Data(["@setDataFrame", "x", None], 77, 3)
        self.assertEqual(read(18, payload, 3), expected)
        self.assertEqual(read(15, b"\0" + payload, 3), expected)
        self.assertEqual(read(18, b""), Data([], 77, 0))

    def test_amf3Values(self) -> None:
        """
        T-45: data of either type has values in AMF3 as well, and goes out in
        AMF0 and as type 18.
        """
        payload = (
            b"\x11\x06\x1b@setDataFrame\x02\0\x0aonMetaData"
            b"\x11\x09\x01\x0bwidth\x04\x8f\x00\x01"
        )
        expected = Data(["@setDataFrame", "onMetaData", {"width": 1920.0}], 77, 3)
        for typeID, form in ((15, b"\0"), (15, b""), (18, b"")):
            found = read(typeID, form + payload, 3)
            self.assertEqual(found, expected)
            assert isinstance(found, Data)
            message = encode(found)
            self.assertEqual(message.typeID, 18)
            self.assertNotIn(b"\x11", message.payload)
            self.assertEqual(decode(message, Limits()), expected)

    def test_bothWays(self) -> None:
        """
        What was encoded is decoded to the same, on chunk stream 5.
        """
        data = Data(["onMetaData", {"width": 1920.0}], 123, 1)
        message = encode(data)
        self.assertEqual((message.typeID, message.chunkStreamID), (18, 5))
        self.assertEqual(decode(message, Limits()), data)

    def test_limits(self) -> None:
        """
        The limits are those that were given.
        """
        message = Message(18, 0, 0, b"\5" * 5, 3)
        self.assertEqual(decode(message, Limits(amfValues=5)), Data([None] * 5))
        self.assertRaises(AMFError, decode, message, Limits(amfValues=4))


class OtherTests(SynchronousTestCase):
    """
    All other types, and harm.
    """

    def test_nothingToDecode(self) -> None:
        """
        T-6B: audio, video, aggregates, shared objects and unknown types are
        not decoded, whatever they hold.
        """
        known = {1, 2, 3, 4, 5, 6, 15, 17, 18, 20}
        for typeID in set(range(256)) - known:
            self.assertIsNone(read(typeID, b"\xff"), typeID)

    @given(st.sampled_from((1, 2, 3, 4, 5, 6, 15, 17, 18, 20)), st.binary(max_size=60))
    @settings(max_examples=400, deadline=None, derandomize=True)
    def test_noise(self, typeID: int, payload: bytes) -> None:
        """
        Random bytes are a message or a protocol error.
        """
        try:
            decoded = read(typeID, payload)
        except ProtocolError:
            return
        self.assertIsNotNone(decoded)


def part(typeID: int, time: int, body: bytes, stream: bytes = b"\0\0\0") -> bytes:
    """
    @return: one part of an aggregate message, without its back pointer.
    """
    low, high = (time & 0xFFFFFF).to_bytes(3, "big"), bytes([time >> 24])
    return bytes([typeID]) + len(body).to_bytes(3, "big") + low + high + stream + body


def pointer(written: bytes) -> bytes:
    """
    @return: the back pointer over a part.
    """
    return written + len(written).to_bytes(4, "big")


class AggregateTests(SynchronousTestCase):
    """
    T-69: aggregate messages taken apart.
    """

    def split(
        self, payload: bytes, timestamp: int = 1000, limits: Limits | None = None
    ) -> list[Message]:
        """
        @return: the parts of an aggregate on message stream 7.
        """
        message = Message(22, timestamp, 7, payload, 6)
        return list(splitAggregate(message, limits or Limits()))

    def test_parts(self) -> None:
        """
        The first part has the time of the aggregate, the others keep their
        distance; the message stream is the aggregate's, not their own.
        """
        payload = (
            pointer(part(8, 5_000, b"audio", b"\1\2\3"))
            + pointer(part(9, 5_040, b"video!"))
            + pointer(part(9, 4_990, b""))
        )
        expected = [
            Message(8, 1000, 7, b"audio", 6),
            Message(9, 1040, 7, b"video!", 6),
            Message(9, 990, 7, b"", 6),
        ]
        self.assertEqual(self.split(payload), expected)

    def test_times(self) -> None:
        """
        T-26: times have a fourth byte for the high bits, and wrap.
        """
        payload = pointer(part(8, 0xFFFFFFF0, b"a")) + pointer(part(8, 0x10, b"b"))
        self.assertEqual([m.timestamp for m in self.split(payload)], [1000, 1032])
        payload = pointer(part(8, 0, b"a")) + pointer(part(8, 0x01000000, b"b"))
        times = [m.timestamp for m in self.split(payload, 0xFFFFFFFF)]
        self.assertEqual(times, [0xFFFFFFFF, 0x00FFFFFF])

    def test_lastPointer(self) -> None:
        """
        The back pointer of the last part may be missing or short.
        """
        payload = pointer(part(8, 0, b"one")) + pointer(part(8, 1, b"two"))
        for missing in range(5):
            found = self.split(payload[: len(payload) - missing])
            self.assertEqual([m.payload for m in found], [b"one", b"two"])

    def test_truncated(self) -> None:
        """
        A part that is cut off ends the walk; those before it are there.
        """
        first = pointer(part(8, 0, b"one"))
        second = part(8, 1, b"two")
        for size in range(len(second)):
            found = self.split(first + second[:size])
            self.assertEqual([m.payload for m in found], [b"one"])
        self.assertEqual(self.split(b""), [])

    def test_nested(self) -> None:
        """
        An aggregate inside an aggregate is an error.
        """
        inner = pointer(part(8, 0, b"x"))
        self.assertRaises(ProtocolError, self.split, pointer(part(22, 0, inner)))

    def test_types(self) -> None:
        """
        Audio, video and data come out, of either AMF version, and nothing
        else: what has other limits cannot come in by this way.  Times are
        counted from the first part, whatever it is.
        """
        payload = b"".join(
            pointer(part(typeID, 100 + typeID, b"\0\0\1\0"))
            for typeID in range(256)
            if typeID != 22
        )
        found = self.split(payload)
        self.assertEqual(
            [(each.typeID, each.timestamp) for each in found],
            [(8, 1008), (9, 1009), (15, 1015), (18, 1018)],
        )

    def test_dataLimit(self) -> None:
        """
        Data has the limit that it has in a message of its own; media has not.
        """
        limits = Limits(dataMessage=10)
        for typeID in (15, 18):
            for size in (0, 10):
                payload = pointer(part(typeID, 0, bytes(size)))
                self.assertEqual(len(self.split(payload, limits=limits)), 1)
            payload = pointer(part(typeID, 0, bytes(11)))
            self.assertEqual(len(self.split(payload)), 1)
            self.assertRaises(ProtocolError, self.split, payload, limits=limits)
        for typeID in (8, 9):
            payload = pointer(part(typeID, 0, bytes(11)))
            self.assertEqual(len(self.split(payload, limits=limits)), 1)

    def test_oneAtATime(self) -> None:
        """
        The parts are made as they are asked for.
        """
        limits = Limits(dataMessage=10)
        for wrong in (part(22, 0, b""), part(18, 0, bytes(11))):
            bad = pointer(part(8, 0, b"x")) + pointer(wrong)
            walk = splitAggregate(Message(22, 0, 7, bad, 6), limits)
            self.assertIsInstance(walk, Iterator)
            self.assertEqual(next(walk).payload, b"x")
            self.assertRaises(ProtocolError, next, walk)

    def test_noise(self) -> None:
        """
        Random bytes are parts or a protocol error, and no more parts than
        there is room for.
        """
        for seed in range(300):
            random = Random(seed)
            pool = b"\0\0\0\0\0\0\0\1\2\x08\x09\x16\xff"
            payload = bytes(random.choice(pool) for _ in range(200))
            try:
                found = self.split(payload)
            except ProtocolError:
                continue
            self.assertLess(sum(11 + len(m.payload) for m in found), 201)
            self.assertLessEqual({m.typeID for m in found}, {8, 9, 15, 18})
