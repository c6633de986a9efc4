"""
Tests of what is kept for those who join late: headers that are of several tracks,
and the end of a sequence.
"""

from __future__ import annotations

from tests.enhanced_support import (
    COLOUR,
    END,
    START,
    audioStart,
    onTrack,
    onTracks,
    plain,
    tag,
    videoKey,
    videoStart,
)
from tests.flv_reader import AUDIO, VIDEO
from tests.media import plain as asTags
from tests.test_gop import cacheOf
from tests.test_tracks import SetupTestCase, colour, header


class ManyTracksTests(SetupTestCase):
    """
    Headers that are of several tracks.
    """

    BOTH = onTracks(VIDEO, START, "hvc1", (0, b"0"), (1, b"1"))

    def test_once(self) -> None:
        """
        One that is of several tracks is sent once.
        """
        self.check([self.BOTH], [self.BOTH])
        self.check([self.BOTH, self.BOTH], [self.BOTH])

    def test_laterOne(self) -> None:
        """
        A later header of one of its tracks comes behind it, and what it says of
        the others still counts.
        """
        for track in (0, 1):
            self.check(
                [self.BOTH, audioStart("Opus"), header(track, b"new")],
                [self.BOTH, audioStart("Opus"), header(track, b"new")],
            )

    def test_replacedByParts(self) -> None:
        """
        When all of its tracks have newer ones it is not kept.
        """
        new = [header(1, b"new"), header(0, b"new")]
        found = [each.body for each in self.kept(self.BOTH, *new)]
        self.assertCountEqual(found, [each.body for each in new])

    def test_replacesParts(self) -> None:
        """
        It replaces those that were there before.
        """
        self.check(
            [header(0, b"old"), header(1, b"old"), header(2, b"old"), self.BOTH],
            [header(2, b"old"), self.BOTH],
        )

    def test_newOne(self) -> None:
        """
        A later one of the same tracks replaces it and what came between.
        """
        new = onTracks(VIDEO, START, "hvc1", (1, b"new"), (0, b"new"))
        self.check([self.BOTH, header(1, b"old"), new], [new])

    def test_overlapping(self) -> None:
        """
        What came last of a track is what a decoder hears last of it, also where
        headers have only some of their tracks in common.
        """
        other = onTracks(VIDEO, START, "hvc1", (1, b"x"), (2, b"y"))
        again = onTracks(VIDEO, START, "hvc1", (0, b"8"), (1, b"9"))
        self.check([self.BOTH, other], [self.BOTH, other])
        self.check([other, self.BOTH], [other, self.BOTH])
        self.check([self.BOTH, other, again], [other, again])

    def test_trackTwice(self) -> None:
        """
        One that names a track twice is kept once.
        """
        twice = onTracks(VIDEO, START, "hvc1", (1, b"a"), (1, b"b"), (0, b"c"))
        self.check([twice], [twice])

    def test_limit(self) -> None:
        """
        The limit is one of tracks, not of messages: a header of more tracks
        than there is room for is not kept, one of fewer is, and what is known
        can change.
        """
        three = onTracks(VIDEO, START, "hvc1", (0, b"0"), (1, b"1"), (2, b"2"))
        changed = onTracks(VIDEO, START, "hvc1", (0, b"8"), (1, b"9"))
        for tags, expected in (
            ([three], []),
            ([self.BOTH], [self.BOTH]),
            ([self.BOTH, header(2)], [self.BOTH]),
            ([self.BOTH, header(2), changed], [changed]),
            ([self.BOTH, audioStart("Opus")], [self.BOTH]),
        ):
            cache = cacheOf(*tags, setupTags=2)
            self.assertEqual(asTags(*cache.setup(0)), asTags(*expected))


class SequenceEndTests(SetupTestCase):
    """
    The end of a sequence.
    """

    def test_itsTrack(self) -> None:
        """
        It takes back the header of its track, and nothing else: not that of
        other tracks and media, not colours and channels.
        """
        tags = [
            videoStart("hvc1"),
            colour(COLOUR),
            header(1),
            audioStart("Opus"),
            onTrack(AUDIO, START, "Opus", 1, b"a1"),
        ]
        for end, gone in (
            (tag(VIDEO, 0, plain(VIDEO, END, "hvc1")), 0),
            (onTrack(VIDEO, END, "hvc1", 0), 0),
            (onTrack(VIDEO, END, "hvc1", 1), 2),
            (tag(AUDIO, 0, plain(AUDIO, END, "Opus")), 3),
            (onTrack(AUDIO, END, "Opus", 1), 4),
        ):
            self.check([*tags, end], tags[:gone] + tags[gone + 1 :])

    def test_several(self) -> None:
        """
        One that is of several tracks takes back all of theirs.
        """
        end = onTracks(VIDEO, END, "hvc1", (0, b""), (1, b""))
        self.check([header(0), header(2), header(1), end], [header(2)])

    def test_partOfMany(self) -> None:
        """
        Of a header of several tracks the rest still counts.
        """
        both = onTracks(VIDEO, START, "hvc1", (0, b"0"), (1, b"1"))
        self.check([both, onTrack(VIDEO, END, "hvc1", 1)], [both])
        self.check([both, onTracks(VIDEO, END, "hvc1", (0, b""), (1, b""))], [])

    def test_again(self) -> None:
        """
        A sequence that starts again has a header again, and takes no room
        twice.
        """
        end = onTrack(VIDEO, END, "hvc1", 0)
        tags = [header(0), end] * 5 + [header(0, b"new")]
        self.check(tags, [header(0, b"new")])
        cache = cacheOf(*tags, setupTags=1)
        self.assertEqual(asTags(*cache.setup(0)), asTags(header(0, b"new")))

    def test_nothing(self) -> None:
        """
        The end of what never began does no harm.
        """
        self.check([onTrack(VIDEO, END, "hvc1", 200), header(0)], [header(0)])

    def test_insideGroup(self) -> None:
        """
        Who joins before the next keyframe gets the header and the end, each at
        its place; who joins after it gets neither.
        """
        end = tag(VIDEO, 50, plain(VIDEO, END, "hvc1"))
        cache = cacheOf(videoStart("hvc1"), videoKey("hvc1", 0), end)
        self.assertEqual(
            asTags(*cache.snapshot()),
            asTags(videoStart("hvc1"), videoKey("hvc1", 0), end),
        )
        cache.add(videoKey("hvc1", 80))
        self.assertEqual(asTags(*cache.snapshot()), asTags(videoKey("hvc1", 80)))
