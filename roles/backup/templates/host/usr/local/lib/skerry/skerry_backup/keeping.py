"""What is kept for how long, whether it can still be read, and the table of all there is."""

from __future__ import annotations

import json
import time
from typing import Any

from . import manifests
from .records import Outcome, count, only_one, say, size, tell
from .restic import Repository, ResticError, tag_value
from .settings import BackupError, Settings

UNFINISHED_SECONDS = 86400  # a run without a manifest may still be at work


def prune(settings: Settings, repository: Repository) -> None:
    """Remove runs that the policy does not keep, superseded shipments of binary logs, and what no snapshot needs."""
    with only_one("backup", wait=600):
        keep = [word for unit, number in settings.keep.items() for word in (f"--keep-{unit}", str(number))]
        plan = json.loads(
            repository.run("forget", "--dry-run", "--json", "--tag", "manifest", "--group-by", "host", *keep)
        )
        kept = {tag_value(one, "run") for group in plan for one in group["keep"] or []}
        doomed = [str(one["id"]) for one in _superfluous(repository.snapshots(), kept)]
        try:
            for start in range(0, len(doomed), 200):
                repository.run("forget", *doomed[start : start + 200])
            repository.run("prune")
            left = {str(one["id"]) for one in repository.snapshots()} & set(doomed)
        except ResticError as error:
            if "403" not in str(error):
                raise
            left = set(doomed) or {"what no snapshot needs"}
        if left:  # restic 0.18 ends well though an append-only server refused
            raise BackupError(
                f"{repository.target.name} removed nothing: it only lets things be added; prune it from elsewhere"
            )
        say(f"{repository.target.name}: {len(doomed)} snapshots removed, {len(kept)} runs kept")


def _superfluous(snapshots: list[dict[str, Any]], kept: set[str]) -> list[dict[str, Any]]:
    """Return the snapshots of runs that are not kept; of a base's shipments the last holds what the others do."""
    newest = {tag_value(one, "base"): one["id"] for one in snapshots if tag_value(one, "base")}
    recent = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(time.time() - UNFINISHED_SECONDS))
    whole = {tag_value(one, "run") for one in snapshots if "manifest" in (one.get("tags") or [])}
    doomed = []
    for one in snapshots:
        run, base = tag_value(one, "run"), tag_value(one, "base")
        if run:
            old = run not in kept and (run in whole or run < recent)
        else:
            old = bool(base) and (base not in kept or newest[base] != one["id"])
        doomed += [one] if old else []
    return doomed


def check(settings: Settings, repository: Repository) -> None:
    """Read a seventh of everything, another on each day of the week: a plain check would not see a rotten block."""
    began = time.monotonic()
    try:
        repository.run("check", f"--read-data-subset={time.localtime().tm_wday + 1}/7")
    except BackupError as error:
        count([Outcome("check", repository.target.name, False)])
        tell(settings, "check", False, {"target": repository.target.name, "reason": str(error)})
        raise
    count([Outcome("check", repository.target.name, True, "", time.monotonic() - began)])
    say(f"{repository.target.name}: a seventh was read, all of it is good")


def table(repository: Repository) -> str:
    """Return the runs at a target as lines of a table, the newest last."""
    lines = [f"{'run':<18} {'began (UTC)':<20} {'database':>9} {'rows':>10} {'files':>9}  state"]
    for run, snapshot in manifests.runs(repository).items():
        manifest = manifests.read(repository, run, snapshot)
        databases = manifest["databases"].values()
        state = "complete" if manifest["complete"] else "before a restore" if manifest["partial"] else "with failures"
        lines.append(
            f"{run:<18} {manifest['started'].replace('T', ' ').rstrip('Z'):<20} "
            f"{size(sum(one['bytes'] for one in databases)):>9} {sum(one['rows'] for one in databases):>10} "
            f"{size(manifest.get('files', {}).get('bytes', 0)):>9}  {state}"
        )
    return (
        "\n".join(lines)
        if len(lines) > 1
        else f"{repository.target.name} has no run yet: `skerry-backup run` makes one"
    )
