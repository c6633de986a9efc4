"""
Durations and sizes as people write them: C{"10m"}, C{"500MB"}.
"""

from __future__ import annotations

import re
from typing import NamedTuple

#: In seconds.
_TIMES = {"s": 1, "m": 60, "h": 3600, "d": 86400}

#: In bytes.
_SIZES = {
    "B": 1,
    "kB": 10**3,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "TB": 10**12,
    "KiB": 1 << 10,
    "MiB": 1 << 20,
    "GiB": 1 << 30,
    "TiB": 1 << 40,
}

_AMOUNT = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,9})?) ?([A-Za-z]{1,3})\Z", re.ASCII)


class Amount(NamedTuple):
    """
    So much of one or of the other.

    @ivar seconds: L{None} when it is a size.
    @ivar size: in bytes, L{None} when it is a duration.
    """

    seconds: float | None = None
    size: int | None = None


def parseAmount(text: str) -> Amount:
    """
    @param text: a number, then s, m, h or d; or B, KB, MB, GB, TB for powers of 1000,
        KiB, MiB, GiB, TiB for those of 1024.
    @raise ValueError: for anything else, and for nothing at all.
    """
    match = _AMOUNT.match(text.strip())
    number, unit = match.groups() if match else ("0", "")
    if unit in _TIMES:
        amount = Amount(seconds=float(number) * _TIMES[unit])
    elif unit in _SIZES:
        amount = Amount(size=int(float(number) * _SIZES[unit]))
    else:
        raise ValueError(
            f"{text!r} is neither a duration such as 10m (s, m, h, d) nor a size such "
            "as 500MB (B, KB, MB, GB, KiB, MiB, GiB)"
        )
    if not (amount.seconds or amount.size):
        raise ValueError(f"{text!r} is nothing")
    return amount
