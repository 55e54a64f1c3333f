"""Examples of what the deploys' endpoints take and give."""

from __future__ import annotations

from typing import Any

_ABOUT: dict[str, Any] = {"reported_at": "2026-01-02T03:04:05Z", "host": "vps"}
_DEPLOY: dict[str, Any] = {
    "stack": "shop",
    "ended": "2026-01-02T03:04:00Z",
    "seconds": 41.5,
    "verdict": "deployed",
    "release": "1.5",
    "by": "ada",
    "message": "cheaper shipping",
    "reason": "",
}


def _release(name: str) -> dict[str, Any]:
    return {"name": name, "since": "2026-01-02T03:04:00Z", "by": "ada", "message": "", "left": False}


REPORT: dict[str, Any] = _ABOUT | {
    "apps": [{"name": "shop", "releases": [_release("1.4"), _release("1.5")]}],
    "deploys": [_DEPLOY],
}
DEPLOYS: dict[str, Any] = _ABOUT | {
    "apps": [{"name": "shop", "running": _release("1.5"), "earlier": [_release("1.4")]}],
    "deploys": [_DEPLOY | {"id": "1767323040000.shop"}],
    "stacks": ["shop"],
    "next": None,
    "age": 2.5,
}
