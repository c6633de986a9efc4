"""
Tests of L{rtmptwisted.directory}.
"""

from __future__ import annotations

from zope.interface import implementer

from rtmptwisted.errors import CommandRejected
from rtmptwisted.interfaces import IStreamWatcher
from rtmptwisted.streams import LiveStream, Publisher
from rtmptwisted.takeover import STALLED_SECONDS
from tests.fakes import FakeSink, ReturningSink
from tests.support import ServerTestCase

WHO = Publisher("192.0.2.1:4000")


@implementer(IStreamWatcher)
class Watcher:
    """
    Writes down what it is told.
    """

    def __init__(self, error: Exception | None = None) -> None:
        self.told: list[tuple[str, str, bool]] = []
        self.error = error

    def _tell(self, what: str, stream: LiveStream) -> None:
        self.told.append((what, stream.name, stream.isLive))
        if self.error is not None:
            raise self.error

    def streamStarted(self, stream: LiveStream) -> None:
        """
        See L{IStreamWatcher}.
        """
        self._tell("started", stream)

    def streamStopped(self, stream: LiveStream) -> None:
        """
        See L{IStreamWatcher}.
        """
        self._tell("stopped", stream)


class StreamDirectoryTests(ServerTestCase):
    """
    Tests of L{StreamDirectory}.
    """

    def test_oneStreamForAName(self) -> None:
        """
        Whoever asks for a name gets the same stream.
        """
        stream = self.directory.stream("live/show")
        self.assertIs(self.directory.stream("live/show"), stream)
        self.assertIs(self.directory.publish("live/show", WHO), stream)
        self.assertIs(self.directory.live("live/show"), stream)

    def test_live(self) -> None:
        """
        Only what is published is live, and listed, by name.
        """
        for name in ("b/2", "a/1", "c/3"):
            self.directory.publish(name, WHO)
        self.directory.stream("a/waiting")
        self.assertIsNone(self.directory.live("a/waiting"))
        self.assertIsNone(self.directory.live("nothing"))
        self.assertEqual([each.name for each in self.directory], ["a/1", "b/2", "c/3"])

    def test_onePublisher(self) -> None:
        """
        A name has one publisher.
        """
        self.directory.publish("live/show", WHO)
        with self.assertRaises(CommandRejected) as raised:
            self.directory.publish("live/show", Publisher("192.0.2.2:4000"))
        self.assertEqual(raised.exception.code, "NetStream.Publish.BadName")
        stream = self.directory.live("live/show")
        assert stream is not None
        self.assertIs(stream.publisher, WHO)

    def test_forgets(self) -> None:
        """
        A stream that nobody publishes and nobody waits for is forgotten.
        """
        stream = self.directory.publish("live/show", WHO)
        stream.end()
        self.assertIsNot(self.directory.stream("live/show"), stream)

    def test_remembersThoseWhoWait(self) -> None:
        """
        A stream that somebody waits for is not forgotten, until nobody does.
        """
        stream = self.directory.stream("live/show")
        one, two = FakeSink(), FakeSink()
        stream.addSink(one)
        stream.addSink(two)
        stream.removeSink(one)
        self.assertIs(self.directory.stream("live/show"), stream)
        stream.removeSink(two)
        self.assertIsNot(self.directory.stream("live/show"), stream)

    def test_remembersThoseWhoReturn(self) -> None:
        """
        One that somebody waits for again at the end of a publish is not
        forgotten either.
        """
        stream = self.directory.publish("live/show", WHO)
        stream.addSink(ReturningSink(stream))
        stream.end()
        self.assertTrue(stream.hasSinks)
        self.assertIs(self.directory.stream("live/show"), stream)

    def test_forgetsNoOther(self) -> None:
        """
        A stream that was forgotten before does not take another along that has
        its name by now.
        """
        old = self.directory.publish("live/show", WHO)
        old.end()
        new = self.directory.stream("live/show")
        self.assertIsNot(new, old)
        self.directory.forgetIfUnused(old)
        old.removeSink(FakeSink())
        self.assertIs(self.directory.stream("live/show"), new)
        self.directory.forgetIfUnused(new)
        self.assertIsNot(self.directory.stream("live/show"), new)

    def test_remembersWhatIsLive(self) -> None:
        """
        A stream that is live stays, whoever leaves.
        """
        stream = self.directory.publish("live/show", WHO)
        sink = FakeSink()
        stream.addSink(sink)
        stream.removeSink(sink)
        self.assertIs(self.directory.live("live/show"), stream)

    def test_watch(self) -> None:
        """
        A watcher is told of each start and each end, in that order.
        """
        watcher = Watcher()
        self.directory.publish("live/before", WHO)
        self.directory.watch(watcher)
        self.directory.publish("live/show", WHO).end()
        self.assertEqual(
            watcher.told,
            [("started", "live/show", True), ("stopped", "live/show", False)],
        )

    def test_unwatch(self) -> None:
        """
        A watcher that was taken off is told nothing.
        """
        watcher = Watcher()
        self.directory.watch(watcher)
        self.directory.unwatch(watcher)
        self.directory.publish("live/show", WHO)
        self.assertEqual(watcher.told, [])

    def test_refusedIsNotTold(self) -> None:
        """
        A publish that is refused is told to nobody.
        """
        self.directory.publish("live/show", WHO)
        watcher = Watcher()
        self.directory.watch(watcher)
        with self.assertRaises(CommandRejected):
            self.directory.publish("live/show", WHO)
        self.assertEqual(watcher.told, [])

    def test_brokenWatcher(self) -> None:
        """
        A watcher that raises costs neither the stream nor the other watchers
        anything; the failures are logged.
        """
        after = Watcher()
        self.directory.watch(Watcher(ZeroDivisionError("a defect")))
        self.directory.watch(after)
        stream = self.directory.publish("live/show", WHO)
        stream.end()
        self.assertEqual([what for what, _, _ in after.told], ["started", "stopped"])
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 2)
        self.assertIsNot(self.directory.stream("live/show"), stream)

    def test_brokenPublisher(self) -> None:
        """
        A defect in a publisher who is displaced does not keep its successor from
        publishing, nor from ending the stream.
        """

        def displaced() -> None:
            raise ZeroDivisionError("a defect")

        stream = self.directory.publish(
            "live/show", Publisher("192.0.2.1:4000", displaced=displaced)
        )
        self.clock.advance(STALLED_SECONDS)
        newcomer = Publisher("192.0.2.2:4000")
        self.assertIs(self.directory.publish("live/show", newcomer), stream)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        stream.end(newcomer)
        self.assertFalse(stream.isLive)
