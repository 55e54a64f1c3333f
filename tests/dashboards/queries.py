"""The dashboards as files, and the queries of their panels."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from tools.workshop.settings import ROOT

DIRECTORY = ROOT / "roles/grafana/files/dashboards"
# What exporters gave on a live VPS, of what dashboards and alerts use.
KNOWN = frozenset((ROOT / "tests/metrics.txt").read_text().split())
# Words of PromQL that are neither functions nor metrics.
WORDS = {"and", "or", "unless", "bool", "by", "without", "on", "ignoring", "group_left", "group_right", "offset"}


@dataclass(frozen=True)
class Query:
    """A query of a panel, with the names of dashboard and panel."""

    dashboard: str
    panel: str
    kind: str
    expr: str

    def __str__(self) -> str:
        """Return what a test is called by."""
        return f"{self.dashboard}: {self.panel}"

    def resolved(self, variables: dict[str, str]) -> str:
        """Return the query with the values of `variables` put in, and Grafana's own as for a graph of an hour."""
        expr = self.expr.replace("$__rate_interval", "1m")
        for name, value in variables.items():
            expr = expr.replace(f"${name}", value)
        return expr


def boards() -> dict[str, dict[str, Any]]:
    """Return the dashboards by file name."""
    return {file.stem: json.loads(file.read_text()) for file in sorted(DIRECTORY.glob("*.json"))}


def panels() -> list[tuple[str, dict[str, Any]]]:
    """Return every panel with its dashboard's name."""
    return [(name, panel) for name, board in boards().items() for panel in board["panels"]]


def queries() -> list[Query]:
    """Return every query of every panel."""
    return [
        Query(name, panel["title"], panel["type"], target["expr"])
        for name, panel in panels()
        for target in panel["targets"]
    ]


def metrics(expr: str) -> set[str]:
    """Return the names of the metrics in a PromQL expression."""
    bare = re.sub(r"\"[^\"]*\"|'[^']*'|\{[^}]*\}|\[[^\]]*\]", " ", expr)
    bare = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", " ", bare)
    return set(re.findall(r"(?<![\w:.])([a-zA-Z_:][\w:]*)(?!\s*\(|[\w:])", bare)) - WORDS
