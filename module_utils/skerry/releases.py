"""A stack's directory on the host: immutable releases, which of them is current, and what is known to be good.

    <base>/<stack>/lock                see lock.py
                  /state.json          the good release, its service specs, and the attempt under way
                  /current  -> releases/<id>
                  /previous -> releases/<id>
                  /releases/<id>/...   stack.yml and the files beside it

Each step is one atomic rename, and the attempt is written down before the first of them, so a run that dies at any
moment leaves a state from which the next run knows what was good and that something was left unfinished.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .payload import Entry

SECRETS = "secrets/"


@dataclass
class State:
    """What outlives a run. `release` is None until a deployment has succeeded; `specs` are the engine's, by service."""

    release: str | None = None
    specs: dict[str, Any] = field(default_factory=dict)
    attempt: str | None = None
    adopted: bool = False  # services of this name ran before the first attempt: never remove them


class Releases:
    """The directory of one stack."""

    def __init__(self, base: str, stack: str) -> None:
        self.root = Path(base) / stack
        self.current = self.root / "current"
        self.stack_file = self.current / "stack.yml"

    def read_state(self) -> State:
        """Return the recorded state; an empty one where there is none or it cannot be read."""
        try:
            return State(**json.loads((self.root / "state.json").read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return State()

    def write_state(self, state: State) -> None:
        """Record the state; it holds environments of services, so only root may read it."""
        part = self.root / "state.json.part"
        write_file(part, json.dumps(asdict(state), indent=1).encode(), 0o600)
        part.replace(self.root / "state.json")
        sync_directory(self.root)

    def current_release(self) -> str | None:
        """Return the id of the release that `current` points to."""
        try:
            return self.current.readlink().name
        except OSError:
            return None

    def read_current(self) -> dict[str, tuple[bytes, int]]:
        """Return content and mode of each file below `current`."""
        return _read(self.current.resolve())

    def read_good(self) -> dict[str, bytes]:
        """Return content of each file of the release that is known to be good; none where there is no such release."""
        return {path: content for path, (content, _) in self._good().items()}

    def good_entries(self) -> list[Entry]:
        """Return the same files, to be deployed again."""
        return [
            Entry(path, content, mode=mode, secret=path.startswith(SECRETS))
            for path, (content, mode) in sorted(self._good().items())
        ]

    def _good(self) -> dict[str, tuple[bytes, int]]:
        release = self.read_state().release
        return _read(self.root / "releases" / release) if release else {}

    def secrets(self) -> list[bytes]:
        """Return the contents of all secret files on disk, those of earlier releases too."""
        return [path.read_bytes() for path in self.root.glob("releases/*/secrets/**/*") if path.is_file()]

    def add(self, entries: Iterable[Entry]) -> str:
        """Write a new release, not yet current, and return its id."""
        release = f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{os.getpid()}"
        part = self.root / "releases" / f"{release}.part"
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True, mode=0o700)
        for entry in entries:
            path = part / entry.path
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
            write_file(path, entry.content, entry.mode)
        for directory, _, _ in os.walk(part):
            sync_directory(Path(directory))
        part.rename(part.with_suffix(""))
        sync_directory(part.parent)
        return release

    def activate(self, release: str) -> None:
        """Make a release current, in one rename."""
        self._point("current", release)

    def keep(self, release: str, previous: str | None) -> None:
        """Let `previous` point to what was good before, and delete all other releases."""
        kept = {release, previous}
        if previous and previous != release:
            self._point("previous", previous)
        else:
            kept.add(self._target("previous"))
        for path in (self.root / "releases").iterdir():
            if path.name not in kept:
                shutil.rmtree(path, ignore_errors=True)

    def has(self, release: str | None) -> bool:
        """Whether the release is still on disk."""
        return release is not None and (self.root / "releases" / release / "stack.yml").is_file()

    def known(self) -> bool:
        """Whether there is anything of the stack but its lock."""
        return any((self.root / name).exists() for name in ("current", "state.json", "releases"))

    def forget(self) -> None:
        """Delete everything but the lock: the stack does not exist any more."""
        for name in ("current", "previous", "state.json"):
            (self.root / name).unlink(missing_ok=True)
        shutil.rmtree(self.root / "releases", ignore_errors=True)

    def _target(self, link: str) -> str | None:
        try:
            return (self.root / link).readlink().name
        except OSError:
            return None

    def _point(self, link: str, release: str) -> None:
        part = self.root / f"{link}.part"
        part.unlink(missing_ok=True)
        part.symlink_to(Path("releases") / release)
        part.replace(self.root / link)
        sync_directory(self.root)


def _read(root: Path) -> dict[str, tuple[bytes, int]]:
    found = {}
    for directory, _, names in os.walk(root):
        for name in names:
            path = Path(directory, name)
            found[path.relative_to(root).as_posix()] = (path.read_bytes(), path.stat().st_mode & 0o7777)
    return found


def write_file(path: Path, content: bytes, mode: int) -> None:
    """Write a new file with its mode from the first byte on, and wait until the disk has it."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, mode)
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def replace_file(path: Path, content: bytes, mode: int) -> None:
    """Give a file that others read another content, in one rename."""
    part = path.with_name(f"{path.name}.part")
    write_file(part, content, mode)
    part.replace(path)


def sync_directory(path: Path) -> None:
    """Wait until the disk has the directory's entries."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
