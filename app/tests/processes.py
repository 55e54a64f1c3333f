"""Real processes of the console, as the image runs them."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import socketio

from backends import Backends, free_port
from console.platform.examples import SNAPSHOT
from support import ADMIN, ALERTS_TOKEN, PASSWORD, PUBLIC_URL, REPORTER_TOKEN, RUNNER_TOKEN

SECRET_KEY = "secret-" + "0123456789" * 4
SOURCE = Path(__file__).parent.parent / "src"
PATIENCE = 120  # seconds for a start on a busy machine

SERVICE: dict[str, Any] = SNAPSHOT["services"][0]


@dataclass
class Process:
    """One running ``console api`` or ``console realtime``."""

    port: int
    popen: subprocess.Popen[bytes]
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def text(self) -> str:
        return self.log.read_text()

    def terminate(self) -> None:
        self.popen.send_signal(signal.SIGTERM)

    def exit_code(self) -> int:
        return self.popen.wait(PATIENCE)

    def wait_until_ready(self, path: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if self.popen.poll() is not None:
                raise AssertionError(f"it ended with {self.popen.returncode}:\n{self.text()}")
            try:
                if httpx.get(self.url + path, timeout=5).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        raise AssertionError(f"{path} did not become ready:\n{self.text()}")


def environment(servers: Backends, directory: Path, changes: Mapping[str, str]) -> dict[str, str]:
    """Settings as role app gives them: secrets as files."""
    secrets = {
        "DATABASE_URL": servers.database_url,
        "REDIS_URL": servers.redis_url,
        "SECRET_KEY": SECRET_KEY,
        "ADMIN_PASSWORD": PASSWORD,
        "REPORTER_TOKEN": REPORTER_TOKEN,
        "ALERTS_TOKEN": ALERTS_TOKEN,
        "RUNNER_TOKEN": RUNNER_TOKEN,
    } | {name: value for name, value in changes.items() if name in ("DATABASE_URL", "REDIS_URL")}
    directory.mkdir(exist_ok=True)
    for name, value in secrets.items():
        (directory / name).write_text(value)
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(SOURCE),
        "PUBLIC_URL": PUBLIC_URL,
        "ADMIN_USER": ADMIN,
        "DRAIN_SECONDS": "2",
        "REDIS_PREFIX": f"console:{uuid.uuid4().hex}:",  # so that no test counts against another's rate limits
        **{f"{name}_FILE": str(directory / name) for name in secrets},
        **{name: value for name, value in changes.items() if name not in secrets},
    }


@contextmanager
def console(kind: str, servers: Backends, directory: Path, **changes: str) -> Iterator[Process]:
    """A process that is killed at the end if it still runs. ``changes``: settings by name."""
    port = free_port()
    log = directory / f"{kind}-{port}.log"
    variables = environment(servers, directory / f"secrets-{port}", changes) | {"PORT": str(port)}
    with log.open("wb") as output:
        popen = subprocess.Popen([sys.executable, "-m", "console", kind], env=variables, stdout=output, stderr=output)
    try:
        yield Process(port, popen, log)
    finally:
        popen.kill()
        popen.wait()


@contextmanager
def both(servers: Backends, directory: Path, prefix: str) -> Iterator[tuple[Process, Process]]:
    """Api and realtime on one Redis prefix, ready."""
    with (
        console("api", servers, directory, REDIS_PREFIX=prefix) as api,
        console("realtime", servers, directory, REDIS_PREFIX=prefix) as realtime,
    ):
        api.wait_until_ready("/api/ready")
        realtime.wait_until_ready("/ready")
        yield api, realtime


async def sign_in(api: Process) -> str:
    """The admin's access token."""
    async with httpx.AsyncClient(base_url=api.url) as client:
        answer = await client.post("/api/auth/sign-in", json={"name": ADMIN, "password": PASSWORD}, timeout=30)
    return str(answer.json()["access_token"])


async def report(api: Process, **changes: Any) -> None:
    """One service as the reporter tells it."""
    body = {"services": [SERVICE | changes], "reported_at": "2026-01-02T03:04:05Z", "host": "vps"}
    headers = {"authorization": f"Bearer {REPORTER_TOKEN}"}
    async with httpx.AsyncClient(base_url=api.url) as client:
        for _ in range(10):  # a busy machine may be slower than the time limits for Redis; the reporter tries again too
            answer = await client.put("/api/platform/services", json=body, headers=headers, timeout=30)
            if answer.status_code != 503:
                break
    assert answer.status_code == 204, answer.text


@dataclass
class Browser:
    """A Socket.IO client and what it was sent."""

    client: socketio.AsyncClient = field(default_factory=lambda: socketio.AsyncClient(reconnection=False))
    snapshots: asyncio.Queue[dict[str, Any]] = field(default_factory=asyncio.Queue)
    draining: asyncio.Future[dict[str, Any]] = field(default_factory=asyncio.Future)
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    async def connect(self, realtime: Process, token: str, origin: str = PUBLIC_URL, **options: Any) -> None:
        self.client.on("services", self.snapshots.put)
        self.client.on("draining", self.draining.set_result)
        self.client.on("disconnect", lambda *_: self.gone.set())
        headers = {"origin": origin}
        await self.client.connect(realtime.url, headers=headers, auth={"token": token}, wait_timeout=30, **options)

    async def next_snapshot(self) -> dict[str, Any]:
        async with asyncio.timeout(60):
            return await self.snapshots.get()
