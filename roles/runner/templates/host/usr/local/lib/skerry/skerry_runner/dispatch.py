"""The queue: which job may start, which has ended without a word. Holds no truth of its own; the spool does."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

from . import admission, definitions, processes
from .admission import Request
from .keeping import Keeping
from .service import say
from .spool import Job, Spool

MOST_QUEUED = 20
"""More are refused: nobody waits for the twenty-first, and a console that has gone mad must not fill the disk."""

START_SECONDS = 25.0
"""Within this a job's process must have begun; systemd and Python take about one."""

KEEP_EACH = 3600.0
"""Seconds between two looks at what is too old to keep."""


class Dispatcher:
    """One queue for the console and the host.

    start: asks systemd for a job's process, given its id; raises OSError. private: where jobs' processes keep what
    nobody else may see, to be removed after one that could not.
    """

    def __init__(self, spool: Spool, keeping: Keeping, start: Callable[[str], None], private: Path) -> None:
        self._spool, self._keeping, self._start, self._private = spool, keeping, start, private
        self._begun: dict[str, float] = {}
        self._locks: dict[str, str] = {}
        self._kept_at = 0.0
        self.jobs: dict[str, Job] = {job.id: job for job in spool.load()}
        self._open: dict[str, Job] = {job.id: job for job in self.jobs.values() if not job.finished}

    def submit(self, request: Request) -> Job:
        """Take a job into the queue, or write down why not. The same id again is the same job."""
        if request.job in self.jobs:
            return self.jobs[request.job]
        reason = self._refusal(request)
        if reason:
            say(f"{request.job} is refused: {reason}")
            job = self._spool.create(request.shortened(), "refused", reason=reason)
        else:
            job = self._spool.create(request, "queued")
            self._open[job.id] = job
        self.jobs[job.id] = job
        self._keep()
        return job

    def cancel(self, identity: str, by: dict[str, str]) -> bool:
        """End a job that waits or runs; return False where there is none such."""
        job = self._open.get(identity)
        if job is None:
            return False
        if job.state == "queued" and identity not in self._begun:
            self._close(job, "cancelled", by=by)
        else:
            job.ask_to_end(by)
        return True

    def tick(self) -> bool:
        """Look at what runs, and start what may start; return whether there is anything to look at."""
        for job in list(self._open.values()):
            job.refresh()
            if job.finished:
                self._forget(job)
            elif (job.state == "running" or self._is_overdue(job)) and self._is_gone(job):
                say(f"{job.id} is lost: its process ended without a word")
                self._close(job, "lost", reason="its process ended without a word, or never began")
        for job in self._startable():
            self._begun[job.id] = time.monotonic()
            try:
                self._start(job.id)
            except OSError as problem:
                self._close(job, "failed", reason=f"{problem}: see `systemctl status skerry-job.socket`")
        if time.monotonic() - self._kept_at > KEEP_EACH:
            self._keep()
        return bool(self._open)

    def _refusal(self, request: Request) -> str:
        try:
            reason = admission.refusal(request, definitions.load())
        except (OSError, ValueError, TypeError) as problem:
            return f"the allow-list cannot be used: {problem}"
        queued = sum(job.state == "queued" for job in self._open.values())
        return reason or (f"{queued} jobs wait already" if queued >= MOST_QUEUED else "")

    def _startable(self) -> list[Job]:
        """Return the first that waits for each lock that nobody holds."""
        locks = {job.id: self._lock_of(job) for job in self._open.values()}
        waiting = [job for job in self._open.values() if job.state == "queued" and job.id not in self._begun]
        held = {lock for identity, lock in locks.items() if identity not in {job.id for job in waiting}}
        found: dict[str, Job] = {}
        for job in waiting:
            if locks[job.id] not in held:
                found.setdefault(locks[job.id], job)
        return list(found.values())

    def _lock_of(self, job: Job) -> str:
        if job.id not in self._locks:
            try:
                self._locks[job.id] = definitions.load()[job.request.name].lock
            except (OSError, ValueError, TypeError, KeyError):
                self._locks[job.id] = ""  # gone from the list since: its own process will refuse it
        return self._locks[job.id]

    def _is_overdue(self, job: Job) -> bool:
        return job.id in self._begun and time.monotonic() - self._begun[job.id] > START_SECONDS

    @staticmethod
    def _is_gone(job: Job) -> bool:
        """Whether neither the job's process nor anything that it started lives: only then its lock is free."""
        if job.is_alive():
            return False
        job.refresh()  # it may have said its last word in between
        group = job.path / "cgroup"
        return not job.finished and not (group.exists() and processes.members(Path(group.read_text())))

    def _close(self, job: Job, state: str, **detail: object) -> None:
        job.write_state(state, **detail)
        shutil.rmtree(self._private / job.id, ignore_errors=True)
        self._forget(job)

    def _forget(self, job: Job) -> None:
        self._open.pop(job.id, None)
        self._begun.pop(job.id, None)
        self._locks.pop(job.id, None)

    def _keep(self) -> None:
        self._kept_at = time.monotonic()
        for job in self._keeping.superfluous(list(self.jobs.values()), time.time()):
            shutil.rmtree(job.path, ignore_errors=True)
            del self.jobs[job.id]
