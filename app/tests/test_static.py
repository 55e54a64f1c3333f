"""What needs no running console: types, and the frontend's own checks in the stage that builds it."""

from __future__ import annotations

import gzip
import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

APP = Path(__file__).parent.parent
CHECKED = "skerry-console-frontend-check"
BUDGET = 80_000  # bytes of everything that a first visit loads, compressed


def docker(*argv: str) -> bytes:
    """Run Docker; the first client that can build with BuildKit."""
    environment = {**os.environ, "DOCKER_BUILDKIT": "1"}
    clients = [client for client in (shutil.which("docker"), "/usr/bin/docker") if client and Path(client).exists()]
    assert clients, "the frontend is built and checked with Docker, and there is none"
    for client in clients:
        done = subprocess.run([client, *argv], capture_output=True, env=environment, check=False)
        if b"buildx component is missing" not in done.stderr:
            break
    assert done.returncode == 0, done.stderr.decode()[-4000:]
    return done.stdout


@pytest.fixture(scope="module")
def dist() -> Iterator[dict[str, bytes]]:
    """The built files by name, once svelte-check and vitest have passed."""
    docker("build", "--target", "frontend-check", "--tag", CHECKED, str(APP))
    packed = docker("run", "--rm", CHECKED, "tar", "-cC", "/build/frontend/dist", ".")
    with tarfile.open(fileobj=BytesIO(packed)) as archive:
        yield {
            member.name.removeprefix("./"): file.read()
            for member in archive.getmembers()
            if (file := archive.extractfile(member))
        }


def test_types() -> None:
    """If this failed, an endpoint could be given something else than it expects."""
    done = subprocess.run([sys.executable, "-m", "mypy"], cwd=APP, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_frontend_is_small(dist: dict[str, bytes]) -> None:
    """If this failed, the console would be slow to open on a phone."""
    size = sum(len(gzip.compress(content)) for content in dist.values())
    assert 10_000 < size < BUDGET


def test_nothing_inline(dist: dict[str, bytes]) -> None:
    """If this failed, the content security policy would block the page, or had to be loosened."""
    page = dist["index.html"].decode()
    assert re.search(r'<script[^>]* src="/assets/', page)
    assert not re.search(r"<script(?![^>]* src=)|<style|\son\w+=|style=", page)
