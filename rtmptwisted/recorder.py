"""
Recording one publish of one stream.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from rtmptwisted.diskthreads import InThread
from rtmptwisted.interfaces import IRecordingWatcher, ITagSink
from rtmptwisted.outage import Outage
from rtmptwisted.progress import Progress
from rtmptwisted.recordedsetup import Changes, SetupMemory
from rtmptwisted.recordingpolicy import Recording, RecordingPolicy, State
from rtmptwisted.segment import OVERHEAD, Backlog, Segment
from rtmptwisted.segmentwriter import SegmentWriter
from rtmptwisted.streams import LiveStream
from rtmptwisted.timeline import Timeline
from rtmptwisted.wire.codec import Kind
from rtmptwisted.wire.flv import VIDEO, FLVTag

#: When a stream is over, its recording is given up after so many seconds in which
#: nothing could be written.
PATIENCE = 60.0


@implementer(ITagSink)
class FLVRecorder:
    """
    Writes one publish to one file, or to several, one after the other.

    A file is made when a frame is there for it; by then it is known what has to
    stand before that.  What comes while the disk is busy waits, up to a limit.  A disk
    that fails or cannot keep up makes a gap in this recording, with a line in the
    log, and nothing else.

    @ivar done: fires when all files are complete, with the path of the last; with
        L{None} when there is none.
    """

    _log = Logger()

    def __init__(
        self,
        stream: LiveStream,
        root: str,
        inThread: InThread,
        now: datetime,
        policy: RecordingPolicy | None = None,
        watcher: IRecordingWatcher | None = None,
        limit: Callable[[], int] | None = None,
    ) -> None:
        """
        @param root: the folder below which all recordings are.
        @param now: the time of day.
        @param limit: tells how many bytes may wait, if not the directory's limits do.
        """
        self._stream = stream
        self._policy = policy = policy or RecordingPolicy()
        self._progress = Progress(stream, watcher)
        self._clock = clock = stream.directory.clock
        self._epoch = now - timedelta(seconds=clock.seconds())
        limits = stream.directory.limits
        self._limit = limit or (lambda: limits.recordingBytes)
        self._memory = SetupMemory(stream.name, limits)
        self._timeline = Timeline()
        self._backlog = Backlog()
        self._writer = SegmentWriter(
            root, self._backlog, inThread, clock, policy.file, self
        )
        self._outage = Outage(stream.name, clock)
        self._state = State.WAITING
        self._segment: Segment | None = None
        self._count = 0
        # Whether a sequence header has come that goes with no file there is.
        self._changed = False
        self._changes = Changes(clock)
        self._timer: IDelayedCall | None = None
        self.done: Deferred[str | None] = Deferred()

    @property
    def recording(self) -> Recording:
        """
        How it is.
        """
        return self._progress.recording(self._state)

    def begin(self) -> None:
        """
        Record the stream from the current group of pictures on.
        """
        stream = self._stream
        for tag in stream.gop.snapshot() or stream.gop.setup(0):
            self.tagReceived(tag)
        if self._state is State.WAITING and stream.has(VIDEO):
            self._state = State.RESUMING
        stream.addSink(self)

    def tagReceived(self, tag: FLVTag) -> None:
        """
        See L{ITagSink}.
        """
        # The metadata that there is when a file begins is all it gets: players
        # take what comes later for something else.
        if self.isOver or not tag.body or tag.isMetadata:
            return
        if tag.isFrame:
            # The time of the recording begins with it.
            if self._writer.isRunning or self._mayBegin(tag):
                self._frameReceived(tag)
        elif tag.isSetup:
            self._setupReceived(tag)
        else:
            if tag.description.kind is Kind.SEQUENCE_END:
                self._memory.forget(tag)
            if self._state is State.RECORDING and self._hasRoom(tag):
                self._put(tag, self._timeline.placeTag(tag))

    @property
    def isOver(self) -> bool:
        """
        Whether nothing more is recorded.
        """
        return self._state in (State.ENDING, State.ENDED)

    def _frameReceived(self, tag: FLVTag) -> None:
        position = self._timeline.placeTag(tag)
        if self._state is State.INTERRUPTED:
            return
        segment = self._segment
        if segment is None or self._state is State.BEHIND:
            if not self._mayBegin(tag):
                return
            if segment is not None:
                self._outage.caughtUp(position)
                # It may have come meanwhile.
                self._changed = True
            self._state = State.RECORDING
        elif not self._hasRoom(tag):
            return
        if segment is None or self._mustCut(segment, tag, position):
            self._open(position)
        self._put(tag, position)

    def _mayBegin(self, tag: FLVTag) -> bool:
        """
        @return: whether a file, or the rest of one, can begin with this frame.
        """
        if self._state is State.WAITING:
            return True
        if self._state is State.BEHIND and self._backlog.waiting * 2 > self._limit():
            return False
        return self._isStart(tag)

    def _isStart(self, tag: FLVTag) -> bool:
        stream = self._stream
        return tag.isKeyframe or not stream.has(VIDEO) or stream.gop.overdue

    def _hasRoom(self, tag: FLVTag) -> bool:
        segment, waiting = self._segment, self._backlog.waiting
        if (
            segment is None
            or not waiting
            or waiting + len(tag.body) + OVERHEAD <= self._limit()
        ):
            return True
        self._state = State.BEHIND
        self._outage.fellBehind(segment.reached, waiting)
        return False

    def _mustCut(self, segment: Segment, tag: FLVTag, position: int) -> bool:
        if self._changed:
            self._changed = False
            if any(map(segment.setup.contradicts, self._memory)):
                return True
            self._catchUp(segment)
        limit = self._policy.segment
        enough = limit.isReached(position - segment.base, segment.size)
        return enough and self._isStart(tag)

    def _setupReceived(self, tag: FLVTag) -> None:
        kept = self._memory.remember(tag)
        segment = self._segment
        if segment is None or self._state is not State.RECORDING:
            return
        if kept and not self._changed and segment.setup.contradicts(tag):
            self._changed = self._changes.mayBeOne()
        # All that is kept comes before the next frame then.
        held = kept and self._changed
        if not held and not segment.setup.has(tag) and self._hasRoom(tag):
            self._put(tag, self._timeline.end)

    def _catchUp(self, segment: Segment) -> None:
        """
        Set decoders up in the midst of a file.
        """
        for tag in self._memory:
            if not segment.setup.has(tag):
                self._put(tag, self._timeline.end)

    def _open(self, position: int) -> None:
        """
        Begin a new file.
        """
        time = self._epoch + timedelta(seconds=self._clock.seconds())
        self._segment = segment = self._policy.segmentOf(
            self._stream, time, self._count, position
        )
        self._count += 1
        self._changed = False
        self._backlog.open(segment)
        for tag in self._memory:
            self._put(tag, position)
        if not self._writer.isRunning:
            running = Deferred.fromCoroutine(self._writer.run())
            running.addErrback(self._defect).addBoth(self._end)

    def _put(self, tag: FLVTag, position: int) -> None:
        segment = self._segment
        # It may have failed in the midst of what is put there.
        if segment is not None:
            self._backlog.put(segment.placed(tag, position))
            self._writer.wake()

    def streamEnded(self) -> None:
        """
        Finish.  See L{ITagSink}.
        """
        if self.isOver:
            return
        self._outage.ended(self._timeline.end)
        self._state = State.ENDING
        self._cancelTimer()
        self._backlog.close()
        if self._writer.isRunning:
            self._timer = self._clock.callLater(PATIENCE, self.giveUp)
            self._writer.stop()
        else:
            self._end(None)

    def giveUp(self) -> None:
        """
        Wait no more for a disk that does not answer.
        """
        if self._state is State.ENDED:
            return
        first = self._backlog.first
        self._log.critical(
            "the recording of {name} is given up, the disk takes too long: the end "
            "of {path} is missing",
            name=self._stream.name,
            path=first and (first.path or f"{first.name}.flv"),
        )
        self._backlog.close()
        self._backlog.clear()
        self._end(None)

    def _defect(self, failure: Failure) -> None:
        self._log.failure(
            "the recording of {name} stopped", failure, name=self._stream.name
        )
        self._backlog.clear()
        self._segment = None
        self._progress.path = None

    def _end(self, ignored: object) -> None:
        # One that was given up may end later.
        if self._state is not State.ENDED:
            self._state = State.ENDED
            self._cancelTimer()
            self.done.callback(self._progress.path)

    def _cancelTimer(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None and timer.active():
            timer.cancel()

    def segmentWritten(self, segment: Segment) -> None:
        """
        See L{WriterHost<rtmptwisted.segmentwriter.WriterHost>}.
        """
        self._progress.written(segment)
        self._outage.works(segment.base)
        if self._state is State.ENDING and self._timer is not None:
            self._timer.reset(PATIENCE)

    def segmentFinished(self, segment: Segment) -> None:
        """
        See L{WriterHost<rtmptwisted.segmentwriter.WriterHost>}.
        """
        self._progress.finished(segment)

    def writingFailed(self, segment: Segment, error: OSError) -> None:
        """
        See L{WriterHost<rtmptwisted.segmentwriter.WriterHost>}.
        """
        self._segment = None
        # Files that were never made have no number.
        self._count = segment.sequence + (segment.path is not None)
        if self.isOver:
            self._outage.failed(segment.end, error, last=True)
            self._outage.ended(self._timeline.end)
            return
        delay = self._outage.failed(segment.end, error)
        if delay:
            self._state = State.INTERRUPTED
            self._timer = self._clock.callLater(delay, self._resume)
        else:
            self._state = State.RESUMING

    def _resume(self) -> None:
        self._timer = None
        self._state = State.RESUMING
