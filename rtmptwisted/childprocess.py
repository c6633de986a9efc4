"""
One program that gets a live stream on its standard input.
"""

from __future__ import annotations

from collections.abc import Callable
from signal import Signals
from typing import Any

from twisted.internet.error import ConnectionLost, ProcessExitedAlready
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.protocol import ProcessProtocol
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from rtmptwisted.childoutput import ChildOutput
from rtmptwisted.delivery import FanOut
from rtmptwisted.formats import FLVFormat
from rtmptwisted.interfaces import IViewerOutlet
from rtmptwisted.streams import LiveStream
from rtmptwisted.viewer import Viewer

#: A program that gets nothing more has so many seconds to finish its work.
FINISH_SECONDS = 10.0

#: And so many after SIGTERM, until SIGKILL.
TERM_SECONDS = 5.0

#: A process that is stuck in the kernel outlives even that.
KILL_SECONDS = 5.0

#: Others can have its pipes when it is gone.  What they say is heard for so long.
LAST_WORDS_SECONDS = 1.0


@implementer(IViewerOutlet)
class Child(ProcessProtocol):
    """
    A process, and the viewer of a stream that it is.

    @ivar status: what it ended with.
    @ivar exited: whether it has ended, as far as is known.
    """

    protocol = "a pipe"
    straight = None

    _log = Logger()

    def __init__(
        self, stream: LiveStream, program: str, gone: Callable[[Child], None]
    ) -> None:
        """
        @param program: a name for the log.
        @param gone: is called once, when nothing is left of it.
        """
        directory = stream.directory
        self._stream = stream
        self._program = program
        self._whenGone = gone
        self._clock = directory.clock
        self._viewer = Viewer(self, directory.clock, directory.limits)
        self._startedAt = directory.clock.seconds()
        self._timer: IDelayedCall | None = None
        self._gone = False
        self.peer = program
        self._ending = False
        self.status = "it was never heard of again"
        self.exited = False

    @property
    def seconds(self) -> float:
        """
        How long ago it was started.
        """
        return self._clock.seconds() - self._startedAt

    # Its beginning

    def connectionMade(self) -> None:
        """
        The process is there: let it have the stream.
        """
        transport: Any = self.transport
        self._process = transport
        self.peer = f"{self._program}[{transport.pid}]"
        self._output = ChildOutput(self._clock, self._say, transport)
        # That of its standard input: it tells the viewer when the pipe is full.
        transport.registerProducer(self._viewer, True)
        limits = self._stream.directory.limits
        self._fanOut = FanOut.of(self._stream, FLVFormat(raw=True), self._clock, limits)
        self._fanOut.add(self._viewer)

    def _say(self, line: str) -> None:
        self._log.info(
            "{name}: {program}: {line}",
            name=self._stream.name,
            program=self.peer,
            line=line,
        )

    # What it gets

    def write(self, data: bytes) -> None:
        """
        See L{IViewerOutlet}.
        """
        self._process.write(data)

    def finish(self) -> None:
        """
        See L{IViewerOutlet}.
        """
        self._closeInput()
        self._expectEnd()

    def abort(self) -> None:
        """
        See L{IViewerOutlet}.
        """
        self._closeInput()
        self._terminate("it does not read")

    def stop(self) -> None:
        """
        Write what is left, and then nothing more.
        """
        self._viewer.end()
        self._fanOut.remove(self._viewer)

    def _closeInput(self) -> None:
        # The pipe would wait for its producer.
        self._process.unregisterProducer()
        self._process.closeStdin()

    def inConnectionLost(self) -> None:
        """
        Nothing is written any more: it was closed here or there.
        """
        self._fanOut.remove(self._viewer)
        # It may have read what it wants, and be busy with the rest.
        self._expectEnd()

    # Its end

    def _expectEnd(self) -> None:
        if not self._ending:
            self._ending = True
            self._wait(FINISH_SECONDS, self._terminate, "it does not end")

    def _terminate(self, why: str) -> None:
        self._ending = True
        self._signal("TERM", why)
        self._wait(TERM_SECONDS, self._kill)

    def _kill(self) -> None:
        self._signal("KILL", "it still does not end")
        self._wait(KILL_SECONDS, self._forget)

    def _signal(self, signal: str, why: str) -> None:
        """
        @param why: for the log.
        """
        self._log.warn(
            "{name}: {program} gets SIG{signal}: {why}",
            name=self._stream.name,
            program=self.peer,
            signal=signal,
            why=why,
        )
        try:
            self._process.signalProcess(signal)
        except ProcessExitedAlready:
            # It will be heard of in a moment.
            pass
        except OSError as error:
            # It may have become somebody else's.
            self._say(f"(no signal can be sent: {error.strerror})")

    def _wait(
        self, seconds: float, action: Callable[..., None], *arguments: str
    ) -> None:
        """
        Do something later, in place of what was meant to be done before.
        """
        self._stopWaiting()
        self._timer = self._clock.callLater(seconds, self._due, action, *arguments)

    def _due(self, action: Callable[..., None], *arguments: str) -> None:
        self._timer = None
        action(*arguments)

    def _stopWaiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def outReceived(self, data: bytes) -> None:
        """
        It says something.
        """
        self._output.received(1, data)

    def errReceived(self, data: bytes) -> None:
        """
        It says something.
        """
        self._output.received(2, data)

    def processExited(self, reason: Failure) -> None:
        """
        It is gone.  What it has said may not have been read yet.
        """
        if self._gone:
            return
        self._ending = self.exited = True
        self.status = _status(reason.value)
        self._fanOut.remove(self._viewer)
        self._wait(LAST_WORDS_SECONDS, self._forget)

    def processEnded(self, reason: Failure) -> None:
        """
        It is gone, and all that it said was read.
        """
        self._forget()

    def _forget(self) -> None:
        """
        Nobody waits for it any longer.
        """
        if self._gone:
            return
        self._gone = True
        self._stopWaiting()
        self._fanOut.remove(self._viewer)
        self._output.end()
        # Where another process has its end of them, they would stay open.
        for pipe in list(self._process.pipes.values()):
            pipe.connectionLost(Failure(ConnectionLost()))
        self._whenGone(self)


def _status(reason: object) -> str:
    """
    @param reason: a L{ProcessDone<twisted.internet.error.ProcessDone>} or
        L{ProcessTerminated<twisted.internet.error.ProcessTerminated>}.
    """
    number = getattr(reason, "signal", None)
    if number is None:
        return f"exit code {getattr(reason, 'exitCode', None)}"
    try:
        return f"{Signals(number).name}"
    except ValueError:
        return f"signal {number}"
