"""
Tests for L{rtmptwisted.wire.connection}.

The T and R numbers are those of the project's list of traps of the wire.
"""

from __future__ import annotations

import tracemalloc
from itertools import pairwise
from random import Random

from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.errors import ChunkError, HandshakeError, ProtocolError
from rtmptwisted.wire import connection as connectionModule
from rtmptwisted.wire.connection import (
    DEFAULT_WINDOW,
    MORE,
    NEED_DATA,
    Event,
    Outbound,
    RTMPConnection,
)
from rtmptwisted.wire.limits import Limits
from rtmptwisted.wire.message import (
    Acknowledgement,
    Command,
    Data,
    Message,
    SetChunkSize,
    UserControl,
    WindowAckSize,
)
from rtmptwisted.wire.state import TRANSITIONS, Input, State
from tests.wire_support import (
    cutAt,
    everyCut,
    hostile,
    plainMessages,
    randomCut,
    setChunkSize,
    type0,
    type1,
    type2,
    type3,
)

RANDOMNESS = Random(7).randbytes(1536)
C1 = bytes(8) + Random(8).randbytes(1528)
HANDSHAKE = b"\3" + C1 + Random(9).randbytes(1536)

ONE = b"\x00\x3f\xf0\0\0\0\0\0\0"
FIVE = b"\x00\x40\x14\0\0\0\0\0\0"
CONNECT = b"\x02\0\7connect" + ONE + b"\x03\0\3app\x02\0\4live\0\0\x09"
PUBLISH = b"\x02\0\7publish" + FIVE + b"\x05\x02\0\4test\x02\0\4live"

CONNECTED = HANDSHAKE + type0(3, 0, 20, CONNECT, messageStreamID=0)
CONNECT_EVENT = Command("connect", 1.0, {"app": "live"}, [], 0)
PUBLISH_EVENT = Command("publish", 5.0, None, ["test", "live"], 1)


def events(connection: RTMPConnection) -> list[Event]:
    """
    @return: all the events there are.
    """
    found = []
    while (event := connection.nextEvent()) is not NEED_DATA:
        if event is not MORE:
            found.append(event)
    return found


def feed(connection: RTMPConnection, *pieces: bytes) -> list[Event]:
    """
    @return: all the events, taken after each piece.
    """
    found = []
    for piece in pieces:
        connection.receiveData(piece)
        found += events(connection)
    return found


def connected(limits: Limits | None = None) -> RTMPConnection:
    """
    @return: a connection after its C{connect} command.
    """
    connection = RTMPConnection(RANDOMNESS, limits)
    feed(connection, CONNECTED)
    return connection


def control(typeID: int, *numbers: int) -> bytes:
    """
    @return: a chunk with a control message of 4-byte numbers.
    """
    payload = b"".join(number.to_bytes(4, "big") for number in numbers)
    return type0(2, 0, typeID, payload, messageStreamID=0)


