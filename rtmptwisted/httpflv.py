"""
Live streams over HTTP: C{GET /app/name.flv} is a body that does not end before
the stream does.
"""

from __future__ import annotations

import json
from urllib.parse import unquote_to_bytes

from twisted.web.http import (
    BAD_REQUEST,
    NO_CONTENT,
    NOT_ACCEPTABLE,
    NOT_ALLOWED,
    NOT_FOUND,
    Request,
)
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from rtmptwisted.admission import Admission
from rtmptwisted.directory import StreamDirectory
from rtmptwisted.errors import InvalidName
from rtmptwisted.formats import FLVFormat
from rtmptwisted.httpsite import LiveSite
from rtmptwisted.httpviewer import HTTPViewer
from rtmptwisted.names import streamKey
from rtmptwisted.streams import LiveStream
from rtmptwisted.wire.flv import AUDIO, VIDEO

ENDING = ".flv"

_METHODS = b"GET, HEAD, OPTIONS"

# What C{?profile=} can be.
_COMPATIBLE = b"compatible"
_RAW = b"raw"


class LiveResource(Resource):
    """
    All live streams, and at C{/} a list of them.
    """

    isLeaf = True

    def __init__(self, directory: StreamDirectory) -> None:
        super().__init__()
        self._directory = directory

    def render(self, request: Request) -> bytes | int:
        """
        Answer any request.
        """
        request.setHeader(b"access-control-allow-origin", b"*")
        request.setHeader(b"cache-control", b"no-cache")
        if request.method == b"OPTIONS":
            return self._options(request)
        if request.method not in (b"GET", b"HEAD"):
            request.setHeader(b"allow", _METHODS)
            return _say(request, NOT_ALLOWED, "only GET, HEAD and OPTIONS are served")
        try:
            path = unquote_to_bytes(_path(request)).decode("ascii")
            if path in ("", "/"):
                return self._list(request)
            if not path.endswith(ENDING):
                raise InvalidName(f"live streams are at /app/name{ENDING}")
            name = streamKey(path.removesuffix(ENDING))
        except UnicodeDecodeError:
            return _say(request, BAD_REQUEST, "the path is not ASCII")
        except InvalidName as error:
            return _say(request, NOT_FOUND, str(error))
        return self._stream(request, name)

    def _options(self, request: Request) -> bytes:
        request.setHeader(b"allow", _METHODS)
        request.setHeader(b"access-control-allow-methods", _METHODS)
        request.setHeader(b"access-control-allow-headers", b"range, authorization")
        request.setHeader(b"access-control-max-age", b"86400")
        request.setResponseCode(NO_CONTENT)
        return b""

    def _stream(self, request: Request, name: str) -> bytes | int:
        stream = self._directory.live(name)
        if stream is None:
            return _say(request, NOT_FOUND, f"{name} is not live")
        profile = request.args.get(b"profile", [_COMPATIBLE])[-1]
        if profile not in (_COMPATIBLE, _RAW):
            return _say(request, BAD_REQUEST, "a profile is compatible or raw")
        raw = profile == _RAW
        if not (raw or _isReadable(stream)):
            codecs = " and ".join(sorted(set(stream.codecs.values())))
            return _say(
                request,
                NOT_ACCEPTABLE,
                f"browsers cannot play {codecs} as FLV; add ?profile=raw to get it",
            )
        request.setHeader(b"content-type", b"video/x-flv")
        # Proxies of the nginx kind would collect the stream otherwise.
        request.setHeader(b"x-accel-buffering", b"no")
        if request.method == b"HEAD":
            return b""
        HTTPViewer(request, stream, raw).start()
        return NOT_DONE_YET

    def _list(self, request: Request) -> bytes:
        request.setHeader(b"vary", b"accept")
        streams = [_summary(stream) for stream in self._directory]
        accept = request.getHeader(b"accept") or b""
        if b"application/json" in accept:
            body = json.dumps({"streams": streams}, indent=2).encode() + b"\n"
            return _body(request, b"application/json", body)
        lines = [
            f"{each['url']}  {each['codecs']}, {each['seconds']} s, "
            f"viewers: {each['viewers']}"
            for each in streams
        ]
        text = "\n".join(lines or ["Nothing is live."]) + "\n"
        return _body(request, b"text/plain; charset=utf-8", text.encode())


def _path(request: Request) -> bytes:
    """
    @return: the path, also of a target that is a whole URL (RFC 9112, 3.2.2).
    """
    path: bytes = request.path
    if path.startswith((b"http://", b"https://")):
        return b"/" + path.split(b"/", 3)[3] if path.count(b"/") > 2 else b"/"
    return path


def _isReadable(stream: LiveStream) -> bool:
    """
    @return: whether browsers may be able to play anything of a stream, as far as
        is known.
    """
    return not stream.settled or any(
        stream.has(typeID, FLVFormat()) for typeID in (AUDIO, VIDEO)
    )


def _summary(stream: LiveStream) -> dict[str, object]:
    codecs = [stream.codecs[kind] for kind in (VIDEO, AUDIO) if kind in stream.codecs]
    return {
        "name": stream.name,
        "url": f"/{stream.name}{ENDING}",
        "codecs": "+".join(codecs) or "no media yet",
        "seconds": round(stream.seconds, 1),
        "videoFrames": stream.frames[VIDEO],
        "audioFrames": stream.frames[AUDIO],
        "bytes": stream.bytesReceived,
        "viewers": stream.viewers,
        "publisher": stream.publisher.software if stream.publisher else "",
    }


def _say(request: Request, code: int, text: str) -> bytes:
    request.setResponseCode(code)
    return _body(request, b"text/plain; charset=utf-8", text.encode() + b"\n")


def _body(request: Request, contentType: bytes, body: bytes) -> bytes:
    request.setHeader(b"content-type", contentType)
    request.setHeader(b"content-length", b"%d" % len(body))
    return b"" if request.method == b"HEAD" else body


def liveSite(
    directory: StreamDirectory, admission: Admission | None = None
) -> LiveSite:
    """
    @param admission: counts connections, together with others that have the same
        one.
    @return: a factory for HTTP connections that serves L{LiveResource}.
    """
    if admission is None:
        admission = Admission(directory.clock, directory.limits)
    return LiveSite(LiveResource(directory), directory.clock, admission)
