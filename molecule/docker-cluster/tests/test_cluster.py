"""Two nodes of one Swarm, behind their firewalls."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator

import pytest
import testinfra
from testinfra.host import Host

IMAGE = "nginxinc/nginx-unprivileged:1.26"


@pytest.fixture(scope="module")
def manager() -> Host:
    """Return the first node."""
    return node(1)


def node(number: int) -> Host:
    """Return one of the two machines."""
    workshop, scenario = os.environ.get("SKERRY_WORKSHOP") or "skerry", os.environ["MOLECULE_SCENARIO_NAME"]
    return testinfra.get_host(f"docker://{workshop}-{scenario}-{number}")


def address_of(machine: Host) -> str:
    """Return a machine's address on the workshop's network."""
    return machine.check_output("ip -4 -oneline address show dev eth0").split()[3].partition("/")[0]


@pytest.fixture(scope="module")
def web(manager: Host) -> Iterator[list[str]]:
    """Run a service on every node, and return its containers' addresses on the shared network."""
    manager.check_output(
        f"docker service create --detach --name web --mode global --network edge --endpoint-mode dnsrr {IMAGE}"
    )
    for _ in range(120):
        running = manager.check_output(
            "docker service ps --filter desired-state=running --format '{{.CurrentState}}' web"
        )
        if running.count("Running") == 2:
            break
        time.sleep(0.5)
    found = manager.check_output(f"docker run --rm --network edge --entrypoint getent {IMAGE} ahostsv4 tasks.web")
    yield sorted({line.split()[0] for line in found.splitlines()})
    manager.run("docker service rm web")


def test_both_are_ready_nodes(manager: Host) -> None:
    """The second machine would run nothing."""
    nodes = manager.check_output("docker node ls --format '{{.Status}} {{.ManagerStatus}}'").splitlines()
    assert sorted(line.strip() for line in nodes) == ["Ready", "Ready Leader"]


def test_only_the_first_holds_the_data(manager: Host) -> None:
    """A database could start where its files are not."""
    labels = manager.check_output("docker node inspect --format '{{json .Spec.Labels}}' $(docker node ls --quiet)")
    found = sorted(json.dumps(json.loads(line), sort_keys=True) for line in labels.splitlines())
    assert found == ['{"skerry.data": "true", "zone": "test"}', '{"zone": "test"}']


@pytest.mark.parametrize("number", [1, 2])
def test_each_node_reaches_the_tasks_of_both(web: list[str], number: int) -> None:
    """The firewall would cut the overlay network between the nodes."""
    assert len(web) == 2
    for address in web:
        connect = f"timeout 10 bash -c '</dev/tcp/{address}/8080'"
        assert node(number).run(f'docker run --rm --network edge --entrypoint bash {IMAGE} -c "{connect}"').rc == 0, (
            address
        )


@pytest.mark.parametrize("number", [1, 2])
def test_a_third_machine_reaches_no_port_of_the_swarm(outside: Callable[..., str], number: int) -> None:
    """Anybody could try to join, or forge the cluster's gossip."""
    assert json.loads(outside("scan.py", address_of(node(number)), "10000")) == [22]
