"""
Tests of L{rtmptwisted.watchdog}: what happens on a connection when time passes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from twisted.internet.defer import Deferred
from twisted.logger import LogEvent

from rtmptwisted.wire.limits import Limits
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
from tests.wire_support import type0


class TimeTests(ServerTestCase):
    """
    What happens when time passes.
    """

    def dropped(self, client: Client, events: Sequence[LogEvent], why: str) -> None:
        """
        The client was dropped for this reason, with one line.
        """
        self.assertTrue(client.aborted)
        self.assertEqual(logLines(events), [f"192.168.1.1:54321: dropped: {why}"])

    def test_handshakeDeadline(self) -> None:
        """
        T-08: a client that says nothing is dropped after 10 seconds, with one
        line.
        """
        client = self.client()
        with self.logs() as events:
            self.clock.advance(9.9)
            self.assertFalse(client.aborted)
            self.clock.advance(0.2)
        self.dropped(client, events, "no handshake within 10 s")

    def test_dripDoesNotHelp(self) -> None:
        """
        T-08: bytes that trickle in do not put the deadline off.
        """
        client = self.client()
        for byte in client.HELLO[:9]:
            client.feed(bytes((byte,)))
            self.clock.advance(1)
        self.assertFalse(client.aborted)
        self.clock.advance(1.1)
        self.assertTrue(client.aborted)

    def test_connectDeadline(self) -> None:
        """
        T-08: a handshake without C{connect} is dropped 15 seconds after the
        connection was accepted, not after the handshake.
        """
        client = self.client()
        self.clock.advance(9)
        client.handshake()
        with self.logs() as events:
            self.clock.advance(5.9)
            self.assertFalse(client.aborted)
            self.clock.advance(0.2)
        self.dropped(client, events, "no connect within 15 s")

    def test_idleDeadline(self) -> None:
        """
        A client that connects, and neither publishes nor plays, is dropped after
        30 seconds; other commands do not put that off.
        """
        client = self.client()
        client.connect()
        with self.logs() as events:
            for _ in range(29):
                self.clock.advance(1)
                client.call("_checkbw")
            self.assertFalse(client.aborted)
            self.clock.advance(1.1)
        self.dropped(client, events, "no publish or play within 30 s")

    def test_idleAgain(self) -> None:
        """
        T-56: a client that stops to publish has 30 seconds for the next time.
        """
        client = self.publisher()
        for n in range(10):
            self.clock.advance(10)
            client.send(audio(n))
        client.call("closeStream", id=1)
        self.clock.advance(29.9)
        self.assertFalse(client.aborted)
        client.send(client.command("publish", "again", id=1))
        self.clock.advance(5)
        self.assertFalse(client.aborted)
        client.call("closeStream", id=1)
        self.clock.advance(30.1)
        self.assertTrue(client.aborted)

    def test_ping(self) -> None:
        """
        T-42: a player gets a ping every 20 seconds, with the time in milliseconds.
        """
        client = self.player()
        client.read()
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
        T-5A: a publisher that is silent for 30 seconds is dropped, so that its
        name is free again.
        """
        client = self.publisher()
        with self.logs() as events:
            self.clock.pump([10, 10, 9.9])
            self.assertFalse(client.aborted)
            self.clock.advance(0.2)
        self.dropped(client, events, "a publisher, silent for 30 s")
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
        for n in range(30):
            self.clock.advance(4)
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

    def test_drippingPublisher(self) -> None:
        """
        Bytes are no message: a publisher that sends one a second is dropped like
        one that sends none.
        """
        client = self.publisher()
        client.feed(type0(6, 0, 9, b"", length=1_000_000))
        for _ in range(30):
            self.assertFalse(client.aborted)
            self.clock.advance(1)
            client.feed(b"x")
        self.clock.advance(0.1)
        self.assertTrue(client.aborted)

    def test_unfinishedMessage(self) -> None:
        """
        A message that is not finished 30 seconds after somebody looked, which
        happens every 20 seconds, costs a player its connection, though it goes
        on to answer pings.
        """
        client = self.player()
        client.feed(type0(6, 0, 9, b"x" * 128, length=1_000_000))
        with self.logs() as events:
            for _ in range(49):
                self.clock.advance(1)
                client.send(UserControl(UserControlType.PING_RESPONSE, bytes(4)))
                client.feed(b"\xc6" + b"x" * 128)
                self.assertFalse(client.aborted)
            self.clock.advance(1.1)
        self.dropped(client, events, "a message is not finished after 30 s")

    def test_unfinishedMessages(self) -> None:
        """
        Messages that are under way one after the other, each whole in time, are
        no reason to drop anybody.
        """
        client = self.publisher()
        client.feed(type0(6, 0, 9, b"x" * 128, length=256))
        for n in range(100):
            self.clock.advance(2)
            client.feed(b"\xc6" + b"x" * 128)
            client.feed(type0(6, n, 9, b"x" * 128, length=256))
        self.assertFalse(client.aborted)

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
        T-42: a player that does not answer three pings is gone after 70 seconds.
        """
        client = self.player()
        with self.logs() as events:
            self.clock.pump([10] * 6 + [9.9])
            self.assertFalse(client.aborted)
            self.clock.advance(0.2)
        self.dropped(client, events, "a player, silent for 70 s")

    def test_waitingPlayer(self) -> None:
        """
        T-5B: a player that answers pings may wait for as long as it likes.
        """
        client = self.player()
        for _ in range(30):
            self.clock.advance(20)
            client.send(UserControl(UserControlType.PING_RESPONSE, bytes(4)))
        self.assertFalse(client.closing or client.aborted)

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


class InfiniteTests(ServerTestCase):
    """
    Deadlines that are switched off.
    """

    limits = Limits(
        handshakeSeconds=math.inf,
        connectSeconds=math.inf,
        idleSeconds=math.inf,
        pingSeconds=math.inf,
    )

    def test_never(self) -> None:
        """
        A deadline at infinity never comes, and nothing waits for it.
        """
        mute, client = self.client(), self.client()
        client.connect()
        self.clock.advance(15)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.clock.advance(1_000_000)
        self.assertFalse(mute.aborted or client.aborted)


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
        self.clock.pump([10, 10, 9.9])
        self.assertFalse(client.aborted)
        self.clock.advance(0.2)
        self.assertTrue(client.aborted)
