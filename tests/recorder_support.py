"""
What the tests of recordings share.
"""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from shutil import rmtree
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from zope.interface import implementer

from rtmptwisted.diskthreads import InThread
from rtmptwisted.interfaces import IRecordingWatcher
from rtmptwisted.recorder import FLVRecorder
from rtmptwisted.recordingpolicy import RecordingPolicy
from rtmptwisted.segment import parseSegment
from rtmptwisted.segmentwriter import GATHER
from rtmptwisted.streams import LiveStream, Publisher
from rtmptwisted.wire.amf import AMFValue
from rtmptwisted.wire.flv import FLVTag
from tests.fakes import inThread
from tests.flv_reader import FLV, readFLV
from tests.media import audio, audioHeader, keyframe, metadataOf, videoHeader
from tests.support import ServerTestCase

T = TypeVar("T")


NOW = datetime(2026, 11, 22, 9, 8, 7, tzinfo=UTC)


STAMP = "20261122T090807Z"


BEGIN = (videoHeader(), audioHeader(), keyframe(0), audio(10))


FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


#: The names of the calls to a disk.
CREATE, APPEND, FINISH = "_create", "_append", "_finish"


class FailingThread:
    """
    A thread in which some kinds of calls fail.

    @ivar failing: the names of the functions that fail from now on.
    """

    def __init__(self, *failing: str, error: Exception = FULL) -> None:
        self.failing = failing
        self.error = error
        self.calls: list[str] = []

    def __call__(self, function: Callable[..., T], *args: Any) -> Deferred[T]:
        """
        Do a call, or do not.
        """
        self.calls.append(function.__name__)
        if function.__name__ not in self.failing:
            return inThread(function, *args)

        def fail() -> T:
            raise self.error

        return inThread(fail)


class RecorderTestCase(ServerTestCase):
    """
    A folder, and recorders.
    """

    def setUp(self) -> None:
        """
        Make the folder.
        """
        super().setUp()
        self.root = tempfile.mkdtemp()
        self.addCleanup(rmtree, self.root)

    def record(
        self,
        *tags: FLVTag,
        name: str = "live/show",
        thread: InThread = inThread,
        now: datetime = NOW,
        metadata: dict[str, AMFValue] | None = None,
        segment: str | None = None,
        policy: RecordingPolicy | None = None,
        watcher: IRecordingWatcher | None = None,
    ) -> FLVRecorder:
        """
        Publish, and record from the first tag on.

        @param segment: how long or large a file is to be.
        """
        self.stream = self.directory.publish(name, Publisher("192.0.2.1:4000"))
        if policy is None and segment is not None:
            policy = RecordingPolicy(segment=parseSegment(segment))
        recorder = FLVRecorder(self.stream, self.root, thread, now, policy, watcher)
        recorder.begin()
        if metadata is not None:
            self.stream.receiveMetadata(metadata)
        self.receive(*tags)
        return recorder

    def receive(self, *tags: FLVTag) -> LiveStream:
        """
        Let the publisher send.
        """
        for tag in tags:
            self.stream.receive(tag)
        return self.stream

    def finished(self, recorder: FLVRecorder) -> str:
        """
        End the stream.

        @return: the path of the recording, relative to the root.
        """
        self.stream.end()
        path = self.successResultOf(recorder.done)
        assert path is not None
        return os.path.relpath(path, self.root)

    def flush(self) -> None:
        """
        Let so much time pass that what was received is written.
        """
        self.clock.advance(GATHER)

    def contents(self, *path: str) -> FLV:
        """
        @return: what is in a file.
        """
        with open(os.path.join(self.root, *path), "rb") as file:
            return readFLV(file.read())

    def files(self) -> list[str]:
        """
        @return: all files below the root.
        """
        return sorted(
            os.path.relpath(os.path.join(folder, name), self.root)
            for folder, _, names in os.walk(self.root)
            for name in names
        )

    def all(self) -> list[FLV]:
        """
        @return: what is in each file of a recording, in order.
        """
        return sorted(
            [self.contents(path) for path in self.files()],
            key=lambda contents: str(metadataOf(contents)["sequence"]).zfill(9),
        )

    def recorded(self, *tags: FLVTag) -> FLV:
        """
        @return: the recording of a whole stream.
        """
        return self.contents(self.finished(self.record(*tags)))


@implementer(IRecordingWatcher)
class FakeWatcher:
    """
    Remembers what it is told.

    @ivar error: raised each time, when it is set.
    """

    def __init__(self, error: Exception | None = None) -> None:
        self.told: list[tuple[object, ...]] = []
        self.error = error

    def segmentStarted(self, stream: LiveStream, path: str) -> None:
        """
        See L{IRecordingWatcher}.
        """
        self.told.append(("started", stream.name, path))
        if self.error is not None:
            raise self.error

    def segmentFinished(
        self, stream: LiveStream, path: str, milliseconds: int, size: int
    ) -> None:
        """
        See L{IRecordingWatcher}.
        """
        self.told.append(("finished", stream.name, path, milliseconds, size))
        if self.error is not None:
            raise self.error
