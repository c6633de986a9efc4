"""
A server with a merge window, and clients on plain TCP.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import succeed
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IDelayedCall
from twisted.python.failure import Failure

from rtmptwisted.directory import StreamDirectory
from rtmptwisted.factory import RTMPFactory
from rtmptwisted.wire.flv import FLVTag
from rtmptwisted.wire.message import Command
from tests.fakes import FakeSink
from tests.handler_support import HandlerTestCase
from tests.straight_support import FDReactor, connect
from tests.support import Client
from tests.websocket_support import PEER


class Wire:
    """
    A client on plain TCP.

    @ivar reads: when the server has read something, in seconds.
    """

    def __init__(self, case: ReadingTestCase) -> None:
        self._case = case
        self._encoder = Client(case.factory)
        self.connection = connect(case.clock, case.factory, PEER, case.reactor)
        self.socket = self.connection.memory
        self.protocol: Any = self.connection.protocol
        self.reads: list[float] = []
        dataReceived = self.protocol.dataReceived

        def read(data: bytes) -> None:
            self.reads.append(case.clock.seconds())
            dataReceived(data)

        case.patch(self.protocol, "dataReceived", read)
        self.send(Client.HELLO)
        self.send(Client.ANSWER)
        self.say("connect", commandObject={"app": "live"})
        self.say("createStream")

    def command(self, name: str, *arguments: Any, **more: Any) -> Command:
        """
        @return: a command.
        """
        return self._encoder.command(name, *arguments, **more)

    def bytesOf(self, *messages: Command | FLVTag) -> bytes:
        """
        @return: the bytes of messages.
        """
        return self._encoder.bytesOf(*messages)

    def arrive(self, *messages: Command | FLVTag) -> None:
        """
        Let messages arrive at the server's host.
        """
        self.socket.incoming += self.bytesOf(*messages)

    def send(self, data: bytes) -> None:
        """
        Let bytes arrive, and the server read if it does.
        """
        self.socket.incoming += data
        self._case.reactor.turns()

    def say(self, name: str, *arguments: Any, **more: Any) -> None:
        """
        Send a command.
        """
        self.send(self.bytesOf(self.command(name, *arguments, **more)))

    @property
    def isRead(self) -> bool:
        """
        Whether the server reads when something arrives.
        """
        return self.connection in self._case.reactor.readers

    def lose(self) -> None:
        """
        The connection is gone.
        """
        self._case.reactor.removeReader(self.connection)
        self.connection.connectionLost(Failure(ConnectionDone()))


class ReadingTestCase(HandlerTestCase):
    """
    A server with a merge window.
    """

    WINDOW: float | None = 0.35

    def setUp(self) -> None:
        """
        Make it.
        """
        super().setUp()
        self.directory = StreamDirectory(self.clock, self.limits, self.WINDOW)
        self.factory = RTMPFactory(self.directory, self.factory.commands, bytes)
        self.reactor = FDReactor(self.clock)
        self.sink = FakeSink()
        self.directory.stream("live/show").addSink(self.sink)

    def publishing(self) -> Wire:
        """
        @return: a client that publishes, and is read when something arrives.
        """
        wire = Wire(self)
        gate, self.gate = self.gate, succeed(True)
        wire.say("publish", "show", id=1)
        self.gate = gate
        self.assertTrue(self.live().isLive)
        self.pass_(0.1)
        wire.reads.clear()
        return wire

    def pass_(self, seconds: float) -> None:
        """
        Let time pass, a millisecond at a time.
        """
        for _ in range(round(seconds * 1000)):
            self.clock.advance(0.001)
            self.reactor.turns()

    @property
    def rests(self) -> list[IDelayedCall]:
        """
        The ends of rests that are to come.
        """
        calls = self.clock.getDelayedCalls()
        return [each for each in calls if "Reading._rested" in repr(each)]
