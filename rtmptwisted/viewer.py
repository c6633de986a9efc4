"""
One viewer of a live stream, and what it is behind.
"""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from twisted.internet.interfaces import IPushProducer, IReactorTime
from zope.interface import implementer

from rtmptwisted.interfaces import IViewerOutlet
from rtmptwisted.wire.limits import Limits

if TYPE_CHECKING:
    from rtmptwisted.line import Line


class Flush(NamedTuple):
    """
    Bytes for viewers.

    @ivar data: whole messages or tags.
    @ivar frames: how many coded frames they hold.
    @ivar at: when they were due, in seconds of the clock.
    """

    data: bytes
    frames: int
    at: float = 0.0


class Lag(enum.Enum):
    """
    What being slow has come to.
    """

    #: It has lost its backlog, and waits for a keyframe.
    SKIPPED = "skipped"
    #: It has taken nothing for so long that it was dropped.
    DROPPED = "dropped"


@implementer(IPushProducer)
class Viewer:
    """
    One viewer, and what it is behind.

    As a push producer it is told by its transport when that is full.

    @ivar flowing: whether it gets each flush at once: its transport takes data,
        and nothing is to be written or left out before.
    @ivar line: those with whom it is written to, if any.
    @ivar abandoned: whether its connection is gone, or as good as gone.
    @ivar muted: whether it wants nothing for now.
    @ivar skipping: whether it gets nothing until the next keyframe.
    @ivar frames: coded frames written.
    @ivar bytesSent: bytes written.
    @ivar skips: how often it lost a part of the stream.
    """

    # There are thousands, and what each has adds up.
    __slots__ = (
        "_backlog",
        "_backlogBytes",
        "_clock",
        "_limits",
        "_opening",
        "_pausedAt",
        "abandoned",
        "bytesSent",
        "flowing",
        "frames",
        "joinedAt",
        "line",
        "muted",
        "outlet",
        "skipping",
        "skips",
    )

    def __init__(
        self, outlet: IViewerOutlet, clock: IReactorTime, limits: Limits
    ) -> None:
        self.outlet = outlet
        self._clock = clock
        self._limits = limits
        # What waits until the transport has room; there is none for most.
        self._backlog: deque[Flush] | None = None
        self._backlogBytes = 0
        # What comes first.  All viewers share it, so it is no part of what this
        # one is behind.
        self._opening: deque[Flush] | None = None
        # When the transport became full; None while it takes data.
        self._pausedAt: float | None = None
        self.abandoned = False
        self.flowing = True
        self.line: Line | None = None
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
            self.skip(True)

    def skip(self, skipping: bool) -> None:
        """
        Deliver nothing until the next keyframe, or go on with it.
        """
        self.skipping = skipping
        self._settle()

    def _settle(self) -> None:
        self.flowing = (
            self._pausedAt is None
            and not self.abandoned
            and not self.skipping
            and not self._opening
            and not self._backlog
        )
        if not self.flowing:
            self.leaveLine()

    def leaveLine(self) -> None:
        """
        Be on its own, where there is a line.
        """
        if self.line is not None:
            self.line.dissolve()

    def open(self, flushes: Iterable[Flush]) -> None:
        """
        Write what comes first, as fast as the viewer takes it.
        """
        self._opening = deque(flushes)
        self._settle()
        self._writeMore()

    def deliver(self, flush: Flush) -> None:
        """
        Write a flush to a viewer that is L{flowing}.
        """
        # This, and what it calls, is all the work that a viewer costs.
        self.frames += flush.frames
        self.bytesSent += len(flush.data)
        self.outlet.write(flush.data)

    def keep(self, flush: Flush) -> Lag | None:
        """
        Keep a flush for later, in place of L{deliver}.

        @return: what came of it, if anything did.
        """
        if self.checkStalled(flush.at):
            return Lag.DROPPED
        if self.abandoned:
            return None
        if self._backlog is None:
            self._backlog = deque()
        self._backlog.append(flush)
        self._backlogBytes += len(flush.data)
        behind = flush.at - self._backlog[0].at
        limits = self._limits
        if self._backlogBytes > limits.viewerBytes or behind > limits.viewerSeconds:
            # It consists of whole messages, so that what follows can be read.
            self._forget()
            self.skips += 1
            self.skip(True)
            return Lag.SKIPPED
        return None

    def _forget(self) -> None:
        self._backlog = None
        self._backlogBytes = 0

    def checkStalled(self, now: float) -> bool:
        """
        Drop the connection when it has been full for too long.

        @return: whether that was done now.
        """
        if self._pausedAt is None or self.abandoned:
            return False
        if now - self._pausedAt <= self._limits.viewerStallSeconds:
            return False
        self._abandon()
        self.outlet.abort()
        return True

    def _abandon(self) -> None:
        self.abandoned = True
        self._opening = None
        self._forget()
        self.skip(True)

    def end(self) -> None:
        """
        The stream is over: write what is left.
        """
        rest = [*(self._opening or ()), *(self._backlog or ())]
        self._opening = None
        self._forget()
        for flush in rest:
            self.deliver(flush)
        self.outlet.finish()

    def pauseProducing(self) -> None:
        """
        The transport is full.
        """
        if self._pausedAt is None:
            self._pausedAt = self._clock.seconds()
            self._settle()

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
                assert self._backlog is not None
                flush = self._backlog.popleft()
                self._backlogBytes -= len(flush.data)
            self.deliver(flush)
        if not self._opening:
            self._opening = None
        if not self._backlog:
            self._backlog = None
        self._settle()

    def stopProducing(self) -> None:
        """
        The connection is lost.
        """
        self._abandon()
