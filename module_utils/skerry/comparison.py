"""What a run would change: the wanted files against the disk, the recorded services against the engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import drift
from .differences import Difference
from .payload import Entry
from .releases import State


@dataclass(frozen=True)
class Comparison:
    """`files` and `services` differ from what is wanted; `unfinished` names an attempt that never came to its end."""

    files: list[Difference] = field(default_factory=list)
    services: list[Difference] = field(default_factory=list)
    unfinished: str | None = None

    @property
    def changed(self) -> bool:
        """Whether anything is to be done."""
        return bool(self.files or self.services or self.unfinished)

    def all(self) -> list[Difference]:
        """Return every difference, for --diff."""
        unfinished = [Difference("deployment", notes=[f"{self.unfinished} was interrupted, will be done again"])]
        return self.files + self.services + (unfinished if self.unfinished else [])


def compare(
    entries: Sequence[Entry],
    disk: Mapping[str, tuple[bytes, int]],
    state: State,
    running: Mapping[str, Any],
) -> Comparison:
    """Compare what is wanted with what is. `running` are the engine's comparable specs by service name."""
    known = state.release is not None
    drifted = drift.describe(state.specs, running) if known else {}
    return Comparison(
        files=list(_files(entries, disk)),
        services=[Difference(f"service {name}", notes=lines) for name, lines in drifted.items()],
        unfinished=state.attempt,
    )


def _files(entries: Sequence[Entry], disk: Mapping[str, tuple[bytes, int]]) -> list[Difference]:
    found = []
    wanted = {entry.path: entry for entry in entries}
    for path, entry in wanted.items():
        content, mode = disk.get(path, (None, entry.mode))
        notes = [] if mode == entry.mode else [f"mode {mode:04o} → {entry.mode:04o}"]
        if content != entry.content or notes:
            found.append(Difference(path, content, entry.content, entry.secret, notes))
    for path in disk.keys() - wanted.keys():
        found.append(Difference(path, disk[path][0], None, path.startswith("secrets/")))
    return sorted(found, key=lambda difference: difference.name)
