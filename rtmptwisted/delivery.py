"""
Fan-out: one live stream, in one format, to any number of viewers.

Each tag is encoded once.  What came in since the last flush is joined once,
and the same bytes object is written to every viewer: the cost of a viewer is
one write a flush.  A viewer that cannot keep up has a backlog of its own, and
loses whole groups of pictures when that grows too large; nobody else notices.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from twisted.internet.interfaces import IPushProducer, IReactorTime
from twisted.logger import Logger
from zope.interface import implementer

from rtmptwisted.formats import Format
from rtmptwisted.interfaces import ITagSink, IViewerOutlet
from rtmptwisted.streams import LiveStream
from rtmptwisted.wire.flv import FLVTag
from rtmptwisted.wire.limits import Limits


class Flush(NamedTuple):
    """
    Bytes for viewers.

    @ivar data: whole messages or tags.
    @ivar frames: how many coded frames they hold.
    """

    data: bytes
    frames: int


@implementer(IPushProducer)
class Viewer:
    """
    One viewer, and what it is behind.

    As a push producer it is told by its transport when that is full.

    @ivar skipping: whether it gets nothing until the next keyframe.
    @ivar frames: coded frames written.
    @ivar bytesSent: bytes written.
    @ivar skips: how often it lost a part of the stream.
    """

    _log = Logger()

    def __init__(
        self, outlet: IViewerOutlet, clock: IReactorTime, limits: Limits
    ) -> None:
        self.outlet = outlet
        self._clock = clock
        self._limits = limits
        self._backlog: deque[Flush] = deque()
        self._backlogBytes = 0
        self._backlogSince = 0.0
        # When the transport became full; None while it takes data.
        self._pausedAt: float | None = None
        self._abandoned = False
        self.skipping = False
        self.joinedAt = clock.seconds()
        self.frames = 0
        self.bytesSent = 0
        self.skips = 0

    def deliver(self, flush: Flush) -> None:
        """
        Write, or keep for later.
        """
        if self._pausedAt is None:
            self._write(flush)
            return
        now = self._clock.seconds()
        if now - self._pausedAt > self._limits.viewerStallSeconds:
            self._giveUp()
            return
        if not self._backlog:
            self._backlogSince = now
        self._backlog.append(flush)
        self._backlogBytes += len(flush.data)
        if (
            self._backlogBytes > self._limits.viewerBytes
            or now - self._backlogSince > self._limits.viewerSeconds
        ):
            self._skip()

    def _write(self, flush: Flush) -> None:
        self.frames += flush.frames
        self.bytesSent += len(flush.data)
        self.outlet.write(flush.data)

    def _skip(self) -> None:
        """
        Lose the backlog.  It consists of whole messages, so that what follows
        can be read.
        """
        self._log.warn(
            "{protocol} viewer {peer} is too slow: {size} bytes skipped, up to the "
            "next keyframe",
            protocol=self.outlet.protocol,
            peer=self.outlet.peer,
            size=self._backlogBytes,
        )
        self._backlog.clear()
        self._backlogBytes = 0
        self.skipping = True
        self.skips += 1

    def checkStalled(self) -> None:
        """
        Drop the connection when it has been full for too long.  Called for
        those who skip, to whom nothing is delivered.
        """
        if self._pausedAt is not None:
            full = self._clock.seconds() - self._pausedAt
            if full > self._limits.viewerStallSeconds:
                self._giveUp()

    def _giveUp(self) -> None:
        self._backlog.clear()
        self._backlogBytes = 0
        self.skipping = True
        if not self._abandoned:
            self._abandoned = True
            self._log.warn(
                "{protocol} viewer {peer} has taken nothing for {seconds} s: dropped",
                protocol=self.outlet.protocol,
                peer=self.outlet.peer,
                seconds=self._limits.viewerStallSeconds,
            )
            self.outlet.abort()

    def end(self) -> None:
        """
        The stream is over: write what is left.
        """
        self._writeBacklog()
        self.outlet.finish()

    def _writeBacklog(self) -> None:
        while self._backlog and not self._abandoned:
            self._write(self._backlog.popleft())
        self._backlogBytes = 0

    def pauseProducing(self) -> None:
        """
        The transport is full.
        """
        if self._pausedAt is None:
            self._pausedAt = self._clock.seconds()

    def resumeProducing(self) -> None:
        """
        The transport has sent all that it had.
        """
        self._pausedAt = None
        # Not more at a time than fills the transport again.
        while self._backlog and self._pausedAt is None:
            flush = self._backlog.popleft()
            self._backlogBytes -= len(flush.data)
            self._write(flush)

    def stopProducing(self) -> None:
        """
        The connection is lost.
        """
        self._backlog.clear()
        self._abandoned = True


@implementer(ITagSink)
class FanOut:
    """
    Sends one stream in one format to all its viewers.
    """

    _log = Logger()

    def __init__(
        self, stream: LiveStream, format: Format, clock: IReactorTime, limits: Limits
    ) -> None:
        self._stream = stream
        self._format = format
        self._clock = clock
        self._limits = limits
        # Those who get every flush, those who wait for a keyframe, and those
        # who came before it was known what there is to see.
        self._viewers: dict[Viewer, None] = {}
        self._waiting: dict[Viewer, None] = {}
        self._pending: list[bytes] = []
        self._pendingFrames = 0
        # The first keyframe in what is pending: where, and frames before it.
        self._keyframe: tuple[int, int, FLVTag] | None = None
        self._scheduled = False

    @classmethod
    def of(
        cls, stream: LiveStream, format: Format, clock: IReactorTime, limits: Limits
    ) -> FanOut:
        """
        @return: the stream's fan-out for this format.
        """
        return stream.sharedSink(
            (cls, format), lambda: cls(stream, format, clock, limits)
        )

    def add(self, viewer: Viewer) -> None:
        """
        Begin to send to C{viewer}; if the stream is not live yet, as soon as
        it is.
        """
        self._stream.viewers += 1
        self._log.info(
            "{peer} plays {name} over {protocol}",
            peer=viewer.outlet.peer,
            name=self._stream.name,
            protocol=viewer.outlet.protocol,
        )
        if self._stream.isLive and self._stream.settled:
            self._flush()
            self._admit(viewer)
        else:
            self._waiting[viewer] = None

    def remove(self, viewer: Viewer) -> None:
        """
        Send nothing more to C{viewer}.  Does nothing when it is not here.
        """
        if viewer not in self._viewers and viewer not in self._waiting:
            return
        self._viewers.pop(viewer, None)
        self._waiting.pop(viewer, None)
        self._stream.viewers -= 1
        self._log.info(
            "{peer} played {name} over {protocol} for {seconds:.1f} s: "
            "{frames} frames, {size} bytes, {skips} skips",
            peer=viewer.outlet.peer,
            name=self._stream.name,
            protocol=viewer.outlet.protocol,
            seconds=self._clock.seconds() - viewer.joinedAt,
            frames=viewer.frames,
            size=viewer.bytesSent,
            skips=viewer.skips,
        )
        if not self._viewers and not self._waiting:
            self._stream.removeSink(self)

    def tagReceived(self, tag: FLVTag) -> None:
        """
        Encode the tag, and send it soon.
        """
        if self._viewers:
            encoded = self._format.encode(tag)
            if encoded:
                if tag.isKeyframe and self._keyframe is None:
                    self._keyframe = len(self._pending), self._pendingFrames, tag
                self._pending.append(encoded)
                self._pendingFrames += tag.isFrame
                self._schedule()
        if self._waiting and self._stream.settled:
            self._flush()
            self._admitWaiting()

    def streamEnded(self) -> None:
        """
        Send the rest and let all viewers go.
        """
        self._flush()
        self._admitWaiting()
        for viewer in list(self._viewers):
            viewer.end()
            self.remove(viewer)

    def _schedule(self) -> None:
        # After this turn of the reactor: what the publisher sent in one go is
        # written in one go, and the busier the server, the more that is.
        if not self._scheduled:
            self._scheduled = True
            self._clock.callLater(0, self._flushScheduled)

    def _flushScheduled(self) -> None:
        self._scheduled = False
        self._flush()

    def _flush(self) -> None:
        if not self._pending:
            return
        pending, frames = self._pending, self._pendingFrames
        keyframe = self._keyframe
        self._pending, self._pendingFrames, self._keyframe = [], 0, None
        flush = Flush(self._format.frame(b"".join(pending)), frames)
        restart: Flush | None = None
        for viewer in list(self._viewers):
            if not viewer.skipping:
                viewer.deliver(flush)
            elif keyframe is None:
                viewer.checkStalled()
            else:
                if restart is None:
                    restart = self._restart(pending, frames, *keyframe)
                viewer.skipping = False
                viewer.deliver(restart)

    def _restart(
        self, pending: list[bytes], frames: int, at: int, before: int, tag: FLVTag
    ) -> Flush:
        """
        @return: the pending tags from a keyframe on, behind what sets the
            decoder up, for those who may have missed a change of it.
        """
        setup = [self._format.encode(s) for s in self._stream.gop.setup(tag.timestamp)]
        return Flush(
            self._format.frame(b"".join(setup + pending[at:])), frames - before
        )

    def _admitWaiting(self) -> None:
        waiting = list(self._waiting)
        self._waiting.clear()
        for viewer in waiting:
            self._admit(viewer)

    def _admit(self, viewer: Viewer) -> None:
        """
        Give a viewer what it needs first, and then everything.
        """
        stream = self._stream
        tags = stream.snapshot()
        encode = self._format.encode
        data = self._format.opening(stream.hasAudio, stream.hasVideo) + b"".join(
            [encode(tag) for tag in tags]
        )
        self._viewers[viewer] = None
        if data:
            frames = sum(tag.isFrame for tag in tags)
            viewer.deliver(Flush(self._format.frame(data), frames))
        if not stream.gop.intact:
            viewer.skipping = True
