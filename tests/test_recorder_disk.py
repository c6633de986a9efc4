"""
Tests of L{rtmptwisted.recorder}: disks that are slow, and disks that fail.
"""

from __future__ import annotations

import os
from dataclasses import replace

from twisted.logger import LogLevel

from rtmptwisted.directory import StreamDirectory
from rtmptwisted.recorder import FLVRecorder
from rtmptwisted.wire.flv import FLVTag
from rtmptwisted.wire.limits import Limits
from tests.fakes import SlowThread, inThread, logLines
from tests.media import audio, frame, keyframe, metadataOf, plain, videoHeader
from tests.recorder_support import (
    BEGIN,
    FULL,
    NOW,
    FailingThread,
    RecorderTestCase,
)

TOO_SLOW = "the recording of live/show stopped: the disk is too slow, {size} bytes wait"


class SlowDiskTests(RecorderTestCase):
    """
    A disk that takes its time.
    """

    limits = replace(Limits(), recordingBytes=10_000)

    def test_oneCallAtATime(self) -> None:
        """
        One call is under way at a time; what comes meanwhile is written
        together, in order.
        """
        thread = SlowThread()
        recorder = self.record(*BEGIN, thread=thread)
        for n in range(1, 20):
            self.receive(frame(n * 40))
            self.assertEqual(thread.underWay, 1)
        thread.run()
        # Open, begin, and one write for all there was.
        self.assertEqual(thread.calls, 3)
        self.stream.end()
        thread.run()
        path = self.successResultOf(recorder.done)
        assert path is not None
        self.assertEqual(
            self.contents(path).media,
            plain(*BEGIN, *[frame(n * 40) for n in range(1, 20)]),
        )

    def test_endWhileBusy(self) -> None:
        """
        A stream that ends while the disk is busy is complete in the file,
        duration included.
        """
        thread = SlowThread()
        recorder = self.record(*BEGIN, thread=thread)
        self.receive(frame(2000))
        self.stream.end()
        self.assertNoResult(recorder.done)
        thread.run()
        path = self.successResultOf(recorder.done)
        assert path is not None
        contents = self.contents(path)
        self.assertEqual(contents.media, plain(*BEGIN, frame(2000)))
        self.assertEqual(metadataOf(contents)["duration"], 2.0)

    def test_tooSlow(self) -> None:
        """
        When more waits than the limit the recording stops, with one line in
        the log; what was written before can be read, with its duration.
        """
        thread = SlowThread()
        recorder = self.record(*BEGIN, thread=thread)
        thread.run()
        with self.logs() as events:
            self.receive(frame(40))
            self.receive(frame(80, 9000), frame(120, 9000), frame(160))
            thread.run()
            self.stream.end()
        self.assertIsNone(self.successResultOf(recorder.done))
        # What waits, each with the 15 bytes around it; the first is being
        # written, and still in memory.
        self.assertEqual(
            logLines(events, LogLevel.critical),
            [TOO_SLOW.format(size=40 + 2 * 9000 + 3 * 15)],
        )
        lines = [line for line in logLines(events) if line.startswith("recorded")]
        self.assertEqual(lines, [])
        contents = self.contents(self.files()[0])
        self.assertEqual(contents.media, plain(*BEGIN, frame(40)))
        self.assertEqual(metadataOf(contents)["duration"], 0.04)

    def test_saidAtOnce(self) -> None:
        """
        That is logged while the disk still holds the recording up, and the
        stream goes on; nobody waits for this recording any more.  The end of
        the stream and that of the call change nothing.
        """
        thread = SlowThread()
        recorder = self.record(*BEGIN, thread=thread)
        with self.logs() as events:
            self.receive(frame(40, 9990))
            self.assertEqual(len(logLines(events, LogLevel.critical)), 1)
            self.assertEqual(thread.underWay, 1)
            self.assertIsNone(self.successResultOf(recorder.done))
            self.assertTrue(self.stream.isLive)
            self.stream.end()
            recorder.streamEnded()
            thread.run()
        self.assertEqual(len(logLines(events, LogLevel.critical)), 1)
        self.assertEqual(self.contents(*self.files()).media, [])

    def test_inFlight(self) -> None:
        """
        What is being written counts until it is, together with what waits
        behind it.
        """
        thread = SlowThread()
        self.record(*BEGIN, thread=thread)
        thread.run()
        with self.logs() as events:
            self.receive(frame(40, 6000))
            self.assertEqual(thread.underWay, 1)
            # Exactly up to the limit.
            self.receive(frame(80, 10_000 - 6000 - 2 * 15))
            self.assertEqual(logLines(events, LogLevel.critical), [])
            self.receive(frame(120, 1))
        self.assertEqual(
            logLines(events, LogLevel.critical),
            [TOO_SLOW.format(size=10_000 + len(frame(120, 1).encoded()))],
        )
        thread.run()

    def test_inFlightNext(self) -> None:
        """
        When a write has returned, what came during it still counts.
        """
        thread = SlowThread()
        self.record(*BEGIN, thread=thread)
        thread.run()
        with self.logs() as events:
            self.receive(frame(40, 6000), frame(80, 3000))
            thread.step()
            self.assertEqual(thread.underWay, 1)
            self.receive(frame(120, 8000))
        self.assertEqual(
            logLines(events, LogLevel.critical),
            [TOO_SLOW.format(size=3000 + 8000 + 2 * 15)],
        )
        thread.run()

    def test_inFlightUsual(self) -> None:
        """
        The same with the usual limit, as that is what people have: 31 MiB
        behind a write that hangs are held, the 32nd is too much.
        """
        self.directory = StreamDirectory(self.clock, Limits())
        thread = SlowThread()
        recorder = self.record(*BEGIN, thread=thread)
        thread.run()
        with self.logs() as events:
            for n in range(31):
                self.receive(frame(40 + n, 1 << 20))
                self.assertEqual(thread.underWay, 1)
            self.assertEqual(logLines(events, LogLevel.critical), [])
            self.receive(frame(80, 1 << 20))
        (line,) = logLines(events, LogLevel.critical)
        self.assertEqual(line, TOO_SLOW.format(size=32 * ((1 << 20) + 15)))
        self.assertIsNone(self.successResultOf(recorder.done))
        thread.run()

    def test_written(self) -> None:
        """
        What was written makes room: a disk that keeps up, however late, can
        be given the limit again and again.
        """
        thread = SlowThread()
        recorder = self.record(*BEGIN, thread=thread)
        thread.run()
        with self.logs() as events:
            for n in range(1, 21):
                self.receive(frame(n * 40, 4900), audio(n * 40, 4900))
                thread.step()
                self.receive(frame(n * 40 + 1, 4900))
                thread.run()
        self.assertEqual(logLines(events, LogLevel.critical), [])
        self.stream.end()
        thread.run()
        path = self.successResultOf(recorder.done)
        assert path is not None
        self.assertEqual(len(self.contents(path).media), len(BEGIN) + 60)

    def test_failsAfterwards(self) -> None:
        """
        When the call that was under way fails in the end, that is not told
        again.
        """
        thread = SlowThread()
        self.record(*BEGIN, thread=thread)
        thread.run()

        def full(descriptor: int, data: bytes) -> int:
            raise FULL

        with self.logs() as events:
            self.receive(frame(40), frame(80, 9990))
            self.patch(os, "write", full)
            thread.run()
        lines = logLines(events, LogLevel.critical)
        self.assertEqual(len(lines), 1)
        self.assertIn("the disk is too slow", lines[0])
        self.assertEqual(self.flushLoggedErrors(), [])
        contents = self.contents(*self.files())
        self.assertEqual(contents.media, plain(*BEGIN))
        self.assertEqual(metadataOf(contents)["duration"], 0.01)

    def test_sinkIsLet(self) -> None:
        """
        A recording that was given up still lets tags and the end come.
        """
        thread = SlowThread()
        recorder = self.record(*BEGIN, thread=thread)
        self.receive(frame(40, 9990))
        recorder.tagReceived(keyframe(80))
        recorder.streamEnded()
        thread.run()
        recorder.tagReceived(keyframe(120))
        self.assertEqual(thread.underWay, 0)
        self.assertEqual(self.contents(*self.files()).media, [])

    def test_bounded(self) -> None:
        """
        After that nothing more is held or written, whatever comes.
        """
        thread = SlowThread()
        self.record(*BEGIN, thread=thread)
        for n in range(30):
            self.receive(frame(40 + n, 1000))
        thread.run()
        calls = thread.calls
        self.receive(*[frame(2000 + n, 1000) for n in range(30)])
        self.stream.end()
        self.assertEqual((thread.calls, thread.underWay), (calls, 0))


