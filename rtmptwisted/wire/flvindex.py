"""
What stands in the head of an FLV file about its tags: numbers, and an index of
the places where playing can start.

The index is made for two readings of it.  ffmpeg uses each entry, and forgets all
of them when the first two are not two tags in the order of the file.  mpegts.js
leaves out the first entry, which it takes for a sequence header.  So the first
entry is one, and all others are frames.
"""

from __future__ import annotations

import math
import struct
from typing import Any, Final, NamedTuple

from rtmptwisted.wire.codec import Description, Kind
from rtmptwisted.wire.enhanced import EX_AUDIO
from rtmptwisted.wire.message import MessageType

#: A file without video can be entered at any frame of audio; the index has one
#: every so many milliseconds.
AUDIO_SPACING: Final = 5000

#: A number in AMF0: its marker and a double.
_NUMBER: Final = struct.Struct(">Bd")

#: Tags without which a decoder is not what it was when they came.
_SETUP: Final = frozenset((Kind.SEQUENCE_HEADER, Kind.CONFIGURATION, Kind.SEQUENCE_END))

#: What stands behind each tag.
_LENGTH_SIZE: Final = 4

#: What an entry takes: two numbers.
ENTRY_SIZE: Final = 2 * _NUMBER.size


def seconds(milliseconds: int) -> float:
    """
    @return: a time in seconds that is the same number of milliseconds again for
        those who round it down, as players do: 1.001 would be 1000 ms for them.
    """
    time = milliseconds / 1000
    return time if time * 1000 >= milliseconds else math.nextafter(time, math.inf)


class KeyframeIndex:
    """
    The places where playing can start: positions and times, in order.

    When it is full, every second keyframe is dropped, and from then on only every
    second is taken, then every fourth, and so on.

    @ivar positions: the entries' positions in the file, each a number of AMF0.
    @ivar times: the entries' times in seconds, each a number of AMF0.
    """

    __slots__ = ("_capacity", "_leading", "_noted", "_stride", "positions", "times")

    def __init__(self, capacity: int, lead: tuple[int, int] | None = None) -> None:
        """
        @param lead: position and milliseconds of the first entry, which is no
            frame.
        """
        self._capacity = capacity
        self._stride = 1
        self._noted = 0
        self._leading = lead is not None
        self.positions = bytearray()
        self.times = bytearray()
        if lead is not None and capacity > 0:
            self._add(*lead)

    def __len__(self) -> int:
        return len(self.times) // _NUMBER.size

    def entries(self) -> list[tuple[int, int]]:
        """
        @return: position and milliseconds of each entry.
        """
        positions = _NUMBER.iter_unpack(self.positions)
        times = _NUMBER.iter_unpack(self.times)
        return [
            (int(position), round(time * 1000))
            for (_, position), (_, time) in zip(positions, times, strict=True)
        ]

    def mark(self) -> _IndexMark:
        """
        @return: what L{restore} needs to undo all that comes.
        """
        return _IndexMark(
            self._stride, self._noted, len(self.times), self.positions, self.times
        )

    def restore(self, mark: _IndexMark) -> None:
        """
        Be as at that moment again.
        """
        self._stride, self._noted, size, self.positions, self.times = mark
        del self.positions[size:], self.times[size:]

    def note(self, position: int, milliseconds: int) -> bool:
        """
        Take a keyframe, or pass it over.

        @return: whether the index is another now.
        """
        number, self._noted = self._noted, self._noted + 1
        if number % self._stride:
            return False
        thinned = len(self) >= self._capacity
        if thinned:
            self._stride *= 2
            self.positions = self._thinned(self.positions)
            self.times = self._thinned(self.times)
            if number % self._stride or len(self) >= self._capacity:
                return True
        self._add(position, milliseconds)
        return True

    def _thinned(self, packed: bytearray) -> bytearray:
        # The old ones stay as they are, for restore().
        size = _NUMBER.size
        kept = packed[:size] if self._leading else bytearray()
        for start in range(len(kept), len(packed), 2 * size):
            kept += packed[start : start + size]
        return kept

    def _add(self, position: int, milliseconds: int) -> None:
        self.positions += _NUMBER.pack(0, position)
        self.times += _NUMBER.pack(0, seconds(milliseconds))


class _IndexMark(NamedTuple):
    stride: int
    noted: int
    size: int
    positions: bytearray
    times: bytearray


def codecID(typeID: int, body: bytes, codec: str) -> int | None:
    """
    @return: the number that C{onMetaData} has for the codec of a tag: that of
        FLV, or in Enhanced RTMP the four characters; L{None} when unknown.
    """
    if not body:
        return None
    if typeID == MessageType.VIDEO:
        enhanced, number = body[0] & 0x80, body[0] & 0x0F
    else:
        number = body[0] >> 4
        enhanced = number == EX_AUDIO
    if not enhanced:
        return number
    characters = codec.encode("latin-1", "replace")
    return int.from_bytes(characters, "big") if len(characters) == 4 else None


