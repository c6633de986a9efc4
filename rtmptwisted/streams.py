"""
A live stream: who publishes it, and who receives it.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from rtmptwisted.contents import Contents, codecName
from rtmptwisted.continuation import Continuation
from rtmptwisted.gop import GOPCache, elapsed
from rtmptwisted.interfaces import ITagSink
from rtmptwisted.liveclock import LiveClock
from rtmptwisted.receivers import Receivers
from rtmptwisted.takeover import STALLED_SECONDS, Publisher
from rtmptwisted.wire import amf
from rtmptwisted.wire.amf import AMFValue
from rtmptwisted.wire.codec import Kind
from rtmptwisted.wire.flv import AUDIO, VIDEO, FLVTag, scriptTag

if TYPE_CHECKING:
    from rtmptwisted.directory import StreamDirectory

__all__ = ["LiveStream", "Publisher"]


class LiveStream(Contents, Receivers):
    """
    One stream name: what its publisher sends, and those who want it.

    Players can be here before the publisher and wait.  When its connection is lost
    the stream waits for it to come back; what it sends then goes on where it was.

    @ivar name: the stream key, C{"app/name"}.
    @ivar publisher: L{None} while nobody publishes; the last one while the stream
        waits for it.
    @ivar heardAt: when something came from the publisher, in seconds of the clock.
    @ivar startedAt: when the publish began, in seconds of the clock.
    @ivar frames: coded frames received, by tag type.
    @ivar bytesReceived: audio, video and script payload.
    @ivar viewers: how many play it now.
    @ivar skips: how often one of them lost a part of it.
    @ivar changing: whether viewers are being let go; who joins then waits for a tag.
    """

    _log = Logger()

    def __init__(self, name: str, directory: StreamDirectory) -> None:
        self.name = name
        self.directory = directory
        self._clock = directory.clock
        self._sinks: tuple[ITagSink, ...] = ()
        self._shared: dict[Hashable, ITagSink] = {}
        self.publisher: Publisher | None = None
        self.viewers = 0
        # The end of the stream, while it waits for its publisher.
        self._giveUp: IDelayedCall | None = None
        self._reset()

    def _reset(self) -> None:
        self.gop = GOPCache(self.directory.limits)
        self.metadata = None
        self.codecs = {}
        self._usual = {}
        self._defaults = set()
        self._continuation = None
        self._liveClock = LiveClock()
        self.frames = {AUDIO: 0, VIDEO: 0}
        self.bytesReceived = 0
        self.skips = 0
        self.changing = False
        self.startedAt = self.heardAt = self._clock.seconds()
        self._settled = False
        self._firstTimestamp: int | None = None
        self.lastTimestamp = 0

    @property
    def isLive(self) -> bool:
        """
        Whether somebody publishes.
        """
        return self.publisher is not None

    @property
    def interrupted(self) -> bool:
        """
        Whether the connection of the publisher is lost, and the stream waits for it.
        """
        return self._giveUp is not None

    @property
    def isStalled(self) -> bool:
        """
        Whether nothing has come from the publisher for so long that another may
        take its place.
        """
        silent = self._clock.seconds() - self.heardAt
        return self.interrupted or silent >= STALLED_SECONDS

    @property
    def seconds(self) -> float:
        """
        How long it has been published, by the clock.
        """
        return self._clock.seconds() - self.startedAt

    def begin(self, publisher: Publisher) -> None:
        """
        Somebody starts to publish.  L{StreamDirectory.publish} calls this.
        """
        self._reset()
        self.publisher = publisher
        self._log.info(
            "{peer} publishes {name} ({software})",
            peer=publisher.peer,
            name=self.name,
            software=publisher.software or "unknown software",
        )

    def receive(self, tag: FLVTag) -> None:
        """
        Take the next audio or video tag of the publisher.
        """
        if self._continuation is not None:
            placed = self._continuation.place(tag)
            if placed is None:
                return
            tag = placed
        if tag.description is self._usual.get(tag.typeID):
            self.lastTimestamp = tag.timestamp
            self.frames[tag.typeID] += 1
            self.gop.extend(tag)
        else:
            # Those who wait until it is known what there is get all from the start.
            keep = not self._settled
            self._note(tag)
            self.gop.add(tag, keep)
        self._deliver(tag)

    def receiveMetadata(self, metadata: dict[str, AMFValue]) -> None:
        """
        Take C{onMetaData}.  Some encoders repeat it all the time: only what is
        new goes on to players.
        """
        # As bytes: a number that is none is not equal to itself.
        encoded = amf.encode([metadata])
        if self.metadata is not None and encoded == amf.encode([self.metadata]):
            return
        self.metadata = metadata
        self._deliver(self.metadataTag(metadata))

    def clearMetadata(self) -> None:
        """
        The publisher takes its C{onMetaData} back.
        """
        self.metadata = None

    def receiveData(self, values: list[AMFValue], timestamp: int) -> None:
        """
        Take any other data message: cue points, text.
        """
        if self._continuation is not None:
            timestamp = self._continuation.beside(timestamp)
        self._deliver(scriptTag(timestamp, *values))

    def _deliver(self, tag: FLVTag) -> None:
        self.bytesReceived += len(tag.body)
        for sink in self._sinks:
            try:
                sink.tagReceived(tag)
            except Exception:
                # A defect in one receiver is no reason to lose the stream.
                self._log.failure("a receiver of {name} failed", name=self.name)
                self._endSink(sink)

    def _note(self, tag: FLVTag) -> None:
        description = tag.description
        if tag.isFrame or tag.isSetup:
            if 0 in description.tracks:
                self._defaults.add(tag.typeID)
            # Further tracks may have other codecs than the default one.
            if 0 in description.tracks or tag.typeID not in self._defaults:
                self.codecs[tag.typeID] = codecName(description.codec)
        if tag.isFrame:
            # Publishers send sequence headers at 0 whatever their clock says.
            self.lastTimestamp = tag.timestamp
            self.frames[tag.typeID] += 1
            if self._firstTimestamp is None:
                self._firstTimestamp = tag.timestamp
        # Not before the first frame: what viewers get before it has its timestamp.
        if not self._settled and self._firstTimestamp is not None:
            waited = elapsed(self._firstTimestamp, tag.timestamp)
            enough = self.directory.limits.settleSeconds * 1000
            # Timestamps may stand still; frames do not.
            many = sum(self.frames.values()) >= self.directory.limits.settleFrames
            self._settled = len(self.codecs) > 1 or waited >= enough or many
        mere = description.kind is Kind.FRAME and description.tracks == (0,)
        self._usual[tag.typeID] = description if mere and self._settled else None

    def heard(self, by: Publisher | None) -> None:
        """
        Something came from a publisher: it has been received already.
        """
        if by is self.publisher:
            self.heardAt = now = self._clock.seconds()
            if self._firstTimestamp is not None:
                self._liveClock.note(now, self.lastTimestamp)

    def position(self) -> int:
        """
        @return: where the stream is on its timeline now, milliseconds.
        """
        return self._liveClock.position(self._clock.seconds())

    def repeatMetadata(self) -> None:
        """
        Tell everybody anew: what the stream has is not what it had.
        """
        if self.metadata is not None:
            self._deliver(self.metadataTag(self.metadata))

    def interrupt(self, by: Publisher) -> None:
        """
        The connection of a publisher is lost.  The stream waits for it to come back,
        if it is to, or ends.
        """
        if by is not self.publisher or self.interrupted:
            return
        seconds = self.directory.graceFor(self)
        if seconds <= 0:
            self.end(by)
            return
        self.publisher = by.gone()
        self._giveUp = self._clock.callLater(seconds, self.end)
        self._log.info(
            "{name} is interrupted, waits {seconds:g} s for its publisher {peer}",
            name=self.name,
            seconds=seconds,
            peer=by.peer,
        )

    def resume(self, publisher: Publisher) -> None:
        """
        Somebody goes on with what is interrupted, or what another does not go on
        with.  L{StreamDirectory.publish} calls this.
        """
        before, self.publisher = self.publisher, publisher
        interrupted = self._stopWaiting()
        now = self._clock.seconds()
        silent, self.heardAt = now - self.heardAt, now
        if not self._settled:
            self._firstTimestamp = None
        self._continuation = Continuation(self)
        self._log.info(
            "{name} is resumed by {peer} ({software}) after {seconds:.1f} s{instead}",
            name=self.name,
            peer=publisher.peer,
            software=publisher.software or "unknown software",
            seconds=silent,
            instead=f", {before.peer} is closed" if before and not interrupted else "",
        )
        if before is not None and not interrupted:
            try:
                before.displaced()
            except Exception:
                # The newcomer has the stream already, and has to end it.
                self._log.failure("who published {name} failed", name=self.name)

    def _stopWaiting(self) -> bool:
        """
        @return: whether the stream waited for its publisher.
        """
        giveUp, self._giveUp = self._giveUp, None
        if giveUp is None:
            return False
        self.directory.waitIsOver(self)
        if giveUp.active():
            giveUp.cancel()
        return True

    def end(self, by: Publisher | None = None) -> None:
        """
        The publisher is gone.  Does nothing when it was gone before.

        @param by: end this publisher's stream only, not that of another who
            has taken the name since.
        """
        publisher = self.publisher
        if publisher is None or (by is not None and by is not publisher):
            return
        self._stopWaiting()
        self._settled = True
        self.publisher = None
        self._log.info(
            "{peer} published {name} for {seconds:.1f} s: {video} video and {audio} "
            "audio frames, {size} bytes",
            peer=publisher.peer,
            name=self.name,
            seconds=self.seconds,
            video=self.frames[VIDEO],
            audio=self.frames[AUDIO],
            size=self.bytesReceived,
        )
        for sink in self._sinks:
            self._endSink(sink)
        self.directory.streamStopped(self)
