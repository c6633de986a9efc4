"""
Tests of L{rtmptwisted.flvfile}: what it does when the disk fails.
"""

from __future__ import annotations

import fcntl
import os
from dataclasses import replace
from typing import Any

from rtmptwisted.errors import FLVError
from tests.flv_support import (
    BROKEN,
    FULL,
    SMALL,
    FileTestCase,
    Verified,
    failing,
    show,
)
from tests.media import frame, keyframe, plain


class Disk:
    """
    What C{os.pwrite} does, with failures.

    @ivar sizes: of the calls so far.
    @ivar fails: which calls raise an error, beginning with 0.
    @ivar most: the most bytes that one call takes.
    """

    def __init__(self, most: int = 1 << 30, *fails: int) -> None:
        self.real = os.pwrite
        self.sizes: list[int] = []
        self.fails = fails
        self.most = most

    def __call__(self, descriptor: int, data: memoryview, position: int) -> int:
        """
        Write some of it, or fail.
        """
        self.sizes.append(len(data))
        if len(self.sizes) - 1 in self.fails:
            raise FULL
        return self.real(descriptor, data[: self.most], position)


class FailureTests(FileTestCase):
    """
    Disks that fail.
    """

    def test_anyCallFails(self) -> None:
        """
        Whichever call fails: the tags of that append are not in the file, those
        before and after are, and head and index are right.
        """
        first, second, third = show(3), show(5)[40:80], show(7)[110:]
        for most in (1 << 30, 400):
            number = 0
            while True:
                file = self.make(policy=replace(SMALL, keyframes=6))
                file.append(first)
                disk = Disk(most, number)
                self.patch(os, "pwrite", disk)
                failed = False
                try:
                    file.append(second)
                except OSError:
                    failed = True
                if failed:
                    # Its own mending has worked.
                    Verified(self.read(file.path), complete=False)
                disk.fails = ()
                file.append(third)
                file.finish()
                self.patch(os, "pwrite", disk.real)
                tags = [*first, *([] if failed else second), *third]
                found = Verified(self.read(file.path))
                self.assertEqual(found.media, plain(*tags))
                if not failed:
                    break
                number += 1
            self.assertGreater(number, 1)

    def test_cannotBeCut(self) -> None:
        """
        When what was half written cannot be cut off either, that is done before the
        next tags, and before finishing.
        """
        for again in (True, False):
            file = self.make()
            file.append(show(1))
            size = file.size
            real = os.ftruncate
            self.patch(os, "ftruncate", failing(BROKEN))
            disk = Disk(100, 2)
            self.patch(os, "pwrite", disk)
            with self.assertRaises(OSError):
                file.append([frame(400, 300)])
            self.patch(os, "pwrite", disk.real)
            self.assertGreater(len(self.read(file.path)), size)
            with self.assertRaises(OSError):
                file.append([frame(400, 300)])
            self.patch(os, "ftruncate", real)
            tags = show(1)
            if again:
                file.append([frame(440)])
                tags.append(frame(440))
            file.finish()
            self.assertEqual(Verified(self.read(file.path)).media, plain(*tags))

    def test_syncFails(self) -> None:
        """
        Tags that cannot be put on the disk are not in the file.
        """
        file = self.make()
        file.append(show(1))
        self.clock.advance(2)
        real = os.fdatasync
        self.patch(os, "fdatasync", failing(BROKEN))
        with self.assertRaises(OSError):
            file.append([keyframe(400)])
        self.patch(os, "fdatasync", real)
        file.finish()
        self.assertEqual(Verified(self.read(file.path)).media, plain(*show(1)))

    def test_finishFails(self) -> None:
        """
        A file that cannot be finished is closed all the same, and is good up to
        there.
        """
        for name in ("pwrite", "fdatasync"):
            file = self.make()
            file.append(show(2))
            real = getattr(os, name)
            self.patch(os, name, failing(BROKEN))
            with self.assertRaises(OSError):
                file.finish()
            self.patch(os, name, real)
            file.finish()
            with open(file.path, "rb") as other:
                fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
            found = Verified(self.read(file.path), complete=False)
            self.assertEqual(found.media, plain(*show(2)))

    def test_shortWrites(self) -> None:
        """
        A system that takes a few bytes at a time gets all of them.
        """
        self.patch(os, "pwrite", Disk(7))
        tags = show(2)
        self.assertEqual(Verified(self.read(self.written(*tags))).media, plain(*tags))

    def test_manyTags(self) -> None:
        """
        Tags are joined 2,048 at a time, so that a long backlog is not twice in
        memory.
        """
        file = self.make()
        disk = Disk()
        self.patch(os, "pwrite", disk)
        tags = [frame(40 * number) for number in range(5000)]
        file.append(tags)
        one = len(tags[0].encoded())
        self.assertEqual(disk.sizes, [2048 * one, 2048 * one, 904 * one])
        file.append([])
        self.assertEqual(len(disk.sizes), 3)
        file.finish()
        self.assertEqual(Verified(self.read(file.path)).media, plain(*tags))

    def test_reserve(self) -> None:
        """
        When too little would be left of the disk, nothing is made, and nothing is
        written.
        """
        file = self.make(policy=replace(SMALL, reserveBytes=1))
        file.append(show(1))
        real = os.fstatvfs

        def nearlyFull(descriptor: int) -> Any:
            found = list(real(descriptor))
            # The free blocks for everybody, of so many bytes each.
            found[1], found[4] = 1000, 1
            return os.statvfs_result(found)

        self.patch(os, "fstatvfs", nearlyFull)
        file.append([frame(400, 100)])
        with self.assertRaises(OSError):
            file.append([frame(440, 1000)])
        with self.assertRaises(OSError):
            self.make("a/b", policy=replace(SMALL, reserveBytes=500))
        self.assertEqual(self.files(), ["x.flv"])
        file.finish()
        found = Verified(self.read(file.path))
        self.assertEqual(found.media, plain(*show(1), frame(400, 100)))

    def test_otherErrors(self) -> None:
        """
        A tag that is too large for FLV leaves nothing of that append.
        """
        file = self.make()
        file.append(show(1))
        with self.assertRaises(FLVError):
            file.append([keyframe(400), frame(440, 0x1000000)])
        file.finish()
        self.assertEqual(Verified(self.read(file.path)).media, plain(*show(1)))
