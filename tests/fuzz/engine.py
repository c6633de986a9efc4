"""
The engine of the fuzzer: damaged inputs, one after the other, and a judgement on
each.
"""

from __future__ import annotations

import resource
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random
from types import FrameType

from tests.fuzz.mutation import LONGEST, Mutator
from tests.fuzz.targets import TARGETS, Target

#: An input that takes longer than this, in seconds of the processor, hangs.
SLOWEST = 2.0
#: It is stopped after this.
_STOPPED = 20.0
#: One that makes the process larger by more than this, in KiB, takes too much.
_LARGEST_GROWTH = 64 * 1024

#: Recordings of connections, and what they mean.
CORPUS = Path(__file__).parent.parent / "corpus"
_POOL = 250
_FAILURES = 10


class Hang(BaseException):
    """
    An input was stopped.  No C{except Exception} catches this.
    """


@dataclass
class Report:
    """
    What came of running a target.

    @ivar failures: what went wrong, once for each place where it did.
    @ivar slowest: the time of the slowest input in seconds, and the input.
    """

    name: str
    inputs: int = 0
    seconds: float = 0.0
    failures: dict[str, bytes] = field(default_factory=dict)
    slowest: tuple[float, bytes] = (0.0, b"")

    def __str__(self) -> str:
        time, data = self.slowest
        rate = self.inputs / self.seconds if self.seconds else 0
        return (
            f"{self.name}: {self.inputs:,} inputs in {self.seconds:.0f} s "
            f"({rate:,.0f}/s), {len(self.failures)} failures; slowest "
            f"{time * 1000:.1f} ms ({len(data)} bytes); peak RSS {peak() // 1024} MiB"
        )


def peak() -> int:
    """
    @return: the most memory that this process has had, in KiB.
    """
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _hang(number: int, frame: FrameType | None) -> None:
    raise Hang(f"stopped after {_STOPPED:g} s")


@contextmanager
def watched() -> Iterator[None]:
    """
    Have inputs stopped that hang, as long as this lasts.
    """
    before = signal.signal(signal.SIGPROF, _hang)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def attempt(fuzz: Callable[[bytes], None], data: bytes) -> tuple[str, float]:
    """
    Run one input.

    @return: what went wrong, in words that are the same for the same fault, or
        C{""}; and the seconds of the processor that it took.
    """
    grown = peak()
    fault = ""
    started = time.process_time()
    signal.setitimer(signal.ITIMER_PROF, _STOPPED)
    try:
        fuzz(data)
    except (Exception, Hang) as error:
        where = traceback.extract_tb(error.__traceback__)[-3:]
        lines = [f"{Path(each.filename).name}:{each.lineno}" for each in where]
        fault = f"{type(error).__name__} at {', '.join(lines)}"
    signal.setitimer(signal.ITIMER_PROF, 0)
    took = time.process_time() - started
    if not fault and took > SLOWEST:
        fault = "too slow"
    if not fault and peak() - grown > _LARGEST_GROWTH:
        fault = "too much memory"
    return fault, took


def pools(
    target: Target, random: Random, corpus: Path | None
) -> tuple[list[bytes], list[bytes]]:
    """
    @return: valid inputs: generated ones, and those made of a corpus.
    """
    generated = [target.generate(random) for _ in range(_POOL)]
    adopted = []
    for path in sorted(corpus.glob("*.bin")) if corpus is not None else ():
        adopted += target.adopt(path.read_bytes())
    return generated, adopted


def run(
    name: str,
    *,
    runs: int | None = None,
    seconds: float | None = None,
    seed: int = 0,
    corpus: Path | None = CORPUS,
    longest: int = LONGEST,
    found: Callable[[str, bytes], None] = lambda fault, data: None,
) -> Report:
    """
    Run a target with damaged inputs.

    @param runs: how many inputs; L{None} for as many as there is time for.
    @param seconds: how long; L{None} for as long as it takes.
    @param corpus: a folder with recordings of connections, C{*.bin}.
    @param found: is told of each new fault, and its input.
    """
    target = TARGETS[name]
    random = Random(f"{name} {seed}")
    mutator = Mutator(random, *pools(target, random, corpus), longest)
    report = Report(name)
    started = time.monotonic()
    with watched():
        for number in count():
            report.seconds = time.monotonic() - started
            if runs is not None and number >= runs:
                break
            if seconds is not None and report.seconds >= seconds:
                break
            if number % 4 == 3:
                mutator.pool[random.randrange(_POOL)] = target.generate(random)
            data = mutator.next()
            fault, took = attempt(target.fuzz, data)
            report.inputs += 1
            if took > report.slowest[0]:
                report.slowest = took, data
            if fault and fault not in report.failures:
                report.failures[fault] = data
                found(fault, data)
                if len(report.failures) >= _FAILURES:
                    break
    return report


def shrink(
    fuzz: Callable[[bytes], None], data: bytes, fault: str, seconds: float = 20
) -> bytes:
    """
    @return: a shorter input with the same fault, found within about so many
        seconds.
    """
    deadline = time.monotonic() + seconds
    size = max(len(data) // 2, 1)
    with watched():
        while True:
            place = 0
            shorter = False
            while place < len(data):
                if time.monotonic() > deadline:
                    return data
                less = data[:place] + data[place + size :]
                if attempt(fuzz, less)[0] == fault:
                    data, shorter = less, True
                else:
                    place += size
            if size > 1:
                size //= 2
            elif not shorter:
                return data
