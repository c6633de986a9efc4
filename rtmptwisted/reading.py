"""
When a connection reads.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from rtmptwisted.pace import Pace
from rtmptwisted.sockets import SMALL_READ, hasUnread


class Reading:
    """
    Holds the reading of one connection, and lets it go on.

    A publisher sends 80 small messages a second.  To read each for itself costs
    as much as to write them to hundreds of viewers once in a merge window.  So
    where there is a long one, reading rests after each message for a part of it,
    and the next read brings several.
    """

    __slots__ = ("_clock", "_held", "_pace", "_paused", "_rest", "_transport")

    def __init__(self, transport: Any, clock: IReactorTime, pace: Pace) -> None:
        self._transport = transport
        self._clock = clock
        self._pace = pace
        self._held = self._paused = False
        self._rest: IDelayedCall | None = None

    def hold(self, held: bool) -> None:
        """
        Read nothing while something else has to be done before, or go on.
        """
        if held is not self._held:
            self._held = held
            self._settle()

    @property
    def isDone(self) -> bool:
        """
        Whether all was read that has come.
        """
        return not (self._held or hasUnread(self._transport))

    def rest(self, count: int) -> None:
        """
        Let bytes collect, where there is time for it.

        @param count: how many bytes the last read brought; where more are waiting
            already there is no rest.
        """
        seconds = self._pace.rest
        if seconds and self._rest is None and count < SMALL_READ:
            self._rest = self._clock.callLater(seconds, self._rested)
            self._settle()

    def _rested(self) -> None:
        self._rest = None
        self._settle()

    def _settle(self) -> None:
        pause = self._held or self._rest is not None
        if pause is not self._paused:
            self._paused = pause
            transport = self._transport
            (transport.pauseProducing if pause else transport.resumeProducing)()

    def release(self) -> None:
        """
        Read, whatever was said before: the connection is being closed.
        """
        self.stop()
        self._held = False
        self._settle()

    def stop(self) -> None:
        """
        The connection is gone.
        """
        if self._rest is not None:
            self._rest.cancel()
            self._rest = None
