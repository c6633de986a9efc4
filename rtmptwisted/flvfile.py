"""
An FLV file that is being written, and can be played and seeked at any moment.
"""

from __future__ import annotations

import errno
import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from rtmptwisted import __version__
from rtmptwisted.errors import RTMPError
from rtmptwisted.metadata import FILE_KEYS
from rtmptwisted.newfile import NewFile, lock
from rtmptwisted.wire.amf import AMFValue
from rtmptwisted.wire.flv import ENDING, FLVTag
from rtmptwisted.wire.flvhead import CREATOR, FileHead
from rtmptwisted.wire.flvindex import Tally

__all__ = ["FLVFile", "FilePolicy", "lock"]

#: So many tags are joined for one write.  All of them at once would double what
#: a long backlog holds in memory; but on some disks each write takes its time.
_AT_ONCE = 2048

#: The numbers in the head are at most this old, in seconds, when more is
#: appended: a recording that is cut off then says nearly how long it is.
_HEAD_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class FilePolicy:
    """
    How files are written.

    @ivar keyframes: room of the index, in entries of 18 bytes each.
    @ivar mode: permissions of new files, whatever the umask.
    @ivar syncSeconds: what was written is put on the disk when that long has
        passed since the last time, looked at with each append; L{None}: only
        by finish; infinite: never, the system does it when it sees fit.
    @ivar reserveBytes: what has to stay free on the disk.
    """

    keyframes: int = 4096
    mode: int = 0o644
    syncSeconds: float | None = 1.0
    reserveBytes: int = 0


