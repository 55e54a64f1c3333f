"""ci.yml's list of scenarios; its jobs are parts of `make test`, each by itself."""

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
