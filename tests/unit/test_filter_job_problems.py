"""An allow-list that is wrong is refused with one sentence before the first change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from filter_plugins.job_problems import job_problems
from filter_plugins.job_timers import job_timer_units, job_timers

ROOT = Path(__file__).resolve().parents[2]


def job(parameter: dict[str, Any] | None = None, **settings: Any) -> dict[str, Any]:
    """Return an allow-list of one valid job; arguments override."""
    good = {"playbook": "playbooks/run-backup.yml", "roles": ["admin"], **settings}
    if parameter is not None:
        good["parameters"] = {"app": parameter}
    return {"look": good}


def test_the_jobs_that_come_with_it_are_welcome() -> None:
    """A first run would end before it begins."""
    defaults = yaml.safe_load((ROOT / "roles/runner/defaults/main/jobs.yml").read_text())
    assert job_problems(defaults["runner_jobs"], str(ROOT)) == []
    assert len(defaults["runner_jobs"]) >= 6


@pytest.mark.parametrize(
    ("jobs", "sentence"),
    [
        ([], "runner_jobs is []: allowed is a dict of jobs."),
        ({"Look": job()["look"]}, 'runner_jobs has a job whose name is "Look": allowed is a name'),
        (job(playbook="site.yml"), 'runner_jobs.look.playbook is "site.yml": allowed is a playbook below playbooks/'),
        (job(playbook="playbooks/../site.yml"), "allowed is a playbook below playbooks/"),
        (job(playbook="playbooks/nowhere.yml"), "allowed is a playbook that is there."),
        (job(roles=[]), "runner_jobs.look.roles is []: allowed is a list of viewer, operator and admin."),
        (job(roles=["root"]), "allowed is a list of viewer, operator and admin."),
        (job(confirm="yes"), 'runner_jobs.look.confirm is "yes": allowed is none or typed.'),
        (job(timeout=0), "runner_jobs.look.timeout is 0: allowed is a whole number from 1 to 86400."),
        (job(schedule="daily\nUnit=x"), "allowed is a time as in systemd.time(7)"),
        (job(schedule="daily", confirm="typed"), "allowed is that only for a job that nobody has to confirm."),
        (job({"pattern": "a", "required": True}, schedule="daily"), "where no parameter is required, and app is."),
        (job(loc="x"), "runner_jobs.look.loc is unknown (did you mean lock?)"),
        (job({}), "runner_jobs.look.parameters.app.pattern is missing: needed is a regular expression for a string."),
        (job({"type": "choice"}), "runner_jobs.look.parameters.app.choices is missing"),
        (job({"pattern": "("}), 'runner_jobs.look.parameters.app.pattern is "(": allowed is a regular expression.'),
        (job({"pattern": "a", "default": "b"}), "allowed is what the parameter itself allows."),
        (job({"type": "integer", "maximum": 3, "default": 4}), "allowed is what the parameter itself allows."),
        (job({"pattern": "a", "variable": "-e"}), "allowed is the name of a variable."),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(jobs: Any, sentence: str) -> None:
    """More could be asked for than was meant, or nothing at all, and the user would not learn why."""
    problems = job_problems(jobs, str(ROOT))
    assert len(problems) == 1
    assert sentence in problems[0]


def test_only_a_job_with_a_schedule_has_a_timer() -> None:
    """It would never run by itself, or go on running after its schedule was taken away."""
    jobs = {"look": {"schedule": "*-*-* 03:00:00"}, "backup": {}}
    timers = job_timers(jobs)
    assert "OnCalendar=*-*-* 03:00:00\n" in timers["etc/systemd/system/skerry-scheduled@look.timer"]["content"]
    assert timers["etc/systemd/system/skerry-scheduled@backup.timer"]["state"] == "absent"
    assert job_timer_units(jobs) == ["skerry-scheduled@look.timer"]
