"""
Tests of L{rtmptwisted.childfeed}, with the service that it is for.
"""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.logger import LogLevel

from rtmptwisted.childfeed import LONGEST_PAUSE, STEADY_SECONDS
from rtmptwisted.childprocess import FINISH_SECONDS, TERM_SECONDS
from tests.child_support import WHO, ServiceTestCase
from tests.delivery_support import BEGIN
from tests.fakes import logLines
from tests.media import frame, keyframe, plain


class AgainTests(ServiceTestCase):
    """
    Programs that end while the stream is live.
    """

    def crash(self, seconds: float = 0.0, code: int = 1) -> float:
        """
        Let the process end.

        @param seconds: how long it runs.
        @return: how long it takes until there is another.
        """
        count = len(self.processes)
        self.clock.advance(seconds)
        self.processes[-1].exit(code)
        for pause in range(100):
            if len(self.processes) > count:
                return pause
            self.clock.advance(1)
        raise AssertionError("there is no other")

    def test_pauses(self) -> None:
        """
        Each time it fails it waits for longer, up to half a minute, whatever it ends
        with.
        """
        self.publish()
        pauses = [self.crash(code=code) for code in (1, 0, 1, 255, 0, 1, 1)]
        self.assertEqual(pauses, [1, 2, 4, 8, 16, LONGEST_PAUSE, LONGEST_PAUSE])

    def test_steady(self) -> None:
        """
        One that ran for a minute begins with the shortest pause.
        """
        self.publish()
        self.assertEqual([self.crash() for _ in range(4)], [1, 2, 4, 8])
        self.assertEqual(self.crash(STEADY_SECONDS - 1), 16)
        self.assertEqual(self.crash(STEADY_SECONDS), 1)
        self.assertEqual(self.crash(), 2)

    def test_log(self) -> None:
        """
        The log says what it ended with, and when it begins again.
        """
        self.publish()
        with self.logs() as events:
            self.clock.advance(1.5)
            self.processes[0].exit(3)
            self.clock.advance(1)
            self.processes[1].exit(signal=11)
        first, second = logLines(events, LogLevel.warn)
        said = "live/show: cat[100] ended after 1.5 s: exit code 3; it begins again in"
        self.assertEqual(first, f"{said} 1 s")
        said = "live/show: cat[101] ended after 0.0 s: SIGSEGV; it begins again in"
        self.assertEqual(second, f"{said} 2 s")

    def test_stuck(self) -> None:
        """
        Beside one that not even SIGKILL has ended there is no other.
        """
        stream = self.publish()
        with self.logs() as events:
            self.processes[0].lose(0)
            for _ in range(120):
                self.clock.advance(1)
        self.assertEqual(self.processes[0].signals, ["TERM", "KILL"])
        self.assertEqual(len(self.processes), 1)
        self.assertEqual(len(logLines(events, LogLevel.error)), 1)
        stream.end()
        self.publish()
        self.assertEqual(len(self.processes), 2)

    def test_newcomer(self) -> None:
        """
        It begins with the headers and the current group of pictures.
        """
        stream = self.publish()
        self.receive(stream, frame(40))
        self.processes[0].exit(1)
        self.receive(stream, keyframe(80), frame(120))
        self.clock.advance(1)
        self.receive(stream, frame(160))
        media = self.processes[1].flv.media
        self.assertEqual([tag.timestamp for tag in media], [80, 80, 80, 120, 160])

    def test_streamEnds(self) -> None:
        """
        It is not started again when the stream is over, also if the stream ends
        during the pause, and the next publish begins at once.
        """
        stream = self.publish()
        for _ in range(4):
            self.crash()
        self.processes[-1].exit(1)
        stream.end()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        count = len(self.processes)
        self.publish()
        self.assertEqual(len(self.processes), count + 1)
        self.assertEqual(self.crash(), 1)

    def test_overtakenAfterFailures(self) -> None:
        """
        Failures of an earlier publish do not count.
        """
        stream = self.publish()
        for _ in range(3):
            self.crash()
        stream.end()
        self.publish()
        self.processes[-1].exit(1)
        self.assertEqual(self.crash(), 1)

    def test_cannotRun(self) -> None:
        """
        A program that cannot be started is tried again after the same pauses; nothing
        is kept of the stream for it meanwhile.
        """
        self.spawner.error = FileNotFoundError(2, "No such file or directory")
        with self.logs() as events:
            stream = self.publish()
            self.assertFalse(stream.hasSinks)
            self.clock.advance(1)
        lines = logLines(events, LogLevel.warn)
        why = "live/show: cat cannot be run: No such file or directory; "
        self.assertEqual(
            lines, [f"{why}it begins again in 1 s", f"{why}it begins again in 2 s"]
        )
        self.spawner.error = None
        self.clock.advance(2)
        self.assertEqual(self.processes[0].flv.media, plain(*BEGIN))
        self.assertEqual(self.crash(), 4)

    def test_cannotRunAndEnds(self) -> None:
        """
        When the stream ends before a program could be started, nothing is left.
        """
        self.spawner.error = PermissionError(13, "Permission denied")
        stream = self.publish()
        stream.end()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(self.stop(), [None])

    def test_atOnce(self) -> None:
        """
        One that is over before it is known to have started is like any other.
        """
        self.spawner.code = 1
        stream = self.publish()
        self.assertEqual(len(self.processes), 1)
        self.clock.pump([1, 2])
        self.assertEqual(len(self.processes), 3)
        self.clock.advance(3.9)
        self.assertEqual(len(self.processes), 3)
        stream.end()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(self.stop(), [None])


