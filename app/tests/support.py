"""What several test modules know."""

from __future__ import annotations

from collections.abc import Callable

from httpx import AsyncClient

ADMIN = "admin"
PASSWORD = "correct horse battery staple"
REPORTER_TOKEN = "reporter-" + "0123456789" * 4
PUBLIC_URL = "https://console.test"

# Makes a client of the api: token or None, and the address that it seems to come from.
Connect = Callable[..., AsyncClient]
