"""
Which recordings there are below a folder.
"""

from __future__ import annotations

import os
from contextlib import suppress
from heapq import heappop, heappush, nlargest
from typing import NamedTuple

from rtmptwisted.diskfile import isName
from rtmptwisted.wire.flv import ENDING

#: How many files and folders are looked at, at most.  It takes about a second.
MOST_LOOKED_AT = 50_000

#: Folders within folders, at most.
_DEEPEST = 32


class Found(NamedTuple):
    """
    A recording.

    @ivar modified: when it was last written to, in nanoseconds.
    @ivar path: below the folder, with its ending.
    """

    modified: int
    size: int
    path: str


def walk(root: str, count: int) -> tuple[list[Found], bool]:
    """
    Blocking.  The folders in which files came or went last are looked at first: the
    latest recordings are found, however many there are.

    @param count: how many recordings are wanted.
    @return: the latest, in no order, and whether there are more.
    """
    found: list[Found] = []
    # The latest first.
    folders = [(0, 0, "")]
    left = MOST_LOOKED_AT
    while folders and left > 0:
        _, depth, folder = heappop(folders)
        # Who made it may have removed it since.
        with suppress(OSError), os.scandir(os.path.join(root, folder)) as entries:
            for entry in entries:
                left -= 1
                if left < 0:
                    break
                # It may be gone by now; those behind it are not.
                with suppress(OSError):
                    path = f"{folder}/{entry.name}" if folder else entry.name
                    if entry.is_dir(follow_symlinks=False) and _isShown(entry.name):
                        if depth < _DEEPEST:
                            changed = entry.stat(follow_symlinks=False).st_mtime_ns
                            heappush(folders, (-changed, depth + 1, path))
                    elif _isRecording(entry):
                        status = entry.stat(follow_symlinks=False)
                        found.append(Found(status.st_mtime_ns, status.st_size, path))
    return nlargest(count, found), left < 0 or bool(folders) or len(found) > count


def _isRecording(entry: os.DirEntry[str]) -> bool:
    return (
        entry.name.endswith(ENDING)
        and _isShown(entry.name)
        and entry.is_file(follow_symlinks=False)
    )


def _isShown(name: str) -> bool:
    try:
        # What is not UTF-8 cannot be asked for.
        name.encode()
    except UnicodeEncodeError:
        return False
    return isName(name)
