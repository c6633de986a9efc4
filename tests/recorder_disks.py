"""
Disks that are slow or fail, for tests of recordings.
"""

from __future__ import annotations

from dataclasses import replace

from twisted.logger import LogLevel

from rtmptwisted.recorder import FLVRecorder
from rtmptwisted.wire.limits import Limits
from tests.fakes import SlowThread, logLines
from tests.flv_reader import FLV, Tag
from tests.media import audio, frame, keyframe, plain
from tests.recorder_support import BEGIN, FailingThread, RecorderTestCase

#: What can wait in L{SlowDiskTestCase}, in bytes.
LIMIT = 10_000

SETUP = BEGIN[:2]


class LoggedTestCase(RecorderTestCase):
    """
    Recorders, and what they log.
    """

    def setUp(self) -> None:
        """
        Capture that.
        """
        super().setUp()
        self.events = self.enterContext(self.logs())

    def lines(self) -> list[str]:
        """
        @return: what was logged as critical or as a warning.
        """
        levels = (LogLevel.critical, LogLevel.warn)
        return [
            line
            for event in self.events
            if event["log_level"] in levels
            for line in logLines([event])
        ]


class SlowDiskTestCase(LoggedTestCase):
    """
    A disk that does nothing before it is told to.
    """

    limits = replace(Limits(), recordingBytes=LIMIT)

    def setUp(self) -> None:
        """
        Have a disk.
        """
        super().setUp()
        self.thread = SlowThread()

    def start(self, segment: str | None = None) -> FLVRecorder:
        """
        @return: a recorder whose file has the beginning of the stream.
        """
        recorder = self.record(*BEGIN, thread=self.thread, segment=segment)
        self.thread.run()
        self.flush()
        self.thread.run()
        return recorder

    def stuck(self, segment: str | None = None) -> FLVRecorder:
        """
        @return: a recorder with a call under way, that has one tag of 40 bytes.
        """
        recorder = self.start(segment)
        self.receive(frame(40))
        self.flush()
        self.assertEqual(self.thread.underWay, 1)
        return recorder

    def end(self, recorder: FLVRecorder) -> list[FLV]:
        """
        End the stream, on a disk that works.

        @return: what is in the files.
        """
        self.stream.end()
        self.thread.run()
        self.assertIsNotNone(self.successResultOf(recorder.done))
        return self.all()


class DiskTestCase(LoggedTestCase):
    """
    A stream with a keyframe each second, on a disk that fails when it is told to.
    """

    def setUp(self) -> None:
        """
        Have a disk.
        """
        super().setUp()
        self.thread = FailingThread()

    def go(self, seconds: int) -> None:
        """
        Let time pass, in which the publisher sends.
        """
        for _ in range(seconds):
            self.clock.advance(1)
            now = round(self.clock.seconds() * 1000)
            self.receive(keyframe(now), audio(now + 10))
            self.clock.advance(0)

    def part(self, first: int, last: int) -> list[Tag]:
        """
        @return: the file of a recording from one second to another.
        """
        tags = [
            each.at(each.timestamp - first * 1000)
            for second in range(first, last + 1)
            for each in (keyframe(second * 1000), audio(second * 1000 + 10))
        ]
        return plain(*SETUP, *tags)
