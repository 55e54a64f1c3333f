"""The life of one process: starting, serving, draining, stopped."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)


class StartupError(Exception):
    """Something the process needs did not come up in time; the message says what."""


class Lifecycle:
    """Shared by the server (which sets it), the ready check and the middleware (which read it)."""

    def __init__(self) -> None:
        self.draining = False
        self.stopping = False

    async def wait_for(self, what: str, check: Callable[[], Awaitable[object]], seconds: float) -> None:
        """Call ``check`` until it succeeds. Raises StartupError after ``seconds``, or when told to stop."""
        deadline, pause, told = time.monotonic() + seconds, 0.1, False
        while True:
            try:
                await asyncio.wait_for(check(), timeout=5)
                return
            except Exception as error:  # whatever a driver raises while its server is not up yet
                reason = f"{type(error).__name__}: {error}"
            if self.stopping:
                raise StartupError(f"told to stop while waiting for {what}")
            if time.monotonic() + pause > deadline:
                raise StartupError(f"{what} did not answer within {seconds:g} s ({reason})")
            if not told:
                log.warning("waiting for %s (%s)", what, reason)
                told = True
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 1.0)
