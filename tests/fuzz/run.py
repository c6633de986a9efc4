"""
Run targets: C{python -m tests.fuzz.run --target all --seconds 10}.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path

from twisted.logger import globalLogBeginner

from tests.fuzz.engine import CORPUS, attempt, run, shrink, watched
from tests.fuzz.guided import runGuided
from tests.fuzz.mutation import LONGEST
from tests.fuzz.targets import TARGETS


def _keep(name: str, data: bytes, folder: str | None) -> Path:
    directory = Path(folder or tempfile.mkdtemp(prefix="rtmptwisted-fuzz-"))
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{name}-{hashlib.sha256(data).hexdigest()[:12]}.bin"
    path.write_bytes(data)
    return path


def _replay(names: list[str], paths: list[str]) -> int:
    failed = 0
    for path in paths:
        data = Path(path).read_bytes()
        for name in names:
            with watched():
                fault, took = attempt(TARGETS[name].fuzz, data)
            failed += bool(fault)
            print(f"{name}, {path}: {fault or 'nothing wrong'}, {took * 1000:.1f} ms")
            if fault and not fault.startswith("too"):
                try:
                    TARGETS[name].fuzz(data)
                except Exception:
                    traceback.print_exc(file=sys.stdout)
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.run")
    parser.add_argument("--target", default="all", choices=["all", *TARGETS])
    parser.add_argument("--runs", type=int, help="inputs of each target")
    parser.add_argument("--seconds", type=float, help="seconds for each target")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    parser.add_argument("--longest", type=int, default=LONGEST, help="of inputs, bytes")
    parser.add_argument("--failures", help="folder for inputs that fail")
    parser.add_argument("--guided", action="store_true", help="let atheris choose")
    parser.add_argument("--replay", nargs="+", metavar="FILE", help="run these only")
    return parser


def fuzz(arguments: Sequence[str]) -> int:
    """
    @return: the exit code: 1 when anything failed.
    """
    options = _parser().parse_args(arguments)
    names = list(TARGETS) if options.target == "all" else [options.target]
    if options.replay:
        return _replay(names, options.replay)
    seconds = options.seconds
    if options.runs is None and seconds is None:
        seconds = 10.0
    if options.guided:
        return runGuided(names, options.runs, seconds, options.seed, options.corpus)
    reports = []
    for name in names:

        def found(fault: str, data: bytes, name: str = name) -> None:
            short = shrink(TARGETS[name].fuzz, data, fault)
            path = _keep(name, short, options.failures)
            print(f"{name}: {fault}: {len(short)} bytes in {path}", flush=True)

        report = run(
            name,
            runs=options.runs,
            seconds=seconds,
            seed=options.seed,
            corpus=options.corpus,
            longest=options.longest,
            found=found,
        )
        print(report, flush=True)
        reports.append(report)
    failures = sum(len(report.failures) for report in reports)
    print(f"{sum(report.inputs for report in reports):,} inputs, {failures} failures")
    return 1 if failures else 0


def main() -> None:
    """
    Be a program.
    """
    # The log is what targets look at; nobody else shall keep it.
    globalLogBeginner.beginLoggingTo([], discardBuffer=True, redirectStandardIO=False)
    sys.exit(fuzz(sys.argv[1:]))


if __name__ == "__main__":
    main()
