"""
Damage to valid inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Literal

#: Bytes that mean something: types of chunks and messages, markers of AMF, kinds
#: of payloads, edges of numbers.
_BYTES = bytes(
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15, 16, 17, 18, 20, 22, 0x17, 0x27)
    + (0x43, 0x44, 0x46, 0x7F, 0x80, 0x84, 0x86, 0x90, 0x97, 0xAF, 0xC2, 0xC4, 0xC6)
    + (0xFE, 0xFF)
)

#: Numbers at which something changes.
_NUMBERS = (
    *(0, 1, 2, 63, 64, 127, 128, 129, 255, 256, 319, 320, 1535, 1536, 4096),
    *(10_000, 10_001, 65535, 65536, 65537, 0xFFFFFE, 0xFFFFFF, 0x1000000),
    *(0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF),
)

#: Pieces that are hard to come by otherwise.
_PIECES = (
    b"\x02\0\0\0\0\0\x04\x01\0\0\0\0\0\0\0\x05",
    b"\x02\0\0\0\0\0\x04\x01\0\0\0\0\0\0\xff\xff",
    b"\x02\0\0\0\0\0\x04\x02\0\0\0\0\0\0\0\x06",
    b"\x06\xff\xff\xff\0\0\x20\x09\x01\0\0\0\x01\0\0\0",
    b"\xc6\x01\0\0\0",
    b"\x01\x02\x03",
    b"\0\0\x09",
    b"\x0a\0\0\0\2",
    b"\x07\0\0",
    b"\x11\x0a\x0b\x01",
    b"\x02\0\x04play",
    b"\x02\0\x07publish",
    b"\x02\0\x0cdeleteStream",
    b"\0\x3f\xf0\0\0\0\0\0\0",
    b"avc1",
    b"Opus",
)

#: Inputs are cut to this, most of the time.
LONGEST = 4096

#: Some are left so many times as long.
_LONG = 8


class Mutator:
    """
    Makes an endless row of inputs; the same seed and pools make the same ones.

    @ivar pool: what it begins from, most of the time.
    """

    def __init__(
        self,
        random: Random,
        pool: Sequence[bytes],
        others: Sequence[bytes] = (),
        longest: int = LONGEST,
    ) -> None:
        """
        @param others: what else it begins from, and puts into other inputs.
        """
        self._random = random
        self._longest = longest
        self._others = others
        self.pool = list(pool)

    def _any(self) -> bytes:
        random = self._random
        pool = self._others if random.random() < 0.3 else self.pool
        return random.choice(pool or self.pool)

    def next(self) -> bytes:
        """
        @return: an input, damaged in one place or many.
        """
        random = self._random
        data = bytearray(self._any())
        for _ in range(self._count()):
            _CHANGES[random.randrange(len(_CHANGES))](self, data)
        if random.random() > 0.005:
            return bytes(data[: self._longest])
        # Buffers that short inputs never fill, and work that grows with the square
        # of the length.
        if random.random() < 0.7:
            self._flood(data)
        return bytes(data[: _LONG * self._longest])

    def _flood(self, data: bytearray) -> None:
        place, size = self._place(data), self._random.randint(1, 40)
        piece = data[place : place + size] or b"\xc4"
        data[place:place] = piece * (_LONG * self._longest // len(piece))

    def _count(self) -> int:
        count = 1
        while count < 40 and self._random.random() < 0.6:
            count += 1
        return count

    def _place(self, data: bytearray) -> int:
        random = self._random
        # The start decides most, and most of a long input is payload.
        if random.random() < 0.3:
            return random.randint(0, min(len(data), 24))
        return random.randint(0, len(data))

    def _size(self) -> int:
        random = self._random
        return random.choice((1, 1, 2, 3, 4, 8, random.randint(1, 40), 150))

    def flip(self, data: bytearray) -> None:
        """
        Change a bit.
        """
        if data:
            place = self._random.randrange(len(data))
            data[place] ^= 1 << self._random.randrange(8)

    def overwrite(self, data: bytearray) -> None:
        """
        Put a byte that means something in the place of another.
        """
        place = self._place(data)
        data[place : place + 1] = bytes((self._random.choice(_BYTES),))

    def count(self, data: bytearray) -> None:
        """
        Add a little to a byte, or take it away.
        """
        if data:
            place = self._random.randrange(len(data))
            data[place] = (data[place] + self._random.randint(-9, 9)) % 256

    def number(self, data: bytearray) -> None:
        """
        Put a number of 1 to 4 bytes in the place of others.
        """
        random = self._random
        size = random.randint(1, 4)
        value = random.choice(_NUMBERS) % (1 << 8 * size)
        place = self._place(data)
        # Message stream ids and long chunk stream ids are little-endian.
        order: Literal["little", "big"] = "little" if random.random() < 0.2 else "big"
        data[place : place + size] = value.to_bytes(size, order)

    def insert(self, data: bytearray) -> None:
        """
        Put in random bytes, or the same byte many times.
        """
        random, place, size = self._random, self._place(data), self._size()
        if random.random() < 0.5:
            data[place:place] = random.randbytes(size)
        else:
            data[place:place] = bytes((random.choice(_BYTES),)) * size

    def piece(self, data: bytearray) -> None:
        """
        Put in something that means something.
        """
        place = self._place(data)
        data[place:place] = self._random.choice(_PIECES)

    def delete(self, data: bytearray) -> None:
        """
        Take bytes out.
        """
        place = self._place(data)
        del data[place : place + self._size()]

    def double(self, data: bytearray) -> None:
        """
        Repeat some bytes, once or often.
        """
        place = self._place(data)
        times = self._random.choice((1, 1, 2, 20))
        data[place:place] = data[place : place + self._size()] * times

    def move(self, data: bytearray) -> None:
        """
        Copy bytes to another place.
        """
        start, place = self._place(data), self._place(data)
        data[place:place] = data[start : start + self._size()]

    def cross(self, data: bytearray) -> None:
        """
        Go on with the rest of another input.
        """
        other = self._any()
        place = self._random.randint(0, len(data))
        data[place:] = other[self._random.randint(0, len(other)) :]

    def splice(self, data: bytearray) -> None:
        """
        Put in a part of another input.
        """
        other = self._any()
        start = self._random.randint(0, len(other))
        place = self._place(data)
        data[place:place] = other[start : start + self._size()]

    def end(self, data: bytearray) -> None:
        """
        Cut off the end.
        """
        del data[self._random.randint(0, len(data)) :]


_CHANGES: tuple[Callable[[Mutator, bytearray], None], ...] = (
    # Changes of a byte most of all: the rest of the input stays in step.
    *(Mutator.flip, Mutator.overwrite, Mutator.count) * 2,
    *(Mutator.number, Mutator.number, Mutator.insert, Mutator.piece),
    *(Mutator.delete, Mutator.double, Mutator.move, Mutator.cross),
    *(Mutator.splice, Mutator.end),
)
