"""What the runner keeps of each job: numbered without a gap, whoever dies at whatever moment."""

from __future__ import annotations

import os
import resource
import signal
import uuid
from pathlib import Path

import pytest

from tests import host_packages

host_packages.add()

from skerry_runner import delivery  # noqa: E402
from skerry_runner.admission import Request  # noqa: E402
from skerry_runner.canaries import HostSecrets  # noqa: E402
from skerry_runner.delivery import MOST_BYTES, MOST_EVENTS, Delivery  # noqa: E402
from skerry_runner.keeping import DAY, Keeping  # noqa: E402
from skerry_runner.spool import Job, Spool  # noqa: E402


def made(root: Path, lines: int = 0, state: str = "") -> Job:
    """Return a job with so many lines of output, and its last state."""
    job = Spool(root).create(Request(uuid.uuid4().hex, "look", by={"user": "ada"}), "queued")
    writer = job.writer()
    for number in range(lines):
        writer.line(f"line {number}")
    writer.close()
    if state:
        job.write_state(state)
    job.refresh()
    return job


def numbers(job: Job) -> list[int]:
    """Return the numbers of all its events."""
    return [event["n"] for event in job.events()]


def test_numbers_go_on_where_another_process_stopped(tmp_path: Path) -> None:
    """The console would wait for ever for a number that never comes, or drop one that comes twice."""
    job = made(tmp_path, lines=3, state="lost")
    assert numbers(job) == [1, 2, 3, 4, 5]
    assert (job.last_n, job.state, job.finished) == (5, "lost", True)


def test_a_line_that_a_power_cut_left_half_is_dropped(tmp_path: Path) -> None:
    """Nothing could be read any more after it."""
    job = made(tmp_path, lines=3)
    os.truncate(job.events_file, job.events_file.stat().st_size - 5)
    found = Spool(tmp_path).load()[0]
    assert found.last_n == 3
    found.write_state("lost")
    assert numbers(found) == [1, 2, 3, 4]


def test_a_full_disk_leaves_no_half_line(tmp_path: Path) -> None:
    """Once there is room again, nothing that follows could be read."""
    job = made(tmp_path)
    writer = job.writer()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (job.events_file.stat().st_size + 20, limits[1]))
        with pytest.raises(OSError, match=r"full|large"):
            writer.line("x" * 100)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    writer.line("there is room again")
    assert [(event["n"], event.get("text")) for event in job.events()] == [(1, None), (2, "there is room again")]


def test_a_long_line_comes_whole_in_parts(tmp_path: Path) -> None:
    """The console refuses a text of more than 4,000 characters, or its end would be missing."""
    job = made(tmp_path)
    writer = job.writer()
    writer.line("é" * 9000)
    texts = [event["text"] for event in job.events() if event["kind"] == "line"]
    assert [len(text) for text in texts] == [4000, 4000, 1000]
    assert "".join(texts) == "é" * 9000


def test_an_empty_line_is_one(tmp_path: Path) -> None:
    """The output would lose its paragraphs."""
    job = made(tmp_path)
    job.writer().line("")
    assert [event["text"] for event in job.events() if event["kind"] == "line"] == [""]


def test_one_process_at_a_time_is_a_jobs(tmp_path: Path) -> None:
    """A job would run twice at once, or a dead one be taken for alive."""
    job = made(tmp_path)
    assert not job.is_alive()
    held = job.lock()
    assert held is not None
    assert job.is_alive()
    assert job.lock() is None
    held.close()
    assert not job.is_alive()


def test_a_directory_that_was_not_finished_does_not_count(tmp_path: Path) -> None:
    """A runner that was killed while it took a job in would not start again."""
    (tmp_path / f".{uuid.uuid4().hex}.part").mkdir()
    (tmp_path / "lost+found").mkdir()
    assert Spool(tmp_path).load() == []


def test_portions_are_as_agreed_and_nothing_is_left_out(tmp_path: Path) -> None:
    """The console refuses more than 500 events or 256 kB, and a job of 2,000 lines would never arrive."""
    job = made(tmp_path, lines=1200)
    told = Delivery({job.id: job})
    got: list[int] = []
    while told.due():
        portion = told.portion(job)
        assert len(portion["events"]) <= MOST_EVENTS
        got += [event["n"] for event in portion["events"]]
        told.took(job, {"next": got[-1] + 1})
    assert got == list(range(1, 1202))


