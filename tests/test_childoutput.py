"""
Tests of L{rtmptwisted.childoutput}.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.childoutput import (
    LAST_LINES,
    LONGEST_LINE,
    MOST_LINES,
    MOST_SAID,
    ChildOutput,
)


class Source:
    """
    What is read from.
    """

    reading = True

    def pauseProducing(self) -> None:
        """
        Be read no more.
        """
        self.reading = False

    def resumeProducing(self) -> None:
        """
        Be read again.
        """
        self.reading = True


class OutputTestCase(SynchronousTestCase):
    """
    Something that talks.
    """

    def setUp(self) -> None:
        """
        Listen.
        """
        self.clock = Clock()
        self.lines: list[str] = []
        self.source = Source()
        source: Any = self.source
        self.output = ChildOutput(self.clock, self.lines.append, source)

    def say(self, *pieces: bytes, descriptor: int = 2) -> list[str]:
        """
        @return: the lines that come of it.
        """
        before = len(self.lines)
        for piece in pieces:
            self.output.received(descriptor, piece)
        return self.lines[before:]


class LineTests(OutputTestCase):
    """
    How bytes become lines.
    """

    def test_lines(self) -> None:
        """
        Each line is shown when it is complete, however its bytes arrive.
        """
        self.assertEqual(self.say(b"one\ntw"), ["one"])
        self.assertEqual(self.say(b"o\nthr"), ["two"])
        self.assertEqual(self.say(*(bytes((c,)) for c in b"ee\r\nfour")), ["three"])
        self.output.end()
        self.assertEqual(self.lines, ["one", "two", "three", "four"])

    def test_descriptors(self) -> None:
        """
        Standard output and standard error have lines of their own.
        """
        self.say(b"er", descriptor=2)
        self.say(b"out\n", descriptor=1)
        self.say(b"ror\n", descriptor=2)
        self.assertEqual(self.lines, ["out", "error"])

    def test_blank(self) -> None:
        """
        Lines with nothing to see are not shown.
        """
        self.assertEqual(self.say(b"\n \n\r\n\t\na\n\n"), ["a"])

    def test_progress(self) -> None:
        """
        Of what overwrites itself only what would be left is shown.
        """
        self.assertEqual(
            self.say(b"frame=1\rframe=2\r", b"frame=3\r", b"done\n"), ["done"]
        )
        self.assertEqual(self.say(b"10%\r20%\r\n"), ["20%"])
        self.say(b"10%\r20%\r")
        self.output.end()
        self.assertEqual(self.lines[2:], ["20%"])

    def test_progressIsNotKept(self) -> None:
        """
        A program that shows its progress for days takes no memory and no lines.
        """
        for number in range(1000):
            self.assertEqual(self.say(b"%d".ljust(100) % number, b"\r"), [])
        self.assertEqual(self.say(b"last\n"), ["last"])

    def test_long(self) -> None:
        """
        Long lines are cut, whether they come at once or in pieces, and the next line
        is a line.
        """
        cut = "x" * LONGEST_LINE
        whole = b"x" * LONGEST_LINE
        self.assertEqual(self.say(whole + b"\n"), [cut])
        self.assertEqual(self.say(whole + b"x\n", b"y\n"), [cut + "...", "y"])
        many = [b"x" * 400] * 1000
        self.assertEqual(self.say(*many, b"\nz\n"), [cut + "...", "z"])

    def test_escaped(self) -> None:
        """
        What is not text, or would do something to a terminal, is shown escaped.
        """
        for data, line in (
            ("ärger €".encode(), "ärger €"),
            (b"\xff\xfea\x80", "\\xff\\xfea\\x80"),
            (b"\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
            (b"a\0b\x07", "a\\x00b\\x07"),
            ("a\u2028b\x85".encode(), "a\\u2028b\\x85"),
            (b"a\tb", "a       b"),
            (b"{braces} %s", "{braces} %s"),
        ):
            self.assertEqual(self.say(data + b"\n"), [line])

    def test_silence(self) -> None:
        """
        A program that says nothing leaves nothing to be done.
        """
        self.output.end()
        self.say(b"a\n")
        self.clock.pump([1, 1])
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(self.lines, ["a"])


class FloodTests(OutputTestCase):
    """
    Programs that say too much.
    """

    def flood(self, count: int, first: int = 0) -> list[str]:
        """
        Say so many lines.
        """
        return self.say(b"".join(b"%d\n" % n for n in range(first, first + count)))

    def numbers(self, first: int, count: int) -> list[str]:
        """
        @return: lines as L{flood} says them.
        """
        return [str(n) for n in range(first, first + count)]

    def test_many(self) -> None:
        """
        So many lines a second are shown as they come, then how many were left out,
        and the last of them.
        """
        self.assertEqual(self.flood(1000), self.numbers(0, MOST_LINES))
        self.clock.advance(0.99)
        self.assertEqual(self.flood(1, 1000), [])
        del self.lines[:]
        self.clock.advance(0.01)
        omitted = 1001 - MOST_LINES - LAST_LINES
        expected = [
            f"({omitted} more lines)",
            *self.numbers(1001 - LAST_LINES, LAST_LINES),
        ]
        self.assertEqual(self.lines, expected)

    def test_few(self) -> None:
        """
        Where few lines are too many they come late, and all.
        """
        self.flood(MOST_LINES + LAST_LINES)
        self.assertEqual(self.lines, self.numbers(0, MOST_LINES))
        self.clock.advance(1)
        self.assertEqual(self.lines, self.numbers(0, MOST_LINES + LAST_LINES))

    def test_next(self) -> None:
        """
        The next second has room again, and nothing is said twice.
        """
        self.flood(100)
        self.clock.advance(1)
        del self.lines[:]
        self.assertEqual(self.flood(100, 200), self.numbers(200, MOST_LINES))
        self.clock.advance(1)
        self.assertEqual(self.lines[MOST_LINES:][0], f"({75} more lines)")
        del self.lines[:]
        self.clock.pump([1, 1, 1])
        self.assertEqual(self.lines, [])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_end(self) -> None:
        """
        At its end the last words are shown at once.
        """
        self.flood(100)
        del self.lines[:]
        self.say(b"fatal")
        self.output.end()
        self.assertEqual(
            self.lines, ["(76 more lines)", "96", "97", "98", "99", "fatal"]
        )
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_held(self) -> None:
        """
        A program that says megabytes a second is not read until the second is over.
        """
        piece = b"y\n" * 4096
        for _ in range(MOST_SAID // len(piece)):
            self.say(piece)
        self.assertTrue(self.source.reading)
        self.say(b"y")
        self.assertFalse(self.source.reading)
        self.clock.advance(0.99)
        self.assertFalse(self.source.reading)
        self.clock.advance(0.01)
        self.assertTrue(self.source.reading)
        for _ in range(MOST_SAID // len(piece)):
            self.say(piece)
        self.assertTrue(self.source.reading)
        self.say(b"y")
        self.assertFalse(self.source.reading)
        self.output.end()
        self.assertEqual(self.clock.getDelayedCalls(), [])
