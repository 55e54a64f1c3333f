"""Updates that wait, and whether a reboot does: looked at when files changed, for asking apt takes a second of CPU."""

from __future__ import annotations

import re
import subprocess
import time
from collections import Counter
from pathlib import Path

from .output import Sample

WATCHED = tuple(map(Path, ("/var/lib/apt/lists", "/var/lib/dpkg/status", "/run/reboot-required")))
SETTLED_SECONDS = 30
"""An upgrade changes the files many times: they are looked at once they rest."""

UPGRADE = re.compile(r"Inst \S+ \[[^]]*\] \(\S+ (?P<origin>.+?) \[[a-z0-9-]+\]\)")
COMMAND = ["apt-get", "--just-print", "--option", "Debug::NoLocking=true", "dist-upgrade"]


class Host:
    """Remembers what it told last."""

    def __init__(self) -> None:
        self._told: tuple[float, ...] | None = None

    def changed(self) -> list[Sample] | None:
        """Return the host's metrics, None where nothing changed since the last time (or something just now)."""
        stamps = tuple(path.stat().st_mtime if path.exists() else 0.0 for path in WATCHED)
        if stamps == self._told or (self._told is not None and time.time() - max(stamps) < SETTLED_SECONDS):
            return None
        self._told = stamps
        try:
            done = subprocess.run(COMMAND, capture_output=True, text=True, check=False, timeout=120)
        except (OSError, subprocess.TimeoutExpired):
            return None
        samples: list[Sample] = [("node_reboot_required", {}, int(WATCHED[-1].exists()))]
        return samples + pending(done.stdout)


def pending(printed: str) -> list[Sample]:
    """Return the number of updates by origin, as in Debian-Security:13/stable-security, from apt's simulation.

    Where none waits, one sample says so: nothing at all would look like a collector that is gone.
    """
    origins = Counter(match["origin"] for match in map(UPGRADE.match, printed.splitlines()) if match)
    return [("apt_upgrades_pending", {"origin": origin}, count) for origin, count in sorted(origins.items())] or [
        ("apt_upgrades_pending", {"origin": ""}, 0)
    ]
