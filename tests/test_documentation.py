"""
The documentation says of the tests what is so.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

_TESTS = Path(__file__).parent
_DOCS = _TESTS.parent / "docs"


def namesOfTests(pattern: str) -> Iterator[str]:
    """
    @param pattern: for names of files beside this one.
    @return: the names of the tests in them.
    """
    for path in _TESTS.glob(pattern):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield node.name


class AttackTableTests(SynchronousTestCase):
    """
    The table of attacks.
    """

    def test_rows(self) -> None:
        """
        Each row of the table names a test, and each test of an attack has a row.
        """
        text = (_DOCS / "protocol.rst").read_text(encoding="utf-8")
        _, _, table = text.partition(".. _attacks:")
        named = re.findall(r"^     - ``(test_\w+)``$", table, re.MULTILINE)
        self.assertGreater(len(named), 70)
        self.assertEqual(sorted(named), sorted(namesOfTests("test_attacks*.py")))
        self.assertEqual(table.count("   * - "), len(named) + table.count("is sent\n"))
