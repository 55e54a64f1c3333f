"""What a neighbour on the network can reach of the VPS."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.local import Vps
from tools.workshop.settings import ROOT

# Prints the open ports as JSON; the same program scans in the scenarios of base and docker.
SCAN = ROOT / "molecule/shared/scan.py"


def from_neighbour(vps: Vps, *argv: str) -> str:
    """Run `argv` in a throw-away container on the workshop's network and return what it printed."""
    image = f"skerry/vps:{vps.settings.distro}"
    command = ["docker", "run", "--rm", "--network", vps.settings.name, "--entrypoint", "", image, *argv]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=True).stdout.strip()


def test_only_three_ports_answer(vps: Vps) -> None:
    """Fails when the firewall lets anything but SSH, HTTP and HTTPS through."""
    found = from_neighbour(vps, "python3", "-c", SCAN.read_text(), vps.values["SKERRY_VPS_IP"])
    assert json.loads(found) == [22, 80, 443]


@pytest.fixture
def published_by_hand(vps: Vps):
    """A container that publishes port 9999 without Skerry's knowledge."""
    image = vps.out("docker service inspect console_frontend --format '{{.Spec.TaskTemplate.ContainerSpec.Image}}'")
    vps.out(f"docker run -d --name by-hand -p 9999:8080 {image}")
    yield vps
    vps.ssh("docker rm -f by-hand")


def test_docker_does_not_bypass_the_firewall(published_by_hand: Vps) -> None:
    """Fails when a port that Docker publishes is open to the world, as it is behind ufw."""
    local = published_by_hand.out(
        "curl -sf --retry 10 --retry-connrefused --retry-delay 1 -o /dev/null -w '%{http_code}' http://127.0.0.1:9999/"
    )
    assert local == "200", "the container must serve locally, or the probe from outside proves nothing"
    probe = "import socket,sys; s=socket.socket(); s.settimeout(3); print(s.connect_ex((sys.argv[1], 9999)))"
    assert from_neighbour(published_by_hand, "python3", "-c", probe, published_by_hand.values["SKERRY_VPS_IP"]) != "0"
