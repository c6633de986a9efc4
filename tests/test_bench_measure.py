"""
Tests of L{tests.bench.measure}: what the system says, and what figures say.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests.bench.measure import (
    coreSeconds,
    cpuSeconds,
    latencies,
    median,
    parentOf,
    percentile,
    processTree,
    residentBytes,
)


class FigureTests(SynchronousTestCase):
    """
    Percentiles and medians.
    """

    def test_percentile(self) -> None:
        """
        A percentile is the smallest value that so many percent do not exceed.
        """
        values = [float(each) for each in range(1, 201)]
        self.assertEqual(percentile(values, 50), 100)
        self.assertEqual(percentile(values, 99), 198)
        self.assertEqual(percentile(values, 100), 200)
        self.assertEqual(percentile(values, 0), 1)
        self.assertEqual(percentile([7.0], 99), 7)

    def test_latencies(self) -> None:
        """
        Latencies come in any order in nanoseconds, and are told in milliseconds.
        """
        told = latencies([3_000_000, 1_000_000, 2_500_000])
        self.assertEqual(told, {"p50": 2.5, "p99": 3.0, "max": 3.0, "frames": 3})
        self.assertIsNone(latencies([]))

    def test_median(self) -> None:
        """
        What was not measured does not count for a median.
        """
        self.assertEqual(median([3, None, 1, 2]), 2)
        self.assertIsNone(median([None]))


class ProcessTests(SynchronousTestCase):
    """
    What is read from C{/proc}, here one of our own.
    """

    def setUp(self) -> None:
        """
        Process 10 has started 11, and that 12; 20 is another's.
        """
        temporary = tempfile.TemporaryDirectory(prefix="rtmptwisted-proc-")
        self.addCleanup(temporary.cleanup)
        self.proc = Path(temporary.name)
        for pid, parent, name in (
            (10, 1, "nginx: master"),
            (11, 10, "a (b) 9 S 20 (c"),
            (12, 11, "w"),
            (20, 1, "other"),
        ):
            for task, nanoseconds in ((pid, 1_500_000_000), (pid + 500, 250_000_000)):
                folder = self.proc / str(pid) / "task" / str(task)
                folder.mkdir(parents=True)
                (folder / "schedstat").write_text(f"{nanoseconds} 99 7\n")
            home = self.proc / str(pid)
            (home / "stat").write_text(f"{pid} ({name}) S {parent} 1 1 0 -1\n")
            (home / "status").write_text("Name:\tx\nVmHWM:\t9 kB\nVmRSS:\t    4 kB\n")
        (self.proc / "stat").write_text(
            "cpu  9 9 9 9 9 9 9 9 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n"
            "cpu1 100 20 3000 7000000 50000 4 500 76 8 8\nintr 5\n"
        )

    def test_parent(self) -> None:
        """
        The name of a process may hold brackets and what looks like fields.
        """
        self.assertEqual(parentOf("11 (a (b) 9 S 20 (c) S 10 1 1 0"), 10)

    def test_tree(self) -> None:
        """
        A tree is a process and all that descend from it.
        """
        self.assertEqual(processTree(10, self.proc), [10, 11, 12])
        self.assertEqual(processTree(12, self.proc), [12])

    def test_sums(self) -> None:
        """
        CPU time is that of all threads of all processes, memory that of all processes.
        """
        self.assertEqual(cpuSeconds([10, 11, 12], self.proc), 3 * 1.75)
        self.assertEqual(residentBytes([10, 11, 12], self.proc), 3 * 4096)
        self.assertEqual(cpuSeconds([99], self.proc), 0)

    def test_core(self) -> None:
        """
        A core is busy when it is neither idle nor waits for a disk.
        """
        self.assertEqual(coreSeconds(1, self.proc), 37.0)
        self.assertRaises(LookupError, coreSeconds, 7, self.proc)

    def test_thisProcess(self) -> None:
        """
        The real C{/proc} can be read: this process has used time and memory.
        """
        self.assertGreater(cpuSeconds([os.getpid()]), 0.01)
        self.assertGreater(residentBytes([os.getpid()]), 1_000_000)
        self.assertIn(os.getpid(), processTree(os.getppid()))
        self.assertGreater(coreSeconds(min(os.sched_getaffinity(0))), 0)
