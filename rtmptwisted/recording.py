"""
The service that records every stream.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Thread
from typing import Any, TypeVar

from twisted.application.service import Service
from twisted.internet.defer import Deferred, DeferredList, succeed
from twisted.internet.interfaces import IReactorFromThreads
from twisted.internet.threads import deferToThreadPool
from twisted.python.threadpool import ThreadPool
from zope.interface import implementer

from rtmptwisted.directory import StreamDirectory
from rtmptwisted.errors import StartError
from rtmptwisted.interfaces import IStreamWatcher
from rtmptwisted.recorder import FLVRecorder
from rtmptwisted.streams import LiveStream

T = TypeVar("T")


class _DaemonThread(Thread):
    """
    A thread that the program does not wait for when it ends.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "daemon": True})


#: How many files can be written at the same moment.  More recordings than that
#: take turns; a stalled disk holds up these threads and no others.
_THREADS = 8


def utcNow() -> datetime:
    """
    @return: the time of day.
    """
    return datetime.now(UTC)


@implementer(IStreamWatcher)
class RecordingService(Service):
    """
    Records each publish to C{root/app/name-<UTC time>.flv}.

    @ivar root: the folder below which all recordings are.
    """

    def __init__(
        self,
        directory: StreamDirectory,
        root: str,
        reactor: IReactorFromThreads,
        now: Callable[[], datetime] = utcNow,
    ) -> None:
        self.root = root
        self._directory = directory
        self._reactor = reactor
        self._now = now
        self._pool: ThreadPool
        self._recorders: set[FLVRecorder] = set()

    def startService(self) -> None:
        """
        Record what is published from now on.

        @raise StartError: when the folder cannot be made, or not written to.
        """
        try:
            os.makedirs(self.root, exist_ok=True)
        except FileExistsError:
            raise StartError(f"cannot record to {self.root}: it is no folder") from None
        except OSError as error:
            why = error.strerror or str(error)
            raise StartError(f"cannot record to {self.root}: {why}") from error
        if not os.access(self.root, os.W_OK | os.X_OK):
            raise StartError(f"cannot record to {self.root}: no right to write there")
        super().startService()
        # A pool that was stopped cannot start again.
        self._pool = ThreadPool(0, _THREADS, "recording")
        # A disk that never answers must not keep the program from ending.
        self._pool.threadFactory = _DaemonThread
        self._pool.start()
        self._directory.watch(self)

    def stopService(self) -> Deferred[None]:
        """
        Finish what is being recorded.

        @return: fires when all files are complete.
        """
        if not self.running:
            return succeed(None)
        super().stopService()
        self._directory.unwatch(self)
        for recorder in list(self._recorders):
            recorder.streamEnded()
        done: Deferred[Any] = DeferredList([each.done for each in self._recorders])
        return done.addCallback(self._stopPool)

    def _stopPool(self, ignored: object) -> None:
        # Waits for each thread, and that of a recording that was given up may
        # be stuck, so it is not the reactor's thread that waits.
        _DaemonThread(target=self._pool.stop).start()

    def inThread(self, function: Callable[..., T], *args: Any) -> Deferred[T]:
        """
        Run a function in one of the service's threads.
        """
        return deferToThreadPool(self._reactor, self._pool, function, *args)

    def streamStarted(self, stream: LiveStream) -> None:
        """
        See L{IStreamWatcher}.
        """
        recorder = FLVRecorder(stream, self.root, self.inThread, self._now())
        self._recorders.add(recorder)
        stream.addSink(recorder)
        recorder.done.addBoth(self._finished, stream, recorder)

    def _finished(
        self, path: str | None, stream: LiveStream, recorder: FLVRecorder
    ) -> str | None:
        stream.removeSink(recorder)
        self._recorders.discard(recorder)
        return path

    def streamStopped(self, stream: LiveStream) -> None:
        """
        See L{IStreamWatcher}.  The recorders know already.
        """
