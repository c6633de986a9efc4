"""
What one form of a live stream has, and how it looks in bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rtmptwisted.formats import Format
from rtmptwisted.streams import LiveStream
from rtmptwisted.viewer import Flush
from rtmptwisted.wire.flv import AUDIO, SCRIPT, VIDEO, FLVTag


class Rendition:
    """
    One live stream in one format.

    @ivar carried: the codecs that viewers were told of, by the type of the tag.
    """

    def __init__(self, stream: LiveStream, format: Format) -> None:
        self._stream = stream
        self._format = format
        self.carried: dict[int, str] = {}

    def has(self, typeID: int) -> bool:
        """
        Whether viewers get audio, or video.
        """
        return self._stream.has(typeID, self._format)

    def look(self) -> bool:
        """
        See what there is now.

        @return: whether it is something else than before.
        """
        carried = {
            typeID: self._stream.codecs[typeID]
            for typeID in (AUDIO, VIDEO)
            if self.has(typeID)
        }
        changed = carried != self.carried
        self.carried = carried
        return changed

    def canStartAt(self, tag: FLVTag) -> bool:
        """
        @return: whether a viewer can start at this tag.
        """
        # Where there is no video there are no keyframes to wait for.
        # And where they do not come there is no use in waiting.
        if self.has(VIDEO) and not self._stream.gop.overdue:
            return tag.isKeyframe
        return tag.isFrame

    def encode(self, tag: FLVTag) -> bytes:
        """
        @return: the tag, or nothing when it is no part of this.
        """
        if self._format.fixed and tag.typeID != SCRIPT:
            if tag.description.codec != self.carried.get(tag.typeID):
                return b""
        elif tag.isMetadata and self._stream.metadata is not None:
            tag = self._stream.metadataTag(self._stream.metadata, self._format)
        return self._format.encode(tag)

    def flush(self, encoded: Iterable[bytes], frames: int, at: float = 0.0) -> Flush:
        """
        @param at: see L{Flush}.
        @return: encoded tags as they are written to viewers.
        """
        return Flush(self._format.frame(b"".join(encoded)), frames, at)

    def setup(self, timestamp: int) -> list[FLVTag]:
        """
        @return: see L{LiveStream.setup}.
        """
        return self._stream.setup(timestamp, self._format)

    def opening(self, limit: int) -> Iterator[Flush]:
        """
        @param limit: the size of a piece, in bytes, unless one tag is larger.
        @return: what a viewer gets who joins now, in pieces of whole tags.
        """
        parts = [self._format.opening(self.has(AUDIO), self.has(VIDEO))]
        size = len(parts[0])
        frames = 0
        for tag in self._stream.snapshot(self._format):
            encoded = self.encode(tag)
            if size and size + len(encoded) > limit:
                yield self.flush(parts, frames)
                parts, size, frames = [], 0, 0
            parts.append(encoded)
            size += len(encoded)
            frames += tag.isFrame and bool(encoded)
        if size:
            yield self.flush(parts, frames)
