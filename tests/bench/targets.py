"""
What the server should reach, and whether it does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tests.bench.campaign import (
    Campaign,
    Figure,
    Run,
    cost,
    latency,
    memory,
    peak,
    perViewer,
)
from tests.bench.cases import Plan
from tests.bench.servers import OURS
from tests.bench.viewers import HTTP, RTMP, WEBSOCKET

_CROWD, _LARGE, _BASE = 500, 2000, 200

#: What the server may hold with 500 viewers of each slow kind, in MB.
_BOUND = 100


class Target(NamedTuple):
    """
    @ivar measured: L{None} where it was not.
    """

    what: str
    bound: float
    measured: float | None
    sign: str = "≤"

    @property
    def met(self) -> bool | None:
        """
        Whether it is reached, if that is known.
        """
        return None if self.measured is None else self.measured <= self.bound


class _Finder:
    """
    Finds what was measured.
    """

    def __init__(self, campaign: Campaign) -> None:
        self._campaign = campaign

    def plan(self, case: str, protocol: str, **wanted: object) -> Plan | None:
        """
        @return: that of this server with these fields.
        """
        for plan in self._campaign.plans(case):
            if (plan.server, plan.protocol) == (OURS, protocol) and all(
                getattr(plan, name) == value for name, value in wanted.items()
            ):
                return plan
        return None

    def ratio(self, plan: Plan | None, figure: Figure) -> float | None:
        """
        @return: to nginx-rtmp.
        """
        if plan is None:
            return None
        return self._campaign.ratio(plan, self._campaign.reference(plan), figure)


def targets(campaign: Campaign) -> list[Target]:
    """
    @return: each target, with what was measured.
    """
    found = list(_ingest(_Finder(campaign)))
    for protocol in (HTTP, RTMP, WEBSOCKET):
        found += _delivery(_Finder(campaign), campaign, protocol)
    for protocol in (HTTP, RTMP):
        found += _slow(_Finder(campaign), campaign, protocol)
    return found


def _ingest(find: _Finder) -> Iterator[Target]:
    for size, bound in ((128, 0.25), (4096, 1.0)):
        plan = find.plan("ingest", RTMP, chunkSize=size)
        what = f"Ingest in chunks of {size}: cost, to nginx-rtmp's"
        yield Target(what, bound, find.ratio(plan, cost))


def _delivery(find: _Finder, campaign: Campaign, protocol: str) -> Iterator[Target]:
    crowd = find.plan("fanout", protocol, viewers=_CROWD)
    start = f"{_CROWD} {protocol} viewers"
    yield Target(f"{start}: cost, to nginx-rtmp's", 0.75, find.ratio(crowd, cost))
    yield Target(
        f"{start}: p99 latency, to nginx-rtmp's", 1, find.ratio(crowd, latency("p99"))
    )
    if protocol != WEBSOCKET:
        merged = find.plan("merge", protocol, options=("--merge-window", "350"))
        what = f"{start}, merge window 350 ms: cost, to nginx-rtmp's"
        yield Target(what, 0.12, find.ratio(merged, cost))
    yield Target(f"{start}: kB of memory each", 10, campaign.median(crowd, memory))
    large = find.plan("fanout", protocol, viewers=_LARGE)
    base = find.plan("fanout", protocol, viewers=_BASE)
    start = f"{_LARGE:,} {protocol} viewers"
    yield Target(
        f"{start}: cost of each, to that with {_BASE}",
        1.2,
        campaign.ratio(large, base, perViewer),
    )
    lost = campaign.median(
        large, lambda run: max(run.result.behind, run.result.cut, _undelivered(run))
    )
    yield Target(f"{start}: how many fell behind or were cut", 0, lost)


def _undelivered(run: Run) -> int:
    """
    @return: all viewers, when they did not get what was published.
    """
    return run.plan.viewers if any("delivered" in f for f in run.result.failures) else 0


def _slow(find: _Finder, campaign: Campaign, protocol: str) -> Iterator[Target]:
    alone = find.plan("slow", protocol, stalled=0)
    beside = next(
        (
            plan
            for plan in campaign.plans("slow")
            if (plan.server, plan.protocol) == (OURS, protocol) and plan.stalled
        ),
        None,
    )
    start = f"{protocol} viewers beside slow ones"
    yield Target(
        f"{start}: p99 latency, to that without",
        1.5,
        campaign.ratio(beside, alone, latency("p99")),
    )
    yield Target(f"{start}: MB of memory", _BOUND, campaign.median(beside, peak))
