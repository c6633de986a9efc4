"""
What is measured: one run of a server under a load.
"""

from __future__ import annotations

import contextlib
import gc
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.crowd import Crowd
from tests.bench.measure import (
    coreSeconds,
    cpuSeconds,
    latencies,
    processTree,
    residentBytes,
)
from tests.bench.publisher import Flood, PublisherProcess
from tests.bench.servers import Server, Skipped, loggedErrors
from tests.bench.source import loadSource
from tests.bench.viewers import RTMP, WAITING, Sample
from tests.flv_reader import AUDIO, VIDEO

#: How many viewers come in a second.
_RATE = 200

#: How many viewers are sampled.
_SAMPLED = 24

#: A viewer that has got so many bytes is served.
_SERVED = 20_000

#: Frames that were sent in the window may come so much later, in seconds.
_LATE = 1.0

#: So much of what was published may be missing in what was delivered in the window,
#: and so many seconds: viewers get what they have at different moments.
_SLACK = 0.02
_EDGE = 0.5


@dataclass(frozen=True)
class Plan:
    """
    What is to be measured.

    @ivar case: C{"ingest"}, C{"fanout"}, C{"merge"} or C{"slow"}.
    @ivar options: for the command line of the server.
    @ivar stalled: viewers that read nothing.
    @ivar dripping: viewers that read a byte a second.
    @ivar size: bytes to ingest.
    @ivar preroll: how long the stream is live before the first viewer comes.
    """

    case: str
    server: str
    protocol: str
    source: Path
    viewers: int = 0
    seconds: float = 0
    options: tuple[str, ...] = ()
    stalled: int = 0
    dripping: int = 0
    chunkSize: int = 4096
    size: int = 0
    preroll: float = 2.5

    def __str__(self) -> str:
        words = [self.case, self.server, *self.options]
        if self.case == "ingest":
            return " ".join([*words, f"chunks of {self.chunkSize}"])
        words += [self.protocol, f"{self.viewers} viewers"]
        if self.stalled or self.dripping:
            words.append(f"+ {self.stalled} stalled + {self.dripping} dripping")
        return " ".join(words)


@dataclass
class Result:
    """
    What a run has shown.

    @ivar cpu: CPU-seconds of the server.
    @ivar bytes: delivered; for ingest, taken.
    @ivar seconds: of the window.
    @ivar share: of what was published, how much was delivered.
    @ivar load: CPU-seconds of publisher and viewers in a second.
    @ivar others: what else has used the server's core in a second.
    @ivar alike: how many segments a viewer got for each that a sampled one got.
    @ivar failures: what must not be.
    """

    skipped: str = ""
    cpu: float = 0
    bytes: int = 0
    seconds: float = 0
    latency: dict[str, float] | None = None
    video: dict[str, float] | None = None
    audio: dict[str, float] | None = None
    residentBefore: int = 0
    residentAfter: int = 0
    residentPeak: int = 0
    share: float = 0
    cut: int = 0
    behind: int = 0
    checked: int = 0
    largest: int = 0
    alike: float = 1
    load: float = 0
    others: float = 0
    publisherLate: float = 0
    failures: list[str] = field(default_factory=list)

    @property
    def perGigabyte(self) -> float:
        """
        CPU-seconds per GB (10^9 bytes).
        """
        return self.cpu / self.bytes * 1e9


class _Window:
    """
    Takes the server's CPU time between two moments.
    """

    def __init__(self, server: Server, core: int, others: list[int]) -> None:
        self._core = core
        self._loads = others
        self.server = processTree(server.pid)
        self._start = self._now()

    def _now(self) -> tuple[float, float, float, float]:
        return (
            time.monotonic(),
            cpuSeconds(self.server),
            coreSeconds(self._core),
            time.process_time() + cpuSeconds(self._loads),
        )

    def end(self, result: Result) -> None:
        """
        Fill in what was used.
        """
        seconds, cpu, core, load = (
            now - then for now, then in zip(self._now(), self._start, strict=True)
        )
        result.seconds = seconds
        result.cpu = cpu
        result.load = load / seconds
        result.others = max(core - cpu, 0) / seconds


@contextlib.contextmanager
def _running(plan: Plan, core: int) -> Iterator[Server]:
    server = Server(plan.server, core, plan.options)
    # What the load keeps must not be looked through again and again.
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield server
    finally:
        server.stop()
        gc.enable()
        gc.unfreeze()


def measure(plan: Plan, core: int) -> Result:
    """
    @param core: of the server.
    @return: what came of it, which may be that it cannot be measured.
    """
    result = Result()
    try:
        with _running(plan, core) as server:
            if plan.case == "ingest":
                _ingest(plan, core, server, result)
            else:
                _deliver(plan, core, server, result)
            if not server.runs:
                result.failures.append("the server has ended")
            if errors := loggedErrors(server.log):
                what = f"the server has logged {len(errors)} errors: {errors[0]}"
                result.failures.append(what)
    except Skipped as error:
        result.skipped = str(error)
    except (OSError, AssertionError) as error:
        result.failures.append(f"{type(error).__name__}: {str(error)[:200]}")
    return result


