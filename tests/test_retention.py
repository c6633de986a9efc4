"""
Tests of L{rtmptwisted.retention}.
"""

from __future__ import annotations

import errno
import fcntl
import os
import tempfile
from shutil import rmtree
from typing import Any

from twisted.logger import capturedLogs
from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.amounts import Amount
from rtmptwisted.flvfile import FLVFile
from rtmptwisted.retention import Retention, parseKeep
from tests.fakes import logLines
from tests.media import keyframe

NOW = 1_800_000_000.0
DAY = 86400


class RetentionTests(SynchronousTestCase):
    """
    Tests of L{Retention}.
    """

    def setUp(self) -> None:
        """
        Make the folder.
        """
        self.base = os.path.realpath(tempfile.mkdtemp())
        self.addCleanup(rmtree, self.base)
        self.root = os.path.join(self.base, "root")
        os.mkdir(self.root)

    def write(self, name: str, days: float, finish: bool = True) -> FLVFile:
        """
        Make a recording that was written to so many days ago.
        """
        file = FLVFile(self.root, name, {}, False, True)
        file.append([keyframe(0)])
        if finish:
            file.finish()
        else:
            self.addCleanup(file.finish)
        self.age(file.path, days)
        return file

    def age(self, path: str, days: float) -> None:
        """
        Make a file so old.
        """
        os.utime(path, (NOW - days * DAY,) * 2)

    def files(self) -> list[str]:
        """
        @return: all files and empty folders below the root.
        """
        return sorted(
            os.path.relpath(os.path.join(folder, name), self.root)
            for folder, folders, names in os.walk(self.root)
            for name in [*names, *folders]
            if name in names or not os.listdir(os.path.join(folder, name))
        )

    def deleted(
        self, seconds: float | None = None, size: int | None = None
    ) -> list[str]:
        """
        @return: what is deleted.
        """
        deleted = Retention(self.root, seconds, size, lambda: NOW).run()
        return [os.path.relpath(each.path, self.root) for each in deleted]

    def test_age(self) -> None:
        """
        What is too old is deleted, oldest first, and the folders that are empty then.
        """
        self.write("a/b/old", 9)
        self.write("a/older", 10)
        self.write("c/young", 6.9)
        self.write("c/old", 7.1)
        self.assertEqual(
            self.deleted(7 * DAY), ["a/older.flv", "a/b/old.flv", "c/old.flv"]
        )
        self.assertEqual(self.files(), ["c/young.flv"])

    def test_size(self) -> None:
        """
        Of too much the oldest is deleted, as little as will do.
        """
        size = self.write("a/1", 5).size
        for n in range(2, 6):
            self.write(f"a/{n}", 5 - n / 2)
        self.assertEqual(self.deleted(None, 5 * size), [])
        self.assertEqual(self.deleted(None, 3 * size), ["a/1.flv", "a/2.flv"])
        self.assertEqual(self.deleted(None, 3 * size - 1), ["a/3.flv"])
        self.assertEqual(self.deleted(None, 0), ["a/4.flv", "a/5.flv"])
        self.assertEqual(os.listdir(self.base), ["root"])
        self.assertEqual(os.listdir(self.root), [])

    def test_both(self) -> None:
        """
        Age and size hold together, and each deletion says why.
        """
        size = self.write("old", 8).size
        self.write("second", 5)
        self.write("third", 4)
        retention = Retention(self.root, 7 * DAY, size, lambda: NOW)
        first, second = retention.run()
        self.assertEqual((first.size, first.why), (size, "it is 8.0 days old"))
        self.assertEqual(second.why, f"all together have {2 * size} bytes")
        self.assertEqual(self.files(), ["third.flv"])

    def test_nothing(self) -> None:
        """
        Without a limit everything stays.
        """
        self.write("old", 8000)
        self.assertEqual(self.deleted(), [])

    def test_beingWritten(self) -> None:
        """
        What is being written, or was never finished, is counted and stays.
        """
        size = self.write("a/written", 9, finish=False).size
        self.write("a/finished", 5)
        path = self.write("a/crashed", 8, finish=False).path
        # Nobody has it locked.
        with open(path, "rb") as file:
            data = file.read()
        os.unlink(path)
        with open(path, "wb") as file:
            file.write(data)
        self.age(path, 8)
        self.assertEqual(self.deleted(7 * DAY, 2 * size), ["a/finished.flv"])
        self.assertEqual(self.files(), ["a/crashed.flv", "a/written.flv"])

    def test_locked(self) -> None:
        """
        What somebody has locked stays, though it is finished.
        """
        file = self.write("a/b", 9)
        with open(file.path, "rb") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            self.assertEqual(self.deleted(DAY, 0), [])
        self.assertEqual(self.deleted(DAY, 0), ["a/b.flv"])

    def test_foreign(self) -> None:
        """
        Files of others are never deleted and not counted, whatever they are called,
        and folders stay that were empty before.
        """
        self.write("a/ours", 9)
        os.mkdir(os.path.join(self.root, "empty"))
        for name, data in (
            ("a/foreign.flv", b"FLV\x01\x05\0\0\0\x09\0\0\0\0" + bytes(100_000)),
            ("a/nothing.flv", b""),
            ("a/text.txt", b"x"),
            ("a/x.flv.bak", b"x"),
        ):
            path = os.path.join(self.root, name)
            with open(path, "wb") as file:
                file.write(data)
            self.age(path, 100)
        os.mkfifo(os.path.join(self.root, "pipe.flv"))
        self.assertEqual(self.deleted(DAY, 1), ["a/ours.flv"])
        self.assertEqual(
            self.files(),
            [
                "a/foreign.flv",
                "a/nothing.flv",
                "a/text.txt",
                "a/x.flv.bak",
                "empty",
                "pipe.flv",
            ],
        )

    def test_links(self) -> None:
        """
        Links are not followed: what they lead to stays, and so do they.  The root
        itself may be one.
        """
        kept = self.write("../outside/kept", 9).path
        os.symlink(os.path.dirname(kept), os.path.join(self.root, "folder"))
        os.symlink(kept, os.path.join(self.root, "file.flv"))
        self.assertEqual(self.deleted(DAY, 0), [])
        self.assertTrue(os.path.exists(kept))
        self.assertEqual(len(os.listdir(self.root)), 2)
        real, self.root = self.root, os.path.join(self.base, "link")
        os.symlink(real, self.root)
        self.write("a/ours", 9)
        (deleted,) = Retention(self.root, DAY, None, lambda: NOW).run()
        self.assertEqual(deleted.path, os.path.join(real, "a", "ours.flv"))
        self.assertEqual(len(os.listdir(real)), 2)

    def test_folderBecomesLink(self) -> None:
        """
        A folder that is a link when something in it is to be deleted is not
        followed either.
        """
        self.write("../outside/x", 9)
        self.write("a/x", 9)
        folder = os.path.join(self.root, "a")

        def now() -> float:
            # Between looking and deleting.
            rmtree(folder)
            os.symlink(os.path.join(self.base, "outside"), folder)
            return NOW

        retention = Retention(self.root, DAY, None, now)
        self.assertEqual(retention.run(), [])
        self.assertEqual(os.listdir(os.path.join(self.base, "outside")), ["x.flv"])

    def test_again(self) -> None:
        """
        What was known and has changed is looked at anew.
        """
        retention = Retention(self.root, DAY, None, lambda: NOW)
        file = FLVFile(self.root, "a/x", {}, False, True)
        file.append([keyframe(0)])
        self.age(file.path, 0)
        self.assertEqual(retention.run(), [])
        file.finish()
        self.age(file.path, 3)
        self.assertEqual(len(retention.run()), 1)
        self.assertEqual(self.files(), [])

    def test_heads(self) -> None:
        """
        The heads of files that have not changed are read once.
        """
        self.write("a/x", 0.5)
        self.write("a/y", 0.5)
        retention = Retention(self.root, DAY, None, lambda: NOW)
        retention.run()
        opened = []
        real = os.open

        def noting(path: str, *args: int, **more: int) -> int:
            opened.append(path)
            return real(path, *args, **more)

        self.patch(os, "open", noting)
        retention.run()
        self.assertNotIn("x.flv", opened)

    def test_refused(self) -> None:
        """
        What cannot be deleted is said once, until that works again; all else that is
        too old is deleted.
        """
        bad = self.write("a/bad", 9).path
        self.write("a/good", 8)
        retention = Retention(self.root, DAY, None, lambda: NOW)
        real = os.unlink

        def refuse(name: str, **more: Any) -> None:
            if name == "bad.flv" and refusing:
                raise PermissionError(errno.EPERM, "not you")
            real(name, **more)

        self.patch(os, "unlink", refuse)
        with capturedLogs() as events:
            refusing = True
            self.assertEqual(len(retention.run()), 1)
            self.assertEqual(retention.run(), [])
            self.assertEqual(
                logLines(events),
                [f"old recordings below {self.root} cannot be deleted: not you"],
            )
            refusing = False
            self.assertEqual([each.path for each in retention.run()], [bad])
            self.write("a/bad", 9)
            refusing = True
            retention.run()
        self.assertEqual(len(logLines(events)), 2)

    def test_noFolder(self) -> None:
        """
        A root that is gone is no error.
        """
        os.rmdir(self.root)
        self.assertEqual(self.deleted(DAY), [])

    def test_parse(self) -> None:
        """
        What to keep is a duration or a size.
        """
        self.assertEqual(parseKeep("7d"), Amount(604_800.0, None))
        self.assertEqual(parseKeep("100GB"), Amount(None, 10**11))
        self.assertRaises(ValueError, parseKeep, "7")
