"""What must hold for a rerun that asks once: whatever a role does when nothing changes can be asked anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ASKED = {"look", "tree", "stack", "revision"}
"""The tasks that a run keeps on the host (docs/decisions/rerun.md)."""
LOOK_AT_NOTHING = {
    "assert", "debug", "meta", "set_fact", "include_tasks", "import_tasks", "include_role", "import_role",
}  # fmt: skip
NO_MODULES = {
    "name", "when", "vars", "register", "loop", "loop_control", "tags", "notify", "become", "changed_when", "no_log",
    "failed_when", "delegate_to", "run_once", "block", "rescue", "always", "check_mode", "retries", "delay", "until",
}  # fmt: skip


def asked_anew(root: Path) -> list[str]:
    """Name the tasks of site.yml's roles that always run and look at a host in a way that a rerun would not repeat."""
    plays = yaml.safe_load((root / "playbooks/site.yml").read_text())
    found = []
    for play in plays:
        for task in play["tasks"]:
            if role := task.get("ansible.builtin.import_role"):
                file = root / "roles" / role["name"] / "tasks" / f"{role.get('tasks_from', 'main')}.yml"
                found += list(_of_file(file, role["name"]))
    return found


def _of_file(file: Path, role: str) -> Iterator[str]:
    yield from _of_tasks(yaml.safe_load(file.read_text()) or [], file, role)


def _of_tasks(tasks: list[dict[str, Any]], file: Path, role: str) -> Iterator[str]:
    for task in tasks:
        if "when" in task:  # it depends on what an asked task found
            continue
        yield from _of_tasks(task.get("block", []), file, role)
        for key in task.keys() - NO_MODULES:
            module = key.removeprefix("ansible.builtin.")
            if module in ("include_tasks", "import_tasks"):
                yield from _of_file(file.parent / str(task[key]), role)
            if module not in ASKED | LOOK_AT_NOTHING:
                yield f"{role}: «{task.get('name')}» always runs; {module} is not asked anew, use look, tree or stack"
