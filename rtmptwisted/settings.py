"""
Limits, as they are written on a command line.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import fields

from rtmptwisted.wire.limits import KIB, MIB, Limits

_UNITS = {"k": KIB, "m": MIB, "g": 1024 * MIB}

#: Limits that 0 switches off.
_SWITCHES = frozenset(("connections", "connectionsPerAddress"))


def parseLimits(settings: Iterable[str]) -> Limits:
    """
    @param settings: each C{"name=value"}.  Values are numbers; sizes may have K, M
        or G behind them, for 1024 bytes and so on; times are in seconds and may
        be C{inf}.
    @return: the default limits with these instead.
    @raise ValueError: for what is no limit, or no value for one.
    """
    known = {field.name: type(field.default) for field in fields(Limits)}
    chosen: dict[str, int | float] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        name = name.strip()
        if not equals:
            raise ValueError(f"{setting!r} is not NAME=VALUE")
        if name not in known:
            names = ", ".join(sorted(known))
            raise ValueError(f"there is no limit {name!r}; there are {names}")
        read = _size if known[name] is int else _time
        try:
            number = read(value.strip())
        except ValueError:
            raise ValueError(f"{value!r} is no value for {name}") from None
        if not (number > 0 or (number == 0 and name in _SWITCHES)):
            raise ValueError(f"{name} has to be more than 0")
        chosen[name] = number
    return Limits(**chosen)  # type: ignore[arg-type]


def _size(text: str) -> int:
    unit = _UNITS.get(text[-1:].lower())
    if unit is None:
        return int(text)
    size = float(text[:-1]) * unit
    if not math.isfinite(size):
        raise ValueError(text)
    return int(size)


def _time(text: str) -> float:
    return float(text)
