"""
A server whose work takes time, by a clock that only work moves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import succeed
from twisted.internet.task import Clock

from rtmptwisted.directory import StreamDirectory
from rtmptwisted.factory import RTMPFactory
from rtmptwisted.streams import LiveStream
from rtmptwisted.wire.flv import FLVTag
from tests.fakes import FakeSink
from tests.handler_support import HandlerTestCase
from tests.support import Client

#: What one tag takes, in seconds.  With turns of 0.01 s there are three in each:
#: the third ends past the end of the turn.
WORK = 0.004
A_TURN = 3


class ReactorClock(Clock):
    """
    A clock that does as reactors do: what is scheduled in one of its turns waits
    for the next, also when it is due at once.
    """

    def advance(self, amount: float) -> None:
        """
        Let time pass, and do what is due.
        """
        self.rightNow += amount
        now = self.seconds()
        self._sortCalls()
        for call in [each for each in self.calls if each.getTime() <= now]:
            if call.active():
                self.calls.remove(call)
                call.called = 1
                call.func(*call.args, **call.kw)


class SlowSink(FakeSink):
    """
    Remembers tags, each of which takes its time.
    """

    def __init__(self, work: Callable[[], None]) -> None:
        super().__init__()
        self._work = work

    @property
    def times(self) -> list[int]:
        """
        The timestamps of the tags that have come.
        """
        return [tag.timestamp for tag in self.tags]

    def tagReceived(self, tag: FLVTag) -> None:
        """
        See L{ITagSink<rtmptwisted.interfaces.ITagSink>}.
        """
        super().tagReceived(tag)
        self._work()


class TurnsTestCase(HandlerTestCase):
    """
    A server where each tag takes L{WORK} seconds.
    """

    def setUp(self) -> None:
        """
        Make it.
        """
        super().setUp()
        self.clock = ReactorClock()
        self.directory = StreamDirectory(self.clock, self.limits)
        self.factory = RTMPFactory(self.directory, self.factory.commands, bytes)

    def work(self, seconds: float = WORK) -> None:
        """
        Let time pass within a call, as it does where something is to be done.
        """
        self.clock.rightNow += seconds

    def slow(self, stream: LiveStream) -> SlowSink:
        """
        @return: a sink of the stream that takes its time.
        """
        sink = SlowSink(self.work)
        stream.addSink(sink)
        return sink

    def working(self, name: str = "show") -> tuple[Client, SlowSink]:
        """
        @return: a publisher, and what takes its time with each of its tags.
        """
        client = self.connected()
        id = client.createStream()
        gate, self.gate = self.gate, succeed(True)
        client.send(client.command("publish", name, id=id))
        self.gate = gate
        client.read()
        return client, self.slow(self.live(f"live/{name}"))

    def noted(self, client: Client) -> list[str]:
        """
        @return: a list that will have each time the transport of C{client} is
            told to pause or to go on.
        """
        notes: list[str] = []
        transport: Any = client.transport

        def noting(name: str, method: Callable[[], None]) -> Callable[[], None]:
            def note() -> None:
                notes.append(name)
                method()

            return note

        for name in ("pauseProducing", "resumeProducing"):
            self.patch(transport, name, noting(name, getattr(transport, name)))
        return notes

    def finish(self, *clients: Client) -> None:
        """
        Let turns come until everybody is listened to again.
        """
        for _ in range(1000):
            if all(each.transport.producerState != "paused" for each in clients):
                return
            self.clock.advance(1)
        raise AssertionError("somebody is never listened to again")
