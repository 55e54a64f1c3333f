"""The inventory as files on the host, so that a backup holds what a new host is made from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

NAMES = ("*.yml", "*.yaml", "*.ini", "hosts")
LARGEST = 1_000_000
"""Bytes; an inventory's file is far smaller, and what is larger is none of it."""


def inventory_files(directory: str, destination: str) -> dict[str, dict[str, Any]]:
    """Return the inventory's files as options of the tree plugin, below ``destination``.

    They are read as they are: a file that ansible-vault has encrypted stays encrypted, where a lookup would open it.
    """
    root = Path(directory)
    found = sorted({path for name in NAMES for path in root.rglob(name) if path.is_file() and not path.is_symlink()})
    return {
        f"{destination}/{path.relative_to(root)}": {"content": path.read_text(), "mode": "0600", "secret": True}
        for path in found
        if path.stat().st_size <= LARGEST
    }


class FilterModule:
    """Register the filter with Ansible."""

    def filters(self) -> dict[str, Any]:
        """Return the filters by name."""
        return {"inventory_files": inventory_files}
