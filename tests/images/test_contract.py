"""Each stand-in keeps the official image's contract while hardened as Skerry runs it (images.md)."""

from __future__ import annotations

import subprocess
import tarfile
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.images.container import Container, docker, inspect, running, table, wait_until

MARIADB = "skerry-standin/mariadb:11.8"
REDIS = "skerry-standin/redis:8.0"
TRAEFIK = "skerry-standin/traefik:v3.7.15"
NGINX = "skerry-standin/nginxinc/nginx-unprivileged:1.26"
PROXY = "skerry-standin/tecnativa/docker-socket-proxy:v0.4.1"
MYSQLD_EXPORTER = "skerry-standin/prom/mysqld-exporter:v0.17.2"
REDIS_EXPORTER = "skerry-standin/oliver006/redis_exporter:v1.69.0"
PROMETHEUS = "skerry-standin/prom/prometheus:v2.53.3"
ALERTMANAGER = "skerry-standin/prom/alertmanager:v0.28.1"
NODE_EXPORTER = "skerry-standin/prom/node-exporter:v1.9.0"
BLACKBOX = "skerry-standin/prom/blackbox-exporter:v0.26.0"
RESTIC = "skerry-standin/restic/restic:0.18.0"
GO_ENDS = frozenset({0, 2, 143})  # a Go program without a handler ends on SIGTERM with 2


@dataclass(frozen=True)
class Contract:
    """What the official image promises: `user` is uid:gid of PID 1, `health` a command inside or a port and path.

    `settles`: seconds from healthy to a state in which it heeds signals.
    """

    image: str
    user: str
    port: int
    entrypoint: tuple[str, ...]
    health: tuple[str, ...] | tuple[int, str]
    options: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    ends: frozenset[int] = field(default=frozenset({0}))
    shell: bool = True
    label: str = ""
    settles: float = 0.0

    @property
    def name(self) -> str:
        """Return the test's id: the image's last word and what is special about this case."""
        return f"{self.image.split('/')[-1].split(':')[0]}{self.label}"


MARIADB_HEALTH = ("healthcheck.sh", "--connect", "--innodb_initialized")
MARIADB_OPTIONS = ("--tmpfs", "/run/mysqld:uid=999,gid=999", "--tmpfs", "/tmp", "--env", "MARIADB_ROOT_PASSWORD=x")
TRAEFIK_OPTIONS = ("--env", "TRAEFIK_PING=true", "--env", "TRAEFIK_ENTRYPOINTS_TRAEFIK_ADDRESS=127.0.0.1:8082")
TRAEFIK_FLAGS = ("--ping", "--entrypoints.traefik.address=127.0.0.1:8082")
STEP_DOWN = ("--cap-add", "CHOWN", "--cap-add", "SETUID", "--cap-add", "SETGID")

CONTRACTS = [
    Contract(MARIADB, "999:999", 3306, ("docker-entrypoint.sh",), MARIADB_HEALTH,
             (*MARIADB_OPTIONS, "--user", "999:999")),
    Contract(MARIADB, "999:999", 3306, ("docker-entrypoint.sh",), ("setpriv", "--reuid", "mysql", *MARIADB_HEALTH),
             (*MARIADB_OPTIONS, *STEP_DOWN), label=" from root"),
    Contract(REDIS, "999:999", 6379, ("docker-entrypoint.sh",), ("redis-cli", "ping"),
             ("--user", "999:999", "--volume", "/data")),
    Contract(REDIS, "999:999", 6379, ("docker-entrypoint.sh",), ("redis-cli", "ping"),
             ("--volume", "/data", *STEP_DOWN, "--cap-add", "SETPCAP"), label=" from root"),
    Contract(TRAEFIK, "0:0", 80, ("/entrypoint.sh",), ("traefik", "healthcheck"), TRAEFIK_OPTIONS),
    Contract(TRAEFIK, "65532:65532", 80, ("/entrypoint.sh",), ("traefik", "healthcheck", *TRAEFIK_FLAGS),
             ("--user", "65532:65532"), TRAEFIK_FLAGS, label=" unprivileged"),
    Contract(NGINX, "101:101", 8080, ("/docker-entrypoint.sh",), (8080, "/"), ("--tmpfs", "/tmp")),
    Contract(PROXY, "0:0", 2375, ("docker-entrypoint.sh",), ("wget", "-q", "-O", "-", "http://127.0.0.1:2375/_ping"),
             ("--tmpfs", "/run", "--tmpfs", "/tmp", "--volume", "/var/run/docker.sock:/var/run/docker.sock:ro"),
             # haproxy's master replaces itself once its worker answers, and a signal in that moment is lost.
             settles=2.0),
    Contract(MYSQLD_EXPORTER, "65534:65534", 9104, ("/bin/mysqld_exporter",),
             ("wget", "-q", "-O", "-", "http://127.0.0.1:9104/metrics"),
             ("--env", "MYSQLD_EXPORTER_PASSWORD=x"), ("--mysqld.username=x",), GO_ENDS),
    Contract(PROMETHEUS, "65534:65534", 9090, ("/bin/prometheus",),
             ("wget", "-q", "-O", "-", "http://127.0.0.1:9090/-/ready"), ("--volume", "/prometheus")),
    Contract(ALERTMANAGER, "65534:65534", 9093, ("/bin/alertmanager",),
             ("wget", "-q", "-O", "-", "http://127.0.0.1:9093/-/ready"), ("--volume", "/alertmanager")),
    Contract(NODE_EXPORTER, "65534:65534", 9100, ("/bin/node_exporter",),
             ("wget", "-q", "-O", "-", "http://127.0.0.1:9100/metrics"), ends=GO_ENDS),
    Contract(BLACKBOX, "0:0", 9115, ("/bin/blackbox_exporter",),
             ("wget", "-q", "-O", "-", "http://127.0.0.1:9115/-/healthy")),
    Contract(REDIS_EXPORTER, "59000:59000", 9121, ("/redis_exporter",), (9121, "/health"), ends=GO_ENDS, shell=False),
]  # fmt: skip
each = pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
each_image = pytest.mark.parametrize(
    "contract",
    {contract.image: contract for contract in reversed(CONTRACTS)}.values(),
    ids=lambda contract: contract.image,
)