class SequenceTests(SynchronousTestCase):
    """
    Connections from their first byte on.
    """

    def test_anyCut(self) -> None:
        """
        T-05, R8, R10: handshake, Set Chunk Size, C{connect} and what follows
        are the same events in one segment, byte by byte, and in two parts.
        """
        data = (
            HANDSHAKE
            + setChunkSize(4096)
            + type0(3, 0, 20, CONNECT, messageStreamID=0)
            + type0(4, 0, 20, PUBLISH)
            + type1(4, 10, 9, b"\x17\0\0\0\0head")
            + type3(4, b"\x27\1\0\0\0body")
        )
        expected = [
            Outbound(b"\3" + bytes(8) + RANDOMNESS[8:] + C1),
            CONNECT_EVENT,
            PUBLISH_EVENT,
            Message(9, 10, 1, b"\x17\0\0\0\0head", 4),
            Message(9, 20, 1, b"\x27\1\0\0\0body", 4),
        ]
        for how, pieces in everyCut(data):
            found = feed(RTMPConnection(RANDOMNESS), *pieces)
            self.assertEqual(found, expected, how)

    def test_splitPublish(self) -> None:
        """
        R1: a C{publish} command of which the chunk header arrives first and
        the 34 bytes of its payload later is that command, and what comes
        after it is understood.
        """
        chunk = type0(4, 0, 20, PUBLISH)
        self.assertEqual((len(PUBLISH), len(chunk)), (34, 46))
        connection = connected()
        self.assertEqual(feed(connection, chunk[:12]), [])
        self.assertEqual(feed(connection, chunk[12:]), [PUBLISH_EVENT])
        found = feed(connection, type2(4, 40, PUBLISH))
        self.assertEqual(found, [PUBLISH_EVENT])

    def test_bytesReceived(self) -> None:
        """
        Every byte is counted, those of the handshake and of unfinished
        messages too.
        """
        connection = RTMPConnection(RANDOMNESS)
        feed(connection, CONNECTED, b"\x04\0")
        self.assertEqual(connection.bytesReceived, len(CONNECTED) + 2)

    def test_unreadEventsWait(self) -> None:
        """
        Bytes may come while nobody takes events; the events are there later,
        in order.
        """
        connection = RTMPConnection(RANDOMNESS)
        for piece in randomCut(CONNECTED + type0(4, 0, 20, PUBLISH), Random(1), 9):
            connection.receiveData(piece)
        self.assertEqual(events(connection)[1:], [CONNECT_EVENT, PUBLISH_EVENT])

    def test_tooMuchUnread(self) -> None:
        """
        When more is left over than the limit, the next bytes are refused, and
        the connection is dead.
        """
        connection = connected(Limits(bufferedBytes=1000))
        connection.receiveData(bytes(1000))
        self.assertRaises(ProtocolError, connection.receiveData, b"x")
        self.assertIs(connection.state, State.FAILED)

    def test_largeDelivery(self) -> None:
        """
        One delivery may be larger than that limit.
        """
        connection = connected(Limits(bufferedBytes=1000))
        data = type0(4, 0, 20, PUBLISH) * 100
        self.assertEqual(feed(connection, data, data), [PUBLISH_EVENT] * 200)


class StateTests(SynchronousTestCase):
    """
    What may happen when.
    """

    def test_way(self) -> None:
        """
        A connection is in handshake, then before C{connect}, then connected.
        """
        connection = RTMPConnection(RANDOMNESS)
        self.assertIs(connection.state, State.HANDSHAKE)
        feed(connection, HANDSHAKE[:-1])
        self.assertIs(connection.state, State.HANDSHAKE)
        feed(connection, HANDSHAKE[-1:])
        self.assertIs(connection.state, State.CONNECTING)
        feed(connection, CONNECTED[len(HANDSHAKE) :])
        self.assertIs(connection.state, State.CONNECTED)

    def assertFails(self, connection: RTMPConnection, data: bytes) -> ProtocolError:
        """
        The bytes are an error, and there is nothing after it.
        """
        connection.receiveData(data)
        error = self.assertRaises(ProtocolError, events, connection)
        self.assertIs(connection.state, State.FAILED)
        self.assertRaises(ProtocolError, connection.nextEvent)
        self.assertRaises(ProtocolError, connection.receiveData, b"")
        assert isinstance(error, ProtocolError)
        return error

    def test_beforeConnect(self) -> None:
        """
        T-49: commands, data and media before C{connect} are errors, which say
        so.
        """
        for chunk, text in (
            (type0(3, 0, 20, PUBLISH), "a command before connect"),
            (type0(3, 0, 18, b"\x02\0\1x"), "media before connect"),
            (type0(3, 0, 8, b"\xaf\1"), "media before connect"),
            (type0(3, 0, 9, b"\x17\1"), "media before connect"),
            (type0(3, 0, 22, b""), "media before connect"),
        ):
            connection = RTMPConnection(RANDOMNESS)
            feed(connection, HANDSHAKE)
            error = self.assertFails(connection, chunk)
            self.assertEqual(str(error), text)

    def test_controlBeforeConnect(self) -> None:
        """
        T-43: control messages are welcome before C{connect}.
        """
        connection = RTMPConnection(RANDOMNESS)
        data = control(5, 2500000) + control(3, 9) + setChunkSize(512)
        self.assertEqual(feed(connection, HANDSHAKE, data)[1:], [])
        self.assertIs(connection.state, State.CONNECTING)

    def test_secondConnect(self) -> None:
        """
        One C{connect} is all.
        """
        error = self.assertFails(connected(), CONNECTED[len(HANDSHAKE) :])
        self.assertEqual(str(error), "a connect command after connect")

    def test_notRTMP(self) -> None:
        """
        T-04: another protocol fails with its first byte.
        """
        connection = RTMPConnection(RANDOMNESS)
        connection.receiveData(b"G")
        self.assertRaises(HandshakeError, connection.nextEvent)
        self.assertIs(connection.state, State.FAILED)

    def test_badChunks(self) -> None:
        """
        A malformed chunk stream is an error.
        """
        error = self.assertFails(connected(), type3(9, b""))
        self.assertIsInstance(error, ChunkError)

    def test_eventsBeforeError(self) -> None:
        """
        What came before the error has been delivered.
        """
        connection = connected()
        connection.receiveData(type0(4, 0, 20, PUBLISH) + type3(9, b""))
        self.assertEqual(connection.nextEvent(), PUBLISH_EVENT)
        self.assertRaises(ChunkError, connection.nextEvent)

    def test_table(self) -> None:
        """
        Every state but the last can fail, nothing leads out of the last, and
        every state can be reached.
        """
        for state in State:
            ways = {happened for origin, happened in TRANSITIONS if origin is state}
            if state is State.FAILED:
                self.assertEqual(ways, set())
            else:
                self.assertIn(Input.ERROR, ways)
        reached = {State.HANDSHAKE, *TRANSITIONS.values()}
        self.assertEqual(reached, set(State))


