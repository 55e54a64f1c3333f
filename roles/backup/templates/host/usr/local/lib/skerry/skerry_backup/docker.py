"""The containers of the platform, by the docker client."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Sequence
from typing import Any

from .settings import BackupError

SERVICE_LABEL = "com.docker.swarm.service.name"
STACK_LABEL = "com.docker.stack.namespace"
SCALE_SECONDS = 600


def docker(*arguments: str, stdin: bytes | None = None, timeout: float | None = 600) -> str:
    """Run the client and return what it printed. Raises BackupError with its words where it fails."""
    try:
        done = subprocess.run(
            ["docker", *arguments], input=stdin, stdin=None if stdin is not None else subprocess.DEVNULL,
            capture_output=True, check=False, timeout=timeout,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise BackupError(f"docker {arguments[0]} did not end within {timeout:.0f} s") from error
    if done.returncode:
        raise BackupError(f"docker {arguments[0]}: {done.stderr.decode(errors='replace').strip()[-500:]}")
    return done.stdout.decode(errors="replace")


def container(service: str) -> str:
    """Return the id of the running container of a Swarm service. Raises BackupError where none runs on this host."""
    found = docker("ps", "--quiet", "--filter", f"label={SERVICE_LABEL}={service}").split()
    if not found:
        raise BackupError(f"no container of {service} runs on this host")
    return found[0]


def inspect(kind: str, name: str) -> dict[str, Any]:
    """Return the engine's description of one object."""
    found: list[dict[str, Any]] = json.loads(docker(kind, "inspect", name))
    return found[0]


def image_of(identifier: str) -> str:
    """Return the image that a container was made from: what else reads its data should be of the same version."""
    return str(inspect("container", identifier)["Image"])


def volume(name: str) -> str:
    """Return the directory of a volume."""
    return str(inspect("volume", name)["Mountpoint"])


def volumes_of(stack: str) -> list[str]:
    """Return the names of a stack's volumes."""
    return docker("volume", "ls", "--quiet", "--filter", f"label={STACK_LABEL}={stack}").split()


def replicas(stack: str) -> dict[str, int]:
    """Return the wanted number of tasks of each service of a stack."""
    names = docker("service", "ls", "--format", "{{.Name}}", "--filter", f"label={STACK_LABEL}={stack}").split()
    wanted = {}
    for name in names:
        mode = inspect("service", name)["Spec"]["Mode"]
        if "Replicated" in mode:
            wanted[name] = int(mode["Replicated"]["Replicas"])
    return wanted


def scale(wanted: dict[str, int], *, to: int | None = None) -> None:
    """Give services their number of tasks, or all of them `to`; returns when that is so, and they are healthy.

    The client would wait for one service after the other, and five seconds more for each.
    """
    if not wanted:
        return
    targets = {name: count if to is None else to for name, count in wanted.items()}
    docker("service", "scale", "--detach", *(f"{name}={count}" for name, count in targets.items()))
    end = time.monotonic() + SCALE_SECONDS
    while waiting := [name for name, count in targets.items() if not _has(name, count)]:
        if time.monotonic() > end:
            raise BackupError(f"{', '.join(waiting)} did not get to its number of tasks within {SCALE_SECONDS} s")
        time.sleep(0.5)


def _has(service: str, count: int) -> bool:
    """Return whether a service has this number of running tasks, and no container that is still ending."""
    said = docker("service", "ls", "--filter", f"name={service}", "--format", "{{.Name}} {{.Replicas}}").splitlines()
    running = {line.split()[0]: line.split()[1].partition("/")[0] for line in said}
    if running.get(service) != str(count):
        return False
    return count > 0 or not docker("ps", "--quiet", "--filter", f"label={SERVICE_LABEL}={service}").strip()


def pipe(source: subprocess.Popen[bytes], command: Sequence[str], what: str) -> None:
    """Feed a process's output to `docker …`. Raises BackupError unless both end well."""
    sink = subprocess.Popen(
        ["docker", *command], stdin=source.stdout, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    ended(source, sink, what)


def ended(source: subprocess.Popen[bytes], sink: subprocess.Popen[bytes], what: str) -> None:
    """Wait for both ends of a pipe. Raises BackupError unless both end well: a torn pipe is no success."""
    assert source.stdout is not None
    source.stdout.close()  # or the source would never learn that the sink is gone
    _, sink_said = sink.communicate()
    source_said = source.stderr.read() if source.stderr else b""
    code = source.wait()
    for process, said, status in (("reading", source_said, code), ("writing", sink_said, sink.returncode)):
        # The source of a sink that failed dies of the broken pipe; the sink's words tell why.
        if status and not (process == "reading" and sink.returncode):
            raise BackupError(f"{what}: {process} failed: {said.decode(errors='replace').strip()[-500:]}")
