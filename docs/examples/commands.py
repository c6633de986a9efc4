"""
A server with two commands of its own, one that answers at once and one that
waits.

Run it as C{python commands.py}, or with an endpoint description for RTMP.
"""

from __future__ import annotations

import sys
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import serverFromString
from twisted.internet.task import deferLater, react
from twisted.logger import globalLogBeginner, textFileLogObserver

from rtmptwisted.commands import standardCommands
from rtmptwisted.directory import StreamDirectory
from rtmptwisted.errors import CommandRejected
from rtmptwisted.factory import RTMPFactory
from rtmptwisted.registry import CommandRegistry, commandHandler
from rtmptwisted.session import Session
from rtmptwisted.wire.message import Command


@commandHandler
def greet(session: Session, command: Command) -> None:
    """
    Answer C{greet(name)} at once.
    """
    name = command.argument(0)
    if not isinstance(name, str):
        raise CommandRejected("NetConnection.Call.Failed", "greet takes a name")
    session.sendResult(command, f"hello, {name}")


@commandHandler
async def countViewers(session: Session, command: Command) -> None:
    """
    Answer C{countViewers(name)} after a while.  Until then nothing else of this
    connection is carried out.
    """
    name = session.parseName(command.argument(0), "NetConnection.Call.Failed")
    await deferLater(session.directory.clock, 0.1)
    stream = session.directory.live(name.key)
    session.sendResult(command, stream.viewers if stream is not None else 0)


def commands() -> CommandRegistry:
    """
    The standard commands and those above.
    """
    registry = standardCommands()
    registry.register("greet", greet)
    registry.register("countViewers", countViewers)
    return registry


async def main(reactor: Any, rtmp: str = "tcp:1935") -> None:
    """
    Serve until the program is stopped.
    """
    factory = RTMPFactory(StreamDirectory(reactor), commands())
    await serverFromString(reactor, rtmp).listen(factory)
    reactor.addSystemEventTrigger("before", "shutdown", factory.closeAll)
    await Deferred()


if __name__ == "__main__":
    globalLogBeginner.beginLoggingTo([textFileLogObserver(sys.stderr)])
    react(main, sys.argv[1:])
