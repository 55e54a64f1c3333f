"""Hears from api whose access has changed, and looks again at the sockets concerned."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable

from redis.asyncio import Redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

LISTEN_SECONDS = 5.0
RETRY_SECONDS = 1.0

# Given the user whose sockets to look at again; None for all of them.
Recheck = Callable[[int | None], Awaitable[None]]


class AccessWatch:
    """A subscription that comes back by itself. What it may have missed meanwhile is made good by a look at all."""

    def __init__(self, redis: Redis, channel: str, recheck: Recheck) -> None:
        self._redis = redis
        self._channel = channel
        self._recheck = recheck

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self._listen()
            except (RedisError, OSError) as error:
                log.warning("not hearing of changed access, Redis does not answer (%s)", type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)

    async def _listen(self) -> None:
        pubsub = self._redis.pubsub(ignore_subscribe_messages=True)
        try:
            await pubsub.subscribe(self._channel)
            await self._recheck(None)
            while True:
                message = await pubsub.get_message(timeout=LISTEN_SECONDS)
                if message is not None:
                    await self._recheck(_user_of(message["data"]))
        finally:
            await pubsub.aclose()  # type: ignore[no-untyped-call]


def _user_of(data: bytes) -> int | None:
    """The user that a message names; None, so all, where it cannot be read."""
    try:
        return int(json.loads(data)["user"])
    except (ValueError, KeyError, TypeError):
        return None
