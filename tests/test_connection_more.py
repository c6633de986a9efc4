"""
Tests of L{rtmptwisted.wire.connection}: bytes that make no events, however many
there are.
"""

from __future__ import annotations

from random import Random

from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.errors import ProtocolError
from rtmptwisted.wire.amfvalues import AMFSource
from rtmptwisted.wire.chunk import ChunkReader
from rtmptwisted.wire.connection import (
    MORE,
    NEED_DATA,
    Outbound,
    RTMPConnection,
)
from rtmptwisted.wire.limits import Limits
from rtmptwisted.wire.message import Data, Message
from rtmptwisted.wire.state import State
from tests.test_connection import CONNECTED, RANDOMNESS, connected, events, feed
from tests.wire_support import (
    abort,
    basic,
    randomCut,
    setChunkSize,
    type0,
    type1,
    type3,
)

#: What may be worked on between two looks at the clock: chunks, or values.  Ten
#: thousand of either take some 50 ms, which is much too long.
CHUNKS = 3000
VALUES = 10_000

#: A data message whose one value, an array, is cut off by garbage: nobody can use
#: it, and finding that out takes as long as reading the whole.
UNREADABLE = b"\x0a" + (4000).to_bytes(4, "big") + b"\x05" * 3999 + b"\xee"

#: What sets the chunk size back to 128 bytes where it is one.
BACK = setChunkSize(128)[:13] + b"".join(
    type3(2, bytes((byte,))) for byte in setChunkSize(128)[13:]
)


def part(typeID: int, body: bytes) -> bytes:
    """
    @return: a part of an aggregate message.
    """
    return bytes((typeID,)) + len(body).to_bytes(3, "big") + bytes(7) + body + bytes(4)


def interleaved(size: int, messages: int, typeID: int = 99) -> bytes:
    """
    @return: messages of C{size} bytes on two chunk streams, in chunks of one byte
        that take turns.
    """
    starts = b"".join(type0(n, 0, typeID, b"x", length=size) for n in (5, 6))
    rest = (type3(5, b"x") + type3(6, b"x")) * (size - 1)
    return (starts + rest) * messages


