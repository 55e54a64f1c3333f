"""`make app-dev`: the three run on one's own machine, for nobody else, take changes at once, and end together."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import socketio

from tools.workshop.settings import ROOT

SECONDS = 600  # the first start brings Node and the frontend's packages
NOW = "2026-01-02T03:04:05Z"
SERVICE = {
    "stack": "shop",
    "name": "web",
    "image": "shop:1",
    "desired": 1,
    "running": 1,
    "healthy": True,
    "updated_at": NOW,
}


@dataclass
class Running:
    """A `make app-dev` with a state of its own."""

    process: subprocess.Popen[bytes]
    port: int
    state: Path
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def headers(self) -> dict[str, str]:
        """What a browser sends along with a page's requests."""
        return {"origin": self.url}

    def says(self, text: str, times: int = 1) -> None:
        """Wait until it has said so."""
        deadline = time.monotonic() + SECONDS
        while self.log.read_text().count(text) < times:
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.2)

    def secret(self, name: str) -> str:
        return (self.state / name).read_text()

    def family(self) -> list[int]:
        """All its processes, also those whose parents have ended: each was given the directory, or works in it."""
        mine = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                known = (entry / "environ").read_text("utf-8", "replace") + (entry / "cmdline").read_text()
                if str(self.state) in known + str((entry / "cwd").readlink()):
                    mine.append(int(entry.name))
            except OSError:
                continue
        return mine


@contextmanager
def started(state: Path, port: int) -> Iterator[Running]:
    """It runs until the end at the latest; it is not waited for."""
    log = state / "log"
    environment = os.environ | {"PORT": str(port), "SKERRY_APP_DEV": str(state)}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "tools.app_dev"], cwd=ROOT, env=environment, stdout=output, stderr=output
        )
    try:
        yield Running(process, port, state, log)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(SECONDS)


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    # Not below pytest's own directory, which only root may enter: PostgreSQL does not run as root.
    with tempfile.TemporaryDirectory(prefix="skerry-app-dev-") as directory:
        Path(directory).chmod(0o711)
        with started(Path(directory), free_port()) as made:
            made.says("Ctrl-C ends it")
            yield made


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def sign_in(running: Running) -> str:
    answer = httpx.post(
        f"{running.url}/api/auth/sign-in",
        json={"name": "admin", "password": running.secret("admin-password")},
        headers=running.headers,
        timeout=60,
    )
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


async def snapshot_of(running: Running, token: str) -> dict[str, Any]:
    """What a browser hears that is connected when the reporter tells of a service."""
    client, heard = socketio.AsyncClient(reconnection=False), asyncio.Queue[dict[str, Any]]()
    client.on("services", heard.put)
    options = {"auth": {"token": token}, "transports": ["websocket"], "wait_timeout": 60}
    await client.connect(running.url, headers=running.headers, **options)
    try:
        report = {"services": [SERVICE], "reported_at": NOW, "host": "a laptop"}
        reporter = {"authorization": f"Bearer {running.secret('reporter-token')}"}
        async with httpx.AsyncClient(base_url=running.url) as http, asyncio.timeout(60):
            answer = await http.put("/api/platform/services", json=report, headers=reporter, timeout=60)
            assert answer.status_code == 204, answer.text
            while (snapshot := await heard.get())["host"] != "a laptop":
                pass
        return snapshot
    finally:
        await client.disconnect()


def test_what_happens_comes_live_through_the_dev_server(running: Running) -> None:
    """If this failed, nobody could work on the console without deploying it."""
    snapshot = asyncio.run(snapshot_of(running, sign_in(running)))
    assert [service["name"] for service in snapshot["services"]] == ["web"]


def test_the_page_is_the_dev_servers(running: Running) -> None:
    """If this failed, a change of the frontend would not come to the browser by itself."""
    page = httpx.get(f"{running.url}/", timeout=60)
    assert (page.status_code, "/@vite/client" in page.text) == (200, True)
    assert "import" in httpx.get(f"{running.url}/src/main.ts", timeout=60).text


def test_nobody_else_reaches_it(running: Running) -> None:
    """If this failed, whoever is in the same café could reach a console with a first password on it."""
    listening = []
    for pid in running.family():
        inodes = {str(link.readlink())[8:-1] for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()}
        for table in ("tcp", "tcp6"):
            rows = [line.split() for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]]
            listening += [row[1] for row in rows if row[3] == "0A" and row[9] in inodes]
    addresses = {address.partition(":")[0] for address in listening}
    assert len(set(listening)) == 5, "api, realtime, the frontend, the database and the broker"
    assert addresses == {"0100007F"}


def test_its_secrets_are_its_users(running: Running) -> None:
    """If this failed, others on the machine could read the password."""
    secrets = [file for file in running.state.iterdir() if file.is_file() and file.name != "log"]
    assert {file.stat().st_mode & 0o777 for file in secrets} == {0o600}
    assert running.secret("admin-password") not in running.log.read_text()


def test_a_change_is_taken_at_once(running: Running) -> None:
    """If this failed, one would look at old code."""
    before = running.log.read_text().count("serving on port")
    (ROOT / "app/src/console/__init__.py").touch()
    running.says("changed: console/__init__.py")
    running.says("serving on port", before + 2)
    sign_in(running)


def test_a_taken_port_is_said(running: Running) -> None:
    """If this failed, one would work on another console than the one in the browser."""
    with tempfile.TemporaryDirectory() as directory, started(Path(directory), running.port) as second:
        assert second.process.wait(SECONDS) == 1
        said = second.log.read_text()
    assert said.startswith(f"✗ port {running.port} of 127.0.0.1 cannot be had: Address already in use\n")
    assert f"PORT={running.port + 1}" in said


def test_ctrl_c_ends_all_and_the_next_start_goes_on(running: Running) -> None:
    """If this failed, forgotten processes would hold the ports, or each start would begin with an empty database.

    The last test of this module: it ends what the others use.
    """
    assert len(running.family()) > 5
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(60) == 0, running.log.read_text()
    assert running.family() == []
    password = running.secret("admin-password")
    with started(running.state, running.port) as again:
        again.says("Ctrl-C ends it")
        assert again.secret("admin-password") == password
        sign_in(again)
