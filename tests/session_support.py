"""
A session without a connection.
"""

from __future__ import annotations

from zope.interface import implementer

from rtmptwisted.interfaces import IPlayer, ISessionHost
from rtmptwisted.netstream import NetStream
from rtmptwisted.session import Session
from rtmptwisted.streams import LiveStream
from rtmptwisted.wire.message import Decoded
from tests.fakes import FakeSink
from tests.support import ServerTestCase


@implementer(IPlayer)
class FakePlayer:
    """
    Writes down what it is told.
    """

    def __init__(self) -> None:
        self.told: list[str] = []

    def start(self) -> None:
        """
        See L{IPlayer}.
        """
        self.told.append("start")

    def pause(self, paused: bool) -> None:
        """
        See L{IPlayer}.
        """
        self.told.append(f"pause {paused}")

    def stop(self) -> None:
        """
        See L{IPlayer}.
        """
        self.told.append("stop")

    def select(self, audio: bool | None, video: bool | None) -> None:
        """
        See L{IPlayer}.
        """
        self.told.append(f"audio {audio} video {video}")


@implementer(ISessionHost)
class FakeHost:
    """
    Writes down what a session sends.
    """

    peer: str = "192.0.2.1:4000"

    def __init__(self) -> None:
        self.sent: list[Decoded] = []
        self.closed = 0
        self.players: list[FakePlayer] = []

    def send(self, decoded: Decoded) -> None:
        """
        See L{ISessionHost}.
        """
        self.sent.append(decoded)

    def close(self) -> None:
        """
        See L{ISessionHost}.
        """
        self.closed += 1

    def createPlayer(self, netStream: NetStream, stream: LiveStream) -> IPlayer:
        """
        See L{ISessionHost}.
        """
        self.players.append(FakePlayer())
        return self.players[-1]


class SessionTestCase(ServerTestCase):
    """
    A session without a connection.
    """

    def setUp(self) -> None:
        """
        Make the session.
        """
        super().setUp()
        self.host = FakeHost()
        self.session = Session(self.host, self.directory)
        self.session.app = "live"

    def publishing(self, name: str, sink: FakeSink | None = None) -> NetStream:
        """
        @return: a new NetStream that publishes C{live/<name>}.
        """
        netStream = self.session.createStream()
        netStream.publish(self.session.parseName(name, "Bad"))
        if sink is not None:
            self.live(f"live/{name}").addSink(sink)
        return netStream

    def playing(self, name: str) -> NetStream:
        """
        @return: a new NetStream that plays C{live/<name>}.
        """
        netStream = self.session.createStream()
        netStream.play(self.session.parseName(name, "Bad"))
        return netStream
