"""What became of the stacks' deployments, and what each app can go back to. Pure: no clock, no files."""

from __future__ import annotations

from functools import partial
from typing import Any

from .records import each, fitting, instant, line

PATTERNS = ("deploys/*.json", "releases/*.json")
"""Below the state directory: module_utils/skerry/history.py and release_log.py write them, one file a stack."""

VERDICTS = ("deployed", "rolled back", "failed")

SIZE = 80_000
"""Bytes of JSON for the deployments, and as many for all apps' releases: the console takes 256 kB in one piece."""


def deploys(found: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return {apps, deploys} for the console from the files' contents by pattern and stack.

    deploys: the newest first, as many as fit. apps: those with releases, of each the newest ones, the oldest first;
    the last one runs.
    """
    histories, logs = (found[pattern] for pattern in PATTERNS)
    rows = [row for stack, kept in histories.items() for row in each(_of(kept, "entries"), partial(_deploy, stack))]
    rows.sort(key=lambda row: (row["ended"], row["stack"]), reverse=True)
    share = SIZE // max(1, len(logs))
    apps = [{"name": app, "releases": _releases(kept, share)} for app, kept in sorted(logs.items())]
    return {"apps": [app for app in apps if app["releases"]], "deploys": fitting(rows, SIZE)}


def _of(kept: Any, name: str) -> Any:
    return kept.get(name) if isinstance(kept, dict) else None


def _releases(kept: Any, size: int) -> list[dict[str, Any]]:
    newest_first = list(each(_of(kept, "releases"), _release))[::-1]
    return fitting(newest_first, size)[::-1]


def _deploy(stack: str, row: dict[str, Any]) -> dict[str, Any]:
    if row["verdict"] not in VERDICTS:
        raise ValueError(row["verdict"])
    return {
        "stack": stack,
        "ended": instant(row["ended"]),
        "seconds": float(row["seconds"]),
        "verdict": row["verdict"],
        "release": line(row.get("name", "")),
        # Of the process that ran site.yml its machine: the numbers behind it say nothing to a reader.
        "by": line(row.get("owner") or row["controller"].partition(" ")[0]),
        "message": line(row.get("message", "")),
        "reason": line(row.get("reason", "")),
    }


def _release(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": line(row["name"]),
        "since": instant(row["since"]),
        "by": line(row.get("owner", "")),
        "message": line(row.get("message", "")),
        "left": bool(row.get("left", False)),
    }
