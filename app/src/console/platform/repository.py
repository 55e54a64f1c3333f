"""The newest report of each kind, in Redis. Used by api (writes, reads) and realtime (reads)."""

from __future__ import annotations

import json
import time
from typing import Any

from redis.asyncio import Redis

_NOTHING = {"reported_at": None, "host": None}


class ReportRepository:
    """Keeps one report of a kind; ``received`` is the Unix time at which it came. ``lists``: what is in it."""

    def __init__(self, redis: Redis, prefix: str, kind: str, lists: tuple[str, ...]) -> None:
        self._redis = redis
        self._key = f"{prefix}platform:{kind}"
        self._lists = lists

    async def put(self, report: dict[str, Any]) -> None:
        await self._redis.set(self._key, json.dumps(report | {"received": time.time()}))

    async def get(self) -> dict[str, Any]:
        """The report with ``age`` in seconds; with ``age`` None and empty lists when none ever came."""
        stored = await self._redis.get(self._key)
        if stored is None:
            return {name: [] for name in self._lists} | _NOTHING | {"age": None}
        report: dict[str, Any] = json.loads(stored)
        return report | {"age": max(0.0, round(time.time() - report.pop("received"), 1))}


def service_reports(redis: Redis, prefix: str) -> ReportRepository:
    """Which services run."""
    return ReportRepository(redis, prefix, "services", ("services",))


def deploy_reports(redis: Redis, prefix: str) -> ReportRepository:
    """What became of deployments, and what each app can go back to."""
    return ReportRepository(redis, prefix, "deploys", ("apps", "deploys"))


def backup_reports(redis: Redis, prefix: str) -> ReportRepository:
    """How backups and drills went."""
    return ReportRepository(redis, prefix, "backups", ("runs", "drills"))
