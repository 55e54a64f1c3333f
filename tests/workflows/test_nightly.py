"""nightly.yml against the local VPS. Its jobs with the official images need a registry that has those: not here."""

from __future__ import annotations

from tests.local import Vps, playbook
from tests.workflows.project import Project
from tools import updates


def test_the_hosts_night(project: Project, vps: Vps) -> None:
    """The night would be red without a reason, or green though somebody has changed the host."""
    # What parts before have changed is settled, and there is something to restore.
    assert playbook().code == 0
    vps.out("skerry-job run backup", timeout=600)
    run = project.act("schedule", "nightly.yml", "--job", "host")
    assert run.code == 0, run.text[-6000:]
    heads = sorted(summary.splitlines()[0] for summary in run.summaries)
    assert heads == ["## check-drift: succeeded", "## restore-drill: succeeded"]

    vps.out("docker service scale --detach redis_exporter=0")
    try:
        run = project.act("schedule", "nightly.yml", "--job", "host", "--matrix", "job:check-drift")
    finally:
        vps.out("docker service scale --detach redis_exporter=1")
    assert run.code == 1
    (summary,) = run.summaries
    assert summary.startswith("## check-drift: failed\n")
    assert "redis_exporter" in summary


def test_the_look_for_newer_versions(project: Project) -> None:
    """A registry that does not answer would read as «nothing newer»."""
    run = project.act("schedule", "nightly.yml", "--job", "updates")
    (summary,) = run.summaries
    assert [name for name, _, _ in updates.pinned() if f"| `{name}` |" not in summary] == []
    assert run.code == ("could not be asked" in summary), run.text[-3000:]
