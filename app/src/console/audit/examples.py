"""An example of what the audit log gives."""

from __future__ import annotations

from typing import Any

PAGE: dict[str, Any] = {
    "entries": [
        {
            "id": 4711,
            "at": "2026-01-02T03:04:05+00:00",
            "request_id": "5f0c1d2e3b4a49588d7c6b5a40312213",
            "user_id": 1,
            "user_name": "admin",
            "address": "192.0.2.7",
            "action": "users.create",
            "target": "user:7 ann",
            "detail": "role operator",
            "outcome": "done",
            "code": "",
            "count": 1,
        }
    ],
    "next": "4711",
}
