"""
A server on which only those who know a stream's token can publish it, as
C{rtmp://HOST/live/camera?token=spring}.

Run it as C{python gate.py}, or with an endpoint description for RTMP.
"""

from __future__ import annotations

import hmac
import sys
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import serverFromString
from twisted.internet.task import react
from twisted.internet.threads import deferToThread
from twisted.logger import globalLogBeginner, textFileLogObserver

from rtmptwisted.commands import publish, standardCommands
from rtmptwisted.directory import StreamDirectory
from rtmptwisted.errors import CommandRejected
from rtmptwisted.factory import RTMPFactory
from rtmptwisted.registry import commandHandler
from rtmptwisted.session import Session
from rtmptwisted.wire.message import Command

TOKENS = {"live/camera": "spring"}


def mayPublish(key: str, token: str) -> bool:
    """
    Look the token up.  This runs in a thread, so it may ask a database.
    """
    expected = TOKENS.get(key)
    if expected is None:
        return False
    return hmac.compare_digest(expected.encode(), token.encode())


@commandHandler
async def guardedPublish(session: Session, command: Command) -> None:
    """
    Ask first, then do what the standard handler does.
    """
    name = session.parseName(command.argument(0), "NetStream.Publish.BadName")
    token = dict(name.parameters).get("token", "")
    if not await deferToThread(mayPublish, name.key, token):
        raise CommandRejected("NetStream.Publish.Denied", "the token is wrong")
    waiting = publish.handle(session, command)
    if waiting is not None:
        # Another publisher of this name may be gone: that takes a moment to see.
        await waiting


async def main(reactor: Any, rtmp: str = "tcp:1935") -> None:
    """
    Serve until the program is stopped.
    """
    registry = standardCommands()
    registry.register("publish", guardedPublish)
    factory = RTMPFactory(StreamDirectory(reactor), registry)
    await serverFromString(reactor, rtmp).listen(factory)
    reactor.addSystemEventTrigger("before", "shutdown", factory.closeAll)
    await Deferred()


if __name__ == "__main__":
    globalLogBeginner.beginLoggingTo([textFileLogObserver(sys.stderr)])
    react(main, sys.argv[1:])
