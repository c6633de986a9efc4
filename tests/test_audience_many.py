"""
Tests of L{rtmptwisted.audience}: in the middle of a flush, and with many viewers.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from rtmptwisted.formats import FLVFormat, Framing
from rtmptwisted.wire.limits import Limits
from tests.delivery_support import BEGIN
from tests.flv_reader import readFLV
from tests.media import audio, frame, keyframe, plain
from tests.straight_support import StraightViewer
from tests.test_audience import AudienceTestCase


class Broken:
    """
    Has a defect.
    """

    def pauseProducing(self) -> None:
        """
        Raise something.
        """
        raise ZeroDivisionError("a defect")


class MidFlushTests(AudienceTestCase):
    """
    What happens in the middle of a flush, called from a socket's C{send}.
    """

    def test_anything(self) -> None:
        """
        Whichever viewer leaves, wants nothing, or pauses at any place of a flush,
        those that stay get each tag once, and the flush that is under way goes to
        nobody twice.
        """
        for action in ("leave", "mute", "pause", "lose"):
            for who in range(4):
                for when in range(4):
                    viewers = self.lined(3)
                    viewers += self.straight(1)
                    one = viewers[who]
                    acts: dict[str, Callable[[], None]] = {
                        "leave": one.leave,
                        "mute": partial(one.viewer.mute, True),
                        "pause": one.viewer.pauseProducing,
                        "lose": one.viewer.stopProducing,
                    }
                    viewers[when].socket.onSend = acts[action]
                    self.receive(frame(40))
                    viewers[when].socket.onSend = None
                    self.receive(frame(80))
                    for n, each in enumerate(viewers):
                        got = self.got(each)
                        if n == who:
                            self.assertIn(got, ([], plain(frame(40))))
                        else:
                            self.assertEqual(got, plain(frame(40), frame(80)))
                        each.leave()
                        if n != who:
                            self.counted(each)
                    self.receive(keyframe(0), audio(10))

    def test_joins(self) -> None:
        """
        Who joins in the middle of a flush has what the flush holds already.
        """
        viewers = self.lined(2)
        joined: list[StraightViewer] = []

        def join() -> None:
            viewers[0].socket.onSend = None
            joined.extend(self.straight())

        viewers[0].socket.onSend = join
        self.receive(frame(40))
        self.receive(frame(80))
        for each in (*viewers, *joined):
            self.assertEqual(self.got(each), plain(frame(40), frame(80)))

    def test_notInLine(self) -> None:
        """
        One that is not in line, and goes before its turn, gets nothing of the flush;
        the next one does.
        """
        (one,) = self.lined(1)
        gone, stays = self.watch(), self.watch()
        had = gone.media
        one.socket.onSend = partial(gone.fanOut.remove, gone.viewer)
        self.receive(frame(40))
        self.assertEqual(gone.media, had)
        self.assertEqual(stays.media, [*had, *plain(frame(40))])
        self.assertEqual(self.got(one), plain(frame(40)))

    def test_allLeave(self) -> None:
        """
        When all leave in the middle of a flush, the stream has no viewer, nothing is
        scheduled, and nobody is written to any more.
        """
        viewers = self.lined(3)

        def go() -> None:
            for each in viewers:
                each.leave()

        viewers[0].socket.onSend = go
        self.receive(frame(40))
        self.assertEqual((self.stream.viewers, self.stream.hasSinks), (0, False))
        had = [each.written for each in viewers]
        self.receive(frame(80))
        self.assertEqual([each.written for each in viewers], had)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_defectWhenFull(self) -> None:
        """
        A defect in what is called when a socket takes nothing, or only a part, costs
        that viewer, is logged, and nobody else loses anything.
        """
        for room in (0, 5):
            for who in range(3):
                viewers = self.lined(3)
                one = viewers.pop(who)
                one.socket.room = room
                one.outlet.straight._producer = Broken()
                self.receive(frame(40))
                self.receive(frame(80))
                self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
                self.assertEqual(one.outlet.aborted, 1)
                self.assertEqual(self.stream.viewers, 2)
                for each in viewers:
                    self.assertEqual(self.got(each), plain(frame(40), frame(80)))
                    each.leave()
                    self.counted(each)
                self.receive(keyframe(0), audio(10))


class ManyTests(AudienceTestCase):
    """
    Hundreds of viewers.
    """

    limits = Limits(viewerBytes=10_000)

    def test_stalled(self) -> None:
        """
        Five hundred stalled viewers hold the identical bytes of those that are not,
        and after a skip nothing.
        """
        quick = self.straight(2)
        stalled = self.straight(500)
        for each in stalled:
            each.socket.room = 0
        for n in range(5):
            self.receive(frame(40 + n, 1000))
        sent = quick[0].socket.sent[-4:]
        for each in stalled:
            held = [flush.data for flush in each.viewer._backlog or ()]
            self.assertEqual(len(held), 4)
            for ours, theirs in zip(held, sent, strict=True):
                self.assertIs(ours, theirs)
        for n in range(12):
            self.receive(frame(80 + n, 1000))
        self.assertEqual({each.viewer._backlog for each in stalled}, {None})
        self.assertEqual(self.stream.skips, 500)
        self.assertEqual(len(readFLV(quick[1].content).media), len(BEGIN) + 17)

    def test_partlyTaken(self) -> None:
        """
        What a stalled viewer has of its own is the rest of the one flush that its
        socket took a part of, and it does not grow.
        """
        stalled = self.straight(50)
        for each in stalled:
            each.socket.room = 5
        self.receive(frame(40, 1000))
        size = len(frame(40, 1000).encoded()) - 5
        for n in range(30):
            self.receive(frame(80 + n, 1000))
            for each in stalled:
                self.assertEqual(len(each.connection.queued), size)

    def test_manyForms(self) -> None:
        """
        Viewers of several forms each get the form that they want, in a line of
        their own.
        """
        forms = [
            FLVFormat(framing, raw) for framing in Framing for raw in (False, True)
        ]
        viewers = [
            StraightViewer(self.stream, self.reactor, form) for form in forms * 3
        ]
        for n in range(3):
            self.receive(frame(40 + n), audio(41 + n))
        lines = {each.viewer.line for each in viewers}
        self.assertEqual(len(lines), len(forms))
        self.assertNotIn(None, lines)
        for each in viewers:
            self.assertEqual(len(readFLV(each.content).media), len(BEGIN) + 6)