class MoreTests(SynchronousTestCase):
    """
    What makes no events is read in pieces, between which others have their turn.
    """

    LAST = type0(4, 7, 9, b"video")
    EXPECTED = Message(9, 7, 1, b"video", 4)

    def setUp(self) -> None:
        """
        Count what is read.
        """
        self.chunks = self.values = 0
        nextChunk, count = ChunkReader._nextChunk, AMFSource.count

        def countingChunk(reader: ChunkReader, data: bytes, at: int) -> Message | None:
            self.chunks += 1
            return nextChunk(reader, data, at)

        def countingCount(source: AMFSource, depth: int, values: int = 1) -> None:
            self.values += values
            count(source, depth, values)

        self.patch(ChunkReader, "_nextChunk", countingChunk)
        self.patch(AMFSource, "count", countingCount)

    def read(self, data: bytes) -> tuple[RTMPConnection, int]:
        """
        Read what makes no event, and then one that does.

        @return: the connection, and how often it said C{MORE}.
        """
        connection = connected()
        connection.receiveData(data + self.LAST)
        pauses = most = dearest = 0
        while True:
            self.chunks = self.values = 0
            event = connection.nextEvent()
            most, dearest = max(most, self.chunks), max(dearest, self.values)
            if event is not MORE:
                break
            pauses += 1
        self.assertEqual(event, self.EXPECTED)
        self.assertIs(connection.nextEvent(), NEED_DATA)
        self.assertLessEqual(most, CHUNKS, "chunks at a time")
        self.assertLessEqual(dearest, VALUES, "values at a time")
        return connection, pauses

    def test_emptyMessages(self) -> None:
        """
        100,000 empty messages of an unknown type, of one byte each.
        """
        data = type0(6, 0, 99, b"") + type3(6, b"") * 99_999
        connection, pauses = self.read(data)
        self.assertGreaterEqual(pauses, 50)
        self.assertEqual(connection.ignored, 100_000)

    def test_tinyChunks(self) -> None:
        """
        100,000 chunks of one byte, of two messages that take turns and never end.
        """
        data = setChunkSize(1) + b"".join(
            type0(n, 0, 9, b"x", length=60_000) for n in (5, 6)
        )
        data += (type3(5, b"x") + type3(6, b"x")) * 49_999
        data += BACK
        _, pauses = self.read(data)
        self.assertGreaterEqual(pauses, 50)

    def test_shortMessages(self) -> None:
        """
        100,000 chunks of one byte, of messages of an unknown type that do end: the
        end of a message does not make the chunks before it cheaper.
        """
        data = setChunkSize(1) + interleaved(50, 1000)
        data += BACK
        connection, pauses = self.read(data)
        self.assertEqual(connection.ignored, 2000)
        self.assertGreaterEqual(pauses, 33)

    def test_unreadableData(self) -> None:
        """
        Data messages that nobody can read take time as others do.
        """
        data = setChunkSize(5000) + type0(5, 0, 18, UNREADABLE) * 15
        connection, pauses = self.read(data)
        self.assertEqual(connection.ignored, 15)
        self.assertGreaterEqual(pauses, 5)

    def test_unreadableParts(self) -> None:
        """
        The same holds for those in an aggregate message, of which one can have
        thousands.
        """
        aggregate = part(18, UNREADABLE) * 200
        data = setChunkSize(0xFFFFFF) + type0(6, 0, 22, aggregate)
        connection, pauses = self.read(data)
        self.assertEqual(connection.ignored, 200)
        self.assertGreaterEqual(pauses, 60)

    def test_unknownParts(self) -> None:
        """
        Parts of an aggregate that mean nothing are passed over.
        """
        aggregate = part(99, b"") * 9999
        data = setChunkSize(0xFFFFFF) + type0(6, 0, 22, aggregate)
        self.read(data)

    def test_aborts(self) -> None:
        """
        20,000 messages that are begun and aborted.
        """
        data = type0(6, 0, 9, b"x" * 128, length=200) + abort(6)
        again = basic(3, 6) + b"x" * 128 + basic(3, 2) + (6).to_bytes(4, "big")
        _, pauses = self.read(data + again * 20_000)
        self.assertGreaterEqual(pauses, 10)

    def test_anyCut(self) -> None:
        """
        With C{MORE} left out the events are the same however the bytes are cut,
        and also when nobody asks before all are there.
        """
        data = (
            CONNECTED
            + setChunkSize(1)
            + interleaved(40, 40)
            + interleaved(3, 3, typeID=9)
            + (type0(7, 0, 99, b"") + type3(7, b"") * 2500)
            + type0(4, 7, 9, b"v", length=5)
            + b"".join(type3(4, bytes((n,))) for n in b"ideo")
        )
        expected = feed(RTMPConnection(RANDOMNESS), data)
        self.assertEqual(len(expected), 2 + 6 + 1)
        self.assertEqual(expected[-1], self.EXPECTED)
        bytewise = [data[i : i + 1] for i in range(len(data))]
        self.assertEqual(feed(RTMPConnection(RANDOMNESS), *bytewise), expected)
        random = Random(6)
        for count in (2, 3, 5, 20, 100):
            pieces = randomCut(data, random, count)
            self.assertEqual(feed(RTMPConnection(RANDOMNESS), *pieces), expected)
            late = RTMPConnection(RANDOMNESS)
            for piece in pieces:
                late.receiveData(piece)
            self.assertEqual(events(late), expected)

    def test_asksNowAndThen(self) -> None:
        """
        Whoever asks once for each piece, and does not go on after C{MORE}, has
        missed nothing when he asks to the end.
        """
        data = setChunkSize(1) + interleaved(40, 200) + BACK + self.LAST
        connection = connected()
        found = []
        for piece in randomCut(data, Random(7), 9):
            connection.receiveData(piece)
            event = connection.nextEvent()
            if event is not MORE and event is not NEED_DATA:
                found.append(event)
        self.assertEqual([*found, *events(connection)], [self.EXPECTED])
        self.assertEqual(connection.ignored, 400)


class ReadTogetherTests(SynchronousTestCase):
    """
    Audio and video that is read together is handed out one by one.
    """

    def test_reentrant(self) -> None:
        """
        More may come between two of them, and goes behind them.
        """
        connection = connected()
        feed(connection, type0(6, 0, 9, b"v") + type0(4, 0, 8, b"a"))
        connection.receiveData(b"".join(type1(6, 1, 9, b"v") for _ in range(5)))
        found = [connection.nextEvent()]
        connection.receiveData(type1(4, 1, 8, b"a") + type0(3, 9, 18, b"\x02\0\1x"))
        while (event := connection.nextEvent()) is not NEED_DATA:
            found.append(event)
        self.assertEqual(
            [event.timestamp for event in found if isinstance(event, Message)],
            [1, 2, 3, 4, 5, 1],
        )
        self.assertEqual(found[-1], Data(["x"], 9, 1))

    def test_failed(self) -> None:
        """
        Once the connection has failed, none of them comes any more.
        """
        connection = RTMPConnection(RANDOMNESS, Limits(bufferedBytes=10))
        feed(connection, CONNECTED, type0(6, 0, 9, b"v"))
        connection.receiveData(type1(6, 1, 9, b"v") * 3 + bytes(20))
        self.assertIsInstance(connection.nextEvent(), Message)
        self.assertRaises(ProtocolError, connection.receiveData, b"x")
        self.assertRaises(ProtocolError, connection.nextEvent)

    def test_beforeConnect(self) -> None:
        """
        Before C{connect} none comes, however simple it is.
        """
        connection = RTMPConnection(RANDOMNESS)
        handshake = CONNECTED[: 1 + 2 * 1536]
        connection.receiveData(handshake + type0(6, 0, 9, b"v") + type1(6, 1, 9, b"v"))
        self.assertIsInstance(connection.nextEvent(), Outbound)
        self.assertRaises(ProtocolError, connection.nextEvent)
        self.assertIs(connection.state, State.FAILED)
