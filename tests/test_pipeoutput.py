"""
Tests of L{rtmptwisted.pipeoutput}.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

from twisted.internet.interfaces import IReadWriteDescriptor
from twisted.internet.testing import MemoryReactor
from twisted.logger import LogLevel
from twisted.python.failure import Failure

from rtmptwisted.pipeoutput import FINISH_SECONDS, OutputService
from rtmptwisted.streams import LiveStream
from rtmptwisted.wire.flv import FLVTag
from rtmptwisted.wire.limits import Limits
from tests.child_support import WHO
from tests.delivery_support import BEGIN
from tests.fakes import logLines
from tests.flv_reader import FLV, readFLV
from tests.media import configuration, frame, keyframe, plain
from tests.support import ServerTestCase


def isOpen(descriptor: int) -> bool:
    """
    @return: whether there is something behind a descriptor.
    """
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


class OutputTestCase(ServerTestCase):
    """
    A service that writes to a pipe.
    """

    limits = replace(Limits(), viewerBytes=160_000)
    patterns: tuple[str, ...] = ()

    def setUp(self) -> None:
        """
        Start it.
        """
        super().setUp()
        self.reactor = MemoryReactor()
        self.reader, self.descriptor = os.pipe()
        os.set_blocking(self.reader, False)
        self.addCleanup(self.closeReader)
        self.received = bytearray()
        reactor: Any = self.reactor
        self.service = OutputService(
            self.directory, reactor, self.descriptor, *self.patterns
        )
        self.service.startService()
        self.addCleanup(self.closeWriter)

    def closeReader(self) -> None:
        """
        Go away, as a reader.
        """
        if self.reader >= 0:
            os.close(self.reader)
            self.reader = -1

    def closeWriter(self) -> None:
        """
        Leave nothing open.
        """
        self.service.stopService()
        self.clock.advance(FINISH_SECONDS)
        self.assertFalse(isOpen(self.descriptor))

    def publish(self, name: str = "live/show") -> LiveStream:
        """
        @return: a stream that somebody publishes.
        """
        stream = self.directory.publish(name, WHO)
        self.receive(stream, *BEGIN)
        return stream

    def receive(self, stream: LiveStream, *tags: FLVTag) -> None:
        """
        Let the publisher send, and the reader take what has come.
        """
        for tag in tags:
            stream.receive(tag)
        self.clock.advance(0)

    def write(self) -> None:
        """
        Let the reactor write what there is room for.
        """
        for writer in list(self.reactor.writers):
            descriptor: IReadWriteDescriptor = writer
            failure = descriptor.doWrite()
            if failure is not None:
                descriptor.connectionLost(Failure(failure))

    def read(self) -> None:
        """
        Let the reactor write, and the reader read, everything.
        """
        while True:
            self.write()
            try:
                data = os.read(self.reader, 65536)
            except BlockingIOError:
                return
            if not data:
                return
            self.received += data

    @property
    def flv(self) -> FLV:
        """
        What was read.
        """
        self.read()
        return readFLV(self.received)

    def stop(self) -> list[None]:
        """
        Stop the service.

        @return: gets an element when it has stopped.
        """
        stopped: list[None] = []
        self.service.stopService().addCallback(stopped.append)
        return stopped


class OutputTests(OutputTestCase):
    """
    What is written.
    """

    def test_stream(self) -> None:
        """
        The stream is written as it was published, and the pipe closed at its end.
        """
        stream = self.publish()
        more = (configuration(30), frame(40, 100_000), keyframe(80))
        self.receive(stream, *more)
        self.read()
        stream.end()
        self.assertTrue(isOpen(self.descriptor))
        with self.logs() as events:
            flv = self.flv
        self.assertEqual(flv.media, plain(*BEGIN, *more))
        self.assertFalse(isOpen(self.descriptor))
        line = "standard output is closed: live/show is over"
        self.assertEqual(logLines(events), [line])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_others(self) -> None:
        """
        Streams that come meanwhile, and those that come later, are not written, each
        with a line in the log.
        """
        with self.logs() as events:
            stream = self.publish()
            other = self.publish("live/other")
            self.receive(other, frame(40))
            self.read()
            stream.end()
            self.read()
            self.receive(other, frame(80))
            self.publish("live/late")
            self.publish()
        said = "is not written to standard output:"
        self.assertEqual(
            logLines(events, LogLevel.warn),
            [
                f"live/other {said} live/show is",
                f"live/late {said} it is closed",
                f"live/show {said} it is closed",
            ],
        )
        self.assertEqual(self.flv.media, plain(*BEGIN))

    def test_before(self) -> None:
        """
        A stream that is live already when the service starts is written.
        """
        reader, descriptor = os.pipe()
        stream = self.publish()
        reactor: Any = self.reactor
        late = OutputService(self.directory, reactor, descriptor)
        late.startService()
        stream.end()
        self.read()
        with open(reader, "rb") as file:
            self.assertEqual(readFLV(file.read()).media, plain(*BEGIN))

    def test_nothing(self) -> None:
        """
        Where nothing is published the pipe is closed when the service stops.
        """
        with self.logs() as events:
            stopped = self.stop()
            self.read()
        self.assertEqual(self.received, b"")
        self.assertEqual(stopped, [None])
        line = "standard output is closed: nothing was there"
        self.assertEqual(logLines(events), [line])

    def test_stop(self) -> None:
        """
        A service that stops writes what is left of a stream that goes on.
        """
        stream = self.publish()
        stopped = self.stop()
        self.receive(stream, frame(40))
        self.assertEqual(stopped, [])
        self.assertEqual(self.flv.media, plain(*BEGIN))
        self.assertEqual(stopped, [None])
        self.assertEqual(stream.viewers, 0)
        with self.logs() as events:
            self.publish("live/other")
        self.assertEqual(logLines(events, LogLevel.warn), [])

    def test_stopAfterEnd(self) -> None:
        """
        A service that stops when the stream is over waits for the reader of the rest,
        or has stopped already.
        """
        self.publish().end()
        stopped = self.stop()
        self.assertEqual(stopped, [])
        self.read()
        self.assertEqual(stopped, [None])
        self.assertEqual(self.stop(), [None])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_stopAfterAll(self) -> None:
        """
        A service whose stream is over and read has nothing to stop.
        """
        self.publish().end()
        self.read()
        self.assertEqual(self.stop(), [None])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_full(self) -> None:
        """
        The rest of a stream that ends while the pipe is full is written, and the pipe
        closed then.
        """
        stream = self.publish()
        tag = frame(40, 150_000)
        self.receive(stream, tag)
        stream.end()
        self.assertEqual(self.flv.media, plain(*BEGIN, tag))
        self.assertFalse(isOpen(self.descriptor))

    def test_blocking(self) -> None:
        """
        Nothing blocks while the service writes; who else has the pipe finds it as it
        was afterwards.
        """
        other = os.dup(self.descriptor)
        self.addCleanup(os.close, other)
        self.assertFalse(os.get_blocking(other))
        self.stop()
        self.read()
        self.assertTrue(os.get_blocking(other))


class PatternTests(OutputTestCase):
    """
    A choice of streams.
    """

    patterns = ("*/b", "live/cam*")

    def test_pattern(self) -> None:
        """
        The first stream whose key matches is written; of those that do not nothing is
        said.
        """
        with self.logs() as events:
            self.publish("live/show")
            stream = self.publish("live/cam1")
            self.publish("live/other")
            self.receive(stream, frame(40))
        self.assertEqual(self.flv.media, plain(*BEGIN, frame(40)))
        self.assertEqual(logLines(events, LogLevel.warn), [])


class ReaderTests(OutputTestCase):
    """
    Readers that do not read.
    """

    def test_gone(self) -> None:
        """
        When the reader goes away the log says so, once, and the stream goes on.
        """
        stream = self.publish()
        self.read()
        self.closeReader()
        with self.logs() as events:
            for n in range(1, 4):
                self.receive(stream, frame(40 * n))
                self.write()
        lines = logLines(events)
        self.assertIn("standard output is closed: its reader is gone", lines)
        self.assertEqual(len(lines), 2)
        self.assertIn("played live/show over a pipe", lines[0])
        self.assertFalse(isOpen(self.descriptor))
        self.assertEqual(stream.viewers, 0)
        self.assertTrue(stream.isLive)
        self.assertEqual(self.stop(), [None])

    def test_slow(self) -> None:
        """
        A slow reader goes on at a keyframe, with whole tags.
        """
        stream = self.publish()
        self.read()
        for n in range(1, 8):
            self.receive(stream, frame(40 * n, 50_000))
        self.assertEqual(stream.skips, 1)
        self.receive(stream, keyframe(400, 50_000))
        self.read()
        self.receive(stream, frame(440))
        times = [tag.timestamp for tag in self.flv.media]
        self.assertEqual(times[:4], [0, 0, 0, 10])
        self.assertEqual(times[-2:], [400, 440])
        self.assertNotIn(280, times)

    def test_stalled(self) -> None:
        """
        A reader that reads nothing for as long as a viewer may loses the pipe.
        """
        stream = self.publish()
        with self.logs() as events:
            for n in range(20):
                self.receive(stream, keyframe(1000 * n, 150_000))
                self.write()
                self.clock.advance(1)
        self.assertFalse(isOpen(self.descriptor))
        lines = logLines(events)
        self.assertIn("standard output is closed: its reader reads nothing", lines)
        self.assertEqual(stream.viewers, 0)
        self.assertEqual(self.stop(), [None])

    def test_stalledAtEnd(self) -> None:
        """
        A reader has only so long for what is left.
        """
        stream = self.publish()
        self.receive(stream, frame(40, 100_000))
        stopped = self.stop()
        self.write()
        self.clock.advance(FINISH_SECONDS - 0.1)
        self.assertEqual(stopped, [])
        self.clock.advance(0.1)
        self.assertEqual(stopped, [None])
        self.assertFalse(isOpen(self.descriptor))
