"""A bare machine has become a platform: what a visitor, the console's administrator and the network see."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path

import pytest

DOMAIN = "console.whole.skerry.localhost"
ROOT_CA = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "root.pem"


@pytest.fixture(scope="module")
def address(host) -> str:
    """The machine's address on the workshop's network."""
    return host.check_output("ip -4 -brief address show eth0").split()[2].partition("/")[0]


def curl(address: str, path: str, *argv: str) -> subprocess.CompletedProcess[str]:
    """Ask the console for `path` as a visitor would, with the chain verified against the ACME server's root."""
    resolve = ["--resolve", f"{DOMAIN}:443:{address}", "--resolve", f"{DOMAIN}:80:{address}"]
    url = path if "://" in path else f"https://{DOMAIN}{path}"
    command = ["curl", "-s", "--max-time", "20", "--cacert", str(ROOT_CA), *resolve, *argv, url]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def sign_in(address: str) -> str:
    """Return an access token of the administrator."""
    body = json.dumps({"name": "admin", "password": "canary-admin-0123456789abcdef"})
    answer = curl(address, "/api/auth/sign-in", "-H", "Content-Type: application/json", "-d", body)
    return str(json.loads(answer.stdout)["access_token"])


@pytest.mark.parametrize(
    ("path", "status"), [("/api/health", "200"), ("/", "200"), ("/metrics", "403"), ("/api/platform/services", "401")]
)
def test_answers_over_verified_https(address: str, path: str, status: str) -> None:
    """Fails when the console does not answer, its certificate does not verify, or a closed path is open."""
    done = curl(address, path, "-o", "/dev/null", "-w", "%{http_code}")
    assert (done.returncode, done.stdout) == (0, status)


def test_http_leads_to_https(address: str) -> None:
    """Fails when plain HTTP serves anything but the way to HTTPS."""
    done = curl(address, f"http://{DOMAIN}/", "-o", "/dev/null", "-w", "%{redirect_url}")
    assert done.stdout == f"https://{DOMAIN}/"


def test_the_console_shows_the_running_services(address: str) -> None:
    """Fails when sign-in fails, or the reporter on the host does not reach the console."""
    token = sign_in(address)
    names: set[str] = set()
    for _ in range(20):
        answer = curl(address, "/api/platform/services", "-H", f"Authorization: Bearer {token}")
        services = json.loads(answer.stdout)["services"]
        names = {
            f"{service['stack']}_{service['name']}" for service in services if service["running"] == service["desired"]
        }
        if names:
            break
        time.sleep(1)
    assert {
        "traefik_traefik",
        "mariadb_mariadb",
        "redis_redis",
        "console_api",
        "console_realtime",
        "console_frontend",
    } <= names


def test_every_service_has_its_limits(host) -> None:
    """Fails when a service may take all memory, keep an idle capability, or write its root."""
    services = json.loads(host.check_output("docker service inspect $(docker service ls -q)"))
    for service in services:
        template = service["Spec"]["TaskTemplate"]
        container = template["ContainerSpec"]
        assert template["Resources"]["Limits"]["MemoryBytes"] > 0, service["Spec"]["Name"]
        assert container["ReadOnly"], service["Spec"]["Name"]
        assert container["CapabilityDrop"] == ["ALL"], service["Spec"]["Name"]
        assert service["Spec"]["EndpointSpec"]["Mode"] == "dnsrr", service["Spec"]["Name"]
