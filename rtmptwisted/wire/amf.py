"""
AMF0, the value encoding of RTMP commands and FLV script tags.

Source: Action Message Format AMF 0 (Adobe, 2007).  All numbers are big-endian.

How values map:

    ============  =========================================================
    AMF0          Python
    ============  =========================================================
    Number        L{float} (an L{int} is written as a Number too)
    Boolean       L{bool}
    String, Long  L{str}; bytes that are not UTF-8 become surrogate escapes
                  and are written back as they came
    Object        L{dict}
    ECMA Array    L{ECMAArray}, a L{dict}
    Strict Array  L{list}
    Typed Object  L{TypedObject}, a L{dict} with a C{className}
    Date          L{Date}
    XML Document  L{XMLDocument}, a L{str}
    Null          L{None}
    Undefined     L{UNDEFINED}; Unsupported is read as this
    Reference     the value it refers to, when that is complete
    AMF3          what L{rtmptwisted.wire.amf3} makes of the one value behind
                  the marker; it is written as AMF0
    ============  =========================================================
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

from rtmptwisted.errors import AMFError, AMFLimitError
from rtmptwisted.wire import amf3
from rtmptwisted.wire.amfvalues import (
    UNDEFINED,
    AMFSource,
    AMFValue,
    Date,
    ECMAArray,
    Marker,
    TypedObject,
    Undefined,
    XMLDocument,
)
from rtmptwisted.wire.limits import DEEPEST_AMF, Limits

__all__ = [
    "UNDEFINED",
    "AMFValue",
    "Date",
    "ECMAArray",
    "Marker",
    "TypedObject",
    "Undefined",
    "XMLDocument",
    "decode",
    "encode",
]


_CONTAINERS = (
    Marker.OBJECT,
    Marker.ECMA_ARRAY,
    Marker.STRICT_ARRAY,
    Marker.TYPED_OBJECT,
)

_END = b"\x00\x00\x09"
_number = struct.Struct(">d")
_date = struct.Struct(">dh")
_short = struct.Struct(">H")
_long = struct.Struct(">I")


def decode(data: bytes, limits: Limits | None = None) -> list[AMFValue]:
    """
    Read all the values that C{data} holds, one after the other.

    Values in AMF3 share their tables of references, and start with empty ones
    in each message: one may refer to what stands in another before it, as Flash
    Player does with the names of properties.  AMF0 has a table of its own.

    Objects and arrays that the end of the data cuts off are accepted as they
    stand: some encoders never write their end marker.  What follows the first
    value and cannot be read is left out: some write more than they should.

    @raise AMFError: when the first value is malformed, or any past a limit.
    """
    source = AMFSource(data, limits or Limits())
    decoder = _Decoder(source)
    values: list[AMFValue] = []
    while not source.exhausted:
        try:
            values.append(decoder.value(0))
        except AMFLimitError:
            raise
        except AMFError:
            if not values:
                raise
            break
    return values


def encode(values: Iterable[AMFValue]) -> bytes:
    """
    Write values one after the other.

    @raise AMFError: when a value has no AMF0 form.
    """
    out = bytearray()
    for value in values:
        _write(out, value, 0)
    return bytes(out)


def _toBytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


class _Decoder:
    """
    What reads one message.
    """

    def __init__(self, source: AMFSource) -> None:
        self._source = source
        self._amf3 = amf3.Decoder(source)
        # What a Reference marker can point at, and its size when written; None
        # until it is complete, so that no value can come to contain itself.
        self._complex: list[tuple[AMFValue, int]] = []

    def _string(self, length: struct.Struct) -> str:
        (count,) = length.unpack(self._source.take(length.size))
        return self._source.text(count)

    def value(self, depth: int) -> AMFValue:
        """
        Read one value.
        """
        marker = self._source.byte()
        if marker == Marker.AMF3:
            return self._amf3.value(depth)
        self._source.count(depth)
        if marker in _CONTAINERS:
            return self._container(marker, depth)
        if marker == Marker.REFERENCE:
            return self._reference(depth)
        return self._scalar(marker)

    def _scalar(self, marker: int) -> AMFValue:
        match marker:
            case Marker.NUMBER:
                number: float = _number.unpack(self._source.take(8))[0]
                return number
            case Marker.BOOLEAN:
                return self._source.byte() != 0
            case Marker.STRING:
                return self._string(_short)
            case Marker.LONG_STRING:
                return self._string(_long)
            case Marker.NULL:
                return None
            case Marker.UNDEFINED | Marker.UNSUPPORTED:
                return UNDEFINED
            case Marker.DATE:
                return Date(*_date.unpack(self._source.take(10)))
            case Marker.XML_DOCUMENT:
                return XMLDocument(self._string(_long))
        raise AMFError(f"unknown or unsupported value type 0x{marker:02x}")

    def _reference(self, depth: int) -> AMFValue:
        index = int.from_bytes(self._source.take(2), "big")
        if index >= len(self._complex):
            raise AMFError(f"a reference to object {index}, which does not exist")
        value, size = self._complex[index]
        self._source.repeat(value, size, depth)
        return value

    def _container(self, marker: int, depth: int) -> AMFValue:
        index = len(self._complex)
        self._complex.append((None, 0))
        start = self._source.extent
        container: AMFValue
        if marker == Marker.STRICT_ARRAY:
            container = self._strictArray(depth)
        else:
            if marker == Marker.TYPED_OBJECT:
                properties: dict[str, AMFValue] = TypedObject(self._string(_short))
            elif marker == Marker.ECMA_ARRAY:
                # The count is a hint that real encoders get wrong.
                self._source.take(4)
                properties = ECMAArray()
            else:
                properties = {}
            self._properties(properties, depth)
            container = properties
        self._complex[index] = container, self._source.extent - start
        return container

    def _strictArray(self, depth: int) -> list[AMFValue]:
        (count,) = _long.unpack(self._source.take(4))
        self._source.need(count)
        return [self.value(depth + 1) for _ in range(count)]

    def _properties(self, into: dict[str, AMFValue], depth: int) -> None:
        source = self._source
        while not source.exhausted:
            if source.data.startswith(_END, source.position):
                source.position += len(_END)
                return
            name = self._string(_short)
            into[name] = self.value(depth + 1)


def _write(out: bytearray, value: AMFValue, depth: int) -> None:
    if depth > DEEPEST_AMF:
        raise AMFError(f"values nested deeper than {DEEPEST_AMF}")
    # bool before int, and the subclasses of str and dict before those.
    match value:
        case None:
            out.append(Marker.NULL)
        case bool():
            out += bytes((Marker.BOOLEAN, value))
        case int() | float():
            out.append(Marker.NUMBER)
            out += _packNumber(value)
        case XMLDocument():
            _writeLong(out, Marker.XML_DOCUMENT, _toBytes(value))
        case str():
            encoded = _toBytes(value)
            if len(encoded) > 0xFFFF:
                _writeLong(out, Marker.LONG_STRING, encoded)
            else:
                out.append(Marker.STRING)
                _writeKey(out, encoded)
        case Date():
            out.append(Marker.DATE)
            out += _date.pack(value.milliseconds, value.timezone)
        case Undefined():
            out.append(Marker.UNDEFINED)
        case list():
            out.append(Marker.STRICT_ARRAY)
            out += _long.pack(len(value))
            for item in value:
                _write(out, item, depth + 1)
        case dict():
            _writeProperties(out, value, depth)
        case _:
            raise AMFError(f"no AMF0 form for {type(value).__name__}")


def _packNumber(value: float) -> bytes:
    try:
        return _number.pack(value)
    except (OverflowError, struct.error):
        raise AMFError("a number too large for a double") from None


def _writeLong(out: bytearray, marker: int, encoded: bytes) -> None:
    out.append(marker)
    out += _long.pack(len(encoded))
    out += encoded


def _writeKey(out: bytearray, encoded: bytes) -> None:
    if len(encoded) > 0xFFFF:
        raise AMFError("a name of more than 65535 bytes")
    out += _short.pack(len(encoded))
    out += encoded


def _writeProperties(out: bytearray, value: dict[str, AMFValue], depth: int) -> None:
    if isinstance(value, TypedObject):
        out.append(Marker.TYPED_OBJECT)
        _writeKey(out, _toBytes(value.className))
    elif isinstance(value, ECMAArray):
        out.append(Marker.ECMA_ARRAY)
        out += _long.pack(len(value))
    else:
        out.append(Marker.OBJECT)
    for name, item in value.items():
        _writeKey(out, _toBytes(name))
        _write(out, item, depth + 1)
    out += _END
