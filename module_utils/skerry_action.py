"""What the stack, release and tree action plugins share on the controller: one run at a time, rendered templates."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible._internal._templating import _template_vars
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.module_utils.common.text.converters import to_bytes, to_text
from ansible.module_utils.skerry.controller import Controller
from ansible.module_utils.skerry_files import below
from ansible.module_utils.skerry_host import HostAction
from ansible.template import trust_as_template

SUFFIX = ".j2"


@dataclass(frozen=True)
class Rendered:
    """A file or link of the source directory, its `.j2` dropped. `content` is a link's target when `link`."""

    path: str
    content: bytes
    executable: bool = False
    link: bool = False


class DeployingAction(HostAction):  # type: ignore[misc]
    """An action plugin of which only one run at a time may work on a stack."""

    def deploy(self, program: str, asked: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Run `program` on the host; where a run that was started on this machine and is dead keeps it out, wait."""
        asked = {**asked, "controller": str(Controller.own()), "insist": False}
        result: dict[str, Any] = self.on_host(program, asked, task_vars)
        if "locked_by" in result and Controller.parse(result.pop("locked_by")).is_gone():
            # Let its half come to its end on the host.
            result = self.on_host(program, {**asked, "insist": True}, task_vars)
        return result


class TreeAction(HostAction):  # type: ignore[misc]
    """An action plugin that renders a directory under the role's templates/."""

    KEEPS_LINKS = True

    def render(self, source: str, task_vars: dict[str, Any], destination: str) -> list[Rendered]:
        """Render each `*.j2` below `source` as ansible.builtin.template would, and read all other files as they are.

        Raises AnsibleActionFail when the directory or a variable is missing; the text names the template.
        """
        try:
            root = Path(self._find_needle("templates", source))
        except AnsibleError as error:
            raise AnsibleActionFail(to_text(error)) from error
        if not root.is_dir():
            raise AnsibleActionFail(f"src: {root} is no directory")
        return [self._one(root, path, task_vars, destination) for path in below(root)]

    def _one(self, root: Path, path: Path, task_vars: dict[str, Any], destination: str) -> Rendered:
        relative = path.relative_to(root).as_posix()
        if path.is_symlink() and self.KEEPS_LINKS:
            return Rendered(relative, os.fsencode(path.readlink()), link=True)
        executable = bool(path.stat().st_mode & stat.S_IXUSR)
        if path.suffix != SUFFIX:
            return Rendered(relative, path.read_bytes(), executable)
        relative = relative.removesuffix(SUFFIX)
        return Rendered(relative, self._template(root, path, task_vars, f"{destination}/{relative}"), executable)

    def _template(self, root: Path, path: Path, task_vars: dict[str, Any], destination: str) -> bytes:
        """Render one template with the variables and options of ansible.builtin.template (its action plugin, 2.19)."""
        places = [*task_vars.get("ansible_search_path", []), self._loader.get_basedir(), str(root), str(path.parent)]
        search = [folder for place in places for folder in (os.path.join(place, "templates"), place)]  # noqa: PTH118
        about = _template_vars.generate_ansible_template_vars(
            path=str(path),
            fullpath=str(path),
            dest_path=destination,
            include_ansible_managed="ansible_managed" not in task_vars,
        )
        templar = self._templar.copy_with_new_env(searchpath=search, available_variables={**task_vars, **about})
        text = trust_as_template(to_text(path.read_bytes()))
        try:
            result = templar.template(text, escape_backslashes=False, overrides={"trim_blocks": True})
        except AnsibleError as error:
            raise AnsibleActionFail(f"{path}: {to_text(error)}", orig_exc=error) from error
        content: bytes = to_bytes("" if result is None else result)
        return content
