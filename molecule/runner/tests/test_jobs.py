"""Jobs on a real host: what is allowed runs, nothing else does, and whatever is killed leaves no lock behind."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

TOKEN = "canary-runner-0123456789abcdef01"
STORY = Path(__file__).parents[1] / "playbooks/story.yml"
NUMBER = {"type": "integer", "minimum": 0, "maximum": 900}
ALLOWED = {
    "story": {
        "playbook": "playbooks/story.yml",
        "roles": ["admin"],
        "parameters": {
            "seconds": {**NUMBER, "variable": "story_seconds"},
            "mark": {"pattern": "[a-z]{1,20}"},
        },
    },
    "brief": {"playbook": "playbooks/story.yml", "roles": ["admin"], "timeout": 1, "variables": {"story_seconds": 300}},
    "dangerous": {"playbook": "playbooks/story.yml", "roles": ["admin"], "confirm": "typed"},
}


class Jobs:
    """The host's command line, and what the host keeps of a job."""

    def __init__(self, vps: Any) -> None:
        self._vps = vps

    def run(self, words: str) -> Any:
        """Run a job to its end; return how `skerry-job` ended."""
        return self._vps.run(f"skerry-job run {words}")

    def start(self, words: str) -> str:
        """Start a job and return its id."""
        return self._vps.check_output(f"skerry-job run --detach {words}")

    def events(self, job: str) -> list[dict[str, Any]]:
        """Return a job's events."""
        lines = self._vps.check_output(f"cat /var/lib/skerry/jobs/{job}/events.jsonl").splitlines()
        return [json.loads(line) for line in lines]

    def states(self, job: str) -> list[str]:
        """Return a job's states in order."""
        return [event["state"] for event in self.events(job) if event["kind"] == "state"]

    def until(self, job: str, state: str) -> None:
        """Wait until a job has a state."""
        for _ in range(240):
            if state in self.states(job):
                return
            time.sleep(0.5)
        pytest.fail(f"{job} is not {state}: {self.events(job)[-5:]}")

    def until_it_waits(self, job: str, seconds: int) -> None:
        """Wait until a story's last task is at work."""
        for _ in range(240):
            if self._vps.run(f"pgrep -f '[s]leep {seconds}7$'").succeeded:
                return
            if len(self.states(job)) > 2:
                break
            time.sleep(0.5)
        pytest.fail(f"{job} does not come to its last task: {self.events(job)[-5:]}")


@pytest.fixture(scope="module")
def jobs(vps) -> Iterator[Jobs]:
    """The host with the story among its playbooks and on its list, until the end."""
    name = vps.backend.name
    vps.check_output("cp /etc/skerry/jobs.yml /etc/skerry/jobs.yml.kept")
    for file, content in (
        ("/opt/skerry/current/playbooks/story.yml", STORY.read_text()),
        ("/etc/skerry/jobs.yml", yaml.safe_dump(ALLOWED)),
    ):
        command = ["docker", "exec", "--interactive", name, "sh", "-c", f"cat > {file}"]
        subprocess.run(command, input=content, text=True, check=True)
    yield Jobs(vps)
    vps.check_output("rm /opt/skerry/current/playbooks/story.yml; mv /etc/skerry/jobs.yml.kept /etc/skerry/jobs.yml")


@pytest.fixture
def leftovers(vps) -> Callable[[], str]:
    """Return a function that lists what is left of the story's processes and directories."""
    return lambda: vps.run("pgrep -af '[s]leep [0-9]+$|[a]nsible-playbook'; ls /run/skerry/jobs").stdout


