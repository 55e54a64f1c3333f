"""What a backup of much data costs, and what it costs those who write meanwhile.

    python -m tests.bench.bench_backup [gigabytes]

Fills a table of the console's database on the local VPS, then measures the first and the second backup, the bytes
that each added, a restore, a drill, and how long a commit takes before and during a backup, at 50 a second. It
asserts nothing: times belong to the machine. The table goes again at the end.
"""

from __future__ import annotations

import shlex
import statistics
import subprocess
import sys
import time

from tests.database import PASSWORD, sql
from tests.local import Vps

INSERT = 10_000 * 1024  # bytes of one statement; half of it is random, as hexadecimal digits are
QUIET = 30  # seconds of writing before the backup
# Prints, for each commit, when it ended and the milliseconds that it took.
WRITER = """
import asyncio, sys, time, asyncmy
async def main():
    password = sys.stdin.readline().strip()
    it = await asyncmy.connect(host="mariadb", user="console", password=password, db="console", autocommit=True)
    cursor = it.cursor()
    while True:
        began = time.monotonic()
        await cursor.execute("INSERT INTO bench_writes (at) VALUES (NOW(6))")
        print(time.time(), (time.monotonic() - began) * 1000, flush=True)
        await asyncio.sleep(max(0, 0.02 - (time.monotonic() - began)))
asyncio.run(main())
"""
IMAGE = "docker service inspect console_api --format '{{.Spec.TaskTemplate.ContainerSpec.Image}}'"
TABLES = "bench_data", "bench_writes"


def run(vps: Vps, statement: str) -> None:
    """Run a statement in the console's database."""
    vps.out(sql(statement), timeout=600)


def fill(vps: Vps, gigabytes: float) -> None:
    """Write about that much into bench_data."""
    run(vps, "CREATE OR REPLACE TABLE bench_data (id INT AUTO_INCREMENT PRIMARY KEY, data TEXT)")
    # What is shipped is not measured here: the table came with the database, so to say.
    insert = "SET sql_log_bin = 0; INSERT INTO bench_data (data) SELECT HEX(RANDOM_BYTES(512)) FROM seq_1_to_10000"
    for _ in range(round(gigabytes * 2**30 / INSERT)):
        run(vps, insert)


def stored(vps: Vps) -> int:
    """Return the bytes of the repository on the host."""
    return int(vps.out("du --summarize --block-size=1 /var/backups/skerry | cut -f 1"))


def timed(vps: Vps, command: str) -> tuple[float, float, str]:
    """Run skerry-backup; return when it began, how long it took in seconds, and what it said."""
    began = time.time()
    said = vps.out(f"skerry-backup {command}", timeout=3600)
    took = time.time() - began
    print(f"{command}: {took:.1f} s", flush=True)
    return began, took, said


def summary(latencies: list[float]) -> str:
    """Return the median and the 99th percentile of milliseconds."""
    cuts = statistics.quantiles(latencies, n=100)
    return f"median {cuts[49]:.1f} ms, p99 {cuts[98]:.1f} ms, worst {max(latencies):.0f} ms of {len(latencies)}"


def writes(vps: Vps) -> tuple[float, float]:
    """Write during a backup; return the p99 in milliseconds before it and during it."""
    run(vps, "CREATE OR REPLACE TABLE bench_writes (id INT AUTO_INCREMENT PRIMARY KEY, at TIMESTAMP(6))")
    python = f"--network data --entrypoint python $({IMAGE}) -c {shlex.quote(WRITER)}"
    inside = f"docker run --rm --interactive --name bench-writer {python}"
    argv = [*shlex.split(vps.values["SKERRY_SSH"]), f"sh -c {shlex.quote(f'{PASSWORD} | {inside}')}"]
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    time.sleep(QUIET)
    began, took, _ = timed(vps, "run")
    vps.out("docker rm --force bench-writer")
    pairs = [tuple(map(float, line.split())) for line in process.communicate()[0].splitlines()]
    before = [ms for at, ms in pairs[50:] if at < began]
    during = [ms for at, ms in pairs if began <= at <= began + took]
    print(f"commits before: {summary(before)}\ncommits during: {summary(during)}")
    return statistics.quantiles(before, n=100)[98], statistics.quantiles(during, n=100)[98]


def main(gigabytes: float) -> None:
    """Measure all of it."""
    vps = Vps.read()
    vps.out("systemctl stop skerry-backup-binlog.timer")
    try:
        fill(vps, gigabytes)
        start = stored(vps)
        timed(vps, "run")
        first = stored(vps)
        print(f"stored: {(first - start) / 1e6:.0f} MB more")
        before, during = writes(vps)
        print(f"p99 of a commit during the backup: {during / before:.1f} times that of before")
        print(f"stored: {(stored(vps) - first) / 1e6:.0f} MB more")
        timed(vps, "binlog")
        timed(vps, "restore --app console")
        print(timed(vps, "drill")[2].splitlines()[-1])
    finally:
        run(vps, f"DROP TABLE IF EXISTS {', '.join(TABLES)}")
        vps.out("systemctl start skerry-backup-binlog.timer")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 1)
