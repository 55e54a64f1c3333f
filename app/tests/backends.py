"""Real servers for the tests: MariaDB and Redis, from the workshop's images or from what is installed.

``prometheus.py`` has the Prometheus. ``CONSOLE_TEST_DATABASE=postgresql`` takes the PostgreSQL of Debian's package
instead of MariaDB. Given by ``CONSOLE_TEST_DATABASE_URL`` and ``CONSOLE_TEST_REDIS_URL`` (a Redis user with the prefix
``console:``), servers are used as they are.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url
from tools import postgresql

PASSWORD = "a-password-of-the-tests"
MARIADB_IMAGE = os.environ.get("CONSOLE_TEST_MARIADB_IMAGE", "skerry-standin/mariadb:11.8")
PROMETHEUS_IMAGE = os.environ.get("CONSOLE_TEST_PROMETHEUS_IMAGE", "skerry-standin/prom/prometheus:v2.53.3")
REDIS_IMAGE = os.environ.get("CONSOLE_TEST_REDIS_IMAGE", "skerry-standin/redis:8.0")

# What role redis gives to an app's user: the console must get along with no more.
REDIS_RIGHTS = [
    *("on", f">{PASSWORD}", "resetkeys", "~console:*", "resetchannels", "&console:*"),
    *("+@all", "-@admin", "-@dangerous", "-scan", "-randomkey", "-dbsize", "-pubsub", "-function"),
    *("-script|flush", "-script|kill"),
]


@dataclass(frozen=True)
class Backends:
    """Where the servers are, as the console is told."""

    database_url: str
    redis_url: str


@contextmanager
def backends(directory: Path) -> Iterator[Backends]:
    """Both servers, gone again at the end. Raises RuntimeError where there is no way to have them."""
    with _database(directory) as database_url, _redis(directory) as redis_url:
        yield Backends(database_url, redis_url)


def unreachable(database_url: str) -> str:
    """The same, where nobody listens."""
    return make_url(database_url).set(host="127.0.0.1", port=9).render_as_string(hide_password=False)


def free_port() -> int:
    """A port on 127.0.0.1 that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextmanager
def _database(directory: Path) -> Iterator[str]:
    if url := os.environ.get("CONSOLE_TEST_DATABASE_URL"):
        yield url
        return
    kind = {"mariadb": _mariadb, "postgresql": _postgresql}[os.environ.get("CONSOLE_TEST_DATABASE", "mariadb")]
    with kind(directory) as url:
        yield url


@contextmanager
def _postgresql(directory: Path) -> Iterator[str]:
    # Not below `directory`, which nobody but its owner may enter: PostgreSQL does not run as root.
    with tempfile.TemporaryDirectory(prefix="skerry-console-test-", ignore_cleanup_errors=True) as place:
        Path(place).chmod(0o711)
        fast = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "max_connections=200")
        with postgresql.server(Path(place) / "postgresql", free_port(), PASSWORD, fast) as url:
            yield url.replace("postgresql://", "postgresql+asyncpg://")  # as the settings give it to the engine


@contextmanager
def _mariadb(directory: Path) -> Iterator[str]:
    port = free_port()
    url = f"mysql+asyncmy://console:{PASSWORD}@127.0.0.1:{port}/console"
    if has_image(MARIADB_IMAGE):
        variables = {
            "MARIADB_ROOT_PASSWORD": PASSWORD,
            "MARIADB_DATABASE": "console",
            "MARIADB_USER": "console",
            "MARIADB_PASSWORD": PASSWORD,
        }
        with container(MARIADB_IMAGE, port, 3306, variables, "--tmpfs", "/var/lib/mysql:mode=0755"):
            _wait_for_greeting(port)
            yield url
        return
    with _installed_mariadb(directory / "mysql", port):
        yield url


@contextmanager
def _redis(directory: Path) -> Iterator[str]:
    if url := os.environ.get("CONSOLE_TEST_REDIS_URL"):
        yield url
        return
    port = free_port()
    url = f"redis://console:{PASSWORD}@127.0.0.1:{port}/0"
    config = directory / "redis.conf"
    config.write_text(f"user default off\nuser console {' '.join(REDIS_RIGHTS)}\nsave ''\nprotected-mode no\n")
    config.chmod(0o644)
    if has_image(REDIS_IMAGE):
        mount = f"{config}:/etc/redis/test.conf:ro"
        with container(REDIS_IMAGE, port, 6379, {}, "-v", mount, command=["redis-server", "/etc/redis/test.conf"]):
            _wait_for_port(port)
            yield url
        return
    with process(program("redis-server"), str(config), "--port", str(port), "--dir", str(directory)):
        _wait_for_port(port)
        yield url


def has_image(image: str) -> bool:
    """Whether the engine has it already."""
    docker = shutil.which("docker")
    inspect = [docker or "docker", "image", "inspect", image]
    return bool(docker) and subprocess.run(inspect, capture_output=True, check=False).returncode == 0


@contextmanager
def container(
    image: str, port: int, inside: int, environment: dict[str, str], *options: str, command: list[str] | None = None
) -> Iterator[None]:
    """A container that answers on ``port``; gone again at the end."""
    variables = [word for name, value in environment.items() for word in ("-e", f"{name}={value}")]
    started = subprocess.run(
        [
            "docker",
            "run",
            "-d",
            "--rm",
            "--name",
            f"skerry-console-test-{port}",
            "-p",
            f"127.0.0.1:{port}:{inside}",
            *variables,
            *options,
            image,
            *(command or []),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if started.returncode:
        raise RuntimeError(f"{image} did not start: {started.stderr.strip()}")
    name = started.stdout.strip()
    try:
        yield
    finally:
        subprocess.run(["docker", "rm", "-f", "-v", name], capture_output=True, check=True)


@contextmanager
def _installed_mariadb(data: Path, port: int) -> Iterator[None]:
    """Debian's server on a data directory of its own."""
    init = data.parent / "init.sql"
    init.write_text(
        "CREATE DATABASE IF NOT EXISTS console CHARACTER SET utf8mb4;"
        f"CREATE USER IF NOT EXISTS console@'%' IDENTIFIED BY '{PASSWORD}'; GRANT ALL ON console.* TO console@'%';"
    )
    init.write_text(init.read_text().replace(";", ";\n"))
    server = program("mariadbd")
    common = [f"--datadir={data}", "--user=root", f"--socket={data.parent / 'mysql.sock'}"]
    subprocess.run(
        [program("mariadb-install-db"), "--no-defaults", *common[:2], "--auth-root-authentication-method=normal"],
        check=True,
        capture_output=True,
    )
    with process(server, "--no-defaults", *common, f"--port={port}", "--bind-address=127.0.0.1", f"--init-file={init}"):
        _wait_for_greeting(port)
        yield


@contextmanager
def process(*argv: str) -> Iterator[None]:
    """A process, ended at the end."""
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def program(name: str) -> str:
    """Where an installed one is. Raises RuntimeError."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/bin")
    if not found:
        raise RuntimeError(
            "the console's tests need MariaDB, Redis and Prometheus: "
            f"make the workshop's images (`make up`), or install {name}"
        )
    return found


def _wait_for_port(port: int) -> None:
    _wait_for(port, greeting=False)


def _wait_for_greeting(port: int) -> None:
    """MariaDB speaks first; Docker's proxy accepts before the server inside is up."""
    _wait_for(port, greeting=True)


def _wait_for(port: int, *, greeting: bool) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
                client.settimeout(5)
                if not greeting or client.recv(16):
                    return
        except OSError:
            pass
        time.sleep(0.2)
    raise RuntimeError(f"nothing answers on port {port}")
