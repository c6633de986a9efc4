"""
What sets decoders up, as recordings have to know it.
"""

from __future__ import annotations

from collections.abc import Iterator

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from rtmptwisted.gop import SetupKey
from rtmptwisted.wire.codec import Kind
from rtmptwisted.wire.flv import FLVTag
from rtmptwisted.wire.limits import Limits

#: So many changes of a sequence header begin a new file each,
CHANGES = 10
#: and one more every so many seconds: the others stand within a file.
CHANGE_SECONDS = 10.0


class SetupMemory:
    """
    The latest sequence headers and configuration of a stream: what a new file has to
    begin with.
    """

    _log = Logger()

    def __init__(self, name: str, limits: Limits) -> None:
        """
        @param name: of the stream, for the log.
        """
        self._name = name
        self._limits = limits
        self._said = False
        self._tags: dict[SetupKey, FLVTag] = {}

    def remember(self, tag: FLVTag) -> bool:
        """
        Take note of a sequence header or of configuration.

        @return: whether there was room for it.
        """
        keys = tag.setupKeys
        known = self._tags
        fresh = sum(key not in known for key in keys)
        room = len(known) + fresh <= self._limits.setupTags
        if not room or len(tag.body) > self._limits.setupBytes:
            # Rather none than one that holds no longer.
            for key in keys:
                known.pop(key, None)
            if not self._said:
                self._said = True
                self._log.error(
                    "the recording of {name}: a sequence header of {size} bytes is "
                    "too large, or one too many: it stands where it came, if at all",
                    name=self._name,
                    size=len(tag.body),
                )
            return False
        before = known.get(keys[0])
        same = before is not None and before.setupKeys == keys
        if not same or any(known.get(key) is not before for key in keys):
            # One for several tracks may say less than a later one about some of
            # them: those for different tracks stay in the order of their arrival.
            for key in keys:
                known.pop(key, None)
        known.update(dict.fromkeys(keys, tag))
        return True

    def forget(self, end: FLVTag) -> None:
        """
        The sequence headers of these tracks hold no longer.
        """
        for key in endedKeys(end):
            self._tags.pop(key, None)

    def __iter__(self) -> Iterator[FLVTag]:
        """
        What a new file has to begin with, in order.
        """
        return iter(dict.fromkeys(self._tags.values()))


class WrittenSetup:
    """
    What decoders were told by one file.
    """

    def __init__(self) -> None:
        self._holds: dict[SetupKey, bytes] = {}
        # Ended sequences included.
        self._told: dict[SetupKey, bytes] = {}

    def has(self, tag: FLVTag) -> bool:
        """
        @return: whether a decoder of the file has been set up in just this way.
        """
        return all(self._holds.get(key) == tag.body for key in tag.setupKeys)

    def contradicts(self, tag: FLVTag) -> bool:
        """
        @return: whether the file has another sequence header for one of these
            tracks.
        """
        if tag.description.kind is not Kind.SEQUENCE_HEADER:
            return False
        return any(self._told.get(key, tag.body) != tag.body for key in tag.setupKeys)

    def note(self, tag: FLVTag) -> None:
        """
        The file has this now.
        """
        told = dict.fromkeys(tag.setupKeys, tag.body)
        self._holds.update(told)
        self._told.update(told)

    def end(self, tag: FLVTag) -> None:
        """
        The file has the end of a sequence.
        """
        for key in endedKeys(tag):
            self._holds.pop(key, None)


class Changes:
    """
    Tells how often a recording goes on in a new file because sequence headers are
    others now: a publisher could ask for thousands.
    """

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._left = float(CHANGES)
        self._at = clock.seconds()

    def mayBeOne(self) -> bool:
        """
        @return: whether one more is fine.  It counts then.
        """
        now = self._clock.seconds()
        more = (now - self._at) / CHANGE_SECONDS
        self._left = min(CHANGES, self._left + more)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


def endedKeys(end: FLVTag) -> list[SetupKey]:
    """
    @param end: of the sequences of some tracks.
    @return: the sequence headers that hold no longer.
    """
    return [(typeID, track, Kind.SEQUENCE_HEADER) for typeID, track, _ in end.setupKeys]
