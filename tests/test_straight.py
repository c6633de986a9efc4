"""
Tests of L{rtmptwisted.straight}, with a socket that does as it is told.
"""

from __future__ import annotations

import errno
import os
import socket
from random import Random

from twisted.internet.interfaces import IPushProducer
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.tcp import Connection
from twisted.internet.testing import MemoryReactor
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from rtmptwisted.straight import StraightWriter, writerFor
from rtmptwisted.viewer import Viewer
from tests.fakes import FakeOutlet, Transport
from tests.support import ServerTestCase


class Socket:
    """
    Takes up to C{room} bytes.

    @ivar error: raised instead, when it is set.
    """

    def __init__(self) -> None:
        self.room = 1 << 30
        self.sent: list[bytes] = []
        self.error: OSError | None = None

    def send(self, data: bytes) -> int:
        """
        Take some of the data.
        """
        if self.error is not None:
            raise self.error
        if not self.room:
            raise BlockingIOError
        taken = data[: self.room]
        self.room -= len(taken)
        self.sent.append(taken)
        return len(taken)


class SocketTransport(Transport):
    """
    A transport that has a socket.
    """

    def __init__(self) -> None:
        super().__init__()
        self.socket = Socket()

    def getHandle(self) -> Socket:
        """
        @return: the socket.
        """
        return self.socket


@implementer(IPushProducer)
class Producer:
    """
    Writes down what it is told.
    """

    def __init__(self) -> None:
        self.told: list[str] = []

    def pauseProducing(self) -> None:
        """
        Too much.
        """
        self.told.append("pause")

    def resumeProducing(self) -> None:
        """
        More, please.
        """
        self.told.append("resume")

    def stopProducing(self) -> None:
        """
        No more.
        """
        self.told.append("stop")


class StraightWriterTests(SynchronousTestCase):
    """
    Tests of L{StraightWriter}.
    """

    def setUp(self) -> None:
        """
        Make a writer.
        """
        self.transport = SocketTransport()
        self.socket = self.transport.socket
        self.producer = Producer()
        self.writer = StraightWriter(self.transport, self.producer)

    def test_notBeforeItIsKnown(self) -> None:
        """
        Until the transport has asked for more, all goes through it.
        """
        self.writer.write(b"one")
        self.assertEqual((self.transport.writes, self.socket.sent), ([b"one"], []))

    def test_straight(self) -> None:
        """
        While nothing is queued, bytes go straight to the socket.
        """
        self.writer.resumeProducing()
        self.writer.write(b"one")
        self.writer.write(b"two")
        self.assertEqual(
            (self.transport.writes, self.socket.sent), ([], [b"one", b"two"])
        )
        self.assertEqual(self.producer.told, ["resume"])

    def test_full(self) -> None:
        """
        What the socket does not take goes through the transport, and so does
        all that follows, until the transport has sent it; the producer is told
        once.
        """
        self.writer.resumeProducing()
        self.socket.room = 4
        self.writer.write(b"one")
        self.writer.write(b"two")
        self.writer.write(b"three")
        self.assertEqual(b"".join(self.socket.sent), b"onet")
        self.assertEqual(self.transport.value(), b"wothree")
        self.assertEqual(self.producer.told, ["resume", "pause"])
        self.socket.room = 100
        self.writer.resumeProducing()
        self.writer.write(b"four")
        self.assertEqual(self.socket.sent[-1], b"four")
        self.assertEqual(self.producer.told, ["resume", "pause", "resume"])

    def test_takesNothing(self) -> None:
        """
        A socket that would block loses nothing.
        """
        self.writer.resumeProducing()
        self.socket.room = 0
        self.writer.write(b"one")
        self.assertEqual(self.transport.writes, [b"one"])

    def test_failed(self) -> None:
        """
        A write that fails is left to the reading side: the transport is not
        touched, and nothing more is written.
        """
        self.writer.resumeProducing()
        self.socket.error = ConnectionResetError()
        self.writer.write(b"one")
        self.socket.error = None
        self.writer.write(b"two")
        self.assertEqual((self.transport.writes, self.socket.sent), ([], []))
        self.assertFalse(self.transport.disconnecting)

    def test_noBuffers(self) -> None:
        """
        A system that is short of buffers for a moment loses nothing either:
        what it did not take waits like what a full socket did not take.
        """
        self.writer.resumeProducing()
        self.socket.error = OSError(errno.ENOBUFS, os.strerror(errno.ENOBUFS))
        self.writer.write(b"one")
        self.writer.write(b"two")
        self.assertEqual(self.transport.writes, [b"one", b"two"])
        self.assertEqual(self.producer.told, ["resume", "pause"])
        self.socket.error = None
        self.writer.resumeProducing()
        self.writer.write(b"three")
        self.assertEqual(self.socket.sent, [b"three"])
        self.assertEqual(self.producer.told, ["resume", "pause", "resume"])

    def test_lost(self) -> None:
        """
        After the connection is lost nothing is written.
        """
        self.writer.resumeProducing()
        self.writer.stopProducing()
        self.writer.write(b"one")
        self.assertEqual((self.transport.writes, self.socket.sent), ([], []))
        self.assertEqual(self.producer.told, ["resume", "stop"])


