"""
Tests of L{rtmptwisted.flvfile}: what is in the files.
"""

from __future__ import annotations

import struct
from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from rtmptwisted.flvfile import FilePolicy
from rtmptwisted.wire.flv import FLVTag
from tests.flv_reader import VIDEO
from tests.flv_support import SMALL, FileTestCase, Verified, show
from tests.media import (
    audio,
    audioHeader,
    configuration,
    frame,
    keyframe,
    plain,
    videoHeader,
)

_MAKERS = (keyframe, frame, audio, videoHeader, audioHeader, configuration)

#: What comes, and so many milliseconds after the tag before it.
_TAGS = st.lists(st.tuples(st.sampled_from(_MAKERS), st.integers(0, 3000)), max_size=60)


def placed(drawn: list[tuple[object, int]]) -> list[FLVTag]:
    """
    @return: tags at times that never fall.
    """
    time, tags = 0, []
    for make, pause in drawn:
        assert callable(make)
        time += pause
        tags.append(make(time))
    return tags


class ContentsTests(FileTestCase):
    """
    What L{FLVFile} writes.
    """

    def test_finished(self) -> None:
        """
        A finished file has all tags; its index has the first sequence header, and
        each keyframe at its place and time.
        """
        tags = show(4)
        found = Verified(self.read(self.written(*tags)))
        self.assertEqual(found.media, plain(*tags))
        self.assertEqual([time for _, time in found.index], [0, 0, 400, 800, 1200])
        self.assertEqual(found.metadata["width"], 320.0)
        self.assertEqual(found.metadata["videocodecid"], 7.0)
        self.assertEqual(found.metadata["audiocodecid"], 10.0)

    @settings(max_examples=80, deadline=None)
    @given(_TAGS, st.integers(0, 9), st.integers(1, 20))
    def test_anyTags(
        self, drawn: list[tuple[object, int]], room: int, chunk: int
    ) -> None:
        """
        Whatever tags come, however many at a time, and however little room the
        index has: each entry is right, and so are the numbers.
        """
        tags = placed(drawn)
        file = self.make(policy=replace(SMALL, keyframes=room))
        for start in range(0, len(tags), chunk):
            self.clock.advance(0.3)
            file.append(tags[start : start + chunk])
            Verified(self.read(file.path), complete=False)
        file.finish()
        found = Verified(self.read(file.path))
        self.assertEqual(found.media, plain(*tags))
        self.assertLessEqual(len(found.index), room)

    def test_unfinished(self) -> None:
        """
        While it is written, the head says what is there: the index at once, the
        duration when half a second has passed.
        """
        file = self.make()
        file.append([videoHeader(), keyframe(0), frame(40)])
        found = Verified(self.read(file.path), complete=False)
        self.assertEqual(len(found.index), 2)
        self.assertEqual(found.metadata["duration"], 0.04)
        file.append([frame(80)])
        found = Verified(self.read(file.path), complete=False)
        self.assertEqual(found.metadata["duration"], 0.04)
        self.clock.advance(0.5)
        file.append([frame(120)])
        data = self.read(file.path)
        found = Verified(data, complete=False)
        self.assertEqual(found.metadata["duration"], 0.12)
        self.assertEqual(found.metadata["filesize"], len(data))
        self.assertEqual((file.duration, file.size), (120, len(data)))

    def test_expected(self) -> None:
        """
        Before the first frame the head says which kinds are expected, from then on
        which there are.
        """
        for hasAudio, hasVideo in ((True, False), (False, True), (True, True)):
            file = self.make(hasAudio=hasAudio, hasVideo=hasVideo)
            data = self.read(file.path)
            found = Verified(data, complete=False).metadata
            self.assertEqual(data[4], hasAudio << 2 | hasVideo)
            self.assertEqual(
                (found["hasAudio"], found["hasVideo"]), (hasAudio, hasVideo)
            )
            self.assertEqual("audiocodecid" in found, hasAudio)
            self.assertEqual("videocodecid" in found, hasVideo)
            file.append([videoHeader(), keyframe(0)])
            self.assertEqual(self.read(file.path)[4], 1)

    def test_nothing(self) -> None:
        """
        A file without a frame is a good file when it is finished.
        """
        found = Verified(self.read(self.written()))
        self.assertEqual((found.media, found.index), ([], []))
        self.assertEqual(found.metadata["duration"], 0.0)

    def test_sound(self) -> None:
        """
        A file of sound alone can be entered every five seconds.
        """
        tags = [audioHeader(), *(audio(time) for time in range(0, 21_000, 20))]
        found = Verified(self.read(self.written(*tags)))
        times = [time for _, time in found.index]
        self.assertEqual(times, [0, 0, 5000, 10_000, 15_000, 20_000])

    def test_soundWithoutHeader(self) -> None:
        """
        Where nothing sets decoders up, as with MP3, the first two frames are in the
        index: some players leave out the first entry.
        """
        tags = [FLVTag(8, time, b"\x2f\xff\xfb") for time in range(0, 11_000, 26)]
        found = Verified(self.read(self.written(*tags)))
        times = [time for _, time in found.index]
        self.assertEqual(times, [0, 26, 5044, 10_062])

    def test_soundFirst(self) -> None:
        """
        When a picture comes after minutes of sound, the index has its keyframes.
        """
        tags = [audioHeader(), *(audio(time) for time in range(0, 60_000, 100))]
        tags += [videoHeader(60_000), keyframe(60_000), frame(60_040), keyframe(62_000)]
        found = Verified(self.read(self.written(*tags)))
        self.assertEqual([time for _, time in found.index], [0, 60_000, 62_000])

    def test_thinned(self) -> None:
        """
        A full index keeps every second keyframe, then every fourth; the first one
        stays, and the others are spread evenly.
        """
        tags = [videoHeader(), *(keyframe(1000 * number) for number in range(100))]
        found = Verified(self.read(self.written(*tags)))
        times = [time // 1000 for _, time in found.index]
        self.assertEqual(times, [0, *range(0, 100, 8)])

    def test_roundedDown(self) -> None:
        """
        Times in seconds are the right milliseconds for players, who round down:
        1.001 would be 1000 for them.
        """
        random = Random(5)
        times = sorted({random.randrange(2**32) for _ in range(2000)} | {1001, 2003})
        tags = [videoHeader(), *(keyframe(time, 20) for time in times)]
        path = self.written(*tags, policy=replace(SMALL, keyframes=3000))
        found = Verified(self.read(path))
        self.assertEqual([time for _, time in found.index], [0, *times])

    def test_metadata(self) -> None:
        """
        What the publisher says of a file, or what only we can say, is left out;
        metadata that looks like our index does no harm.
        """
        evil = "\0\x09keyframes\x03\0\x0dfilepositions\x0a\0\0\0\x01"
        path = self.written(
            *show(2),
            metadata={
                "keyframes": {"times": [9.0], "filepositions": [1.0]},
                "filler": ["x"],
                "complete": "yes",
                "metadatacreator": "somebody",
                "duration": 77.0,
                "cuePoints": [],
                "comment": evil,
                "hasVideo": False,
            },
        )
        found = Verified(self.read(path))
        self.assertEqual(found.metadata["comment"], evil)
        self.assertNotIn("cuePoints", found.metadata)
        self.assertTrue(found.metadata["metadatacreator"].startswith("rtmptwisted "))

    def test_hugeMetadata(self) -> None:
        """
        Metadata that does not fit into a tag is left out.
        """
        file = self.make(metadata={"a": "x" * 0x1000000})
        self.assertLess(file.size, 2000)

    def test_size(self) -> None:
        """
        The head takes 18 bytes for each entry that there is room for.
        """
        sizes = [
            self.make(policy=FilePolicy(keyframes=room)).size for room in (0, 1, 4096)
        ]
        self.assertEqual(sizes[1] - sizes[0], 18)
        self.assertEqual(sizes[2] - sizes[0], 18 * 4096)

    def test_enhanced(self) -> None:
        """
        Codecs of Enhanced RTMP are named by their four characters.
        """
        tags = [
            FLVTag(VIDEO, 0, b"\x90hvc1\x01"),
            FLVTag(VIDEO, 0, b"\x91hvc1\0\0\0data"),
            FLVTag(8, 0, b"\x90Opus"),
        ]
        path = self.written(*tags)
        data = self.read(path)
        hvc1 = int.from_bytes(b"hvc1", "big")
        opus = int.from_bytes(b"Opus", "big")
        self.assertIn(b"videocodecid\0" + _double(hvc1), data)
        self.assertIn(b"audiocodecid\0" + _double(opus), data)


def _double(value: float) -> bytes:
    return struct.pack(">d", value)
