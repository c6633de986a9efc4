"""
Tests for L{rtmptwisted.wire.amf3}: what values are.

The T numbers are those of the project's list of traps of the wire.
"""

from __future__ import annotations

import math
from typing import cast

from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.errors import AMFError
from rtmptwisted.wire.amf import (
    UNDEFINED,
    AMFValue,
    Date,
    ECMAArray,
    TypedObject,
    XMLDocument,
    decode,
    encode,
)
from tests.amf3_writer import (
    XML,
    AMF3Writer,
    Array,
    Dictionary,
    Object,
    Vector,
    Written,
    described,
    u29,
)

ONE = b"\x00\x3f\xf0\0\0\0\0\0\0"
#: 1.5 in eight bytes.
HALVES = b"\x3f\xf8\0\0\0\0\0\0"


def typed(className: str, properties: dict[str, AMFValue]) -> TypedObject:
    """
    @return: a typed object.
    """
    value = TypedObject(className)
    value.update(properties)
    return value


#: Bytes behind the marker 0x11, and the value that they are.
VECTORS: tuple[tuple[bytes, AMFValue], ...] = (
    (b"\x00", UNDEFINED),
    (b"\x01", None),
    (b"\x02", False),
    (b"\x03", True),
    (b"\x04\x05", 5.0),
    (b"\x04\xff\xff\xff\xff", -1.0),
    (b"\x05" + HALVES, 1.5),
    (b"\x05\xff\xf0\0\0\0\0\0\0", -math.inf),
    (b"\x06\x01", ""),
    (b"\x06\x09live", "live"),
    (b"\x06\x05\xc3\xa9", "\xe9"),
    (b"\x06\x05\xffA", "\udcffA"),
    (b"\x06\x81\x49" + b"x" * 100, "x" * 100),
    (b"\x07\x09<a/>", XMLDocument("<a/>")),
    (b"\x08\x01" + HALVES, Date(1.5, 0)),
    # Arrays: empty, with items, with names, with both.
    (b"\x09\x01\x01", []),
    (b"\x09\x05\x01\x04\x07\x06\x03a", [7.0, "a"]),
    (b"\x09\x01\x03a\x03\x01", ECMAArray({"a": True})),
    (b"\x09\x03\x03a\x03\x01\x01", ECMAArray({"a": True, "0": None})),
    # Objects: dynamic, sealed, both, of a class, without anything.
    (b"\x0a\x0b\x01\x03a\x04\x01\x03b\x01\x01", {"a": 1.0, "b": None}),
    (b"\x0a\x23\x01\x03a\x03b\x02\x03", {"a": False, "b": True}),
    (b"\x0a\x1b\x01\x03a\x02\x03b\x03\x01", {"a": False, "b": True}),
    (b"\x0a\x13\x07Cls\x03p\x01", typed("Cls", {"p": None})),
    (b"\x0a\x03\x01", {}),
    (b"\x0a\x03\x07Cls", typed("Cls", {})),
    # The two classes of Flex that write one value.
    (b"\x0a\x07\x43flex.messaging.io.ArrayCollection\x09\x03\x01\x03", [True]),
    (b"\x0a\x07\x3bflex.messaging.io.ObjectProxy\x0a\x0b\x01\x01", {}),
    (b"\x0b\x09<a/>", XMLDocument("<a/>")),
    (b"\x0c\x01", ""),
    (b"\x0c\x07a\xffb", "a\udcffb"),
    (b"\x0d\x05\0\xff\xff\xff\xfe\0\0\0\x01", [-2.0, 1.0]),
    (b"\x0e\x05\1\xff\xff\xff\xfe\0\0\0\x01", [4294967294.0, 1.0]),
    (b"\x0f\x03\0" + HALVES, [1.5]),
    (b"\x0f\x01\0", []),
    (b"\x10\x05\0\x01\x01\x06\x03a", [None, "a"]),
    # Two of a class, whose name and traits are written once.
    (b"\x10\x05\1\x07Cls\x0a\x03\0\x0a\1", [typed("Cls", {}), typed("Cls", {})]),
    (b"\x11\x05\0\x06\x03a\x02\x04\x03\x03", ECMAArray({"a": False, "3": True})),
    (b"\x11\x01\1", ECMAArray({})),
)


