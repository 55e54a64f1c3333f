"""Between a job as it stands and its row."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import RowMapping

from console.jobs.models import JobRow
from console.jobs.progress import Job

_SAME = ("id", "name", "why", "state", "play", "task", "last", "revision")


def job_of(row: Mapping[str, Any] | RowMapping) -> Job:
    """A job from the columns of its row."""
    return Job(
        **{name: row[name] for name in _SAME},
        parameters=json.loads(row["parameters"]),
        detail=json.loads(row["detail"]),
        user=row["user_name"],
        role=row["user_role"],
        requested_at=_stamp(row["requested_at"]),
        started_at=_stamp(row["started_at"]),
        finished_at=_stamp(row["finished_at"]),
        lines=row["line_count"],
        tasks=row["task_count"],
        cancel_asked=row["cancel_asked_at"] is not None,
    )


def columns(row: JobRow) -> dict[str, Any]:
    """The columns of a row that was loaded whole."""
    return {column.name: getattr(row, column.name) for column in JobRow.__table__.columns}


def new_row(job: Job) -> JobRow:
    """A row for a job that nobody asked for here."""
    row = JobRow(id=job.id, user_id=0, request_hash="", requested_at=_time(job.requested_at), last=0, revision=0)
    write(row, job)
    return row


def write(row: JobRow, job: Job) -> None:
    """Bring the row up to date; what is not known of the job any more stays."""
    for name in _SAME:
        setattr(row, name, getattr(job, name))
    row.parameters, row.detail = json.dumps(job.parameters), json.dumps(job.detail)
    row.user_name, row.user_role = job.user, job.role
    row.line_count, row.task_count = job.lines, job.tasks
    row.started_at = _time(job.started_at) or row.started_at
    row.finished_at = _time(job.finished_at)


def start_message(job: Job, confirmation: str | None) -> dict[str, Any]:
    """How the runner is asked to start it."""
    return {
        "job": job.id,
        "name": job.name,
        "parameters": job.parameters,
        "by": {"user": job.user, "role": job.role},
        "why": job.why,
        "confirmation": confirmation,
    }


def _time(stamp: float | None) -> datetime | None:
    return None if stamp is None else datetime.fromtimestamp(int(stamp), UTC)


def _stamp(time: datetime | None) -> float | None:
    return None if time is None else time.timestamp()
