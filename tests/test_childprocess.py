"""
Tests of L{rtmptwisted.childprocess}.
"""

from __future__ import annotations

from dataclasses import replace

from twisted.logger import LogLevel

from rtmptwisted.childprocess import (
    FINISH_SECONDS,
    KILL_SECONDS,
    LAST_WORDS_SECONDS,
    TERM_SECONDS,
    Child,
)
from rtmptwisted.wire.limits import Limits
from tests.child_support import FakeProcess, FakeSpawner
from tests.delivery_support import BEGIN, FanOutTestCase
from tests.fakes import logLines
from tests.media import audio, configuration, frame, keyframe, plain


class ChildTestCase(FanOutTestCase):
    """
    A stream that is live, and a process that gets it.
    """

    limits = replace(Limits(), viewerBytes=1000)

    def setUp(self) -> None:
        """
        Publish, and start one.
        """
        super().setUp()
        self.publish(*BEGIN)
        self.gone: list[Child] = []
        self.child = Child(self.stream, "cat", self.gone.append)
        self.process: FakeProcess = FakeSpawner().spawnProcess(
            self.child, "/bin/cat", ["cat"]
        )

    def assertGone(self) -> None:
        """
        Nothing is left of the process, and that was told once.
        """
        self.assertEqual(self.gone, [self.child])
        self.assertEqual(self.process.pipes, {})
        self.assertEqual(self.stream.viewers, 0)
        self.assertFalse(self.stream.hasSinks)
        self.clock.advance(0)
        self.assertEqual(self.clock.getDelayedCalls(), [])


class InputTests(ChildTestCase):
    """
    What a process gets.
    """

    def test_stream(self) -> None:
        """
        It gets what any newcomer gets, and then everything, as it was published.
        """
        more = (audio(20), configuration(30), frame(40), keyframe(80))
        self.receive(*more)
        flv = self.process.flv
        self.assertEqual(flv.flags, 5)
        self.assertEqual(flv.media, plain(*BEGIN, *more))

    def test_viewer(self) -> None:
        """
        It counts as a viewer while it runs.
        """
        self.assertEqual(self.stream.viewers, 1)
        self.assertEqual(self.child.peer, "cat[100]")
        self.process.exit()
        self.assertEqual(self.stream.viewers, 0)

    def test_slow(self) -> None:
        """
        One that is slow goes on at the next keyframe, with the headers, and all that
        is logged and counted; another viewer has everything.
        """
        other = self.watch()
        self.process.producer.pauseProducing()
        kept = [frame(40 * n, 400) for n in range(1, 3)]
        with self.logs() as events:
            self.receive(*kept)
            for n in range(3, 6):
                self.receive(frame(40 * n, 400))
        (line,) = logLines(events, LogLevel.warn)
        self.assertIn("viewer cat[100] of live/show is too slow", line)
        self.assertEqual(self.stream.skips, 1)
        self.receive(keyframe(400))
        self.process.producer.resumeProducing()
        self.receive(frame(440))
        media = self.process.flv.media
        times = [tag.timestamp for tag in media]
        self.assertEqual(times, [0, 0, 0, 10, 400, 400, 400, 440])
        self.assertEqual(len(other.media), 4 + 5 + 2)

    def test_stalled(self) -> None:
        """
        One that reads nothing for as long as a viewer may is told to end, and then
        made to; what it does not read takes no memory.
        """
        self.process.producer.pauseProducing()
        size = len(self.process.input)
        with self.logs() as events:
            for n in range(1, 17):
                self.clock.advance(1)
                self.receive(keyframe(1000 * n, 800))
        self.assertEqual(self.process.signals, ["TERM"])
        self.assertTrue(self.process.inputClosed)
        self.assertEqual(len(self.process.input), size)
        lines = logLines(events, LogLevel.warn)
        self.assertIn("live/show: cat[100] gets SIGTERM: it does not read", lines)
        self.clock.advance(TERM_SECONDS - 0.1)
        self.assertEqual(self.process.signals, ["TERM"])
        self.clock.advance(0.1)
        self.assertEqual(self.process.signals, ["TERM", "KILL"])
        self.receive(keyframe(20_000))
        self.process.exit(signal=9)
        self.assertEqual(self.child.status, "SIGKILL")
        self.assertGone()

    def test_closed(self) -> None:
        """
        One that closes its standard input gets nothing more, is still heard, and has
        its time to end.
        """
        with self.logs() as events:
            self.process.lose(0)
            size = len(self.process.input)
            self.receive(frame(40), keyframe(80))
            self.process.say(b"busy\n")
            self.clock.advance(FINISH_SECONDS - 1)
            self.process.say(b"still busy\n")
        self.assertEqual(len(self.process.input), size)
        self.assertEqual(self.stream.viewers, 0)
        lines = [line for line in logLines(events) if "busy" in line]
        said = ["live/show: cat[100]: busy", "live/show: cat[100]: still busy"]
        self.assertEqual(lines, said)
        self.assertEqual(self.process.signals, [])
        self.process.exit()
        self.assertGone()

    def test_closedForGood(self) -> None:
        """
        One that closes its standard input and goes on for ever is made to end.
        """
        self.process.lose(0)
        self.clock.advance(FINISH_SECONDS)
        self.assertEqual(self.process.signals, ["TERM"])
        self.process.exit(signal=15)
        self.assertEqual(self.child.status, "SIGTERM")
        self.assertGone()


