"""
What somebody who joins a live stream late needs to see a picture at once.
"""

from __future__ import annotations

from collections import deque
from typing import TypeAlias

from rtmptwisted.wire.codec import Kind
from rtmptwisted.wire.flv import VIDEO, FLVTag
from rtmptwisted.wire.limits import Limits

#: What a tag sets up: the kind of media, the track, the kind of setup.
SetupKey: TypeAlias = tuple[int, int, Kind]


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
    @ivar overdue: whether no keyframe has come for so long that there is no use
        in waiting for one: some encoders send none at all.
    @ivar size: bytes of payload held.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._mostBytes = limits.gopBytes
        self._mostTags = limits.gopTags
        self._longest = limits.gopSeconds * 1000 + 0x80000000
        # Sequence headers and configuration as they were when the group began,
        # by what they set up.
        self._setup: dict[SetupKey, FLVTag] = {}
        self._latest: dict[SetupKey, FLVTag] = {}
        self._tags: deque[FLVTag] = deque()
        self._hasVideo = False
        # The timestamp of the group's first frame.
        self._since: int | None = None
        self.intact = True
        self.overdue = False
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
            self._remember(self._latest, tag)
        elif tag.isFrame:
            self._noteFrame(tag)
        elif tag.description.kind is Kind.SEQUENCE_END:
            _forget(self._latest, tag)
        if self.intact:
            self._append(tag)

    def extend(self, tag: FLVTag) -> None:
        """
        Take note of the next tag of the stream, which is a frame and no keyframe.
        """
        since = self._since
        if since is None or not (self._hasVideo and self.intact):
            self.add(tag)
            return
        self._tags.append(tag)
        self.size += len(tag.body)
        if (
            self.size > self._mostBytes
            or len(self._tags) > self._mostTags
            or (tag.timestamp - since + 0x80000000 & 0xFFFFFFFF) > self._longest
        ):
            self._noteFrame(tag)
            self._giveUp()

    def _append(self, tag: FLVTag) -> None:
        self._tags.append(tag)
        self.size += len(tag.body)
        if not self._hasVideo:
            self._trim()
        if self._overfull():
            self._giveUp()

    def _giveUp(self) -> None:
        self._tags.clear()
        self.size = 0
        self.intact = False

    def _noteFrame(self, tag: FLVTag) -> None:
        if tag.typeID == VIDEO and not self._hasVideo:
            self._hasVideo = True
            self._since = None
        if self._since is None:
            self._since = tag.timestamp
        if self._hasVideo:
            age = elapsed(self._since, tag.timestamp)
            self.overdue = age > self._limits.gopSeconds * 1000

    def _remember(self, setup: dict[SetupKey, FLVTag], tag: FLVTag) -> None:
        limits = self._limits
        fresh = sum(key not in setup for key in tag.setupKeys)
        room = len(setup) + fresh <= limits.setupTags
        if room and len(tag.body) <= limits.setupBytes:
            _note(setup, tag)
        else:
            # Rather none than one that holds no longer.
            for key in tag.setupKeys:
                setup.pop(key, None)

    def _restart(self) -> None:
        self._tags.clear()
        self._setup = dict(self._latest)
        self._since = None
        self.size = 0
        self.intact, self.overdue = True, False

    def _overfull(self) -> bool:
        limits = self._limits
        return (
            self.size > limits.gopBytes
            or len(self._tags) > limits.gopTags
            or self.overdue
        )

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
                self._remember(self._setup, oldest)
            elif oldest.description.kind is Kind.SEQUENCE_END:
                _forget(self._setup, oldest)

    def header(self, typeID: int) -> FLVTag | None:
        """
        @return: the latest sequence header of the default track.
        """
        return self._latest.get((typeID, 0, Kind.SEQUENCE_HEADER))

    def setup(self, timestamp: int) -> list[FLVTag]:
        """
        @return: the latest sequence headers and configuration, with this
            timestamp.
        """
        return [tag.at(timestamp) for tag in _distinct(self._latest)]

    def snapshot(self) -> list[FLVTag]:
        """
        @return: sequence headers and configuration, then the group.  What comes
            before the first frame gets its timestamp, and what lies behind the
            frame before it gets that one's: publishers send sequence headers
            at 0 whatever their clock says.
        """
        if not self.intact:
            return []
        tags = [*_distinct(self._setup), *self._tags]
        time = next((tag.timestamp for tag in tags if tag.isFrame), None)
        if time is None:
            return tags
        placed = []
        before = True
        for tag in tags:
            if tag.isFrame:
                time, before = tag.timestamp, False
            late = elapsed(time, tag.timestamp) >= 0 and not before
            placed.append(tag if tag.isFrame or late else tag.at(time))
        return placed


def _note(setup: dict[SetupKey, FLVTag], tag: FLVTag) -> None:
    """
    Keep a tag for all that it sets up.  One that sets up several tracks may say
    less than a later one about some of them, so that tags for different tracks
    stay in the order of their arrival.
    """
    keys = tag.setupKeys
    before = setup.get(keys[0])
    same = before is not None and before.setupKeys == keys
    if not same or any(setup.get(key) is not before for key in keys):
        for key in keys:
            setup.pop(key, None)
    setup.update(dict.fromkeys(keys, tag))


def _forget(setup: dict[SetupKey, FLVTag], end: FLVTag) -> None:
    """
    Forget the sequence headers of tracks whose sequence has ended.
    """
    for typeID, track, _ in end.setupKeys:
        setup.pop((typeID, track, Kind.SEQUENCE_HEADER), None)


def _distinct(setup: dict[SetupKey, FLVTag]) -> list[FLVTag]:
    return list(dict.fromkeys(setup.values()))
