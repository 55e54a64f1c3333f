"""What is known of each job, on the disk: the truth, whoever is down.

    <root>/<job id>/request.json   who asked for what
                   /events.jsonl   its numbered events, one a line
                   /alive          locked by the job's process while it lives
                   /cgroup         where the kernel lists its processes
                   /cancel         who wants it to end

One process at a time writes a job's events: the service before it is started and after its process is gone, the job's
process in between.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from .admission import Request, is_job_id

ROOT = Path("/var/lib/skerry/jobs")
PRIVATE = Path("/run/skerry/jobs")
"""Where a job's process keeps what nobody else may see, in a directory by the job's id that goes with it."""

FINAL = frozenset(("succeeded", "failed", "cancelled", "timed_out", "lost", "refused"))
"""The states after which nothing follows."""

LONGEST_LINE = 4000
"""Characters of one event's text; a longer line becomes several (the console's contract)."""


class Writer:
    """Appends events. A line that a power cut or a full disk left unfinished is dropped, so numbers have no gap.

    Its methods raise OSError where the disk does not take the event; it is then as if it had never been.
    """

    def __init__(self, path: Path) -> None:
        self._file: BinaryIO = path.open("a+b", buffering=0)
        self._file.seek(0)
        content = self._file.read()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):
            self._file.truncate(len(whole))
        self._next, self._size = whole.count(b"\n") + 1, len(whole)

    def state(self, state: str, **detail: Any) -> None:
        """Append a state, and wait until the disk has it."""
        self._append(kind="state", state=state, detail=detail)
        os.fsync(self._file.fileno())

    def line(self, text: str) -> None:
        """Append one line of output, in parts where it is long."""
        for start in range(0, max(len(text), 1), LONGEST_LINE):
            self._append(kind="line", text=text[start : start + LONGEST_LINE])

    def task(self, task: str, play: str) -> None:
        """Append that a task has begun."""
        self._append(kind="task", task=task[:LONGEST_LINE], play=play[:LONGEST_LINE])

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _append(self, **event: Any) -> None:
        row = {"n": self._next, "at": round(time.time(), 3), **event}
        line = json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode(errors="replace") + b"\n"
        if self._file.write(line) != len(line):
            self._file.truncate(self._size)
            raise OSError(errno.ENOSPC, "the disk is full")
        self._next, self._size = self._next + 1, self._size + len(line)


class Job:
    """One job's directory, and what of its events has been seen so far."""

    def __init__(self, path: Path) -> None:
        self.path, self.id = path, path.name
        self.last_n, self.state, self.began_at = 0, "", 0.0
        self._offset = 0
        self._request: Request | None = None

    @property
    def request(self) -> Request:
        """Who asked for what."""
        if self._request is None:
            self._request = Request(**json.loads((self.path / "request.json").read_text()))
        return self._request

    @property
    def events_file(self) -> Path:
        """The file of its events."""
        return self.path / "events.jsonl"

    @property
    def finished(self) -> bool:
        """Whether its last event is one after which nothing follows."""
        return self.state in FINAL

    def refresh(self) -> bool:
        """Read what has been added; return whether there was anything."""
        before = self.last_n
        for event in self.events(self._offset):
            self.last_n, self._offset = event["n"], event["end"]
            self.began_at = self.began_at or event["at"]
            if event["kind"] == "state":
                self.state = event["state"]
        return self.last_n > before

    def events(self, offset: int = 0) -> Iterator[dict[str, Any]]:
        """Yield the whole events after a place in the file, each with its ``end`` there."""
        try:
            with self.events_file.open("rb") as file:
                file.seek(offset)
                for line in file:
                    if not line.endswith(b"\n"):
                        return
                    offset += len(line)
                    yield {**json.loads(line), "end": offset}
        except FileNotFoundError:
            return

    def writer(self) -> Writer:
        """Return what appends to its events."""
        return Writer(self.events_file)

    def write_state(self, state: str, **detail: Any) -> None:
        """Append one state."""
        writer = self.writer()
        writer.state(state, **detail)
        writer.close()
        self.refresh()

    def lock(self) -> BinaryIO | None:
        """Take the lock that says that the job's process lives; None where one does. It is held until closed."""
        file = (self.path / "alive").open("ab")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return None
        return file

    def is_alive(self) -> bool:
        """Tell whether the job's process lives."""
        held = self.lock()
        if held is None:
            return True
        held.close()
        return False

    def ask_to_end(self, by: dict[str, str]) -> None:
        """Leave word for the job's process that somebody wants it to end."""
        part = self.path / "cancel.part"
        part.write_text(json.dumps(by))
        part.replace(self.path / "cancel")

    def asked_to_end(self) -> dict[str, str] | None:
        """Return who wants it to end."""
        try:
            found: dict[str, str] = json.loads((self.path / "cancel").read_text())
        except FileNotFoundError:
            return None
        return found


class Spool:
    """The directories of all jobs."""

    def __init__(self, root: Path = ROOT) -> None:
        self.root = root

    def load(self) -> list[Job]:
        """Return all jobs, the oldest first, with their events read."""
        jobs = [Job(path) for path in self.root.glob("*/") if is_job_id(path.name)]
        for job in jobs:
            job.refresh()
        return sorted(jobs, key=lambda job: job.began_at)

    def create(self, request: Request, state: str, **detail: Any) -> Job:
        """Make a job's directory with its first event; what dies in between leaves none that counts."""
        part = self.root / f".{request.job}.part"
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(mode=0o700)
        (part / "request.json").write_text(json.dumps(asdict(request)))
        Job(part).write_state(state, **detail)
        part.rename(self.root / request.job)
        job = Job(self.root / request.job)
        job.refresh()
        return job
