"""
Tests of L{rtmptwisted.recorder}: disks that never answer.
"""

from __future__ import annotations

from rtmptwisted.directory import StreamDirectory
from rtmptwisted.recorder import PATIENCE
from rtmptwisted.recordingpolicy import State
from rtmptwisted.segment import OVERHEAD
from rtmptwisted.wire.limits import Limits
from tests.media import (
    frame,
    keyframe,
    metadataOf,
    plain,
)
from tests.recorder_disks import SlowDiskTestCase
from tests.recorder_support import BEGIN


class StuckDiskTests(SlowDiskTestCase):
    """
    A disk that never answers.
    """

    def test_waits(self) -> None:
        """
        While the stream is live the recording waits, however long that takes.
        """
        recorder = self.stuck()
        self.clock.advance(10 * PATIENCE)
        self.receive(frame(80))
        self.assertEqual(recorder.recording.state, State.RECORDING)
        self.assertEqual(self.lines(), [])
        self.thread.run()

    def test_givenUp(self) -> None:
        """
        A minute after the end of the stream the recording is given up, with a line
        that says which file lacks its end.  Nothing is held any more.
        """
        recorder = self.stuck()
        self.receive(frame(80, 5000))
        self.stream.end()
        self.clock.advance(PATIENCE - 1)
        self.assertNoResult(recorder.done)
        self.clock.advance(1)
        path = self.successResultOf(recorder.done)
        self.assertEqual(
            self.lines(),
            [
                "the recording of live/show is given up, the disk takes too long: the "
                f"end of {path} is missing"
            ],
        )
        # But for what is being written.
        self.assertEqual(recorder._backlog.waiting, 40 + OVERHEAD)
        self.thread.run()
        self.assertEqual(recorder._backlog.waiting, 0)

    def test_answersAfterThat(self) -> None:
        """
        When the disk answers after all, the file is finished with what it has.
        """
        recorder = self.stuck()
        self.receive(frame(80, 5000))
        self.stream.end()
        self.clock.advance(PATIENCE)
        self.thread.run()
        (contents,) = self.all()
        self.assertEqual(contents.media, plain(*BEGIN, frame(40)))
        self.assertIs(metadataOf(contents)["complete"], True)
        self.assertEqual(recorder.recording.state, State.ENDED)
        self.assertEqual(len(self.lines()), 1)

    def test_notEvenCreated(self) -> None:
        """
        When it is given up before there is a file, the line has the name it would
        have had; a file that is made after all is deleted.
        """
        recorder = self.record(*BEGIN, thread=self.thread)
        self.stream.end()
        self.clock.advance(PATIENCE)
        self.assertIsNone(self.successResultOf(recorder.done))
        (line,) = self.lines()
        self.assertIn("the end of live/show-20261122T090807Z.flv is missing", line)
        self.thread.run()
        self.assertEqual(self.files(), [])

    def test_slowButAlive(self) -> None:
        """
        A disk that still gets on is waited for longer than a minute in all.
        """
        self.directory = StreamDirectory(self.clock, Limits())
        recorder = self.stuck()
        self.receive(*[frame(80 + n, 3 << 20) for n in range(10)])
        self.stream.end()
        for _ in range(4):
            self.clock.advance(PATIENCE - 1)
            self.thread.step()
        self.assertNoResult(recorder.done)
        (contents,) = self.end(recorder)
        self.assertEqual(len(contents.media), len(BEGIN) + 11)
        self.assertEqual(self.lines(), [])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_sinkIsLet(self) -> None:
        """
        A recording that is over lets tags and the end come.
        """
        recorder = self.stuck()
        recorder.streamEnded()
        recorder.giveUp()
        recorder.tagReceived(keyframe(80))
        recorder.streamEnded()
        recorder.giveUp()
        self.thread.run()
        recorder.tagReceived(keyframe(120))
        self.assertEqual(self.thread.underWay, 0)
        self.assertEqual(self.all()[0].media, plain(*BEGIN, frame(40)))