def _ingest(plan: Plan, core: int, server: Server, result: Result) -> None:
    flood = Flood(server.rtmp, loadSource(plan.source), plan.chunkSize)
    try:
        result.residentBefore = residentBytes(processTree(server.pid))
        window = _Window(server, core, [])
        result.bytes = flood.run(plan.size)
        window.end(result)
        result.residentAfter = residentBytes(window.server)
    finally:
        flood.close()


def _deliver(plan: Plan, core: int, server: Server, result: Result) -> None:
    everybody = plan.viewers + plan.stalled + plan.dripping
    most = plan.preroll + everybody / _RATE * 3 + 60 + plan.seconds
    publisher = PublisherProcess(server.rtmp, plan.source, most)
    port = server.rtmp if plan.protocol == RTMP else server.http
    crowd = Crowd(port, plan.protocol)
    try:
        crowd.run(time.monotonic() + plan.preroll)
        result.residentBefore = residentBytes(processTree(server.pid))
        crowd.connect(plan.viewers, _SAMPLED, _RATE)
        crowd.awaitAll(_SERVED, 5 + plan.viewers / _RATE)
        _checkServed(crowd)
        # They never count among the viewers whose delivery is looked at.
        crowd.connectSlow(plan.stalled, plan.dripping, _RATE)
        crowd.run(time.monotonic() + min(1.5, plan.preroll))
        begin, end = _watch(plan, core, server, crowd, publisher.pid, result)
    finally:
        crowd.close()
        sent = publisher.stop()
    if sent is None:
        result.failures.append("the publisher has failed")
        return
    result.publisherLate = sent.late
    result.share = result.bytes / (sent.between(begin, end) * plan.viewers)
    if result.share < 1 - _SLACK - _EDGE / result.seconds:
        result.failures.append(f"only {result.share:.0%} was delivered in time")


def _checkServed(crowd: Crowd) -> None:
    """
    @raise Skipped: when the server serves no viewer at all.
    """
    if not any(viewer.samples for viewer in crowd.sampled):
        said = [viewer.failures[0] for viewer in crowd.sampled if viewer.failures]
        raise Skipped((said or ["the server sends nothing"])[0])


def _watch(
    plan: Plan, core: int, server: Server, crowd: Crowd, publisher: int, result: Result
) -> tuple[int, int]:
    """
    Measure, while all viewers are there.

    @return: from when to when, in nanoseconds.
    """
    crowd.largest = 0
    segments = crowd.segments()
    before = [viewer.received for viewer in crowd.viewers]
    window = _Window(server, core, [publisher])
    begin = time.monotonic_ns()
    end = time.monotonic() + plan.seconds
    while time.monotonic() < end:
        crowd.run(min(time.monotonic() + 1, end))
        result.residentAfter = residentBytes(window.server)
        result.residentPeak = max(result.residentPeak, result.residentAfter)
    until = time.monotonic_ns()
    window.end(result)
    result.bytes = sum(viewer.received for viewer in crowd.viewers) - sum(before)
    crowd.run(time.monotonic() + min(_LATE, plan.seconds / 2))
    _judge(crowd, before, result)
    _compare(crowd, segments, result)
    _times(
        [
            sample
            for viewer in crowd.sampled
            for sample in viewer.samples
            if begin <= sample.sent < until
        ],
        result,
    )
    return begin, until


def _times(samples: list[Sample], result: Result) -> None:
    result.latency = latencies(each.latency for each in samples)
    result.video = latencies(each.latency for each in samples if each.kind == VIDEO)
    result.audio = latencies(each.latency for each in samples if each.kind == AUDIO)
    if not samples:
        result.failures.append("no sampled viewer has got a frame")


def _compare(crowd: Crowd, before: tuple[int, int], result: Result) -> None:
    """
    Whether those who are sampled are served like the others.
    """
    read, counted = (
        now - then for now, then in zip(crowd.segments(), before, strict=True)
    )
    sampled = len(crowd.sampled)
    others = len(crowd.viewers) - sampled
    if read and others:
        result.alike = counted / others / (read / sampled)


def _judge(crowd: Crowd, before: list[int], result: Result) -> None:
    result.cut = sum(viewer.cut for viewer in crowd.viewers)
    result.behind = crowd.behind(before)
    result.largest = crowd.largest
    result.checked = sum(len(viewer.samples) for viewer in crowd.sampled)
    failed = [viewer.failures for viewer in crowd.sampled if viewer.failures]
    if failed:
        what = f"{len(failed)} of {len(crowd.sampled)} sampled viewers: {failed[0][0]}"
        result.failures.append(what)
    if result.largest > WAITING / 2:
        result.failures.append("the buffers of viewers were nearly full")
    if result.cut:
        result.failures.append(f"{result.cut} viewers were cut")
    if result.behind:
        result.failures.append(f"{result.behind} viewers fell behind")
