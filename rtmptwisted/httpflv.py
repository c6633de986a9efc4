"""
Live streams over HTTP: C{GET /app/name.flv} is a body, or a WebSocket, that does
not end before the stream does.  And what helps to watch them: a page, a list,
pictures.
"""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from twisted.python.filepath import FilePath
from twisted.web.http import (
    BAD_REQUEST,
    NO_CONTENT,
    NOT_ACCEPTABLE,
    NOT_ALLOWED,
    NOT_FOUND,
    SERVICE_UNAVAILABLE,
    Request,
)
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from rtmptwisted import listing
from rtmptwisted.admission import Admission
from rtmptwisted.answers import TEXT, answer, preferred, say
from rtmptwisted.directory import StreamDirectory
from rtmptwisted.diskthreads import DiskThreads, InThread
from rtmptwisted.errors import InvalidName
from rtmptwisted.formats import FLVFormat
from rtmptwisted.history import SAMPLES, History
from rtmptwisted.httpsite import LiveSite
from rtmptwisted.httpviewer import HTTPViewer
from rtmptwisted.keyframe import keyframeFLV
from rtmptwisted.names import streamKey
from rtmptwisted.page import Pages
from rtmptwisted.playback import Playback
from rtmptwisted.sending import PIECE, Recent, Sending
from rtmptwisted.websocketflv import isUpgrade, upgrade
from rtmptwisted.wire.flv import ENDING, VIDEO

#: C{/app/name.html} is a player; C{/app/name.key.flv} is the last keyframe.
PAGE_ENDING = ".html"
KEY_ENDING = ".key"

#: What is live, as JSON whatever the client accepts.
LIST_NAME = "streams.json"

#: The recordings there are, where they are served, and the way to each of them.
RECORDINGS_NAME = "recordings.json"
_RECORDINGS = b"/recordings/"

#: How many samples of each history the list has: what is asked for is rounded up to
#: one of these, or to all of them.
_SAMPLES = (0, 4)

_METHODS = b"GET, HEAD, OPTIONS"
_FLV = b"video/x-flv"
_JSON = b"application/json"
_PAGE = b"text/html"

# What C{?profile=} can be.
_COMPATIBLE = b"compatible"
_RAW = b"raw"

#: A client without a keyframe yet may come again after so many seconds.
_RETRY_SECONDS = b"1"


