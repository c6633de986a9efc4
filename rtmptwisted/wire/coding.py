"""
How decoded messages look in bytes.

Source: RTMP 1.0 (Adobe, 2012), sections 5.4, 6.2 and 7.1.  All numbers are
big-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

from rtmptwisted.errors import AMFError, ChunkError, ProtocolError
from rtmptwisted.wire import amf
from rtmptwisted.wire.amf import AMFValue
from rtmptwisted.wire.limits import Limits
from rtmptwisted.wire.message import (
    Abort,
    Acknowledgement,
    Command,
    Data,
    Decoded,
    Message,
    MessageType,
    SetChunkSize,
    SetPeerBandwidth,
    UserControl,
    WindowAckSize,
)

_u32 = struct.Struct(">I")


def decodeChunkSize(payload: bytes) -> int:
    """
    @return: the chunk size, at most 2^24 - 1: no message is longer.
    @raise ChunkError: for 0, for a set high bit, for a short payload.
    """
    size = _number(payload, "Set Chunk Size")
    if not 0 < size < 0x80000000:
        raise ChunkError(f"Set Chunk Size to {size}")
    return min(size, 0xFFFFFF)


def _number(payload: bytes, what: str) -> int:
    if len(payload) < 4:
        raise ChunkError(f"{what} with {len(payload)} bytes, 4 wanted")
    number: int = _u32.unpack_from(payload)[0]
    return number


def _decodeUserControl(message: Message, limits: Limits) -> UserControl:
    if len(message.payload) < 2:
        raise ChunkError(f"user control with {len(message.payload)} bytes")
    event = int.from_bytes(message.payload[:2], "big")
    return UserControl(event, message.payload[2:])


def _decodePeerBandwidth(message: Message, limits: Limits) -> SetPeerBandwidth:
    size = _number(message.payload, "Set Peer Bandwidth")
    # Some peers leave the type out.
    limit = message.payload[4] if len(message.payload) > 4 else 0
    return SetPeerBandwidth(size, limit)


def _values(message: Message, limits: Limits) -> list[AMFValue]:
    payload = message.payload
    # AMF3 messages start with a byte for the format, which some senders leave
    # out, and then are AMF0, in which a marker stands before each AMF3 value.
    amf3 = message.typeID in (MessageType.COMMAND_AMF3, MessageType.DATA_AMF3)
    if amf3 and payload[:1] == b"\x00":
        payload = payload[1:]
    return amf.decode(payload, limits)


def _decodeCommand(message: Message, limits: Limits) -> Command:
    values = _values(message, limits)
    if not values or not isinstance(values[0], str):
        raise AMFError("a command without a name")
    transactionID = values[1] if len(values) > 1 else 0.0
    if not isinstance(transactionID, int | float):
        raise AMFError("a command whose transaction id is not a number")
    return Command(
        values[0],
        float(transactionID),
        values[2] if len(values) > 2 else None,
        values[3:],
        message.messageStreamID,
    )


def _decodeData(message: Message, limits: Limits) -> Data:
    return Data(_values(message, limits), message.timestamp, message.messageStreamID)


_DECODERS: dict[int, Callable[[Message, Limits], Decoded]] = {
    MessageType.SET_CHUNK_SIZE: lambda m, _: SetChunkSize(decodeChunkSize(m.payload)),
    MessageType.ABORT: lambda m, _: Abort(_number(m.payload, "Abort")),
    MessageType.ACKNOWLEDGEMENT: lambda m, _: Acknowledgement(
        _number(m.payload, "Acknowledgement")
    ),
    MessageType.USER_CONTROL: _decodeUserControl,
    MessageType.WINDOW_ACK_SIZE: lambda m, _: WindowAckSize(
        _number(m.payload, "Window Acknowledgement Size")
    ),
    MessageType.SET_PEER_BANDWIDTH: _decodePeerBandwidth,
    MessageType.COMMAND: _decodeCommand,
    MessageType.COMMAND_AMF3: _decodeCommand,
    MessageType.DATA: _decodeData,
    MessageType.DATA_AMF3: _decodeData,
}


def decode(message: Message, limits: Limits) -> Decoded | None:
    """
    @return: what a control, command or data message says; L{None} for all
        other types.
    @raise ChunkError: for a malformed control message.
    @raise AMFError: for a malformed command or data message.
    """
    decoder = _DECODERS.get(message.typeID)
    return None if decoder is None else decoder(message, limits)


# What each decoded message is on the wire: its type, and the chunk stream that
# players expect it on.  What is encoded here may have a short header, which counts
# on what came before it there; so it shares no chunk stream with what goes to many
# viewers at once.
CONTROL_CHUNK_STREAM = 2
COMMAND_CHUNK_STREAM = 3
STATUS_CHUNK_STREAM = 5

# For viewers.
AUDIO_CHUNK_STREAM = 4
VIDEO_CHUNK_STREAM = 6
DATA_CHUNK_STREAM = 7


def encode(decoded: Decoded) -> Message:
    """
    @return: the message that says this, with the chunk stream it goes on.
    """
    control = CONTROL_CHUNK_STREAM
    match decoded:
        case SetChunkSize(size):
            return _control(MessageType.SET_CHUNK_SIZE, _u32.pack(size))
        case Abort(chunkStreamID):
            return _control(MessageType.ABORT, _u32.pack(chunkStreamID))
        case Acknowledgement(sequence):
            return _control(
                MessageType.ACKNOWLEDGEMENT, _u32.pack(sequence & 0xFFFFFFFF)
            )
        case UserControl(event, data):
            return Message(
                MessageType.USER_CONTROL, 0, 0, event.to_bytes(2, "big") + data, control
            )
        case WindowAckSize(size):
            return _control(MessageType.WINDOW_ACK_SIZE, _u32.pack(size))
        case SetPeerBandwidth(size, limit):
            return _control(
                MessageType.SET_PEER_BANDWIDTH, _u32.pack(size) + bytes((limit,))
            )
        case Command():
            return _encodeCommand(decoded)
        case Data(values, timestamp, messageStreamID):
            return Message(
                MessageType.DATA,
                timestamp,
                messageStreamID,
                amf.encode(values),
                STATUS_CHUNK_STREAM,
            )


def _control(typeID: int, payload: bytes) -> Message:
    return Message(typeID, 0, 0, payload, CONTROL_CHUNK_STREAM)


def _encodeCommand(command: Command) -> Message:
    values = [
        command.name,
        command.transactionID,
        command.commandObject,
        *command.arguments,
    ]
    return Message(
        MessageType.COMMAND,
        0,
        command.messageStreamID,
        amf.encode(values),
        STATUS_CHUNK_STREAM if command.messageStreamID else COMMAND_CHUNK_STREAM,
    )


#: What an aggregate may consist of, which has limits of its own.
_PARTS = (MessageType.AUDIO, MessageType.VIDEO, MessageType.DATA, MessageType.DATA_AMF3)


def splitAggregate(message: Message, limits: Limits) -> Iterator[Message]:
    """
    Take an aggregate message apart (section 7.1.6).

    The first part gets the aggregate's timestamp, the others keep their
    distance to it.  A part that is cut off ends the walk.  Parts that are
    neither media nor data are left out.

    @raise ProtocolError: for an aggregate inside an aggregate, for data past its
        limit, and for too many parts.
    """
    payload = message.payload
    position = 0
    count = 0
    first: int | None = None
    while position + 11 <= len(payload):
        count += 1
        if count > limits.aggregateParts:
            raise ProtocolError(
                f"an aggregate message of more than {limits.aggregateParts} parts"
            )
        typeID = payload[position]
        size = int.from_bytes(payload[position + 1 : position + 4], "big")
        time = int.from_bytes(payload[position + 4 : position + 7], "big")
        time |= payload[position + 7] << 24
        start = position + 11
        if start + size > len(payload):
            return
        if typeID == MessageType.AGGREGATE:
            raise ProtocolError("an aggregate message inside another")
        isData = typeID in (MessageType.DATA, MessageType.DATA_AMF3)
        if isData and size > limits.dataMessage:
            raise ProtocolError(f"{size} bytes of data in an aggregate message")
        if first is None:
            first = time
        if typeID in _PARTS:
            yield Message(
                typeID,
                (message.timestamp + time - first) & 0xFFFFFFFF,
                message.messageStreamID,
                payload[start : start + size],
                message.chunkStreamID,
            )
        position = start + size + 4
