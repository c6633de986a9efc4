"""
AMF3, as it stands inside AMF0: reading only.

Source: Action Message Format AMF 3 (Adobe, 2013).  All numbers are big-endian.

Nothing is ever written in AMF3.  So everything is read as a value that AMF0 has
too, and data that came as AMF3 can be passed on:

    ===============  ======================================================
    AMF3             Python
    ===============  ======================================================
    Integer, Double  L{float}, as the Number of AMF0
    False, True      L{bool}
    String           L{str}, with surrogate escapes as in AMF0
    Object           L{dict}, or L{TypedObject} when it has a class name
    Externalizable   of the classes in L{WRAPPERS} the value inside; no other
                     can be read
    Array, Vector    L{list}, or L{ECMAArray} for an array that has names too,
                     with the other items under C{"0"}, C{"1"} and so on
    Dictionary       L{ECMAArray}, without the entries whose key is neither a
                     string nor a number: AMF0 has no keys but names
    XML, XMLDocument L{XMLDocument}
    Date             L{Date}
    ByteArray        L{str}, with surrogate escapes.  AMF0 has no bytes, and a
                     string is what keeps them: it is written as the bytes that
                     came, and C{text.encode("utf-8", "surrogateescape")} is
                     those bytes.
    Null, Undefined  L{None}, L{UNDEFINED}
    Reference        the value it refers to, when that is complete, or else
                     L{None}: no value comes to contain itself
    ===============  ======================================================
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import ClassVar, NamedTuple, TypeVar

from rtmptwisted.errors import AMFError
from rtmptwisted.wire.amfvalues import (
    UNDEFINED,
    AMFSource,
    AMFValue,
    Date,
    ECMAArray,
    Marker3,
    TypedObject,
    XMLDocument,
)

_T = TypeVar("_T")

#: The classes that write themselves and are known to write one value.  How long
#: those of other classes are, only the class knows.
WRAPPERS = frozenset(
    ("flex.messaging.io.ArrayCollection", "flex.messaging.io.ObjectProxy")
)

#: Names have a length of 16 bits in AMF0.
_LONGEST_NAME = 0xFFFF

_int = struct.Struct(">i")
_uint = struct.Struct(">I")
_double = struct.Struct(">d")


class _Traits(NamedTuple):
    """
    What objects of one class have in common.

    @ivar names: of the properties that every one of them has.
    @ivar dynamic: whether each has others as well.
    @ivar external: whether the class writes itself.
    @ivar size: the bytes of all the names.
    """

    className: str
    names: list[str]
    dynamic: bool
    external: bool
    size: int


class Decoder:
    """
    What reads the values in AMF3 of one message, which may refer to one another.
    """

    def __init__(self, source: AMFSource) -> None:
        self._source = source
        # What references can point at, and its size when written.  Objects are
        # None until they are complete.
        self._strings: list[tuple[str, int]] = []
        self._objects: list[tuple[AMFValue, int]] = []
        self._traits: list[_Traits] = []

    def value(self, depth: int) -> AMFValue:
        """
        Read one value.

        @param depth: how deep it stands in others.
        @raise AMFError: when it is malformed, or goes past a limit.
        """
        self._source.count(depth)
        marker = self._source.byte()
        read = self._complex.get(marker)
        if read is None:
            return self._scalar(marker)
        start = self._source.extent
        header = self._number()
        if not header & 1:
            value, size = _referred(self._objects, header >> 1)
            self._source.repeat(value, size, depth)
            return value
        index = len(self._objects)
        self._objects.append((None, 0))
        value = read(self, header >> 1, depth)
        self._objects[index] = value, self._source.extent - start
        return value

    def _scalar(self, marker: int) -> AMFValue:
        match marker:
            case Marker3.UNDEFINED:
                return UNDEFINED
            case Marker3.NULL:
                return None
            case Marker3.FALSE:
                return False
            case Marker3.TRUE:
                return True
            case Marker3.INTEGER:
                number = self._number()
                # The first of the 29 bits is the sign.
                return float(number - ((number & 0x10000000) << 1))
            case Marker3.DOUBLE:
                return self._double()
            case Marker3.STRING:
                return self._string()[0]
        raise AMFError(f"unknown AMF3 value type 0x{marker:02x}")

    def _number(self) -> int:
        """
        Read an unsigned number of 29 bits: seven in each byte while its high
        bit is set, and all eight of the fourth.
        """
        number = 0
        for _ in range(3):
            byte = self._source.byte()
            number = number << 7 | byte & 0x7F
            if byte < 0x80:
                return number
        return number << 8 | self._source.byte()

    def _double(self) -> float:
        number: float = _double.unpack(self._source.take(8))[0]
        return number

    def _string(self) -> tuple[str, int]:
        """
        @return: a string, and its size in bytes.
        """
        header = self._number()
        if not header & 1:
            known = _referred(self._strings, header >> 1)
            self._source.refer(known[1])
            return known
        size = header >> 1
        read = self._source.text(size), size
        # The empty string has no number.
        if size:
            self._strings.append(read)
        return read

    def _name(self) -> str:
        name, size = self._string()
        if size > _LONGEST_NAME:
            raise AMFError(f"a name of {size} bytes, which AMF0 cannot have")
        return name

    # The values that references can point at.  Each takes what its header says
    # beyond the first bit, most often a number of items.

    def _text(self, size: int, depth: int) -> str:
        return self._source.text(size)

    def _xml(self, size: int, depth: int) -> XMLDocument:
        return XMLDocument(self._source.text(size))

    def _date(self, unused: int, depth: int) -> Date:
        return Date(self._double())

    def _array(self, count: int, depth: int) -> AMFValue:
        self._source.need(count)
        array = ECMAArray()
        self._named(array, depth)
        items = self._items(count, depth)
        if not array:
            return items
        for index, item in enumerate(items):
            array[str(index)] = item
        return array

    def _items(self, count: int, depth: int) -> list[AMFValue]:
        # Each has a byte at least.
        self._source.need(count)
        items = []
        for _ in range(count):
            items.append(self.value(depth + 1))
        return items

    def _named(self, into: dict[str, AMFValue], depth: int) -> None:
        while name := self._name():
            into[name] = self.value(depth + 1)

    def _object(self, header: int, depth: int) -> AMFValue:
        traits = self._traitsOf(header, depth)
        if traits.external:
            if traits.className not in WRAPPERS:
                raise AMFError(f"only {traits.className[:80]!a} can read an object")
            return self.value(depth + 1)
        properties: dict[str, AMFValue] = (
            TypedObject(traits.className) if traits.className else {}
        )
        for name in traits.names:
            properties[name] = self.value(depth + 1)
        if traits.dynamic:
            self._named(properties, depth)
        return properties

    def _traitsOf(self, header: int, depth: int) -> _Traits:
        if not header & 1:
            traits = _referred(self._traits, header >> 1)
            self._source.refer(traits.size)
            return traits
        external, dynamic = bool(header & 2), bool(header & 4)
        start = self._source.extent
        className = self._name()
        names: list[str] = []
        if not external:
            count = header >> 3
            # A name and a value for each.  The names count as values do, or
            # objects in objects could have any number whose values never come.
            self._source.need(2 * count)
            self._source.count(depth, count)
            for _ in range(count):
                names.append(self._name())
        size = self._source.extent - start
        traits = _Traits(className, names, dynamic, external, size)
        self._traits.append(traits)
        return traits

    def _numbers(self, count: int, depth: int, form: struct.Struct) -> list[AMFValue]:
        # Behind a byte that says whether the length may change.
        size = 1 + count * form.size
        self._source.need(size)
        if count:
            self._source.count(depth + 1, count)
        packed = self._source.take(size)[1:]
        return [float(number) for (number,) in form.iter_unpack(packed)]

    def _ints(self, count: int, depth: int) -> list[AMFValue]:
        return self._numbers(count, depth, _int)

    def _uints(self, count: int, depth: int) -> list[AMFValue]:
        return self._numbers(count, depth, _uint)

    def _doubles(self, count: int, depth: int) -> list[AMFValue]:
        return self._numbers(count, depth, _double)

    def _vector(self, count: int, depth: int) -> list[AMFValue]:
        # Whether the length may change, and the class of the items.
        self._source.byte()
        self._string()
        return self._items(count, depth)

    def _dictionary(self, count: int, depth: int) -> ECMAArray:
        # Whether the keys are weak references.
        self._source.byte()
        self._source.need(2 * count)
        array = ECMAArray()
        for _ in range(count):
            name = _nameOf(self.value(depth + 1))
            item = self.value(depth + 1)
            if name is not None:
                array[name] = item
        return array

    _complex: ClassVar[dict[int, Callable[[Decoder, int, int], AMFValue]]] = {
        Marker3.XML_DOCUMENT: _xml,
        Marker3.DATE: _date,
        Marker3.ARRAY: _array,
        Marker3.OBJECT: _object,
        Marker3.XML: _xml,
        Marker3.BYTE_ARRAY: _text,
        Marker3.VECTOR_INT: _ints,
        Marker3.VECTOR_UINT: _uints,
        Marker3.VECTOR_DOUBLE: _doubles,
        Marker3.VECTOR_OBJECT: _vector,
        Marker3.DICTIONARY: _dictionary,
    }


def _referred(table: list[_T], index: int) -> _T:
    if index >= len(table):
        raise AMFError(f"a reference to number {index}, of {len(table)}")
    return table[index]


def _nameOf(key: AMFValue) -> str | None:
    """
    @return: the name that stands for a key of a dictionary, if any can.
    """
    if isinstance(key, float):
        return str(int(key)) if key.is_integer() and abs(key) < 1e21 else repr(key)
    if not isinstance(key, str):
        return None
    size = len(key.encode("utf-8", "surrogateescape"))
    return str(key) if size <= _LONGEST_NAME else None
