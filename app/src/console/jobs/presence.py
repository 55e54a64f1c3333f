"""Whether the runner is there, in Redis. Realtime writes it, api reads it."""

from __future__ import annotations

import time
from typing import Any

from redis.asyncio import Redis

from console.jobs.progress import iso

AWAY_SECONDS = 30.0  # not heard of for so long: what runs there is unknown
BEAT_SECONDS = 10.0

# ARGV: the connection, whether it is there, the time. Only the newest connection has a say.
_BEAT = """
if redis.call('HGET', KEYS[1], 'sid') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'connected', ARGV[2], 'seen', ARGV[3])
return 1
"""


class Presence:
    """The newest connection of a runner. What Redis raises when it is away, these raise."""

    def __init__(self, redis: Redis, prefix: str) -> None:
        self._redis = redis
        self._key = f"{prefix}jobs:runner"

    async def arrive(self, sid: str, host: str) -> str | None:
        """A runner has connected; returns the connection that it takes the place of."""
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.hget(self._key, "sid")
            pipeline.hset(self._key, mapping={"sid": sid, "host": host, "connected": 1, "seen": time.time()})
            before, _ = await pipeline.execute()
        return before.decode() if before else None

    async def beat(self, sid: str, *, connected: bool) -> bool:
        """It is still there, or has gone; False where another has taken its place."""
        return bool(await self._redis.eval(_BEAT, 1, self._key, sid, int(connected), time.time()))

    async def shown(self) -> dict[str, Any]:
        """As people get to see it."""
        stored: dict[Any, Any] = await self._redis.hgetall(self._key)
        if not stored:
            return nobody()
        seen = float(stored[b"seen"])
        reachable = time.time() - seen < AWAY_SECONDS
        return {
            "connected": stored[b"connected"] == b"1" and reachable,
            "reachable": reachable,
            "host": stored[b"host"].decode(),
            "seen_at": iso(seen),
        }


def nobody() -> dict[str, Any]:
    """No runner was ever there, or it is not known."""
    return {"connected": False, "reachable": False, "host": None, "seen_at": None}
