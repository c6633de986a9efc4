"""
A viewer that notes what comes, and when.
"""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import urlsplit

_PATIENCE = 30


class Arrival(NamedTuple):
    """
    A tag: when it came by the local clock, in seconds, its type, its timestamp in
    milliseconds, and how long it is, in bytes.
    """

    at: float
    type: int
    timestamp: int
    size: int


class Follower:
    """
    Follows an HTTP-FLV stream, which has to be live.

    @ivar arrivals: all that came.
    @ivar ended: whether the server has ended it.
    """

    def __init__(self, url: str) -> None:
        self.arrivals: list[Arrival] = []
        self.ended = False
        self._more = threading.Condition()
        parts = urlsplit(url)
        assert parts.hostname is not None
        self._socket = socket.create_connection((parts.hostname, parts.port or 80))
        # The body of HTTP/1.0 has no chunks.
        self._socket.sendall(f"GET {parts.path} HTTP/1.0\r\n\r\n".encode())
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def _follow(self) -> None:
        with suppress(OSError), self._socket.makefile("rb") as answer:
            while answer.readline().strip():
                pass
            answer.read(13)
            while len(header := answer.read(11)) == 11:
                size = int.from_bytes(header[1:4], "big")
                timestamp = int.from_bytes(header[4:7], "big") | header[7] << 24
                if len(answer.read(size + 4)) < size + 4:
                    break
                with self._more:
                    now = time.monotonic()
                    self.arrivals.append(Arrival(now, header[0], timestamp, size))
                    self._more.notify_all()
        with self._more:
            self.ended = True
            self._more.notify_all()

    @property
    def media(self) -> list[Arrival]:
        """
        Audio and video, without what only sets decoders up.
        """
        with self._more:
            return [each for each in self.arrivals if each.type != 18]

    def waitUntil(self, timestamp: int) -> None:
        """
        Wait until a tag of at least this timestamp has come.
        """
        with self._more:
            found = self._more.wait_for(
                lambda: (
                    self.ended
                    or any(each.timestamp >= timestamp for each in self.arrivals)
                ),
                _PATIENCE,
            )
            assert found and not self.ended, self.arrivals[-1:]

    def close(self) -> None:
        """
        Leave.
        """
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(_PATIENCE)
        self._socket.close()
