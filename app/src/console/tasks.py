"""Ending what runs in the background.

Before Python 3.12, ``asyncio.wait_for``, which the client of Redis uses, may take a cancellation for itself when what
it waits for comes at the same moment. So a task that is cancelled has to be asked whether it heard.
"""

from __future__ import annotations

import asyncio
from typing import Any

AGAIN_SECONDS = 0.5


async def stop(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks, as often as it takes, and wait for their end."""
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=AGAIN_SECONDS)


def heed_cancel() -> None:
    """Raise CancelledError where the current task was cancelled and has not noticed."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
