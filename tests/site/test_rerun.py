"""A second run is quiet and quick, and --check tells the truth."""

from __future__ import annotations

import pytest

from tests.local import Vps, playbook

THOROUGH = ("-e", "skerry_thorough=true")
DRIFT = "skerry-job run check-drift"
REPLICAS = "docker service inspect redis_exporter --format '{{.Spec.Mode.Replicated.Replicas}}'"


@pytest.mark.usefixtures("vps")
@pytest.mark.parametrize("argv", [THOROUGH, ("--check", "--diff", *THOROUGH)], ids=["run", "check"])
def test_nothing_changes(argv: tuple[str, ...]) -> None:
    """Fails when a role is not idempotent, or promises changes that it would not make."""
    run = playbook(*argv)
    assert run.code == 0, run.output[-3000:]
    assert run.total("changed") == 0, run.output
    assert run.total("ok") > 20, "not every task was run"


@pytest.mark.usefixtures("vps")
@pytest.mark.parametrize("argv", [(), ("--check", "--diff")], ids=["run", "check"])
def test_a_rerun_asks_once(argv: tuple[str, ...]) -> None:
    """Fails when a rerun goes through every task though nothing differs."""
    run = playbook(*argv)
    assert (run.code, run.total("changed")) == (0, 0), run.output[-3000:]
    assert "questions have the same answers" in run.output, run.output
    assert run.total("ok") <= 3, run.output


def test_drift_is_seen_and_mended(vps: Vps) -> None:
    """Fails when a change made by hand on the host goes unnoticed, or --check would touch it."""
    vps.out("docker service scale --detach redis_exporter=0")
    promised = playbook("--check", "--diff")
    assert "redis : Deploy Redis: would change something" in promised.output
    assert promised.total("changed") == 1, promised.output
    assert vps.out(REPLICAS) == "0"
    told = vps.ssh(DRIFT, timeout=300)
    assert told.returncode != 0, told.stdout
    assert "redis : Deploy Redis: would change something" in told.stdout, told.stdout
    assert "1 of " in told.stdout, told.stdout
    mended = playbook()
    assert mended.total("changed") == 1, mended.output
    assert vps.out(REPLICAS) == "1"


def test_the_nightly_look_for_drift_is_quiet_where_nothing_differs(vps: Vps) -> None:
    """Fails when the job that looks for changes by hand cries wolf, or no timer starts it."""
    told = vps.ssh(DRIFT, timeout=300)
    assert told.returncode == 0, told.stdout + told.stderr
    assert "Nothing differs." in told.stdout
    assert vps.out("systemctl is-active skerry-scheduled@check-drift.timer") == "active"


def test_what_was_asked_is_for_root_alone(vps: Vps) -> None:
    """Fails when others could read the secrets of the trees and stacks that a rerun asks about."""
    assert vps.out("stat --format '%a %U' /var/lib/skerry/settled.json") == "600 root"
