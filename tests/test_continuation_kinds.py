"""
Tests of L{rtmptwisted.continuation}: a publisher that sends other kinds of media than
the one before, or in other forms.
"""

from __future__ import annotations

from rtmptwisted.streams import LiveStream, Publisher
from rtmptwisted.wire.codec import Kind
from rtmptwisted.wire.flv import FLVTag
from rtmptwisted.wire.message import Data
from tests.flv_reader import AUDIO, SCRIPT, VIDEO
from tests.grace_support import HEADERS, ContinuationTestCase
from tests.media import audio, audioHeader, frame, keyframe, videoHeader
from tests.support import Client


class KindTests(ContinuationTestCase):
    """
    The newcomer sends other kinds of media, or in other forms.
    """

    def stream(self) -> LiveStream:
        """
        @return: a stream with both kinds that is interrupted.
        """
        publisher, self.sink = self.begin()
        publisher.send(Data(["onMetaData", {"audiocodecid": 10.0}], 0, 1))
        publisher.lose()
        return self.live()

    def resume(self, *tags: FLVTag) -> Client:
        """
        Come back.
        """
        publisher = self.publisher()
        self.play(publisher, *tags)
        return publisher

    def test_both(self) -> None:
        """
        While nothing has come it is known what the stream has: what it had; then
        not, until both kinds are there again.
        """
        stream = self.stream()
        self.assertTrue(stream.settled)
        self.resume()
        self.assertTrue(stream.settled)
        self.play_(videoHeader())
        self.assertFalse(stream.settled)
        self.play_(keyframe(0))
        self.assertFalse(stream.settled)
        self.play_(audio(0))
        self.assertTrue(stream.settled)
        self.assertEqual(stream.codecs, {VIDEO: "avc1", AUDIO: "mp4a"})

    def play_(self, tag: FLVTag) -> None:
        """
        Let the present publisher send something.
        """
        self.live().receive(tag)

    def test_soundIsGone(self) -> None:
        """
        Without sound for a second there is none: late viewers are told so, those who
        are there get the metadata anew, and its header is forgotten.
        """
        stream = self.stream()
        publisher = self.resume(*HEADERS[:1], keyframe(0), frame(960))
        self.assertTrue(stream.has(AUDIO))
        self.play(publisher, frame(1000))
        self.assertTrue(stream.settled)
        self.assertEqual(stream.codecs, {VIDEO: "avc1"})
        self.assertTrue(self.sink.tags[-2].isMetadata)
        self.assertNotIn(b"audiocodecid", self.sink.tags[-2].body)
        snapshot = stream.snapshot()
        self.assertEqual({tag.typeID for tag in snapshot}, {VIDEO, SCRIPT})
        self.assertNotIn(b"audiocodecid", snapshot[0].body)
        kinds = [tag.description.kind for tag in snapshot[1:]]
        self.assertEqual(
            kinds, [Kind.SEQUENCE_HEADER, Kind.KEYFRAME, Kind.FRAME, Kind.FRAME]
        )
        # It is nothing that was there when it comes again.
        publisher.send(audioHeader(), audio(1010))
        self.assertEqual(self.sink.tags[-2].body, audioHeader().body)
        self.assertTrue(stream.has(AUDIO))

    def test_pictureIsGone(self) -> None:
        """
        The same without pictures: what late viewers get is the sound.
        """
        stream = self.stream()
        # There will be no keyframe to mend it.
        stream.gop._giveUp()
        self.resume(audioHeader(), *(audio(n * 100) for n in range(12)))
        self.assertEqual(stream.codecs, {AUDIO: "mp4a"})
        self.assertTrue(stream.gop.intact)
        snapshot = [tag for tag in stream.snapshot() if tag.typeID != SCRIPT]
        self.assertEqual({tag.typeID for tag in snapshot}, {AUDIO})
        self.assertEqual(snapshot[0].body, audioHeader().body)

    def test_standsStill(self) -> None:
        """
        When the timestamps stand still it is the number of frames that tells.
        """
        stream = self.stream()
        publisher = self.resume(keyframe(0))
        publisher.send(*[frame(0)] * 248)
        self.assertFalse(stream.settled)
        publisher.send(frame(0))
        self.assertTrue(stream.settled)
        self.assertFalse(stream.has(AUDIO))

    def test_otherCodec(self) -> None:
        """
        Of another codec nothing of the one before is left, whether it has a header
        or not.
        """
        stream = self.stream()
        mp3 = FLVTag(AUDIO, 10, b"\x2f" + b"m" * 30)
        self.resume(videoHeader(), mp3)
        self.assertEqual(stream.codecs, {VIDEO: "avc1", AUDIO: ".mp3"})
        sound = [tag.body for tag in stream.snapshot() if tag.typeID == AUDIO]
        self.assertEqual(sound, [mp3.body])
        self.assertIsNone(stream.gop.header(AUDIO))

    def test_unsettled(self) -> None:
        """
        One that is cut before it is known what it has goes on to find out: the time
        of the gap counts for nothing.
        """
        publisher, _ = self.begin(videoHeader(), keyframe(0), frame(40))
        stream = self.live()
        self.assertFalse(stream.settled)
        self.goOn(publisher, 5, videoHeader(), keyframe(0), frame(40))
        self.assertFalse(stream.settled)
        self.play_(audioHeader())
        self.assertTrue(stream.settled)

    def test_givenUp(self) -> None:
        """
        A group that was given up is mended by the next keyframe, though sound is
        gone.
        """
        stream = self.stream()
        stream.gop._giveUp()
        publisher = self.resume(frame(0), frame(1000))
        self.assertEqual(stream.codecs, {VIDEO: "avc1"})
        self.assertFalse(stream.gop.intact)
        self.play(publisher, keyframe(1040))
        self.assertEqual(
            [tag.description.kind for tag in stream.gop.snapshot()],
            [Kind.SEQUENCE_HEADER, Kind.KEYFRAME],
        )

    def test_others(self) -> None:
        """
        The credentials of a stream are those of its latest publisher.
        """
        stream = self.stream()
        self.resume(keyframe(0))
        self.assertEqual(stream.publisher, Publisher("192.168.1.1:54321"))
