"""Other versions of the platform's images in the workshop's registry, good and broken, and what runs of them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.faults.load import Load
from tests.local import Playbook, Vps, playbook
from tools.workshop import services

TRAEFIK, MARIADB = "traefik:v3.7.15", "mariadb:11.8"
ISSUE_6 = 200  # requests a second
# Healthy, and routes nothing: it reads a file of its own, which knows no provider.
ROUTES_NOTHING = {
    "ping": {"entryPoint": "traefik"},
    "entryPoints": {
        "traefik": {"address": "127.0.0.1:8081"},
        "web": {"address": ":8080"},
        "websecure": {"address": ":8443"},
    },
}
VARIANTS = {
    "next": "ENV SKERRY_TEST_VERSION=next\n",
    "crashes": 'ENTRYPOINT ["sh", "-c", "echo boom: the version is broken >&2; sleep 1; exit 3"]\n',
    "routes-nothing": f"RUN echo '{json.dumps(ROUTES_NOTHING)}' > /edge.yml\n"
    'ENTRYPOINT ["/entrypoint.sh", "traefik", "--configFile=/edge.yml"]\n',
}


def said(run: Playbook) -> str:
    """Return what a run said, however its lines were broken."""
    return " ".join(run.output.split())


@dataclass(frozen=True)
class Platform:
    """The platform, as its operator sees it."""

    vps: Vps

    def push(self, image: str, kind: str) -> str:
        """Build a kind of VARIANTS on an official image's stand-in, push it, and return its name."""
        registry = f"{services.registry_address(self.vps.settings)}/library"
        subprocess.run(["docker", "pull", "-q", f"{registry}/{image}"], check=True, capture_output=True)
        text = f"FROM {registry}/{image}\n{VARIANTS[kind]}"
        command = ["docker", "build", "-q", "-t", f"{registry}/{image}-{kind}", "-"]
        subprocess.run(command, input=text, text=True, check=True, capture_output=True)
        subprocess.run(["docker", "push", "-q", f"{registry}/{image}-{kind}"], check=True, capture_output=True)
        return f"{image}-{kind}"

    def upgrade(self, *argv: str, **extra: object) -> Playbook:
        """Run upgrade-stack.yml; without the backup before, unless it is asked for."""
        return playbook(*argv, name="playbooks/upgrade-stack.yml", extra={"upgrade_backup": False, **extra})

    def load(self, per_second: int = ISSUE_6) -> Load:
        """Ask for the console all the time, from outside."""
        values = self.vps.values
        return Load(values["SKERRY_URL"], values["SKERRY_CA_FILE"], address="127.0.0.1", per_second=per_second)

    def running(self, service: str) -> str:
        """Return the image of a service's healthy task, without its digest."""
        shown = f"--filter label=com.docker.swarm.service.name={service} --filter health=healthy"
        return self.vps.out(f"docker ps {shown} --format '{{{{.Image}}}}'").partition("@")[0]

    def traces(self) -> list[str]:
        """Return what is there of a detour: rules of the firewall, services."""
        rules = "nft list tables | grep detour"
        stands_in = "docker service ls --filter label=com.docker.stack.namespace=traefik-detour --format '{{.Name}}'"
        return self.vps.out(f"{rules}; {stands_in}; true").splitlines()


@pytest.fixture
def platform(vps: Vps) -> Platform:
    """The local VPS's."""
    return Platform(vps)


@pytest.fixture(scope="session", autouse=True)
def _as_the_inventory_says() -> Iterator[None]:
    """Let the platform end as it began, whatever fails in between."""
    yield
    done = playbook()
    assert done.code == 0, done.output[-3000:]
