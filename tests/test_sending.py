"""
Tests of L{rtmptwisted.sending}.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.directory import StreamDirectory
from rtmptwisted.httpflv import LiveResource, liveSite
from rtmptwisted.sending import PIECE, Recent, Sending
from rtmptwisted.streams import Publisher
from tests.fakes import Transport
from tests.media import audioHeader, keyframe, videoHeader

GET = b"GET %b HTTP/1.1\r\nHost: x\r\n\r\n"


class RecentTests(SynchronousTestCase):
    """
    Tests of L{Recent}.
    """

    def setUp(self) -> None:
        """
        Make one, and count what is made.
        """
        self.clock = Clock()
        self.recent = Recent(self.clock)
        self.made = 0

    def make(self) -> int:
        """
        Make the next number.
        """
        self.made += 1
        return self.made

    def test_kept(self) -> None:
        """
        What was made is given to all who ask within a second.
        """
        self.assertEqual(self.recent.get("a", self.make), 1)
        self.clock.advance(0.9)
        self.assertEqual(self.recent.get("a", self.make), 1)
        self.clock.advance(0.2)
        self.assertEqual(self.recent.get("a", self.make), 2)

    def test_keys(self) -> None:
        """
        Other keys are other things.
        """
        self.assertEqual(self.recent.get("a", self.make), 1)
        self.assertEqual(self.recent.get("b", self.make), 2)
        self.assertEqual(self.recent.get("a", self.make), 1)

    def test_forgotten(self) -> None:
        """
        What is older than a second is let go, whatever is asked for.
        """
        for key in range(100):
            self.recent.get(key, self.make)
        self.clock.advance(1)
        self.recent.get("a", self.make)
        self.assertEqual(list(self.recent._made), ["a"])

    def test_setBack(self) -> None:
        """
        A clock that is set back does not keep anything for longer.
        """
        self.clock.advance(100)
        self.recent.get("a", self.make)
        self.clock.rightNow = 5
        self.assertEqual(self.recent.get("a", self.make), 2)


class _Request:
    """
    Takes what is written, and is full after so many pieces.
    """

    def __init__(self, room: int) -> None:
        self.room = room
        self.written: list[bytes] = []
        self.finished = 0
        self.producer: Any = None
        self.channel = self
        self.timeouts: list[float | None] = []

    def setTimeout(self, seconds: float | None) -> None:
        """
        As an HTTP channel has it.
        """
        self.timeouts.append(seconds)

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """
        Keep it.
        """
        assert streaming
        self.producer = producer

    def unregisterProducer(self) -> None:
        """
        Forget it.
        """
        self.producer = None

    def write(self, data: bytes) -> None:
        """
        Take a piece.
        """
        self.written.append(data)
        self.room -= 1
        if not self.room:
            self.producer.pauseProducing()

    def finish(self) -> None:
        """
        All is there.
        """
        self.finished += 1


class SendingTests(SynchronousTestCase):
    """
    Tests of L{Sending}.
    """

    body = bytes(range(256)) * 1000

    def start(self, room: int) -> _Request:
        """
        @return: a request for which the body is on its way.
        """
        request: Any = _Request(room)
        Sending(request, self.body).start()
        made: _Request = request
        return made

    def test_atOnce(self) -> None:
        """
        Who reads all gets all, in pieces.
        """
        request = self.start(1000)
        self.assertEqual(b"".join(request.written), self.body)
        self.assertEqual({len(each) for each in request.written[:-1]}, {PIECE})
        self.assertEqual((request.finished, request.producer), (1, None))
        self.assertIsNone(request.timeouts[-1])

    def test_pace(self) -> None:
        """
        Who reads slowly gets one piece after the other; then the request is done.
        """
        request = self.start(1)
        sending = request.producer
        self.assertEqual((len(request.written), request.finished), (1, 0))
        for count in (2, 3, 4):
            request.room = 1
            sending.resumeProducing()
            self.assertEqual((len(request.written), request.finished), (count, 0))
        sending.resumeProducing()
        self.assertEqual(b"".join(request.written), self.body)
        self.assertEqual((request.finished, request.producer), (1, None))
        self.assertEqual(request.timeouts[:5], [15, 15, 15, 15, 15])

    def test_gone(self) -> None:
        """
        Nothing is written to one who is gone.
        """
        request = self.start(1)
        sending = request.producer
        sending.stopProducing()
        sending.pauseProducing()
        self.assertEqual((len(request.written), request.finished), (1, 0))


class LongAnswerTests(SynchronousTestCase):
    """
    What is asked for on one connection.
    """

    def setUp(self) -> None:
        """
        Publish a stream with a large keyframe.
        """
        self.clock = Clock()
        self.directory = StreamDirectory(self.clock)
        stream = self.directory.publish("live/show", Publisher("192.0.2.1:4000"))
        for tag in (videoHeader(), audioHeader(), keyframe(0, 300_000)):
            stream.receive(tag)
        self.transport: Any = Transport()
        site: Any = liveSite(self.directory)
        self.channel: Any = site.buildProtocol(None)
        self.channel.makeConnection(self.transport)
        # twisted.web has a timeout in the real reactor.
        self.addCleanup(self.channel.connectionLost, Failure(ConnectionDone()))

    def test_pipelined(self) -> None:
        """
        Of many requests for large bodies in one segment, the next is begun only when
        the one before has gone out; in the end all are answered.
        """
        write = self.transport.write
        full: list[bool] = []

        def pausing(data: bytes) -> None:
            write(data)
            if not full and self.transport.producer is not None:
                full.append(True)
                self.transport.producer.pauseProducing()

        self.transport.write = pausing
        self.channel.dataReceived(GET % b"/live/show.key.flv" * 20)
        self.assertLess(len(self.transport.value()), 400_000)
        for _ in range(200):
            full.clear()
            self.transport.producer.resumeProducing()
        self.assertEqual(self.transport.value().count(b"200 OK"), 20)

    def test_waits(self) -> None:
        """
        While the transport is full no further request is begun, small as its answer
        may be.
        """
        self.transport.producerPaused = True
        self.channel.dataReceived(GET % b"/streams.json" * 20)
        self.assertEqual(self.transport.value(), b"")
        self.transport.producerPaused = False
        self.transport.producer.resumeProducing()
        self.assertEqual(self.transport.value().count(b"200 OK"), 20)

    def test_samples(self) -> None:
        """
        What is asked for often is made once a second, for few numbers of samples.
        """
        resource = LiveResource(self.directory)
        for samples in range(1, 500, 7):
            self.channel.dataReceived(GET % b"/streams.json?samples=%d" % samples)
        made = self.channel._site.resource._recent._made
        self.assertEqual(set(made), {4, 150})
        self.assertIsNot(resource._recent, self.channel._site.resource._recent)

    def test_small(self) -> None:
        """
        A body that is small is returned as it is.
        """
        self.channel.dataReceived(GET % b"/streams.json")
        self.assertIn(b"200 OK", self.transport.value())
