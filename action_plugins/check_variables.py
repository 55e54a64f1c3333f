"""Check roles' variables: their types by argument_specs.yml, then what else each role knows of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ansible.module_utils
import yaml
from ansible import constants
from ansible.errors import AnsibleActionFail
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase
from ansible.template import trust_as_template

ansible.module_utils.__path__.append(str(Path(__file__).parents[1] / "module_utils"))

from ansible.module_utils.skerry_inputs import digest  # noqa: E402
from ansible.module_utils.skerry_removed import removed  # noqa: E402


class ActionModule(ActionBase):  # type: ignore[misc]
    """One task for all roles: a task for each, and including the roles for it, cost a rerun of ten roles 2.5 s."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return an unchanged result, failed with one sentence for each value that cannot be."""
        super().run(tmp, task_vars)
        names: dict[str, Any] = {"type": "list", "elements": "str"}
        _, options = self.validate_argument_spec({"roles": {**names, "required": True}, "problems": names})
        self._values: dict[str, Any] = {}
        problems = [problem for problem in options["problems"] or [] if problem] + removed(task_vars or {})
        problems += [one for role in options["roles"] for one in self._of_role(role, task_vars or {}) if one]
        if problems:
            return {"changed": False, "failed": True, "msg": "\n".join(problems)}
        return {"changed": False, "digest": digest(self._values)}

    def _of_role(self, role: str, play: Mapping[str, Any]) -> list[str]:
        """Return what is wrong with the variables of one role, which sees its own as Ansible would let it."""
        root = self._root(role)
        # Nothing of it is a template: read by the plain loader, in a third of the time.
        specs = yaml.load((root / "meta/argument_specs.yml").read_bytes(), yaml.CSafeLoader)
        spec = specs["argument_specs"]["main"]["options"]
        scope = {**self._all(root / "defaults"), **play, **self._all(root / "vars"), "role_path": str(root)}
        templar = self._templar.copy_with_new_env(available_variables=scope)
        given = templar.template({name: scope[name] for name in spec if name in scope})
        self._values[role] = given
        # As ansible.builtin.validate_argument_spec does.
        found: list[str] = ArgumentSpecValidator(spec).validate(given, validate_role_argument_spec=True).error_messages
        # What reads the values may rely on their types.
        return found or list(templar.template(trust_as_template(f"{{{{ __{role}_problems }}}}")))

    def _root(self, role: str) -> Path:
        for place in constants.DEFAULT_ROLES_PATH:
            if (found := Path(place, role)).is_dir():
                return found
        raise AnsibleActionFail(f"there is no role {role} in {':'.join(constants.DEFAULT_ROLES_PATH)}")

    def _all(self, folder: Path) -> dict[str, Any]:
        """Return the variables of main.yml or of all files below main/."""
        files = [folder / "main.yml"] if (folder / "main.yml").is_file() else sorted(folder.glob("main/*.yml"))
        return {name: value for file in files for name, value in (self._load(file) or {}).items()}

    def _load(self, file: Path) -> dict[str, Any]:
        loaded: dict[str, Any] = self._loader.load_from_file(str(file), trusted_as_template=True)
        return loaded
