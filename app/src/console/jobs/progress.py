"""One job as it stands, derived from its events one after the other. Pure: api and realtime both use it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

REQUESTED = "requested"  # the console's own: no event has come yet
QUEUED, RUNNING = "queued", "running"
CANCELLED, REFUSED = "cancelled", "refused"
OVER = frozenset({"succeeded", "failed", CANCELLED, "timed_out", "lost", REFUSED})
STATES = OVER | {QUEUED, RUNNING}


@dataclass(slots=True, kw_only=True)
class Job:
    """Times are Unix times. ``last`` is the number of its newest event; ``revision`` counts all changes."""

    id: str
    name: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    user: str = ""
    role: str = ""
    why: str = ""
    state: str = REQUESTED
    detail: dict[str, Any] = field(default_factory=dict)
    requested_at: float | None = None
    started_at: float | None = None
    finished_at: float | None = None
    lines: int = 0
    tasks: int = 0
    play: str = ""
    task: str = ""
    cancel_asked: bool = False
    last: int = 0
    revision: int = 0

    @property
    def over(self) -> bool:
        """Whether nothing follows."""
        return self.state in OVER

    def newer_than(self, last: int, revision: int) -> bool:
        return (self.last, self.revision) > (last, revision)

    def packed(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def unpacked(cls, text: str | bytes) -> Job:
        """What ``packed`` made, also that of another release."""
        known = cls.__dataclass_fields__.keys()
        return cls(**{name: value for name, value in json.loads(text).items() if name in known})


def advance(job: Job, events: Iterable[Mapping[str, Any]]) -> bool:
    """Take events that follow the job's last one; returns whether its state has changed."""
    before = (job.state, job.detail)
    for event in events:
        job.last = event["n"]
        if event["kind"] == "line":
            job.lines += 1
        elif event["kind"] == "task":
            job.tasks += 1
            job.play, job.task = event["play"], event["task"]
        elif event["kind"] == "state" and not job.over:
            _enter(job, event)
        if job.requested_at is None:
            job.requested_at = event["at"]
    return (job.state, job.detail) != before


def end(job: Job, state: str, reason: str, at: float) -> None:
    """It ended here, before the runner had it."""
    _enter(job, {"state": state, "detail": {"reason": reason}, "at": at})


def _enter(job: Job, event: Mapping[str, Any]) -> None:
    job.state, job.detail = event["state"], event["detail"]
    if job.state == RUNNING and job.started_at is None:
        job.started_at = event["at"]
    if job.over:
        job.finished_at = event["at"]


def shown(job: Job) -> dict[str, Any]:
    """A job as people get to see it."""
    document = asdict(job)
    document["by"] = {"user": document.pop("user"), "role": document.pop("role")}
    for name in ("requested_at", "started_at", "finished_at"):
        document[name] = iso(document[name])
    return document


def iso(at: float | None) -> str | None:
    """To the second, as everywhere in the API."""
    return None if at is None else datetime.fromtimestamp(int(at), UTC).isoformat()
