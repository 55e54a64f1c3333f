"""ci.yml's jobs that need no VPS."""

from __future__ import annotations

import json

from tests.run import parts
from tests.workflows.project import Project
from tools.workshop.settings import ROOT


def test_each_scenario_becomes_a_job(project: Project) -> None:
    """A new scenario would not be run by GitHub Actions."""
    run = project.act("push", "ci.yml", "--job", "scenarios")
    assert run.code == 0, run.text[-3000:]
    wanted = [name for name in parts.discover(ROOT) if name.startswith("molecule-")]
    assert json.loads(run.output("parts")) == wanted


def test_the_light_job_is_green(project: Project) -> None:
    """Every push would be red on a machine that has nothing but the repository."""
    run = project.act("push", "ci.yml", "--job", "light")
    assert run.code == 0, run.text[-6000:]
    assert "3 passed, 0 failed" in run.text
