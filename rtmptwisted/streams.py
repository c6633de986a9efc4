"""
A live stream: who publishes it, and who receives it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from twisted.logger import Logger

from rtmptwisted.formats import Format
from rtmptwisted.gop import GOPCache, elapsed
from rtmptwisted.interfaces import ITagSink
from rtmptwisted.metadata import liveMetadata
from rtmptwisted.wire import amf
from rtmptwisted.wire.amf import AMFValue
from rtmptwisted.wire.codec import Description, Kind
from rtmptwisted.wire.flv import AUDIO, VIDEO, FLVTag, metadataTag, scriptTag

if TYPE_CHECKING:
    from rtmptwisted.directory import StreamDirectory

SinkT = TypeVar("SinkT", bound=ITagSink)


@dataclass(frozen=True, slots=True)
class Publisher:
    """
    Who publishes a stream.

    @ivar peer: its address.
    @ivar software: what it says it is, C{""} when it does not.
    """

    peer: str
    software: str = ""


class LiveStream:
    """
    One stream name: what its publisher sends, and those who want it.

    Players can be here before the publisher and wait.

    @ivar name: the stream key, C{"app/name"}.
    @ivar publisher: L{None} while nobody publishes.
    @ivar metadata: the publisher's C{onMetaData}, as it came.
    @ivar startedAt: when the publish began, in seconds of the clock.
    @ivar codecs: name of the codec by tag type, for what has been seen.
    @ivar frames: coded frames received, by tag type.
    @ivar lastTimestamp: of the publisher's latest frame, milliseconds.
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
        self._reset()

    def _reset(self) -> None:
        self.gop = GOPCache(self.directory.limits)
        self.metadata: dict[str, AMFValue] | None = None
        self.codecs: dict[int, str] = {}
        # What the last tag was, by type, if another of these says nothing new.
        self._usual: dict[int, Description | None] = {}
        # The kinds of media of which there is a default track.
        self._defaults: set[int] = set()
        self.frames = {AUDIO: 0, VIDEO: 0}
        self.bytesReceived = 0
        self.skips = 0
        self.changing = False
        self.startedAt = self._clock.seconds()
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
    def settled(self) -> bool:
        """
        Whether it is known which kinds of media the stream has.
        """
        return self._settled

    def has(self, typeID: int, form: Format | None = None) -> bool:
        """
        @param form: a form of the stream, which need not have all of it.
        @return: whether there is audio, or video, as far as has been seen.
        """
        codec = self.codecs.get(typeID)
        if codec is None or form is None:
            return codec is not None
        tracked = form.tracks or typeID in self._defaults
        return (
            tracked
            and form.carries(typeID, codec)
            and form.isReady(typeID, codec, self.gop.header(typeID))
        )

    @property
    def seconds(self) -> float:
        """
        How long it has been published, by the clock.
        """
        return self._clock.seconds() - self.startedAt

    def addSink(self, sink: ITagSink) -> None:
        """
        Send every tag from now on to C{sink} too.
        """
        self._sinks = (*self._sinks, sink)

    def removeSink(self, sink: ITagSink) -> None:
        """
        Send no further tags to C{sink}.
        """
        self._sinks = tuple(each for each in self._sinks if each is not sink)
        for key, shared in list(self._shared.items()):
            if shared is sink:
                del self._shared[key]
        self.directory.forgetIfUnused(self)

    def sharedSink(self, key: Hashable, create: Callable[[], SinkT]) -> SinkT:
        """
        @return: the sink that was made for C{key} before, or a new one, which
            is added.
        """
        sink = self._shared.get(key)
        if sink is None:
            sink = self._shared[key] = create()
            self.addSink(sink)
        return sink  # type: ignore[return-value]

    @property
    def hasSinks(self) -> bool:
        """
        Whether anybody receives the stream, or waits for it.
        """
        return bool(self._sinks)

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
                self.codecs[tag.typeID] = _codecName(description.codec)
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

    def metadataTag(
        self, metadata: dict[str, AMFValue], form: Format | None = None
    ) -> FLVTag:
        """
        @param form: what the metadata is for; otherwise for all that there is.
        @return: C{onMetaData}, with what this form of the stream has.
        """

        def has(typeID: int) -> bool:
            # While it is not known, what the publisher says has to do.
            unknown = typeID not in self.codecs and not self._settled
            return unknown or self.has(typeID, form)

        tracks = form is None or form.tracks
        return metadataTag(liveMetadata(metadata, has(AUDIO), has(VIDEO), tracks))

    def snapshot(self, form: Format | None = None) -> list[FLVTag]:
        """
        @return: what a viewer who joins now needs first: metadata, sequence
            headers, the current group of pictures.  When the group was given
            up, metadata and sequence headers only.
        """
        group = self.gop.snapshot() or self.gop.setup(self.lastTimestamp)
        return [*self._metadataTags(form), *group]

    def setup(self, timestamp: int, form: Format | None = None) -> list[FLVTag]:
        """
        @return: what a viewer needs who goes on at a keyframe of this timestamp:
            metadata and sequence headers, as they are now.
        """
        return [*self._metadataTags(form), *self.gop.setup(timestamp)]

    def _metadataTags(self, form: Format | None) -> list[FLVTag]:
        return [] if self.metadata is None else [self.metadataTag(self.metadata, form)]

    def _endSink(self, sink: ITagSink) -> None:
        try:
            sink.streamEnded()
        except Exception:
            self._log.failure("a receiver of {name} failed", name=self.name)
        self.removeSink(sink)

    def end(self, by: Publisher | None = None) -> None:
        """
        The publisher is gone.  Does nothing when it was gone before.

        @param by: end this publisher's stream only, not that of another who
            has taken the name since.
        """
        publisher = self.publisher
        if publisher is None or (by is not None and by is not publisher):
            return
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


def _codecName(codec: str) -> str:
    """
    @return: a name that can be shown, of one that a peer has chosen.
    """
    if codec.isalnum() and codec.isascii():
        return codec
    return ascii(codec)[1:-1] or "unknown"
