"""
FLV files that were cut off: whole tags, duration and index are made of what there is.

All of it blocks, and belongs in a thread.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from rtmptwisted import __version__
from rtmptwisted.errors import FLVError, RTMPError
from rtmptwisted.flvcheck import Progress, Survey, check
from rtmptwisted.flvscan import Scan
from rtmptwisted.flvsource import FLVSource
from rtmptwisted.metadata import FILE_KEYS
from rtmptwisted.newfile import lock
from rtmptwisted.wire.amf import AMFValue
from rtmptwisted.wire.flv import ENDING, LARGEST_BODY
from rtmptwisted.wire.flvhead import CREATOR, FileHead
from rtmptwisted.wire.flvheadreader import TELLING, isFinished
from rtmptwisted.wire.flvindex import Tally

__all__ = ["Repair", "check", "repair", "repairUnfinished"]

#: What a crash can leave behind the last whole tag: a tag.
_MOST_CUT = LARGEST_BODY + 15

#: Entries of the index of a file that had no room for one.
_CAPACITY = 4096

_COPY = 1 << 20

#: How a tag begins: its type, and a stream id of 0 behind size and time.
_TAG = re.compile(rb"[\x08\x09\x12](?=.{7}\0\0\0)", re.DOTALL)

#: What it takes for that.
_BEGINNING = 11


@dataclass(slots=True)
class Repair:
    """
    What became of a file.

    @ivar done: what was done, a sentence for each; nothing for a file that was good.
    @ivar problem: why it could not be repaired; empty when it could.
    @ivar left: what is wrong still.
    @ivar cut: bytes that were cut off at the end.
    @ivar duration: milliseconds.
    """

    path: str
    done: list[str] = field(default_factory=list)
    problem: str = ""
    left: list[str] = field(default_factory=list)
    cut: int = 0
    duration: int = 0


def repair(path: str, progress: Progress | None = None, force: bool = False) -> Repair:
    """
    Cut a file to its whole tags, and make its head right.

    That is done in place where the head has room, as in files of ours; otherwise a
    new file takes the place of the old.  It keeps permissions and time.  A file
    that is being written is left alone, and so is one that is good.

    @param progress: is called with a number from 0 to 1 now and then.  What it
        raises leaves the file as it was.
    @param force: whether to cut off more than a crash can leave, or whole tags.
    """
    result = Repair(path)
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            if lock(descriptor):
                _repair(descriptor, result, progress, force)
            else:
                result.problem = "it is being written"
        finally:
            os.close(descriptor)
    except FLVError as error:
        result.problem = str(error)
    except OSError as error:
        result.problem = error.strerror or str(error)
    return result


def _repair(
    descriptor: int, result: Repair, progress: Progress | None, force: bool
) -> None:
    before = os.fstat(descriptor)
    survey = Survey(descriptor, progress)
    result.duration, result.left = survey.tally.end, survey.lasting()
    problems = survey.repairable()
    if survey.surplus > _MOST_CUT and not force:
        result.problem = f"{problems[0]}: so much is cut off only by force"
        return
    if not force and _hasTag(survey.source, survey.end):
        result.problem = f"{problems[0]}, whole tags among them: only by force"
        return
    if survey.head is not None:
        _repairInPlace(descriptor, survey, survey.head, result, before)
    elif problems:
        _replace(descriptor, survey, result, before, progress)
    if result.done:
        result.cut = survey.surplus
        if result.cut:
            result.done.insert(0, f"{result.cut} bytes cut off at the end")


def _hasTag(source: FLVSource, position: int) -> bool:
    """
    @return: whether there is a whole tag anywhere from there on, so that the file is
        damaged, and not only cut off.
    """
    while position < source.size:
        data = source.read(position, _COPY)
        for found in _TAG.finditer(data):
            with suppress(FLVError):
                source.tagAt(position + found.start())
                return True
        # One may begin where this ends.
        position += max(len(data) - _BEGINNING + 1, _BEGINNING)
    return False


def _checkUntouched(descriptor: int, before: os.stat_result) -> None:
    """
    @raise FLVError: when somebody has written to the file, without a lock as most do.
    """
    now = os.fstat(descriptor)
    if (now.st_size, now.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
        raise FLVError("it is being written")


def _repairInPlace(
    descriptor: int,
    survey: Survey,
    head: FileHead,
    result: Repair,
    before: os.stat_result,
) -> None:
    written = head.encode(survey.tally, complete=True)
    if not survey.surplus and survey.source.read(0, head.size) == written:
        return
    _checkUntouched(descriptor, before)
    os.ftruncate(descriptor, survey.end)
    # What says that all is right comes after all is right.
    _write(descriptor, 0, head.encode(survey.tally))
    os.fdatasync(descriptor)
    _write(descriptor, 0, head.numbers(survey.tally, complete=True)[1])
    os.fdatasync(descriptor)
    os.utime(descriptor, ns=(before.st_atime_ns, before.st_mtime_ns))
    result.done.append("duration, index and numbers written")


def _replace(
    descriptor: int,
    survey: Survey,
    result: Repair,
    before: os.stat_result,
    progress: Progress | None,
) -> None:
    """
    Put a new file with a head of ours into the place of the old.
    """
    path = os.path.realpath(result.path)
    head = _newHead(survey)
    tally = Tally(head.capacity, head.size)
    for tag in Scan(survey.source, survey.start.tags):
        tally.add(tag.typeID, tag.timestamp, tag.total, tag.start, tag.description)
    new, temporary = tempfile.mkstemp(ENDING, ".repair-", os.path.dirname(path))
    try:
        try:
            _write(new, 0, head.encode(tally, complete=True))
            _copy(descriptor, new, survey, head.size, progress)
            # Only the superuser can give a file away.
            with suppress(OSError):
                os.fchown(new, before.st_uid, before.st_gid)
            os.fchmod(new, before.st_mode & 0o7777)
            os.utime(new, ns=(before.st_atime_ns, before.st_mtime_ns))
            os.fsync(new)
        finally:
            os.close(new)
        _checkUntouched(descriptor, before)
        os.rename(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
    result.done.append("written anew, with duration and index")


def _newHead(survey: Survey) -> FileHead:
    contents, tally = survey.contents, survey.tally
    said: dict[str, AMFValue] = contents.metadata if contents is not None else {}
    metadata = {key: said[key] for key in said if key not in FILE_KEYS}
    creator = f"{CREATOR} {__version__}"
    try:
        return FileHead(creator, metadata, tally.hasAudio, tally.hasVideo, _CAPACITY)
    except RTMPError:
        return FileHead(creator, {}, tally.hasAudio, tally.hasVideo, _CAPACITY)


def _copy(
    descriptor: int, new: int, survey: Survey, to: int, progress: Progress | None
) -> None:
    position, end = survey.start.tags, survey.end
    while position < end:
        data = os.pread(descriptor, min(_COPY, end - position), position)
        if not data:
            raise FLVError("somebody else has cut the file")
        _write(new, to, data)
        position, to = position + len(data), to + len(data)
        if progress is not None:
            progress(position / end)


def _write(descriptor: int, position: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        count = os.pwrite(descriptor, rest, position)
        position, rest = position + count, rest[count:]


class _Stopped(Exception):
    """
    There is no time for this now.
    """


def repairUnfinished(root: str, stop: Callable[[], bool]) -> Iterator[Repair]:
    """
    Repair all files of ours below a folder that were not finished and are not being
    written.  Symbolic links are not followed.

    @param stop: is asked now and then whether to end this at once.
    """

    def goOn(fraction: float) -> None:
        if stop():
            raise _Stopped

    for folder, folders, names in os.walk(root):
        folders.sort()
        for name in sorted(names):
            if stop():
                return
            path = os.path.join(folder, name)
            if name.endswith(ENDING) and _isUnfinished(path):
                try:
                    yield repair(path, goOn)
                except _Stopped:
                    return


def _isUnfinished(path: str) -> bool:
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags)
    except OSError:
        return False
    try:
        # What is being written is not even tried.
        start = os.pread(descriptor, TELLING, 0)
        return isFinished(start) is False and lock(descriptor)
    except OSError:
        return False
    finally:
        os.close(descriptor)
