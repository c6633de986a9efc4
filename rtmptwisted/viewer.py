"""
One viewer of a live stream, and what it is behind.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from twisted.internet.interfaces import IPushProducer, IReactorTime
from twisted.logger import Logger
from zope.interface import implementer

from rtmptwisted.interfaces import IViewerOutlet
from rtmptwisted.wire.limits import Limits


class Flush(NamedTuple):
    """
    Bytes for viewers.

    @ivar data: whole messages or tags.
    @ivar frames: how many coded frames they hold.
    """

    data: bytes
    frames: int


@implementer(IPushProducer)
class Viewer:
    """
    One viewer, and what it is behind.

    As a push producer it is told by its transport when that is full.

    @ivar muted: whether it wants nothing for now.
    @ivar skipping: whether it gets nothing until the next keyframe.
    @ivar frames: coded frames written.
    @ivar bytesSent: bytes written.
    @ivar skips: how often it lost a part of the stream.
    """

    _log = Logger()

    def __init__(
        self, outlet: IViewerOutlet, clock: IReactorTime, limits: Limits
    ) -> None:
        self.outlet = outlet
        self._clock = clock
        self._limits = limits
        # With the time at which each was due.
        self._backlog: deque[tuple[float, Flush]] = deque()
        self._backlogBytes = 0
        # What comes first.  All viewers share it, so it is no part of what this
        # one is behind.
        self._opening: deque[Flush] = deque()
        # When the transport became full; None while it takes data.
        self._pausedAt: float | None = None
        self._abandoned = False
        self.muted = False
        self.skipping = False
        self.joinedAt = clock.seconds()
        self.frames = 0
        self.bytesSent = 0
        self.skips = 0

    def mute(self, muted: bool) -> None:
        """
        Deliver nothing for a while, or again.
        """
        if muted != self.muted:
            self.muted = muted
            self.skipping = True

    def open(self, flushes: Iterable[Flush]) -> None:
        """
        Write what comes first, as fast as the viewer takes it.
        """
        self._opening.extend(flushes)
        self._writeMore()

    def deliver(self, flush: Flush) -> None:
        """
        Write, or keep for later.
        """
        if self._pausedAt is None and not self._opening:
            self._write(flush)
            return
        if self.checkStalled():
            return
        now = self._clock.seconds()
        self._backlog.append((now, flush))
        self._backlogBytes += len(flush.data)
        if (
            self._backlogBytes > self._limits.viewerBytes
            or now - self._backlog[0][0] > self._limits.viewerSeconds
        ):
            self._skip()

    def _write(self, flush: Flush) -> None:
        self.frames += flush.frames
        self.bytesSent += len(flush.data)
        self.outlet.write(flush.data)

    def _skip(self) -> None:
        """
        Lose the backlog.  It consists of whole messages, so that what follows
        can be read.
        """
        self._log.warn(
            "{protocol} viewer {peer} is too slow: {size} bytes skipped, up to the "
            "next keyframe",
            protocol=self.outlet.protocol,
            peer=self.outlet.peer,
            size=self._backlogBytes,
        )
        self._backlog.clear()
        self._backlogBytes = 0
        self.skipping = True
        self.skips += 1

    def checkStalled(self) -> bool:
        """
        Drop the connection when it has been full for too long.

        @return: whether that is so.
        """
        if self._pausedAt is None:
            return False
        full = self._clock.seconds() - self._pausedAt
        if full <= self._limits.viewerStallSeconds:
            return False
        self._giveUp()
        return True

    def _giveUp(self) -> None:
        self._opening.clear()
        self._backlog.clear()
        self._backlogBytes = 0
        self.skipping = True
        if not self._abandoned:
            self._abandoned = True
            self._log.warn(
                "{protocol} viewer {peer} has taken nothing for {seconds} s: dropped",
                protocol=self.outlet.protocol,
                peer=self.outlet.peer,
                seconds=self._limits.viewerStallSeconds,
            )
            self.outlet.abort()

    def end(self) -> None:
        """
        The stream is over: write what is left.
        """
        rest = [*self._opening, *(flush for _, flush in self._backlog)]
        self._opening.clear()
        self._backlog.clear()
        self._backlogBytes = 0
        for flush in rest:
            self._write(flush)
        self.outlet.finish()

    def pauseProducing(self) -> None:
        """
        The transport is full.
        """
        if self._pausedAt is None:
            self._pausedAt = self._clock.seconds()

    def resumeProducing(self) -> None:
        """
        The transport has sent all that it had.
        """
        self._pausedAt = None
        self._writeMore()

    def _writeMore(self) -> None:
        # Not more at a time than fills the transport again.
        while self._pausedAt is None and (self._opening or self._backlog):
            if self._opening:
                flush = self._opening.popleft()
            else:
                _, flush = self._backlog.popleft()
                self._backlogBytes -= len(flush.data)
            self._write(flush)

    def stopProducing(self) -> None:
        """
        The connection is lost.
        """
        self._opening.clear()
        self._backlog.clear()
        self._abandoned = True
