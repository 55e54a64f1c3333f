"""The manifests of runs: kept on the host, and read from a repository where the host is a new one."""

from __future__ import annotations

import json
import math
from typing import Any

from .records import stamp, write
from .restic import Repository, tag_value
from .settings import STATE, BackupError, Settings

Manifest = dict[str, Any]
DIRECTORY = STATE / "manifests"


def keep(manifest: Manifest) -> None:
    """Keep a manifest on the host."""
    write(DIRECTORY / f"{manifest['run']}.json", json.dumps(manifest, indent=1) + "\n")


def newest(settings: Settings) -> Manifest | None:
    """Return the newest complete manifest on the host."""
    for file in sorted(DIRECTORY.glob("*.json"), reverse=True):
        manifest: Manifest = json.loads(file.read_text())
        if manifest["complete"] and manifest["host"] == settings.host:
            return manifest
    return None


def runs(repository: Repository) -> dict[str, str]:
    """Return the runs whose manifest is in a repository: the manifest's snapshot by run, oldest first."""
    return {tag_value(one, "run"): str(one["id"]) for one in repository.snapshots("manifest")}


def read(repository: Repository, run: str, snapshot: str) -> Manifest:
    """Return one run's manifest as the repository has it. Raises BackupError where it is damaged."""
    try:
        manifest: Manifest = json.loads(repository.read(snapshot, "/manifest.json"))
    except ValueError as error:
        raise BackupError(f"the manifest of run {run} at {repository.target.name} is damaged: {error}") from error
    return manifest


def choose(repository: Repository, run: str = "latest", *, before: float = math.inf, database: str = "") -> Manifest:
    """Return the manifest of `run`, or of the newest that holds `database` as it was before the time `before`.

    Without a `database` it has to be a complete one, of which every database counts.

    Raises BackupError naming the runs there are.
    """
    found = runs(repository)
    if run != "latest":
        if run not in found:
            raise BackupError(f"{repository.target.name} has no run {run}; it has {', '.join(found) or 'none'}")
        return read(repository, run, found[run])
    for name in reversed(found):
        manifest = read(repository, name, found[name])
        wanted = [database] if database else list(manifest["databases"])
        held = all(name in manifest["databases"] for name in wanted) and (database or manifest["complete"])
        if held and all(manifest["databases"][name]["taken"] <= before for name in wanted):
            return manifest
    when = f" from before {stamp(before)}" if before < math.inf else ""
    raise BackupError(f"{repository.target.name} has no {'run' if database else 'complete run'}{when}")
