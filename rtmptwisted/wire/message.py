"""
RTMP messages: their types, and what the decoded ones say.

Source: RTMP 1.0 (Adobe, 2012), sections 5.4, 6.2 and 7.1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from rtmptwisted.wire.amf import AMFValue


class MessageType:
    """
    Message type ids.
    """

    SET_CHUNK_SIZE = 1
    ABORT = 2
    ACKNOWLEDGEMENT = 3
    USER_CONTROL = 4
    WINDOW_ACK_SIZE = 5
    SET_PEER_BANDWIDTH = 6
    AUDIO = 8
    VIDEO = 9
    DATA_AMF3 = 15
    COMMAND_AMF3 = 17
    DATA = 18
    COMMAND = 20
    AGGREGATE = 22


class UserControlType:
    """
    Event types of user control messages (section 7.1.7).
    """

    STREAM_BEGIN = 0
    STREAM_EOF = 1
    PING_REQUEST = 6
    PING_RESPONSE = 7


class Message(NamedTuple):
    """
    One whole message as it came out of the chunk stream.

    @ivar typeID: one of L{MessageType}, or any other number up to 255.
    @ivar timestamp: milliseconds, 0 to 2^32 - 1.
    @ivar messageStreamID: 0 for the connection itself.
    @ivar payload: the body.
    @ivar chunkStreamID: what it came in on; it has no further meaning.
    """

    typeID: int
    timestamp: int
    messageStreamID: int
    payload: bytes
    chunkStreamID: int = 0


@dataclass(frozen=True, slots=True)
class SetChunkSize:
    """
    The sender's chunks have C{size} bytes from the next one on.
    """

    size: int


@dataclass(frozen=True, slots=True)
class Abort:
    """
    The rest of the message on a chunk stream will not come.
    """

    chunkStreamID: int


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """
    @ivar sequence: bytes the sender has received so far, modulo 2^32.
    """

    sequence: int


@dataclass(frozen=True, slots=True)
class UserControl:
    """
    @ivar event: one of L{UserControlType}, or any other number.
    @ivar data: the event's own bytes.
    """

    event: int
    data: bytes


@dataclass(frozen=True, slots=True)
class WindowAckSize:
    """
    @ivar size: how many bytes the sender sends before it wants to hear of them.
    """

    size: int


@dataclass(frozen=True, slots=True)
class SetPeerBandwidth:
    """
    @ivar size: bytes that may be under way without acknowledgement.
    @ivar limit: 0 hard, 1 soft, 2 dynamic.
    """

    size: int
    limit: int = 2


@dataclass(frozen=True, slots=True)
class Command:
    """
    A remote procedure call, its result, or a status.

    @ivar transactionID: what a result repeats; 0 where none is wanted.
    @ivar commandObject: an object or null by the book, anything in practice.
    @ivar arguments: what follows.
    """

    name: str
    transactionID: float = 0.0
    commandObject: AMFValue = None
    arguments: list[AMFValue] = field(default_factory=list)
    messageStreamID: int = 0

    def argument(self, index: int) -> AMFValue:
        """
        @return: the argument, or L{None} when the client left it out.
        """
        return self.arguments[index] if index < len(self.arguments) else None


@dataclass(frozen=True, slots=True)
class Data:
    """
    A data message: metadata, cue points, text.

    @ivar values: by custom a name and then what it names.
    @ivar timestamp: milliseconds.
    """

    values: list[AMFValue]
    timestamp: int = 0
    messageStreamID: int = 0


Decoded: TypeAlias = (
    SetChunkSize
    | Abort
    | Acknowledgement
    | UserControl
    | WindowAckSize
    | SetPeerBandwidth
    | Command
    | Data
)
