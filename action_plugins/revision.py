"""The controller's half of the revision plugin: name files by their hash, and send them where missing."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import ansible.module_utils
from ansible.errors import AnsibleActionFail

ansible.module_utils.__path__.append(str(Path(__file__).parents[1] / "module_utils"))

from ansible.module_utils.skerry.payload import Entry, pack  # noqa: E402
from ansible.module_utils.skerry_files import below  # noqa: E402
from ansible.module_utils.skerry_host import HostAction  # noqa: E402


class ActionModule(HostAction):  # type: ignore[misc]
    """Compares one hash with the host's; the files travel only where it has not got them."""

    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the host's result."""
        super().run(tmp, task_vars)
        _, options = self.validate_argument_spec(
            {
                "src": {"type": "path", "required": True},
                "paths": {"type": "list", "elements": "str", "required": True},
                "dest": {"type": "path", "default": "/opt/skerry"},
            }
        )
        entries = list(_entries(Path(options["src"]), options["paths"]))
        asked = {"dest": options["dest"], "digest": _digest(entries), "parcel": ""}
        result: dict[str, Any] = self.on_host("revision", asked, task_vars or {})
        if result.pop("wanted", False):
            result = self.on_host("revision", {**asked, "parcel": pack(entries)}, task_vars or {}, kept=False)
        return result


def _entries(root: Path, paths: Iterable[str]) -> Iterable[Entry]:
    """Return the files and links below the paths, in a stable order, without what tools leave beside sources."""
    for path in sorted(paths):
        start = root / path
        if not start.exists():
            raise AnsibleActionFail(f"paths: {start} does not exist")
        yield from (_entry(root, file) for file in below(start))


def _entry(root: Path, file: Path) -> Entry:
    name = file.relative_to(root).as_posix()
    if file.is_symlink():
        return Entry(name, os.fsencode(file.readlink()), kind="link")
    executable = bool(file.stat().st_mode & stat.S_IXUSR)
    return Entry(name, file.read_bytes(), mode=0o755 if executable else 0o644)


def _digest(entries: Iterable[Entry]) -> str:
    """Return 16 hex digits of the SHA-256 of all names, modes and contents."""
    digest = hashlib.sha256()
    for entry in entries:
        digest.update(f"{entry.path}\0{entry.kind}\0{entry.mode}\0{len(entry.content)}\0".encode() + entry.content)
    return digest.hexdigest()[:16]
