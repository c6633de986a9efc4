"""
What can be said on the command line.
"""

from __future__ import annotations

import math
import os

from twisted.python import usage

import twisted
from rtmptwisted import __version__
from rtmptwisted.recordingoptions import RecordingOptions
from rtmptwisted.settings import parseLimits

DEFAULT_PORT = "1935"
DEFAULT_HTTP = "8080"
OFF = "off"
AUTO = "auto"

#: The longest merge window, in seconds: viewers are not to be behind more.
LONGEST_WINDOW = 5.0


class Options(RecordingOptions):
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
        See L{RecordingOptions.postOptions}.
        """
        super().postOptions()
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
