"""Examples of what the sessions' endpoints give."""

from __future__ import annotations

from typing import Any

SESSIONS: dict[str, Any] = {
    "sessions": [
        {
            "id": "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
            "created_at": "2026-01-02T03:04:05+00:00",
            "last_used_at": "2026-01-02T04:04:05+00:00",
            "expires_at": "2026-01-02T15:04:05+00:00",
            "address": "192.0.2.7",
            "user_agent": "Mozilla/5.0",
            "current": True,
        }
    ]
}
