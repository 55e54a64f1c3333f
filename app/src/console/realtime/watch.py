"""Hears from api whose access has changed, and looks again at the sockets concerned."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

# Given the user whose sockets to look at again; None for all of them.
Recheck = Callable[[int | None], Awaitable[None]]


class AccessWatch:
    """What may have been missed while Redis was away is made good by a look at all."""

    def __init__(self, recheck: Recheck) -> None:
        self._recheck = recheck

    async def begun(self) -> None:
        await self._recheck(None)

    async def heard(self, data: bytes) -> None:
        await self._recheck(_user_of(data))


def _user_of(data: bytes) -> int | None:
    """The user that a message names; None, so all, where it cannot be read."""
    try:
        return int(json.loads(data)["user"])
    except (ValueError, KeyError, TypeError):
        return None
