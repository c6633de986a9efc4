"""
Tests of L{rtmptwisted.tap}: how frames are collected for viewers, and where the
page gets its player.
"""

from __future__ import annotations

import os
import tempfile
from shutil import rmtree
from typing import Any

from twisted.internet.address import IPv4Address, UNIXAddress
from twisted.internet.endpoints import serverFromString
from twisted.internet.interfaces import IAddress
from twisted.python import usage
from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted import tap
from rtmptwisted.directory import StreamDirectory
from rtmptwisted.httpflv import liveSite
from rtmptwisted.listening import ListeningService
from tests.test_tap import parsed


class Recorded:
    """
    Writes down how C{makeService} makes what it makes.
    """

    def __init__(self, case: SynchronousTestCase) -> None:
        self.directories: list[StreamDirectory] = []
        self.scripts: list[object] = []
        self.sites: list[Any] = []

        def makeDirectory(*arguments: Any, **named: Any) -> StreamDirectory:
            self.directories.append(StreamDirectory(*arguments, **named))
            return self.directories[-1]

        def makeSite(*arguments: Any) -> object:
            self.scripts.append(arguments[2])
            self.sites.append(liveSite(*arguments))
            return self.sites[-1]

        case.patch(tap, "StreamDirectory", makeDirectory)
        case.patch(tap, "liveSite", makeSite)


class MergeWindowTests(SynchronousTestCase):
    """
    Tests of C{--merge-window}.
    """

    def test_values(self) -> None:
        """
        It is C{auto}, as it is by itself, in any case of letters, or milliseconds.
        """
        self.assertIsNone(parsed()["mergeWindow"])
        for text, seconds in (
            ("auto", None),
            ("AUTO", None),
            ("0", 0.0),
            ("20", 0.02),
            ("350", 0.35),
            ("2.5", 0.0025),
            ("5000", 5.0),
        ):
            self.assertEqual(parsed("--merge-window", text)["mergeWindow"], seconds)

    def test_refused(self) -> None:
        """
        Anything else is refused, with what it may be.
        """
        for text in (
            "-1", "5001", "1e9", "inf", "-inf", "nan", "", "fast", "20ms", "20 30",
            "0x10", "off", "none", "1e400",
        ):  # fmt: skip
            error = self.assertRaises(
                usage.UsageError, parsed, f"--merge-window={text}"
            )
            self.assertEqual(
                str(error),
                f"--merge-window: {text} is neither auto nor milliseconds from 0 to "
                "5000",
            )

    def test_isUsed(self) -> None:
        """
        The streams of the server have it.
        """
        recorded = Recorded(self)
        for arguments in ((), ("--merge-window", "0"), ("--merge-window", "350")):
            tap.makeService(parsed(*arguments))
        windows = [each.pace.window for each in recorded.directories]
        self.assertEqual(windows, [None, 0.0, 0.35])

    def test_help(self) -> None:
        """
        The help tells of it, in what it is measured, and of its default.
        """
        text = " ".join(str(tap.Options()).split())
        self.assertIn("--merge-window=", text)
        after = text.partition("--merge-window=")[2]
        self.assertIn("milliseconds", after.partition("--player-js=")[0])
        self.assertIn("[default: auto]", after.partition("--player-js=")[0])


class PlayerTests(SynchronousTestCase):
    """
    Tests of C{--player-js}.
    """

    def setUp(self) -> None:
        """
        Make a folder.
        """
        self.folder = tempfile.mkdtemp()
        self.addCleanup(rmtree, self.folder)
        self.script = os.path.join(self.folder, "mpegts.js")

    def test_file(self) -> None:
        """
        A file that can be read is what the page gets.
        """
        with open(self.script, "w") as file:
            file.write("// a player")
        recorded = Recorded(self)
        tap.makeService(parsed("--player-js", self.script))
        tap.makeService(parsed())
        self.assertEqual(recorded.scripts, [self.script, None])

    def test_refused(self) -> None:
        """
        One that is not there, or is a folder, is refused before the server starts.
        """
        for name in (self.script, self.folder, ""):
            error = self.assertRaises(usage.UsageError, parsed, f"--player-js={name}")
            self.assertEqual(str(error), f"--player-js: {name} cannot be read")

    def test_help(self) -> None:
        """
        The help tells of it, and of what is without it.
        """
        text = " ".join(str(tap.Options()).split())
        after = text.partition("--player-js=")[2]
        self.assertIn("mpegts.js", after)
        self.assertIn("[default: they get it from a public place]", after)


class PublishingPortTests(SynchronousTestCase):
    """
    The page tells on which port to publish.
    """

    def port(self, *opened: tuple[str, IAddress]) -> int | None:
        """
        @param opened: RTMP endpoints, with the addresses that they open, in this
            order.
        @return: what the page tells when all are open, and HTTP too.
        """
        recorded = Recorded(self)
        arguments = [f"--port={text}" for text, _ in opened]
        services = list(tap.makeService(parsed(*arguments)))
        *rtmp, http = [each for each in services if isinstance(each, ListeningService)]
        (site,) = recorded.sites
        self.assertIsNone(site.resource.rtmpPort)
        http._announce(IPv4Address("TCP", "0.0.0.0", 8080))
        self.assertIsNone(site.resource.rtmpPort)
        for service, (_, address) in zip(rtmp, opened, strict=True):
            service._announce(address)
        port: int | None = site.resource.rtmpPort
        return port

    def test_open(self) -> None:
        """
        It tells the port that is open, which the system may have chosen.
        """
        for text, number in (("1935", 1935), ("tcp:1936", 1936), ("0", 43210)):
            address = IPv4Address("TCP", "0.0.0.0", number)
            self.assertEqual(self.port((text, address)), number)

    def test_first(self) -> None:
        """
        Of several ports it tells the first that URLs with C{rtmp:} lead to.
        """
        secure = ("ssl:1936", IPv4Address("TCP", "0.0.0.0", 1936))
        local = ("unix:/nonexistent/x", UNIXAddress("/nonexistent/x"))
        one, two = (
            (f"tcp:{number}", IPv4Address("TCP", "0.0.0.0", number))
            for number in (1937, 1938)
        )
        real = serverFromString

        def withoutTLS(reactor: object, description: str) -> object:
            return real(reactor, description.replace("ssl:", "tcp:"))

        self.patch(tap, "serverFromString", withoutTLS)
        self.assertIsNone(self.port(secure))
        self.assertIsNone(self.port(local))
        self.assertEqual(self.port(secure, local, one, two), 1937)
        self.assertEqual(self.port(two, one), 1938)
