"""
What was published since viewers were last written to, in one form.
"""

from __future__ import annotations

from typing import NamedTuple

from rtmptwisted.rendition import Rendition
from rtmptwisted.viewer import Flush
from rtmptwisted.wire.flv import FLVTag


class Place(NamedTuple):
    """
    A place in a batch.

    @ivar tags: how many encoded tags lie before it.
    @ivar frames: how many frames do.
    """

    tags: int
    frames: int


#: Where a batch begins.
BEGIN = Place(0, 0)


class Batch:
    """
    Encoded tags that go out together.

    @ivar end: the place behind the last of them.
    """

    def __init__(self, rendition: Rendition) -> None:
        self._rendition = rendition
        self._encoded: list[bytes] = []
        self.end = BEGIN
        # The places to start in it, and what sets a decoder up there.  Where there
        # is no video there are many, of which the first is enough.
        self._starts: dict[Place, list[bytes]] = {}
        self._flushes: dict[Place, Flush] = {}
        self._restarts: dict[Place, Flush] = {}

    def add(self, tag: FLVTag) -> bool:
        """
        @return: whether the tag is a part of this form.
        """
        encoded = self._rendition.encode(tag)
        if not encoded:
            return False
        if self._rendition.canStartAt(tag) and (tag.isKeyframe or not self._starts):
            # Now, before the next codec is there.
            self._starts[self.end] = [
                self._rendition.encode(each)
                for each in self._rendition.setup(tag.timestamp)
            ]
        self._encoded.append(encoded)
        self.end = Place(self.end.tags + 1, self.end.frames + tag.isFrame)
        return True

    def since(self, place: Place, now: float) -> Flush:
        """
        @param now: when it is due, in seconds of the clock.
        @return: what lies behind a place.  Nothing can be added any more.
        """
        flush = self._flushes.get(place)
        if flush is None:
            frames = self.end.frames - place.frames
            encoded = self._encoded[place.tags :]
            flush = self._flushes[place] = self._rendition.flush(encoded, frames, now)
        return flush

    def restart(self, place: Place, now: float) -> Flush | None:
        """
        @return: what somebody gets who waits for a keyframe since a place: all from
            there on, behind metadata and what sets the decoder up, for those who
            may have missed a change of it.  L{None} if none has come.
        """
        start = next((each for each in self._starts if each >= place), None)
        if start is None:
            return None
        flush = self._restarts.get(start)
        if flush is None:
            encoded = [*self._starts[start], *self._encoded[start.tags :]]
            frames = self.end.frames - start.frames
            flush = self._rendition.flush(encoded, frames, now)
            self._restarts[start] = flush
        return flush
