"""What decides what a run of site.yml comes to, apart from the hosts: as digests, to tell it from another's."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

CODE = (
    "site.yml", "ansible.cfg", "playbooks", "roles", "filter_plugins", "action_plugins", "library", "module_utils",
    "callback_plugins",
)  # fmt: skip
"""What a run reads of the repository."""
LARGEST = 1 << 20  # bytes of a file named by a variable that counts by its content: a certificate, not an archive

LONGEST = 1024  # characters of what may be a path; the system refuses to look at longer ones


def digest(values: Any) -> str:
    """Return a digest of variables' values, and of the content of the files that they name by an absolute path."""
    found = hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode())
    for path in sorted(set(_paths(values))):
        found.update(f"\0{path}\0".encode() + Path(path).read_bytes())
    return found.hexdigest()


def _paths(value: Any) -> Iterator[str]:
    """Yield the texts anywhere in `value` that are the path of a file of moderate size."""
    if isinstance(value, dict):
        value = value.values()
    if isinstance(value, str):
        if value.startswith("/") and len(value) < LONGEST and (path := Path(value)).is_file():
            yield from [value] if path.stat().st_size <= LARGEST else []
    elif isinstance(value, Iterable) and not isinstance(value, bytes):
        for one in value:
            yield from _paths(one)


def files_digest(places: Iterable[str | Path]) -> str:
    """Return a digest of the names and the content of all files at and below `places`; what is not there counts too."""
    found = hashlib.sha256()
    for place in places:
        for path in _files(Path(place)):
            found.update(f"\0{path}\0".encode() + (path.read_bytes() if path.is_file() else b""))
    return found.hexdigest()


def _files(place: Path) -> Iterator[Path]:
    """Yield the files below a directory in a fixed order, without Python's compiled ones; or the path itself."""
    if not place.is_dir():
        yield place
        return
    for directory, below, names in os.walk(place):
        below[:] = sorted(name for name in below if name != "__pycache__")
        yield from (Path(directory, name) for name in sorted(names))
