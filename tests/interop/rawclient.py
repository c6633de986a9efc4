"""
An RTMP client of our own on a blocking socket, for what real ones do not do.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable

from rtmptwisted.wire.chunkwriter import ChunkWriter
from rtmptwisted.wire.coding import encode
from rtmptwisted.wire.message import Command, Message, SetChunkSize
from tests.flv_reader import Tag

_PATIENCE = 30

#: C0, C1 and C2 of the simple handshake; nobody looks into C2.
HANDSHAKE = b"\x03" + bytes(8) + bytes(range(8)) * 191 + bytes(1536)


def connecting(app: str, chunkSize: int = 4096) -> tuple[bytes, ChunkWriter]:
    """
    @return: all that a client sends before it publishes or plays on message
        stream 1, without waiting for answers, and what writes the rest.
    """
    writer = ChunkWriter()
    sent = [HANDSHAKE, writer.write(encode(SetChunkSize(chunkSize)))]
    writer.chunkSize = chunkSize
    sent.append(writer.write(encode(Command("connect", 1, {"app": app}))))
    sent.append(writer.write(encode(Command("createStream", 2))))
    return b"".join(sent), writer


def publishing(app: str, name: str) -> tuple[bytes, ChunkWriter]:
    """
    @return: all that a client sends before the first media, and what writes
        the rest.
    """
    sent, writer = connecting(app)
    publish = Command("publish", 0, None, [name, "live"], 1)
    return sent + writer.write(encode(publish)), writer


def mediaMessages(tags: Iterable[Tag]) -> list[Message]:
    """
    @return: the tags as messages, as a client publishes them.
    """
    return [
        Message(tag.type, tag.timestamp, 1, tag.body, 6 if tag.type == 9 else 4)
        for tag in tags
    ]


def connect(port: int) -> socket.socket:
    """
    @return: a connection to 127.0.0.1 that sends what it is given at once.
    """
    connection = socket.create_connection(("127.0.0.1", port), _PATIENCE)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def readAll(connection: socket.socket) -> bytes:
    """
    @return: what comes until the other side closes.
    """
    received = []
    try:
        while data := connection.recv(65536):
            received.append(data)
    except ConnectionResetError:
        pass
    return b"".join(received)


def readUntil(connection: socket.socket, *wanted: bytes) -> bytes:
    """
    Read until all that is wanted has come, in this order.

    @return: what was read.
    """
    received = b""
    while True:
        position = 0
        for each in wanted:
            position = received.find(each, position) + len(each)
            if position < len(each):
                break
        else:
            return received
        data = connection.recv(65536)
        assert data, f"closed after {received!r}"
        received += data


def reset(connection: socket.socket) -> None:
    """
    Close with a reset, as when a host or a program breaks down.
    """
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