class MeaningTests(SynchronousTestCase):
    """
    Messages as events.
    """

    def read(self, data: bytes) -> list[Event]:
        """
        @return: the events of a connected client.
        """
        return feed(connected(), data)

    def test_ping(self) -> None:
        """
        T-42: a ping is answered with the same four bytes.
        """
        (answer,) = self.read(type0(2, 0, 4, b"\0\6\1\2\3\4", messageStreamID=0))
        assert isinstance(answer, Outbound)
        (message,) = plainMessages(answer)
        self.assertEqual(message, Message(4, 0, 0, b"\0\7\1\2\3\4", 2))

    def test_userControl(self) -> None:
        """
        T-41, T-43: other user control messages are events, those of unknown
        types too.
        """
        data = b"".join(
            type0(2, 0, 4, payload, messageStreamID=0)
            for payload in (b"\0\3\0\0\0\0\0\0\1\x2c", b"\0\x1f\0\0\0\1", b"\x99\x99")
        )
        expected = [
            UserControl(3, b"\0\0\0\0\0\0\1\x2c"),
            UserControl(31, b"\0\0\0\1"),
            UserControl(0x9999, b""),
        ]
        self.assertEqual(self.read(data), expected)

    def test_amf3Command(self) -> None:
        """
        T-45: a command of type 17 is one of type 20 behind a zero byte.
        """
        self.assertEqual(self.read(type0(3, 0, 17, b"\0" + PUBLISH)), [PUBLISH_EVENT])

    def test_data(self) -> None:
        """
        A data message of either type is an event with its time.
        """
        payload = b"\x02\0\2hi\x01\1"
        data = type0(5, 77, 18, payload) + type0(5, 78, 15, b"\0" + payload)
        expected = [Data(["hi", True], 77, 1), Data(["hi", True], 78, 1)]
        self.assertEqual(self.read(data), expected)

    def test_unreadableData(self) -> None:
        """
        T-46: a data message that makes no sense is counted, and the stream
        goes on.
        """
        connection = connected()
        data = type0(5, 0, 18, b"\xff\xff") + type0(5, 0, 15, b"\0\x11\x0a")
        self.assertEqual(
            feed(connection, data + type0(4, 0, 20, PUBLISH)), [PUBLISH_EVENT]
        )
        self.assertEqual(connection.ignored, 2)

    def test_unreadableCommand(self) -> None:
        """
        A command that makes no sense is an error: what it expects as an
        answer is not known.
        """
        for payload in (b"", b"\xff", ONE, b"\x02\0\1x\x02\0\1y", b"\x02\0\x09x"):
            connection = connected()
            connection.receiveData(type0(3, 0, 20, payload))
            self.assertRaises(ProtocolError, events, connection)

    def test_unknownTypes(self) -> None:
        """
        T-6B: messages of unknown types are counted, also before C{connect}.
        """
        connection = RTMPConnection(RANDOMNESS)
        unknown = b"".join(
            type0(5, 0, typeID, b"what", messageStreamID=0)
            for typeID in (0, 7, 14, 16, 19, 99, 255)
        )
        feed(connection, HANDSHAKE + unknown)
        self.assertEqual(connection.ignored, 7)
        self.assertIs(connection.state, State.CONNECTING)

    def test_emptyMedia(self) -> None:
        """
        T-60: audio and video without payload are events.
        """
        data = type0(4, 1, 8, b"") + type0(6, 2, 9, b"")
        expected = [Message(8, 1, 1, b"", 4), Message(9, 2, 1, b"", 6)]
        self.assertEqual(self.read(data), expected)

    def test_payloadUntouched(self) -> None:
        """
        R13: media comes out byte for byte, of any message stream (T-57).
        """
        payload = Random(3).randbytes(100)
        data = type0(6, 2, 9, payload, messageStreamID=0xFFFFFFFF)
        self.assertEqual(self.read(data), [Message(9, 2, 0xFFFFFFFF, payload, 6)])

    def test_badControl(self) -> None:
        """
        T-35, T-39, T-41: a control message that is too short is an error, a
        longer one is not.
        """
        for typeID in (1, 2, 3, 4, 5, 6):
            connection = connected()
            connection.receiveData(type0(2, 0, typeID, b"\1"))
            self.assertRaises(ChunkError, events, connection)
            longer = type0(2, 0, typeID, b"\0\0\1\0\0\0\0", messageStreamID=3)
            self.assertEqual(len(feed(connected(), longer)), int(typeID in (4, 6)))


