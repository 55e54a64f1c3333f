"""Systemd units that are to be enabled and running, asked of systemd in one call."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from .differences import Difference

# A unit without an [Install] section, or one that a generator made, cannot be enabled and need not be.
ENABLED = ("enabled", "enabled-runtime", "static", "indirect", "generated", "alias", "transient")
ACTIVE = ("active", "activating", "reloading", "refreshing")
UNIT_FOLDERS = (
    "/etc/systemd/system/",
    "/usr/lib/systemd/system/",
    "/usr/local/lib/systemd/system/",
    "/run/systemd/system/",
)
PROPERTIES = "LoadState,ActiveState,UnitFileState,Type,RemainAfterExit,NeedDaemonReload"
LOG_LINES = "20"


class UnitError(Exception):
    """A unit could not be enabled or started; the text has its last log lines."""


@dataclass(frozen=True)
class Unit:
    """A unit as systemd sees it."""

    name: str
    found: bool
    enabled: bool
    active: bool
    outdated: bool  # its file is newer than what systemd has read

    def difference(self) -> Difference | None:
        """Return what is to be done with it, None when nothing is."""
        notes = []
        if not self.enabled:
            notes.append("is not enabled, will be")
        if not self.active:
            notes.append("is not running, will be started")
        return Difference(f"unit {self.name}", notes=notes) if notes else None


def read(names: Sequence[str]) -> list[Unit]:
    """Ask systemd for the units' states, in one call. Raises UnitError where systemd does not answer."""
    if not names:
        return []
    answer = _systemctl("show", f"--property={PROPERTIES}", *names)
    blocks = answer.strip("\n").split("\n\n")
    if len(blocks) != len(names):
        raise UnitError(f"systemd gave {len(blocks)} answers for {len(names)} units: {', '.join(names)}")
    return [_unit(name, block) for name, block in zip(names, blocks, strict=True)]


def concern_systemd(paths: Sequence[str]) -> bool:
    """Whether any of the changed paths is part of a unit, so that systemd must read its files again."""
    return any(f"/{path}".startswith(UNIT_FOLDERS) for path in paths)


def reload() -> None:
    """Let systemd read its unit files again. Raises UnitError."""
    _systemctl("daemon-reload")


def ensure(units: Sequence[Unit]) -> None:
    """Enable and start what is not. Raises UnitError."""
    if any(unit.outdated for unit in units):
        reload()
    enable = [unit.name for unit in units if not unit.enabled]
    start = [unit.name for unit in units if not unit.active]
    if enable:
        _systemctl("enable", "--quiet", *enable)
    for name in start:
        try:
            _systemctl("start", name)
        except UnitError as error:
            raise UnitError(f"{error}\nIts last log lines:\n{_log(name)}") from error


def _unit(name: str, block: str) -> Unit:
    values = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
    found = values.get("LoadState") == "loaded"
    # Such a unit does its work and ends; that it is not active says nothing.
    passing = values.get("Type") == "oneshot" and values.get("RemainAfterExit") == "no"
    enabled = found and values.get("UnitFileState") in ENABLED
    return Unit(
        name=name,
        found=found,
        enabled=enabled,
        active=found and (values.get("ActiveState") in ACTIVE or (passing and enabled)),
        outdated=values.get("NeedDaemonReload") == "yes",
    )


def _systemctl(*arguments: str) -> str:
    try:
        done = subprocess.run(["systemctl", *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise UnitError("this host has no systemd, so `units` cannot be looked after") from error
    if done.returncode:
        raise UnitError(f"`systemctl {' '.join(arguments)}` failed: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def _log(name: str) -> str:
    command = ["journalctl", "--unit", name, "--lines", LOG_LINES, "--output", "cat", "--no-pager"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
