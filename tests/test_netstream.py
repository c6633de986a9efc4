"""
Tests of L{rtmptwisted.netstream}.
"""

from __future__ import annotations

from rtmptwisted.errors import CommandRejected
from rtmptwisted.netstream import NetStreamState
from rtmptwisted.session import Session
from rtmptwisted.wire.message import Command, Data, UserControl, UserControlType
from tests.fakes import FakeSink
from tests.session_support import FakeHost, SessionTestCase
from tests.support import statusCodes


class NetStreamTests(SessionTestCase):
    """
    Tests of L{NetStream}.
    """

    def test_states(self) -> None:
        """
        A NetStream is idle, publishes, or plays, and is idle again when
        closed.
        """
        netStream = self.publishing("show")
        self.assertIs(netStream.state, NetStreamState.PUBLISHING)
        self.assertTrue(netStream.close())
        self.assertIs(netStream.state, NetStreamState.IDLE)
        self.assertFalse(netStream.close())
        netStream.play(self.session.parseName("show", "Bad"))
        self.assertIs(netStream.state, NetStreamState.PLAYING)

    def test_busy(self) -> None:
        """
        What publishes cannot play or publish, what plays cannot publish; each
        goes on with what it did.
        """
        publishing, playing = self.publishing("one"), self.playing("two")
        name = self.session.parseName("three", "Bad")
        for refused in (publishing.publish, publishing.play, playing.publish):
            with self.assertRaises(CommandRejected):
                refused(name)
        self.assertIs(publishing.published, self.directory.live("live/one"))
        self.assertIs(playing.state, NetStreamState.PLAYING)
        self.assertIsNone(self.directory.live("live/three"))

    def test_refusedStaysIdle(self) -> None:
        """
        When the name is taken the NetStream stays idle.
        """
        self.publishing("show")
        netStream = self.session.createStream()
        with self.assertRaises(CommandRejected):
            netStream.publish(self.session.parseName("show", "Bad"))
        self.assertIs(netStream.state, NetStreamState.IDLE)
        self.session.deleteStream(netStream)
        self.live("live/show")

    def test_playAnother(self) -> None:
        """
        A new C{play} ends the one before.
        """
        netStream = self.playing("one")
        netStream.play(self.session.parseName("two", "Bad"))
        one, two = self.host.players
        self.assertEqual((one.told, two.told), (["stop"], []))

    def test_published(self) -> None:
        """
        A NetStream's stream is its own only while it publishes it itself.
        """
        netStream = self.publishing("show")
        stream = self.live("live/show")
        # Somebody who stays when the publisher changes.
        stream.addSink(FakeSink())
        self.assertIs(netStream.published, stream)
        stream.end()
        self.assertIsNone(netStream.published)
        other = Session(FakeHost(), self.directory)
        other.app = "live"
        other.createStream().publish(other.parseName("show", "Bad"))
        self.assertIs(self.live("live/show"), stream)
        self.assertEqual(stream.publisher, netStream.publisher)
        self.assertIsNone(netStream.published)
        netStream.close()
        self.live("live/show")

    def test_endClosesLast(self) -> None:
        """
        The end of what is played closes the connection when nothing else goes
        on there.
        """
        one, two = self.playing("one"), self.playing("two")
        one.ended()
        self.assertEqual(self.host.closed, 0)
        two.ended()
        self.assertEqual(self.host.closed, 1)
        self.assertEqual(
            statusCodes(self.host.sent).count("NetStream.Play.UnpublishNotify"), 2
        )

    def test_endIsToldInOrder(self) -> None:
        """
        The end is told by a data message, a status and StreamEOF, each on the
        NetStream that played.
        """
        self.publishing("mine")
        self.playing("other").ended()
        complete, status, eof = self.host.sent
        assert isinstance(complete, Data) and isinstance(status, Command)
        self.assertEqual(complete.values[0], "onPlayStatus")
        self.assertEqual((complete.messageStreamID, status.messageStreamID), (2, 2))
        self.assertEqual(statusCodes([status]), ["NetStream.Play.UnpublishNotify"])
        self.assertEqual(eof, UserControl(UserControlType.STREAM_EOF, b"\0\0\0\2"))

    def test_endKeepsPublisher(self) -> None:
        """
        A connection that publishes too stays.
        """
        self.publishing("mine")
        self.playing("other").ended()
        self.assertEqual(self.host.closed, 0)
        self.live("live/mine")
