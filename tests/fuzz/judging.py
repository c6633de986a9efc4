"""
What all targets share: how an input says that it is cut, and how two readings
of the same bytes are compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from types import ModuleType
from typing import Any, NamedTuple

from tests.wire_support import cutAt, randomCut

#: Up to this, the number that says how an input is cut is the length of its
#: pieces; from here on it is the seed of a random cut.
_RANDOM_CUTS = 96


class Fault(AssertionError):
    """
    A target found something that must not be.
    """


def require(holds: bool, what: str) -> None:
    """
    @raise Fault: when something does not hold.
    """
    if not holds:
        raise Fault(what)


class Outcome(NamedTuple):
    """
    What became of some bytes.

    @ivar found: messages, events or answers.
    @ivar error: the text of the protocol error that ended them, or C{""}.
    @ivar state: what else has to be the same for every cut.
    """

    found: list[Any]
    error: str
    state: object = None


def pieces(how: int, data: bytes) -> list[bytes]:
    """
    Cut bytes.

    @param how: 0 to 255.
    """
    if how == 0:
        return [data]
    if how < _RANDOM_CUTS:
        return cutAt(data, *range(how, len(data), how))
    return randomCut(data, Random(how), 2 + how % 13)


def requireSame(one: Outcome, other: Outcome, what: str) -> None:
    """
    @raise Fault: when two readings differ.
    """
    # Numbers that are none are not equal to themselves, and look the same.
    if one == other or repr(one) == repr(other):
        return
    for index, (left, right) in enumerate(zip(one.found, other.found, strict=False)):
        if repr(left) != repr(right):
            raise Fault(f"{what}: number {index} is {left!r:.300} or {right!r:.300}")
    raise Fault(
        f"{what}: {len(one.found)} and {one.error!r} and {one.state!r}, or "
        f"{len(other.found)} and {other.error!r} and {other.state!r}"
    )


@contextmanager
def changed(module: ModuleType, **constants: int) -> Iterator[None]:
    """
    Give constants of a module other values for a while, so that short inputs
    get where otherwise only long ones do.
    """
    before = {name: getattr(module, name) for name in constants}
    try:
        for name, value in constants.items():
            setattr(module, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(module, name, value)
