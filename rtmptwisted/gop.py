"""
What somebody who joins a live stream late needs to see a picture at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from rtmptwisted.wire.codec import Kind
from rtmptwisted.wire.flv import VIDEO, FLVTag
from rtmptwisted.wire.limits import Limits


def elapsed(since: int, until: int) -> int:
    """
    @return: milliseconds from one 32-bit timestamp to another, negative when
        C{until} is the earlier one (RTMP 1.0, section 4: serial arithmetic).
    """
    return (until - since + 0x80000000 & 0xFFFFFFFF) - 0x80000000


class GOPCache:
    """
    The tags of a stream since its last keyframe; without video, the latest
    audio.  The first group also holds what came before its keyframe, so that
    whoever waited for the publisher gets everything.

    @ivar intact: C{False} while the group grew past a limit and was given up;
        the next keyframe mends that.
    @ivar size: bytes of payload held.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        # Sequence headers and configuration as they were when the group began,
        # by what they set up.
        self._setup: dict[tuple[int, int, Kind], FLVTag] = {}
        self._latest: dict[tuple[int, int, Kind], FLVTag] = {}
        self._tags: deque[FLVTag] = deque()
        self._hasVideo = False
        self.intact = True
        self.size = 0

    def add(self, tag: FLVTag, keep: bool = False) -> None:
        """
        Take note of the next tag of the stream.

        @param keep: whether a keyframe leaves in place what is there already.
        """
        if not tag.body:
            return
        if tag.isKeyframe and (not self.intact or (self._hasVideo and not keep)):
            self._restart()
        if tag.isSetup:
            self._remember(tag)
        if not self.intact:
            return
        self._tags.append(tag)
        self.size += len(tag.body)
        if tag.typeID == VIDEO and tag.isFrame:
            self._hasVideo = True
        if not self._hasVideo:
            self._trim()
        if self._overfull():
            self._restart()
            self.intact = False

    def _remember(self, tag: FLVTag) -> None:
        limits = self._limits
        room = _key(tag) in self._latest or len(self._latest) < limits.setupTags
        if room and len(tag.body) <= limits.setupBytes:
            self._latest[_key(tag)] = tag

    def _restart(self) -> None:
        self._tags.clear()
        self._setup = dict(self._latest)
        self.size = 0
        self.intact = True

    def _overfull(self) -> bool:
        limits = self._limits
        return (
            self.size > limits.gopBytes
            or len(self._tags) > limits.gopTags
            or (self._hasVideo and self._span() > limits.gopSeconds * 1000)
        )

    def _span(self) -> int:
        # From the first frame: sequence headers before it may stand at 0.
        start = next(tag.timestamp for tag in self._tags if tag.isFrame)
        return elapsed(start, self._tags[-1].timestamp)

    def _trim(self) -> None:
        """
        Let go of the oldest audio.  What sets decoders up is kept.

        No limit gives audio up: there is no keyframe that would mend it.
        """
        newest = self._tags[-1].timestamp
        longest = self._limits.audioCacheSeconds * 1000
        while len(self._tags) > 1 and (
            abs(elapsed(self._tags[0].timestamp, newest)) > longest or self._overfull()
        ):
            oldest = self._tags.popleft()
            self.size -= len(oldest.body)
            if oldest.isSetup:
                self._setup[_key(oldest)] = oldest

    def setup(self, timestamp: int) -> list[FLVTag]:
        """
        @return: the latest sequence headers and configuration, with this
            timestamp.
        """
        return [tag.at(timestamp) for tag in self._latest.values()]

    def snapshot(self) -> list[FLVTag]:
        """
        @return: sequence headers and configuration, then the group.  What
            comes before the first frame has its timestamp: publishers send
            sequence headers at 0 whatever their clock says.
        """
        if not self.intact:
            return []
        start = next((tag.timestamp for tag in self._tags if tag.isFrame), None)
        if start is None:
            return [*self._setup.values(), *self._tags]
        return list(_restamped([*self._setup.values(), *self._tags], start))


def _key(tag: FLVTag) -> tuple[int, int, Kind]:
    return tag.typeID, tag.description.track, tag.description.kind


def _restamped(tags: Iterable[FLVTag], start: int) -> Iterable[FLVTag]:
    before = True
    for tag in tags:
        before = before and not tag.isFrame
        yield tag.at(start) if before else tag
