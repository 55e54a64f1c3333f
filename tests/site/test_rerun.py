"""A second run is quiet, and --check tells the truth."""

from __future__ import annotations

import pytest

from tests.local import Vps, playbook


@pytest.mark.usefixtures("vps")
@pytest.mark.parametrize("argv", [(), ("--check", "--diff")], ids=["run", "check"])
def test_nothing_changes(argv: tuple[str, ...]) -> None:
    """Fails when a role is not idempotent, or promises changes that it would not make."""
    run = playbook(*argv)
    assert run.code == 0, run.output[-3000:]
    assert run.total("changed") == 0, run.output


def test_drift_is_seen_and_mended(vps: Vps) -> None:
    """Fails when a change made by hand on the host goes unnoticed, or --check would touch it."""
    vps.out("docker service scale --detach redis_exporter=0")
    promised = playbook("--check", "--diff", "--tags", "redis")
    assert promised.total("changed") == 1, promised.output
    assert vps.out("docker service inspect redis_exporter --format '{{.Spec.Mode.Replicated.Replicas}}'") == "0"
    mended = playbook("--tags", "redis")
    assert mended.total("changed") == 1, mended.output
    assert vps.out("docker service inspect redis_exporter --format '{{.Spec.Mode.Replicated.Replicas}}'") == "1"
