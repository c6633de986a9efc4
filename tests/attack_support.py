"""
A server with people on it who mean no harm, and somebody who does.
"""

from __future__ import annotations

import math
import tracemalloc
from collections.abc import Callable, Iterable, Sequence

from twisted.internet.address import IPv4Address
from twisted.logger import LogEvent

from rtmptwisted.directory import StreamDirectory
from rtmptwisted.factory import RTMPFactory
from rtmptwisted.wire.connection import Event, Pause, RTMPConnection
from rtmptwisted.wire.limits import Limits
from tests.fakes import logLines
from tests.media import audio, audioHeader, keyframe, plain, videoHeader
from tests.support import Client, ServerTestCase
from tests.turns_support import ReactorClock

#: What one read of a socket brings at the most, in bytes.
READ = 65536


class AttackTestCase(ServerTestCase):
    """
    A test of what somebody can do to others.

    Others are a publisher and its player.  Whatever happens, in the end their
    stream has to flow.
    """

    PEER = IPv4Address("TCP", "203.0.113.66", 6666)
    NAME = "203.0.113.66:6666"

    # The others do not answer pings.
    limits = Limits(playerIdleSeconds=math.inf)

    def setUp(self) -> None:
        """
        Let others publish and play.
        """
        super().setUp()
        self.clock = ReactorClock()
        self.directory = StreamDirectory(self.clock, self.limits)
        self.factory = RTMPFactory(self.directory, self.commands(), bytes)
        self._time = 0
        self.source = self.publisher("others")
        self.source.send(videoHeader(), audioHeader(), keyframe(0))
        self.watching = self.player("others")
        self.watching.read()

    def tearDown(self) -> None:
        """
        Nobody else was harmed.
        """
        self.assertFlows()

    def assertFlows(self) -> None:
        """
        What the others publish comes to their player at once, whole and in order.
        """
        tags = []
        for make in (audio, keyframe, audio):
            self._time += 20
            tags.append(make(self._time))
        self.watching.media()
        self.source.send(*tags)
        self.assertEqual(self.watching.media(), plain(*tags))
        for client in (self.source, self.watching):
            self.assertFalse(client.closing or client.aborted)
        self.assertEqual(self.live("live/others").viewers, 1)

    def wait(self, seconds: int) -> None:
        """
        Let time pass, in which the others go on.
        """
        for _ in range(seconds):
            self.clock.advance(1)
            self._time += 20
            self.source.send(audio(self._time))

    # The attacker

    def attacker(self) -> Client:
        """
        @return: somebody who has said nothing yet.
        """
        client = self.client()
        client.transport.peerAddr = self.PEER
        client.protocol.peer = self.NAME
        return client

    def connected(self) -> Client:
        """
        @return: somebody who has connected.
        """
        client = self.attacker()
        client.connect()
        return client

    def publishing(self, name: str = "attack") -> Client:
        """
        @return: somebody who publishes C{live/attack}.
        """
        return self.attacker().publish(name)

    def sends(self, client: Client, data: bytes) -> None:
        """
        Let the attacker send, as one read after the other brings it.
        """
        for start in range(0, len(data), READ):
            client.feed(data[start : start + READ])

    def lines(self, events: Iterable[LogEvent]) -> list[str]:
        """
        @return: what was logged of the attacker, without its address.  There is
            nothing else.
        """
        found = []
        for line in logLines(events):
            name, _, text = line.partition(" ")
            self.assertEqual(name.rstrip(":"), self.NAME, line)
            # One line each, whatever the attacker has sent.
            self.assertTrue(text.isascii() and text.isprintable(), line)
            found.append(text)
        return found

    def assertClosed(self, client: Client, data: bytes, why: str) -> None:
        """
        What the attacker sends closes its connection, with one line that says why;
        then nothing remains of it.
        """
        with self.logs() as events:
            self.sends(client, data)
        self.assertTrue(client.closing, why)
        closed = [line for line in self.lines(events) if line.startswith("closed")]
        self.assertEqual(closed, [f"closed: {why}"])
        self.assertGone(client)

    def assertDropped(
        self, client: Client, events: Sequence[LogEvent], why: str
    ) -> None:
        """
        The attacker was dropped, with one line that says why; then nothing remains
        of it.
        """
        self.assertTrue(client.aborted, why)
        dropped = [line for line in self.lines(events) if line.startswith("dropped")]
        self.assertEqual(dropped, [f"dropped: {why}"])
        self.assertGone(client)

    def assertGone(self, client: Client) -> None:
        """
        When the attacker's connection is gone nothing remains of it, its name is
        free, and nothing that it sends counts.
        """
        written = len(client.transport.writes)
        client.feed(client.HELLO)
        client.lose()
        self.clock.advance(0)
        self.assertEqual(len(client.transport.writes), written)
        self.assertEqual(
            self.factory.connections, {self.source.protocol, self.watching.protocol}
        )
        self.assertEqual([each.name for each in self.directory], ["live/others"])

    def assertStays(self, client: Client) -> None:
        """
        The attacker is still here, and is still answered.
        """
        self.assertFalse(client.closing or client.aborted)
        answers = client.call("_checkbw")
        self.assertIn("_result", [getattr(each, "name", "") for each in answers])

    def allocated(self, action: Callable[[], object]) -> int:
        """
        @return: how much memory an action takes at its height, in bytes.
        """
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            tracemalloc.reset_peak()
            action()
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        return peak - before

    def slowly(self, seconds: float = 0.001) -> None:
        """
        From now on each look for what has arrived takes time.
        """
        nextEvent = RTMPConnection.nextEvent

        def slow(connection: RTMPConnection) -> Event | Pause:
            self.clock.rightNow += seconds
            return nextEvent(connection)

        self.patch(RTMPConnection, "nextEvent", slow)

    def finish(self, client: Client) -> None:
        """
        Let the attacker have all its turns, in which the others go on.

        It has to have more than one.
        """
        self.assertEqual(client.transport.producerState, "paused")
        self.assertFlows()
        for _ in range(1000):
            if client.transport.producerState != "paused":
                return
            self.wait(1)
        raise AssertionError("it never comes to an end")
