"""The controller's half of the stack plugin: render, name configs and secrets by their content, hand over a parcel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ansible.module_utils
from ansible.errors import AnsibleActionFail
from ansible.module_utils.common.text.converters import to_bytes

ansible.module_utils.__path__.append(str(Path(__file__).parents[1] / "module_utils"))

from ansible.module_utils.skerry.names import StackFileError, images_of, name_by_content  # noqa: E402
from ansible.module_utils.skerry.payload import Entry, pack  # noqa: E402
from ansible.module_utils.skerry_action import DeployingAction, TreeAction  # noqa: E402

STACK_FILE = "stack.yml"
SECRETS = "secrets/"
DETOUR = {
    "service": {"type": "str", "required": True},
    "drain_file": {"type": "path", "default": ""},
    "drain": {"type": "str", "default": ""},
}


class ActionModule(DeployingAction, TreeAction):  # type: ignore[misc]
    """Renders the stack directory and has it applied on the host."""

    TRANSFERS_FILES = False  # all that travels is the parcel: no directory is needed on the host
    KEEPS_LINKS = False  # Swarm takes contents

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the deployment's result."""
        super().run(tmp, task_vars)
        variables = task_vars or {}
        _, options = self.validate_argument_spec(
            {
                "name": {"type": "str", "required": True},
                "src": {"type": "str", "default": "stack"},
                "files": {"type": "dict", "default": {}},
                "timeout": {"type": "int", "default": 180},
                "detour": {"type": "dict", "options": DETOUR},
                "base": {"type": "path", "default": "/opt/skerry/stacks"},
                "state": {"type": "str", "default": "present", "choices": ["present", "absent"]},
                "volumes": {"type": "bool", "default": False},
            }
        )
        asked = {key: options[key] for key in ("name", "timeout", "detour", "base", "state", "volumes")}
        if options["state"] == "present":
            asked |= self._wanted(options, variables)
        result: dict[str, Any] = self.deploy("stack", asked, variables)
        return result

    def _wanted(self, options: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Return the images and the parcel of the rendered stack directory."""
        stack = options["name"]
        rendered = self.render(options["src"], variables, f"{options['base']}/{stack}")
        files = {file.path: file.content for file in rendered}
        files |= {_path(path): _text(path, content) for path, content in options["files"].items()}
        if STACK_FILE not in files:
            raise AnsibleActionFail(f"src: {options['src']} has neither {STACK_FILE} nor {STACK_FILE}.j2")
        try:
            text = name_by_content(stack, files[STACK_FILE].decode(), files)
        except StackFileError as error:
            raise AnsibleActionFail(f"stack {stack}: {error}") from error
        files[STACK_FILE] = text.encode()
        parcel = pack(_entry(path, content) for path, content in sorted(files.items()))
        return {"images": images_of(text), "parcel": parcel}


def _path(path: str) -> str:
    if path.startswith("/") or ".." in path.split("/"):
        raise AnsibleActionFail(f"files: {path} must be a path under the stack directory")
    return str(path)


def _text(path: str, content: object) -> bytes:
    if not isinstance(content, str):
        kind = type(content).__name__
        raise AnsibleActionFail(f"files: {path} must be a text, not a {kind}; render it, with to_nice_json say")
    encoded: bytes = to_bytes(content)
    return encoded


def _entry(path: str, content: bytes) -> Entry:
    secret = path.startswith(SECRETS)
    return Entry(path, content, mode=0o600 if secret else 0o644, secret=secret)
