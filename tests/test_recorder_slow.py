"""
Tests of L{rtmptwisted.recorder}: disks that are slow.
"""

from __future__ import annotations

import os

from rtmptwisted.directory import StreamDirectory
from rtmptwisted.recordingpolicy import State
from rtmptwisted.segment import MOST_AT_ONCE, OVERHEAD
from rtmptwisted.wire.flv import FLVTag
from rtmptwisted.wire.limits import Limits
from tests.flv_reader import FLV
from tests.media import (
    AVC_CONFIG,
    audio,
    audioHeader,
    configuration,
    frame,
    keyframe,
    metadataOf,
    plain,
    videoHeader,
)
from tests.recorder_disks import LIMIT, SlowDiskTestCase
from tests.recorder_support import BEGIN, FULL

GAP = (
    "the recording of live/show has a gap from here on: the disk is too slow, {} bytes "
    "wait"
)
OVER = "the recording of live/show goes on, the disk was too slow: {} s are missing"


class SlowDiskTests(SlowDiskTestCase):
    """
    A disk that takes its time.
    """

    def test_oneCallAtATime(self) -> None:
        """
        One call is under way at a time; what comes meanwhile is written together,
        in order.
        """
        recorder = self.record(*BEGIN, thread=self.thread)
        for n in range(1, 20):
            self.receive(frame(n * 40))
            self.clock.advance(0.04)
            self.assertEqual(self.thread.underWay, 1)
        self.thread.step()
        self.flush()
        self.thread.run()
        # Create, and one write for all there was.
        self.assertEqual(self.thread.calls, 2)
        (contents,) = self.end(recorder)
        self.assertEqual(
            contents.media, plain(*BEGIN, *[frame(n * 40) for n in range(1, 20)])
        )

    def test_gathered(self) -> None:
        """
        A disk that is fast is called five times a second.
        """
        self.start()
        before = self.thread.calls
        for n in range(1, 101):
            self.receive(frame(n * 20))
            self.clock.advance(0.02)
            self.thread.run()
        self.assertIn(self.thread.calls - before, (9, 10))

    def test_endWhileBusy(self) -> None:
        """
        A stream that ends while the disk is busy is complete in the file, duration
        included.
        """
        recorder = self.record(*BEGIN, thread=self.thread)
        self.receive(frame(2000))
        self.stream.end()
        self.assertNoResult(recorder.done)
        self.assertEqual(recorder.recording.state, State.ENDING)
        (contents,) = self.end(recorder)
        self.assertEqual(contents.media, plain(*BEGIN, frame(2000)))
        self.assertEqual(metadataOf(contents)["duration"], 2.0)

    def test_gap(self) -> None:
        """
        When more would wait than the limit, what comes is lost, until at most half of
        that waits and a keyframe comes.  What waited is written; the gap is in the
        timestamps of the same file.  One line tells of its beginning, one of its end.
        """
        recorder = self.stuck()
        self.receive(frame(80, 8000))
        waiting = 8000 + 40 + 2 * OVERHEAD
        self.receive(frame(120, LIMIT - waiting - OVERHEAD))
        self.assertEqual(recorder.recording.state, State.RECORDING)
        self.receive(frame(160), audio(170), keyframe(1000))
        self.assertEqual(recorder.recording.state, State.BEHIND)
        self.assertEqual(self.lines(), [GAP.format(LIMIT)])
        # All is taken, and being written.
        self.thread.step()
        self.flush()
        self.receive(keyframe(2000))
        self.assertEqual(recorder.recording.state, State.BEHIND)
        self.thread.step()
        self.receive(frame(2500), audio(2510))
        self.assertEqual(recorder.recording.state, State.BEHIND)
        self.receive(keyframe(3000), audio(3010))
        self.assertEqual(recorder.recording.state, State.RECORDING)
        (contents,) = self.end(recorder)
        self.assertEqual(
            contents.media,
            plain(
                *BEGIN,
                frame(40),
                frame(80, 8000),
                frame(120, LIMIT - waiting - OVERHEAD),
                keyframe(3000),
                audio(3010),
            ),
        )
        self.assertEqual(self.lines(), [GAP.format(LIMIT), OVER.format("2.9")])

    def test_inFlight(self) -> None:
        """
        What is being written counts until it is, together with what waits behind it.
        """
        recorder = self.stuck()
        self.receive(frame(80, 6000))
        self.thread.step()
        self.flush()
        self.assertEqual(self.thread.underWay, 1)
        self.receive(frame(120, LIMIT - 6000 - 2 * OVERHEAD))
        self.assertEqual(recorder.recording.state, State.RECORDING)
        self.receive(frame(160, 1))
        self.assertEqual(self.lines(), [GAP.format(LIMIT)])

    def test_usualLimit(self) -> None:
        """
        The same with the usual limit, as that is what people have: 31 MiB behind a
        write that hangs are held, the 32nd is too much.
        """
        self.directory = StreamDirectory(self.clock, Limits())
        recorder = self.stuck()
        for n in range(31):
            self.receive(frame(40 + n, 1 << 20))
        self.assertEqual(recorder.recording.state, State.RECORDING)
        self.receive(frame(80, 1 << 20))
        self.assertEqual(recorder.recording.state, State.BEHIND)
        self.thread.run()

    def test_pieces(self) -> None:
        """
        A long backlog is written in pieces, so that there is room again after each.
        """
        self.directory = StreamDirectory(self.clock, Limits())
        recorder = self.stuck()
        self.receive(*[frame(80 + n, 100_000) for n in range(300)])
        before = self.thread.calls
        self.thread.run()
        self.assertGreater(
            self.thread.calls - before, 300 * 100_000 // MOST_AT_ONCE - 1
        )
        (contents,) = self.end(recorder)
        self.assertEqual(len(contents.media), len(BEGIN) + 301)

    def test_oneThatIsTooLarge(self) -> None:
        """
        A frame that is larger than the limit is recorded when nothing else waits.
        """
        recorder = self.start()
        self.receive(keyframe(1000, LIMIT + 1))
        self.flush()
        self.thread.run()
        (contents,) = self.end(recorder)
        self.assertEqual(contents.media[-1].timestamp, 1000)
        self.assertEqual(self.lines(), [])

    def test_bounded(self) -> None:
        """
        While a call does not return, no more is held than the limit, whatever comes.
        """
        recorder = self.stuck()
        for n in range(300):
            self.receive(keyframe(40 + n, 1000), configuration(0, b"%d" % n))
            self.stream.receiveData(["onTextData", "x" * 500], 0)
        self.assertEqual(recorder.recording.state, State.BEHIND)
        self.assertLessEqual(recorder._backlog.waiting, LIMIT)
        self.assertEqual(len(self.lines()), 1)
        self.assertEqual(self.thread.underWay, 1)
        self.thread.run()

    def catchUp(self, *meanwhile: FLVTag, segment: str | None = None) -> list[FLV]:
        """
        @return: the files, when these came while the disk was too slow.
        """
        recorder = self.stuck(segment)
        self.receive(frame(80, LIMIT), *meanwhile)
        self.thread.run()
        self.receive(keyframe(20_000))
        return self.end(recorder)

    def test_setupMeanwhile(self) -> None:
        """
        What sets decoders up and came during a gap stands behind it.
        """
        colour = configuration(0)
        (contents,) = self.catchUp(colour, videoHeader())
        self.assertEqual(
            contents.media,
            plain(*BEGIN, frame(40), colour.at(20_000), keyframe(20_000)),
        )

    def test_headerMeanwhile(self) -> None:
        """
        Where another sequence header came during a gap, a new file begins behind it.
        """
        other = videoHeader(0, AVC_CONFIG + b"other")
        first, second = self.catchUp(other)
        self.assertEqual(first.media, plain(*BEGIN, frame(40)))
        # The order of their arrival.
        self.assertEqual(
            second.media, plain(other, audioHeader(), keyframe(20_000).at(0))
        )

    def test_segmentMeanwhile(self) -> None:
        """
        Where the limit of a segment is within a gap, a new file begins behind it.
        """
        first, second = self.catchUp(segment="10s")
        self.assertEqual(first.media, plain(*BEGIN, frame(40)))
        self.assertEqual(
            second.media, plain(videoHeader(), audioHeader(), keyframe(20_000).at(0))
        )

    def test_endMeanwhile(self) -> None:
        """
        A stream that ends during a gap: what waits is written, what is missing is
        told.
        """
        recorder = self.stuck()
        self.receive(frame(80, 9000), frame(120, 9000), keyframe(1480))
        (contents,) = self.end(recorder)
        self.assertEqual(contents.media, plain(*BEGIN, frame(40), frame(80, 9000)))
        self.assertEqual(
            self.lines()[1:],
            ["the recording of live/show is over, its last 1.4 s are missing"],
        )

    def test_failsMeanwhile(self) -> None:
        """
        A disk that is too slow and then fails makes one gap, and when the recording
        goes on nothing of it is missing any more.
        """
        recorder = self.stuck()
        self.receive(frame(80, LIMIT))
        self.assertEqual(recorder.recording.state, State.BEHIND)

        def full(descriptor: int, data: bytes, offset: int) -> int:
            raise FULL

        real = os.pwrite
        self.patch(os, "pwrite", full)
        self.thread.step()
        self.patch(os, "pwrite", real)
        self.thread.run()
        self.assertEqual(recorder.recording.state, State.INTERRUPTED)
        self.clock.advance(5)
        self.receive(keyframe(5_010))
        self.thread.run()
        self.flush()
        self.thread.run()
        self.assertIn("goes on: 5.0 s are missing", self.lines()[-1])
        self.end(recorder)
        self.assertEqual(len(self.lines()), 3)
