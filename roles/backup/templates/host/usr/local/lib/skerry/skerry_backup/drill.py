"""Prove that a backup restores: into a server that nobody can reach, held against the manifest, and thrown away."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from . import binlog, docker, manifests, redis, replay
from .mariadb import Server
from .records import measure, only_one, say, stamp, tell, write
from .restic import Repository
from .settings import STATE, BackupError, Settings

START_SECONDS = 180
# Data that is thrown away needs to survive no crash: measured, 54 s instead of 143 s for 1 GB.
OPTIONS = ("--skip-log-bin", "--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0", "--performance-schema=OFF")


class Drill:
    """One drill against one repository; `problems` and `steps` are what it found."""

    def __init__(self, settings: Settings, repository: Repository) -> None:
        self.settings, self.repository = settings, repository
        self.problems: list[str] = []
        self.steps: list[dict[str, Any]] = []
        self.began = time.time()
        self.rpo = self.rto = 0.0

    def go(self) -> bool:
        """Run the drill; write metrics, an event and the evidence file. Returns whether everything was proven."""
        run = ""
        with only_one("drill"):
            try:
                manifest = manifests.choose(self.repository)
                run = manifest["run"]
                self._run(manifest)
            except (BackupError, OSError) as error:
                self.problems.append(str(error))
        good = not self.problems
        target = self.repository.target.name
        measure("skerry_restore_drill_last_run_success", {"target": target}, int(good))
        if good:
            measure("skerry_restore_drill_last_success_timestamp_seconds", {"target": target}, time.time())
            measure("skerry_restore_drill_rto_seconds", {"target": target}, self.rto)
            measure("skerry_restore_drill_rpo_seconds", {"target": target}, self.rpo)
        evidence = {
            "kind": "restore drill", "host": self.settings.host, "target": target, "run": run, "good": good,
            "started": stamp(self.began), "finished": stamp(time.time()),
            "rto_seconds": round(self.rto, 1), "rpo_seconds": round(self.rpo, 1),
            "steps": self.steps, "problems": self.problems,
        }  # fmt: skip
        file = STATE / "evidence" / f"drill-{stamp(self.began)}.json"
        write(file, json.dumps(evidence, indent=1) + "\n")
        tell(self.settings, "drill", good, {"target": target, "run": run, "problems": self.problems})
        if good:
            say(f"proven: run {run} restores in {self.rto:.0f} s; at most {self.rpo:.0f} s are lost. Evidence: {file}")
        for problem in self.problems:
            say(f"✗ {problem}")
        return good

    def _run(self, manifest: dict[str, Any]) -> None:
        image = docker.image_of(docker.container("mariadb_mariadb"))
        with _throwaway(image, self.settings.drill_memory) as server:
            for name in manifest["databases"]:
                self._step(f"database {name}", partial(replay.load, server, self.repository, manifest, name, name))
            self._step("binary logs", lambda: self._logs(server, manifest))
            self.rto = time.time() - self.began
            for name in manifest["databases"]:
                self._step(f"mariadb-check {name}", partial(_check, server, name))
            for name, queries in self.settings.checks.items():
                for query in queries:
                    self._step(f"check {name}", partial(_ask, server, name, query))
        if "redis" in manifest:
            self._step("redis", lambda: self._redis(manifest))
        self._step("files", lambda: self._files(manifest))

    def _step(self, name: str, step: Callable[[], object]) -> None:
        """Do one step; one that fails does not hide what the others would find."""
        began = time.monotonic()
        problem = ""
        try:
            step()
        except (BackupError, OSError) as error:
            problem = f"{name}: {error}"
            self.problems.append(problem)
        self.steps.append({"step": name, "seconds": round(time.monotonic() - began, 2), "good": not problem})

    def _logs(self, server: Server, manifest: dict[str, Any]) -> None:
        shipments = self.repository.snapshots("binlog")
        place = Path(tempfile.mkdtemp(prefix="drill-", dir=STATE))
        saved = max((float(facts["taken"]) for facts in manifest["databases"].values()), default=self.began)
        try:
            logs = binlog.gather(self.repository, manifest["run"], place)
            for name in manifest["databases"]:
                replay.replay(server, logs, manifest, name, name, self.began)
            if logs:
                saved = datetime.fromisoformat(str(shipments[-1]["time"])).timestamp()
        finally:
            shutil.rmtree(place)
        self.rpo = max(0.0, self.began - saved)

    def _redis(self, manifest: dict[str, Any]) -> None:
        snapshot = self.repository.find(f"run={manifest['run']}", "part=redis")
        with redis.opened(self.repository.stream(snapshot, "/redis.rdb")) as connection:
            found, saved = connection.ask(b"DBSIZE"), manifest["redis"]["keys"]
        # Keys expire with time, so there may be fewer; none at all of many is no snapshot.
        if found > saved or (saved and not found):
            raise BackupError(f"{found} keys load, the manifest says {saved}")

    def _files(self, manifest: dict[str, Any]) -> None:
        """Read every file of the run once, which verifies each block's checksum."""
        snapshot = self.repository.find(f"run={manifest['run']}", "part=files")
        command = self.repository.command("dump", "--archive", "tar", snapshot, "/")
        done = subprocess.run(
            command, env=self.repository.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
        )
        if done.returncode:
            raise BackupError(done.stderr.decode(errors="replace").strip()[-300:])


@contextmanager
def _throwaway(image: str, memory: str) -> Iterator[Server]:
    """Run an empty server without network, and remove it with its data however the drill ends."""
    name = f"skerry-drill-{os.getpid()}"
    try:
        docker.docker(
            "run", "--detach", "--name", name, "--network", "none", "--memory", memory,
            "--label", "skerry.managed=true", "--env", "MARIADB_ALLOW_EMPTY_ROOT_PASSWORD=1", image, *OPTIONS,
        )  # fmt: skip
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                docker.docker("exec", name, "healthcheck.sh", "--connect", "--innodb_initialized")
                break
            except BackupError as error:
                if time.monotonic() > end:
                    said = docker.docker("logs", "--tail", "5", name)
                    raise BackupError(f"the throwaway server does not start: {said[-500:]}") from error
            time.sleep(0.5)
        yield Server(name)
    finally:
        subprocess.run(["docker", "rm", "--force", "--volumes", name], capture_output=True, check=False)


def _check(server: Server, database: str) -> None:
    said = docker.docker(*server.client("mariadb-check", "--user=root", "--check", database))
    wrong = [line for line in said.splitlines() if line.strip() and not line.rstrip().endswith("OK")]
    if wrong:
        raise BackupError("; ".join(wrong[:5]))


def _ask(server: Server, database: str, query: str) -> None:
    found = [row[0] for row in server.query(f"USE `{database}`; {query}")]
    if not found or found[0] in ("", "0", "NULL"):
        raise BackupError(f"{query} answers {found[0] if found else 'nothing'}")
