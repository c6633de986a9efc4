"""
The parts of a recording, and what of them waits to be written.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

from rtmptwisted.amounts import parseAmount
from rtmptwisted.recordedsetup import WrittenSetup
from rtmptwisted.wire.amf import AMFValue
from rtmptwisted.wire.codec import Kind
from rtmptwisted.wire.flv import FLVTag

#: What a tag takes in a file beside its body.
_AROUND = 15

#: What a tag takes in memory beside its body, roughly.
OVERHEAD = 200

#: So much is written at once when it is there, in bytes.
AT_ONCE = 1 << 20

#: And so much at the most.  On a disk where each call takes seconds, whatever it has
#: to write, more of it with each call is all that helps.
MOST_AT_ONCE = 8 << 20

#: No file is longer, but for the rest of a group of pictures, in milliseconds: 24
#: days.  Players bear no timestamps from 2^31 on, and there are none from 2^32 on.
LONGEST = 24 * 86_400_000

_SHORTEST = 1.0
_SMALLEST = 100_000


class SegmentLimit(NamedTuple):
    """
    When a recording goes on in another file: at the first keyframe from there on.

    @ivar seconds: so long one file is at the least.
    @ivar size: or so large, in bytes.
    """

    seconds: float | None = None
    size: int | None = None

    def isReached(self, milliseconds: int, size: int) -> bool:
        """
        @return: whether a file that is so long and so large has enough.
        """
        return (
            milliseconds >= LONGEST
            or (self.seconds is not None and milliseconds >= self.seconds * 1000)
            or (self.size is not None and size >= self.size)
        )


#: All in one file, as far as there is a file for it.
WHOLE = SegmentLimit()


def parseSegment(text: str) -> SegmentLimit:
    """
    @param text: a duration such as C{"10m"} or a size such as C{"500MB"}.
    @raise ValueError: for what is neither, and for what would make too many files.
    """
    limit = SegmentLimit(*parseAmount(text))
    if limit.seconds is not None and limit.seconds < _SHORTEST:
        raise ValueError(f"{text!r} is too short, at least {_SHORTEST:.0f}s")
    if limit.size is not None and limit.size < _SMALLEST:
        raise ValueError(f"{text!r} is too little, at least {_SMALLEST // 1000}kB")
    return limit


@dataclass(slots=True, eq=False)
class Segment:
    """
    One file of a recording.

    @ivar sequence: its number, from 0.
    @ivar name: the path below the root, without the ending.
    @ivar base: where its 0 is in the time of the recording, milliseconds.
    @ivar setup: what decoders were told by it.
    @ivar size: bytes that it will have, without the head.
    @ivar reached: where the latest tag is, in the time of the recording.
    @ivar ended: whether nothing more comes.
    @ivar path: where the file is, once there is one.
    @ivar written: the size of the file.
    @ivar duration: milliseconds of it that are written.
    """

    sequence: int
    name: str
    base: int
    metadata: dict[str, AMFValue]
    hasAudio: bool
    hasVideo: bool
    setup: WrittenSetup = field(default_factory=WrittenSetup)
    size: int = 0
    reached: int = 0
    ended: bool = False
    path: str | None = None
    written: int = 0
    duration: int = 0

    @property
    def end(self) -> int:
        """
        Up to where the recording is in the file, in the time of the recording.
        """
        return self.base + self.duration

    def placed(self, tag: FLVTag, position: int) -> FLVTag:
        """
        @param position: in the time of the recording.
        @return: the tag as it stands in the file.
        """
        self.size += len(tag.body) + _AROUND
        self.reached = position
        if tag.isSetup:
            self.setup.note(tag)
        elif tag.description.kind is Kind.SEQUENCE_END:
            self.setup.end(tag)
        # Sound that comes behind the first picture may belong before it.
        return tag.at(max(0, position - self.base))


class Backlog:
    """
    What waits to be written, segment by segment.

    @ivar waiting: bytes in memory, those included that are being written.
    """

    def __init__(self) -> None:
        self._segments: deque[tuple[Segment, deque[FLVTag]]] = deque()
        self._taken = 0
        self.waiting = 0

    def open(self, segment: Segment) -> None:
        """
        What is put in goes to this segment from now on.
        """
        self.close()
        self._segments.append((segment, deque()))

    def close(self) -> None:
        """
        Nothing more comes for the latest segment.
        """
        if self._segments:
            self._segments[-1][0].ended = True

    def put(self, tag: FLVTag) -> None:
        """
        @param tag: as it stands in the file of the latest segment.
        """
        self._segments[-1][1].append(tag)
        self.waiting += len(tag.body) + OVERHEAD

    @property
    def first(self) -> Segment | None:
        """
        The segment that is to be written.
        """
        return self._segments[0][0] if self._segments else None

    @property
    def hasMore(self) -> bool:
        """
        Whether there is something for the first segment.
        """
        return bool(self._segments and self._segments[0][1])

    @property
    def isUrgent(self) -> bool:
        """
        Whether the first segment is to be written on at once.
        """
        first = self.first
        full = self.waiting - self._taken >= AT_ONCE
        return first is not None and (first.ended or full)

    def take(self) -> list[FLVTag]:
        """
        @return: the next tags of the first segment.  They count as waiting until
            they are L{done}.
        """
        tags: list[FLVTag] = []
        waiting = self._segments[0][1]
        while waiting and self._taken < MOST_AT_ONCE:
            tag = waiting.popleft()
            tags.append(tag)
            self._taken += len(tag.body) + OVERHEAD
        return tags

    def done(self) -> None:
        """
        What was taken is written, or is not going to be.
        """
        self.waiting -= self._taken
        self._taken = 0

    def pop(self) -> None:
        """
        The first segment is finished.
        """
        self._segments.popleft()

    def clear(self) -> None:
        """
        Drop all that waits.  What was taken is still in memory.
        """
        self._segments.clear()
        self.waiting = self._taken
