"""
Tests of L{rtmptwisted.delivery}.
"""

from __future__ import annotations

from rtmptwisted.formats import FLVFormat, Framing
from tests.delivery_support import BEGIN, FanOutTestCase
from tests.fakes import logLines
from tests.flv_reader import SCRIPT
from tests.media import (
    audio,
    audioHeader,
    frame,
    keyframe,
    metadataOf,
    plain,
    videoHeader,
)


class JoinTests(FanOutTestCase):
    """
    What a viewer gets first.
    """

    def test_lateJoiner(self) -> None:
        """
        A viewer that joins mid-stream first receives metadata and the sequence
        headers, then a keyframe, and all of it in one write.
        """
        self.publish(*BEGIN)
        self.stream.receiveMetadata({"width": 640.0})
        self.receive(frame(40), keyframe(2000), audio(2010))
        viewer = self.watch()
        self.assertEqual(len(viewer.outlet.writes), 1)
        self.assertEqual(viewer.contents.flags, 5)
        self.assertEqual(metadataOf(viewer.contents)["width"], 640.0)
        self.assertEqual(
            viewer.media,
            plain(videoHeader(2000), audioHeader(2000), keyframe(2000), audio(2010)),
        )

    def test_thenEverything(self) -> None:
        """
        After that it receives each tag once.
        """
        self.publish(*BEGIN)
        viewer = self.watch()
        self.receive(frame(40), audio(50))
        self.receive(keyframe(80))
        self.assertEqual(
            viewer.media, plain(*BEGIN, frame(40), audio(50), keyframe(80))
        )

    def test_joinBetweenFlushes(self) -> None:
        """
        A viewer that joins while tags wait to be flushed gets none twice, and
        neither does anybody else.
        """
        self.publish(*BEGIN)
        early = self.watch()
        self.stream.receive(frame(40))
        late = self.watch()
        self.stream.receive(frame(80))
        self.clock.advance(0)
        for viewer in (early, late):
            self.assertEqual(viewer.media, plain(*BEGIN, frame(40), frame(80)))

    def test_beforeThePublisher(self) -> None:
        """
        A viewer may come before the publisher; it gets all, from the first
        tag, when it is known what there is to see.
        """
        viewer = self.watch()
        self.publish(videoHeader(), keyframe(0))
        self.assertEqual(viewer.outlet.writes, [])
        self.receive(audioHeader(), audio(10))
        self.assertEqual(viewer.contents.flags, 5)
        self.assertEqual(
            viewer.media, plain(videoHeader(), keyframe(0), audioHeader(), audio(10))
        )

    def test_videoOnly(self) -> None:
        """
        A stream with video only has header flag 0x01, after a second of media
        time; its metadata claims no audio.
        """
        viewer = self.watch()
        self.publish()
        self.stream.receiveMetadata({"audiocodecid": 10.0})
        self.receive(videoHeader(), keyframe(0), frame(960))
        self.assertEqual(viewer.outlet.writes, [])
        self.receive(frame(1000))
        self.assertEqual(viewer.contents.flags, 1)
        self.assertEqual(
            metadataOf(viewer.contents), {"hasAudio": False, "hasVideo": True}
        )

    def test_videoOnlyFromTheFirstFrame(self) -> None:
        """
        Whoever waited for a stream with video only gets every frame of it,
        though it has had more than one keyframe when it is known that there is
        no audio.
        """
        viewer = self.watch()
        tags = [keyframe(n) if n % 500 == 0 else frame(n) for n in range(0, 1600, 50)]
        self.publish(videoHeader())
        for tag in tags:
            self.receive(tag)
        self.assertEqual(viewer.contents.flags, 1)
        self.assertEqual(viewer.media, plain(videoHeader(), *tags))

    def test_metadataComesLater(self) -> None:
        """
        Metadata that comes mid-stream goes to viewers at 0 ms, in its place.
        """
        self.publish(*BEGIN)
        viewer = self.watch()
        self.receive(frame(7000))
        self.stream.receiveMetadata({"width": 640.0})
        self.receive(frame(7040))
        before, metadata, after = viewer.contents.tags[-3:]
        self.assertEqual([before, after], plain(frame(7000), frame(7040)))
        self.assertEqual((metadata.type, metadata.timestamp), (SCRIPT, 0))

    def test_audioOnly(self) -> None:
        """
        A stream with audio only has header flag 0x04.
        """
        viewer = self.watch()
        self.publish(audioHeader(), audio(0), audio(1000))
        self.assertEqual(viewer.contents.flags, 4)
        self.receive(audio(1020))
        late = self.watch()
        self.assertEqual(late.contents.flags, 4)
        self.assertEqual(late.media, viewer.media)

    def test_highTimestamps(self) -> None:
        """
        Whoever waited for a publisher whose clock stands at 16,800,000 ms,
        though its sequence headers say 0, gets everything, without a gap in
        time (T-63).
        """
        viewer = self.watch()
        start = 16_800_000
        self.publish(videoHeader(), audioHeader(), keyframe(start), frame(start + 40))
        self.receive(frame(start + 80))
        times = [tag.timestamp for tag in viewer.media]
        self.assertEqual(times, [start, start, start, start + 40, start + 80])

    def test_log(self) -> None:
        """
        Each viewer is one line when it comes, and one when it goes.
        """
        self.publish(*BEGIN)
        with self.logs() as events:
            viewer = self.watch()
            self.clock.advance(3)
            viewer.fanOut.remove(viewer.viewer)
            viewer.fanOut.remove(viewer.viewer)
        size = len(viewer.outlet.data)
        self.assertEqual(
            logLines(events),
            [
                "192.0.2.9:5000 plays live/show over RTMP",
                "192.0.2.9:5000 played live/show over RTMP for 3.0 s: 2 frames, "
                f"{size} bytes, 0 skips",
            ],
        )


