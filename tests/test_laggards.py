"""
Tests of L{rtmptwisted.laggards}, and of what slow viewers get.
"""

from __future__ import annotations

from dataclasses import replace

from rtmptwisted.viewer import Flush
from rtmptwisted.wire.limits import Limits
from tests.delivery_support import BEGIN, FanOutTestCase, Watching
from tests.fakes import logLines
from tests.media import audio, frame, keyframe, plain
from tests.straight_support import FDReactor, StraightViewer

SKIPPED = (
    "RTMP viewer 192.0.2.9:5000 of live/show is too slow: it goes on at the next "
    "keyframe"
)
DROPPED = "RTMP viewer 192.0.2.9:5000 of live/show has taken nothing for 9.0 s: dropped"


class LaggardTestCase(FanOutTestCase):
    """
    A stream with viewers whose transports are full.
    """

    limits = replace(
        Limits(), viewerBytes=1000, viewerSeconds=3.0, viewerStallSeconds=9.0
    )

    def setUp(self) -> None:
        """
        Publish.
        """
        super().setUp()
        self.publish(*BEGIN)

    def full(self, count: int) -> list[Watching]:
        """
        @return: viewers whose transports are full.
        """
        viewers = [self.watch() for _ in range(count)]
        for each in viewers:
            each.viewer.pauseProducing()
        return viewers


class BudgetTests(LaggardTestCase):
    """
    How far behind a viewer may be.
    """

    def test_bytes(self) -> None:
        """
        A backlog of exactly as many bytes as are allowed is kept; one more and it
        is lost.
        """
        size = 1000 - 15
        (slow,) = self.full(1)
        self.receive(frame(40, size))
        self.assertEqual((slow.viewer.skips, self.stream.skips), (0, 0))
        slow.viewer.resumeProducing()
        self.assertEqual(slow.media[-1:], plain(frame(40, size)))
        slow.viewer.pauseProducing()
        self.receive(frame(80, size + 1))
        self.assertEqual((slow.viewer.skips, self.stream.skips), (1, 1))

    def test_takenDoesNotCount(self) -> None:
        """
        What a viewer has taken in the end does not count any more.
        """
        (slow,) = self.full(1)
        for n in range(10):
            self.receive(frame(40 + 2 * n, 400))
            self.receive(frame(41 + 2 * n, 400))
            slow.viewer.resumeProducing()
            slow.viewer.pauseProducing()
        self.assertEqual(slow.viewer.skips, 0)
        self.assertEqual(len(slow.media), len(BEGIN) + 20)

    def test_publishedMeanwhile(self) -> None:
        """
        What is published while a backlog is written, as where a publisher is at the
        other end of the same wire, comes behind all of it.
        """
        (slow,) = self.full(1)
        self.receive(frame(40))
        self.receive(frame(80))

        def publish() -> None:
            slow.outlet.onWrite = None
            self.receive(frame(120))

        slow.outlet.onWrite = publish
        slow.viewer.resumeProducing()
        self.assertEqual(slow.media[-3:], plain(frame(40), frame(80), frame(120)))

    def test_seconds(self) -> None:
        """
        So is one that is exactly as old as is allowed.
        """
        (slow,) = self.full(1)
        self.receive(frame(40))
        self.clock.advance(3)
        self.receive(frame(80))
        self.assertEqual(slow.viewer.skips, 0)
        self.clock.advance(0.01)
        self.receive(frame(120))
        self.assertEqual((slow.viewer.skips, self.stream.skips), (1, 1))

    def test_oldestThatWaits(self) -> None:
        """
        It is as old as the oldest flush that still waits, not as the pause.
        """
        (slow,) = self.full(1)
        for n in range(8):
            self.receive(frame(40 + n))
            self.clock.advance(1)
            slow.outlet.onWrite = slow.viewer.pauseProducing
            slow.viewer.resumeProducing()
        self.assertEqual(slow.viewer.skips, 0)

    def test_oneLargeFlush(self) -> None:
        """
        A single flush that is larger than all that is allowed is lost to a viewer
        that does not take it, and to no other.
        """
        (slow,) = self.full(1)
        quick = self.watch()
        self.receive(keyframe(40, 5000))
        self.assertEqual((slow.viewer.skips, quick.viewer.skips), (1, 0))
        self.assertEqual(quick.media[-1:], plain(keyframe(40, 5000)))

    def test_again(self) -> None:
        """
        Each time is counted: for the viewer, and for the stream.
        """
        one, two = self.full(2)
        for n in range(4):
            self.receive(keyframe(1000 * n, 600))
            self.receive(frame(1000 * n + 40, 600))
        self.assertEqual((one.viewer.skips, two.viewer.skips), (4, 4))
        self.assertEqual(self.stream.skips, 8)

    def test_timeline(self) -> None:
        """
        What a viewer gets across skips has the publisher's timestamps, which never
        go back, and nothing twice.
        """
        (slow,) = self.full(1)
        sent = []
        for n in range(1, 60):
            tag = keyframe(n * 40, 300) if n % 10 == 0 else frame(n * 40, 200)
            sent.append((tag.timestamp, tag.body))
            self.receive(tag)
            if n % 9 == 0:
                slow.outlet.onWrite = slow.viewer.pauseProducing
                slow.viewer.resumeProducing()
        self.assertGreater(slow.viewer.skips, 2)
        times = [tag.timestamp for tag in slow.media]
        self.assertEqual(times, sorted(times))
        frames = [(tag.timestamp, tag.body) for tag in slow.media if tag.body[1] == 1]
        frames = [each for each in frames if each[0] > 10]
        self.assertEqual(len(set(frames)), len(frames))
        self.assertLessEqual(set(frames), set(sent))


