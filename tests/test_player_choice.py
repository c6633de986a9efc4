"""
Tests of L{rtmptwisted.player}: choice of media.
"""

from __future__ import annotations

from tests.media import (
    AAC_CONFIG,
    AVC_CONFIG,
    audio,
    audioHeader,
    frame,
    keyframe,
    plain,
    videoHeader,
)
from tests.support import Client, ServerTestCase, media, statusCodes

BEGIN = (videoHeader(), audioHeader(), keyframe(0), audio(10))


class ChoiceTests(ServerTestCase):
    """
    C{receiveAudio} and C{receiveVideo} of a player that plays.
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

    def choose(self, what: str, on: bool, client: Client | None = None) -> None:
        """
        Turn something on or off, which brings nothing by itself.  Only turning
        on is answered (RTMP 1.0, sections 7.2.2.4 and 7.2.2.5).
        """
        client = client or self.viewer
        answers = client.call(f"receive{what}", on, id=1)
        codes = ["NetStream.Seek.Notify", "NetStream.Play.Start"]
        self.assertEqual(statusCodes(answers), codes if on else [])

    def test_receiveAudio(self) -> None:
        """
        A player that turns audio off goes on with the video at once, and with
        all again when it turns it on, behind the sequence header as it is by
        then; no frame is sent twice.
        """
        changed = AAC_CONFIG + b"\x56"
        self.choose("Audio", False)
        self.source.send(audio(40), audioHeader(40, changed), frame(50))
        self.assertEqual(self.viewer.media(), plain(frame(50)))
        messages = self.viewer.call("receiveAudio", True, id=1)
        self.assertEqual(media(messages), plain(audioHeader(50, changed)))
        self.source.send(audio(60), frame(70))
        self.assertEqual(self.viewer.media(), plain(audio(60), frame(70)))

    def test_receiveVideo(self) -> None:
        """
        A player that turns video off goes on with the audio at once; when it
        turns it on it waits for a keyframe, which has the sequence headers
        before it, as they are by then.
        """
        changed = AVC_CONFIG + b"new"
        self.choose("Video", False)
        self.source.send(audio(40), frame(50), videoHeader(55, changed))
        self.assertEqual(self.viewer.media(), plain(audio(40)))
        self.choose("Video", True)
        self.source.send(frame(60), audio(70))
        self.assertEqual(self.viewer.media(), [])
        self.source.send(keyframe(80), audio(90), frame(100))
        self.assertEqual(
            self.viewer.media(),
            plain(
                videoHeader(80, changed),
                audioHeader(80),
                keyframe(80),
                audio(90),
                frame(100),
            ),
        )

    def test_neither(self) -> None:
        """
        With both off nothing comes, until one is on again.
        """
        self.choose("Audio", False)
        self.choose("Video", False)
        self.source.send(audio(40), keyframe(50))
        self.assertEqual(self.viewer.read(), [])
        self.viewer.send(self.viewer.command("receiveAudio", True, id=1))
        self.source.send(audio(60), keyframe(70))
        self.assertEqual(self.viewer.media(), plain(audioHeader(50), audio(60)))

    def test_betweenFlushes(self) -> None:
        """
        What was published before the choice comes as it was wanted then, and
        what is published after it as it is wanted now, for those too who have
        the other format already.
        """
        other = self.player()
        other.read()
        self.choose("Audio", False, other)
        for tag in (frame(40), audio(50)):
            self.live().receive(tag)
        self.viewer.send(self.viewer.command("receiveAudio", False, id=1))
        for tag in (frame(80), audio(90)):
            self.live().receive(tag)
        self.assertEqual(self.viewer.media(), plain(frame(40), audio(50), frame(80)))
        self.assertEqual(other.media(), plain(frame(40), frame(80)))

    def test_noChange(self) -> None:
        """
        Turning on what is on changes nothing.
        """
        self.choose("Audio", True)
        self.choose("Video", True)
        self.source.send(frame(40))
        self.assertEqual(self.viewer.media(), plain(frame(40)))

    def test_othersUnaffected(self) -> None:
        """
        What one player chooses is its own business.
        """
        other = self.player()
        other.read()
        self.choose("Audio", False)
        self.source.send(audio(40))
        self.assertEqual(other.media(), plain(audio(40)))

    def test_oneViewer(self) -> None:
        """
        Whatever a player chooses, it is one viewer, is logged as one, and
        leaves nothing behind when it goes.
        """
        stream = self.live()
        for on in (False, True, False):
            self.viewer.call("receiveAudio", on, id=1)
            self.viewer.call("receiveVideo", on, id=1)
            self.assertEqual(stream.viewers, 1)
        self.viewer.lose()
        self.assertEqual((stream.viewers, stream.hasSinks), (0, False))

    def test_full(self) -> None:
        """
        A choice on a connection that is full changes nothing in what waits
        there, and what comes after it is as chosen.
        """
        self.viewer.protocol.pauseProducing()
        self.source.send(frame(40), audio(50))
        self.clock.advance(0)
        self.viewer.send(self.viewer.command("receiveAudio", False, id=1))
        self.source.send(audio(60), frame(70))
        self.clock.advance(0)
        self.assertEqual(self.viewer.media(), [])
        self.viewer.protocol.resumeProducing()
        self.assertEqual(self.viewer.media(), plain(frame(40), audio(50), frame(70)))

    def test_end(self) -> None:
        """
        A player that has chosen hears of the end like any other.
        """
        self.choose("Video", False)
        self.source.send(audio(40))
        self.source.lose()
        self.assertEqual(self.viewer.media(), plain(audio(40)))
        self.assertTrue(self.viewer.closing)


class WaitingChoiceTests(ServerTestCase):
    """
    Choices before the publisher comes.
    """

    def setUp(self) -> None:
        """
        Play what is not there.
        """
        super().setUp()
        self.early = self.player()
        self.early.read()

    def test_onlyAudio(self) -> None:
        """
        A player that turns video off while it waits gets the audio, from the
        first frame; one that turned it on again gets all.
        """
        other = self.player()
        other.read()
        for client in (self.early, other):
            self.assertEqual(client.call("receiveVideo", False, id=1), [])
        other.call("receiveVideo", True, id=1)
        self.publisher().send(*BEGIN, audio(20))
        self.assertEqual(self.early.media(), plain(audioHeader(), audio(10), audio(20)))
        self.assertEqual(other.media(), plain(*BEGIN, audio(20)))
        self.assertEqual(self.live().viewers, 2)

    def test_leaves(self) -> None:
        """
        When it goes nothing remains of the stream.
        """
        stream = self.directory.stream("live/show")
        self.early.call("receiveAudio", False, id=1)
        self.assertEqual((stream.viewers, stream.hasSinks), (1, True))
        self.early.lose()
        self.assertEqual((stream.viewers, stream.hasSinks), (0, False))
        self.assertIsNot(self.directory.stream("live/show"), stream)

    def test_notYetSettled(self) -> None:
        """
        The same holds while it is not known yet what the publisher has.
        """
        source = self.publisher()
        source.send(videoHeader(), keyframe(0))
        self.assertEqual(self.early.call("receiveAudio", False, id=1), [])
        source.send(audioHeader(), audio(10), frame(40))
        self.assertEqual(
            self.early.media(), plain(videoHeader(), keyframe(0), frame(40))
        )

    def test_audioLater(self) -> None:
        """
        A player that had no audio from the start gets what sets its decoder up
        when it turns it on.
        """
        self.early.call("receiveAudio", False, id=1)
        source = self.publisher()
        source.send(*BEGIN)
        self.early.read()
        self.early.send(self.early.command("receiveAudio", True, id=1))
        source.send(audio(50))
        self.assertEqual(self.early.media(), plain(audioHeader(10), audio(50)))