class EndTests(ServiceTestCase):
    """
    The end of the stream, and of the service.
    """

    def test_log(self) -> None:
        """
        What the process ended with when the stream was over is no warning.
        """
        stream = self.publish()
        self.clock.advance(2)
        stream.end()
        with self.logs() as events:
            self.processes[0].exit()
        line = "live/show: cat[100] ended after 2.0 s: exit code 0"
        self.assertIn(line, logLines(events, LogLevel.info))
        self.assertEqual(logLines(events, LogLevel.warn), [])
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(len(self.processes), 1)

    def test_overtaken(self) -> None:
        """
        When the stream is published again, the next process starts when the one
        before has ended, at once, with the new stream; it may have the same files.
        """
        self.publish().end()
        stream = self.directory.publish("live/show", WHO)
        self.receive(stream, *BEGIN, frame(40))
        self.assertEqual(len(self.processes), 1)
        self.processes[0].exit(1)
        self.assertEqual(len(self.processes), 2)
        self.assertEqual(self.processes[1].flv.media, plain(*BEGIN, frame(40)))
        self.assertEqual(self.processes[0].flv.media, plain(*BEGIN))
        self.processes[1].exit(1)
        self.clock.advance(0.9)
        self.assertEqual(len(self.processes), 2)
        self.clock.advance(0.1)
        self.assertEqual(len(self.processes), 3)

    def test_quick(self) -> None:
        """
        A process that is gone in the moment in which its input is closed is not
        started again.
        """
        stream = self.publish()
        process = self.processes[0]
        process.whenClosed = process.exit
        stream.end()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(len(self.processes), 1)
        self.assertEqual(self.stop(), [None])

    def test_overtakenTwice(self) -> None:
        """
        Publishes that come and go while a process ends start nothing.
        """
        self.publish().end()
        self.publish().end()
        self.publish().end()
        self.processes[0].exit()
        self.assertEqual(len(self.processes), 1)
        self.assertEqual(self.stop(), [None])

    def test_stop(self) -> None:
        """
        The service ends processes of streams that go on: with their input, then by
        force.
        """
        stream = self.publish()
        stopped = self.stop()
        process = self.processes[0]
        self.assertTrue(process.inputClosed)
        self.clock.advance(FINISH_SECONDS)
        self.clock.advance(TERM_SECONDS)
        self.assertEqual(process.signals, ["TERM", "KILL"])
        self.assertEqual(stopped, [])
        process.exit(signal=9)
        self.assertEqual(stopped, [None])
        self.receive(stream, keyframe(80))
        self.publish("live/other")
        self.clock.advance(60)
        self.assertEqual(len(self.processes), 1)

    def test_stopEnding(self) -> None:
        """
        The service waits for processes that are ending already, no longer than for
        others.
        """
        self.publish().end()
        self.clock.advance(FINISH_SECONDS)
        stopped = self.stop()
        self.assertEqual(self.processes[0].signals, ["TERM"])
        self.clock.advance(TERM_SECONDS)
        self.assertEqual(self.processes[0].signals, ["TERM", "KILL"])
        self.processes[0].exit(signal=9)
        self.assertEqual(stopped, [None])

    def test_stopPausing(self) -> None:
        """
        Stopping ends the pause of a program that failed.
        """
        self.publish()
        self.processes[0].exit(1)
        self.assertEqual(self.stop(), [None])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_stopTwice(self) -> None:
        """
        Stopping what does not run does nothing.
        """
        self.assertEqual(self.stop(), [None])
        again: Deferred[None] = self.service.stopService()
        self.assertTrue(again.called)

    def test_stopTogether(self) -> None:
        """
        It does not matter whether the streams end before the service does.
        """
        stream = self.publish()
        stream.end()
        stopped = self.stop()
        self.processes[0].exit()
        self.assertEqual(stopped, [None])


class InterruptedTests(ServiceTestCase):
    """
    Streams that wait for their publishers.
    """

    grace = 10.0

    def test_resumed(self) -> None:
        """
        A process has nothing to read while the stream is interrupted, and goes on with
        it.
        """
        stream = self.publish()
        stream.interrupt(WHO)
        self.clock.advance(9)
        (process,) = self.processes
        self.assertFalse(process.inputClosed)
        self.assertIs(self.directory.publish("live/show", WHO), stream)
        self.receive(stream, keyframe(0))
        self.assertEqual(process.flv.media[:4], plain(*BEGIN))
        self.assertEqual(process.flv.media[-1].body, keyframe(0).body)
        self.assertEqual(len(self.processes), 1)

    def test_failed(self) -> None:
        """
        One that fails meanwhile is started again, since the stream is live.
        """
        stream = self.publish()
        stream.interrupt(WHO)
        self.processes[0].exit(1)
        self.clock.advance(1)
        self.assertEqual(self.processes[1].flv.media, plain(*BEGIN))

    def test_over(self) -> None:
        """
        When nobody came back the stream is over.
        """
        stream = self.publish()
        stream.interrupt(WHO)
        self.clock.advance(10)
        self.assertTrue(self.processes[0].inputClosed)
        self.processes[0].exit()
        self.assertEqual(self.clock.getDelayedCalls(), [])
