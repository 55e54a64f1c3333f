"""What jobs have said, while Redis has it: all of it for a day, as far as there is room.

Redis drops keys that expire when it is full, and among those are revoked sessions: so it must not get full of this.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from redis.asyncio import Redis

from console.cache import texts
from console.jobs.progress import Job
from console.streams.store import TopicStore
from console.streams.topics import KEEP_OUTPUT, output_of

KEEP_FINISHED = 50  # jobs
KEEP_BYTES = 8 * 1024 * 1024  # of finished jobs together; one that is longer stays until the next job begins
LAST_LINES = 500
LAST_BYTES = 48 * 1024  # a column of the database holds 64 KiB


class Outputs:
    """What Redis raises when it is away, these raise."""

    def __init__(self, redis: Redis, prefix: str, store: TopicStore) -> None:
        self._redis = redis
        self._store = store
        self._finished = f"{prefix}jobs:finished"

    async def finished(self, job: Job) -> None:
        """Note that a job is over, and make room for it."""
        await self._redis.zadd(self._finished, {job.id: job.finished_at or 0.0})
        await self.make_room(but_newest=True)

    async def make_room(self, *, but_newest: bool) -> None:
        """Let go of what is too much, the oldest first."""
        newest = texts(await self._redis.zrevrange(self._finished, 0, -1))
        total, gone = 0, []
        for rank, (job_id, size) in enumerate(
            zip(newest, await self._store.sizes([output_of(job_id) for job_id in newest]), strict=True)
        ):
            total += size
            if (rank or not but_newest) and (rank >= KEEP_FINISHED or total > KEEP_BYTES):
                gone.append(job_id)
        if gone:
            await self._store.forget([output_of(job_id) for job_id in gone])
            await self._redis.zrem(self._finished, *gone)


def compact(event: Mapping[str, Any]) -> Mapping[str, Any] | list[Any]:
    """An event as it is kept: of a line, of which there are many, only time and text."""
    return [event["at"], event["text"]] if event["kind"] == "line" else event


def whole(number: int, kept: Any) -> Any:
    """The event that was kept so, or that of another topic as it is."""
    return {"n": number, "at": kept[0], "kind": "line", "text": kept[1]} if isinstance(kept, list) else kept


async def last_lines(store: TopicStore, job: Job) -> str | None:
    """The end of what a job has said, as the database keeps it; None where it is not here any more."""
    topic = output_of(job.id)
    since = max(0, job.last - 2 * LAST_LINES)
    lines: list[str] = []
    while True:
        page = await store.read(topic, since, KEEP_OUTPUT.events)
        if not page.events:
            break
        lines += [event[1] for event in page.events if isinstance(event, list)]
        since = page.first + len(page.events) - 1
    if not lines and job.lines:
        return None
    kept: list[str] = []
    size = 0
    for line in reversed(lines[-LAST_LINES:]):
        size += len(json.dumps(line))
        if size > LAST_BYTES:
            break
        kept.insert(0, line)
    return json.dumps({"lines": kept, "cut": len(kept) < job.lines})
