"""What a job leaves to be found: its lock while it runs, metrics, an event, and a line of progress."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .settings import METRICS, RUNTIME, STATE, BackupError, Settings

KEPT_EVENTS = 200
LABEL = re.compile(r'(\w+)="([^"]*)"')


@dataclass(frozen=True)
class Outcome:
    """How one scope (database, files, binlog, …) fared at one target; `seconds` and `size` (bytes stored) it cost."""

    scope: str
    target: str
    good: bool
    message: str = ""
    seconds: float = 0.0
    size: int = 0


def say(text: str) -> None:
    """Print a line of progress at once: a person or the journal follows it."""
    print(text, flush=True)


@contextlib.contextmanager
def only_one(job: str, *, wait: float = 0, shared: bool = False) -> Iterator[None]:
    """Hold the lock of a kind of job, `shared` with others that share it.

    Raises BackupError where another holds it for longer than `wait` seconds.
    """
    RUNTIME.mkdir(mode=0o755, exist_ok=True)
    with (RUNTIME / f"backup-{job}.lock").open("a+") as file:
        end = time.monotonic() + wait
        while True:
            try:
                fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() > end:
                    file.seek(0)
                    raise BackupError(f"another {job} job is at work: process {file.read().strip() or '?'}") from error
                time.sleep(0.2)
        if not shared:
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
        yield


def write(path: Path, content: str, mode: int = 0o600) -> None:
    """Replace a file in one step, so that nobody ever reads half of it and a full disk leaves the old one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    try:
        new.touch(mode=0o600)
        new.chmod(mode)  # the unit's umask would take the reading away from the exporter
        with new.open("w") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.rename(path)
    finally:
        new.unlink(missing_ok=True)


def remember(name: str, content: Any) -> None:
    """Keep JSON in the state directory."""
    write(STATE / f"{name}.json", json.dumps(content, indent=1) + "\n")


def recall(name: str) -> Any:
    """Return what was kept, an empty dict where nothing (or nothing readable) is."""
    try:
        return json.loads((STATE / f"{name}.json").read_text())
    except (FileNotFoundError, ValueError):
        return {}


def measure(name: str, labels: Mapping[str, str], value: float) -> None:
    """Set one metric and write all of them to the textfile of node_exporter. The others keep what they had."""
    known = recall("metrics")
    text = ",".join(f'{key}="{labels[key]}"' for key in sorted(labels))
    known[f"{name}{{{text}}}" if text else name] = value
    remember("metrics", known)
    write(METRICS / "backup.prom", "".join(f"{key} {known[key]:.17g}\n" for key in sorted(known)), 0o644)


def forget(databases: set[str], targets: set[str]) -> None:
    """Drop the metrics of every other database and target: what is gone would be a backup too old for ever.

    databases: scopes of one database each, as in `database:shop` and `shrunken:shop`; scopes without a colon stay.
    """
    known = recall("metrics")
    for key in list(known):
        labels = dict(LABEL.findall(key))
        scope, target = labels.get("scope", ""), labels.get("target", "")
        if (":" in scope and scope not in databases) or (target and target not in targets):
            del known[key]
    remember("metrics", known)


def count(outcomes: list[Outcome]) -> None:
    """Set the metrics of a run's outcomes. A failed one leaves the time of the last success as it is."""
    for one in outcomes:
        labels = {"scope": one.scope, "target": one.target}
        measure("skerry_backup_last_run_success", labels, int(one.good))
        if one.good:
            measure("skerry_backup_last_success_timestamp_seconds", labels, time.time())
            measure("skerry_backup_duration_seconds", labels, one.seconds)
            measure("skerry_backup_stored_bytes", labels, one.size)


def tell(settings: Settings, kind: str, good: bool, details: Mapping[str, Any]) -> None:
    """Write an event, and where it is bad news send it to the alert address. Never raises: the job's verdict stands."""
    event = {"kind": kind, "good": good, "host": settings.host, "at": stamp(time.time()), **details}
    with contextlib.suppress(OSError):
        directory = STATE / "events"
        write(directory / f"{time.time_ns()}-{kind}.json", json.dumps(event, indent=1) + "\n")
        for old in sorted(directory.glob("*.json"))[:-KEPT_EVENTS]:
            old.unlink(missing_ok=True)
    if good or not settings.alert_url:
        return
    request = urllib.request.Request(  # noqa: S310 - the operator's own address
        settings.alert_url, json.dumps(event).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=10):  # noqa: S310
            pass
    except (OSError, ValueError) as error:
        say(f"the alert could not be sent: {error}")


def failures(outcomes: list[Outcome]) -> list[dict[str, Any]]:
    """Return the outcomes that are bad, for an event."""
    return [asdict(one) for one in outcomes if not one.good]


def stamp(seconds: float) -> str:
    """Return a time in UTC, to the second."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def size(count: float) -> str:
    """Return a number of bytes for people."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
