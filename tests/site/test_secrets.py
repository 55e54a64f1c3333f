"""Secrets are in their 0600 files and nowhere else."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.local import BIN, Vps, playbook
from tools.workshop.settings import ROOT

# Where on the VPS a secret must not be found at all. A pattern file by stdin keeps them off command lines.
PLACES = {
    "docker inspect": "docker inspect $(for kind in container service config network; do docker $kind ls -q; done)",
    "service and container logs": "for c in $(docker ps -aq); do docker logs $c 2>&1; done",
    "process arguments": "cat /proc/[0-9]*/cmdline",
    # The official MariaDB image hands what it reads from a _FILE on to mariadbd, where only root can read it.
    "process environments": "for p in $(pgrep -vx mariadbd); do cat /proc/$p/environ; done",
    "journal": "journalctl --no-pager -o cat",
    "image history": "docker image ls -q | xargs docker history --no-trunc --format '{{.CreatedBy}}'",
    "image layers and containers' writable layers": "find /var/lib/docker/overlay2 -type f -size -4M -exec cat {} +",
    "log files": "find /var/log -type f -exec cat {} +",
}


def leaves(value: Any) -> Iterator[str]:
    """Yield every string in a nested structure."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from leaves(inner)
    elif isinstance(value, str):
        yield value


@pytest.fixture(scope="module")
def secrets() -> list[str]:
    """Every secret of the local inventory, from its vault."""
    vault = ROOT / "inventories/local/group_vars/all/vault.yml"
    shown = subprocess.run([BIN / "ansible-vault", "view", vault], cwd=ROOT, capture_output=True, text=True, check=True)
    found = [text for text in leaves(yaml.safe_load(shown.stdout)) if len(text) >= 16]
    assert len(found) >= 8, "too few secrets to call this a test"
    return found


def search(vps: Vps, secrets: list[str], pipeline: str) -> str:
    """Run `pipeline` as root on the VPS with the secrets in the file $PATTERNS; return what it printed."""
    script = f"umask 077; PATTERNS=/run/skerry-patterns; cat > $PATTERNS; {pipeline}; rm $PATTERNS"
    argv = [*shlex.split(vps.values["SKERRY_SSH"]), f"sudo sh -c {shlex.quote(script)}"]
    done = subprocess.run(
        argv, input="\n".join(secrets) + "\n", capture_output=True, text=True, timeout=300, check=True
    )
    return done.stdout.strip()


def hits(vps: Vps, secrets: list[str], command: str) -> int:
    """Return how many lines of the output of `command` hold a secret."""
    return int(search(vps, secrets, f"({command}) 2>/dev/null | grep -acFf $PATTERNS"))


def test_the_search_can_find(vps: Vps, secrets: list[str]) -> None:
    """Fails when the search itself is blind: the stacks' own 0600 files do hold secrets."""
    assert hits(vps, secrets, "find /opt/skerry -type f -exec cat {} +") > 0


@pytest.mark.parametrize("place", PLACES)
def test_no_secret(vps: Vps, secrets: list[str], place: str) -> None:
    """Fails when a secret shows in a place that others than root, or backups and bug reports, can see."""
    assert hits(vps, secrets, PLACES[place]) == 0


def test_files_with_secrets_are_private(vps: Vps, secrets: list[str]) -> None:
    """Fails when a file on the host holds a secret and others than its owner may read it."""
    places = "/etc /opt /root /home /srv /tmp /var/lib/skerry"
    found = search(vps, secrets, f"grep -rlaFf $PATTERNS {places} 2>/dev/null | xargs stat -c '%a %n'").splitlines()
    assert found, "the stacks' own files hold secrets: a search that finds none is blind"
    assert not [line for line in found if line.split()[0] not in {"400", "600"}]


def test_loudest_output(vps: Vps, secrets: list[str]) -> None:
    """Fails when Ansible prints a secret at -vvv --diff, also where stacks do change."""
    vps.out("docker service scale --detach redis_exporter=0 mariadb_exporter=0")
    run = playbook("-vvv", "--diff")
    assert run.code == 0, run.output[-3000:]
    assert not [line for line in run.output.splitlines() if any(secret in line for secret in secrets)]


def test_git(secrets: list[str]) -> None:
    """Fails when a secret was ever committed."""
    history = subprocess.run(
        ["git", "log", "-p", "--all"], cwd=ROOT, capture_output=True, text=True, check=True, errors="replace"
    )
    assert history.stdout
    assert not [secret for secret in secrets if secret in history.stdout]
