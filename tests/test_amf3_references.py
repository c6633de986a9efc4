"""
Tests for L{rtmptwisted.wire.amf3}: references, and random values.

The T numbers are those of the project's list of traps of the wire.
"""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.errors import AMFError
from rtmptwisted.wire.amf import (
    UNDEFINED,
    AMFValue,
    Date,
    TypedObject,
    XMLDocument,
    decode,
    encode,
)
from rtmptwisted.wire.limits import Limits
from tests.amf3_writer import (
    XML,
    AMF3Writer,
    Array,
    Dictionary,
    External,
    Object,
    Vector,
    Written,
    asRead,
    described,
    u29,
)
from tests.wire_support import hostile

ONE = b"\x00\x3f\xf0\0\0\0\0\0\0"
COLLECTION = "flex.messaging.io.ArrayCollection"


def array(*items: bytes) -> bytes:
    """
    @return: an array of values that are written already.
    """
    return b"\x09" + u29(len(items) * 2 + 1) + b"\1" + b"".join(items)


def read(data: bytes, limits: Limits | None = None) -> AMFValue:
    """
    @return: the one value in AMF3 that these bytes are.
    """
    (value,) = decode(b"\x11" + data, limits)
    return value


class ReferenceTests(SynchronousTestCase):
    """
    The three tables of references.
    """

    def test_strings(self) -> None:
        """
        Strings, names of properties and names of classes share one table, in
        the order in which they are written; the empty string is not in it.
        """
        data = array(
            b"\x06\x03s",
            b"\x06\x01",
            b"\x0a\x1b\x07Cls\x03a\x01\x03b\x01\x01",
            b"\x06\0",
            b"\x06\2",
            b"\x06\4",
            b"\x06\6",
            b"\x0a\x0b\0\6\x01\x01",
        )
        expected = ["s", "", {"a": None, "b": None}, "s", "Cls", "a", "b", {"b": None}]
        self.assertEqual(read(data), expected)

    def test_objects(self) -> None:
        """
        Everything that is not a plain value has a number, in the order in
        which they start.
        """
        complex: tuple[Written, ...] = (
            XML("a", old=True),
            Date(1.0),
            Array([None]),
            Object("A", {"p": True}),
            External(COLLECTION, "inside"),
            XML("b"),
            b"c",
            Vector("i", [1]),
            Vector("I", [2]),
            Vector("d", [3.0]),
            Vector("A", [None]),
            Dictionary([("k", True)]),
        )
        written = [AMF3Writer(references=False).write(each) for each in complex]
        # The array around them is number 0.
        again = [data[:1] + u29(2 * n + 2) for n, data in enumerate(written)]
        found = read(array(*written, *again))
        expected: list[AMFValue] = [asRead(each) for each in complex] * 2
        self.assertEqual(described(found), described(expected))

    def test_otherMarker(self) -> None:
        """
        A reference is to the value with that number, whatever type its own
        marker says.
        """
        self.assertEqual(read(array(b"\x0b\x05ab", b"\x09\2")), [XMLDocument("ab")] * 2)

    def test_traits(self) -> None:
        """
        What a class is like is written once, and refers to nothing of the
        object it was written with.
        """
        data = array(
            b"\x0a\x13\x03A\x03a\x02",
            b"\x0a\x0b\x01\x03x\x01\x01",
            b"\x0a\x01\x03",
            b"\x0a\x05\x04\x03\x01",
        )
        a, b = TypedObject("A"), TypedObject("A")
        a["a"], b["a"] = False, True
        expected: list[AMFValue] = [a, {"x": None}, b, {"x": True}]
        self.assertEqual(described(read(data)), described(expected))

    def test_missing(self) -> None:
        """
        A reference to what has not been is an error.
        """
        for data in (
            b"\x06\0",
            b"\x0a\x02",
            b"\x09\0\x01",
            b"\x0a\x01",
            b"\x0a\x09",
            b"\x0c\x02",
            array(b"\x06\x03a", b"\x06\2"),
            array(b"\x09\x04"),
            array(b"\x0a\x03\x01", b"\x0a\x05"),
        ):
            self.assertRaises(AMFError, read, data)

    def test_wholeMessage(self) -> None:
        """
        T-45: the tables are those of the message: values behind markers of
        their own refer to what stands before them, as Flash Player writes
        them, also from inside objects in AMF0.
        """
        writer = AMF3Writer()
        values: list[Written] = [
            Object("", {"format": "text", "value": "one"}),
            Object("", {"type": "other", "value": "one"}),
            Object("", {"type": "text", "value": "two"}, {}),
            Object("", {"type": "other", "value": "one"}),
            Array(["value", Object("", {"type": "text", "value": "two"}, {})]),
        ]
        written = [b"\x11" + writer.write(value) for value in values]
        # The second name of the second object, and the whole of the fourth.
        self.assertIn(b"\x09type\x02", written[1])
        self.assertEqual(written[3], b"\x11\x0a\x02")
        expected = [asRead(value) for value in values]
        self.assertEqual(decode(ONE.join(written))[::2], expected)
        within = b"\x0a\0\0\0\5" + b"".join(written)
        self.assertEqual(decode(within), [expected])
        within = b"".join(b"\3\0\1a" + data + b"\0\0\x09" for data in written)
        self.assertEqual(decode(within), [{"a": value} for value in expected])

    def test_nextMessage(self) -> None:
        """
        They are empty at the beginning of each message.
        """
        first = b"\x11" + array(b"\x06\x03a", b"\x0a\x03\x01")
        self.assertEqual(decode(first), [["a", {}]])
        for second in (b"\x06\0", b"\x09\0", b"\x0a\x01"):
            self.assertEqual(len(decode(first + b"\x11" + second)), 2)
            self.assertRaises(AMFError, decode, b"\x11" + second)

    def test_versions(self) -> None:
        """
        What AMF0 refers to and what AMF3 refers to are not the same.
        """
        three = b"\x11" + array(b"\x06\x03a", b"\x0a\x03\x01")
        zero = b"\x03\0\1b\5\0\0\x09"
        self.assertEqual(decode(three + b"\x07\0\0"), [["a", {}]])
        self.assertEqual(decode(zero + b"\x11\x0a\0"), [{"b": None}])
        found = decode(three + zero + b"\x07\0\0" + b"\x11\x0a\2")
        self.assertEqual(found, [["a", {}], {"b": None}, {"b": None}, {}])
        outer = b"\x0a\0\0\0\2" + three + b"\x07\0\0"
        self.assertEqual(decode(outer), [[["a", {}], None]])

    def test_cycle(self) -> None:
        """
        Nothing comes to contain itself: inside a value a reference to it is
        L{None}.
        """
        for data, expected in (
            (array(b"\x09\0"), [None]),
            (array(array(b"\x09\0", b"\x09\2")), [[None, None]]),
            (b"\x0a\x0b\x01\x03a\x0a\0\x01", {"a": None}),
            (b"\x0a\x13\x01\x03a\x0a\0", {"a": None}),
            (b"\x09\x01\x03a\x09\0\x01", {"a": None}),
            (b"\x10\x03\0\x01\x10\0", [None]),
            (b"\x11\x03\0\x11\0\x01", {}),
            (b"\x11\x03\0\x06\x03a\x11\0", {"a": None}),
            (AMF3Writer().write(External(COLLECTION, True))[:-1] + b"\x0a\0", None),
        ):
            self.assertEqual(read(data), expected)

    def test_external(self) -> None:
        """
        An object of a class that writes itself is an error, also where its
        class is given by a reference; two classes are known.
        """
        for name in ("", "x", "flex.messaging.io.ArrayCollectionX"):
            data = AMF3Writer().write(External(name, True))
            self.assertRaises(AMFError, read, data)
        known = External(COLLECTION, Array([True]))
        data = AMF3Writer().write(Array([known, External(COLLECTION, "x"), known]))
        self.assertEqual(read(data), [[True], "x", [True]])


