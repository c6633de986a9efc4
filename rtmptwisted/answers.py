"""
Whole answers to HTTP requests.
"""

from __future__ import annotations

from hashlib import sha256

from twisted.web.http import CACHED, Request

TEXT = b"text/plain; charset=utf-8"


def answer(request: Request, contentType: bytes, body: bytes) -> bytes:
    """
    @return: what a resource returns to send C{body}; nothing for HEAD, which has
        the same headers.
    """
    request.setHeader(b"content-type", contentType)
    request.setHeader(b"content-length", b"%d" % len(body))
    return b"" if request.method == b"HEAD" else body


def say(request: Request, code: int, text: str) -> bytes:
    """
    Answer with a line of text.
    """
    request.setResponseCode(code)
    return answer(request, TEXT, text.encode() + b"\n")


def answerTagged(request: Request, contentType: bytes, body: bytes) -> bytes:
    """
    The same as L{answer}, but who has it already is only told so (RFC 9110,
    13.1.2).
    """
    tag = b'"%b"' % sha256(body).hexdigest()[:32].encode()
    if request.setETag(tag) is CACHED:
        return b""
    return answer(request, contentType, body)


def preferred(request: Request, *offered: bytes) -> bytes | None:
    """
    @param offered: media types, the better first.
    @return: that which the client names and likes best (RFC 9110, 12.5.1), or
        L{None} when it names none of them, or plain text before them.
    """
    liked: dict[bytes, float] = {}
    for part in (request.getHeader(b"accept") or b"").split(b","):
        kind, *parameters = (text.strip().lower() for text in part.split(b";"))
        liked[kind] = _quality(parameters)
    # Of those that are liked alike, the first.
    best = max(offered, key=lambda kind: liked.get(kind, 0.0))
    quality = liked.get(best, 0.0)
    return best if quality and quality >= liked.get(b"text/plain", 0.0) else None


def _quality(parameters: list[bytes]) -> float:
    for parameter in parameters:
        if parameter.startswith(b"q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0
