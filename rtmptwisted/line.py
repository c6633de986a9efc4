"""
Many viewers that take what they get, written to in a row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from rtmptwisted.viewer import Flush, Viewer


class Line:
    """
    Viewers that are all L{flowing<Viewer.flowing>} and have an idle socket.

    It holds the sockets' own functions, and calls them one after the other.
    Whatever else belongs to a viewer is not touched: with hundreds of viewers
    none of it would be in the processor's cache, and looking at it would cost a
    third of what the system needs to send.

    It lasts until one of them stops flowing or leaves.

    @ivar intact: whether it still holds for all of them.
    """

    __slots__ = ("_bytes", "_frames", "_sends", "_viewers", "intact")

    def __init__(self, viewers: Iterable[Viewer]) -> None:
        self._viewers: list[Viewer] = []
        self._sends: list[Callable[[bytes], int]] = []
        for viewer in viewers:
            assert viewer.outlet.straight is not None
            self._viewers.append(viewer)
            self._sends.append(viewer.outlet.straight.send)
            viewer.line = self
        # What each of them has got.
        self._bytes = self._frames = 0
        self.intact = True

    def write(self, flush: Flush, failed: Callable[[Viewer], None]) -> None:
        """
        Write to all.

        @param failed: is called for a viewer where there is a defect, in the
            handling of its exception.
        """
        self._bytes += len(flush.data)
        self._frames += flush.frames
        data = flush.data
        size = len(data)
        for send, viewer in zip(self._sends, self._viewers, strict=True):
            try:
                try:
                    sent = send(data)
                except OSError as error:
                    viewer.outlet.straight.refused(data, error)
                else:
                    if sent != size:
                        viewer.outlet.straight.took(data, sent)
            except Exception:
                failed(viewer)

    def dissolve(self) -> None:
        """
        Tell each viewer what it has got, and let them go.
        """
        if not self.intact:
            return
        self.intact = False
        for viewer in self._viewers:
            viewer.line = None
            viewer.bytesSent += self._bytes
            viewer.frames += self._frames
