"""The controller's half of the look plugin: hand over a command that only reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ansible.module_utils
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.module_utils.common.text.converters import to_text

ansible.module_utils.__path__.append(str(Path(__file__).parents[1] / "module_utils"))

from ansible.module_utils.skerry_host import HostAction  # noqa: E402


class ActionModule(HostAction):  # type: ignore[misc]
    """Runs the host's half with the task's command."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the command's result."""
        super().run(tmp, task_vars)
        _, options = self.validate_argument_spec(
            {
                "argv": {"type": "list", "elements": "str", "default": []},
                "program": {"type": "str", "default": ""},
                "stdin": {"type": "str", "default": ""},
            }
        )
        if not options["argv"] and not options["program"]:
            raise AnsibleActionFail("look needs argv or program")
        if options["program"]:
            try:
                options["program"] = Path(self._find_needle("files", options["program"])).read_text()
            except AnsibleError as error:
                raise AnsibleActionFail(to_text(error)) from error
        result: dict[str, Any] = self.on_host("look", options, task_vars or {})
        return result
