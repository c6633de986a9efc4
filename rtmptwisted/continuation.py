"""
How what another publisher sends goes on with what was there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rtmptwisted.gop import elapsed
from rtmptwisted.wire.flv import AUDIO, VIDEO, FLVTag

if TYPE_CHECKING:
    from rtmptwisted.streams import LiveStream

#: Kinds of media are no further apart, in milliseconds.  What is, has another clock.
_APART = 2000


class Continuation:
    """
    Gives what a new publisher of a stream sends its place behind what others sent
    before: the time goes on, what was said is not said again, and what it does not
    send any more is forgotten.

    @ivar settled: whether it is known which kinds of media the stream has now.
        Until the publisher has sent something it is what there was.
    """

    def __init__(self, stream: LiveStream) -> None:
        self._stream = stream
        # What was there, and has not come from this publisher yet.
        self._missing = set(stream.codecs)
        self._setup = {
            key: tag.body for tag in stream.gop.setup(0) for key in tag.setupKeys
        }
        # The kinds of media of which there was a frame, and how many there were.
        self._begun: set[int] = set()
        self._frames = 0
        # What is added to each timestamp; None before the first frame.
        self._shift: int | None = None
        # Where the first frame was placed.
        self._start = 0
        # Where what was before ended, for each kind that is not past it yet.
        self._floors = _ends(stream) if any(stream.frames.values()) else {}
        self.settled = True

    def place(self, tag: FLVTag) -> FLVTag | None:
        """
        @return: the tag as it is to go on, or L{None} when it says nothing new.
        """
        typeID = tag.typeID
        if tag.isFrame:
            placed = tag.at(self._placeFrame(typeID, tag.timestamp))
            if typeID not in self._begun or self._missing:
                self._note(placed)
            return placed
        if tag.isSetup:
            self._see(tag)
            known = all(self._setup.get(key) == tag.body for key in tag.setupKeys)
            if known and typeID not in self._begun:
                return None
            # Publishers send it at 0 whatever their clock says.
            if self._shift is not None:
                return tag.at(self._stream.lastTimestamp)
        return tag.at(self.beside(tag.timestamp))

    def beside(self, timestamp: int) -> int:
        """
        @param timestamp: of what is no frame: of any kind, often 0.
        @return: the place for it.
        """
        if self._shift is None:
            return self._now()
        placed = timestamp + self._shift & 0xFFFFFFFF
        behind = elapsed(self._start, placed) < 0
        return self._stream.lastTimestamp if behind else placed

    def _now(self) -> int:
        """
        @return: where the stream is on its timeline, behind all that was before.
        """
        if not self._floors:
            return self._stream.lastTimestamp
        last = self._stream.lastTimestamp
        ahead = max(elapsed(last, floor) for floor in self._floors.values())
        now = elapsed(last, self._stream.position())
        return last + max(ahead + 1, now) & 0xFFFFFFFF

    def _placeFrame(self, typeID: int, timestamp: int) -> int:
        if self._shift is None:
            # A stream without frames goes by the clock of its publisher.
            self._start = self._now() if self._floors else timestamp
            self._shift = self._start - timestamp & 0xFFFFFFFF
        placed = timestamp + self._shift & 0xFFFFFFFF
        floor = self._floors.get(typeID)
        if floor is not None:
            behind = elapsed(placed, floor)
            if 0 < behind <= _APART:
                return floor
            del self._floors[typeID]
        return placed

    def _see(self, tag: FLVTag) -> None:
        """
        There is this kind of media.
        """
        typeID, description = tag.typeID, tag.description
        stream = self._stream
        if typeID in self._missing:
            self._missing.discard(typeID)
            # Of one track among others it says little.
            if 0 in description.tracks and not stream.knows(typeID, description.codec):
                self._forget(typeID)
        self.settled = not self._missing

    def _forget(self, typeID: int) -> None:
        self._stream.forget(typeID)
        self._setup = {
            key: body for key, body in self._setup.items() if key[0] != typeID
        }

    def _note(self, frame: FLVTag) -> None:
        """
        A frame says that its kind of media is there, and, some time after the
        first, that others are not.
        """
        stream, limits = self._stream, self._stream.directory.limits
        self._see(frame)
        self._begun.add(frame.typeID)
        self._frames += 1
        waited = elapsed(self._start, frame.timestamp)
        # Timestamps may stand still; frames do not.
        many = self._frames >= limits.settleFrames
        if self._missing and (waited >= limits.settleSeconds * 1000 or many):
            for typeID in self._missing:
                self._forget(typeID)
            self._missing.clear()
            self.settled = True
            stream.repeatMetadata()


def _ends(stream: LiveStream) -> dict[int, int]:
    """
    @return: the highest timestamp of each kind of media.
    """
    last = stream.lastTimestamp
    ends = {AUDIO: 0, VIDEO: 0}
    for tag in stream.gop.snapshot():
        if tag.isFrame:
            ahead = elapsed(last, tag.timestamp)
            if ahead <= _APART:
                ends[tag.typeID] = max(ends[tag.typeID], ahead)
    return {typeID: last + ahead & 0xFFFFFFFF for typeID, ahead in ends.items()}
