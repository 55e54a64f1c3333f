"""The releases of an app that have run well on this host, with the digests of their images: what can be gone back to.

/var/lib/skerry/releases/<app>.json    the last KEPT, by when they were deployed; the last one runs
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from .references import digest
from .releases import write_file

STATE = Path("/var/lib/skerry")
KEPT = 20


class UnknownReleaseError(Exception):
    """There is no such release to go back to; the text says which there are."""


@dataclass(frozen=True)
class Release:
    """A release that was deployed well: the image of each following service, when (seconds since the epoch), by whom.

    `left` is true from when somebody rolled back from it, until it is deployed again.
    """

    name: str
    images: dict[str, str]
    since: float
    owner: str = ""
    message: str = ""
    left: bool = False

    def is_called(self, name: str) -> bool:
        """Whether this is its name, or the digest of one of its images."""
        return name == self.name or name in [digest(image) for image in self.images.values()]


class ReleaseLog:
    """The good releases of one app."""

    def __init__(self, app: str, state: Path = STATE) -> None:
        self.file = state / "releases" / f"{app}.json"

    def read(self) -> list[Release]:
        """Return the releases, the one that runs last; none where the file is not there or broken."""
        return self._load()[1]

    def inventory(self) -> str:
        """Return the release that the inventory named when the running one was noted; empty where that is not known."""
        return self._load()[0]

    def note(
        self, name: str, images: Mapping[str, str], inventory: str = "", *, owner: str = "", message: str = ""
    ) -> None:
        """Note that this release runs while the inventory names that one; nothing is written where that is known."""
        said, known = self._load()
        if known and (known[-1].name, known[-1].images) == (name, dict(images)):
            if said != inventory:
                self._write(inventory, known)
            return
        others = [one for one in known if (one.name, one.images) != (name, dict(images))]
        self._write(inventory, [*others, Release(name, dict(images), round(time.time(), 1), owner, message)])

    def leave(self) -> None:
        """Note that the release that runs is to be left, so that no later rollback goes to it by itself."""
        inventory, known = self._load()
        if known:
            self._write(inventory, [*known[:-1], replace(known[-1], left=True)])

    def target(self, name: str = "") -> Release:
        """Return the release to go back to: the newest of this name, or the one before that nobody rolled back from.

        Raises UnknownReleaseError.
        """
        known = self.read()
        before, running = known[:-1], known[-1:]
        found = [one for one in before if (one.is_called(name) if name else not one.left)]
        if not found and name:
            found = [one for one in running if one.is_called(name)]
        if found:
            return found[-1]
        kept = ", ".join(one.name for one in reversed(before)) or "none"
        wanted = f"no release {name} is kept" if name else "there is no earlier release that ran well"
        raise UnknownReleaseError(f"{wanted}; to go back to there are: {kept}")

    def forget(self) -> None:
        """Delete the log: the app does not exist any more."""
        self.file.unlink(missing_ok=True)

    def _load(self) -> tuple[str, list[Release]]:
        try:
            found = json.loads(self.file.read_text())
            return str(found["inventory"]), [Release(**row) for row in found["releases"]]
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return "", []

    def _write(self, inventory: str, releases: list[Release]) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        part = self.file.with_name(f"{self.file.name}.part")
        content = {"inventory": inventory, "releases": [asdict(one) for one in releases[-KEPT:]]}
        text = json.dumps(content, indent=1)
        write_file(part, text.encode(), 0o600)
        part.replace(self.file)
