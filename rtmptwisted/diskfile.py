"""
Files below a folder, and nothing else.

All of this blocks, and belongs in a thread.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from errno import ENOENT
from stat import S_ISREG
from urllib.parse import unquote_to_bytes

from rtmptwisted.wire.flv import ENDING

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
# To open a pipe would wait for somebody who writes to it.
_FILE = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC

#: The longest path, in bytes as they are in a URL.
_LONGEST_PATH = 4096


class DiskFile:
    """
    A file that is open for reading.

    @ivar size: in bytes, as it was when the file was opened: it may grow.
    @ivar modified: when it changed last, in whole seconds, not before it did.
    @ivar tag: the entity tag of what it holds now.
    """

    def __init__(self, descriptor: int) -> None:
        """
        @raise FileNotFoundError: when this is no file.
        """
        self.descriptor = descriptor
        status = os.fstat(descriptor)
        if not S_ISREG(status.st_mode):
            raise FileNotFoundError(ENOENT, "no regular file")
        self.size = status.st_size
        self.modified = -(-status.st_mtime_ns // 10**9)
        parts = status.st_ino, status.st_size, status.st_mtime_ns
        self.tag = b'"%x-%x-%x"' % parts

    def read(self, offset: int, size: int) -> bytes:
        """
        @return: so many bytes.
        @raise OSError: when they cannot be read, or are not there any more.
        """
        pieces = []
        while size:
            piece = os.pread(self.descriptor, size, offset)
            if not piece:
                raise OSError(f"it ends at {offset}")
            pieces.append(piece)
            offset += len(piece)
            size -= len(piece)
        return b"".join(pieces)

    def close(self) -> None:
        """
        Close it.
        """
        os.close(self.descriptor)


def openBelow(root: str, names: Sequence[str]) -> DiskFile:
    """
    Open a file for reading.  No link is followed, whatever it leads to, unless the
    root is one.

    @param root: a folder.
    @param names: those of the folders below it, and of the file.
    @raise OSError: when there is no such file.
    """
    folder = os.open(root, _FOLDER)
    try:
        for name in names[:-1]:
            inner = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = inner
        descriptor = os.open(names[-1], _FILE | os.O_NOFOLLOW, dir_fd=folder)
    finally:
        os.close(folder)
    try:
        return DiskFile(descriptor)
    except BaseException:
        os.close(descriptor)
        raise


def isName(name: str) -> bool:
    """
    @return: whether this can be a file or a folder of recordings: nothing that
        leads elsewhere, and nothing hidden.
    """
    return (
        bool(name)
        and not name.startswith(".")
        and not any(each < " " or each in "/\\\x7f" for each in name)
    )


def namesOf(path: bytes) -> list[str] | None:
    """
    @param path: as in a URL, without a slash at the start, still with its escapes.
    @return: the names of the folders and of the file, or L{None} when that is no
        path of a recording.
    """
    if len(path) > _LONGEST_PATH:
        return None
    try:
        # An escaped slash is no slash between names.
        names = [unquote_to_bytes(part).decode() for part in path.split(b"/")]
    except UnicodeDecodeError:
        return None
    if not all(map(isName, names)) or not names[-1].endswith(ENDING):
        return None
    return names
