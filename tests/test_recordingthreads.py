"""
Tests of L{rtmptwisted.recordingthreads}, and of recordings with threads.
"""

from __future__ import annotations

import os
import tempfile
import threading
from shutil import rmtree

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.logger import capturedLogs
from twisted.trial.unittest import TestCase

from rtmptwisted.directory import StreamDirectory
from rtmptwisted.factory import RTMPFactory
from rtmptwisted.recording import RecordingService
from rtmptwisted.recordingthreads import MOST_STUCK, PATIENCE, THREADS, RecordingThreads
from tests.fakes import logLines
from tests.flv_reader import readFLV
from tests.media import plain
from tests.recorder_support import NOW, STAMP
from tests.recording_support import BEGIN
from tests.support import Client


class RecordingThreadsTests(TestCase):
    """
    Tests of L{RecordingThreads}.
    """

    #: Nothing here takes as long, in seconds.
    timeout = 20

    def setUp(self) -> None:
        """
        Have threads, and a time of our own.
        """
        from twisted.internet import reactor

        self.clock = Clock()
        self.threads = RecordingThreads(
            reactor,  # type: ignore[arg-type]
            self.clock,
        )
        self.addCleanup(self.threads.stop)
        self.answer = threading.Event()
        # Also when a test fails.
        self.addCleanup(self.answer.set)
        self.begun = threading.Semaphore(0)

    def hang(self, count: int) -> list[Deferred[bool]]:
        """
        Make calls that do not return before they are told to, and wait until they
        have begun, as far as there are threads.
        """

        def call() -> bool:
            self.begun.release()
            return self.answer.wait(60)

        calls = [self.threads(call) for _ in range(count)]
        for _ in range(min(count, THREADS)):
            self.assertTrue(self.begun.acquire(timeout=60))
        return calls

    async def test_result(self) -> None:
        """
        A call gives its result, or what it raised, and is done in another thread.
        """
        self.assertEqual(await self.threads(max, 3, 4), 4)
        with self.assertRaises(ZeroDivisionError):
            await self.threads(divmod, 1, 0)
        self.assertNotEqual(
            await self.threads(threading.get_ident), threading.get_ident()
        )

    async def test_stuck(self) -> None:
        """
        Calls that do not return for some seconds hold up no others: those have
        threads of their own then.
        """
        hanging = self.hang(THREADS)
        other = self.threads(max, 3, 4)
        self.clock.advance(PATIENCE - 1)
        self.assertEqual(self.threads.stuck, 0)
        self.assertNoResult(other)
        for _ in range(2):
            self.clock.advance(1)
        self.assertEqual(self.threads.stuck, THREADS)
        self.assertEqual(await other, 4)
        self.answer.set()
        self.assertEqual([await each for each in hanging], [True] * THREADS)
        self.assertEqual(self.threads.stuck, 0)
        self.clock.advance(1)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    async def test_stopStuck(self) -> None:
        """
        When a call that was stuck returns after the end, what follows from it is
        done as well: a file is not left open.  Then the threads end.
        """
        (hanging,) = self.hang(1)
        self.threads.stop()
        self.answer.set()
        self.assertTrue(await hanging)
        thread = await self.threads(threading.current_thread)
        self.clock.advance(0)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        thread.join(60)
        self.assertFalse(thread.is_alive())

    async def test_bounded(self) -> None:
        """
        There is a limit to that.
        """
        hanging = self.hang(THREADS + MOST_STUCK + 20)
        for n in range(MOST_STUCK):
            if n % THREADS == 0:
                # Those that have begun are stuck by then.
                self.clock.advance(PATIENCE)
                self.clock.advance(1)
            self.assertTrue(self.begun.acquire(timeout=60), n)
        self.clock.advance(PATIENCE)
        self.clock.advance(1)
        self.assertEqual(self.threads.stuck, THREADS + MOST_STUCK)
        self.assertFalse(self.begun.acquire(timeout=0.1))
        self.answer.set()
        for each in hanging:
            self.assertTrue(await each)


class ThreadTests(TestCase):
    """
    Recordings with threads.
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
        calls = {"open", "pwrite", "fdatasync", "close"}
        for call in calls:
            note(call)
        client = Client(RTMPFactory(directory, None, bytes)).publish("show")
        client.send(*BEGIN)
        with capturedLogs() as events:
            client.lose()
            await service.stopService()
        self.assertEqual({call for call, _ in threads}, calls)
        self.assertNotIn(threading.get_ident(), {thread for _, thread in threads})
        path = os.path.join(root, "live", f"show-{STAMP}.flv")
        with open(path, "rb") as file:
            self.assertEqual(readFLV(file.read()).media, plain(*BEGIN))
        self.assertTrue(any(path in line for line in logLines(events)))
