"""
What a live stream is made of, and what of it viewers get first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rtmptwisted.formats import Format
from rtmptwisted.gop import GOPCache
from rtmptwisted.metadata import liveMetadata
from rtmptwisted.wire.amf import AMFValue
from rtmptwisted.wire.codec import Description
from rtmptwisted.wire.flv import AUDIO, VIDEO, FLVTag, metadataTag

if TYPE_CHECKING:
    from rtmptwisted.continuation import Continuation
    from rtmptwisted.directory import StreamDirectory


class Contents:
    """
    What is known of the media of a live stream.

    @ivar gop: what late viewers need.
    @ivar metadata: the publisher's C{onMetaData}, as it came.
    @ivar codecs: name of the codec by tag type, for what has been seen.
    @ivar lastTimestamp: of the publisher's latest frame, milliseconds.
    """

    directory: StreamDirectory
    gop: GOPCache
    metadata: dict[str, AMFValue] | None
    codecs: dict[int, str]
    lastTimestamp: int
    # What the last tag was, by type, if another of these says nothing new.
    _usual: dict[int, Description | None]
    # The kinds of media of which there is a default track.
    _defaults: set[int]
    _settled: bool
    # How what another publisher sends goes on with what was there.
    _continuation: Continuation | None

    @property
    def settled(self) -> bool:
        """
        Whether it is known which kinds of media the stream has.
        """
        continuation = self._continuation
        return self._settled and (continuation is None or continuation.settled)

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

    def knows(self, typeID: int, codec: str) -> bool:
        """
        @return: whether this is the codec of that kind of media.
        """
        return self.codecs.get(typeID) == codecName(codec)

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

    def forget(self, typeID: int) -> None:
        """
        There is no audio, or no video, any more, or not in this form: what there
        was is nothing that late viewers should have.
        """
        self.codecs.pop(typeID, None)
        self._usual.pop(typeID, None)
        self._defaults.discard(typeID)
        rest = GOPCache(self.directory.limits)
        for tag in self.gop.snapshot() or self.gop.setup(self.lastTimestamp):
            if tag.typeID != typeID:
                rest.add(tag)
        # Without video there is no keyframe that would mend it, nor need for one.
        rest.intact = self.gop.intact or typeID == VIDEO
        self.gop = rest


def codecName(codec: str) -> str:
    """
    @return: a name that can be shown, of one that a peer has chosen.
    """
    if codec.isalnum() and codec.isascii():
        return codec
    return ascii(codec)[1:-1] or "unknown"
