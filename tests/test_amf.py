"""
Tests for L{rtmptwisted.wire.amf}.

The T numbers are those of the project's list of traps of the wire.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random
from typing import cast

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.errors import AMFError, AMFLimitError
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
from rtmptwisted.wire.limits import Limits
from tests.wire_support import hostile

ONE = b"\x00\x3f\xf0\0\0\0\0\0\0"
END = b"\0\0\x09"


def ecma(**properties: AMFValue) -> ECMAArray:
    """
    @return: an ECMA array.
    """
    array = ECMAArray()
    array.update(properties)
    return array


def typed(className: str, **properties: AMFValue) -> TypedObject:
    """
    @return: a typed object.
    """
    value = TypedObject(className)
    value.update(properties)
    return value


#: Bytes and the value that they are, both ways.
VECTORS: tuple[tuple[bytes, AMFValue], ...] = (
    (ONE, 1.0),
    (b"\x00" + bytes(8), 0.0),
    (b"\x00\xc0\x9f\x40\0\0\0\0\0", -2000.0),
    (b"\x00\x7f\xf0\0\0\0\0\0\0", math.inf),
    (b"\x01\x01", True),
    (b"\x01\x00", False),
    (b"\x02\0\0", ""),
    (b"\x02\0\4live", "live"),
    (b"\x02\0\2\xc3\xa9", "\xe9"),
    (b"\x02\0\2\xff\x41", "\udcffA"),
    (b"\x02\xff\xff" + b"x" * 65535, "x" * 65535),
    (b"\x0c\x00\x01\x00\x00" + b"x" * 65536, "x" * 65536),
    (b"\x03\0\0\x09", {}),
    (b"\x03\0\1a\x05\0\0\x02\0\1v" + END, {"a": None, "": "v"}),
    (b"\x05", None),
    (b"\x06", UNDEFINED),
    (b"\x08\0\0\0\1\0\1w" + ONE + END, ecma(w=1.0)),
    (b"\x0a\0\0\0\0", []),
    (b"\x0a\0\0\0\2\x05\x0a\0\0\0\1\x01\1", [None, [True]]),
    (b"\x0b\x3f\xf0\0\0\0\0\0\0\xff\xc4", Date(1.0, -60)),
    (b"\x0f\0\0\0\4<a/>", XMLDocument("<a/>")),
    (b"\x10\0\3Cls\0\1p\x01\0" + END, typed("Cls", p=False)),
)


class VectorTests(SynchronousTestCase):
    """
    Bytes and values.
    """

    def assertSame(self, found: AMFValue, expected: AMFValue) -> None:
        """
        The values are equal and of the same type.
        """
        self.assertEqual(found, expected)
        self.assertIs(type(found), type(expected))

    def test_decode(self) -> None:
        """
        R16: each vector is that value.
        """
        for data, value in VECTORS:
            (found,) = decode(data)
            self.assertSame(found, value)

    def test_encode(self) -> None:
        """
        Each value is written as that vector.
        """
        for data, value in VECTORS:
            self.assertEqual(encode([value]), data)

    def test_oneAfterTheOther(self) -> None:
        """
        Values end where they end: in any order behind one another they are
        the same.
        """
        vectors = list(VECTORS)
        for seed in range(20):
            Random(seed).shuffle(vectors)
            data = b"".join(vector for vector, _ in vectors)
            for found, (_, value) in zip(decode(data), vectors, strict=True):
                self.assertSame(found, value)

    def test_nothing(self) -> None:
        """
        No bytes are no values.
        """
        self.assertEqual(decode(b""), [])
        self.assertEqual(encode([]), b"")

    def test_truncated(self) -> None:
        """
        A value that is cut off is an error, but for an object or array of
        which whole properties are there.
        """
        for data, _ in VECTORS:
            step = max(1, len(data) // 50)
            for size in range(1, len(data), step):
                try:
                    (found,) = decode(data[:size])
                except AMFError:
                    continue
                self.assertIsInstance(found, dict, (data[:10], size))

    def test_className(self) -> None:
        """
        T-46: a typed object keeps its class name.
        """
        (found,) = decode(b"\x10\0\3Cls" + END)
        assert isinstance(found, TypedObject)
        self.assertEqual(found.className, "Cls")


class ReadingTests(SynchronousTestCase):
    """
    T-46: what real encoders write.
    """

    def test_wrongCount(self) -> None:
        """
        The count of an ECMA array is not believed, whether it is 0, too small
        or too large.
        """
        for count in (b"\0\0\0\0", b"\0\0\0\1", b"\xff\xff\xff\xff"):
            data = b"\x08" + count + b"\0\1a\x05\0\1b" + ONE + END + ONE
            self.assertEqual(decode(data), [{"a": None, "b": 1.0}, 1.0])

    def test_unterminated(self) -> None:
        """
        An object or array that the message ends is taken as it stands, nested
        ones too.
        """
        for start in (b"\x03", b"\x08\0\0\0\1", b"\x10\0\1C"):
            self.assertEqual(decode(start + b"\0\1a" + ONE), [{"a": 1.0}])
            nested = start + b"\0\1o\x03\0\1a" + ONE
            self.assertEqual(decode(nested), [{"o": {"a": 1.0}}])

    def test_unterminatedInside(self) -> None:
        """
        But a property without a value is an error.
        """
        self.assertRaises(AMFError, decode, b"\x03\0\1a")
        self.assertRaises(AMFError, decode, b"\x03\0\5a")
        self.assertRaises(AMFError, decode, b"\x03\0\0")

    def test_duplicateKeys(self) -> None:
        """
        Of properties with one name the last wins.
        """
        data = b"\x03\0\1a\x05\0\1a" + ONE + END
        self.assertEqual(decode(data), [{"a": 1.0}])

    def test_emptyKey(self) -> None:
        """
        A property may have no name: only with the end marker behind it that
        is the end.
        """
        data = b"\x03\0\0" + ONE + b"\0\1b\x05" + END
        self.assertEqual(decode(data), [{"": 1.0, "b": None}])

    def test_notUTF8(self) -> None:
        """
        Strings and names that are not UTF-8 are written back as they came.
        """
        for data in (
            b"\x02\0\3\xe9\x80x",
            b"\x03\0\2\xff\xfe\x05" + END,
            b"\x0f\0\0\0\1\x80",
            b"\x10\0\1\x80" + END,
        ):
            self.assertEqual(encode(decode(data)), data)

    def test_unsupported(self) -> None:
        """
        The Unsupported marker is read as Undefined.
        """
        self.assertEqual(decode(b"\x0d\x05"), [UNDEFINED, None])

    def test_anyTrue(self) -> None:
        """
        Every byte but zero is true.
        """
        self.assertEqual(decode(b"\x01\xff\x01\0"), [True, False])

    def test_nan(self) -> None:
        """
        A number may be none.
        """
        (found,) = decode(b"\x00\x7f\xf8\0\0\0\0\0\0")
        self.assertTrue(math.isnan(cast(float, found)))

    def test_unknownMarkers(self) -> None:
        """
        T-45: markers that the format does not have, or that nobody writes, are
        errors.
        """
        known = {*range(4), *range(5, 9), *range(10, 14), *range(15, 18)}
        for marker in {*range(256)} - known:
            data = bytes([marker]) + bytes(20)
            self.assertRaises(AMFError, decode, data)


class ReferenceTests(SynchronousTestCase):
    """
    T-46: references.
    """

    def test_reference(self) -> None:
        """
        A reference is the object or array that has that number, counted in
        the order in which they start.
        """
        data = b"\x03\0\1a\x0a\0\0\0\1\x05" + END + b"\x07\0\0\x07\0\1"
        self.assertEqual(decode(data), [{"a": [None]}, {"a": [None]}, [None]])

    def test_missing(self) -> None:
        """
        A reference to what has not been is an error.
        """
        self.assertRaises(AMFError, decode, b"\x07\0\0")
        self.assertRaises(AMFError, decode, b"\x0a\0\0\0\1\x07\0\1")

    def test_cycle(self) -> None:
        """
        Nothing comes to contain itself: inside an object a reference to it is
        L{None}.
        """
        (found,) = decode(b"\x03\0\2me\x07\0\0\0\1x" + ONE + END)
        self.assertEqual(found, {"me": None, "x": 1.0})

    def test_multiplied(self) -> None:
        """
        What is referred to counts against the limit as if it were written
        out: 30 lists that each refer twice to the one before would be 2^30
        values for whoever writes them.
        """
        data = b"\x0a\0\0\0\0"
        for index in range(5):
            data += b"\x0a\0\0\0\2" + (b"\x07" + index.to_bytes(2, "big")) * 2
        # 1, 3, 7 ... values in each list.
        values = sum(2**n - 1 for n in range(1, 7))
        decode(data, Limits(amfValues=values))
        self.assertRaises(AMFError, decode, data, Limits(amfValues=values - 1))
        for index in range(5, 30):
            data += b"\x0a\0\0\0\2" + (b"\x07" + index.to_bytes(2, "big")) * 2
        self.assertRaises(AMFError, decode, data)

    def test_bytes(self) -> None:
        """
        The bytes that references stand for count against the limit of a data
        message: a string that is written once cannot be answered, or sent to
        everybody, two thousand times over.
        """
        big = encode([{"s": "x" * 100_000}])
        self.assertEqual(len(decode(big + b"\x07\0\0" * 2)), 3)
        for count in (3, 2000):
            data = big + b"\x07\0\0" * count
            self.assertRaises(AMFLimitError, decode, data)
        # Inside an object as well as behind one.
        data = b"\x03\0\1a" + big
        for index in range(2000):
            data += b"\0\4%04d\x07\0\1" % index
        self.assertRaises(AMFLimitError, decode, data + END)

    def test_bytesExactly(self) -> None:
        """
        Each reference counts as what stands behind the marker of its object.
        """
        value = encode([{"s": "x" * 100}])
        data = value + b"\x07\0\0" * 3
        size = 3 * (len(value) - 1)
        self.assertEqual(decode(data, Limits(dataMessage=size)), decode(value) * 4)
        limits = Limits(dataMessage=size - 1)
        self.assertRaises(AMFLimitError, decode, data, limits)

    def test_bytesNested(self) -> None:
        """
        A reference to what has references in it counts with all of theirs.
        """

        def doubled(times: int) -> bytes:
            data = encode([{"s": "x" * 1000}])
            for index in range(times):
                data += b"\x0a\0\0\0\2" + (b"\x07" + index.to_bytes(2, "big")) * 2
            return data

        limits = Limits(amfValues=1_000_000)
        # 2 + 4 + ... times 1000 bytes: 126,000 fit into 256 KiB, 510,000 do not.
        self.assertEqual(len(decode(doubled(6), limits)), 7)
        self.assertRaises(AMFLimitError, decode, doubled(8), limits)

    def test_honest(self) -> None:
        """
        An encoder that refers to the same few properties many times is read.
        """
        track: dict[str, AMFValue] = {"codec": "avc1", "language": "eng"}
        data = encode([track]) + b"\x07\0\0" * 500
        self.assertEqual(decode(data), [track] * 501)

    def test_nested(self) -> None:
        """
        References do not nest deeper than values may: what can be read can be
        written.
        """
        data = b"\x0a\0\0\0\0"
        most = Limits().amfDepth
        for index in range(most):
            data += b"\x0a\0\0\0\1\x07" + index.to_bytes(2, "big")
        found = decode(data)
        self.assertEqual(decode(encode(found)), found)
        data += b"\x0a\0\0\0\1\x07" + most.to_bytes(2, "big")
        self.assertRaises(AMFError, decode, data)


class TrailingTests(SynchronousTestCase):
    """
    What follows the first value.
    """

    def test_leftOut(self) -> None:
        """
        What cannot be read ends the values, and those before it are there:
        rubbish, a value that is cut off, in AMF3 too, a reference to nothing,
        an array without its values.
        """
        for rubbish in (
            b"\xff",
            b"\0\0\x09",
            b"\x02\0\5abc",
            b"\x00\x3f\xf0",
            b"\x11\x0a\x0b\1",
            b"\x07\0\7",
            b"\x0a\xff\xff\xff\xff\5",
            b"\x03\0\1a\xff",
        ):
            for start, values in ((ONE, [1.0]), (ONE + b"\3" + END, [1.0, {}])):
                self.assertEqual(decode(start + rubbish), values, rubbish)
                # Nothing after it is believed either.
                self.assertEqual(decode(start + rubbish[:1] + b"\xff"), values)
            self.assertRaises(AMFError, decode, rubbish)

    def test_limits(self) -> None:
        """
        What goes past a limit is an error wherever it stands.
        """
        for data in (
            b"\x05" * 4097,
            ONE + b"\x0a\0\0\0\1" * 40 + b"\5",
            ONE + encode([{"s": "x" * 100_000}]) + b"\x07\0\0" * 3,
            ONE + encode(["x" * 131_073]),
        ):
            self.assertRaises(AMFLimitError, decode, data)

    def test_otherErrors(self) -> None:
        """
        What is malformed is not past a limit.
        """
        for data in (b"\xff", b"\x07\0\0", b"\x02\0\5abc"):
            error = self.assertRaises(AMFError, decode, data)
            self.assertNotIsInstance(error, AMFLimitError)


class LimitTests(SynchronousTestCase):
    """
    What one message can make us do.
    """

    def test_depth(self) -> None:
        """
        Values nest so deep and no deeper, in objects as in arrays, when they
        are read.
        """
        for start, end in ((b"\x0a\0\0\0\1", b""), (b"\x03\0\1a", END)):
            self.assertEqual(len(decode(start * 32 + b"\x05" + end * 32)), 1)
            deeper = start * 33 + b"\x05" + end * 33
            self.assertRaises(AMFLimitError, decode, deeper)
            self.assertEqual(len(decode(deeper, Limits(amfDepth=33))), 1)
            self.assertRaises(AMFLimitError, decode, start * 100_000)

    def test_depthWritten(self) -> None:
        """
        What can be written nests much deeper, whatever the limits of reading
        are: what was read with others than the usual can be written again.
        """
        wrappers: tuple[Callable[[AMFValue], AMFValue], ...] = (
            lambda value: [value],
            lambda value: {"a": value},
        )
        for wrapped in wrappers:
            value: AMFValue = None
            for depth in range(1, 201):
                value = wrapped(value)
                if depth == 64:
                    limits = Limits(amfDepth=64)
                    self.assertEqual(decode(encode([value]), limits), [value])
            self.assertEqual(decode(encode([value]), Limits(amfDepth=200)), [value])
            self.assertRaises(AMFError, encode, [wrapped(value)])
            for _ in range(100_000):
                value = wrapped(value)
            self.assertRaises(AMFError, encode, [value])
            # Or taking it apart would need more stack than there is.
            while value is not None:
                assert isinstance(value, list | dict)
                value = value[0] if isinstance(value, list) else value["a"]

    def test_values(self) -> None:
        """
        So many values make a message and no more, those inside others
        counted.
        """
        self.assertEqual(len(decode(b"\x05" * 4096)), 4096)
        self.assertRaises(AMFError, decode, b"\x05" * 4097)
        inside = b"\x0a\0\0\x10\0" + b"\x05" * 4096
        self.assertRaises(AMFError, decode, inside)
        self.assertEqual(len(decode(inside, Limits(amfValues=4097))), 1)
        names = b"\x03" + b"\0\1a\x05" * 4096
        self.assertRaises(AMFError, decode, names)

    def test_strictArrayCount(self) -> None:
        """
        An array that says it has more values than there are bytes left is
        refused before any is read.
        """
        self.assertRaises(AMFError, decode, b"\x0a\xff\xff\xff\xff\x05")
        self.assertRaises(AMFError, decode, b"\x0a\0\0\0\2\x05")
        error = self.assertRaises(AMFError, decode, b"\x0a\0\1\0\0" + b"\5" * 5000)
        self.assertNotIsInstance(error, AMFLimitError)

    def test_stringLength(self) -> None:
        """
        A string that says it is longer than the message is refused.
        """
        self.assertRaises(AMFError, decode, b"\x0c\xff\xff\xff\xffabc")
        self.assertRaises(AMFError, decode, b"\x02\0\4abc")

    def test_longestString(self) -> None:
        """
        A string, a name, the name of a class and a document may be so long and
        no longer.  What is cut off as well is malformed in the first place.
        """
        values: tuple[AMFValue, ...] = (
            "x" * 100,
            {"x" * 100: None},
            ecma(**{"x" * 100: None}),
            typed("x" * 100),
            XMLDocument("x" * 100),
        )
        for value in values:
            data = encode([value])
            self.assertEqual(decode(data, Limits(amfString=100)), [value])
            limits = Limits(amfString=99)
            self.assertRaises(AMFLimitError, decode, data, limits)
            self.assertEqual(decode(ONE + data[:50], limits), [1.0])
        longest = Limits().amfString
        self.assertEqual(len(decode(encode(["x" * longest]))), 1)
        self.assertRaises(AMFLimitError, decode, encode(["x" * (longest + 1)]))


class WritingTests(SynchronousTestCase):
    """
    What only writing knows.
    """

    def test_numbers(self) -> None:
        """
        An integer is written as a Number, a boolean is not.
        """
        self.assertEqual(encode([1]), ONE)
        self.assertEqual(encode([True]), b"\x01\1")
        self.assertRaises(AMFError, encode, [10**400])

    def test_longName(self) -> None:
        """
        A property name has a length of 16 bits.
        """
        self.assertEqual(len(encode([{"x" * 65535: None}])), 1 + 2 + 65535 + 1 + 3)
        self.assertRaises(AMFError, encode, [{"x" * 65536: None}])

    def test_noForm(self) -> None:
        """
        What is no AMF value is refused.
        """
        for value in (b"bytes", object(), {1, 2}):
            self.assertRaises(AMFError, encode, [cast(AMFValue, value)])


TEXT = st.text(max_size=12)
SCALARS: st.SearchStrategy[AMFValue] = st.one_of(
    st.none(),
    st.booleans(),
    st.floats(allow_nan=False),
    TEXT,
    TEXT.map(XMLDocument),
    st.just(UNDEFINED),
    st.builds(Date, st.floats(allow_nan=False), st.integers(-32768, 32767)),
)


def containers(inner: st.SearchStrategy[AMFValue]) -> st.SearchStrategy[AMFValue]:
    """
    @return: objects and arrays of such values.
    """
    properties = st.dictionaries(TEXT, inner, max_size=4)
    return st.one_of(
        st.lists(inner, max_size=4),
        properties,
        properties.map(ECMAArray),
    )


VALUES = st.recursive(SCALARS, containers, max_leaves=12)


class RandomTests(SynchronousTestCase):
    """
    Random values and random bytes.
    """

    @given(st.lists(VALUES, max_size=4))
    @settings(max_examples=150, deadline=None, derandomize=True)
    def test_bothWays(self, values: list[AMFValue]) -> None:
        """
        What is written is read back as the same values of the same types.
        """
        found = decode(encode(values))
        self.assertEqual(found, values)
        # dict and ECMAArray are equal to each other; their repr is not.
        self.assertEqual(encode(found), encode(values))

    @given(st.binary(max_size=200))
    @settings(max_examples=300, deadline=None, derandomize=True)
    def test_noise(self, data: bytes) -> None:
        """
        Random bytes are values or an AMF error.
        """
        self.attempt(data)

    def test_mutations(self) -> None:
        """
        So are damaged values.  They are inside an array, as what follows the
        first value is left out when it is damaged.
        """
        vectors = [data for data, _ in VECTORS if len(data) < 100]
        vectors += [b"\x07\0\1", b"\x07\0\4"]
        valid = b"\x0a" + len(vectors).to_bytes(4, "big") + b"".join(vectors)
        self.assertTrue(self.attempt(valid))
        outcomes = [self.attempt(hostile(valid, Random(seed))) for seed in range(600)]
        self.assertTrue(50 < sum(outcomes) < 550, sum(outcomes))

    def attempt(self, data: bytes) -> bool:
        """
        @return: whether these bytes are values; then they can be written, and
            are the same values again.
        """
        try:
            values = decode(data)
        except AMFError:
            return False
        again = encode(values)
        self.assertEqual(encode(decode(again)), again)
        return True
