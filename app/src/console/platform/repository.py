"""The newest snapshot, in Redis. Used by api (writes, reads) and realtime (reads)."""

from __future__ import annotations

import json
import time
from typing import Any

from redis.asyncio import Redis


class SnapshotRepository:
    """Keeps one snapshot; ``received`` is the Unix time at which it came."""

    def __init__(self, redis: Redis, prefix: str) -> None:
        self._redis = redis
        self._key = f"{prefix}platform:services"

    async def put(self, snapshot: dict[str, Any]) -> None:
        await self._redis.set(self._key, json.dumps(snapshot | {"received": time.time()}))

    async def get(self) -> dict[str, Any]:
        """The snapshot with ``age`` in seconds; with ``age`` None and no services when none ever came."""
        stored = await self._redis.get(self._key)
        if stored is None:
            return {"services": [], "reported_at": None, "host": None, "age": None}
        snapshot: dict[str, Any] = json.loads(stored)
        return snapshot | {"age": max(0.0, round(time.time() - snapshot.pop("received"), 1))}
