"""Examples of what the tokens' endpoints take and give."""

from __future__ import annotations

from typing import Any

NEW_TOKEN: dict[str, Any] = {"name": "ci", "role": "operator", "scopes": ["jobs:read", "jobs:run"], "days": 90}
TOKEN: dict[str, Any] = {
    "id": 3,
    "name": "ci",
    "role": "operator",
    "created_by": "admin",
    "scopes": ["jobs:read", "jobs:run"],
    "created_at": "2026-01-02T03:04:05+00:00",
    "expires_at": "2026-04-02T03:04:05+00:00",
    "last_used_at": None,
}
MADE: dict[str, Any] = TOKEN | {"token": "skerry_0A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8S9t0Uv"}
TOKENS: dict[str, Any] = {"tokens": [TOKEN]}
