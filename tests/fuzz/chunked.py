"""
The targets that read chunk streams.
"""

from __future__ import annotations

from contextlib import ExitStack

from rtmptwisted.errors import ProtocolError
from rtmptwisted.wire import chunk, chunkrun
from rtmptwisted.wire import connection as connectionModule
from rtmptwisted.wire.buffer import FastBuffer
from rtmptwisted.wire.chunk import ChunkReader
from rtmptwisted.wire.connection import MORE, NEED_DATA, Event, RTMPConnection
from rtmptwisted.wire.limits import Limits
from rtmptwisted.wire.message import Message
from rtmptwisted.wire.state import State
from tests.fuzz.judging import (
    Fault,
    Outcome,
    changed,
    pieces,
    require,
    requireSame,
)
from tests.wire_support import type0

#: What comes before every input of the connection target.
HANDSHAKE = b"\3" + bytes(8) + b"c" * 1528 + b"a" * 1536
CONNECT = type0(
    3,
    0,
    20,
    b"\x02\0\7connect\x00\x3f\xf0\0\0\0\0\0\0\x03\0\3app\x02\0\4live\0\0\x09",
    messageStreamID=0,
)

#: What the first byte of an input asks for.
SMALL_LIMITS, SMALL_STEPS, LITTLE_ROOM, CONNECTED = 1, 2, 4, 8

_USUAL = Limits()
#: All but the last are the same for every cut.
_SMALL = Limits(
    mediaMessage=900,
    commandMessage=300,
    dataMessage=400,
    controlMessage=32,
    chunkStreams=5,
    amfDepth=4,
    amfValues=30,
    amfString=60,
    aggregateParts=6,
)
_LITTLE_ROOM = Limits(mediaMessage=900, chunkStreams=5, partialBytes=1000)

#: Between so many pieces what is held is looked at once; it costs more than the
#: reading.
_SELDOM = 20


def _limits(flags: int) -> Limits:
    if flags & LITTLE_ROOM:
        return _LITTLE_ROOM
    return _SMALL if flags & SMALL_LIMITS else _USUAL


def fuzzChunks(data: bytes) -> None:
    """
    Chunks: the messages are the same for every cut, with runs of chunks taken
    together and one by one.

    The first byte is for the limits, the second says how the rest is cut.
    """
    if len(data) < 2:
        return
    flags, how, sent = data[0], data[1], data[2:]
    limits = _limits(flags)
    whole = _messages([sent], limits)
    require(len(whole.found) <= len(sent), "more messages than bytes")
    cut = pieces(how, sent)
    with ExitStack() as stack:
        if flags & SMALL_STEPS:
            stack.enter_context(changed(chunk, _LONGEST_WAIT=40, _SMALL_PART=16))
            stack.enter_context(changed(chunkrun, _WINDOW=3))
        for what, other in (
            ("one by one", _messages([sent], limits, vectorised=False)),
            ("cut", _messages(cut, limits)),
            ("cut and one by one", _messages(cut, limits, vectorised=False)),
        ):
            if flags & SMALL_STEPS:
                # The start of a chunk that is long enough to be taken in pieces
                # gives up what was under way; whether it is, has changed.
                requireSame(whole._replace(state=0), other._replace(state=0), what)
            else:
                requireSame(whole, other, what)


def _messages(cut: list[bytes], limits: Limits, *, vectorised: bool = True) -> Outcome:
    buffer = FastBuffer(limits.bufferedBytes)
    reader = ChunkReader(buffer, limits, vectorised=vectorised)
    found: list[Message] = []
    error = ""
    try:
        for index, piece in enumerate(cut):
            buffer.append(piece)
            found += reader.takeFrames()
            while (message := reader.nextMessage()) is not None:
                found.append(message)
                found += reader.takeFrames()
            require(reader.needsData, "it needs nothing, and has no message")
            if index % _SELDOM == 0:
                checkReader(reader, limits)
    except ProtocolError as caught:
        error = str(caught)
    return Outcome(found, error, reader.abandoned)


def checkReader(reader: ChunkReader, limits: Limits) -> None:
    """
    Hold what a reader remembers against the limits.
    """
    streams = reader._streams.values()
    held = sum(len(part) for stream in streams for part in stream.parts or ())
    objects = sum(len(stream.parts or ()) for stream in streams)
    counted = sum(stream.counted for stream in streams)
    known = reader._partialBytes
    require(counted == known, f"{counted} bytes counted, {known} known")
    require(counted <= limits.partialBytes, f"{counted} bytes of unfinished messages")
    # What has come of one large chunk counts when that is whole.
    require(held == counted or reader._open is not None, f"{held} bytes, {counted}")
    largest = max(limits.mediaMessage, limits.dataMessage, limits.commandMessage)
    require(held - counted <= largest, f"{held - counted} bytes not counted")
    require(objects <= 2 * len(streams) + held // 8, f"{objects} parts, {held} bytes")
    require(len(streams) <= limits.chunkStreams, f"{len(streams)} chunk streams")
    waiting = len(reader._buffer)
    require(waiting <= chunk._LONGEST_WAIT + 18, f"{waiting} bytes wait")


def fuzzConnection(data: bytes) -> None:
    """
    Connections behind the handshake: the events are the same for every cut.

    The first byte is for the limits, and whether C{connect} was there; the
    second says how the rest is cut.
    """
    if len(data) < 2:
        return
    flags, how, sent = data[0], data[1], data[2:]
    limits = _limits(flags)
    start = HANDSHAKE + CONNECT if flags & CONNECTED else HANDSHAKE
    whole = _events([start + sent], limits)
    # Each part of an aggregate has 11 bytes at least, each message has one.
    require(len(whole.found) <= len(sent) + 4, "more events than bytes")
    with ExitStack() as stack:
        if flags & SMALL_STEPS:
            stack.enter_context(changed(chunk, _LONGEST_WAIT=40, _SMALL_PART=16))
            stack.enter_context(changed(chunkrun, _WINDOW=3))
            stack.enter_context(changed(connectionModule, _PATIENCE=2))
        cut = [start, *pieces(how, sent)]
        requireSame(whole, _events(cut, limits), "cut")
        other = _events(cut, limits, vectorised=False)
        requireSame(whole, other, "cut and one by one")


def _events(cut: list[bytes], limits: Limits, *, vectorised: bool = True) -> Outcome:
    connection = RTMPConnection(bytes(1536), limits, vectorised=vectorised)
    found: list[Event] = []
    error = ""
    calls = 0
    try:
        for index, piece in enumerate(cut):
            connection.receiveData(piece)
            while (event := connection.nextEvent()) is not NEED_DATA:
                calls += 1
                if event is not MORE:
                    found.append(event)
            if index % _SELDOM == 0:
                checkReader(connection._reader, limits)
    except ProtocolError as caught:
        error = str(caught)
        _checkDead(connection)
    most = 2 * sum(len(piece) for piece in cut) + 4
    require(calls <= most, f"{calls} calls for {most // 2} bytes")
    return Outcome(found, error, (connection.state, connection.ignored))


def _checkDead(connection: RTMPConnection) -> None:
    require(connection.state is State.FAILED, f"failed, and {connection.state}")
    for call in (connection.nextEvent, lambda: connection.receiveData(b"x")):
        try:
            call()
        except ProtocolError:
            continue
        raise Fault("it goes on behind an error")
