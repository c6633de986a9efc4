"""
Processes that are none, for tests of what starts them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from twisted.internet.error import (
    ProcessDone,
    ProcessExitedAlready,
    ProcessTerminated,
)
from twisted.internet.interfaces import IReactorProcess
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure
from zope.interface import implementer

from rtmptwisted.childcommand import parseExec
from rtmptwisted.childservice import ChildService
from rtmptwisted.directory import StreamDirectory
from rtmptwisted.streams import LiveStream, Publisher
from rtmptwisted.wire.flv import FLVTag
from tests.delivery_support import BEGIN
from tests.flv_reader import FLV, readFLV
from tests.support import ServerTestCase


class FakePipe:
    """
    Our end of a pipe to or from a process.
    """

    def __init__(self, process: FakeProcess, descriptor: int) -> None:
        self._process = process
        self._descriptor = descriptor

    def connectionLost(self, reason: Failure) -> None:
        """
        Close it.
        """
        self._process.lose(self._descriptor)


class FakeProcess:
    """
    What Twisted calls the transport of a process.

    @ivar arguments: the command.
    @ivar input: what was written to it.
    @ivar inputClosed: whether its standard input was closed, with all that was
        written still on its way.
    @ivar signals: what was sent to it.
    @ivar reading: whether what it says is read.
    @ivar alive: whether it runs.
    """

    def __init__(
        self,
        protocol: ProcessProtocol,
        pid: int,
        executable: str,
        arguments: Sequence[str],
        environment: Mapping[str, str],
    ) -> None:
        self._protocol = protocol
        self.pid: int | None = pid
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.pipes = {number: FakePipe(self, number) for number in (0, 1, 2)}
        self.producer: Any = None
        self.input = bytearray()
        self.inputClosed = False
        self.whenClosed: Callable[[], None] | None = None
        self.signals: list[str] = []
        self.signalError: OSError | None = None
        self.reading = True
        self.alive = True
        self._reason: Failure | None = None

    # What the server does

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """
        Take a push producer for standard input.
        """
        assert streaming and self.producer is None
        self.producer = producer

    def unregisterProducer(self) -> None:
        """
        Forget it.
        """
        self.producer = None

    def write(self, data: bytes) -> None:
        """
        Take bytes for standard input, unless that is closed.
        """
        if 0 in self.pipes:
            self.input += data

    def closeStdin(self) -> None:
        """
        Close standard input when all is written, which no producer may prevent.
        """
        assert self.producer is None
        self.inputClosed = True
        if self.whenClosed is not None:
            self.whenClosed()

    def signalProcess(self, signal: str) -> None:
        """
        Send a signal.
        """
        if not self.alive:
            raise ProcessExitedAlready
        if self.signalError is not None:
            raise self.signalError
        self.signals.append(signal)

    def pauseProducing(self) -> None:
        """
        Read nothing for now.
        """
        self.reading = False

    def resumeProducing(self) -> None:
        """
        Read again.
        """
        self.reading = True

    # What the process does

    @property
    def flv(self) -> FLV:
        """
        What it got.
        """
        return readFLV(self.input)

    def say(self, data: bytes, descriptor: int = 2) -> None:
        """
        Write to standard error, or standard output.
        """
        self._protocol.childDataReceived(descriptor, data)

    def lose(self, *descriptors: int) -> None:
        """
        Close one of its descriptors.
        """
        for descriptor in descriptors:
            if descriptor == 0 and self.producer is not None:
                self.producer.stopProducing()
                self.producer = None
            del self.pipes[descriptor]
            self._protocol.childConnectionLost(descriptor)
        if not self.pipes and self._reason is not None:
            reason, self._reason = self._reason, None
            self._protocol.processEnded(reason)

    def exit(
        self, code: int = 0, signal: int | None = None, orphans: bool = False
    ) -> None:
        """
        End.

        @param orphans: whether others still have its descriptors.
        """
        self.alive = False
        self.pid = None
        ended = ProcessTerminated(code if signal is None else None, signal)
        failed = code or signal
        self._reason = Failure(ended if failed else ProcessDone(0))
        self._protocol.processExited(self._reason)
        if not orphans:
            self.lose(*self.pipes)


@implementer(IReactorProcess)
class FakeSpawner:
    """
    Starts processes that are none.

    @ivar processes: all that were started.
    @ivar error: raised in place of starting one, when it is set.
    @ivar code: what each ends with as soon as it is started, when it is set.
    """

    def __init__(self) -> None:
        self.processes: list[FakeProcess] = []
        self.error: OSError | None = None
        self.code: int | None = None

    def spawnProcess(
        self,
        protocol: Any,
        executable: Any,
        args: Any,
        env: Any = None,
        path: Any = None,
        uid: Any = None,
        gid: Any = None,
        usePTY: Any = False,
        childFDs: Any = None,
    ) -> Any:
        """
        Start one.
        """
        if self.error is not None:
            raise self.error
        pid = 100 + len(self.processes)
        process = FakeProcess(protocol, pid, executable, args, env)
        self.processes.append(process)
        protocol.makeConnection(process)
        if self.code is not None:
            process.exit(self.code)
        return process

    @property
    def last(self) -> FakeProcess:
        """
        The process that was started last.
        """
        return self.processes[-1]


NOW = datetime(2026, 11, 22, 9, 8, 7, tzinfo=UTC)
WHO = Publisher("192.0.2.1:4000")


class ServiceTestCase(ServerTestCase):
    """
    A service.
    """

    rules: tuple[str, ...] = ("cat {key} {utc:%Y} {node}",)
    most = 64
    grace = 0.0

    def setUp(self) -> None:
        """
        Start it.
        """
        super().setUp()
        self.directory = StreamDirectory(self.clock, self.limits, grace=self.grace)
        self.spawner = FakeSpawner()
        self.service = ChildService(
            self.directory,
            [parseExec(rule, lambda program: f"/bin/{program}") for rule in self.rules],
            self.spawner,
            most=self.most,
            now=lambda: NOW,
            node="host",
            environment={"PATH": "/bin", "RTMP_KEY": "no"},
        )
        self.service.startService()

    def publish(self, name: str = "live/show") -> LiveStream:
        """
        @return: a stream that somebody publishes.
        """
        stream = self.directory.publish(name, WHO)
        self.receive(stream, *BEGIN)
        return stream

    def receive(self, stream: LiveStream, *tags: FLVTag) -> None:
        """
        Let the publisher send.
        """
        for tag in tags:
            stream.receive(tag)
        self.clock.advance(0)

    @property
    def processes(self) -> list[FakeProcess]:
        """
        All that were started.
        """
        return self.spawner.processes

    def stop(self) -> list[None]:
        """
        Stop the service.

        @return: gets an element when it has stopped.
        """
        stopped: list[None] = []
        self.service.stopService().addCallback(stopped.append)
        return stopped
