"""
Tests of L{rtmptwisted.wire.chunkrun}: what one step takes, and what it costs.
"""

from __future__ import annotations

from itertools import product
from random import Random

from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.wire.chunkrun import takeRun
from tests.test_chunk import CountingBuffer
from tests.test_chunkrun import IDS, LATE, Sender
from tests.wire_support import Continuation, readPieces, setChunkSize


class TakeRunTests(SynchronousTestCase):
    """
    Tests of L{takeRun} itself.
    """

    def take(
        self,
        mark: bytes,
        extension: int,
        chunks: int,
        rest: bytes = b"",
        size: int = 100_000,
    ) -> tuple[bytes, int]:
        """
        Take a run of chunks of 5 bytes.

        @param size: of their message, in bytes, most often much more.
        @return: its payload, and how many bytes are left.
        """
        gap = mark + b"\xee" * extension
        head = bytes((mark[0] & 0x3F,)) + mark[1:] + bytes(11)
        pieces = [bytes((n % 251,)) * 5 for n in range(chunks)]
        data = head + gap.join(pieces) + rest
        span, end = takeRun(data, len(head), head[: len(mark)], size, 5, extension)
        self.assertEqual(span, b"".join(pieces)[: len(span)])
        return bytes(span), len(data) - end

    def test_whole(self) -> None:
        """
        All whole chunks are taken, and what follows them is left.
        """
        for mark in (b"\xc6", b"\xc0\x00", b"\xc1\x00\x01"):
            for extension in (0, 4):
                gap = mark + b"\xee" * extension
                for count in (1, 2, 3, 50, 512):
                    for rest in (b"", gap[:1], gap, gap + b"1234", b"\x06" + gap):
                        span, left = self.take(mark, extension, count, rest)
                        self.assertEqual((len(span), left), (5 * count, len(rest)))

    def test_window(self) -> None:
        """
        No more than 512 chunks are taken at a time, which bounds what a look ahead
        costs.
        """
        for mark in (b"\xc6", b"\xc1\x00\x01"):
            span, left = self.take(mark, 4, 700)
            self.assertEqual(len(span), 5 * 512)
            self.assertEqual(left, (700 - 512) * (5 + len(mark) + 4))
            # The same where the message ends with the last of them.
            self.assertEqual(
                self.take(mark, 4, 700, b"rest", size=3500),
                (span, left + 4),
            )

    def test_last(self) -> None:
        """
        The last chunk of a message, which may be shorter, is taken too, and nothing
        behind it.
        """
        for mark in (b"\xc6", b"\xc0\x00", b"\xc1\x00\x01"):
            for extension in (0, 4):
                for rest in (b"", mark, mark + b"\xee" * extension + b"12345"):
                    span, left = self.take(mark, extension, 7, rest, size=35)
                    self.assertEqual((len(span), left), (35, len(rest)))


class CostTests(SynchronousTestCase):
    """
    What runs cost, counted.
    """

    def peeks(
        self, number: int, long: bool, time: int, continuation: Continuation
    ) -> int:
        """
        @return: how often a single byte is looked at in a message of 5000 chunks.
        """
        sender = Sender(Random(1), number, long, continuation)
        data = setChunkSize(4) + b"".join(sender.message(20_000, time, 4))
        buffer = CountingBuffer()
        self.assertEqual(len(readPieces([data], buffer=buffer)), 2)
        return buffer.peeks

    def test_steps(self) -> None:
        """
        T-10, T-25: whatever the length of the basic header, and whatever a sender
        does with extended timestamps, 5000 chunks are a few steps.
        """
        kinds = [each for each in Continuation if each is not Continuation.ZEROS]
        for (number, long), time, kind in product(IDS, (0, LATE), kinds):
            self.assertLess(self.peeks(number, long, time, kind), 60)
