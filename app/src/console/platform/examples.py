"""Examples of what the platform's endpoints take and give."""

from __future__ import annotations

from typing import Any

_REPORTED: dict[str, Any] = {
    "stack": "mariadb",
    "name": "mariadb",
    "image": "mariadb:11.8",
    "desired": 1,
    "running": 1,
    "healthy": True,
    "updated_at": "2026-01-02T03:04:05Z",
}
SNAPSHOT: dict[str, Any] = {"services": [_REPORTED], "reported_at": "2026-01-02T03:04:05Z", "host": "vps"}
SERVICES: dict[str, Any] = SNAPSHOT | {"services": [_REPORTED | {"state": "healthy"}], "age": 2.5}
