"""
Tests of L{rtmptwisted.childcommand}.
"""

from __future__ import annotations

import os
import tempfile
from datetime import UTC, datetime, timedelta, timezone
from shutil import rmtree

from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.childcommand import ExecRule, parseExec

NOW = datetime(2026, 11, 22, 9, 8, 7, tzinfo=UTC)


def which(program: str) -> str | None:
    """
    A machine that has all programs but one.
    """
    return None if program in ("", "missing") else f"/bin/{program}"


def parse(text: str) -> ExecRule:
    """
    @return: the rule, on a machine that has its program.
    """
    return parseExec(text, which)


def arguments(text: str, key: str = "live/show") -> list[str]:
    """
    @return: the command for a stream.
    """
    return parse(text).arguments(key, NOW, "host")


class ParseTests(SynchronousTestCase):
    """
    How rules are read.
    """

    def test_every(self) -> None:
        """
        A command alone is for every stream.
        """
        rule = parse("ffmpeg -i -")
        self.assertEqual((rule.pattern, rule.program), ("*", "ffmpeg"))
        self.assertEqual(rule.executable, "/bin/ffmpeg")
        for key in ("live/show", "live", "a/b/c"):
            self.assertTrue(rule.matches(key))

    def test_pattern(self) -> None:
        """
        What is before an arrow is a pattern of stream keys, as written.
        """
        for text in (
            "live/cam* => cat -n",
            "live/cam*=>cat -n",
            " live/cam*  =>  cat   -n ",
        ):
            rule = parse(text)
            self.assertEqual(rule.pattern, "live/cam*")
            self.assertEqual(rule.arguments("x/y", NOW, ""), ["cat", "-n"])
        for key, matches in (
            ("live/cam1", True),
            ("live/cam", True),
            ("live/Cam1", False),
            ("live/show", False),
            ("xlive/cam1", False),
        ):
            self.assertIs(rule.matches(key), matches, key)

    def test_arrows(self) -> None:
        """
        An arrow behind the first word is a part of the command.
        """
        rule = parse("sed s/a/=>/ '=>'")
        self.assertEqual(rule.pattern, "*")
        self.assertEqual(rule.arguments("a", NOW, ""), ["sed", "s/a/=>/", "=>"])

    def test_refused(self) -> None:
        """
        What cannot be run is refused, and said what is wrong with it.
        """
        for text, why in (
            ("", "has no command"),
            ("  ", "has no command"),
            ("live/* =>", "has no command"),
            ("live/* =>  ", "has no command"),
            ("=> cat", "has no pattern before =>"),
            (" => cat", "has no pattern before =>"),
            ("cat 'a", "no closing quotation"),
            ("cat a\\", "no escaped character"),
            ("missing -i -", "'missing' is no program that can be run"),
            ("'' x", "'' is no program that can be run"),
            ("cat {title}", "{title} is none of the fields {app} {name} {key}"),
            ("cat {app.x}", "is none of the fields"),
            ("cat {app!r}", "takes no !r"),
            ("cat {", "write {{ and }}"),
        ):
            error = self.assertRaises(ValueError, parse, text)
            self.assertIn(why, str(error))


class ArgumentsTests(SynchronousTestCase):
    """
    What is run for a stream.
    """

    def test_fields(self) -> None:
        """
        Fields are those of the stream, the time and the machine.
        """
        found = arguments(
            "cat {app} {name} {key} {node} /srv/{app}-{name}.m3u8 {utc:%Y%m%dT%H:%M:%S}"
        )
        self.assertEqual(
            found,
            [
                "cat",
                "live",
                "show",
                "live/show",
                "host",
                "/srv/live-show.m3u8",
                "20261122T09:08:07",
            ],
        )

    def test_times(self) -> None:
        """
        The time is given in UTC, and as it is here.
        """
        there = NOW.astimezone(timezone(timedelta(hours=-7)))
        rule = parse("cat {utc:%H:%M%z} {local:%H:%M%z}")
        here = NOW.astimezone().strftime("%H:%M%z")
        found = rule.arguments("a", there, "")
        self.assertEqual(found, ["cat", "09:08+0000", here])

    def test_words(self) -> None:
        """
        The command is split as a shell would, before anything is filled in; nothing
        else that a shell does is done.
        """
        found = arguments("cat 'a b' \"{name} {app}\" {name} $HOME `x` ; *", "a/b c'\"")
        expected = ["cat", "a b", "b c'\" a", "b c'\"", "$HOME", "`x`", ";", "*"]
        self.assertEqual(found, expected)

    def test_braces(self) -> None:
        """
        Doubled braces are braces.
        """
        self.assertEqual(arguments("awk {{print}}"), ["awk", "{print}"])

    def test_options(self) -> None:
        """
        A stream whose name would be an option is refused; one that is a part of an
        argument is not.
        """
        for text, key in (
            ("cat {name}", "live/-y"),
            ("cat {name}.flv", "live/-y"),
            ("cat {app}", "-live/y"),
            ("cat {key}", "-live/y"),
        ):
            error = self.assertRaises(ValueError, arguments, text, key)
            self.assertIn("would be an option of the program", str(error))
        self.assertEqual(arguments("cat -{name}", "a/b"), ["cat", "-b"])
        self.assertEqual(arguments("cat -i - ./{name}", "a/-b")[-1], "./-b")


class ProgramTests(SynchronousTestCase):
    """
    Programs on this machine.
    """

    def setUp(self) -> None:
        """
        Work in a folder of its own.
        """
        folder = tempfile.mkdtemp()
        self.addCleanup(rmtree, folder)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(folder)

    def script(self, mode: int) -> None:
        """
        Write a program.
        """
        with open("script", "w") as file:
            file.write("#!/bin/sh\n")
        os.chmod("script", mode)

    def test_path(self) -> None:
        """
        A program is looked for as a shell does.
        """
        rule = parseExec("cat -n")
        self.assertTrue(os.path.isabs(rule.executable))
        self.assertTrue(os.access(rule.executable, os.X_OK))

    def test_relative(self) -> None:
        """
        A relative path counts from the folder where the rule was read.
        """
        self.script(0o755)
        rule = parseExec("./script a")
        self.assertEqual(rule.executable, os.path.abspath("script"))
        self.assertEqual(rule.arguments("a", NOW, ""), ["./script", "a"])

    def test_notExecutable(self) -> None:
        """
        What is there and cannot be run is no program.
        """
        self.script(0o644)
        for text in ("./script", "./nothing", "."):
            error = self.assertRaises(ValueError, parseExec, text)
            self.assertIn("is no program that can be run", str(error))
