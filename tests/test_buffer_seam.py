"""
Tests for L{rtmptwisted.wire.buffer}: what arrives while something is left over.
"""

from __future__ import annotations

from random import Random

from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.wire import buffer as module
from rtmptwisted.wire.buffer import FastBuffer
from tests.test_buffer import filled
from tests.wire_support import (
    everyCut,
    plainMessages,
    randomChunks,
    randomCut,
    readPieces,
)


def compareWithBytes(test: SynchronousTestCase, random: Random) -> None:
    """
    Do anything to a buffer, and the same to plain bytes.
    """
    buffer = FastBuffer(100_000)
    everything = b""
    cursor = committed = 0
    for _ in range(200):
        action = random.randrange(6)
        if action == 0:
            data = random.randbytes(random.randrange(30))
            buffer.append(data)
            everything += data
        elif action == 1:
            count = random.randint(0, len(everything) - cursor)
            wanted = everything[cursor : cursor + count]
            test.assertEqual(buffer.take(count), wanted)
            cursor += count
        elif action == 2:
            buffer.commit()
            committed = cursor
        elif action == 3:
            buffer.rollback()
            cursor = committed
        elif action == 4:
            count = random.randint(0, len(everything) - cursor)
            buffer.skip(count)
            buffer.commit()
            committed = cursor = cursor + count
        else:
            count = random.randrange(20)
            wanted = everything[cursor : cursor + count]
            test.assertEqual(buffer.peek(count), wanted)
        test.assertEqual(len(buffer), len(everything) - cursor)
        test.assertEqual(buffer.consumed, committed)


class SeamTests(SynchronousTestCase):
    """
    Much that arrives while a little is left over.
    """

    def setUp(self) -> None:
        self.patch(module, "_FIRST", 10)
        self.received = bytes(range(100, 200))
        self.buffer = filled(b"abcdef")
        self.buffer.consume(3)
        self.buffer.append(self.received)

    def test_start(self) -> None:
        """
        Only the start of it is put behind what was left over, but all is there.
        """
        self.assertEqual(self.buffer.data, b"def" + self.received[:10])
        self.assertEqual(len(self.buffer), 103)

    def test_crossed(self) -> None:
        """
        When what was left over is consumed, the rest is there as it was received,
        not copied.
        """
        self.buffer.consume(2)
        self.assertEqual(self.buffer.data, b"def" + self.received[:10])
        self.buffer.consume(5)
        self.assertIs(self.buffer.data, self.received)
        self.assertEqual((self.buffer.at, self.buffer.consumed), (2, 8))
        self.assertEqual((len(self.buffer), self.buffer.peek(2)), (98, b"fg"))

    def test_crossedExactly(self) -> None:
        """
        That is so as soon as nothing of it is left.
        """
        self.buffer.skip(3)
        self.buffer.commit()
        self.assertIs(self.buffer.data, self.received)
        self.assertEqual((self.buffer.at, self.buffer.consumed), (0, 6))

    def test_join(self) -> None:
        """
        Who needs more at once gets all in one, and is told when that is no more
        than was there.
        """
        self.assertTrue(self.buffer.join())
        self.assertEqual(self.buffer.data, b"def" + self.received)
        self.assertEqual((self.buffer.at, len(self.buffer)), (0, 103))
        self.assertFalse(self.buffer.join())

    def test_moreArrives(self) -> None:
        """
        What arrives before any of it was read comes behind all of it.
        """
        self.buffer.append(b"last")
        self.assertEqual(self.buffer.peek(200), b"def" + self.received + b"last")

    def test_takeTooMuch(self) -> None:
        """
        More than all of it cannot be taken, and then nothing is.
        """
        self.assertRaises(ValueError, self.buffer.take, 104)
        self.assertEqual(self.buffer.take(103), b"def" + self.received)

    def test_trim(self) -> None:
        """
        Nothing is kept of what is consumed of that which was left over.
        """
        self.buffer.consume(1)
        self.buffer.trim()
        self.assertEqual(self.buffer.data, b"ef" + self.received[:10])
        self.buffer.consume(2)
        self.assertIs(self.buffer.data, self.received)
        self.assertEqual((self.buffer.at, self.buffer.consumed), (0, 6))


class RandomTests(SynchronousTestCase):
    """
    Whatever is done.
    """

    def test_againstPlainBytes(self) -> None:
        """
        Any order of calls gives what the same calls on one long string do.
        """
        for seed in range(50):
            compareWithBytes(self, Random(seed))

    def test_againstPlainBytesJoined(self) -> None:
        """
        The same holds where what arrives is not all put behind what was left over.
        """
        self.patch(module, "_FIRST", 7)
        for seed in range(100):
            compareWithBytes(self, Random(seed))

    def test_chunks(self) -> None:
        """
        Chunk streams of all sorts come out the same, however they are cut and however
        little is put behind what was left over.
        """
        for seed in range(40):
            data = bytes(randomChunks(seed, steps=80).data)
            expected = plainMessages(data)
            random = Random(seed)
            self.patch(module, "_FIRST", random.choice((1, 5, 50, 300)))
            for parts in (2, 10, 100):
                pieces = randomCut(data, random, parts)
                for vectorised in (True, False):
                    found = readPieces(pieces, vectorised=vectorised)
                    self.assertEqual(found, expected)

    def test_everyCut(self) -> None:
        """
        So does one that is cut at any place.
        """
        data = bytes(randomChunks(3, steps=12).data)
        expected = plainMessages(data)
        self.assertGreater(len(expected), 3)
        for first in (1, 20):
            self.patch(module, "_FIRST", first)
            for how, pieces in everyCut(data):
                self.assertEqual(readPieces(pieces), expected, how)
