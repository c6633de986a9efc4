"""
Tests of L{rtmptwisted.protocol}: clients that do not read what they asked for.
"""

from __future__ import annotations

from dataclasses import replace

from rtmptwisted.wire.limits import Limits
from rtmptwisted.wire.message import (
    UserControl,
    UserControlType,
)
from tests.fakes import logLines
from tests.media import audio, audioHeader, keyframe, plain, videoHeader
from tests.support import ServerTestCase

MEDIA = [videoHeader(), audioHeader(), keyframe(0, 5000), audio(10)]


class UnreadTests(ServerTestCase):
    """
    Clients that ask, and do not read the answers.
    """

    limits = replace(Limits(), replyBytes=5000)

    def setUp(self) -> None:
        """
        Connect a client.
        """
        super().setUp()
        self.asking = self.client()
        self.asking.connect()

    def ask(self, times: int) -> int:
        """
        Send a command so many times.

        @return: the bytes of the answers.
        """
        for _ in range(times):
            self.asking.send(self.asking.command("_checkbw"))
        size = len(self.asking.transport.value())
        self.asking.read()
        return size

    def test_dropped(self) -> None:
        """
        A client that asks on and on while its connection is full is dropped,
        with one line in the log, and is sent no more than the limit.
        """
        self.asking.protocol.pauseProducing()
        with self.logs() as events:
            size = self.ask(1000)
        self.assertTrue(self.asking.aborted)
        self.assertGreater(size, 4900)
        self.assertLessEqual(size, 5000)
        (line,) = logLines(events)
        self.assertRegex(
            line,
            r"^192\.168\.1\.1:54321: dropped: it does not read, 50\d\d bytes wait$",
        )
        self.asking.lose()
        self.assertEqual(self.factory.connections, set())
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_reads(self) -> None:
        """
        One that reads may ask as often as it likes.
        """
        self.assertGreater(self.ask(1000), 20_000)
        self.assertFalse(self.asking.aborted)

    def test_readsAgain(self) -> None:
        """
        With each time that it has read all, it begins anew.
        """
        for _ in range(10):
            self.asking.protocol.pauseProducing()
            self.assertGreater(self.ask(60), 1000)
            self.asking.protocol.resumeProducing()
        self.assertFalse(self.asking.aborted)

    def test_pings(self) -> None:
        """
        Answers to pings, and our own, count as well.
        """
        self.asking.protocol.pauseProducing()
        for _ in range(1000):
            self.asking.send(UserControl(UserControlType.PING_REQUEST, b"time"))
        self.assertTrue(self.asking.aborted)

    def test_publisher(self) -> None:
        """
        When a publisher is dropped for that, its name becomes free.
        """
        source = self.publisher()
        source.protocol.pauseProducing()
        for _ in range(1000):
            source.send(source.command("_checkbw"))
        self.assertTrue(source.aborted)
        source.lose()
        self.assertIsNone(self.directory.live("live/show"))

    def test_media(self) -> None:
        """
        What a player is sent of a stream has limits of its own.
        """
        source = self.publisher()
        source.send(*MEDIA)
        player = self.player()
        player.read()
        player.protocol.pauseProducing()
        source.send(audio(20, 9000))
        self.clock.advance(0)
        self.assertFalse(player.aborted)
        player.protocol.resumeProducing()
        self.assertEqual(player.media(), plain(audio(20, 9000)))
