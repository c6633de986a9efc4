"""
Tests for L{rtmptwisted.wire.buffer}.
"""

from __future__ import annotations

from random import Random

from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.errors import ProtocolError
from rtmptwisted.wire.buffer import FastBuffer
from rtmptwisted.wire.limits import Limits


def filled(data: bytes, limit: int = 1000) -> FastBuffer:
    """
    @return: a buffer with these bytes in it.
    """
    buffer = FastBuffer(limit)
    buffer.append(data)
    return buffer


class ReadTests(SynchronousTestCase):
    """
    Taking bytes out.
    """

    def test_take(self) -> None:
        """
        Bytes come out in the order in which they were put in, across the
        borders of what was put in.
        """
        buffer = filled(b"abc")
        buffer.append(b"defg")
        self.assertEqual(buffer.take(2), b"ab")
        self.assertEqual(buffer.take(3), b"cde")
        self.assertEqual(len(buffer), 2)

    def test_takeTooMuch(self) -> None:
        """
        More than is there cannot be taken, and then nothing is.
        """
        buffer = filled(b"abc")
        buffer.skip(1)
        self.assertRaises(ValueError, buffer.take, 3)
        self.assertEqual(buffer.take(2), b"bc")
        self.assertRaises(ValueError, buffer.take, 1)
        self.assertEqual(buffer.take(0), b"")

    def test_takenIsOurs(self) -> None:
        """
        What was taken stays as it is when the buffer goes on.
        """
        buffer = filled(b"abcdef")
        taken = buffer.take(3)
        buffer.commit()
        buffer.append(b"ghi")
        self.assertEqual(taken, b"abc")
        buffer.rollback()
        self.assertEqual(buffer.take(6), b"defghi")

    def test_peek(self) -> None:
        """
        Looking moves nothing, and gives what is there when that is less.
        """
        buffer = filled(b"abc")
        buffer.skip(1)
        self.assertEqual(buffer.peek(1), b"b")
        self.assertEqual(buffer.peek(10), b"bc")
        self.assertEqual(len(buffer), 2)

    def test_whereTheyAre(self) -> None:
        """
        The bytes that were received are there as they were, and are not copied,
        while nothing was left over; the cursor is a place among them.
        """
        received = bytes(range(100))
        buffer = filled(received)
        self.assertIs(buffer.data, received)
        buffer.skip(7)
        self.assertEqual(buffer.data[buffer.at], 7)
        buffer.commit()
        buffer.append(b"more")
        self.assertEqual(buffer.data[buffer.at :], received[7:] + b"more")

    def test_changedLater(self) -> None:
        """
        What was received stays as it is, also when its owner changes it.
        """
        received = bytearray(b"abc")
        buffer = FastBuffer()
        buffer.append(received)  # type: ignore[arg-type]
        received[0] = 0
        self.assertEqual(buffer.peek(3), b"abc")


class CommitTests(SynchronousTestCase):
    """
    Tentative reads.
    """

    def test_rollback(self) -> None:
        """
        What was read and not committed is there again.
        """
        buffer = filled(b"abcdef")
        buffer.take(1)
        buffer.commit()
        buffer.take(2)
        buffer.skip(1)
        buffer.rollback()
        self.assertEqual(buffer.take(5), b"bcdef")

    def test_rollbackNothing(self) -> None:
        """
        Directly after a commit a rollback does nothing.
        """
        buffer = filled(b"abc")
        buffer.take(2)
        buffer.commit()
        buffer.rollback()
        self.assertEqual(buffer.peek(9), b"c")

    def test_appendWhileReading(self) -> None:
        """
        Bytes may come in the middle of a read: the cursor stays where it is,
        and so does the place to go back to.
        """
        buffer = filled(b"abcdef")
        buffer.take(2)
        buffer.commit()
        buffer.take(1)
        buffer.append(b"gh")
        self.assertEqual(buffer.peek(9), b"defgh")
        buffer.rollback()
        self.assertEqual(buffer.peek(9), b"cdefgh")

    def test_emptied(self) -> None:
        """
        A buffer that was read to its end works as a new one.
        """
        buffer = filled(b"abc")
        buffer.take(3)
        buffer.commit()
        self.assertEqual(len(buffer), 0)
        self.assertEqual(buffer.peek(1), b"")
        buffer.append(b"de")
        buffer.take(1)
        buffer.rollback()
        self.assertEqual(buffer.peek(9), b"de")

    def test_consume(self) -> None:
        """
        What lies before a place is consumed in one go, and what lies behind it
        is there next.
        """
        buffer = filled(b"abcdef")
        buffer.consume(4)
        self.assertEqual((buffer.consumed, buffer.peek(9)), (4, b"ef"))
        buffer.rollback()
        self.assertEqual(buffer.take(2), b"ef")

    def test_trim(self) -> None:
        """
        Nothing is kept of what is consumed; a read that goes on does not notice.
        """
        buffer = filled(bytes(1000) + b"rest")
        buffer.skip(1000)
        buffer.commit()
        buffer.skip(1)
        buffer.trim()
        self.assertEqual((buffer.data, buffer.peek(9)), (b"rest", b"est"))
        buffer.rollback()
        self.assertEqual((buffer.consumed, buffer.take(4)), (1000, b"rest"))
        buffer.commit()
        self.assertEqual(buffer.data, b"")


