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
