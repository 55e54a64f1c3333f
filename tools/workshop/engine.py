"""The Docker engine of this machine: found, or Debian's installed and started."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools.workshop import packages
from tools.workshop.shell import WorkshopError, run, succeeds, tail

LOG = Path("/var/log/skerry-dockerd.log")
START_SECONDS = 60
# Attestations would turn every pushed image into an index that the registry's digest check trips over.
BUILD_ENV = {"DOCKER_BUILDKIT": "1", "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}


def answers() -> bool:
    """Tell whether an engine answers on the configured socket.

    Raises WorkshopError where one is there that this user may not talk to.
    """
    if not shutil.which("docker"):
        return False
    asked = run(["docker", "version", "--format", "{{.Server.Version}}"], check=False, timeout=30)
    if "permission denied" in asked.stderr:
        raise WorkshopError(
            "this user may not talk to the Docker engine",
            "run make as root, or `sudo usermod -aG docker $USER` and log in again",
        )
    return asked.returncode == 0


def docker(*argv: str | Path, check: bool = True, timeout: float | None = 120, hint: str = "") -> str:
    """Run the docker client and return what it printed; raise WorkshopError on failure."""
    return run(["docker", *argv], check=check, timeout=timeout, hint=hint).stdout.strip()


def exists(kind: str, name: str) -> bool:
    """Tell whether the engine has the `kind` (image, network, volume, container) called `name`."""
    return run(["docker", kind, "inspect", name], check=False).returncode == 0


def inspect(kind: str, name: str, template: str) -> str | None:
    """Return `template` filled for one object, or None where there is no such object."""
    done = run(["docker", kind, "inspect", "--format", template, name], check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def ensure() -> str:
    """Make sure that an engine answers; return its version.

    Raises WorkshopError where none runs and none can be installed or started.
    """
    if not answers():
        packages.ensure(["dockerd"], _packages())
        if not answers():
            _start()
    return docker("version", "--format", "{{.Server.Version}}")


def _packages() -> list[str]:
    """Debian's engine; from Debian 13 on, the client and BuildKit are packages of their own."""
    return ["docker.io", "iptables", *(name for name in ("docker-cli", "docker-buildx") if packages.available(name))]


def _start() -> None:
    if Path("/run/systemd/system").is_dir():
        run(packages.as_root(["systemctl", "start", "docker"]), hint="see `journalctl -u docker`")
    else:
        # No service manager: the engine gets its own session, so that Ctrl-C on make does not end it.
        command = packages.as_root(["sh", "-c", f"exec dockerd >>{LOG} 2>&1 </dev/null"])
        subprocess.Popen(command, start_new_session=True, stdin=subprocess.DEVNULL)
    end = time.monotonic() + START_SECONDS
    while not answers():
        if time.monotonic() > end:
            said = tail(LOG.read_text(errors="replace"), 8) if LOG.is_file() else ""
            raise WorkshopError(
                f"the Docker engine did not answer within {START_SECONDS} s\n{said}",
                f"may this user reach the engine? (`docker version`); its log is {LOG} or `journalctl -u docker`",
            )
        time.sleep(0.3)


@functools.cache
def build_client() -> str:
    """Return a docker client that can build with BuildKit.

    Clients up to 22 have it built in, later ones need the buildx plug-in; a machine may have both
    kinds. Installs docker-buildx where no client can and Debian has it.
    """
    for attempt in (1, 2):
        for client in dict.fromkeys([shutil.which("docker"), "/usr/bin/docker"]):
            if client and os.access(client, os.X_OK) and _has_buildkit(client):
                return client
        if attempt == 1 and packages.available("docker-buildx"):
            packages.install(["docker-buildx"])
    raise WorkshopError("no docker client here can build with BuildKit", "install docker-buildx")


def _has_buildkit(client: str) -> bool:
    if succeeds([client, "buildx", "version"]):
        return True
    version = run([client, "version", "--format", "{{.Client.Version}}"], check=False).stdout.strip()
    major = version.split(".")[0]
    return major.isdigit() and int(major) < 23


def build(
    context: Path,
    tags: Sequence[str],
    *,
    args: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
    target: str = "",
    dockerfile: str | None = None,
    timeout: float = 900,
) -> None:
    """Build `context` and tag the result; `dockerfile` is the text of one that is not in it.

    Raises WorkshopError with the last lines of the failing step.
    """
    command = [build_client(), "build", "--progress", "plain", "--network", "default"]
    for tag in tags:
        command += ["--tag", tag]
    for key, value in (args or {}).items():
        command += ["--build-arg", f"{key}={value}"]
    for key, value in (labels or {}).items():
        command += ["--label", f"{key}={value}"]
    if target:
        command += ["--target", target]
    if dockerfile is not None:
        command += ["--file", "-"]
    text = dockerfile.encode() if dockerfile is not None else None
    run([*command, context], stdin=text, env=BUILD_ENV, timeout=timeout)
