"""
Properties of L{rtmptwisted.wire.amf} that hold for all values.

What is read is held against what was meant, not only against what is written
again: references, limits and ends of the data are written here by hand.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

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

SETTINGS = settings(max_examples=150, deadline=None, derandomize=True, database=None)

#: Text as peers send it: also bytes that are not UTF-8.
TEXT = st.one_of(
    st.text(max_size=8),
    st.binary(max_size=8).map(lambda data: data.decode("utf-8", "surrogateescape")),
)

#: Around the length where a string gets another form.
LONG = st.integers(65533, 65538).map("x".__mul__)


def typed(className: str, properties: dict[str, AMFValue]) -> AMFValue:
    """
    @return: an object of a class.
    """
    value = TypedObject(className)
    value.update(properties)
    return value


SCALARS: st.SearchStrategy[AMFValue] = st.one_of(
    st.none(),
    st.booleans(),
    st.floats(),
    TEXT,
    TEXT.map(XMLDocument),
    st.just(UNDEFINED),
    st.builds(Date, st.floats(), st.integers(-32768, 32767)),
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
        st.builds(typed, TEXT, properties),
    )


VALUES = st.recursive(SCALARS, containers, max_leaves=12)
LISTS = st.lists(VALUES, min_size=1, max_size=4)


def inner(value: AMFValue) -> list[AMFValue]:
    """
    @return: the values right inside a value.
    """
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def everything(values: list[AMFValue]) -> Iterator[AMFValue]:
    """
    @return: values and what is inside them, in the order of their first bytes.
    """
    for value in values:
        yield value
        yield from everything(inner(value))


def count(value: AMFValue) -> int:
    """
    @return: how many values a value is.
    """
    return sum(1 for _ in everything([value]))


def depth(value: AMFValue) -> int:
    """
    @return: how many levels are below a value.
    """
    return max((1 + depth(each) for each in inner(value)), default=0)


def shape(value: AMFValue) -> object:
    """
    @return: something equal for values that are alike to the bit, types
        included, and unequal for all others.
    """
    kind = type(value).__name__
    if isinstance(value, float):
        return kind, struct.pack(">d", value)
    if isinstance(value, Date):
        return kind, struct.pack(">d", value.milliseconds), value.timezone
    if isinstance(value, dict):
        name = value.className if isinstance(value, TypedObject) else None
        return kind, name, [(key, shape(each)) for key, each in value.items()]
    if isinstance(value, list):
        return kind, [shape(each) for each in value]
    return kind, value


class AMFPropertyTests(SynchronousTestCase):
    """
    What holds for all values.
    """

    def assertSame(self, found: list[AMFValue], expected: list[AMFValue]) -> None:
        """
        Two lists are alike to the bit.
        """
        self.assertEqual(
            [shape(each) for each in found], [shape(each) for each in expected]
        )

    @given(LISTS)
    @SETTINGS
    def test_bothWays(self, values: list[AMFValue]) -> None:
        """
        All values come back to the bit: numbers that are none, negative zeros,
        text that is not UTF-8, the names of classes.
        """
        self.assertSame(decode(encode(values)), values)

    @given(LONG, st.sampled_from((str, XMLDocument)))
    @settings(SETTINGS, max_examples=12)
    def test_longText(self, text: str, kind: Callable[[str], AMFValue]) -> None:
        """
        A text is the same one on both sides of the length where its form
        changes.
        """
        self.assertSame(decode(encode([kind(text), 1.0])), [kind(text), 1.0])

    @given(LISTS, st.data())
    @SETTINGS
    def test_references(self, values: list[AMFValue], data: st.DataObject) -> None:
        """
        A reference is the object or array of that number, counted in the order
        in which they begin; the next number is nothing.
        """
        numbered = [
            each for each in everything(values) if isinstance(each, dict | list)
        ]
        written = encode(values)
        past = b"\x07" + len(numbered).to_bytes(2, "big")
        self.assertSame(decode(written + past), values)
        if numbered:
            index = data.draw(st.integers(0, len(numbered) - 1))
            reference = b"\x07" + index.to_bytes(2, "big")
            self.assertSame(
                decode(written + reference * 2), [*values, *[numbered[index]] * 2]
            )

    @given(LISTS)
    @SETTINGS
    def test_limits(self, values: list[AMFValue]) -> None:
        """
        A message may have just as many values and levels as the limits say.
        """
        written = encode(values)
        many = sum(count(each) for each in values)
        deep = max(depth(each) for each in values)
        self.assertSame(decode(written, Limits(amfValues=many, amfDepth=deep)), values)
        for limits in (Limits(amfValues=many - 1), Limits(amfDepth=deep - 1)):
            self.assertRaises(AMFLimitError, decode, written, limits)

    @given(LISTS, st.data())
    @SETTINGS
    def test_referencesCount(self, values: list[AMFValue], data: st.DataObject) -> None:
        """
        What is referred to counts as if it stood there once more, in values as
        in levels.
        """
        wrapped: list[AMFValue] = [values]
        numbered = [
            each for each in everything(wrapped) if isinstance(each, dict | list)
        ]
        index = data.draw(st.integers(0, len(numbered) - 1))
        levels = data.draw(st.integers(0, 3))
        written = encode(wrapped) + b"\x0a\0\0\0\1" * levels
        written += b"\x07" + index.to_bytes(2, "big")
        many = count(wrapped[0]) + levels + count(numbered[index])
        deep = max(depth(wrapped[0]), levels + depth(numbered[index]))
        self.assertEqual(len(decode(written, Limits(amfValues=many, amfDepth=deep))), 2)
        for limits in (Limits(amfValues=many - 1), Limits(amfDepth=deep - 1)):
            self.assertRaises(AMFLimitError, decode, written, limits)

    @given(LISTS)
    @settings(SETTINGS, max_examples=60)
    def test_cutOff(self, values: list[AMFValue]) -> None:
        """
        Data that ends anywhere has the values that are whole, and perhaps what
        there is of one more; or it is an AMF error.
        """
        ends = [len(encode(values[:number])) for number in range(len(values) + 1)]
        written = encode(values)
        for end in range(len(written) + 1):
            whole = sum(each <= end for each in ends) - 1
            try:
                found = decode(written[:end])
            except AMFError:
                self.assertEqual(whole, 0)
                continue
            self.assertSame(found[:whole], values[:whole])
            self.assertLessEqual(len(found), whole + 1)
