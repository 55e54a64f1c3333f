"""The Swarm, its networks and its house-keeping."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from testinfra.host import Host

IMAGE = "nginxinc/nginx-unprivileged:1.26"
CONNECT = "timeout 3 bash -c '</dev/tcp/{}/{}'"


def test_the_node_holds_the_data(vps: Host) -> None:
    """Stateful services would find no node."""
    assert (
        vps.check_output("docker node inspect self --format '{{.Status.State}} {{index .Spec.Labels \"skerry.data\"}}'")
        == "ready true"
    )


def test_a_label_and_a_network_removed_by_hand_come_back(vps: Host, converge: Callable[..., Any]) -> None:
    """Drift would stay until somebody wonders why a service is pending."""
    vps.check_output(
        "docker node update --label-rm skerry.data $(docker node ls --quiet) && docker network rm monitoring"
    )
    assert converge().changed > 0
    assert vps.check_output("docker network ls --quiet --filter name=monitoring") != ""
    assert vps.check_output("docker node inspect self --format '{{index .Spec.Labels \"skerry.data\"}}'") == "true"


@pytest.fixture(scope="module")
def server(vps: Host) -> Iterator[str]:
    """Serve on each network, and return the name it has there."""
    networks = ("edge", "data", "monitoring", "alerting")
    vps.check_output(f"docker run --detach --name server --network edge {IMAGE}")
    for network in networks[1:]:
        vps.check_output(f"docker network connect {network} server")
    yield "server"
    vps.run("docker rm --force server")


@pytest.mark.parametrize("network", ["edge", "data", "monitoring", "alerting"])
def test_containers_of_a_network_reach_each_other(vps: Host, server: str, network: str) -> None:
    """Stacks could not talk to each other."""
    command = CONNECT.format(server, 8080)
    assert vps.run(f'docker run --rm --network {network} --entrypoint bash {IMAGE} -c "{command}"').rc == 0


@pytest.mark.parametrize(
    ("network", "open_to_outside"), [("edge", True), ("data", False), ("monitoring", False), ("alerting", False)]
)
def test_only_the_edge_leads_out(vps: Host, network: str, open_to_outside: bool) -> None:
    """A database that was broken into could send its data away."""
    routes = vps.check_output(f"docker run --rm --network {network} --entrypoint cat {IMAGE} /proc/net/route")
    assert any(line.split()[1] == "00000000" for line in routes.splitlines()[1:]) == open_to_outside


def test_a_network_with_other_properties_is_refused(converge: Callable[..., Any]) -> None:
    """A network that should be closed would stay open without a word."""
    run = converge({"docker_networks": [{"name": "edge", "internal": True}]})
    assert run.code != 0
    assert "docker_networks wants edge internal, but the Swarm has it open" in " ".join(run.output.split())


def test_prune_removes_only_what_is_ours_or_dangling(vps: Host) -> None:
    """The daily cleaning would delete what the operator keeps, or never free the disk."""
    vps.check_output("mkdir -p /opt/skerry/stacks/demo")
    vps.check_output(f"docker create --name ours --label com.docker.stack.namespace=demo {IMAGE}")
    vps.check_output(f"docker create --name theirs {IMAGE} && docker volume create kept")
    empty = "tar --create --files-from=/dev/null | docker import"
    vps.check_output(f"{empty} - theirs:1 && {empty} --change 'LABEL skerry.managed=true' - ours:1")
    dangling = vps.check_output(f"{empty} --change 'LABEL dangling=true' -")
    vps.check_output("sleep 2 && skerry-prune 1s")
    names = vps.check_output("docker ps --all --format '{{.Names}}'").split()
    images = vps.check_output("docker images --no-trunc --format '{{.Repository}} {{.ID}}'")
    assert ("ours" in names, "theirs" in names) == (False, True)
    assert ("ours " in images, "theirs " in images, dangling in images) == (False, True, False)
    assert "kept" in vps.check_output("docker volume ls --quiet")
    vps.check_output("docker rm theirs && docker rmi theirs:1 && docker volume rm kept")


def test_prune_runs_by_itself(vps: Host) -> None:
    """The disk would fill up with old releases."""
    assert "skerry-prune.timer" in vps.check_output("systemctl list-timers --no-pager")
    assert vps.run("systemctl start skerry-prune.service").rc == 0
