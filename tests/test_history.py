"""
Tests of L{rtmptwisted.history}.
"""

from __future__ import annotations

from typing import Any

from rtmptwisted.history import INTERVAL, SAMPLES, History, StreamHistory
from rtmptwisted.streams import LiveStream, Publisher
from tests.fakes import FakeSink
from tests.media import frame
from tests.support import ServerTestCase

WHO = Publisher("192.0.2.1:4000")


class HistoryTests(ServerTestCase):
    """
    Tests of L{History}.
    """

    def setUp(self) -> None:
        """
        Watch a directory.
        """
        super().setUp()
        self.history = History(self.directory)

    def publish(self, name: str = "live/show") -> LiveStream:
        """
        Begin to publish.
        """
        return self.directory.publish(name, WHO)

    def of(self, stream: LiveStream) -> StreamHistory:
        """
        @return: the history of a stream, which has to have one.
        """
        found = self.history.of(stream)
        assert found is not None
        return found

    def series(self, stream: LiveStream) -> dict[str, Any]:
        """
        @return: all that is kept of a stream.
        """
        return self.of(stream).asJSON(SAMPLES)

    def send(self, stream: LiveStream, frames: int, size: int) -> None:
        """
        Let the publisher send frames of video.
        """
        for index in range(frames):
            stream.receive(frame(index * 40, size))

    def test_nothingIsLive(self) -> None:
        """
        While nothing is live nothing is done.
        """
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.publish().end()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_samples(self) -> None:
        """
        Each two seconds there is a sample, of what came since the one before.
        """
        stream = self.publish()
        self.send(stream, 50, 1000)
        self.clock.advance(1.9)
        self.assertEqual(self.series(stream)["count"], 0)
        self.clock.advance(0.1)
        self.send(stream, 25, 1000)
        stream.viewers = 3
        self.clock.advance(2)
        self.assertEqual(
            self.series(stream),
            {
                "interval": 2,
                "count": 2,
                "kbps": [200, 100],
                "fps": [25.0, 12.5],
                "viewers": [0, 3],
            },
        )

    def test_now(self) -> None:
        """
        What is so now is the mean of the last three samples, and not known before
        the first.
        """
        stream = self.publish()
        past = self.of(stream)
        self.assertEqual((past.kbpsNow, past.fpsNow), (None, None))
        for frames in (100, 10, 20, 30):
            self.send(stream, frames, 100)
            self.clock.advance(2)
        self.assertEqual((past.kbpsNow, past.fpsNow), (8.0, 10.0))

    def test_lateTick(self) -> None:
        """
        When the server was busy, what came counts for the time it took.
        """
        stream = self.publish()
        self.send(stream, 100, 1000)
        self.clock.advance(4)
        self.assertEqual(self.series(stream)["fps"], [25.0])
        self.assertEqual(self.series(stream)["kbps"], [200])

    def test_bounds(self) -> None:
        """
        Of a long stream the last five minutes are kept; all samples are counted.
        """
        stream = self.publish()
        for index in range(SAMPLES + 10):
            stream.viewers = index
            self.clock.advance(INTERVAL)
        past = self.series(stream)
        self.assertEqual(past["count"], SAMPLES + 10)
        for series in ("kbps", "fps", "viewers"):
            self.assertEqual(len(past[series]), SAMPLES)
        self.assertEqual(past["viewers"], list(range(10, SAMPLES + 10)))
        self.assertEqual(len(self.of(stream).kbps), SAMPLES)
        self.assertEqual(SAMPLES * INTERVAL, 300)

    def test_justBegun(self) -> None:
        """
        A publish that began just before the others are sampled waits for the next
        time: a rate over so little would be nonsense.
        """
        self.publish("live/first")
        self.clock.advance(1.9)
        stream = self.publish("live/second")
        self.send(stream, 25, 1000)
        self.clock.advance(0.1)
        self.assertEqual(self.series(stream)["count"], 0)
        self.send(stream, 17, 1000)
        self.clock.advance(2)
        self.assertEqual(self.series(stream)["fps"], [20.0])

    def test_end(self) -> None:
        """
        With the stream its history is gone; others go on.
        """
        first, second = self.publish("live/first"), self.publish("live/second")
        self.clock.advance(2)
        first.end()
        self.assertIsNone(self.history.of(first))
        self.clock.advance(2)
        self.assertEqual(self.series(second)["count"], 2)
        second.end()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_restart(self) -> None:
        """
        A new publish of the same name has a history of its own, also of a stream
        that players have kept in being.
        """
        self.directory.stream("live/show").addSink(FakeSink())
        stream = self.publish()
        self.send(stream, 100, 1000)
        self.clock.advance(2)
        stream.end()
        self.clock.advance(60)
        again = self.publish()
        self.send(again, 10, 1000)
        self.clock.advance(2)
        self.assertEqual(self.series(again)["fps"], [5.0])

    def test_many(self) -> None:
        """
        One delayed call serves any number of streams.
        """
        streams = [self.publish(f"live/{index}") for index in range(100)]
        self.assertEqual(len(self.clock.getDelayedCalls()), 1)
        for index, stream in enumerate(streams):
            self.send(stream, index, 10)
        self.clock.advance(2)
        self.assertEqual(len(self.clock.getDelayedCalls()), 1)
        for index, stream in enumerate(streams):
            self.assertEqual(self.series(stream)["fps"], [index / 2])

    def test_liveBefore(self) -> None:
        """
        Streams that were live before anybody looked have a history from then on.
        """
        stream = self.publish()
        self.send(stream, 1000, 1000)
        self.clock.advance(100)
        history = History(self.directory)
        self.send(stream, 50, 1000)
        self.clock.advance(2)
        past = history.of(stream)
        assert past is not None
        self.assertEqual(list(past.fps), [25.0])
