"""
Tests of L{rtmptwisted.childservice} and L{rtmptwisted.pipeoutput}, with real processes
and pipes.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import sys
import tempfile
from collections.abc import Sequence
from shutil import rmtree
from typing import Any

from twisted.internet import reactor as installed
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock, deferLater
from twisted.internet.threads import deferToThread
from twisted.logger import LogEvent, capturedLogs
from twisted.trial.unittest import TestCase

from rtmptwisted import childprocess
from rtmptwisted.childcommand import parseExec
from rtmptwisted.childservice import ChildService
from rtmptwisted.digest import Digest
from rtmptwisted.directory import StreamDirectory
from rtmptwisted.pipeoutput import OutputService
from rtmptwisted.streams import LiveStream
from rtmptwisted.wire.flv import FLVTag
from tests.child_support import WHO
from tests.delivery_support import BEGIN
from tests.fakes import logLines
from tests.flv_reader import FLV, readFLV
from tests.media import audio, frame, keyframe, plain

reactor: Any = installed

#: Copies what it gets to the file that is its argument.
COPY = """
import os, shutil, sys
shutil.copyfileobj(sys.stdin.buffer, open(sys.argv[1], "wb"))
others = []
for descriptor in range(3, 1000):
    try:
        os.fstat(descriptor)
    except OSError:
        pass
    else:
        others.append(descriptor)
print(os.environ["RTMP_KEY"], others[1:], file=sys.stderr)
"""

#: Takes its time before it does.
COPY_LATER = "import time; time.sleep(0.3)" + COPY

#: Closes its standard input after the header, and does something else.
CLOSE = """
import os, sys, time
os.read(0, 9)
os.close(0)
print("closed")
sys.stdout.flush()
time.sleep(0.2)
print("done", file=sys.stderr)
sys.exit(7)
"""

#: Neither reads nor ends.
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("there", flush=True)
time.sleep(60)
"""

