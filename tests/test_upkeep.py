"""
Tests of L{rtmptwisted.upkeep}, as part of the recording service.
"""

from __future__ import annotations

import os

from twisted.logger import LogLevel

from rtmptwisted import flvrepair, upkeep
from rtmptwisted.flvfile import FLVFile
from rtmptwisted.retention import Deleted, Retention
from rtmptwisted.upkeep import INTERVAL, Upkeep
from tests.fakes import SlowThread, inThread, logLines
from tests.flv_reader import readFLV
from tests.media import frame, keyframe, metadataOf, plain
from tests.recorder_support import STAMP
from tests.recording_support import BEGIN, RecordingTestCase


class RepairTests(RecordingTestCase):
    """
    What a crash has left.
    """

    def crashed(self, name: str) -> str:
        """
        @return: the path of a file that ends inside a tag.
        """
        file = FLVFile(self.root, name, {}, False, True)
        file.append([keyframe(0), frame(1500)])
        # As if the process had been killed: nothing is locked any more.
        os.close(file._descriptor)
        file._descriptor = -1
        with open(file.path, "ab") as more:
            more.write(frame(1540).encoded()[:20])
        return file.path

    def test_repaired(self) -> None:
        """
        At the start unfinished files are repaired, with a line for each; what is
        finished is left alone.
        """
        self.stop()
        done = FLVFile(self.root, "a/done", {}, False, True)
        done.finish()
        before = os.stat(done.path)
        paths = [self.crashed("a/x"), self.crashed("b/y")]
        with self.logs() as events:
            self.serve()
        self.assertEqual(os.stat(done.path).st_mtime_ns, before.st_mtime_ns)
        lines = logLines(events, LogLevel.info)
        self.assertEqual(len(lines), 2)
        for path, line in zip(paths, lines, strict=True):
            self.assertTrue(
                line.startswith(f"{path} was not finished, and is repaired: 1.5 s, "),
                line,
            )
            with open(path, "rb") as file:
                contents = readFLV(file.read())
            self.assertEqual(contents.media, plain(keyframe(0), frame(1500)))
            self.assertEqual(metadataOf(contents)["duration"], 1.5)

    def test_recordsMeanwhile(self) -> None:
        """
        New recordings do not wait for that, and are not taken for unfinished ones.
        """
        self.stop()
        path = self.crashed("a/x")
        thread = SlowThread()
        starting = Upkeep(self.root, None, self.clock, thread)
        starting.start()
        self.assertEqual(thread.underWay, 1)
        self.serve()
        source = self.publisher()
        source.send(*BEGIN)
        self.clock.advance(1)
        thread.run()
        source.lose()
        self.assertEqual(self.media(f"live/show-{STAMP}.flv"), plain(*BEGIN))
        with open(path, "rb") as file:
            self.assertIs(metadataOf(readFLV(file.read()))["complete"], True)

    def test_stops(self) -> None:
        """
        When the service stops before that is done, the rest stays as it is.
        """
        self.stop()
        paths = [self.crashed("a/x"), self.crashed("b/y")]
        sizes = [os.path.getsize(path) for path in paths]
        thread = SlowThread()
        starting = Upkeep(self.root, None, self.clock, thread)
        starting.start()
        starting.stop()
        with self.logs() as events:
            thread.run()
        self.assertEqual([os.path.getsize(path) for path in paths], sizes)
        self.assertEqual(logLines(events), [])

    def test_cannot(self) -> None:
        """
        What cannot be repaired is told.
        """
        self.stop()
        path = self.crashed("a/x")

        def refuse(path: str, *args: object) -> flvrepair.Repair:
            return flvrepair.Repair(path, problem="no way")

        self.patch(flvrepair, "repair", refuse)
        with self.logs() as events:
            self.serve()
        self.assertEqual(
            logLines(events, LogLevel.error),
            [f"{path} was not finished, and cannot be repaired: no way"],
        )

    def test_defect(self) -> None:
        """
        A defect there is logged, and recordings are made all the same.
        """
        self.stop()

        def fail(*args: object) -> None:
            raise ZeroDivisionError("a defect")

        self.patch(upkeep, "repairUnfinished", fail)
        self.serve()
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        source = self.publisher()
        source.send(*BEGIN)
        source.lose()
        self.assertEqual(self.files(), [f"live/show-{STAMP}.flv"])


