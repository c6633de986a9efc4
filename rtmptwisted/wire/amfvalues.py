"""
The values of AMF0 that Python has no type for, and the markers of all.

Source: Action Message Format AMF 0 (Adobe, 2007), section 2.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TypeAlias


class Undefined(enum.Enum):
    """
    The type of the one value L{UNDEFINED}.
    """

    UNDEFINED = "undefined"


UNDEFINED = Undefined.UNDEFINED


class ECMAArray(dict[str, "AMFValue"]):
    """
    An associative array, the form that C{onMetaData} has.
    """


class TypedObject(dict[str, "AMFValue"]):
    """
    An object of a registered class.
    """

    def __init__(self, className: str) -> None:
        super().__init__()
        self.className = className


class XMLDocument(str):
    """
    An XML document, unparsed.
    """


@dataclass(frozen=True, slots=True)
class Date:
    """
    A point in time.

    @ivar milliseconds: since 1970-01-01 00:00 UTC.
    @ivar timezone: reserved by the format, in minutes; 0 by the book.
    """

    milliseconds: float
    timezone: int = 0


AMFValue: TypeAlias = (
    bool
    | int
    | float
    | str
    | Date
    | Undefined
    | list["AMFValue"]
    | dict[str, "AMFValue"]
    | None
)


class Marker:
    """
    The byte that says what type of value follows.
    """

    NUMBER = 0x00
    BOOLEAN = 0x01
    STRING = 0x02
    OBJECT = 0x03
    NULL = 0x05
    UNDEFINED = 0x06
    REFERENCE = 0x07
    ECMA_ARRAY = 0x08
    STRICT_ARRAY = 0x0A
    DATE = 0x0B
    LONG_STRING = 0x0C
    UNSUPPORTED = 0x0D
    XML_DOCUMENT = 0x0F
    TYPED_OBJECT = 0x10