class SharingTests(FanOutTestCase):
    """
    What viewers share, and what they cost.
    """

    def test_sameBytes(self) -> None:
        """
        All viewers get the identical bytes object, in one write a flush,
        whatever the number of tags.
        """
        self.publish(*BEGIN)
        viewers = [self.watch() for _ in range(3)]
        before = [len(each.outlet.writes) for each in viewers]
        self.receive(frame(40), audio(50), frame(80), audio(90))
        for each, count in zip(viewers, before, strict=True):
            self.assertEqual(len(each.outlet.writes), count + 1)
            self.assertIs(each.outlet.writes[-1], viewers[0].outlet.writes[-1])

    def test_oneFlushATurn(self) -> None:
        """
        Nothing is written before the publisher's turn of the reactor is over.
        """
        self.publish(*BEGIN)
        viewer = self.watch()
        for n in range(1, 10):
            self.stream.receive(frame(n * 40))
        self.assertEqual(len(viewer.outlet.writes), 1)
        self.clock.advance(0)
        self.assertEqual(len(viewer.outlet.writes), 2)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_oneFanOut(self) -> None:
        """
        Viewers with equal formats share a fan-out, others do not.
        """
        chunked = FLVFormat(Framing.CHUNKED)
        one, two = self.watch(chunked), self.watch(FLVFormat(Framing.CHUNKED))
        self.assertIs(one.fanOut, two.fanOut)
        self.assertIsNot(self.watch(FLVFormat()).fanOut, one.fanOut)

    def test_lastViewerGoes(self) -> None:
        """
        A stream that is not live is forgotten when nobody waits any more.
        """
        one, two = self.watch(), self.watch()
        self.assertEqual(self.stream.viewers, 2)
        one.fanOut.remove(one.viewer)
        self.assertTrue(self.stream.hasSinks)
        two.fanOut.remove(two.viewer)
        self.assertEqual((self.stream.hasSinks, self.stream.viewers), (False, 0))
        self.assertIsNot(self.directory.stream("live/show"), self.stream)

    def test_leaves(self) -> None:
        """
        A viewer that left gets nothing more; the others do.
        """
        self.publish(*BEGIN)
        one, two = self.watch(), self.watch()
        self.stream.receive(frame(40))
        one.fanOut.remove(one.viewer)
        self.clock.advance(0)
        self.assertEqual(one.media, plain(*BEGIN))
        self.assertEqual(two.media, plain(*BEGIN, frame(40)))


class MuteTests(FanOutTestCase):
    """
    Viewers that want nothing for a while.
    """

    def test_muted(self) -> None:
        """
        A viewer that is muted gets nothing; afterwards it gets sequence headers
        and goes on with the next keyframe.
        """
        self.publish(*BEGIN)
        viewer, other = self.watch(), self.watch()
        viewer.viewer.mute(True)
        self.receive(frame(40), keyframe(80), frame(120))
        self.assertEqual(viewer.media, plain(*BEGIN))
        viewer.viewer.mute(False)
        self.receive(frame(160))
        self.assertEqual(viewer.media, plain(*BEGIN))
        self.receive(keyframe(200), frame(240))
        self.assertEqual(
            viewer.media[len(BEGIN) :],
            plain(videoHeader(200), audioHeader(200), keyframe(200), frame(240)),
        )
        self.assertEqual(len(other.media), len(BEGIN) + 6)

    def test_mutedBeforeThePublisher(self) -> None:
        """
        A viewer that was muted while it waited gets nothing when the stream
        begins.
        """
        viewer = self.watch()
        viewer.viewer.mute(True)
        self.publish(*BEGIN)
        self.receive(keyframe(40))
        self.assertEqual(viewer.outlet.writes, [])
        self.assertEqual(self.stream.viewers, 1)

    def test_audioOnly(self) -> None:
        """
        Where there is no video a viewer goes on with the next frame.
        """
        self.publish(audioHeader(), *[audio(n) for n in range(0, 1001, 100)])
        viewer = self.watch()
        before = len(viewer.media)
        viewer.viewer.mute(True)
        self.receive(audio(1100))
        viewer.viewer.mute(False)
        self.receive(audio(1200))
        self.assertEqual(viewer.media[before:], plain(audioHeader(1200), audio(1200)))

    def test_end(self) -> None:
        """
        A viewer that is muted is finished at the end like any other.
        """
        early = self.watch()
        self.publish(*BEGIN)
        late = self.watch()
        for each in (early, late):
            each.viewer.mute(True)
        self.receive(frame(40))
        self.stream.end()
        for each in (early, late):
            self.assertEqual((each.media, each.outlet.finished), (plain(*BEGIN), 1))
        self.assertEqual(self.stream.viewers, 0)
