"""
Tests for L{tests.fuzz}: the targets hold for some inputs, and would notice if they
did not.
"""

from __future__ import annotations

import io
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from random import Random
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted import gop, session, straight
from rtmptwisted.errors import ChunkError
from rtmptwisted.wire import amf, chunk, chunkrun, connection
from rtmptwisted.wire.chunkstream import ChunkStream
from rtmptwisted.wire.codec import Description, Kind
from tests.fuzz import engine, guided, mutation, plain
from tests.fuzz import run as command
from tests.fuzz.judging import pieces
from tests.fuzz.peers import show
from tests.fuzz.targets import TARGETS


class TargetTests(SynchronousTestCase):
    """
    Some seconds of fuzzing.
    """

    def hold(self, name: str, runs: int) -> None:
        """
        A target holds for damaged inputs, each of them bounded in time, and for
        those that are not damaged.
        """
        target = TARGETS[name]
        for inputs in engine.pools(target, Random(7), engine.CORPUS):
            for data in inputs[::5]:
                target.fuzz(data)
        report = engine.run(name, runs=runs, seed=1)
        self.assertEqual(report.failures, {})
        self.assertEqual(report.inputs, runs)

    def test_amf(self) -> None:
        """
        AMF values are values or an error.
        """
        self.hold("amf", 400)

    def test_recording(self) -> None:
        """
        Files are read and repaired, or are not.
        """
        self.hold("recording", 300)

    def test_codec(self) -> None:
        """
        Payloads are of some kind.
        """
        self.hold("codec", 1000)

    def test_flv(self) -> None:
        """
        Tags are those that were written.
        """
        self.hold("flv", 200)

    def test_handshake(self) -> None:
        """
        Handshakes have one answer.
        """
        self.hold("handshake", 300)

    def test_chunks(self) -> None:
        """
        Chunks are the same messages for every cut.
        """
        self.hold("chunks", 300)

    def test_connection(self) -> None:
        """
        Connections have the same events for every cut.
        """
        self.hold("connection", 300)

    def test_session(self) -> None:
        """
        A server takes anything from a client, and keeps nothing of it.
        """
        self.hold("session", 150)


class NoticeTests(SynchronousTestCase):
    """
    What a target would notice.
    """

    def notices(self, name: str, part: str = "") -> None:
        """
        A target fails soon, now that something is broken.

        @param part: is in the message of the fault.
        """
        self.patch(engine, "_FAILURES", 1)
        report = engine.run(name, runs=400, seed=2, corpus=None)
        self.assertEqual(len(report.failures), 1, f"{name} has not noticed")
        for data in report.failures.values():
            with self.assertRaises(Exception) as caught:
                TARGETS[name].fuzz(data)
            self.assertIn(part, str(caught.exception))
        # The runner of the tests has seen them too.
        self.flushLoggedErrors()

    def test_otherException(self) -> None:
        """
        An exception that is no protocol error fails.
        """

        def decode(*arguments: object) -> None:
            raise IndexError("out of range")

        self.patch(amf, "decode", decode)
        self.notices("amf", "out of range")
        self.patch(connection, "decode", decode)
        self.notices("connection", "out of range")

    def test_internalError(self) -> None:
        """
        So does one that the server catches and writes to its log.
        """

        def broken(self: object, data: object) -> None:
            raise KeyError("a defect")

        self.patch(session.Session, "dataReceived", broken)
        self.notices("session", "a defect")

    def test_otherMessages(self) -> None:
        """
        So does a reader to which runs of chunks are other messages than the
        same chunks one by one.
        """
        taken = chunkrun.takeRun

        def takeRun(*arguments: object) -> tuple[bytearray, int]:
            span, end = taken(*arguments)  # type: ignore[arg-type]
            span[-1:] = b"!"
            return span, end

        self.patch(chunk, "takeRun", takeRun)
        self.notices("chunks")
        self.notices("connection")

    def test_cutMatters(self) -> None:
        """
        So does one for which it matters how the bytes are cut.
        """
        accept = chunk.ChunkReader._payload

        def payload(self: chunk.ChunkReader, data: bytes, *at: int) -> bytes | None:
            found = accept(self, data, *at)
            if found is None and self.chunkSize > 200:
                raise ChunkError("not all there")
            return found

        self.patch(chunk.ChunkReader, "_payload", payload)
        self.notices("chunks", "not all there")

    def test_heldTooLong(self) -> None:
        """
        So does memory that goes past a limit, or that nobody counts.
        """
        abandon = chunk.ChunkReader._abandon

        def forget(self: chunk.ChunkReader, stream: ChunkStream) -> None:
            before = self._partialBytes
            abandon(self, stream)
            self._partialBytes = before

        self.patch(chunk.ChunkReader, "_abandon", forget)
        self.notices("chunks", "known")
        self.patch(gop.GOPCache, "_overfull", lambda self: False)
        self.notices("flv", "for those who join")

    def test_leftBehind(self) -> None:
        """
        So does a server that keeps something of a client that is gone.
        """
        self.patch(session.Session, "close", lambda self: None)
        self.notices("session", "are left")

    def test_noDescription(self) -> None:
        """
        So do payloads of which nonsense is said.
        """
        nonsense = Description(Kind.KEYFRAME, "avc1", (1, 1))
        self.patch(plain, "describe", lambda typeID, payload: nonsense)
        self.notices("codec", "has one twice")

    def test_brokenAnswers(self) -> None:
        """
        So do viewers who get what is no whole message.
        """
        self.patch(straight, "TransportWriter", _HalfWriter)
        self.notices("session")


