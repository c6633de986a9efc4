"""
Tests of L{rtmptwisted.delivery}: the pieces in which viewers get what comes
first.
"""

from __future__ import annotations

from dataclasses import replace

from rtmptwisted.formats import FLVFormat, Framing, RTMPFormat
from rtmptwisted.wire.limits import Limits
from tests.delivery_support import BEGIN, FanOutTestCase, Watching
from tests.enhanced_support import audioFrame, audioStart, videoFrame, videoKey
from tests.flv_reader import readFLV
from tests.media import dechunked, frame, keyframe, plain, videoHeader

PIECE = 10_000


class OpeningTests(FanOutTestCase):
    """
    What viewers get first, which goes out in pieces.
    """

    limits = replace(
        Limits(), openingPieceBytes=PIECE, viewerBytes=5000, viewerSeconds=1000
    )

    GROUP = (*BEGIN, *[frame(n * 40, 3000) for n in range(1, 20)])

    def test_wholeTags(self) -> None:
        """
        Each piece consists of whole tags, as many as fit its size.
        """
        self.publish(*self.GROUP)
        viewer = self.watch()
        self.assertEqual(viewer.media, plain(*self.GROUP))
        sizes = [len(each) for each in viewer.outlet.writes]
        self.assertLessEqual(max(sizes), PIECE)
        self.assertGreater(min(sizes[:-1]), PIECE - 3100)
        data = b""
        for each in viewer.outlet.writes:
            data += each
            # Raises when it ends inside a tag.
            readFLV(data)

    def test_largeTag(self) -> None:
        """
        A tag that is larger than a piece is one by itself.
        """
        self.publish(*BEGIN, frame(40, 3 * PIECE), frame(80))
        viewer = self.watch()
        self.assertEqual(viewer.media, plain(*BEGIN, frame(40, 3 * PIECE), frame(80)))
        self.assertEqual(len(viewer.outlet.writes), 3)
        self.assertEqual(len(viewer.outlet.writes[1]), 3 * PIECE + 15)

    def test_chunks(self) -> None:
        """
        Over HTTP/1.1 each piece is a chunk.
        """
        self.publish(*self.GROUP)
        viewer = self.watch(FLVFormat(Framing.CHUNKED))
        self.assertGreater(len(viewer.outlet.writes), 3)
        for each in viewer.outlet.writes:
            self.assertEqual(each[-2:], b"\r\n")
        data = dechunked(viewer.outlet.data)
        self.assertEqual(readFLV(data).tags, plain(*self.GROUP))

    def test_frames(self) -> None:
        """
        The frames of all pieces are counted, each once.
        """
        self.publish(*self.GROUP)
        viewer = self.watch()
        self.assertEqual(viewer.viewer.frames, len(self.GROUP) - 2)
        self.assertEqual(viewer.viewer.bytesSent, len(viewer.outlet.data))

    def test_nothing(self) -> None:
        """
        Where there is nothing to send first, nothing is written.
        """
        self.publish(*self.GROUP)
        nothing = self.watch(RTMPFormat(1, audio=False, video=False))
        self.assertEqual(nothing.outlet.writes, [])

    def test_piecesAsTaken(self) -> None:
        """
        A viewer gets a piece whenever it has taken one, and what is live after
        all of them, in order; the pieces are no backlog.
        """
        self.publish(*self.GROUP)
        late = self.watch(slow=True)
        written = 1
        self.assertEqual(len(late.outlet.writes), written)
        self.receive(frame(2000))
        while late.media[-1:] != plain(frame(2000)):
            late.viewer.resumeProducing()
            written += 1
            self.assertEqual(len(late.outlet.writes), written)
        self.assertEqual(late.media, plain(*self.GROUP, frame(2000)))
        self.assertEqual(late.viewer.skips, 0)

    def test_liveIsBacklog(self) -> None:
        """
        What is live and waits behind the pieces is backlog, and is lost when
        it is too much; the pieces are not, and the viewer goes on at a
        keyframe.
        """
        self.publish(*self.GROUP)
        late = self.watch(slow=True)
        self.receive(frame(2000, 3000))
        self.receive(frame(2040, 3000))
        self.assertEqual(late.viewer.skips, 1)
        self.receive(keyframe(2080))
        late.outlet.onWrite = None
        late.viewer.resumeProducing()
        media = late.media
        self.assertEqual(media[: len(self.GROUP)], plain(*self.GROUP))
        self.assertEqual(len(media), len(self.GROUP) + 3)
        self.assertEqual(media[-1:], plain(keyframe(2080)))

    def test_slowButSteady(self) -> None:
        """
        A viewer that takes longer for the pieces than it may take nothing, but
        takes one now and then, is not dropped.
        """
        self.publish(*self.GROUP)
        late = self.watch(slow=True)
        for n in range(20):
            self.clock.advance(10)
            self.receive(frame(2000 + n))
            late.viewer.resumeProducing()
        self.assertEqual(late.outlet.aborted, 0)
        self.assertEqual(late.media[: len(self.GROUP)], plain(*self.GROUP))

    def test_takesNothing(self) -> None:
        """
        One that takes none of them for more than 15 seconds is dropped, and
        gets none of the others.
        """
        self.publish(*self.GROUP)
        late = self.watch(slow=True)
        late.viewer.resumeProducing()
        self.clock.advance(15)
        self.receive(frame(2000))
        self.assertEqual(late.outlet.aborted, 0)
        self.clock.advance(0.1)
        self.receive(frame(2040))
        self.assertEqual(late.outlet.aborted, 1)
        late.viewer.resumeProducing()
        self.assertEqual(len(late.outlet.writes), 2)

    def test_end(self) -> None:
        """
        At the end a viewer gets the pieces that are left, then what was live.
        """
        self.publish(*self.GROUP)
        late = self.watch(slow=True)
        self.stream.receive(frame(2000))
        self.stream.end()
        self.assertEqual(late.media, plain(*self.GROUP, frame(2000)))
        self.assertEqual(late.outlet.finished, 1)


