"""
Tests of L{rtmptwisted.wire.enhanced}: payloads that are cut off, and noise.
"""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.wire.enhanced import unwrap
from tests.enhanced_support import (
    AUDIO_CODECS,
    CODED,
    INTER,
    KEY,
    MANY,
    MANY_CODECS,
    ONE,
    VIDEO_CODECS,
    ModEx,
    Track,
    multitrack,
    nanoseconds,
    plain,
    tracksIn,
)
from tests.flv_reader import AUDIO, VIDEO

TRACKS = [Track(1, "avc1", b"first"), Track(0, "hvc1", b""), Track(9, "av01", b"3rd")]

#: One payload of each form.
FORMS = [
    (media, payload)
    for media in (AUDIO, VIDEO)
    for modEx in ((), (nanoseconds(7),), (ModEx(b"long", 3, True), nanoseconds(0)))
    for payload in (
        plain(media, CODED, "hvc1", b"body", KEY, modEx),
        multitrack(media, ONE, CODED, TRACKS[:1], KEY, modEx),
        multitrack(media, MANY, CODED, TRACKS, KEY, modEx),
        multitrack(media, MANY_CODECS, CODED, TRACKS, KEY, modEx),
    )
]


class TruncationTests(SynchronousTestCase):
    """
    Payloads that end too early, or are noise.
    """

    def test_everyByte(self) -> None:
        """
        A payload that is cut off at any byte has the tracks that are whole, in
        order, or nothing; the last of them may be shorter only where nothing
        says how long it is.
        """
        for media, payload in FORMS:
            whole = tracksIn(media, payload)
            assert whole is not None
            for size in range(len(payload)):
                part = tracksIn(media, payload[:size])
                if not part:
                    continue
                *before, last = part
                self.assertEqual(before, whole[: len(before)])
                expected = whole[len(before)]
                self.assertEqual(last[:2], expected[:2], payload[:size])
                if last.body != expected.body:
                    self.assertEqual(len(whole), 1)
                    self.assertTrue(expected.body.startswith(last.body))

    def test_cutTrack(self) -> None:
        """
        A track that is longer than the payload is left out, and those before it
        are not.
        """
        payload = multitrack(VIDEO, MANY, CODED, TRACKS)
        first = TRACKS[0]._replace(codec="avc1")
        second = TRACKS[1]._replace(codec="avc1")
        self.assertEqual(tracksIn(VIDEO, payload[:-1]), [first, second])
        self.assertIsNone(unwrap(VIDEO, payload[: 6 + 4 + len(first.body) - 1]))

    @given(st.sampled_from((AUDIO, VIDEO)), st.binary(max_size=60))
    @settings(max_examples=1000, deadline=None, derandomize=True)
    def test_noise(self, media: int, rest: bytes) -> None:
        """
        Noise is nothing, or its parts lie inside it, in order, one behind the
        other.
        """
        for first in (0x90, 0x95, 0x96, 0x97, 0xD7):
            payload = bytes((first,)) + rest
            packet = unwrap(media, payload)
            if packet is None:
                continue
            position = 0
            for part in packet.parts:
                self.assertLess(position, part.start)
                self.assertLessEqual(part.start, part.stop)
                self.assertLessEqual(part.stop, len(payload))
                self.assertEqual(len(part.codec), 4)
                position = part.stop

    @given(
        st.sampled_from((AUDIO, VIDEO)),
        st.sampled_from((MANY, MANY_CODECS)),
        st.lists(
            st.builds(
                Track,
                st.integers(0, 255),
                st.sampled_from((*VIDEO_CODECS, *AUDIO_CODECS)),
                st.binary(max_size=300),
            ),
            min_size=1,
            max_size=8,
        ),
        st.lists(
            st.builds(
                ModEx,
                st.binary(min_size=1, max_size=400),
                st.integers(0, 15),
                st.booleans(),
            ),
            max_size=3,
        ),
    )
    @settings(max_examples=300, deadline=None, derandomize=True)
    def test_anyTracks(
        self, media: int, kind: int, tracks: list[Track], modEx: list[ModEx]
    ) -> None:
        """
        Whatever tracks there are, behind whatever ModEx, are found.
        """
        if kind == MANY:
            tracks = [track._replace(codec=tracks[0].codec) for track in tracks]
        payload = multitrack(media, kind, CODED, tracks, INTER, modEx)
        self.assertEqual(tracksIn(media, payload), tracks)
