"""
Tests of L{rtmptwisted.diskfile}.
"""

from __future__ import annotations

import contextlib
import os
import socket
import tempfile
from pathlib import Path
from stat import S_IFDIR, S_IFMT, S_IFREG

from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.diskfile import DiskFile, namesOf, openBelow


def descriptors() -> int:
    """
    @return: how many regular files and folders this process has open.
    """
    kinds = []
    for name in os.listdir("/dev/fd"):
        # One of them is that of the list itself, which is closed by now.
        with contextlib.suppress(OSError):
            kinds.append(S_IFMT(os.fstat(int(name)).st_mode))
    # The reactor, which may come into being meanwhile, has none of these.
    return sum(kinds.count(kind) for kind in (S_IFREG, S_IFDIR))


class NamesTests(SynchronousTestCase):
    """
    Tests of L{namesOf}.
    """

    def test_names(self) -> None:
        """
        A path is the names between its slashes, without their escapes.
        """
        for path, names in (
            (b"x.flv", ["x.flv"]),
            (b"live/show-1.flv", ["live", "show-1.flv"]),
            (b"a/b/c/d.flv", ["a", "b", "c", "d.flv"]),
            (b"a%20b/%63.flv", ["a b", "c.flv"]),
            (b"caf%C3%A9.flv", ["caf\N{LATIN SMALL LETTER E WITH ACUTE}.flv"]),
            (b"a%2541.flv", ["a%41.flv"]),
            (b"a../b...flv", ["a..", "b...flv"]),
        ):
            self.assertEqual(namesOf(path), names, path)

    def test_refused(self) -> None:
        """
        What leads elsewhere, in whatever way it is written, what is hidden, and what
        is no recording, is no path.
        """
        for path in (
            b"",
            b"/",
            b"/x.flv",
            b"//x.flv",
            b"a//x.flv",
            b"a/",
            b"a/x.flv/",
            b"../x.flv",
            b"a/../x.flv",
            b"a/./x.flv",
            b"./x.flv",
            b"%2e%2e/x.flv",
            b"%2E%2E/x.flv",
            b".%2e/x.flv",
            b"a%2fx.flv",
            b"..%2fx.flv",
            b"a%2F..%2Fx.flv",
            b"%2fetc%2fx.flv",
            b"a\\x.flv",
            b"..\\x.flv",
            b"%5c..%5cx.flv",
            b"x%00.flv",
            b"x.flv%00",
            b"x%0a.flv",
            b"x%7f.flv",
            b".x.flv",
            b"%2ex.flv",
            b".flv",
            b".hidden/x.flv",
            b"..a/b.flv",
            b"x",
            b"x.FLV",
            b"x.mp4",
            b"x.flv.part",
            b"x.flv~",
            b"a",
            b"%ff.flv",
            b"%c0%ae%c0%ae/x.flv",
            b"%ed%a0%80.flv",
            b"a/" * 3000 + b"x.flv",
        ):
            self.assertIsNone(namesOf(path), path)


class OpenTests(SynchronousTestCase):
    """
    Tests of L{openBelow}.
    """

    def setUp(self) -> None:
        """
        Make a folder with a file beside it.
        """
        folder = tempfile.TemporaryDirectory(prefix="rtmptwisted-diskfile-")
        self.addCleanup(folder.cleanup)
        self.top = Path(folder.name)
        self.root = self.top / "root"
        (self.root / "a" / "b").mkdir(parents=True)
        (self.root / "a" / "b" / "x.flv").write_bytes(b"inside")
        (self.top / "out").mkdir()
        (self.top / "out" / "x.flv").write_bytes(b"outside")

    def open(self, *names: str) -> DiskFile:
        """
        Open a file.
        """
        file = openBelow(str(self.root), names)
        self.addCleanup(file.close)
        return file

    def refused(self, *names: str) -> None:
        """
        Assert that a file cannot be opened, and that nothing stays open.
        """
        before = descriptors()
        with self.assertRaises(OSError, msg=names):
            openBelow(str(self.root), names)
        self.assertEqual(descriptors(), before)

    def test_open(self) -> None:
        """
        A file below the folder is opened, and one descriptor is.
        """
        before = descriptors()
        file = openBelow(str(self.root), ["a", "b", "x.flv"])
        self.assertEqual((file.size, file.read(0, 6)), (6, b"inside"))
        self.assertEqual(descriptors(), before + 1)
        file.close()
        self.assertEqual(descriptors(), before)

    def test_missing(self) -> None:
        """
        What is not there cannot be opened, nor what is no file.
        """
        self.refused("none.flv")
        self.refused("a", "none", "x.flv")
        self.refused("a", "b", "x.flv", "x.flv")
        self.refused("a", "b")
        (self.root / "folder.flv").mkdir()
        self.refused("folder.flv")

    def test_links(self) -> None:
        """
        No link below the folder is followed, be it a file or a folder, inside or
        outside; the folder itself may be one.
        """
        links = self.root
        (links / "file.flv").symlink_to(self.top / "out" / "x.flv")
        (links / "inner.flv").symlink_to(self.root / "a" / "b" / "x.flv")
        (links / "folder").symlink_to(self.top / "out")
        (links / "up").symlink_to("..")
        (links / "a" / "deeper").symlink_to("../../out")
        self.refused("file.flv")
        self.refused("inner.flv")
        self.refused("folder", "x.flv")
        self.refused("up", "out", "x.flv")
        self.refused("a", "deeper", "x.flv")
        whole = self.top / "link"
        whole.symlink_to(self.root)
        file = openBelow(str(whole), ["a", "b", "x.flv"])
        self.addCleanup(file.close)
        self.assertEqual(file.read(0, 6), b"inside")

    def test_special(self) -> None:
        """
        A pipe is no recording, and is not waited for; nor is a socket.
        """
        os.mkfifo(self.root / "pipe.flv")
        self.refused("pipe.flv")
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(self.root / "socket.flv"))
            self.refused("socket.flv")

    def test_tag(self) -> None:
        """
        A file that is written to, or another in its place, has another tag; one that
        is only read has the same.
        """
        path = self.root / "t.flv"
        path.write_bytes(b"first")
        tags = [self.open("t.flv").tag, self.open("t.flv").tag]
        self.assertEqual(tags[0], tags[1])
        with path.open("ab") as file:
            file.write(b"more")
        tags.append(self.open("t.flv").tag)
        os.utime(path, ns=(0, 1_500_000_000))
        tags.append(self.open("t.flv").tag)
        other = self.root / "other"
        other.write_bytes(b"otherwise")
        os.utime(other, ns=(0, 1_500_000_000))
        other.replace(path)
        tags.append(self.open("t.flv").tag)
        self.assertEqual(len(set(tags)), 4)
        for tag in tags:
            self.assertRegex(tag, rb'\A"[0-9a-f-]+"\Z')

    def test_modified(self) -> None:
        """
        The time is a whole second, not before the file was written to.
        """
        path = self.root / "t.flv"
        path.write_bytes(b"x")
        for nanoseconds, seconds in ((5 * 10**9, 5), (5 * 10**9 + 1, 6), (0, 0)):
            os.utime(path, ns=(0, nanoseconds))
            self.assertEqual(self.open("t.flv").modified, seconds)

    def test_read(self) -> None:
        """
        All bytes that are asked for are read, or none: what is past the end is an
        error.
        """
        file = self.open("a", "b", "x.flv")
        self.assertEqual(file.read(2, 3), b"sid")
        with self.assertRaises(OSError):
            file.read(4, 3)
        with self.assertRaises(OSError):
            file.read(100, 1)
        self.assertEqual(file.read(6, 0), b"")