class LogTests(LaggardTestCase):
    """
    What the log says.
    """

    def test_skip(self) -> None:
        """
        The first skip is logged by itself, further ones of the same second as their
        number.
        """
        self.full(40)
        with self.logs() as events:
            self.receive(frame(40, 2000))
            self.clock.advance(1)
            self.clock.advance(1)
        self.assertEqual(
            logLines(events), [SKIPPED, "39 more times a viewer was too slow"]
        )

    def test_dropped(self) -> None:
        """
        So is a viewer that is dropped, by itself, apart from those that skip.
        """
        viewers = self.full(40)
        self.clock.advance(9.1)
        with self.logs() as events:
            self.receive(frame(40))
            self.clock.advance(1)
        self.assertEqual(
            logLines(events), [DROPPED, "39 more viewers took nothing and were dropped"]
        )
        self.assertEqual([each.outlet.aborted for each in viewers], [1] * 40)

    def test_droppedWhileItWaits(self) -> None:
        """
        A viewer that waits for a keyframe is dropped, and said so, all the same.
        """
        (slow,) = self.full(1)
        self.receive(frame(40, 2000))
        with self.logs() as events:
            self.clock.advance(9.1)
            self.receive(frame(80))
            self.receive(frame(120))
        self.assertEqual((logLines(events), slow.outlet.aborted), ([DROPPED], 1))

    def test_droppedWhileMuted(self) -> None:
        """
        So is one that wants nothing and has not taken what it was sent before.
        """
        (slow,) = self.full(1)
        slow.viewer.mute(True)
        with self.logs() as events:
            self.clock.advance(9.1)
            self.receive(keyframe(80))
        self.assertEqual((logLines(events), slow.outlet.aborted), ([DROPPED], 1))

    def test_droppedOnce(self) -> None:
        """
        A viewer that was dropped is neither dropped again nor counted as slow,
        until its connection is gone.
        """
        (slow,) = self.full(1)
        self.clock.advance(9.1)
        self.receive(frame(40))
        self.clock.advance(60)
        with self.logs() as events:
            for n in range(5):
                self.receive(keyframe(80 + n, 3000))
                self.clock.advance(10)
        self.assertEqual((logLines(events), slow.outlet.aborted), ([], 1))
        self.assertEqual(self.stream.skips, 0)

    def test_acrossStreams(self) -> None:
        """
        All streams of a server together have one line a second.
        """
        lines = []
        with self.logs() as events:
            for n in range(5):
                name = f"live/show{n}"
                stream = self.directory.publish(name, self.live().publisher)  # type: ignore[arg-type]
                for tag in BEGIN:
                    stream.receive(tag)
                viewer = StraightViewer(stream, FDReactor(self.clock))
                viewer.viewer.pauseProducing()
                stream.receive(frame(40, 2000))
                self.clock.advance(0)
                lines = [line for line in logLines(events) if "too slow" in line]
                self.assertEqual(len(lines), 1)
            self.clock.advance(1)
        self.assertIn("4 more times a viewer was too slow", logLines(events))


class CostTests(LaggardTestCase):
    """
    What stalled viewers cost.
    """

    limits = replace(Limits(), viewerBytes=100_000)

    def test_noCopies(self) -> None:
        """
        Stalled viewers hold the same flushes as each other, and no bytes of their
        own; when they skip they hold none.
        """
        viewers = self.full(500)
        for n in range(9):
            self.receive(frame(40 + n, 9000))
        backlogs = [list(each.viewer._backlog or ()) for each in viewers]
        self.assertEqual(len(backlogs[0]), 9)
        for backlog in backlogs:
            for ours, theirs in zip(backlog, backlogs[0], strict=True):
                self.assertIsInstance(ours, Flush)
                self.assertIs(ours, theirs)
        self.receive(frame(60, 90_000))
        self.assertEqual({each.viewer._backlog for each in viewers}, {None})

    def test_restartIsShared(self) -> None:
        """
        Those that go on at the same keyframe hold the same bytes too.
        """
        viewers = self.full(500)
        self.receive(frame(40, 200_000))
        self.receive(keyframe(80), audio(90))
        backlogs = [list(each.viewer._backlog or ()) for each in viewers]
        for backlog in backlogs:
            self.assertEqual(len(backlog), 1)
            self.assertIs(backlog[0], backlogs[0][0])

    def test_waitingCostsNothing(self) -> None:
        """
        A viewer that waits for a keyframe holds nothing, however long that takes,
        as long as its connection takes something.
        """
        viewers = self.full(10)
        self.receive(frame(40, 200_000))
        for each in viewers:
            each.viewer.resumeProducing()
        for n in range(300):
            self.clock.advance(0.05)
            self.receive(frame(80 + n, 5000))
        for each in viewers:
            self.assertEqual(each.media, plain(*BEGIN))
            self.assertIsNone(each.viewer._backlog)
            self.assertEqual((each.viewer.skips, each.outlet.aborted), (1, 0))
