"""A client on the apps' network."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from testinfra.host import Host


@pytest.fixture(scope="session")
def passwords() -> dict[str, str]:
    """Return the passwords that molecule.yml gives, by user."""
    return {
        "admin": "canary-Admin-9d2k7f41",
        "exporter": "canary-Exporter-5h3m8s20",
        "console": "canary-Console-1b6c0e77",
        "my-shop": "canary-Shop-4x9y2z63",
    }


@pytest.fixture(scope="module")
def client(vps: Host) -> Iterator[Host]:
    """Keep a container called client on the network of the apps for the time of a module's tests."""
    vps.run("docker rm --force client")  # of a run that was killed
    vps.check_output("docker run --detach --name client --network data --entrypoint sleep redis:8.0 infinity")
    yield vps
    vps.check_output("docker rm --force client")


@pytest.fixture(scope="module")
def ask(client: Host, passwords: dict[str, str]) -> Callable[..., str]:
    """Return a function that sends a command as a user, from another container on the network of the apps."""

    def run(user: str, command: str, password: str | None = None) -> str:
        secret = passwords[user] if password is None else password
        redis_cli = f"redis-cli -h redis --user {user} {command}" if user else f"redis-cli -h redis {command}"
        done = client.run(f"docker exec --env REDISCLI_AUTH=%s client {redis_cli}", secret)
        return (done.stdout + done.stderr).strip()

    return run
