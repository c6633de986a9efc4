"""
What a recording loses when its disk fails or is too slow.
"""

from __future__ import annotations

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from rtmptwisted.segmentwriter import Vanished

#: How long a disk that failed is left alone before it is tried again, in seconds:
#: the first time, the second, and so on.
RETRIES = (5, 10, 20, 30)

#: A disk that has worked for this long is fine, in seconds.
STEADY = 60


class Outage:
    """
    Keeps account of the gaps of one recording, and says of each when it begins and
    when it is over.

    All positions are in the time of the recording, in milliseconds.
    """

    _log = Logger()

    def __init__(self, name: str, clock: IReactorTime) -> None:
        """
        @param name: of the stream.
        """
        self._name = name
        self._clock = clock
        # Where the gap begins, if there is one.
        self._since: int | None = None
        self._behindSince: int | None = None
        self._said = ""
        self._failures = 0
        self._worksSince = 0.0

    def failed(self, position: int, error: OSError, last: bool = False) -> float:
        """
        Nothing can be written from here on.

        @param last: whether it is not going to be tried again.
        @return: after how many seconds it may be tried again.
        """
        if self._since is None:
            if self._clock.seconds() - self._worksSince >= STEADY:
                self._failures = 0
            self._since = position
            self._said = ""
        self._behindSince = None
        if isinstance(error, Vanished):
            why, delay = str(error.strerror), 0
            then = "going on in a new file"
        else:
            why = error.strerror or str(error)
            delay = RETRIES[min(self._failures, len(RETRIES) - 1)]
            then = f"trying again every {RETRIES[0]} to {RETRIES[-1]} s"
            self._failures += 1
        if last:
            then = "it ends there"
        if why != self._said:
            self._said = why
            self._log.critical(
                "the recording of {name} is interrupted: {why}; {then}",
                name=self._name,
                why=why,
                then=then,
            )
        return delay

    def works(self, position: int) -> None:
        """
        A new file, which begins here, is being written.
        """
        if self._since is None:
            return
        self._log.warn(
            "the recording of {name} goes on: {seconds:.1f} s are missing",
            name=self._name,
            seconds=(position - self._since) / 1000,
        )
        self._since = None
        self._worksSince = self._clock.seconds()

    def fellBehind(self, position: int, waiting: int) -> None:
        """
        More waits than there is room for.
        """
        self._behindSince = position
        self._log.critical(
            "the recording of {name} has a gap from here on: the disk is too slow, "
            "{waiting} bytes wait",
            name=self._name,
            waiting=waiting,
        )

    def caughtUp(self, position: int) -> None:
        """
        There is room again, for what comes from here on.
        """
        assert self._behindSince is not None
        self._log.warn(
            "the recording of {name} goes on, the disk was too slow: {seconds:.1f} s "
            "are missing",
            name=self._name,
            seconds=(position - self._behindSince) / 1000,
        )
        self._behindSince = None

    def ended(self, position: int) -> None:
        """
        The stream is over.
        """
        gaps = [each for each in (self._since, self._behindSince) if each is not None]
        if gaps and min(gaps) < position:
            self._log.critical(
                "the recording of {name} is over, its last {seconds:.1f} s are missing",
                name=self._name,
                seconds=(position - min(gaps)) / 1000,
            )
