"""Asks the runner for jobs, on behalf of people, and shows what became of them."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Mapping
from typing import Any

from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError

from console.audit.service import AuditService
from console.auth.caller import Caller
from console.auth.permissions import Role
from console.database import Database, lost_race, utc_now
from console.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError, UnavailableError
from console.events import RUNNER, Emitter
from console.jobs import definitions
from console.jobs.definitions import Definition
from console.jobs.keeper import Keeper
from console.jobs.live import LiveJobs
from console.jobs.models import JobRow
from console.jobs.parameters import problems, text_problem
from console.jobs.presence import Presence, nobody
from console.jobs.progress import CANCELLED, OVER, REQUESTED, Job, shown
from console.jobs.repository import JobRepository
from console.jobs.rows import columns, job_of, new_row, start_message
from console.jobs.schemas import NewJob
from console.sessions.service import SessionService
from console.streams.store import TopicStore
from console.streams.topics import JOBS, output_of

log = logging.getLogger(__name__)

QUEUE = 20  # jobs that wait for the runner
AWAY = "The runner is not connected."


class JobService:
    """The database has a job, and the audit log a row, before anybody is asked to run it."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        live: LiveJobs,
        presence: Presence,
        store: TopicStore,
        keeper: Keeper,
        emitter: Emitter,
        sessions: SessionService,
    ) -> None:
        self._database = database
        self._audit = audit
        self._live = live
        self._presence = presence
        self._store = store
        self._keeper = keeper
        self._emitter = emitter
        self._sessions = sessions

    async def definitions(self, role: Role) -> dict[str, Any]:
        """Which jobs there are, and whether this role may run them."""
        told = definitions.read(await self._live.definitions() or [])
        return {"definitions": [one.shown(role) for one in told.values()], "runner": await self._presence.shown()}

    async def page(self, filters: Mapping[str, Any], most: int) -> dict[str, Any]:
        """Jobs, newest first, the cursor of the next page or None, and from where the topic goes on."""
        stream, runner = await self._live_part(JOBS)
        async with self._database.transaction() as session:
            rows = await JobRepository(session).page(filters, most + 1)
        following = str(rows[most - 1]["number"]) if len(rows) > most else None
        stream = stream and {name: stream[name] for name in ("topic", "last")}
        jobs = [shown(job_of(row)) for row in rows[:most]]
        return {"jobs": jobs, "next": following, "runner": runner, "stream": stream}

    async def one(self, job_id: str) -> dict[str, Any]:
        """A job with its last lines. Raises NotFoundError."""
        stream, runner = await self._live_part(output_of(job_id))
        async with self._database.transaction() as session:
            row = await JobRepository(session).one(job_id)
        if row is None:
            raise NotFoundError("There is no such job.")
        output = json.loads(row.output) if row.output else None
        return shown(job_of(columns(row))) | {"output": output, "stream": stream, "runner": runner}

    async def start(self, asked: NewJob, key: str, caller: Caller) -> tuple[dict[str, Any], bool]:
        """The job, and whether it is new: the same ``key`` again is the same job.

        One that is confirmed by typing wants a fresh session, too, so a person.

        Raises InvalidError, ForbiddenError (NotFreshError, too), ConflictError (``idempotency-key-reused``,
        ``queue-full``), and UnavailableError.
        """
        if known := await self._asked_before(asked, key, caller):
            return known, False
        definition = await self._definition(asked.name)
        if not definition.allows(caller.role):
            raise ForbiddenError("Your role may not run this job.")
        if definition.typed:
            await self._sessions.check_fresh(caller.user_id, caller.session)
        _check(asked, definition)
        try:
            row = await self._add(asked, key, caller)
        except DBAPIError as error:
            known = await self._asked_before(asked, key, caller) if lost_race(error) else None
            if known is None:
                raise
            return known, False
        job = job_of(columns(row))
        return {"job": shown(job), "notice": await self._ask(job, row.confirmation)}, True

    async def cancel(self, job_id: str, caller: Caller) -> dict[str, Any]:
        """Ask the runner to end a job; one that it has not seen ends here. Raises NotFoundError, ConflictError."""
        await self._keeper.absorb()
        runner = await self._presence.shown()
        told = definitions.read(await self._live.definitions() or [])
        async with self._database.transaction() as session:
            row = await JobRepository(session).lock(job_id)
            if row is None:
                raise NotFoundError("There is no such job.")
            if caller.role < Role.ADMIN and not (row.name in told and told[row.name].allows(caller.role)):
                raise ForbiddenError("Your role may not run this job, so it may not cancel it either.")
            if row.state in OVER:
                raise ConflictError("This job is over already.", code="job-finished")
            row.cancel_asked_at = row.cancel_asked_at or utc_now()
            await self._audit.done(session, caller, target=f"job:{job_id} {row.name}")
        job = job_of(columns(row))
        notice = None if runner["connected"] else f"{AWAY} It is told once it is back."
        if not runner["connected"] and job.state == REQUESTED:
            job = await self._live.withdraw(job, CANCELLED, "It was cancelled before a runner had it.", _now())
            notice = None if job.over else notice
        if not job.over:
            message = {"job": job_id, "by": {"user": caller.name}}
            await self._live.ask_cancel(job, message)
            await self._emitter.emit("cancel", message, room=RUNNER, namespace=RUNNER)
        return {"job": shown(job), "notice": notice}

    async def _definition(self, name: str) -> Definition:
        told = await self._live.definitions()
        if told is None:
            raise UnavailableError("No runner was ever connected: nobody knows what there is.", code="no-definitions")
        definition = definitions.read(told).get(name)
        if definition is None:
            raise InvalidError("The runner has no such job.", code="unknown-job")
        return definition

    async def _asked_before(self, asked: NewJob, key: str, caller: Caller) -> dict[str, Any] | None:
        async with self._database.transaction() as session:
            row = await JobRepository(session).asked_with(caller.user_id, key)
        if row is None:
            return None
        if row.request_hash != asked.digest():
            raise ConflictError("This idempotency key was used for another request.", code="idempotency-key-reused")
        return {"job": shown(job_of(columns(row))), "notice": None}

    async def _add(self, asked: NewJob, key: str, caller: Caller) -> JobRow:
        job = Job(
            id=uuid.uuid4().hex,
            name=asked.name,
            parameters={name: value for name, value in asked.parameters.items() if value is not None},
            user=caller.name,
            role=caller.role.label,
            why=asked.why,
            requested_at=_now(),
        )
        row = new_row(job)
        row.user_id, row.idempotency_key, row.request_hash = caller.user_id, key, asked.digest()
        row.confirmation = asked.confirmation
        async with self._database.transaction() as session:
            jobs = JobRepository(session)
            if await jobs.count_requested() >= QUEUE:
                raise ConflictError("Too many jobs wait for the runner already.", code="queue-full")
            await jobs.add(row)
            detail = f"{asked.why} {json.dumps(job.parameters, ensure_ascii=False)}".strip()
            await self._audit.done(session, caller, target=f"job:{job.id} {job.name}", detail=detail)
        return row

    async def _ask(self, job: Job, confirmation: str | None) -> str | None:
        """Ask the runner for it; returns what to tell whoever asked. The keeper asks again for as long as needed."""
        message = start_message(job, confirmation)
        try:
            await self._live.request(job, message)
            connected = (await self._presence.shown())["connected"]
        except (RedisError, OSError) as error:
            log.warning("a job waits, Redis does not answer (%s)", type(error).__name__)
            connected = False
        await self._emitter.emit("start", message, room=RUNNER, namespace=RUNNER)
        return None if connected else f"{AWAY} The job is queued here for an hour, and starts once it is back."

    async def _live_part(self, topic: str) -> tuple[dict[str, Any] | None, dict[str, Any]]:
        """Where the topic is, then what the database lacks up to there; without Redis what the database has."""
        try:
            oldest, last = await self._store.span(topic)
            await self._keeper.absorb()
            return {"topic": topic, "oldest": oldest, "last": last}, await self._presence.shown()
        except (RedisError, OSError) as error:
            log.warning("jobs are shown as the database has them, Redis does not answer (%s)", type(error).__name__)
            return None, nobody()


def _check(asked: NewJob, definition: Definition) -> None:
    errors = problems(definition, asked.parameters)
    if problem := text_problem(asked.why):
        errors.append({"field": "why", "message": problem})
    if errors:
        said = "; ".join(f"{error['field']}: {error['message']}" for error in errors[:3])
        raise InvalidError(f"The request is not valid: {said}", errors=errors[:20])
    if definition.typed and asked.confirmation != definition.name:
        message = f"Type the job's name, {definition.name}, to confirm."
        error = {"field": "confirmation", "message": message}
        raise InvalidError(message, code="confirmation-wrong", errors=[error])


def _now() -> float:
    return utc_now().timestamp()
