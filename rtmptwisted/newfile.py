"""
Files that did not exist before.
"""

from __future__ import annotations

import errno
import fcntl
import os
from contextlib import suppress

#: Names that were taken are tried again with a number behind them, up to this.
_MOST_OF_A_NAME = 1000

_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class NewFile:
    """
    A file that was made, with the folders that it takes.

    @ivar descriptor: open for reading and writing.
    @ivar path: where it is.
    """

    def __init__(self, root: str, name: str, ending: str, mode: int) -> None:
        """
        @param name: the path below C{root} without the ending; it gets a number
            when it is taken.
        @param mode: permissions, whatever the umask.
        @raise OSError: when that is not possible; then nothing is left behind.
        """
        folder = os.path.dirname(os.path.join(root, name))
        self._made = _missing(folder)
        try:
            os.makedirs(folder, exist_ok=True)
            self.descriptor, self.path = _create(root, name, ending, mode)
        except OSError:
            self._removeFolders()
            raise

    def remove(self) -> None:
        """
        Close it, and leave nothing behind.
        """
        with suppress(OSError):
            os.unlink(self.path)
        with suppress(OSError):
            os.close(self.descriptor)
        self._removeFolders()

    def syncFolders(self) -> None:
        """
        Put on the disk that the file is there, as far as the system can.
        """
        above = {os.path.dirname(path) for path in [self.path, *self._made]}
        for folder in above:
            with suppress(OSError):
                descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
                try:
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)

    def _removeFolders(self) -> None:
        for folder in self._made:
            # Another file may be in it by now.
            with suppress(OSError):
                os.rmdir(folder)


def _missing(folder: str) -> list[str]:
    """
    @return: the folders that have to be made for this one, the innermost first.
    """
    missing = []
    while folder and not os.path.lexists(folder):
        missing.append(folder)
        folder = os.path.dirname(folder)
    return missing


def _create(root: str, name: str, ending: str, mode: int) -> tuple[int, str]:
    for number in range(_MOST_OF_A_NAME):
        path = os.path.join(root, f"{name}{f'-{number}' if number else ''}{ending}")
        with suppress(FileExistsError):
            descriptor = os.open(path, _NEW, mode)
            # There are file systems without permissions.
            with suppress(OSError):
                os.fchmod(descriptor, mode)
            return descriptor, path
    raise FileExistsError(
        errno.EEXIST,
        f"{_MOST_OF_A_NAME} files have this name",
        os.path.join(root, name),
    )


def lock(descriptor: int) -> bool:
    """
    Lock an open file for us alone, as those that are being written are.

    @return: whether nobody else has it locked.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        # On a file system without locks, nobody else can have one either.
        return not isinstance(error, BlockingIOError)
    return True
