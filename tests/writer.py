"""Somebody who writes numbered rows to the console's database, and knows which of them the server has acknowledged."""

from __future__ import annotations

import shlex
import subprocess
import threading
import time

from tests.database import PASSWORD, sql
from tests.local import Vps

RATE = 200  # rows a second
# The server tells each number once it has committed it: its answer ends after that, and the client prints it then.
# Where the server goes away the client ends, and the next one goes on with the numbers that have come meanwhile.
WRITER = """
docker run --rm --interactive --network data --entrypoint sh mariadb:11.8 -c 'cat > /tmp/p
read -r MYSQL_PWD < /tmp/p; export MYSQL_PWD
i=0; while :; do i=$((i+1)); echo "INSERT INTO acked VALUES ($i, NOW(6)) RETURNING id;"; sleep 0.004; done |
while :; do mariadb --host=mariadb --user=console --unbuffered --connect-timeout=2 --skip-column-names console
sleep 0.2; done'
"""


class Writer:
    """Writes until it is stopped; remembers, on this machine, which numbers were acknowledged and when."""

    def __init__(self, vps: Vps) -> None:
        self.seen: list[tuple[int, float]] = []
        vps.out(sql("CREATE OR REPLACE TABLE acked (id INT PRIMARY KEY, at TIMESTAMP(6))"))
        command = f"{PASSWORD} | {{ {WRITER} }}"
        argv = [*shlex.split(vps.values["SKERRY_SSH"]), f"sh -c {shlex.quote(command)}"]
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            if line.strip().isdigit():
                self.seen.append((int(line), time.time()))

    def stop(self) -> tuple[int, float]:
        """End the writer; return the last acknowledged number, and when it was."""
        self.process.kill()
        self.process.wait()
        return self.seen[-1]

    def last_before(self, moment: float) -> int:
        """Return the last number that was acknowledged before a moment."""
        return max((number for number, at in self.seen if at <= moment), default=0)
