"""
Recording one publish of one stream.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from rtmptwisted.flvfile import FLVFile
from rtmptwisted.gop import SetupKey, elapsed
from rtmptwisted.interfaces import ITagSink
from rtmptwisted.metadata import FILE_KEYS
from rtmptwisted.streams import LiveStream
from rtmptwisted.wire.amf import AMFValue
from rtmptwisted.wire.codec import Kind
from rtmptwisted.wire.flv import AUDIO, SCRIPT, VIDEO, FLVTag

T = TypeVar("T")

#: A step back of more than this many milliseconds within a track is a new start
#: of the publisher's clock, not frames out of order.
_RESTART = 1000


class InThread(Protocol):
    """
    Runs a function in a thread.
    """

    def __call__(self, function: Callable[..., T], *args: Any) -> Deferred[T]:
        """
        @return: fires with the function's result, in the reactor's thread.
        """


class Timeline:
    """
    The timestamps of a file, from those of a stream: from 0, never falling
    within a track, without end after 2^32.

    @ivar end: the last timestamp of the file, milliseconds.
    """

    def __init__(self) -> None:
        # Where each track was last: its own timestamp, and the one that belongs
        # to it in the file; and where any track was.
        self._tracks: dict[tuple[int, int], tuple[int, int]] = {}
        self._latest: tuple[int, int] | None = None
        # What was written last of each track.
        self._placed: dict[tuple[int, int], int] = {}
        self.end = 0

    def place(self, typeID: int, timestamp: int, track: int = 0) -> int:
        """
        @param timestamp: milliseconds, 0 to 2^32 - 1.
        @return: milliseconds since the first.
        """
        key = typeID, track
        before = self._tracks.get(key, self._latest)
        position = 0
        if before is not None:
            position = before[1] + elapsed(before[0], timestamp)
            if position < before[1] - _RESTART:
                position = self.end
                if key in self._tracks:
                    # The clocks of the other tracks have started anew too, or
                    # will: their next frames find their places beside this one.
                    self._tracks.clear()
        self._tracks[key] = self._latest = timestamp, position
        placed = max(position, self._placed.get(key, 0))
        self._placed[key] = placed
        self.end = max(self.end, placed)
        return placed


@implementer(ITagSink)
class FLVRecorder:
    """
    Writes one publish to one file.

    The file is made when the first frame is there; by then it is known what
    has to stand before it.  One call is under way at a time, in a thread; what
    comes meanwhile waits, up to a limit.  A disk that fails or cannot keep up
    ends this recording, with a line in the log, and nothing else.

    @ivar done: fires with the path when the file is complete; with L{None}
        when there is nothing to record, or the recording failed.
    """

    _log = Logger()

    def __init__(
        self, stream: LiveStream, root: str, inThread: InThread, now: datetime
    ) -> None:
        """
        @param root: the folder below which all recordings are.
        @param now: when the publish began, for the name of the file.
        """
        app, _, name = stream.name.rpartition("/")
        self._folder = os.path.join(root, *app.split("/"))
        self._name = f"{name}-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
        self._stream = stream
        self._limit = stream.directory.limits.recordingBytes
        self._inThread = inThread
        self._timeline = Timeline()
        # Sequence headers and configuration, as last written.
        self._setup: dict[SetupKey, bytes] = {}
        self._kinds: set[int] = set()
        self._backlog: list[bytes] = []
        self._backlogBytes = 0
        # The timestamp up to which the file is written.
        self._written = 0
        self._wake: Deferred[None] | None = None
        self._started = False
        self._ended = False
        self._overrun = False
        self.done: Deferred[str | None] = Deferred()

    def tagReceived(self, tag: FLVTag) -> None:
        """
        See L{ITagSink}.
        """
        # The metadata that there is when the file begins is all it gets: players
        # take what comes later for something else.
        if self._ended or not tag.body or tag.isMetadata:
            return
        if not self._started:
            if not tag.isFrame:
                return
            self._start()
        if not self._repeats(tag):
            self._add(tag.at(self._place(tag)))

    def _place(self, tag: FLVTag) -> int:
        # Metadata, text and sequence headers have timestamps of all kinds, 0
        # among them: they stand where they came.
        if tag.isSetup or tag.typeID == SCRIPT:
            return self._timeline.end
        track = tag.description.tracks[0]
        return self._timeline.place(tag.typeID, tag.timestamp, track)

    def _repeats(self, tag: FLVTag) -> bool:
        """
        Tell whether a decoder has been set up in just this way before.
        """
        if tag.description.kind is Kind.SEQUENCE_END:
            for typeID, track, _ in tag.setupKeys:
                self._setup.pop((typeID, track, Kind.SEQUENCE_HEADER), None)
        if not tag.isSetup:
            return False
        keys = tag.setupKeys
        if all(self._setup.get(key) == tag.body for key in keys):
            return True
        self._setup.update(dict.fromkeys(keys, tag.body))
        return False

    def _start(self) -> None:
        stream = self._stream
        self._started = True
        metadata: dict[str, AMFValue] = {
            key: value
            for key, value in (stream.metadata or {}).items()
            if key not in FILE_KEYS
        }
        writing = self._write(metadata, stream.has(AUDIO), stream.has(VIDEO))
        Deferred.fromCoroutine(writing).addErrback(self._failed).addBoth(self._finish)
        for tag in stream.gop.setup(0):
            if not self._repeats(tag):
                self._add(tag)

    def _add(self, tag: FLVTag) -> None:
        self._kinds.add(tag.typeID)
        encoded = tag.encoded()
        self._backlog.append(encoded)
        self._backlogBytes += len(encoded)
        if self._backlogBytes > self._limit:
            # Said at once: the call that is under way may never return.
            self._say(f"the disk is too slow, {self._backlogBytes} bytes wait")
            self._overrun = self._ended = True
            self._backlog.clear()
            self._finish(None)
        self._wakeUp()

    def _say(self, why: str) -> None:
        self._log.critical(
            "the recording of {name} stopped: {why}", name=self._stream.name, why=why
        )

    def streamEnded(self) -> None:
        """
        See L{ITagSink}.
        """
        if self._ended:
            return
        if not self._started:
            self._finish(None)
        self._ended = True
        self._wakeUp()

    def _finish(self, path: str | None) -> None:
        # A recording that was given up is not waited for.
        if not self.done.called:
            self.done.callback(path)

    def _wakeUp(self) -> None:
        wake, self._wake = self._wake, None
        if wake is not None:
            wake.callback(None)

    async def _write(
        self, metadata: dict[str, AMFValue], hasAudio: bool, hasVideo: bool
    ) -> str | None:
        """
        Do all the writing, from the first byte to the last.
        """
        inThread = self._inThread
        file = await inThread(FLVFile, self._folder, self._name)
        self._log.info(
            "recording {name} to {path}", name=self._stream.name, path=file.path
        )
        try:
            await inThread(file.begin, metadata, hasAudio, hasVideo)
            while self._backlog or not self._ended:
                if not self._backlog:
                    self._wake = Deferred()
                    await self._wake
                    continue
                pieces, self._backlog = self._backlog, []
                size, end = self._backlogBytes, self._timeline.end
                await inThread(file.write, pieces)
                # Not before: until now they were in memory.
                self._backlogBytes -= size
                self._written = end
        finally:
            await inThread(
                file.finish, self._written, AUDIO in self._kinds, VIDEO in self._kinds
            )
        if self._overrun:
            return None
        self._log.info(
            "recorded {path}: {seconds:.1f} s, {size} bytes",
            path=file.path,
            seconds=self._written / 1000,
            size=file.size,
        )
        return file.path

    def _failed(self, failure: Failure) -> None:
        """
        Give this recording up, loudly.
        """
        self._ended = True
        self._backlog.clear()
        if self._overrun:
            return
        if failure.check(OSError):
            self._say(failure.getErrorMessage())
        else:
            self._log.failure(
                "the recording of {name} stopped", failure, name=self._stream.name
            )
