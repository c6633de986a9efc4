"""
Tests of L{rtmptwisted.wire.connection}: control messages that are answered, and
messages that are not whole yet.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.errors import ChunkError
from rtmptwisted.wire.connection import Outbound, RTMPConnection
from rtmptwisted.wire.message import UserControl, WindowAckSize
from rtmptwisted.wire.state import State
from tests.test_connection import (
    CONNECTED,
    HANDSHAKE,
    RANDOMNESS,
    connected,
    control,
    feed,
)
from tests.wire_support import abort, everyCut, setChunkSize, type0, type3


def peerBandwidth(size: int, *limit: int) -> bytes:
    """
    @return: a chunk with Set Peer Bandwidth.
    """
    payload = size.to_bytes(4, "big") + bytes(limit)
    return type0(2, 0, 6, payload, messageStreamID=0)


def window(size: int, first: bool = False) -> Outbound:
    """
    What tells the peer our window.

    @param first: whether nothing was sent before it on that chunk stream.
    """
    sent = RTMPConnection(RANDOMNESS)
    if not first:
        sent.send(WindowAckSize(1))
    return Outbound(sent.send(WindowAckSize(size)))


class PeerBandwidthTests(SynchronousTestCase):
    """
    T-39: Set Peer Bandwidth is answered with our window, when that is news.
    """

    def test_answered(self) -> None:
        """
        A size that we have not announced is announced.
        """
        found = feed(connected(), peerBandwidth(5_000_000, 2))
        self.assertEqual(found, [window(5_000_000, first=True)])

    def test_known(self) -> None:
        """
        The size that we announced last is not announced again, whatever the type of
        the limit.
        """
        connection = connected()
        connection.send(WindowAckSize(2_500_000))
        for limit in (0, 1, 2, 99):
            self.assertEqual(feed(connection, peerBandwidth(2_500_000, limit)), [])

    def test_changes(self) -> None:
        """
        Each change is announced once.
        """
        connection = connected()
        connection.send(WindowAckSize(2_500_000))
        answers = [
            len(feed(connection, peerBandwidth(size, 0)))
            for size in (1000, 1000, 2_500_000, 2_500_000, 1000, 0xFFFFFFFF)
        ]
        self.assertEqual(answers, [1, 0, 1, 0, 1, 1])

    def test_zero(self) -> None:
        """
        T-40: nothing is ever announced as 0, which ffmpeg could not bear.
        """
        self.assertEqual(feed(connected(), peerBandwidth(0, 2)), [])

    def test_withoutType(self) -> None:
        """
        The type of the limit may be missing, and more may follow it.
        """
        for limit in ((), (2, 9, 9)):
            found = feed(connected(), peerBandwidth(77, *limit))
            self.assertEqual(found, [window(77, first=True)])

    def test_short(self) -> None:
        """
        Without a whole size it is malformed.
        """
        short = type0(2, 0, 6, bytes(3), messageStreamID=0)
        with self.assertRaises(ChunkError) as raised:
            feed(connected(), short)
        self.assertIn("Set Peer Bandwidth with 3 bytes", str(raised.exception))

    def test_beforeConnect(self) -> None:
        """
        It is answered before C{connect} as well.
        """
        connection = RTMPConnection(RANDOMNESS)
        feed(connection, HANDSHAKE)
        found = feed(connection, peerBandwidth(4000, 2))
        self.assertEqual(found, [window(4000, first=True)])
        self.assertIs(connection.state, State.CONNECTING)

    def test_notTheirs(self) -> None:
        """
        It does not change when we acknowledge: that is what the peer's own Window
        Acknowledgement Size is for.
        """
        connection = connected()
        feed(connection, peerBandwidth(1000, 0))
        connection.acknowledge()
        feed(connection, type0(6, 0, 9, b"x" * 128, length=200) + type3(6, b"x" * 72))
        feed(connection, *[type3(6, b"x" * 128) + type3(6, b"x" * 72)] * 20)
        self.assertFalse(connection.acknowledgementDue)
        feed(connection, control(5, 1000))
        self.assertTrue(connection.acknowledgementDue)


class PingTests(SynchronousTestCase):
    """
    T-41, T-42: pings.
    """

    def ping(self, data: bytes) -> bytes:
        """
        @return: a chunk with a ping request.
        """
        return type0(2, 0, 4, b"\0\6" + data, messageStreamID=0)

    def test_short(self) -> None:
        """
        A ping without a whole time is not answered, and all goes on.
        """
        connection = connected()
        for size in range(4):
            (event,) = feed(connection, self.ping(bytes(size)))
            self.assertEqual(event, UserControl(6, bytes(size)))
        self.assertIs(connection.state, State.CONNECTED)
        self.assertEqual(len(feed(connection, self.ping(b"time"))), 1)

    def test_long(self) -> None:
        """
        Of a longer one the time comes back, and nothing else.
        """
        (answer,) = feed(connected(), self.ping(b"time and more of it"))
        assert isinstance(answer, Outbound)
        self.assertEqual(answer[-6:], b"\0\7time")
        self.assertEqual(len(answer), 12 + 6)

    def test_withoutEvent(self) -> None:
        """
        User control of less than two bytes has no event and is malformed.
        """
        for size in (0, 1):
            short = type0(2, 0, 4, bytes(size), messageStreamID=0)
            self.assertRaises(ChunkError, feed, connected(), short)


def oldest(connection: RTMPConnection) -> int | None:
    """
    @return: where the oldest message began that is not whole.
    """
    return min(connection.unfinished, default=None)


class UnfinishedTests(SynchronousTestCase):
    """
    Where the oldest message began that is not whole yet.
    """

    def test_nothing(self) -> None:
        """
        Between messages there is none, the handshake included.
        """
        connection = RTMPConnection(RANDOMNESS)
        self.assertIsNone(oldest(connection))
        feed(connection, CONNECTED)
        self.assertIsNone(oldest(connection))
        feed(connection, type0(6, 0, 9, b"video"))
        self.assertIsNone(oldest(connection))

    def test_same(self) -> None:
        """
        While more of a message comes it is the same place, however many other
        messages are finished meanwhile.
        """
        connection = connected()
        feed(connection, type0(6, 0, 9, b"x" * 128, length=1000))
        place = oldest(connection)
        self.assertIsNotNone(place)
        for n in range(7):
            feed(connection, type0(4, n, 8, b"audio"))
            self.assertEqual(oldest(connection), place)
            feed(connection, type3(6, b"x" * (128 if n < 6 else 104)))
        self.assertIsNone(oldest(connection))

    def test_others(self) -> None:
        """
        Messages that follow one another have places of their own, each further on
        than the one before.
        """
        connection = connected()
        places = []
        for n in range(5):
            feed(connection, type0(6, n, 9, b"x" * 128, length=129))
            places.append(oldest(connection) or 0)
            feed(connection, type3(6, b"x"))
        self.assertEqual(places, sorted(set(places)))

    def test_oldest(self) -> None:
        """
        Of several the oldest counts; one that is aborted does not.
        """
        connection = connected()
        feed(connection, type0(6, 0, 9, b"x" * 128, length=200))
        first = oldest(connection)
        feed(connection, type0(7, 0, 9, b"x" * 128, length=200))
        self.assertEqual(oldest(connection), first)
        self.assertEqual(len(connection.unfinished), 2)
        feed(connection, abort(6))
        second = oldest(connection)
        assert first is not None and second is not None
        self.assertGreater(second, first)
        feed(connection, type3(7, b"x" * 72))
        self.assertIsNone(oldest(connection))

    def test_header(self) -> None:
        """
        A part of a header is the beginning of a message too, and so is each part
        of a chunk.
        """
        chunk = type0(6, 0, 9, b"video")
        for how, pieces in everyCut(chunk):
            connection = connected()
            for piece in pieces[:-1]:
                feed(connection, piece)
                self.assertIsNotNone(oldest(connection), how)
            feed(connection, pieces[-1])
            self.assertIsNone(oldest(connection), how)

    def test_largeChunk(self) -> None:
        """
        A chunk that is taken in pieces is one message from its first to its last.
        """
        connection = connected()
        feed(connection, setChunkSize(1 << 20))
        feed(connection, type0(6, 0, 9, b"", length=300_000))
        place = oldest(connection)
        self.assertIsNotNone(place)
        for _ in range(3):
            self.assertEqual(oldest(connection), place)
            feed(connection, bytes(100_000))
        self.assertIsNone(oldest(connection))
