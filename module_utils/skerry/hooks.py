"""An operator's own programs around a deploy of an app.

    /etc/skerry/hooks/pre-deploy.d     before anything changes; one that fails ends the deploy
    /etc/skerry/hooks/post-deploy.d    when the new release runs
    /etc/skerry/hooks/on-failure.d     when it does not

Each executable file runs as root in the order of the names, with the deploy told in SKERRY_… (docs/deploying.md).
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

from . import patience

ROOT = Path("/etc/skerry/hooks")
SECONDS = 300.0
WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def run(phase: str, environment: Mapping[str, str], tick: Callable[[], None], root: Path = ROOT) -> str:
    """Run the hooks of a phase until one fails; return what is wrong with that one, empty where all is well."""
    folder = root / f"{phase}.d"
    for path in sorted(folder.glob("*")) if folder.is_dir() else []:
        if not path.is_file() or not os.access(path, os.X_OK):
            continue
        if others := _writable(path):
            return f"The hook {path} was not run: {others} can be written by others than root."
        ended = patience.run([str(path)], SECONDS, tick, environment)
        if ended.code:
            said = "\n".join(f"  {line}" for line in ended.tail.splitlines()) or "  (nothing)"
            return f"The hook {path} ended with exit code {ended.code} and said:\n{said}"
    return ""


def _writable(path: Path) -> str:
    """Return the first of the file and the directories above it that somebody else could have written."""
    for place in (path, *path.resolve().parents):
        about = place.stat()
        sticky = stat.S_ISDIR(about.st_mode) and about.st_mode & stat.S_ISVTX
        if about.st_uid not in (0, os.geteuid()) or (about.st_mode & WRITABLE_BY_OTHERS and not sticky):
            return str(place)
    return ""
