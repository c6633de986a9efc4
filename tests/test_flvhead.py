"""
Tests of L{rtmptwisted.wire.flvhead} and L{rtmptwisted.wire.flvheadreader}.
"""

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.errors import FLVError
from rtmptwisted.wire import amf
from rtmptwisted.wire.amf import AMFValue, ECMAArray
from rtmptwisted.wire.flv import FLVTag
from rtmptwisted.wire.flvhead import BODY_AT, INDEX_START, FileHead
from rtmptwisted.wire.flvheadreader import (
    TELLING,
    isFinished,
    parseHead,
    sameHead,
)
from rtmptwisted.wire.flvindex import Tally
from tests.flv_reader import readFLV, readScript
from tests.flv_support import METADATA, show

CREATOR = "rtmptwisted 1.2.3"


def headOf(room: int, metadata: dict[str, AMFValue] | None = None) -> FileHead:
    """
    The head of a file with sound and picture.
    """
    return FileHead(
        CREATOR, METADATA if metadata is None else metadata, True, True, room
    )


def tallyOf(tags: list[FLVTag], room: int, size: int) -> Tally:
    """
    What a file with these tags comes to.
    """
    tally = Tally(room, size)
    for tag in tags:
        tally.add(
            tag.typeID, tag.timestamp, len(tag.encoded()), tag.body, tag.description
        )
    return tally


def patched(data: bytes, *patches: tuple[int, bytes]) -> bytes:
    """
    Data with some of it overwritten.
    """
    for position, new in patches:
        data = data[:position] + new + data[position + len(new) :]
    return data


def bodyOf(data: bytes) -> bytes:
    """
    That of the first tag.
    """
    return readFLV(data).tags[0].body


class FileHeadTests(SynchronousTestCase):
    """
    Tests of L{FileHead}.
    """

    @settings(max_examples=200, deadline=None)
    @given(st.integers(0, 200), st.lists(st.integers(1, 300), max_size=6))
    def test_patches(self, room: int, counts: list[int]) -> None:
        """
        Overwriting what it says to overwrite gives the very bytes that a head made
        at that moment has, whatever moments there were before.
        """
        head = headOf(room)
        data = head.encode(Tally(room, head.size))
        self.assertEqual(len(data), head.size)
        tally = Tally(room, head.size)
        for count in counts:
            for number in range(count):
                tag = FLVTag(9, number, b"\x17\1")
                tally.add(9, number, 17, tag.body, tag.description)
            data = patched(data, head.index(tally), head.numbers(tally))
            self.assertEqual(data, headOf(room).encode(tally))
            readScript(bodyOf(data))
        data = patched(data, head.numbers(tally, complete=True))
        self.assertEqual(data, headOf(room).encode(tally, complete=True))

    def test_filler(self) -> None:
        """
        The filler has strings that ffmpeg can read, whatever is left; so that the
        size never changes.
        """
        head = headOf(300)
        sizes = set()
        for count in range(300):
            tally = tallyOf([FLVTag(9, 0, b"\x17\1")] * count, 300, head.size)
            data = head.encode(tally)
            sizes.add(len(data))
            values = readScript(bodyOf(data))[1]
            self.assertEqual(len(values["keyframes"]["times"]), count)
            self.assertLess(max(map(len, values["filler"])), 1024)
        self.assertEqual(sizes, {head.size})

    def test_firstBytes(self) -> None:
        """
        The first bytes tell whose file it is and whether it is complete, whatever
        the publisher sent.
        """
        head = headOf(50, {"x": "y" * 100_000, "complete": True})
        tally = Tally(50, head.size)
        for complete in (False, True):
            start = head.encode(tally, complete)[:TELLING]
            self.assertIs(isFinished(start), complete)
            for size in range(BODY_AT + 67):
                self.assertIsNone(isFinished(start[:size]), size)
        other = start.replace(b"rtmptwisted", b"rtmptwister")
        self.assertIsNone(isFinished(other))

    def test_tooLarge(self) -> None:
        """
        A head that does not fit into a tag is an error.
        """
        self.assertLess(headOf(900_000).size, 1 << 24)
        with self.assertRaises(FLVError):
            headOf(1_000_000)


