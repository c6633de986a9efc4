"""
An RTMP server with HTTP-FLV inside a program of one's own.

Run it as C{python server.py}, or with two endpoint descriptions, for RTMP and
for HTTP.
"""

from __future__ import annotations

import sys
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import serverFromString
from twisted.internet.task import react
from twisted.logger import globalLogBeginner, textFileLogObserver

from rtmptwisted.directory import StreamDirectory
from rtmptwisted.factory import RTMPFactory
from rtmptwisted.httpflv import liveSite


async def main(reactor: Any, rtmp: str = "tcp:1935", http: str = "tcp:8080") -> None:
    """
    Serve until the program is stopped.
    """
    directory = StreamDirectory(reactor)
    factory = RTMPFactory(directory)
    await serverFromString(reactor, rtmp).listen(factory)
    await serverFromString(reactor, http).listen(liveSite(directory))
    # Tell players that their streams are over before the program ends.
    reactor.addSystemEventTrigger("before", "shutdown", factory.closeAll)
    await Deferred()


if __name__ == "__main__":
    globalLogBeginner.beginLoggingTo([textFileLogObserver(sys.stderr)])
    react(main, sys.argv[1:])
