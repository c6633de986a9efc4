"""
Tests of L{rtmptwisted.flvsource} and L{rtmptwisted.flvscan}.
"""

from __future__ import annotations

import math
import os
import struct

from hypothesis import given, settings
from hypothesis import strategies as st

from rtmptwisted.errors import FLVError
from rtmptwisted.flvscan import Scan, SeekPoint, seekPoint
from rtmptwisted.flvsource import FLVSource, ScannedTag, readStart
from rtmptwisted.wire.flv import FLVTag, fileHeader, scriptTag
from tests.flv_reader import SCRIPT, Tag, positions, readFLV, readScript
from tests.flv_support import FileTestCase, isKeyframe, show
from tests.media import (
    AVC_CONFIG,
    audio,
    audioHeader,
    frame,
    keyframe,
    plain,
    videoHeader,
)

OTHER_CONFIG = AVC_CONFIG + b"2"


class ScanTests(FileTestCase):
    """
    Tests of L{Scan} and L{readStart}.
    """

    def scan(self, data: bytes) -> tuple[list[ScannedTag], Scan]:
        """
        Go through a file.
        """
        descriptor = os.open(self.put(data), os.O_RDONLY)
        try:
            source = FLVSource(descriptor)
            scan = Scan(source, readStart(source).position)
            return list(scan), scan
        finally:
            os.close(descriptor)

    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.integers(0, 20_000), max_size=12), st.integers(0, 60_000))
    def test_cutAnywhere(self, sizes: list[int], cut: int) -> None:
        """
        All whole tags are found, wherever the file ends and however large they are.
        """
        tags = [FLVTag(9, 40 * n, b"\x27\1" * size) for n, size in enumerate(sizes)]
        data = fileHeader(True, True) + b"".join(tag.encoded() for tag in tags)
        data = data[: 13 + cut]
        found, scan = self.scan(data)
        end = 13
        whole = []
        for tag in tags:
            end += len(tag.encoded())
            if end <= len(data):
                whole.append(tag)
        self.assertEqual(
            [(each.timestamp, each.size) for each in found],
            [(tag.timestamp, len(tag.body)) for tag in whole],
        )
        self.assertEqual(scan.end, 13 + sum(len(tag.encoded()) for tag in whole))
        self.assertEqual(bool(scan.problem), scan.end < len(data))
        for each, tag in zip(found, whole, strict=True):
            self.assertEqual(each.description, tag.description)

    def test_chain(self) -> None:
        """
        It ends where the length behind a tag is not that of the tag.
        """
        data = self.read(self.written(*show(2)))
        places = positions(data)
        damaged = bytearray(data)
        damaged[places[5] - 1] ^= 1
        found, scan = self.scan(bytes(damaged))
        self.assertEqual((len(found), scan.end), (4, places[4]))
        self.assertIn("behind it stands", scan.problem)

    def test_tracks(self) -> None:
        """
        A keyframe of many tracks is one, however far behind the first bytes it
        becomes clear; and one with a long part before its header too.
        """
        part = bytes((0,)) + (5000).to_bytes(3, "big") + bytes(5000)
        many = b"\x96\x11hvc1" + part + bytes((1,)) + part[1:]
        long = b"\x97\xff" + (5000).to_bytes(2, "big") + bytes(5001) + b"\x01hvc1x"
        tags = [FLVTag(9, 0, body) for body in (many, long)]
        self.assertEqual([tag.isKeyframe for tag in tags], [True, True])
        data = fileHeader(True, True) + b"".join(tag.encoded() for tag in tags)
        found, _ = self.scan(data)
        expected = [tag.description for tag in tags]
        self.assertEqual([each.description for each in found], expected)

    def test_strangers(self) -> None:
        """
        What is no FLV file is an error.
        """
        for data in (
            b"",
            b"FLV",
            b"FLX\1\5\0\0\0\x09\0\0\0\0",
            b"FLV\2\5\0\0\0\x09\0\0\0\0",
            b"FLV\1\5\0\0\0\x08\0\0\0\0",
            b"FLV\1\5\xff\0\0\x09\0\0\0\0",
            bytes(100),
        ):
            with self.assertRaises(FLVError):
                self.scan(data)

    def test_longHeader(self) -> None:
        """
        A file header may be longer than usual.
        """
        tag = keyframe(40)
        data = b"FLV\1\5\0\0\0\x0cxyz" + bytes(4) + tag.encoded()
        found, _ = self.scan(data)
        self.assertEqual([each.timestamp for each in found], [40])

    def test_metadataLater(self) -> None:
        """
        A file can begin without metadata, or with some that cannot be read.
        """
        bad = FLVTag(SCRIPT, 0, b"\x02\0\x0aonMetaData\xff")
        for first in (scriptTag(0, "onCuePoint", {}), bad, keyframe(0)):
            data = fileHeader(True, True) + first.encoded() + frame(40).encoded()
            path = self.put(data)
            self.assertEqual(seekPoint(path, 0.01).header[:4], b"FLV\1")
            found, _ = self.scan(data)
            self.assertEqual(len(found), 2)