class LiveResource(Resource):
    """
    All live streams, and at C{/} a page or a list of them.

    @ivar rtmpPort: on which to publish, for those who read the page; L{None} when
        that is not known.
    """

    isLeaf = True

    def __init__(
        self,
        directory: StreamDirectory,
        playerJS: FilePath[str] | str | None = None,
        recordings: str | None = None,
        inThread: InThread | None = None,
    ) -> None:
        """
        @param playerJS: see L{Pages}.
        @param recordings: the folder with recordings to serve; L{None} for none.
        @param inThread: what reads them.
        """
        super().__init__()
        self.rtmpPort: int | None = None
        self._directory = directory
        self._history = History(directory)
        self._recent = Recent(directory.clock)
        self._playback: Playback | None = None
        if recordings is not None:
            threads = inThread or DiskThreads()
            self._playback = Playback(recordings, directory.clock, threads)
        self._pages = Pages(playerJS, recordings is not None)

    def render(self, request: Request) -> bytes | int:
        """
        Answer any request.
        """
        request.setHeader(b"access-control-allow-origin", b"*")
        request.setHeader(b"cache-control", b"no-cache")
        request.setHeader(b"x-content-type-options", b"nosniff")
        if request.method == b"OPTIONS":
            return self._options(request)
        if request.method not in (b"GET", b"HEAD"):
            request.setHeader(b"allow", _METHODS)
            return say(request, NOT_ALLOWED, "only GET, HEAD and OPTIONS are served")
        path = _path(request)
        try:
            if self._playback is not None and path.startswith(_RECORDINGS):
                # These may have other names than streams.
                return self._playback.render(request, path.removeprefix(_RECORDINGS))
            body = self._get(request, unquote_to_bytes(path).decode("ascii"))
        except UnicodeDecodeError:
            return say(request, BAD_REQUEST, "the path is not ASCII")
        except InvalidName as error:
            return say(request, NOT_FOUND, str(error))
        if isinstance(body, bytes) and len(body) > PIECE:
            Sending(request, body).start()
            return NOT_DONE_YET
        return body

    def _options(self, request: Request) -> bytes:
        request.setHeader(b"allow", _METHODS)
        request.setHeader(b"access-control-allow-methods", _METHODS)
        request.setHeader(b"access-control-allow-headers", b"range, authorization")
        request.setHeader(b"access-control-max-age", b"86400")
        request.setResponseCode(NO_CONTENT)
        return b""

    def _get(self, request: Request, path: str) -> bytes | int:
        """
        @raise InvalidName: for a path that cannot be anything here.
        """
        if path in ("", "/"):
            return self._front(request)
        if path == f"/{LIST_NAME}":
            return self._json(request)
        if path == f"/{RECORDINGS_NAME}" and self._playback is not None:
            return self._playback.list(request)
        part = self._pages.part(request, path[1:])
        if part is not None:
            return part
        if path.endswith(PAGE_ENDING):
            name = streamKey(path.removesuffix(PAGE_ENDING))
            return self._pages.player(request, name, _path(request).count(b"/") - 1)
        if not path.endswith(ENDING):
            raise InvalidName(f"live streams are at /app/name{ENDING}")
        name = streamKey(path.removesuffix(ENDING))
        # A stream may have such a name itself.
        if name.endswith(KEY_ENDING) and self._directory.live(name) is None:
            return self._keyframe(request, streamKey(name.removesuffix(KEY_ENDING)))
        return self._stream(request, name)

    def _front(self, request: Request) -> bytes:
        request.setHeader(b"vary", b"accept")
        wanted = preferred(request, _PAGE, _JSON)
        if wanted == _PAGE:
            return self._pages.list(request)
        if wanted == _JSON:
            return self._json(request)
        return answer(request, TEXT, listing.asText(self._directory))

    def _json(self, request: Request) -> bytes:
        try:
            samples = int(request.args.get(b"samples", [b"%d" % SAMPLES])[-1])
        except ValueError:
            return say(request, BAD_REQUEST, "samples is how many of each history")
        # Few different ones, that are made once for all who ask.
        samples = next((each for each in _SAMPLES if samples <= each), SAMPLES)
        body = self._recent.get(
            samples,
            lambda: listing.asJSON(
                self._directory, self._history, samples, self.rtmpPort
            ),
        )
        return answer(request, _JSON, body)

    def _stream(self, request: Request, name: str) -> bytes | int:
        stream = self._directory.live(name)
        if stream is None:
            return say(request, NOT_FOUND, f"{name} is not live")
        form = _form(request)
        if form is None:
            return say(request, BAD_REQUEST, "a profile is compatible or raw")
        if not (form.raw or listing.isReadable(stream)):
            codecs = " and ".join(sorted(set(stream.codecs.values())))
            return _cannotPlay(request, codecs)
        if isUpgrade(request):
            return upgrade(request, stream, form.raw)
        request.setHeader(b"content-type", _FLV)
        # Proxies of the nginx kind would collect the stream otherwise.
        request.setHeader(b"x-accel-buffering", b"no")
        if request.method == b"HEAD":
            return b""
        HTTPViewer(request, stream, form.raw).start()
        return NOT_DONE_YET

    def _keyframe(self, request: Request, name: str) -> bytes:
        stream = self._directory.live(name)
        if stream is None:
            return say(request, NOT_FOUND, f"{name} is not live")
        form = _form(request)
        if form is None:
            return say(request, BAD_REQUEST, "a profile is compatible or raw")
        codec = stream.codecs.get(VIDEO)
        if codec is None and stream.settled:
            return say(request, NOT_FOUND, f"{name} has no video")
        if codec is not None and not form.carries(VIDEO, codec):
            return _cannotPlay(request, codec)
        body = self._recent.get(
            (stream, stream.publisher, form), lambda: keyframeFLV(stream, form)
        )
        if body is None:
            request.setHeader(b"retry-after", _RETRY_SECONDS)
            return say(request, SERVICE_UNAVAILABLE, f"{name} has no keyframe yet")
        return answer(request, _FLV, body)


def _path(request: Request) -> bytes:
    """
    @return: the path, also of a target that is a whole URL (RFC 9112, 3.2.2).
    """
    path: bytes = request.path
    if path.startswith((b"http://", b"https://")):
        return b"/" + path.split(b"/", 3)[3] if path.count(b"/") > 2 else b"/"
    return path


def _form(request: Request) -> FLVFormat | None:
    """
    @return: the form that is asked for, or L{None} when there is none such.
    """
    profile = request.args.get(b"profile", [_COMPATIBLE])[-1]
    if profile not in (_COMPATIBLE, _RAW):
        return None
    return FLVFormat(raw=profile == _RAW)


def _cannotPlay(request: Request, codecs: str) -> bytes:
    text = f"browsers cannot play {codecs} as FLV; add ?profile=raw to get it"
    return say(request, NOT_ACCEPTABLE, text)


def liveSite(
    directory: StreamDirectory,
    admission: Admission | None = None,
    playerJS: FilePath[str] | str | None = None,
    recordings: str | None = None,
) -> LiveSite:
    """
    @param admission: counts connections, together with others that have the same
        one.
    @param playerJS: a local file with mpegts.js; otherwise the page takes it from a
        public place.
    @param recordings: the folder with recordings, to serve them too; L{None} not to.
    @return: a factory for HTTP connections that serves L{LiveResource}.
    """
    if admission is None:
        admission = Admission(directory.clock, directory.limits)
    threads = DiskThreads()
    resource = LiveResource(directory, playerJS, recordings, threads)
    return LiveSite(resource, directory.clock, admission, threads.stop)
