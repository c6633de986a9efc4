"""
Properties of enhanced payloads, whatever is wrapped around them.
"""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.compatible import compatible
from rtmptwisted.wire.codec import Description, Kind, describe
from rtmptwisted.wire.flv import AUDIO, VIDEO, FLVTag

SETTINGS = settings(max_examples=250, deadline=None, derandomize=True, database=None)

MODEX = 7
MULTITRACK = {AUDIO: 5, VIDEO: 6}
COMMAND, KEY = 5, 1
METADATA = 4

CODECS = {
    VIDEO: ("avc1", "hvc1", "av01", "vp09", "vp08", "vvc1", "\xff\x00zz"),
    AUDIO: ("mp4a", "Opus", ".mp3", "fLaC", "ac-3", "ec-3", "\xff\x00zz"),
}

#: What packet types are by the book.
KINDS = {
    VIDEO: {
        0: Kind.SEQUENCE_HEADER,
        1: Kind.FRAME,
        2: Kind.SEQUENCE_END,
        3: Kind.FRAME,
        4: Kind.CONFIGURATION,
        5: Kind.SEQUENCE_HEADER,
    },
    AUDIO: {
        0: Kind.SEQUENCE_HEADER,
        1: Kind.FRAME,
        2: Kind.SEQUENCE_END,
        4: Kind.CONFIGURATION,
    },
}


class Track(NamedTuple):
    """
    One track of a payload.
    """

    number: int
    codec: int
    body: bytes


class Enhanced(NamedTuple):
    """
    A payload, by its parts.

    @ivar modEx: what is in each of the parts in front.
    """

    typeID: int
    frameType: int
    packetType: int
    modEx: list[bytes]
    tracks: list[Track]

    def codec(self, index: int = 0) -> str:
        """
        @return: the codec of a track.
        """
        return CODECS[self.typeID][self.tracks[index].codec]

    def start(self, packetType: int) -> bytearray:
        """
        @return: the first byte, and all ModEx parts.
        """
        high = 9 if self.typeID == AUDIO else 8 | self.frameType
        types = [*[MODEX] * len(self.modEx), packetType]
        written = bytearray((high << 4 | types[0],))
        for data, following in zip(self.modEx, types[1:], strict=True):
            if len(data) < 256:
                written.append(len(data) - 1)
            else:
                written += b"\xff" + (len(data) - 1).to_bytes(2, "big")
            written += data + bytes((following,))
        return written

    def single(self) -> bytes:
        """
        @return: the first track alone.
        """
        track = self.tracks[0]
        fourCC = self.codec().encode("latin-1")
        return bytes(self.start(self.packetType) + fourCC + track.body)

    def multitrack(self, form: int) -> bytes:
        """
        @param form: 0 for one track, 1 for many of the first one's codec, 2 for
            many with a codec each.
        """
        written = self.start(MULTITRACK[self.typeID])
        written.append(form << 4 | self.packetType)
        if form < 2:
            written += self.codec().encode("latin-1")
        for index, track in enumerate(self.tracks if form else self.tracks[:1]):
            if form == 2:
                written += self.codec(index).encode("latin-1")
            written.append(track.number)
            if form:
                written += len(track.body).to_bytes(3, "big")
            written += track.body
        return bytes(written)


