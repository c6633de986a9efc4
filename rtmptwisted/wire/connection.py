"""
The server's side of one RTMP connection, without a socket.

Bytes go in by L{RTMPConnection.receiveData}; what they mean comes out of
L{RTMPConnection.nextEvent}, one event a call; what shall be sent is turned
into bytes by L{RTMPConnection.send}.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import Final, TypeAlias

from rtmptwisted.errors import AMFError, ProtocolError
from rtmptwisted.wire.buffer import FastBuffer
from rtmptwisted.wire.chunk import ChunkReader
from rtmptwisted.wire.chunkframes import FRAMES
from rtmptwisted.wire.chunkwriter import ChunkWriter
from rtmptwisted.wire.coding import decode, encode, splitAggregate
from rtmptwisted.wire.handshake import ServerHandshake
from rtmptwisted.wire.limits import Limits
from rtmptwisted.wire.message import (
    Acknowledgement,
    Command,
    Data,
    Decoded,
    Message,
    MessageType,
    SetChunkSize,
    SetPeerBandwidth,
    UserControl,
    UserControlType,
    WindowAckSize,
)
from rtmptwisted.wire.state import TRANSITIONS, Input, State

#: How many received bytes are acknowledged together when the peer names no
#: window.  Some encoders stop when nothing is acknowledged though they never
#: named one.
DEFAULT_WINDOW = 2_500_000

#: Encoders are known to stop near 4 GB, where the counter wraps; other servers
#: start again from 0 here, which works with all of them.
_LAST_SEQUENCE = 0xF0000000

#: How many chunks or messages are read before L{MORE} is said: a few milliseconds
#: of work.
_PATIENCE = 1000


class Pause(enum.Enum):
    """
    The type of L{NEED_DATA} and L{MORE}, which are no events.
    """

    NEED_DATA = "NEED_DATA"
    MORE = "MORE"


#: There is no further event in the bytes that have arrived.
NEED_DATA: Final = Pause.NEED_DATA

#: There may be further events.  Much was read that makes none, and whoever asks
#: may have something else to do before asking again.
MORE: Final = Pause.MORE


class Outbound(bytes):
    """
    The event that the protocol itself has to send something: its bytes.
    """


#: What L{RTMPConnection.nextEvent} returns.  A L{Message} is audio or video.
Event: TypeAlias = Outbound | Message | Command | Data | UserControl


class RTMPConnection:
    """
    One connection, from its first byte.

    After a L{ProtocolError} it is dead: every further call raises one.

    @ivar state: how far it has come.
    @ivar bytesReceived: all bytes, those of the handshake included.
    @ivar ignored: messages that meant nothing: of unknown types, or data
        messages that could not be read.
    """

    def __init__(
        self,
        randomness: bytes,
        limits: Limits | None = None,
        *,
        vectorised: bool = True,
    ) -> None:
        """
        @param randomness: 1536 random bytes for the handshake.
        @param vectorised: see L{ChunkReader}.
        """
        self._limits = limits or Limits()
        self._buffer = FastBuffer(self._limits.bufferedBytes)
        self._handshake: ServerHandshake | None = ServerHandshake(randomness)
        self._reader = ChunkReader(self._buffer, self._limits, vectorised=vectorised)
        self._writer = ChunkWriter()
        # The rest of the audio and video that was read together.
        self._frames: Iterator[Message] = iter(())
        # The rest of an aggregate message, which can have half a million parts.
        self._parts: Iterator[Message] | None = None
        self._window = DEFAULT_WINDOW
        self._sequence = 0
        self._acknowledged = 0
        # The window that we have told the peer.
        self._announced: int | None = None
        self.state = State.HANDSHAKE
        self.bytesReceived = 0
        self.ignored = 0

    @property
    def chunkSize(self) -> int:
        """
        The chunk size in which we send, in bytes.
        """
        return self._writer.chunkSize

    def receiveData(self, data: bytes) -> None:
        """
        Take bytes that have arrived; L{nextEvent} then says what they are.

        @raise ProtocolError: when more is waiting than the limits allow.
        """
        if self.state is State.FAILED:
            raise ProtocolError("the connection has failed before")
        self.bytesReceived += len(data)
        self._sequence += len(data)
        try:
            self._buffer.append(data)
        except ProtocolError:
            self._advance(Input.ERROR)
            raise

    def nextEvent(self) -> Event | Pause:
        """
        The events are the same for every way in which the bytes are cut.

        @return: the next event, L{NEED_DATA} or L{MORE}.
        @raise ProtocolError: when the peer broke the protocol.
        """
        for frame in self._frames:
            return frame
        if self.state is State.FAILED:
            raise ProtocolError("the connection has failed before")
        try:
            return self._next()
        except ProtocolError:
            self._advance(Input.ERROR)
            raise

    def takeFrames(self) -> list[Message]:
        """
        @return: the next events, as far as they are audio and video that can be had
            at once: some dozens at the most, and often none.  L{nextEvent}
            goes on behind them.
        """
        frames = list(self._frames)
        if frames or self._parts is not None or self.state is not State.CONNECTED:
            return frames
        return self._reader.takeFrames()

    def send(self, decoded: Decoded) -> bytes:
        """
        @return: the bytes that say this to the peer.  A L{SetChunkSize} holds
            for all that is sent after it.
        """
        sent = self._writer.write(encode(decoded))
        if isinstance(decoded, SetChunkSize):
            self._writer.chunkSize = decoded.size
        elif isinstance(decoded, WindowAckSize):
            self._announced = decoded.size
        return sent

    @property
    def unfinished(self) -> list[int]:
        """
        Where in the bytes received the messages began that are not whole yet, to
        tell them apart.
        """
        return self._reader.unfinished

    @property
    def acknowledgementDue(self) -> bool:
        """
        Whether half a window of bytes has arrived since the last
        L{acknowledge}.
        """
        return self._sequence - self._acknowledged >= self._window // 2

    def acknowledge(self) -> bytes:
        """
        @return: the bytes that tell the peer how much has arrived.
        """
        if self._sequence >= _LAST_SEQUENCE:
            self._sequence = 0
        self._acknowledged = self._sequence
        return self.send(Acknowledgement(self._sequence))

    def _advance(self, happened: Input) -> None:
        following = TRANSITIONS.get((self.state, happened))
        if following is None:
            raise ProtocolError(f"{happened.value} {self.state.value}")
        self.state = following
        if following is State.FAILED:
            self._frames = iter(())

    def _next(self) -> Event | Pause:
        if self._handshake is not None:
            reply = self._handshake.step(self._buffer)
            if reply is None:
                return NEED_DATA
            if not self._handshake.done:
                return Outbound(reply)
            self._advance(Input.HANDSHAKE_DONE)
            # It has 1536 bytes, and there are thousands of connections.
            self._handshake = None
        reader = self._reader
        if self._parts is None and self.state is State.CONNECTED:
            self._frames = iter(reader.takeFrames())
            for frame in self._frames:
                return frame
        last = reader.chunks + _PATIENCE
        for _ in range(_PATIENCE):
            message = None if self._parts is None else next(self._parts, None)
            if message is None:
                self._parts = None
                message = reader.nextMessage(last - reader.chunks)
                if message is None:
                    return NEED_DATA if reader.needsData else MORE
            event = self._interpret(message)
            if event is not None:
                return event
        return MORE

    def _interpret(self, message: Message) -> Event | Pause | None:
        """
        @return: the event that a message is; L{None} when it is done with, or
            L{MORE} when that took a while.
        """
        typeID = message.typeID
        if typeID in FRAMES:
            self._advance(Input.MEDIA)
            return message
        if typeID == MessageType.AGGREGATE:
            self._advance(Input.MEDIA)
            self._parts = splitAggregate(message, self._limits)
            return None
        try:
            decoded = decode(message, self._limits)
        except AMFError:
            # Whole as a message, so the stream goes on behind it; but the
            # answer to a command that nobody can read is not known either.
            if typeID not in (MessageType.DATA, MessageType.DATA_AMF3):
                raise
            self.ignored += 1
            return MORE
        match decoded:
            case None:
                self.ignored += 1
            case Command(name="connect"):
                self._advance(Input.CONNECT)
                return decoded
            case Command():
                self._advance(Input.COMMAND)
                return decoded
            case Data():
                self._advance(Input.MEDIA)
                return decoded
            case _:
                self._advance(Input.CONTROL)
                return self._control(decoded)
        return None

    def _control(self, decoded: Decoded) -> Event | None:
        match decoded:
            case WindowAckSize(size) if size:
                self._window = min(size, DEFAULT_WINDOW)
            case SetPeerBandwidth(size) if size and size != self._announced:
                # Section 5.4.5: a peer that is told a new size says so.
                return Outbound(self.send(WindowAckSize(size)))
            case UserControl(UserControlType.PING_REQUEST, data) if len(data) >= 4:
                return Outbound(
                    self.send(UserControl(UserControlType.PING_RESPONSE, data[:4]))
                )
            case UserControl():
                return decoded
        return None
