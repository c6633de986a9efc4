"""
Tests of L{rtmptwisted.flvrepair}: files that a crash has left.
"""

from __future__ import annotations

import os
import tempfile
from shutil import rmtree

from rtmptwisted.flvrepair import repairUnfinished
from rtmptwisted.wire.flv import FLVTag, fileHeader
from tests.flv_support import FileTestCase, Verified, show
from tests.media import frame


def _raw(tags: list[FLVTag]) -> bytes:
    return fileHeader(True, True) + b"".join(tag.encoded() for tag in tags)


class UnfinishedTests(FileTestCase):
    """
    Tests of L{repairUnfinished}.
    """

    def unfinished(self, name: str) -> str:
        """
        @return: the path of a file that was cut off.
        """
        file = self.make(name)
        file.append(show(2))
        data = self.read(file.path)
        file.finish()
        with open(file.path, "wb") as cut:
            cut.write(data[:-5])
        return file.path

    def test_found(self) -> None:
        """
        Files of ours that were not finished are repaired, wherever they are below
        the folder; finished ones, others', and what links lead to are not touched.
        """
        paths = [self.unfinished(name) for name in ("a/b/c", "a/d", "e")]
        self.written(*show(1), name="fine")
        self.put(_raw(show(2)), "foreign.flv")
        self.put(b"", "empty.flv")
        os.mkfifo(os.path.join(self.root, "pipe.flv"))
        away = tempfile.mkdtemp()
        self.addCleanup(rmtree, away)
        outside = os.path.join(away, "x.flv")
        os.rename(self.unfinished("far"), outside)
        before = self.read(outside)
        os.symlink(away, os.path.join(self.root, "link"))
        os.symlink(outside, os.path.join(self.root, "link.flv"))
        results = list(repairUnfinished(self.root, lambda: False))
        self.assertEqual(sorted(each.path for each in results), sorted(paths))
        for each in results:
            self.assertEqual(each.problem, "")
            self.assertEqual(each.cut, len(frame(0).encoded()) - 20 - 5)
            Verified(self.read(each.path))
        self.assertEqual(self.read(outside), before)
        self.assertEqual(list(repairUnfinished(self.root, lambda: False)), [])

    def test_beingWritten(self) -> None:
        """
        A file that is being written is not even tried.
        """
        file = self.make()
        file.append(show(2))
        before = self.read(file.path)
        self.assertEqual(list(repairUnfinished(self.root, lambda: False)), [])
        self.assertEqual(self.read(file.path), before)

    def test_stopped(self) -> None:
        """
        It ends at once when it has to, inside a file too, and leaves that as it was.
        """
        paths = [self.unfinished(name) for name in ("a", "b", "c")]
        before = [self.read(path) for path in paths]
        for count in range(3):
            # Nothing happened in the rounds before.
            self.assertEqual([self.read(path) for path in paths], before)
            calls: list[None] = []

            def stop(calls: list[None] = calls, count: int = count) -> bool:
                calls.append(None)
                return len(calls) > count

            results = list(repairUnfinished(self.root, stop))
        self.assertEqual([each.path for each in results], paths[:1])
        self.assertEqual([self.read(path) for path in paths[1:]], before[1:])
