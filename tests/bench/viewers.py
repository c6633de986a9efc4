"""
Viewers: those that only count, and those that look at each frame.
"""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Callable
from typing import NamedTuple

from tests.bench.client import (
    APP,
    NAME,
    commands,
    connectTo,
    playCommand,
    shakeHands,
)
from tests.bench.source import BadMark, isKeyframe, isSetup, readMark
from tests.bench.streams import (
    HTTPReader,
    Malformed,
    Payload,
    Reader,
    RTMPReader,
    WebSocketReader,
)
from tests.flv_reader import AUDIO, VIDEO

RTMP = "RTMP"
HTTP = "HTTP-FLV"
WEBSOCKET = "WebSocket-FLV"

_READERS: dict[str, Callable[[], Reader]] = {
    RTMP: RTMPReader,
    HTTP: HTTPReader,
    WEBSOCKET: WebSocketReader,
}

#: So much can wait in the kernel for a viewer until it is its turn: several
#: seconds of the stream.
WAITING = 1024 * 1024


def request(protocol: str, port: int) -> bytes:
    """
    @return: all that a viewer sends, for RTMP behind the handshake.
    """
    if protocol == RTMP:
        return commands(playCommand(), port, 4096)[0]
    lines = [f"GET /{APP}/{NAME}.flv HTTP/1.1", f"Host: 127.0.0.1:{port}"]
    if protocol == WEBSOCKET:
        key = b64encode(os.urandom(16)).decode("ascii")
        lines += ["Connection: Upgrade", "Upgrade: websocket"]
        lines += ["Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}"]
    return "\r\n".join([*lines, "", ""]).encode("ascii")


class Viewer:
    """
    One that only counts.

    @ivar received: bytes since it came.
    @ivar cut: whether the server has closed the connection.
    """

    def __init__(self, port: int, protocol: str, waiting: int = WAITING) -> None:
        """
        @param waiting: how much the kernel may keep for it; 0 for the default.
        """
        self.socket = connectTo(port, waiting)
        if protocol == RTMP:
            shakeHands(self.socket)
        self.socket.sendall(request(protocol, port))
        self.socket.setblocking(False)
        self.received = 0
        self.cut = False

    def close(self) -> None:
        """
        Leave.
        """
        self.socket.close()


class Sample(NamedTuple):
    """
    A frame that came.  Times are in nanoseconds.
    """

    kind: int
    sent: int
    latency: int


class FrameCheck:
    """
    Looks at the frames of one viewer.

    @ivar samples: those that came.
    @ivar failures: what was wrong with them.
    """

    def __init__(self) -> None:
        self._expected: dict[int, int] = {}
        self.samples: list[Sample] = []
        self.failures: list[str] = []

    def take(self, payload: Payload, now: int) -> None:
        """
        From the first keyframe on, no frame may be missing, damaged or in the wrong
        place.

        @param now: when it came, in nanoseconds.
        @raise BadMark: for a frame that was never sent.
        """
        kind, _, data = payload
        if kind not in (AUDIO, VIDEO) or isSetup(kind, data):
            return
        mark = readMark(kind, data)
        if VIDEO not in self._expected:
            if not isKeyframe(kind, data):
                return
        elif self._expected.get(kind, mark.number) != mark.number:
            self.failures.append(
                f"frame {mark.number} of type {kind} came where "
                f"{self._expected[kind]} was due"
            )
        if not mark.whole:
            self.failures.append(f"frame {mark.number} of type {kind} is damaged")
        self._expected[kind] = mark.number + 1
        self.samples.append(Sample(kind, mark.sent, now - mark.sent))


class SampledViewer(Viewer):
    """
    One whose stream is read.
    """

    def __init__(self, port: int, protocol: str) -> None:
        super().__init__(port, protocol)
        self._reader = _READERS[protocol]()
        self._check = FrameCheck()
        self.samples = self._check.samples
        self.failures = self._check.failures

    def take(self, data: bytes, now: int) -> None:
        """
        @param now: when it came.
        """
        try:
            for payload in self._reader.feed(data):
                self._check.take(payload, now)
        except (Malformed, BadMark, ValueError) as error:
            self.failures.append(f"{type(error).__name__}: {error}")
            self.cut = True
