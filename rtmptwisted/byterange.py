"""
Conditions and ranges of HTTP requests (RFC 9110, 13 and 14).
"""

from __future__ import annotations

import re

from twisted.web.http import Request, datetimeToString, stringToDatetime

# More digits than any file needs; some clients ask up to the largest number they
# know.
_RANGE = re.compile(rb"bytes[ \t]*=[ \t]*([0-9]{0,40})[ \t]*-[ \t]*([0-9]{0,40})\Z")


class Unsatisfiable(Exception):
    """
    None of what is asked for is there.
    """


def byteRange(text: bytes | None, size: int) -> tuple[int, int] | None:
    """
    @param text: a C{Range} header.
    @param size: of the whole.
    @return: where the range starts and how long it is, or L{None} when the whole is
        to be sent: nothing else was asked for, or several ranges, or what makes no
        sense, all of which a server may ignore.
    @raise Unsatisfiable: when nothing of the range is there.
    """
    found = _RANGE.match((text or b"").strip())
    if found is None:
        return None
    first, last = found.groups()
    if not first:
        # The last bytes.
        if not last:
            return None
        length = min(int(last), size)
        start = size - length
    else:
        start = int(first)
        end = int(last) if last else size - 1
        if end < start and last:
            return None
        length = min(end, size - 1) - start + 1
    if length <= 0:
        raise Unsatisfiable
    return start, length


def isUnchanged(request: Request, tag: bytes, modified: int) -> bool:
    """
    @param tag: the entity tag of what would be sent.
    @param modified: when it changed last, in whole seconds.
    @return: whether the client has it already.
    """
    tags = request.getHeader(b"if-none-match")
    if tags is not None:
        # What the time says does not count then.
        known = [each.strip().removeprefix(b"W/") for each in tags.split(b",")]
        return tag in known or known == [b"*"]
    since = request.getHeader(b"if-modified-since")
    try:
        return since is not None and stringToDatetime(since) >= modified
    except ValueError:
        return False


def rangeHeld(request: Request, tag: bytes, modified: int) -> bytes | None:
    """
    @return: the range that is asked for, unless it is one of something that has
        changed.
    """
    condition = request.getHeader(b"if-range")
    if condition not in (None, tag, datetimeToString(modified)):
        return None
    text: bytes | None = request.getHeader(b"range")
    return text