class TLSConnection(Connection):
    """
    A connection that has gone over to TLS.
    """

    TLS = True
    written = b""
    registered: object = None

    def write(self, data: bytes) -> None:
        """
        Encrypt, or rather do not.
        """
        self.written += data

    def registerProducer(self, producer: object, streaming: bool) -> None:
        """
        Remember the producer.
        """
        self.registered = producer, streaming


class Wrapper(ProtocolWrapper):
    """
    A wrapper that changes what is written.
    """

    def write(self, data: bytes) -> None:
        """
        Write it in capitals.
        """
        super().write(data.upper())


class WriterForTests(ServerTestCase):
    """
    Tests of L{writerFor}.
    """

    def connected(self, kind: type[Connection] = Connection) -> Connection:
        """
        @return: a connection over a real socket, whose reactor does nothing.
        """
        ours, self.peer = socket.socketpair()
        self.addCleanup(ours.close)
        self.addCleanup(self.peer.close)
        ours.setblocking(False)
        self.peer.setblocking(False)
        connection = kind(ours, Protocol(), MemoryReactor())
        connection.connected = True
        return connection

    def test_plainTCP(self) -> None:
        """
        What is written to a TCP connection is at the other end before the
        reactor has done anything.
        """
        connection = self.connected()
        producer = Producer()
        write = writerFor(connection, producer).write
        write(b"one")
        self.assertEqual(self.peer.recv(100), b"one")
        self.assertEqual(producer.told, ["resume"])

    def test_full(self) -> None:
        """
        What a real socket does not take is queued, and nothing of it is lost.
        """
        connection = self.connected()
        producer = Producer()
        write = writerFor(connection, producer).write
        data = Random(1).randbytes(4 << 20)
        write(data)
        self.assertEqual(producer.told, ["resume", "pause"])
        received = b""
        while len(received) < len(data):
            received += self.peer.recv(1 << 20)
            connection.doWrite()
        self.assertEqual(received, data)
        # The transport asks for more once it has nothing left.
        self.assertEqual(producer.told, ["resume", "pause", "resume"])
        write(b"one")
        self.assertEqual(self.peer.recv(100), b"one")

    def test_TLS(self) -> None:
        """
        A connection with TLS is written to as it wants it: the socket would
        take the bytes as they are.
        """
        connection = self.connected(TLSConnection)
        assert isinstance(connection, TLSConnection)
        producer = Producer()
        writerFor(connection, producer).write(b"secret")
        self.assertEqual(connection.written, b"secret")
        self.assertEqual(connection.registered, (producer, True))
        self.assertRaises(BlockingIOError, self.peer.recv, 100)

    def test_wrapped(self) -> None:
        """
        So is one inside a wrapper, which has all that the connection has but
        does its own to the bytes.
        """
        connection = self.connected()
        wrapper = Wrapper(WrappingFactory(Factory()), Protocol())
        wrapper.makeConnection(connection)
        producer = Producer()
        writerFor(wrapper, producer).write(b"one")
        self.assertRaises(BlockingIOError, self.peer.recv, 100)
        connection.doWrite()
        self.assertEqual(self.peer.recv(100), b"ONE")
        self.assertIs(connection.producer, producer)
        self.assertTrue(connection.streamingProducer)

    def test_notASocket(self) -> None:
        """
        A transport that is not plain TCP is written to as it wants it, and
        tells the producer itself.
        """
        for transport in (Transport(), SocketTransport()):
            viewer = Viewer(FakeOutlet(), self.clock, self.limits)
            write = writerFor(transport, viewer).write
            write(b"one")
            self.assertEqual(transport.writes, [b"one"])
            self.assertIs(transport.producer, viewer)
            self.assertTrue(transport.streaming)
