"""
Saying where the server is to be found.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IAddress
from twisted.logger import Logger

_log = Logger()


def isSecure(description: str) -> bool:
    """
    @return: whether an endpoint description is one for TLS.
    """
    return description.startswith(("tls:", "ssl:"))


#: The ports that URLs need not name.
_USUAL_PORTS = {"rtmp": 1935, "rtmps": 443, "http": 80, "https": 443}


def urlOf(scheme: str, description: str, address: IAddress) -> str | None:
    """
    @param scheme: without TLS.
    @param description: of the endpoint.
    @return: the start of the URLs that lead there, or L{None} if none do, as
        for a UNIX socket.
    """
    host, port = getattr(address, "host", ""), getattr(address, "port", None)
    if port is None:
        return None
    if isSecure(description):
        scheme += "s"
    if host in ("0.0.0.0", "::", ""):
        host = "localhost"
    place = f"[{host}]" if ":" in host else host
    return f"{scheme}://{place}" + ("" if port == _USUAL_PORTS[scheme] else f":{port}")


def announcer(scheme: str, text: str, description: str) -> Callable[[IAddress], None]:
    """
    @param scheme: of the URLs, without TLS.
    @param text: the log line, with places for C{endpoint} and C{url}.
    @param description: of the endpoint.
    @return: what L{ListeningService<rtmptwisted.listening.ListeningService>} calls
        when the port is open.
    """

    def announce(address: IAddress) -> None:
        url = urlOf(scheme, description, address)
        line = text if url is not None else f"{scheme.upper()} on {{endpoint}}"
        _log.info(line, endpoint=description, url=url)

    return announce


def announceRTMP(description: str) -> Callable[[IAddress], None]:
    """
    See L{announcer}.
    """
    text = "RTMP on {endpoint}: publish to and play from {url}/live/NAME"
    return announcer("rtmp", text, description)


def announceHTTP(description: str) -> Callable[[IAddress], None]:
    """
    See L{announcer}.
    """
    text = "HTTP on {endpoint}: watch {url}/live/NAME.flv, what is live: {url}/"
    return announcer("http", text, description)
