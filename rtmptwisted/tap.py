"""
The C{twistd rtmp} command.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from typing import Any

from twisted.application.service import MultiService, Service
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import serverFromString
from twisted.internet.interfaces import (
    IAddress,
    IProtocolFactory,
    IStreamServerEndpoint,
)
from twisted.internet.task import deferLater
from twisted.python import usage

import twisted
from rtmptwisted import __version__
from rtmptwisted.admission import Admission
from rtmptwisted.announcing import announceHTTP, announceRTMP, isSecure
from rtmptwisted.directory import StreamDirectory
from rtmptwisted.errors import StartError
from rtmptwisted.factory import RTMPFactory
from rtmptwisted.httpflv import liveSite
from rtmptwisted.listening import ListeningService
from rtmptwisted.recording import RecordingService
from rtmptwisted.settings import parseLimits
from rtmptwisted.sockets import BACKLOG

DEFAULT_PORT = "1935"
DEFAULT_HTTP = "8080"
OFF = "off"
AUTO = "auto"

#: The longest merge window, in seconds: viewers are not to be behind more.
LONGEST_WINDOW = 5.0

#: At the end, responses that were finished get so many seconds to go out.
_LAST_WRITES = 0.1


def endpointDescription(text: str) -> str:
    """
    @param text: a port number, or an endpoint description such as
        C{"tcp:1935:interface=127.0.0.1"}.
    @return: an endpoint description.
    """
    return f"tcp:{text}" if text.isdecimal() else text


class Options(usage.Options):
    """
    What can be said on the command line.
    """

    synopsis = "[options]"

    longdesc = (
        "Takes live streams from OBS, ffmpeg, GStreamer and any other RTMP encoder, "
        "relays each at once to RTMP players and, over HTTP or WebSocket, to "
        "browsers, and records them. Publish to rtmp://HOST/APP/NAME with any APP "
        "and NAME; play the same URL, or http://HOST:8080/APP/NAME.flv. "
        "http://HOST:8080/ is a page with what is live. Where an option takes an "
        "ENDPOINT, give a port number, or a Twisted endpoint description such as "
        "tcp:1935:interface=127.0.0.1 or "
        "ssl:1936:privateKey=key.pem:certKey=cert.pem."
    )

    optParameters = [  # noqa: RUF012
        [
            "record",
            "r",
            None,
            "Record every stream to DIR/APP/NAME-<UTC time>.flv. The folder is made "
            "if it does not exist. [default: nothing is recorded]",
        ],
        [
            "merge-window",
            None,
            "auto",
            "Collect frames for MS milliseconds before they go out to viewers "
            "together: less work a viewer, more delay. With auto nothing waits "
            "while there is time, and sound up to 25 ms for its picture when there "
            "is little.",
        ],
        [
            "player-js",
            None,
            None,
            "Serve mpegts.js for the page from this FILE, where browsers have no "
            "internet. [default: they get it from a public place]",
        ],
    ]

    def __init__(self) -> None:
        super().__init__()
        self["port"] = []
        self["http"] = []
        self["limit"] = []

    def opt_port(self, endpoint: str) -> None:
        """
        Take RTMP on this ENDPOINT; repeatable. [default: 1935]
        """
        self["port"].append(endpoint)

    def opt_http(self, endpoint: str) -> None:
        """
        Serve HTTP on this ENDPOINT; repeatable; or "off". [default: 8080]
        """
        self["http"].append(endpoint)

    def opt_limit(self, setting: str) -> None:
        """
        Set a limit, such as connections=500; repeatable. The manual lists them.
        """
        self["limit"].append(setting)

    opt_p = opt_port

    def opt_version(self) -> None:
        """
        Display the versions of rtmptwisted and Twisted and exit.
        """
        print(f"rtmptwisted {__version__}, Twisted {twisted.__version__}")
        raise SystemExit(0)

    def postOptions(self) -> None:
        """
        Fill in what was not said.

        @raise usage.UsageError: when what was said cannot be.
        """
        self["port"] = self["port"] or [DEFAULT_PORT]
        http = self["http"] or [DEFAULT_HTTP]
        off = [text for text in http if text.lower() == OFF]
        if off and len(http) > 1:
            raise usage.UsageError(f"--http {OFF} goes with no other --http")
        self["http"] = [] if off else http
        try:
            self["limits"] = parseLimits(self["limit"])
        except ValueError as error:
            raise usage.UsageError(f"--limit: {error}") from None
        self["mergeWindow"] = _mergeWindow(self["merge-window"])
        script = self["player-js"]
        if script is not None and (
            os.path.isdir(script) or not os.access(script, os.R_OK)
        ):
            raise usage.UsageError(f"--player-js: {script} cannot be read")
        if self["record"] == "":
            raise usage.UsageError("--record needs the name of a folder")


def _mergeWindow(text: str) -> float | None:
    """
    @return: seconds, or L{None} for C{"auto"}.
    @raise usage.UsageError: for what is neither.
    """
    if text.lower() == AUTO:
        return None
    try:
        window = float(text) / 1000
    except ValueError:
        window = math.nan
    if not 0 <= window <= LONGEST_WINDOW:
        raise usage.UsageError(
            f"--merge-window: {text} is neither {AUTO} nor milliseconds from 0 to "
            f"{LONGEST_WINDOW * 1000:.0f}"
        )
    return window


class LiveService(Service):
    """
    Ends all streams and closes all connections when it is stopped.
    """

    def __init__(self, factory: RTMPFactory) -> None:
        self._factory = factory

    def stopService(self) -> Deferred[None]:
        """
        @return: fires when players have been told and connections are gone.
        """
        super().stopService()
        clock = self._factory.directory.clock
        closed = self._factory.closeAll()
        return closed.addCallback(
            lambda ignored: deferLater(clock, _LAST_WRITES, lambda: None)
        )


def _endpoint(reactor: object, description: str, more: str) -> IStreamServerEndpoint:
    """
    @param more: what the description has beside what the user knows of.
    """
    try:
        endpoint: IStreamServerEndpoint = serverFromString(reactor, description + more)
    except (ImportError, NameError) as error:
        raise StartError(
            f"{description!r} needs TLS: install rtmptwisted[tls]"
        ) from error
    except Exception as error:
        # Endpoint parsers raise whatever comes of what they are given.
        raise StartError(
            f"{description!r} is no endpoint ({error}): give a port number, or a "
            "description such as tcp:1935:interface=127.0.0.1"
        ) from error
    return endpoint


def makeService(options: Options) -> MultiService:
    """
    @return: all that the options ask for, not started.
    @raise StartError: for an endpoint description that is none.
    """
    # Not at module level: that would choose the reactor for everybody.
    from twisted.internet import reactor as installed

    reactor: Any = installed  # Each part needs another of its interfaces.
    directory = StreamDirectory(reactor, options["limits"], options["mergeWindow"])
    # RTMP and HTTP count together.
    admission = Admission(reactor, directory.limits)
    factory = RTMPFactory(directory, admission=admission)
    root = MultiService()
    # Services stop in reverse order: first no new connections, then the end of
    # all streams, then the recordings.
    if options["record"] is not None:
        RecordingService(directory, options["record"], reactor).setServiceParent(root)
    LiveService(factory).setServiceParent(root)

    def listen(
        text: str,
        protocol: IProtocolFactory,
        announcing: Callable[[str], Callable[[IAddress], None]],
    ) -> None:
        description = endpointDescription(text)
        more = f":backlog={BACKLOG}" if text.isdecimal() else ""
        announce = announcing(description)
        ListeningService(
            _endpoint(reactor, description, more), protocol, description, announce
        ).setServiceParent(root)

    # The page tells where to publish.
    site = liveSite(directory, admission, options["player-js"])

    def announcingRTMP(description: str) -> Callable[[IAddress], None]:
        announce = announceRTMP(description)

        def opened(address: IAddress) -> None:
            announce(address)
            if site.resource.rtmpPort is None and not isSecure(description):
                site.resource.rtmpPort = getattr(address, "port", None)

        return opened

    for text in options["port"]:
        listen(text, factory, announcingRTMP)
    for text in options["http"]:
        listen(text, site, announceHTTP)
    return root
