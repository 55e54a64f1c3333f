"""The runner's connection, over real processes: each event once, the newest runner counts, and nobody else gets in."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import socketio

from backends import Backends
from console.cache import make_redis
from processes import Process, both, console, sign_in
from runner import ABOUT, BACKUP, Runner, line, state
from streams import Follower
from support import RUNNER_TOKEN

pytestmark = pytest.mark.anyio

JOB = "5" * 32


async def until(found: Callable[[], Any]) -> Any:
    """What ``found`` returns once that is something."""
    async with asyncio.timeout(60):
        while not (value := found()):
            await asyncio.sleep(0.1)
    return value


def client_of(api: Process, token: str) -> httpx.Client:
    return httpx.Client(base_url=api.url, headers={"authorization": f"Bearer {token}"}, timeout=60)


async def refused(realtime: Process, code: str, **wrong: Any) -> None:
    runner = Runner()
    with pytest.raises(socketio.exceptions.ConnectionError):
        await runner.connect(realtime, **wrong)
    assert runner.refused == code


async def test_only_the_runner_gets_in(migrated: Backends, tmp_path: Path, prefix: str) -> None:
    """If this failed, anyone could tell the console what happens on the host, or read what people ask for."""
    with (
        console("realtime", migrated, tmp_path, REDIS_PREFIX=prefix) as realtime,
        console("realtime", migrated, tmp_path, REDIS_PREFIX=prefix, RUNNER_TOKEN_FILE="") as closed,
    ):
        for process in (realtime, closed):
            process.wait_until_ready("/ready")
        for process, token in ((realtime, "x" * 40), (realtime, "ü" * 40), (closed, RUNNER_TOKEN)):
            await refused(process, "unauthorized", token=token)
        await refused(realtime, "unsupported-version", version=2)


async def test_a_job_from_the_click_to_the_last_line(migrated: Backends, tmp_path: Path, prefix: str) -> None:
    """If this failed, what runs on the host and what people see would be two things."""
    with both(migrated, tmp_path, prefix) as (api, realtime):
        token = await sign_in(api)
        runner, page = Runner(), Follower(token, "jobs")
        await runner.connect(realtime)
        assert await runner.hello(BACKUP, known={}) == {}
        await page.connect(realtime)
        await page.subscribe()
        with client_of(api, token) as browser:
            key = {"idempotency-key": uuid.uuid4().hex}
            started = browser.post("/api/jobs", json={"name": "run-backup"}, headers=key).json()
            assert started["notice"] is None
            job = started["job"]["id"]
            event, message = await runner.next_asked()
            assert (event, message["job"], message["by"]) == ("start", job, {"user": "admin", "role": "admin"})

            output = Follower(token, f"job:{job}")
            await output.connect(realtime)
            await output.subscribe()
            assert await runner.tell(job, state(1, "running"), line(2)) == 3
            assert await runner.tell(job, state(1, "running"), line(2), line(3)) == 4  # the ack was lost: once more
            assert await runner.tell(job, line(6)) == 4  # it is ahead: told to go back
            await output.until(3)
            browser.post(f"/api/jobs/{job}/cancel")
            assert (await runner.next_asked())[0] == "cancel"
            assert await runner.tell(job, line(4), state(5, "cancelled")) == 6
            await output.until(5)
            assert [event["n"] for event in output.got] == [1, 2, 3, 4, 5]
            states = [event["job"]["state"] for event in page.got if event["kind"] == "job"]
            assert states == ["requested", "running", "running", "cancelled"]  # between: a cancel was asked for
            # Written by the background alone, since nobody looks.
            redis = make_redis(migrated.redis_url)
            async with asyncio.timeout(60):
                while await redis.zcard(f"{prefix}jobs:changed"):
                    await asyncio.sleep(0.1)
            await redis.delete(f"{prefix}job:{job}", f"{prefix}topic:job:{job}", f"{prefix}topic:job:{job}:meta")
            await redis.aclose()
            found = browser.get(f"/api/jobs/{job}").json()
            assert (found["state"], found["output"]) == (
                "cancelled",
                {"lines": ["line 2", "line 3", "line 4"], "cut": False},
            )
        for follower in (output, page):
            await follower.close()
        await runner.client.disconnect()


async def test_what_was_asked_for_meanwhile(migrated: Backends, tmp_path: Path, prefix: str) -> None:
    """If this failed, a click while the host restarts would be lost, and nobody would be told that it is away."""
    with both(migrated, tmp_path, prefix) as (api, realtime), client_of(api, await sign_in(api)) as browser:
        first = Runner()
        await first.connect(realtime)
        await first.hello(BACKUP)
        assert browser.get("/api/jobs").json()["runner"]["connected"] is True
        await first.client.disconnect()
        await until(lambda: not browser.get("/api/jobs").json()["runner"]["connected"])
        key = {"idempotency-key": uuid.uuid4().hex}
        started = browser.post("/api/jobs", json={"name": "run-backup"}, headers=key).json()
        assert "not connected" in started["notice"]

        second = Runner()
        await second.connect(realtime)
        assert await second.hello(BACKUP, known={JOB: ABOUT | {"last_n": 7}}) == {JOB: 1}
        _, message = await second.next_asked()
        assert message["job"] == started["job"]["id"]
        await second.tell(message["job"], state(1, "succeeded"))
        assert browser.get(f"/api/jobs/{message['job']}").json()["state"] == "succeeded"
        # What the runner does not have any more cannot be had: it goes on where it can, once it has been asked.
        assert await second.tell(JOB, line(4), line(5)) == 1
        assert await second.tell(JOB, line(4), line(5)) == 6
        assert await second.hello(BACKUP, known={JOB: ABOUT | {"last_n": 7}}) == {JOB: 6}
        await second.client.disconnect()


async def test_the_newest_runner_counts(migrated: Backends, tmp_path: Path, prefix: str) -> None:
    """If this failed, two runners would both start what somebody asked for once."""
    with (
        console("realtime", migrated, tmp_path, REDIS_PREFIX=prefix) as one,
        console("realtime", migrated, tmp_path, REDIS_PREFIX=prefix) as two,
    ):
        for process in (one, two):
            process.wait_until_ready("/ready")
        older, newer = Runner(), Runner()
        await older.connect(one)
        await newer.connect(two)
        async with asyncio.timeout(60):
            await older.gone.wait()
        assert (await newer.hello(BACKUP)) == {}
        assert "console_runner_connected 1.0" in httpx.get(f"{two.url}/metrics").text
        await until(lambda: "console_runner_connected 0.0" in httpx.get(f"{one.url}/metrics").text)
        await newer.client.disconnect()


async def test_what_is_wrong_is_answered(migrated: Backends, tmp_path: Path, prefix: str) -> None:
    """If this failed, a runner with a fault would wait for an answer for ever, or fill the log with tracebacks."""
    with console("realtime", migrated, tmp_path, REDIS_PREFIX=prefix) as realtime:
        realtime.wait_until_ready("/ready")
        runner = Runner()
        await runner.connect(realtime)
        for event, message in (
            ("hello", None),
            ("hello", {"jobs": "x"}),
            ("hello", {"jobs": [], "known": {"x": {}}}),
            ("events", None),
            ("events", {"job": JOB, "events": [line(1), line(3)]}),
            ("events", {"job": "x", "events": [line(1)]}),
        ):
            assert set(await runner.call(event, message)) == {"error"}
        assert await runner.tell(JOB, line(1), about={"name": 7, "by": "me"}) == 2
        assert "Traceback" not in realtime.text()
        await runner.client.disconnect()
