"""Examples of what the backups' endpoints take and give."""

from __future__ import annotations

from typing import Any

_ABOUT: dict[str, Any] = {"reported_at": "2026-01-02T03:04:05Z", "host": "vps"}
_RUN: dict[str, Any] = {
    "run": "20260102T023000Z",
    "started": "2026-01-02T02:30:00Z",
    "seconds": 48.1,
    "good": True,
    "partial": False,
    "bytes": 1_073_741_824,
    "targets": [{"name": "offsite", "good": True, "stored": 2_097_152, "problems": []}],
}
_DRILL: dict[str, Any] = {
    "target": "offsite",
    "run": "20260102T023000Z",
    "good": True,
    "started": "2026-01-02T03:00:00Z",
    "finished": "2026-01-02T03:02:15Z",
    "rto_seconds": 135.0,
    "rpo_seconds": 42.0,
    "problems": [],
}
REPORT: dict[str, Any] = _ABOUT | {"runs": [_RUN], "drills": [_DRILL]}
BACKUPS: dict[str, Any] = _ABOUT | {
    "runs": [_RUN | {"id": _RUN["run"], "proven": {"at": "2026-01-02T03:02:15Z", "target": "offsite"}}],
    "drills": [_DRILL],
    "next": None,
    "age": 2.5,
}