class BrokenDiskTests(RecorderTestCase):
    """
    A disk that fails.
    """

    def fails(self, recorder: FLVRecorder, *tags: FLVTag) -> list[str]:
        """
        The recording fails while the stream sends these; the stream goes on.

        @return: what is logged as critical.
        """
        with self.logs() as events:
            self.receive(*tags)
            self.stream.end()
        self.assertIsNone(self.successResultOf(recorder.done))
        self.assertEqual(self.flushLoggedErrors(), [])
        return logLines(events, LogLevel.critical)

    LINE = "the recording of live/show stopped: [Errno 28] No space left on device"

    def test_open(self) -> None:
        """
        A file that cannot be made costs the recording, with one line in the
        log; the stream goes on, and nothing is tried again.
        """
        thread = FailingThread("FLVFile")
        recorder = self.record(videoHeader(), thread=thread)
        self.assertEqual(
            self.fails(recorder, keyframe(0), frame(40), frame(80)), [self.LINE]
        )
        self.assertEqual(thread.calls, ["FLVFile"])

    def test_begin(self) -> None:
        """
        A header that cannot be written does too.
        """
        thread = FailingThread("begin")
        recorder = self.record(thread=thread)
        with self.logs() as events:
            self.receive(*BEGIN)
        self.assertIsNone(self.successResultOf(recorder.done))
        self.assertEqual(logLines(events, LogLevel.critical), [self.LINE])
        self.assertEqual(self.flushLoggedErrors(), [])
        self.assertEqual(thread.calls, ["FLVFile", "begin", "finish"])
        self.assertEqual(os.path.getsize(os.path.join(self.root, *self.files())), 0)

    def test_write(self) -> None:
        """
        When a write fails the file is finished with what it has.
        """
        thread = FailingThread("")
        recorder = self.record(*BEGIN, thread=thread)
        thread.failing = "write"
        self.assertEqual(self.fails(recorder, frame(40), frame(80)), [self.LINE])
        contents = self.contents(self.files()[0])
        self.assertEqual(contents.media, plain(*BEGIN))
        self.assertEqual(metadataOf(contents)["duration"], 0.01)
        self.assertEqual(thread.calls[-1], "finish")

    def test_finish(self) -> None:
        """
        When finishing fails that is told as well, and the media is there.
        """
        recorder = self.record(*BEGIN, thread=FailingThread("finish"))
        self.assertEqual(self.fails(recorder), [self.LINE])
        self.assertEqual(self.contents(self.files()[0]).media, plain(*BEGIN))

    def test_fileInTheWay(self) -> None:
        """
        A real error of the system is told as it is.
        """
        with open(os.path.join(self.root, "live"), "w"):
            pass
        (line,) = self.fails(self.record(), *BEGIN)
        self.assertIn("the recording of live/show stopped: [Errno ", line)
        self.assertEqual(self.files(), ["live"])

    def test_defect(self) -> None:
        """
        Any other error is logged as a failure, and stops the recording only.
        """
        thread = FailingThread("write", ZeroDivisionError("a defect"))
        recorder = self.record(*BEGIN, thread=thread)
        self.assertIsNone(self.successResultOf(recorder.done))
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertTrue(self.stream.isLive)

    def test_others(self) -> None:
        """
        Another recording at the same time is complete.
        """
        self.record(*BEGIN, thread=FailingThread("write"))
        other = FLVRecorder(self.stream, self.root, inThread, NOW)
        self.stream.addSink(other)
        self.receive(keyframe(40))
        self.stream.end()
        path = self.successResultOf(other.done)
        assert path is not None
        self.assertEqual(len(self.contents(path).media), 3)
