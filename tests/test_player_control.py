"""
Tests of L{rtmptwisted.player}: pauses, and full connections.
"""

from __future__ import annotations

from rtmptwisted.wire.message import Data, UserControl, UserControlType
from tests.media import audio, audioHeader, frame, keyframe, plain, videoHeader
from tests.support import ServerTestCase, media, setDataFrame, statusCodes

BEGIN = (videoHeader(), audioHeader(), keyframe(0), audio(10))


START = ["NetStream.Play.Reset", "NetStream.Play.Start"]


class ControlTests(ServerTestCase):
    """
    Pause.
    """

    def setUp(self) -> None:
        """
        Play.
        """
        super().setUp()
        self.source = self.publisher()
        self.source.send(*BEGIN)
        self.viewer = self.player()
        self.viewer.read()

    def test_pause(self) -> None:
        """
        A player that pauses gets nothing; when it goes on it gets sequence
        headers, and what is live from the next keyframe.
        """
        (status,) = self.viewer.call("pause", True, 100.0, id=1)
        self.assertEqual(statusCodes([status]), ["NetStream.Pause.Notify"])
        self.source.send(frame(40), keyframe(80), frame(120))
        self.assertEqual(self.viewer.read(), [])
        (status,) = self.viewer.call("pause", False, 100.0, id=1)
        self.assertEqual(statusCodes([status]), ["NetStream.Unpause.Notify"])
        self.source.send(frame(160), audio(170))
        self.assertEqual(self.viewer.read(), [])
        self.source.send(keyframe(200), frame(240))
        self.assertEqual(
            self.viewer.media(),
            plain(videoHeader(200), audioHeader(200), keyframe(200), frame(240)),
        )
        self.source.send(frame(280))
        self.assertEqual(self.viewer.media(), plain(frame(280)))

    def test_metadataBetween(self) -> None:
        """
        Metadata between two answers of one length does not take the place of the
        first in what the header of the second leaves out.
        """
        for width in (320.0, 640.0):
            (status,) = self.viewer.call("seek", 0.0, id=1)
            self.assertEqual(statusCodes([status]), ["NetStream.Seek.Notify"])
            self.source.send(setDataFrame(width=width))
            (data,) = self.viewer.read()
            assert isinstance(data, Data)
            self.assertEqual(data.values[0], "onMetaData")

    def test_pausedAtTheEnd(self) -> None:
        """
        A player that has paused stays a viewer, and hears of the end like any
        other.
        """
        self.viewer.call("pause", True, 100.0, id=1)
        self.source.send(frame(40), keyframe(80))
        self.assertEqual(self.live().viewers, 1)
        self.source.lose()
        messages = self.viewer.read()
        self.assertEqual(media(messages), [])
        self.assertEqual(statusCodes(messages), ["NetStream.Play.UnpublishNotify"])
        self.assertIn(UserControl(UserControlType.STREAM_EOF, b"\0\0\0\1"), messages)
        self.assertTrue(self.viewer.closing)

    def test_chosenWhilePaused(self) -> None:
        """
        A player that chooses its media while it is paused stays paused.
        """
        self.viewer.call("pause", True, 100.0, id=1)
        self.assertEqual(self.viewer.call("receiveAudio", False, id=1), [])
        self.source.send(keyframe(40))
        self.assertEqual(self.viewer.read(), [])
        self.viewer.call("pause", False, 100.0, id=1)
        self.source.send(audio(70), keyframe(80), audio(90))
        self.assertEqual(self.viewer.media(), plain(videoHeader(80), keyframe(80)))

    def test_pauseTwice(self) -> None:
        """
        Pausing twice, or going on twice, does no harm.
        """
        for paused in (True, True, False, False):
            self.viewer.call("pause", paused, id=1)
        self.source.send(keyframe(40), frame(80))
        self.assertEqual(
            self.viewer.media(),
            plain(videoHeader(40), audioHeader(40), keyframe(40), frame(80)),
        )
        self.assertEqual(self.live().viewers, 1)

    def test_notPaused(self) -> None:
        """
        Going on without having paused loses nothing.
        """
        self.viewer.call("pause", False, 0.0, id=1)
        self.source.send(frame(40))
        self.assertEqual(self.viewer.media(), plain(frame(40)))

    def test_pauseNothing(self) -> None:
        """
        C{pause} on what does not play is ignored.
        """
        self.assertEqual(self.source.call("pause", True, id=1), [])
        self.assertEqual(self.viewer.call("pause", True, id=9), [])


class PressureTests(ServerTestCase):
    """
    Players whose connection is full.
    """

    def setUp(self) -> None:
        """
        Play, with a transport that is full.
        """
        super().setUp()
        self.source = self.publisher()
        self.source.send(*BEGIN)
        self.slow = self.player()
        self.slow.read()
        self.slow.protocol.pauseProducing()

    def test_full(self) -> None:
        """
        Nothing is written while the transport is full, and everything after
        it.
        """
        self.source.send(frame(40))
        self.assertEqual(self.slow.read(), [])
        self.slow.protocol.resumeProducing()
        self.assertEqual(self.slow.media(), plain(frame(40)))

    def test_newPlayerOnFullConnection(self) -> None:
        """
        A player that starts on a connection that is full waits as well.
        """
        id = self.slow.createStream()
        messages = self.slow.call("play", "show", id=id)
        self.assertEqual((statusCodes(messages), media(messages)), (START, []))
        self.slow.protocol.resumeProducing()
        self.assertEqual(self.slow.media(), plain(*BEGIN))

    def test_wholeMessages(self) -> None:
        """
        After a skip of more than 2 MiB the chunks can still be read, and the
        picture starts with headers and a keyframe.
        """
        quick = self.player()
        quick.read()
        tags = [frame(40 * n, 700_000) for n in range(1, 6)]
        for tag in tags:
            self.source.send(tag)
            self.clock.advance(0.04)
        self.slow.protocol.resumeProducing()
        self.source.send(frame(240), keyframe(280), audio(290))
        self.assertEqual(
            self.slow.media(),
            plain(videoHeader(280), audioHeader(280), keyframe(280), audio(290)),
        )
        self.assertEqual(
            quick.media(), plain(*tags, frame(240), keyframe(280), audio(290))
        )

    def test_dropped(self) -> None:
        """
        After 15 seconds without taking anything its connection is dropped; the
        publisher's and the others' are not.
        """
        quick = self.player()
        for n in range(17):
            self.source.send(frame(40 + n))
            self.clock.advance(1)
        self.assertTrue(self.slow.aborted)
        self.assertFalse(quick.closing or self.source.closing)
        self.slow.lose()
        self.assertEqual(self.live().viewers, 1)
