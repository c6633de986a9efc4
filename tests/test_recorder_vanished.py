"""
Tests of L{rtmptwisted.recorder}: files that vanish.
"""

from __future__ import annotations

import os
from shutil import rmtree

from rtmptwisted.flvfile import FLVFile
from rtmptwisted.recordingpolicy import State
from tests.media import metadataOf
from tests.recorder_disks import DiskTestCase
from tests.recorder_support import (
    BEGIN,
)

INTERRUPTED = "the recording of live/show is interrupted: "
FULL_LINE = INTERRUPTED + "No space left on device; trying again every 5 to 30 s"
MISSING = "the recording of live/show goes on: {} s are missing"


class VanishedTests(DiskTestCase):
    """
    Files that somebody moves or deletes while they are written.
    """

    def test_deleted(self) -> None:
        """
        Within 5 s it is noticed that the file is gone; the recording goes on in a
        new one, folders included, at the next keyframe.
        """
        recorder = self.record(*BEGIN)
        self.go(3)
        (old,) = self.files()
        rmtree(os.path.join(self.root, "live"))
        self.go(6)
        self.assertEqual(recorder.recording.state, State.RECORDING)
        path = os.path.join(self.root, old)
        self.finished(recorder)
        (contents,) = self.all()
        first = int(str(metadataOf(contents)["streamOffset"]).split(".")[0])
        self.assertLess(first, 8)
        self.assertEqual(contents.media, self.part(first, 9))
        line, missing = self.lines()
        self.assertEqual(
            line, f"{INTERRUPTED}{path} is not there any more; going on in a new file"
        )
        self.assertIn("s are missing", missing)

    def test_moved(self) -> None:
        """
        A file that was moved is finished where it is.
        """
        recorder = self.record(*BEGIN)
        self.go(1)
        (path,) = self.files()
        os.rename(os.path.join(self.root, path), os.path.join(self.root, "moved.flv"))
        self.go(8)
        self.finished(recorder)
        moved = self.contents("moved.flv")
        self.assertIs(metadataOf(moved)["complete"], True)
        (other,) = [name for name in self.files() if name != "moved.flv"]
        base = metadataOf(self.contents(other))["streamOffset"]
        assert isinstance(base, float)
        # The keyframe at which it was noticed is in neither.
        self.assertEqual(moved.media, self.part(0, int(base) - 2))
        self.assertEqual(self.contents(other).media, self.part(int(base), 9))

    def test_looks(self) -> None:
        """
        It is looked for every five seconds, not with each write.
        """
        looked = []
        real = FLVFile.isVanished

        def look(file: FLVFile) -> bool:
            looked.append(self.clock.seconds())
            return real(file)

        self.patch(FLVFile, "isVanished", look)
        self.record(*BEGIN)
        self.go(20)
        self.assertEqual(looked, [5, 10, 15, 20])

    def test_clearedAway(self) -> None:
        """
        When a folder is deleted because it was empty, just before a file is made in
        it, the file is made all the same.
        """
        real = os.open
        folder = os.path.join(self.root, "live")

        def late(path: str, *args: int, **more: int) -> int:
            if path.endswith(".flv") and not cleared:
                cleared.append(path)
                os.rmdir(folder)
            return real(path, *args, **more)

        cleared: list[str] = []
        self.patch(os, "open", late)
        self.assertEqual(self.finished(self.record(*BEGIN)), self.files()[0])
        self.assertEqual(len(cleared), 1)
        self.assertEqual(self.lines(), [])
