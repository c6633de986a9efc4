"""
The live streams of a server, by name.
"""

from __future__ import annotations

from collections.abc import Iterator

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from rtmptwisted.digest import Digest
from rtmptwisted.errors import CommandRejected
from rtmptwisted.interfaces import IStreamWatcher
from rtmptwisted.pace import Pace
from rtmptwisted.streams import LiveStream
from rtmptwisted.takeover import MayContinue, Publisher, Wait, sameCredentials
from rtmptwisted.wire.limits import Limits

#: So many streams wait for their publishers at the same time, at the most: those of
#: a whole network that has failed.  Each has what late viewers need.
MOST_WAITING = 1_000


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
        grace: float = 0.0,
        mayContinue: MayContinue = sameCredentials,
    ) -> None:
        """
        @param mergeWindow: how long frames are collected before they go out to
            viewers together, in seconds; otherwise the busier the longer, as
            L{Pace} has it.
        @param grace: how long a stream waits for its publisher when the connection
            is lost, in seconds.
        @param mayContinue: tells who may go on with the stream of another.
        """
        self.clock = clock
        self.limits = limits or Limits()
        self.pace = Pace(clock, mergeWindow)
        self.skipped = Digest(clock, "{count} more times a viewer was too slow")
        self.dropped = Digest(
            clock, "{count} more viewers took nothing and were dropped"
        )
        self._grace = grace
        self._mayContinue = mayContinue
        self._streams: dict[str, LiveStream] = {}
        # Those that wait for their publishers.
        self._interrupted: set[LiveStream] = set()
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
        Start to publish, or go on with what another has published who is gone.

        @return: the stream, to which C{publisher} sends until it calls
            L{LiveStream.end} or L{LiveStream.interrupt}.
        @raise CommandRejected: when somebody else publishes under this name.
        """
        stream = self.stream(name)
        if stream.publisher is None:
            self._begin(stream, publisher)
        elif stream.isStalled and self._mayContinue(stream.publisher, publisher):
            stream.resume(publisher)
        else:
            raise CommandRejected(
                "NetStream.Publish.BadName",
                f"{name} is published already",
            )
        return stream

    def wait(self, name: str, publisher: Publisher) -> Deferred[None] | None:
        """
        Wait until it is known whether C{publisher} may have a name: another who is
        there may be dead, without the server knowing.

        @return: fires when L{publish} can be called; L{None} for at once.
        """
        stream = self.live(name)
        if stream is None or stream.publisher is None or stream.interrupted:
            return None
        if not self._mayContinue(stream.publisher, publisher):
            return None
        return Wait(stream).over

    def _begin(self, stream: LiveStream, publisher: Publisher) -> None:
        stream.begin(publisher)
        for watcher in list(self._watchers):
            try:
                watcher.streamStarted(stream)
            except Exception:
                # A defect in a watcher is no reason to lose the stream.
                self._log.failure("a watcher of {name} failed", name=stream.name)

    def graceFor(self, stream: LiveStream) -> float:
        """
        The publisher of a stream is lost.

        @return: how long the stream waits for it, in seconds; 0 when it does not.
        """
        # Of a stream without frames there is nothing to go on with.
        if len(self._interrupted) >= MOST_WAITING or not any(stream.frames.values()):
            return 0.0
        if self._grace > 0:
            self._interrupted.add(stream)
        return self._grace

    def waitIsOver(self, stream: LiveStream) -> None:
        """
        A stream does not wait for its publisher any more.
        """
        self._interrupted.discard(stream)

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
