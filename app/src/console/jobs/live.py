"""Jobs that are under way, in Redis: what api asks for, and what the runner tells to realtime.

Each change of a job is one transaction: how it stands, its events, the news for whoever watches the list, and that the
database does not have it yet. A repeated message, or one that another process has taken meanwhile, changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import WatchError

from console.cache import texts
from console.jobs.outputs import Outputs, compact
from console.jobs.progress import REQUESTED, Job, advance, end, shown
from console.streams.store import TopicStore
from console.streams.topics import DAY, JOBS, KEEP_JOBS, KEEP_OUTPUT, output_of

REMEMBER_SECONDS = 30 * DAY
CHANGED_AT_ONCE = 50

# ARGV: job, revision. What has changed again meanwhile stays.
_WRITTEN = """
if tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or -1) == tonumber(ARGV[2]) then
  redis.call('ZREM', KEYS[1], ARGV[1])
end
"""

# Changes the job, and says which events that were; None for no change.
Change = Callable[[Job], Sequence[Mapping[str, Any]] | None]


class LiveJobs:
    """What Redis raises when it is away, these raise."""

    def __init__(self, redis: Redis, prefix: str) -> None:
        self._redis = redis
        self._prefix = prefix
        self._store = TopicStore(redis, prefix)
        self._outputs = Outputs(redis, prefix, self._store)
        self._requested = f"{prefix}jobs:requested"
        self._cancels = f"{prefix}jobs:cancels"
        self._changed = f"{prefix}jobs:changed"
        self._definitions = f"{prefix}jobs:definitions"

    async def request(self, asked: Job, start: Mapping[str, Any]) -> None:
        """Hold a job for the runner until it tells of it. Once more is no harm."""
        if await self._redis.set(self._key(asked.id), asked.packed(), ex=REMEMBER_SECONDS, nx=True):
            await self.tell({"kind": "job", "job": shown(asked)})
        job = await self.get(asked.id)
        if job and job.state == REQUESTED:
            await self._redis.hset(self._requested, asked.id, json.dumps(start))

    async def ask_cancel(self, asked: Job, message: Mapping[str, Any]) -> None:
        """Hold the wish to cancel a job until it is over."""

        def change(job: Job) -> Sequence[Mapping[str, Any]] | None:
            if job.over or job.cancel_asked:
                return None
            job.cancel_asked = True
            return []

        if not (await self._change(asked, change)).over:
            await self._redis.hset(self._cancels, asked.id, json.dumps(message))

    async def withdraw(self, asked: Job, state: str, reason: str, at: float) -> Job:
        """End a job that the runner has told nothing of; one that it has stays as it is."""

        def change(job: Job) -> Sequence[Mapping[str, Any]] | None:
            if job.state != REQUESTED:
                return None
            end(job, state, reason, at)
            return []

        return await self._change(asked, change)

    async def take(
        self, job_id: str, about: Mapping[str, Any], events: Sequence[Mapping[str, Any]], *, gap: bool
    ) -> int:
        """Keep the events that are new; returns the number of the next one that is wanted.

        ``gap``: go on even where some are missing before them.
        """

        def change(job: Job) -> Sequence[Mapping[str, Any]] | None:
            fresh = [event for event in events if event["n"] > job.last]
            if not fresh or (fresh[0]["n"] > job.last + 1 and not gap):
                return None
            for name, value in about.items():
                setattr(job, name, value or getattr(job, name))
            advance(job, fresh)
            return fresh

        return (await self._change(Job(id=job_id), change)).last + 1

    async def get(self, job_id: str) -> Job | None:
        """How the job stands; None where nothing is known of it here (any more)."""
        stored = await self._redis.get(self._key(job_id))
        return Job.unpacked(stored) if stored else None

    async def following(self, jobs: Sequence[str]) -> dict[str, int]:
        """The number of the next event that is wanted, of each."""
        stored = await self._redis.mget([self._key(job) for job in jobs]) if jobs else []
        return {job: Job.unpacked(text).last + 1 if text else 1 for job, text in zip(jobs, stored, strict=True)}

    async def outstanding(self) -> list[tuple[str, dict[str, Any]]]:
        """What the runner has not answered yet: the events to send to it again, with their payloads."""
        starts, cancels = await self._redis.hvals(self._requested), await self._redis.hvals(self._cancels)
        return [("start", json.loads(text)) for text in starts] + [("cancel", json.loads(text)) for text in cancels]

    async def unwritten(self) -> list[Job]:
        """Jobs that the database does not have as they stand, some at a time."""
        ids = texts(await self._redis.zrange(self._changed, 0, CHANGED_AT_ONCE - 1))
        stored = await self._redis.mget([self._key(job) for job in ids]) if ids else []
        for job, text in zip(ids, stored, strict=True):
            if text is None:
                await self._redis.zrem(self._changed, job)
        return [Job.unpacked(text) for text in stored if text]

    async def written(self, job: Job) -> None:
        """The database has the job as it stands here."""
        await self._redis.eval(_WRITTEN, 1, self._changed, job.id, job.revision)

    async def define(self, definitions: list[dict[str, Any]]) -> None:
        """Keep which jobs there are."""
        text = json.dumps(definitions)
        if await self._redis.set(self._definitions, text, get=True) != text.encode():
            await self.tell({"kind": "definitions"})

    async def definitions(self) -> list[dict[str, Any]] | None:
        """Which jobs there are; None while no runner has ever said so."""
        stored = await self._redis.get(self._definitions)
        return None if stored is None else json.loads(stored)

    async def tell(self, news: Mapping[str, Any]) -> None:
        """Something for whoever watches the list."""
        await self._store.append(JOBS, [news], KEEP_JOBS)

    async def _change(self, initial: Job, change: Change) -> Job:
        key = self._key(initial.id)
        async with self._redis.pipeline(transaction=True) as pipeline:
            while True:
                try:
                    await pipeline.watch(key)
                    stored = await pipeline.get(key)
                    job = Job.unpacked(stored) if stored else replace(initial)
                    before = (job.state, job.detail, job.cancel_asked)
                    events = change(job)
                    if events is None:
                        return job
                    job.revision += 1
                    pipeline.multi()  # type: ignore[no-untyped-call]
                    pipeline.set(key, job.packed(), ex=REMEMBER_SECONDS)
                    pipeline.zadd(self._changed, {job.id: job.revision})
                    if job.state != REQUESTED:
                        pipeline.hdel(self._requested, job.id)
                    if job.over:
                        pipeline.hdel(self._cancels, job.id)
                    if events:
                        kept, first = [compact(event) for event in events], events[0]["n"]
                        self._store.queue(pipeline, output_of(job.id), kept, KEEP_OUTPUT, first=first)
                    if (job.state, job.detail, job.cancel_asked) != before:
                        self._store.queue(pipeline, JOBS, [{"kind": "job", "job": shown(job)}], KEEP_JOBS)
                    await pipeline.execute()
                    break
                except WatchError:
                    continue
        if job.over:
            await self._outputs.finished(job)
        elif before[0] == REQUESTED:
            await self._outputs.make_room(but_newest=False)
        return job

    def _key(self, job_id: str) -> str:
        return f"{self._prefix}job:{job_id}"
