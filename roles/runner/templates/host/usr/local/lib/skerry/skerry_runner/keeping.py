"""Which jobs' events are kept: by age, by size, by number. Pure but for the sizes of files."""

from __future__ import annotations

from dataclasses import dataclass

from .spool import Job

DAY = 86400.0
MEGABYTE = 1_000_000

MOST_JOBS = 900
"""Also of small ones: the console is told of each at every connection, and takes no more than 1,000."""


@dataclass(frozen=True)
class Keeping:
    """days: after that long a finished job goes. megabytes: more than that in all, and the oldest finished ones go."""

    days: int = 30
    megabytes: int = 200
    most: int = MOST_JOBS

    def superfluous(self, jobs: list[Job], now: float) -> list[Job]:
        """Return the finished jobs that are not to be kept; one that waits or runs always is."""
        finished = sorted((job for job in jobs if job.finished), key=lambda job: job.began_at, reverse=True)
        room = self.megabytes * MEGABYTE - sum(_size(job) for job in jobs if not job.finished)
        found = []
        for number, job in enumerate(finished):
            room -= _size(job)
            # The newest stays in any case: somebody is about to read it.
            if (number and room < 0) or number >= self.most or now - job.began_at > self.days * DAY:
                found.append(job)
        return found


def _size(job: Job) -> int:
    try:
        return job.events_file.stat().st_size
    except FileNotFoundError:
        return 0