def test_a_portion_of_long_lines_stays_small(tmp_path: Path) -> None:
    """The message would be refused, again and again."""
    job = made(tmp_path)
    writer = job.writer()
    for _ in range(200):
        writer.line("x" * 4000)
    job.refresh()
    portion = Delivery({job.id: job}).portion(job)
    assert 45 < len(portion["events"]) <= MOST_BYTES / 4000


def test_the_console_may_go_back(tmp_path: Path) -> None:
    """One that was restored from a backup would miss what came since."""
    job = made(tmp_path, lines=10)
    told = Delivery({job.id: job})
    told.wanted({"next": {job.id: 8}})
    assert [event["n"] for event in told.portion(job)["events"]] == [8, 9, 10, 11]
    told.took(job, {"next": 3})
    assert told.portion(job)["events"][0]["n"] == 3


def test_hello_stays_small(tmp_path: Path) -> None:
    """The console's server would end every connection over it."""
    jobs = [made(tmp_path, state="refused") for _ in range(3)]
    for number, job in enumerate(jobs):
        job.began_at = float(number)
        job._request = Request(job.id, "x", {str(key): "y" * 200 for key in range(16)})
    one = len(str(Delivery({jobs[0].id: jobs[0]}).hello()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delivery, "MOST_GREETING", 2 * one + 100)
        greeting = Delivery({job.id: job for job in jobs})
        assert greeting.hello().keys() == {jobs[2].id, jobs[1].id}
        greeting.wanted({"next": {jobs[2].id: 1, jobs[1].id: 3}})
    assert greeting.due() == [jobs[2]]


@pytest.mark.parametrize(
    "answer", [None, {"error": "no"}, {}, {"next": "1"}, {"next": True}, {"next": 0}, {"next": {"a": 1}}, 7]
)
def test_an_answer_that_is_none_is_not_believed(tmp_path: Path, answer: object) -> None:
    """A console that has gone mad would end the runner, or make it send without end."""
    job = made(tmp_path)
    with pytest.raises(ValueError, match="answer"):
        Delivery({job.id: job}).took(job, answer)


def test_old_and_large_ones_go_but_never_one_that_runs(tmp_path: Path) -> None:
    """The disk would fill up, or a job's own directory go from under it."""
    jobs = [made(tmp_path, lines=100, state="succeeded") for _ in range(4)]
    running = made(tmp_path, lines=100)
    for age, job in enumerate(jobs):
        job.began_at -= age * 10 * DAY
    running.began_at -= 100 * DAY
    now = running.began_at + 100 * DAY + 1
    assert Keeping(days=25).superfluous([*jobs, running], now) == jobs[3:]
    assert Keeping(megabytes=0).superfluous([*jobs, running], now) == jobs[1:]
    assert Keeping(most=2).superfluous([*jobs, running], now) == jobs[2:]


def test_the_hosts_secrets_are_taken_out(tmp_path: Path) -> None:
    """A playbook without no_log would show a password to every operator."""
    stack = tmp_path / "opt/skerry/stacks/console/releases/1/secrets"
    stack.mkdir(parents=True)
    (stack / "key").write_text("canary/stack+secret0123\n")
    credentials = tmp_path / "etc/skerry/credentials"
    credentials.mkdir(parents=True)
    (credentials / "runner").write_text("canary-token\n")
    (tmp_path / "etc/skerry/backup.json").write_text(
        '{"targets": [{"repository": "rest:https://me:canary-user@host/x", "environment": {"AWS_SECRET_ACCESS_KEY": '
        '"canary-aws", "AWS_REGION": "eu-central"}}]}'
    )
    redact = HostSecrets(tmp_path)
    plain = "canary/stack+secret0123 canary-token me:canary-user canary-aws eu-central"
    assert redact(plain) == "******** ******** ******** ******** eu-central"
    assert redact("Y2FuYXJ5LXRva2Vu canary%2Fstack%2Bsecret0123") == "******** ********"
    (credentials / "new").write_text("canary-later")
    assert "canary-later" in redact("canary-later")
    redact.read()
    assert redact("canary-later canary-token") == "******** ********"
