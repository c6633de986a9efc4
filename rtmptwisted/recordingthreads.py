"""
Threads for recordings.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import (
    IDelayedCall,
    IReactorFromThreads,
    IReactorTime,
)
from twisted.internet.threads import deferToThreadPool

from rtmptwisted.diskthreads import startPool, stopPool

T = TypeVar("T")

#: So many calls are made at the same moment; others take turns.
THREADS = 8

#: A call that takes longer than this has a thread of its own from then on, so that
#: it holds up no other recording, in seconds: below one folder there may be
#: several disks.
PATIENCE = 5.0

#: So many of those there can be.
MOST_STUCK = 64

_INTERVAL = 1.0


class RecordingThreads:
    """
    A few threads.  Calls to a disk that does not answer are replaced by others, up
    to a limit, and do not keep the program from ending.
    """

    def __init__(self, reactor: IReactorFromThreads, clock: IReactorTime) -> None:
        self._reactor = reactor
        self._clock = clock
        # When each call that is under way, or waits for its turn, began.
        self._calls: dict[object, list[float]] = {}
        self._look: IDelayedCall | None = None
        self._stopping = self._stopped = False
        # A pool that was stopped cannot start again.
        self._pool = startPool(THREADS, "recording")

    def __call__(self, function: Callable[..., T], *args: Any) -> Deferred[T]:
        """
        See L{InThread<rtmptwisted.diskthreads.InThread>}.
        """
        call = object()
        # Filled in by the thread, when it is this call's turn.
        begun = self._calls[call] = []

        def run() -> T:
            begun.append(self._clock.seconds())
            return function(*args)

        def over(result: T) -> T:
            del self._calls[call]
            if self._stopping:
                # Unless another follows from it: a file is still to be closed.
                self._clock.callLater(0, self._stopIdle)
            return result

        if self._look is None and not self._stopping:
            self._look = self._clock.callLater(_INTERVAL, self._lookAround)
        called = deferToThreadPool(self._reactor, self._pool, run)
        return called.addBoth(over)

    @property
    def stuck(self) -> int:
        """
        How many calls take long.
        """
        since = self._clock.seconds() - PATIENCE
        return sum(1 for begun in self._calls.values() if begun and begun[0] <= since)

    def _lookAround(self) -> None:
        self._look = None
        most = THREADS + min(self.stuck, MOST_STUCK)
        more = most - self._pool.max
        if more:
            self._pool.adjustPoolsize(maxthreads=most)
        for _ in range(more):
            # Those that wait get the new threads when something else has had them.
            self._pool.callInThread(_nothing)
        if self._calls or self._pool.max > THREADS:
            self._look = self._clock.callLater(_INTERVAL, self._lookAround)

    def stop(self) -> None:
        """
        End the threads when they have done what was asked of them, and what follows
        from that: what was given up may go on later.
        """
        self._stopping = True
        if self._look is not None:
            self._look.cancel()
            self._look = None
        self._stopIdle()

    def _stopIdle(self) -> None:
        if not (self._calls or self._stopped):
            self._stopped = True
            stopPool(self._pool)


def _nothing() -> None:
    """
    What a new thread does first.
    """
