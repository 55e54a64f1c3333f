"""What the role wrote into /etc/skerry/backup.json, and where things are kept on the host."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CONFIG = Path("/etc/skerry/backup.json")
STATE = Path("/var/lib/skerry/backup")
METRICS = Path("/var/lib/skerry/metrics")
RUNTIME = Path("/run/skerry")
LOCAL = "local"


USER = re.compile(r"(?<=://)[^/\s@]+(?=@)")  # of an address: name, and password where there is one


class BackupError(Exception):
    """Something that makes a backup, a restore or a drill a failure; the text says what, and what to do.

    It goes into journals, messages and evidence, so what an address says of who signs in is taken out: programs repeat
    the address of a repository when they cannot reach it.
    """

    def __init__(self, text: str = "") -> None:
        super().__init__(USER.sub("***", text))


@dataclass(frozen=True)
class Target:
    """One restic repository. `environment` holds its credentials; `timeout` bounds one command, in seconds."""

    name: str
    repository: str
    environment: dict[str, str] = field(default_factory=dict)
    timeout: int = 3600


@dataclass(frozen=True)
class Settings:
    """The role's variables. `checks` are SQL queries by database, each of which must return a row that is not 0."""

    host: str
    password_file: str
    targets: tuple[Target, ...]
    keep: dict[str, int]
    paths: list[str] = field(default_factory=list)
    excludes: list[str] = field(default_factory=list)
    apps: dict[str, dict[str, Any]] = field(default_factory=dict)
    shrink_percent: int = 50
    checks: dict[str, list[str]] = field(default_factory=dict)
    drill_memory: str = "512M"
    alert_url: str = ""
    begin_anew: bool = False

    @property
    def local(self) -> Target:
        """The repository on this host, which every other is a copy of."""
        return self.targets[0]

    def target(self, name: str) -> Target:
        """Return the target `name`; raise BackupError naming those there are."""
        for target in self.targets:
            if target.name == name:
                return target
        raise BackupError(f"there is no target {name}; there are {', '.join(t.name for t in self.targets)}")

    def off_site(self) -> Target:
        """Return the first target that would survive this host, or the local one where there is no other."""
        return (*self.targets[1:], self.local)[0]

    def databases(self) -> list[str]:
        """Return the databases of all apps."""
        return [app["database"] for app in self.apps.values() if app.get("database")]


def load(path: Path = CONFIG) -> Settings:
    """Read the settings. Raises BackupError where the role has not been applied."""
    try:
        content = json.loads(path.read_text())
    except FileNotFoundError as error:
        raise BackupError(f"{path} is not there: apply the role backup first") from error
    targets = tuple(Target(**target) for target in content.pop("targets"))
    return Settings(targets=targets, **content)
