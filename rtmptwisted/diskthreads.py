"""
Threads for what a disk may take long for.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Any, Protocol, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorFromThreads
from twisted.internet.threads import deferToThreadPool
from twisted.python.threadpool import ThreadPool

T = TypeVar("T")

#: So many calls can be under way at the same moment; others wait.
_COUNT = 8


class InThread(Protocol):
    """
    Runs a function in a thread.
    """

    def __call__(self, function: Callable[..., T], *args: Any) -> Deferred[T]:
        """
        @return: fires with the function's result, in the reactor's thread.
        """


class _DaemonThread(Thread):
    """
    A thread that the program does not wait for when it ends.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "daemon": True})


def startPool(most: int, name: str) -> ThreadPool:
    """
    @return: threads that do not keep the program from ending, none at first.
    """
    pool = ThreadPool(0, most, name)
    pool.threadFactory = _DaemonThread
    pool.start()
    return pool


def stopPool(pool: ThreadPool) -> None:
    """
    End threads when they have done what was asked of them.  Nothing more can be.
    """
    # That waits for each of them, and one may be stuck, so it is not the reactor's
    # thread that waits.
    _DaemonThread(target=pool.stop).start()


class DiskThreads:
    """
    A few threads of their own: a disk that does not answer holds up these, and
    neither the reactor's, which look up host names, nor the end of the program.

    They begin with the first call.
    """

    def __init__(
        self, count: int = _COUNT, reactor: IReactorFromThreads | None = None
    ) -> None:
        """
        @param count: how many there are, at most.
        @param reactor: that in whose thread results are given; else the one there
            is.
        """
        self._count = count
        self._reactor = reactor
        self._pool: ThreadPool | None = None

    def __call__(self, function: Callable[..., T], *args: Any) -> Deferred[T]:
        """
        See L{InThread}.
        """
        if self._reactor is None:
            # Not at module level: that would choose the reactor for everybody.
            from twisted.internet import reactor as installed

            reactor: Any = installed
            self._reactor = reactor
        if self._pool is None:
            self._pool = startPool(self._count, "playback")
        return deferToThreadPool(self._reactor, self._pool, function, *args)

    def stop(self) -> None:
        """
        End the threads when they have done what was asked of them.  Those after the
        next call are others.
        """
        pool, self._pool = self._pool, None
        if pool is not None:
            stopPool(pool)
