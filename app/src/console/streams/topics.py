"""Which topics there are, who may read them, and how much of each is kept."""

from __future__ import annotations

import re
from dataclasses import dataclass

from console.auth.permissions import Permission

DAY = 24 * 3600
MEGABYTE = 1024 * 1024

JOBS = "jobs"
_JOB_OUTPUT = re.compile(r"job:[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Keep:
    """Bounds of one topic: the oldest events go first. Seconds count from its last event; None is for ever.

    ``number_seconds``: for how long it is remembered how far the numbers went, so that one who comes back late is told
    that something is missing.
    """

    events: int
    bytes: int
    seconds: int | None = None
    number_seconds: int | None = None


KEEP_JOBS = Keep(events=1_000, bytes=MEGABYTE)
# Redis has 32 MB for data on a host with 1 GB. 100,000 lines of 100 characters are 12 MB (jobs/outputs.py).
KEEP_OUTPUT = Keep(events=120_000, bytes=16 * MEGABYTE, seconds=DAY, number_seconds=30 * DAY)


def output_of(job: str) -> str:
    """The topic of one job's events."""
    return f"job:{job}"


def permission_of(topic: str) -> Permission | None:
    """What reading a topic takes; None where there is no such topic."""
    if topic == JOBS or _JOB_OUTPUT.fullmatch(topic):
        return Permission.JOBS_READ
    return None
