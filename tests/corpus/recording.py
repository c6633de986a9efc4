"""
Chunks written out, together with what they mean.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random

from tests.corpus.wire import (
    ABORT,
    FIRST_CHUNK_SIZE,
    LARGEST_CHUNK_SIZE,
    SET_CHUNK_SIZE,
    VIDEO,
    basicHeader,
    messageHeader,
)

_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(frozen=True)
class Expected:
    """
    One message that a reader has to find.

    @ivar end: how many bytes of the file it takes; not before these and with
        these it has to come out.
    @ivar latest: where a reader may need more bytes to be sure, how many.
    @ivar optional: whether it may be left out.
    """

    typeID: int
    timestamp: int
    messageStreamID: int
    chunkStreamID: int
    payload: bytes
    end: int
    latest: int
    optional: bool = False


@dataclass(frozen=True)
class Outcome:
    """
    What a reader makes of a file.

    @ivar refused: between how many bytes the reader has to refuse the rest: not
        before the first number of them, at the latest with the second; L{None}
        where it must not.
    @ivar why: who does it like this, where it is not what is expected.
    """

    messages: tuple[Expected, ...]
    refused: tuple[int, int] | None = None
    why: str = ""


@dataclass
class _Open:
    """
    The message under way on one chunk stream.
    """

    length: int
    typeID: int
    rest: bytes


@dataclass
class Recording:
    """
    A chunk stream as it is written, and what it means.

    @ivar data: the bytes.
    @ivar chunks: where in them each chunk begins.
    @ivar chunkSizes: the size in force at the start, and each later one.
    @ivar chunkStreams: the numbers of those that were used.
    @ivar random: for payloads; it depends on the name alone.
    """

    name: str
    data: bytearray = field(default_factory=bytearray)
    chunks: list[int] = field(default_factory=list)
    chunkSizes: list[int] = field(default_factory=lambda: [FIRST_CHUNK_SIZE])
    chunkStreams: set[int] = field(default_factory=set)
    messages: list[Expected] = field(default_factory=list)
    refused: tuple[int, int] | None = None
    tolerated: list[Outcome] = field(default_factory=list)
    _under: dict[int, _Open] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.random = Random(self.name)

    @property
    def place(self) -> int:
        """
        How many bytes there are.
        """
        return len(self.data)

    @property
    def chunkSize(self) -> int:
        """
        The size in force.
        """
        return self.chunkSizes[-1]

    def body(self, size: int) -> bytes:
        """
        @return: a payload of letters and digits.  Of these, none is the first
            byte of a timestamp in this corpus, so that they cannot be mistaken.
        """
        return bytes(_LETTERS[n % 62] for n in self.random.randbytes(size))

    def start(
        self,
        form: int,
        chunkStreamID: int,
        time: int | None,
        payload: bytes,
        *,
        typeID: int = VIDEO,
        messageStreamID: int = 1,
        width: int | None = None,
    ) -> None:
        """
        Write the first chunk of a message.

        @param time: the timestamp for type 0, the delta for types 1 and 2, and
            the extended timestamp, if there is one, for type 3.
        @param payload: of the whole message.
        """
        self._under[chunkStreamID] = _Open(len(payload), typeID, payload)
        self._header(form, chunkStreamID, time, messageStreamID, width)
        self._carry(chunkStreamID)

    def go(
        self,
        chunkStreamID: int,
        count: int | None = None,
        *,
        form: int = 3,
        time: int | None = None,
        width: int | None = None,
    ) -> None:
        """
        Write the following chunks of the message under way.

        @param count: how many; L{None} for all that are left.
        @param form: their type; 3 is what the specification allows.
        @param time: see L{start}.
        """
        while count != 0 and self._under[chunkStreamID].rest:
            self._header(form, chunkStreamID, time, 0, width)
            self._carry(chunkStreamID)
            count = None if count is None else count - 1

    def _header(
        self,
        form: int,
        chunkStreamID: int,
        time: int | None,
        messageStreamID: int,
        width: int | None,
    ) -> None:
        self.chunks.append(self.place)
        self.chunkStreams.add(chunkStreamID)
        self.data += basicHeader(form, chunkStreamID, width)
        if form < 3:
            under = self._under[chunkStreamID]
            self.data += messageHeader(
                form, time or 0, under.length, under.typeID, messageStreamID
            )
        elif time is not None:
            self.data += time.to_bytes(4, "big")

    def _carry(self, chunkStreamID: int) -> None:
        under = self._under[chunkStreamID]
        self.data += under.rest[: self.chunkSize]
        under.rest = under.rest[self.chunkSize :]

    def expect(
        self,
        chunkStreamID: int,
        timestamp: int,
        payload: bytes,
        *,
        typeID: int = VIDEO,
        messageStreamID: int = 1,
        latest: int = 0,
    ) -> None:
        """
        Note that a message is whole with the last byte written.

        @param latest: after how many more bytes a reader must have seen it.
        """
        self.messages.append(
            Expected(
                typeID,
                timestamp,
                messageStreamID,
                chunkStreamID,
                payload,
                self.place,
                self.place + latest,
            )
        )

    def message(
        self,
        form: int,
        chunkStreamID: int,
        time: int | None,
        payload: bytes,
        at: int,
        *,
        typeID: int = VIDEO,
        messageStreamID: int = 1,
        width: int | None = None,
        repeated: int | None = None,
    ) -> None:
        """
        Write a message whose chunks follow one another.

        @param time: see L{start}.
        @param at: its timestamp, as a reader has to find it.
        @param messageStreamID: where the header has none, the one to be found.
        @param repeated: what stands in the following chunks for the extended
            timestamp.
        """
        numbers = {"typeID": typeID, "messageStreamID": messageStreamID}
        self.start(form, chunkStreamID, time, payload, width=width, **numbers)
        self.go(chunkStreamID, time=repeated, width=width)
        self.expect(chunkStreamID, at, payload, **numbers)

    def control(
        self,
        typeID: int,
        payload: bytes,
        chunkStreamID: int = 2,
        *,
        form: int = 0,
        time: int = 0,
        at: int = 0,
        messageStreamID: int = 0,
    ) -> None:
        """
        Write a control message, and let it have its effect on what is written.
        """
        self.message(
            form,
            chunkStreamID,
            time,
            payload,
            at,
            typeID=typeID,
            messageStreamID=messageStreamID,
        )
        number = int.from_bytes(payload[:4], "big")
        if typeID == SET_CHUNK_SIZE:
            self.chunkSizes.append(min(number, LARGEST_CHUNK_SIZE))
        elif typeID == ABORT and number in self._under:
            self._under[number].rest = b""

    def setChunkSize(self, size: int) -> None:
        """
        Write a Set Chunk Size as it nearly always comes.
        """
        self.control(SET_CHUNK_SIZE, size.to_bytes(4, "big"))

    def makeLastOptional(self) -> None:
        """
        Allow a reader to leave out the message that was noted last.
        """
        self.messages[-1] = replace(self.messages[-1], optional=True)

    def refuse(self, since: int, until: int | None = None) -> None:
        """
        Note that a reader has to refuse what was written last.

        @param since: the number of bytes that show it.
        @param until: the number with which every reader has to see it; L{None}
            for all bytes so far.
        """
        self.refused = since, self.place if until is None else until

    def tolerate(self, why: str, timestamps: list[int]) -> None:
        """
        Allow other timestamps for the messages so far.
        """
        changed = [
            replace(message, timestamp=timestamp)
            for message, timestamp in zip(self.messages, timestamps, strict=True)
        ]
        self.tolerated.append(Outcome(tuple(changed), None, why))

    def tolerateRefusal(self, why: str, since: int) -> None:
        """
        Allow a reader to refuse what comes after so many bytes.
        """
        before = tuple(m for m in self.messages if m.end <= since)
        self.tolerated.append(Outcome(before, (since, self.place), why))
