"""
Tests of L{rtmptwisted.netstream}.
"""

from __future__ import annotations

from zope.interface import implementer

from rtmptwisted.errors import CommandRejected
from rtmptwisted.interfaces import IStreamWatcher
from rtmptwisted.netstream import NetStreamState
from rtmptwisted.session import Session
from rtmptwisted.streams import LiveStream
from rtmptwisted.wire.message import Command, Data, UserControl, UserControlType
from tests.fakes import ReturningSink
from tests.media import audio
from tests.session_support import FakeHost, SessionTestCase
from tests.support import statusCodes
from tests.test_directory import Watcher


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

    def test_closedByAWatcher(self) -> None:
        """
        When somebody closes the connection as soon as the stream begins, it does not
        stay.
        """

        @implementer(IStreamWatcher)
        class Closing(Watcher):
            def streamStarted(watcher, stream: LiveStream) -> None:
                super().streamStarted(stream)
                self.session.close()

        watcher = Closing()
        self.directory.watch(watcher)
        netStream = self.publishing("show")
        self.assertIs(netStream.state, NetStreamState.DELETED)
        self.assertEqual(list(self.directory), [])
        self.assertEqual([what for what, _, _ in watcher.told], ["started", "stopped"])

    def test_playAnother(self) -> None:
        """
        A new C{play} ends the one before.
        """
        netStream = self.playing("one")
        netStream.play(self.session.parseName("two", "Bad"))
        one, two = self.host.players
        self.assertEqual((one.told, two.told), (["stop"], []))

    def test_playAgain(self) -> None:
        """
        C{play} of what is played already goes on with the same player; after
        it was closed there is a new one.
        """
        netStream = self.playing("one")
        name = self.session.parseName("one", "Bad")
        (player,) = self.host.players
        self.assertIs(netStream.play(name), player)
        self.assertEqual(len(self.host.players), 1)
        # In case it was paused.
        self.assertEqual(player.told, ["pause False"])
        netStream.close()
        self.assertIsNot(netStream.play(name), player)

    def test_published(self) -> None:
        """
        A NetStream's stream is its own only while it publishes it itself.
        """
        netStream = self.publishing("show")
        stream = self.live("live/show")
        # Somebody who stays when the publisher changes.
        stream.addSink(ReturningSink(stream))
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

    def test_endHasTheTime(self) -> None:
        """
        What tells of the end has the time of the stream's last frame.
        """
        self.publishing("show")
        self.live().receive(audio(7000))
        netStream = self.playing("show")
        netStream.ended()
        complete = self.host.sent[0]
        assert isinstance(complete, Data)
        self.assertEqual(complete.timestamp, 7000)

    def test_endKeepsPublisher(self) -> None:
        """
        A connection that publishes too stays.
        """
        self.publishing("mine")
        self.playing("other").ended()
        self.assertEqual(self.host.closed, 0)
        self.live("live/mine")


class DeletedTests(SessionTestCase):
    """
    NetStreams that are deleted, while somebody still has them.
    """

    def test_refused(self) -> None:
        """
        What is deleted neither publishes nor plays any more, whatever it did
        before, and its name stays free.
        """
        name = self.session.parseName("later", "Bad")
        for netStream in (
            self.session.createStream(),
            self.publishing("one"),
            self.playing("two"),
        ):
            self.session.deleteStream(netStream)
            self.assertIs(netStream.state, NetStreamState.DELETED)
            players = len(self.host.players)
            for refused, what in (
                (netStream.publish, "Publish"),
                (netStream.play, "Play"),
            ):
                with self.assertRaises(CommandRejected) as raised:
                    refused(name)
                self.assertEqual(raised.exception.code, f"NetStream.{what}.Failed")
            self.assertIsNone(self.directory.live("live/later"))
            self.assertFalse(self.directory.stream("live/later").hasSinks)
            self.assertEqual(len(self.host.players), players)
        self.assertEqual(list(self.directory), [])

    def test_again(self) -> None:
        """
        Closing or deleting it again does no harm.
        """
        netStream = self.publishing("one")
        netStream.delete()
        self.assertFalse(netStream.close())
        netStream.delete()
        self.assertIs(netStream.state, NetStreamState.DELETED)

    def test_sessionClosed(self) -> None:
        """
        The end of a session deletes all that it has.
        """
        kept = [self.publishing("one"), self.playing("two")]
        self.session.close()
        self.assertTrue(self.session.closed)
        self.assertEqual(self.session.netStreams, {})
        self.assertEqual({each.state for each in kept}, {NetStreamState.DELETED})
        self.assertEqual(self.host.players[0].told, ["stop"])