class Tally:
    """
    What a file has, told tag by tag, in the order of the file.

    @ivar size: where the next tag goes.
    @ivar end: the latest timestamp, milliseconds.
    @ivar audioBytes: what the tags of audio take, without the length behind each,
        as tools count it.
    @ivar videoBytes: the same of video.
    @ivar keyframe: position and milliseconds of the last keyframe.
    @ivar endsWithKeyframe: whether no frame of video came behind that.
    @ivar hasAudio: whether there was a frame of audio.
    @ivar hasVideo: whether there was a frame of video.
    @ivar audioCodec: see L{codecID}.
    @ivar videoCodec: see L{codecID}.
    @ivar setup: the position of the last tag that sets decoders up, or ends that.
    @ivar index: where playing can start.
    """

    __slots__ = (
        "_audioEntry",
        "_capacity",
        "_lead",
        "audioBytes",
        "audioCodec",
        "end",
        "endsWithKeyframe",
        "hasAudio",
        "hasVideo",
        "index",
        "keyframe",
        "setup",
        "size",
        "videoBytes",
        "videoCodec",
    )

    def __init__(self, capacity: int, size: int) -> None:
        """
        @param capacity: the most entries the index may have.
        @param size: what stands before the first tag that will be told.
        """
        self._capacity = capacity
        self._lead: tuple[int, int] | None = None
        # When the last audio frame was one for the index.
        self._audioEntry: int | None = None
        self.size = size
        self.end = 0
        self.audioBytes = self.videoBytes = 0
        self.keyframe: tuple[int, int] | None = None
        self.endsWithKeyframe = False
        self.setup: int | None = None
        self.hasAudio = self.hasVideo = False
        self.audioCodec: int | None = None
        self.videoCodec: int | None = None
        self.index = KeyframeIndex(capacity)

    def mark(self) -> TallyMark:
        """
        @return: what L{restore} needs to undo all that comes.
        """
        values = tuple(getattr(self, name) for name in self.__slots__)
        return TallyMark(values, self.index.mark())

    def restore(self, mark: TallyMark) -> None:
        """
        Be as at that moment again.
        """
        for name, value in zip(self.__slots__, mark.values, strict=True):
            setattr(self, name, value)
        self.index.restore(mark.ofIndex)

    def add(
        self,
        typeID: int,
        timestamp: int,
        size: int,
        body: bytes,
        description: Description,
    ) -> bool:
        """
        Take the next tag.

        @param size: all of it, with the length behind it.
        @param body: the payload, or the beginning of it.
        @return: whether the head should be brought up to date now: the index is
            another, or decoders are set up in another way.
        """
        position = self.size
        self.size += size
        if timestamp > self.end:
            self.end = timestamp
        kind, codec, _ = description
        if typeID == MessageType.AUDIO:
            self.audioBytes += size - _LENGTH_SIZE
            if self.audioCodec is None:
                self.audioCodec = codecID(typeID, body, codec)
            if kind is Kind.FRAME:
                self.hasAudio = True
                return self.keyframe is None and self._audioFrame(position, timestamp)
        elif typeID == MessageType.VIDEO:
            self.videoBytes += size - _LENGTH_SIZE
            if self.videoCodec is None:
                self.videoCodec = codecID(typeID, body, codec)
            if kind is Kind.KEYFRAME:
                self.hasVideo = True
                return self._videoKeyframe(position, timestamp)
            if kind is Kind.FRAME:
                self.hasVideo = True
                self.endsWithKeyframe = False
        return kind in _SETUP and self._setupTag(position, timestamp, kind)

    def _setupTag(self, position: int, timestamp: int, kind: Kind) -> bool:
        self.setup = position
        if self._lead is None and kind is Kind.SEQUENCE_HEADER and not len(self.index):
            self._lead = position, timestamp
            self.index = KeyframeIndex(self._capacity, self._lead)
        return True

    def _videoKeyframe(self, position: int, timestamp: int) -> bool:
        if self.keyframe is None and self._audioEntry is not None:
            # The entries so far were made as if there were no video.
            self.index = KeyframeIndex(self._capacity, self._lead)
        self.keyframe = position, timestamp
        self.endsWithKeyframe = True
        return self.index.note(position, timestamp)

    def _audioFrame(self, position: int, timestamp: int) -> bool:
        last = self._audioEntry
        # The first two: one of them is left out by some players.
        if (
            last is not None
            and len(self.index) > 1
            and timestamp < last + AUDIO_SPACING
        ):
            return False
        self._audioEntry = timestamp
        return self.index.note(position, timestamp)


class TallyMark(NamedTuple):
    """
    A moment of a L{Tally}.
    """

    values: tuple[Any, ...]
    ofIndex: _IndexMark
