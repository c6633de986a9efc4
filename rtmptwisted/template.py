"""
Text with fields that are filled in later, such as C{"{app}/{name}-{utc:%Y%m%d}"}.

It looks like C{str.format}, but a field is a plain name: there is no way from it to
attributes or items of what is filled in.  Whatever could go wrong does so when the
template is made, which is when the server starts, and not when a stream does.
"""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter
from typing import NamedTuple


class _Part(NamedTuple):
    """
    @ivar text: what stands before the field.
    @ivar field: its name; L{None} at the end of a text.
    @ivar spec: how it is to look.
    """

    text: str
    field: str | None
    spec: str


class Template:
    """
    A text with fields.

    @ivar text: as it was given.
    @ivar fields: the names that stand in it.
    """

    def __init__(self, text: str, samples: Mapping[str, object]) -> None:
        """
        @param samples: all fields that there are, each with a value of the sort that
            will be filled in.
        @raise ValueError: for what can never be filled in, with a sentence that
            says why.
        """
        self.text = text
        try:
            parsed = list(Formatter().parse(text))
        except ValueError as error:
            raise ValueError(
                f"{text!r}: {_lowered(error)}; write {{{{ and }}}} for braces"
            ) from None
        self._parts = [
            _Part(before, _checked(text, name, spec, conversion, samples), spec or "")
            for before, name, spec, conversion in parsed
        ]
        self.fields = frozenset(
            part.field for part in self._parts if part.field is not None
        )
        try:
            self.fill(samples)
        except (ValueError, TypeError, OverflowError, MemoryError) as error:
            raise ValueError(f"{text!r}: {_lowered(error)}") from None

    def fill(self, values: Mapping[str, object]) -> str:
        """
        @param values: one for each of L{fields}, and more if you like.
        @return: the text.
        """
        return "".join(
            part.text
            if part.field is None
            else part.text + format(values[part.field], part.spec)
            for part in self._parts
        )


def _checked(
    text: str,
    name: str | None,
    spec: str | None,
    conversion: str | None,
    samples: Mapping[str, object],
) -> str | None:
    """
    @return: C{name}.
    @raise ValueError: for a field that cannot be.
    """
    if name is None:
        return None
    if name not in samples:
        raise ValueError(
            f"{text!r}: {{{name}}} is none of the fields "
            + " ".join(f"{{{each}}}" for each in samples)
        )
    if conversion is not None:
        raise ValueError(f"{text!r}: {{{name}}} takes no !{conversion}")
    if spec and ("{" in spec or "}" in spec):
        raise ValueError(f"{text!r}: no field can stand within {{{name}}}")
    return name


def _lowered(error: Exception) -> str:
    """
    @return: what an exception says, as a part of a sentence.
    """
    said = str(error) or type(error).__name__
    return said[:1].lower() + said[1:]
