"""The platform's MariaDB server: its dumps, its binary logs, and SQL as root by the socket, without a password."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from . import docker
from .dump import OPTIONS, DumpReader
from .fifo import Fifo
from .settings import BackupError

SERVICE = "mariadb_mariadb"
VOLUME = "mariadb_data"
PAUSE = 1.0
"""A backup's dump rests as long as it worked, some milliseconds at a time: whoever uses the server meanwhile comes
first (docs/decisions/dumps.md)."""


class Server:
    """One server in a container of this host."""

    def __init__(self, container: str = "") -> None:
        self.container = container or docker.container(SERVICE)

    def client(self, *words: str, interactive: bool = True) -> list[str]:
        """Return the docker arguments that run a MariaDB program in the container."""
        return ["exec", *(["--interactive"] if interactive else []), "--user", "0", self.container, *words]

    def query(self, statement: str) -> list[list[str]]:
        """Return the rows of a query, as text. Raises BackupError with the server's words."""
        words = ["mariadb", "--user=root", "--batch", "--raw", "--skip-column-names"]
        said = docker.docker(*self.client(*words), stdin=statement.encode())
        return [line.split("\t") for line in said.splitlines()]

    def databases(self) -> set[str]:
        """Return the names of all databases."""
        return {row[0] for row in self.query("SELECT schema_name FROM information_schema.schemata")}

    def version(self) -> str:
        """Return the server's version."""
        return self.query("SELECT VERSION()")[0][0]

    def rotate(self) -> str:
        """Close the binary log that is being written, and return the name of the new one."""
        self.query("FLUSH BINARY LOGS")
        return self.position()[0]

    def position(self) -> tuple[str, int]:
        """Return the name and size of the binary log that is being written."""
        row = self.query("SHOW MASTER STATUS")[0]
        return row[0], int(row[1])

    def binlogs(self) -> list[str]:
        """Return the names of all binary logs on the disk, oldest first."""
        return [row[0] for row in self.query("SHOW BINARY LOGS")]

    def _shell(self, script: str, *words: str) -> subprocess.Popen[bytes]:
        """Start a shell script in the container, which finds `words` as $0, $1, …."""
        command = ["docker", *self.client("sh", "-c", script, *words, interactive=False)]
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def load(self, source: subprocess.Popen[bytes], database: str, what: str) -> None:
        """Feed SQL to the server, past its binary log. Raises BackupError unless all of it was taken."""
        words = ["mariadb", "--user=root", "--binary-mode", "--init-command=SET SESSION sql_log_bin=0", database]
        with Fifo(self.container) as fifo:
            sink = self._shell('exec "$@" < "$0"', fifo.inside, *words)
            assert source.stdout
            fifo.write(source.stdout, sink)
            docker.ended(source, sink, what)

    def dump(self, database: str, *, output: Any = None) -> dict[str, Any]:
        """Write a dump of one database to `output` and return what DumpReader tells of it; with None only that.

        Raises BackupError where mariadb-dump fails, or the dump is not whole though it says it did not.
        """
        # What is only read through may be of a server that has no binary log.
        options = [*OPTIONS, *(["--master-data=2"] if output else [])]
        words = ["nice", "mariadb-dump", "--user=root", *options, database]
        reader = DumpReader()
        with Fifo(self.container) as fifo, self._shell('exec "$@" > "$0"', fifo.inside, *words) as process:
            assert process.stderr
            # Closed even where storing it fails: the server's end would wait for us, and we for it.
            with contextlib.closing(fifo.read(process)) as pieces:
                began = time.monotonic()
                for piece in pieces:
                    reader.feed(piece)
                    if output:
                        output.write(piece)
                        time.sleep(PAUSE * (time.monotonic() - began))
                        began = time.monotonic()
            said = process.stderr.read().decode(errors="replace").strip()
        if process.returncode:
            raise BackupError(f"mariadb-dump of {database} failed with code {process.returncode}: {said[-500:]}")
        try:
            return reader.result()
        except ValueError as error:
            raise BackupError(f"mariadb-dump of {database}: {error}") from error


def stream(database: str, facts: str) -> int:
    """Be the command that restic reads a dump from: the dump to stdout, what it holds as JSON to the file `facts`."""
    try:
        found = Server().dump(database, output=sys.stdout.buffer)
    except BackupError as error:
        print(error, file=sys.stderr)
        return 1
    sys.stdout.buffer.flush()
    Path(facts).write_text(json.dumps(found))
    return 0
