"""Databases out of a repository: the dump of a run, held against its manifest, and what was committed afterwards."""

from __future__ import annotations

import math
import subprocess
from pathlib import Path
from typing import Any

from . import docker
from .dump import differences
from .mariadb import Server
from .records import say, size, stamp
from .restic import Repository
from .settings import BackupError


def load(server: Server, repository: Repository, manifest: dict[str, Any], name: str, into: str) -> None:
    """Make the database `into` anew from a run's dump of `name`, and dump it again to see that it is the same.

    Raises BackupError where the repository is damaged, the server refuses something, or the manifest disagrees.
    """
    facts = manifest["databases"][name]
    say(f"  {name}: {size(facts['bytes'])}, {facts['rows']} rows, of run {manifest['run']}")
    snapshot = repository.find(f"run={manifest['run']}", f"database={name}")
    server.query(f"SET SESSION sql_log_bin = 0; DROP DATABASE IF EXISTS `{into}`; CREATE DATABASE `{into}`")
    server.load(repository.stream(snapshot, f"/db-{name}.sql"), into, f"restoring {name}")
    if wrong := differences(facts["tables"], server.dump(into)["tables"]):
        raise BackupError(f"{name} as restored is not what run {manifest['run']} saved: {'; '.join(wrong[:5])}")
    say(f"  {name}: restored, and every table has the rows and the checksum of the manifest")


def replay(server: Server, logs: list[Path], manifest: dict[str, Any], name: str, into: str, until: float) -> int:
    """Bring a database from its dump to the end of the second `until`; return how many logs were read.

    Row events are told apart by their database, so other databases are left as they are.
    """
    facts = manifest["databases"][name]
    wanted = [log for log in logs if log.name >= facts["binlog_file"]]
    if not wanted:
        return 0
    if wanted[0].name != facts["binlog_file"]:
        raise BackupError(f"{facts['binlog_file']}, in which the dump of {name} was taken, is in no shipment")
    mounts = [word for log in wanted for word in ("--volume", f"{log}:/logs/{log.name}:ro")]
    options = [
        "--disable-log-bin",
        f"--database={name}",  # as it is called before it is rewritten
        *([f"--rewrite-db={name}->{into}"] if into != name else []),
        f"--start-position={facts['binlog_position']}",
        # It stops before the first event of that second or later.
        *([f"--stop-datetime={stamp(until + 1).replace('T', ' ').rstrip('Z')}"] if until < math.inf else []),
    ]
    command = [
        "docker", "run", "--rm", "--network", "none", "--user", "0", "--env", "TZ=UTC", *mounts,
        "--entrypoint", "mariadb-binlog", docker.image_of(server.container), *options,
        *(f"/logs/{log.name}" for log in wanted),
    ]  # fmt: skip
    reader = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    words = server.client("mariadb", "--user=root", "--binary-mode", into)
    # The server has counted past these transactions, and in strict mode would not hear of them again.
    strict = server.query("SELECT @@GLOBAL.gtid_strict_mode")[0][0]
    try:
        server.query("SET GLOBAL gtid_strict_mode = 0")
        docker.pipe(reader, words, f"replaying the binary logs of {name}")
    finally:
        server.query(f"SET GLOBAL gtid_strict_mode = {strict}")
    moment = stamp(until) if until < math.inf else "the last transaction that arrived"
    say(f"  {name}: brought to {moment} by {len(wanted)} binary logs")
    return len(wanted)
