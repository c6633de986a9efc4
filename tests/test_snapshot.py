"""
Tests of L{rtmptwisted.streams}: metadata, and what somebody gets who joins.
"""

from __future__ import annotations

from rtmptwisted.wire.flv import FLVTag
from tests.fakes import ReturningSink
from tests.media import (
    audio,
    audioHeader,
    frame,
    keyframe,
    plain,
    scriptValues,
    videoHeader,
)
from tests.stream_support import WHO, LiveStreamTestCase


class MetadataTests(LiveStreamTestCase):
    """
    Metadata of a stream.
    """

    CLAIMS = {"width": 640.0, "audiocodecid": 10.0, "duration": 9.0}  # noqa: RUF012

    def values(self, tag: FLVTag) -> object:
        """
        @return: what a metadata tag says.
        """
        name, values = scriptValues(plain(tag)[0])
        self.assertEqual(name, "onMetaData")
        return values

    def test_delivered(self) -> None:
        """
        Metadata goes to the sinks, without what holds only for files, and at
        0 ms whenever it comes: anywhere else ffmpeg takes it for subtitles.
        """
        self.receive(audio(5000))
        self.stream.receiveMetadata(dict(self.CLAIMS))
        _, tag = self.sink.tags
        self.assertTrue(tag.isMetadata)
        self.assertEqual(tag.timestamp, 0)
        self.assertEqual(
            self.values(tag),
            {"width": 640.0, "audiocodecid": 10.0, "hasAudio": True, "hasVideo": True},
        )

    def test_repeated(self) -> None:
        """
        Metadata that is repeated goes on once; what is new goes on again
        (T-65).
        """
        for _ in range(17):
            self.stream.receiveMetadata({"width": 640.0})
        self.assertEqual(len(self.sink.tags), 1)
        self.stream.receiveMetadata({"width": 1280.0})
        self.assertEqual(len(self.sink.tags), 2)

    def test_repeatedNaN(self) -> None:
        """
        Metadata with a number that is none, and so not equal to itself, is
        repeated no more than any other.
        """
        for _ in range(3):
            self.stream.receiveMetadata({"width": 640.0, "duration": float("nan")})
        self.assertEqual(len(self.sink.tags), 1)

    def test_order(self) -> None:
        """
        The same values in another order are new, and so are values of another
        type that Python holds for equal.
        """
        for metadata in (
            {"width": 1.0, "height": 2.0},
            {"height": 2.0, "width": 1.0},
            {"height": 2.0, "width": True},
        ):
            self.stream.receiveMetadata(dict(metadata))
        self.assertEqual(len(self.sink.tags), 3)

    def test_absentTrack(self) -> None:
        """
        Once the stream is settled its metadata does not claim a track that
        never came.
        """
        self.stream.receiveMetadata(dict(self.CLAIMS))
        self.receive(videoHeader(), keyframe(0), frame(1000))
        self.assertEqual(
            self.values(self.stream.snapshot()[0]),
            {"width": 640.0, "hasAudio": False, "hasVideo": True},
        )

    def test_kept(self) -> None:
        """
        What the publisher said is kept as it came.
        """
        self.stream.receiveMetadata(dict(self.CLAIMS))
        self.assertEqual(self.stream.metadata, self.CLAIMS)


class SnapshotTests(LiveStreamTestCase):
    """
    What somebody gets who joins.
    """

    def test_order(self) -> None:
        """
        Metadata comes first, at 0 ms, then sequence headers with the timestamp
        of the keyframe (T-63), then the group from there.
        """
        self.stream.receiveMetadata({"width": 640.0})
        self.receive(
            videoHeader(), audioHeader(), keyframe(5000), keyframe(7000), audio(7010)
        )
        first, *rest = self.stream.snapshot()
        self.assertEqual((first.isMetadata, first.timestamp), (True, 0))
        self.assertEqual(
            plain(*rest),
            plain(videoHeader(7000), audioHeader(7000), keyframe(7000), audio(7010)),
        )

    def test_groupGivenUp(self) -> None:
        """
        When the group was given up, metadata and sequence headers remain, these
        with the time of what came last.
        """
        self.stream.receiveMetadata({"width": 640.0})
        self.receive(videoHeader(), keyframe(0), frame(30_000))
        first, *rest = self.stream.snapshot()
        self.assertEqual((first.isMetadata, first.timestamp), (True, 0))
        self.assertEqual(plain(*rest), plain(videoHeader(30_000)))

    def test_newPublisher(self) -> None:
        """
        A new publisher starts with nothing of the one before.
        """
        self.stream.receiveMetadata({"width": 640.0})
        self.receive(videoHeader(), audioHeader(), keyframe(0))
        # Somebody who stays when the publisher changes.
        self.stream.addSink(ReturningSink(self.stream))
        self.stream.end()
        again = self.directory.publish("live/show", WHO)
        self.assertIs(again, self.stream)
        self.assertEqual((again.snapshot(), again.metadata), ([], None))
        self.assertEqual((again.settled, again.codecs), (False, {}))

    def test_beforeSettled(self) -> None:
        """
        Until it is known what the stream has, all from its first tag is kept,
        keyframes or not; from then on a keyframe starts anew.
        """
        tags = [
            videoHeader(),
            *[keyframe(n) if n % 500 == 0 else frame(n) for n in range(0, 1001, 50)],
        ]
        self.receive(*tags)
        self.assertTrue(self.stream.settled)
        self.assertEqual(plain(*self.stream.snapshot()), plain(*tags))
        self.receive(keyframe(1500), frame(1550))
        self.assertEqual(
            plain(*self.stream.snapshot()),
            plain(videoHeader(1500), keyframe(1500), frame(1550)),
        )
