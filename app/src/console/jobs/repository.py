"""Queries about jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Result, RowMapping, Select, bindparam, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from console.database import prune
from console.jobs.models import JobRow
from console.jobs.progress import REQUESTED

_SHOWN = [column for column in JobRow.__table__.columns if column.name not in ("output", "request_hash")]
_FILTERS = {
    "before": JobRow.number < bindparam("before"),
    "state": JobRow.state == bindparam("state"),
    "name": JobRow.name == bindparam("name"),
    "user": JobRow.user_name == bindparam("user"),
}
_NEWEST_WITH_OUTPUT = text("SELECT number FROM jobs WHERE output IS NOT NULL ORDER BY number DESC LIMIT 1 OFFSET :most")
_PRUNE_OUTPUT = text(
    "UPDATE jobs SET output = NULL WHERE output IS NOT NULL AND (number <= :number OR requested_at < :before)"
)


@cache
def _page(names: frozenset[str]) -> Select[Any]:
    """The statement with these filters, built once each."""
    conditions = [_FILTERS[name] for name in sorted(names)]
    return select(*_SHOWN).where(*conditions).order_by(JobRow.number.desc()).limit(bindparam("most"))


class JobRepository:
    """Jobs, in the transaction it is given."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, row: JobRow) -> None:
        self._session.add(row)
        await self._session.flush()

    async def one(self, job_id: str) -> JobRow | None:
        return await self._session.scalar(select(JobRow).where(JobRow.id == job_id))

    async def lock(self, job_id: str) -> JobRow | None:
        """Nobody else changes it until the transaction ends."""
        return await self._session.scalar(select(JobRow).where(JobRow.id == job_id).with_for_update())

    async def asked_with(self, user_id: int, key: str) -> JobRow | None:
        """The job that the user asked for with this idempotency key."""
        return await self._session.scalar(
            select(JobRow).where(JobRow.user_id == user_id, JobRow.idempotency_key == key)
        )

    async def requested(self, most: int) -> Sequence[JobRow]:
        """Those that the runner has told nothing of, oldest first."""
        statement = select(JobRow).where(JobRow.state == REQUESTED).order_by(JobRow.requested_at, JobRow.number)
        return (await self._session.scalars(statement.limit(most))).all()

    async def count_requested(self) -> int:
        statement = select(func.count()).select_from(JobRow).where(JobRow.state == REQUESTED)
        return await self._session.scalar(statement) or 0

    async def page(self, filters: Mapping[str, Any], most: int) -> Sequence[RowMapping]:
        """At most ``most`` rows that pass all ``filters`` (see ``_FILTERS``), newest first."""
        result: Result[Any] = await self._session.execute(_page(frozenset(filters)), {**filters, "most": most})
        return result.mappings().all()

    async def prune(self, before: datetime) -> None:
        """Remove what is older, a thousand at most."""
        await prune(self._session, JobRow.number, JobRow.requested_at < before)

    async def prune_output(self, most: int, before: datetime) -> None:
        """Keep the last lines of so many jobs, and of none that is older."""
        number = await self._session.scalar(_NEWEST_WITH_OUTPUT, {"most": most})
        await self._session.execute(_PRUNE_OUTPUT, {"number": number or 0, "before": before.replace(tzinfo=None)})
