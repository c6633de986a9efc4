"""
Tests of L{rtmptwisted.recording}.
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC

from twisted.logger import LogLevel

from rtmptwisted.errors import StartError
from rtmptwisted.recording import STOP_SECONDS, RecordingService
from rtmptwisted.recordingpolicy import State
from rtmptwisted.timeofday import utcNow
from tests.fakes import SlowThread, logLines
from tests.flv_reader import readFLV
from tests.media import frame, keyframe, metadataOf, plain
from tests.recorder_support import STAMP
from tests.recording_support import BEGIN, NoReactor, RecordingTestCase


class RecordingServiceTests(RecordingTestCase):
    """
    Tests of L{RecordingService}, with work done at once.
    """

    def test_folder(self) -> None:
        """
        The folder is made at the start, with those above it.
        """
        self.assertTrue(os.path.isdir(self.root))
        self.stop()
        self.assertEqual(self.files(), [])

    def test_records(self) -> None:
        """
        What a client publishes is recorded, one file a publish.
        """
        source = self.publisher()
        source.send(*BEGIN)
        source.call("deleteStream", 1.0)
        source.createStream()
        source.call("publish", "show", id=1)
        source.send(keyframe(7000), frame(7040))
        source.lose()
        first, second = self.files()
        self.assertEqual(
            {first, second}, {f"live/show-{STAMP}.flv", f"live/show-{STAMP}-1.flv"}
        )
        self.assertEqual(self.media(f"live/show-{STAMP}.flv"), plain(*BEGIN))
        self.assertEqual(
            self.media(f"live/show-{STAMP}-1.flv"),
            plain(keyframe(7000).at(0), frame(7040).at(40)),
        )

    def test_safeNames(self) -> None:
        """
        Whatever name a client publishes, no file is made outside the folder;
        what is accepted is a file below it.
        """
        outside = os.path.dirname(os.path.dirname(self.root))
        before = set(os.listdir(outside))
        for app, name in (
            ("live", "../../pwned"),
            ("..", "pwned"),
            ("live", "/etc/pwned"),
            ("live", "a\0b"),
            ("live", "x" * 300),
            ("live", "\udcff\udcfe"),
            ("live/../..", "pwned"),
            ("live", "C:\\pwned"),
            ("live", "~"),
            ("live", "-rf"),
        ):
            client = self.client()
            client.connect(app)
            if not client.closing:
                client.createStream()
                client.call("publish", name, id=1)
                client.feed(client.bytesOf(*BEGIN))
            client.lose()
        self.assertEqual(set(os.listdir(outside)), before)
        self.assertEqual(
            self.files(),
            [
                f"live/-rf-{STAMP}.flv",
                f"live/etc/pwned-{STAMP}.flv",
                f"live/~-{STAMP}.flv",
            ],
        )

    def test_connectionLost(self) -> None:
        """
        A recording is complete when the publisher's connection is lost.
        """
        source = self.publisher()
        source.send(*BEGIN, frame(2000))
        source.lose()
        with open(os.path.join(self.root, *self.files()), "rb") as file:
            contents = readFLV(file.read())
        self.assertEqual(metadataOf(contents)["duration"], 2.0)

    def test_stopFinishes(self) -> None:
        """
        Stopping the service finishes what is being recorded, and waits for the
        disk.
        """
        thread = SlowThread()
        self.service.inThread = thread  # type: ignore[method-assign]
        self.publisher().send(*BEGIN, frame(2000))
        stopped = self.service.stopService()
        self.assertNoResult(stopped)
        thread.run()
        self.successResultOf(stopped)
        self.assertNotIn(
            STOP_SECONDS, [c.getTime() for c in self.clock.getDelayedCalls()]
        )
        self.assertEqual(
            self.media(f"live/show-{STAMP}.flv"), plain(*BEGIN, frame(2000))
        )
        self.live()

    def test_stopped(self) -> None:
        """
        A service that was stopped records nothing.
        """
        self.stop()
        self.publisher().send(*BEGIN)
        self.assertEqual(self.files(), [])

    def test_stopTwice(self) -> None:
        """
        Stopping it twice is like stopping it once.
        """
        for _ in range(2):
            self.assertIsNone(self.successResultOf(self.service.stopService()))
        self.service.startService()
        source = self.publisher()
        source.send(*BEGIN)
        source.lose()
        self.assertEqual(self.files(), [f"live/show-{STAMP}.flv"])

    def test_stopBeforeStart(self) -> None:
        """
        A service that was never started, or could not be, can be stopped.
        """
        path = os.path.join(self.root, "file")
        with open(path, "w"):
            pass
        service = RecordingService(
            self.directory,
            path,
            NoReactor(),  # type: ignore[arg-type]
        )
        self.assertIsNone(self.successResultOf(service.stopService()))
        self.assertRaises(StartError, service.startService)
        self.assertIsNone(self.successResultOf(service.stopService()))

    def test_stuckAtTheEnd(self) -> None:
        """
        A disk that does not answer holds up the end of the service for ten seconds;
        then it is said which file is not complete.
        """
        thread = SlowThread()
        self.service.inThread = thread  # type: ignore[method-assign]
        self.publisher("good").send(*BEGIN)
        thread.run()
        self.publisher("stuck").send(*BEGIN)
        stopped = self.service.stopService()
        with self.logs() as events:
            self.clock.advance(STOP_SECONDS - 0.01)
            self.assertNoResult(stopped)
            self.clock.advance(0.01)
        self.assertIsNone(self.successResultOf(stopped))
        lines = logLines(events, LogLevel.critical)
        self.assertEqual(len(lines), 2)
        self.assertIn(f"the end of live/stuck-{STAMP}.flv is missing", lines[1])
        thread.run()

    def test_stuck(self) -> None:
        """
        While the disk does not answer, the stream goes on, and its next publish is
        recorded by another recorder.
        """
        thread = SlowThread()
        self.service.inThread = thread  # type: ignore[method-assign]
        source, player = self.publisher(), self.player()
        player.read()
        source.send(*BEGIN)
        self.assertEqual(player.media(), plain(*BEGIN))
        source.lose()
        again = self.publisher()
        again.send(keyframe(0))
        self.assertEqual(thread.underWay, 2)
        states = [each.state for each in self.service.recordings]
        self.assertEqual(states, [State.ENDING, State.RECORDING])
        again.lose()
        thread.run()
        self.assertEqual(self.service.recordings, [])
        self.assertEqual(self.media(f"live/show-{STAMP}-1.flv"), plain(keyframe(0)))

    def test_fairParts(self) -> None:
        """
        What waits for a disk that does not answer is bounded for all recordings
        together: the more there are, the less may wait for each.
        """
        directory = self.directory
        directory.limits = replace(
            directory.limits, recordingBytes=40_000, recordingsBytes=50_000
        )
        thread = SlowThread()
        self.service.inThread = thread  # type: ignore[method-assign]
        held = []
        for name in ("one", "two"):
            self.publisher(name).send(*BEGIN)
            frames = [frame(80 + n, 1000) for n in range(100)]
            for each in frames:
                directory.stream(f"live/{name}").receive(each)
            held.append([each._backlog.waiting for each in self.service._recorders])
        self.assertGreater(held[0][0], 35_000)
        self.assertLessEqual(held[0][0], 40_000)
        self.assertGreater(held[1][1], 20_000)
        self.assertLessEqual(held[1][1], 25_000)
        for stream in list(directory):
            stream.end()
        thread.run()

    def test_alreadyLive(self) -> None:
        """
        What was live before the start is not recorded.
        """
        self.stop()
        source = self.publisher()
        self.service.startService()
        source.send(*BEGIN)
        source.lose()
        self.assertEqual(self.files(), [])

    def test_failure(self) -> None:
        """
        A recording that fails leaves the publisher and its players alone.
        """
        os.rmdir(self.root)
        with open(self.root, "w"):
            pass
        source, player = self.publisher(), self.player()
        player.read()
        with self.logs() as events:
            source.send(*BEGIN)
        (line,) = logLines(events, LogLevel.critical)
        self.assertIn("the recording of live/show is interrupted: ", line)
        self.assertEqual(player.media(), plain(*BEGIN))
        self.assertFalse(source.closing)

    def test_nothingIsKept(self) -> None:
        """
        After its end nothing of a stream is kept for the recording.
        """
        source = self.publisher()
        stream = self.live()
        source.send(*BEGIN)
        source.lose()
        self.assertFalse(stream.hasSinks)
        self.assertIsNot(self.directory.stream("live/show"), stream)

    def refused(self, root: str) -> str:
        """
        A service with this folder does not start.

        @return: why.
        """
        service = RecordingService(
            self.directory,
            root,
            NoReactor(),  # type: ignore[arg-type]
        )
        with self.assertRaises(StartError) as raised:
            service.startService()
        self.assertFalse(service.running)
        return str(raised.exception)

    def test_folderCannotBeMade(self) -> None:
        """
        When the folder cannot be made the service does not start, and says
        why.
        """
        path = os.path.join(self.root, "file")
        with open(path, "w"):
            pass
        self.assertEqual(
            self.refused(path), f"rtmptwisted: cannot record to {path}: it is no folder"
        )
        below = os.path.join(path, "folder")
        self.assertEqual(
            self.refused(below),
            f"rtmptwisted: cannot record to {below}: Not a directory",
        )

    def test_folderCannotBeWritten(self) -> None:
        """
        The same holds for a folder that is there and cannot be written to by the
        user who would do it, whoever the real one is.
        """
        self.patch(os, "access", lambda path, mode, effective_ids: not effective_ids)
        self.assertIn(
            f"cannot record to {self.root}: no right to write there",
            self.refused(self.root),
        )

    def test_checkBeforeListening(self) -> None:
        """
        The folder is made and looked at before anything listens; the superuser, who
        may become somebody else, looks only.
        """
        path = os.path.join(self.root, "more")
        service = RecordingService(
            self.directory,
            path,
            NoReactor(),  # type: ignore[arg-type]
        )
        self.patch(os, "geteuid", lambda: 0)
        service.privilegedStartService()
        self.assertFalse(os.path.exists(path))
        self.patch(os, "geteuid", lambda: 1000)
        service.privilegedStartService()
        self.assertTrue(os.path.isdir(path))
        os.rmdir(path)
        with open(path, "w"):
            pass
        self.assertRaises(StartError, service.privilegedStartService)
        self.patch(os, "geteuid", lambda: 0)
        self.assertRaises(StartError, service.privilegedStartService)

    def test_now(self) -> None:
        """
        By itself the service takes the time in UTC.
        """
        self.assertIs(utcNow().tzinfo, UTC)
