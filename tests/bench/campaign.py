"""
All runs, kept as JSON, and the medians of those that are the same.
"""

from __future__ import annotations

import json
import os
import platform
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from tests.bench.cases import Plan, Result
from tests.bench.measure import median
from tests.bench.servers import NGINX


def machine(core: int, load: int) -> dict[str, str]:
    """
    @return: where it was measured, and when.
    """
    cpu = "unknown"
    for text in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if text.startswith("model name"):
            cpu = text.partition(":")[2].strip()
    return {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "cpu": f"{cpu}, {os.cpu_count()} cores",
        "cores": f"server on {core}, load on {load}",
        "kernel": platform.release().partition("-")[0],
        "python": f"{platform.python_implementation()} {platform.python_version()}",
    }


@dataclass(frozen=True)
class Run:
    """
    @ivar turn: the round.
    """

    turn: int
    plan: Plan
    result: Result


#: A figure of a run, where it has one.
Figure = Callable[[Run], float | None]


@dataclass
class Campaign:
    """
    @ivar versions: of the servers.
    """

    machine: dict[str, str]
    versions: dict[str, str]
    runs: list[Run] = field(default_factory=list)

    def save(self, path: Path) -> None:
        """
        Write all of it.
        """
        path.write_text(
            json.dumps(asdict(self), indent=1, default=str) + "\n", encoding="utf-8"
        )

    @classmethod
    def load(cls, paths: Iterable[Path]) -> Campaign:
        """
        @return: what several files hold.  No round is that of another file.
        """
        campaign = cls({}, {})
        for path in paths:
            said = json.loads(path.read_text(encoding="utf-8"))
            campaign.machine.update(said["machine"])
            campaign.versions.update(said["versions"])
            first = max((run.turn + 1 for run in campaign.runs), default=0)
            campaign.runs += [
                Run(first + each["turn"], _plan(each["plan"]), Result(**each["result"]))
                for each in said["runs"]
            ]
        return campaign

    @property
    def rounds(self) -> tuple[int, int]:
        """
        How many runs there are of each plan, at the least and at the most.
        """
        counts = Counter(run.plan for run in self.runs).values()
        return min(counts, default=0), max(counts, default=0)

    def plans(self, case: str) -> list[Plan]:
        """
        @return: what was measured, each once, in order.
        """
        return list({run.plan: None for run in self.runs if run.plan.case == case})

    def of(self, plan: Plan) -> list[Run]:
        """
        @return: all runs of a plan that came to something.
        """
        return [r for r in self.runs if r.plan == plan and not r.result.skipped]

    def skipped(self, plan: Plan) -> str:
        """
        @return: why a plan was never measured; nothing, if it was.
        """
        if self.of(plan):
            return ""
        return next(run.result.skipped for run in self.runs if run.plan == plan)

    def failures(self, plan: Plan) -> list[str]:
        """
        @return: all that was wrong.
        """
        return [failure for run in self.of(plan) for failure in run.result.failures]

    def median(self, plan: Plan | None, figure: Figure) -> float | None:
        """
        @return: the median of a figure, over all rounds.
        """
        return None if plan is None else median(map(figure, self.of(plan)))

    def ratio(
        self, plan: Plan | None, other: Plan | None, figure: Figure
    ) -> float | None:
        """
        @return: the median of the ratios of two plans, each in one round: both were
            measured within minutes there.
        """
        if plan is None or other is None:
            return None
        others = {run.turn: figure(run) for run in self.of(other)}
        ratios = []
        for run in self.of(plan):
            mine, theirs = figure(run), others.get(run.turn)
            if mine is not None and theirs:
                ratios.append(mine / theirs)
        return median(ratios)

    def reference(self, plan: Plan) -> Plan | None:
        """
        @return: what nginx-rtmp did under the same load.
        """
        for other in self.plans(plan.case):
            if other.server == NGINX and _load(other) == _load(plan):
                return other
        return None


def _load(plan: Plan) -> tuple[int, int, int]:
    return plan.viewers, plan.chunkSize, plan.stalled


def _plan(said: dict[str, Any]) -> Plan:
    known = {each.name for each in fields(Plan)}
    said = {name: value for name, value in said.items() if name in known}
    said["options"] = tuple(said["options"])
    said["source"] = Path(said["source"])
    return Plan(**said)


def cost(run: Run) -> float | None:
    """
    @return: CPU-seconds per GB.
    """
    return run.result.perGigabyte if run.result.bytes else None


def perViewer(run: Run) -> float | None:
    """
    @return: CPU-microseconds per second and viewer.
    """
    result = run.result
    return (
        result.cpu / result.seconds / run.plan.viewers * 1e6 if result.bytes else None
    )


def memory(run: Run) -> float | None:
    """
    @return: by how many kB (1000 bytes) the server grew for each viewer.
    """
    result = run.result
    grown = result.residentAfter - result.residentBefore
    return grown / run.plan.viewers / 1000 if result.residentAfter else None


def peak(run: Run) -> float | None:
    """
    @return: the most memory while it was measured, in MB.
    """
    return run.result.residentPeak / 1e6 or None


def load(run: Run) -> float | None:
    """
    @return: the share of its core that the load took.
    """
    return run.result.load


def foreign(run: Run) -> float | None:
    """
    @return: the share of the server's core that other programs took.
    """
    return run.result.others


def latency(name: str, kind: str = "latency") -> Figure:
    """
    @param name: C{"p50"}, C{"p99"} or C{"max"}.
    @param kind: C{"video"}, C{"audio"}, or C{"latency"} for both.
    @return: the figure, in milliseconds.
    """

    def figure(run: Run) -> float | None:
        times: dict[str, float] | None = getattr(run.result, kind)
        return times[name] if times else None

    return figure
