"""
Tests of L{rtmptwisted.playback}: what is not there, and disks that fail.
"""

from __future__ import annotations

from twisted.logger import LogLevel

from rtmptwisted import playback
from rtmptwisted.diskfile import DiskFile
from rtmptwisted.patience import SECONDS
from tests.fakes import SlowThread, inThread, logLines
from tests.playback_support import PlaybackTestCase

CONTENT = bytes(range(256)) * 2000
PATH = "/recordings/live/show-1.flv"


class NothingTests(PlaybackTestCase):
    """
    What is not there.
    """

    def test_paths(self) -> None:
        """
        Nothing is found but recordings below the folder, however the way out of it
        is written.
        """
        self.record("live/show-1.flv", CONTENT)
        self.record(".hidden.flv", CONTENT)
        self.record("notes.txt", CONTENT)
        (self.root.parent / "out.flv").write_bytes(CONTENT)
        (self.root / "link.flv").symlink_to(self.root.parent / "out.flv")
        (self.root / "up").symlink_to("..")
        for path in (
            "",
            "live",
            "live/",
            "none.flv",
            "live/none.flv",
            "live/show-1.flv/x.flv",
            "notes.txt",
            ".hidden.flv",
            "link.flv",
            "up/out.flv",
            "../out.flv",
            "live/../../out.flv",
            "%2e%2e/out.flv",
            "..%2fout.flv",
            "%2e%2e%2fout.flv",
            "live%2f..%2f..%2fout.flv",
            "..%5cout.flv",
            f"{self.root.parent}/out.flv",
            f"/{self.root.parent}/out.flv",
            "%2f" + str(self.root.parent).replace("/", "%2f") + "%2fout.flv",
            "live/show-1.flv%00",
            "live/show-1.flv%00.flv",
            "x" * 300 + ".flv",
            "%ff.flv",
        ):
            response, body = self.get(f"/recordings/{path}")
            self.assertEqual(response.code, 404, path)
            self.assertNotIn(b"\x01", body)
            self.assertEqual(self.header(response, "access-control-allow-origin"), "*")
        self.assertEqual(self.open, 0)

    def test_noRights(self) -> None:
        """
        A folder that is gone is as if it were empty.
        """
        self.root.rmdir()
        self.assertEqual(self.get(PATH)[0].code, 404)


class DiskTests(PlaybackTestCase):
    """
    Disks that fail, or do not answer.
    """

    def test_error(self) -> None:
        """
        When a disk fails the client may come again, and the log says why.
        """
        self.record("live/show-1.flv", CONTENT)

        def fail(file: DiskFile, descriptor: int) -> None:
            raise OSError(5, "Input/output error")

        self.patch(DiskFile, "__init__", fail)
        with self.logs() as events:
            response, _ = self.get(PATH)
        self.assertEqual(response.code, 503)
        self.assertIsNotNone(self.header(response, "retry-after"))
        (line,) = logLines(events, LogLevel.critical)
        self.assertIn("cannot be read", line)
        self.assertEqual(len(self.flushLoggedErrors(OSError)), 1)
        self.assertEqual(self.open, 0)

    def test_late(self) -> None:
        """
        Who waits for a disk is told after some seconds that it does not answer; when
        it does, what it has opened is closed.
        """
        self.record("live/show-1.flv", CONTENT)
        thread = SlowThread()
        self.serve(thread)
        pending = self.http.get("http://server" + PATH)
        self.clock.advance(SECONDS - 1)
        self.http.flush()
        self.assertNoResult(pending)
        with self.logs() as events:
            self.clock.advance(1)
        self.http.flush()
        self.assertEqual(self.successResultOf(pending).code, 503)
        self.assertIn("does not answer", logLines(events, LogLevel.error)[0])
        self.assertEqual(self.open, 1)
        thread.run()
        self.assertEqual(self.open, 0)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_most(self) -> None:
        """
        No more than so many are open, those that a disk holds included.
        """
        self.record("live/show-1.flv", CONTENT)
        self.patch(playback, "_MOST_OPEN", 3)
        thread = SlowThread()
        self.serve(thread)
        asked = [self.http.get("http://server" + PATH) for _ in range(5)]
        self.http.flush()
        codes = [self.successResultOf(each).code for each in asked[3:]]
        self.assertEqual((codes, thread.calls), ([503, 503], 3))
        thread.run()
        self.http.flush()
        self.assertEqual(
            [self.successResultOf(each).code for each in asked[:3]], [200] * 3
        )

    def test_bug(self) -> None:
        """
        What nobody has thought of is an answer too, and in the log.
        """

        def fail(*args: object) -> None:
            raise RuntimeError("nobody has thought of this")

        self.record("live/show-1.flv", CONTENT)
        self.patch(playback, "openBelow", fail)
        self.serve(inThread)
        self.assertEqual(self.get(PATH)[0].code, 503)
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)
