"""
The results as pictures.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.bench.campaign import Campaign, Figure, cost, latency, memory
from tests.bench.cases import Plan
from tests.bench.servers import NGINX, NODE, OURS
from tests.bench.viewers import HTTP, RTMP, WEBSOCKET

#: Colours that can be told apart by those who see fewer, and marks as well.
_LOOKS: dict[tuple[str, str], tuple[str, str, str]] = {
    (OURS, HTTP): ("#0072b2", "-", "o"),
    (OURS, RTMP): ("#0072b2", "--", "s"),
    (OURS, WEBSOCKET): ("#56b4e9", ":", "^"),
    (NGINX, RTMP): ("#d55e00", "-", "D"),
    (NODE, HTTP): ("#009e73", "-", "v"),
    (NODE, RTMP): ("#009e73", "--", "x"),
}

_PLOTS: tuple[tuple[str, str, Figure], ...] = (
    ("cost", "CPU-seconds per delivered GB", cost),
    ("latency", "Latency, 99th percentile, ms", latency("p99")),
    ("memory", "Growth of memory per viewer, kB", memory),
)


def draw(campaign: Campaign, folder: Path) -> None:
    """
    Draw how delivery grows with the number of viewers.
    """
    if len({plan.viewers for plan in campaign.plans("fanout")}) < 2:
        return
    try:
        import matplotlib
    except ImportError:
        print("No plots: matplotlib is not installed.")
        return
    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    # The same figures give the same file.
    style: dict[Any, Any] = {
        "svg.hashsalt": "rtmptwisted",
        "svg.fonttype": "none",
        "font.size": 10,
    }
    with plt.rc_context(style):
        for name, label, figure in _PLOTS:
            picture, axes = plt.subplots(figsize=(7, 4.2))
            _lines(axes, campaign, figure)
            axes.set(xlabel="Viewers", ylabel=label)
            picture.tight_layout()
            picture.savefig(folder / f"{name}.svg", metadata={"Date": None})
            plt.close(picture)


def _lines(axes: Any, campaign: Campaign, figure: Figure) -> None:
    counts: set[int] = set()
    for way, (colour, stroke, mark) in _LOOKS.items():
        plans = [p for p in campaign.plans("fanout") if (p.server, p.protocol) == way]
        points = _points(campaign, plans, figure)
        if points:
            counts.update(points)
            axes.plot(
                list(points),
                list(points.values()),
                color=colour,
                linestyle=stroke,
                marker=mark,
                markersize=5,
                label=", ".join(way),
            )
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(sorted(counts), [f"{count:,}" for count in sorted(counts)])
    axes.minorticks_off()
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.yaxis.set_major_locator(_ticks())
    axes.grid(True, color="#dddddd", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8, ncols=2)


def _ticks() -> Any:
    from matplotlib.ticker import LogLocator

    return LogLocator(base=10, subs=(1, 2, 5))


def _points(campaign: Campaign, plans: list[Plan], figure: Figure) -> dict[int, float]:
    points = {}
    for plan in plans:
        value = campaign.median(plan, figure)
        # What is not more than nothing has no place on this scale.
        if value is not None and value > 0:
            points[plan.viewers] = value
    return dict(sorted(points.items()))