class AggregateTests(SynchronousTestCase):
    """
    T-69: aggregate messages.
    """

    @staticmethod
    def part(typeID: int, time: int, body: bytes) -> bytes:
        """
        @return: a part with its back pointer.
        """
        return (
            bytes([typeID])
            + len(body).to_bytes(3, "big")
            + (time & 0xFFFFFF).to_bytes(3, "big")
            + bytes([time >> 24])
            + b"\0\0\7"
            + body
            + (11 + len(body)).to_bytes(4, "big")
        )

    def test_parts(self) -> None:
        """
        The parts are events like any others, before what comes after the
        aggregate; data among them is decoded.
        """
        payload = (
            self.part(8, 5000, b"a")
            + self.part(9, 5040, b"v")
            + self.part(18, 5041, b"\x02\0\2hi")
        )
        data = type0(6, 100, 22, payload) + type0(4, 0, 20, PUBLISH)
        expected = [
            Message(8, 100, 1, b"a", 6),
            Message(9, 140, 1, b"v", 6),
            Data(["hi"], 141, 1),
            PUBLISH_EVENT,
        ]
        for place in range(0, len(data), 5):
            self.assertEqual(feed(connected(), *cutAt(data, place)), expected)

    def test_nested(self) -> None:
        """
        An aggregate in an aggregate is an error, once the parts before it
        have been delivered.
        """
        connection = connected()
        payload = self.part(8, 0, b"a") + self.part(22, 0, self.part(8, 0, b"b"))
        connection.receiveData(type0(6, 100, 22, payload))
        self.assertEqual(connection.nextEvent(), Message(8, 100, 1, b"a", 6))
        self.assertRaises(ProtocolError, connection.nextEvent)

    def test_chunkSizeInside(self) -> None:
        """
        A Set Chunk Size in an aggregate is none: it was not in the chunk
        stream.
        """
        payload = self.part(1, 0, b"\0\0\0\1")
        data = type0(6, 100, 22, payload) + type0(4, 0, 20, PUBLISH)
        self.assertEqual(feed(connected(), data), [PUBLISH_EVENT])

    def test_commandInside(self) -> None:
        """
        A command in an aggregate is none, well-formed or not: it would not
        have the limit of commands.
        """
        payload = self.part(20, 0, PUBLISH) + self.part(17, 0, b"\xff")
        payload += self.part(9, 0, b"v")
        found = feed(connected(), type0(6, 100, 22, payload))
        self.assertEqual(found, [Message(9, 100, 1, b"v", 6)])

    def test_dataLimit(self) -> None:
        """
        Data in an aggregate has the limit of data, that of this connection.
        """
        payload = self.part(8, 0, b"a") + self.part(18, 0, b"\x02\0\x08" + b"x" * 8)
        connection = connected(Limits(dataMessage=10))
        connection.receiveData(type0(6, 100, 22, payload))
        self.assertEqual(connection.nextEvent(), Message(8, 100, 1, b"a", 6))
        self.assertRaises(ProtocolError, connection.nextEvent)
        self.assertIs(connection.state, State.FAILED)

    def test_manyParts(self) -> None:
        """
        The parts do not all exist at once: 10,000 empty ones take little
        memory beside the message itself.
        """
        connection = connected()
        size = 10_000 * 15
        connection.receiveData(setChunkSize(size))
        events(connection)
        connection.receiveData(type0(6, 0, 22, self.part(8, 0, b"") * 10_000))
        tracemalloc.start()
        try:
            first = connection.nextEvent()
            held, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        self.assertEqual(first, Message(8, 0, 1, b"", 6))
        self.assertLess(held, 3 * size)
        self.assertEqual(len(events(connection)), 9_999)

    def test_tooManyParts(self) -> None:
        """
        More parts than the limit are an error; those before it come out.
        """
        connection = connected(limits=Limits(aggregateParts=3))
        connection.receiveData(type0(6, 0, 22, self.part(8, 0, b"x") * 4))
        for _ in range(3):
            self.assertEqual(connection.nextEvent(), Message(8, 0, 1, b"x", 6))
        self.assertRaises(ProtocolError, connection.nextEvent)