class SeekTests(FileTestCase):
    """
    Tests of L{seekPoint}.
    """

    def seek(self, path: str, time: float) -> tuple[SeekPoint, list[Tag]]:
        """
        @return: what was found, and the tags that a player gets then.
        """
        point = seekPoint(path, time)
        contents = readFLV(point.header + self.read(path)[point.offset :])
        name, metadata = readScript(contents.tags[0].body)
        assert name == "onMetaData"
        for key in ("keyframes", "filler", "filesize", "complete", "lastsetuplocation"):
            self.assertNotIn(key, metadata)
        self.duration = metadata["duration"]
        return point, contents.tags[1:]

    def test_everyTime(self) -> None:
        """
        Playing begins with the last keyframe at or before the time, behind what sets
        decoders up; in any file.
        """
        tags = show(30)
        ours = self.written(*tags)
        plainFile = self.put(
            fileHeader(True, True) + b"".join(tag.encoded() for tag in tags)
        )
        file = self.make("z")
        file.append(tags)
        for path in (ours, plainFile, file.path):
            for time in range(1, 12_000, 130):
                point, found = self.seek(path, time / 1000)
                expected = time // 400 * 400
                self.assertEqual(point.timestamp, expected)
                heads = plain(videoHeader(expected), audioHeader(expected))
                self.assertEqual(found[:2], heads)
                self.assertTrue(isKeyframe(found[2]))
                self.assertEqual(found[2].timestamp, expected)
                self.assertEqual(self.duration, 11.965)

    def test_outside(self) -> None:
        """
        Times before the beginning, behind the end, and none are borne.
        """
        path = self.written(videoHeader(), audio(0), keyframe(100), frame(140))
        for time, expected in (
            (-5.0, 0),
            (math.nan, 0),
            (0.05, 0),
            (0.1, 100),
            (1e300, 100),
            (math.inf, 100),
        ):
            point, found = self.seek(path, time)
            self.assertEqual(point.timestamp, expected)
            self.assertEqual(found[0].body, AVC_CONFIG)

    def test_setupChanges(self) -> None:
        """
        What comes first is what sets decoders up at that place: not what came
        before, and not what comes later.
        """
        tags = show(2)
        tags += [videoHeader(800, OTHER_CONFIG), keyframe(800), frame(900)]
        tags += [frame(1100), videoHeader(1150), keyframe(1200), frame(1300)]
        path = self.written(*tags)
        for data in (self.read(path), _asStranger(self.read(path))):
            for time, config in (
                (0.5, AVC_CONFIG),
                (1.0, OTHER_CONFIG),
                (1.25, AVC_CONFIG),
            ):
                _, found = self.seek(self.put(data), time)
                headers = [tag.body for tag in found[:2]]
                self.assertEqual(set(headers), {config, audioHeader().body}, time)
                self.assertTrue(isKeyframe(found[2]))

    def test_thinnedIndex(self) -> None:
        """
        A keyframe that the index leaves out is found all the same.
        """
        path = self.written(*show(90))
        for time in range(100, 36_000, 1700):
            self.assertEqual(
                self.seek(path, time / 1000)[0].timestamp, time // 400 * 400
            )

    def test_sound(self) -> None:
        """
        In a file of sound, playing begins with the last frame before the time.
        """
        tags = [audioHeader(), *(audio(20 * number) for number in range(1000))]
        path = self.written(*tags, hasVideo=False)
        for time in (50, 4999, 5000, 12_345):
            point, found = self.seek(path, time / 1000)
            self.assertEqual(point.timestamp, time // 20 * 20)
            self.assertEqual(
                found[:2], plain(audioHeader(point.timestamp), audio(point.timestamp))
            )

    def test_wrongIndex(self) -> None:
        """
        An index that lies is not believed.
        """
        data = self.read(self.written(*show(5)))
        (latest,) = (
            place
            for place, tag in zip(positions(data), readFLV(data).tags, strict=True)
            if isKeyframe(tag) and tag.timestamp == 1600
        )
        for wrong in (13, 20, len(data) - 3, 2**40, latest):
            at = data.index(b"filepositions\x0a") + 18
            damaged = bytearray(data)
            for entry in range(6):
                struct.pack_into(">d", damaged, at + 9 * entry + 1, wrong)
            path = self.put(bytes(damaged))
            self.assertEqual(self.seek(path, 1.3)[0].timestamp, 1200)

    def test_everyByteFlipped(self) -> None:
        """
        Whichever byte of a file is another: there is a place to begin, or an error
        that says what is wrong.
        """
        data = self.read(self.written(*show(2)))
        path = self.put(b"")
        for position in range(len(data)):
            flipped = bytearray(data)
            flipped[position] ^= 0xFF
            with open(path, "r+b") as file:
                file.write(flipped)
            try:
                point = seekPoint(path, 0.5)
            except FLVError:
                continue
            self.assertLessEqual(13, point.offset)
            self.assertLessEqual(point.offset, len(data))
            readFLV(point.header)


def _asStranger(data: bytes) -> bytes:
    return data.replace(b"rtmptwisted", b"rtmptwister", 1)
