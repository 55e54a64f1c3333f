"""The processes as the image runs them: start, drain, stop, fail."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from pathlib import Path

import httpx
import jwt
import pytest
import socketio

import reports
from backends import Backends, unreachable
from console.auth.tokens import LEEWAY_SECONDS, Tokens
from processes import SECRET_KEY, Browser, Process, both, console, report, sign_in
from support import ADMIN, PUBLIC_URL, REPORTER_TOKEN

pytestmark = pytest.mark.anyio


async def test_sigterm_under_load_loses_no_request(migrated: Backends, tmp_path: Path) -> None:
    """If this failed, every deploy would cost somebody an error."""
    with console("api", migrated, tmp_path) as api:
        api.wait_until_ready("/api/ready")
        seen: Counter[str] = Counter()
        closing = False

        async def load() -> None:
            # Leaves once it is told that the connection closes, as a proxy does that has seen the 503 of /api/ready.
            nonlocal closing
            async with httpx.AsyncClient(base_url=api.url, timeout=30) as client:
                while not closing:
                    answer = await client.post("/api/auth/sign-in", content=b"{")
                    seen[f"{answer.status_code} {answer.headers.get('connection', 'keep-alive')}"] += 1
                    await asyncio.sleep(0.01)

        workers = [asyncio.create_task(load()) for _ in range(5)]
        await asyncio.sleep(0.5)
        api.terminate()
        async with asyncio.timeout(60), httpx.AsyncClient(base_url=api.url, timeout=30) as probe:
            while (ready := await probe.get("/api/ready")).json()["status"] != "draining":
                await asyncio.sleep(0.05)
        await asyncio.sleep(0.5)
        closing = True
        await asyncio.gather(*workers)
        assert ready.status_code == 503
        assert set(seen) <= {"422 keep-alive", "429 keep-alive", "422 close", "429 close"}, seen
        assert any(key.endswith("close") for key in seen), seen
        assert await asyncio.to_thread(api.exit_code) == 0


async def test_an_open_request_ends_after_the_drain(migrated: Backends, tmp_path: Path) -> None:
    """If this failed, a request that takes longer than the drain would be cut off."""
    with console("api", migrated, tmp_path, DRAIN_SECONDS="0.2") as api:
        api.wait_until_ready("/api/ready")
        reader, writer = await asyncio.open_connection("127.0.0.1", api.port)
        body = json.dumps({"name": ADMIN, "password": "wrong"}).encode()
        head = "POST /api/auth/sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body[:5])
        await writer.drain()
        async with asyncio.timeout(60), httpx.AsyncClient(base_url=api.url, timeout=30) as probe:
            while "http_requests_in_flight 2.0" not in (await probe.get("/metrics")).text:  # ours and this one
                await asyncio.sleep(0.1)
        api.terminate()
        async with asyncio.timeout(60):
            while "closing, 1 connections are open" not in api.text():
                await asyncio.sleep(0.1)
        writer.write(body[5:])
        async with asyncio.timeout(30):
            answer = await reader.read()
        assert answer.startswith(b"HTTP/1.1 401 "), answer
        assert await asyncio.to_thread(api.exit_code) == 0


async def test_sockets_get_services_and_are_told_to_reconnect(migrated: Backends, tmp_path: Path, prefix: str) -> None:
    """If this failed, browsers would show old news, or lose their connection in a deploy without moving over."""
    with both(migrated, tmp_path, prefix) as (api, realtime):
        browser, token = Browser(), await sign_in(api)
        await report(api)
        await browser.connect(realtime, token, transports=["websocket"])
        first = await browser.next_snapshot()
        await asyncio.sleep(2)  # longer than any of the console's Redis time limits: the subscription must outlive it
        await report(api, running=0)
        second = await browser.next_snapshot()
        assert [entry["services"][0]["state"] for entry in (first, second)] == ["healthy", "down"]

        realtime.terminate()
        async with asyncio.timeout(60):
            window = await browser.draining
            assert httpx.get(f"{realtime.url}/ready").status_code == 503
            await report(api)
            assert (await browser.next_snapshot())["services"][0]["state"] == "healthy"
            await browser.gone.wait()
        assert (window["after"], window["within"]) == (1, 1)
        assert await asyncio.to_thread(realtime.exit_code) == 0


async def test_browsers_hear_of_deploys_and_backups(migrated: Backends, tmp_path: Path, prefix: str) -> None:
    """If this failed, the pages of deploys and backups would show old news until they are loaded anew."""
    with both(migrated, tmp_path, prefix) as (api, realtime):
        browser, heard = Browser(), asyncio.Queue[tuple[str, str]]()
        for event in ("deploys", "backups"):
            browser.client.on(event, lambda about, event=event: heard.put_nowait((event, about["host"])))
        await browser.connect(realtime, await sign_in(api), transports=["websocket"])
        await browser.next_snapshot()
        headers = {"authorization": f"Bearer {REPORTER_TOKEN}"}
        async with asyncio.timeout(60), httpx.AsyncClient(base_url=api.url, headers=headers, timeout=30) as reporter:
            for path, told in (("/api/deploys", reports.deploys()), ("/api/backups", reports.backups())):
                assert (await reporter.put(path, json=told)).status_code == 204
            assert [await heard.get(), await heard.get()] == [("deploys", "vps"), ("backups", "vps")]
        await browser.client.disconnect()


async def poll(realtime: Process, token: str, origin: str = PUBLIC_URL) -> str:
    """Connect by long polling, packet by packet; returns what comes first, or the status that refuses."""
    path = "/socket.io/?EIO=4&transport=polling"
    async with httpx.AsyncClient(base_url=realtime.url, headers={"origin": origin}, timeout=60) as client:
        opened = await client.get(path)
        if opened.status_code != 200:
            return str(opened.status_code)
        path += f"&sid={json.loads(opened.text[1:])['sid']}"
        await client.post(path, content="40" + json.dumps({"token": token}))
        return (await client.get(path)).text


async def test_sockets_need_a_token_and_our_origin(migrated: Backends, tmp_path: Path, prefix: str) -> None:
    """If this failed, anyone, or any site that a user visits, could read along."""
    with both(migrated, tmp_path, prefix) as (api, realtime):
        token = await sign_in(api)
        for wrong in ({"token": "x.y.z"}, {"token": token, "origin": "https://elsewhere.test"}):
            browser = Browser()
            with pytest.raises(socketio.exceptions.ConnectionError):
                await browser.connect(realtime, transports=["websocket"], **wrong)
            assert browser.snapshots.empty()
            await browser.client.disconnect()
        assert "token-invalid" in await poll(realtime, "x.y.z")
        assert await poll(realtime, token, "https://elsewhere.test") == "400"
        assert '42["services",{"services":[]' in await poll(realtime, token)

        async with httpx.AsyncClient(base_url=api.url) as client:
            await client.post("/api/auth/sign-out", headers={"authorization": f"Bearer {token}"})
        late = Browser()
        with pytest.raises(socketio.exceptions.ConnectionError):
            await late.connect(realtime, token, transports=["websocket"])
        await late.client.disconnect()


def token_ending_in(seconds: float, session: str) -> str:
    now = int(time.time())
    claims = {"sub": "1", "name": ADMIN, "role": "admin", "sid": session, "aud": "console", "iat": now}
    exp = now + seconds - LEEWAY_SECONDS
    return jwt.encode(claims | {"exp": exp}, Tokens(SECRET_KEY)._key, algorithm="HS256")


async def test_a_socket_ends_with_its_token_unless_renewed(migrated: Backends, tmp_path: Path, prefix: str) -> None:
    """If this failed, whoever has signed out would go on reading for as long as the page is open."""
    with console("realtime", migrated, tmp_path, REDIS_PREFIX=prefix) as realtime:
        realtime.wait_until_ready("/ready")
        left, stays = Browser(), Browser()
        for browser in (left, stays):
            await browser.connect(realtime, token_ending_in(30, "a"), transports=["websocket"])
        refused = await stays.client.call("renew", {"token": "x.y.z"}, timeout=60)
        renewed = await stays.client.call("renew", {"token": token_ending_in(600, "a")}, timeout=60)
        assert (refused, renewed) == ("token-invalid", "ok")
        async with asyncio.timeout(180):
            await left.gone.wait()
        assert stays.client.connected
        await stays.client.disconnect()


@pytest.mark.parametrize(
    ("kind", "changes", "code", "message"),
    [
        ("api", {"SECRET_KEY_FILE": ""}, 2, "SECRET_KEY is missing: set SECRET_KEY_FILE to a file that holds it."),
        ("realtime", {"REDIS_URL_FILE": ""}, 2, "REDIS_URL is missing: set REDIS_URL_FILE to a file that holds it."),
        ("api", {"ADMIN_PASSWORD_FILE": ""}, 2, "ADMIN_PASSWORD is missing"),
        ("api", {"REDIS_URL": "redis://127.0.0.1:9/0", "STARTUP_SECONDS": "1"}, 3, "Redis did not answer within 1 s"),
        (
            "realtime",
            {"REDIS_URL": "redis://127.0.0.1:9/0", "STARTUP_SECONDS": "1"},
            3,
            "Redis did not answer within 1 s",
        ),
    ],
)
def test_what_cannot_start_says_why(
    migrated: Backends, tmp_path: Path, kind: str, changes: dict[str, str], code: int, message: str
) -> None:
    """If this failed, a broken release would hang, or end without a word that an operator understands."""
    with console(kind, migrated, tmp_path, **changes) as process:
        assert process.exit_code() == code, process.text()
        assert message in process.text()


def test_a_database_that_does_not_answer_is_said(migrated: Backends, tmp_path: Path) -> None:
    """If this failed, a wrong address of the database would be a stack trace, or a start that never ends."""
    changes = {"DATABASE_URL": unreachable(migrated.database_url), "STARTUP_SECONDS": "1"}
    with console("api", migrated, tmp_path, **changes) as process:
        assert process.exit_code() == 1, process.text()
        assert "migration failed: the database did not answer within 1 s" in process.text()
        assert "Traceback" not in process.text()


def test_a_stop_while_waiting_ends_at_once(migrated: Backends, tmp_path: Path) -> None:
    """If this failed, a deploy that is called off while the database is away would hang until it is killed."""
    changes = {"DATABASE_URL": unreachable(migrated.database_url), "STARTUP_SECONDS": "600"}
    with console("api", migrated, tmp_path, **changes) as process:
        while "waiting for the database" not in process.text():
            assert process.popen.poll() is None, process.text()
        process.terminate()
        assert process.exit_code() == 143
