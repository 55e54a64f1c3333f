"""One job's own process: systemd starts it for each connection to its socket, in a control group of its own.

It reads which job it is, takes the job's lock, holds the request against the allow-list once more, runs the playbook,
and writes down what happens. Whoever started it may die meanwhile.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any, BinaryIO

from . import admission, definitions, playbook, processes
from .canaries import HostSecrets
from .service import say
from .spool import PRIVATE, ROOT, Job, Writer

REVISION = Path("/opt/skerry/current")

PATIENCE = 20.0
"""Seconds that a job's processes get to end by themselves: a backup or a restore puts back what it has stopped."""

PATIENCE_OF_SYSTEMD = 10.0
"""Seconds, when the host goes down or somebody stops the unit; below its TimeoutStopSec."""

STEP = 0.5
"""Seconds between two looks at whether somebody wants the job to end."""

SECRETS_EACH = 5.0
"""Seconds after which the host's secrets are read anew, for the job itself may change them."""


class Story:
    """Writes the job's events, with the host's secrets taken out of every text."""

    def __init__(self, writer: Writer) -> None:
        self._writer, self._redact = writer, HostSecrets()
        self._read_at = time.monotonic()

    def line(self, text: str) -> None:
        """Write one line of output."""
        if time.monotonic() - self._read_at > SECRETS_EACH:
            self._redact.read()
            self._read_at = time.monotonic()
        self._writer.line(self._redact(text))

    def task(self, task: str, play: str) -> None:
        """Write that a task has begun."""
        self._writer.task(self._redact(task), self._redact(play))

    def state(self, state: str, **detail: Any) -> None:
        """Write a state."""
        said = {name: self._redact(value) if isinstance(value, str) else value for name, value in detail.items()}
        self._writer.state(state, **said)


class Ending:
    """Watches for what ends a job early: somebody, its time, the host. Ends its processes then."""

    def __init__(self, job: Job, group: Path, seconds: float) -> None:
        self._job, self._group = job, group
        self._until = time.monotonic() + seconds
        self._stopped = self._good = False
        self.state = ""
        self.detail: dict[str, Any] = {}
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._over = threading.Event()

    def start(self) -> None:
        """Begin to watch."""
        signal.signal(signal.SIGTERM, self._stop)
        self._thread.start()

    def finish(self, good: bool) -> None:
        """Watch no longer; wait where processes are being ended. `good`: the playbook came to its end by itself.

        One that did not may have died of what nobody has looked at yet: a SIGTERM to all of the unit.
        """
        self._good = good
        self._over.set()
        self._thread.join()

    def _stop(self, _number: int, _frame: object) -> None:
        self._stopped = True

    def _watch(self) -> None:
        over = False
        while not over:
            over = self._over.wait(STEP)
            if over and self._good:
                return
            by = self._job.asked_to_end()
            if by is not None or self._stopped:
                self.state, self.detail = "cancelled", {"by": by or {"user": "the host"}}
            elif time.monotonic() > self._until:
                self.state = "timed_out"
            if self.state:
                patience = PATIENCE_OF_SYSTEMD if self._stopped else PATIENCE
                self.detail |= processes.end(self._group, patience)
                return


def run(job: Job, story: Story, private: Path) -> tuple[str, dict[str, Any]]:
    """Run the job and return its last state with what there is to say of it."""
    allowed = definitions.load()
    if reason := admission.refusal(job.request, allowed):
        return "refused", {"reason": reason}
    definition, group, revision = allowed[job.request.name], processes.own_group(), REVISION.resolve()
    (job.path / "cgroup").write_text(str(group))
    private.mkdir(mode=0o700, parents=True, exist_ok=True)
    ending = Ending(job, group, definition.timeout_s)
    ending.start()
    story.state("running", playbook=definition.playbook, revision=revision.name)
    variables = admission.variables(job.request, definition)
    code = playbook.run(private, revision, definition.playbook, variables, job.request, story.line, story.task)
    ending.finish(good=code == 0)
    left = {} if ending.state else _leave_nothing(group)
    if ending.state:
        return ending.state, ending.detail
    return ("succeeded" if code == 0 else "failed"), {"exit_code": code, **left}


def _leave_nothing(group: Path) -> dict[str, list[str]]:
    """End what a playbook left in the background, as systemd would; say what that was."""
    return processes.end(group, PATIENCE) if processes.others(group) else {}


def _lock(job: Job) -> BinaryIO | None:
    """Take the job's lock; the service holds it for a moment when it looks whether the job lives."""
    for _ in range(20):
        if held := job.lock():
            return held
        time.sleep(0.1)
    return None


def main(identity: str) -> int:
    """Be the process of one job."""
    os.umask(0o077)
    if not admission.is_job_id(identity):
        say("no job id was sent")
        return 2
    job, private = Job(ROOT / identity), PRIVATE / identity
    held = _lock(job)
    job.refresh()
    if held is None or job.state != "queued":
        say(f"{identity} is not mine to run: {job.state or 'running'}")
        return 2
    story = Story(job.writer())
    say(f"{identity} begins: {job.request.name}")
    try:
        state, detail = run(job, story, private)
    except Exception as problem:  # whatever it is, the job must not look as if it ran on
        state, detail = "failed", {"reason": f"{type(problem).__name__}: {problem}"}
    story.state(state, **detail)
    say(f"{identity} is over: {state}")
    shutil.rmtree(private, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.stdin.readline() or "{}").get("job", "")))
