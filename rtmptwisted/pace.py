"""
How long what is published is collected before it goes out.
"""

from __future__ import annotations

import math

from twisted.internet.interfaces import IReactorTime

#: How far back the share of time looks, in seconds.
_MEMORY = 0.5

#: How long sound waits at the most, in seconds: less than a picture lasts.
#: No player has less than that in store, and none plays sound without the picture
#: beside it.
_LONGEST = 0.025

#: Below this share of the time there is enough of it, and nothing waits.
_QUIET = 0.05

#: How long sound would wait if there were nothing but writing, and no limit.
_SCALE = 0.2

#: The part of a fixed window in which publishers are not read, at the most, and the
#: shortest time for which that is worth while, in seconds: audio and video come
#: every 20 to 40 ms.
_REST_SHARE = 0.2
_SHORTEST_REST = 0.04

#: Shorter waits are not worth a timer, which counts in milliseconds.
_SHORTEST = 0.001


class Pace:
    """
    Decides how long tags wait for others, to go out together.

    Writing to a viewer costs the same for one frame as for ten small ones.  While
    there is time for it each goes out at once.  The larger the share of its time
    that the server spends on writing, the longer sound waits for the next picture.
    Pictures never wait; but while others are written, those that arrive pile up,
    and go out together.

    @ivar window: how long everything waits, in seconds; L{None} for the above.
    """

    def __init__(self, clock: IReactorTime, window: float | None = None) -> None:
        self.window = window
        self._clock = clock
        self._load = 0.0
        self._at = clock.seconds()

    @property
    def load(self) -> float:
        """
        The share of the last half second or so that was spent on writing, from 0
        to 1.
        """
        return self._load * _left(self._clock.seconds() - self._at)

    def wait(self, picture: bool) -> float:
        """
        @param picture: whether it is about video.
        @return: how long what has arrived now is to wait for more, in seconds.
        """
        if self.window is not None:
            return self.window - self.rest
        if picture:
            return 0.0
        wait = min((self.load - _QUIET) * _SCALE, _LONGEST)
        return wait if wait >= _SHORTEST else 0.0

    @property
    def rest(self) -> float:
        """
        How long what publishers send may wait before it is read, in seconds: a part
        of the window.
        """
        rest = (self.window or 0.0) * _REST_SHARE
        return rest if rest >= _SHORTEST_REST else 0.0

    def spent(self, began: float) -> None:
        """
        Take note of a time of writing, which ends now.

        @param began: when it began, in seconds of the clock.
        """
        now = self._clock.seconds()
        # The clock may be set back.
        spent = max(now - began, 0.0)
        self._load = min(self._load * _left(now - self._at) + spent / _MEMORY, 1.0)
        self._at = now


def _left(elapsed: float) -> float:
    """
    @return: how much of the load still counts after so many seconds.
    """
    return math.exp(-max(elapsed, 0.0) / _MEMORY)
