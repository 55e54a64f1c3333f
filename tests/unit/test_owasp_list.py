"""docs/owasp-api.md: every risk has tests, and every test that it names is there."""

from __future__ import annotations

import ast
import re

from tools.workshop.settings import ROOT

TEXT = (ROOT / "docs/owasp-api.md").read_text()
NAMED = re.compile(r"`([\w/]+\.py)::(test_\w+)`")


def test_each_of_the_ten_has_a_test() -> None:
    """A risk would be called met by words alone."""
    rows = [row for row in TEXT.splitlines() if row.startswith("| **API")]
    assert [re.search(r"API\d+", row).group() for row in rows] == [f"API{number}" for number in range(1, 11)]  # type: ignore[union-attr]
    assert all(NAMED.search(row) for row in rows)


def test_what_is_named_exists() -> None:
    """The list would go on to promise tests that somebody has removed."""
    for file, name in NAMED.findall(TEXT):
        found = {
            node.name
            for node in ast.walk(ast.parse((ROOT / file).read_text()))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        assert name in found, f"{file} has no {name}"
