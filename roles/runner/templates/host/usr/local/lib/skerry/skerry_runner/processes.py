"""The processes of a control group, and how to end them all. systemd gives each job one; nothing forks out of it."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
STEP = 0.2
AFTER_KILL = 5.0
"""Seconds; the kernel ends a killed process at once unless it waits for a device."""


def own_group() -> Path:
    """Return the directory of this process's control group; on hosts with the old hierarchies, systemd's own."""
    rows = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines()]
    if (ROOT / "cgroup.controllers").exists():
        return ROOT / next(path for number, _, path in rows if number == "0").lstrip("/")
    return ROOT / "systemd" / next(path for _, name, path in rows if name == "name=systemd").lstrip("/")


def members(group: Path) -> set[int]:
    """Return the ids of the group's processes and of those in groups below it; none where the group is gone."""
    found: set[int] = set()
    try:
        for file in group.rglob("cgroup.procs"):
            found |= {int(line) for line in file.read_text().split()}
    except OSError:  # it, or a group below it, ended meanwhile
        return found
    return found


def end(group: Path, patience: float) -> dict[str, list[str]]:
    """End all processes of the group but this one, and say by name which were killed, and which are left even so.

    patience: seconds that they get to put in order what they hold before they are killed.
    """
    _signal(group, signal.SIGTERM)
    _wait(group, patience)
    killed = _names(group)
    _signal(group, signal.SIGKILL)
    _wait(group, AFTER_KILL)
    return {"killed": killed, "left": _names(group)}


def others(group: Path) -> set[int]:
    """Return the group's processes but this one."""
    return members(group) - {os.getpid()}


def _signal(group: Path, number: int) -> None:
    for process in others(group):
        try:
            os.kill(process, number)
        except ProcessLookupError:
            continue


def _wait(group: Path, seconds: float) -> None:
    until = time.monotonic() + seconds
    while any(_runs(process) for process in others(group)) and time.monotonic() < until:
        time.sleep(STEP)


def _names(group: Path) -> list[str]:
    return sorted(f"{_name(process)} ({process})" for process in others(group) if _runs(process))


def _runs(process: int) -> bool:
    """Whether it has not ended; one whose parent has not asked for its exit code has."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _name(process: int) -> str:
    try:
        return Path(f"/proc/{process}/comm").read_text().strip()
    except OSError:
        return "?"
