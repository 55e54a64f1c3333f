"""Running other programs: one way to call, one error that says what to do."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

TAIL_LINES, LINE_LENGTH = 30, 300


class WorkshopError(Exception):
    """A stage cannot go on. `hint` tells the operator what to do about it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def tail(text: str, lines: int = TAIL_LINES) -> str:
    """Return the last `lines` lines of `text`, where the cause of a failure stands, none of them endless."""
    return "\n".join(line[:LINE_LENGTH] for line in text.strip().splitlines()[-lines:])


def run(
    argv: Sequence[str | Path],
    *,
    check: bool = True,
    stdin: bytes | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout: float | None = None,
    hint: str = "",
) -> subprocess.CompletedProcess[str]:
    """Run `argv` quietly and return its text output.

    Raises WorkshopError with the command and its last lines when it fails (and `check` is set),
    when it does not end within `timeout` seconds, or when the program does not exist.
    """
    words = [str(word) for word in argv]
    try:
        done = subprocess.run(
            words,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            env={**os.environ, **(env or {})},
            cwd=cwd,
            timeout=timeout,
            check=False,
        )
    except FileNotFoundError as error:
        raise WorkshopError(f"{words[0]} is not installed", hint) from error
    except subprocess.TimeoutExpired as error:
        raise WorkshopError(f"`{shlex.join(words)}` did not end within {timeout:.0f} s", hint) from error
    out = done.stdout.decode(errors="replace")
    err = done.stderr.decode(errors="replace")
    if check and done.returncode:
        said = tail(err + out) or "it printed nothing"
        raise WorkshopError(f"`{shlex.join(words)}` failed with exit code {done.returncode}:\n{said}", hint)
    return subprocess.CompletedProcess(words, done.returncode, out, err)


def succeeds(argv: Sequence[str | Path], timeout: float = 30) -> bool:
    """Tell whether `argv` exits with 0; a missing program or a time-out counts as no."""
    try:
        return run(argv, check=False, timeout=timeout).returncode == 0
    except WorkshopError:
        return False


def live(argv: Sequence[str | Path], *, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> int:
    """Run `argv` with the operator's own terminal and return its exit code.

    Ctrl-C reaches the program too: it is left the time to end cleanly before KeyboardInterrupt goes on.
    """
    child = subprocess.Popen([str(word) for word in argv], cwd=cwd, env={**os.environ, **(env or {})})
    try:
        return child.wait()
    except KeyboardInterrupt:
        child.wait()
        raise


def write_private(path: Path, text: str, mode: int = 0o600) -> None:
    """Write `text` to `path` in one step, never readable by others for a moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
        file.write(text)
    beside.replace(path)


def write_if_changed(path: Path, text: str, mode: int = 0o600) -> bool:
    """Write `text` unless `path` holds it already; tell whether it wrote."""
    if path.is_file() and path.read_text() == text:
        return False
    write_private(path, text, mode)
    return True
