"""
Tests of L{rtmptwisted.flvfile}.
"""

from __future__ import annotations

import os

from rtmptwisted.flvfile import FLVFile
from tests.flv_reader import readFLV
from tests.media import frame, keyframe, metadataOf, plain
from tests.recorder_support import FULL, RecorderTestCase


class FLVFileTests(RecorderTestCase):
    """
    Tests of L{FLVFile}.
    """

    def test_mode(self) -> None:
        """
        A recording can be read by others, and written by its owner only.
        """
        file = FLVFile(os.path.join(self.root, "a", "b"), "c")
        self.addCleanup(file.close)
        self.assertEqual(os.stat(file.path).st_mode & 0o777, 0o644 & ~_umask())

    def test_tooMany(self) -> None:
        """
        The search for a free name has an end.
        """
        for number in range(1000):
            name = f"x-{number}.flv" if number else "x.flv"
            with open(os.path.join(self.root, name), "w"):
                pass
        with self.assertRaises(FileExistsError):
            FLVFile(self.root, "x")

    def test_diskFillsUp(self) -> None:
        """
        When the disk fills up inside a write, the file still ends with a whole
        tag, and can be finished.
        """
        file = FLVFile(self.root, "x")
        file.begin({}, True, True)
        file.write([keyframe(0).encoded()])
        real = os.write

        def half(descriptor: int, data: bytes) -> int:
            if len(data) < 50:
                raise FULL
            return real(descriptor, data[: len(data) // 2])

        self.patch(os, "write", half)
        with self.assertRaises(OSError):
            file.write([frame(40, 300).encoded(), frame(80, 300).encoded()])
        self.patch(os, "write", real)
        file.finish(0, True, True)
        with open(file.path, "rb") as written:
            data = written.read()
        self.assertEqual(readFLV(data).media, plain(keyframe(0)))
        self.assertEqual(metadataOf(readFLV(data))["filesize"], float(len(data)))

    def test_manyPieces(self) -> None:
        """
        Pieces are joined 256 at a time, so that a long backlog is not twice in
        memory; all of them are in the file, in order.
        """
        file = FLVFile(self.root, "x")
        file.begin({}, True, True)
        sizes = []
        real = os.write

        def noting(descriptor: int, data: bytes) -> int:
            sizes.append(len(data))
            return real(descriptor, data)

        self.patch(os, "write", noting)
        tags = [frame(40 * n) for n in range(600)]
        before = file.size
        file.write([tag.encoded() for tag in tags])
        one = len(tags[0].encoded())
        self.assertEqual(sizes, [256 * one, 256 * one, 88 * one])
        self.assertEqual(file.size, before + 600 * one)
        file.write([])
        self.assertEqual(len(sizes), 3)
        file.finish(40, True, True)
        with open(file.path, "rb") as written:
            data = written.read()
        self.assertEqual(len(data), file.size)
        self.assertEqual(readFLV(data).media, plain(*tags))

    def test_fillsUpAmongMany(self) -> None:
        """
        When a later part of many pieces fails, none of that call is in the
        file; the calls before are.
        """
        file = FLVFile(self.root, "x")
        file.begin({}, True, True)
        file.write([keyframe(0).encoded()])
        size, calls = file.size, []
        real = os.write

        def twice(descriptor: int, data: bytes) -> int:
            calls.append(len(data))
            if len(calls) > 2:
                raise FULL
            return real(descriptor, data)

        self.patch(os, "write", twice)
        with self.assertRaises(OSError):
            file.write([frame(40 * n).encoded() for n in range(600)])
        self.patch(os, "write", real)
        self.assertEqual((len(calls), file.size), (3, size))
        file.finish(0, True, True)
        with open(file.path, "rb") as written:
            data = written.read()
        self.assertEqual(len(data), size)
        self.assertEqual(readFLV(data).media, plain(keyframe(0)))

    def test_shortWrites(self) -> None:
        """
        A system that takes a few bytes at a time gets all of them.
        """
        real = os.write
        self.patch(os, "write", lambda to, data: real(to, data[:7]))
        file = FLVFile(self.root, "x")
        file.begin({}, True, True)
        file.write([keyframe(0).encoded(), frame(40).encoded()])
        file.finish(40, True, True)
        with open(file.path, "rb") as written:
            contents = readFLV(written.read())
        self.assertEqual(contents.media, plain(keyframe(0), frame(40)))

    def test_closeTwice(self) -> None:
        """
        Closing twice does no harm.
        """
        file = FLVFile(self.root, "x")
        file.close()
        file.close()

    def test_metadataLikeAPlaceholder(self) -> None:
        """
        Metadata that looks like the place for the duration is not touched.
        """
        file = FLVFile(self.root, "x")
        evil = {"encoder": "duration\0\0", "filesize2": "filesize"}
        file.begin(dict(evil), True, True)
        file.write([keyframe(0).encoded()])
        file.finish(1500, True, True)
        with open(file.path, "rb") as written:
            data = written.read()
        self.assertEqual(
            metadataOf(readFLV(data)),
            {"duration": 1.5, "filesize": float(len(data)), **evil},
        )


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
