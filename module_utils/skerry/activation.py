"""Commands that make changed files take effect, run at least once whatever happens in between.

A handler that Ansible was told of is forgotten when the run dies before it. A command is written down before the first
of its files changes, and struck out only after it has succeeded, so the next run makes up for what an interrupted one
owed.
"""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Iterable
from pathlib import Path

from .payload import content_hash
from .releases import sync_directory, write_file

PENDING = Path("/var/lib/skerry/pending")


class ActivationError(Exception):
    """A command failed; it is due again in the next run."""


class Activation:
    """The commands of one task."""

    def __init__(self, folder: Path = PENDING) -> None:
        self.folder = folder

    def owed(self, commands: Iterable[str]) -> list[str]:
        """Return those of `commands` that an earlier run left undone."""
        return [command for command in dict.fromkeys(commands) if command and self._note(command).exists()]

    def promise(self, commands: Iterable[str]) -> None:
        """Write down that the commands are due."""
        due = [command for command in dict.fromkeys(commands) if command]
        if not due:
            return
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o755)
        for command in due:
            write_file(self._note(command), f"{command}\n".encode(), 0o600)
        sync_directory(self.folder)

    def fulfil(self, commands: Iterable[str]) -> None:
        """Run each command once and strike it out. Raises ActivationError with what the command said."""
        for command in dict.fromkeys(commands):
            if not command:
                continue
            try:
                done = subprocess.run(shlex.split(command), capture_output=True, text=True, check=False)
            except OSError as error:
                raise ActivationError(f"`{command}` cannot run: {error}") from error
            if done.returncode:
                said = (done.stderr + done.stdout).strip() or "no output"
                raise ActivationError(f"`{command}` failed with exit code {done.returncode}: {said}")
            self._note(command).unlink(missing_ok=True)

    def _note(self, command: str) -> Path:
        return self.folder / content_hash(command)
