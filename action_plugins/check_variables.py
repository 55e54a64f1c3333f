"""Check a role's variables: their types by its argument_specs.yml, then what else the role knows of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase
from ansible.template import trust_as_template


class ActionModule(ActionBase):  # type: ignore[misc]
    """One task for both checks of a role: each task costs a rerun 0.06 s, and there are seven roles and more."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return an unchanged result, failed with one sentence for each value that cannot be."""
        super().run(tmp, task_vars)
        variables = task_vars or {}
        _, options = self.validate_argument_spec({"problems": {"type": "str", "required": True}})
        role = variables.get("role_path")
        if role is None:
            raise AnsibleActionFail("check_variables belongs into a role: it reads the role's meta/argument_specs.yml")
        specs = self._loader.load_from_file(str(Path(role, "meta/argument_specs.yml")))["argument_specs"]
        problems = self._of_types(specs["main"]["options"], variables)
        # Only now: what reads the values may rely on their types.
        problems = problems or self._templar.template(trust_as_template("{{ " + options["problems"] + " }}"))
        problems = [problem for problem in problems if problem]
        if problems:
            return {"changed": False, "failed": True, "msg": "\n".join(problems)}
        return {"changed": False}

    def _of_types(self, spec: dict[str, Any], variables: dict[str, Any]) -> list[str]:
        """Return what ansible.builtin.validate_argument_spec would complain of."""
        given = self._templar.template({name: variables[name] for name in spec if name in variables})
        found: list[str] = ArgumentSpecValidator(spec).validate(given, validate_role_argument_spec=True).error_messages
        return found
