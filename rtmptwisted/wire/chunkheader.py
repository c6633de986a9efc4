"""
The headers of chunks.

Source: RTMP 1.0 (Adobe, 2012), section 5.3.1, and the ways in which real
senders differ from it, noted where they are handled.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple, TypeAlias

from rtmptwisted.errors import ChunkError
from rtmptwisted.wire.limits import Limits
from rtmptwisted.wire.message import MessageType

#: A 24-bit timestamp field with this value is followed by 4 bytes that hold it.
EXTENDED = 0xFFFFFF

#: The size of the message header by chunk type.
_MESSAGE_HEADER = (11, 7, 3, 0)

#: A type 3 chunk that starts a message right after a type 0 chunk repeats the
#: absolute timestamp as its delta (section 5.3.1.2.4).  Senders built on
#: librtmp mean "the same timestamp again".  Past this many milliseconds nobody
#: means the former.
REPEATED_TIMESTAMP = 10_000


class Header(NamedTuple):
    """
    What the headers of a chunk stream have said so far.

    @ivar timestamp: of the message under way or the last one, milliseconds.
    @ivar field: the last timestamp field, absolute or delta, as it was sent.
    @ivar delta: what a type 3 chunk that starts a message adds.
    @ivar extended: whether that field was an extended timestamp.
    """

    timestamp: int = 0
    field: int = 0
    delta: int = 0
    extended: bool = False
    length: int = 0
    typeID: int = 0
    messageStreamID: int = 0


#: A chunk header that is all there: what its chunk stream knows with it, where it
#: ends, and whether a message starts here.  A plain tuple, since one is made for
#: each message.
Parsed: TypeAlias = tuple[Header, int, bool]


@lru_cache(16)
def _largest(limits: Limits) -> dict[int, int]:
    """
    @return: how long messages can be by their types, the same object each time.
    """
    return {
        MessageType.AUDIO: limits.mediaMessage,
        MessageType.VIDEO: limits.mediaMessage,
        MessageType.AGGREGATE: limits.mediaMessage,
        MessageType.COMMAND: limits.commandMessage,
        MessageType.COMMAND_AMF3: limits.commandMessage,
        **dict.fromkeys(range(1, 7), limits.controlMessage),
    }


class HeaderReader:
    """
    Reads the headers of one connection's chunks.

    Each method returns how many bytes it needs at least, as a plain number,
    when it was given too few; then nothing has changed.
    """

    def __init__(self, limits: Limits) -> None:
        # Whether continuation chunks repeat an extended timestamp; None until
        # a chunk has shown it.
        self._repeatsExtended: bool | None = None
        self._dataMessage = limits.dataMessage
        self._largest = _largest(limits)

    def read(
        self, data: bytes, at: int, start: int, last: Header, underWay: bool
    ) -> Parsed | int:
        """
        Read what follows the basic header.

        @param at: where in C{data} the chunk begins.
        @param start: where its basic header ends.
        @param last: what its chunk stream knows.
        @param underWay: whether a message is under way there.
        @raise ChunkError: when it announces more than is taken.
        """
        form = data[at] >> 6
        if form == 3:
            return self._typeThree(data, at, start, last, underWay)
        end = start + _MESSAGE_HEADER[form]
        if len(data) < end:
            return end - at
        field = int.from_bytes(data[start : start + 3], "big")
        extended = field == EXTENDED
        if extended:
            end += 4
            if len(data) < end:
                return end - at
            field = int.from_bytes(data[end - 4 : end], "big")
        length, typeID = last.length, last.typeID
        if form < 2:
            length = int.from_bytes(data[start + 3 : start + 6], "big")
            typeID = data[start + 6]
        repeated = (length, typeID) == (last.length, last.typeID)
        if form and repeated and underWay:
            # Type 1 or 2 inside a message: some senders do that for type 3.
            return (last, end, False)
        self._check(typeID, length)
        if form:
            timestamp = (last.timestamp + field) & 0xFFFFFFFF
            delta = field
            messageStreamID = last.messageStreamID
        else:
            timestamp = field
            delta = field if field <= REPEATED_TIMESTAMP else 0
            messageStreamID = int.from_bytes(data[start + 7 : start + 11], "little")
        header = Header(
            timestamp, field, delta, extended, length, typeID, messageStreamID
        )
        return (header, end, True)

    def _check(self, typeID: int, length: int) -> None:
        """
        Hold an announced length against the limits, before any of it is here.
        """
        largest = self._largest.get(typeID, self._dataMessage)
        if length > largest:
            raise ChunkError(
                f"a message of type {typeID} with {length} bytes, "
                f"at most {largest} are taken"
            )

    def _typeThree(
        self, data: bytes, at: int, end: int, last: Header, underWay: bool
    ) -> Parsed | int:
        """
        Read what follows the basic header of a type 3 chunk, if anything.
        """
        if not underWay:
            if last.extended:
                end += 4
                if len(data) < end:
                    return end - at
            timestamp = (last.timestamp + last.delta) & 0xFFFFFFFF
            return (last._replace(timestamp=timestamp), end, True)
        if last.extended:
            found = data[end : end + 4]
            repeated = self._extendedRepeated(last, found)
            if repeated is None:
                # The next byte may tell already, and be the last of a message.
                return end - at + len(found) + 1
            if repeated:
                end += 4
        return (last, end, False)

    def extensionLength(self, header: Header) -> int | None:
        """
        @return: the size of the timestamp in continuation chunks of a message
            with this header, in bytes; L{None} when they have not shown it yet.
        """
        if not header.extended:
            return 0
        if self._repeatsExtended is None:
            return None
        return 4 if self._repeatsExtended else 0

    def _extendedRepeated(self, header: Header, found: bytes) -> bool | None:
        """
        Tell whether a continuation chunk repeats the extended timestamp.

        By the book it does.  OBS before 30.1 and others leave it out, some
        senders write the absolute timestamp, and some write zeros.  The first
        chunk that can be nothing else decides for the connection; doing that
        before the chunk is consumed is safe, since the same bytes will say the
        same again.

        @param found: what stands in its place, up to 4 bytes.
        @return: L{None} when more bytes are needed to tell.
        """
        if self._repeatsExtended is None:
            candidates = (header.field, header.timestamp, 0)
            forms = [value.to_bytes(4, "big") for value in candidates]
            if not any(form.startswith(found) for form in forms):
                self._repeatsExtended = False
            elif len(found) == 4:
                if any(found):
                    self._repeatsExtended = True
                return True
        if self._repeatsExtended is False:
            return False
        return True if len(found) == 4 else None
