"""Examples of what the users' endpoints take and give."""

from __future__ import annotations

from typing import Any

NEW_USER: dict[str, Any] = {"name": "ann", "role": "operator", "password": "correct horse battery staple"}
CHANGE: dict[str, Any] = {"role": "viewer", "disabled": False}
PASSWORD_RESET: dict[str, Any] = {"password": "another correct horse battery"}
PASSWORD_CHANGE: dict[str, Any] = {"current": "correct horse battery staple", "new": "another correct horse battery"}

USER: dict[str, Any] = {
    "id": 7,
    "name": "ann",
    "role": "operator",
    "disabled": False,
    "second_factor": False,
    "created_at": "2026-01-02T03:04:05+00:00",
    "last_sign_in_at": None,
}
PAGE: dict[str, Any] = {"users": [USER], "next": "7"}
