"""
The names of applications and streams, as clients give them.

C{rtmp://host/app/name?key=value} reaches the server as an application and a
stream name.  Together they are the I{stream key}, C{"app/name"}: what a
publisher and its players have in common, the path of the HTTP-FLV stream, and
the start of the name of a recording.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from rtmptwisted.errors import InvalidName
from rtmptwisted.wire.amf import AMFValue

#: The parts of a key are names of files and folders of recordings.  File names
#: have at most 255 bytes; this leaves room for the time and the ending.
LONGEST_SEGMENT = 200

#: A whole key, in characters, all of them ASCII.
LONGEST_KEY = 500

_SEGMENT = re.compile(r"[A-Za-z0-9_~@+=:-][A-Za-z0-9._~@+=:-]*\Z")

# One client puts its URL in quotes.
_URL = re.compile(r"""[/'"]*rtmp\w*://""", re.IGNORECASE)

_SHOWN = 80


@dataclass(frozen=True, slots=True)
class StreamName:
    """
    @ivar key: C{"app/name"}, without query strings.
    @ivar parameters: the query strings of both, decoded; those of the stream
        name win.
    """

    key: str
    parameters: tuple[tuple[str, str], ...] = ()


def streamKey(path: str) -> str:
    """
    Check a stream key.

    @param path: segments with C{/} between them.
    @return: the same, without empty segments at the start and the end.
    @raise InvalidName: for anything that is not safe as a path below a
        folder: empty and dotted segments, control characters, backslashes,
        names that are too long, characters that are not ASCII.
    """
    key = path.strip("/")
    if not key:
        raise InvalidName("the stream has no name")
    if len(key) > LONGEST_KEY:
        raise InvalidName(f"a stream name of {len(key)} characters is too long")
    for segment in key.split("/"):
        if len(segment) > LONGEST_SEGMENT:
            raise InvalidName(
                f"a stream name part of {len(segment)} characters is too long, "
                f"at most {LONGEST_SEGMENT} are taken"
            )
        if not _SEGMENT.match(segment):
            raise InvalidName(
                f"{shown(key)} is not a stream name: use letters, digits and "
                "._~@+=:- , none of its parts empty or starting with a dot"
            )
    return key


def splitKey(key: str) -> tuple[str, str]:
    """
    @return: the application, which may be empty, and the name of the stream in it.
    """
    app, _, name = key.rpartition("/")
    return app, name


def streamName(app: str, name: str) -> StreamName:
    """
    @param app: the C{app} of C{connect}, which may carry a query string.
    @param name: the argument of C{publish} or C{play}; may be empty, then the
        application alone is the key.  Some cameras give a whole URL.
    @raise InvalidName: see L{streamKey}.
    """
    appPath, appQuery = _split(app)
    if _URL.match(name):
        namePath, nameQuery = _split(_pathOf(name))
        namePath = _below(appPath, namePath)
    else:
        namePath, nameQuery = _split(name)
    parameters = dict(parse_qsl(appQuery, keep_blank_values=True))
    parameters.update(parse_qsl(nameQuery, keep_blank_values=True))
    return StreamName(streamKey(f"{appPath}/{namePath}"), tuple(parameters.items()))


def _below(app: str, path: str) -> str:
    """
    @return: a path that begins with an application, without that.
    """
    if app and f"{path}/".startswith(f"{app}/"):
        path = path[len(app) + 1 :].removeprefix("_definst_/")
    return path


def checkApp(app: str) -> None:
    """
    Check the application alone, before there is a stream name.

    @raise InvalidName: see L{streamKey}.
    """
    path, _ = _split(app)
    if path:
        streamKey(path)


def appOf(properties: Mapping[str, AMFValue]) -> str:
    """
    @param properties: the command object of C{connect}.
    @return: the application, with its query string: C{app}, or else the path of
        C{tcUrl}, for clients that leave the former out.
    """
    app = properties.get("app")
    if isinstance(app, str) and app:
        return app
    for name in ("tcUrl", "tcurl"):
        url = properties.get(name)
        if isinstance(url, str) and _URL.match(url):
            return _pathOf(url).strip("/")
    return ""


def _split(text: str) -> tuple[str, str]:
    """
    @return: path and query of an application or a stream name; the path without
        what means nothing in it.
    """
    path, _, query = text.partition("?")
    return path.strip("/").removesuffix("/_definst_"), query


def _pathOf(url: str) -> str:
    """
    @return: what comes behind the host of an RTMP URL.
    """
    return url.strip("'\"").split("://", 1)[1].partition("/")[2]


def shown(text: str) -> str:
    """
    @return: text of a peer as it may stand in a log line or an answer:
        quoted, escaped, and cut when long.
    """
    cut = text if len(text) <= _SHOWN else text[:_SHOWN] + "..."
    return ascii(cut)
