"""The virtual environment: made when missing, filled anew when the pinned requirements changed."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from tools.workshop import packages
from tools.workshop.settings import Settings
from tools.workshop.shell import WorkshopError, run, write_private

OLDEST, NEWEST = (3, 11), (3, 13)


def check_python() -> None:
    """Raise WorkshopError for a Python that the pins do not cover."""
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        raise WorkshopError(f"Python {sys.version.split()[0]} is not among 3.11 to 3.13", "make up PYTHON=python3.11")


def ensure(settings: Settings) -> bool:
    """Make the virtual environment hold exactly the pinned requirements; tell whether it changed.

    Raises WorkshopError where neither uv nor pip can install them.
    """
    directory, pins = settings.root / ".venv", settings.root / "requirements" / "dev.txt"
    stamp = directory / ".requirements"
    wanted = hashlib.sha256(pins.read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted:
        return False
    python = directory / "bin" / "python"
    if not _works(python):
        _create(directory)
    _install(python, settings.root / "requirements")
    write_private(stamp, wanted, 0o644)
    return True


def _install(python: Path, requirements: Path) -> None:
    """Install the pins: by uv, in a third of pip's time, or by pip where uv does not reach what pip is set to."""
    pip: list[str | Path] = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    uv: list[str | Path] = [python.with_name("uv"), "pip", "install", "--quiet", "--python", python]
    hashed: list[str | Path] = ["--require-hashes", "--requirement"]
    hint = "does this machine reach PyPI?"
    run([*pip, *hashed, requirements / "uv.txt"], timeout=900, hint=hint)
    if run([*uv, *hashed, requirements / "dev.txt"], timeout=900, check=False).returncode:
        run([*pip, *hashed, requirements / "dev.txt"], timeout=900, hint=hint)


def _works(python: Path) -> bool:
    return python.exists() and run([python, "-m", "pip", "--version"], check=False).returncode == 0


def _create(directory: Path) -> None:
    command: list[str | Path] = [sys.executable, "-m", "venv", "--clear", directory]
    if run(command, check=False).returncode:
        packages.install(["python3-venv"])
        run(command, hint="install python3-venv")
