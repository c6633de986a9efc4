"""
The same targets, with atheris choosing the inputs by what code they reach:
C{python -m tests.fuzz.guided TARGET [options of libFuzzer]}.

Nothing of the server may be imported here before atheris is there to see it.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random

#: Says that a process is the one that fuzzes: libFuzzer ends it as it likes.
_INSIDE = "--inside"

#: Later options win, so that these can be changed.  Its own clock is that of the
#: wall, and is for what really hangs.
_OPTIONS = (
    "-timeout=60",
    "-rss_limit_mb=1024",
    "-max_len=4096",
    "-print_final_stats=1",
)

_STATISTIC = "stat::"


def _writeSeeds(name: str, corpus: Path | None, folder: Path) -> None:
    from tests.fuzz.engine import pools
    from tests.fuzz.targets import TARGETS

    generated, adopted = pools(TARGETS[name], Random(name), corpus)
    for number, data in enumerate(generated + adopted):
        (folder / f"{number}.bin").write_bytes(data)


def guide(name: str, options: list[str], corpus: Path | None) -> dict[str, int]:
    """
    Fuzz a target in a process of its own, which ends when the options say so or
    an input fails, and print what it prints.

    @param options: of libFuzzer; a folder among them keeps the inputs that reach
        something new.
    @return: its exit code, and its final statistics, by name.
    """
    kept = tempfile.mkdtemp(prefix="rtmptwisted-fuzz-")
    with tempfile.TemporaryDirectory() as seeds, tempfile.TemporaryDirectory() as new:
        _writeSeeds(name, corpus, Path(seeds))
        folders = [each for each in options if not each.startswith("-")] or [new]
        command = [sys.executable, "-m", "tests.fuzz.guided", _INSIDE, name, *_OPTIONS]
        command += [f"-artifact_prefix={kept}/"]
        command += [each for each in options if each.startswith("-")]
        found: dict[str, int] = {}
        with subprocess.Popen(
            [*command, *folders, seeds],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                sys.stdout.write(line)
                if line.startswith(_STATISTIC):
                    key, _, value = line.removeprefix(_STATISTIC).partition(":")
                    found[key] = int(value)
    if not any(Path(kept).iterdir()):
        Path(kept).rmdir()
    return found | {"exit": process.returncode}


def runGuided(
    names: list[str],
    runs: int | None,
    seconds: float | None,
    seed: int,
    corpus: Path | None,
) -> int:
    """
    Fuzz targets one after the other, for so many inputs or seconds each.

    @return: the exit code: 1 when anything failed.
    """
    lines = []
    failed = False
    for name in names:
        options = [f"-seed={seed + 1}"]
        if runs is not None:
            options.append(f"-runs={runs}")
        if seconds is not None:
            options.append(f"-max_total_time={max(int(seconds), 1)}")
        started = time.monotonic()
        found = guide(name, options, corpus)
        failed = failed or found["exit"] != 0
        lines.append(
            f"{name}: {found.get('number_of_executed_units', 0):,} inputs in "
            f"{time.monotonic() - started:.0f} s, exit code {found['exit']}; slowest "
            f"{found.get('slowest_unit_time_sec', 0)} s; "
            f"peak RSS {found.get('peak_rss_mb', 0)} MiB"
        )
    print("\n".join(lines))
    return int(failed)


def _fuzz(name: str, options: list[str]) -> None:
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["rtmptwisted"]):
        from tests.fuzz.engine import SLOWEST
        from tests.fuzz.targets import TARGETS
    from twisted.logger import globalLogBeginner

    from tests.fuzz.judging import Fault

    globalLogBeginner.beginLoggingTo([], discardBuffer=True, redirectStandardIO=False)
    fuzz = TARGETS[name].fuzz

    def judged(data: bytes) -> None:
        started = time.process_time()
        fuzz(data)
        took = time.process_time() - started
        if took > SLOWEST:
            raise Fault(f"too slow: {took:.1f} s")

    atheris.Setup([sys.argv[0], *options], judged)
    atheris.Fuzz()


def main(arguments: list[str]) -> int:
    """
    @return: the exit code: that of libFuzzer.
    """
    if arguments[:1] == [_INSIDE]:
        _fuzz(arguments[1], arguments[2:])
        return 0
    if not arguments or arguments[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    from tests.fuzz.engine import CORPUS

    return guide(arguments[0], arguments[1:], CORPUS)["exit"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
