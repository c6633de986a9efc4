"""
One viewer of a live stream, and what it is behind.
"""

from __future__ import annotations

from collections import deque
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

    def deliver(self, flush: Flush) -> None:
        """
        Write, or keep for later.
        """
        if self._pausedAt is None:
            self._write(flush)
            return
        now = self._clock.seconds()
        if now - self._pausedAt > self._limits.viewerStallSeconds:
            self._giveUp()
            return
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

    def checkStalled(self) -> None:
        """
        Drop the connection when it has been full for too long.  Called for
        those who skip, to whom nothing is delivered.
        """
        if self._pausedAt is not None:
            full = self._clock.seconds() - self._pausedAt
            if full > self._limits.viewerStallSeconds:
                self._giveUp()

    def _giveUp(self) -> None:
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
        self._writeBacklog()
        self.outlet.finish()

    def _writeBacklog(self) -> None:
        while self._backlog and not self._abandoned:
            self._write(self._backlog.popleft()[1])
        self._backlogBytes = 0

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
        # Not more at a time than fills the transport again.
        while self._backlog and self._pausedAt is None:
            _, flush = self._backlog.popleft()
            self._backlogBytes -= len(flush.data)
            self._write(flush)

    def stopProducing(self) -> None:
        """
        The connection is lost.
        """
        self._backlog.clear()
        self._abandoned = True
