"""
Tests of L{rtmptwisted.childservice}.
"""

from __future__ import annotations

import os
import socket

from twisted.logger import LogLevel

from rtmptwisted.childcommand import parseExec
from rtmptwisted.childservice import ChildService
from rtmptwisted.timeofday import utcNow
from tests.child_support import WHO, ServiceTestCase
from tests.delivery_support import BEGIN
from tests.fakes import logLines
from tests.media import frame, plain


class StartTests(ServiceTestCase):
    """
    What is started.
    """

    def test_command(self) -> None:
        """
        The program runs as soon as a stream is published, with its name in its
        command and its environment.
        """
        self.assertEqual(self.processes, [])
        self.publish()
        (process,) = self.processes
        self.assertEqual(process.executable, "/bin/cat")
        self.assertEqual(process.arguments, ["cat", "live/show", "2026", "host"])
        self.assertEqual(
            process.environment,
            {
                "PATH": "/bin",
                "RTMP_APP": "live",
                "RTMP_NAME": "show",
                "RTMP_KEY": "live/show",
            },
        )
        self.assertEqual(process.flv.media, plain(*BEGIN))

    def test_defaults(self) -> None:
        """
        Programs know the time, the machine, and have the environment of the server.
        """
        rule = parseExec("cat {node} {utc:%Y}", lambda program: program)
        service = ChildService(self.directory, [rule], self.spawner)
        service.startService()
        stream = self.directory.publish("live/other", WHO)
        process = self.processes[-1]
        node = socket.gethostname().partition(".")[0]
        self.assertEqual(process.arguments, ["cat", node, str(utcNow().year)])
        self.assertEqual(process.environment["PATH"], os.environ["PATH"])
        self.assertEqual(process.environment["RTMP_NAME"], "other")
        stream.end()

    def test_before(self) -> None:
        """
        Streams that are live already when the service starts count.
        """
        self.publish()
        self.processes[0].exit()
        self.stop()
        self.service.startService()
        self.assertEqual(len(self.processes), 2)
        self.assertEqual(self.processes[1].flv.media, plain(*BEGIN))

    def test_refusedName(self) -> None:
        """
        A stream that would be an option of the program is not given to it, which is
        logged, and leaves nothing behind.
        """
        rule = parseExec("cat {name}", lambda program: program)
        service = ChildService(self.directory, [rule], self.spawner)
        service.startService()
        self.service.stopService()
        with self.logs() as events:
            stream = self.publish("live/-y")
        self.assertEqual(self.processes, [])
        line = "live/-y: cat is not run: '-y' would be an option of the program"
        self.assertEqual(logLines(events, LogLevel.error), [line])
        stream.end()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertTrue(service.stopService().called)


class SeveralTests(ServiceTestCase):
    """
    Several programs and streams.
    """

    rules = ("cat {name}", "live/cam* => tee {name}")
    most = 3

    def test_rules(self) -> None:
        """
        A stream goes into each program whose pattern fits; each has its own process.
        """
        self.publish("live/cam1")
        self.publish("live/show")
        commands = [process.arguments for process in self.processes]
        self.assertEqual(commands, [["cat", "cam1"], ["tee", "cam1"], ["cat", "show"]])
        self.assertEqual(self.processes[1].flv.media, plain(*BEGIN))

    def test_alone(self) -> None:
        """
        A program that fails is started again; the other ones do not notice.
        """
        stream = self.publish("live/cam1")
        self.processes[0].exit(1)
        self.receive(stream, frame(40))
        self.assertEqual(self.processes[1].flv.media, plain(*BEGIN, frame(40)))
        self.clock.advance(1)
        self.assertEqual(self.processes[2].arguments, ["cat", "cam1"])

    def test_most(self) -> None:
        """
        No more programs run than may, which is logged; when one has ended there is
        room for another stream.
        """
        self.publish("live/a")
        second = self.publish("live/b")
        with self.logs() as events:
            self.publish("live/cam1")
        self.assertEqual(len(self.processes), 3)
        line = "live/cam1: tee is not run: 3 programs run already"
        self.assertEqual(logLines(events, LogLevel.error), [line])
        second.end()
        self.publish("live/c")
        self.assertEqual(len(self.processes), 3)
        self.processes[1].exit()
        self.publish("live/d")
        self.assertEqual(self.processes[3].arguments, ["cat", "d"])

    def test_stop(self) -> None:
        """
        The service has stopped when all processes are gone.
        """
        self.publish("live/cam1")
        stopped = self.stop()
        for process in self.processes:
            self.assertTrue(process.inputClosed)
            self.assertEqual(stopped, [])
            process.exit()
        self.assertEqual(stopped, [None])
