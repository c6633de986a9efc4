"""
Publishers that come, stumble, stand still, leave and take over, in any order, against
a plain model of who may publish.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from rtmptwisted.directory import StreamDirectory
from rtmptwisted.factory import RTMPFactory
from rtmptwisted.interfaces import IStreamWatcher
from rtmptwisted.streams import LiveStream
from tests.fakes import FakeSink
from tests.flv_reader import AUDIO, VIDEO
from tests.media import audio, audioHeader, frame, keyframe, videoHeader
from tests.support import Client, statusCodes
from tests.test_properties import SETTINGS

GRACE = 5.0
WRAP = 1 << 32

START, BAD = ["NetStream.Publish.Start"], ["NetStream.Publish.BadName"]

#: What is done, by whom (or with which credentials), and how much time it takes.
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["come", "send"] * 3 + ["lose", "unpublish", "pass"]),
        st.integers(0, 3),
        st.sampled_from((0.0, 0.04, 0.3, 1.0, 1.9, 2.1, 4.9, 5.1)),
    ),
    max_size=25,
)


@implementer(IStreamWatcher)
class Recorders:
    """
    A sink for each publish.
    """

    def __init__(self) -> None:
        self.sinks: list[FakeSink] = []
        self.stopped = 0

    def streamStarted(self, stream: LiveStream) -> None:
        """
        See L{IStreamWatcher}.
        """
        self.sinks.append(FakeSink())
        stream.addSink(self.sinks[-1])

    def streamStopped(self, stream: LiveStream) -> None:
        """
        See L{IStreamWatcher}.
        """
        self.stopped += 1


class Encoder:
    """
    A client that publishes, with a clock of its own.
    """

    def __init__(self, factory: RTMPFactory, clock: Clock, key: int, base: int) -> None:
        self.clock = clock
        self.key = key
        self.base = base - round(clock.seconds() * 1000)
        self.client = Client(factory)
        self.client.connect()
        self.client.createStream()
        self.client.send(videoHeader(), audioHeader())
        self.client.send(self.client.command("publish", f"show?key={key}", id=1))

    def send(self) -> None:
        """
        Send a picture, and sound that belongs a little before it.
        """
        now = self.base + round(self.clock.seconds() * 1000)
        picture, sound = now % WRAP, (now - 30) % WRAP
        self.client.send(keyframe(picture), audio(sound), frame(picture))


@dataclass
class Model:
    """
    Who publishes, as it should be.

    @ivar owner: who has the name; L{None} while the stream waits, or is not there.
    @ivar waitsUntil: when it ends, while it waits.
    """

    grace: float
    owner: Encoder | None = None
    key: int | None = None
    heardAt: float = 0.0
    waitsUntil: float | None = None
    hasFrames: bool = False
    begun: int = 0

    def passes(self, now: float) -> None:
        """
        Time has passed.
        """
        if self.waitsUntil is not None and now >= self.waitsUntil:
            self.end()

    def end(self) -> None:
        """
        The stream is over.
        """
        self.owner = self.key = self.waitsUntil = None
        self.hasFrames = False

    def lose(self, now: float) -> None:
        """
        The connection of the owner is lost.
        """
        if self.grace and self.hasFrames:
            self.owner, self.waitsUntil = None, now + self.grace
        else:
            self.end()

    def take(self, newcomer: Encoder, now: float) -> None:
        """
        Somebody has the name from now on.
        """
        self.begun += self.key is None
        self.owner, self.key = newcomer, newcomer.key
        self.heardAt, self.waitsUntil = now, None


class Play:
    """
    The server, the model, and all who take part.
    """

    def __init__(self, grace: float, test: SynchronousTestCase) -> None:
        self.test = test
        self.clock = Clock()
        self.clock.advance(1000)
        self.directory = StreamDirectory(self.clock, grace=grace)
        self.factory = RTMPFactory(self.directory, None, bytes)
        self.recorders = Recorders()
        self.directory.watch(self.recorders)
        self.model = Model(grace)
        self.encoders: list[Encoder] = []

    def advance(self, seconds: float) -> None:
        """
        Let time pass.
        """
        # Not quite on the moments when something is due.
        self.clock.pump([seconds / 10] * 10)
        self.clock.advance(0.001)
        self.model.passes(self.clock.seconds())

    def lose(self, encoder: Encoder) -> None:
        """
        A connection is lost.
        """
        self.encoders.remove(encoder)
        if encoder is self.model.owner:
            self.model.lose(self.clock.seconds())
        encoder.client.lose()

    def unpublish(self, encoder: Encoder) -> None:
        """
        Somebody ends its publish, and leaves.
        """
        encoder.client.call("deleteStream", 1.0)
        if encoder is self.model.owner:
            self.model.end()
        self.lose(encoder)

    def send(self, encoder: Encoder) -> None:
        """
        Somebody sends frames.
        """
        encoder.send()
        if encoder is self.model.owner:
            self.model.heardAt = self.clock.seconds()
            self.model.hasFrames = True

    def come(self, key: int, seconds: float) -> None:
        """
        Somebody comes, with some credentials, and learns what it can have.
        """
        model, base = self.model, (key * 1_500_000_000 - 5000) % WRAP
        newcomer = Encoder(self.factory, self.clock, key % 2, base)
        # For what is looked at once more.
        self.clock.advance(0.002)
        codes = statusCodes(newcomer.client.read())
        present = model.owner
        expected = START
        if model.key is not None and model.key != newcomer.key:
            expected = BAD
        elif present is not None and self.clock.seconds() - model.heardAt < 2:
            self.test.assertEqual(codes, [])
            expected = self.whileWaiting(present, key, seconds)
            codes = statusCodes(newcomer.client.read())
        self.test.assertEqual(codes, expected)
        if expected == START:
            model.take(newcomer, self.clock.seconds())
            self.encoders.append(newcomer)
            if present in self.encoders:
                self.test.assertTrue(present.client.closing)
                self.encoders.remove(present)
                present.client.lose()
        else:
            newcomer.client.lose()

    def whileWaiting(self, present: Encoder, key: int, seconds: float) -> list[str]:
        """
        Something happens while somebody waits for a name.

        @return: what the newcomer is to be told.
        """
        acts: list[Callable[[Encoder], None]] = [self.send, self.lose, self.unpublish]
        act = int(seconds * 10) % 4
        self.clock.advance(0.001)
        if act == 3:
            self.clock.pump([0.1] * 21)
            return START
        acts[act](present)
        self.clock.advance(0.1)
        return BAD if act == 0 else START

    def check(self) -> None:
        """
        The server is as the model says, and sinks have what they should have.
        """
        model, test = self.model, self.test
        stream = self.directory.live("live/show")
        test.assertEqual(stream is not None, model.key is not None)
        if stream is not None:
            test.assertEqual(stream.interrupted, model.owner is None)
        sinks = self.recorders.sinks
        test.assertEqual(len(sinks), model.begun)
        over = len(sinks) - (stream is not None)
        test.assertEqual(
            [sink.ended for sink in sinks], [1] * over + [0] * (len(sinks) - over)
        )
        test.assertEqual(self.recorders.stopped, over)
        for sink in sinks:
            for typeID in (AUDIO, VIDEO):
                times = [
                    t.timestamp for t in sink.tags if t.typeID == typeID and t.isFrame
                ]
                for before, after in pairwise(times):
                    test.assertLess((after - before) % WRAP, 1 << 31)


class RandomTests(SynchronousTestCase):
    """
    Anything, in any order.
    """

    @given(STEPS, st.sampled_from((0.0, GRACE)))
    @SETTINGS
    def test_anyOrder(self, steps: list[tuple[str, int, float]], grace: float) -> None:
        """
        Who may publish does so, whoever else comes; each sink is told of the end once,
        and the timestamps of each kind of media never fall.
        """
        play = Play(grace, self)
        for what, who, seconds in steps:
            encoders = play.encoders
            if what == "come":
                play.come(who, seconds)
            elif what == "pass" or not encoders:
                play.advance(seconds)
            else:
                act = {
                    "send": play.send,
                    "lose": play.lose,
                    "unpublish": play.unpublish,
                }
                act[what](encoders[who % len(encoders)])
                play.advance(seconds)
            play.check()
        for encoder in list(play.encoders):
            play.lose(encoder)
        play.advance(GRACE + 1)
        play.check()
        self.assertEqual(list(play.directory), [])
        self.assertEqual(play.clock.getDelayedCalls(), [])
