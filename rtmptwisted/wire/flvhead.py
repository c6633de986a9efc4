"""
The head of an FLV file: the file header, and C{onMetaData} with all that players
want to know, an index of keyframes included.

It is written first, when little of that is known, and has the same size ever
after: numbers stand at fixed places, and the index has room to grow.  The
beginning of it tells whether the file is ours, and whether it is complete.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import Final

from rtmptwisted.errors import FLVError
from rtmptwisted.wire import amf
from rtmptwisted.wire.amf import AMFValue, Marker
from rtmptwisted.wire.flv import LARGEST_BODY, SCRIPT, fileHeader
from rtmptwisted.wire.flvindex import ENTRY_SIZE, Tally

#: What writes our files; its version stands behind it.
CREATOR: Final = "rtmptwisted"

#: Whose name our files have, and whether they are complete.
CREATOR_KEY: Final = "metadatacreator"
COMPLETE_KEY: Final = "complete"

#: Where the last tag is that a decoder needs: what comes behind it can be played
#: without a search for others.
SETUP_KEY: Final = "lastsetuplocation"

INDEX_KEY: Final = "keyframes"
FILLER_KEY: Final = "filler"

#: What is said by whoever writes the file.
OWN_KEYS: Final = frozenset(
    (
        CREATOR_KEY,
        COMPLETE_KEY,
        "duration",
        "filesize",
        "datasize",
        "videosize",
        "audiosize",
        "lasttimestamp",
        "lastkeyframetimestamp",
        "lastkeyframelocation",
        SETUP_KEY,
        "hasAudio",
        "hasVideo",
        "hasMetadata",
        "hasKeyframes",
        "canSeekToEnd",
        "videocodecid",
        "audiocodecid",
        INDEX_KEY,
        FILLER_KEY,
    )
)

#: So many bytes of a file come before the body of its first tag.
BODY_AT: Final = 13 + 11

_END: Final = b"\0\0\x09"
_COUNT: Final = struct.Struct(">I")

#: Strings of the filler are a little shorter than ffmpeg's limit of 1023.
_FILLER_STRING: Final = bytes((Marker.STRING,)) + b"\x03\xe8" + b" " * 1000


def _key(name: str) -> bytes:
    return struct.pack(">H", len(name)) + name.encode()


def _properties(values: Mapping[str, AMFValue]) -> bytes:
    # An object without its marker and its end.
    return amf.encode([dict(values)])[1 : -len(_END)]


_NAME: Final = amf.encode(["onMetaData"])

_ARRAY: Final = _NAME + bytes((Marker.ECMA_ARRAY,))

#: What the index begins and goes on with.
INDEX_START: Final = (
    _key(INDEX_KEY)
    + bytes((Marker.OBJECT,))
    + _key("filepositions")
    + bytes((Marker.STRICT_ARRAY,))
)
TIMES_START: Final = _key("times") + bytes((Marker.STRICT_ARRAY,))
_AFTER: Final = _END + _key(FILLER_KEY) + bytes((Marker.STRICT_ARRAY,))

#: What the index and its filler take when there is no room for entries: the
#: filler has one string then.
_LEAST: Final = len(INDEX_START) + len(TIMES_START) + len(_AFTER) + 3 * _COUNT.size + 3


class FileHead:
    """
    The head of one file.

    @ivar size: what it takes of the file; the first tag follows.
    @ivar capacity: entries there is room for.
    """

    def __init__(
        self,
        creator: str,
        metadata: Mapping[str, AMFValue],
        hasAudio: bool,
        hasVideo: bool,
        capacity: int,
    ) -> None:
        """
        @param creator: L{CREATOR} and a version.
        @param metadata: the publisher's; L{OWN_KEYS} are left out.
        @param hasAudio: whether audio is expected: then its codec has a place,
            and until there is a frame the head says that there is audio.
        @param hasVideo: the same of video.
        @raise FLVError: when there is no tag that large.
        @raise AMFError: when the metadata cannot be written.
        """
        others = {name: metadata[name] for name in metadata if name not in OWN_KEYS}
        self.capacity = capacity
        self._creator = creator
        self._codecs: dict[str, AMFValue] = {}
        for key, has in (("videocodecid", hasVideo), ("audiocodecid", hasAudio)):
            if has:
                said = metadata.get(key)
                self._codecs[key] = said if isinstance(said, float) else 0.0
        self._others = _properties(others)
        self._count = len(others) + len(OWN_KEYS) - 2 + len(self._codecs)
        self._expected = hasAudio, hasVideo
        self._bodySize = self.size = 0
        # As many full strings at the end of the filler were never overwritten.
        self._fillers = capacity * ENTRY_SIZE // len(_FILLER_STRING)
        before = len(self._beginning(Tally(0, 0), False))
        self._indexAt = before + len(self._others)
        end = self._indexAt + _LEAST + capacity * ENTRY_SIZE + len(_END)
        self._bodySize = end - BODY_AT
        if self._bodySize > LARGEST_BODY:
            raise FLVError(f"a head of {end} bytes")
        self.size = end + 4

    def encode(self, tally: Tally, complete: bool = False) -> bytes:
        """
        @return: all of the head.
        """
        size = (self._bodySize + 11).to_bytes(4, "big")
        return b"".join(
            (
                self._beginning(tally, complete),
                self._others,
                *self._indexed(tally, self._fillerStrings(tally)),
                _END,
                size,
            )
        )

    def numbers(self, tally: Tally, complete: bool = False) -> tuple[int, bytes]:
        """
        @return: where to write what, so that the head says what the tally does.
        """
        return 0, self._beginning(tally, complete)

    def index(self, tally: Tally) -> tuple[int, bytes]:
        """
        What stands behind it is filler already, and is left alone.

        @return: where to write what, so that the index is that of the tally.
        """
        strings = self._fillerStrings(tally)
        # An index that was thinned is shorter than what it has to cover.
        self._fillers = min(self._fillers, strings)
        return self._indexAt, b"".join(self._indexed(tally, strings - self._fillers))

    def both(self, tally: Tally) -> tuple[int, bytes]:
        """
        @return: where to write what, so that numbers and index are those of the
            tally.
        """
        _, index = self.index(tally)
        return 0, b"".join((self._beginning(tally, False), self._others, index))

    def _beginning(self, tally: Tally, complete: bool) -> bytes:
        """
        All that stands before the publisher's metadata.
        """
        position, keyframe = tally.keyframe or (0, 0)
        hasAudio, hasVideo = tally.hasAudio, tally.hasVideo
        if not (complete or hasAudio or hasVideo):
            hasAudio, hasVideo = self._expected
        codecs = dict(self._codecs)
        for key, codec in (
            ("videocodecid", tally.videoCodec),
            ("audiocodecid", tally.audioCodec),
        ):
            if key in codecs and codec is not None:
                codecs[key] = float(codec)
        values: dict[str, AMFValue] = {
            CREATOR_KEY: self._creator,
            COMPLETE_KEY: complete,
            "duration": tally.end / 1000,
            "filesize": float(tally.size),
            "datasize": float(max(tally.size - self.size, 0)),
            "videosize": float(tally.videoBytes),
            "audiosize": float(tally.audioBytes),
            "lasttimestamp": tally.end / 1000,
            "lastkeyframetimestamp": keyframe / 1000,
            "lastkeyframelocation": float(position),
            SETUP_KEY: float(tally.setup or 0),
            "hasAudio": hasAudio,
            "hasVideo": hasVideo,
            "hasMetadata": True,
            "hasKeyframes": tally.keyframe is not None,
            "canSeekToEnd": tally.endsWithKeyframe,
            **codecs,
        }
        body = _ARRAY + _COUNT.pack(self._count) + _properties(values)
        tag = bytes((SCRIPT,)) + self._bodySize.to_bytes(3, "big") + bytes(7)
        return fileHeader(hasAudio, hasVideo) + tag + body

    def _fillerStrings(self, tally: Tally) -> int:
        """
        @return: how many strings of full length the filler has behind its first.
        """
        return (self.capacity - len(tally.index)) * ENTRY_SIZE // len(_FILLER_STRING)

    def _indexed(self, tally: Tally, strings: int) -> Iterator[bytes | bytearray]:
        """
        @param strings: so many strings of the filler are written behind its first.
        """
        index = tally.index
        count = _COUNT.pack(len(index))
        yield from (
            INDEX_START,
            count,
            index.positions,
            TIMES_START,
            count,
            index.times,
        )
        size = (self.capacity - len(index)) * ENTRY_SIZE
        more, first = divmod(size, len(_FILLER_STRING))
        yield from (_AFTER, _COUNT.pack(more + 1), _fillerString(first))
        yield _FILLER_STRING * strings


def _fillerString(size: int) -> bytes:
    return bytes((Marker.STRING,)) + struct.pack(">H", size) + b" " * size
