"""
The deadlines of one RTMP connection.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.task import LoopingCall

from rtmptwisted.wire.limits import Limits


class Watchdog:
    """
    Ends a connection that does not get on, keeps one alive that waits, and
    finds the right moment for acknowledgements.
    """

    def __init__(
        self,
        clock: IReactorTime,
        limits: Limits,
        expire: Callable[[str], None],
        ping: Callable[[int], None],
        acknowledge: Callable[[], None],
        isPublishing: Callable[[], bool],
    ) -> None:
        """
        @param expire: ends the connection, for the reason that it is given.
        @param ping: sends a ping with the time in milliseconds, 32 bits.
        @param acknowledge: sends the acknowledgement that is due.
        @param isPublishing: tells whether silence is suspicious.
        """
        self._clock = clock
        self._limits = limits
        self._expire = expire
        self._ping = ping
        self._acknowledge = acknowledge
        self._isPublishing = isPublishing
        self._heardAt = clock.seconds()
        self._deadline: IDelayedCall | None = None
        self._loop: LoopingCall | None = None
        self._quiet: IDelayedCall | None = None

    def accepted(self) -> None:
        """
        The connection is new.  Bytes alone do not put this deadline off.
        """
        seconds = self._limits.connectSeconds
        self._expireIn(seconds, f"no connect within {seconds:g} s")

    def heard(self) -> None:
        """
        Bytes have arrived.
        """
        self._heardAt = self._clock.seconds()

    def acknowledgementDue(self) -> None:
        """
        The peer is to be told what has arrived, at the next pause.
        """
        if self._quiet is not None:
            self._quiet.reset(self._limits.quietSeconds)
        else:
            self._quiet = self._clock.callLater(self._limits.quietSeconds, self._pause)

    def _pause(self) -> None:
        self._quiet = None
        self._acknowledge()

    def connected(self) -> None:
        """
        The client has sent a command: it is one.
        """
        if self._loop is not None:
            return
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        self._loop = LoopingCall(self._tick)
        self._loop.clock = self._clock
        self._loop.start(self._limits.pingSeconds, now=False)

    def closing(self) -> None:
        """
        We close the connection; the client may still take what is left.
        """
        self.stop()
        seconds = self._limits.closeSeconds
        self._expireIn(seconds, f"not closed within {seconds:g} s")

    def stop(self) -> None:
        """
        The connection is gone.
        """
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        if self._quiet is not None:
            self._quiet.cancel()
            self._quiet = None
        if self._loop is not None and self._loop.running:
            self._loop.stop()

    def _expireIn(self, seconds: float, why: str) -> None:
        def expired() -> None:
            self._deadline = None
            self._expire(why)

        self._deadline = self._clock.callLater(seconds, expired)

    def _tick(self) -> None:
        silent = self._clock.seconds() - self._heardAt
        publishing = self._isPublishing()
        if publishing and silent > self._limits.publisherIdleSeconds:
            self._expire(f"a publisher, and silent for {silent:.0f} s")
        # Half, so that a publisher which is idle and well is asked, and answers,
        # at one tick or another before its silence is too long.
        elif not publishing or silent >= self._limits.pingSeconds / 2:
            self._ping(int(self._clock.seconds() * 1000) & 0xFFFFFFFF)
