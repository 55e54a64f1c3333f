"""Apply a rendered directory to a host: compare everything, validate everything, then swap file by file.

A file is never seen half-written: it is completed beside its place and renamed over it. Nothing is swapped before each
changed file has passed its check and has been written in full, so a refused or a full disk changes nothing.
"""

from __future__ import annotations

import grp
import os
import pwd
import shlex
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .differences import Difference
from .payload import Entry
from .releases import sync_directory, write_file


class TreeError(Exception):
    """The tree cannot be applied and nothing has been changed; the text says what to do."""


@dataclass(frozen=True)
class Change:
    """An entry that the host has not got as wanted: `replace` when content or kind differ, else owner or mode do."""

    entry: Entry
    difference: Difference
    replace: bool


class HostTree:
    """The host's files below `destination`."""

    def __init__(self, destination: str) -> None:
        self.destination = Path(destination)

    def compare(self, entries: Sequence[Entry]) -> list[Change]:
        """Return what differs, in the order of `entries`."""
        return [change for entry in entries if (change := self._compare(entry))]

    def check(self, changes: Sequence[Change]) -> None:
        """Raise TreeError where a change must not be made: an unknown owner, or a file that its own check refuses."""
        for change in changes:
            for name, lookup in ((change.entry.owner, _uid), (change.entry.group, _gid)):
                if lookup(name) is None:
                    raise TreeError(f"{change.entry.path}: this host has no user or group {name}; create it first")
        _validate([change.entry for change in changes if change.replace and change.entry.validate])

    def apply(self, changes: Sequence[Change]) -> list[str]:
        """Make changes that have been checked, and return the backups that were kept."""
        replaced = [change.entry for change in changes if change.replace]
        for entry in sorted((entry for entry in replaced if entry.kind == "directory"), key=lambda item: item.path):
            _make_directories(self._place(entry))
        staged = [(self._stage(entry), entry) for entry in replaced if entry.kind in ("file", "link")]
        backups = [backup for part, entry in staged if (backup := self._swap(part, entry))]
        for change in changes:
            if change.entry.kind == "absent":
                _remove(self._place(change.entry))
            elif change.entry.kind != "link":
                _own(self._place(change.entry), change.entry)
        return backups

    def _place(self, entry: Entry) -> Path:
        return self.destination / entry.path

    def _compare(self, entry: Entry) -> Change | None:
        place = self._place(entry)
        name = str(place)
        try:
            found = place.stat() if entry.kind == "directory" else place.lstat()
        except (FileNotFoundError, NotADirectoryError):
            if entry.kind == "absent":
                return None
            after = entry.content if entry.kind == "file" else None
            notes = [] if entry.kind == "file" else [f"{entry.kind} added"]
            return Change(entry, Difference(name, None, after, entry.secret, notes), replace=True)
        if entry.kind == "absent":
            return Change(entry, Difference(name, notes=["exists, will be removed"]), replace=True)
        if entry.kind != "directory" and stat.S_ISDIR(found.st_mode):
            raise TreeError(f"{name} is a directory; move it away first")
        if entry.kind == "link":
            target, wanted = str(place.readlink()) if place.is_symlink() else "(no link)", os.fsdecode(entry.content)
            difference = Difference(name, notes=[f"link {target} → {wanted}"])
            return None if target == wanted else Change(entry, difference, replace=True)
        fits = stat.S_ISDIR(found.st_mode) if entry.kind == "directory" else stat.S_ISREG(found.st_mode)
        if entry.kind == "directory" and not fits:
            raise TreeError(f"{name} is no directory; move it away first")
        before = place.read_bytes() if fits and entry.kind == "file" else None
        notes = _metadata(found, entry) if fits else ["is no regular file, will be replaced"]
        replace = entry.kind == "file" and before != entry.content
        if not replace and not notes:
            return None
        after = entry.content if entry.kind == "file" else None
        return Change(entry, Difference(name, before, after, entry.secret, notes), replace)

    def _stage(self, entry: Entry) -> Path:
        """Write an entry in full beside its place, under a name that no program reads."""
        place = self._place(entry)
        _make_directories(place.parent)
        part = place.with_name(f".{place.name}.skerry-part")
        part.unlink(missing_ok=True)
        if entry.kind == "link":
            part.symlink_to(os.fsdecode(entry.content))
        else:
            write_file(part, entry.content, entry.mode & 0o700)
            _own(part, entry)
        return part

    def _swap(self, part: Path, entry: Entry) -> str:
        place = self._place(entry)
        backup = ""
        if entry.backup and place.is_file():
            backup = f"{place}.{time.strftime('%Y-%m-%d@%H:%M:%S')}~"
            shutil.copy2(place, backup)
        part.replace(place)
        sync_directory(place.parent)
        return backup


def _metadata(found: os.stat_result, entry: Entry) -> list[str]:
    notes = []
    mode = stat.S_IMODE(found.st_mode)
    if mode != entry.mode:
        notes.append(f"mode {mode:04o} → {entry.mode:04o}")
    if found.st_uid != _uid(entry.owner):
        notes.append(f"owner {found.st_uid} → {entry.owner}")
    if found.st_gid != _gid(entry.group):
        notes.append(f"group {found.st_gid} → {entry.group}")
    return notes


def _validate(entries: Sequence[Entry]) -> None:
    """Run each entry's check on a copy that has its real name. Raises TreeError with what the check said."""
    with tempfile.TemporaryDirectory(prefix="skerry-") as folder:
        for number, entry in enumerate(entries):
            place = Path(folder, str(number), Path(entry.path).name)
            place.parent.mkdir()
            write_file(place, entry.content, entry.mode)
            _own(place, entry)
            command = [word.replace("%s", str(place)) for word in shlex.split(entry.validate)]
            try:
                done = subprocess.run(command, capture_output=True, text=True, check=False)
            except OSError as error:
                raise TreeError(f"{entry.path}: its check cannot run: {error}") from error
            if done.returncode:
                said = (done.stderr + done.stdout).replace(str(place), entry.path).strip()
                verdict = f"{entry.path} is refused by `{entry.validate}` (exit code {done.returncode})"
                raise TreeError(f"{verdict}: {said or 'no output'}\nNo file of this task was changed.")


def _make_directories(place: Path) -> None:
    """Make a directory and its parents, readable for all whatever the umask is."""
    if place.is_dir():
        return
    _make_directories(place.parent)
    place.mkdir()
    place.chmod(0o755)


def _remove(place: Path) -> None:
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)


def _own(place: Path, entry: Entry) -> None:
    """Give a file its owner and then its mode: a change of owner clears the set-user-id bit."""
    os.chown(place, _uid(entry.owner) or 0, _gid(entry.group) or 0)
    place.chmod(entry.mode)


def _uid(name: str) -> int | None:
    try:
        return int(name) if name.isdigit() else pwd.getpwnam(name).pw_uid
    except KeyError:
        return None


def _gid(name: str) -> int | None:
    try:
        return int(name) if name.isdigit() else grp.getgrnam(name).gr_gid
    except KeyError:
        return None
