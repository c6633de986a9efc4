"""
The names of recordings.
"""

from __future__ import annotations

import re
import socket
from datetime import UTC, datetime
from hashlib import sha256

from twisted.logger import Logger

from rtmptwisted.names import splitKey
from rtmptwisted.template import Template

#: How recordings are called if nobody says otherwise,
DEFAULT_NAME = "{app}/{name}-{utc:%Y%m%dT%H%M%SZ}"
#: and what follows where there are segments.
SEGMENT_NAME = "-{sequence:03d}"

#: File names have at most 255 bytes.  C{".flv"} follows, and a number where the name
#: is taken.
_LONGEST = 240

#: Of a name that is too long so much of its end stays: there are the time and the
#: number of the segment.
_END = 60

_SAFE = re.compile(r"[A-Za-z0-9_~@+=:-][A-Za-z0-9._~@+=:-]*\Z", re.ASCII)
_UNSAFE = re.compile(r"[^A-Za-z0-9._~@+=:-]", re.ASCII)

_SEQUENCE = re.compile(r"(0?[0-9]{1,2})?[dxX]?\Z", re.ASCII)

_SAMPLE = datetime(2026, 11, 22, 9, 8, 7, tzinfo=UTC)


class NameTemplate:
    """
    How recordings are called: C{"{app}/{name}-{utc:%Y%m%dT%H%M%SZ}"}.

    The fields are C{{app}} and C{{name}} of the stream, C{{utc}} and C{{local}}, the
    time at which the file begins, with a format of C{strftime} each; C{{sequence}},
    the number of the segment, with the format of an integer or none; and C{{node}},
    the name of this machine.  What comes of it is a path below the folder of
    recordings, without the ending.

    @ivar text: as it was given.
    """

    _log = Logger()

    def __init__(self, text: str = DEFAULT_NAME, node: str | None = None) -> None:
        """
        @param node: what C{{node}} stands for; otherwise the first part of the name
            that the system has.
        @raise ValueError: for what is no safe name, with a sentence that says why.
        """
        self.text = text
        if node is None:
            host = socket.gethostname().partition(".")[0]
            node = _UNSAFE.sub("_", host).lstrip(".") or "node"
        elif not _SAFE.match(node):
            raise ValueError(f"{node!r} cannot be a part of a name")
        self._node = node
        # Neither checks what it is asked to look like.
        self._template = Template(
            text, self._values("app", "name", _SAMPLE, _Number(0))
        )
        self._check()

    @property
    def isUnique(self) -> bool:
        """
        Whether there is something in it that is another for each segment.
        """
        return not self._template.fields.isdisjoint(("utc", "local", "sequence"))

    def forSegments(self) -> NameTemplate:
        """
        @return: the template for recordings that are more than one file each: where
            nothing else was asked for, their numbers stand behind.
        """
        if self.text != DEFAULT_NAME:
            return self
        return NameTemplate(DEFAULT_NAME + SEGMENT_NAME, self._node)

    def path(self, stream: str, time: datetime, sequence: int = 0) -> str:
        """
        @param stream: the stream key, C{"app/name"}, which is safe.
        @param time: when the file begins.
        @return: a relative path, which is safe whatever the time does to it.
        """
        app, name = splitKey(stream)
        filled = self._template.fill(self._values(app, name, time, _Number(sequence)))
        # An application may be missing.
        parts = [_safe(part) for part in filled.split("/") if part]
        short = [_shortened(part) for part in parts] or ["recording"]
        if short != parts:
            self._log.warn(
                "{name} is too long for the name of a recording: it is {short}",
                name=filled,
                short="/".join(short),
            )
        return "/".join(short)

    def _values(
        self, app: str, name: str, time: datetime, sequence: _Number
    ) -> dict[str, object]:
        return {
            "app": _Text(app),
            "name": _Text(name),
            "utc": _Time(time.astimezone(UTC)),
            "local": _Time(time.astimezone()),
            "sequence": sequence,
            "node": _Text(self._node),
        }

    def _check(self) -> None:
        text = self.text
        sample = self._template.fill(
            self._values("app", "name", _SAMPLE, _Number(0)),
        )
        if text.startswith("/"):
            raise ValueError(f"{text!r}: this is an absolute path, not one below DIR")
        for part in sample.split("/"):
            if not part:
                raise ValueError(f"{text!r}: a part of it is empty")
            if part.startswith("."):
                raise ValueError(f"{text!r}: no part can start with a dot")
            if not _SAFE.match(part):
                raise ValueError(
                    f"{text!r} would make {part!r}: use letters, digits and ._~@+=:- "
                    "only"
                )
            if part != _shortened(part):
                raise ValueError(f"{text!r}: a part of it is too long")


class _Text(str):
    """
    A value that has no format.
    """

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        if spec:
            raise ValueError(f"{spec!r} is a format for a field that takes none")
        return str(self)


class _Number(int):
    """
    The number of a segment.
    """

    def __format__(self, spec: str) -> str:
        if not _SEQUENCE.match(spec):
            raise ValueError(f"{{sequence}} has no format {spec!r}, but such as 05d")
        return super().__format__(spec)


class _Time:
    """
    A time that needs a format.
    """

    def __init__(self, time: datetime) -> None:
        self._time = time

    def __format__(self, spec: str) -> str:
        if not spec:
            raise ValueError(
                "{utc} and {local} need a format, such as {utc:%Y%m%dT%H%M%SZ}"
            )
        return self._time.strftime(spec)


def _safe(part: str) -> str:
    """
    @return: the part of a path, with nothing in it that is not safe: names of months
        and time zones are what a system makes of them.
    """
    part = _UNSAFE.sub("_", part)
    return f"_{part[1:]}" if part.startswith(".") else part


def _shortened(part: str) -> str:
    """
    @return: the part of a path, or something shorter that is its alone.
    """
    if len(part) <= _LONGEST:
        return part
    digest = sha256(part.encode()).hexdigest()[:10]
    start = part[: _LONGEST - _END - len(digest) - 2]
    return f"{start}~{digest}~{part[-_END:]}"