class _HalfWriter(straight.TransportWriter):
    """
    Leaves a part of what players get out.
    """

    def __init__(self, transport: Any) -> None:
        write = transport.write
        self.write = lambda data: write(data[: len(data) // 2])


class EngineTests(SynchronousTestCase):
    """
    The engine.
    """

    def attempt(self, fuzz: Callable[[bytes], None], data: bytes = b"x") -> str:
        """
        @return: what is wrong with an input.
        """
        with engine.watched():
            return engine.attempt(fuzz, data)[0]

    def test_fault(self) -> None:
        """
        An input is all right, or there is a word for what is not, and where.
        """

        def fail(data: bytes) -> None:
            raise ValueError(data)

        self.assertEqual(self.attempt(lambda data: None), "")
        found = self.attempt(fail)
        self.assertIn("ValueError at ", found)
        self.assertIn("test_fuzz.py:", found)
        self.assertEqual(self.attempt(fail, b"y"), found)

    def test_slow(self) -> None:
        """
        An input that takes too long fails, and one that never ends is stopped,
        even where every exception is caught.
        """

        def work(data: bytes) -> None:
            end = time.process_time() + 0.02
            while time.process_time() < end:
                pass

        def hang(data: bytes) -> None:
            while True:
                try:
                    work(data)
                except Exception:
                    continue

        self.patch(engine, "SLOWEST", 0.01)
        self.assertEqual(self.attempt(work), "too slow")
        self.patch(engine, "_STOPPED", 0.1)
        self.assertIn("Hang at ", self.attempt(hang))

    def test_large(self) -> None:
        """
        An input that takes too much memory fails.
        """
        sizes = iter((1000, 1000 + 70 * 1024))
        self.patch(engine, "peak", lambda: next(sizes))
        self.assertEqual(self.attempt(lambda data: None), "too much memory")

    def test_shrink(self) -> None:
        """
        An input is made as short as it can be with the same fault.
        """

        def fuzz(data: bytes) -> None:
            if b"a" in data and b"z" in data:
                raise ValueError(data)
            if b"other" in data:
                raise KeyError(data)

        data = Random(1).randbytes(300) + b"a other z" + bytes(500)
        short = engine.shrink(fuzz, data, self.attempt(fuzz, data))
        self.assertEqual(sorted(short), sorted(b"az"))

    def test_repeatable(self) -> None:
        """
        The same seed gives the same inputs, another gives others, and few of
        them are the same.
        """

        def inputs(seed: int) -> list[bytes]:
            mutator = mutation.Mutator(Random(seed), show())
            return [mutator.next() for _ in range(300)]

        self.assertEqual(inputs(1), inputs(1))
        self.assertNotEqual(inputs(1), inputs(2))
        self.assertGreater(len(set(inputs(1))), 250)
        self.assertTrue(all(len(each) <= 8 * mutation.LONGEST for each in inputs(1)))

    def test_pieces(self) -> None:
        """
        However an input says that it is cut, nothing of it is lost, and there
        are many ways.
        """
        data = bytes(range(256)) * 3
        ways = {tuple(pieces(how, data)) for how in range(256)}
        self.assertTrue(all(b"".join(way) == data for way in ways))
        self.assertGreater(len(ways), 200)
        self.assertIn((data,), ways)
        self.assertEqual(max(len(way) for way in ways), len(data))


class CommandTests(SynchronousTestCase):
    """
    The command line.
    """

    def printed(self, *arguments: str) -> tuple[int, str]:
        """
        @return: the exit code, and what is printed.
        """
        out = io.StringIO()
        with redirect_stdout(out), redirect_stderr(out):
            # What begins logging for a process of its own.
            code = command.fuzz(arguments)
        return code, out.getvalue()

    def test_summary(self) -> None:
        """
        At the end there is a line for each target, and one for all.
        """
        code, out = self.printed("--target", "codec", "--runs", "50")
        self.assertEqual(code, 0)
        self.assertIn("codec: 50 inputs", out)
        self.assertIn("slowest", out)
        self.assertTrue(out.endswith("50 inputs, 0 failures\n"))

    def test_failure(self) -> None:
        """
        An input that fails is kept in a file which can be run again, and the
        exit code is 1, as long as it fails.
        """
        nonsense = Description(Kind.KEYFRAME, "avc1", (1, 1))
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        patch = self.patch(plain, "describe", lambda typeID, payload: nonsense)
        arguments = ("--target", "codec", "--failures", folder)
        code, out = self.printed(*arguments, "--runs", "50")
        self.assertEqual(code, 1)
        (path,) = Path(folder).iterdir()
        self.assertIn(str(path), out)
        replay = ("--target", "codec", "--replay", str(path))
        code, out = self.printed(*replay)
        self.assertEqual(code, 1)
        self.assertIn("has one twice", out)
        patch.restore()
        self.assertEqual(self.printed(*replay)[0], 0)

    def test_seconds(self) -> None:
        """
        A run ends when its time is over.
        """
        started = time.monotonic()
        self.assertEqual(self.printed("--target", "codec", "--seconds", "0.2")[0], 0)
        self.assertLess(time.monotonic() - started, 5)

    def test_guidedUsage(self) -> None:
        """
        Without a target the guided run says what it wants.
        """
        out = io.StringIO()
        with redirect_stderr(out):
            self.assertEqual(guided.main([]), 2)
        self.assertIn("TARGET", out.getvalue())
