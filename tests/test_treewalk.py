"""
Tests of L{rtmptwisted.treewalk}.
"""

from __future__ import annotations

import os
from pathlib import Path

from rtmptwisted import treewalk
from rtmptwisted.treewalk import walk
from tests.playback_support import FolderTestCase


def touch(path: Path, second: int) -> None:
    """
    Let a file or a folder have changed last at that time.
    """
    os.utime(path, ns=(second * 10**9, second * 10**9))


class WalkTests(FolderTestCase):
    """
    Tests of L{walk}.
    """

    def paths(self, count: int = 100) -> tuple[set[str], bool]:
        """
        @return: what is found, and whether there is more.
        """
        found, more = walk(str(self.root), count)
        return {each.path for each in found}, more

    def test_found(self) -> None:
        """
        Recordings are found at any depth, with their sizes and times.
        """
        for name in ("a.flv", "live/b.flv", "x/y/z/c d.flv"):
            path = self.record(name, name.encode())
            touch(path, len(name))
        found, more = walk(str(self.root), 10)
        self.assertEqual(
            {(each.path, each.size, each.modified) for each in found},
            {
                (name, len(name), len(name) * 10**9)
                for name in ("a.flv", "live/b.flv", "x/y/z/c d.flv")
            },
        )
        self.assertFalse(more)

    def test_leftOut(self) -> None:
        """
        Only what can be asked for is found: no hidden files, no other endings, no
        links, no pipes, no names that are not UTF-8.
        """
        self.record("a.flv")
        for name in (
            ".b.flv",
            ".c/d.flv",
            "e.txt",
            "f.FLV",
            "back\\slash.flv",
            "n\n.flv",
        ):
            self.record(name)
        (self.root / "g.flv").symlink_to(self.root / "a.flv")
        (self.root / "h").symlink_to(self.root.parent)
        (self.root / "i.flv").mkdir()
        os.mkfifo(self.root / "j.flv")
        with open(os.fsencode(self.root) + b"/\xff.flv", "wb"):
            pass
        self.assertEqual(self.paths(), ({"a.flv"}, False))

    def test_latest(self) -> None:
        """
        When there are more than are wanted, the latest are found.
        """
        for number in range(20):
            touch(self.record(f"{number % 3}/{number}.flv"), 1000 + number)
        expected = {f"{number % 3}/{number}.flv" for number in range(15, 20)}
        self.assertEqual(self.paths(5), (expected, True))
        self.assertEqual(len(self.paths(20)[0]), 20)
        self.assertFalse(self.paths(20)[1])

    def test_bounded(self) -> None:
        """
        When there is more than can be looked at, it is the folders in which something
        came last that are.
        """
        self.patch(treewalk, "MOST_LOOKED_AT", 30)
        for folder in range(10):
            for number in range(10):
                touch(self.record(f"{folder}/{number}.flv"), 1000)
            touch(self.root / str(folder), 2000 + folder % 7)
        found, more = self.paths(1000)
        self.assertTrue(more)
        # 10 folders, and 20 files: the last two whole ones, of 6 and of 5.
        self.assertEqual({each.split("/")[0] for each in found}, {"6", "5"})

    def test_gone(self) -> None:
        """
        What is not there has nothing in it.
        """
        self.root.rmdir()
        self.assertEqual(self.paths(), (set(), False))

    def test_goneMeanwhile(self) -> None:
        """
        A recording that is deleted while its folder is looked at is left out, and no
        other.
        """
        paths = [str(self.record(f"{number}.flv")) for number in range(5)]
        isRecording = treewalk._isRecording
        gone = ""

        def deleting(entry: os.DirEntry[str]) -> bool:
            nonlocal gone
            if not gone:
                gone = entry.name
                os.unlink(entry.path)
            return isRecording(entry)

        self.patch(treewalk, "_isRecording", deleting)
        expected = set(map(os.path.basename, paths))
        found = self.paths()[0]
        self.assertEqual(found, expected - {gone})

    def test_deep(self) -> None:
        """
        Folders are not followed down without end.
        """
        self.record("/".join(["d"] * 100) + "/x.flv")
        self.record("/".join(["e"] * 20) + "/x.flv")
        self.assertEqual(self.paths()[0], {"/".join(["e"] * 20) + "/x.flv"})
