"""
Fan-out: one live stream, in one format, to any number of viewers.

Each tag is encoded once.  What came in since the last flush is joined once,
and the same bytes object is written to every viewer: the cost of a viewer is
one write a flush.  How long a flush waits for more is up to L{Pace
<rtmptwisted.pace.Pace>}.  A viewer that cannot keep up has a backlog of its own,
and loses whole groups of pictures when that grows too large; nobody else
notices.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from zope.interface import implementer

from rtmptwisted.audience import Audience
from rtmptwisted.batch import BEGIN, Batch
from rtmptwisted.formats import Format
from rtmptwisted.interfaces import ITagSink
from rtmptwisted.laggards import Laggards
from rtmptwisted.rendition import Rendition
from rtmptwisted.streams import LiveStream
from rtmptwisted.viewer import Flush, Viewer
from rtmptwisted.wire.flv import VIDEO, FLVTag
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
        self._rendition = Rendition(stream, format)
        self._clock = clock
        self._limits = limits
        self._laggards = laggards = Laggards(stream)
        # Those who get what comes, and those who came before it was known what
        # there is to see.
        self._audience = Audience(laggards.keep, laggards.check, self._viewerFailed)
        self._waiting: dict[Viewer, None] = {}
        self._batch = Batch(self._rendition)
        self._scheduled: IDelayedCall | None = None
        # What a viewer gets who joins now, until there is a further tag or other
        # metadata.
        self._opening: list[Flush] | None = None
        self._openingMetadata: object = None
        # Its pieces, for those who come later.
        self._pieces: list[Flush] = []

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
        ready = self._stream.isLive and self._stream.settled
        if ready and not self._stream.changing:
            self._admit(viewer)
        else:
            self._waiting[viewer] = None

    def remove(self, viewer: Viewer) -> None:
        """
        Send nothing more to C{viewer}.  Does nothing when it is not here.
        """
        if viewer not in self._audience and viewer not in self._waiting:
            return
        self._audience.remove(viewer)
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
        self._leaveIfEmpty()

    def move(self, viewer: Viewer, to: FanOut, skip: bool) -> None:
        """
        Let a viewer go on with another format of the same stream, without
        anything twice.

        @param skip: whether it has to wait for a keyframe there.
        """
        self._flush()
        to._flush()
        if viewer in self._waiting:
            del self._waiting[viewer]
            to._waiting[viewer] = None
        elif viewer in self._audience:
            self._audience.remove(viewer)
            to._audience.add(viewer, BEGIN)
            viewer.skip(viewer.skipping or skip)
            if not viewer.skipping:
                self._setUp(viewer, to)
        else:
            # It failed, and was removed.
            to._leaveIfEmpty()
        self._leaveIfEmpty()

    def _setUp(self, viewer: Viewer, to: FanOut) -> None:
        """
        Send a viewer the sequence headers that it could not get here.
        """
        stream = self._stream
        data = b"".join(
            to._format.encode(tag)
            for tag in stream.gop.setup(stream.lastTimestamp)
            if not self._format.encode(tag)
        )
        if data:
            flush = Flush(to._format.frame(data), 0, self._clock.seconds())
            keep = partial(to._laggards.keep, viewer)
            action = viewer.deliver if viewer.flowing else keep
            to._try(viewer, partial(action, flush))

    def _leaveIfEmpty(self) -> None:
        if not self._audience and not self._waiting:
            self._unschedule()
            self._stream.removeSink(self)

    def tagReceived(self, tag: FLVTag) -> None:
        """
        Encode the tag, and send it soon.
        """
        self._opening = None
        self._look()
        if self._audience and self._batch.add(tag):
            self._schedule(tag.typeID == VIDEO)
        if self._waiting and self._stream.settled:
            self._admitWaiting()

    def _look(self) -> None:
        """
        Where a viewer cannot have anything else than it was told of, it has to
        begin anew.
        """
        if self._format.fixed and self._rendition.look() and self._audience:
            self._log.info(
                "{name} has {codecs} now: {count} viewers have to begin anew",
                name=self._stream.name,
                codecs=" and ".join(self._rendition.carried.values()) or "nothing",
                count=len(self._audience),
            )
            # Some ask for a stream again at once, on the same connection: they wait
            # until everybody has this tag.
            self._stream.changing = True
            try:
                self._endViewers()
            finally:
                self._stream.changing = False

    def _endViewers(self) -> None:
        self._flush()
        for viewer in self._audience:
            self._try(viewer, viewer.end)
            self.remove(viewer)

    def streamEnded(self) -> None:
        """
        Send the rest and let all viewers go.
        """
        self._admitWaiting()
        self._endViewers()

    def _try(self, viewer: Viewer, action: Callable[[], object]) -> None:
        """
        Do something for one viewer.  A defect there is no reason to forget the
        others.
        """
        try:
            action()
        except Exception:
            self._viewerFailed(viewer)

    def _viewerFailed(self, viewer: Viewer) -> None:
        self._log.failure("a viewer at {peer} failed", peer=viewer.outlet.peer)
        self.remove(viewer)
        with suppress(Exception):
            viewer.outlet.abort()

    def _schedule(self, picture: bool) -> None:
        """
        @param picture: whether it is for video.
        """
        # After this turn of the reactor at the earliest: what the publisher sent
        # in one go is written in one go.
        wait = self._stream.directory.pace.wait(picture)
        due = self._clock.seconds() + wait
        if self._scheduled is None:
            self._scheduled = self._clock.callLater(wait, self._flushScheduled)
        elif due < self._scheduled.getTime():
            self._scheduled.reset(wait)

    def _flushScheduled(self) -> None:
        self._scheduled = None
        self._flush()

    def _unschedule(self) -> None:
        if self._scheduled is not None:
            self._scheduled.cancel()
            self._scheduled = None

    def _flush(self) -> None:
        """
        Write what is pending.
        """
        self._unschedule()
        batch, self._batch = self._batch, Batch(self._rendition)
        if batch.end != BEGIN:
            now = self._clock.seconds()
            self._audience.write(batch, now)
            self._stream.directory.pace.spent(now)

    def _admitWaiting(self) -> None:
        for viewer in list(self._waiting):
            if viewer in self._waiting:
                del self._waiting[viewer]
                self._admit(viewer)

    def _admit(self, viewer: Viewer) -> None:
        """
        Give a viewer what it needs first, and then everything.
        """
        self._look()
        self._audience.add(viewer, self._batch.end)
        viewer.skip(viewer.muted or not self._stream.gop.intact)
        if viewer.muted:
            return
        metadata = self._stream.metadata
        if self._opening is None or self._openingMetadata is not metadata:
            limit = self._limits.openingPieceBytes
            pieces = list(self._rendition.opening(limit))
            # Within one group of pictures all but the last stay the same: who joins
            # a frame later holds the same objects.
            for at, (old, new) in enumerate(zip(self._pieces, pieces, strict=False)):
                if old == new:
                    pieces[at] = old
            self._opening = self._pieces = pieces
            self._openingMetadata = metadata
        self._try(viewer, partial(viewer.open, self._opening))