TEXT = st.text(st.characters(codec="utf-8"), max_size=6)
NAMES = st.text("abc", min_size=1, max_size=2)
SCALARS: st.SearchStrategy[Written] = st.one_of(
    st.none(),
    st.booleans(),
    st.just(UNDEFINED),
    st.integers(-0x10000000, 0xFFFFFFF),
    st.floats(),
    TEXT,
    st.binary(max_size=6),
    st.builds(XML, TEXT, st.booleans()),
    st.builds(Date, st.floats()),
    st.builds(Vector, st.just("i"), st.lists(st.integers(-(2**31), 2**31 - 1))),
    st.builds(Vector, st.just("I"), st.lists(st.integers(0, 2**32 - 1))),
    st.builds(Vector, st.just("d"), st.lists(st.floats()), st.booleans()),
)


def containers(inner: st.SearchStrategy[Written]) -> st.SearchStrategy[Written]:
    """
    @return: everything that other values can be in.
    """
    items = st.lists(inner, max_size=3)
    named = st.dictionaries(NAMES, inner, max_size=3)
    wrappers = ("flex.messaging.io.ArrayCollection", "flex.messaging.io.ObjectProxy")
    keys = inner.filter(
        lambda key: isinstance(key, int) or not isinstance(asRead(key), float)
    )
    return st.one_of(
        st.builds(Array, items, named),
        st.builds(Object, st.sampled_from(("", "A", "b.C")), named, named | st.none()),
        st.builds(External, st.sampled_from(wrappers), inner),
        st.builds(Vector, st.sampled_from(("", "A")), items, st.booleans()),
        st.builds(Dictionary, st.lists(st.tuples(keys | TEXT, inner), max_size=3)),
    )


