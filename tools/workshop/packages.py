"""Debian packages of this machine: installed when missing, with sudo where we are not root."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

from tools.workshop.shell import WorkshopError, run, succeeds


def as_root(argv: Sequence[str | Path]) -> list[str]:
    """Return `argv` so that it runs as root.

    Raises WorkshopError where neither root nor a sudo without password is at hand.
    """
    words = [str(word) for word in argv]
    if os.geteuid() == 0:
        return words
    if shutil.which("sudo") and (os.isatty(0) or succeeds(["sudo", "-n", "true"])):
        return ["sudo", *words]
    raise WorkshopError(
        f"root is needed for `{' '.join(words[:3])} …`, and sudo is not available",
        "run make as root, or install sudo and let this user use it",
    )


def ensure(commands: Sequence[str], packages: Sequence[str]) -> bool:
    """Install `packages` unless all `commands` exist; tell whether it installed.

    Raises WorkshopError where this is no Debian or apt fails.
    """
    if all(shutil.which(command) for command in commands):
        return False
    install(packages)
    return True


def available(package: str) -> bool:
    """Tell whether apt knows an installable version of `package`."""
    shown = run(["apt-cache", "policy", package], check=False).stdout
    return "Candidate:" in shown and "Candidate: (none)" not in shown


# Stages run beside each other, and apt-get update waits for no lock.
_APT = threading.Lock()


def install(packages: Sequence[str]) -> None:
    """Install `packages` with apt-get, refreshing the package lists first."""
    if not shutil.which("apt-get"):
        raise WorkshopError(
            f"{', '.join(packages)} missing, and this is no Debian with apt-get",
            f"install {', '.join(packages)} with your system's package manager",
        )
    apt = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120"]
    hint = "check this machine's apt sources and network, then run make again"
    with _APT:
        run(as_root([*apt, "update"]), hint=hint, timeout=300, check=False)
        run(as_root([*apt, "install", "--yes", "--no-install-recommends", *packages]), hint=hint, timeout=600)


def unpack(package: str, directory: Path) -> Path:
    """Unpack `package` without installing it or what it depends on, once; return the directory that holds its files.

    Raises WorkshopError where this is no Debian or apt gives no such package.
    """
    place = directory / package
    if place.is_dir():
        return place
    if not shutil.which("apt-get"):
        raise WorkshopError(f"{package} is missing, and this is no Debian with apt-get", f"install {package}")
    with tempfile.TemporaryDirectory(prefix="skerry-") as scratch:
        with _APT:
            if not available(package):
                run(as_root(["apt-get", "-qq", "update"]), timeout=300, check=False)
            hint = "check this machine's apt sources and network"
            run(["apt-get", "-qq", "download", package], cwd=Path(scratch), hint=hint, timeout=300)
        (archive,) = Path(scratch).glob("*.deb")
        run(["dpkg-deb", "--extract", archive, Path(scratch) / "files"])
        directory.mkdir(parents=True, exist_ok=True)
        shutil.move(Path(scratch) / "files", place)
    return place
