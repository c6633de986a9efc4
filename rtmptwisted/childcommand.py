"""
What C{--exec} says: which streams go into which program.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase

from rtmptwisted.names import splitKey
from rtmptwisted.template import Template

#: A pattern before the command.  Neither has a blank in its first word.
_PATTERN = re.compile(r"\s*(\S*?)\s*=>(.*)", re.DOTALL)

_SAMPLES: dict[str, object] = {
    "app": "live",
    "name": "show",
    "key": "live/show",
    "utc": datetime(2000, 1, 1, tzinfo=UTC),
    "local": datetime(2000, 1, 1, tzinfo=UTC),
    "node": "host",
}


@dataclass(frozen=True)
class ExecRule:
    """
    A program, and the streams that go into it.

    @ivar pattern: of stream keys, with C{*}, C{?} and C{[...]}.
    @ivar program: as it was given.
    @ivar executable: where it is, as an absolute path.
    @ivar words: its arguments.
    """

    pattern: str
    program: str
    executable: str
    words: tuple[Template, ...]

    def matches(self, key: str) -> bool:
        """
        @return: whether the stream of that key goes into this program.
        """
        return fnmatchcase(key, self.pattern)

    def arguments(self, key: str, now: datetime, node: str) -> list[str]:
        """
        @param key: of a stream.
        @param now: with its time zone.
        @param node: a name of this machine.
        @return: the command for this stream, the program first.
        @raise ValueError: when the name of the stream would be taken for an option.
        """
        app, name = splitKey(key)
        values: Mapping[str, object] = {
            "app": app,
            "name": name,
            "key": key,
            "utc": now.astimezone(UTC),
            "local": now.astimezone(),
            "node": node,
        }
        filled = [self.program]
        for word in self.words:
            argument = word.fill(values)
            # Anybody can choose the name of a stream.
            if argument.startswith("-") and not word.text.startswith("-"):
                raise ValueError(f"{argument!r} would be an option of the program")
            filled.append(argument)
        return filled


def parseExec(text: str, which: Callable[[str], str | None] = shutil.which) -> ExecRule:
    """
    @param text: C{"COMMAND"} or C{"PATTERN => COMMAND"}.
    @param which: finds a program that can be run.
    @raise ValueError: for what cannot be run, with a sentence that says why.
    """
    pattern, command = "*", text
    match = _PATTERN.fullmatch(text)
    if match is not None:
        pattern, command = match.groups()
        if not pattern:
            raise ValueError(f"{text!r} has no pattern before =>")
    # Before anything is filled in: no stream can be called so that its name becomes
    # more than a part of one argument.  There is no shell.
    try:
        program, *rest = shlex.split(command)
    except ValueError as error:
        if not command.strip():
            raise ValueError(f"{text!r} has no command") from None
        raise ValueError(f"{text!r}: {str(error).lower()}") from None
    words = tuple(Template(word, _SAMPLES) for word in rest)
    executable = which(program)
    if executable is None:
        raise ValueError(f"{program!r} is no program that can be run")
    # What a relative path means may change: a daemon has its own folder.
    return ExecRule(pattern, program, os.path.abspath(executable), words)
