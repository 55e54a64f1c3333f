"""Containers for the contract tests: started as Skerry starts them, asked from outside, always removed."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PREFIX = "hb-"
# What every service of Skerry runs with: platform.md, security.md.
HARDENED = (
    "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
    "--pids-limit", "200", "--memory", "512m",
)  # fmt: skip
STOP_SECONDS = 20


def docker(*argv: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run the docker client; raise AssertionError with its output where it fails and `check` is set."""
    done = subprocess.run(["docker", *argv], capture_output=True, text=True, check=False, timeout=120)
    assert not check or done.returncode == 0, f"docker {' '.join(argv)}: {done.stdout}{done.stderr}"
    return done


def table() -> list[dict[str, Any]]:
    """Return the entries of images/images.json."""
    entries: list[dict[str, Any]] = json.loads((ROOT / "images/images.json").read_text())
    return entries


def inspect(image: str) -> dict[str, Any]:
    """Return what the engine knows of `image`; raise AssertionError where it is not there."""
    found: list[dict[str, Any]] = json.loads(docker("image", "inspect", image).stdout)
    return found[0]


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 30) -> None:
    """Return as soon as `condition` holds; raise AssertionError naming `what` after `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.1)


@dataclass(frozen=True)
class Answer:
    """One HTTP answer."""

    status: int
    body: str


@dataclass(frozen=True)
class Container:
    """A container of this test run."""

    name: str

    def state(self, template: str) -> str:
        """Return a part of `docker inspect`."""
        return docker("inspect", "--format", template, self.name).stdout.strip()

    @property
    def address(self) -> str:
        """The container's address on the engine's bridge."""
        return self.state("{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}")

    @property
    def logs(self) -> str:
        """Everything that it printed so far."""
        done = docker("logs", self.name)
        return done.stdout + done.stderr

    def run(self, *argv: str) -> subprocess.CompletedProcess[str]:
        """Run a command inside."""
        return docker("exec", self.name, *argv, check=False)

    def out(self, *argv: str) -> str:
        """Run a command inside that must succeed; return what it printed."""
        done = self.run(*argv)
        assert done.returncode == 0, f"{argv}: {done.stdout}{done.stderr}\n{self.logs[-2000:]}"
        return done.stdout.strip()

    def http(self, port: int, path: str = "/", method: str = "GET") -> Answer:
        """Ask the container over http; status 0 where nothing answers."""
        request = urllib.request.Request(f"http://{self.address}:{port}{path}", method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=5) as answer:
                return Answer(answer.status, answer.read().decode())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.read().decode())
        except OSError as error:
            return Answer(0, str(error))

    def succeeds(self, argv: Sequence[str]) -> None:
        """Wait until a command inside succeeds; raise AssertionError as soon as the container has ended."""

        def tried() -> bool:
            assert self.state("{{.State.Running}}") == "true", f"{self.name} ended:\n{self.logs[-3000:]}"
            return self.run(*argv).returncode == 0

        wait_until(tried, f"{argv} in {self.name}")

    def answers(self, port: int, path: str, status: int = 200) -> Answer:
        """Wait until the container answers `path` with `status`, and return that answer."""
        wait_until(lambda: self.http(port, path).status == status, f"{status} for {path}\n{self.logs[-2000:]}")
        return self.http(port, path)

    def stop(self) -> int:
        """Stop the container by its image's own signal; return its exit code, 137 where it had to be killed."""
        docker("stop", "--time", str(STOP_SECONDS), self.name)
        return int(self.state("{{.State.ExitCode}}"))


@contextmanager
def running(image: str, *command: str, options: Sequence[str] = (), hardened: bool = True) -> Iterator[Container]:
    """Start `image`, hardened as on a Skerry host, and remove it with its volumes afterwards."""
    name = f"{PREFIX}{uuid.uuid4().hex[:8]}"
    try:
        docker("run", "--detach", "--name", name, *(HARDENED if hardened else ()), *options, image, *command)
        yield Container(name)
    finally:
        docker("rm", "--force", "--volumes", name, check=False)


def ended(image: str, *command: str, options: Sequence[str] = ()) -> tuple[int, str]:
    """Run `image` to its end; return exit code and output."""
    done = docker("run", "--rm", *options, image, *command, check=False)
    return done.returncode, done.stdout + done.stderr
