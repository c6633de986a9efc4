"""
Deleting old recordings.

All of it blocks, and belongs in a thread.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import NamedTuple

from twisted.logger import Logger

from rtmptwisted.amounts import Amount, parseAmount
from rtmptwisted.flvfile import lock
from rtmptwisted.wire.flv import ENDING
from rtmptwisted.wire.flvheadreader import TELLING, isFinished

# To open a pipe would wait for somebody who writes to it.
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


#: What is found where a recording was: nothing any more, or something else.
_OTHER_NOW = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)


class Deleted(NamedTuple):
    """
    A recording that was deleted.

    @ivar path: where it was.
    @ivar why: a part of a sentence.
    """

    path: str
    size: int
    why: str


class _Found(NamedTuple):
    """
    A recording of ours.
    """

    modified: float
    path: str
    size: int
    isFinished: bool


def parseKeep(text: str) -> Amount:
    """
    @param text: how long recordings are kept, such as C{"7d"} or C{"12h"}, or how
        much of them, such as C{"100GB"}.
    @raise ValueError: for what is neither.
    """
    return parseAmount(text)


class Retention:
    """
    Deletes the oldest recordings below a folder: those that are too old, and as
    many as there are too many.

    Only files that this server has written and finished are deleted, and none that
    somebody writes.  No link is followed.  Folders that become empty go as well.
    """

    _log = Logger()

    def __init__(
        self,
        root: str,
        seconds: float | None = None,
        mostBytes: int | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        """
        @param seconds: what was last written to longer ago than that goes.
        @param mostBytes: so much all recordings of ours may have together.
        """
        self.root = root
        self._seconds = seconds
        self._mostBytes = mostBytes
        self._now = now
        # What is known of files: what they were like then, and whether they were
        # ours and finished.  Most of them never change.
        self._known: dict[str, tuple[os.stat_result, bool | None]] = {}
        self._isRefused = False

    def run(self) -> list[Deleted]:
        """
        Delete what is too much.

        @return: what was deleted, oldest first.
        """
        # It may be a link itself.
        root = os.path.realpath(self.root)
        try:
            found = sorted(self._ours(root))
        except FileNotFoundError:
            # The folder itself is gone.
            return []
        total = sum(each.size for each in found)
        now = self._now()
        deleted = []
        refused: OSError | None = None
        for each in found:
            age = now - each.modified
            if self._seconds is not None and age > self._seconds:
                why = f"it is {_days(age)} old"
            elif self._mostBytes is not None and total > self._mostBytes:
                why = f"all together have {total} bytes"
            else:
                continue
            try:
                isGone = each.isFinished and _delete(root, each)
            except OSError as error:
                refused = refused or error
                continue
            if isGone:
                total -= each.size
                deleted.append(Deleted(each.path, each.size, why))
                self._known.pop(each.path, None)
        self._tell(refused)
        return deleted

    def _tell(self, refused: OSError | None) -> None:
        # Once, and not each minute.
        if refused is not None and not self._isRefused:
            self._log.error(
                "old recordings below {root} cannot be deleted: {why}",
                root=self.root,
                why=refused.strerror or str(refused),
            )
        self._isRefused = refused is not None

    def _ours(self, root: str) -> Iterator[_Found]:
        known, self._known = self._known, {}
        for folder, _, names, descriptor in os.fwalk(root):
            for name in names:
                # It may be gone, or nothing that can be read.
                with suppress(OSError):
                    if not name.endswith(ENDING):
                        continue
                    path = os.path.join(folder, name)
                    status = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
                    before, finished = known.get(path, (None, None))
                    if before is None or not _isSame(before, status):
                        finished = _isFinished(name, descriptor)
                    self._known[path] = status, finished
                    if finished is not None:
                        yield _Found(status.st_mtime, path, status.st_size, finished)


def _isSame(one: os.stat_result, other: os.stat_result) -> bool:
    return (one.st_ino, one.st_size, one.st_mtime_ns) == (
        other.st_ino,
        other.st_size,
        other.st_mtime_ns,
    )


def _isFinished(name: str, folder: int) -> bool | None:
    """
    @return: L{None} for what is not ours.
    """
    descriptor = os.open(name, _READ, dir_fd=folder)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        return isFinished(os.pread(descriptor, TELLING, 0))
    finally:
        os.close(descriptor)


def _delete(root: str, found: _Found) -> bool:
    """
    @return: whether it is gone now, and the folders with it that it was alone in.
    @raise OSError: when that is refused.
    """
    folder, name = os.path.split(found.path)
    try:
        if not _unlink(root, folder, name, found.modified):
            return False
    except OSError as error:
        if error.errno in _OTHER_NOW:
            return False
        raise
    while folder != root:
        try:
            os.rmdir(folder)
        except OSError:
            break
        folder = os.path.dirname(folder)
    return True


def _unlink(root: str, folder: str, name: str, modified: float) -> bool:
    """
    @return: whether it is gone now: not when somebody has written to it, or does.
    """
    directory = _openFolder(root, folder)
    try:
        descriptor = os.open(name, _READ, dir_fd=directory)
        try:
            # Somebody who writes to it has it locked.
            if os.fstat(descriptor).st_mtime != modified or not lock(descriptor):
                return False
            os.unlink(name, dir_fd=directory)
        finally:
            os.close(descriptor)
    finally:
        os.close(directory)
    return True


def _openFolder(root: str, folder: str) -> int:
    """
    Open a folder below the root without following links: what was a folder when it
    was looked at may be one by now.
    """
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(root, flags)
    for part in os.path.relpath(folder, root).split(os.sep):
        if part == os.curdir:
            continue
        try:
            inner = os.open(part, flags, dir_fd=descriptor)
        finally:
            os.close(descriptor)
        descriptor = inner
    return descriptor


def _days(seconds: float) -> str:
    if seconds >= 2 * 86400:
        return f"{seconds / 86400:.1f} days"
    return f"{seconds / 3600:.1f} h"