class Counting:
    """
    Stands in for retention.
    """

    def __init__(self) -> None:
        self.runs = 0

    def run(self) -> list[Deleted]:
        """
        Count.
        """
        self.runs += 1
        return [Deleted(f"x{self.runs}.flv", 7, "it is old")]


class RetentionTests(RecordingTestCase):
    """
    What is too much.
    """

    def test_deletes(self) -> None:
        """
        Old recordings are deleted at the start, after each that is finished, and
        every minute; what is being written stays.
        """
        self.stop()
        size = 3 * os.path.getsize(self.one("a/1"))
        self.one("a/2")
        self.one("a/3")
        self.one("a/4")
        with self.logs() as events:
            self.serve(retention=Retention(self.root, None, size))
        self.assertEqual(self.files(), ["a/2.flv", "a/3.flv", "a/4.flv"])
        (line,) = [each for each in logLines(events) if "deleted" in each]
        self.assertEqual(
            line,
            f"deleted {os.path.realpath(self.root)}/a/1.flv, {size // 3} bytes: all "
            f"together have {4 * size // 3} bytes",
        )
        source = self.publisher()
        source.send(*BEGIN)
        self.clock.advance(1)
        source.lose()
        self.assertEqual(len(self.files()), 2)
        self.one("a/5")
        self.one("a/6")
        self.clock.advance(INTERVAL)
        self.assertIn("a/6.flv", self.files())
        self.assertNotIn("a/2.flv", self.files())

    def one(self, name: str) -> str:
        """
        @return: the path of a recording, each younger than the one before.
        """
        file = FLVFile(self.root, name, {}, False, True)
        file.append([keyframe(0)])
        file.finish()
        number = int(name[-1])
        os.utime(file.path, (number, number))
        return file.path

    def test_times(self) -> None:
        """
        One look is under way at a time; what is finished meanwhile is one more, and
        a look that takes long is not followed by the next at once.
        """
        counting, thread = Counting(), SlowThread()
        keeping = Upkeep(self.root, counting, self.clock, thread)  # type: ignore[arg-type]
        keeping.start()
        thread.step()
        self.assertEqual(thread.underWay, 1)
        self.clock.advance(2)
        for _ in range(5):
            keeping.segmentFinished()
        thread.step()
        self.assertEqual((counting.runs, thread.underWay), (1, 1))
        thread.step()
        self.assertEqual((counting.runs, thread.underWay), (2, 0))
        keeping.segmentFinished()
        self.assertEqual(thread.underWay, 1)
        self.clock.advance(3)
        thread.step()
        keeping.segmentFinished()
        self.assertEqual(thread.underWay, 0)
        self.clock.advance(29)
        self.assertEqual(thread.underWay, 0)
        self.clock.advance(1)
        self.assertEqual(thread.underWay, 1)
        thread.step()
        self.clock.advance(INTERVAL)
        self.assertEqual(thread.underWay, 1)
        keeping.stop()
        thread.step()
        keeping.segmentFinished()
        self.assertEqual(thread.underWay, 0)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_defect(self) -> None:
        """
        A defect there is logged, and it is tried again a minute later.
        """

        class Failing(Counting):
            def run(self) -> list[Deleted]:
                super().run()
                raise ZeroDivisionError("a defect")

        failing = Failing()
        keeping = Upkeep(self.root, failing, self.clock, inThread)  # type: ignore[arg-type]
        keeping.start()
        self.clock.advance(INTERVAL)
        keeping.stop()
        self.assertEqual(failing.runs, 2)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 2)
