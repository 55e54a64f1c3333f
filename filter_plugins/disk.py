"""Disk shares: how much of the host's disk a service may fill."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

GIB = 1024**3
LEAST, MOST = 1, 50
"""In GiB. 15 days of 5,000 series each 15 s are 430 million samples, 1 to 2 bytes each by Prometheus's own figure."""


def disk_share(mounts: Sequence[Mapping[str, Any]], part: float, path: str = "/var/lib/docker") -> str:
    """Return a part of the filesystem that holds `path`, in whole GiB such as ``4GB``.

    Of its size, not of what is free, which changes with each run. mounts: the fact of Ansible; empty counts as small.
    """
    above = [one for one in mounts if path == one["mount"] or path.startswith(one["mount"].rstrip("/") + "/")]
    size = max(above, key=lambda one: len(one["mount"])).get("size_total", 0) if above else 0
    return f"{max(LEAST, min(MOST, int(size * part / GIB)))}GB"


class FilterModule:
    """Register the filter with Ansible."""

    def filters(self) -> dict[str, Any]:
        """Return the filters by name."""
        return {"disk_share": disk_share}
