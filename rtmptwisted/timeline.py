"""
The time of a recording, from the timestamps of a stream.
"""

from __future__ import annotations

from rtmptwisted.gop import elapsed
from rtmptwisted.wire.flv import FLVTag

#: A step back of more than this many milliseconds within a track is a new start
#: of the publisher's clock, not frames out of order.
_RESTART = 1000

#: Some writers keep 31 bits of a timestamp: their clock goes from here to 0.
_HALF = 1 << 31

#: A step over that edge is at most this many milliseconds long.  More is a new
#: start that happens to come there.
_LONGEST_WRAP = 60_000


class Timeline:
    """
    The time of a recording: from 0, never falling within a track, without end after
    2^31 and 2^32.

    @ivar end: where the latest frame is, milliseconds.
    """

    def __init__(self) -> None:
        # Where each track was last: its own timestamp, and the one that belongs
        # to it here; and where any track was.
        self._tracks: dict[tuple[int, int], tuple[int, int]] = {}
        self._latest: tuple[int, int] | None = None
        # The same of tracks whose clock was in step with one that has started anew.
        self._stale: dict[tuple[int, int], tuple[int, int]] = {}
        # What was given out last for each track.
        self._placed: dict[tuple[int, int], int] = {}
        self.end = 0

    def placeTag(self, tag: FLVTag) -> int:
        """
        @return: milliseconds since the first frame.
        """
        track = tag.description.tracks[0]
        if tag.isFrame:
            return self.place(tag.typeID, tag.timestamp, track)
        # Text and marks have timestamps of all kinds, 0 among them: no clock is set by
        # them, and what does not fit stands where it came.
        key = tag.typeID, track
        before = self._tracks.get(key)
        if before is None:
            return self.end
        position = before[1] + _step(before[0], tag.timestamp)
        if abs(position - self.end) > _RESTART:
            position = self.end
        return self._note(key, position)

    def place(self, typeID: int, timestamp: int, track: int = 0) -> int:
        """
        @param timestamp: milliseconds, 0 to 2^32 - 1.
        @return: milliseconds since the first.
        """
        key = typeID, track
        if key in self._stale and self._isBelated(key, timestamp):
            since, position = self._stale[key]
            position += _step(since, timestamp)
            self._stale[key] = timestamp, position
            return self._note(key, position)
        self._stale.pop(key, None)
        before = self._tracks.get(key, self._latest)
        position = 0
        if before is not None:
            position = before[1] + _step(before[0], timestamp)
            if position < before[1] - _RESTART:
                position = self.end
                if key in self._tracks:
                    # The clocks of the other tracks have started anew too, or
                    # will: then their frames find their places beside this one.
                    self._stale, self._tracks = self._tracks, {}
                    del self._stale[key]
        self._tracks[key] = self._latest = timestamp, position
        return self._note(key, position)

    def _isBelated(self, key: tuple[int, int], timestamp: int) -> bool:
        """
        @return: whether a frame of a track whose clock may have started anew is
            from before that: by the old clock it is nearer to where we are.
        """
        assert self._latest is not None
        old, new = (
            abs(position + _step(since, timestamp) - self.end)
            for since, position in (self._stale[key], self._latest)
        )
        return old < new

    def _note(self, key: tuple[int, int], position: int) -> int:
        placed = max(position, self._placed.get(key, 0))
        self._placed[key] = placed
        self.end = max(self.end, placed)
        return placed


def _step(since: int, until: int) -> int:
    """
    @return: milliseconds from one timestamp to another, whether they have 32 bits
        or 31.
    """
    step = elapsed(since, until)
    # No step is below -2^31.
    if step + _HALF <= _LONGEST_WRAP:
        return step + _HALF
    # Out of order, at the same edge.
    if step - _HALF >= -_RESTART:
        return step - _HALF
    return step
