"""`python -m tests.lint`: run every static check, print what each found, close with «N passed, N failed»."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.lint import house, reruns, roles
from tools.dashboards import __main__ as dashboards
from tools.workshop.settings import ROOT

BIN = Path(sys.executable).parent
Check = Callable[[], list[str]]


def tracked(*patterns: str) -> list[str]:
    """Return the files of the work tree that git knows or would take, matching `patterns`."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [name for name in dict.fromkeys(names) if (ROOT / name).is_file()]


def program(*argv: str, over: tuple[str, ...] = ()) -> Check:
    """Return a check that runs `argv` from the venv, with the files matching `over` appended."""

    def check() -> list[str]:
        files = tracked(*over) if over else []
        if over and not files:
            return [f"found no file for {' '.join(over)}: a check without anything to look at proves nothing"]
        env = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"}
        done = subprocess.run(
            [str(BIN / argv[0]), *argv[1:], *files], cwd=ROOT, env=env, capture_output=True, text=True, check=False
        )
        return (
            []
            if done.returncode == 0
            else (done.stdout + done.stderr).strip().splitlines() or [f"exit code {done.returncode}"]
        )

    return check


def dashboards_current() -> list[str]:
    """Name the dashboards that differed from what their modules make."""
    return [f"{name} was not current (it is now; commit it, or run `make dashboards`)" for name in dashboards.write()]


BACKUP = "roles/backup/templates/host/usr/local/lib/skerry/skerry_backup"
RUNNER = "roles/runner/templates/host/usr/local/lib/skerry/skerry_runner"
COLLECTOR = "roles/prometheus/templates/host/usr/local/lib/skerry/skerry_collector"
TYPED = (
    "tools",
    "tests/run",
    "tests/lint",
    "filter_plugins",
    "module_utils",
    "action_plugins",
    "callback_plugins",
    "library",
    BACKUP,
    COLLECTOR,
    RUNNER,
)

CHECKS: dict[str, Check] = {
    "yamllint": program("yamllint", "--strict", over=("*.yml", "*.yaml", ":!:.github")),
    "ruff check": program("ruff", "check", "."),
    "ruff format": program("ruff", "format", "--check", "."),
    "mypy": program("mypy", *TYPED),
    "hadolint": program("hadolint", over=("**/Dockerfile",)),
    "shellcheck": program("shellcheck", over=("*.sh", ".ci/run", "images/**/entrypoint*", "images/**/*.sh")),
    "zizmor": program("zizmor", "--offline", "--no-progress", "--quiet", ".github/workflows"),
    "ansible-lint": program("ansible-lint", "--strict", "--nocolor"),
    "defaults match argument_specs": lambda: roles.specs_match_defaults(ROOT),
    "what always runs is asked anew": lambda: reruns.asked_anew(ROOT),
    "generated role READMEs": lambda: roles.readmes_current(ROOT, BIN),
    "generated dashboards": dashboards_current,
    "every scenario has tests": lambda: house.scenarios_have_tests(ROOT),
    "files do one thing (length)": lambda: house.lengths(ROOT, tracked()),
    "no registry host is named": lambda: house.no_registry_hosts(ROOT, tracked()),
}


def main(names: list[str]) -> int:
    """Run the checks whose name contains one of `names` (all when empty)."""
    chosen = {name: check for name, check in CHECKS.items() if not names or any(word in name for word in names)}
    failed = 0
    for name, check in chosen.items():
        started = time.monotonic()
        problems = check()
        failed += bool(problems)
        print(f"{'failed' if problems else 'passed'}  {name}  ({time.monotonic() - started:.1f} s)", flush=True)
        for line in problems:
            print(f"    {line}", flush=True)
    print(f"{len(chosen) - failed} passed, {failed} failed")
    return 1 if failed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
