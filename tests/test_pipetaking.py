"""
Tests of L{takeOutput<rtmptwisted.pipeoutput.takeOutput>}.
"""

from __future__ import annotations

import fcntl
import os
import socket
import tempfile

from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.errors import StartError
from rtmptwisted.pipeoutput import takeOutput


class TakeTests(SynchronousTestCase):
    """
    Taking standard output, by other descriptors than those of the tests.
    """

    def keep(self, *descriptors: int) -> None:
        """
        Close them at the end of the test.
        """
        for descriptor in descriptors:
            self.addCleanup(os.close, descriptor)

    def pipe(self) -> tuple[int, int]:
        """
        @return: the ends of a pipe.
        """
        ends = os.pipe()
        self.keep(*ends)
        return ends

    def refused(self, output: int, errors: int) -> str:
        """
        @return: why it cannot be taken; nothing was changed then.
        """
        error = self.assertRaises(StartError, takeOutput, output, errors)
        return str(error)

    def test_taken(self) -> None:
        """
        What others write to standard output comes out at standard error; what is
        written to the new descriptor goes into the pipe, and no child has it.
        """
        stream, output = self.pipe()
        log, errors = self.pipe()
        taken = takeOutput(output, errors)
        self.keep(taken)
        os.write(output, b"said")
        os.write(errors, b" more")
        os.write(taken, b"FLV")
        self.assertEqual(os.read(log, 100), b"said more")
        self.assertEqual(os.read(stream, 100), b"FLV")
        self.assertFalse(os.get_inheritable(taken))

    def test_socket(self) -> None:
        """
        A socket is as good as a pipe.
        """
        ours, theirs = socket.socketpair()
        self.addCleanup(ours.close)
        self.addCleanup(theirs.close)
        _, errors = self.pipe()
        output = os.dup(ours.fileno())
        taken = takeOutput(output, errors)
        self.keep(output, taken)
        os.write(taken, b"FLV")
        self.assertEqual(theirs.recv(100), b"FLV")

    def test_noPipe(self) -> None:
        """
        Files, terminals and other devices are refused: the server would wait for them.
        """
        _, errors = self.pipe()
        master, terminal = os.openpty()
        null = os.open(os.devnull, os.O_RDWR)
        self.keep(master, terminal, null)
        with tempfile.TemporaryFile() as file:
            for output in (file.fileno(), terminal, null):
                self.assertIn(
                    "standard output is no pipe", self.refused(output, errors)
                )

    def test_closed(self) -> None:
        """
        Where there is no standard output it cannot be taken.
        """
        _, errors = self.pipe()
        output = os.dup(errors)
        os.close(output)
        self.assertIn("there is no standard output", self.refused(output, errors))

    def test_same(self) -> None:
        """
        A log that would go into the same pipe is refused.
        """
        _, output = self.pipe()
        errors = os.dup(output)
        self.keep(errors)
        self.assertIn(
            "standard error goes into the same pipe", self.refused(output, errors)
        )

    def test_noErrors(self) -> None:
        """
        Where there is no standard error, what others write to standard output gets
        nowhere.
        """
        stream, output = self.pipe()
        for lowest in (0, 100):
            errors = fcntl.fcntl(output, fcntl.F_DUPFD, lowest)
            os.close(errors)
            taken = takeOutput(output, errors)
            os.write(output, b"said")
            os.write(errors, b"said")
            os.write(taken, b"FLV")
            self.assertEqual(os.read(stream, 100), b"FLV")
            # And as it was.
            os.dup2(taken, output)
            os.close(errors)
            os.close(taken)