class VectorTests(SynchronousTestCase):
    """
    T-45: bytes and values.
    """

    def test_decode(self) -> None:
        """
        Each vector is that value.
        """
        for data, value in VECTORS:
            (found,) = decode(b"\x11" + data)
            self.assertEqual(described(found), described(value), data)

    def test_everyMarker(self) -> None:
        """
        There is a vector for each marker, and other markers are errors.
        """
        self.assertEqual({data[0] for data, _ in VECTORS}, {*range(0x12)})
        for marker in range(0x12, 0x100):
            data = bytes([0x11, marker]) + b"\1" * 20
            self.assertRaises(AMFError, decode, data)

    def test_notSticky(self) -> None:
        """
        Behind a value in AMF3 everything is AMF0 again, inside objects too.
        """
        for data, value in VECTORS:
            found = decode(b"\x11" + data + ONE + b"\x02\0\1s")
            self.assertEqual(found, [value, 1.0, "s"], data)
        inside = b"\x03\0\1a\x11\x04\x05\0\1b" + ONE + b"\0\0\x09"
        self.assertEqual(decode(inside), [{"a": 5.0, "b": 1.0}])

    def test_writtenAsAMF0(self) -> None:
        """
        What was read is written in AMF0, and is the same there.
        """
        for data, value in VECTORS:
            written = encode(decode(b"\x11" + data))
            self.assertNotEqual(written[:1], b"\x11")
            (again,) = decode(written)
            self.assertEqual(described(again), described(value), data)

    def test_truncated(self) -> None:
        """
        A value that is cut off is an error, wherever that is; when values
        stand before it, these are what was sent.
        """
        for data, _ in VECTORS:
            for size in range(len(data)):
                cut = b"\x11" + data[:size]
                self.assertRaises(AMFError, decode, cut)
                self.assertEqual(decode(ONE + cut), [1.0])

    def test_bytes(self) -> None:
        """
        The bytes of a ByteArray are in the string that it is read as, and are
        what is written.
        """
        data = bytes(range(256))
        (found,) = decode(b"\x11\x0c" + u29(513) + data)
        assert isinstance(found, str)
        self.assertEqual(found.encode("utf-8", "surrogateescape"), data)
        self.assertEqual(encode([found]), b"\x02\x01\0" + data)


class NumberTests(SynchronousTestCase):
    """
    Numbers of 29 bits.
    """

    def test_sizes(self) -> None:
        """
        They have one to four bytes, and the highest bit is the sign.
        """
        for data, number in (
            (b"\x00", 0),
            (b"\x7f", 0x7F),
            (b"\x81\x00", 0x80),
            (b"\xff\x7f", 0x3FFF),
            (b"\x81\x80\x00", 0x4000),
            (b"\xff\xff\x7f", 0x1FFFFF),
            (b"\x80\xc0\x80\x00", 0x200000),
            (b"\xbf\xff\xff\xff", 0xFFFFFFF),
            (b"\xc0\x80\x80\x00", -0x10000000),
            (b"\xff\xff\xff\xff", -1),
            # Longer than it need be.
            (b"\x80\x05", 5),
            (b"\x80\x80\x80\x05", 5),
        ):
            self.assertEqual(decode(b"\x11\x04" + data + ONE), [number, 1.0])

    def test_float(self) -> None:
        """
        Integers are numbers like all others: AMF0 has one kind.
        """
        (found,) = decode(b"\x11\x04\x05")
        self.assertIs(type(found), float)


class NameTests(SynchronousTestCase):
    """
    What becomes a name in AMF0.
    """

    def test_dictionary(self) -> None:
        """
        Of a dictionary those entries are kept whose key is a string or a
        number.
        """
        keys: tuple[tuple[Written, str | None], ...] = (
            ("", ""),
            ("a", "a"),
            (-3, "-3"),
            (2.5, "2.5"),
            (-0.0, "0"),
            (1e20, "100000000000000000000"),
            (1e300, "1e+300"),
            (math.inf, "inf"),
            (b"\xff", "\udcff"),
            (XML("<a/>"), "<a/>"),
            (None, None),
            (UNDEFINED, None),
            (True, None),
            (Array(), None),
            (Object(), None),
            (Date(1.0), None),
            ("x" * 65535, "x" * 65535),
            ("x" * 65536, None),
            ("\xe9" * 32768, None),
        )
        for key, name in keys:
            data = AMF3Writer().write(Dictionary([(key, 7), ("last", 8)]))
            (found,) = decode(b"\x11" + data)
            expected = {"last": 8.0} if name is None else {name: 7.0, "last": 8.0}
            self.assertEqual(found, expected)
            self.assertEqual(
                [*map(type, cast(ECMAArray, found))], [str] * len(expected)
            )
            self.assertEqual(decode(encode([found])), [found])

    def test_tooLong(self) -> None:
        """
        A name that AMF0 cannot write is refused, for properties as for
        classes.
        """
        for size, fine in ((65535, True), (65536, False)):
            name = "x" * size
            for value in (
                Object(others={name: None}),
                Object(sealed={name: None}),
                Object(name),
                Array(named={name: None}),
            ):
                data = b"\x11" + AMF3Writer().write(value)
                if fine:
                    found = decode(data)
                    self.assertEqual(decode(encode(found)), found)
                else:
                    self.assertRaises(AMFError, decode, data)
        # Nobody writes the class of the items of a vector.
        self.assertEqual(decode(b"\x11" + AMF3Writer().write(Vector(name, []))), [[]])

    def test_itemsAndNames(self) -> None:
        """
        An item and a name that mean the same place are one: the item.
        """
        data = b"\x11\x09\x03\x030\x03\x01\x02"
        self.assertEqual(decode(data), [{"0": False}])

    def test_sameName(self) -> None:
        """
        Of properties with one name the last wins.
        """
        data = b"\x11\x0a\x1b\x01\x03a\x02\x00\x03\x01"
        self.assertEqual(decode(data), [{"a": True}])
        data = b"\x11\x0a\x0b\x01\x03a\x02\x00\x03\x01"
        self.assertEqual(decode(data), [{"a": True}])

    def test_emptySealedName(self) -> None:
        """
        A property that the class has may have no name.
        """
        data = b"\x11\x0a\x13\x01\x01\x03"
        self.assertEqual(decode(data), [{"": True}])
        self.assertEqual(decode(encode(decode(data))), [{"": True}])
