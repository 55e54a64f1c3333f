"""The Docker client, for what the engine's API does not do: stack files and stored registry credentials."""

from __future__ import annotations

import subprocess

from .engine import EngineAbsentError

SECONDS = 900.0


class ClientError(Exception):
    """The client refused; the text is its own."""


def docker(*arguments: str, seconds: float = SECONDS) -> str:
    """Run `docker` and return what it says on both its streams.

    Raises ClientError where it fails or takes longer than `seconds`, EngineAbsentError where there is no client.
    """
    try:
        done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False, timeout=seconds)
    except FileNotFoundError as error:
        raise EngineAbsentError(
            "this host has no Docker client (package docker.io, from Debian 13 docker-cli)"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise ClientError(f"`docker {' '.join(arguments[:2])}` took longer than {seconds:g} s") from error
    if done.returncode:
        raise ClientError(done.stderr.strip() or done.stdout.strip() or f"exit code {done.returncode}")
    return done.stdout + done.stderr
