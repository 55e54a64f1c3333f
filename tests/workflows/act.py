"""A workflow, run by act on this machine itself, as on a runner of one's own: no image of a runner can be had here."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.local import BIN

MOST_SECONDS = 1_500


@dataclass(frozen=True)
class Run:
    """How it went: act's exit code, and what it said, line by line (as `act --json` does)."""

    code: int
    lines: list[dict[str, Any]]

    @property
    def text(self) -> str:
        """All that a reader of the log sees."""
        return "\n".join(str(line.get("msg", "")).rstrip() for line in self.lines)

    @property
    def summaries(self) -> list[str]:
        """What the jobs' steps have put into the run's summary."""
        return [line["content"] for line in self.lines if line.get("command") == "summary"]

    def output(self, name: str) -> str:
        """Return a step's output; raise AssertionError unless exactly one step has it."""
        found = [line["arg"] for line in self.lines if line.get("command") == "set-output" and line["name"] == name]
        assert len(found) == 1, f"{name}: {found}\n{self.text[-3000:]}"
        return str(found[0])

    @property
    def seconds(self) -> dict[str, float]:
        """How long each step took, by its name."""
        ended = [line for line in self.lines if "executionTime" in line and line.get("stage") == "Main"]
        return {line["step"]: line["executionTime"] / 1e9 for line in ended}

    @property
    def jobs(self) -> dict[str, str]:
        """How each job ended: success or failure, by its name, of a matrix with its number."""
        return {line["job"]: line["jobResult"] for line in self.lines if "jobResult" in line}


def run(
    directory: Path,
    event: str,
    workflow: str,
    *argv: str,
    secrets: Mapping[str, str] | None = None,
    variables: Mapping[str, str] | None = None,
    payload: Mapping[str, Any] | None = None,
) -> Run:
    """Run `workflow` of the repository in `directory` as after `event` (push, schedule) with this payload.

    Secrets and the repository's variables go by files that only we may read.
    """
    with tempfile.TemporaryDirectory() as place:
        options = []
        for option, text in (
            ("--secret-file", _lines(secrets or {})),
            ("--var-file", _lines(variables or {})),
            ("--eventpath", json.dumps(payload or {})),
        ):
            file = Path(place) / option.strip("-")
            file.touch(0o600)
            file.write_text(text)
            options += [option, str(file)]
        program = shutil.which("act", path=f"{BIN}:{os.environ['PATH']}")
        assert program, "act is missing: `make venv` installs it"
        command = [program, event, "--workflows", f".github/workflows/{workflow}", "--json", *options, *argv]
        done = subprocess.run(
            # --rm: act would keep the working directory of a job that has failed.
            [*command, "--rm", "--platform", "ubuntu-latest=-self-hosted"],
            cwd=directory,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=MOST_SECONDS,
            check=False,
        )
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return Run(done.returncode, [*lines, {"msg": done.stderr}])


def _lines(values: Mapping[str, str]) -> str:
    """Return them as a file of lines NAME="value"; a value may have several lines."""
    return "".join(f'{name}="{value}"\n' for name, value in values.items())
