"""
Tests of L{rtmptwisted.straight}, with a socket that does as it is told.
"""

from __future__ import annotations

from twisted.internet.interfaces import IPushProducer
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

    def test_lost(self) -> None:
        """
        After the connection is lost nothing is written.
        """
        self.writer.resumeProducing()
        self.writer.stopProducing()
        self.writer.write(b"one")
        self.assertEqual((self.transport.writes, self.socket.sent), ([], []))
        self.assertEqual(self.producer.told, ["resume", "stop"])


class WriterForTests(ServerTestCase):
    """
    Tests of L{writerFor}.
    """

    def test_notASocket(self) -> None:
        """
        A transport that is not plain TCP is written to as it wants it, and
        tells the producer itself.
        """
        for transport in (Transport(), SocketTransport()):
            viewer = Viewer(FakeOutlet(), self.clock, self.limits)
            write = writerFor(transport, viewer)
            write(b"one")
            self.assertEqual(transport.writes, [b"one"])
            self.assertIs(transport.producer, viewer)
            self.assertTrue(transport.streaming)
