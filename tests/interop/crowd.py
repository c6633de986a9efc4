"""
Clients that mean no good, many at a time, in one thread.
"""

from __future__ import annotations

import selectors
import socket
import threading
import time
from collections.abc import Callable, Iterable
from itertools import cycle, islice
from typing import NamedTuple

from rtmptwisted.wire.coding import encode
from rtmptwisted.wire.message import Command
from tests.interop.rawclient import HANDSHAKE, connecting, publishing
from tests.wire_support import type0

#: Bytes of a message that never comes.
LARGEST = 8 * 1024 * 1024


class Nuisance(NamedTuple):
    """
    @ivar first: what it sends at once.
    @ivar drip: what it sends byte by byte, one a second; nothing for one that
        stalls.
    """

    first: bytes
    drip: bytes


def drippingHandshake(number: int) -> Nuisance:
    """
    A handshake, byte by byte.
    """
    return Nuisance(b"", HANDSHAKE)


def drippingConnect(number: int) -> Nuisance:
    """
    A C{connect} command, byte by byte.
    """
    sent, _ = connecting("live")
    return Nuisance(HANDSHAKE, sent[len(HANDSHAKE) :])


def idle(number: int) -> Nuisance:
    """
    C{connect}, and then nothing.
    """
    return Nuisance(connecting("live")[0], b"")


def drippingPublisher(number: int) -> Nuisance:
    """
    A publisher that announces the largest message and sends a byte a second.
    """
    sent, _ = publishing("live", f"nuisance{number}")
    return Nuisance(sent + type0(6, 0, 9, b"", length=LARGEST), bytes(1000))


def stallingPublisher(number: int) -> Nuisance:
    """
    A publisher that announces the largest message and sends nothing of it.
    """
    return Nuisance(drippingPublisher(number).first, b"")


def drippingPlayer(number: int) -> Nuisance:
    """
    A player that announces the largest message and sends a byte a second.
    """
    sent, writer = connecting("live")
    play = writer.write(encode(Command("play", 0, None, ["hello"], 1)))
    video = type0(6, 0, 9, b"", length=LARGEST)
    return Nuisance(sent + play + video, bytes(1000))


def tooLarge(number: int) -> Nuisance:
    """
    A publisher that announces 16 MB.
    """
    sent, _ = publishing("live", f"large{number}")
    return Nuisance(sent + type0(6, 0, 9, b"", length=0xFFFFFF), bytes(1000))


KINDS: tuple[Callable[[int], Nuisance], ...] = (
    drippingHandshake,
    drippingConnect,
    idle,
    drippingPublisher,
    stallingPublisher,
    drippingPlayer,
    tooLarge,
)


class Crowd:
    """
    So many connections, of all kinds.

    @ivar lifetimes: for each kind, how long its connections lasted, in seconds.
    """

    def __init__(self, port: int, size: int) -> None:
        self.lifetimes: dict[str, list[float]] = {kind.__name__: [] for kind in KINDS}
        self._selector = selectors.DefaultSelector()
        self._members: dict[socket.socket, tuple[str, bytes, float]] = {}
        for number, kind in enumerate(islice(cycle(KINDS), size)):
            nuisance = kind(number)
            connection = socket.create_connection(("127.0.0.1", port), 30)
            connection.sendall(nuisance.first)
            connection.setblocking(False)
            self._selector.register(connection, selectors.EVENT_READ)
            self._members[connection] = (
                kind.__name__,
                nuisance.drip,
                time.monotonic(),
            )
            self._poll(0)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self, patience: float) -> None:
        """
        Drip, until all are gone or so many seconds have passed.
        """
        self._end = time.monotonic() + patience
        self._thread.start()

    def finish(self) -> int:
        """
        Wait for the end.

        @return: how many connections are still open.
        """
        self._thread.join()
        left = len(self._members)
        for connection in list(self._members):
            connection.close()
        self._selector.close()
        return left

    def _run(self) -> None:
        second = 0
        start = time.monotonic()
        while self._members and time.monotonic() < self._end:
            self._poll(max(start + second + 1 - time.monotonic(), 0))
            if time.monotonic() >= start + second + 1:
                self._drip(second)
                second += 1

    def _poll(self, seconds: float) -> None:
        for key, _ in self._selector.select(seconds):
            assert isinstance(key.fileobj, socket.socket)
            self._read(key.fileobj)

    def _read(self, connection: socket.socket) -> None:
        try:
            if connection.recv(65536):
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self._gone(connection)

    def _gone(self, connection: socket.socket) -> None:
        kind, _, began = self._members.pop(connection)
        self.lifetimes[kind].append(time.monotonic() - began)
        self._selector.unregister(connection)
        connection.close()

    def _drip(self, second: int) -> None:
        for connection, (_, drip, _) in list(self._members.items()):
            if byte := drip[second : second + 1]:
                try:
                    connection.send(byte)
                except OSError:
                    self._gone(connection)


def residentBytes(pid: int) -> int:
    """
    @return: the most memory that a process has held, in bytes.
    """
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return _kibibytes(status) * 1024


def _kibibytes(status: Iterable[str]) -> int:
    return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
