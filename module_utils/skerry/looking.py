"""The host's half of the look plugin: run a command, or a Python program in this very process."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
import traceback
from typing import Any

from .host import Call


def run(call: Call) -> dict[str, Any]:
    """Return rc, stdout and stderr as ansible.builtin.command does; failed for any code but 0."""
    argv, stdin = call.options["argv"], call.options["stdin"]
    if call.options["program"]:
        code, out, err = _in_process(call.options["program"], argv)
    else:
        try:
            done = subprocess.run(argv, input=stdin.encode(), capture_output=True, check=False)
        except OSError as error:
            return {"failed": True, "rc": 2, "msg": f"{argv[0]}: {error.strerror}", "stdout": "", "stderr": ""}
        code, out, err = done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
    result: dict[str, Any] = {"changed": False, "rc": code, "stdout": out.rstrip("\n"), "stderr": err.rstrip("\n")}
    result["stdout_lines"] = result["stdout"].splitlines()
    if code != 0:
        result |= {"failed": True, "msg": result["stderr"] or f"ended with code {code}"}
    return result


def _in_process(program: str, argv: list[str]) -> tuple[int, str, str]:
    """Run a program's text as __main__; a second interpreter would cost more than most looks do."""
    out, err = io.StringIO(), io.StringIO()
    sys.argv = ["look", *argv]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            exec(compile(program, "look.py", "exec"), {"__name__": "__main__"})  # noqa: S102 - the role's own file
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
            if isinstance(end.code, str):
                err.write(end.code)
        except Exception:
            traceback.print_exc()
            code = 1
    return code, out.getvalue(), err.getvalue()