class FLVFile:
    """
    Blocking work on one file.  All of it belongs in a thread, one call at a
    time.

    The head of the file has places for all that is known only later.  They are
    filled in while the file grows, so that it is a good file up to the last tag
    whatever happens, and L{finish} makes them exact.

    While it is open it is locked, C{flock}, so that nobody repairs it.

    @ivar path: where it was created.
    @ivar size: bytes written, whole tags.
    @ivar duration: the timestamp of the last tag, milliseconds.
    """

    def __init__(
        self,
        root: str,
        name: str,
        metadata: Mapping[str, AMFValue],
        hasAudio: bool,
        hasVideo: bool,
        policy: FilePolicy = FilePolicy(),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        Create a file that did not exist before, and write its head.

        @param name: the path below C{root} without the ending C{.flv}.  Folders
            are made; a name that is taken gets a number.
        @param metadata: the publisher's.  What it says of a file is left out.
        @raise OSError: when that is not possible; then nothing is left behind.
        """
        self._policy = policy
        self._clock = clock
        self._head = _makeHead(metadata, hasAudio, hasVideo, policy.keyframes)
        self._tally = Tally(policy.keyframes, self._head.size)
        self._synced = self._told = clock()
        # Whether there may be bytes behind the last whole tag, and the head be wrong.
        self._isLonger = self._isStale = False
        self._new: NewFile | None
        self._new = new = NewFile(root, name, ENDING, policy.mode)
        self._descriptor, self.path = new.descriptor, new.path
        self._isLocked = lock(self._descriptor)
        try:
            self._checkSpace(self._head.size)
            self._write(0, self._head.encode(self._tally))
        except OSError:
            self._descriptor = -1
            new.remove()
            raise

    @property
    def size(self) -> int:
        """
        See above.
        """
        return self._tally.size

    @property
    def duration(self) -> int:
        """
        See above.
        """
        return self._tally.end

    def append(self, tags: Sequence[FLVTag]) -> None:
        """
        Write tags.

        @param tags: their timestamps are those of the file, from 0.
        @raise OSError: when they cannot all be written, or not be put on the
            disk; then none of them are in the file.
        """
        if self._descriptor < 0:
            raise ValueError("the file is finished")
        # Somebody may have looked at it in the moment when it was made.
        self._isLocked = self._isLocked or lock(self._descriptor)
        self._mend()
        mark = self._tally.mark()
        try:
            isIndexed = self._writeTags(tags)
            self._tell(isIndexed)
            self._sync()
        except BaseException:
            self._tally.restore(mark)
            self._isLonger = self._isStale = True
            with suppress(OSError):
                self._mend()
            raise

    def finish(self) -> None:
        """
        Make the head exact and the file complete, and close it.  Calls after the
        first do nothing.

        @raise OSError: when that is not possible.  The file is closed all the
            same, and can be repaired.
        """
        if self._descriptor < 0:
            return
        try:
            self._mend()
            # The index is up to date after each append.
            self._write(*self._head.numbers(self._tally))
            # What says that all is there comes after all is there.
            self._syncNow()
            self._write(*self._head.numbers(self._tally, complete=True))
            self._syncNow()
        finally:
            self._close()

    def isVanished(self) -> bool:
        """
        @return: whether the path does not lead to this file any more.
        """
        if self._descriptor < 0:
            return not os.path.exists(self.path)
        try:
            found = os.stat(self.path)
        except (FileNotFoundError, NotADirectoryError):
            return True
        except OSError:
            return False
        return not os.path.samestat(found, os.fstat(self._descriptor))

    def _mend(self) -> None:
        """
        Undo what an append that failed has left.
        """
        if self._isLonger:
            os.ftruncate(self._descriptor, self._tally.size)
            self._isLonger = False
        if self._isStale:
            self._write(*self._head.index(self._tally))
            self._write(*self._head.numbers(self._tally))
            self._isStale = False

    def _writeTags(self, tags: Sequence[FLVTag]) -> bool:
        """
        @return: whether the index is another now.
        """
        tally = self._tally
        isIndexed = False
        for start in range(0, len(tags), _AT_ONCE):
            some = tags[start : start + _AT_ONCE]
            pieces = [tag.encoded() for tag in some]
            data = b"".join(pieces)
            self._checkSpace(len(data))
            self._write(tally.size, data)
            for tag, piece in zip(some, pieces, strict=True):
                isIndexed |= tally.add(
                    tag.typeID, tag.timestamp, len(piece), tag.body, tag.description
                )
        return isIndexed

    def _tell(self, isIndexed: bool) -> None:
        """
        Bring the head up to date.
        """
        now = self._clock()
        if isIndexed:
            # All of it with one call: on some disks each takes its time.
            self._write(*self._head.both(self._tally))
            self._told = now
        elif now - self._told >= _HEAD_SECONDS:
            self._write(*self._head.numbers(self._tally))
            self._told = now

    def _sync(self) -> None:
        after = self._policy.syncSeconds
        if after is not None and self._clock() - self._synced >= after:
            self._syncNow()

    def _syncNow(self) -> None:
        if self._policy.syncSeconds != math.inf:
            os.fdatasync(self._descriptor)
            self._synced = self._clock()
            if self._new is not None:
                self._new.syncFolders()
                self._new = None

    def _checkSpace(self, size: int) -> None:
        reserve = self._policy.reserveBytes
        if reserve:
            disk = os.fstatvfs(self._descriptor)
            if disk.f_bavail * disk.f_frsize < reserve + size:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), self.path)

    def _write(self, position: int, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            count = os.pwrite(self._descriptor, rest, position)
            position += count
            rest = rest[count:]

    def _close(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        with suppress(OSError):
            os.close(descriptor)


def _makeHead(
    metadata: Mapping[str, AMFValue], hasAudio: bool, hasVideo: bool, keyframes: int
) -> FileHead:
    creator = f"{CREATOR} {__version__}"
    kept = {name: metadata[name] for name in metadata if name not in FILE_KEYS}
    try:
        return FileHead(creator, kept, hasAudio, hasVideo, keyframes)
    except RTMPError:
        # Such metadata is of no use to players either.
        return FileHead(creator, {}, hasAudio, hasVideo, keyframes)
