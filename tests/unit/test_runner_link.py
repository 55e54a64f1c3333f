"""The line to the console, over real TLS to a Socket.IO server that behaves well, badly, or not at all."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import ipaddress
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import socketio
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests import host_packages

host_packages.add()

from skerry_runner import dispatch, link  # noqa: E402
from skerry_runner.admission import Request  # noqa: E402
from skerry_runner.definitions import Definition  # noqa: E402
from skerry_runner.dispatch import Dispatcher  # noqa: E402
from skerry_runner.keeping import Keeping  # noqa: E402
from skerry_runner.link import Link  # noqa: E402
from skerry_runner.spool import Job, Spool  # noqa: E402

TOKEN = "canary-runner-0123456789abcdef01"
NAME = "console.test"


class Console(socketio.AsyncNamespace):
    """The console's end: keeps what it is told, answers with the number that it wants next."""

    def __init__(self) -> None:
        super().__init__("/runner")
        self.hellos: list[dict[str, Any]] = []
        self.events: dict[str, list[int]] = {}
        self.about: dict[str, Any] = {}
        self.lose_answers = 0
        self.sid = ""

    async def on_connect(self, sid: str, _environ: Any, auth: dict[str, Any]) -> None:
        if auth != {"token": TOKEN, "version": 1, "host": "vps"}:
            raise socketio.exceptions.ConnectionRefusedError("unauthorized")
        self.sid = sid

    async def on_hello(self, _sid: str, message: dict[str, Any]) -> dict[str, Any]:
        self.hellos.append(message)
        return {"next": {job: len(self.events.get(job, [])) + 1 for job in message["known"]}}

    async def on_events(self, sid: str, message: dict[str, Any]) -> dict[str, Any] | None:
        kept = self.events.setdefault(message["job"], [])
        self.about[message["job"]] = message["about"]
        kept += [event["n"] for event in message["events"] if event["n"] > len(kept)]
        if self.lose_answers:
            self.lose_answers -= 1
            await self.disconnect(sid)
        return {"next": len(kept) + 1}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for NAME, signed by itself, and its key, in one file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    names = x509.SubjectAlternativeName([x509.DNSName(NAME), x509.IPAddress(ipaddress.ip_address("127.0.0.9"))])
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(
        now + datetime.timedelta(days=1)
    )
    certificate = builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
    file = tmp_path_factory.mktemp("tls") / "pair.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + private)
    return file


@contextlib.asynccontextmanager
async def served(console: Console, pair: Path, port: int = 0) -> AsyncIterator[int]:
    """Serve the console's namespace over TLS; yield the port."""
    server = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins=[])
    server.register_namespace(console)
    config = uvicorn.Config(
        socketio.ASGIApp(server), host="127.0.0.1", port=port, log_level="error", lifespan="off",
        ssl_certfile=str(pair), ssl_keyfile=str(pair), timeout_graceful_shutdown=1,
    )  # fmt: skip
    process = uvicorn.Server(config)
    task = asyncio.create_task(process.serve())
    while not process.started:
        await asyncio.sleep(0.01)
    try:
        yield process.servers[0].sockets[0].getsockname()[1]
    finally:
        process.should_exit = True
        await task


