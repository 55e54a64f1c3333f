"""restic, with its exit codes read for what they mean.

https://restic.readthedocs.io/en/stable/075_scripting.html: 0 good, 1 failed, 3 some files could not be read, 10 no
repository, 11 locked, 12 wrong password.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from .records import only_one
from .settings import BackupError, Settings, Target

PROGRAM = "restic"
MEANING = {
    3: "some files could not be read",
    10: "there is no repository",
    11: "the repository is locked by another process",
    12: "the password is wrong",
}
# Each command costs half a second and more, by the design of its key derivation: so there are few.
CHANGING = ("backup", "copy", "forget")  # the commands after which a repository holds other snapshots
PROBE_SECONDS = 60
UNLOCK_SECONDS = 20
TOO_LONG = -1000
LOCK_WAIT = "10m"  # a prune at work holds the repository for minutes at most


class ResticError(BackupError):
    """restic did not do what it was asked; `code` is its exit code, minus a signal's number, or TOO_LONG."""

    def __init__(self, target: str, action: str, code: int, said: str) -> None:
        reason = (
            "it took too long"
            if code == TOO_LONG
            else "it was killed"
            if code < 0
            else MEANING.get(code, f"exit code {code}")
        )
        last = " | ".join(line for line in said.strip().splitlines()[-3:])
        super().__init__(f"{target}: restic {action}: {reason}{': ' if last else ''}{last}")
        self.code = code


class Repository:
    """One target's repository."""

    # By address, for one process: what could not be reached is not waited for again, what is ready not made sure of
    # again, and what it holds not asked for again until this process changes it.
    _unreachable: ClassVar[dict[str, ResticError]] = {}
    _ready: ClassVar[set[str]] = set()
    _held: ClassVar[dict[str, list[dict[str, Any]]]] = {}

    def __init__(self, settings: Settings, target: Target) -> None:
        self.settings, self.target = settings, target
        self.environment = {
            "PATH": os.environ.get("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
            "HOME": "/root",
            "RESTIC_REPOSITORY": target.repository,
            "RESTIC_PASSWORD_FILE": settings.password_file,
            "RESTIC_CACHE_DIR": "/var/cache/skerry/restic",
            **target.environment,
        }

    def command(self, *arguments: str) -> list[str]:
        """Return the argument list of a restic command."""
        return [PROGRAM, "--retry-lock", LOCK_WAIT, *arguments]

    def run(self, *arguments: str, stdin: bytes | None = None, timeout: float | None = None) -> str:
        """Run a command and return what it printed. Raises ResticError for any exit code but 0."""
        if arguments[0] in CHANGING:
            self._held.pop(self.target.repository, None)
        try:
            done = subprocess.run(
                self.command(*arguments), input=stdin, stdin=None if stdin is not None else subprocess.DEVNULL,
                capture_output=True, check=False, env=self.environment, timeout=timeout or self.target.timeout,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            if arguments[0] != "unlock":  # it takes no lock
                self._drop_lock()
            raise ResticError(self.target.name, arguments[0], TOO_LONG, str(error.stderr or "")) from error
        if done.returncode:
            if done.returncode < 0:
                self._drop_lock()
            raise ResticError(self.target.name, arguments[0], done.returncode, done.stderr.decode(errors="replace"))
        return done.stdout.decode(errors="replace")

    def _drop_lock(self) -> None:
        """Remove what a killed restic could not: with it, every `check` and `forget` would wait in vain."""
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            subprocess.run(
                self.command("unlock"), env=self.environment, stdin=subprocess.DEVNULL, capture_output=True,
                check=False, timeout=UNLOCK_SECONDS,
            )  # fmt: skip

    def ensure(self, like: Repository | None = None) -> None:
        """Make the repository where there is none, `like` another so that copies need no new chunks; drop stale locks.

        One at a time, for two that make the same one at once would damage it.

        Raises ResticError within a minute where the target cannot be reached or the password is another one.
        """
        if failed := self._unreachable.get(self.target.repository):
            raise failed
        if self.target.repository in self._ready:
            return
        with only_one(f"repository-{self.target.name}", wait=PROBE_SECONDS):
            self._ensure(like, min(PROBE_SECONDS, self.target.timeout))
        self._ready.add(self.target.repository)

    def _ensure(self, like: Repository | None, timeout: float) -> None:
        try:
            self.run("unlock", timeout=timeout)  # only of locks whose process is gone
        except ResticError as error:
            if error.code == TOO_LONG:
                self._unreachable[self.target.repository] = error
            if error.code != 10:
                raise
            same = [*like.as_source(), "--copy-chunker-params"] if like else []
            self.run("init", *same, timeout=timeout)

    def as_source(self) -> list[str]:
        """Return the options that make this repository the source of a copy."""
        return ["--from-repo", self.target.repository, "--from-password-file", self.settings.password_file]

    def backup(self, *arguments: str, tags: Iterable[str], stdin: bytes | None = None) -> dict[str, Any]:
        """Make a snapshot and return restic's summary: snapshot_id, data_added_packed, total_bytes_processed, …"""
        options = [word for tag in tags for word in ("--tag", tag)]
        # A container's changing host name would defeat retention; the tags differ in each run.
        said = self.run("backup", "--json", "--host", self.settings.host, *options, *arguments, stdin=stdin)
        for line in reversed(said.splitlines()):
            message: dict[str, Any] = json.loads(line)
            if message.get("message_type") == "summary":
                return message
        raise BackupError(f"{self.target.name}: restic backup told nothing of a snapshot")

    def copy_from(self, source: Repository, snapshots: Sequence[str]) -> None:
        """Copy snapshots that are in another repository, in this order. One that is here already is passed over."""
        if snapshots:
            self.run("copy", *source.as_source(), *snapshots)

    def snapshots(self, *tags: str) -> list[dict[str, Any]]:
        """Return the snapshots that carry all `tags`, oldest first, each with id, time and tags."""
        if self.target.repository not in self._held:
            found: list[dict[str, Any]] = json.loads(self.run("snapshots", "--json")) or []
            self._held[self.target.repository] = sorted(found, key=lambda snapshot: str(snapshot["time"]))
        return [one for one in self._held[self.target.repository] if {*tags} <= {*(one.get("tags") or [])}]

    def find(self, *tags: str) -> str:
        """Return the id of the newest snapshot with all `tags`. Raises BackupError where there is none."""
        found = self.snapshots(*tags)
        if not found:
            raise BackupError(f"{self.target.name}: there is no snapshot with {', '.join(tags)}")
        return str(found[-1]["id"])

    def read(self, snapshot: str, path: str) -> bytes:
        """Return the content of one small file of a snapshot."""
        return self.run("dump", snapshot, path).encode()

    def stream(self, snapshot: str, path: str) -> subprocess.Popen[bytes]:
        """Start to write one file of a snapshot to a pipe; the caller must look at the exit code."""
        return subprocess.Popen(
            self.command("dump", snapshot, path), env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )


def tag_value(snapshot: dict[str, Any], key: str) -> str:
    """Return the value of a tag `key=value` of a snapshot; empty where it has none."""
    values = [tag.partition("=")[2] for tag in snapshot.get("tags") or [] if tag.startswith(f"{key}=")]
    return values[0] if values else ""
