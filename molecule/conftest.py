"""What the tests of several scenarios share."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import testinfra
from testinfra.host import Host

# Where a secret would show to somebody who may look at the host, but not at the secret.
VISIBLE = {
    "containers": "docker inspect $(docker ps --all --quiet)",
    "services": "docker service inspect $(docker service ls --quiet)",
    "configs": "docker config inspect --pretty $(docker config ls --quiet)",
    "processes": "ps axww -o args",
    "service logs": "for s in $(docker service ls --quiet); do docker service logs $s 2>&1; done",
    "journal": "journalctl --no-pager --output cat",
    "files for all to read": "find /opt/skerry /etc/skerry -type f -perm /077 -exec cat {} +",
}


class Run(NamedTuple):
    """How a run of the scenario's converge playbook ended."""

    code: int
    output: str

    @property
    def changed(self) -> int:
        """Return how many tasks changed something in a run that must have gone well."""
        if self.code != 0:
            pytest.fail(self.output)
        return sum(int(number) for number in re.findall(r"\bchanged=(\d+)", self.output))


@pytest.fixture(scope="module")
def vps(host: Host) -> Host:
    """Return the scenario's machine, reached past Ansible, which would log each command of a test in the journal."""
    return testinfra.get_host(f"docker://{host.backend.host}")


@pytest.fixture
def converge(tmp_path: Path) -> Callable[..., Run]:
    """Return a function that runs the converge playbook again, with further variables and options."""
    scenario = Path(os.environ["MOLECULE_SCENARIO_DIRECTORY"])
    inventory = os.environ["MOLECULE_EPHEMERAL_DIRECTORY"] + "/inventory"
    settings = {"ANSIBLE_CONFIG": str(scenario.parents[1] / "ansible.cfg"), "ANSIBLE_CACHE_PLUGIN": "memory"}
    plain = {"ANSIBLE_NOCOLOR": "1", "ANSIBLE_FORCE_COLOR": "0"}

    def run(variables: dict[str, Any] | None = None, *options: str) -> Run:
        # In a file, as on a command line the test's own secrets would show in the process list.
        file = tmp_path / "variables.json"
        file.write_text(json.dumps(variables or {}))
        done = subprocess.run(
            [
                "ansible-playbook",
                f"--inventory={inventory}",
                f"--extra-vars=@{file}",
                *options,
                scenario / "converge.yml",
            ],
            cwd=scenario.parents[1],
            env={**os.environ, **settings, **plain},
            capture_output=True,
            text=True,
            check=False,
        )
        return Run(done.returncode, done.stdout + done.stderr)

    return run


@pytest.fixture
def leaks(vps: Host) -> Callable[[Iterable[str]], list[str]]:
    """Return a function that names the secrets which show on the host, and where."""

    def search(secrets: Iterable[str]) -> list[str]:
        texts = {where: vps.run(command).stdout for where, command in VISIBLE.items()}
        return [f"{secret} in {where}" for secret in secrets for where, text in texts.items() if secret in text]

    return search


@pytest.fixture(scope="module")
def wait(vps: Host) -> Callable[[str], None]:
    """Return a function that waits until a command succeeds on the machine, for a minute at most."""

    def until(command: str) -> None:
        for _ in range(240):
            if vps.run(command).succeeded:
                return
            time.sleep(0.25)
        pytest.fail(f"waited in vain for: {command}\n{vps.run(command)}")

    return until


@pytest.fixture(scope="module")
def task(vps: Host, wait: Callable[[str], None]) -> Callable[..., str]:
    """Return a function that waits for a healthy container of a service, other than a given one, and returns its id."""

    def find(service: str, other_than: str = "none") -> str:
        filters = f"--filter label=com.docker.swarm.service.name={service} --filter health=healthy"
        wait(f"docker ps --quiet {filters} | grep -v {other_than}")
        return vps.check_output(f"docker ps --quiet {filters} | grep -v {other_than}").split()[0]

    return find


@pytest.fixture(scope="module")
def address(vps: Host) -> str:
    """Return the machine's address on the workshop's network."""
    return vps.check_output("ip -4 -oneline address show dev eth0").split()[3].partition("/")[0]


@pytest.fixture(scope="session")
def outside() -> Callable[..., str]:
    """Return a function that runs a program of molecule/shared in a container of its own on the workshop's network."""

    def run(program: str, *arguments: str) -> str:
        source = Path(__file__).parent / "shared" / program
        network = os.environ.get("SKERRY_WORKSHOP") or "skerry"
        container = ["docker", "run", "--rm", "--interactive", "--cap-add=NET_ADMIN", f"--network={network}"]
        command = [*container, "--entrypoint=python3", "skerry/vps:debian13", "-", *arguments]
        return subprocess.run(command, input=source.read_text(), capture_output=True, text=True, check=True).stdout

    return run


@pytest.fixture(scope="module")
def restart(vps: Host) -> Callable[[], None]:
    """Return a function that restarts the machine, and waits until systemd has started everything."""

    def run() -> None:
        subprocess.run(["docker", "restart", vps.backend.name], check=True, capture_output=True)
        for _ in range(240):
            if vps.run("systemctl is-system-running").stdout.strip() in ("running", "degraded"):
                return
            time.sleep(0.5)
        pytest.fail(vps.run("systemctl list-jobs").stdout)

    return run