@contextlib.asynccontextmanager
async def linked(dispatcher: Dispatcher, port: int, pair: Path | None, token: str = TOKEN) -> AsyncIterator[None]:
    """Keep the line up meanwhile."""
    settings = {
        "console_url": f"https://{NAME}:{port}",
        "console_address": "127.0.0.1",
        "ca_file": str(pair) if pair else "",
        "name": "vps",
    }
    task = asyncio.create_task(Link(settings, token, dispatcher).run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(check: Callable[[], Any], dispatcher: Dispatcher | None = None) -> None:
    """Wait until the check holds, with the queue looked at meanwhile."""
    for _ in range(1000):
        if dispatcher:
            dispatcher.tick()
        if check():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("waited in vain")


@pytest.fixture
def dispatcher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dispatcher:
    """A queue with one allowed job, which nothing starts."""
    allowed = {"look": Definition("look", "Look", "", "playbooks/look.yml", ("viewer",), "none", "look", 60)}
    monkeypatch.setattr(dispatch.definitions, "load", lambda: allowed)
    monkeypatch.setattr(link, "BACKOFF", (0.05,))
    monkeypatch.setattr(link, "PAUSE", 0.02)
    monkeypatch.setattr(link, "ANSWER_SECONDS", 2)
    return Dispatcher(Spool(tmp_path), Keeping(), lambda _identity: None, tmp_path / "private")


def spoken(dispatcher: Dispatcher, lines: int) -> Job:
    """Return a job that ended after so many lines."""
    job = dispatcher.submit(Request(uuid.uuid4().hex, "look", by={"user": "ada", "role": "viewer"}, why="alert"))
    writer = job.writer()
    for number in range(lines):
        writer.line(f"line {number}")
    writer.state("succeeded")
    job.refresh()
    return job


def test_everything_arrives_once_and_in_order(dispatcher: Dispatcher, authority: Path) -> None:
    """The browser would show a job with holes, or not at all."""

    async def story() -> None:
        console, before = Console(), spoken(dispatcher, 1200)
        async with served(console, authority) as port, linked(dispatcher, port, authority):
            await until(lambda: len(console.events.get(before.id, [])) == 1202)
            job = {"job": uuid.uuid4().hex, "name": "look", "parameters": {}, "by": {"user": "ada", "role": "viewer"}}
            await console.emit("start", job, to=console.sid)
            await until(lambda: console.events.get(job["job"]), dispatcher)
            await console.emit("start", job, to=console.sid)
            bad = {**job, "job": uuid.uuid4().hex, "name": "reboot"}
            await console.emit("start", bad, to=console.sid)
            await console.emit("start", {"job": "../../etc"}, to=console.sid)
            await console.emit("cancel", {"job": "../../etc", "by": 7}, to=console.sid)
            await until(lambda: console.events.get(bad["job"]), dispatcher)
        assert console.events[before.id] == list(range(1, 1203))
        assert console.about[before.id] == {
            "name": "look", "parameters": {}, "by": {"user": "ada", "role": "viewer"}, "why": "alert",
        }  # fmt: skip
        assert console.hellos[0]["jobs"][0]["name"] == "look"
        assert console.hellos[0]["known"][before.id]["last_n"] == 1202
        assert dispatcher.jobs.keys() == {before.id, job["job"], bad["job"]}
        assert dispatcher.jobs[bad["job"]].state == "refused"

    asyncio.run(story())


def test_a_console_that_goes_away_misses_nothing(dispatcher: Dispatcher, authority: Path) -> None:
    """What a job says while the console is deployed would be lost."""

    async def story() -> None:
        console = Console()
        async with contextlib.AsyncExitStack() as stack:
            async with served(console, authority) as port:
                await stack.enter_async_context(linked(dispatcher, port, authority))
                job = spoken(dispatcher, 10)
                await until(lambda: len(console.events.get(job.id, [])) == 12)
            later = spoken(dispatcher, 10)
            async with served(console, authority, port):
                await until(lambda: len(console.events.get(later.id, [])) == 12)
        assert console.events == {job.id: list(range(1, 13)), later.id: list(range(1, 13))}
        assert len(console.hellos) >= 2

    asyncio.run(story())


def test_an_answer_that_is_lost_is_asked_for_again(dispatcher: Dispatcher, authority: Path) -> None:
    """One lost packet would end the stream, or make every line come twice."""

    async def story() -> None:
        console, job = Console(), spoken(dispatcher, 1200)
        console.lose_answers = 2
        async with served(console, authority) as port, linked(dispatcher, port, authority):
            await until(lambda: len(console.events.get(job.id, [])) >= 1202)
        assert console.events[job.id] == list(range(1, 1203))

    asyncio.run(story())


def test_a_wrong_token_is_told_once(
    dispatcher: Dispatcher, authority: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The operator would not know why no job starts, or the journal would fill up."""

    async def story() -> None:
        console = Console()
        async with served(console, authority) as port, linked(dispatcher, port, authority, "another-token"):
            await asyncio.sleep(1)
        assert console.hellos == []

    asyncio.run(story())
    assert capsys.readouterr().out.count("the console refuses the token") == 1


def test_an_unknown_authority_is_not_trusted(
    dispatcher: Dispatcher, authority: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever sits between would get the token, and could have every allowed job run."""

    async def story() -> None:
        console = Console()
        async with served(console, authority) as port, linked(dispatcher, port, None):
            await asyncio.sleep(0.5)
        assert (console.sid, console.hellos) == ("", [])

    asyncio.run(story())
    said = capsys.readouterr().out
    assert "certificate" in said.lower()
    assert TOKEN not in said
