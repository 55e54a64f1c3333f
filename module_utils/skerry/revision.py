"""The host's half of the revision plugin: a directory of files under the hash of their content, and which is current.

    <dest>/revisions/<digest>/...
          /current -> revisions/<digest>

A revision is whole or not there: it is unpacked beside its place and renamed into it. What runs from an older one goes
on, for the newest few are kept.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from .differences import Difference
from .host import Call
from .payload import Entry, unpack

KEPT = 3


def run(call: Call) -> dict[str, Any]:
    """Make a revision current. Returns `wanted` where it is not on the host and did not come along."""
    root, digest = Path(call.options["dest"]), str(call.options["digest"])
    place, current = root / "revisions" / digest, root / "current"
    before = current.readlink().name if current.is_symlink() else "none"
    if before == digest and place.is_dir():
        return {"changed": False, "path": str(place)}
    result: dict[str, Any] = {"changed": True, "path": str(place)}
    if call.diff:
        result["diff"] = [Difference(str(current), notes=[f"revision {before} → {digest}"]).as_diff()]
    if call.check:
        return result
    if not place.is_dir():
        if not call.options["parcel"]:
            return {"wanted": True}
        _install(unpack(call.options["parcel"]), place)
    _point(current, place)
    _prune(place)
    return result


def _install(entries: list[Entry], place: Path) -> None:
    part = place.with_name(f".{place.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    for entry in entries:
        file = part / entry.path
        file.parent.mkdir(parents=True, exist_ok=True)
        if entry.kind == "link":
            file.symlink_to(os.fsdecode(entry.content))
        else:
            file.write_bytes(entry.content)
            file.chmod(entry.mode)
    for directory, _, _ in os.walk(part):
        Path(directory).chmod(0o755)  # whatever the umask is
    os.sync()  # once for hundreds of files: a power cut must not leave empty ones under a name that says they are whole
    part.rename(place)


def _point(current: Path, place: Path) -> None:
    part = current.with_name(f".{current.name}.part")
    part.unlink(missing_ok=True)
    part.symlink_to(Path(place.parent.name, place.name))
    part.replace(current)
    os.utime(place)


def _prune(place: Path) -> None:
    known = sorted(place.parent.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in known[KEPT:]:
        shutil.rmtree(path, ignore_errors=True)
