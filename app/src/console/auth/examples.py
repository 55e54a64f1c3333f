"""Examples of what the auth endpoints take and give."""

from __future__ import annotations

from typing import Any

PROOF: dict[str, Any] = {"password": "correct horse battery staple"}
SIGN_IN: dict[str, Any] = {"name": "ann"} | PROOF
ME: dict[str, Any] = {
    "name": "ann",
    "role": "viewer",
    "permissions": ["alerts:read", "jobs:read", "own", "services:read"],
}
ACCESS: dict[str, Any] = {
    "access_token": "eyJhbGciOiJIUzI1NiJ9…",
    "expires_in": 300,
    "user": ME,
}
