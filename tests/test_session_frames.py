"""
Tests of L{rtmptwisted.session}: many frames in one go.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from rtmptwisted.streams import Publisher
from rtmptwisted.wire.flv import FLVTag
from tests.fakes import FakeSink
from tests.media import asMessage, audio, frame, keyframe, plain
from tests.session_support import SessionTestCase


class ActingSink(FakeSink):
    """
    Does something at its second tag.
    """

    def __init__(self, act: Callable[[], None]) -> None:
        super().__init__()
        self._act = act

    def tagReceived(self, tag: FLVTag) -> None:
        """
        See L{ITagSink<rtmptwisted.interfaces.ITagSink>}.
        """
        super().tagReceived(tag)
        if len(self.tags) == 2:
            self._act()


class FramesTests(SessionTestCase):
    """
    Tests of C{framesReceived}.
    """

    def test_severalNetStreams(self) -> None:
        """
        Each frame goes to the stream that it belongs to, in order, however they
        alternate; those of no publisher are counted.
        """
        sinks = {1: FakeSink(), 3: FakeSink()}
        self.publishing("one", sinks[1])
        self.playing("two")
        self.publishing("three", sinks[3])
        random = Random(3)
        messages = [asMessage(frame(n), random.randrange(5)) for n in range(500)]
        self.session.framesReceived(messages)
        for id, sink in sinks.items():
            times = [each.timestamp for each in messages if each.messageStreamID == id]
            self.assertEqual([each.timestamp for each in sink.tags], times)
        nobodys = [each for each in messages if each.messageStreamID not in sinks]
        self.assertEqual(self.session.dropped, len(nobodys))

    def test_sameAsOneByOne(self) -> None:
        """
        It makes no difference whether they come one by one.
        """
        tags = [keyframe(0), audio(10), frame(40), audio(50)]
        one, two = FakeSink(), FakeSink()
        self.publishing("one", one)
        self.publishing("two", two)
        self.session.framesReceived(asMessage(tag, 1) for tag in tags)
        for tag in tags:
            self.session.mediaReceived(asMessage(tag, 2))
        self.assertEqual(plain(*one.tags), plain(*tags))
        self.assertEqual(plain(*two.tags), plain(*tags))

    def test_heard(self) -> None:
        """
        Each stream that has got a frame is known to be well.
        """
        self.publishing("one")
        self.publishing("two")
        self.publishing("three")
        self.clock.advance(3)
        self.session.framesReceived(asMessage(audio(0), id) for id in (1, 9, 2))
        stalled = [each.name for each in self.directory if each.isStalled]
        self.assertEqual(stalled, ["live/three"])

    def test_closed(self) -> None:
        """
        When a receiver closes the connection, the rest goes nowhere, and does not
        count as media outside of a publish.
        """
        for id in (1, 2):
            self.setUp()
            sink, other = ActingSink(self.session.close), FakeSink()
            self.publishing("one", sink)
            self.publishing("two", other)
            rest = [asMessage(frame(n), id) for n in range(2, 50)]
            self.session.framesReceived(
                [asMessage(keyframe(0)), asMessage(frame(1)), *rest]
            )
            self.assertEqual(plain(*sink.tags), plain(keyframe(0), frame(1)))
            self.assertEqual(other.tags, [])
            self.assertEqual((sink.ended, other.ended), (1, 1))
            self.assertEqual(self.session.dropped, 0)

    def test_ended(self) -> None:
        """
        When only the stream has ended, the rest is counted, and other streams of the
        connection go on.
        """

        def end() -> None:
            netStream.close()

        sink, other = ActingSink(end), FakeSink()
        netStream = self.publishing("one", sink)
        self.publishing("two", other)
        self.session.framesReceived(
            asMessage(frame(n), 1 + (n % 4 == 3)) for n in range(12)
        )
        self.assertEqual([each.timestamp for each in sink.tags], [0, 1])
        self.assertEqual([each.timestamp for each in other.tags], [3, 7, 11])
        self.assertEqual(self.session.dropped, 7)

    def test_taken(self) -> None:
        """
        When somebody else takes the name meanwhile, the rest is counted, and is no
        part of what the other publishes.
        """
        theirs = FakeSink()

        def take() -> None:
            self.live("live/one").end()
            stream = self.directory.publish("live/one", Publisher("192.0.2.2:5000"))
            stream.addSink(theirs)

        sink = ActingSink(take)
        self.publishing("one", sink)
        self.session.framesReceived(asMessage(frame(n)) for n in range(10))
        self.assertEqual([each.timestamp for each in sink.tags], [0, 1])
        self.assertEqual((theirs.tags, theirs.ended), ([], 0))
        self.assertEqual(self.session.dropped, 8)
        self.session.close()
        self.assertTrue(self.live("live/one").isLive)
