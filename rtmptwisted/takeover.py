"""
Who publishes a stream, and who may do so in their place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import TYPE_CHECKING, TypeAlias

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall

if TYPE_CHECKING:
    from rtmptwisted.streams import LiveStream

#: A publisher of whom nothing was heard for this long may be taken over by another
#: with the same credentials: encoders notice that their connection is dead, and
#: come back, long before the server does.  Nobody who is well is silent for so long.
STALLED_SECONDS = 2.0

#: How often those who wait for that look, in seconds.
_LOOK_SECONDS = 0.1

#: What is due so soon is due, in seconds.
_NOW = 0.001

Credentials: TypeAlias = tuple[tuple[str, str], ...]


def _nothing() -> None:
    """
    Nobody is to be told.
    """


@dataclass(frozen=True, slots=True)
class Publisher:
    """
    Who publishes a stream.

    @ivar peer: its address.
    @ivar software: what it says it is, C{""} when it does not.
    @ivar credentials: what it has shown, in order.  Never logged, never shown.
    @ivar displaced: is called when somebody else publishes in its place.
    """

    peer: str
    software: str = ""
    credentials: Credentials = field(default=(), repr=False)
    displaced: Callable[[], None] = field(default=_nothing, repr=False, compare=False)

    def gone(self) -> Publisher:
        """
        @return: what is to be remembered of it when its connection is lost.
        """
        return Publisher(self.peer, self.software, self.credentials)


#: Tells whether a publisher may go on with a stream, given the present one, and
#: the one that comes.
MayContinue: TypeAlias = Callable[[Publisher, Publisher], bool]


def sameCredentials(present: Publisher, newcomer: Publisher) -> bool:
    """
    @return: whether both have shown the same.  Application and name are the same
        anyway: it is one stream.
    """
    # How long this takes says nothing about where they differ.
    return compare_digest(ascii(present.credentials), ascii(newcomer.credentials))


class Wait:
    """
    A publisher's wait for a name that another has.

    @ivar over: fires when it is known who the name belongs to: the other is gone,
        or has been silent for too long, or was heard again.
    """

    def __init__(self, stream: LiveStream) -> None:
        self._stream = stream
        self._present = stream.publisher
        self._clock = stream.directory.clock
        self._since = self._clock.seconds()
        self._sure = False
        self._call: IDelayedCall
        self.over: Deferred[None] = Deferred(lambda _: self._call.cancel())
        self._again()

    def _again(self) -> None:
        silent = self._clock.seconds() - self._stream.heardAt
        # The clock may be set back.
        rest = min(max(STALLED_SECONDS - silent, _NOW), _LOOK_SECONDS)
        self._call = self._clock.callLater(rest, self._look)

    def _look(self) -> None:
        stream = self._stream
        same = stream.publisher is self._present
        heard = stream.heardAt > self._since
        if not same or heard or (stream.isStalled and self._sure):
            self.over.callback(None)
        elif stream.isStalled:
            # It may be us who heard nothing, and what it has sent is read next.
            self._sure = True
            self._call = self._clock.callLater(0, self._look)
        else:
            self._again()
