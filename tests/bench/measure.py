"""
What the system says of processes, and what lists of figures say.
"""

from __future__ import annotations

import math
import os
import statistics
from collections.abc import Iterable, Sequence
from pathlib import Path

_PROC = Path("/proc")


def parentOf(stat: str) -> int:
    """
    @param stat: the text of C{/proc/PID/stat}.
    @return: the process that started it.
    """
    # The name, in brackets, may hold anything, brackets too.
    return int(stat.rpartition(")")[2].split()[1])


def processTree(root: int, proc: Path = _PROC) -> list[int]:
    """
    @return: a process and all that it started, and these, and so on.
    """
    children: dict[int, list[int]] = {}
    for path in proc.glob("[0-9]*/stat"):
        try:
            parent = parentOf(path.read_text(encoding="utf-8", errors="replace"))
        except (FileNotFoundError, ProcessLookupError):
            continue
        children.setdefault(parent, []).append(int(path.parent.name))
    found = [root]
    for each in found:
        found += children.get(each, ())
    return found


def cpuSeconds(pids: Iterable[int], proc: Path = _PROC) -> float:
    """
    @return: what all threads of these processes have used, user and system.
    """
    nanoseconds = 0
    for pid in pids:
        for path in proc.glob(f"{pid}/task/*/schedstat"):
            try:
                nanoseconds += int(path.read_text(encoding="ascii").split()[0])
            except (FileNotFoundError, ProcessLookupError):
                continue
    return nanoseconds / 1e9


def residentBytes(pids: Iterable[int], proc: Path = _PROC) -> int:
    """
    @return: the memory of these processes.
    """
    total = 0
    for pid in pids:
        try:
            status = (proc / str(pid) / "status").read_text(
                encoding="utf-8", errors="replace"
            )
        except (FileNotFoundError, ProcessLookupError):
            continue
        for line in status.splitlines():
            if line.startswith("VmRSS:"):
                total += int(line.split()[1]) * 1024
    return total


def coreSeconds(core: int, proc: Path = _PROC) -> float:
    """
    @return: how long a core has been busy, with whatever.
    """
    for line in (proc / "stat").read_text(encoding="ascii").splitlines():
        name, *fields = line.split()
        if name == f"cpu{core}":
            user, nice, system, _, _, irq, softirq, steal = map(int, fields[:8])
            ticks = user + nice + system + irq + softirq + steal
            return ticks / os.sysconf("SC_CLK_TCK")
    raise LookupError(f"no core {core}")


def percentile(values: Sequence[float], percent: float) -> float:
    """
    @param values: in order.
    @return: the smallest of them that so many percent do not exceed.
    """
    return values[max(math.ceil(len(values) * percent / 100), 1) - 1]


def latencies(nanoseconds: Iterable[int]) -> dict[str, float] | None:
    """
    @return: percentiles in milliseconds; L{None} when there is nothing.
    """
    values = sorted(each / 1e6 for each in nanoseconds)
    if not values:
        return None
    return {
        "p50": round(percentile(values, 50), 3),
        "p99": round(percentile(values, 99), 3),
        "max": round(values[-1], 3),
        "frames": len(values),
    }


def median(values: Iterable[float | None]) -> float | None:
    """
    @return: the median of those that are there, if any.
    """
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None
