"""The frontend's dev server: Vite, with the Node and the packages that the image is built with."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

from tools.workshop.settings import ROOT
from tools.workshop.shell import run, write_private

SOURCE = ROOT / "app/frontend"
NODE = ROOT / ".local/node"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")  # Debian's; a site may have added its own


def environment() -> dict[str, str]:
    """What node needs besides its own variables."""
    path = f"{NODE / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return {"PATH": path} | ({"NODE_EXTRA_CA_CERTS": str(CERTIFICATES)} if CERTIFICATES.exists() else {})


def install() -> None:
    """Node and the packages, as pinned, unless they are there. Raises WorkshopError."""
    pins, uv = SOURCE / "requirements.txt", Path(sys.executable).with_name("uv")
    if _outdated(NODE / ".pins", pins):
        run([sys.executable, "-m", "venv", "--clear", "--without-pip", NODE])
        python = NODE / "bin/python"
        run([uv, "pip", "install", "--quiet", "--python", python, "--require-hashes", "--requirement", pins])
        _note(NODE / ".pins", pins)
    lock, modules = SOURCE / "package-lock.json", SOURCE / "node_modules"
    if _outdated(modules / ".pins", lock):
        hint = "does this machine reach the registry of npm's packages?"
        run([NODE / "bin/npm", "ci"], cwd=SOURCE, env=environment(), timeout=900, hint=hint)
        _note(modules / ".pins", lock)


def command(port: int) -> list[str]:
    """What serves it on 127.0.0.1, and sends each change to the browser."""
    return [str(NODE / "bin/node"), "node_modules/vite/bin/vite.js", "--port", str(port), "--clearScreen", "false"]


def _outdated(note: Path, pins: Path) -> bool:
    return not note.is_file() or note.read_text() != _digest(pins)


def _note(note: Path, pins: Path) -> None:
    write_private(note, _digest(pins), 0o644)


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
