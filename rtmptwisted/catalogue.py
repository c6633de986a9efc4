"""
The recordings there are, with what stands in them, as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import quote

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

from rtmptwisted.diskthreads import InThread
from rtmptwisted.recordinghead import NOTHING, Head, nameAndTime, readHead
from rtmptwisted.treewalk import Found, walk

#: The latest so many recordings are told of; or fewer, when fewer are asked for.
MOST = 1000
FEW = 50

#: Where recordings are served.
FOLDER = "/recordings/"

#: For so long an answer is given again, in seconds, and so many times as long as it
#: took to make, but not for longer than the last: a disk that hung once is well again.
_FRESH_SECONDS = 5
_FRESH_TIMES = 10
_FRESH_MOST = 300

#: So many heads are read in one call: others come between.
_AT_ONCE = 20

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _Made(NamedTuple):
    """
    @ivar at: when it was made, in seconds of the clock.
    @ivar fresh: for how long it is given, in seconds.
    """

    at: float
    fresh: float
    body: bytes


class Catalogue:
    """
    Makes the list, once at a time for all who ask, and keeps it for some seconds.

    The heads of files that have not changed are not read again.
    """

    def __init__(self, root: str, clock: IReactorTime, inThread: InThread) -> None:
        self._root = root
        self._clock = clock
        self._inThread = inThread
        self._heads: dict[Found, Head] = {}
        self._made: dict[int, _Made] = {}
        self._waiting: dict[int, set[Deferred[bytes]]] = {FEW: set(), MOST: set()}
        self._making: set[int] = set()

    def get(self, count: int) -> Deferred[bytes]:
        """
        @param count: how many recordings are wanted.
        @return: fires with the list, of at least so many if there are.  Who does
            not wait any longer cancels it.
        """
        count = FEW if count <= FEW else MOST
        waiting = self._waiting[count]
        result: Deferred[bytes] = Deferred(waiting.discard)
        made = self._made.get(count)
        # The clock may be set back.
        if made is not None and 0 <= self._clock.seconds() - made.at < made.fresh:
            result.callback(made.body)
            return result
        waiting.add(result)
        if count not in self._making:
            self._making.add(count)
            Deferred.fromCoroutine(self._make(count)).addBoth(self._give, count)
        return result

    def _give(self, body: bytes | Failure, count: int) -> None:
        self._making.discard(count)
        waiting = self._waiting[count]
        while waiting:
            each = waiting.pop()
            if isinstance(body, Failure):
                each.errback(body)
            else:
                each.callback(body)

    async def _make(self, count: int) -> bytes:
        asked = self._clock.seconds()
        found, more = await self._inThread(walk, self._root, count)
        heads = {each: self._heads.get(each) for each in found}
        new = [each for each, head in heads.items() if head is None]
        for start in range(0, len(new), _AT_ONCE):
            some = new[start : start + _AT_ONCE]
            heads.update(await self._inThread(_readHeads, self._root, some))
        known = {each: head for each, head in heads.items() if head is not None}
        if count == MOST or len(self._heads) > 2 * MOST:
            # What is gone, or has changed, is forgotten.
            self._heads = known
        else:
            self._heads.update(known)
        body = await self._inThread(encode, known, more)
        now = self._clock.seconds()
        fresh = min(_FRESH_TIMES * (now - asked), _FRESH_MOST)
        self._made[count] = _Made(now, max(_FRESH_SECONDS, fresh), body)
        return body


def _readHeads(root: str, found: Iterable[Found]) -> dict[Found, Head]:
    """
    Blocking.
    """
    heads = dict.fromkeys(found, NOTHING)
    for each in heads:
        # One that cannot be read is in the list all the same.
        with suppress(OSError):
            heads[each] = readHead(root, each.path)
    return heads


def encode(heads: Mapping[Found, Head], more: bool) -> bytes:
    """
    @param more: whether there are others.
    @return: JSON, with the latest first.
    """
    recordings = [_details(found, head) for found, head in heads.items()]
    recordings.sort(key=lambda each: (each["recordedAt"], each["path"]), reverse=True)
    body = {"recordings": recordings, "more": more}
    return json.dumps(body, separators=(",", ":")).encode() + b"\n"


def _details(found: Found, head: Head) -> dict[str, object]:
    stream, began = nameAndTime(found.path)
    stream, began = head.stream or stream, head.began or began
    if began is None:
        # It ended when it was last written to.
        began = _EPOCH
        with suppress(OverflowError):
            seconds = found.modified / 1e9 - (head.seconds or 0)
            began += timedelta(seconds=seconds)
    return {
        "path": found.path,
        "url": FOLDER + quote(found.path),
        "stream": stream,
        "recordedAt": f"{began:%Y-%m-%dT%H:%M:%SZ}",
        "seconds": None if head.seconds is None else round(head.seconds, 1),
        "bytes": found.size,
        "video": head.video,
        "audio": head.audio,
        "width": head.width,
        "height": head.height,
        "complete": head.complete,
    }
