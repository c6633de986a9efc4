"""
Tests of L{rtmptwisted.delivery} with players that change what they want, at any
moment.
"""

from __future__ import annotations

from random import Random

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.delivery import FanOut
from rtmptwisted.directory import StreamDirectory
from rtmptwisted.formats import RTMPFormat
from rtmptwisted.wire.flv import AUDIO, VIDEO, FLVTag
from rtmptwisted.wire.limits import Limits
from tests.delivery_support import BEGIN, WHO
from tests.media import audio, frame, keyframe
from tests.straight_support import PLENTY, FDReactor, StraightViewer
from tests.test_delivery_merging import readRTMP

FORMS = [
    RTMPFormat(1, audio, video)
    for audio, video in ((True, True), (True, False), (False, True), (False, False))
]


class Moves:
    """
    A stream, and players that move between its forms.
    """

    def __init__(self, case: SynchronousTestCase, seed: int) -> None:
        self.case = case
        self.random = Random(seed)
        self.clock = Clock()
        limits = Limits(viewerBytes=self.random.choice((700, 1 << 20)))
        window = self.random.choice((None, 0.0, 0.35))
        self.directory = StreamDirectory(self.clock, limits, window)
        self.stream = self.directory.publish("live/show", WHO)
        self.reactor = FDReactor(self.clock)
        self.frames: list[FLVTag] = []
        for tag in BEGIN:
            self.publish(tag)
        self.viewers: list[StraightViewer] = []

    def publish(self, tag: FLVTag) -> None:
        """
        Let a tag come.
        """
        if tag.isFrame:
            self.frames.append(tag)
        self.stream.receive(tag)

    def happen(self) -> None:
        """
        Let something happen.
        """
        random = self.random
        what = random.randrange(12)
        if what < 4:
            kind = random.choice((frame, frame, audio, audio, keyframe))
            time = 10 * len(self.frames) + 10
            self.publish(kind(time, random.randrange(20, 150)))
        elif what < 6:
            self.clock.advance(random.choice((0, 0.02, 0.35)))
        elif len(self.viewers) < 6:
            form = random.choice(FORMS)
            self.viewers.append(StraightViewer(self.stream, self.reactor, form))
        elif what < 9:
            self.move(random.choice(self.viewers))
        elif what == 9:
            viewer = random.choice(self.viewers)
            viewer.leave()
            self.viewers.remove(viewer)
            self.check(viewer)
        else:
            viewer = random.choice(self.viewers)
            viewer.socket.room = random.choice((random.randrange(300), PLENTY, PLENTY))
            self.reactor.turns()

    def move(self, viewer: StraightViewer) -> None:
        """
        Let a player want something else.
        """
        form = self.random.choice(FORMS)
        if form != viewer.form:
            assert isinstance(viewer.form, RTMPFormat)
            to = FanOut.of(self.stream, form, self.clock, self.directory.limits)
            appears = form.video and not viewer.form.video
            viewer.fanOut.move(viewer.viewer, to, skip=appears)
            viewer.fanOut, viewer.form = to, form

    def check(self, viewer: StraightViewer) -> None:
        """
        What a player has can be read and decoded, is in order, nothing is twice, and
        the bytes are counted.
        """
        case = self.case
        case.assertEqual(viewer.viewer.bytesSent, len(viewer.written))
        place = {tag.body: n for n, tag in enumerate(self.frames)}
        pictures = [n for n, tag in enumerate(self.frames) if tag.typeID == VIDEO]
        before = picture = -1
        ready = {AUDIO: False, VIDEO: False}
        for tag in readRTMP(viewer.written):
            known = place.get(tag.body)
            if known is None:
                ready[tag.type] = True
                continue
            case.assertTrue(ready[tag.type], "nothing has set a decoder up")
            case.assertGreater(known, before, "twice, or out of order")
            case.assertEqual(tag.timestamp, self.frames[known].timestamp)
            before = known
            if tag.type == VIDEO:
                number = pictures.index(known)
                if not self.frames[known].isKeyframe:
                    case.assertEqual(number, picture + 1, "what it needs is missing")
                picture = number

    def finish(self) -> None:
        """
        Let all take what there is, and the stream end.
        """
        for viewer in self.viewers:
            viewer.socket.room = PLENTY
        self.clock.advance(0.35)
        self.reactor.turns()
        self.publish(keyframe(10 * len(self.frames) + 10))
        self.publish(audio(10 * len(self.frames) + 10))
        self.stream.end()
        for viewer in self.viewers:
            self.check(viewer)
            assert isinstance(viewer.form, RTMPFormat)
            got = [tag.body for tag in readRTMP(viewer.written)[-2:]]
            last = [
                tag.body
                for tag in self.frames[-2:]
                if (viewer.form.audio if tag.typeID == AUDIO else viewer.form.video)
            ]
            self.case.assertEqual(got[len(got) - len(last) :], last)
        self.case.assertEqual(self.stream.viewers, 0)
        self.case.assertFalse(self.stream.hasSinks)


class MoveTests(SynchronousTestCase):
    """
    Many runs.
    """

    def test_runs(self) -> None:
        """
        Whatever players want, and whenever they change it, each gets what it wants
        then in order, nothing twice, and pictures only where it has those that they
        need.
        """
        for seed in range(200):
            run = Moves(self, seed)
            try:
                for _ in range(100):
                    run.happen()
                run.finish()
            except Exception as error:
                error.add_note(f"in the run of seed {seed}")
                raise
