"""
Tests of L{rtmptwisted.tap}: the option for limits.
"""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

from twisted.application.app import run
from twisted.python import usage
from twisted.scripts import twistd
from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted import tap
from rtmptwisted.factory import RTMPFactory
from rtmptwisted.httpsite import LiveSite
from rtmptwisted.listening import ListeningService
from rtmptwisted.wire.limits import MIB, Limits
from tests.test_tap import parsed


class LimitOptionTests(SynchronousTestCase):
    """
    Tests of C{--limit}.
    """

    def test_default(self) -> None:
        """
        By itself the limits are the defaults.
        """
        self.assertEqual(parsed()["limits"], Limits())

    def test_limits(self) -> None:
        """
        It can be given several times, and of two for one limit the later counts.
        """
        limits = parsed(
            "--limit", "connections=500", "--limit=mediaMessage=16M",
            "--limit", "waitSeconds=60", "--limit", "connections=0",
        )["limits"]  # fmt: skip
        self.assertEqual(
            limits, Limits(connections=0, mediaMessage=16 * MIB, waitSeconds=60.0)
        )

    def test_errors(self) -> None:
        """
        What is no setting of a limit is a mistake in the command line, told in one
        line that names the option.
        """
        for setting, why in (
            ("connections", "'connections' is not NAME=VALUE"),
            ("connections=", "'' is no value for connections"),
            ("connections=many", "'many' is no value for connections"),
            ("connections=-1", "connections has to be more than 0"),
            ("idleSeconds=0", "idleSeconds has to be more than 0"),
            ("nonsense=1", "there is no limit 'nonsense'; there are aggregateParts, "),
        ):
            with self.assertRaises(usage.UsageError) as raised:
                parsed("--limit", "gopTags=7", "--limit", setting)
            text = str(raised.exception)
            self.assertTrue(text.startswith(f"--limit: {why}"), text)
            self.assertNotIn("\n", text)

    def test_withoutValue(self) -> None:
        """
        The option needs a setting.
        """
        self.assertRaises(usage.UsageError, parsed, "--limit")

    def test_help(self) -> None:
        """
        The help has it.
        """
        self.assertIn("--limit=", str(tap.Options()))

    def test_everybodyHasThem(self) -> None:
        """
        The limits hold for RTMP and for HTTP, which count connections together.
        """
        service = tap.makeService(parsed("--limit", "connections=1", "-p", "1"))
        factories: list[Any] = [
            each._factory for each in service if isinstance(each, ListeningService)
        ]
        rtmp, http = factories
        self.assertIsInstance(rtmp, RTMPFactory)
        self.assertIsInstance(http, LiveSite)
        self.assertEqual(rtmp.directory.limits, Limits(connections=1))
        self.assertIs(rtmp._admission, http.admission)
        self.assertTrue(rtmp._admission.admit(None))
        self.assertFalse(rtmp._admission.admit(None))


class TwistdTests(SynchronousTestCase):
    """
    How C{twistd} shows it.
    """

    def twistd(self, *arguments: str) -> tuple[str, list[Any]]:
        """
        Start C{twistd}, without starting anything.

        @return: what it prints, and the options with which it would go on.
        """
        self.patch(sys, "argv", ["twistd", "-n", "rtmp", *arguments])
        going: list[Any] = []
        with redirect_stdout(StringIO()) as printed:
            try:
                run(going.append, vars(twistd)["ServerOptions"])
            except SystemExit as ending:
                self.assertNotIn(ending.code, (0, None))
        return printed.getvalue(), going

    def test_good(self) -> None:
        """
        With limits that are right it goes on, and prints nothing.
        """
        printed, (options,) = self.twistd("--limit", "gopBytes=64M")
        self.assertEqual(printed, "")
        self.assertEqual(options.subOptions["limits"].gopBytes, 64 * MIB)

    def test_wrong(self) -> None:
        """
        With one that is wrong it does not start. It prints its help, and in the
        last line what is wrong, without a traceback.
        """
        for setting in ("gopBytes=lots", "nonsense=1", "gopBytes"):
            printed, going = self.twistd("--limit", setting)
            self.assertEqual(going, [])
            last = printed.splitlines()[-1]
            with self.assertRaises(usage.UsageError) as raised:
                parsed("--limit", setting)
            self.assertEqual(last, f"twistd -n: {raised.exception}")
            self.assertNotIn("Traceback", printed)
