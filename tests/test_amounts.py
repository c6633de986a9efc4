"""
Tests of L{rtmptwisted.amounts}.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.amounts import Amount, parseAmount


class AmountTests(SynchronousTestCase):
    """
    Tests of L{parseAmount}.
    """

    def test_good(self) -> None:
        """
        All units are understood, with and without a space and a fraction.
        """
        for text, amount in (
            ("90s", Amount(90.0)),
            (" 2m ", Amount(120.0)),
            ("12 h", Amount(43_200.0)),
            ("7d", Amount(604_800.0)),
            ("0.5d", Amount(43_200.0)),
            ("1B", Amount(None, 1)),
            ("1kB", Amount(None, 1000)),
            ("1KB", Amount(None, 1000)),
            ("1.5MB", Amount(None, 1_500_000)),
            ("100GB", Amount(None, 10**11)),
            ("2TB", Amount(None, 2 * 10**12)),
            ("1KiB", Amount(None, 1024)),
            ("1MiB", Amount(None, 1 << 20)),
            ("1GiB", Amount(None, 1 << 30)),
            ("1TiB", Amount(None, 1 << 40)),
        ):
            self.assertEqual(parseAmount(text), amount, text)

    def test_bad(self) -> None:
        """
        A number alone is neither, for it might be either; case matters where it can
        mean something else.
        """
        for text in ("7", "7D", "7M", "7b", "7mb", "", "d", "1e9B", "0d", "0.0001B"):
            with self.assertRaises(ValueError) as raised:
                parseAmount(text)
            self.assertIn(repr(text), str(raised.exception))
