"""A whole backup: every part into the local repository, a manifest of all, and copies at the other targets.

A *run* is a set of snapshots with the tag `run=<id>`. Its manifest is written last and says what there is: a run
without one was interrupted, and is nothing that could be restored by name.
"""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from . import binlog, docker, manifests, stacks
from .mariadb import Server
from .records import Outcome, count, failures, forget, only_one, recall, remember, say, size, stamp, tell
from .restic import Repository, ResticError
from .settings import STATE, BackupError, Settings

KEPT_RUNS = 60
"""Of the last runs and what became of them, in runs.json."""


class Run:
    """One backup under way."""

    def __init__(self, settings: Settings, databases: Sequence[str] | None = None) -> None:
        """`databases`: only these and nothing else, as before a restore; None for everything."""
        self.settings = settings
        self.partial = databases is not None
        self.databases = list(settings.databases() if databases is None else databases)
        self.local = Repository(settings, settings.local)
        self.started = time.time()
        self.id = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(self.started))
        self.outcomes: list[Outcome] = []
        self.manifest: dict[str, Any] = {
            "run": self.id, "host": settings.host, "started": stamp(self.started), "partial": self.partial,
            "databases": {},
        }  # fmt: skip

    def go(self, *, accept_shrunken: bool = False) -> list[Outcome]:
        """Back up, and return an outcome for each scope and target. The rest of what fails is saved all the same."""
        with only_one("backup", wait=60):
            before = manifests.newest(self.settings)
            if self._attempt("repository", self._prepare):
                remember("interrupted", {"run": self.id})
                for name in self.databases:
                    self._attempt(f"database:{name}", partial(self._database, name))
                if not self.partial:
                    self._attempt("redis", self._redis)
                    self._attempt("files", self._files)
                if not accept_shrunken and not self.partial:
                    self._compare(before)
                self._attempt("manifest", self._manifest)
                remember("interrupted", {})
                # What a restore saves before it begins is for the hours after it, and goes elsewhere with the next run.
                for target in [] if self.partial else self.settings.targets[1:]:
                    self._attempt("run", partial(self._copy, Repository(self.settings, target)), target.name)
        if not self.partial:
            # Of the shrunken ones only those of this run; the others were accepted, or have grown.
            present = {f"database:{name}" for name in self.databases} | {one.scope for one in self.outcomes}
            forget(present, {target.name for target in self.settings.targets})
        count(self.outcomes)
        tell(self.settings, "backup", all(one.good for one in self.outcomes), {
            "run": self.id, "seconds": round(time.time() - self.started, 1), "failures": failures(self.outcomes),
        })  # fmt: skip
        self._note()
        return self.outcomes

    def _note(self) -> None:
        """Add this run to the last ones, for the console: one without a manifest, too, and how each target fared.

        Never raises for a full disk: the run's verdict stands.
        """
        parts = [*self.manifest["databases"].values(), self.manifest.get("redis", {}), self.manifest.get("files", {})]
        row = {
            "run": self.id, "started": stamp(self.started), "seconds": round(time.time() - self.started, 1),
            "good": all(one.good for one in self.outcomes), "partial": self.partial,
            "bytes": sum(int(part.get("bytes", 0)) for part in parts),
            "outcomes": [asdict(one) for one in self.outcomes],
        }  # fmt: skip
        with contextlib.suppress(OSError):
            known = recall("runs")
            remember("runs", [*(known if isinstance(known, list) else []), row][-KEPT_RUNS:])

    def _attempt(self, scope: str, step: Callable[[], tuple[str, int]], target: str = "local") -> bool:
        began = time.monotonic()
        try:
            message, stored = step()
            outcome = Outcome(scope, target, True, message, time.monotonic() - began, stored)
        except (BackupError, OSError, ValueError) as error:
            outcome = Outcome(scope, target, False, str(error), time.monotonic() - began)
        self.outcomes.append(outcome)
        say(f"{'✓' if outcome.good else '✗'} {target:<8} {scope:<20} {outcome.seconds:6.1f} s  {outcome.message}")
        return outcome.good

    def _prepare(self) -> tuple[str, int]:
        self.local.ensure()
        self._refuse_a_second_beginning()
        if recall("interrupted"):
            # What a killed run uploaded is found again, and not stored twice (measured: 102 MB instead of 365).
            self.local.run("repair", "index")
            return "the last run was interrupted: index repaired", 0
        return "ready", 0

    def _refuse_a_second_beginning(self) -> None:
        """Stop a new host from making its empty self the newest backup of the one that is to come back."""
        if self.partial or self.settings.begin_anew or manifests.newest(self.settings):
            return
        for target in self.settings.targets[1:]:
            repository = Repository(self.settings, target)
            try:
                repository.ensure(like=self.local)
                earlier = manifests.runs(repository)
            except BackupError:
                continue  # copying there fails too, and is told
            if earlier:
                raise BackupError(
                    f"{target.name} has {len(earlier)} runs of an earlier {self.settings.host}, the last of them "
                    f"{max(earlier)}: bring it back with `skerry-backup restore --all --from {target.name}`, or set "
                    "backup_begin_anew, which leaves them be and makes this host's run the newest"
                )

    def _database(self, name: str) -> tuple[str, int]:
        # A migration in the middle of it would make the dump fail, or the backup one of two schemas.
        owners = [
            stack for app in self.settings.apps.values() if app.get("database") == name for stack in app["stacks"]
        ]
        with stacks.held(owners, f"a backup of {name}"):
            summary, facts = self._from_command(f"db-{name}.sql", ["database", name], f"database={name}")
        facts["snapshot"] = summary["snapshot_id"]
        self.manifest["databases"][name] = facts
        self.manifest["server"] = binlog.born()
        self.manifest.setdefault("versions", {})["mariadb"] = Server().version()
        text = f"{size(facts['bytes'])}, {len(facts['tables'])} tables, {facts['rows']} rows"
        return text, int(summary.get("data_added_packed", 0))

    def _redis(self) -> tuple[str, int]:
        summary, facts = self._from_command("redis.rdb", ["redis"], "part=redis")
        self.manifest["redis"] = {**facts, "snapshot": summary["snapshot_id"]}
        return f"{size(facts['bytes'])}, {facts['keys']} keys", int(summary.get("data_added_packed", 0))

    def _from_command(self, file: str, words: list[str], tag: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Store what one of our own commands writes. restic keeps no snapshot where the command fails."""
        with tempfile.TemporaryDirectory(dir=STATE) as directory:
            facts = Path(directory) / "facts.json"
            command = [sys.executable, "-B", "-m", __package__, "stream", "--facts", str(facts), *words]
            summary = self.local.backup(
                "--stdin-filename", file, "--stdin-from-command", "--", *command, tags=[f"run={self.id}", tag]
            )
            return summary, json.loads(facts.read_text())

    def _files(self) -> tuple[str, int]:
        all_stacks = [stack for app in self.settings.apps.values() for stack in app["stacks"]]
        volumes = [docker.volume(name) for stack in all_stacks for name in docker.volumes_of(stack)]
        paths = [path for path in [*self.settings.paths, *volumes] if Path(path).exists()]
        excludes = [word for path in self.settings.excludes for word in ("--exclude", path)]
        tags = [f"run={self.id}", "part=files"]
        try:
            summary = self.local.backup(*excludes, *paths, tags=tags)
        except ResticError as error:
            if error.code != 3:
                raise
            # A file that went away between being listed and being read; twice in a row it is something else.
            summary = self.local.backup(*excludes, *paths, tags=tags)
        files = int(summary["total_files_processed"])
        if not files:
            raise BackupError("no file was saved")
        self.manifest["files"] = {
            "snapshot": summary["snapshot_id"], "paths": paths, "files": files,
            "bytes": summary["total_bytes_processed"],
        }  # fmt: skip
        return f"{files} files, {size(summary['total_bytes_processed'])}", int(summary.get("data_added_packed", 0))

    def _compare(self, before: dict[str, Any] | None) -> None:
        """Count a database as failed that lost most of what it had: it is stored, but somebody has to look."""
        for name, facts in self.manifest["databases"].items():
            last = (before or {}).get("databases", {}).get(name)
            if before and last and facts["rows"] * 100 < last["rows"] * (100 - self.settings.shrink_percent):
                text = (
                    f"{name} has {facts['rows']} rows, and had {last['rows']} in run {before['run']}; "
                    "if that is right, run `skerry-backup run --accept-shrunken`"
                )
                self._attempt(f"shrunken:{name}", partial(_refuse, text))

    def _manifest(self) -> tuple[str, int]:
        self.manifest |= {
            "finished": stamp(time.time()),
            "complete": not self.partial and all(one.good for one in self.outcomes),
            "failures": failures(self.outcomes),
        }
        self.manifest.setdefault("versions", {})["restic"] = self.local.run("version").split()[1]
        content = json.dumps(self.manifest, indent=1).encode()
        self.local.backup(
            "--stdin", "--stdin-filename", "manifest.json", tags=[f"run={self.id}", "manifest"], stdin=content
        )
        manifests.keep(self.manifest)
        return f"run {self.id}", 0

    def _copy(self, repository: Repository) -> tuple[str, int]:
        """Copy this run, and whatever earlier run did not arrive. The manifest goes last here, too."""
        repository.ensure(like=self.local)
        there = {str(snapshot.get("original", snapshot["id"])) for snapshot in repository.snapshots()}
        missing = [one for one in binlog.without_superseded(self.local.snapshots()) if one["id"] not in there]
        missing.sort(key=lambda one: "manifest" in (one.get("tags") or []))
        repository.copy_from(self.local, [str(one["id"]) for one in missing])
        return f"{len(missing)} snapshots copied", 0


def _refuse(text: str) -> tuple[str, int]:
    raise BackupError(text)


def everything(settings: Settings, *, accept_shrunken: bool = False) -> bool:
    """Ship the binary logs, so that no gap opens between two runs, then back up. Returns whether all went well."""
    shipped = binlog.ship(settings)
    return all(one.good for one in [*shipped, *Run(settings).go(accept_shrunken=accept_shrunken)])
