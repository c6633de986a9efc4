"""
Publishers: one that sends a marked stream in real time, as a program of its own,
and one that sends as fast as the server takes it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import select
import signal
import socket
import subprocess
import sys
import time
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from rtmptwisted.wire.chunkwriter import ChunkWriter
from rtmptwisted.wire.coding import encode
from rtmptwisted.wire.message import Command, Message
from tests.bench.client import commands, connectTo, publishCommand, shakeHands
from tests.bench.source import Frame, Source, loadSource, marked
from tests.flv_reader import AUDIO, SCRIPT, VIDEO, Tag
from tests.interop.rawclient import readUntil

_CHUNK_STREAMS = {AUDIO: 4, VIDEO: 6, SCRIPT: 4}

#: C{"@setDataFrame"} in AMF, which publishers put in front of their metadata.
_SET_DATA_FRAME = b"\x02\x00\x0d@setDataFrame"


def _message(kind: int, at: int, payload: bytes) -> Message:
    return Message(kind, at, 1, payload, _CHUNK_STREAMS[kind])


def beginning(tag: Tag) -> Message:
    """
    @return: metadata or a sequence header, as it is published.
    """
    prefix = _SET_DATA_FRAME if tag.type == SCRIPT else b""
    return _message(tag.type, 0, prefix + tag.body)


def publish(
    port: int, source: Source, chunkSize: int
) -> tuple[socket.socket, ChunkWriter]:
    """
    Begin to publish, up to the sequence headers.

    @return: the connection, and what writes the rest.
    """
    connection = connectTo(port)
    shakeHands(connection)
    sent, writer = commands(publishCommand(), port, chunkSize)
    connection.sendall(sent)
    readUntil(connection, b"NetStream.Publish.Start")
    for tag in source.setup:
        connection.sendall(writer.write(beginning(tag)))
    return connection, writer


def discard(connection: socket.socket) -> None:
    """
    Read what the server has sent: acknowledgements and pings.
    """
    readable, _, _ = select.select([connection], [], [], 0)
    if readable and not connection.recv(65536):
        raise ConnectionError("the server has closed the publisher's connection")


def endless(source: Source) -> Iterator[tuple[int, Frame]]:
    """
    @return: the frames, again and again, with times that go on.
    """
    start = 0
    while True:
        for frame in source.frames:
            yield start + frame.time, frame
        start += source.duration


class Pacer:
    """
    Publishes in real time.
    """

    def __init__(self, port: int, source: Source) -> None:
        self._connection, self._writer = publish(port, source, 4096)
        self._source = source
        self.numbers = {AUDIO: 0, VIDEO: 0}
        # When each frame was sent, and how many bytes of payload had been by then.
        self.sent: list[tuple[int, int]] = [(time.monotonic_ns(), 0)]
        self.latest = 0.0

    def run(self, seconds: float) -> None:
        """
        Send for so long at the most.  Each frame has a time of its own that does not
        depend on when others were sent.
        """
        start = time.monotonic()
        for at, frame in endless(self._source):
            due = start + at / 1000
            delay = due - time.monotonic()
            if delay > 0:
                time.sleep(delay)
            else:
                self.latest = max(self.latest, -delay)
            if at > seconds * 1000:
                return
            self._send(at, frame)

    def _send(self, at: int, frame: Frame) -> None:
        number = self.numbers[frame.kind]
        self.numbers[frame.kind] += 1
        now = time.monotonic_ns()
        payload = marked(frame, now, number)
        self._connection.sendall(self._writer.write(_message(frame.kind, at, payload)))
        self.sent.append((now, self.sent[-1][1] + len(payload)))
        if not number % 64:
            discard(self._connection)


class Sent(NamedTuple):
    """
    @ivar late: the most that a frame was sent after its time, in milliseconds.
    @ivar frames: the time at which each was sent, in nanoseconds, and how many
        bytes of payload had been sent by then.
    """

    late: float
    frames: list[tuple[int, int]]

    def between(self, start: int, end: int) -> int:
        """
        @return: how many bytes of payload were sent between two times.
        """
        times = [at for at, _ in self.frames]
        first, last = (bisect_right(times, each) - 1 for each in (start, end))
        return self.frames[max(last, 0)][1] - self.frames[max(first, 0)][1]


class PublisherProcess:
    """
    L{Pacer} in a process of its own.
    """

    def __init__(self, port: int, path: Path, seconds: float) -> None:
        """
        @param seconds: after which it ends by itself.
        """
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.publisher", str(port), str(path)]
            + [str(seconds)],
            cwd=Path(__file__).resolve().parents[2],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.pid = self._process.pid
        assert self._process.stdout is not None
        if self._process.stdout.readline() != "publishing\n":
            self.stop()
            raise ConnectionError("the publisher was refused")

    def stop(self) -> Sent | None:
        """
        @return: what it sent; L{None} if it failed.
        """
        self._process.send_signal(signal.SIGTERM)
        try:
            output, _ = self._process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            output, _ = self._process.communicate()
        try:
            said = json.loads(output)
        except json.JSONDecodeError:
            return None
        return Sent(said["late"], said["sent"])


def turn(writer: ChunkWriter, source: Source, number: int) -> bytes:
    """
    Write the whole source.  The first turn has headers that differ; from the second
    on the bytes are always the same, since they only say how much later each message
    is than the one before.
    """
    start = number * source.duration
    return b"".join(
        writer.write(_message(frame.kind, start + frame.time, _whole(frame)))
        for frame in source.frames
    )


class Flood:
    """
    Publishes as fast as the server takes it.
    """

    def __init__(self, port: int, source: Source, chunkSize: int) -> None:
        self._connection, self._writer = publish(port, source, chunkSize)
        self._first, self._again = (turn(self._writer, source, each) for each in (0, 1))
        self._size = sum(len(_whole(frame)) for frame in source.frames)

    def run(self, size: int) -> int:
        """
        Send so many bytes of payload, or a little more, and wait until the server
        has taken all.

        @return: how many they were.
        """
        sent, data = 0, self._first
        while sent < size:
            self._connection.sendall(data)
            discard(self._connection)
            sent, data = sent + self._size, self._again
        # The answer comes when all before it has been worked on.
        command = Command("createStream", 77)
        self._connection.sendall(self._writer.write(encode(command)))
        answer = b"_result\x00" + b"\x40\x53\x40\0\0\0\0\0"
        readUntil(self._connection, answer)
        return sent

    def close(self) -> None:
        """
        Let go of the connection.
        """
        self._connection.close()


def _whole(frame: Frame) -> bytes:
    return marked(frame, 0, 0)


class _Stopped(Exception):
    """
    The signal to stop has come, maybe while the server took nothing.
    """


def _stop(number: int, frame: object) -> None:
    raise _Stopped


def main() -> None:
    """
    Publish, and say what was sent.
    """
    options = argparse.ArgumentParser()
    options.add_argument("port", type=int)
    options.add_argument("path", type=Path)
    options.add_argument("seconds", type=float)
    chosen = options.parse_args()
    pacer = Pacer(chosen.port, loadSource(chosen.path))

    signal.signal(signal.SIGTERM, _stop)
    with contextlib.suppress(OSError, _Stopped):
        print("publishing", flush=True)
        pacer.run(chosen.seconds)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    said = {"late": round(pacer.latest * 1000, 3), "sent": pacer.sent}
    print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
