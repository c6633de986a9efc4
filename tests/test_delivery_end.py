"""
Tests of L{rtmptwisted.delivery}: the end of a stream, and viewers that fail.
"""

from __future__ import annotations

from rtmptwisted.delivery import FanOut
from rtmptwisted.formats import RTMPFormat
from tests.delivery_support import BEGIN, FanOutTestCase
from tests.fakes import logLines
from tests.media import frame, keyframe, plain, videoHeader


class EndTests(FanOutTestCase):
    """
    What happens at the end of the stream.
    """

    def test_end(self) -> None:
        """
        At the end each viewer gets what is left, and is finished once.
        """
        self.publish(*BEGIN)
        viewers = [self.watch(), self.watch()]
        self.stream.receive(frame(40))
        self.stream.end()
        for each in viewers:
            self.assertEqual(each.media, plain(*BEGIN, frame(40)))
            self.assertEqual(each.outlet.finished, 1)
        self.assertEqual(self.stream.viewers, 0)

    def test_endBeforeSettled(self) -> None:
        """
        Viewers that still wait when a short stream ends get all of it, with
        flags that fit.
        """
        viewer = self.watch()
        self.publish(videoHeader(), keyframe(0), frame(40))
        self.stream.end()
        self.assertEqual(viewer.contents.flags, 1)
        self.assertEqual(viewer.media, plain(videoHeader(), keyframe(0), frame(40)))
        self.assertEqual(viewer.outlet.finished, 1)

    def test_nothingAfterwards(self) -> None:
        """
        A viewer of one publish gets nothing of the next under the same name.
        """
        self.publish(*BEGIN)
        viewer = self.watch()
        self.stream.end()
        self.stream = self.directory.stream("live/show")
        self.publish(*BEGIN)
        self.assertEqual(viewer.media, plain(*BEGIN))
        self.assertEqual(self.stream.viewers, 0)


class BrokenViewerTests(FanOutTestCase):
    """
    Viewers whose outlet raises.
    """

    def setUp(self) -> None:
        """
        Publish.
        """
        super().setUp()
        self.publish(*BEGIN)

    def fails(self) -> None:
        """
        Raise, as an outlet with a defect.
        """
        raise ZeroDivisionError("a defect")

    def test_write(self) -> None:
        """
        A viewer that cannot be written to is removed, with one failure in the
        log; those before and after it lose nothing.
        """
        before, broken, after = self.watch(), self.watch(), self.watch()
        broken.outlet.onWrite = self.fails
        with self.logs() as events:
            self.receive(frame(40))
            self.receive(frame(80))
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertEqual(logLines(events)[0], "a viewer at 192.0.2.9:5000 failed")
        for each in (before, after):
            self.assertEqual(each.media, plain(*BEGIN, frame(40), frame(80)))
        self.assertEqual(broken.media, plain(*BEGIN, frame(40)))
        self.assertEqual(self.stream.viewers, 2)

    def test_opening(self) -> None:
        """
        The same holds for one that cannot be written to when it joins, and for
        those who waited with it.
        """
        self.stream.end()
        self.stream = self.directory.stream("live/show")
        before, broken, after = self.watch(), self.watch(), self.watch()
        broken.outlet.onWrite = self.fails
        self.publish(*BEGIN)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.receive(frame(40))
        for each in (before, after):
            self.assertEqual(each.media, plain(*BEGIN, frame(40)))
        self.assertEqual(self.stream.viewers, 2)

    def test_restart(self) -> None:
        """
        The same holds for one that fails where it goes on after a pause.
        """
        broken, after = self.watch(), self.watch()
        for each in (broken, after):
            each.viewer.mute(True)
            each.viewer.mute(False)
        broken.outlet.onWrite = self.fails
        self.receive(keyframe(40))
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertEqual(after.media[-1:], plain(keyframe(40)))
        self.assertEqual(self.stream.viewers, 1)

    def test_finish(self) -> None:
        """
        A viewer that fails at the end keeps no other from hearing of it.
        """
        before, broken, after = self.watch(), self.watch(), self.watch()
        broken.outlet.onFinish = self.fails
        self.stream.receive(frame(40))
        self.stream.end()
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        for each in (before, broken, after):
            self.assertEqual(each.outlet.finished, 1)
            self.assertEqual(each.media, plain(*BEGIN, frame(40)))
        self.assertEqual(self.stream.viewers, 0)

    def test_theOnlyOne(self) -> None:
        """
        When nobody else is there the fan-out leaves the stream.
        """
        self.watch().outlet.onWrite = self.fails
        self.receive(frame(40))
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertEqual((self.stream.viewers, self.stream.hasSinks), (0, False))

    def test_failsAsItMoves(self) -> None:
        """
        A viewer that fails while it goes over to another format is gone, and
        leaves nothing behind.
        """
        broken = self.watch(RTMPFormat(1))
        broken.outlet.onWrite = self.fails
        self.stream.receive(frame(40))
        other = FanOut.of(
            self.stream, RTMPFormat(1, audio=False), self.clock, self.limits
        )
        broken.fanOut.move(broken.viewer, other, skip=False)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertEqual((self.stream.viewers, self.stream.hasSinks), (0, False))
