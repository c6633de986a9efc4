"""
Tests of playing over RTMP, from the answer to the end.
"""

from __future__ import annotations

from rtmptwisted.wire.message import Command, Data, UserControl, UserControlType
from tests.media import audio, audioHeader, frame, keyframe, plain, videoHeader
from tests.support import Client, ServerTestCase, media, setDataFrame, statusCodes

BEGIN = (videoHeader(), audioHeader(), keyframe(0), audio(10))


START = ["NetStream.Play.Reset", "NetStream.Play.Start"]


class PlayTests(ServerTestCase):
    """
    Playing what is live.
    """

    def setUp(self) -> None:
        """
        Publish.
        """
        super().setUp()
        self.source = self.publisher()
        self.source.send(setDataFrame(width=640.0, duration=9.0), *BEGIN)

    def test_start(self) -> None:
        """
        C{play} is answered with StreamBegin, Reset and Start, on the player's
        stream, before anything else (T-5B); then come metadata, sequence
        headers and the group.
        """
        begin, reset, start, metadata, *rest = self.player().read()
        self.assertEqual(begin, UserControl(UserControlType.STREAM_BEGIN, b"\0\0\0\1"))
        self.assertEqual(statusCodes([reset, start]), START)
        for status in (reset, start):
            assert isinstance(status, Command)
            self.assertEqual((status.name, status.messageStreamID), ("onStatus", 1))
        self.assertEqual(
            metadata,
            Data(
                ["onMetaData", {"width": 640.0, "hasAudio": True, "hasVideo": True}],
                0,
                1,
            ),
        )
        self.assertEqual(media(rest), plain(*BEGIN))
        self.assertEqual(len(rest), len(BEGIN))

    def test_everything(self) -> None:
        """
        Then it gets what is published, unchanged, large messages too.
        """
        player = self.player()
        player.read()
        large = keyframe(40, 300_000)
        self.source.send(large, audio(50))
        self.assertEqual(player.media(), plain(large, audio(50)))

    def test_data(self) -> None:
        """
        Cue points and text go to players too.
        """
        player = self.player()
        player.read()
        self.source.send(Data(["onCuePoint", {"n": 1.0}], 7, 1))
        self.assertEqual(player.read(), [Data(["onCuePoint", {"n": 1.0}], 7, 1)])

    def test_secondNetStream(self) -> None:
        """
        A player on its connection's second NetStream is answered there.
        """
        client = self.client()
        client.connect()
        client.createStream()
        id = client.createStream()
        messages = client.call("play", "show", id=id)
        ids = {
            each.messageStreamID
            for each in messages
            if hasattr(each, "messageStreamID")
        }
        self.assertEqual(ids, {2})
        self.assertEqual(media(messages), plain(*BEGIN))

    def test_again(self) -> None:
        """
        C{play} of what the NetStream plays already is answered again, and
        nothing is sent twice.
        """
        player = self.player()
        player.read()
        messages = player.call("play", "show", id=1)
        self.assertEqual(
            messages[0], UserControl(UserControlType.STREAM_BEGIN, b"\0\0\0\1")
        )
        self.assertEqual(statusCodes(messages), START)
        self.assertEqual(len(messages), 3)
        self.assertEqual(self.live().viewers, 1)
        self.source.send(frame(40))
        self.assertEqual(player.media(), plain(frame(40)))

    def test_another(self) -> None:
        """
        C{play} of another name ends the first.
        """
        other = self.publisher("other")
        other.send(*BEGIN)
        player = self.player()
        player.read()
        messages = player.call("play", "other", id=1)
        self.assertEqual(media(messages), plain(*BEGIN))
        self.assertEqual((self.live().viewers, self.live("live/other").viewers), (0, 1))
        self.source.send(frame(40))
        self.assertEqual(player.media(), [])

    def test_publishAndPlay(self) -> None:
        """
        One connection can publish one stream and play another (T-57).
        """
        id = self.source.createStream()
        other = self.publisher("other")
        self.source.call("play", "other", id=id)
        other.send(*BEGIN)
        self.assertEqual(self.source.media(), plain(*BEGIN))
        other.lose()
        self.source.read()
        self.assertFalse(self.source.closing)
        self.live()

    def test_badNames(self) -> None:
        """
        Names that are none are refused with StreamNotFound, and closed.
        """
        for name in ("../x", "x" * 300, "a\0b", "\udcff", 7.0, None):
            client = self.client()
            client.connect()
            client.createStream()
            self.assertEqual(
                statusCodes(client.call("play", name, id=1)),
                ["NetStream.Play.StreamNotFound"],
            )
            self.assertTrue(client.closing)
            client.lose()

    def test_arguments(self) -> None:
        """
        Start, duration and reset have no meaning for what is live (T-59).
        """
        for arguments in ((-2000.0,), (-1000.0, -1.0), (0.0, 0.0, True), (-2.0,)):
            client = self.client()
            client.connect()
            client.createStream()
            messages = client.call("play", "show", *arguments, id=1)
            self.assertEqual(statusCodes(messages), START)
            self.assertEqual(media(messages), plain(*BEGIN))

    def test_leaves(self) -> None:
        """
        A player that goes is no viewer any more; the publisher goes on.
        """
        for leave in (
            Client.lose,
            lambda client: client.call("deleteStream", 1.0),
            lambda client: client.call("closeStream", id=1),
        ):
            player = self.player()
            self.assertEqual(self.live().viewers, 1)
            leave(player)
            self.assertEqual(self.live().viewers, 0)
            self.source.send(frame(40))
            self.assertEqual(player.media()[4:], [])
        self.assertFalse(self.source.closing)


