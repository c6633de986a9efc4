"""
Tests of L{rtmptwisted.byterange}.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.byterange import Unsatisfiable, byteRange


class ByteRangeTests(SynchronousTestCase):
    """
    Tests of L{byteRange}.
    """

    def test_ranges(self) -> None:
        """
        A range is where it starts and how long it is, no longer than what is there.
        """
        for text, expected in (
            (b"bytes=0-0", (0, 1)),
            (b"bytes=0-9", (0, 10)),
            (b"bytes=5-", (5, 95)),
            (b"bytes=99-", (99, 1)),
            (b"bytes=90-200", (90, 10)),
            (b"bytes=99-99", (99, 1)),
            (b"bytes=-1", (99, 1)),
            (b"bytes=-100", (0, 100)),
            (b"bytes=-1000", (0, 100)),
            (b"bytes=0-18446744073709551615", (0, 100)),
            (b"bytes=0-99999999999999999999999999999999", (0, 100)),
            (b" bytes = 1 - 2 ", (1, 2)),
        ):
            self.assertEqual(byteRange(text, 100), expected, text)

    def test_unsatisfiable(self) -> None:
        """
        What begins behind the end is not there, and of nothing there is nothing.
        """
        for text, size in (
            (b"bytes=100-", 100),
            (b"bytes=100-100", 100),
            (b"bytes=18446744073709551615-", 100),
            (b"bytes=-0", 100),
            (b"bytes=0-", 0),
            (b"bytes=0-0", 0),
            (b"bytes=-5", 0),
        ):
            with self.assertRaises(Unsatisfiable, msg=text):
                byteRange(text, size)

    def test_ignored(self) -> None:
        """
        Several ranges, and what makes no sense, are ignored.
        """
        for text in (
            None,
            b"",
            b"bytes",
            b"bytes=",
            b"bytes=-",
            b"bytes=5-4",
            b"bytes=a-b",
            b"bytes=0-1,3-4",
            b"bytes=0-1,",
            b"bytes=+1-2",
            b"bytes=1_0-20",
            b"bytes=--1",
            b"bytes=1-2-3",
            b"bytes=1.5-2",
            b"items=0-1",
            b"bytes 0-1",
            b"bytes=0x1-2",
            "bytes=\N{ARABIC-INDIC DIGIT ONE}-".encode(),
            b"bytes=" + b"9" * 5000 + b"-",
            b"bytes=0-1\nx",
        ):
            self.assertIsNone(byteRange(text, 100), text)
