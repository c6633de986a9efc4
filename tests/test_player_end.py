"""
Tests of playing over RTMP: the end.
"""

from __future__ import annotations

from rtmptwisted.wire.amf import AMFValue
from rtmptwisted.wire.message import Command, Data, UserControl, UserControlType
from tests.media import audio, audioHeader, frame, keyframe, plain, videoHeader
from tests.support import ServerTestCase, media, statusCodes

BEGIN = (videoHeader(), audioHeader(), keyframe(0), audio(10))

BEGIN = (videoHeader(), audioHeader(), keyframe(0), audio(10))


class EndTests(ServerTestCase):
    """
    What players are told when a stream ends.
    """

    def test_told(self) -> None:
        """
        The end is onPlayStatus with the time of the last frame,
        UnpublishNotify, StreamEOF, and then the connection closes: different
        players look for different ones (section 1F).  GStreamer may lose the
        first.
        """
        source, player = self.publisher(), self.player()
        source.send(*BEGIN)
        player.read()
        source.send(frame(40))
        source.lose()
        messages = player.read()
        self.assertEqual(media(messages), plain(frame(40)))
        _, complete, status, eof = messages
        information: AMFValue = {"level": "status", "code": "NetStream.Play.Complete"}
        self.assertEqual(complete, Data(["onPlayStatus", information], 40, 1))
        self.assertEqual(statusCodes([status]), ["NetStream.Play.UnpublishNotify"])
        assert isinstance(status, Command)
        self.assertEqual(status.messageStreamID, 1)
        self.assertEqual(eof, UserControl(UserControlType.STREAM_EOF, b"\0\0\0\1"))
        self.assertTrue(player.closing)
        self.assertFalse(player.aborted)

    def test_once(self) -> None:
        """
        It is told once, however the publish ends.
        """
        source, player = self.publisher(), self.player()
        source.send(*BEGIN)
        source.send(
            Command("FCUnpublish", 0.0, None, ["show"]),
            Command("deleteStream", 0.0, None, [1.0]),
        )
        source.lose()
        self.assertEqual(
            statusCodes(player.read()).count("NetStream.Play.UnpublishNotify"), 1
        )

    def test_everything(self) -> None:
        """
        All that was published comes before the end, backlog included.
        """
        source, player = self.publisher(), self.player()
        source.send(*BEGIN)
        player.read()
        player.protocol.pauseProducing()
        source.send(frame(40), frame(80))
        source.lose()
        messages = player.read()
        self.assertEqual(media(messages), plain(frame(40), frame(80)))
        self.assertEqual(statusCodes(messages), ["NetStream.Play.UnpublishNotify"])

    def test_emptyPublish(self) -> None:
        """
        Players are told of the end of a publish without media too.
        """
        player = self.player()
        self.publisher().lose()
        self.assertIn("NetStream.Play.UnpublishNotify", statusCodes(player.read()))
        self.assertTrue(player.closing)
