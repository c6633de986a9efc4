"""
Writing the segments of one recording, in threads.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from rtmptwisted.diskthreads import InThread
from rtmptwisted.flvfile import FilePolicy, FLVFile
from rtmptwisted.segment import Backlog, Segment
from rtmptwisted.wire.flv import FLVTag

#: What comes within this time is written together, in seconds.  A call for each tag
#: would cost more than all else, and this much is lost when the program is killed.
GATHER = 0.2

#: How often it is looked whether the file is still where it was, in seconds.
LOOK = 5.0


class Vanished(OSError):
    """
    Somebody has moved or deleted a file that is being written.
    """


class WriterHost(Protocol):
    """
    Is told how the writing goes.
    """

    def segmentWritten(self, segment: Segment) -> None:
        """
        Some more of a segment is in its file.
        """

    def segmentFinished(self, segment: Segment) -> None:
        """
        A file of which anything was written is closed.
        """

    def writingFailed(self, segment: Segment, error: OSError) -> None:
        """
        The rest of a segment could not be written.
        """


class SegmentWriter:
    """
    Writes what waits, segment by segment, with one call at a time.

    @ivar isRunning: whether it was started.
    """

    def __init__(
        self,
        root: str,
        backlog: Backlog,
        inThread: InThread,
        clock: IReactorTime,
        policy: FilePolicy,
        host: WriterHost,
    ) -> None:
        self._root = root
        self._backlog = backlog
        self._inThread = inThread
        self._clock = clock
        self._policy = policy
        self._host = host
        self.isRunning = False
        self._stopping = False
        self._between = True
        self._wake: Deferred[None] | None = None
        self._timer: IDelayedCall | None = None
        self._looked = 0.0

    def wake(self) -> None:
        """
        Something is there.
        """
        if self._wake is None:
            return
        if self._between or self._backlog.isUrgent:
            self._go()
        elif self._timer is None:
            self._timer = self._clock.callLater(GATHER, self._go)

    def stop(self) -> None:
        """
        End when everything is written.
        """
        self._stopping = True
        self.wake()

    def _go(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None and timer.active():
            timer.cancel()
        wake, self._wake = self._wake, None
        if wake is not None:
            wake.callback(None)

    async def _sleep(self) -> None:
        wake = self._wake = Deferred()
        if not self._between and self._backlog.hasMore:
            self._timer = self._clock.callLater(GATHER, self._go)
        await wake

    async def run(self) -> None:
        """
        Write until there is nothing more and nothing more will come.
        """
        self.isRunning = True
        backlog = self._backlog
        while True:
            segment = backlog.first
            if segment is None:
                if self._stopping:
                    return
                await self._sleep()
                continue
            self._between = False
            try:
                await self._write(segment)
            except OSError as error:
                backlog.clear()
                self._host.writingFailed(segment, error)
            finally:
                self._between = True
            # Unless it was dropped with all the others.
            if backlog.first is segment:
                backlog.pop()

    async def _write(self, segment: Segment) -> None:
        file = await self._inThread(self._create, segment)
        self._looked = self._clock.seconds()
        try:
            await self._fill(file, segment)
        except Exception:
            # What went wrong first is what is told.
            with suppress(OSError):
                await self._finish(file, segment)
            raise
        await self._finish(file, segment)

    def _create(self, segment: Segment) -> FLVFile:
        # In a thread.
        def create() -> FLVFile:
            return FLVFile(
                self._root,
                segment.name,
                segment.metadata,
                segment.hasAudio,
                segment.hasVideo,
                self._policy,
            )

        try:
            return create()
        except FileNotFoundError:
            # The folder was empty and has just been cleared away.
            return create()

    async def _fill(self, file: FLVFile, segment: Segment) -> None:
        backlog = self._backlog
        while True:
            if not backlog.isUrgent and not segment.ended:
                await self._sleep()
            if not backlog.hasMore:
                if segment.ended:
                    return
                continue
            tags = backlog.take()
            now = self._clock.seconds()
            look = now - self._looked >= LOOK
            if look:
                self._looked = now
            try:
                await self._inThread(_append, file, tags, look)
            finally:
                backlog.done()
            segment.path = file.path
            segment.written = file.size
            segment.duration = file.duration
            self._host.segmentWritten(segment)

    async def _finish(self, file: FLVFile, segment: Segment) -> None:
        keep = segment.path is not None
        try:
            await self._inThread(_finish, file, keep)
        finally:
            if keep:
                segment.written = file.size
                self._host.segmentFinished(segment)


def _append(file: FLVFile, tags: Sequence[FLVTag], look: bool) -> None:
    """
    In a thread.

    @raise Vanished: when the file is not there any more.
    """
    if look and file.isVanished():
        raise Vanished(errno.ENOENT, f"{file.path} is not there any more")
    file.append(tags)


def _finish(file: FLVFile, keep: bool) -> None:
    """
    In a thread.

    @param keep: otherwise it is deleted, as there is nothing in it.
    """
    ours = keep or not file.isVanished()
    try:
        file.finish()
    finally:
        if not keep and ours:
            with suppress(OSError):
                os.unlink(file.path)
