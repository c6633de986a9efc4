"""
The page on which people watch, and the files it consists of.

The page has no build step and carries nothing of others: mpegts.js, the script
that reads FLV in browsers, comes from a public place, with a checksum that
browsers verify, or from a local file.
"""

from __future__ import annotations

from html import escape
from string import Template

from twisted.logger import Logger
from twisted.python.filepath import FilePath
from twisted.web.http import NOT_FOUND, Request

from rtmptwisted.answers import answer, answerTagged, say

#: Where mpegts.js is when there is no local file, and what has to be there.
PLAYER_URL = "https://cdn.jsdelivr.net/npm/mpegts.js@1.8.2/dist/mpegts.js"
PLAYER_INTEGRITY = (
    "sha384-sQp+4cJv0jChNCYvgy6W0RSfQZB/w6d3ZTDoIBlY4Uorfw4PLS56T2yM2z47bSkl"
)

#: Where a local mpegts.js is served.
PLAYER_NAME = "mpegts.js"

_TYPES = {
    ".css": b"text/css; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".svg": b"image/svg+xml",
}

_HTML = b"text/html; charset=utf-8"

# Pages are kept and asked for again each time, so that a new version of the server
# never meets half an old page.
_REVALIDATE = b"no-cache"

# In some browsers "self" does not include WebSockets.  The pictures of the list are
# put together in the page, as blobs.
_POLICY = (
    "default-src 'none'; script-src 'self'{player}; style-src 'self'; "
    "img-src 'self'; media-src blob:; connect-src 'self' blob: ws: wss:; "
    "base-uri 'self'; form-action 'none'{more}"
)

#: Tells the list where to ask for recordings.
_RECORDINGS = ' data-recordings="recordings.json"'

_FOLDER = FilePath(__file__).sibling("pages")


class _File:
    """
    A file that is read again when it has changed.
    """

    def __init__(self, path: FilePath[str]) -> None:
        self._path = path
        self._seen: tuple[float, int] | None = None
        self._content = b""

    def content(self) -> bytes:
        """
        @raise OSError: when it cannot be read.
        """
        self._path.restat()
        seen = self._path.getModificationTime(), self._path.getsize()
        if seen != self._seen:
            self._content = self._path.getContent()
            self._seen = seen
        return self._content


class Pages:
    """
    The list of what is live, the player to embed, and their parts.
    """

    _log = Logger()

    def __init__(
        self, playerJS: FilePath[str] | str | None = None, recordings: bool = False
    ) -> None:
        """
        @param playerJS: a local file with mpegts.js, instead of the public one.
        @param recordings: whether the list has recordings too.
        """
        if isinstance(playerJS, str):
            playerJS = FilePath(playerJS)
        self._recordings = _RECORDINGS if recordings else ""
        self._player = None if playerJS is None else _File(playerJS)
        self._files = {path.basename(): _File(path) for path in _FOLDER.children()}

    def part(self, request: Request, name: str) -> bytes | None:
        """
        @param name: the path, without the slash before it.
        @return: the answer, or L{None} when this is no part of a page.
        """
        if name == PLAYER_NAME:
            return self._playerScript(request)
        contentType = _TYPES.get(name[name.rfind(".") :])
        file = self._files.get(name)
        if contentType is None or file is None:
            return None
        request.setHeader(b"cache-control", _REVALIDATE)
        return answerTagged(request, contentType, file.content())

    def _playerScript(self, request: Request) -> bytes:
        if self._player is None:
            text = f"the player script is at {PLAYER_URL}; --player-js serves a copy"
            return say(request, NOT_FOUND, text)
        try:
            content = self._player.content()
        except OSError as error:
            self._log.error("--player-js: {error}", error=str(error))
            return say(request, NOT_FOUND, "the player script cannot be read")
        request.setHeader(b"cache-control", _REVALIDATE)
        return answerTagged(request, _TYPES[".js"], content)

    def list(self, request: Request) -> bytes:
        """
        @return: the page with all that is live.
        """
        return self._page(request, "list.html", "; frame-ancestors 'self'")

    def player(self, request: Request, name: str, depth: int) -> bytes:
        """
        @param name: of a stream, live or not.
        @param depth: how many folders the path of the request has.
        @return: the page with a player alone, which may be in a frame anywhere.
        """
        return self._page(request, "player.html", "", name, depth)

    def _page(
        self, request: Request, template: str, more: str, name: str = "", depth: int = 0
    ) -> bytes:
        local = self._player is not None
        text = Template(self._files[template].content().decode()).substitute(
            # Relative, so that a proxy can have the server below a folder.
            base="../" * depth or "./",
            recordings=self._recordings,
            name=escape(name),
            script=PLAYER_NAME if local else PLAYER_URL,
            integrity="" if local else f'integrity="{PLAYER_INTEGRITY}"',
        )
        policy = _POLICY.format(player="" if local else f" {PLAYER_URL}", more=more)
        request.setHeader(b"content-security-policy", policy.encode())
        request.setHeader(b"referrer-policy", b"same-origin")
        return answer(request, _HTML, text.encode())
