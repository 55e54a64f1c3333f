"""The controller's half of the tree plugin: render, give each path its options, notify the handlers of what changed."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import ansible.module_utils
from ansible.errors import AnsibleActionFail
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.text.converters import to_bytes

ansible.module_utils.__path__.append(str(Path(__file__).parents[1] / "module_utils"))

from ansible.module_utils.skerry.payload import Entry, pack  # noqa: E402
from ansible.module_utils.skerry_action import Rendered, TreeAction  # noqa: E402

OPTIONS = {
    "mode": {"type": "raw"},
    "owner": {"type": "str"},
    "group": {"type": "str"},
    "validate": {"type": "str"},
    "activate": {"type": "str"},
    "notify": {"type": "list", "elements": "str"},
    "backup": {"type": "bool"},
    "secret": {"type": "bool"},
    "content": {"type": "raw"},
    "state": {"type": "str", "choices": ["file", "directory", "absent"]},
}
DEFAULTS: dict[str, Any] = {
    "mode": None,
    "owner": "root",
    "group": "root",
    "validate": "",
    "activate": "",
    "notify": [],
    "backup": False,
    "secret": False,
    "state": "file",
}


class ActionModule(TreeAction):  # type: ignore[misc]
    """Renders the tree and has it applied on the host."""

    TRANSFERS_FILES = False  # all that travels is the parcel: no directory is needed on the host

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the host's result."""
        super().run(tmp, task_vars)
        variables = task_vars or {}
        _, options = self.validate_argument_spec(
            {
                "src": {"type": "str", "default": ""},
                "dest": {"type": "path", "default": "/"},
                "files": {"type": "dict", "default": {}},
                "absent": {"type": "list", "elements": "str", "default": []},
                "units": {"type": "list", "elements": "str", "default": []},
            }
        )
        rendered = self.render(options["src"], variables, options["dest"].rstrip("/")) if options["src"] else []
        plan = Plan(rendered, options["files"], options["absent"])
        arguments = {
            "dest": options["dest"],
            "parcel": pack(plan.entries),
            "units": options["units"],
        }
        result: dict[str, Any] = self.on_host("tree", arguments, variables)
        self._notify(plan, result.get("paths", []))
        return result

    def _notify(self, plan: Plan, changed: list[str]) -> None:
        """Notify the handlers of the changed paths, beside those of the task itself.

        TaskExecutor copies `notify` into the result after this plugin has run (executor/task_executor.py). That a
        plugin may set it is not documented, so molecule/stack tests it.
        """
        handlers = [handler for path in changed for handler in plan.notify.get(path, [])]
        if handlers:
            self._task.notify = list(dict.fromkeys([*(self._task.notify or []), *handlers]))


class Plan:
    """The entries, absent paths and handlers that a task means."""

    def __init__(self, rendered: list[Rendered], files: dict[str, Any], absent: list[str]) -> None:
        self.entries: list[Entry] = []
        self.notify: dict[str, list[str]] = {}
        self._options = {key.lstrip("/"): _checked(key, value or {}) for key, value in files.items()}
        self._options |= {path.lstrip("/"): {"state": "absent"} for path in absent}
        known = {file.path for file in rendered}
        for path, given in self._options.items():
            if given.get("state", "file") != "file":
                self._add_plain(path.rstrip("/"), {**DEFAULTS, **given})
            elif given.get("content") is not None:
                self._add(Rendered(path, to_bytes(given["content"])))
            elif not any(fnmatch(name, path) for name in known):
                raise AnsibleActionFail(f"files: {path} is not in src, and has neither content nor a state")
        for file in rendered:
            self._add(file)

    def _add_plain(self, path: str, options: dict[str, Any]) -> None:
        """Add a directory, or a path that must not exist."""
        mode = _mode(path, options["mode"], 0o755)
        owner, group, activate = options["owner"], options["group"], options["activate"]
        self.entries.append(Entry(path, b"", options["state"], mode, owner, group, activate=activate))
        self.notify[path] = options["notify"]

    def _add(self, file: Rendered) -> None:
        options = dict(DEFAULTS)
        for pattern, given in self._options.items():
            if fnmatch(file.path, pattern):
                options.update(given)
        entry = Entry(
            file.path,
            file.content,
            kind="link" if file.link else "file",
            mode=_mode(file.path, options["mode"], 0o755 if file.executable else 0o644),
            owner=options["owner"],
            group=options["group"],
            secret=options["secret"],
            validate=options["validate"],
            activate=options["activate"],
            backup=options["backup"],
        )
        if entry.validate and "%s" not in entry.validate:
            raise AnsibleActionFail(f"files: {file.path}: validate has no %s for the path of the file to check")
        self.entries.append(entry)
        self.notify[file.path] = options["notify"]


def _checked(path: str, options: dict[str, Any]) -> dict[str, Any]:
    """Return the given options of one path, of the right types. Raises AnsibleActionFail for what is none."""
    if path.endswith("/"):
        options = {"state": "directory", **options}
    result = ArgumentSpecValidator(OPTIONS).validate(options)
    if result.error_messages:
        raise AnsibleActionFail(f"files: {path}: {'; '.join(result.error_messages)}")
    return {option: result.validated_parameters[option] for option in options}


def _mode(path: str, mode: object, default: int) -> int:
    """Return a mode as a number. A number in YAML is refused: 0644 and 644 would silently mean different things."""
    if mode is None:
        return default
    try:
        if isinstance(mode, str):
            return int(mode, 8)
    except ValueError:
        pass
    raise AnsibleActionFail(f'files: {path}: mode {mode!r} is no octal text; write it as "0644", with quotes')
