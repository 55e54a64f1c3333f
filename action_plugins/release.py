"""The controller's half of the release plugin: hand over what is asked for, keep the result as a file."""

from __future__ import annotations

import getpass
import json
import platform
from pathlib import Path
from typing import Any

import ansible.module_utils

ansible.module_utils.__path__.append(str(Path(__file__).parents[1] / "module_utils"))

from ansible.module_utils.skerry_action import DeployingAction  # noqa: E402

TOLD = ("app", "action", "release", "previous", "verdict", "reason", "images", "owner", "message", "seconds", "msg")


class ActionModule(DeployingAction):  # type: ignore[misc]
    """Has a release of an app deployed on the host: the stack file there gets its images, nothing is rendered."""

    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the host's result."""
        super().run(tmp, task_vars)
        _, options = self.validate_argument_spec(
            {
                "app": {"type": "str", "required": True},
                "action": {"type": "str", "default": "deploy", "choices": ["deploy", "rollback"]},
                "release": {"type": "str", "default": ""},
                "owner": {"type": "str", "default": ""},
                "message": {"type": "str", "default": ""},
                "backup": {"type": "bool", "default": False},
                "result_file": {"type": "str", "default": ""},
                "base": {"type": "path", "default": "/opt/skerry/stacks"},
            },
            required_if=[("action", "deploy", ["release"])],
        )
        file = options.pop("result_file")
        asked = {**options, "owner": options["owner"] or _person()}
        result: dict[str, Any] = self.deploy("release", asked, task_vars or {})
        if file:
            Path(file).write_text(json.dumps({key: result[key] for key in TOLD if key in result}, indent=1) + "\n")
        return result


def _person() -> str:
    """Return who runs this, as far as the machine knows."""
    try:
        return f"{getpass.getuser()}@{platform.node()}"
    except (KeyError, OSError):  # a container's user without a name
        return platform.node()
