"""
A live stream that goes into a program, for as long as it is live.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

from twisted.internet.interfaces import IDelayedCall, IReactorProcess
from twisted.logger import Logger

from rtmptwisted.childcommand import ExecRule
from rtmptwisted.childprocess import Child
from rtmptwisted.names import splitKey
from rtmptwisted.streams import LiveStream

#: A program that ends too early begins again after 1 s, then after twice that each
#: time, up to this.
LONGEST_PAUSE = 30.0

#: One that ran for so many seconds did not fail at its start.
STEADY_SECONDS = 60.0


class Surroundings(NamedTuple):
    """
    What all programs have in common.

    @ivar reactor: starts them.
    @ivar now: the time of day.
    @ivar node: a name of this machine.
    @ivar environment: what they have, beside the names of their streams.
    """

    reactor: IReactorProcess
    now: Callable[[], datetime]
    node: str
    environment: Mapping[str, str]


class Feed:
    """
    Sees to it that a program runs, once, while a stream is live.

    When the stream ends and begins again, the next process waits for the end of the
    one before, since both may write the same files.
    """

    _log = Logger()

    def __init__(
        self,
        key: str,
        rule: ExecRule,
        around: Surroundings,
        done: Callable[[], None],
    ) -> None:
        """
        @param key: of the stream.
        @param done: is called each time the stream is over and the process gone.
        """
        self._key = key
        self._rule = rule
        self._around = around
        self._done = done
        self._program = os.path.basename(rule.program)
        # None when it is not live.
        self._stream: LiveStream | None = None
        self._child: Child | None = None
        self._retry: IDelayedCall | None = None
        self._failures = 0
        # Whether the process is that of an earlier publish.
        self._late = False

    def begin(self, stream: LiveStream) -> None:
        """
        The stream is live.
        """
        self._stream = stream
        self._failures = 0
        self._late = self._child is not None
        if not self._late:
            self._start()

    def end(self) -> None:
        """
        The stream is over, or nobody wants it there any more.
        """
        self._stream = None
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        if self._child is None:
            self._done()
        else:
            self._child.stop()

    def _start(self) -> None:
        self._retry = None
        self._late = False
        stream, around = self._stream, self._around
        assert stream is not None
        try:
            arguments = self._rule.arguments(self._key, around.now(), around.node)
        except ValueError as error:
            self._log.error(
                "{name}: {program} is not run: {error}",
                name=self._key,
                program=self._program,
                error=error,
            )
            return
        app, name = splitKey(self._key)
        names = {"RTMP_APP": app, "RTMP_NAME": name, "RTMP_KEY": self._key}
        # It may be over before this returns.
        child = self._child = Child(stream, self._program, self._gone)
        try:
            around.reactor.spawnProcess(
                child,
                self._rule.executable,
                arguments,
                {**around.environment, **names},
            )
        except OSError as error:
            self._child = None
            why = error.strerror or str(error)
            self._startAgain(stream, f"{self._program} cannot be run: {why}")

    def _gone(self, child: Child) -> None:
        self._child = None
        said = f"{child.peer} ended after {child.seconds:.1f} s: {child.status}"
        if child.seconds >= STEADY_SECONDS:
            self._failures = 0
        stream = self._stream
        if stream is not None and stream.isLive and not self._late:
            if child.exited:
                self._startAgain(stream, said)
            else:
                # It is stuck in the kernel.  Another would be stuck beside it.
                self._log.error("{name}: {said}", name=self._key, said=said)
            return
        self._log.info("{name}: {said}", name=self._key, said=said)
        if stream is not None and stream.isLive:
            self._start()
        else:
            self._stream = None
            self._done()

    def _startAgain(self, stream: LiveStream, why: str) -> None:
        """
        Start the program again, not at once.

        @param why: what happened, for the log.
        """
        pause = min(2.0**self._failures, LONGEST_PAUSE)
        # Beyond that it would be a very large number, after some weeks.
        self._failures = min(self._failures + 1, 10)
        self._retry = stream.directory.clock.callLater(pause, self._start)
        self._log.warn(
            "{name}: {why}; it begins again in {pause:.0f} s",
            name=self._key,
            why=why,
            pause=pause,
        )
