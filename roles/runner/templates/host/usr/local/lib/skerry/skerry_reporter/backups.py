"""How the last backups and restore drills went. Pure: no clock, no files."""

from __future__ import annotations

from typing import Any

from .records import each, fitting, line

PATTERNS = ("backup/runs.json", "backup/evidence/drill-*.json")
"""Below the state directory: skerry-backup writes them."""

SIZE = 80_000
"""Bytes of JSON for the runs, and as many for the drills."""

PROBLEMS = 10
"""Of one target, or one drill."""


def backups(found: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return {runs, drills} for the console from the files' contents by pattern and name, the newest first."""
    runs, evidence = (list(found[pattern].values()) for pattern in PATTERNS)
    newest = list(each(runs[0] if runs else [], _run))[::-1]
    return {"runs": fitting(newest, SIZE), "drills": fitting(each(evidence[::-1], _drill), SIZE)}


def _run(row: dict[str, Any]) -> dict[str, Any]:
    outcomes = row["outcomes"]
    names = dict.fromkeys(one["target"] for one in outcomes)
    targets = [_target(name, [one for one in outcomes if one["target"] == name]) for name in names]
    told = {"run": line(row["run"]), "started": line(row["started"]), "seconds": float(row["seconds"])}
    flags = {name: bool(row[name]) for name in ("good", "partial")}
    return {**told, **flags, "bytes": int(row["bytes"]), "targets": targets}


def _target(name: str, outcomes: list[dict[str, Any]]) -> dict[str, Any]:
    bad = [line(f"{one['scope']}: {one['message']}") for one in outcomes if not one["good"]]
    stored = sum(int(one["size"]) for one in outcomes)
    return {"name": line(name), "good": not bad, "stored": stored, "problems": bad[:PROBLEMS]}


def _drill(row: dict[str, Any]) -> dict[str, Any]:
    told = {name: line(row[name]) for name in ("target", "run", "started", "finished")}
    numbers = {name: float(row[name]) for name in ("rto_seconds", "rpo_seconds")}
    return {**told, **numbers, "good": bool(row["good"]), "problems": [line(one) for one in row["problems"][:PROBLEMS]]}
