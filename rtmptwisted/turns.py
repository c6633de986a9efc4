"""
Working on what has arrived, in fair shares.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from rtmptwisted.wire.connection import MORE, NEED_DATA, Event, RTMPConnection
from rtmptwisted.wire.message import Message

#: How long the last turn may be, when the connection is gone, in seconds.
_LAST_TURN = 0.1

#: The longest wait for a turn, in seconds.
_LONGEST_PAUSE = 0.1


class Turns:
    """
    Takes the events out of one connection and has them handled.

    All that a real client sends in one read is handled in one go.  A client that
    sends tens of thousands of empty messages instead has to wait with the rest
    until all others had their turn, and each time longer than before, so that it
    gets ever less of the server.
    """

    def __init__(
        self,
        connection: RTMPConnection,
        clock: IReactorTime,
        seconds: float,
        handleFrames: Callable[[list[Message]], None],
        handle: Callable[[Event], None],
        ready: Callable[[], bool],
        proceed: Callable[[], None],
    ) -> None:
        """
        @param seconds: how long a turn may be.
        @param handleFrames: takes audio and video, many at a time.
        @param handle: takes any other event.
        @param ready: tells whether another event can be handled now.
        @param proceed: is called when the next turn is due.
        """
        self._connection = connection
        self._clock = clock
        self._seconds = seconds
        self._handleFrames = handleFrames
        self._handle = handle
        self._ready = ready
        self._proceed = proceed
        self._next: IDelayedCall | None = None
        # Turns, one after the other, that were not enough.
        self._exhausted = 0

    @property
    def waiting(self) -> bool:
        """
        Whether there is more to do, at the next turn.
        """
        return self._next is not None

    def take(self, *, last: bool = False) -> bool:
        """
        Work on what has arrived.

        @param last: whether there will be no other turn.
        @return: whether there was an event.
        @raise ProtocolError: when the peer broke the protocol.
        @raise Exception: whatever the handling of an event raises.
        """
        seconds, ready = self._clock.seconds, self._ready
        connection = self._connection
        happened = False
        end = seconds() + (_LAST_TURN if last else self._seconds)
        while ready():
            # Nearly all that comes is media, many at a time.
            if frames := connection.takeFrames():
                happened = True
                self._handleFrames(frames)
            else:
                event = connection.nextEvent()
                if event is NEED_DATA:
                    self._exhausted = 0
                    break
                if event is not MORE:
                    happened = True
                    self._handle(event)
            if seconds() > end and ready():
                if not last:
                    self._next = self._clock.callLater(self._pause(), self._due)
                break
        return happened

    def _pause(self) -> float:
        """
        @return: how long to wait for the next turn, in seconds: not at all for
            the first one, since any machine may be slow once.
        """
        pause = self._exhausted * self._seconds
        self._exhausted += 1
        return min(pause, _LONGEST_PAUSE)

    def _due(self) -> None:
        self._next = None
        self._proceed()

    def cancel(self) -> None:
        """
        There shall be no further turn.
        """
        if self._next is not None:
            self._next.cancel()
            self._next = None
