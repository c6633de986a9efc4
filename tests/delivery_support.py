"""
What the tests of fan-out share.
"""

from __future__ import annotations

from rtmptwisted.delivery import FanOut
from rtmptwisted.formats import FLVFormat, RTMPFormat
from rtmptwisted.streams import LiveStream, Publisher
from rtmptwisted.viewer import Viewer
from rtmptwisted.wire.flv import FLVTag
from tests.fakes import FakeOutlet
from tests.flv_reader import FLV, Tag, readFLV
from tests.media import audio, audioHeader, keyframe, videoHeader
from tests.support import ServerTestCase

WHO = Publisher("192.0.2.1:4000")


class Watching:
    """
    A viewer of a stream, and what it got.
    """

    def __init__(
        self, stream: LiveStream, form: FLVFormat | RTMPFormat, slow: bool = False
    ) -> None:
        """
        @param slow: whether its transport is full after each write.
        """
        clock, limits = stream.directory.clock, stream.directory.limits
        self.outlet = FakeOutlet()
        self.viewer = Viewer(self.outlet, clock, limits)
        if slow:
            self.outlet.onWrite = self.viewer.pauseProducing
        self.fanOut = FanOut.of(stream, form, clock, limits)
        self.fanOut.add(self.viewer)

    @property
    def contents(self) -> FLV:
        """
        All that was written, which has to be FLV.
        """
        return readFLV(self.outlet.data)

    @property
    def media(self) -> list[Tag]:
        """
        The audio and video of it.
        """
        return self.contents.media


class FanOutTestCase(ServerTestCase):
    """
    A stream, and viewers.
    """

    def setUp(self) -> None:
        """
        Make a stream that nobody publishes yet.
        """
        super().setUp()
        self.stream = self.directory.stream("live/show")

    def publish(self, *tags: FLVTag) -> None:
        """
        Begin to publish, and send.
        """
        self.directory.publish("live/show", WHO)
        self.receive(*tags)

    def receive(self, *tags: FLVTag) -> None:
        """
        Let the publisher send in one turn of the reactor.
        """
        for tag in tags:
            self.stream.receive(tag)
        self.clock.advance(0)

    def watch(
        self, form: FLVFormat | RTMPFormat | None = None, slow: bool = False
    ) -> Watching:
        """
        Add a viewer, slow when its transport is full after each write.
        """
        return Watching(self.stream, FLVFormat() if form is None else form, slow)


BEGIN = (videoHeader(), audioHeader(), keyframe(0), audio(10))
