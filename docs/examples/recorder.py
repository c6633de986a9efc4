"""
A server that only records, with limits other than the defaults.

Run it as C{python recorder.py}, or with a folder and an endpoint description
for RTMP.
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
from rtmptwisted.recording import RecordingService
from rtmptwisted.wire.limits import MIB, Limits


async def main(
    reactor: Any, folder: str = "recordings", rtmp: str = "tcp:1935"
) -> None:
    """
    Record until the program is stopped.
    """
    # Wait longer for a slow disk, and less long for a publisher that is gone.
    limits = Limits(recordingBytes=128 * MIB, publisherIdleSeconds=10.0)
    directory = StreamDirectory(reactor, limits)
    recording = RecordingService(directory, folder, reactor)
    recording.startService()
    factory = RTMPFactory(directory)
    await serverFromString(reactor, rtmp).listen(factory)

    async def stop() -> None:
        await factory.closeAll()
        # Fires when all files are complete.
        await recording.stopService()

    reactor.addSystemEventTrigger(
        "before", "shutdown", lambda: Deferred.fromCoroutine(stop())
    )
    await Deferred()


if __name__ == "__main__":
    globalLogBeginner.beginLoggingTo([textFileLogObserver(sys.stderr)])
    react(main, sys.argv[1:])
