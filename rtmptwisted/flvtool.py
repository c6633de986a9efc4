"""
C{rtmptwisted-flv}: looks at FLV files, and repairs them.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from rtmptwisted import __version__
from rtmptwisted.errors import FLVError
from rtmptwisted.flvcheck import Progress, Survey, check
from rtmptwisted.flvrepair import repair
from rtmptwisted.listing import codecName, pixels
from rtmptwisted.names import shown
from rtmptwisted.wire.flv import AUDIO, VIDEO

#: How wide the progress bar is.
_BAR = 30


@dataclass(frozen=True, slots=True)
class Information:
    """
    What there is in a file.

    @ivar duration: in seconds, like all times here.
    @ivar kbps: kilobits of the whole file by its duration.
    @ivar longestGroup: the longest time from one keyframe to the next.
    @ivar complete: whether it was finished.
    """

    file: str
    duration: float
    size: int
    kbps: float | None
    video: str | None
    audio: str | None
    width: int | None
    height: int | None
    keyframes: int
    longestGroup: float | None
    indexed: int
    complete: bool


def information(path: str, progress: Progress | None = None) -> Information:
    """
    Read a file.

    @raise FLVError: when it is none.
    @raise OSError: when it cannot be read.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        survey = Survey(descriptor, progress)
    finally:
        os.close(descriptor)
    contents, seconds = survey.contents, survey.tally.end / 1000
    metadata = contents.metadata if contents is not None else {}
    size = survey.source.size
    return Information(
        path,
        seconds,
        size,
        round(size * 8 / 1000 / seconds, 1) if seconds else None,
        codecName(survey.codecs.get(VIDEO)),
        codecName(survey.codecs.get(AUDIO)),
        pixels(metadata, "width"),
        pixels(metadata, "height"),
        survey.keyframes,
        survey.longest / 1000 if survey.keyframes > 1 else None,
        len(contents.index) if contents is not None else 0,
        contents is None or contents.isComplete,
    )


def _described(found: Information) -> list[str]:
    hours, rest = divmod(found.duration, 3600)
    minutes, seconds = divmod(rest, 60)
    video = found.video or "none"
    if found.video and found.width and found.height:
        video += f", {found.width}x{found.height}"
    rate = f", {found.kbps:g} kbit/s" if found.kbps is not None else ""
    keyframes = f"{found.keyframes}"
    if found.longestGroup is not None:
        keyframes += f", {found.longestGroup:g} s apart at most"
    return [
        f"duration:  {hours:02.0f}:{minutes:02.0f}:{seconds:06.3f}",
        f"size:      {found.size} bytes{rate}",
        f"video:     {video}",
        f"audio:     {found.audio or 'none'}",
        f"keyframes: {keyframes}; {found.indexed} entries in the index",
        f"complete:  {'yes' if found.complete else 'no'}",
    ]


class _Bar:
    """
    A progress bar on standard error, when that is a terminal.
    """

    def __init__(self, path: str) -> None:
        self._name = shown(os.path.basename(path))
        self._last = -1
        self._isShown = sys.stderr.isatty()

    def __call__(self, fraction: float) -> None:
        """
        Show how far it is.
        """
        count = int(fraction * _BAR)
        if self._isShown and count != self._last:
            self._last = count
            bar = "#" * count + "." * (_BAR - count)
            sys.stderr.write(f"\r[{bar}] {fraction:4.0%} {self._name}")
            sys.stderr.flush()

    def clear(self) -> None:
        """
        Leave an empty line.
        """
        if self._last >= 0:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def _check(path: str, bar: _Bar, arguments: argparse.Namespace) -> bool:
    problems = check(path, bar)
    bar.clear()
    print(f"{path}: {'good' if not problems else _counted(len(problems))}")
    for problem in problems:
        print(f"    {problem}")
    return not problems


def _counted(count: int) -> str:
    return "1 problem" if count == 1 else f"{count} problems"


def _repair(path: str, bar: _Bar, arguments: argparse.Namespace) -> bool:
    result = repair(path, bar, arguments.force)
    bar.clear()
    if result.problem:
        print(f"{path}: not repaired")
    else:
        print(f"{path}: {'repaired' if result.done else 'nothing to repair'}")
    for line in [*result.done, result.problem, *result.left]:
        if line:
            print(f"    {line}")
    return not result.problem and not result.left


def _inform(path: str, bar: _Bar, arguments: argparse.Namespace) -> bool:
    try:
        found = information(path, bar)
    except (FLVError, OSError) as error:
        bar.clear()
        print(f"{path}: {getattr(error, 'strerror', None) or error}", file=sys.stderr)
        return False
    bar.clear()
    if arguments.json:
        print(json.dumps(asdict(found)))
        return True
    print(path)
    for line in _described(found):
        print(f"    {line}")
    return True


_Command = Callable[[str, _Bar, argparse.Namespace], bool]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "rtmptwisted-flv", description="Look at FLV files, and repair them."
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    described: tuple[tuple[str, _Command, str], ...] = (
        ("check", _check, "say what is wrong with files"),
        ("repair", _repair, "cut off what is no whole tag; write duration and index"),
        ("info", _inform, "say what is in files"),
    )
    for name, command, text in described:
        each = commands.add_parser(name, help=text, description=text.capitalize())
        each.add_argument("files", nargs="+", metavar="FILE")
        each.set_defaults(command=command)
        if command is _repair:
            each.add_argument(
                "--force",
                action="store_true",
                help="cut off more than the last tag, where the file is damaged",
            )
        elif command is _inform:
            each.add_argument("--json", action="store_true", help="one object a file")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """
    @param argv: the arguments; those of the process unless given.
    @return: 0 when all is well, 1 when something is wrong with a file.
    @raise SystemExit: with 2 when the arguments are wrong.
    """
    arguments = _parser().parse_args(argv)
    command: _Command = arguments.command
    results = [command(path, _Bar(path), arguments) for path in arguments.files]
    return 0 if all(results) else 1
