"""What decides what a run of site.yml comes to, apart from the hosts: as digests, to tell it from another's."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ansible.module_utils.skerry_files import below

CODE = (
    "site.yml", "ansible.cfg", "playbooks", "roles", "filter_plugins", "action_plugins", "library", "module_utils",
    "callback_plugins",
)  # fmt: skip
"""What a run reads of the repository."""
LARGEST = 1 << 20  # bytes of a file named by a variable that counts by its content: a certificate, not an archive

LONGEST = 1024  # characters of what may be a path; the system refuses to look at longer ones


def digest(values: Any) -> str:
    """Return a digest of variables' values, and of the content of the files that they name."""
    found = hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode())
    for path in sorted(set(_paths(values))):
        found.update(f"\0{path}\0".encode() + Path(path).read_bytes())
    return found.hexdigest()


def _paths(value: Any) -> Iterator[str]:
    """Yield the texts anywhere in `value` that are the path of a file of moderate size."""
    if isinstance(value, dict):
        value = value.values()
    if isinstance(value, str):
        # A relative path counts from the working directory, as in Ansible's test `file`.
        if 0 < len(value) < LONGEST and "\0" not in value and (path := Path(value)).is_file():
            yield from [value] if path.stat().st_size <= LARGEST else []
    elif isinstance(value, Iterable) and not isinstance(value, bytes):
        for one in value:
            yield from _paths(one)


def files_digest(places: Iterable[str | Path]) -> str:
    """Return a digest of the names and the content of all files at and below `places`; what is not there counts too."""
    found = hashlib.sha256()
    for place in places:
        for path in below(Path(place)):
            found.update(f"\0{path}\0".encode() + (path.read_bytes() if path.is_file() else b""))
    return found.hexdigest()
