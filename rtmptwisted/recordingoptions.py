"""
What can be said on the command line about recordings and other programs.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

from twisted.python import usage

from rtmptwisted.amounts import Amount, parseAmount
from rtmptwisted.childcommand import parseExec
from rtmptwisted.flvfile import FilePolicy
from rtmptwisted.recordingname import DEFAULT_NAME, NameTemplate
from rtmptwisted.recordingpolicy import RecordingPolicy
from rtmptwisted.retention import parseKeep
from rtmptwisted.segment import WHOLE, parseSegment

T = TypeVar("T")

#: In place of a folder: our own standard output.
STANDARD_OUTPUT = "-"

#: What C{--record-sync} can be beside a time.
AT_CLOSE = "close"
NEVER = "never"

#: No stream waits longer for its publisher, in seconds.
LONGEST_GRACE = 3600.0

#: What means something only for recordings in a folder.
_NEED_FOLDER = (
    "record-segment",
    "record-name",
    "record-keep",
    "record-sync",
    "record-mode",
    "record-reserve",
)

_RWX = 0o777


class RecordingOptions(usage.Options):
    """
    Where recordings go, how they look, how long they stay; what becomes of a stream
    whose publisher is lost; and which programs get streams.
    """

    optParameters = [  # noqa: RUF012
        [
            "record",
            "r",
            None,
            "Record every stream to DIR/APP/NAME-<UTC time>.flv. The folder is made "
            'if it does not exist. With "-" the first stream goes to standard output, '
            "for another program. [default: nothing is recorded]",
        ],
        [
            "record-segment",
            None,
            None,
            "Begin a new file at the first keyframe after this time or size, such as "
            "10m or 500MB. [default: one file for each publish]",
        ],
        [
            "record-name",
            None,
            None,
            "What files are called, made of {app}, {name}, {utc:%Y...}, {local:%Y...}, "
            f"{{sequence:03d}} and {{node}}. [default: {DEFAULT_NAME}]",
        ],
        [
            "record-sync",
            None,
            None,
            "How long what was written may stay in memory, where a power cut takes "
            'it: a time such as 5s, or "close" for the end of each file, or "never". '
            "[default: 1s]",
        ],
        [
            "record-mode",
            None,
            None,
            "The permissions of files, in octal digits. [default: 644]",
        ],
        [
            "record-reserve",
            None,
            None,
            "Leave so much of the disk free, such as 5GB: recording pauses meanwhile. "
            "[default: nothing]",
        ],
        [
            "grace",
            None,
            None,
            "How long a stream stays when the connection of its publisher breaks, in "
            "seconds: if it returns in time, viewers and recording go on. "
            "[default: 0]",
        ],
    ]

    optFlags = [  # noqa: RUF012
        [
            "playback",
            None,
            "Serve the recordings over HTTP too, below /recordings/, and list them on "
            "the page.",
        ],
    ]

    def __init__(self) -> None:
        super().__init__()
        for name in ("record-only", "record-except", "record-keep", "exec"):
            self[name] = []

    def opt_record_only(self, pattern: str) -> None:
        """
        Record only streams like PATTERN, such as "live/*"; repeatable.
        """
        self["record-only"].append(pattern)

    def opt_record_except(self, pattern: str) -> None:
        """
        Do not record streams like PATTERN; repeatable.
        """
        self["record-except"].append(pattern)

    def opt_record_keep(self, amount: str) -> None:
        """
        Delete what is older (7d), or the oldest of what is more (100GB); repeatable.
        """
        self["record-keep"].append(amount)

    def opt_exec(self, command: str) -> None:
        """
        Pipe each live stream into "COMMAND", or "PATTERN => COMMAND"; repeatable.
        """
        self["exec"].append(command)

    def postOptions(self) -> None:
        """
        Fill in what was not said.

        @raise usage.UsageError: when what was said cannot be.
        """
        super().postOptions()
        folder = self["record"]
        if folder == "":
            raise usage.UsageError("--record needs the name of a folder")
        if folder in (None, STANDARD_OUTPUT):
            self._refuseFolderOptions(folder)
        self["graceSeconds"] = self._parsed("grace", _grace) or 0.0
        self["rules"] = [self._checked("exec", parseExec, e) for e in self["exec"]]
        self["keep"] = self._keep()
        self["policy"] = self._policy()

    def _refuseFolderOptions(self, folder: str | None) -> None:
        selection = [] if folder else ["record-only"]
        for name in (*_NEED_FOLDER, *selection, "record-except", "playback"):
            if self[name]:
                raise usage.UsageError(f"--{name} needs --record DIR")

    def _checked(self, name: str, parse: Callable[[str], T], text: str) -> T:
        try:
            return parse(text)
        except ValueError as error:
            raise usage.UsageError(f"--{name}: {error}") from None

    def _parsed(self, name: str, parse: Callable[[str], T]) -> T | None:
        """
        @return: what was said, or L{None} if nothing was.
        """
        text = self[name]
        return None if text is None else self._checked(name, parse, text)

    def _keep(self) -> Amount:
        """
        @return: how long recordings stay, and how much of them.
        """
        found = [
            self._checked("record-keep", parseKeep, e) for e in self["record-keep"]
        ]
        times = [each.seconds for each in found if each.seconds is not None]
        sizes = [each.size for each in found if each.size is not None]
        if len(times) > 1 or len(sizes) > 1:
            raise usage.UsageError("--record-keep: one time and one size at the most")
        return Amount(next(iter(times), None), next(iter(sizes), None))

    def _policy(self) -> RecordingPolicy:
        """
        @return: how recordings are written.
        """
        given: dict[str, Any] = {
            "mode": self._parsed("record-mode", _mode),
            "reserveBytes": self._parsed("record-reserve", _reserve),
        }
        file = {key: value for key, value in given.items() if value is not None}
        if self["record-sync"] is not None:
            # None has a meaning here.
            file["syncSeconds"] = self._parsed("record-sync", _sync)
        name = self._parsed("record-name", NameTemplate) or NameTemplate()
        segment = self._parsed("record-segment", parseSegment) or WHOLE
        try:
            return RecordingPolicy(name, segment, FilePolicy(**file))
        except ValueError as error:
            raise usage.UsageError(f"--record-name: {error}") from None


def _grace(text: str) -> float:
    """
    @return: seconds.
    @raise ValueError: for what is none.
    """
    try:
        seconds = float(text.removesuffix("s"))
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds <= LONGEST_GRACE:
        raise ValueError(f"{text} is not in seconds, from 0 to {LONGEST_GRACE:.0f}")
    return seconds


def _sync(text: str) -> float | None:
    """
    @return: see L{FilePolicy}.
    @raise ValueError: for anything else.
    """
    if text == AT_CLOSE:
        return None
    if text == NEVER:
        return math.inf
    try:
        seconds = parseAmount(text).seconds
    except ValueError:
        seconds = None
    if seconds is None:
        raise ValueError(f"{text} is neither a time such as 5s, nor close, nor never")
    return seconds


def _mode(text: str) -> int:
    """
    @return: permissions.
    @raise ValueError: for what is none, and for files that we could not write again.
    """
    try:
        mode = int(text, 8)
    except ValueError:
        mode = -1
    if not 0 <= mode <= _RWX or mode & 0o600 != 0o600:
        raise ValueError(f"{text} is no octal number from 600 to 777, such as 640")
    return mode


def _reserve(text: str) -> int:
    """
    @return: bytes.
    @raise ValueError: for what is no size.
    """
    size = parseAmount(text).size
    if size is None:
        raise ValueError(f"{text} is no size such as 5GB")
    return size
