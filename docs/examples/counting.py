"""
A server that counts what is published: a tag sink of one's own, and the watcher
that adds it to each stream.

Run it as C{python counting.py}, or with an endpoint description for RTMP.
"""

from __future__ import annotations

import sys
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import serverFromString
from twisted.internet.task import react
from zope.interface import implementer

from rtmptwisted.directory import StreamDirectory
from rtmptwisted.factory import RTMPFactory
from rtmptwisted.interfaces import IStreamWatcher, ITagSink
from rtmptwisted.streams import LiveStream
from rtmptwisted.wire.flv import FLVTag


@implementer(ITagSink)
class FrameCounter:
    """
    Counts the frames of one stream.
    """

    def __init__(self, stream: LiveStream) -> None:
        self._stream = stream
        self.frames = 0
        self.keyframes = 0

    def tagReceived(self, tag: FLVTag) -> None:
        """
        Called for each tag.  It must return soon.
        """
        self.frames += tag.isFrame
        self.keyframes += tag.isKeyframe

    def streamEnded(self) -> None:
        """
        Called once, when the publisher is gone.
        """
        print(
            f"{self._stream.name}: {self.frames} frames, {self.keyframes} keyframes",
            flush=True,
        )
        self._stream.removeSink(self)


@implementer(IStreamWatcher)
class CounterOfAll:
    """
    Counts the frames of every stream.
    """

    def streamStarted(self, stream: LiveStream) -> None:
        """
        Called when somebody publishes, before the first tag.
        """
        stream.addSink(FrameCounter(stream))

    def streamStopped(self, stream: LiveStream) -> None:
        """
        Called when the publisher is gone.  The sinks know already.
        """


async def main(reactor: Any, rtmp: str = "tcp:1935") -> None:
    """
    Serve until the program is stopped.
    """
    directory = StreamDirectory(reactor)
    directory.watch(CounterOfAll())
    factory = RTMPFactory(directory)
    await serverFromString(reactor, rtmp).listen(factory)
    reactor.addSystemEventTrigger("before", "shutdown", factory.closeAll)
    await Deferred()


if __name__ == "__main__":
    react(main, sys.argv[1:])
