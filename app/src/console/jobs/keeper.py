"""Carries what runner and realtime have left in Redis into the database, and what the database wants to the runner.

Every replica of api does; whatever is done twice changes nothing. A job is asked for in the database first, so a Redis
that forgets loses none; and what has happened to it stays noted in Redis until the database has it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import timedelta
from itertools import count

from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from console.database import Database, lost_race, utc_now
from console.events import RUNNER, Emitter
from console.jobs.live import LiveJobs
from console.jobs.outputs import last_lines
from console.jobs.progress import REFUSED, Job
from console.jobs.repository import JobRepository
from console.jobs.rows import columns, job_of, new_row, start_message, write
from console.streams.store import TopicStore

log = logging.getLogger(__name__)

WRITE_SECONDS = 1.0
OFFER_EVERY = 10  # rounds
OFFER_MOST = 100
REQUEST_SECONDS = 3600.0  # how long a job waits for a runner; what is older is not wanted any more

KEEP_JOBS = timedelta(days=365)
KEEP_OUTPUT = timedelta(days=90)
OUTPUTS = 200


class Keeper:
    """``run`` in the background; ``absorb`` also before jobs are shown, so that what is shown is what was told."""

    def __init__(self, database: Database, live: LiveJobs, store: TopicStore, emitter: Emitter) -> None:
        self._database = database
        self._live = live
        self._store = store
        self._emitter = emitter

    async def run(self) -> None:
        """Until cancelled."""
        silent = False
        for number in count():
            try:
                await self.absorb()
                if number % OFFER_EVERY == 0:
                    await self.offer()
                silent = False
            except (RedisError, SQLAlchemyError, OSError) as error:
                if not silent:
                    log.warning("jobs are not carried on for now (%s)", type(error).__name__)
                silent = True
            await asyncio.sleep(WRITE_SECONDS)

    async def absorb(self) -> None:
        """Bring the rows of all jobs up to date. Raises what Redis or the database raise when they are away."""
        for job in await self._live.unwritten():
            output = await last_lines(self._store, job) if job.over else None
            try:
                await self._write(job, output)
            except DBAPIError as error:
                if not lost_race(error):
                    raise
                continue  # another replica writes the same; next time it is seen what it did
            await self._live.written(job)

    async def offer(self) -> None:
        """Ask the runner again for what it has not answered; what has waited for too long is over."""
        async with self._database.transaction() as session:
            rows = [columns(row) for row in await JobRepository(session).requested(OFFER_MOST)]
        now = time.time()
        for row in rows:
            job = job_of(row)
            if now - (job.requested_at or now) > REQUEST_SECONDS:
                await self._live.withdraw(job, REFUSED, "No runner took it within an hour.", now)
            else:
                await self._live.request(job, start_message(job, row["confirmation"]))
        for event, message in await self._live.outstanding():
            await self._emitter.emit(event, message, room=RUNNER, namespace=RUNNER)

    async def _write(self, job: Job, output: str | None) -> None:
        async with self._database.transaction() as session:
            jobs = JobRepository(session)
            row = await jobs.lock(job.id)
            if row is None:
                row = new_row(job)
                await jobs.add(row)
            elif job.newer_than(row.last, row.revision):
                write(row, job)
            if job.over and row.output is None and output is not None:
                row.output = output
                await session.flush()
                now = utc_now()
                await jobs.prune_output(OUTPUTS, now - KEEP_OUTPUT)
                await jobs.prune(now - KEEP_JOBS)
