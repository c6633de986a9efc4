"""
Tests of L{rtmptwisted.flvfile}: what it does on the disk.
"""

from __future__ import annotations

import fcntl
import math
import os
from dataclasses import replace

from tests.flv_support import (
    BROKEN,
    FULL,
    SMALL,
    FileTestCase,
    Verified,
    failing,
    show,
)
from tests.media import frame, keyframe


class CreationTests(FileTestCase):
    """
    New files.
    """

    def test_names(self) -> None:
        """
        Folders are made, and a name that is taken gets a number.
        """
        paths = [self.make("live/a/cam").path for _ in range(3)]
        names = [os.path.relpath(path, self.root) for path in paths]
        self.assertEqual(
            names, ["live/a/cam.flv", "live/a/cam-1.flv", "live/a/cam-2.flv"]
        )

    def test_mode(self) -> None:
        """
        Permissions are those of the policy, whatever the umask.
        """
        self.addCleanup(os.umask, os.umask(0o077))
        for mode in (0o644, 0o600, 0o664):
            file = self.make(policy=replace(SMALL, mode=mode))
            self.assertEqual(os.stat(file.path).st_mode & 0o777, mode)

    def test_symbolicLink(self) -> None:
        """
        A link where the file should be is not followed.
        """
        os.symlink(os.path.join(self.root, "target"), os.path.join(self.root, "x.flv"))
        file = self.make("x")
        self.assertEqual(os.path.basename(file.path), "x-1.flv")
        self.assertFalse(os.path.exists(os.path.join(self.root, "target")))

    def test_tooMany(self) -> None:
        """
        The search for a free name has an end.
        """
        for number in range(1000):
            self.put(b"", f"x-{number}.flv" if number else "x.flv")
        with self.assertRaises(FileExistsError):
            self.make("x")

    def test_nothingLeft(self) -> None:
        """
        When the head cannot be written, neither file nor folders are left behind,
        and no descriptor.
        """
        self.put(b"", "stays")
        before = len(os.listdir("/proc/self/fd"))
        for error in (FULL, BROKEN):
            self.patch(os, "pwrite", failing(error))
            with self.assertRaises(OSError):
                self.make("a/b/c")
        self.assertEqual(self.files(), ["stays"])
        self.assertEqual(len(os.listdir("/proc/self/fd")), before)

    def test_folderIsAFile(self) -> None:
        """
        What cannot be made is an error, and what was made for it is removed.
        """
        self.put(b"", "a")
        with self.assertRaises(OSError):
            self.make("a/b/c")
        self.assertEqual(self.files(), ["a"])

    def test_locked(self) -> None:
        """
        It is locked until it is finished.
        """
        file = self.make()
        with open(file.path, "rb") as other:
            with self.assertRaises(BlockingIOError):
                fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
            file.finish()
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def test_lockedLater(self) -> None:
        """
        When somebody else has it locked in the moment it is made, it is locked with
        the next tags.
        """
        real, calls = fcntl.flock, []

        def busy(descriptor: int, operation: int) -> None:
            calls.append(operation)
            if len(calls) == 1:
                raise BlockingIOError
            real(descriptor, operation)

        self.patch(fcntl, "flock", busy)
        file = self.make()
        for _ in range(3):
            file.append([keyframe(0)])
        self.assertEqual(len(calls), 2)

    def test_vanished(self) -> None:
        """
        It is noticed when the file is deleted, when its folder is, and when another
        file has its name.
        """
        file = self.make("a/b")
        self.assertFalse(file.isVanished())
        os.rename(file.path, file.path + "2")
        self.assertTrue(file.isVanished())
        with open(file.path, "wb"):
            pass
        self.assertTrue(file.isVanished())
        os.rename(file.path + "2", file.path)
        self.assertFalse(file.isVanished())
        os.rename(os.path.dirname(file.path), os.path.join(self.root, "c"))
        self.assertTrue(file.isVanished())

    def test_finishedTwice(self) -> None:
        """
        Finishing twice does no harm; nothing can be written behind the end.
        """
        file = self.make()
        file.finish()
        file.finish()
        with self.assertRaises(ValueError):
            file.append([keyframe(0)])
        self.assertFalse(file.isVanished())


class SyncTests(FileTestCase):
    """
    When what was written is put on the disk.
    """

    def count(self, syncSeconds: float | None) -> list[int]:
        """
        Write for ten seconds of the clock, every half second, and finish.

        @return: how often there was a sync, before finishing and all in all.
        """
        calls: list[int] = []
        self.patch(os, "fdatasync", calls.append)
        file = self.make(policy=replace(SMALL, syncSeconds=syncSeconds))
        for number in range(20):
            self.clock.advance(0.5)
            file.append([keyframe(500 * number)])
        before = len(calls)
        file.finish()
        return [before, len(calls)]

    def test_policies(self) -> None:
        """
        Every so many seconds, only at the end, or never.
        """
        self.assertEqual(self.count(1.0), [10, 12])
        self.assertEqual(self.count(3.0), [3, 5])
        self.assertEqual(self.count(None), [0, 2])
        self.assertEqual(self.count(math.inf), [0, 0])

    def test_completeLast(self) -> None:
        """
        That a file is complete is not written before all the rest is on the disk,
        exact numbers included.
        """
        states: list[tuple[object, object]] = []

        def look(descriptor: int) -> None:
            data = self.read(file.path)
            complete = b"complete\1\1" in data
            states.append((complete, Verified(data, complete).metadata["duration"]))

        file = self.make()
        file.append(show(1))
        # Too soon for the numbers in the head.
        file.append([frame(777)])
        self.patch(os, "fdatasync", look)
        file.finish()
        self.assertEqual(states, [(False, 0.777), (True, 0.777)])

    def test_folder(self) -> None:
        """
        That the file is there is put on the disk too, with the first tags.
        """
        folders: list[str] = []
        real = os.fsync

        def note(descriptor: int) -> None:
            folders.append(os.readlink(f"/proc/self/fd/{descriptor}"))
            real(descriptor)

        self.patch(os, "fsync", note)
        file = self.make("a/b/c")
        for _ in range(3):
            self.clock.advance(1)
            file.append([keyframe(0)])
        root = os.path.realpath(self.root)
        self.assertEqual(sorted(folders), [root, f"{root}/a", f"{root}/a/b"])
