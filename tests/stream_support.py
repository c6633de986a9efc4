"""
A stream that is live.
"""

from __future__ import annotations

from rtmptwisted.streams import LiveStream, Publisher
from rtmptwisted.wire.flv import FLVTag
from tests.fakes import FakeSink
from tests.support import ServerTestCase

WHO = Publisher("192.0.2.1:4000", "'test'")


class LiveStreamTestCase(ServerTestCase):
    """
    A stream that is live.
    """

    def setUp(self) -> None:
        """
        Publish.
        """
        super().setUp()
        self.stream = self.directory.publish("live/show", WHO)
        self.sink = FakeSink()
        self.stream.addSink(self.sink)

    def receive(self, *tags: FLVTag) -> LiveStream:
        """
        Let the publisher send these.
        """
        for tag in tags:
            self.stream.receive(tag)
        return self.stream
