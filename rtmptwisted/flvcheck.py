"""
What is wrong with an FLV file.

All of it blocks, and belongs in a thread.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from rtmptwisted.errors import FLVError
from rtmptwisted.flvscan import Scan
from rtmptwisted.flvsource import FLVSource, ScannedTag, readStart
from rtmptwisted.newfile import lock
from rtmptwisted.wire.codec import Kind
from rtmptwisted.wire.flv import AUDIO, SCRIPT, VIDEO
from rtmptwisted.wire.flvheadreader import sameHead
from rtmptwisted.wire.flvindex import Tally

#: Progress is told after so many tags.
_OFTEN = 2000

#: Files of others may round the duration, or count the length of the last frame; in
#: milliseconds, like the next.
_TOLERANCE = 1000

#: Some count the times of the index from the first frame of video.  Players bear it.
_INDEX_TOLERANCE = 100

Progress = Callable[[float], None]


class Survey:
    """
    All that there is to know of a file.

    @ivar start: how it begins.
    @ivar head: one that can be written over that of the file, or L{None}.
    @ivar tally: what its tags come to.
    @ivar end: where the last whole tag ends.
    @ivar codecs: what the first frame is of, by type of tag.
    @ivar keyframes: how many there are.
    @ivar longest: the longest time from one keyframe to the next, milliseconds.
    """

    def __init__(self, descriptor: int, progress: Progress | None = None) -> None:
        """
        @param progress: is called with a number from 0 to 1 while the file is read.
            What it raises ends that.
        @raise FLVError: when this is no FLV file.
        @raise OSError: when it cannot be read.
        """
        self.source = FLVSource(descriptor)
        self.start = start = readStart(self.source)
        self.contents = contents = start.contents
        self.head = None if contents is None else sameHead(start.body, contents)
        capacity = self.head.capacity if self.head is not None else 0
        self.tally = Tally(capacity, start.tags)
        # What the index says and no tag has shown to be true.
        self._wanted = dict(contents.index) if contents is not None else {}
        self._entries = len(self._wanted)
        isOurs = contents is not None and contents.isOurs
        self._near = 1 if isOurs else _INDEX_TOLERANCE
        self._latest: dict[tuple[int, int], int] = {}
        self._falls = 0
        self._firstFall = ""
        self.codecs: dict[int, str] = {}
        self.keyframes = self.longest = 0
        self._keyframeAt = 0
        self._strange = 0
        self._broken = self._read(progress)
        self.end = self.tally.size

    def _read(self, progress: Progress | None) -> str:
        """
        @return: why the file does not end with a whole tag.
        """
        scan = Scan(self.source, self.start.tags)
        for number, tag in enumerate(scan):
            if progress is not None and not number % _OFTEN:
                progress(tag.position / self.source.size)
            self._look(tag)
        return scan.problem

    def _look(self, tag: ScannedTag) -> None:
        typeID, timestamp = tag.typeID, tag.timestamp
        description = tag.description
        kind = description.kind
        self.tally.add(typeID, timestamp, tag.total, tag.start, description)
        if typeID not in (AUDIO, VIDEO, SCRIPT):
            self._strange += 1
        if kind is Kind.KEYFRAME:
            if self.keyframes:
                self.longest = max(self.longest, timestamp - self._keyframeAt)
            self.keyframes += 1
            self._keyframeAt = timestamp
        if kind is Kind.FRAME or kind is Kind.KEYFRAME:
            self.codecs.setdefault(typeID, description.codec)
            track = typeID, description.tracks[0]
            if timestamp < self._latest.get(track, 0):
                if not self._falls:
                    self._firstFall = f"at {tag.position}, to {timestamp} ms"
                self._falls += 1
            self._latest[track] = timestamp
        said = self._wanted.get(tag.position)
        isNear = said is not None and abs(said * 1000 - timestamp) < self._near
        if isNear and self._isEntrance(tag, kind):
            del self._wanted[tag.position]

    def _isEntrance(self, tag: ScannedTag, kind: Kind) -> bool:
        # The first entry is a sequence header by custom.
        if kind is Kind.KEYFRAME or kind is Kind.SEQUENCE_HEADER:
            return True
        if tag.typeID == VIDEO:
            # The end of a sequence looks like a keyframe to some.
            return tag.start[:2] == b"\x17\x02"
        return kind is Kind.FRAME and not self.keyframes

    @property
    def surplus(self) -> int:
        """
        Bytes behind the last whole tag.
        """
        return self.source.size - self.end

    def problems(self) -> list[str]:
        """
        @return: a sentence for each, without a full stop.
        """
        return self.repairable() + self.lasting()

    def lasting(self) -> list[str]:
        """
        @return: the problems that stay when a file is repaired.
        """
        problems = []
        if self._strange:
            problems.append(f"{self._strange} tags are of a type that FLV has not")
        if self._falls:
            problems.append(
                f"timestamps fall within a track {self._falls} times, "
                f"first {self._firstFall}"
            )
        return problems

    def repairable(self) -> list[str]:
        """
        @return: the other problems.
        """
        broken = f"{self._broken}; {self.surplus} bytes are lost"
        return ([broken] if self._broken else []) + self._headProblems()

    def _headProblems(self) -> list[str]:
        contents = self.contents
        if contents is None:
            return ["there is no metadata, so no duration and no index"]
        problems = []
        if not contents.isComplete:
            problems.append("it was not finished")
        if self._wanted:
            problems.append(
                f"{len(self._wanted)} of {self._entries} entries of the index do not "
                f"point at a keyframe with that time"
            )
        hasRoom = self.head is None or self.head.capacity > 1
        if self.keyframes and not contents.index and hasRoom:
            problems.append("there is no index of keyframes")
        for key, right, unit, tolerance in (
            ("duration", self.tally.end / 1000, " s", _TOLERANCE / 1000),
            ("filesize", self.source.size, " bytes", 0.0),
        ):
            said = contents.metadata.get(key)
            if not isinstance(said, float):
                problems.append(f"no {key} is said")
            elif not abs(said - right) <= tolerance:
                problems.append(
                    f"{key} is said to be {said:.15g}{unit}, not {right:.15g}"
                )
        return problems


def check(path: str, progress: Progress | None = None) -> list[str]:
    """
    Look at all of a file.

    @param progress: is called with a number from 0 to 1 now and then.
    @return: what is wrong, a sentence for each; nothing for a good file.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        return [error.strerror or str(error)]
    try:
        if not lock(descriptor):
            return ["it is being written"]
        return Survey(descriptor, progress).problems()
    except FLVError as error:
        return [str(error)]
    except OSError as error:
        return [error.strerror or str(error)]
    finally:
        os.close(descriptor)
