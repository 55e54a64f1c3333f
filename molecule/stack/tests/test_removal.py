"""playbooks/remove-stack.yml: nothing goes by mistake, and what goes is gone."""

from __future__ import annotations

import pytest
from runs import ROOT, Run, Swarm, run

PLAYBOOK = str(ROOT / "playbooks/remove-stack.yml")
KINDS = ("service", "config", "secret", "network")


def remove(*options: str, **variables: object) -> Run:
    """Run the playbook on a host whose inventory names no app."""
    return run(*options, playbook=PLAYBOOK, app_instances=[], **variables)


@pytest.fixture
def doomed(swarm: Swarm) -> Swarm:
    """Deploy the demo under another name, with a volume beside it."""
    assert run(demo_stack="doomed").code == 0
    swarm.docker("volume create --label com.docker.stack.namespace=doomed doomed_data")
    return swarm


def test_check_mode_names_everything_and_removes_nothing(doomed: Swarm) -> None:
    """If this failed, an operator could not look before he leaps."""
    done = remove("--check", remove_stack="doomed", remove_volumes=True)
    assert done.code == 0, done.output
    for name in [name for kind in KINDS for name in doomed.names(kind, "doomed")]:
        assert f"{name}: will be removed" in done.output
    assert "volume doomed_data: will be removed" in done.output
    assert len(doomed.names("service", "doomed")) == 2


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({}, "Say which stack"),
        ({"remove_stack": "doomed"}, "say -e remove_confirm=doomed as well"),
        ({"remove_stack": "doomed", "remove_confirm": "demo"}, "say -e remove_confirm=doomed as well"),
    ],
)
def test_nothing_goes_by_mistake(doomed: Swarm, variables: dict[str, str], said: str) -> None:
    """If this failed, a slip of the keyboard would take an app away."""
    done = remove(**variables)
    assert done.code != 0
    assert said in done.output
    assert len(doomed.names("service", "doomed")) == 2


def test_what_is_removed_is_gone_and_data_stays_until_asked(doomed: Swarm) -> None:
    """If this failed, something of it would go on running, or its data be lost unasked."""
    metrics = "/var/lib/skerry/metrics/deploy_doomed.prom"
    assert doomed.host.file(metrics).exists
    done = remove(remove_stack="doomed", remove_confirm="doomed")
    assert done.code == 0, done.output
    assert [doomed.names(kind, "doomed") for kind in KINDS] == [[], [], [], []]
    assert not doomed.host.file("/opt/skerry/stacks/doomed/current").exists
    assert not doomed.host.file(metrics).exists, "its last verdict would be shown for ever"
    assert "doomed_data" in doomed.docker("volume ls --quiet").split()
    assert remove(remove_stack="doomed", remove_confirm="doomed", remove_volumes=True).code == 0
    assert "doomed_data" not in doomed.docker("volume ls --quiet").split()
    again = remove(remove_stack="doomed", remove_confirm="doomed", remove_volumes=True)
    assert '"verdict": "absent"' in again.output
    assert len(doomed.names("service")) == 2, "the other stack has nothing to do with it"
