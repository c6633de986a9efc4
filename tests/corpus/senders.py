"""
Models of senders: how each kind puts messages into chunks.

Each knows what the sender knows, the message that it means, and decides the
chunk type and the fields from it.  What a reader has to find is the message.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from tests.corpus.recording import Recording
from tests.corpus.wire import (
    AUDIO,
    COMMAND,
    DATA,
    EXTENDED,
    SET_CHUNK_SIZE,
    VIDEO,
    WRAP,
)

#: Past this a type 3 chunk after type 0 means the same time again (T-22).
LARGEST_REPEATED = 10_000


@dataclass
class Last:
    """
    What a sender remembers of its last message on a chunk stream.

    @ivar time: what the last header with a timestamp field had in it; that of
        type 0 is absolute.
    @ivar absolute: whether it was.
    """

    timestamp: int
    time: int
    absolute: bool
    length: int
    typeID: int
    messageStreamID: int


class Sender:
    """
    By the book: the shortest header that says it, and extended timestamps in
    every chunk.

    @cvar chunkStreams: where it sends what.
    @cvar flashVer: what it calls itself.
    """

    chunkStreams: ClassVar[dict[str, int]] = {
        "control": 2,
        "command": 3,
        "publish": 3,
        "data": 5,
        "audio": 4,
        "video": 6,
    }
    flashVer = "LNX 9,0,124,2"

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.random = recording.random
        self._last: dict[int, Last] = {}

    def form(
        self,
        last: Last | None,
        timestamp: int,
        payload: bytes,
        numbers: tuple[int, int],
    ) -> int:
        """
        Choose the chunk type of a message.

        @param numbers: its type and its message stream.
        """
        if last is None or last.messageStreamID != numbers[1]:
            return 0
        delta = (timestamp - last.timestamp) % WRAP
        if delta >= WRAP // 2:
            return self.backwards(last)
        if (len(payload), numbers[0]) != (last.length, last.typeID):
            return 1
        return 3 if self.repeats(last, delta) else 2

    def backwards(self, last: Last) -> int:
        """
        @return: the chunk type for a message that is earlier than the last.
        """
        return 0

    def repeats(self, last: Last, delta: int) -> bool:
        """
        @return: whether type 3 says this delta.
        """
        if last.absolute and last.time > LARGEST_REPEATED:
            # The book says so, and readers do not agree.
            return False
        return last.time == delta

    def continuation(self, last: Last) -> int | None:
        """
        @return: what stands for the extended timestamp in type 3 chunks.
        """
        return last.time

    def send(
        self,
        kind: str,
        typeID: int,
        timestamp: int,
        payload: bytes,
        *,
        messageStreamID: int = 1,
        form: int | None = None,
    ) -> None:
        """
        Send a message.

        @param kind: one of L{chunkStreams}.
        @param form: the chunk type, where the sender does not choose it.
        """
        chunkStreamID = self.chunkStreams[kind]
        last = self._last.get(chunkStreamID)
        if form is None:
            numbers = typeID, messageStreamID
            form = self.form(last, timestamp, payload, numbers)
        time = timestamp
        if form and last is not None:
            time = (timestamp - last.timestamp) % WRAP
        absolute = form == 0
        if form == 3:
            assert last is not None
            time, absolute = last.time, last.absolute
        last = Last(timestamp, time, absolute, len(payload), typeID, messageStreamID)
        self._last[chunkStreamID] = last
        repeated = self.continuation(last) if time >= EXTENDED else None
        self.recording.message(
            form,
            chunkStreamID,
            repeated if form == 3 else time,
            payload,
            timestamp,
            typeID=typeID,
            messageStreamID=messageStreamID,
            repeated=repeated,
        )

    def control(self, typeID: int, payload: bytes, *, form: int | None = None) -> None:
        """
        Send a control message.
        """
        self.send("control", typeID, 0, payload, messageStreamID=0, form=form)

    def setChunkSize(self, size: int) -> None:
        """
        Announce a chunk size and use it.
        """
        self.control(SET_CHUNK_SIZE, size.to_bytes(4, "big"))
        self.recording.chunkSizes.append(size)

    def command(self, payload: bytes, kind: str = "command") -> None:
        """
        Send a command; on the message stream if it is about publishing.
        """
        messageStreamID = int(kind == "publish")
        self.send(kind, COMMAND, 0, payload, messageStreamID=messageStreamID)

    def data(self, timestamp: int, payload: bytes) -> None:
        """
        Send a data message.
        """
        self.send("data", DATA, timestamp, payload)

    def audio(self, timestamp: int, payload: bytes) -> None:
        """
        Send an audio message.
        """
        self.send("audio", AUDIO, timestamp, payload)

    def video(self, timestamp: int, payload: bytes) -> None:
        """
        Send a video message.
        """
        self.send("video", VIDEO, timestamp, payload)


class FFmpeg(Sender):
    """
    ffmpeg: by the book, with chunk streams of its own.  Deltas for hours, of
    type 1 nearly always; type 0 where time goes back (T-20, T-24, T-27).
    """

    chunkStreams: ClassVar[dict[str, int]] = {
        "control": 2,
        "command": 3,
        "publish": 8,
        "data": 4,
        "audio": 4,
        "video": 6,
    }
    flashVer = "FMLE/3.0 (compatible; Lavf59.27.100)"


class GStreamer(Sender):
    """
    rtmp2sink of GStreamer: types 2 and 3 where they fit, and a delta that goes
    back by nearly 2^32 (T-23, T-27).
    """

    chunkStreams: ClassVar[dict[str, int]] = {
        "control": 2,
        "command": 3,
        "publish": 3,
        "data": 4,
        "audio": 5,
        "video": 6,
    }
    flashVer = "LNX 10,0,32,18"

    def backwards(self, last: Last) -> int:
        """
        Negative deltas are deltas.
        """
        return 1


class Gortmplib(Sender):
    """
    The client of gortmplib: four zeros for an extended timestamp in type 3
    chunks, and type 3 only for a delta that a delta was before (T-22, T-25).
    """

    flashVer = "LNX 9,0,124,2"

    def repeats(self, last: Last, delta: int) -> bool:
        """
        A timestamp of type 0 is no delta here.
        """
        return not last.absolute and last.time == delta

    def continuation(self, last: Last) -> int | None:
        """
        Zeros, always.
        """
        return 0
