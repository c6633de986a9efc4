"""
Tests of what L{tests.bench} makes of its results.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests.bench.campaign import Campaign, Run, cost, latency, memory
from tests.bench.cases import Plan, Result
from tests.bench.report import intoDocument, line, number, table, tables
from tests.bench.servers import NGINX, OURS, loggedErrors
from tests.bench.targets import Target, targets
from tests.bench.viewers import HTTP, RTMP

OUR_PLAN = Plan("fanout", OURS, HTTP, Path("live.flv"), viewers=500, seconds=10)
NGINX_PLAN = replace(OUR_PLAN, server=NGINX, protocol=RTMP)


def result(perGigabyte: float, p99: float = 5.0, **others: object) -> Result:
    """
    @return: of a run of 10 s in which 2 GB were delivered.
    """
    made = Result(
        cpu=2 * perGigabyte,
        bytes=2_000_000_000,
        seconds=10,
        latency={"p50": 1.0, "p99": p99, "max": 2 * p99, "frames": 100},
        residentBefore=50_000_000,
        residentAfter=54_000_000,
        residentPeak=60_000_000,
        share=1.0,
    )
    return replace(made, **others)  # type: ignore[arg-type]


def campaign(*rounds: tuple[Result, Result]) -> Campaign:
    """
    @param rounds: what this server and nginx-rtmp did in each.
    """
    made = Campaign({"date": "today"}, {OURS: "1"})
    for turn, (ours, theirs) in enumerate(rounds):
        made.runs += [Run(turn, OUR_PLAN, ours), Run(turn, NGINX_PLAN, theirs)]
    return made


class CampaignTests(SynchronousTestCase):
    """
    Medians and ratios of several rounds.
    """

    def setUp(self) -> None:
        """
        Three rounds, in the second of which the machine was slow.
        """
        self.campaign = campaign(
            (result(1.0), result(4.0, 10)),
            (result(3.0), result(6.0, 20)),
            (result(1.1), result(4.0, 30)),
        )

    def test_figures(self) -> None:
        """
        Costs are CPU-seconds per 10^9 bytes, memory is kB that each viewer has added.
        """
        run = self.campaign.runs[0]
        self.assertEqual(cost(run), 1.0)
        self.assertEqual(memory(run), 8.0)
        self.assertEqual(latency("max")(run), 10.0)
        self.assertIsNone(latency("p99", "audio")(run))
        self.assertIsNone(cost(Run(0, OUR_PLAN, Result())))

    def test_median(self) -> None:
        """
        A figure is the median of the rounds.
        """
        self.assertEqual(self.campaign.median(OUR_PLAN, cost), 1.1)
        self.assertEqual(self.campaign.median(NGINX_PLAN, latency("p99")), 20)
        self.assertIsNone(self.campaign.median(None, cost))

    def test_ratio(self) -> None:
        """
        A ratio is the median of those of each round, not the ratio of medians.
        """
        self.assertEqual(self.campaign.reference(OUR_PLAN), NGINX_PLAN)
        self.assertEqual(self.campaign.ratio(OUR_PLAN, NGINX_PLAN, cost), 0.275)
        self.assertIsNone(self.campaign.ratio(OUR_PLAN, None, cost))

    def test_reference(self) -> None:
        """
        Runs are only held against those of nginx-rtmp under the same load.
        """
        for other in (
            replace(OUR_PLAN, viewers=10),
            replace(OUR_PLAN, case="merge"),
            replace(OUR_PLAN, chunkSize=128),
            replace(OUR_PLAN, stalled=5),
        ):
            self.assertIsNone(self.campaign.reference(other))

    def test_skipped(self) -> None:
        """
        A run that was skipped is no run, and its reason is known where there is no
        other.
        """
        skipped = Run(3, OUR_PLAN, Result(skipped="no such option"))
        self.campaign.runs.append(skipped)
        self.assertEqual(self.campaign.skipped(OUR_PLAN), "")
        self.assertEqual(self.campaign.median(OUR_PLAN, cost), 1.1)
        alone = Campaign({}, {}, [skipped])
        self.assertEqual(alone.skipped(OUR_PLAN), "no such option")

    def test_saved(self) -> None:
        """
        What is saved can be loaded, several files at once with rounds of their own.
        """
        folder = tempfile.TemporaryDirectory(prefix="rtmptwisted-campaign-")
        self.addCleanup(folder.cleanup)
        path = Path(folder.name) / "saved.json"
        merged = replace(OUR_PLAN, case="merge", options=("--merge-window", "50"))
        self.campaign.runs.append(Run(1, merged, result(0.5)))
        self.campaign.save(path)
        again = Campaign.load([path])
        self.assertEqual(again, self.campaign)
        twice = Campaign.load([path, path])
        self.assertEqual((twice.rounds, len(twice.runs)), ((2, 6), 14))
        self.assertEqual(twice.ratio(OUR_PLAN, NGINX_PLAN, cost), 0.275)


class TextTests(SynchronousTestCase):
    """
    Numbers, lines and tables.
    """

    def test_numbers(self) -> None:
        """
        Numbers have as many digits as count, and no point at their end.
        """
        told = [number(each) for each in (0.12345, 1.2, 12.0, 99.96, 1234.5, 0, None)]
        self.assertEqual(told, ["0.123", "1.20", "12.0", "100", "1,234", "0.00", "-"])
        self.assertEqual([number(each, 2) for each in (9.98, 0.5)], ["10", "0.50"])

    def test_table(self) -> None:
        """
        A table is a list of lists, with nothing behind an empty cell.
        """
        self.assertEqual(
            table("T", ["a", "b"], [["1", ""]]),
            ".. list-table:: T\n   :header-rows: 1\n\n"
            "   * - a\n     - b\n   * - 1\n     -\n",
        )

    def test_line(self) -> None:
        """
        A failure is shown in capitals, a skipped run with its reason.
        """
        told = line(OUR_PLAN, result(1.5, failures=["3 viewers were cut"]))
        self.assertIn("1.500 CPU-s/GB, p50 1.00 p99 5.00 max 10.00 ms", told)
        self.assertIn("FAILED: 3 viewers were cut", told)
        told = line(OUR_PLAN, Result(skipped="why"))
        self.assertEqual(told, "fanout rtmptwisted HTTP-FLV 500 viewers: skipped: why")

    def test_tables(self) -> None:
        """
        Remarks tell of failures, with nothing in them that is markup, of what was
        skipped, of a load at its limit, and of others on the core.
        """
        ours = result(1.0, failures=["`x` *y*"], load=0.95, others=0.3)
        told = tables(campaign((ours, Result(skipped="nginx is not installed"))))
        self.assertIn(r"- \`x\` \*y\*; the load was at its limit; others", told)
        self.assertIn("- not measured: nginx is not installed", told)
        self.assertNotIn("Merge windows", told)

    def test_document(self) -> None:
        """
        Only what stands between the two comments is written anew.
        """
        begin = ".. What follows is written by tests.bench.\n"
        end = ".. That was written by tests.bench.\n"
        text = f"before\n\n{begin}\nold\n\n{end}\nafter\n"
        again = intoDocument(text, "new\n")
        self.assertEqual(again, f"before\n\n{begin}\nnew\n\n{end}\nafter\n")
        self.assertEqual(intoDocument(again, "new\n"), again)
        self.assertRaises(ValueError, intoDocument, "nothing", "new\n")


class LogTests(SynchronousTestCase):
    """
    The log of a server.
    """

    def test_errors(self) -> None:
        """
        Each traceback is one error, with or without the tabs that Twisted puts in
        front, and its last line says which.
        """
        log = (
            "2026 [x#info] all is well\n2026 [x#critical] while handling a call\n"
            "\tTraceback (most recent call last):\n"
            '\t  File "a.py", line 1, in f\n\t    g()\n\tbuiltins.KeyError: 1\n\t\n'
            "2026 [x#info] more\n"
            'Traceback (most recent call last):\n  File "b.py", line 2\nOSError: no\n'
        )
        self.assertEqual(loggedErrors(log), ["builtins.KeyError: 1", "OSError: no"])
        self.assertEqual(loggedErrors("all is well\n"), [])


class TargetTests(SynchronousTestCase):
    """
    What should be reached.
    """

    def found(self, *rounds: tuple[Result, Result]) -> dict[str, Target]:
        """
        @return: the targets by what they say.
        """
        return {target.what: target for target in targets(campaign(*rounds))}

    def test_met(self) -> None:
        """
        Cost, latency and memory are held against their bounds, which belong to what
        is good.
        """
        found = self.found((result(3.0, 9), result(4.0, 10)))
        cheap = found["500 HTTP-FLV viewers: cost, to nginx-rtmp's"]
        self.assertEqual((cheap.measured, cheap.met), (0.75, True))
        fast = found["500 HTTP-FLV viewers: p99 latency, to nginx-rtmp's"]
        self.assertEqual((fast.measured, fast.met), (0.9, True))
        small = found["500 HTTP-FLV viewers: kB of memory each"]
        self.assertEqual((small.measured, small.met), (8.0, True))

    def test_missed(self) -> None:
        """
        A little more than the bound is too much.
        """
        found = self.found((result(3.01, 11), result(4.0, 10)))
        self.assertFalse(found["500 HTTP-FLV viewers: cost, to nginx-rtmp's"].met)
        self.assertFalse(
            found["500 HTTP-FLV viewers: p99 latency, to nginx-rtmp's"].met
        )

    def test_unknown(self) -> None:
        """
        What was not measured is neither reached nor missed.
        """
        found = self.found((result(3.0), Result(skipped="no nginx")))
        self.assertIsNone(found["500 HTTP-FLV viewers: cost, to nginx-rtmp's"].met)
        self.assertIsNone(found["Ingest in chunks of 128: cost, to nginx-rtmp's"].met)

    def test_lost(self) -> None:
        """
        One viewer of 2,000 that fell behind is one too many, and where much was not
        delivered all did.
        """
        large = replace(OUR_PLAN, viewers=2000)
        for made, lost in (
            (result(1, behind=1), 1),
            (result(1, cut=2), 2),
            (result(1, failures=["only 50% was delivered in time"]), 2000),
            (result(1), 0),
        ):
            told = targets(Campaign({}, {}, [Run(0, large, made)]))
            what = "2,000 HTTP-FLV viewers: how many fell behind or were cut"
            target = next(each for each in told if each.what == what)
            self.assertEqual((target.measured, target.met), (lost, not lost))

    def test_cost(self) -> None:
        """
        The cost of a viewer is that of the server divided by their number.
        """
        few = Run(0, replace(OUR_PLAN, viewers=200), result(1))
        many = Run(0, replace(OUR_PLAN, viewers=2000), result(11))
        told = targets(Campaign({}, {}, [few, many]))
        target = next(each for each in told if "to that with 200" in each.what)
        assert target.measured is not None
        self.assertAlmostEqual(target.measured, 1.1)
        self.assertTrue(target.met)
