"""
Tests of L{rtmptwisted.straight} with connections of Twisted's whose sockets do as
they are told.
"""

from __future__ import annotations

import errno
import os

from twisted.internet.address import IPv4Address
from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.straight import StraightWriter, writerFor
from tests.straight_support import FDReactor, MemoryConnection
from tests.test_straight import Producer

PEER = IPv4Address("TCP", "192.0.2.7", 6000)


class MemoryTests(SynchronousTestCase):
    """
    Tests of L{StraightWriter} behind L{writerFor}.
    """

    def setUp(self) -> None:
        """
        Connect.
        """
        self.reactor = FDReactor(Clock())
        self.connection = MemoryConnection(self.reactor, Protocol(), PEER)
        self.socket = self.connection.memory
        self.producer = Producer()

    def writer(self, queued: bool = False) -> StraightWriter:
        """
        @return: a writer for the connection.
        """
        writer = writerFor(self.connection, self.producer, queued=queued)
        assert isinstance(writer, StraightWriter)
        return writer

    def test_queued(self) -> None:
        """
        Where something is queued already the writer is not idle until that is out,
        though the transport asks for data at once.
        """
        self.connection.write(b"before, ")
        writer = self.writer(queued=True)
        self.assertFalse(writer.idle)
        self.assertEqual(self.producer.told[-1], "pause")
        writer.write(b"behind")
        self.assertEqual(self.socket.sent, [])
        self.reactor.turns()
        self.assertEqual(bytes(self.socket.taken), b"before, behind")
        self.assertTrue(writer.idle)
        self.assertEqual(self.producer.told[-2:], ["pause", "resume"])

    def test_everyPlace(self) -> None:
        """
        Wherever a socket stops taking, what is written comes in order, and the
        producer is told once that it is full, and once when all is out.
        """
        data = [b"one, ", b"two, ", b"three"]
        for room in range(len(b"".join(data))):
            self.setUp()
            writer = self.writer()
            self.socket.room = room
            for each in data:
                writer.write(each)
            self.assertEqual(self.producer.told, ["resume", "pause"])
            self.socket.room = 100
            self.reactor.turns()
            writer.write(b", four")
            self.assertEqual(bytes(self.socket.taken), b"one, two, three, four")
            self.assertEqual(self.producer.told, ["resume", "pause", "resume"])

    def test_dropByDrop(self) -> None:
        """
        So it does where the socket takes one byte at a time.
        """
        writer = self.writer()
        self.socket.room = 1
        for each in (b"one, ", b"two, ", b"three"):
            writer.write(each)
        while self.reactor.writers:
            self.assertFalse(writer.idle)
            self.socket.room = 1
            self.reactor.turn()
        self.assertEqual(bytes(self.socket.taken), b"one, two, three")
        self.assertTrue(writer.idle)

    def test_exact(self) -> None:
        """
        A write that fills the socket to the last byte leaves nothing to wait for.
        """
        writer = self.writer()
        self.socket.room = 3
        writer.write(b"one")
        self.assertTrue(writer.idle)
        self.assertEqual((self.producer.told, self.reactor.writers), (["resume"], {}))

    def test_refillsAsItResumes(self) -> None:
        """
        A producer that fills the transport again as soon as it is told to go on is
        told so, and nothing is lost or out of order.
        """
        writer = self.writer()
        parts = [bytes((n,)) * 10 for n in range(5)]
        left = parts[1:]

        def refill() -> None:
            while writer.idle and left:
                writer.write(left.pop(0))

        resume = self.producer.resumeProducing
        self.producer.resumeProducing = (  # type: ignore[method-assign]
            lambda: (resume(), refill())[0]  # type: ignore[func-returns-value]
        )
        self.socket.room = 4
        writer.write(parts[0])
        for _ in range(20):
            self.socket.room = 7
            self.reactor.turn()
        self.assertEqual(bytes(self.socket.taken), b"".join(parts))

    def test_failed(self) -> None:
        """
        After a write has failed the transport neither hears of it nor is written
        to, and the producer is not told to go on any more.
        """
        for number in (errno.ECONNRESET, errno.EPIPE):
            self.setUp()
            writer = self.writer()
            self.socket.error = OSError(number, os.strerror(number))
            writer.write(b"one")
            self.socket.error = None
            writer.write(b"two")
            writer.resumeProducing()
            self.assertEqual((self.socket.sent, self.reactor.writers), ([], {}))
            self.assertEqual(self.producer.told, ["resume", "pause"])
            self.assertTrue(self.connection.connected)

    def test_gone(self) -> None:
        """
        A connection that is gone already takes nothing, and says so.
        """
        self.connection.disconnected = 1
        writer = self.writer(queued=True)
        writer.write(b"one")
        self.assertFalse(writer.idle)
        self.assertIn("stop", self.producer.told)
        self.assertEqual((self.socket.sent, self.connection.queued), ([], b""))
