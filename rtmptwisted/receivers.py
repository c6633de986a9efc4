"""
Who receives a live stream.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, TypeVar

from twisted.logger import Logger

from rtmptwisted.interfaces import ITagSink

if TYPE_CHECKING:
    from rtmptwisted.directory import StreamDirectory

SinkT = TypeVar("SinkT", bound=ITagSink)


class Receivers:
    """
    The sinks of a live stream.
    """

    _log = Logger()

    name: str
    directory: StreamDirectory
    _sinks: tuple[ITagSink, ...]
    _shared: dict[Hashable, ITagSink]

    def addSink(self, sink: ITagSink) -> None:
        """
        Send every tag from now on to C{sink} too.
        """
        self._sinks = (*self._sinks, sink)

    def removeSink(self, sink: ITagSink) -> None:
        """
        Send no further tags to C{sink}.
        """
        self._sinks = tuple(each for each in self._sinks if each is not sink)
        for key, shared in list(self._shared.items()):
            if shared is sink:
                del self._shared[key]
        # There is no other class of streams.
        self.directory.forgetIfUnused(self)  # type: ignore[arg-type]

    def sharedSink(self, key: Hashable, create: Callable[[], SinkT]) -> SinkT:
        """
        @return: the sink that was made for C{key} before, or a new one, which
            is added.
        """
        sink = self._shared.get(key)
        if sink is None:
            sink = self._shared[key] = create()
            self.addSink(sink)
        return sink  # type: ignore[return-value]

    @property
    def hasSinks(self) -> bool:
        """
        Whether anybody receives the stream, or waits for it.
        """
        return bool(self._sinks)

    def _endSink(self, sink: ITagSink) -> None:
        try:
            sink.streamEnded()
        except Exception:
            self._log.failure("a receiver of {name} failed", name=self.name)
        self.removeSink(sink)
