"""The controller's half of the settled plugin: say what the run is given, and ask the host once for all tasks."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import Any

import ansible.module_utils
from ansible import context
from ansible.release import __version__

ROOT = Path(__file__).parents[1]
ansible.module_utils.__path__.append(str(ROOT / "module_utils"))

from ansible.module_utils.skerry.controller import Controller  # noqa: E402
from ansible.module_utils.skerry_host import SETTLED, HostAction  # noqa: E402
from ansible.module_utils.skerry_inputs import CODE, digest, files_digest  # noqa: E402

THOROUGH = re.compile(r"skerry_thorough=\S*")
"""That a run was a thorough one makes no difference to the next."""


class ActionModule(HostAction):  # type: ignore[misc]
    """Asks before the first task that could change something, and keeps what was asked after the last."""

    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return `settled` and why; before a run whose questions are to be kept also the name of that `run`."""
        super().run(tmp, task_vars)
        variables = task_vars or {}
        _, options = self.validate_argument_spec(
            {
                "variables": {"type": "str"},
                "action": {"type": "str", "required": True, "choices": ["ask", "keep", "compare"]},
                "thorough": {"type": "bool", "default": False},
            },
            required_if=[("action", "ask", ["variables"]), ("action", "keep", ["variables"])],
        )
        if options["action"] == "compare":
            return self._compare(variables)
        check, whole = bool(self._task.check_mode), _whole()
        inputs = _inputs(options["variables"], str(variables.get("inventory_hostname")))
        if options["action"] == "ask":
            asked = {"run": "", "inputs": inputs if whole and not options["thorough"] else ""}
            result: dict[str, Any] = self.on_host("settled", asked, variables, kept=False)
            if result["settled"]:
                result["msg"] += "; -e skerry_thorough=true asks task by task"
            result["_ansible_verbose_always"] = True  # as debug does: which of the two it was is to be seen
            return {**result, "run": str(Controller.own()) if whole and not check and not result["settled"] else ""}
        run = variables.get(SETTLED, {}).get("run")
        if not run:
            return {"changed": False, "skipped": True, "settled": False, "msg": "not a whole run, or one with --check"}
        kept: dict[str, Any] = self.on_host("settled", {"run": run, "inputs": inputs}, variables, kept=False)
        return kept

    def _compare(self, variables: dict[str, Any]) -> dict[str, Any]:
        """Return what differs on the host from the last whole run, as text that people read."""
        result: dict[str, Any] = self.on_host("settled", {"compare": True, "run": ""}, variables, kept=False)
        lines: list[str] = []
        for one in result.pop("differences", []):
            lines += [one["why"], *(f"  {line}" for part in one["diff"] for line in shown(part))]
        return {**result, "report": lines}


def shown(part: dict[str, str]) -> list[str]:
    """Return one element of a task's diff as lines."""
    lines = part.get("prepared", "").splitlines()
    if "before" in part:
        before, after = part["before"].splitlines(), part["after"].splitlines()
        there, wanted = f"{part['before_header']}: on the host", f"{part['after_header']}: as it should be"
        lines += difflib.unified_diff(before, after, there, wanted, lineterm="", n=1)
    return lines


def _whole() -> bool:
    """Return whether every task of the playbook is to run, on every host."""
    given = context.CLIARGS
    tags, skipped = set(given.get("tags") or ()), set(given.get("skip_tags") or ())
    return tags <= {"all"} and not skipped and not given.get("subset") and not given.get("start_at_task")


def _inputs(variables: str, host: str) -> str:
    """Return a digest of all that this run is given for a host."""
    given = context.CLIARGS
    extra = [str(one) for one in given.get("extra_vars") or () if not THOROUGH.fullmatch(str(one).strip())]
    files = [one[1:] for one in extra if one.startswith("@")]
    inventories = [one for one in given.get("inventory") or () if not str(one).endswith(",")]
    code = files_digest(ROOT / name for name in CODE)
    found: str = digest([__version__, variables, host, extra, code, files_digest([*inventories, *files])])
    return found
