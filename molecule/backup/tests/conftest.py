"""The backup's command line, and what the app has at the moment."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from testinfra.backend.base import CommandResult
from testinfra.host import Host

STATE = "/var/lib/skerry/backup"
Backup = Callable[..., CommandResult]


@pytest.fixture(scope="module")
def backup(vps: Host, wait: Callable[[str], None]) -> Backup:
    """Return a function that runs skerry-backup. The run that the role starts by itself has ended by then."""
    wait(f"test -d {STATE}/manifests && systemctl is-active skerry-backup@run.service | grep -qx inactive")

    def run(words: str) -> CommandResult:
        return vps.run(f"skerry-backup {words}")

    return run


@pytest.fixture(scope="module")
def good(backup: Backup) -> Callable[[str], str]:
    """Return a function that runs skerry-backup and fails the test where it fails."""

    def run(words: str) -> str:
        done = backup(words)
        assert done.rc == 0, f"{words}: {done.stdout}\n{done.stderr}"
        return str(done.stdout)

    return run


@pytest.fixture(scope="module")
def sql(vps: Host) -> Callable[..., str]:
    """Return a function that asks the database as root."""
    find = "docker ps --quiet --filter label=com.docker.swarm.service.name=mariadb_mariadb"

    def ask(statement: str, database: str = "shop") -> str:
        command = f"docker exec --user 0 $({find}) mariadb --skip-column-names {database} --execute %s"
        return str(vps.check_output(command, statement))

    return ask


@pytest.fixture(scope="module")
def redis(vps: Host) -> Callable[[str], str]:
    """Return a function that asks Redis as the administrator."""
    find = "docker ps --quiet --filter label=com.docker.swarm.service.name=redis_redis"
    inside = "REDISCLI_AUTH=$(cat /run/secrets/admin_password) redis-cli --user admin "

    def ask(words: str) -> str:
        return str(vps.check_output(f"docker exec $({find}) sh -c %s", inside + words))

    return ask


@pytest.fixture(scope="module")
def upload(vps: Host) -> Callable[[str], str]:
    """Return a function that runs a command on the app's uploaded file."""

    def run(command: str) -> str:
        return str(
            vps.check_output(f"cd $(docker volume inspect --format '{{{{.Mountpoint}}}}' shop_data) && {command}")
        )

    return run


@pytest.fixture
def alerts(vps: Host) -> Callable[[], list[dict[str, Any]]]:
    """Return a function that gives the alerts since the test began."""
    vps.check_output(": > /var/log/alerts")

    def read() -> list[dict[str, Any]]:
        return [json.loads(line) for line in vps.check_output("cat /var/log/alerts").splitlines()]

    return read


@pytest.fixture
def manifest(vps: Host) -> Callable[[], dict[str, Any]]:
    """Return a function that reads the newest manifest on the host."""

    def read() -> dict[str, Any]:
        found: dict[str, Any] = json.loads(vps.check_output(f"cat $(ls {STATE}/manifests/*.json | tail -n 1)"))
        return found

    return read
