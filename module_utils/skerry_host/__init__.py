"""Run a program of the package `skerry` on the host in 0.1 s, where a module of Ansible's takes 0.3 s or more.

A module travels to the host as a zip with every task and is compiled there anew. Here the package is kept on the host
under the hash of its content, in a directory that only root can write, and a task sends no more than its arguments
(docs/decisions/rerun.md has the figures). Errors, `become`, `--check` and `-vvv` are those of an ordinary task.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import shlex
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

PACKAGE = Path(__file__).parents[1] / "skerry"
BOOT = Path(__file__).with_name("boot.py")
SETTLED = "__settled"
"""The variable that site.yml registers what `settled` found in; its `run` names a run whose questions are kept."""
FIRST_DAY = (1980, 1, 1, 0, 0, 0)  # the same files make the same zip


class HostAction(ActionBase):  # type: ignore[misc]
    """An action plugin whose other half is a program of the package."""

    def on_host(
        self, program: str, options: dict[str, Any], task_vars: dict[str, Any], *, kept: bool = True
    ) -> dict[str, Any]:
        """Run `program` with `options` on the task's host and return its result.

        `kept`: a whole run keeps this question for the next. Options are sent on stdin, so no process list has them.

        Raises AnsibleActionFail where the host has no Python, or the program ends without a result.
        """
        digest, bundle = package()
        check = bool(self._task.check_mode)
        asked = {"program": program, "options": options, "check": check, "diff": bool(self._task.diff)}
        if kept and (run := task_vars.get(SETTLED, {}).get("run")):
            asked["record"] = {"run": run, "task": self._task.get_name()}
        call = json.dumps(asked)
        keep = "discard" if check else "keep"
        command = " ".join(
            [
                self._compute_environment_string(),
                shlex.quote(_interpreter(task_vars)),
                "-I -c",
                shlex.quote(BOOT.read_text()),
                digest,
                keep,
            ]
        ).lstrip()
        result = self._exchange(command, f"\n{call}")
        if "absent" in result:
            result = self._exchange(command, f"{bundle}\n{call}")
        return result

    def _exchange(self, command: str, message: str) -> dict[str, Any]:
        answer = self._low_level_execute_command(command, in_data=message.encode())
        said = str(answer["stdout"]).strip().rpartition("\n")[2]
        try:
            result: dict[str, Any] = json.loads(said)
        except ValueError:
            trace = str(answer["stderr"]).strip() or str(answer["stdout"]).strip() or "it said nothing"
            raise AnsibleActionFail(f"The host's half ended with code {answer['rc']} and no result: {trace}") from None
        return result


@cache
def package() -> tuple[str, str]:
    """Return the digest of the package's files, and their zip in base64."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(PACKAGE.glob("*.py")):
            archive.writestr(zipfile.ZipInfo(f"skerry/{file.name}", FIRST_DAY), file.read_bytes(), zipfile.ZIP_DEFLATED)
    content = packed.getvalue()
    return hashlib.sha256(content).hexdigest()[:16], base64.b64encode(content).decode()


def _interpreter(task_vars: dict[str, Any]) -> str:
    chosen = task_vars.get("ansible_python_interpreter")
    if not chosen or str(chosen).startswith("auto"):
        chosen = task_vars.get("ansible_facts", {}).get("discovered_interpreter_python")
    return str(chosen or "/usr/bin/python3")
