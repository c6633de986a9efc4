"""
Tests of L{rtmptwisted.watchdog}: what happens on a connection when time passes.
"""

from __future__ import annotations

from twisted.internet.defer import Deferred

from rtmptwisted.wire.message import (
    Acknowledgement,
    UserControl,
    UserControlType,
    WindowAckSize,
)
from tests.fakes import logLines
from tests.handler_support import HandlerTestCase
from tests.media import audio
from tests.support import Client, ServerTestCase


class TimeTests(ServerTestCase):
    """
    What happens when time passes.
    """

    def test_connectDeadline(self) -> None:
        """
        A client that says nothing is dropped after 15 seconds, with one line.
        """
        client = self.client()
        with self.logs() as events:
            self.clock.advance(14.9)
            self.assertFalse(client.aborted)
            self.clock.advance(0.2)
        self.assertTrue(client.aborted)
        self.assertEqual(
            logLines(events), ["192.168.1.1:54321: dropped: no connect within 15 s"]
        )

    def test_dripDoesNotHelp(self) -> None:
        """
        Bytes that trickle in do not put the deadline off.
        """
        client = self.client()
        for byte in client.HELLO[:14]:
            client.feed(bytes((byte,)))
            self.clock.advance(1)
        self.assertFalse(client.aborted)
        self.clock.advance(1.1)
        self.assertTrue(client.aborted)

    def test_handshakeAloneDoesNotHelp(self) -> None:
        """
        A handshake without C{connect} does not either.
        """
        client = self.client()
        client.handshake()
        self.clock.advance(15.1)
        self.assertTrue(client.aborted)

    def test_connectedStays(self) -> None:
        """
        After C{connect} the deadline is off.
        """
        client = self.client()
        client.connect()
        self.clock.pump([5] * 12)
        self.assertFalse(client.closing)

    def test_ping(self) -> None:
        """
        A connected client gets a ping every 20 seconds, with the time in
        milliseconds.
        """
        client = self.client()
        client.connect()
        self.clock.advance(19.9)
        self.assertEqual(client.read(), [])
        self.clock.advance(0.1)
        self.assertEqual(
            client.read(),
            [UserControl(UserControlType.PING_REQUEST, (20_000).to_bytes(4, "big"))],
        )
        self.clock.pump([20, 20])
        self.assertEqual(len(client.read()), 2)

    def test_noPingAfterClose(self) -> None:
        """
        Nothing remains scheduled for a connection that is gone.
        """
        for lost in (self.client(), self.client()):
            lost.connect()
            lost.lose()
        never = self.client()
        never.lose()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_silentPublisher(self) -> None:
        """
        A publisher that is silent for more than 30 seconds is dropped, so that
        its name is free again.
        """
        client = self.publisher()
        with self.logs() as events:
            self.clock.pump([10] * 3)
            self.assertFalse(client.aborted)
            self.clock.advance(10)
        self.assertTrue(client.aborted)
        self.assertEqual(
            logLines(events),
            ["192.168.1.1:54321: dropped: a publisher, and silent for 40 s"],
        )
        client.lose()
        self.assertIsNone(self.directory.live("live/show"))

    def test_busyPublisher(self) -> None:
        """
        A publisher that sends something now and then is left alone.
        """
        client = self.publisher()
        for n in range(12):
            self.clock.advance(10)
            client.send(audio(n))
        self.assertFalse(client.closing)

    def test_busyPublisherIsNotPinged(self) -> None:
        """
        A publisher that is heard is not pinged.
        """
        client = self.publisher()
        for n in range(15):
            self.clock.advance(9)
            client.send(audio(n))
        self.assertEqual(client.read(), [])

    def test_idlePublisher(self) -> None:
        """
        A publisher that sends nothing, but answers pings, is pinged in time and
        left alone, whenever its silence begins.
        """
        for start in range(20):
            client = self.publisher(f"show{start}")
            self.clock.advance(start)
            client.send(audio(0))
            pings = 0
            for _ in range(150):
                self.clock.advance(1)
                for message in client.read():
                    assert isinstance(message, UserControl)
                    self.assertEqual(message.event, UserControlType.PING_REQUEST)
                    pings += 1
                    client.send(
                        UserControl(UserControlType.PING_RESPONSE, message.data)
                    )
            self.assertFalse(client.aborted, f"silent {start} s after connect")
            self.assertGreaterEqual(pings, 4)
            client.lose()

    def test_acknowledgementWaits(self) -> None:
        """
        An acknowledgement that is due comes at the next pause in what arrives,
        once, and tells all that has arrived.
        """
        client = self.publisher()
        client.send(WindowAckSize(3000))
        for n in range(20):
            client.send(audio(n, 1000))
            self.clock.advance(0.01)
            self.assertEqual(client.read(), [])
        self.clock.advance(0.1)
        (acknowledged,) = client.read()
        assert isinstance(acknowledged, Acknowledgement)
        self.assertGreater(acknowledged.sequence, 20_000)
        self.clock.advance(5)
        self.assertEqual(client.read(), [])

    def test_noAcknowledgementAfterClose(self) -> None:
        """
        A connection that is gone acknowledges nothing.
        """
        client = self.publisher()
        client.send(WindowAckSize(3000), audio(0, 5000))
        client.lose()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_silentPlayer(self) -> None:
        """
        A player may be silent for as long as it likes.
        """
        client = self.player()
        self.clock.pump([10] * 30)
        self.assertFalse(client.closing)

    def test_closeIsBounded(self) -> None:
        """
        A client that does not read what is left is dropped after 5 seconds,
        and then the connection is cleaned up.
        """
        client = self.client()
        client.connect()
        client.protocol.close()
        self.clock.advance(4.9)
        self.assertFalse(client.aborted)
        self.clock.advance(0.2)
        self.assertTrue(client.aborted)
        client.lose()
        self.assertEqual(self.factory.connections, set())

    def test_closeInTime(self) -> None:
        """
        A client that goes in time is not dropped.
        """
        client = self.client()
        client.connect()
        client.protocol.close()
        client.protocol.close()
        client.lose()
        self.clock.advance(10)
        self.assertFalse(client.aborted)
        self.assertEqual(self.clock.getDelayedCalls(), [])


class WaitingHandlerTests(HandlerTestCase):
    """
    Publishers whom a handler makes wait.
    """

    def waiting(self) -> Client:
        """
        @return: a publisher that has sent a command which waits.
        """
        client = self.connected()
        id = client.createStream()
        client.send(client.command("publish", "show", id=id))
        gate, self.gate = self.gate, Deferred()
        gate.callback(True)
        self.live()
        client.send(client.command("wait"))
        client.read()
        return client

    def test_notExpired(self) -> None:
        """
        A publisher is not dropped while a command of its own is carried out:
        it is we who do not listen.
        """
        client = self.waiting()
        self.clock.pump([10] * 30)
        self.assertFalse(client.aborted)
        self.live()

    def test_heardAfterwards(self) -> None:
        """
        When that is over it counts as heard; from then on it may be silent for
        as long as any other.
        """
        client = self.waiting()
        self.clock.pump([10] * 10)
        self.gate.callback(None)
        self.clock.pump([10] * 3)
        self.assertFalse(client.aborted)
        self.clock.pump([10] * 3)
        self.assertTrue(client.aborted)
