"""
A live stream on our own standard output, for the next program in a pipe.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from fnmatch import fnmatchcase

from twisted.application.service import Service
from twisted.internet.abstract import FileDescriptor
from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import ConnectionAborted
from twisted.internet.fdesc import setBlocking, setNonBlocking, writeToFD
from twisted.internet.interfaces import IDelayedCall, IReactorFDSet
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from rtmptwisted.delivery import FanOut
from rtmptwisted.directory import StreamDirectory
from rtmptwisted.errors import StartError
from rtmptwisted.formats import FLVFormat
from rtmptwisted.interfaces import IStreamWatcher, IViewerOutlet
from rtmptwisted.streams import LiveStream
from rtmptwisted.viewer import Viewer

#: The reader has so many seconds for what is left, at the end.
FINISH_SECONDS = 10.0


def takeOutput(output: int = 1, errors: int = 2) -> int:
    """
    Take standard output away from everybody else: what they write there goes to
    standard error from now on.  This has to happen before there is a log.

    @param output: the descriptor.
    @param errors: the descriptor of standard error.
    @return: another descriptor of what standard output was.
    @raise StartError: when nobody can read there as fast as a stream comes.
    """
    try:
        found = os.fstat(output)
    except OSError as error:
        raise StartError("--record -: there is no standard output") from error
    if not (stat.S_ISFIFO(found.st_mode) or stat.S_ISSOCK(found.st_mode)):
        raise StartError(
            "--record -: standard output is no pipe; put one to a program behind the "
            "command, or name a folder"
        )
    try:
        same = os.path.samestat(found, os.fstat(errors))
    except OSError:
        # There is no standard error, so nobody wants to see it.
        null = os.open(os.devnull, os.O_RDWR)
        if null != errors:
            os.dup2(null, errors)
            os.close(null)
        same = False
    if same:
        raise StartError(
            "--record -: standard error goes into the same pipe, so that the log would "
            "be in the stream"
        )
    taken = os.dup(output)
    os.dup2(errors, output)
    return taken


class _PipeWriter(FileDescriptor):
    """
    Writes to a pipe or a socket.
    """

    connected = 1

    def __init__(
        self, descriptor: int, reactor: IReactorFDSet, lost: Callable[[], None]
    ) -> None:
        """
        @param lost: is called when it is closed, for whatever reason.
        """
        super().__init__(reactor)
        self._descriptor = descriptor
        self._lost = lost
        setNonBlocking(descriptor)

    def fileno(self) -> int:
        """
        @return: the descriptor.
        """
        return self._descriptor

    def writeSomeData(self, data: bytes) -> int | BaseException:
        """
        Write as much as there is room for.
        """
        written: int | BaseException = writeToFD(self._descriptor, data)
        return written

    def connectionLost(self, reason: Failure) -> None:
        """
        Close the descriptor.
        """
        super().connectionLost(reason)
        # Others who have the same pipe do not expect it otherwise.
        setBlocking(self._descriptor)
        os.close(self._descriptor)
        self._descriptor = -1
        self._lost()


@implementer(IStreamWatcher, IViewerOutlet)
class OutputService(Service):
    """
    Writes the first stream that is published, and no other.
    """

    protocol = "a pipe"
    peer = "standard output"
    straight = None

    _log = Logger()

    def __init__(
        self,
        directory: StreamDirectory,
        reactor: IReactorFDSet,
        descriptor: int,
        *patterns: str,
    ) -> None:
        """
        @param descriptor: see L{takeOutput}.  It is closed in the end.
        @param patterns: of stream keys, with C{*}, C{?} and C{[...]}; one of them has
            to match, if there are any.
        """
        self._directory = directory
        self._reactor = reactor
        self._descriptor = descriptor
        self._patterns = patterns or ("*",)
        self._pipe: _PipeWriter | None = None
        self._open = False
        # The stream that is written, or was.
        self._name: str | None = None
        self._viewer: Viewer
        self._fanOut: FanOut
        self._why = "its reader is gone"
        self._timer: IDelayedCall | None = None
        self._closed: Deferred[None] = Deferred()

    def startService(self) -> None:
        """
        Wait for a stream.
        """
        super().startService()
        if self._pipe is None:
            self._pipe = _PipeWriter(self._descriptor, self._reactor, self._lost)
            self._open = True
        self._directory.watch(self)
        for stream in self._directory:
            self.streamStarted(stream)

    def stopService(self) -> Deferred[None]:
        """
        Write what is left.

        @return: fires when the pipe is closed.
        """
        if not self.running:
            return succeed(None)
        super().stopService()
        self._directory.unwatch(self)
        if self._name is None:
            self.finish()
        elif self._open and self._timer is None:
            self._viewer.end()
            self._fanOut.remove(self._viewer)
        return self._closed

    def streamStarted(self, stream: LiveStream) -> None:
        """
        See L{IStreamWatcher}.
        """
        if not any(fnmatchcase(stream.name, each) for each in self._patterns):
            return
        if self._name is not None:
            self._log.warn(
                "{name} is not written to standard output: {why}",
                name=stream.name,
                why=f"{self._name} is" if self._open else "it is closed",
            )
            return
        assert self._pipe is not None
        self._name = stream.name
        clock, limits = self._directory.clock, self._directory.limits
        self._viewer = Viewer(self, clock, limits)
        self._pipe.registerProducer(self._viewer, True)
        self._fanOut = FanOut.of(stream, FLVFormat(raw=True), clock, limits)
        self._fanOut.add(self._viewer)

    def streamStopped(self, stream: LiveStream) -> None:
        """
        See L{IStreamWatcher}.  The viewer knows already.
        """

    def write(self, data: bytes) -> None:
        """
        See L{IViewerOutlet}.
        """
        assert self._pipe is not None
        self._pipe.write(data)

    def finish(self) -> None:
        """
        See L{IViewerOutlet}.
        """
        assert self._pipe is not None
        # The pipe would wait for its producer.
        self._pipe.unregisterProducer()
        self._pipe.loseConnection()
        why = "nothing was there" if self._name is None else f"{self._name} is over"
        self._close(FINISH_SECONDS, why)

    def abort(self) -> None:
        """
        See L{IViewerOutlet}.
        """
        self._close(0, "its reader reads nothing")

    def _close(self, seconds: float, why: str) -> None:
        self._why = why
        if self._timer is None:
            self._timer = self._directory.clock.callLater(seconds, self._expired)

    def _expired(self) -> None:
        self._timer = None
        assert self._pipe is not None
        self._pipe.connectionLost(Failure(ConnectionAborted()))

    def _lost(self) -> None:
        self._open = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._name is not None:
            self._fanOut.remove(self._viewer)
        self._log.info("standard output is closed: {why}", why=self._why)
        self._closed.callback(None)