def test_a_job_runs_and_shows_no_secret(jobs, leftovers):
    """Nothing could be run, or the console would show the host's passwords to all who may read a job."""
    done = jobs.run("story")
    assert done.rc == 0, done.stdout + done.stderr
    job = done.stdout.split()[0]
    events = jobs.events(job)
    assert [event["n"] for event in events] == list(range(1, len(events) + 1))
    assert jobs.states(job) == ["queued", "running", "succeeded"]
    assert [event["task"] for event in events if event["kind"] == "task"][:2] == [
        "Show what no job should show",
        "Tell of it",
    ]
    text = json.dumps(events)
    assert text.count("********") >= 2
    assert "canary" not in text
    assert "Y2FuYXJ5" not in text
    seen = next(line for line in done.stdout.splitlines() if "INVOCATION_ID" in line)
    assert "LISTEN_" not in seen
    assert "CREDENTIALS" not in seen
    assert leftovers().strip() == ""


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("reboot", "there is no job reboot"),
        ("story 'mark=a;touch /story-evil'", "mark does not match"),
        ("story 'mark={{ 7 }}'", "mark holds a template"),
        ("story 'seconds=$(id)'", "seconds is no whole number"),
        ("story story_seconds=1", "story has no parameter story_seconds"),
        ("dangerous", "it has to be confirmed by typing dangerous"),
        ("dangerous --confirm dangerous!", "it has to be confirmed by typing dangerous"),
    ],
)
def test_what_is_not_allowed_does_not_run(vps, jobs, words, reason):
    """Whoever holds the console would hold the host."""
    done = jobs.run(words)
    assert done.rc == 1
    assert f"-- refused reason: {reason}" in done.stdout
    assert jobs.states(done.stdout.split()[0]) == ["refused"]
    assert not vps.file("/story-evil").exists


def test_cancel_ends_everything_and_the_next_one_runs(jobs, vps, leftovers):
    """A job that hangs could only be ended by hand, or would go on unseen beside the next one."""
    first, second = jobs.start("story seconds=300"), jobs.start("story")
    jobs.until_it_waits(first, 300)
    assert jobs.states(second) == ["queued"]
    vps.check_output(f"skerry-job cancel {first}")
    jobs.until(first, "cancelled")
    assert jobs.events(first)[-1]["detail"] == {"by": {"user": "root"}, "killed": [], "left": []}
    jobs.until(second, "succeeded")
    assert leftovers().strip() == ""


def test_a_job_that_lasts_too_long_is_ended(jobs):
    """One that hangs would hold its lock for ever."""
    job = jobs.run("brief").stdout.split()[0]
    assert jobs.states(job)[-1] == "timed_out"


def test_a_job_goes_on_when_the_service_is_killed(vps, jobs, pid_of):
    """A deploy would be torn in the middle whenever the runner is upgraded or dies."""
    job = jobs.start("story seconds=8")
    jobs.until_it_waits(job, 8)
    before = pid_of("skerry-runner")
    vps.check_output("systemctl kill --signal KILL skerry-runner")
    jobs.until(job, "succeeded")
    events = jobs.events(job)
    assert [event["n"] for event in events] == list(range(1, len(events) + 1))
    assert pid_of("skerry-runner") not in (before, "0")


def test_a_job_that_is_killed_is_lost_and_the_next_one_runs(vps, jobs, leftovers):
    """It would be shown as running for ever, and nothing else could run."""
    first, second = jobs.start("story seconds=300"), jobs.start("story")
    jobs.until_it_waits(first, 300)
    vps.check_output("systemctl stop skerry-runner")
    vps.check_output("systemctl kill --signal KILL 'skerry-job@*'")
    vps.check_output("systemctl start skerry-runner")
    jobs.until(first, "lost")
    jobs.until(second, "succeeded")
    assert leftovers().strip() == ""


def test_a_schedule_needs_no_console(vps, jobs):
    """What should happen each night would not, as soon as the console is down."""
    vps.check_output("systemctl start skerry-scheduled@story.service")
    job = vps.check_output("ls -t /var/lib/skerry/jobs").split()[0]
    jobs.until(job, "succeeded")
    assert '"by": {"user": "timer"' in vps.check_output(f"cat /var/lib/skerry/jobs/{job}/request.json")


def test_others_cannot_ask(vps):
    """Any process of the host could have a backup put over the data."""
    for path in ("/run/skerry/runner.sock", "/run/skerry/job.sock"):
        assert vps.file(path).mode == 0o600, path
    assert vps.file("/var/lib/skerry/jobs").mode == 0o700
    assert vps.file("/etc/skerry/jobs.yml").mode == 0o644
