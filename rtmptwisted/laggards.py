"""
Viewers that cannot keep up: they are counted, and the log says so.
"""

from __future__ import annotations

from rtmptwisted.streams import LiveStream
from rtmptwisted.viewer import Flush, Lag, Viewer


class Laggards:
    """
    The slow viewers of one stream.
    """

    def __init__(self, stream: LiveStream) -> None:
        self._stream = stream

    def keep(self, viewer: Viewer, flush: Flush) -> None:
        """
        Keep a flush for a viewer that does not take it now.
        """
        match viewer.keep(flush):
            case Lag.SKIPPED:
                self._stream.skips += 1
                self._stream.directory.skipped.warn(
                    "{protocol} viewer {peer} of {name} is too slow: it goes on at "
                    "the next keyframe",
                    **self._describe(viewer),
                )
            case Lag.DROPPED:
                self._sayDropped(viewer)

    def check(self, viewer: Viewer, now: float) -> None:
        """
        See whether a viewer that gets nothing still takes anything.
        """
        if viewer.checkStalled(now):
            self._sayDropped(viewer)

    def _sayDropped(self, viewer: Viewer) -> None:
        self._stream.directory.dropped.warn(
            "{protocol} viewer {peer} of {name} has taken nothing for {seconds} s: "
            "dropped",
            seconds=self._stream.directory.limits.viewerStallSeconds,
            **self._describe(viewer),
        )

    def _describe(self, viewer: Viewer) -> dict[str, object]:
        return {
            "protocol": viewer.outlet.protocol,
            "peer": viewer.outlet.peer,
            "name": self._stream.name,
        }
