"""The queue: one job at a time for each lock, in order, and none that hangs for ever."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest

from tests import host_packages

host_packages.add()

from skerry_runner import dispatch, processes  # noqa: E402
from skerry_runner.admission import Request  # noqa: E402
from skerry_runner.definitions import Definition  # noqa: E402
from skerry_runner.dispatch import MOST_QUEUED, Dispatcher  # noqa: E402
from skerry_runner.keeping import Keeping  # noqa: E402
from skerry_runner.spool import Job, Spool  # noqa: E402


class Host:
    """A dispatcher over a spool in a directory; `started` lists the jobs whose process systemd would have started."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.started: list[str] = []
        self.restart()

    def restart(self) -> None:
        """Begin anew, as after a kill of the service."""
        self.dispatcher = Dispatcher(Spool(self.root), Keeping(), self.started.append, self.root / "private")

    def ask(self, name: str = "data-a", identity: str = "") -> Job:
        """Ask for a job."""
        return self.dispatcher.submit(Request(identity or uuid.uuid4().hex, name, by={"role": "admin"}))

    def tick(self) -> list[str]:
        """Look at the queue and return what was started."""
        before = len(self.started)
        self.dispatcher.tick()
        return self.started[before:]


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    """A host with two jobs of one lock and one of another."""
    allowed = {
        name: Definition(name, name, "", f"playbooks/{name}.yml", ("admin",), "none", name.partition("-")[0], 60)
        for name in ("data-a", "data-b", "look-a")
    }
    monkeypatch.setattr(dispatch.definitions, "load", lambda: allowed)
    return Host(tmp_path)


def states(job: Job) -> list[str]:
    """Return its states in order."""
    return [event["state"] for event in job.events() if event["kind"] == "state"]


def test_jobs_of_one_lock_run_one_after_the_other(host: Host) -> None:
    """A restore would run beside a backup."""
    first, second, third, other = host.ask(), host.ask("data-b"), host.ask(), host.ask("look-a")
    assert host.tick() == [first.id, other.id]
    assert host.tick() == []
    held = first.lock()
    first.write_state("running")
    assert host.tick() == []
    first.write_state("succeeded")
    assert host.tick() == [second.id]
    second.write_state("failed")
    assert host.tick() == [third.id]
    assert held is not None
    held.close()


def test_the_same_job_asked_for_twice_is_one(host: Host) -> None:
    """A message that the console repeats would restore twice."""
    first = host.ask()
    assert host.ask(identity=first.id) is first
    host.restart()
    assert host.ask(identity=first.id).id == first.id
    assert host.tick() == [first.id]


def test_a_job_that_is_refused_never_starts(host: Host) -> None:
    """What is not on the list would run."""
    job = host.ask("reboot")
    assert host.tick() == []
    assert (job.state, job.finished) == ("refused", True)
    assert "no job reboot" in next(iter(job.events()))["detail"]["reason"]


def test_a_job_whose_process_died_is_lost_and_its_lock_free(host: Host) -> None:
    """Nothing of that lock would ever run again."""
    first, second = host.ask(), host.ask()
    host.tick()
    held = first.lock()
    first.write_state("running")
    assert held is not None
    assert host.tick() == []
    held.close()
    assert host.tick() == [second.id]
    assert states(first) == ["queued", "running", "lost"]


def test_a_job_goes_on_while_the_service_is_gone(host: Host) -> None:
    """A restart of the service would report a job as lost that goes on, or start it again."""
    first, second = host.ask(), host.ask()
    host.tick()
    held = first.lock()
    first.write_state("running")
    host.restart()
    assert host.tick() == []
    first.write_state("succeeded")
    assert held is not None
    held.close()
    assert host.tick() == [second.id]
    assert states(first) == ["queued", "running", "succeeded"]


def test_the_lock_stays_while_something_of_the_job_lives(host: Host, tmp_path: Path) -> None:
    """The next job would run beside what the dead one left."""
    first, second = host.ask(), host.ask()
    host.tick()
    first.write_state("running")
    group = tmp_path / "group"
    group.mkdir()
    (group / "cgroup.procs").write_text("4242\n")
    (first.path / "cgroup").write_text(str(group))
    assert host.tick() == []
    (group / "cgroup.procs").write_text("")
    assert host.tick() == [second.id]


def test_a_process_that_never_begins_is_given_up(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job would wait for ever, and every one behind it."""
    job = host.ask()
    host.tick()
    host.tick()
    assert states(job) == ["queued"]
    monkeypatch.setattr(dispatch, "START_SECONDS", -1.0)
    host.tick()
    assert states(job) == ["queued", "lost"]


def test_a_launcher_that_is_not_there_is_told(host: Host) -> None:
    """The queue would stop without a word."""

    def fail(_identity: str) -> None:
        raise ConnectionRefusedError("no such socket")

    host.dispatcher = Dispatcher(Spool(host.root), Keeping(), fail, host.root / "private")
    job = host.ask()
    host.tick()
    assert states(job) == ["queued", "failed"]


def test_cancel_reaches_what_waits_and_what_runs(host: Host) -> None:
    """A job that somebody no longer wants would run."""
    running, waiting = host.ask(), host.ask()
    host.tick()
    running.write_state("running")
    assert host.dispatcher.cancel(waiting.id, {"user": "ada"})
    assert states(waiting) == ["queued", "cancelled"]
    assert running.asked_to_end() is None
    assert host.dispatcher.cancel(running.id, {"user": "ada"})
    assert running.asked_to_end() == {"user": "ada"}
    assert not host.dispatcher.cancel(waiting.id, {"user": "ada"})
    assert not host.dispatcher.cancel("../../etc", {"user": "ada"})


def test_a_full_queue_takes_no_more(host: Host) -> None:
    """A console that has gone mad would fill disk and memory."""
    assert {host.ask().state for _ in range(MOST_QUEUED)} == {"queued"}
    assert host.ask().state == "refused"


def test_the_whole_tree_of_processes_is_ended(tmp_path: Path) -> None:
    """What a cancelled job started would go on."""
    stubborn = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(600)"
    )
    started: list[Any] = [
        subprocess.Popen([sys.executable, "-c", stubborn], stdout=subprocess.PIPE),
        subprocess.Popen(["sleep", "600"], start_new_session=True, stdout=subprocess.PIPE),
    ]
    started[0].stdout.readline()
    (tmp_path / "cgroup.procs").write_text(
        "".join(f"{number}\n" for number in (*(p.pid for p in started), os.getpid()))
    )
    found = processes.end(tmp_path, patience=0.5)
    assert [one.wait(timeout=5) for one in started] == [-9, -15]
    assert len(found["killed"]) == 1
    assert f"({started[0].pid})" in found["killed"][0]
    assert found["left"] == []