#: Leaves another process behind, which has its pipes.
ORPHAN = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print("left", child.pid, flush=True)
sys.exit(1)
"""


class RealTestCase(TestCase):
    """
    A server that starts processes.
    """

    timeout = 30

    def setUp(self) -> None:
        """
        Begin to listen to the log.
        """
        self.folder = tempfile.mkdtemp()
        self.addCleanup(rmtree, self.folder)
        self.path = os.path.join(self.folder, "copy.flv")
        self.directory = StreamDirectory(reactor)
        capture = capturedLogs()
        self.events: Sequence[LogEvent] = capture.__enter__()
        self.addCleanup(capture.__exit__, None, None, None)

    def start(self, program: str) -> ChildService:
        """
        @return: a service that runs this for each stream.
        """
        words = [sys.executable, "-c", program.replace("{", "{{").replace("}", "}}")]
        rule = parseExec(f"{shlex.join(words)} {self.path}")
        service = ChildService(self.directory, [rule], reactor)
        service.startService()
        return service

    def publish(self) -> LiveStream:
        """
        @return: a stream that somebody publishes.
        """
        stream = self.directory.publish("live/show", WHO)
        for tag in BEGIN:
            stream.receive(tag)
        return stream

    async def wait(self, seconds: float) -> None:
        """
        Let time pass.
        """
        await deferLater(reactor, seconds, lambda: None)

    async def logged(self, text: str) -> str:
        """
        Wait for a line.
        """
        for _ in range(1000):
            for line in logLines(self.events):
                if text in line:
                    return line
            await self.wait(0.01)
        raise AssertionError(f"{text} is not in {logLines(self.events)}")

    @property
    def copy(self) -> FLV:
        """
        What the process wrote.
        """
        with open(self.path, "rb") as file:
            return readFLV(file.read())


class ChildTests(RealTestCase):
    """
    Real processes.
    """

    async def test_copy(self) -> None:
        """
        A process gets the whole stream, its name, and no descriptor of ours; the
        service has stopped when it is done.
        """
        service = self.start(COPY)
        stream = self.publish()
        tags: list[FLVTag] = []
        for n in range(1, 51):
            tags += [frame(40 * n, 5000), audio(40 * n + 5)]
            stream.receive(tags[-2])
            stream.receive(tags[-1])
            await self.wait(0)
        stream.end()
        await service.stopService()
        self.assertEqual(self.copy.media, plain(*BEGIN, *tags))
        await self.logged("]: live/show []")
        await self.logged(": exit code 0")

    async def test_slow(self) -> None:
        """
        One that is too slow loses whole groups of pictures, and what it gets is FLV.
        """
        # Its next line would come when the test is over.
        self.directory.skipped = Digest(Clock(), "{count}")
        service = self.start(COPY_LATER)
        stream = self.publish()
        sent = [*BEGIN]
        for n in range(1, 101):
            tag = (frame if n % 5 else keyframe)(40 * n, 100_000)
            sent.append(tag)
            stream.receive(tag)
            await self.wait(0)
        self.assertGreater(stream.skips, 0)
        await self.wait(0.5)
        last = keyframe(8000)
        stream.receive(last)
        stream.end()
        await service.stopService()
        media = self.copy.media
        self.assertEqual(media[:4], plain(*BEGIN))
        self.assertEqual(media[-1:], plain(last))
        self.assertLess(len(media), 100)
        # Sequence headers come again with each keyframe that follows a gap.
        allowed = {tag.body for tag in plain(*sent, last)}
        self.assertEqual([tag for tag in media if tag.body not in allowed], [])

    async def test_closed(self) -> None:
        """
        One that closes its standard input is heard to its end.
        """
        service = self.start(CLOSE)
        stream = self.publish()
        await self.logged("]: closed")
        for n in range(1, 11):
            stream.receive(frame(40 * n))
            await self.wait(0.01)
        await self.logged("]: done")
        await self.logged(": exit code 7; it begins again in 1 s")
        self.assertTrue(stream.isLive)
        await service.stopService()
        stream.end()

    async def test_stubborn(self) -> None:
        """
        One that does not end is killed.
        """
        self.patch(childprocess, "FINISH_SECONDS", 0.1)
        self.patch(childprocess, "TERM_SECONDS", 0.1)
        service = self.start(STUBBORN)
        stream = self.publish()
        stream.receive(keyframe(40, 200_000))
        await self.logged("]: there")
        stream.end()
        await service.stopService()
        await self.logged("gets SIGTERM")
        await self.logged(": SIGKILL")

    async def test_orphan(self) -> None:
        """
        What a process leaves behind is not waited for.
        """
        service = self.start(ORPHAN)
        stream = self.publish()
        line = await self.logged("]: left")
        orphan = int(line.split()[-1])
        try:
            stream.receive(keyframe(40, 200_000))
            await self.logged(": exit code 1; it begins again in 1 s")
            await service.stopService()
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(orphan, signal.SIGKILL)
        stream.end()

    async def test_missing(self) -> None:
        """
        A program that is no more is tried again.
        """
        script = os.path.join(self.folder, "script")
        with open(script, "w") as file:
            file.write("#!/bin/sh\nexec cat > /dev/null\n")
        os.chmod(script, 0o755)
        service = ChildService(self.directory, [parseExec(script)], reactor)
        service.startService()
        os.unlink(script)
        stream = self.publish()
        await self.logged("script cannot be run: No such file")
        stream.end()
        await service.stopService()


class OutputTests(RealTestCase):
    """
    A real pipe.
    """

    async def test_pipe(self) -> None:
        """
        A reader at the other end gets the whole stream, and then the end.
        """
        reading, writing = os.pipe()

        def read() -> bytes:
            with open(reading, "rb") as file:
                return file.read()

        received: Deferred[bytes] = deferToThread(read)
        service = OutputService(self.directory, reactor, writing)
        service.startService()
        stream = self.publish()
        tags = [frame(40 * n, 100_000) for n in range(1, 51)]
        for tag in tags:
            stream.receive(tag)
            await self.wait(0.001)
        stream.end()
        self.assertEqual(readFLV(await received).media, plain(*BEGIN, *tags))
        await service.stopService()
