"""
The bodies of responses that are files.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IDelayedCall, IPushProducer, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.http import HTTPChannel, Request
from zope.interface import implementer

from rtmptwisted.diskfile import DiskFile
from rtmptwisted.diskthreads import InThread

#: How much is read at once, in bytes.
PIECE = 64 * 1024

#: twisted.web pauses a response over HTTP/2 only when the client's window is full,
#: which may have any size.  With so much waiting in it no more is written, in bytes.
_MOST_QUEUED = 4 * PIECE

#: Whether that has become less is looked at this often, in seconds: often at first,
#: and less and less.
_FIRST_LOOK = 0.005
_LAST_LOOK = 0.64

#: Who takes nothing for this long is disconnected, in seconds.  A player that is
#: paused takes nothing, and few of them connect again by themselves.
STALL_SECONDS = 300


@implementer(IPushProducer)
class FileSending:
    """
    A part of a file that is on its way.

    It is read in a thread, a piece at a time and one ahead: a disk that is slow, or
    never answers, holds up this response and no other work of the reactor.  In
    memory there are two pieces, and what the transport has not sent yet.
    """

    _log = Logger()

    def __init__(
        self,
        request: Request,
        file: DiskFile,
        inThread: InThread,
        clock: IReactorTime,
        close: Callable[[DiskFile], None],
    ) -> None:
        """
        @param close: called when the file is not needed any more.
        """
        self._request = request
        self._channel: Any = request.channel
        # HTTP/2 streams can be aborted alone; HTTP/1 goes with its transport.
        self._owns = isinstance(self._channel, HTTPChannel)
        self._file = file
        self._inThread = inThread
        self._clock = clock
        self._close = close
        self._offset = 0
        self._left = 0
        self._ahead: bytes | None = None
        self._reading = False
        self._paused = False
        self._writing = False
        self._over = False
        self._deadline: IDelayedCall | None = None
        self._look: IDelayedCall | None = None
        self._interval = _FIRST_LOOK

    def start(self, before: bytes, offset: int, size: int) -> None:
        """
        Begin.  The headers have to be set.

        @param before: sent first.
        @param offset: where the part of the file begins.
        @param size: how long it is.
        """
        self._offset = offset
        self._left = size
        self._request.notifyFinish().addErrback(self._gone)
        self._moved()
        self._request.registerProducer(self, True)
        # The headers go with it.
        self._request.write(before)
        self._readOn()
        self._go()

    def _moved(self) -> None:
        """
        Give the client its time anew.
        """
        if self._deadline is None:
            self._deadline = self._clock.callLater(STALL_SECONDS, self._expired)
        else:
            self._deadline.reset(STALL_SECONDS)

    def _expired(self) -> None:
        self._deadline = None
        self._abort()

    def _abort(self) -> None:
        self._end()
        (self._channel.transport if self._owns else self._channel).abortConnection()

    def _isFull(self) -> bool:
        """
        @return: whether enough waits to be sent.  Then L{_go} will be called again.
        """
        if self._owns:
            # The transport says when it is.
            return False
        if _queuedBytes(self._channel) <= _MOST_QUEUED:
            self._interval = _FIRST_LOOK
            return False
        if self._look is None:
            self._look = self._clock.callLater(self._interval, self._lookAgain)
            self._interval = min(2 * self._interval, _LAST_LOOK)
        return True

    def _lookAgain(self) -> None:
        self._look = None
        self._go()

    def _readOn(self) -> None:
        if self._over or not self._left:
            return
        size = min(PIECE, self._left)
        offset = self._offset
        self._left -= size
        self._offset += size
        self._reading = True
        reading = self._inThread(self._file.read, offset, size)
        reading.addCallbacks(self._read, self._failed)

    def _read(self, piece: bytes) -> None:
        self._reading = False
        if self._over:
            self._close(self._file)
            return
        self._ahead = piece
        self._go()

    def _failed(self, failure: Failure) -> None:
        self._reading = False
        if self._over:
            self._close(self._file)
            return
        path = self._request.path.decode("ascii", "backslashreplace")
        self._log.error(
            "{path} cannot be read to its end: {why}",
            path=path,
            why=failure.getErrorMessage(),
        )
        # The length was promised: only so the client knows that this is not all.
        self._abort()

    def _go(self) -> None:
        """
        Write while there is something and the transport has room.
        """
        if self._writing:
            # A call further up does, below which the transport calls again.
            return
        self._writing = True
        while self._ahead is not None and not (self._paused or self._isFull()):
            piece, self._ahead = self._ahead, None
            self._readOn()
            self._moved()
            self._request.write(piece)
        self._writing = False
        waits = self._reading or self._ahead is not None or self._left
        if not (waits or self._paused or self._over):
            self._end()
            self._request.unregisterProducer()
            self._request.finish()

    def _end(self) -> None:
        if self._over:
            return
        self._over = True
        self._ahead = None
        self._left = 0
        for call in (self._deadline, self._look):
            if call is not None:
                call.cancel()
        self._deadline = self._look = None
        if not self._reading:
            self._close(self._file)

    def _gone(self, reason: Failure) -> None:
        self._end()

    def resumeProducing(self) -> None:
        """
        The transport has room.
        """
        self._paused = False
        if not self._over:
            self._moved()
            self._go()

    def pauseProducing(self) -> None:
        """
        The transport is full.
        """
        self._paused = True

    def stopProducing(self) -> None:
        """
        The connection is gone.
        """
        self._end()


def _queuedBytes(stream: Any) -> int:
    """
    @param stream: of HTTP/2.
    @return: what was written to it, and has not gone to the transport.
    """
    connection = stream._conn
    number = stream.streamID
    window: int = connection.conn.local_flow_control_window(number)
    room: int = connection.remainingOutboundWindow(number)
    return window - room
