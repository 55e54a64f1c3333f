"""A client on the apps' network, and root's own way in."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from testinfra.backend.base import CommandResult
from testinfra.host import Host

CLIENT = "mariadb --batch --raw --skip-column-names --skip-ssl-verify-server-cert"


@pytest.fixture(scope="session")
def passwords() -> dict[str, str]:
    """Return the passwords that molecule.yml gives, by user."""
    return {
        "root": "canary-Root-8f2d6a13",
        "exporter": "canary-Exporter-5h3m8s20",
        "console": "canary-Console-1b6c0e77",
        "my-shop": "canary-Shop-4x9y2z63",
    }


@pytest.fixture(scope="module")
def client(vps: Host) -> Iterator[Host]:
    """Keep a container called client on the network of the apps for the time of a module's tests."""
    vps.run("docker rm --force client")  # of a run that was killed
    vps.check_output("docker run --detach --name client --network data --entrypoint sleep mariadb:11.8 infinity")
    yield vps
    vps.check_output("docker rm --force client")


@pytest.fixture(scope="module")
def query(client: Host, passwords: dict[str, str]) -> Callable[..., CommandResult]:
    """Return a function that runs SQL as a user, from another container on the network of the apps."""

    def run(user: str, sql: str, password: str | None = None) -> CommandResult:
        secret = passwords[user] if password is None else password
        command = (
            f"docker exec --env MYSQL_PWD=%s client {CLIENT} --host=mariadb --connect-timeout=5 --user=%s --execute=%s"
        )
        return client.run(command, secret, user, sql)

    return run


@pytest.fixture(scope="module")
def as_root(vps: Host, task: Callable[..., str]) -> Callable[[str], str]:
    """Return a function that runs SQL as the server's root, the way an operator does."""

    def run(sql: str) -> str:
        return vps.check_output(f"docker exec --user 0 {task('mariadb_mariadb')} {CLIENT} --execute=%s", sql)

    return run
