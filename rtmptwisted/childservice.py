"""
The service that lets programs have live streams.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial

from twisted.application.service import Service
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IReactorProcess
from twisted.logger import Logger
from zope.interface import implementer

from rtmptwisted.childcommand import ExecRule
from rtmptwisted.childfeed import Feed, Surroundings
from rtmptwisted.directory import StreamDirectory
from rtmptwisted.interfaces import IStreamWatcher
from rtmptwisted.streams import LiveStream
from rtmptwisted.timeofday import utcNow

#: Programs that run at the same moment.  Each takes three descriptors, and far more
#: of the machine than the stream itself; and anybody who can publish starts some.
MOST_CHILDREN = 64


@implementer(IStreamWatcher)
class ChildService(Service):
    """
    Runs a program for each live stream that it is meant for.
    """

    _log = Logger()

    def __init__(
        self,
        directory: StreamDirectory,
        rules: Sequence[ExecRule],
        reactor: IReactorProcess,
        *,
        most: int = MOST_CHILDREN,
        now: Callable[[], datetime] = utcNow,
        node: str | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        """
        @param rules: all of them that match a stream count.
        @param most: how many programs may run.
        @param now: tells the time of day.
        @param node: a name of this machine; otherwise the first part of the one that
            the system has.
        @param environment: for the programs.
        """
        self._directory = directory
        self._rules = rules
        self._most = most
        if node is None:
            node = socket.gethostname().partition(".")[0]
        self._around = Surroundings(reactor, now, node, environment)
        # By the key of the stream and the number of the rule.
        self._feeds: dict[tuple[str, int], Feed] = {}
        self._stopping: Deferred[None] | None = None

    def startService(self) -> None:
        """
        Run programs for what is live and what is published from now on.
        """
        super().startService()
        self._directory.watch(self)
        for stream in self._directory:
            self.streamStarted(stream)

    def stopService(self) -> Deferred[None]:
        """
        Let all programs finish.

        @return: fires when all are gone.
        """
        if not self.running:
            return succeed(None)
        super().stopService()
        self._directory.unwatch(self)
        stopped: Deferred[None] = Deferred()
        self._stopping = stopped
        for feed in list(self._feeds.values()):
            feed.end()
        self._stoppedIfEmpty()
        return stopped

    def _stoppedIfEmpty(self) -> None:
        if not self._feeds and self._stopping is not None:
            stopping, self._stopping = self._stopping, None
            stopping.callback(None)

    def streamStarted(self, stream: LiveStream) -> None:
        """
        See L{IStreamWatcher}.
        """
        for number, rule in enumerate(self._rules):
            if rule.matches(stream.name):
                self._begin(stream, number, rule)

    def _begin(self, stream: LiveStream, number: int, rule: ExecRule) -> None:
        place = (stream.name, number)
        feed = self._feeds.get(place)
        if feed is None:
            if len(self._feeds) >= self._most:
                self._log.error(
                    "{name}: {program} is not run: {count} programs run already",
                    name=stream.name,
                    program=os.path.basename(rule.program),
                    count=len(self._feeds),
                )
                return
            feed = Feed(stream.name, rule, self._around, partial(self._done, place))
            self._feeds[place] = feed
        feed.begin(stream)

    def _done(self, place: tuple[str, int]) -> None:
        del self._feeds[place]
        self._stoppedIfEmpty()

    def streamStopped(self, stream: LiveStream) -> None:
        """
        See L{IStreamWatcher}.
        """
        for number in range(len(self._rules)):
            feed = self._feeds.get((stream.name, number))
            if feed is not None:
                feed.end()
