"""
The viewers of one form of a stream: who is written to with others, and who alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rtmptwisted.batch import BEGIN, Batch, Place
from rtmptwisted.line import Line
from rtmptwisted.viewer import Flush, Viewer


class Audience:
    """
    Gives batches to viewers.
    """

    def __init__(
        self,
        keep: Callable[[Viewer, Flush], None],
        check: Callable[[Viewer, float], None],
        failed: Callable[[Viewer], None],
    ) -> None:
        """
        @param keep: is called for a flush that a viewer does not take now.
        @param check: is called for a viewer that gets nothing now, with the time.
        @param failed: is called for a viewer where there is a defect, in the
            handling of its exception.
        """
        self._keep = keep
        self._check = check
        self._failed = failed
        self._viewers: dict[Viewer, None] = {}
        # Those who came since the last batch, and what they have of the next.
        self._arriving: dict[Viewer, Place] = {}
        # Most need nothing but the bytes.
        self._line = Line(())
        self._others: list[Viewer] = []

    def __len__(self) -> int:
        """
        @return: how many viewers there are.
        """
        return len(self._viewers)

    def __iter__(self) -> Iterator[Viewer]:
        """
        The viewers, in the order of their arrival.
        """
        return iter(list(self._viewers))

    def __contains__(self, viewer: Viewer) -> bool:
        """
        @return: whether a viewer is among them.
        """
        return viewer in self._viewers

    def add(self, viewer: Viewer, place: Place) -> None:
        """
        @param place: up to which the viewer has the next batch already.
        """
        self._viewers[viewer] = None
        if place != BEGIN:
            self._arriving[viewer] = place
        self._line.dissolve()

    def remove(self, viewer: Viewer) -> None:
        """
        Let go of a viewer.  Nothing happens if it is not here.
        """
        if viewer in self._viewers:
            self._line.dissolve()
            del self._viewers[viewer]
            self._arriving.pop(viewer, None)

    def write(self, batch: Batch, now: float) -> None:
        """
        Give everybody what they shall have of a batch.

        @param now: in seconds of the clock.
        """
        arriving, self._arriving = self._arriving, {}
        if not self._line.intact:
            self._lineUp(arriving)
        self._line.write(batch.since(BEGIN, now), self._failed)
        for viewer in self._others:
            place = arriving.get(viewer, BEGIN)
            if viewer in self._viewers and place != batch.end:
                try:
                    self._give(viewer, batch, place, now)
                except Exception:
                    self._failed(viewer)
        if any(map(_canLineUp, self._others)):
            self._line.dissolve()

    def _lineUp(self, arriving: dict[Viewer, Place]) -> None:
        lined: list[Viewer] = []
        self._others = []
        for viewer in self._viewers:
            joins = _canLineUp(viewer) and viewer not in arriving
            (lined if joins else self._others).append(viewer)
        self._line = Line(lined)

    def _give(self, viewer: Viewer, batch: Batch, place: Place, now: float) -> None:
        """
        Give any viewer what lies behind a place in a batch, or behind the next
        keyframe if it waits for that.
        """
        if viewer.skipping:
            flush = None if viewer.muted else batch.restart(place, now)
            if flush is None:
                self._check(viewer, now)
                return
            viewer.skip(False)
        else:
            flush = batch.since(place, now)
        if viewer.flowing:
            viewer.deliver(flush)
        else:
            self._keep(viewer, flush)


def _canLineUp(viewer: Viewer) -> bool:
    straight = viewer.outlet.straight
    return viewer.flowing and straight is not None and straight.idle