class LimitTests(SynchronousTestCase):
    """
    How much may wait.
    """

    def test_leftOver(self) -> None:
        """
        When as much as the limit is left over, no more is taken.
        """
        buffer = filled(b"abc", limit=5)
        buffer.append(b"de")
        self.assertRaises(ProtocolError, buffer.append, b"f")
        self.assertEqual(buffer.peek(9), b"abcde")

    def test_oneDelivery(self) -> None:
        """
        A single delivery may be larger than the limit, and when it has been
        read there is room again.
        """
        buffer = filled(bytes(1000), limit=5)
        buffer.take(996)
        buffer.commit()
        buffer.append(bytes(1000))
        self.assertEqual(len(buffer), 1004)

    def test_readButNotCommitted(self) -> None:
        """
        Bytes that could still come back by a rollback count.
        """
        buffer = filled(b"abcde", limit=5)
        buffer.take(5)
        self.assertRaises(ProtocolError, buffer.append, b"f")
        buffer.commit()
        buffer.append(b"f")
        self.assertEqual(buffer.take(1), b"f")

    def test_default(self) -> None:
        """
        Without a limit of its own a buffer has the one of all connections.
        """
        buffer = FastBuffer()
        self.assertEqual(buffer.limit, Limits().bufferedBytes)
        buffer.append(bytes(Limits().bufferedBytes))
        self.assertRaises(ProtocolError, buffer.append, b"x")


class ConsumedTests(SynchronousTestCase):
    """
    How many bytes have been consumed since the beginning.
    """

    def test_commits(self) -> None:
        """
        Only what is committed is consumed, not what is read or arrives.
        """
        buffer = FastBuffer()
        self.assertEqual(buffer.consumed, 0)
        buffer.append(b"0123456789")
        buffer.take(3)
        buffer.peek(2)
        self.assertEqual(buffer.consumed, 0)
        buffer.commit()
        self.assertEqual(buffer.consumed, 3)
        buffer.skip(4)
        buffer.rollback()
        self.assertEqual(buffer.consumed, 3)
        buffer.append(b"ab")
        self.assertEqual(buffer.consumed, 3)
        buffer.skip(9)
        buffer.commit()
        self.assertEqual((buffer.consumed, len(buffer)), (12, 0))

    def test_forEver(self) -> None:
        """
        With what is left it is all that ever arrived, however that is taken.
        """
        random = Random(11)
        buffer = FastBuffer()
        arrived = before = 0
        for _ in range(2000):
            size = random.choice((0, 1, 7, 300))
            buffer.append(bytes(size))
            arrived += size
            buffer.skip(random.randint(0, len(buffer)))
            if random.random() < 0.3:
                buffer.rollback()
            else:
                buffer.commit()
            self.assertEqual(buffer.consumed + len(buffer), arrived)
            self.assertGreaterEqual(buffer.consumed, before)
            before = buffer.consumed
        self.assertGreater(before, 50_000)