def healthy(contract: Contract, container: Container) -> None:
    """Wait until the contract's own health check passes."""
    if isinstance(contract.health[0], int):
        container.answers(contract.health[0], str(contract.health[1]))
    else:
        container.succeeds([str(word) for word in contract.health])


@each
def test_runs_hardened_and_ends_when_told(contract: Contract) -> None:
    """A stack with read_only and cap_drop ALL would not start, run as the wrong user, or be killed at each update."""
    with running(contract.image, *contract.command, options=contract.options) as container:
        healthy(contract, container)
        time.sleep(contract.settles)

        assert pid_owner(container) == contract.user
        assert container.stop() in contract.ends


def pid_owner(container: Container) -> str:
    """Return uid:gid of the container's PID 1, read from the host: some images have no shell."""
    lines = Path(f"/proc/{container.state('{{.State.Pid}}')}/status").read_text().splitlines()
    status = dict(line.split(":", 1) for line in lines)
    return f"{status['Uid'].split()[0]}:{status['Gid'].split()[0]}"


@each_image
def test_declares_port_entrypoint_and_origin(contract: Contract) -> None:
    """A stack's `command` would extend the wrong thing, or nobody could tell a stand-in from the real one."""
    config = inspect(contract.image)["Config"]

    assert f"{contract.port}/tcp" in config["ExposedPorts"]
    assert tuple(config["Entrypoint"]) == contract.entrypoint
    assert "Stand-in of Skerry's workshop" in config["Labels"]["org.opencontainers.image.description"]
    assert config["Labels"]["org.opencontainers.image.version"] == contract.image.split(":")[1]


@each_image
def test_leaves_no_build_behind(contract: Contract) -> None:
    """Every VPS would carry package lists and caches, or a stack could lean on a shell that the official lacks."""
    listing = files(contract.image)

    assert [path for path in listing if path.endswith((".deb", "_Packages", "_Packages.lz4", ".whl"))] == []
    assert "usr/sbin/policy-rc.d" not in listing
    assert contract.shell is any(path in listing for path in ("bin/sh", "usr/bin/sh"))


def files(image: str) -> set[str]:
    """Return the paths in `image`, without running it."""
    name = docker("create", image).stdout.strip()
    try:
        export = subprocess.Popen(["docker", "export", name], stdout=subprocess.PIPE)
        assert export.stdout is not None
        with tarfile.open(fileobj=export.stdout, mode="r|") as archive:
            names = set(archive.getnames())
        assert export.wait() == 0
    finally:
        docker("rm", name)
    return names


def test_every_stand_in_has_a_contract() -> None:
    """A new stand-in would be used in tests of the platform without anyone having compared it."""
    listed = {f"{entry['name']}:{entry['tag']}" for entry in table() if entry["name"].startswith("skerry-standin/")}

    assert listed == {contract.image for contract in CONTRACTS} | {RESTIC}


def test_restic_can_be_taken_out() -> None:
    """Debian 12, whose own restic is too old, would have no backup."""
    config = inspect(RESTIC)["Config"]
    assert config["Entrypoint"] == ["/usr/bin/restic"]
    assert "Stand-in of Skerry's workshop" in config["Labels"]["org.opencontainers.image.description"]
    name = docker("create", RESTIC).stdout.strip()
    try:
        with tempfile.TemporaryDirectory() as directory:
            docker("cp", f"{name}:/usr/bin/restic", f"{directory}/restic")
            said = docker(
                "run", "--rm", "--volume", f"{directory}:/taken", "debian:12", "/taken/restic", "version"
            ).stdout
    finally:
        docker("rm", name)
    assert said.startswith("restic 0.18.0 ")


def test_no_container_is_left() -> None:
    """The next run would meet the last one's containers."""
    wait_until(lambda: docker("ps", "-aq", "--filter", "name=^hb-[0-9a-f]{8}$").stdout == "", "all removed", 5)
