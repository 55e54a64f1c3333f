"""The firewall also governs what Docker publishes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator

import pytest
from testinfra.host import Host

IMAGE = "nginxinc/nginx-unprivileged:1.26"
Scan = Callable[[], list[int]]


@pytest.fixture(scope="module", autouse=True)
def published(vps: Host) -> Iterator[None]:
    """Publish a port that may be reached and one that may not, as somebody would by hand."""
    vps.check_output(f"docker run --detach --name published --restart always -p 80:8080 -p 9999:8080 {IMAGE}")
    yield
    vps.run("docker rm --force published")


@pytest.fixture(scope="module")
def scan(vps: Host, outside: Callable[..., str]) -> Scan:
    """Return a function that tells which ports answer. The address may have changed with a restart."""

    def run() -> list[int]:
        address = vps.check_output("ip -4 -oneline address show dev eth0").split()[3].partition("/")[0]
        return list(json.loads(outside("scan.py", address, "10000")))

    return run


def answers(vps: Host, url: str) -> bool:
    """Whether the host itself gets an answer within some seconds."""
    for _ in range(20):
        if vps.run(f"curl --silent --fail --max-time 2 --output /dev/null {url}").rc == 0:
            return True
        time.sleep(0.5)
    return False


def test_a_port_published_by_hand_is_not_reachable(vps: Host, scan: Scan) -> None:
    """`docker run -p` would go past the firewall, as it does past ufw."""
    assert answers(vps, "http://127.0.0.1:9999/")
    assert scan() == [22, 80]


def test_a_container_address_is_not_routed_to(vps: Host, address: str, outside: Callable[..., str]) -> None:
    """A neighbour on the provider's network could reach every container by way of the host."""
    container = vps.check_output("docker inspect --format '{{.NetworkSettings.IPAddress}}' published")
    assert outside("route.py", address, container, "8080").strip() == "silence"


def asks(vps: Host, network: str, address: str, port: int) -> bool:
    """Whether a container of a network gets a connection."""
    connect = f"timeout 3 bash -c '</dev/tcp/{address}/{port}'"
    return vps.run(f'docker run --rm --network {network} --entrypoint bash {IMAGE} -c "{connect}"').rc == 0


def test_an_app_reaches_its_own_domain(vps: Host, address: str) -> None:
    """Server-side callbacks to the platform's own address would time out."""
    serve = f"docker service create --quiet --detach --name own --network edge --endpoint-mode dnsrr {IMAGE}"
    vps.check_output(serve.replace("--network edge", "--network edge --publish mode=host,published=8088,target=8080"))
    try:
        until = "for i in $(seq 60); do docker ps --quiet --filter name=own.1 | grep -q . && break; sleep 0.5; done"
        vps.check_output(until)
        assert answers(vps, "http://127.0.0.1:8088/")
        assert asks(vps, "edge", address, 8088)
        assert not asks(vps, "data", address, 8088), "a network without a way out has got one"
        inside = vps.check_output(
            "docker network inspect docker_gwbridge --format '{{range .Containers}}{{.IPv4Address}} {{end}}'"
        )
        for place in inside.split():
            assert not asks(vps, "edge", place.partition("/")[0], 8080), "containers are no longer kept apart"
    finally:
        vps.run("docker service rm own")


def test_the_firewall_holds_through_a_restart_of_the_engine(vps: Host, scan: Scan) -> None:
    """Docker would put its own rules first."""
    # Debian 12 starts it three times a minute at most, and the role has had its share.
    vps.check_output("systemctl reset-failed docker.service && systemctl restart docker.service")
    assert answers(vps, "http://127.0.0.1:9999/")
    assert scan() == [22, 80]


def test_docker_still_publishes_after_a_reload_of_the_firewall(vps: Host, scan: Scan) -> None:
    """A reload would take Docker's rules with it, and the platform off the net."""
    vps.check_output("systemctl restart skerry-firewall.service")
    assert scan() == [22, 80]


def test_both_hold_through_a_restart_of_the_machine(vps: Host, restart: Callable[[], None], scan: Scan) -> None:
    """The order of firewall and engine at boot would matter."""
    restart()
    assert answers(vps, "http://127.0.0.1:9999/")
    assert scan() == [22, 80]
