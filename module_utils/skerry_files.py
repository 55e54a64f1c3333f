"""The files below a directory of the controller, as the action plugins send and compare them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

# What tools leave behind beside sources, and git's way to keep an empty directory.
IGNORED = frozenset(("__pycache__", ".mypy_cache", ".ruff_cache", ".gitkeep", ".DS_Store"))


def below(root: Path) -> Iterator[Path]:
    """Yield the files and links below `root` in a fixed order; `root` itself where it is no directory.

    A link to a directory is one path, and is not gone into.
    """
    if not root.is_dir():
        yield root
        return
    for directory, directories, names in os.walk(root):
        directories[:] = sorted(set(directories) - IGNORED)
        links = [name for name in directories if Path(directory, name).is_symlink()]
        yield from (Path(directory, name) for name in sorted({*names, *links} - IGNORED))