class EndTests(ChildTestCase):
    """
    How processes end.
    """

    def test_streamEnds(self) -> None:
        """
        When the stream ends, its standard input is closed behind the last frame, and
        it is gone when it has ended.
        """
        self.stream.receive(frame(40))
        self.stream.end()
        self.assertTrue(self.process.inputClosed)
        self.assertEqual(self.process.flv.media, plain(*BEGIN, frame(40)))
        self.clock.advance(FINISH_SECONDS - 0.1)
        self.assertEqual((self.process.signals, self.gone), ([], []))
        self.process.exit()
        self.assertEqual(self.child.status, "exit code 0")
        self.assertGone()

    def test_backlog(self) -> None:
        """
        What waits for a full pipe is written at the end.
        """
        self.process.producer.pauseProducing()
        self.receive(frame(40), frame(80))
        self.stream.end()
        media = self.process.flv.media
        self.assertEqual(media, plain(*BEGIN, frame(40), frame(80)))

    def test_stubborn(self) -> None:
        """
        One that does not end gets SIGTERM, then SIGKILL, then is forgotten: it is
        stuck where no signal gets to.
        """
        self.stream.end()
        with self.logs() as events:
            self.clock.advance(FINISH_SECONDS)
            self.assertEqual(self.process.signals, ["TERM"])
            self.clock.advance(TERM_SECONDS)
            self.assertEqual(self.process.signals, ["TERM", "KILL"])
            self.clock.advance(KILL_SECONDS - 0.1)
            self.assertEqual(self.gone, [])
            self.clock.advance(0.1)
        self.assertGone()
        self.assertEqual(
            logLines(events, LogLevel.warn),
            [
                "live/show: cat[100] gets SIGTERM: it does not end",
                "live/show: cat[100] gets SIGKILL: it still does not end",
            ],
        )
        self.assertIn("never heard of again", self.child.status)
        self.process.exit(signal=9)
        self.assertGone()

    def test_stop(self) -> None:
        """
        It can be stopped while the stream goes on, which changes nothing the second
        time, nor when the stream ends.
        """
        self.child.stop()
        self.assertTrue(self.process.inputClosed)
        self.assertEqual(self.stream.viewers, 0)
        self.receive(frame(40))
        self.clock.advance(FINISH_SECONDS - 1)
        self.child.stop()
        self.stream.end()
        self.assertEqual(self.process.flv.media, plain(*BEGIN))
        self.clock.advance(1)
        self.assertEqual(self.process.signals, ["TERM"])
        self.process.exit(signal=15)
        self.assertGone()

    def test_exit(self) -> None:
        """
        One that ends by itself is gone, with what it ended with.
        """
        self.process.exit(3)
        self.assertEqual(self.child.status, "exit code 3")
        self.assertGone()
        self.receive(frame(40))

    def test_signals(self) -> None:
        """
        Signals are called by their names, where they have one.
        """
        for number, name in ((11, "SIGSEGV"), (200, "signal 200")):
            child = Child(self.stream, "cat", self.gone.append)
            process = FakeSpawner().spawnProcess(child, "", [])
            process.exit(signal=number)
            self.assertEqual(child.status, name)

    def test_exitFirst(self) -> None:
        """
        It does not matter whether its pipes are lost first, or its end is known.
        """
        self.process.exit(0, orphans=True)
        self.process.lose(0)
        self.process.say(b"last words\n")
        self.assertEqual(self.gone, [])
        self.process.lose(1, 2)
        self.assertGone()

    def test_orphans(self) -> None:
        """
        Where others have its pipes when it is gone, those are closed; what is said
        before that is heard.
        """
        self.process.exit(1, orphans=True)
        with self.logs() as events:
            self.process.say(b"last words")
            self.clock.advance(LAST_WORDS_SECONDS - 0.1)
            self.assertEqual(self.gone, [])
            self.clock.advance(0.1)
        self.assertIn("live/show: cat[100]: last words", logLines(events))
        self.assertGone()

    def test_exited(self) -> None:
        """
        A signal that comes too late, or may not be sent, is no failure.
        """
        self.process.signalError = PermissionError(1, "Operation not permitted")
        self.stream.end()
        with self.logs() as events:
            self.clock.advance(FINISH_SECONDS)
        line = "live/show: cat[100]: (no signal can be sent: Operation not permitted)"
        self.assertIn(line, logLines(events))
        self.process.alive = False
        with self.logs() as events:
            self.clock.advance(TERM_SECONDS)
        self.assertEqual(len(logLines(events)), 1)
        self.process.exit()
        self.assertGone()


class WaitingTests(FanOutTestCase):
    """
    Processes that are there before the stream is known.
    """

    def start(self) -> FakeProcess:
        """
        @return: a process that gets the stream.
        """
        child = Child(self.stream, "cat", lambda child: None)
        process: FakeProcess = FakeSpawner().spawnProcess(child, "", [])
        return process

    def test_begin(self) -> None:
        """
        It gets everything from the first tag on.
        """
        self.publish()
        process = self.start()
        self.receive(*BEGIN)
        self.assertEqual(process.flv.media, plain(*BEGIN))

    def test_nothing(self) -> None:
        """
        When the stream ends without a tag, it gets a file without any.
        """
        self.publish()
        process = self.start()
        self.stream.end()
        self.assertTrue(process.inputClosed)
        self.assertEqual(process.flv.tags, [])
        process.exit()

    def test_stopped(self) -> None:
        """
        It can be stopped before it got anything.
        """
        self.publish()
        child = Child(self.stream, "cat", lambda child: None)
        process = FakeSpawner().spawnProcess(child, "", [])
        child.stop()
        self.assertTrue(process.inputClosed)
        self.receive(*BEGIN)
        self.assertEqual(process.input, b"")
        process.exit()
        self.assertEqual(self.stream.viewers, 0)
