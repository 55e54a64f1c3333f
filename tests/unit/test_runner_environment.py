"""What a job's playbook sees of an environment."""

from __future__ import annotations

from pathlib import Path

from tests import host_packages

host_packages.add()

from skerry_runner.admission import Request  # noqa: E402
from skerry_runner.playbook import environment  # noqa: E402


def test_who_asked_and_why_are_told_as_they_are() -> None:
    """A deploy from the console would be nobody's, or its reason be taken for a template."""
    request = Request("x", "deploy-app", by={"user": "ada", "role": "operator"}, why="it is {{ good }}")
    seen = environment(Path("/p"), Path("/r"), Path("/v"), request)
    assert (seen["SKERRY_OWNER"], seen["SKERRY_MESSAGE"]) == ("ada", "it is {{ good }}")
