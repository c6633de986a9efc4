"""
The live streams of a server, by name.
"""

from __future__ import annotations

from collections.abc import Iterator

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from rtmptwisted.digest import Digest
from rtmptwisted.errors import CommandRejected
from rtmptwisted.interfaces import IStreamWatcher
from rtmptwisted.pace import Pace
from rtmptwisted.streams import LiveStream, Publisher
from rtmptwisted.wire.limits import Limits


class StreamDirectory:
    """
    All streams of a server, by name.

    @ivar clock: tells the time to all that have to do with these streams.
    @ivar limits: hold for each stream and each connection.
    @ivar pace: says how long frames are collected for viewers.
    @ivar skipped: logs viewers that lost a part of a stream.
    @ivar dropped: logs viewers that took nothing any more.
    """

    _log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        limits: Limits | None = None,
        mergeWindow: float | None = None,
    ) -> None:
        """
        @param mergeWindow: how long frames are collected before they go out to
            viewers together, in seconds; otherwise the busier the longer, as
            L{Pace} has it.
        """
        self.clock = clock
        self.limits = limits or Limits()
        self.pace = Pace(clock, mergeWindow)
        self.skipped = Digest(clock, "{count} more times a viewer was too slow")
        self.dropped = Digest(
            clock, "{count} more viewers took nothing and were dropped"
        )
        self._streams: dict[str, LiveStream] = {}
        self._watchers: list[IStreamWatcher] = []

    def __iter__(self) -> Iterator[LiveStream]:
        """
        The streams that are live, by name.
        """
        for _, stream in sorted(self._streams.items()):
            if stream.isLive:
                yield stream

    def live(self, name: str) -> LiveStream | None:
        """
        @return: the stream of that name, if somebody publishes it.
        """
        stream = self._streams.get(name)
        return stream if stream is not None and stream.isLive else None

    def stream(self, name: str) -> LiveStream:
        """
        @return: the stream of that name, live or not.  One that is not live is
            forgotten as soon as nobody waits for it.
        """
        stream = self._streams.get(name)
        if stream is None:
            stream = self._streams[name] = LiveStream(name, self)
        return stream

    def publish(self, name: str, publisher: Publisher) -> LiveStream:
        """
        Start to publish.

        @return: the stream, to which C{publisher} sends until it calls
            L{LiveStream.end}.
        @raise CommandRejected: when somebody else publishes under this name.
        """
        stream = self.stream(name)
        if stream.publisher is not None:
            raise CommandRejected(
                "NetStream.Publish.BadName",
                f"{name} is published already",
            )
        stream.begin(publisher)
        for watcher in list(self._watchers):
            try:
                watcher.streamStarted(stream)
            except Exception:
                # A defect in a watcher is no reason to lose the stream.
                self._log.failure("a watcher of {name} failed", name=name)
        return stream

    def watch(self, watcher: IStreamWatcher) -> None:
        """
        Tell C{watcher} of every stream that starts from now on.
        """
        self._watchers.append(watcher)

    def unwatch(self, watcher: IStreamWatcher) -> None:
        """
        Tell C{watcher} nothing more.
        """
        self._watchers.remove(watcher)

    def streamStopped(self, stream: LiveStream) -> None:
        """
        A publisher is gone.  L{LiveStream.end} calls this.
        """
        for watcher in list(self._watchers):
            try:
                watcher.streamStopped(stream)
            except Exception:
                self._log.failure("a watcher of {name} failed", name=stream.name)
        self.forgetIfUnused(stream)

    def forgetIfUnused(self, stream: LiveStream) -> None:
        """
        Let go of a stream that nobody publishes and nobody waits for.
        """
        # A new one may have its name already.
        known = self._streams.get(stream.name) is stream
        if known and not stream.isLive and not stream.hasSinks:
            del self._streams[stream.name]
