"""
Fan-out: one live stream, in one format, to any number of viewers.

Each tag is encoded once.  What came in since the last flush is joined once,
and the same bytes object is written to every viewer: the cost of a viewer is
one write a flush.  A viewer that cannot keep up has a backlog of its own, and
loses whole groups of pictures when that grows too large; nobody else notices.
"""

from __future__ import annotations

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from zope.interface import implementer

from rtmptwisted.formats import Format
from rtmptwisted.interfaces import ITagSink
from rtmptwisted.streams import LiveStream
from rtmptwisted.viewer import Flush, Viewer
from rtmptwisted.wire.flv import FLVTag
from rtmptwisted.wire.limits import Limits


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
        # The first place to start in what is pending, a keyframe where there is
        # video: where, and frames before it.
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
                if self._keyframe is None and self._canStartAt(tag):
                    self._keyframe = len(self._pending), self._pendingFrames, tag
                self._pending.append(encoded)
                self._pendingFrames += tag.isFrame
                self._schedule()
        if self._waiting and self._stream.settled:
            self._flush()
            self._admitWaiting()

    def _canStartAt(self, tag: FLVTag) -> bool:
        # Where there is no video there are no keyframes to wait for.
        if self._format.video and self._stream.hasVideo:
            return tag.isKeyframe
        return tag.isFrame

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
            elif keyframe is None or viewer.muted:
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
        @return: the pending tags from a keyframe on, behind metadata and what
            sets the decoder up, for those who may have missed a change of it.
        """
        setup = [self._format.encode(s) for s in self._stream.setup(tag.timestamp)]
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
        viewer.skipping = viewer.muted or not stream.gop.intact
        if data and not viewer.muted:
            frames = sum(tag.isFrame for tag in tags)
            viewer.deliver(Flush(self._format.frame(data), frames))
