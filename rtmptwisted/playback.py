"""
Recordings over HTTP: whole, in parts, and from a moment on.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Sequence
from errno import EACCES, EISDIR, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR, ENXIO, EPERM
from typing import NamedTuple

from twisted.internet.defer import CancelledError, Deferred, DeferredSemaphore, fail
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.http import (
    BAD_REQUEST,
    NOT_FOUND,
    NOT_MODIFIED,
    PARTIAL_CONTENT,
    REQUESTED_RANGE_NOT_SATISFIABLE,
    Request,
    datetimeToString,
)
from twisted.web.server import NOT_DONE_YET

from rtmptwisted.answers import answerTagged, say
from rtmptwisted.byterange import Unsatisfiable, byteRange, isUnchanged, rangeHeld
from rtmptwisted.catalogue import MOST, Catalogue
from rtmptwisted.diskfile import DiskFile, namesOf, openBelow
from rtmptwisted.diskthreads import InThread
from rtmptwisted.errors import FLVError
from rtmptwisted.filesending import FileSending
from rtmptwisted.flvscan import seekPoint
from rtmptwisted.patience import Patience, busy, finish
from rtmptwisted.sending import PIECE, Sending

_JSON = b"application/json"
_FLV = b"video/x-flv"

#: What scripts of other places may know of an answer.
_EXPOSED = b"content-range, content-length, accept-ranges, etag"

#: Recordings that are open, or being opened, at the same moment.  Each takes a
#: descriptor, and one that is stuck a place in the line for a thread.
_MOST_OPEN = 500

#: Recordings in which a moment is looked for at the same time.  In files that others
#: have written it may take seconds of work.
_MOST_SEEKS = 2

#: Why there is nothing at a path.
_NOTHING = (EACCES, EISDIR, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR, ENXIO, EPERM)


class _Opened(NamedTuple):
    """
    @ivar before: sent before the file.
    @ivar offset: where in the file to begin.
    @ivar end: where in it to end.
    """

    file: DiskFile
    before: bytes
    offset: int
    end: int


def _open(root: str, names: Sequence[str], seconds: float | None) -> _Opened:
    """
    Blocking.

    @param seconds: where to begin, or L{None} for the whole.
    @raise OSError: when there is no such file, or it cannot be read.
    @raise ValueError: when there is no such moment in it.
    """
    file = openBelow(root, names)
    if seconds is None:
        return _Opened(file, b"", 0, file.size)
    try:
        # By its descriptor: another file may have come to that path.
        point = seekPoint(f"/dev/fd/{file.descriptor}", seconds)
        # It may have grown meanwhile.
        end = os.fstat(file.descriptor).st_size
    except BaseException:
        file.close()
        raise
    return _Opened(file, point.header, min(point.offset, end), end)


class Playback:
    """
    The recordings below a folder.

    @ivar open: how many are open, or being opened.
    @ivar seeks: lets few of them look for a moment at once.
    """

    def __init__(self, root: str, clock: IReactorTime, inThread: InThread) -> None:
        self.root = root
        self.clock = clock
        self.inThread = inThread
        self.open = 0
        self.seeks = DeferredSemaphore(_MOST_SEEKS)
        self._catalogue = Catalogue(root, clock, inThread)

    def list(self, request: Request) -> bytes | int:
        """
        Answer with what recordings there are.
        """
        try:
            count = int(request.args.get(b"limit", [b"%d" % MOST])[-1])
        except ValueError:
            return say(request, BAD_REQUEST, "limit is how many recordings")
        _List(request, self.clock, self._catalogue.get(count))
        return NOT_DONE_YET

    def render(self, request: Request, path: bytes) -> bytes | int:
        """
        Answer a request for a recording.

        @param path: below the folder, as it is in the URL.
        """
        request.setHeader(b"access-control-expose-headers", _EXPOSED)
        names = namesOf(path)
        if names is None:
            return say(request, NOT_FOUND, "there is no such recording")
        start = request.args.get(b"start")
        try:
            seconds = None if start is None else _seconds(start[-1])
        except ValueError:
            return say(request, BAD_REQUEST, "start is a number of seconds, from 0 on")
        if self.open >= _MOST_OPEN:
            return busy(request, "too many recordings are being played")
        self.open += 1
        _Answer(self, request, names, seconds)
        return NOT_DONE_YET

    def close(self, file: DiskFile) -> None:
        """
        Close a file, which may take long as well.
        """
        self.inThread(file.close).addBoth(self.closed)

    def closed(self, ignored: object = None) -> None:
        """
        One is not open any more.
        """
        self.open -= 1


class _List:
    """
    One request for the list.
    """

    _log = Logger()

    def __init__(
        self, request: Request, clock: IReactorTime, body: Deferred[bytes]
    ) -> None:
        self._request = request
        self._patience = Patience(request, clock, body.cancel)
        body.addCallbacks(self._made, self._failed)

    def _made(self, body: bytes) -> None:
        self._patience.settle()
        body = answerTagged(self._request, _JSON, body)
        if len(body) > PIECE:
            Sending(self._request, body).start()
        else:
            finish(self._request, body)

    def _failed(self, failure: Failure) -> None:
        if failure.check(CancelledError):
            return
        self._patience.settle()
        self._log.failure("the list of recordings", failure)
        finish(self._request, busy(self._request, "the recordings cannot be listed"))


class _Answer:
    """
    One request for a recording.
    """

    _log = Logger()

    def __init__(
        self,
        playback: Playback,
        request: Request,
        names: Sequence[str],
        seconds: float | None,
    ) -> None:
        self._playback = playback
        self._request = request
        self._sought = seconds is not None
        self._patience = Patience(request, playback.clock)
        if seconds is None:
            opening = playback.inThread(_open, playback.root, names, None)
        else:
            opening = playback.seeks.run(self._seek, names, seconds)
        opening.addCallbacks(self._opened, self._failed)
        opening.addErrback(self._broken)

    def _seek(self, names: Sequence[str], seconds: float) -> Deferred[_Opened]:
        if self._patience.over:
            # Its turn comes too late.
            return fail(CancelledError())
        playback = self._playback
        return playback.inThread(_open, playback.root, names, seconds)

    def _failed(self, failure: Failure) -> None:
        self._playback.closed()
        if self._patience.over:
            return
        self._patience.settle()
        error = failure.value
        if isinstance(error, OSError) and error.errno in _NOTHING:
            body = say(self._request, NOT_FOUND, "there is no such recording")
        elif isinstance(error, FLVError):
            body = say(self._request, NOT_FOUND, "nobody can seek in that recording")
        else:
            self._log.failure("a recording cannot be read", failure)
            body = busy(self._request, "the recording cannot be read")
        finish(self._request, body)

    def _broken(self, failure: Failure) -> None:
        self._log.failure("while a recording was answered", failure)
        self._request.loseConnection()

    def _opened(self, opened: _Opened) -> None:
        file = opened.file
        request, playback = self._request, self._playback
        if self._patience.over:
            playback.close(file)
            return
        self._patience.settle()
        request.setHeader(b"accept-ranges", b"none" if self._sought else b"bytes")
        request.setHeader(b"etag", file.tag)
        # Never later than the answer, as what was written just now would be: a date
        # that does not count later is sent instead.
        modified = min(file.modified, time.time())
        request.setHeader(b"last-modified", datetimeToString(modified))
        if isUnchanged(request, file.tag, file.modified):
            playback.close(file)
            request.setResponseCode(NOT_MODIFIED)
            finish(request)
            return
        try:
            offset, size = self._part(opened)
        except Unsatisfiable:
            playback.close(file)
            self._unsatisfiable(opened.end)
            return
        request.setHeader(b"content-type", _FLV)
        request.setHeader(b"content-length", b"%d" % (len(opened.before) + size))
        if request.method == b"HEAD":
            playback.close(file)
            finish(request)
            return
        FileSending(
            request, file, playback.inThread, playback.clock, playback.close
        ).start(opened.before, offset, size)

    def _part(self, opened: _Opened) -> tuple[int, int]:
        """
        @return: where in the file to begin, and how much of it to send.
        @raise Unsatisfiable: when it has nothing of what is asked for.
        """
        request, (file, _, offset, end) = self._request, opened
        # Ranges are for GET only; of what was put together there are none.
        if request.method == b"GET" and not self._sought:
            wanted = rangeHeld(request, file.tag, file.modified)
            part = byteRange(wanted, end)
            if part is not None:
                place = part[0], sum(part) - 1, end
                request.setHeader(b"content-range", b"bytes %d-%d/%d" % place)
                request.setResponseCode(PARTIAL_CONTENT)
                return part
        return offset, end - offset

    def _unsatisfiable(self, size: int) -> None:
        self._request.setHeader(b"content-range", b"bytes */%d" % size)
        text = f"the recording has {size} bytes"
        finish(self._request, say(self._request, REQUESTED_RANGE_NOT_SATISFIABLE, text))


def _seconds(text: bytes) -> float:
    """
    @raise ValueError: for what is no time.
    """
    seconds = float(text)
    if not 0 <= seconds < math.inf:
        raise ValueError(text)
    return seconds
