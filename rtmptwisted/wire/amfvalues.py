"""
The values of AMF that Python has no type for, the markers of all, and what both
versions are read from.

Source: Action Message Format AMF 0 (Adobe, 2007), section 2, and AMF 3 (Adobe,
2013), section 3.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TypeAlias

from rtmptwisted.errors import AMFError, AMFLimitError
from rtmptwisted.wire.limits import Limits


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
    The byte that says what type of value follows, in AMF0.
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
    #: One value in AMF3; behind it everything is AMF0 again.
    AMF3 = 0x11


class Marker3:
    """
    The byte that says what type of value follows, in AMF3.
    """

    UNDEFINED = 0x00
    NULL = 0x01
    FALSE = 0x02
    TRUE = 0x03
    INTEGER = 0x04
    DOUBLE = 0x05
    STRING = 0x06
    XML_DOCUMENT = 0x07
    DATE = 0x08
    ARRAY = 0x09
    OBJECT = 0x0A
    XML = 0x0B
    BYTE_ARRAY = 0x0C
    VECTOR_INT = 0x0D
    VECTOR_UINT = 0x0E
    VECTOR_DOUBLE = 0x0F
    VECTOR_OBJECT = 0x10
    DICTIONARY = 0x11


class AMFSource:
    """
    The bytes of one message, and what all the values in them come to.

    The decoders of both versions read from the same source, so that there is
    one limit for both together.

    @ivar data: the bytes.
    @ivar position: how many have been read.
    """

    def __init__(self, data: bytes, limits: Limits) -> None:
        self.data = data
        self.position = 0
        self._limits = limits
        self._values = 0
        # Bytes that references stand for.
        self._referred = 0

    @property
    def exhausted(self) -> bool:
        """
        Whether everything has been read.
        """
        return self.position >= len(self.data)

    @property
    def extent(self) -> int:
        """
        How many bytes have been read, had they been written without
        references.
        """
        return self.position + self._referred

    def need(self, count: int) -> None:
        """
        Say that what comes has C{count} bytes at least, before anything is
        made for it.

        @raise AMFError: when there are fewer.
        """
        left = len(self.data) - self.position
        if count > left:
            raise AMFError(f"a value needs {count} bytes, {left} are left")

    def take(self, count: int) -> bytes:
        """
        @return: the next C{count} bytes.
        """
        self.need(count)
        start = self.position
        self.position += count
        return self.data[start : self.position]

    def byte(self) -> int:
        """
        @return: the next byte.
        """
        self.need(1)
        self.position += 1
        return self.data[self.position - 1]

    def text(self, count: int) -> str:
        """
        @return: the next C{count} bytes as a string.
        """
        self.need(count)
        if count > self._limits.amfString:
            raise AMFLimitError(
                f"a string of {count} bytes, more than {self._limits.amfString}"
            )
        return self.take(count).decode("utf-8", "surrogateescape")

    def count(self, depth: int, values: int = 1) -> None:
        """
        Count values that are about to be made.
        """
        self._values += values
        if self._values > self._limits.amfValues:
            raise AMFLimitError(
                f"more than {self._limits.amfValues} values in a message"
            )
        if depth > self._limits.amfDepth:
            raise AMFLimitError(f"values nested deeper than {self._limits.amfDepth}")

    def refer(self, size: int) -> None:
        """
        Count bytes that a reference stands for.
        """
        self._referred += size
        if self._referred > self._limits.dataMessage:
            raise AMFLimitError(f"references to {self._referred} bytes in a message")

    def repeat(self, value: AMFValue, size: int, depth: int) -> None:
        """
        Count all that a reference to a value stands for.

        It counts as if it stood here, or 30 lists that each refer twice to the
        one before would be 2^30 values when written.

        @param size: the bytes of the value, without references.
        """
        self._repeatInside(value, depth)
        self.refer(size)

    def _repeatInside(self, value: AMFValue, depth: int) -> None:
        if isinstance(value, dict | list):
            for item in value.values() if isinstance(value, dict) else value:
                self.count(depth + 1)
                self._repeatInside(item, depth + 1)
