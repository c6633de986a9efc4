"""
A server where publishers may stumble.
"""

from __future__ import annotations

from rtmptwisted.directory import StreamDirectory
from rtmptwisted.factory import RTMPFactory
from rtmptwisted.wire.amf import AMFValue
from rtmptwisted.wire.flv import FLVTag
from tests.fakes import FakeSink
from tests.media import audio, audioHeader, frame, keyframe, videoHeader
from tests.support import Client, ServerTestCase, statusCodes

#: How an encoder begins.
HEADERS = (videoHeader(), audioHeader())


class GraceTestCase(ServerTestCase):
    """
    A server where publishers may stumble.

    @ivar grace: how long streams wait for their publishers, in seconds.
    """

    grace = 10.0

    def setUp(self) -> None:
        """
        Make the server.
        """
        super().setUp()
        self.serve()

    def serve(self) -> None:
        """
        Begin anew, by the clock that there is now.
        """
        self.clock.advance(1_000_000.25)
        self.directory = StreamDirectory(self.clock, self.limits, grace=self.grace)
        self.factory = RTMPFactory(self.directory, self.commands(), bytes)

    def ready(self, app: str = "live") -> Client:
        """
        @return: a client with NetStream 1.
        """
        client = self.client()
        client.connect(app)
        client.createStream()
        return client

    def asks(self, name: str = "show", app: str = "live") -> Client:
        """
        @return: a client that has said C{publish}; what was answered is not read
            yet.
        """
        client = self.ready(app)
        client.send(client.command("publish", name, "live", id=1))
        return client

    def codes(self, client: Client) -> list[AMFValue]:
        """
        @return: the status codes that a client has got since.
        """
        return statusCodes(client.read())

    def begin(self, *tags: FLVTag, name: str = "show") -> tuple[Client, FakeSink]:
        """
        Publish in real time, as far as the timestamps of these tags say.

        @return: the publisher, and a sink of the stream.
        """
        publisher = self.publisher(name)
        sink = FakeSink()
        self.live(f"live/{name}").addSink(sink)
        self.play(publisher, *(tags or (*HEADERS, keyframe(0), audio(20), frame(40))))
        return publisher, sink

    def play(self, publisher: Client, *tags: FLVTag) -> None:
        """
        Send tags, each when it is due.
        """
        began = None
        for tag in tags:
            if tag.isFrame:
                began = tag.timestamp if began is None else began
                passed = tag.timestamp - began
                self.clock.advance(max(passed, 0) / 1000)
                began = max(began, tag.timestamp)
            publisher.send(tag)


class ContinuationTestCase(GraceTestCase):
    """
    A stream that goes on.
    """

    def goOn(self, publisher: Client, seconds: float, *tags: FLVTag) -> Client:
        """
        The connection of a publisher is lost, and it comes back after a while.
        """
        publisher.lose()
        self.clock.advance(seconds)
        again = self.publisher()
        self.play(again, *tags)
        return again


def times(sink: FakeSink) -> list[int]:
    """
    @return: the timestamps of the frames that a sink got.
    """
    return [tag.timestamp for tag in sink.tags if tag.isFrame]
