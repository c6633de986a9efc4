"""
The target that is a whole server: a connection of its own, and others beside.
"""

from __future__ import annotations

from random import Random
from typing import cast

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock, deferLater
from twisted.logger import (
    ILogObserver,
    LogEvent,
    LogLevel,
    formatEvent,
    globalLogPublisher,
)
from twisted.python.failure import Failure

from rtmptwisted.commands import standardCommands
from rtmptwisted.directory import StreamDirectory
from rtmptwisted.factory import RTMPFactory
from rtmptwisted.formats import FLVFormat, Framing
from rtmptwisted.interfaces import ICommandHandler
from rtmptwisted.registry import FunctionHandler
from rtmptwisted.session import Session
from rtmptwisted.wire.limits import Limits
from rtmptwisted.wire.message import Command
from tests.fuzz.chunked import HANDSHAKE, checkReader
from tests.fuzz.judging import pieces, require
from tests.fuzz.peers import Peer, Watcher, opening, show

#: What the first byte of an input asks for: to play instead of to publish,
#: nothing before the input but the handshake, commands that take a while, limits
#: that are soon reached, few events in each turn of the reactor.
PLAYS, BARE, SLOWLY, NARROW, TURNS = 1, 2, 4, 8, 16

_NARROW = Limits(
    mediaMessage=3000,
    partialBytes=4000,
    bufferedBytes=3000,
    netStreams=3,
    gopBytes=4000,
    gopTags=12,
    settleFrames=5,
    setupTags=3,
    setupBytes=60,
    replyBytes=2000,
    viewerBytes=500,
    openingPieceBytes=300,
)
_USUAL = Limits()

#: How much time passes between two pieces, in seconds: mostly none.
_PAUSES = (0.0, 0.0, 0.0, 0.0, 0.01, 0.02, 0.3, 1.0, 6.0, 21.0)


class _Log:
    """
    What goes wrong without anybody noticing is in the log.
    """

    def __init__(self) -> None:
        self.faults: list[str] = []

    def __call__(self, event: LogEvent) -> None:
        level = cast(LogLevel, event.get("log_level", LogLevel.info))
        if level >= LogLevel.error or "log_failure" in event:
            failure = event.get("log_failure")
            trace = failure.getTraceback() if isinstance(failure, Failure) else ""
            self.faults.append(f"{formatEvent(event)}\n{trace}")


class _BusyClock(Clock):
    """
    A clock on a machine that is slow: some time has passed whenever it is looked
    at.
    """

    def seconds(self) -> float:
        """
        See L{IReactorTime<twisted.internet.interfaces.IReactorTime>}.
        """
        self.rightNow += 0.004
        return super().seconds()


def _slowly(clock: Clock, handler: ICommandHandler) -> FunctionHandler:
    """
    @return: a handler that thinks about it before it does the same.
    """

    async def handle(session: Session, command: Command) -> None:
        await cast("Deferred[None]", deferLater(clock, 0.5, lambda: None))
        if not session.closed:
            waiting = handler.handle(session, command)
            if waiting is not None:
                await waiting

    return FunctionHandler(handle)


class _Server:
    """
    A server in memory, with a client of which anything may come.
    """

    def __init__(self, flags: int, seed: int) -> None:
        self.clock = _BusyClock() if flags & TURNS else Clock()
        self.limits = _NARROW if flags & NARROW else _USUAL
        self.directory = StreamDirectory(self.clock, self.limits)
        commands = standardCommands()
        if flags & SLOWLY:
            for name in ("publish", "play", "createStream"):
                handler = commands.locate(name)
                assert handler is not None
                commands.register(name, _slowly(self.clock, handler))
        self.factory = RTMPFactory(self.directory, commands, bytes)
        self.random = Random(seed)
        self.others: list[Peer] = []
        self.watchers: list[Watcher] = []
        self.shown = 0
        plays = bool(flags & PLAYS)
        self._other("publish" if plays else "play")
        self._watch()
        self.publisher = self.others[0] if plays else None
        self.client = Peer(self.factory)
        self.client.feed(HANDSHAKE)
        if not flags & BARE:
            self.client.feed(opening("play" if plays else "publish"))
        self.settle()

    def _other(self, command: str) -> None:
        self.others.append(Peer(self.factory))
        self.others[-1].feed(HANDSHAKE + opening(command))

    def _watch(self) -> None:
        random = self.random
        format = FLVFormat(random.choice(list(Framing)), random.random() < 0.5)
        self.watchers.append(Watcher(self.directory, format))

    def settle(self) -> None:
        """
        Let everything be carried out that waits for nothing but its turn.
        """
        for _ in range(4):
            self.clock.advance(0.5 if self.client.held else 0)

    def happen(self) -> None:
        """
        Something happens that the client has no part in.
        """
        random = self.random
        self.clock.advance(random.choice(_PAUSES))
        viewers: list[Peer | Watcher] = [*self.others, *self.watchers]
        match random.randrange(12):
            case 0 | 1:
                self.client.choke(random.random() < 0.5)
            case 2 | 3:
                random.choice(viewers).choke(random.random() < 0.5)
            case 4 if len(self.others) < 4:
                self._other("play")
            case 5 if len(self.watchers) < 4:
                self._watch()
            case 6 if random.random() < 0.2:
                random.choice(viewers).lose()
            case 7:
                self.factory.requestReconnect()
            case 8 if random.random() < 0.05:
                self.factory.closeAll()
        for watcher in self.watchers:
            watcher.look()
        if self.publisher is not None:
            count = random.randrange(6)
            for message in show()[self.shown : self.shown + count]:
                self.publisher.feed(message)
            self.shown += count

    def feed(self, data: bytes) -> None:
        """
        Let bytes of the client arrive, as soon as the server reads.
        """
        for _ in range(50):
            if not self.client.held:
                break
            self.clock.advance(0.1)
        self.client.feed(data)
        if not self.client.closed:
            checkReader(self.client.protocol._connection._reader, self.limits)
        netStreams = len(self.client.protocol.session.netStreams)
        require(netStreams <= self.limits.netStreams, f"{netStreams} NetStreams")

    def end(self) -> None:
        """
        Everybody goes; nothing may be left.
        """
        everybody: list[Peer | Watcher] = [self.client, *self.others, *self.watchers]
        self.random.shuffle(everybody)
        for peer in everybody:
            peer.lose()
        # The log sums up once more what there was too much of.
        self.clock.pump([1, 1])
        for what, left in (
            ("streams", self.directory._streams),
            ("connections", self.factory.connections),
            ("addresses", self.factory._admission._places),
            ("calls", self.clock.getDelayedCalls()),
        ):
            require(not left, f"{what} are left: {left}")
        for peer in everybody:
            peer.check()


def fuzzSession(data: bytes) -> None:
    """
    A server: whatever one client sends, nothing is logged as a defect, others
    get whole messages, and nothing is left when all are gone.

    The first byte says what the client did before, the second how the rest is
    cut, the third what else happens meanwhile.
    """
    if len(data) < 3:
        return
    flags, how, seed, sent = data[0], data[1], data[2], data[3:]
    log = _Log()
    globalLogPublisher.addObserver(cast(ILogObserver, log))
    try:
        server = _Server(flags, seed)
        cut = pieces(how, sent)
        # Not between all pieces, or an input of single bytes takes a day.
        often = max(1, len(cut) // 30)
        for index, piece in enumerate(cut):
            server.feed(piece)
            if index % often == 0:
                server.happen()
        server.settle()
        server.end()
    finally:
        globalLogPublisher.removeObserver(cast(ILogObserver, log))
    require(not log.faults, "\n".join(log.faults))