class ReaderTests(SynchronousTestCase):
    """
    Tests of L{parseHead} and L{sameHead}.
    """

    def encoded(self, groups: int = 3, room: int = 8, complete: bool = True) -> bytes:
        """
        A head with an index.
        """
        head = headOf(room)
        return head.encode(tallyOf(show(groups), room, head.size), complete)

    def test_read(self) -> None:
        """
        What was written is read: the publisher's metadata, the index, and whether
        the file is complete.
        """
        for complete in (True, False):
            found = parseHead(bodyOf(self.encoded(complete=complete)))
            self.assertEqual((found.isOurs, found.isComplete), (True, complete))
            self.assertEqual({key: found.metadata[key] for key in METADATA}, METADATA)
            self.assertEqual([time for _, time in found.index], [0.0, 0.0, 0.4, 0.8])

    def test_same(self) -> None:
        """
        A head of the same size, and with the same tags the same head, can be made
        of what was read.
        """
        for groups, room in ((0, 0), (3, 8), (20, 5), (3, 500)):
            data = self.encoded(groups, room)
            head = sameHead(bodyOf(data), parseHead(bodyOf(data)))
            assert head is not None
            self.assertEqual(head.capacity, room)
            tally = tallyOf(show(groups), room, head.size)
            self.assertEqual(head.encode(tally, complete=True), data)

    def test_likeAnIndex(self) -> None:
        """
        Metadata that looks like the beginning of an index is no index.
        """
        evil = INDEX_START.decode() + "\0\0\0\0"
        head = headOf(8, {"a": evil, "b": 1.0})
        data = head.encode(tallyOf(show(3), 8, head.size))
        found = parseHead(bodyOf(data))
        self.assertEqual((found.metadata["a"], found.metadata["b"]), (evil, 1.0))
        self.assertEqual(len(found.index), 4)
        self.assertIsNotNone(sameHead(bodyOf(data), found))

    def test_anotherSize(self) -> None:
        """
        A head that is a little larger cannot be written over.
        """
        body = bodyOf(self.encoded())
        self.assertIsNone(sameHead(body + b"x", parseHead(body)))

    def test_torn(self) -> None:
        """
        Where a crash has left half an index, all else is read, and the head can be
        made again.
        """
        data = self.encoded(5, 30)
        body = bodyOf(data)
        at = body.index(b"filepositions")
        for torn in (at + 15, at + 18, at + 100, len(body) - 5):
            damaged = body[:torn] + b"\xff" * (len(body) - torn)
            found = parseHead(damaged)
            self.assertEqual(found.metadata["width"], 320.0)
            self.assertIsNotNone(sameHead(damaged, found))

    def test_strangers(self) -> None:
        """
        Metadata of other programs is read, and an index that is no index is none.
        """
        good: AMFValue = {"times": [0.0, 1.5], "filepositions": [99.0, 5000.0]}
        cases: list[tuple[AMFValue, list[tuple[int, float]]]] = [
            (good, [(99, 0.0), (5000, 1.5)]),
            ({"times": [0.0], "filepositions": [1.0, 2.0]}, []),
            ({"times": [0.0], "filepositions": ["1"]}, []),
            ({"times": [True], "filepositions": [1.0]}, []),
            ({"times": [math.nan], "filepositions": [1.0]}, []),
            ({"times": [0.0], "filepositions": [math.inf]}, []),
            ({"times": [0.0], "filepositions": [-1.0]}, []),
            ({"times": [1e308], "filepositions": [1.0]}, []),
            ({"times": [0.0], "filepositions": [1e308]}, []),
            ({"times": {"0": 0.0}, "filepositions": [1.0]}, []),
            ({}, []),
            (None, []),
            ([good], []),
        ]
        for keyframes, expected in cases:
            body = amf.encode(["onMetaData", ECMAArray({"keyframes": keyframes})])
            found = parseHead(body)
            self.assertEqual(found.index, expected, keyframes)
            self.assertEqual((found.isOurs, found.isComplete), (False, True))
            self.assertIsNone(sameHead(body, found))

    def test_unreadable(self) -> None:
        """
        What is no metadata is an error, and only that.
        """
        deep: AMFValue = {}
        for _ in range(60):
            deep = {"x": deep}
        for body in (
            b"",
            b"\x02",
            b"\x0f\0",
            amf.encode(["onMetaData"]),
            amf.encode(["onMetaData", 5.0]),
            amf.encode(["onCuePoint", {}]),
            amf.encode(["onMetaData", deep]),
            amf.encode(["onMetaData", {"x": [0.0] * 300_000}]),
            b"\x02\0\x0aonMetaData\x0a\xff\xff\xff\xff",
        ):
            with self.assertRaises(FLVError):
                parseHead(body)

    def test_everyByteFlipped(self) -> None:
        """
        Whichever byte of a head is another, it is read, or is an error.
        """
        body = bodyOf(self.encoded(5, 12))
        good = errors = 0
        for position in range(len(body)):
            for flip in (0xFF, 0x01, 0x08):
                flipped = bytearray(body)
                flipped[position] ^= flip
                try:
                    found = parseHead(bytes(flipped))
                    sameHead(bytes(flipped), found)
                    good += 1
                except FLVError:
                    errors += 1
        self.assertGreater(good, 1000)
        self.assertGreater(errors, 10)
