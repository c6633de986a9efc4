"""
The results as text: a line for each run, and tables for the documentation.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.bench.campaign import (
    Campaign,
    Figure,
    cost,
    foreign,
    latency,
    load,
    memory,
    peak,
)
from tests.bench.cases import Plan, Result
from tests.bench.targets import targets

#: A load that takes more of its core than this measures itself.
_BUSY = 0.9

#: Sampled viewers may get so many times as many segments as others, or as few.
_ALIKE = 1.25

#: What other programs may use of the server's core without a word.
_SHARED = 0.1

_NOTHING = "-"

_BEGIN = ".. What follows is written by tests.bench."
_END = ".. That was written by tests.bench."


def line(plan: Plan, result: Result) -> str:
    """
    @return: a run in one line.
    """
    if result.skipped:
        return f"{plan}: skipped: {result.skipped}"
    words = []
    if result.bytes:
        words.append(f"{result.perGigabyte:.3f} CPU-s/GB")
    if times := result.latency:
        words.append("p50 {p50:.2f} p99 {p99:.2f} max {max:.2f} ms".format(**times))
        before, after = result.residentBefore / 1e6, result.residentAfter / 1e6
        words.append(f"RSS {before:.1f} -> {after:.1f} MB")
        words.append(f"delivered {result.share:.1%}")
        words.append(f"load {result.load:.0%}, alike {result.alike:.0%}")
    words.append(f"others {result.others:.0%}")
    words += [f"FAILED: {each}" for each in result.failures]
    return f"{plan}: {', '.join(words)}"


def table(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """
    @return: a table in reStructuredText.
    """
    lines = [f".. list-table:: {title}", "   :header-rows: 1", ""]
    for row in (head, *rows):
        lines += [
            f"   {'* ' if number == 0 else '  '}- {cell}".rstrip()
            for number, cell in enumerate(row)
        ]
    return "\n".join(lines) + "\n"


def number(value: float | None, digits: int = 3) -> str:
    """
    @return: a figure with so many digits that count.
    """
    if value is None:
        return _NOTHING
    if abs(value) >= 10 ** (digits - 1):
        return f"{value:,.0f}"
    return f"{value:#.{digits}g}".rstrip(".")


def _times(campaign: Campaign, plan: Plan, kind: str = "latency") -> str:
    figures = [
        campaign.median(plan, latency(name, kind)) for name in ("p50", "p99", "max")
    ]
    return " / ".join(number(each, 2) for each in figures)


def _note(campaign: Campaign, plan: Plan) -> str:
    if skipped := campaign.skipped(plan):
        return f"not measured: {_plain(skipped)}"
    failures = campaign.failures(plan)
    notes = [_plain(failures[0])] if failures else []
    if (campaign.median(plan, load) or 0) > _BUSY:
        notes.append("the load was at its limit")
    alike = campaign.median(plan, lambda run: run.result.alike)
    if alike is not None and not 1 / _ALIKE < alike < _ALIKE:
        notes.append("sampled viewers were served unlike the others")
    if (others := campaign.median(plan, foreign) or 0) > _SHARED:
        notes.append(f"others used {others:.0%} of the core")
    return "; ".join(notes)


def _plain(text: str) -> str:
    """
    @return: text in which nothing is markup.
    """
    return "".join("\\" + each if each in "*`_|\\" else each for each in text)


def _cost(campaign: Campaign, plan: Plan, figure: Figure = cost) -> list[str]:
    other = campaign.reference(plan)
    return [
        number(campaign.median(plan, figure)),
        number(campaign.ratio(plan, other, figure), 2),
    ]


def _ingest(campaign: Campaign) -> str:
    head = ["Chunk size", "Server", "CPU-s per GB", "Ratio to nginx-rtmp", "Remarks"]
    rows = [
        [str(p.chunkSize), p.server, *_cost(campaign, p), _note(campaign, p)]
        for p in campaign.plans("ingest")
    ]
    return table("Ingest, without viewers", head, rows)


def _fanout(campaign: Campaign) -> str:
    head = ["Viewers", "Server, protocol", "CPU-s per GB", "Ratio to nginx-rtmp"]
    head += ["Latency, ms", "kB a viewer", "Remarks"]
    rows = [
        [
            f"{plan.viewers:,}",
            f"{plan.server}, {plan.protocol}",
            *_cost(campaign, plan),
            _times(campaign, plan),
            number(campaign.median(plan, memory), 2),
            _note(campaign, plan),
        ]
        for plan in campaign.plans("fanout")
    ]
    return table("Delivery; latency is p50 / p99 / max", head, rows)


def _merge(campaign: Campaign) -> str:
    head = ["Server, protocol", "Merge window", "CPU-s per GB", "Ratio to nginx-rtmp"]
    head += ["Latency, ms", "Remarks"]
    rows = [
        [
            f"{plan.server}, {plan.protocol}",
            f"{plan.options[1]} ms" if plan.options else "default",
            *_cost(campaign, plan),
            _times(campaign, plan),
            _note(campaign, plan),
        ]
        for plan in campaign.plans("merge")
    ]
    plans = campaign.plans("merge")
    return table(f"Merge windows, {plans[0].viewers} viewers", head, rows)


def _slow(campaign: Campaign) -> str:
    head = ["Server, protocol", "Slow viewers", "CPU-s per GB", "Latency, ms"]
    head += ["Ratio of p99 to that without", "Most memory, MB", "Remarks"]
    rows = []
    plans = campaign.plans("slow")
    for plan in plans:
        alone = next(p for p in plans if _way(p) == _way(plan))
        rows.append(
            [
                f"{plan.server}, {plan.protocol}",
                f"{plan.stalled} + {plan.dripping}" if plan.stalled else "none",
                number(campaign.median(plan, cost)),
                _times(campaign, plan),
                number(campaign.ratio(plan, alone, latency("p99")), 2),
                number(campaign.median(plan, peak)),
                _note(campaign, plan),
            ]
        )
    title = (
        f"{plans[0].viewers} viewers beside some that read nothing + 1 byte a second"
    )
    return table(title, head, rows)


def _way(plan: Plan) -> tuple[str, str]:
    return plan.server, plan.protocol


def _targets(campaign: Campaign) -> str:
    rows = [
        [
            target.what,
            f"{target.sign} {target.bound:g}",
            number(target.measured, 2),
            {None: "not measured", True: "yes", False: "no"}[target.met],
        ]
        for target in targets(campaign)
    ]
    return table("What it should show", ["What", "Target", "Measured", "Met"], rows)


def tables(campaign: Campaign) -> str:
    """
    @return: all tables, and where and with what they were measured.
    """
    least, most = campaign.rounds
    counts = f"{least}" if least == most else f"{least} to {most}"
    facts = [f"{counts} runs of each" if most > 1 else "one run of each"]
    facts += [
        f"{name}: {value}"
        for known in (campaign.machine, campaign.versions)
        for name, value in known.items()
    ]
    parts = [f"Measured with {_plain('; '.join(facts))}.\n"]
    parts += [
        make(campaign)
        for case, make in (
            ("ingest", _ingest),
            ("fanout", _fanout),
            ("merge", _merge),
            ("slow", _slow),
        )
        if campaign.plans(case)
    ]
    parts.append(_targets(campaign))
    return "\n".join(parts)


def intoDocument(text: str, written: str) -> str:
    """
    @param text: a document with a part that is written here.
    @return: the document with that part anew.
    """
    before, begin, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not end:
        raise ValueError("the document has no part that is written by tests.bench")
    return f"{before}{begin}\n\n{written}\n{end}{after}"


def write(campaign: Campaign, out: Path) -> None:
    """
    Write results, tables and plots into a folder.
    """
    from tests.bench.plots import draw

    out.mkdir(parents=True, exist_ok=True)
    campaign.save(out / "results.json")
    (out / "table.rst").write_text(tables(campaign), encoding="utf-8")
    draw(campaign, out)


def writeDocumentation(campaign: Campaign, docs: Path) -> None:
    """
    Write tables and plots into the documentation.
    """
    from tests.bench.plots import draw

    path = docs / "benchmarks.rst"
    text = intoDocument(path.read_text(encoding="utf-8"), tables(campaign))
    path.write_text(text, encoding="utf-8")
    (docs / "benchmarks").mkdir(exist_ok=True)
    draw(campaign, docs / "benchmarks")
