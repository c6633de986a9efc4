"""
Tests of L{rtmptwisted.diskthreads}.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import Queue
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.diskthreads import DiskThreads

#: Nothing here takes as long, in seconds.
_PATIENCE = 10


class _Reactor:
    """
    Takes what threads have for the reactor.
    """

    def __init__(self) -> None:
        self.calls: Queue[Callable[[], None]] = Queue()

    def callFromThread(self, function: Any, *args: Any, **kwargs: Any) -> None:
        """
        Keep it.
        """
        self.calls.put(lambda: function(*args, **kwargs))

    def step(self) -> None:
        """
        Do the next of it.
        """
        self.calls.get(timeout=_PATIENCE)()


class DiskThreadsTests(SynchronousTestCase):
    """
    Tests of L{DiskThreads}.
    """

    def setUp(self) -> None:
        """
        Make two threads.
        """
        reactor: Any = _Reactor
        self.reactor = reactor()
        self.threads = DiskThreads(2, self.reactor)
        self.addCleanup(self.threads.stop)

    def test_results(self) -> None:
        """
        Functions run in other threads, which do not keep the program from ending, and
        their results come in that of the reactor.
        """
        result = self.threads(threading.current_thread)
        self.assertNoResult(result)
        self.reactor.step()
        thread = self.successResultOf(result)
        self.assertIsNot(thread, threading.current_thread())
        self.assertTrue(thread.daemon)

    def test_errors(self) -> None:
        """
        What a function raises comes there, too.
        """
        result = self.threads(int, "x")
        self.reactor.step()
        self.failureResultOf(result, ValueError)

    def test_stuck(self) -> None:
        """
        So many may be stuck; then others wait, and the caller never does, nor does
        who stops them.
        """
        release = threading.Event()
        stuck = [self.threads(release.wait, _PATIENCE) for _ in range(2)]
        waiting = self.threads(str)
        self.threads.stop()
        self.assertTrue(self.reactor.calls.empty())
        release.set()
        for _ in range(3):
            self.reactor.step()
        self.assertEqual([self.successResultOf(each) for each in stuck], [True, True])
        self.assertEqual(self.successResultOf(waiting), "")

    def test_again(self) -> None:
        """
        After the end there can be others.
        """
        for _ in range(2):
            result = self.threads(str)
            self.reactor.step()
            self.assertEqual(self.successResultOf(result), "")
            self.threads.stop()
        self.threads.stop()
