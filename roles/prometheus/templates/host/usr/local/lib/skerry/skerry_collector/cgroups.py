"""What a container uses, read from the kernel's files: control groups of version 1 or 2."""

from __future__ import annotations

from pathlib import Path

PLACES = ("docker/{}", "system.slice/docker-{}.scope")
"""Where the engine puts a container's group, with its own driver and with systemd's."""

UNLIMITED = 1 << 60
"""More bytes than any machine has: version 1 says so where there is no limit."""


class Cgroups:
    """The control groups of containers. Every answer is None where the group is gone: containers end at any time."""

    def __init__(self, root: str = "/sys/fs/cgroup") -> None:
        self._root = Path(root)
        self._unified = (self._root / "cgroup.controllers").exists()

    def cpu_seconds(self, identifier: str) -> float | None:
        """Return the CPU time used since the container's start."""
        if self._unified:
            used = _fields(self._file("", identifier, "cpu.stat")).get("usage_usec")
            return None if used is None else used / 1e6
        for controller in ("cpuacct", "cpu,cpuacct"):
            text = self._file(controller, identifier, "cpuacct.usage")
            if text:
                return int(text) / 1e9
        return None

    def memory(self, identifier: str) -> tuple[int, int] | None:
        """Return bytes in use, as `docker stats` without page cache that may go at once, and the limit, or 0."""
        usage, limit, cache = (
            ("memory.current", "memory.max", "inactive_file")
            if self._unified
            else ("memory.usage_in_bytes", "memory.limit_in_bytes", "total_inactive_file")
        )
        controller = "" if self._unified else "memory"
        used = self._file(controller, identifier, usage)
        if not used:
            return None
        droppable = _fields(self._file(controller, identifier, "memory.stat")).get(cache, 0)
        most = self._file(controller, identifier, limit).strip()
        bound = int(most) if most.isdigit() else 0
        return max(0, int(used) - droppable), bound if bound < UNLIMITED else 0

    def oom_kills(self, identifier: str) -> int | None:
        """Return how many processes the kernel killed for want of memory since the container's start."""
        controller, name = ("", "memory.events") if self._unified else ("memory", "memory.oom_control")
        return _fields(self._file(controller, identifier, name)).get("oom_kill")

    def _file(self, controller: str, identifier: str, name: str) -> str:
        for place in PLACES:
            try:
                return (self._root / controller / place.format(identifier) / name).read_text()
            except OSError:
                continue
        return ""


def _fields(text: str) -> dict[str, int]:
    """Return lines of a name and a number as a dict."""
    pairs = (line.split() for line in text.splitlines())
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2 and pair[1].isdigit()}
