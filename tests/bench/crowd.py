"""
All viewers of a run, in one thread.

Most of them only count: the kernel throws away what comes for them, uncopied.  Some
are sampled: what comes for these is read, and before that of the others.

All take what comes at once.  Servers notice when viewers do not: without TCP_NODELAY
small segments wait for the acknowledgement of those before, so that a viewer which
reads late gets few large ones, which cost the server less.
"""

from __future__ import annotations

import contextlib
import select
import socket
import sys
import time

from tests.bench.viewers import WAITING, SampledViewer, Viewer

#: So many of the others come between two looks at those who are sampled.
_SLICE = 16

#: Each event once; the end of a connection is one too.
_EDGES = select.EPOLLIN | select.EPOLLRDHUP | select.EPOLLET

#: In C{struct tcp_info} of Linux: how many segments with data have come.
_SEGMENTS = 152

#: Viewers may take so many times as long to come as they should.
_PATIENCE = 4

#: A viewer that has had so little of what the one in the middle had is behind.
_BEHIND = 0.9


class Crowd:
    """
    All viewers of a run.

    @ivar viewers: in the order in which they came.
    @ivar largest: the most that waited for one of them, in bytes, since that was
        set to 0.
    """

    def __init__(self, port: int, protocol: str) -> None:
        self._port = port
        self._protocol = protocol
        self.viewers: list[Viewer] = []
        self.sampled: list[SampledViewer] = []
        self._slow: list[Viewer] = []
        self._dripping: list[Viewer] = []
        # By descriptor.
        self._counting: dict[int, Viewer] = {}
        self._reading: dict[int, SampledViewer] = {}
        self._countingEvents = select.epoll()
        self._readingEvents = select.epoll()
        self._events = select.epoll()
        self._events.register(self._countingEvents, select.EPOLLIN)
        self._events.register(self._readingEvents, select.EPOLLIN)
        self._space = bytearray(WAITING)
        self._dripDue = time.monotonic()
        self.largest = 0

    def connect(self, count: int, sampled: int, rate: float) -> None:
        """
        Let viewers come, so many a second.

        @param sampled: how many of them are read.
        @raise TimeoutError: when the server makes them wait for very long.
        """
        chosen = {
            round(number * (count - 1) / max(sampled - 1, 1))
            for number in range(min(sampled, count))
        }
        start = time.monotonic()
        for number in range(count):
            if number in chosen:
                self._addSampled()
            else:
                self._add()
            self.run(start + (number + 1) / rate)
            if time.monotonic() > start + _PATIENCE * (1 + count / rate):
                raise TimeoutError(f"after {number + 1} viewers none could come in")

    def _addSampled(self) -> None:
        viewer = SampledViewer(self._port, self._protocol)
        self.viewers.append(viewer)
        self.sampled.append(viewer)
        self._reading[viewer.socket.fileno()] = viewer
        self._readingEvents.register(viewer.socket, select.EPOLLIN)

    def _add(self) -> None:
        viewer = Viewer(self._port, self._protocol)
        self.viewers.append(viewer)
        self._counting[viewer.socket.fileno()] = viewer
        self._countingEvents.register(viewer.socket, _EDGES)

    def connectSlow(self, stalled: int, dripping: int, rate: float) -> None:
        """
        Let viewers come that read nothing, and others that read a byte a second.
        """
        start = time.monotonic()
        for number in range(stalled + dripping):
            self._slow.append(Viewer(self._port, self._protocol, 0))
            if number >= stalled:
                self._dripping.append(self._slow[-1])
            self.run(start + (number + 1) / rate)

    def run(self, until: float) -> None:
        """
        Read, until that time.
        """
        while True:
            now = time.monotonic()
            due = until
            if self._dripping:
                if now >= self._dripDue:
                    self._dripDue = now + 1
                    self._drip()
                due = min(until, self._dripDue)
            self._events.poll(max(due - now, 0))
            self._takeAll(until)
            if time.monotonic() >= until:
                return

    def awaitAll(self, size: int, patience: float) -> int:
        """
        Read, until each has got so many bytes.

        @return: how many have not, when patience is at its end.
        """
        end = time.monotonic() + patience
        while True:
            left = sum(viewer.received < size for viewer in self.viewers)
            lost = sum(viewer.cut for viewer in self.viewers)
            if not left or lost == len(self.viewers) or time.monotonic() > end:
                return left
            self.run(time.monotonic() + 0.05)

    def behind(self, before: list[int]) -> int:
        """
        @param before: what each had received at some time.
        @return: how many have got clearly less since then than the others.
        """
        got = [
            viewer.received - then
            for viewer, then in zip(self.viewers, before, strict=True)
        ]
        middle = sorted(got)[len(got) // 2]
        return sum(each < _BEHIND * middle for each in got)

    def close(self) -> None:
        """
        Let all leave.
        """
        for viewer in self.viewers + self._slow:
            viewer.close()
        for events in (self._events, self._countingEvents, self._readingEvents):
            events.close()

    def segments(self) -> tuple[int, int]:
        """
        @return: how many segments those who are sampled have got, and the others.
        """
        found = [0, 0]
        for viewer in self.viewers:
            info = viewer.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
            count = int.from_bytes(info[_SEGMENTS : _SEGMENTS + 4], sys.byteorder)
            found[viewer.socket.fileno() in self._counting] += count
        return found[0], found[1]

    def _takeAll(self, until: float) -> None:
        """
        Take what has come.
        """
        while True:
            self._read()
            events = self._countingEvents.poll(0, _SLICE)
            for number, event in events:
                self._discard(self._counting[number], event)
            if len(events) < _SLICE or time.monotonic() >= until:
                return

    def _read(self) -> None:
        arrived = []
        for number, _ in self._readingEvents.poll(0):
            viewer = self._reading[number]
            try:
                data = viewer.socket.recv(262144)
            except OSError:
                data = b""
            arrived.append((viewer, data, time.monotonic_ns()))
        # Only now, so that no time holds work for another.
        for viewer, data, now in arrived:
            viewer.received += len(data)
            viewer.take(data, now)
            if not data or viewer.cut:
                viewer.cut = True
                self._readingEvents.unregister(viewer.socket)

    def _discard(self, viewer: Viewer, event: int) -> None:
        try:
            size = viewer.socket.recv_into(self._space, WAITING, socket.MSG_TRUNC)
        except BlockingIOError:
            return
        except OSError:
            size = 0
        if size > self.largest:
            self.largest = size
        viewer.received += size
        if event != select.EPOLLIN:
            viewer.cut = True

    def _drip(self) -> None:
        for viewer in self._dripping:
            with contextlib.suppress(OSError):
                viewer.socket.recv(1)
