"""What the console has still to be told: which events of which job, in which portions. Only reads the spool."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .spool import Job

MOST_EVENTS = 500
MOST_BYTES = 200_000
"""Of one message; the console refuses more than 256 kB, and the rest of the message wants room, too."""


MOST_GREETING = 200_000
"""Bytes of what hello tells of jobs; the console ends a connection over a message of 320 kB."""


class Delivery:
    """One connection's view. A number that the console names is the first event that it wants."""

    def __init__(self, jobs: Mapping[str, Job]) -> None:
        self._jobs = jobs
        self._next: dict[str, int] = {}
        self._place: dict[str, tuple[int, int]] = {}

    def hello(self) -> dict[str, Any]:
        """Return which jobs there are, with the number of the last event of each; of very many the newest."""
        found: dict[str, Any] = {}
        room = MOST_GREETING
        for job in sorted(self._jobs.values(), key=lambda job: job.began_at, reverse=True):
            told = {**job.request.about(), "last_n": job.last_n}
            room -= len(json.dumps(told)) + len(job.id)
            if room < 0:
                break
            found[job.id] = told
        return found

    def wanted(self, answer: Any) -> None:
        """Take the console's answer to hello; a job that it does not name is none of its concern.

        Raises ValueError for one that is not as agreed.
        """
        found = _next(answer)
        if not isinstance(found, dict):
            raise ValueError("the console's answer to hello has no numbers")
        known = {identity: _number(found[identity]) for identity in self._jobs if identity in found}
        self._next = {identity: job.last_n + 1 for identity, job in self._jobs.items()} | known

    def due(self) -> list[Job]:
        """Return the jobs with events that the console has not got."""
        return [job for job in self._jobs.values() if self._next.get(job.id, 1) <= job.last_n]

    def portion(self, job: Job) -> dict[str, Any]:
        """Return the next message of a job's events."""
        first = self._next.get(job.id, 1)
        number, offset = self._place.get(job.id, (1, 0))
        events: list[dict[str, Any]] = []
        size = 0
        for event in job.events(offset if number <= first else 0):
            end = event.pop("end")
            if event["n"] < first:
                continue
            size += len(json.dumps(event).encode())
            if events and (size > MOST_BYTES or len(events) >= MOST_EVENTS):
                break
            events.append(event)
            self._place[job.id] = (event["n"] + 1, end)
        return {"job": job.id, "about": job.request.about(), "events": events}

    def took(self, job: Job, answer: Any) -> None:
        """Take the console's answer to a portion. Raises ValueError for one that is not as agreed."""
        self._next[job.id] = _number(_next(answer))


def _next(answer: Any) -> Any:
    given = answer if isinstance(answer, dict) else {}
    if "error" in given:
        raise ValueError(f"the console's answer is: {given['error']}")
    return given.get("next")


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError("the console's answer is no event's number")
    return value
