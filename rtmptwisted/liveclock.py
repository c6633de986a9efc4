"""
Where a live stream is on its own timeline, while nothing comes.
"""

from __future__ import annotations

from rtmptwisted.gop import elapsed

#: How long one of two buckets is filled, in seconds.
_BUCKET = 10.0

#: A step back of more than this many milliseconds is a new start of the publisher's
#: clock.  That of ffmpeg falls from 2^31 to 0.
_RESTART = 1000


class LiveClock:
    """
    Knows which timestamp is I{now}.

    Frames arrive later than they were made, some of them by far: the last ones
    before a network fails may be seconds late.  How late cannot be known, but none
    is early.  So what counts is the one that was least late in the last ten to
    twenty seconds.
    """

    __slots__ = ("_before", "_least", "_media", "_since", "_timestamp")

    def __init__(self) -> None:
        self._timestamp: int | None = None
        # Milliseconds of media since this began, without the wrap at 2^32.
        self._media = 0
        # The smallest differences between arrival and media, in milliseconds: of
        # the present bucket, which began at _since, and of the one before.
        self._least = self._before = 0.0
        self._since = 0.0

    def note(self, now: float, timestamp: int) -> None:
        """
        A frame has arrived.

        @param now: in seconds.
        @param timestamp: of the frame, milliseconds, 0 to 2^32 - 1.
        """
        before = self._timestamp
        if timestamp == before:
            return
        self._timestamp = timestamp
        step = -_RESTART - 1 if before is None else elapsed(before, timestamp)
        if step < -_RESTART:
            self._media = 0
            self._least = self._before = now * 1000
            self._since = now
            return
        self._media += step
        late = now * 1000 - self._media
        if not 0 <= now - self._since < _BUCKET:
            self._before, self._least, self._since = self._least, late, now
        elif late < self._least:
            self._least = late

    def position(self, now: float) -> int:
        """
        @param now: in seconds.
        @return: the timestamp of what is made now, milliseconds, 0 to 2^32 - 1; 0
            when there was no frame.
        """
        if self._timestamp is None:
            return 0
        media = now * 1000 - min(self._least, self._before)
        return (self._timestamp + round(media) - self._media) & 0xFFFFFFFF
