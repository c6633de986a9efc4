"""
Tests of L{rtmptwisted.recording}.
"""

from __future__ import annotations

import os
import tempfile
import threading
from dataclasses import replace
from datetime import UTC, datetime
from shutil import rmtree

from twisted.internet.task import Clock
from twisted.logger import LogLevel, capturedLogs
from twisted.trial.unittest import TestCase

from rtmptwisted.directory import StreamDirectory
from rtmptwisted.errors import StartError
from rtmptwisted.factory import RTMPFactory
from rtmptwisted.recording import RecordingService, utcNow
from rtmptwisted.streams import Publisher
from tests.fakes import SlowThread, inThread, logLines
from tests.flv_reader import readFLV
from tests.media import audioHeader, frame, keyframe, metadataOf, plain, videoHeader
from tests.support import Client, ServerTestCase

NOW = datetime(2026, 11, 22, 9, 8, 7, tzinfo=UTC)
STAMP = "20261122T090807Z"
WHO = Publisher("192.0.2.1:4000")

BEGIN = (videoHeader(), audioHeader(), keyframe(0))


class NoReactor:
    """
    Runs nothing: these tests have threads of their own.
    """


class RecordingServiceTests(ServerTestCase):
    """
    Tests of L{RecordingService}, with work done at once.
    """

    def setUp(self) -> None:
        """
        Start the service.
        """
        super().setUp()
        folder = tempfile.mkdtemp()
        self.addCleanup(rmtree, folder)
        self.root = os.path.join(folder, "new", "recordings")
        self.service = RecordingService(
            self.directory,
            self.root,
            NoReactor(),  # type: ignore[arg-type]
            lambda: NOW,
        )
        self.service.inThread = inThread  # type: ignore[method-assign]
        self.service.startService()
        self.addCleanup(self.stop)

    def stop(self) -> None:
        """
        Stop the service, if it runs.
        """
        if not self.service.running:
            return
        self.assertIsNone(self.successResultOf(self.service.stopService()))

    def files(self) -> list[str]:
        """
        @return: all files below the root.
        """
        return sorted(
            os.path.relpath(os.path.join(folder, name), self.root)
            for folder, _, names in os.walk(self.root)
            for name in names
        )

    def media(self, path: str) -> object:
        """
        @return: the audio and video in a file.
        """
        with open(os.path.join(self.root, path), "rb") as file:
            return readFLV(file.read()).media

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

    def test_tooSlow(self) -> None:
        """
        A recording that was given up, as the disk does not answer, is
        forgotten at once, and the stream goes on.
        """
        thread = SlowThread()
        self.service.inThread = thread  # type: ignore[method-assign]
        self.directory.limits = replace(self.limits, recordingBytes=1000)
        source, player = self.publisher(), self.player()
        player.read()
        with self.logs() as events:
            source.send(*BEGIN, frame(40, 2000))
        (line,) = logLines(events, LogLevel.critical)
        self.assertIn("the disk is too slow", line)
        self.assertEqual(thread.underWay, 1)
        self.assertEqual(player.media(), plain(*BEGIN, frame(40, 2000)))
        self.stop()
        thread.run()
        self.assertEqual(self.media(f"live/show-{STAMP}.flv"), [])

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
        self.assertIn("the recording of live/show stopped: ", line)
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
        The same holds for a folder that is there and cannot be written to.
        """
        self.patch(os, "access", lambda path, mode: False)
        self.assertIn(
            f"cannot record to {self.root}: no right to write there",
            self.refused(self.root),
        )

    def test_now(self) -> None:
        """
        By itself the service takes the time in UTC.
        """
        self.assertIs(utcNow().tzinfo, UTC)


class ThreadTests(TestCase):
    """
    Tests of L{RecordingService} with its own threads.
    """

    async def test_offTheReactorThread(self) -> None:
        """
        All work on files is done in other threads than the reactor's.
        """
        from twisted.internet import reactor

        root = tempfile.mkdtemp()
        self.addCleanup(rmtree, root)
        threads = set()

        def note(call: str) -> None:
            real = getattr(os, call)

            def noting(*args: object) -> object:
                threads.add((call, threading.get_ident()))
                return real(*args)

            self.patch(os, call, noting)

        directory = StreamDirectory(Clock())
        service = RecordingService(
            directory,
            root,
            reactor,  # type: ignore[arg-type]
            lambda: NOW,
        )
        service.startService()
        for call in ("open", "write", "pwrite", "fsync", "close"):
            note(call)
        client = Client(RTMPFactory(directory, None, bytes)).publish("show")
        client.send(*BEGIN)
        with capturedLogs() as events:
            client.lose()
            await service.stopService()
        self.assertEqual(
            {call for call, _ in threads}, {"open", "write", "pwrite", "fsync", "close"}
        )
        self.assertNotIn(threading.get_ident(), {thread for _, thread in threads})
        path = os.path.join(root, "live", f"show-{STAMP}.flv")
        with open(path, "rb") as file:
            self.assertEqual(readFLV(file.read()).media, plain(*BEGIN))
        self.assertTrue(any(path in line for line in logLines(events)))
