"""
The target that is a file on the disk: what a crash, a disk or somebody else has left.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from functools import cache
from random import Random

from rtmptwisted.errors import FLVError
from rtmptwisted.flvcheck import check
from rtmptwisted.flvfile import FilePolicy, FLVFile
from rtmptwisted.flvrepair import repair
from rtmptwisted.flvscan import seekPoint
from rtmptwisted.wire.flv import FLVTag
from tests.fuzz.judging import require

#: Small, so that what is done to a file is done to its head often enough.
_POLICY = FilePolicy(keyframes=4, syncSeconds=float("inf"))

#: Where to look for, in seconds.
_MOMENTS = (-1.0, 0.0, 0.05, 4.3e6, float("inf"))


@cache
def _folder() -> str:
    # Where files take no disk, if there is such a place.
    memory = "/dev/shm"
    folder = tempfile.mkdtemp(dir=memory if os.access(memory, os.W_OK) else None)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def fuzzRecording(data: bytes) -> None:
    """
    A file: whatever it is, it can be looked at, and sought in; what repair calls
    repaired is whole for a plain reader, begins as the damaged file does, and needs
    no second repair.
    """
    path = os.path.join(_folder(), "x.flv")
    with open(path, "wb") as file:
        file.write(data)
    try:
        check(path)
        for moment in _MOMENTS:
            point = seekPoint(path, moment)
            require(0 <= point.offset <= len(data), f"{point.offset} is outside")
    except FLVError:
        pass
    result = repair(path, force=True)
    with open(path, "rb") as file:
        after = file.read()
    if result.problem:
        require(after == data, "it was changed, though it cannot be repaired")
        return
    _walk(after)
    # Places may be others: the file can have got a longer head.
    left = check(path)
    require(len(left) == len(result.left), f"not {result.left}, but {left}")
    again = repair(path, force=True)
    require(not again.problem, f"a second repair fails: {again.problem}")
    require(not again.done, f"a second repair has to be: {again.done}")


def _walk(data: bytes) -> None:
    """
    See that a file consists of whole tags.  What senders have written where zeros
    belong is not looked at.
    """
    position = 13
    while position < len(data):
        size = int.from_bytes(data[position + 1 : position + 4], "big") + 11
        position += size + 4
        trailer = int.from_bytes(data[position - 4 : position], "big")
        require(position <= len(data) and trailer == size, f"no tag before {position}")


def aRecording(random: Random, tags: list[FLVTag]) -> bytes:
    """
    @param tags: with which to fill it.
    @return: a file of ours, finished or not.
    """
    file = FLVFile(_folder(), "made", {"width": 16.0}, True, True, _POLICY)
    try:
        file.append(tags)
        if random.random() < 0.5:
            file.finish()
        with open(file.path, "rb") as written:
            data = written.read()
    finally:
        file.finish()
        os.unlink(file.path)
    return data if random.random() < 0.7 else data[: -random.randrange(1, 40)]
