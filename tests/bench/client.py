"""
An RTMP client on a blocking socket, as all the servers like it: it waits for the
handshake, and says in C{connect} what real clients say.
"""

from __future__ import annotations

import socket

from rtmptwisted.wire.chunkwriter import ChunkWriter
from rtmptwisted.wire.coding import encode
from rtmptwisted.wire.message import Command, SetChunkSize
from tests.interop.rawclient import HANDSHAKE

APP = "live"
NAME = "bench"

_PATIENCE = 30


def connectTo(port: int, waiting: int = 0) -> socket.socket:
    """
    @param waiting: how much the kernel may keep of what is not read yet; 0 for its
        default.
    @return: a connection to 127.0.0.1.
    """
    connection = socket.socket()
    try:
        connection.settimeout(_PATIENCE)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if waiting:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, waiting)
        connection.connect(("127.0.0.1", port))
    except BaseException:
        connection.close()
        raise
    return connection


def shakeHands(connection: socket.socket) -> None:
    """
    Send C0, C1 and C2, and read S0, S1 and S2.
    """
    connection.sendall(HANDSHAKE)
    left = len(HANDSHAKE)
    while left:
        received = len(connection.recv(left))
        if not received:
            raise ConnectionError("closed during the handshake")
        left -= received


def commands(command: Command, port: int, chunkSize: int) -> tuple[bytes, ChunkWriter]:
    """
    @param command: to be sent on message stream 1.
    @return: all that a client sends behind the handshake, up to that, and what
        writes the rest.
    """
    writer = ChunkWriter()
    sent = [writer.write(encode(SetChunkSize(chunkSize)))]
    writer.chunkSize = chunkSize
    url = f"rtmp://127.0.0.1:{port}/{APP}"
    connect = Command("connect", 1, {"app": APP, "tcUrl": url, "flashVer": "bench"})
    sent += [
        writer.write(encode(each))
        for each in (connect, Command("createStream", 2), command)
    ]
    return b"".join(sent), writer


def publishCommand() -> Command:
    """
    @return: what publishers ask for.
    """
    return Command("publish", 5, None, [NAME, "live"], 1)


def playCommand() -> Command:
    """
    @return: what players ask for.
    """
    return Command("play", 4, None, [NAME], 1)
