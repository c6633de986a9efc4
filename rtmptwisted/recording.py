"""
The service that records streams.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any, TypeVar

from twisted.application.service import Service
from twisted.internet.defer import Deferred, DeferredList, succeed
from twisted.internet.interfaces import IDelayedCall, IReactorFromThreads
from twisted.logger import Logger
from zope.interface import implementer

from rtmptwisted.directory import StreamDirectory
from rtmptwisted.errors import StartError
from rtmptwisted.interfaces import IRecordingWatcher, IStreamWatcher
from rtmptwisted.recorder import FLVRecorder
from rtmptwisted.recordingpolicy import Recording, RecordingPolicy
from rtmptwisted.recordingthreads import RecordingThreads
from rtmptwisted.retention import Retention
from rtmptwisted.streams import LiveStream
from rtmptwisted.timeofday import utcNow
from rtmptwisted.upkeep import Upkeep

T = TypeVar("T")

#: When the service stops, what is being recorded gets so long to be finished, in
#: seconds.
STOP_SECONDS = 10.0

_EFFECTIVE = os.access in os.supports_effective_ids


@implementer(IStreamWatcher, IRecordingWatcher)
class RecordingService(Service):
    """
    Records what is published, by itself or when asked to.

    @ivar root: the folder below which all recordings are.
    """

    _log = Logger()

    def __init__(
        self,
        directory: StreamDirectory,
        root: str,
        reactor: IReactorFromThreads,
        now: Callable[[], datetime] = utcNow,
        policy: RecordingPolicy | None = None,
        only: Sequence[str] | None = None,
        excluding: Sequence[str] = (),
        retention: Retention | None = None,
    ) -> None:
        """
        @param policy: how recordings are written.
        @param only: patterns with C{*} and C{?} for the keys of the streams that are
            recorded by themselves; otherwise all are.
        @param excluding: patterns for those of them that are not.
        @param retention: deletes old recordings.
        """
        self.root = root
        self._directory = directory
        self._reactor = reactor
        self._now = now
        self._policy = policy or RecordingPolicy()
        self._only = only
        self._excluding = excluding
        self._threads: RecordingThreads
        self._retention = retention
        self._upkeep: Upkeep
        self._watchers: list[IRecordingWatcher] = []
        # All that are not complete, in the order of their beginning; and those of
        # what is live, by name.
        self._recorders: dict[FLVRecorder, LiveStream] = {}
        self._live: dict[str, FLVRecorder] = {}

    def check(self) -> None:
        """
        Make the folder, and see whether it can be written to.

        @raise StartError: when that is not so.
        """
        try:
            os.makedirs(self.root, exist_ok=True)
        except FileExistsError:
            raise StartError(f"cannot record to {self.root}: it is no folder") from None
        except OSError as error:
            why = error.strerror or str(error)
            raise StartError(f"cannot record to {self.root}: {why}") from error
        # The real user may be another than the one who writes.
        if not os.access(self.root, os.W_OK | os.X_OK, effective_ids=_EFFECTIVE):
            raise StartError(f"cannot record to {self.root}: no right to write there")

    def privilegedStartService(self) -> None:
        """
        See that recordings can be written, before anything listens.

        @raise StartError: when they cannot.
        """
        super().privilegedStartService()
        # What the superuser makes belongs to it, and this may be somebody else soon.
        if os.geteuid() != 0 or os.path.exists(self.root):
            self.check()

    def startService(self) -> None:
        """
        Record what is published from now on.

        @raise StartError: when the folder cannot be made, or not written to.
        """
        self.check()
        super().startService()
        self._threads = RecordingThreads(self._reactor, self._directory.clock)
        self._upkeep = Upkeep(
            self.root, self._retention, self._directory.clock, self.inThread
        )
        self._directory.watch(self)
        self._upkeep.start()

    def stopService(self) -> Deferred[None]:
        """
        Finish what is being recorded.

        @return: fires when all files are complete, or those that are not were given
            up.
        """
        if not self.running:
            return succeed(None)
        super().stopService()
        self._directory.unwatch(self)
        self._upkeep.stop()
        recorders = list(self._recorders)
        late = self._directory.clock.callLater(STOP_SECONDS, self._giveUp, recorders)
        for recorder in recorders:
            recorder.streamEnded()
        done: Deferred[Any] = DeferredList([each.done for each in recorders])
        return done.addCallback(self._stopped, late)

    def _giveUp(self, recorders: Iterable[FLVRecorder]) -> None:
        for recorder in recorders:
            recorder.giveUp()

    def _stopped(self, ignored: object, late: IDelayedCall) -> None:
        if late.active():
            late.cancel()
        self._threads.stop()

    def inThread(self, function: Callable[..., T], *args: Any) -> Deferred[T]:
        """
        Run a function in one of the service's threads.
        """
        return self._threads(function, *args)

    @property
    def recordings(self) -> list[Recording]:
        """
        What is being recorded, and what is not written to its end yet.
        """
        return [recorder.recording for recorder in self._recorders]

    def isRecorded(self, name: str) -> bool:
        """
        @param name: a stream key.
        @return: whether a stream of that name is recorded by itself.
        """

        def matches(patterns: Iterable[str]) -> bool:
            return any(fnmatchcase(name, pattern) for pattern in patterns)

        return (self._only is None or matches(self._only)) and not matches(
            self._excluding
        )

    def record(self, stream: LiveStream) -> FLVRecorder:
        """
        Record a stream that is live, from the current group of pictures on, whatever
        its name is.

        @return: the recorder; that of before when it is recorded already.
        @raise RuntimeError: when the service does not run, or nobody publishes.
        """
        if not self.running:
            raise RuntimeError("the service does not run")
        if not stream.isLive:
            raise RuntimeError(f"nobody publishes {stream.name}")
        recorder = self._live.get(stream.name)
        if recorder is None or recorder.isOver:
            recorder = FLVRecorder(
                *(stream, self.root, self.inThread, self._now(), self._policy, self),
                self._mayWait,
            )
            self._recorders[recorder] = stream
            self._live[stream.name] = recorder
            recorder.done.addBoth(self._finished, recorder)
            recorder.begin()
        return recorder

    def _mayWait(self) -> int:
        """
        @return: how many bytes of one recording may wait to be written.
        """
        limits = self._directory.limits
        part = limits.recordingsBytes // max(len(self._recorders), 1)
        return min(limits.recordingBytes, part)

    def stopRecording(self, name: str) -> Deferred[str | None]:
        """
        Record a stream no longer, though it goes on.

        @param name: the stream key.
        @return: fires when all is written, with the path of the latest file, or
            with L{None} when there is none.
        """
        recorder = self._live.get(name)
        done: Deferred[str | None] = Deferred()
        if recorder is None:
            done.callback(None)
            return done

        def tell(path: str | None) -> str | None:
            done.callback(path)
            return path

        recorder.done.addCallback(tell)
        recorder.streamEnded()
        return done

    def _finished(self, path: str | None, recorder: FLVRecorder) -> str | None:
        stream = self._recorders.pop(recorder)
        stream.removeSink(recorder)
        if self._live.get(stream.name) is recorder:
            del self._live[stream.name]
        return path

    def watch(self, watcher: IRecordingWatcher) -> None:
        """
        Tell C{watcher} of every file from now on.
        """
        self._watchers.append(watcher)

    def unwatch(self, watcher: IRecordingWatcher) -> None:
        """
        Tell C{watcher} nothing more.
        """
        self._watchers.remove(watcher)

    def segmentStarted(self, stream: LiveStream, path: str) -> None:
        """
        See L{IRecordingWatcher}.
        """
        for watcher in list(self._watchers):
            self._tell(watcher.segmentStarted, stream, path)

    def segmentFinished(
        self, stream: LiveStream, path: str, milliseconds: int, size: int
    ) -> None:
        """
        See L{IRecordingWatcher}.
        """
        self._upkeep.segmentFinished()
        for watcher in list(self._watchers):
            self._tell(watcher.segmentFinished, stream, path, milliseconds, size)

    def _tell(self, what: Callable[..., None], stream: LiveStream, *args: Any) -> None:
        try:
            what(stream, *args)
        except Exception:
            # A defect in a watcher is no reason to lose the recording.
            self._log.failure(
                "a watcher of the recording of {name} failed", name=stream.name
            )

    def streamStarted(self, stream: LiveStream) -> None:
        """
        See L{IStreamWatcher}.
        """
        if self.isRecorded(stream.name):
            self.record(stream)

    def streamStopped(self, stream: LiveStream) -> None:
        """
        See L{IStreamWatcher}.  The recorders know already.
        """