class AcknowledgementTests(SynchronousTestCase):
    """
    How received bytes are acknowledged.
    """

    def deliver(self, connection: RTMPConnection, *pieces: bytes) -> list[int]:
        """
        Feed a connection piece by piece, and acknowledge after each that
        makes it due.

        @return: the sequence numbers that were acknowledged.
        """
        sent = b""
        for piece in pieces:
            feed(connection, piece)
            if connection.acknowledgementDue:
                sent += connection.acknowledge()
        messages = plainMessages(sent)
        for message in messages:
            self.assertEqual((message.typeID, message.messageStreamID), (3, 0))
        return [int.from_bytes(message.payload, "big") for message in messages]

    def video(self, size: int) -> bytes:
        """
        @return: exactly C{size} bytes of video messages, 100 bytes each with
            their headers.
        """
        return type0(6, 0, 9, bytes(88)) * (size // 100)

    def test_withoutWindow(self) -> None:
        """
        T-36: a peer that names no window is told each time that half of ours
        has come.
        """
        connection = connected()
        values = self.deliver(connection, *[self.video(50_000)] * 60)
        start, half = len(CONNECTED), DEFAULT_WINDOW // 2
        self.assertEqual(values, [start + half, start + 2 * half])

    def test_window(self) -> None:
        """
        T-36: a smaller window is acknowledged by halves.
        """
        connection = connected()
        self.assertEqual(self.deliver(connection, control(5, 10_000)), [])
        received = connection.bytesReceived
        values = self.deliver(connection, *[self.video(1000)] * 20)
        # 5000 bytes are half a window; the first one counts from the start.
        self.assertEqual(values[0], received + 1000 * -(-(5000 - received) // 1000))
        steps = {after - before for before, after in pairwise(values)}
        self.assertEqual(steps, {5000})

    def test_unfinished(self) -> None:
        """
        T-36: bytes are acknowledged that have arrived, also when they are but
        a part of a message.
        """
        connection = connected()
        feed(connection, control(5, 10_000))
        part = type0(6, 0, 9, b"", length=100_000) + bytes(6000)
        self.assertEqual(self.deliver(connection, part), [connection.bytesReceived])

    def test_largeWindow(self) -> None:
        """
        T-36: a larger window than ours is not waited for.
        """
        connection = connected()
        feed(connection, control(5, 0x7FFFFFFF))
        found = self.deliver(connection, self.video(DEFAULT_WINDOW // 2))
        self.assertEqual(found, [connection.bytesReceived])

    def test_zeroWindow(self) -> None:
        """
        T-38: a window of 0 is ignored.
        """
        connection = connected()
        feed(connection, control(5, 0))
        self.assertEqual(self.deliver(connection, self.video(10_000)), [])

    def test_tinyWindow(self) -> None:
        """
        With a window of 1 an acknowledgement is due for every byte, and
        events still come to an end.
        """
        connection = connected()
        connection.receiveData(control(5, 1) + type0(6, 0, 9, b"x"))
        self.assertEqual(connection.nextEvent(), Message(9, 0, 1, b"x", 6))
        self.assertIs(connection.nextEvent(), NEED_DATA)
        before = connection.bytesReceived
        found = self.deliver(connection, b"\xc6", b"x", b"\xc6", b"x")
        self.assertEqual(found, [before + count for count in (1, 2, 3, 4)])

    def test_wrap(self) -> None:
        """
        T-37: long before the counter has no room in four bytes it starts
        again from 0, and goes on from there.
        """
        room = (1 << 32) - connectionModule._LAST_SEQUENCE
        self.assertGreater(room, 100 * DEFAULT_WINDOW)
        self.patch(connectionModule, "_LAST_SEQUENCE", 30_000)
        connection = connected()
        feed(connection, control(5, 10_000))
        values = self.deliver(connection, *[self.video(1000)] * 60)
        again = values.index(0)
        self.assertTrue(all(value < 30_000 for value in values), values)
        self.assertGreater(values[again - 1], 20_000)
        self.assertEqual(values[again + 1 : again + 3], [5000, 10_000])

    def test_notInHandshake(self) -> None:
        """
        Nothing but the handshake is sent before it is over.
        """
        connection = RTMPConnection(RANDOMNESS)
        connection.receiveData(HANDSHAKE[:-1])
        self.assertEqual(len(events(connection)), 1)


class SendingTests(SynchronousTestCase):
    """
    What goes out.
    """

    def test_chunkSize(self) -> None:
        """
        T-33: Set Chunk Size goes out in the old size and holds for what
        follows.
        """
        connection = connected()
        long = Command("x" * 1000)
        before = connection.send(long)
        announced = connection.send(SetChunkSize(4096))
        after = connection.send(long)
        self.assertEqual(connection.chunkSize, 4096)
        messages = plainMessages(before + announced + after)
        self.assertEqual([message.typeID for message in messages], [20, 1, 20])
        self.assertEqual(messages[0].payload, messages[2].payload)
        self.assertGreater(len(before), len(after))
        # In one piece: no chunk header stands in the payload.
        self.assertIn(messages[2].payload, after)

    def test_readable(self) -> None:
        """
        T-11, T-44: all that is sent makes one chunk stream, control messages
        on chunk stream 2 and message stream 0.
        """
        connection = connected()
        sent = b"".join(
            connection.send(decoded)
            for decoded in (
                WindowAckSize(2_500_000),
                Acknowledgement(77),
                Acknowledgement(78),
                UserControl(0, b"\0\0\0\1"),
                Command("_result", 1.0, None, [True]),
                Command("onStatus", 0.0, None, [{"code": "x"}], 1),
                Command("onStatus", 0.0, None, [{"code": "y"}], 1),
                Data(["onMetaData", {"width": 1.0}], 40, 1),
            )
        )
        found = [
            (m.typeID, m.chunkStreamID, m.messageStreamID) for m in plainMessages(sent)
        ]
        expected = [(5, 2, 0), (3, 2, 0), (3, 2, 0), (4, 2, 0), (20, 3, 0)]
        self.assertEqual(found, [*expected, (20, 5, 1), (20, 5, 1), (18, 5, 1)])


class HostileTests(SynchronousTestCase):
    """
    Bytes that mean harm.
    """

    def test_mutations(self) -> None:
        """
        Damage anywhere after the handshake gives events or a protocol error,
        and the same ones for every cut.
        """
        valid = (
            setChunkSize(60)
            + type0(3, 0, 20, CONNECT, messageStreamID=0)
            + type0(4, 0, 20, PUBLISH)
            + type0(2, 0, 4, b"\0\6\0\0\0\1", messageStreamID=0)
            + type0(5, 0, 18, b"\x02\0\2hi\x08\0\0\0\1\0\1k\x0a\0\0\0\1\5\0\0\x09")
            + type0(6, 0, 22, AggregateTests.part(9, 4, b"abc") * 2)
            + control(5, 1000)
            + type0(6, 40, 9, bytes(60), length=100)
            + type3(6, bytes(40))
        )
        ends = set()
        for seed in range(400):
            random = Random(seed)
            data = hostile(valid, random)
            whole = self.outcome([HANDSHAKE, data])
            ends.add(whole[1])
            for pieces in (
                [HANDSHAKE + data],
                [HANDSHAKE, *randomCut(data, random, 9)],
            ):
                found = self.outcome(pieces)
                self.assertEqual(found, whole, f"seed {seed}")
        # Unharmed, and many ways to fail.
        self.assertIn("", ends)
        self.assertGreater(len(ends), 10)

    def outcome(self, pieces: list[bytes]) -> tuple[list[Event], str]:
        """
        @return: the events, and the text of the protocol error that ended
            them or C{""}.
        """
        connection = RTMPConnection(RANDOMNESS)
        found: list[Event] = []
        try:
            for piece in pieces:
                connection.receiveData(piece)
                while (event := connection.nextEvent()) is not NEED_DATA:
                    if event is not MORE:
                        found.append(event)
        except ProtocolError as error:
            return found, str(error)
        return found, ""
