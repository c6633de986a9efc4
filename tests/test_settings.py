"""
Tests of L{rtmptwisted.settings}: limits, as they are written on a command line.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, fields
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.settings import parseLimits
from rtmptwisted.wire.limits import Limits

DEFAULTS = asdict(Limits())
SIZES = [name for name, value in DEFAULTS.items() if type(value) is int]
TIMES = [name for name, value in DEFAULTS.items() if type(value) is float]

#: Limits that 0 switches off.
SWITCHES = ("connections", "connectionsPerAddress")

DOCS = Path(__file__).resolve().parent.parent / "docs"


def changed(*settings: str) -> dict[str, int | float]:
    """
    @return: what these make different from the defaults.
    """
    found = asdict(parseLimits(settings))
    return {name: value for name, value in found.items() if value != DEFAULTS[name]}


class ValueTests(SynchronousTestCase):
    """
    What values limits can be given.
    """

    def test_kinds(self) -> None:
        """
        Every limit is a whole number or a time in seconds.
        """
        self.assertEqual(sorted(SIZES + TIMES), sorted(DEFAULTS))
        self.assertEqual(TIMES, [name for name in DEFAULTS if name.endswith("Seconds")])

    def test_nothing(self) -> None:
        """
        Without settings they are the defaults.
        """
        self.assertEqual(parseLimits([]), Limits())

    def test_each(self) -> None:
        """
        Each can be set, alone, to a number of its kind.
        """
        for name in SIZES:
            value = 123 if name == "amfDepth" else 12345
            self.assertEqual(changed(f"{name}={value}"), {name: value})
            self.assertIs(type(getattr(parseLimits([f"{name}=7"]), name)), int)
        for name in TIMES:
            self.assertEqual(changed(f"{name}=12345.5"), {name: 12345.5})
            self.assertIs(type(getattr(parseLimits([f"{name}=7"]), name)), float)

    def test_several(self) -> None:
        """
        Several can be set; of two settings of one the later counts.
        """
        found = changed("gopTags=7", "pingSeconds=3", "gopTags=9", "gopBytes=5")
        self.assertEqual(found, {"gopTags": 9, "pingSeconds": 3.0, "gopBytes": 5})

    def test_units(self) -> None:
        """
        Sizes may have K, M or G behind them, in any case of letters, with a
        fraction.
        """
        for text, size in (
            ("4K", 4096),
            ("4k", 4096),
            ("16M", 16 << 20),
            ("2g", 2 << 30),
            ("1.5M", 3 << 19),
            (".5k", 512),
            ("0.001K", 1),
        ):
            for name in set(SIZES) - {"amfDepth"}:
                self.assertEqual(getattr(parseLimits([f"{name}={text}"]), name), size)

    def test_amfDepth(self) -> None:
        """
        Values cannot be nested deeper than the interpreter can follow.
        """
        self.assertEqual(parseLimits(["amfDepth=200"]).amfDepth, 200)
        error = self.assertRaises(ValueError, parseLimits, ["amfDepth=201"])
        self.assertIn("200", str(error))

    def test_spaces(self) -> None:
        """
        Spaces around name and value mean nothing.
        """
        self.assertEqual(changed(" gopTags = 7 "), {"gopTags": 7})
        self.assertEqual(changed("gopBytes= 2 M"), {"gopBytes": 2 << 20})
        self.assertEqual(changed("pingSeconds =\t5\n"), {"pingSeconds": 5.0})

    def test_infinite(self) -> None:
        """
        Every time may be infinite, which no size can be.
        """
        for name in TIMES:
            for text in ("inf", "Infinity", "1e999"):
                found = getattr(parseLimits([f"{name}={text}"]), name)
                self.assertEqual(found, math.inf)
        for name in SIZES:
            for text in ("inf", "infM", "1e999M", "1e308G"):
                with self.assertRaises(ValueError) as raised:
                    parseLimits([f"{name}={text}"])
                self.assertEqual(
                    str(raised.exception), f"'{text}' is no value for {name}"
                )

    def test_zero(self) -> None:
        """
        0 is a value for the limits that it switches off, and for no other.
        """
        for name in DEFAULTS:
            for text in ("0", "-0", "00"):
                if name in SWITCHES:
                    self.assertEqual(changed(f"{name}={text}"), {name: 0})
                    continue
                with self.assertRaises(ValueError) as raised:
                    parseLimits([f"{name}={text}"])
                self.assertEqual(str(raised.exception), f"{name} has to be more than 0")

    def test_nearlyZero(self) -> None:
        """
        What comes to 0 bytes, or to no time, is 0.
        """
        for setting in ("gopBytes=0.0001K", "gopBytes=0M", "pingSeconds=1e-400"):
            with self.assertRaises(ValueError) as raised:
                parseLimits([setting])
            self.assertIn("has to be more than 0", str(raised.exception))

    def test_negative(self) -> None:
        """
        Nothing is less than 0.
        """
        for name in DEFAULTS:
            for text in ("-1", "-1M" if name in SIZES else "-inf"):
                with self.assertRaises(ValueError) as raised:
                    parseLimits([f"{name}={text}"])
                self.assertEqual(str(raised.exception), f"{name} has to be more than 0")


class ErrorTests(SynchronousTestCase):
    """
    What is no setting.
    """

    def assertRefused(self, setting: str, why: str) -> None:
        """
        A setting is refused with these words, among others that are right.
        """
        with self.assertRaises(ValueError) as raised:
            parseLimits(["gopTags=7", setting, "pingSeconds=5"])
        self.assertEqual(str(raised.exception), why)

    def test_noSetting(self) -> None:
        """
        What has no value is no setting.
        """
        for text in ("", "gopTags", "gopTags 7", "gopTags:7"):
            self.assertRefused(text, f"{text!r} is not NAME=VALUE")

    def test_noName(self) -> None:
        """
        What is no limit is refused, with the names of all that are.
        """
        names = ", ".join(sorted(DEFAULTS))
        for text in ("nonsense", "GopTags", "goptags", "", "__class__", "_limits"):
            self.assertRefused(
                f"{text}=5", f"there is no limit {text!r}; there are {names}"
            )

    def test_noSize(self) -> None:
        """
        What is no number is no size, and a number of seconds is none either.
        """
        for text in (
            "", " ", "x", "7x", "K", "7KB", "7 MiB", "1,5M", "0x10", "1.5", "1e3",
            "nan", "nanM", "--5", "5-", "=5", "'5'", "9" * 5000,
        ):  # fmt: skip
            self.assertRefused(f"gopBytes={text}", f"{text!r} is no value for gopBytes")

    def test_noTime(self) -> None:
        """
        What is no number is no time, and one with a unit is none either.
        """
        for text in ("", "x", "5s", "5K", "1:30", "1,5", "0x10", "infM", "=5"):
            self.assertRefused(
                f"pingSeconds={text}", f"{text!r} is no value for pingSeconds"
            )

    def test_notANumber(self) -> None:
        """
        A time that is no number, of which nothing can be said, is refused.
        """
        for name in TIMES:
            self.assertRefused(f"{name}=nan", f"{name} has to be more than 0")


class DocumentationTests(SynchronousTestCase):
    """
    What the documentation says about limits.
    """

    def rows(self) -> Iterator[tuple[str, str]]:
        """
        @return: the first two cells of each row of the table of limits.
        """
        text = (DOCS / "operating.rst").read_text(encoding="utf-8")
        table = text.partition(".. _limits:")[2]
        for row in table.split("\n   * - ")[1:]:
            cells = [cell.strip() for cell in row.split("\n     - ")]
            yield cells[0].strip("`"), cells[1] if len(cells) > 1 else ""

    def test_named(self) -> None:
        """
        Every limit is named in the chapter about operating the server.
        """
        text = (DOCS / "operating.rst").read_text(encoding="utf-8")
        missing = [name for name in DEFAULTS if f"``{name}``" not in text]
        self.assertEqual(missing, [], "limits that docs/operating.rst does not name")

    def test_defaults(self) -> None:
        """
        What it says of their defaults is so.
        """
        said = dict(self.rows())
        wrong = []
        for field in fields(Limits):
            if field.name in said and not _same(said[field.name], field.default):
                wrong.append(f"{field.name}: {said[field.name]} for {field.default}")
        self.assertEqual(wrong, [])
        self.assertGreater(len(said), 20)

    def test_noOthers(self) -> None:
        """
        The table of limits has no row for one that does not exist.
        """
        unknown = [name for name, _ in self.rows() if name not in DEFAULTS]
        self.assertEqual([name for name in unknown if name != "Name"], [])


def _same(text: str, default: object) -> bool:
    """
    @return: whether a cell of the documentation says this value.
    """
    units = {"KiB": 1 << 10, "MiB": 1 << 20, "s": 1, "ms": 0.001, "": 1}
    words = text.replace(",", "").replace("bytes", "").split()
    if "none" in text or "unlimited" in text or "inf" in text or "no limit" in text:
        return default == math.inf
    number, unit = float(words[0]), words[1] if len(words) > 1 else ""
    return math.isclose(number * units.get(unit, 1), float(str(default)))
