"""What the host runs by itself has ansible-core alone: requirements/runner.txt, and no collection."""

from __future__ import annotations

import re

import pytest
import yaml

from tools.workshop.settings import ROOT

JOBS = yaml.safe_load((ROOT / "roles/runner/defaults/main/jobs.yml").read_text())["runner_jobs"]
FOREIGN = re.compile(r"json_query|\b(?:community|ansible\.posix|ansible\.utils)\.\w")


@pytest.mark.parametrize("name", sorted(JOBS))
def test_a_job_needs_no_collection(name: str) -> None:
    """It would run from the controller, and fail on every host."""
    assert FOREIGN.findall((ROOT / JOBS[name]["playbook"]).read_text()) == []
