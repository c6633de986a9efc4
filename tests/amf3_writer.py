"""
AMF3 as a sender writes it, and what a reader has to make of it.

Written from the format alone, with a type of its own for each thing that AMF3
tells apart, and nothing of the reader in it.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from rtmptwisted.wire.amf import (
    AMFValue,
    Date,
    ECMAArray,
    TypedObject,
    Undefined,
    XMLDocument,
)


@dataclass(frozen=True)
class XML:
    """
    An XML document, of the old class or the new one.
    """

    text: str
    old: bool = False


@dataclass(frozen=True)
class Array:
    """
    An array, with items under numbers and items under names.
    """

    items: Sequence[Written] = ()
    named: dict[str, Written] = field(default_factory=dict)


@dataclass(frozen=True)
class Object:
    """
    An object.

    @ivar sealed: the properties that its class has.
    @ivar others: further ones; L{None} when its class does not allow any.
    """

    className: str = ""
    sealed: dict[str, Written] = field(default_factory=dict)
    others: dict[str, Written] | None = None


@dataclass(frozen=True)
class External:
    """
    An object of a class that writes itself as one other value.
    """

    className: str
    inside: Written


@dataclass(frozen=True)
class Vector:
    """
    A vector.

    @ivar kind: C{"i"}, C{"I"} or C{"d"} for numbers; else the class of what is
        in it.
    """

    kind: str
    items: Sequence[Written]
    fixed: bool = False


@dataclass(frozen=True)
class Dictionary:
    """
    Keys and values of any type.
    """

    entries: Sequence[tuple[Written, Written]]
    weak: bool = False


Written: TypeAlias = (
    bool
    | int
    | float
    | str
    | bytes
    | Date
    | Undefined
    | XML
    | Array
    | Object
    | External
    | Vector
    | Dictionary
    | None
)


def u29(number: int) -> bytes:
    """
    @return: a number of 29 bits, as short as it can be.
    """
    if number < 0x80:
        return bytes([number])
    last, low = (7, 0x7F) if number < 0x200000 else (8, 0xFF)
    shown = [number & low]
    number >>= last
    while number:
        shown.insert(0, number & 0x7F | 0x80)
        number >>= 7
    while last == 8 and len(shown) < 4:
        shown.insert(0, 0x80)
    return bytes(shown)


class AMF3Writer:
    """
    What writes values that may refer to one another.

    @ivar references: whether it writes a reference wherever it can, or none.
    """

    def __init__(self, references: bool = True) -> None:
        self.references = references
        self._strings: list[bytes] = []
        self._classes: list[tuple[str, tuple[str, ...], bool]] = []
        # None while an object is being written.
        self._objects: list[Written] = []

    def write(self, value: Written) -> bytes:
        """
        @return: a value with its marker.
        """
        match value:
            case Undefined():
                return b"\x00"
            case None:
                return b"\x01"
            case bool():
                return b"\x03" if value else b"\x02"
            case int():
                return b"\x04" + u29(value & 0x1FFFFFFF)
            case float():
                return b"\x05" + struct.pack(">d", value)
            case str():
                return b"\x06" + self.string(value)
        return self._object(value)

    def string(self, text: str) -> bytes:
        """
        @return: a string without a marker.
        """
        data = text.encode("utf-8", "surrogateescape")
        if self.references and data in self._strings:
            return u29(self._strings.index(data) * 2)
        if data:
            self._strings.append(data)
        return self._counted(data)

    def _counted(self, data: bytes) -> bytes:
        return u29(len(data) * 2 + 1) + data

    def _object(self, value: Written) -> bytes:
        marker = self._marker(value)
        if self.references:
            for index, known in enumerate(self._objects):
                if known is not None and repr(known) == repr(value):
                    return marker + u29(index * 2)
        index = len(self._objects)
        self._objects.append(None)
        written = self._body(value)
        self._objects[index] = value
        return marker + written

    def _marker(self, value: Written) -> bytes:
        match value:
            case XML():
                return b"\x07" if value.old else b"\x0b"
            case Date():
                return b"\x08"
            case Array():
                return b"\x09"
            case Object() | External():
                return b"\x0a"
            case bytes():
                return b"\x0c"
            case Vector():
                return {"i": b"\x0d", "I": b"\x0e", "d": b"\x0f"}.get(
                    value.kind, b"\x10"
                )
            case Dictionary():
                return b"\x11"
        raise AssertionError(f"no marker for {value!r}")

    def _body(self, value: Written) -> bytes:
        match value:
            case XML():
                return self._counted(value.text.encode("utf-8", "surrogateescape"))
            case Date():
                return b"\x01" + struct.pack(">d", value.milliseconds)
            case bytes():
                return self._counted(value)
            case Array():
                out = u29(len(value.items) * 2 + 1) + self._named(value.named)
                return out + b"".join(map(self.write, value.items))
            case Object():
                dynamic = value.others is not None
                out = self._class(value.className, tuple(value.sealed), dynamic)
                out += b"".join(map(self.write, value.sealed.values()))
                return out if value.others is None else out + self._named(value.others)
            case External():
                known = (value.className, ("external",), True)
                if self.references and known in self._classes:
                    out = u29(self._classes.index(known) * 4 + 1)
                else:
                    self._classes.append(known)
                    out = b"\x07" + self.string(value.className)
                return out + self.write(value.inside)
            case Vector():
                return self._vector(value)
            case Dictionary():
                out = u29(len(value.entries) * 2 + 1) + bytes([value.weak])
                for key, item in value.entries:
                    out += self.write(key) + self.write(item)
                return out
        raise AssertionError(f"no form for {value!r}")

    def _named(self, properties: dict[str, Written]) -> bytes:
        out = b""
        for name, value in properties.items():
            assert name, "the empty name is the end"
            out += self.string(name) + self.write(value)
        return out + b"\x01"

    def _class(self, className: str, names: tuple[str, ...], dynamic: bool) -> bytes:
        known = (className, names, dynamic)
        if self.references and known in self._classes:
            return u29(self._classes.index(known) * 4 + 1)
        self._classes.append(known)
        out = u29(len(names) * 16 + (8 if dynamic else 0) + 3)
        return out + self.string(className) + b"".join(map(self.string, names))

    def _vector(self, value: Vector) -> bytes:
        out = u29(len(value.items) * 2 + 1) + bytes([value.fixed])
        if value.kind in ("i", "I", "d"):
            return out + struct.pack(f">{len(value.items)}{value.kind}", *value.items)
        return out + self.string(value.kind) + b"".join(map(self.write, value.items))


def asRead(value: Written) -> AMFValue:
    """
    @return: what a reader has to make of a value, with the types of AMF0.
    """
    match value:
        case None | bool() | str() | Date() | Undefined():
            return value
        case int() | float():
            return float(value)
        case bytes():
            return value.decode("utf-8", "surrogateescape")
        case XML():
            return XMLDocument(value.text)
        case Vector():
            return [asRead(each) for each in value.items]
        case External():
            return asRead(value.inside)
        case Object():
            properties: dict[str, AMFValue] = {}
            if value.className:
                properties = TypedObject(value.className)
            for name, each in (value.sealed | (value.others or {})).items():
                properties[name] = asRead(each)
            return properties
        case Array():
            if not value.named:
                return [asRead(each) for each in value.items]
            array = ECMAArray()
            for name, each in value.named.items():
                array[name] = asRead(each)
            for index, each in enumerate(value.items):
                array[f"{index}"] = asRead(each)
            return array
        case Dictionary():
            array = ECMAArray()
            for key, each in value.entries:
                known = asRead(key)
                if isinstance(known, str):
                    array[str(known)] = asRead(each)
                elif isinstance(known, float):
                    assert known.is_integer(), "how others are written varies"
                    array[f"{int(known)}"] = asRead(each)
            return array


def described(value: AMFValue) -> object:
    """
    @return: what is equal only for values that are of the same types all the
        way down.
    """
    kind = type(value).__name__
    if isinstance(value, dict):
        name = value.className if isinstance(value, TypedObject) else ""
        inside = {key: described(each) for key, each in value.items()}
        return kind, name, inside
    if isinstance(value, list):
        return kind, [described(each) for each in value]
    return kind, repr(value)
