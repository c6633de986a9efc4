"""
Stand-ins for what tests do not want: sockets, threads, time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from twisted.internet.defer import Deferred, execute
from twisted.internet.testing import StringTransport
from twisted.logger import LogEvent, LogLevel, formatEvent
from zope.interface import implementer

from rtmptwisted.interfaces import ITagSink, IViewerOutlet
from rtmptwisted.streams import LiveStream
from rtmptwisted.wire.flv import FLVTag

T = TypeVar("T")


class Transport(StringTransport):
    """
    A transport that also remembers each write by itself, and calls back when
    one is made.
    """

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.onWrite: Callable[[], None] | None = None

    def unregisterProducer(self) -> None:
        """
        Forget the producer.  As with sockets, there need not be one.
        """
        self.producer = None

    def write(self, data: bytes) -> None:
        """
        Take bytes, unless the connection is gone.
        """
        if self.disconnected:
            return
        super().write(data)
        self.writes.append(data)
        if self.onWrite is not None:
            self.onWrite()


@implementer(IViewerOutlet)
class FakeOutlet:
    """
    Takes the bytes of a viewer.
    """

    protocol: str = "RTMP"
    peer: str = "192.0.2.9:5000"
    straight: Any = None

    def __init__(self) -> None:
        self.writes: list[bytes] = []
        self.finished = 0
        self.aborted = 0
        self.onWrite: Callable[[], None] | None = None
        self.onFinish: Callable[[], None] | None = None

    @property
    def data(self) -> bytes:
        """
        All that was written.
        """
        return b"".join(self.writes)

    def write(self, data: bytes) -> None:
        """
        See L{IViewerOutlet}.
        """
        self.writes.append(data)
        if self.onWrite is not None:
            self.onWrite()

    def finish(self) -> None:
        """
        See L{IViewerOutlet}.
        """
        self.finished += 1
        if self.onFinish is not None:
            self.onFinish()

    def abort(self) -> None:
        """
        See L{IViewerOutlet}.
        """
        self.aborted += 1


@implementer(ITagSink)
class FakeSink:
    """
    Remembers tags.

    @ivar error: raised for each tag and each end, when it is set.
    """

    def __init__(self, error: Exception | None = None) -> None:
        self.tags: list[FLVTag] = []
        self.ended = 0
        self.error = error

    def tagReceived(self, tag: FLVTag) -> None:
        """
        See L{ITagSink}.
        """
        self.tags.append(tag)
        if self.error is not None:
            raise self.error

    def streamEnded(self) -> None:
        """
        See L{ITagSink}.
        """
        self.ended += 1
        if self.error is not None:
            raise self.error


class ReturningSink(FakeSink):
    """
    Waits for the next publisher of a stream as soon as one is gone.
    """

    def __init__(self, stream: LiveStream) -> None:
        super().__init__()
        self._stream = stream

    def streamEnded(self) -> None:
        """
        See L{ITagSink}.
        """
        super().streamEnded()
        self._stream.addSink(FakeSink())


def inThread(function: Callable[..., T], *args: Any) -> Deferred[T]:
    """
    A thread that is done at once.
    """
    return execute(function, *args)


class SlowThread:
    """
    A thread that does nothing before it is told to.
    """

    def __init__(self) -> None:
        self._waiting: list[Callable[[], None]] = []
        self.calls = 0

    def __call__(self, function: Callable[..., T], *args: Any) -> Deferred[T]:
        """
        Take a call.
        """
        self.calls += 1
        result: Deferred[T] = Deferred()

        def run() -> None:
            execute(function, *args).chainDeferred(result)

        self._waiting.append(run)
        return result

    @property
    def underWay(self) -> int:
        """
        How many calls are unfinished.
        """
        return len(self._waiting)

    def step(self) -> None:
        """
        Do the oldest call.
        """
        self._waiting.pop(0)()

    def run(self) -> None:
        """
        Do all calls, and those that follow from them.
        """
        while self._waiting:
            self.step()


def logLines(events: Iterable[LogEvent], level: LogLevel | None = None) -> list[str]:
    """
    @return: the lines that this package logged.
    """
    return [
        formatEvent(event)
        for event in events
        if str(event.get("log_namespace", "")).startswith("rtmptwisted.")
        and level in (None, event["log_level"])
    ]
