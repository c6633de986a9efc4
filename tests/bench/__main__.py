"""
C{python -m tests.bench}: this server and others side by side.
"""

from __future__ import annotations

import argparse
import os
import resource
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tests.bench.campaign import Campaign, Run, machine
from tests.bench.cases import Plan, measure
from tests.bench.report import line, write, writeDocumentation
from tests.bench.servers import NGINX, NODE, OURS, versions
from tests.bench.source import sourceFile
from tests.bench.viewers import HTTP, RTMP, WEBSOCKET

_CASES = ("ingest", "fanout", "merge", "slow")

_WAYS = (
    (OURS, HTTP),
    (NGINX, RTMP),
    (OURS, RTMP),
    (NODE, RTMP),
    (OURS, WEBSOCKET),
    (NODE, HTTP),
)

_VIEWERS = (10, 50, 200, 500, 1000, 2000)

#: Of merge windows and of slow viewers.
_CROWD = 500

_WINDOWS = (20, 50, 350)

#: Bytes of payload to ingest.
_INGEST = 1_000_000_000


def _arguments() -> argparse.Namespace:
    options = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    add = options.add_argument
    add("--out", type=Path, help="folder for results.json, table.rst and plots")
    add("--only", default="", metavar="CASE,...", help=", ".join(_CASES))
    add("--servers", default="", metavar="NAME,...", help="only these servers")
    add("--protocols", default="", metavar="NAME,...", help="only these protocols")
    add("--viewers", default="", metavar="N,...", help="numbers of viewers")
    add("--seconds", type=float, default=15, help="how long each run is measured")
    add("--rounds", type=int, default=3, help="runs of which the median is taken")
    add("--quick", action="store_true", help="less than a minute: does all work?")
    add("--also", default="", metavar="DIR", help="another copy of this server")
    add("--docs", type=Path, metavar="DIR", help="write benchmarks.rst there anew")
    add(
        "--from",
        dest="results",
        type=Path,
        nargs="+",
        metavar="JSON",
        help="measure nothing, take these results",
    )
    return options.parse_args()


def _fanout(counts: Sequence[int], base: Plan) -> list[Plan]:
    return [
        replace(base, case="fanout", server=server, protocol=protocol, viewers=count)
        for count in counts
        for server, protocol in _WAYS
    ]


def _ingest(base: Plan) -> list[Plan]:
    return [
        replace(base, case="ingest", server=server, protocol=RTMP, chunkSize=size)
        for size in (128, 4096)
        for server in (OURS, NGINX, NODE)
    ]


def _merge(base: Plan, windows: tuple[int, ...] = _WINDOWS) -> list[Plan]:
    base = replace(base, case="merge")
    found = [replace(base, server=NGINX, protocol=RTMP)]
    for protocol in (HTTP, RTMP):
        found.append(replace(base, protocol=protocol))
        found += [
            replace(base, protocol=protocol, options=("--merge-window", str(each)))
            for each in windows
        ]
    return found


def _slow(base: Plan, slow: int) -> list[Plan]:
    base = replace(base, case="slow")
    return [
        replace(base, server=server, protocol=protocol, stalled=each, dripping=each)
        for server, protocol in (
            (OURS, HTTP),
            (OURS, RTMP),
            (NGINX, RTMP),
            (NODE, HTTP),
        )
        for each in (0, slow)
    ]


def plans(chosen: argparse.Namespace) -> list[Plan]:
    """
    @return: the runs of a round.
    """
    wanted = chosen.only.split(",") if chosen.only else list(_CASES)
    for each in wanted:
        if each not in _CASES:
            raise SystemExit(f"there is no {each!r}; there are {', '.join(_CASES)}")
    live, heavy = sourceFile(1000), sourceFile(8000)
    base = Plan("", OURS, "", live, seconds=chosen.seconds)
    counts = [int(each) for each in chosen.viewers.split(",") if each]
    base = replace(base, viewers=max(counts, default=_CROWD))
    made = {
        "ingest": _ingest(replace(base, source=heavy, size=_INGEST)),
        "fanout": _fanout(counts or _VIEWERS, base),
        "merge": _merge(base),
        # Long enough for stalled viewers to be dropped, and more.
        "slow": _slow(replace(base, seconds=4 * chosen.seconds), base.viewers),
    }
    if chosen.quick:
        made = _quick(chosen, base, heavy)
    found = [plan for case in wanted for plan in made[case]]
    if chosen.also:
        found += [
            replace(plan, server=f"{OURS}@{Path(chosen.also).resolve()}")
            for plan in found
            if plan.server == OURS
        ]
    names, protocols = chosen.servers.split(","), chosen.protocols.split(",")
    return [
        plan
        for plan in found
        if (not chosen.servers or plan.server.partition("@")[0] in names)
        and (not chosen.protocols or plan.protocol in protocols)
    ]


def _quick(
    chosen: argparse.Namespace, base: Plan, heavy: Path
) -> dict[str, list[Plan]]:
    chosen.rounds = 1
    base = replace(base, viewers=50, seconds=1.5, preroll=0.5)
    return {
        "ingest": _ingest(replace(base, source=heavy, size=40_000_000)),
        "fanout": _fanout([50], base),
        "merge": _merge(base, (50,))[2:3],
        "slow": _slow(base, 20)[:2],
    }


def _cores() -> tuple[int, int]:
    """
    @return: that of the server and that of the load.
    """
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) == 1:
        print("There is only one core: server and load disturb each other.")
    return cores[-1], cores[0]


def main() -> None:
    """
    Measure, and write what came of it.
    """
    chosen = _arguments()
    if chosen.results:
        _write(Campaign.load(chosen.results), chosen)
        return
    # Whatever ends this ends the servers too.
    signal.signal(signal.SIGTERM, lambda *ignored: sys.exit("stopped"))
    core, load = _cores()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    todo = plans(chosen)
    os.sched_setaffinity(0, {load})
    campaign = Campaign(machine(core, load), versions({plan.server for plan in todo}))
    if chosen.out:
        chosen.out.mkdir(parents=True, exist_ok=True)
    failed = False
    for turn in range(chosen.rounds):
        for plan in todo:
            result = measure(plan, core)
            campaign.runs.append(Run(turn, plan, result))
            print(time.strftime("%H:%M:%S"), f"{turn + 1}/{chosen.rounds}", end=" ")
            print(line(plan, result), flush=True)
            failed |= plan.server.startswith(OURS) and bool(result.failures)
            if chosen.out:
                campaign.save(chosen.out / "results.json")
        _write(campaign, chosen)
    if failed:
        sys.exit("A run of this server has FAILED: see above.")


def _write(campaign: Campaign, chosen: argparse.Namespace) -> None:
    if chosen.out:
        write(campaign, chosen.out)
    if chosen.docs:
        writeDocumentation(campaign, chosen.docs)


if __name__ == "__main__":
    main()
