"""The allow-list: which jobs there are, who may ask for them, and with what. Root's file says so, nobody else."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import yaml

ALLOW_LIST = Path("/etc/skerry/jobs.yml")

TYPED = "typed"
"""Value of ``confirm``: who asks repeats the job's name."""


@dataclass(frozen=True)
class Parameter:
    """One parameter. ``variable`` is what the playbook calls it; bounds are inclusive."""

    title: str
    variable: str
    type: str = "string"
    pattern: str = ""
    choices: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    required: bool = False
    default: Any = None


@dataclass(frozen=True)
class Definition:
    """One job. ``variables`` are the playbook's in any case; of the jobs with the same ``lock`` one runs at a time.

    ``schedule`` is for systemd's timers alone (filter_plugins/job_timers.py).
    """

    name: str
    title: str
    description: str
    playbook: str
    roles: tuple[str, ...]
    confirm: str
    lock: str
    timeout_s: int
    schedule: str = ""
    variables: dict[str, Any] = field(default_factory=dict)
    parameters: dict[str, Parameter] = field(default_factory=dict)

    def public(self) -> dict[str, Any]:
        """Return what the console is told of it."""
        own = asdict(self)
        del own["variables"], own["playbook"], own["schedule"]
        for parameter in own["parameters"].values():
            del parameter["variable"]
        return own


def load(path: Path = ALLOW_LIST, owner: int = 0) -> dict[str, Definition]:
    """Return the allow-list by name; ``owner`` is the only user who may be able to write it.

    Raises OSError where it cannot be read, PermissionError where somebody else could have written it, and
    ValueError or TypeError where it is damaged.
    """
    about = path.stat()
    if about.st_uid != owner or about.st_mode & 0o022:
        raise PermissionError(f"{path} can be written by others than its owner root: no job runs")
    try:
        content = yaml.safe_load(path.read_text()) or {}
    except yaml.YAMLError as problem:
        raise ValueError(f"{path} is no YAML: {problem}") from problem
    return {name: _definition(name, dict(entry)) for name, entry in content.items()}


def _definition(name: str, entry: dict[str, Any]) -> Definition:
    parameters = {key: _parameter(key, dict(value)) for key, value in entry.pop("parameters", {}).items()}
    return Definition(
        name=name,
        title=entry.pop("title", name),
        description=entry.pop("description", ""),
        roles=tuple(entry.pop("roles", ("admin",))),
        confirm=entry.pop("confirm", "none"),
        lock=entry.pop("lock", "host"),
        timeout_s=entry.pop("timeout", 3600),
        parameters=parameters,
        **entry,
    )


def _parameter(name: str, entry: dict[str, Any]) -> Parameter:
    return Parameter(
        title=entry.pop("title", name),
        variable=entry.pop("variable", name),
        choices=tuple(entry.pop("choices", ())),
        **entry,
    )
