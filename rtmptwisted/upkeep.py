"""
What is done for recordings that are finished, or should be.
"""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from rtmptwisted.diskthreads import InThread
from rtmptwisted.flvrepair import repairUnfinished
from rtmptwisted.retention import Deleted, Retention

#: How often it is looked whether there is too much, in seconds.
INTERVAL = 60

#: After it took a second, this is not done again for so many seconds, however many
#: files are finished.
_TIMES = 10


class Upkeep:
    """
    Repairs what a crash has left unfinished, once; then deletes what is too old or
    too much, again and again.

    It takes one thread at the most, and new recordings do not wait for it.
    """

    _log = Logger()

    def __init__(
        self,
        root: str,
        retention: Retention | None,
        clock: IReactorTime,
        inThread: InThread,
    ) -> None:
        self._root = root
        self._retention = retention
        self._clock = clock
        self._inThread = inThread
        self._running = False
        self._busy = False
        self._again = False
        self._timer: IDelayedCall | None = None
        self._endedAt = self._pause = 0.0

    def start(self) -> None:
        """
        Begin.
        """
        self._running = self._busy = self._again = True
        repaired = self._inThread(self._repair)
        repaired.addErrback(self._failed, "recordings cannot be repaired")
        repaired.addBoth(lambda ignored: self._done())

    def stop(self) -> None:
        """
        End as soon as possible.
        """
        self._running = False
        self._again = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def segmentFinished(self) -> None:
        """
        There is one more.
        """
        pause = self._endedAt + self._pause - self._clock.seconds()
        if self._timer is not None and pause > 0:
            # To look takes long here.
            self._timer.reset(pause)
        else:
            self._look()

    def _repair(self) -> None:
        # In a thread.
        for each in repairUnfinished(self._root, lambda: not self._running):
            if each.problem:
                self._log.error(
                    "{path} was not finished, and cannot be repaired: {problem}",
                    path=each.path,
                    problem=each.problem,
                )
            else:
                self._log.info(
                    "{path} was not finished, and is repaired: {seconds:.1f} s, {done}",
                    path=each.path,
                    seconds=each.duration / 1000,
                    done=", ".join(each.done) or "nothing was missing",
                )

    def _look(self) -> None:
        """
        Delete what is too much; or look again when that is done.
        """
        if self._retention is None or not self._running:
            return
        if self._busy:
            self._again = True
            return
        self._busy = True
        self._again = False
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None
        began = self._clock.seconds()
        deleted: Deferred[list[Deleted]] = self._inThread(self._retention.run)
        deleted.addCallback(self._tell)
        deleted.addErrback(self._failed, "old recordings cannot be deleted")
        deleted.addBoth(lambda ignored: self._looked(began))

    def _looked(self, began: float) -> None:
        self._endedAt = self._clock.seconds()
        self._pause = min(INTERVAL, _TIMES * (self._endedAt - began))
        self._done()

    def _failed(self, failure: Failure, what: str) -> None:
        self._log.failure("{what}", failure, what=what)

    def _tell(self, deleted: list[Deleted]) -> None:
        for each in deleted:
            self._log.info(
                "deleted {path}, {size} bytes: {why}",
                path=each.path,
                size=each.size,
                why=each.why,
            )

    def _done(self) -> None:
        self._busy = False
        if self._again:
            self._look()
        elif self._running and self._retention is not None:
            self._timer = self._clock.callLater(INTERVAL, self._look)