class WaitTests(ServerTestCase):
    """
    Players that come before their publisher.
    """

    def setUp(self) -> None:
        """
        Play what is not there.
        """
        super().setUp()
        self.early = self.player()

    def test_answered(self) -> None:
        """
        A player that comes before its publisher is answered at once.
        """
        self.assertEqual(statusCodes(self.early.read()), START)

    def test_keptAlive(self) -> None:
        """
        It is kept alive by a ping every 20 seconds, for as long as it answers.
        """
        self.early.read()
        for _ in range(30):
            self.clock.advance(20)
            (ping,) = self.early.read()
            assert isinstance(ping, UserControl)
            self.assertEqual(ping.event, UserControlType.PING_REQUEST)
            self.early.send(UserControl(UserControlType.PING_RESPONSE, ping.data))
        self.assertFalse(self.early.closing or self.early.aborted)

    def test_publisherComes(self) -> None:
        """
        When the publisher comes, it gets everything from the first tag.
        """
        self.early.read()
        self.clock.advance(50)
        self.early.read()
        self.publisher().send(*BEGIN, frame(40))
        self.assertEqual(self.early.media(), plain(*BEGIN, frame(40)))

    def test_chosenWhileWaiting(self) -> None:
        """
        A player that turns audio off while it waits gets the video when the
        publisher comes.
        """
        self.early.call("receiveAudio", False, id=1)
        self.publisher().send(*BEGIN, frame(40))
        self.assertEqual(
            self.early.media(), plain(videoHeader(), keyframe(0), frame(40))
        )

    def test_pausedWhileWaiting(self) -> None:
        """
        A player that pauses and goes on while it waits gets the stream from its
        first frame; one that pauses before the publisher comes and goes on
        after gets it from the next keyframe.
        """
        late = self.player()
        for player in (self.early, late):
            player.call("pause", True, 0.0, id=1)
        self.early.call("pause", False, 0.0, id=1)
        source = self.publisher()
        source.send(*BEGIN)
        self.assertEqual(self.early.media(), plain(*BEGIN))
        self.assertEqual(late.media(), [])
        self.assertEqual(media(late.call("pause", False, 0.0, id=1)), [])
        self.assertEqual(self.live().viewers, 2)
        source.send(frame(40), keyframe(80))
        self.assertEqual(
            late.media(), plain(videoHeader(80), audioHeader(80), keyframe(80))
        )

    def test_pausedUntilTheEnd(self) -> None:
        """
        A player that pauses before the publisher comes, and never goes on,
        gets nothing but the end.
        """
        self.early.call("pause", True, 0.0, id=1)
        source = self.publisher()
        source.send(*BEGIN)
        source.lose()
        messages = self.early.read()
        self.assertEqual(media(messages), [])
        self.assertEqual(statusCodes(messages), ["NetStream.Play.UnpublishNotify"])
        self.assertTrue(self.early.closing)

    def test_videoOnly(self) -> None:
        """
        When the publisher has video only, it gets every frame all the same,
        keyframes twice a second or not.
        """
        tags = [keyframe(n) if n % 500 == 0 else frame(n) for n in range(0, 1600, 50)]
        source = self.publisher()
        source.send(videoHeader())
        for tag in tags:
            source.send(tag)
        self.assertEqual(self.early.media(), plain(videoHeader(), *tags))

    def test_leaves(self) -> None:
        """
        When it goes, nothing remains of the stream.
        """
        stream = self.directory.stream("live/show")
        self.assertTrue(stream.hasSinks)
        self.early.lose()
        self.assertFalse(stream.hasSinks)
        self.assertIsNot(self.directory.stream("live/show"), stream)
