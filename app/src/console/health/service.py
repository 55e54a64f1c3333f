"""Readiness: what the process needs answers, and it is not draining."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from console.lifecycle import Lifecycle

CHECK_SECONDS = 0.8  # below the proxy's own time limit for the ready check

Check = Callable[[], Awaitable[object]]


class Readiness:
    """``checks`` maps a name that a person understands to a call that raises when it is not there."""

    def __init__(self, lifecycle: Lifecycle, checks: Mapping[str, Check]) -> None:
        self._lifecycle = lifecycle
        self._checks = dict(checks)

    async def report(self) -> tuple[int, dict[str, Any]]:
        """Status code and body: 200, or 503 naming what is missing."""
        if self._lifecycle.draining:
            return 503, {"status": "draining", "missing": []}
        names = list(self._checks)
        answers = await asyncio.gather(*(self._answers(self._checks[name]) for name in names))
        missing = [name for name, answered in zip(names, answers, strict=True) if not answered]
        return (503, {"status": "unavailable", "missing": missing}) if missing else (200, {"status": "ready"})

    @staticmethod
    async def _answers(check: Check) -> bool:
        try:
            await asyncio.wait_for(check(), CHECK_SECONDS)
        except Exception:  # any failure of a driver means: not there
            return False
        return True