VALUES = st.recursive(SCALARS, containers, max_leaves=10)


class RandomTests(SynchronousTestCase):
    """
    Random values.
    """

    @given(st.lists(VALUES, max_size=4), st.booleans())
    @settings(max_examples=150, deadline=None, derandomize=True)
    def test_written(self, values: list[Written], references: bool) -> None:
        """
        What a sender writes is read as that, whether it writes references or
        not, and can be written in AMF0.
        """
        # Everything twice, so that there is something to refer to.
        value = Array([*values, *values])
        data = b"\x11" + AMF3Writer(references).write(value)
        found = decode(data + ONE)
        expected = asRead(value)
        self.assertEqual(described(found), described([expected, 1.0]))
        self.assertEqual(described(decode(encode(found))), described(found))

    @given(st.binary(max_size=120))
    @settings(max_examples=300, deadline=None, derandomize=True)
    def test_noise(self, data: bytes) -> None:
        """
        Random bytes are a value or an AMF error.
        """
        self.attempt(data)

    def test_likelyNoise(self) -> None:
        """
        So are random bytes that all mean something: markers, small lengths and
        low references.
        """
        outcomes = []
        for seed in range(3000):
            random = Random(seed)
            size = random.randint(1, 60)
            data = bytes(random.choices(range(0x14), k=size)) + b"\x01" * 20
            outcomes.append(self.attempt(data))
        self.assertTrue(500 < sum(outcomes) < 2500, sum(outcomes))

    def test_mutations(self) -> None:
        """
        So are damaged values.
        """
        inner: list[Written] = [
            XML("<a/>"),
            Object("A", {"p": 5, "q": "text"}, {"r": UNDEFINED}),
            External(COLLECTION, Array([1.5, "text"], {"named": False})),
            Vector("A", [Object("A", {"p": 6, "q": "p"}, {})]),
            Dictionary([("text", b"bytes"), (7, Date(8.0))]),
            Vector("i", [1, -2, 3]),
        ]
        valid = AMF3Writer().write(Array([*inner, *inner]))
        self.assertTrue(self.attempt(valid))
        outcomes = [self.attempt(hostile(valid, Random(seed))) for seed in range(600)]
        self.assertTrue(50 < sum(outcomes) < 550, sum(outcomes))

    def attempt(self, data: bytes) -> bool:
        """
        @return: whether these bytes are a value; then it can be written in
            AMF0, and is the same value again.
        """
        try:
            (value, *_) = decode(b"\x11" + data)
        except AMFError:
            return False
        again = encode([value])
        self.assertEqual(described(decode(again)), described([value]))
        return True
