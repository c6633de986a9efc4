"""
The deadlines of one RTMP connection.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Iterable, Iterator

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from rtmptwisted.session import Session
from rtmptwisted.wire.limits import Limits
from rtmptwisted.wire.state import State


class Activity(enum.Enum):
    """
    What a connection is doing, as far as deadlines go.
    """

    #: The handshake is not over.
    SHAKING_HANDS = "handshake"
    #: There was no C{connect} yet.
    CONNECTING = "connect"
    #: It neither publishes nor plays.
    IDLE = "publish or play"
    #: It publishes, and perhaps plays too.
    PUBLISHING = "publishing"
    #: It plays.
    PLAYING = "playing"
    #: A command is being carried out.  It is us who do not listen.
    WAITING = "waiting"


def activityOf(state: State, waiting: bool, session: Session) -> Activity:
    """
    @param state: how far the connection has come.
    @param waiting: whether a command is being carried out.
    @return: what the connection does.
    """
    if state is State.HANDSHAKE:
        return Activity.SHAKING_HANDS
    if state is State.CONNECTING:
        return Activity.CONNECTING
    if waiting:
        return Activity.WAITING
    if session.isPublishing:
        return Activity.PUBLISHING
    return Activity.PLAYING if session.isBusy else Activity.IDLE


class Watchdog:
    """
    Ends a connection that does not get on, keeps one alive that waits, and
    finds the right moment for acknowledgements.

    Deadlines are absolute: bytes that trickle in put none of them off.
    """

    def __init__(
        self,
        clock: IReactorTime,
        limits: Limits,
        activity: Callable[[], Activity],
        unfinished: Callable[[], Iterable[int]],
        expire: Callable[[str], None],
        ping: Callable[[int], None],
        acknowledge: Callable[[], None],
    ) -> None:
        """
        @param activity: tells what the connection does.
        @param unfinished: tells where the messages began that are not whole, in
            any unit.
        @param expire: ends the connection, for the reason that it is given.
        @param ping: sends a ping with the time in milliseconds, 32 bits.
        @param acknowledge: sends the acknowledgement that is due.
        """
        self._clock = clock
        self._limits = limits
        self._findActivity = activity
        self._findUnfinished = unfinished
        self._expire = expire
        self._ping = ping
        self._acknowledge = acknowledge
        now = clock.seconds()
        self._acceptedAt = now
        self._activity = Activity.SHAKING_HANDS
        # Since when it does that, and when the last whole message came.
        self._since = now
        self._heardAt = now
        # What it did, and since when, before a command made it wait.
        self._interrupted = self._activity, now
        # The messages that were under way when that was last looked at, and since
        # when they are known.
        self._unfinished: dict[int, float] = {}
        self._pingAt = math.inf
        self._stopped = False
        self._deadline: IDelayedCall | None = None
        self._quiet: IDelayedCall | None = None

    def accepted(self) -> None:
        """
        The connection is new.
        """
        self._acceptedAt = self._clock.seconds()
        self._arm()

    def heard(self) -> None:
        """
        A whole message has arrived.
        """
        self._heardAt = self._clock.seconds()

    def changed(self) -> None:
        """
        The connection may be doing something else than before.
        """
        if self._findActivity() is not self._activity and not self._stopped:
            self._note()
            self._arm()

    def _note(self) -> None:
        activity = self._findActivity()
        if activity is self._activity:
            return
        now = self._clock.seconds()
        if activity is Activity.WAITING:
            self._interrupted = self._activity, self._since
            self._since = now
        elif self._activity is Activity.WAITING:
            # What was to be done in time has so much more of it, and no more.
            waited = now - self._since
            before, since = self._interrupted
            self._since = since + waited if activity is before else now
            for position in self._unfinished:
                self._unfinished[position] += waited
        else:
            self._since = now
        self._activity = activity
        self._heardAt = now
        connected = activity not in (Activity.SHAKING_HANDS, Activity.CONNECTING)
        if connected and self._pingAt == math.inf:
            self._pingAt = now + self._limits.pingSeconds

    def acknowledgementDue(self, rest: float) -> None:
        """
        The peer is to be told what has arrived, at the next pause.

        @param rest: how long nothing was read that may be there, in seconds.
        """
        seconds = self._limits.quietSeconds + rest
        if self._quiet is not None:
            self._quiet.reset(seconds)
        else:
            self._quiet = self._clock.callLater(seconds, self._pause)

    def _pause(self) -> None:
        self._quiet = None
        self._acknowledge()

    def closing(self) -> None:
        """
        We close the connection; the client may still take what is left.
        """
        self.stop()
        seconds = self._limits.closeSeconds
        if seconds < math.inf:
            self._deadline = self._clock.callLater(
                seconds, self._expire, f"not closed within {seconds:g} s"
            )

    def stop(self) -> None:
        """
        The connection is gone.
        """
        self._stopped = True
        for call in (self._deadline, self._quiet):
            if call is not None and call.active():
                call.cancel()
        self._deadline = self._quiet = None

    def _deadlines(self) -> Iterator[tuple[float, str]]:
        """
        When this connection has to go, and why, if nothing changes.
        """
        limits = self._limits
        match self._activity:
            case Activity.SHAKING_HANDS:
                seconds = limits.handshakeSeconds
                yield self._acceptedAt + seconds, f"no handshake within {seconds:g} s"
            case Activity.IDLE:
                seconds = limits.idleSeconds
                yield self._since + seconds, f"no publish or play within {seconds:g} s"
            case Activity.PUBLISHING:
                seconds = limits.publisherIdleSeconds
                yield self._heardAt + seconds, f"a publisher, silent for {seconds:g} s"
            case Activity.PLAYING:
                seconds = limits.playerIdleSeconds
                yield self._heardAt + seconds, f"a player, silent for {seconds:g} s"
        if self._activity in (Activity.SHAKING_HANDS, Activity.CONNECTING):
            seconds = limits.connectSeconds
            yield self._acceptedAt + seconds, f"no connect within {seconds:g} s"
        if self._unfinished and self._activity is not Activity.WAITING:
            seconds = limits.messageSeconds
            yield (
                min(self._unfinished.values()) + seconds,
                f"a message is not finished after {seconds:g} s",
            )

    def _arm(self) -> None:
        if self._deadline is not None and self._deadline.active():
            self._deadline.cancel()
        time = min([self._pingAt, *(time for time, _ in self._deadlines())])
        # A deadline can be switched off by an infinite limit.
        if time < math.inf:
            delay = max(time - self._clock.seconds(), 0)
            self._deadline = self._clock.callLater(delay, self._check)

    def _check(self) -> None:
        now = self._clock.seconds()
        # A stream that the server ended is noticed here.
        self._note()
        self._look(now)
        for time, why in self._deadlines():
            if time <= now:
                self._expire(why)
                return
        if self._pingAt <= now:
            self._pingAt = now + self._limits.pingSeconds
            # A publisher that is heard needs none; a quarter, so that one which
            # is idle and well is asked, and has time to answer, before its
            # silence is too long.
            publishing = self._activity is Activity.PUBLISHING
            if not publishing or now - self._heardAt >= self._limits.pingSeconds / 4:
                self._ping(int(now * 1000) & 0xFFFFFFFF)
        if not self._stopped:
            self._arm()

    def _look(self, now: float) -> None:
        """
        See which messages are under way, and which of them were before.
        """
        if self._activity is not Activity.WAITING:
            known = self._unfinished
            self._unfinished = {
                position: known.get(position, now)
                for position in self._findUnfinished()
            }
