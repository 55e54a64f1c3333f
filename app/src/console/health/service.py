"""Readiness: what the process needs answers, and it is not draining."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from console.lifecycle import Lifecycle

CHECK_SECONDS = 0.8  # below the proxy's own time limit for the ready check
# All replicas share the database and Redis: where these are slow for a moment, taking every replica out would
# make an outage of it. Longer than that, another node's replicas may have what this one has not.
PATIENCE_SECONDS = 15.0

Check = Callable[[], Awaitable[object]]


class Readiness:
    """``checks`` maps a name that a person understands to a call that raises when it is not there."""

    def __init__(self, lifecycle: Lifecycle, checks: Mapping[str, Check]) -> None:
        self._lifecycle = lifecycle
        self._checks = dict(checks)
        self._good: dict[str, float] = {}  # when each check last was

    async def report(self) -> tuple[int, dict[str, Any]]:
        """Status code and body, which names what is missing.

        503 where something never was there or has been missing for PATIENCE_SECONDS, and while draining; otherwise 200.
        """
        if self._lifecycle.draining:
            return 503, {"status": "draining", "missing": []}
        names = list(self._checks)
        answers = await asyncio.gather(*(self._answers(self._checks[name]) for name in names))
        now = time.monotonic()
        self._good |= {name: now for name, answered in zip(names, answers, strict=True) if answered}
        missing = [name for name, answered in zip(names, answers, strict=True) if not answered]
        if any(now - self._good.get(name, -PATIENCE_SECONDS) >= PATIENCE_SECONDS for name in missing):
            return 503, {"status": "unavailable", "missing": missing}
        return 200, {"status": "ready"} | ({"missing": missing} if missing else {})

    @staticmethod
    async def _answers(check: Check) -> bool:
        try:
            await asyncio.wait_for(check(), CHECK_SECONDS)
        except Exception:  # any failure of a driver means: not there
            return False
        return True
