"""
Tests of L{rtmptwisted.recorder}: disks that fail.
"""

from __future__ import annotations

import os

from rtmptwisted.flvfile import FilePolicy
from rtmptwisted.recorder import FLVRecorder
from rtmptwisted.recordingpolicy import RecordingPolicy, State
from tests.fakes import SlowThread, inThread
from tests.media import audio, audioHeader, frame, keyframe, metadataOf, plain
from tests.media import videoHeader as header
from tests.recorder_disks import SETUP, DiskTestCase
from tests.recorder_support import (
    APPEND,
    BEGIN,
    CREATE,
    FINISH,
    NOW,
)

INTERRUPTED = "the recording of live/show is interrupted: "
FULL_LINE = INTERRUPTED + "No space left on device; trying again every 5 to 30 s"
MISSING = "the recording of live/show goes on: {} s are missing"


class BrokenDiskTests(DiskTestCase):
    """
    A disk that fails, and works again.
    """

    def test_append(self) -> None:
        """
        When the disk is full the file is finished with what it has.  After 5 s the
        recording goes on in a new file, at a keyframe.  A line says what happens,
        and one how much is missing.
        """
        recorder = self.record(*BEGIN, thread=self.thread)
        self.go(2)
        self.thread.failing = (APPEND,)
        self.go(1)
        self.assertEqual(recorder.recording.state, State.INTERRUPTED)
        self.assertEqual(self.lines(), [FULL_LINE])
        self.thread.failing = ()
        self.go(4)
        self.assertEqual(len(self.files()), 1)
        self.go(3)
        self.assertEqual(recorder.recording.state, State.RECORDING)
        self.finished(recorder)
        first, second = self.all()
        self.assertEqual(first.media, self.part(0, 1))
        self.assertIs(metadataOf(first)["complete"], True)
        self.assertEqual(second.media, self.part(8, 10))
        self.assertEqual(metadataOf(second)["streamOffset"], 8.0)
        self.assertEqual(metadataOf(second)["sequence"], 1.0)
        self.assertEqual(self.lines(), [FULL_LINE, MISSING.format("7.0")])

    def test_create(self) -> None:
        """
        A file that cannot be made is tried again after 5 s, 10 s, 20 s, and from
        then on every 30 s, with one line for all of that.
        """
        self.thread.failing = (CREATE,)
        recorder = self.record(*BEGIN, thread=self.thread)
        tries = []
        for second in range(1, 126):
            before = len(self.thread.calls)
            self.go(1)
            if len(self.thread.calls) > before:
                tries.append(second)
        self.assertEqual(tries, [5, 15, 35, 65, 95, 125])
        self.assertEqual(self.lines(), [FULL_LINE])
        self.assertEqual(self.files(), [])
        self.thread.failing = ()
        self.go(31)
        self.finished(recorder)
        (contents,) = self.all()
        self.assertEqual(contents.media, self.part(155, 156))
        self.assertEqual(metadataOf(contents)["sequence"], 0.0)
        self.assertEqual(self.lines(), [FULL_LINE, MISSING.format("155.0")])

    def test_nothingFits(self) -> None:
        """
        Where there is room for the head of a file and for nothing else, no such file
        is left, and it is tried less and less often, with one line.
        """
        self.thread.failing = (APPEND,)
        recorder = self.record(*BEGIN, thread=self.thread)
        self.go(60)
        self.assertEqual(self.thread.calls, [CREATE, APPEND, FINISH] * 4)
        self.assertEqual(self.lines(), [FULL_LINE])
        self.assertEqual(self.files(), [])
        self.stream.end()
        self.assertIsNone(self.successResultOf(recorder.done))

    def test_steady(self) -> None:
        """
        A disk that has worked for a minute is tried after 5 s again when it fails;
        one that has not, later and later.
        """
        recorder = self.record(*BEGIN, thread=self.thread)
        for works, first, second in ((20, 5, 10), (80, 5, 10), (20, 20, 30)):
            self.go(works)
            for expected in (first, second):
                self.thread.failing = (APPEND,)
                self.go(1)
                self.assertEqual(recorder.recording.state, State.INTERRUPTED)
                self.thread.failing = ()
                self.go(expected - 1)
                self.assertEqual(recorder.recording.state, State.INTERRUPTED)
                self.go(2)
                self.assertEqual(recorder.recording.state, State.RECORDING)

    def test_finish(self) -> None:
        """
        When finishing fails at the end that is told, and the media is there.
        """
        recorder = self.record(*BEGIN, thread=self.thread)
        self.thread.failing = (FINISH,)
        self.finished(recorder)
        self.assertEqual(
            self.lines(),
            [INTERRUPTED + "No space left on device; it ends there"],
        )
        self.assertEqual(self.contents(*self.files()).media, plain(*BEGIN))

    def test_finishOfASegment(self) -> None:
        """
        When finishing fails in the midst of a stream, the recording goes on after
        that as it does after any failure.
        """
        recorder = self.record(*BEGIN, thread=self.thread, segment="10s")
        self.thread.failing = (FINISH,)
        self.go(10)
        self.thread.failing = ()
        self.assertEqual(recorder.recording.state, State.INTERRUPTED)
        self.go(6)
        self.finished(recorder)
        first, second = self.all()
        self.assertEqual(first.media, self.part(0, 9))
        self.assertEqual(second.media, self.part(15, 16))

    def test_endsMeanwhile(self) -> None:
        """
        A stream that ends while the disk fails ends the recording; what is missing
        at its end is told, and nothing is tried any more.
        """
        recorder = self.record(*BEGIN, thread=self.thread)
        self.go(1)
        self.thread.failing = (APPEND,)
        self.go(3)
        path = self.finished(recorder)
        self.assertEqual(recorder.recording.state, State.ENDED)
        self.assertEqual(self.contents(path).media, self.part(0, 0))
        self.assertEqual(
            self.lines(),
            [
                FULL_LINE,
                "the recording of live/show is over, its last 4.0 s are missing",
            ],
        )
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_failsAtTheEnd(self) -> None:
        """
        What cannot be written when the stream is over is told as well.
        """
        thread = SlowThread()
        recorder = self.record(*BEGIN, thread=thread)
        thread.run()
        self.flush()
        thread.run()
        self.receive(keyframe(5000))
        self.stream.end()

        def full(descriptor: int, data: bytes, offset: int) -> int:
            raise OSError(28, os.strerror(28))

        real = os.pwrite
        self.patch(os, "pwrite", full)
        thread.step()
        self.patch(os, "pwrite", real)
        thread.run()
        self.assertIsNotNone(self.successResultOf(recorder.done))
        self.assertEqual(
            self.lines(),
            [
                INTERRUPTED + "No space left on device; it ends there",
                "the recording of live/show is over, its last 5.0 s are missing",
            ],
        )

    def test_fileInTheWay(self) -> None:
        """
        A real error of the system is told as it is, and the recording goes on when
        its cause is gone.
        """
        path = os.path.join(self.root, "live")
        with open(path, "w"):
            pass
        recorder = self.record(*BEGIN)
        (line,) = self.lines()
        self.assertIn(INTERRUPTED, line)
        os.unlink(path)
        self.go(6)
        self.finished(recorder)
        self.assertEqual(self.all()[0].media, self.part(5, 6))

    def test_reserve(self) -> None:
        """
        When less than the reserve is free on the disk it counts as full.
        """
        policy = RecordingPolicy(file=FilePolicy(reserveBytes=1 << 62))
        recorder = self.record(*BEGIN, policy=policy)
        self.assertEqual(self.lines(), [FULL_LINE])
        self.assertEqual(self.files(), [])
        self.stream.end()
        self.assertIsNone(self.successResultOf(recorder.done))

    def test_otherReason(self) -> None:
        """
        When the disk fails for another reason than before that is told too.
        """
        self.thread.failing = (CREATE,)
        recorder = self.record(*BEGIN, thread=self.thread)
        self.thread.error = OSError(30, os.strerror(30))
        self.go(30)
        other = FULL_LINE.replace("No space left on device", os.strerror(30))
        self.assertEqual(self.lines(), [FULL_LINE, other])
        self.stream.end()
        self.successResultOf(recorder.done)

    def test_noVideo(self) -> None:
        """
        Without video the recording goes on at the next frame.
        """
        self.thread.failing = (CREATE,)
        recorder = self.record(audioHeader(), audio(0), thread=self.thread)
        self.thread.failing = ()
        self.clock.advance(5)
        self.receive(audio(5000), audio(5020))
        contents = self.contents(self.finished(recorder))
        self.assertEqual(
            contents.media,
            plain(audioHeader(), audio(5000).at(0), audio(5020).at(20)),
        )

    def test_notInAGroup(self) -> None:
        """
        With video it waits for a keyframe.
        """
        self.thread.failing = (CREATE,)
        recorder = self.record(*BEGIN, thread=self.thread)
        self.thread.failing = ()
        self.clock.advance(5)
        self.receive(frame(5000), audio(5010))
        self.assertEqual(recorder.recording.state, State.RESUMING)
        self.receive(keyframe(6000), audio(5990))
        contents = self.contents(self.finished(recorder))
        self.assertEqual(
            contents.media, plain(*SETUP, keyframe(6000).at(0), audio(5990).at(0))
        )

    def test_headerMeanwhile(self) -> None:
        """
        Sequence headers that come while nothing is recorded are in the next file.
        """
        other = header(0, b"\x17\x00\x00\x00\x00other")
        self.thread.failing = (CREATE,)
        recorder = self.record(*BEGIN, thread=self.thread)
        self.thread.failing = ()
        self.receive(other)
        self.clock.advance(5)
        self.receive(keyframe(6000))
        contents = self.contents(self.finished(recorder))
        self.assertEqual(
            contents.media, plain(other, audioHeader(), keyframe(6000).at(0))
        )

    def test_defect(self) -> None:
        """
        Any other error is logged as a failure, and stops this recording only.
        """
        self.thread.failing, self.thread.error = (
            (APPEND,),
            ZeroDivisionError("a defect"),
        )
        recorder = self.record(*BEGIN, thread=self.thread)
        self.flush()
        self.assertIsNone(self.successResultOf(recorder.done))
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertTrue(self.stream.isLive)
        self.receive(keyframe(1000))
        self.stream.end()

    def test_others(self) -> None:
        """
        Another recording at the same time is complete.
        """
        self.thread.failing = (APPEND,)
        self.record(*BEGIN, thread=self.thread)
        other = FLVRecorder(self.stream, self.root, inThread, NOW)
        other.begin()
        self.go(2)
        self.stream.end()
        path = self.successResultOf(other.done)
        assert path is not None
        self.assertEqual(self.contents(path).media, self.part(0, 2))
