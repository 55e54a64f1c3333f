"""Examples of what the jobs' endpoints take and give."""

from __future__ import annotations

from typing import Any

_ID = "9f8e7d6c5b4a39281706f5e4d3c2b1a0"
_RUNNER: dict[str, Any] = {"connected": True, "reachable": True, "host": "vps", "seen_at": "2026-01-02T03:04:05+00:00"}

NEW_JOB: dict[str, Any] = {"name": "run-backup", "parameters": {"app": "shop"}, "why": "before the upgrade"}
_JOB: dict[str, Any] = {
    "id": _ID,
    "name": "run-backup",
    "parameters": {"app": "shop"},
    "why": "before the upgrade",
    "by": {"user": "ann", "role": "operator"},
    "state": "requested",
    "detail": {},
    "requested_at": "2026-01-02T03:04:05+00:00",
    "started_at": None,
    "finished_at": None,
    "lines": 0,
    "tasks": 0,
    "play": "",
    "task": "",
    "cancel_asked": False,
    "last": 0,
    "revision": 0,
}
_OVER: dict[str, Any] = _JOB | {
    "state": "succeeded",
    "started_at": "2026-01-02T03:04:07+00:00",
    "finished_at": "2026-01-02T03:06:01+00:00",
    "lines": 1,
    "last": 3,
}
ASKED: dict[str, Any] = {"job": _JOB, "notice": None}
CANCELLING: dict[str, Any] = {"job": _JOB | {"cancel_asked": True}, "notice": "The runner is not connected. …"}
JOB: dict[str, Any] = _OVER | {
    "output": {"lines": ["Everything is backed up."], "cut": False},
    "stream": {"topic": f"job:{_ID}", "oldest": 1, "last": 3},
    "runner": _RUNNER,
}
PAGE: dict[str, Any] = {"jobs": [_OVER], "next": "41", "runner": _RUNNER, "stream": {"topic": "jobs", "last": 83}}
DEFINITIONS: dict[str, Any] = {
    "definitions": [
        {
            "name": "run-backup",
            "title": "Back up now",
            "description": "Everything, to every target.",
            "roles": ["operator"],
            "confirm": "none",
            "lock": "data",
            "timeout_s": 3600,
            "parameters": {
                "app": {
                    "title": "App",
                    "type": "string",
                    "pattern": "[a-z]{1,20}",
                    "choices": [],
                    "minimum": None,
                    "maximum": None,
                    "required": False,
                    "default": None,
                }
            },
            "allowed": True,
        }
    ],
    "runner": _RUNNER,
}
