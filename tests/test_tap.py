"""
Tests of L{rtmptwisted.tap}, and of the plugin.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import redirect_stdout
from io import StringIO
from shutil import rmtree
from typing import Any

from twisted.application.service import IService, IServiceMaker, MultiService
from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.endpoints import serverFromString
from twisted.internet.task import Clock
from twisted.plugin import getPlugins
from twisted.python import usage
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

import rtmptwisted
import twisted
from rtmptwisted import tap
from rtmptwisted.announcing import announceHTTP, announceRTMP
from rtmptwisted.directory import StreamDirectory
from rtmptwisted.errors import StartError
from rtmptwisted.factory import RTMPFactory
from rtmptwisted.listening import ListeningService
from rtmptwisted.recording import RecordingService
from tests.fakes import logLines
from tests.support import ServerTestCase


def parsed(*arguments: str) -> tap.Options:
    """
    @return: the options of a command line.
    """
    options = tap.Options()
    options.parseOptions(arguments)
    return options


class OptionsTests(SynchronousTestCase):
    """
    Tests of L{tap.Options}.
    """

    def test_defaults(self) -> None:
        """
        By itself it takes RTMP on 1935, serves HTTP on 8080, records nothing.
        """
        options = parsed()
        self.assertEqual(options["port"], ["1935"])
        self.assertEqual(options["http"], ["8080"])
        self.assertIsNone(options["record"])

    def test_repeatable(self) -> None:
        """
        Ports can be given more than once, instead of the defaults.
        """
        options = parsed(
            "--port", "1936", "-p", "tcp:1937:interface=127.0.0.1", "--http", "80",
            "--http", "tls:443",
        )  # fmt: skip
        self.assertEqual(options["port"], ["1936", "tcp:1937:interface=127.0.0.1"])
        self.assertEqual(options["http"], ["80", "tls:443"])

    def test_httpOff(self) -> None:
        """
        HTTP can be turned off, in any case of letters, alone.
        """
        for off in ("off", "OFF", "Off"):
            self.assertEqual(parsed("--http", off)["http"], [])
            for arguments in ((off, "8080"), ("8080", off)):
                with self.assertRaises(usage.UsageError) as raised:
                    parsed("--http", arguments[0], "--http", arguments[1])
                self.assertIn("--http off", str(raised.exception))

    def test_record(self) -> None:
        """
        The folder of recordings has a short option too, and must have a name.
        """
        self.assertEqual(parsed("--record", "rec")["record"], "rec")
        self.assertEqual(parsed("-r", "rec")["record"], "rec")
        with self.assertRaises(usage.UsageError):
            parsed("--record", "")

    def test_unknown(self) -> None:
        """
        What is unknown is refused.
        """
        for arguments in (("--nonsense",), ("extra",)):
            with self.assertRaises(usage.UsageError):
                parsed(*arguments)

    def test_help(self) -> None:
        """
        The help tells of every option, and of its default.
        """
        text = str(tap.Options())
        for expected in ("--port", "--http", "--record", "1935", "8080", "off"):
            self.assertIn(expected, text)

    def test_version(self) -> None:
        """
        C{--version} prints the versions of the server and of Twisted, and ends
        the program.
        """
        with redirect_stdout(StringIO()) as printed:
            error = self.assertRaises(SystemExit, parsed, "--version")
        self.assertEqual(error.code, 0)
        self.assertEqual(
            printed.getvalue(),
            f"rtmptwisted {rtmptwisted.__version__}, Twisted {twisted.__version__}\n",
        )

    def test_endpointDescription(self) -> None:
        """
        A bare number is a TCP port; all else is left as it is.
        """
        for text, description in (
            ("1935", "tcp:1935"),
            ("tcp:1935:interface=::1", "tcp:1935:interface=::1"),
            ("unix:/run/rtmp", "unix:/run/rtmp"),
        ):
            self.assertEqual(tap.endpointDescription(text), description)


class MakeServiceTests(SynchronousTestCase):
    """
    Tests of L{tap.makeService}.  Nothing is started.
    """

    def make(self, *arguments: str) -> list[IService]:
        """
        @return: the services that a command line makes.
        """
        service = tap.makeService(parsed(*arguments))
        self.assertIsInstance(service, MultiService)
        self.assertFalse(service.running)
        return list(service)

    def kinds(self, *arguments: str) -> list[type]:
        """
        @return: the classes of these services.
        """
        return [type(each) for each in self.make(*arguments)]

    def test_defaults(self) -> None:
        """
        By itself there is one RTMP port and one HTTP port.
        """
        self.assertEqual(
            self.kinds(), [tap.LiveService, ListeningService, ListeningService]
        )

    def test_httpOff(self) -> None:
        """
        Without HTTP there is only the RTMP port.
        """
        self.assertEqual(
            self.kinds("--http", "off"), [tap.LiveService, ListeningService]
        )

    def test_ports(self) -> None:
        """
        Each port is a service.
        """
        kinds = self.kinds("-p", "1", "-p", "2", "--http", "3", "--http", "4")
        self.assertEqual(kinds.count(ListeningService), 4)

    def test_record(self) -> None:
        """
        The recording service is the first, so that it stops last; the folder
        is not made before the start.
        """
        folder = tempfile.mkdtemp()
        self.addCleanup(rmtree, folder)
        root = os.path.join(folder, "rec")
        recording, *rest = self.make("--record", root)
        assert isinstance(recording, RecordingService)
        self.assertEqual(recording.root, root)
        self.assertEqual(len(rest), 3)
        self.assertFalse(os.path.exists(root))

    def test_noEndpoint(self) -> None:
        """
        What is no endpoint ends the program with a line that names it, in
        quotes, as it may be empty, and says what would be one.
        """
        for arguments in (
            ("--port", "nonsense"),
            ("--port", "tcp:x"),
            ("--port", "nonsense:1"),
            ("--port", ""),
            ("--http", "tcp"),
            ("--port", "tcp:1935:nonsense=1"),
            ("--port", "ssl:443:privateKey=/nonexistent/key.pem"),
        ):
            with self.assertRaises(StartError) as raised:
                self.make(*arguments)
            text = str(raised.exception)
            self.assertIn(f"{arguments[1]!r} is no endpoint (", text, arguments)
            self.assertIn("give a port number", text)
            self.assertIn("tcp:1935:interface=127.0.0.1", text)
            self.assertNotIn("\n", text)

    def test_anyError(self) -> None:
        """
        Whatever the parser of a kind of endpoints raises is told so.
        """

        def fail(reactor: object, description: str) -> None:
            raise ZeroDivisionError("a defect")

        self.patch(tap, "serverFromString", fail)
        with self.assertRaises(StartError) as raised:
            self.make()
        self.assertIn("'tcp:1935' is no endpoint (a defect)", str(raised.exception))

    def test_withoutTLS(self) -> None:
        """
        Without the packages that TLS needs it is told what to install.
        """
        for error in (
            ModuleNotFoundError("No module named 'OpenSSL'"),
            ImportError("no"),
            NameError("name 'ssl' is not defined"),
        ):

            def fail(
                reactor: object, description: str, error: Exception = error
            ) -> None:
                raise error

            self.patch(tap, "serverFromString", fail)
            with self.assertRaises(StartError) as raised:
                self.make("--port", "ssl:1936:privateKey=key.pem")
            self.assertEqual(
                str(raised.exception.code),
                "rtmptwisted: 'ssl:1936:privateKey=key.pem' needs TLS: "
                "install rtmptwisted[tls]",
            )

    def test_withoutTLSOnHTTP(self) -> None:
        """
        The same holds for HTTP.
        """
        real = serverFromString

        def fail(reactor: object, description: str) -> object:
            if description.startswith("ssl:"):
                raise ImportError("No module named 'OpenSSL'")
            return real(reactor, description)

        self.patch(tap, "serverFromString", fail)
        self.assertEqual(len(self.make()), 3)
        with self.assertRaises(StartError) as raised:
            self.make("--http", "ssl:8443")
        self.assertIn(
            "'ssl:8443' needs TLS: install rtmptwisted[tls]", str(raised.exception)
        )


class AnnouncementTests(ServerTestCase):
    """
    What is logged when a port is open.
    """

    def test_rtmp(self) -> None:
        """
        An RTMP port is announced with a URL that can be used.
        """
        for description, address, url in (
            ("tcp:1935", IPv4Address("TCP", "0.0.0.0", 1935), "rtmp://localhost/"),
            ("tcp:1936", IPv4Address("TCP", "0.0.0.0", 1936), "rtmp://localhost:1936/"),
            ("tcp:0", IPv4Address("TCP", "192.0.2.1", 4321), "rtmp://192.0.2.1:4321/"),
            ("tcp:1935", IPv6Address("TCP", "::", 1935), "rtmp://localhost/"),
            ("tcp:1", IPv6Address("TCP", "::1", 1), "rtmp://[::1]:1/"),
            ("tls:443", IPv4Address("TCP", "0.0.0.0", 443), "rtmps://localhost/"),
            ("tls:1935", IPv4Address("TCP", "1.2.3.4", 1935), "rtmps://1.2.3.4:1935/"),
            ("ssl:443:x", IPv4Address("TCP", "1.2.3.4", 443), "rtmps://1.2.3.4/"),
            ("ssl:9", IPv4Address("TCP", "0.0.0.0", 9), "rtmps://localhost:9/"),
        ):
            with self.logs() as events:
                announceRTMP(description)(address)
            self.assertEqual(
                logLines(events),
                [
                    f"RTMP on {description}: publish to and play from {url}live/NAME",
                ],
            )

    def test_http(self) -> None:
        """
        An HTTP port is announced with both URLs.
        """
        for description, address, url in (
            ("tcp:8080", IPv4Address("TCP", "0.0.0.0", 8080), "http://localhost:8080"),
            ("tls:8443", IPv4Address("TCP", "1.2.3.4", 8443), "https://1.2.3.4:8443"),
            ("ssl:443", IPv4Address("TCP", "0.0.0.0", 443), "https://localhost"),
            ("tcp:80", IPv4Address("TCP", "0.0.0.0", 80), "http://localhost"),
            ("tcp:443", IPv4Address("TCP", "::1", 443), "http://[::1]:443"),
            ("ssl:80", IPv4Address("TCP", "1.2.3.4", 80), "https://1.2.3.4:80"),
        ):
            with self.logs() as events:
                announceHTTP(description)(address)
            self.assertEqual(
                logLines(events),
                [
                    f"HTTP on {description}: watch {url}/live/NAME.flv, "
                    f"what is live: {url}/",
                ],
            )

    def test_unix(self) -> None:
        """
        A UNIX socket has no URL, and none is made up.
        """
        for announcer, protocol in (
            (announceRTMP, "RTMP"),
            (announceHTTP, "HTTP"),
        ):
            with self.logs() as events:
                announcer("unix:/x")(UNIXAddress("/x"))
            self.assertEqual(logLines(events), [f"{protocol} on unix:/x"])


class LiveServiceTests(ServerTestCase):
    """
    Tests of L{tap.LiveService}.
    """

    def test_stop(self) -> None:
        """
        Stopping ends the streams, closes the connections, and leaves a moment
        for the last bytes to go out.
        """
        source = self.publisher()
        service = tap.LiveService(self.factory)
        service.startService()
        stopped = service.stopService()
        self.assertIsNone(self.directory.live("live/show"))
        self.assertTrue(source.closing)
        source.lose()
        self.assertNoResult(stopped)
        self.clock.advance(1)
        self.assertIsNone(self.successResultOf(stopped))

    def test_nothing(self) -> None:
        """
        Without connections it stops as well.
        """
        clock = Clock()
        service = tap.LiveService(RTMPFactory(StreamDirectory(clock)))
        stopped = service.stopService()
        clock.advance(1)
        self.successResultOf(stopped)


class PluginTests(SynchronousTestCase):
    """
    Tests of the plugin.
    """

    def test_found(self) -> None:
        """
        C{twistd} finds one C{rtmp} plugin, and it is this server.
        """
        makers = [each for each in getPlugins(IServiceMaker) if each.tapname == "rtmp"]
        (found,) = makers
        maker: Any = found
        verifyObject(IServiceMaker, maker)
        self.assertEqual(maker.module, "rtmptwisted.tap")
        self.assertIs(maker.options, tap.Options)
        self.assertIs(maker.makeService, tap.makeService)
        self.assertTrue(maker.description)