PARTS = st.one_of(
    st.binary(min_size=1, max_size=6), st.sampled_from((255, 256, 257)).map(bytes)
)
TRACKS = st.lists(
    st.builds(
        Track,
        st.one_of(st.integers(0, 255), st.sampled_from((0, 0, 1))),
        st.integers(0, 6),
        st.binary(max_size=9),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda track: track.number,
)


def enhanced(typeID: int) -> st.SearchStrategy[Enhanced]:
    """
    @return: payloads of audio or video.
    """
    return st.builds(
        Enhanced,
        st.just(typeID),
        st.sampled_from((1, 2, 1, 1, 0, 3, 4, 5, 7)),
        st.sampled_from((0, 1, 3, 1, 3, 2, 4, 5, 8, 15)).filter(
            lambda packetType: packetType != MULTITRACK[typeID]
        ),
        st.lists(PARTS, max_size=3),
        TRACKS,
    )


ENHANCED = st.one_of(enhanced(VIDEO), enhanced(AUDIO))


def kind(payload: Enhanced, hasDefault: bool) -> Kind:
    """
    @param hasDefault: whether track 0 is in it.
    @return: what it is by the book.
    """
    found = KINDS[payload.typeID].get(payload.packetType, Kind.OTHER)
    opens = payload.typeID == VIDEO and payload.frameType == KEY and hasDefault
    return Kind.KEYFRAME if found is Kind.FRAME and opens else found


def isCommand(payload: Enhanced) -> bool:
    """
    @return: whether there is a command where the codec would be.
    """
    video = payload.typeID == VIDEO and payload.frameType == COMMAND
    return video and payload.packetType != METADATA


class EnhancedPropertyTests(SynchronousTestCase):
    """
    Enhanced payloads.
    """

    def described(
        self, payload: Enhanced, form: int | None, expected: Description
    ) -> None:
        """
        A payload is what it is expected to be, unless it is a command.

        @param form: see L{Enhanced.multitrack}; L{None} for a single track.
        """
        written = payload.single() if form is None else payload.multitrack(form)
        # Around many tracks the first packet type, multitrack, is no metadata.
        isMany = payload.frameType == COMMAND and payload.typeID == VIDEO
        if isCommand(payload) or (form is not None and isMany):
            expected = Description(Kind.OTHER)
        self.assertEqual(describe(payload.typeID, written), expected)

    @given(ENHANCED)
    @SETTINGS
    def test_single(self, payload: Enhanced) -> None:
        """
        A payload of one track is what its packet type says, in its codec,
        however many ModEx parts are in front.
        """
        expected = Description(kind(payload, True), payload.codec())
        self.described(payload, None, expected)

    @given(ENHANCED, st.integers(0, 2))
    @SETTINGS
    def test_multitrack(self, payload: Enhanced, form: int) -> None:
        """
        One of many tracks has all their numbers, in order, and the codec of the
        lowest; it opens a group of pictures only with the default one.
        """
        tracks = payload.tracks if form else payload.tracks[:1]
        numbers = tuple(sorted(track.number for track in tracks))
        first = [track.number for track in tracks].index(numbers[0])
        codec = payload.codec(first if form == 2 else 0)
        expected = Description(kind(payload, numbers[0] == 0), codec, numbers)
        self.described(payload, form, expected)

    @given(ENHANCED, st.integers(17, 40))
    @settings(SETTINGS, max_examples=40)
    def test_endlessModEx(self, payload: Enhanced, count: int) -> None:
        """
        Of a header that goes on and on nothing is known.
        """
        written = payload._replace(modEx=[b"x"] * count).single()
        self.assertEqual(describe(payload.typeID, written), Description(Kind.OTHER))

    @given(ENHANCED)
    @settings(SETTINGS, max_examples=80)
    def test_cutOff(self, payload: Enhanced) -> None:
        """
        A payload that ends anywhere in its header is of some kind, and one that
        ends behind it is what it was.
        """
        written = payload.single()
        whole = describe(payload.typeID, written)
        end = len(written) - len(payload.tracks[0].body)
        for length in range(len(written)):
            found = describe(payload.typeID, written[:length])
            self.assertIn(found.kind, Kind)
            if length >= end:
                self.assertEqual(found, whole)

    @given(ENHANCED, st.integers(0, 2))
    @SETTINGS
    def test_forBrowsers(self, payload: Enhanced, form: int) -> None:
        """
        What browsers get of the default track does not depend on what is wrapped
        around it; of other tracks they get nothing.
        """
        number = payload.tracks[0].number
        plain = FLVTag(payload.typeID, 9, payload._replace(modEx=[]).single())
        expected = compatible(plain)
        wrapped = [payload.single()]
        if number == 0 and payload.frameType != COMMAND:
            wrapped.append(payload.multitrack(form))
        for written in wrapped:
            found = compatible(FLVTag(payload.typeID, 9, written))
            self.assertEqual(bodyOf(found), bodyOf(expected))
        if all(track.number for track in payload.tracks):
            other = FLVTag(payload.typeID, 9, payload.multitrack(form))
            self.assertIsNone(compatible(other))


def bodyOf(tag: FLVTag | None) -> bytes | None:
    """
    @return: what is in a tag, if there is one.
    """
    return None if tag is None else tag.body
