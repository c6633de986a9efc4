"""
What a program says, as lines of the log.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall, IPushProducer, IReactorTime

#: So many bytes of a line are shown.
LONGEST_LINE = 500

#: So many lines are shown as they come, each second.
MOST_LINES = 20

#: And of those beyond that, the last: they say why a program ended.
LAST_LINES = 5

#: What a program may say in a second, in bytes, before it has to wait.
MOST_SAID = 1024 * 1024

_SECOND = 1.0


class _Lines:
    """
    Cuts one stream of bytes into lines.

    A line is what a terminal would have shown of it in the end: a carriage return
    goes back to its start, as programs do that show their progress.
    """

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """
        @return: the lines that are complete now; those that are too long have one
            byte too many.
        """
        *lines, rest = (self._rest + data).split(b"\n")
        # It may be the first half of a line end.
        end = b"\r" if rest.endswith(b"\r") else b""
        self._rest = _visible(rest) + end
        return [_visible(line) for line in lines]

    def end(self) -> list[bytes]:
        """
        @return: what has no line end.
        """
        rest, self._rest = _visible(self._rest), b""
        return [rest]


def _visible(line: bytes) -> bytes:
    return line.removesuffix(b"\r").rpartition(b"\r")[2][: LONGEST_LINE + 1]


def _text(line: bytes) -> str:
    """
    @return: a line as it can stand in a log.
    """
    text = line[:LONGEST_LINE].decode("utf-8", "backslashreplace").expandtabs()
    if not text.isprintable():
        text = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
    return text + "..." if len(line) > LONGEST_LINE else text


class ChildOutput:
    """
    Logs what a program says, not more than a log can bear.
    """

    def __init__(
        self, clock: IReactorTime, say: Callable[[str], None], source: IPushProducer
    ) -> None:
        """
        @param say: logs a line.
        @param source: is told to wait when it says too much.
        """
        self._clock = clock
        self._say = say
        self._source = source
        self._lines: dict[int, _Lines] = {}
        # Since the second began: what was heard, and shown, and what was not.
        self._second: IDelayedCall | None = None
        self._heard = 0
        self._shown = 0
        self._omitted = 0
        self._last: deque[bytes] = deque(maxlen=LAST_LINES)
        self._held = False

    def received(self, descriptor: int, data: bytes) -> None:
        """
        Take what the program wrote.
        """
        if self._second is None:
            self._second = self._clock.callLater(_SECOND, self._secondOver)
        self._heard += len(data)
        self._show(self._lines.setdefault(descriptor, _Lines()).feed(data))
        if self._heard > MOST_SAID and not self._held:
            self._held = True
            self._source.pauseProducing()

    def _show(self, lines: list[bytes]) -> None:
        lines = [line for line in lines if line.strip()]
        room = MOST_LINES - self._shown
        for line in lines[:room]:
            self._shown += 1
            self._say(_text(line))
        rest = lines[room:]
        self._omitted += len(rest)
        self._last.extend(rest)

    def _secondOver(self) -> None:
        self._second = None
        if self._heard:
            # It may go on like this.
            self._second = self._clock.callLater(_SECOND, self._secondOver)
        self._tell()
        self._heard = self._shown = 0
        if self._held:
            self._held = False
            self._source.resumeProducing()

    def _tell(self) -> None:
        """
        Say what was left out.
        """
        last, omitted = list(self._last), self._omitted
        self._last.clear()
        self._omitted = 0
        if omitted > len(last):
            self._say(f"({omitted - len(last)} more lines)")
        for line in last:
            self._say(_text(line))

    def end(self) -> None:
        """
        There is nothing more to come.
        """
        for lines in self._lines.values():
            self._show(lines.end())
        self._tell()
        self._held = False
        if self._second is not None:
            self._second.cancel()
            self._second = None