class SharedOpeningTests(FanOutTestCase):
    """
    Viewers that start at the same time.
    """

    limits = replace(Limits(), openingPieceBytes=PIECE)

    def shared(self, one: Watching, other: Watching) -> None:
        """
        Two viewers have got the identical bytes objects.
        """
        pairs = list(zip(one.outlet.writes, other.outlet.writes, strict=True))
        self.assertGreater(len(pairs), 1)
        for mine, theirs in pairs:
            self.assertIs(mine, theirs)

    def test_waiting(self) -> None:
        """
        Those who waited together share what they get first.
        """
        one, other = self.watch(), self.watch()
        self.publish(*BEGIN, frame(40, PIECE), frame(80))
        self.receive(frame(120))
        self.shared(one, other)

    def test_waitingForTracks(self) -> None:
        """
        So do those who wait until the stream is settled.
        """
        one, other = self.watch(), self.watch()
        keyframes = [keyframe(n * 100, 3000) for n in range(10)]
        self.publish(videoHeader(), *keyframes)
        self.assertEqual(one.outlet.writes, [])
        self.receive(keyframe(1000, 3000))
        self.shared(one, other)
        self.assertEqual(len(one.media), 12)

    def test_late(self) -> None:
        """
        So do those who join between two tags; one who joins after the next has
        that one too.
        """
        self.publish(*BEGIN, frame(40, PIECE))
        one, other = self.watch(), self.watch()
        self.shared(one, other)
        self.receive(frame(80))
        late = self.watch()
        self.assertEqual(late.media, plain(*BEGIN, frame(40, PIECE), frame(80)))
        self.assertEqual(one.media, late.media)

    def test_metadata(self) -> None:
        """
        Metadata that came meanwhile is there for one who joins after it.
        """
        self.publish(*BEGIN)
        one = self.watch()
        self.stream.receiveMetadata({"width": 640.0})
        other = self.watch()
        self.clock.advance(0)
        self.assertEqual(len(one.contents.tags), len(BEGIN) + 1)
        self.assertEqual(len(other.contents.tags), len(BEGIN) + 1)

    def test_clearedMetadata(self) -> None:
        """
        Metadata that was taken back is not there for one who joins after that,
        though no tag came meanwhile; when it is said again it is there again.
        """
        for form in (FLVFormat(), FLVFormat(raw=True), RTMPFormat(1)):
            self.stream = self.directory.stream("live/show")
            self.publish(*BEGIN)
            counts = []
            for step in (
                lambda: self.stream.receiveMetadata({"width": 640.0}),
                self.stream.clearMetadata,
                lambda: self.stream.receiveMetadata({"width": 640.0}),
            ):
                step()
                data = self.watch(form).outlet.data
                counts.append(data.count(b"onMetaData"))
            self.assertEqual(counts, [1, 0, 1])
            self.stream.end()


class CountedTests(FanOutTestCase):
    """
    Frames that viewers are said to have got.
    """

    def test_leftOut(self) -> None:
        """
        Frames that are no part of a form are not counted as written, neither in
        what comes first nor later.
        """
        tags = [videoKey("vp09", 0), audioFrame("Opus", 10), videoFrame("vp09", 40)]
        self.publish(audioStart("Opus"), *tags)
        viewers = [
            (self.watch(), 1),
            (self.watch(FLVFormat(raw=True)), 3),
            (self.watch(RTMPFormat(1)), 3),
            (self.watch(RTMPFormat(1, audio=False)), 2),
            (self.watch(RTMPFormat(1, video=False)), 1),
        ]
        for viewer, frames in viewers:
            self.assertEqual(viewer.viewer.frames, frames, str(frames))
        self.receive(videoKey("vp09", 80), audioFrame("Opus", 90))
        for viewer, frames in viewers:
            self.assertEqual(viewer.viewer.frames, frames + (2 if frames == 3 else 1))
