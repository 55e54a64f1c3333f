"""Binary logs: what was committed since the last dump, shipped every few minutes.

Each time the log in use is closed, and all closed ones since the last whole run go into one snapshot, tagged with the
run they follow, the first and last of them, and the server whose count they belong to (`base`, `from`, `to`, `server`).
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

from . import docker, manifests
from .mariadb import VOLUME, Server
from .records import Outcome, count, failures, measure, only_one, recall, remember, say, tell
from .restic import Repository, tag_value
from .settings import LOCAL, BackupError, Settings


def ship(settings: Settings) -> list[Outcome]:
    """Ship what is new to every target and return an outcome for each; who missed some gets it the next time."""
    outcomes = []
    with only_one("binlog", wait=120):
        began = time.time()
        base = manifests.newest(settings)
        # After a restore onto a new machine, the newest run is of a server whose logs are elsewhere.
        if not base or not base["databases"] or base.get("server") != born():
            say("there is no run yet that shipments could follow")
            return []
        try:
            outcomes.append(_to_local(settings, base, began))
        except (BackupError, OSError) as error:
            outcomes.append(Outcome("binlog", LOCAL, False, str(error), time.time() - began))
        else:
            outcomes += [_to_other(settings, Repository(settings, target)) for target in settings.targets[1:]]
    for one in outcomes:
        say(f"{'✓' if one.good else '✗'} {one.target:<8} {one.scope:<20} {one.seconds:6.1f} s  {one.message}")
        if one.good:
            # Everything that was committed before this moment is there.
            measure("skerry_backup_binlog_shipped_until_timestamp_seconds", {"target": one.target}, began)
    count(outcomes)
    if bad := failures(outcomes):
        tell(settings, "binlog", False, {"failures": bad})
    return outcomes


def born() -> str:
    """Return what tells this server's count of binary logs from that of any other: when its volume was made."""
    return str(docker.inspect("volume", VOLUME)["CreatedAt"])


def _to_local(settings: Settings, base: manifests.Manifest, began: float) -> Outcome:
    state = recall("binlog")
    if state.get("server") != born():  # of an earlier server, whose numbers mean other logs
        state = {}
    server = Server()
    if (state.get("base"), state.get("in_use")) == (base["run"], list(server.position())):
        return Outcome("binlog", LOCAL, True, "nothing was written since the last time", time.time() - began)
    server.rotate()
    in_use, position = server.position()
    first = min(facts["binlog_file"] for facts in base["databases"].values())
    closed = due([name for name in server.binlogs() if name < in_use], first, state.get("next", first))
    directory = Path(docker.volume(VOLUME))
    local = Repository(settings, settings.local)
    local.ensure()
    # The same files under other tags: without a parent restic would read all of them again each time.
    parent = ["--parent", state["snapshot"]] if state.get("base") == base["run"] and state.get("snapshot") else []
    tags = ["binlog", f"base={base['run']}", f"from={closed[0]}", f"to={closed[-1]}", f"server={born()}"]
    summary = local.backup(*parent, *(str(directory / name) for name in closed), tags=tags)
    remember("binlog", {
        "server": born(), "base": base["run"], "next": in_use, "in_use": [in_use, position],
        "snapshot": summary["snapshot_id"],
    })  # fmt: skip
    stored = int(summary.get("data_added_packed", 0))
    return Outcome("binlog", LOCAL, True, f"{closed[0]} to {closed[-1]}", time.time() - began, stored)


def due(closed: list[str], first: str, following: str) -> list[str]:
    """Return the closed logs that are to be shipped.

    first: where the dumps of the run begin. following: what comes after the last shipment; where that was of an earlier
    run, it comes along, so that there is no gap between two runs. Where it is gone that was told when this run was made
    necessary, and the run is what is left to begin from.

    Raises BackupError where the run's own logs are gone.
    """
    begin = min(first, following)
    if begin not in closed:
        begin = first
    if begin not in closed:
        raise BackupError(f"{first} is gone from the server: what it held is in no backup; a whole run is due")
    return closed[closed.index(begin) :]


def _to_other(settings: Settings, repository: Repository) -> Outcome:
    """Copy the newest shipment of each base that the target lacks: it holds all that the earlier ones do."""
    began = time.monotonic()
    local = Repository(settings, settings.local)
    try:
        repository.ensure(like=local)
        there = {str(one.get("original", one["id"])) for one in repository.snapshots("binlog")}
        newest = [str(one["id"]) for one in without_superseded(local.snapshots("binlog"))]
        missing = [snapshot for snapshot in newest if snapshot not in there]
        repository.copy_from(local, missing)
    except (BackupError, OSError) as error:
        return Outcome("binlog", repository.target.name, False, str(error), time.monotonic() - began)
    return Outcome("binlog", repository.target.name, True, f"{len(missing)} snapshots copied", time.monotonic() - began)


def without_superseded(snapshots: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the snapshots, oldest first, but of the shipments that follow one run only the last, which holds all."""
    newest = {tag_value(one, "base") or str(one["id"]): one for one in snapshots}
    return list(newest.values())


def gather(repository: Repository, base: str, place: Path) -> list[Path]:
    """Fetch the binary logs that follow the run `base` into `place`; return them in order, without a gap.

    The next run's first logs belong to it where they go on with the number after the last.
    """
    found: dict[str, Path] = {}
    shipments: dict[str, dict[str, Any]] = {tag_value(one, "base"): one for one in repository.snapshots("binlog")}
    server = tag_value(shipments.get(base, {}), "server")
    for run in sorted(name for name in shipments if name >= base):
        if tag_value(shipments[run], "server") != server:  # another server, which counts from one again
            break
        repository.run("restore", str(shipments[run]["id"]), "--target", str(place / run))
        files = {path.name: path for path in (place / run).rglob("binlog.*")}
        if found and min(files) > _after(max(found)):
            break
        found.update({name: path for name, path in files.items() if name not in found})
    names = sorted(found)
    for name, following in pairwise(names):
        if following != _after(name):
            raise BackupError(f"a binary log is missing between {name} and {following}")
    return [found[name] for name in names]


def _after(name: str) -> str:
    stem, _, number = name.rpartition(".")
    return f"{stem}.{int(number) + 1:0{len(number)}d}"
