"""The live list of services: what the reporter sends is what people see."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from httpx import AsyncClient

from console.api import Services
from console.platform.schemas import ReportedService
from console.platform.service import state_of
from processes import SERVICE

pytestmark = pytest.mark.anyio


def service(**changes: Any) -> dict[str, Any]:
    return SERVICE | changes


def snapshot(*services: dict[str, Any]) -> dict[str, Any]:
    return {"services": list(services), "reported_at": "2026-01-02T03:04:05Z", "host": "vps"}


async def test_what_was_reported_is_shown(reporter: AsyncClient, viewer: AsyncClient) -> None:
    """If this failed, the console would show something else than what runs."""
    before = await viewer.get("/api/platform/services")
    taken = await reporter.put("/api/platform/services", json=snapshot(service(stack="redis", name="redis"), service()))
    after = (await viewer.get("/api/platform/services")).json()
    assert before.json() == {"services": [], "reported_at": None, "host": None, "age": None}
    assert taken.status_code == 204
    assert [entry["stack"] for entry in after["services"]] == ["mariadb", "redis"]
    assert after["services"][0] == service() | {"state": "healthy"}
    assert after["host"] == "vps"
    assert 0 <= after["age"] < 60


@pytest.mark.parametrize(
    ("desired", "running", "healthy", "state"),
    [
        (1, 1, True, "healthy"),
        (1, 2, True, "healthy"),
        (2, 1, True, "degraded"),
        (1, 1, False, "degraded"),
        (1, 0, False, "down"),
        (0, 0, True, "stopped"),
    ],
)
def test_state(desired: int, running: int, state: str, *, healthy: bool) -> None:
    """If this failed, a broken service would look healthy, or a stopped one broken."""
    reported = ReportedService.model_validate(service(desired=desired, running=running, healthy=healthy))
    assert state_of(reported) == state


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"services": [service(running=-1)], "reported_at": "2026-01-02T03:04:05Z", "host": "vps"},
        snapshot(service(stack="<b>")),
        snapshot(service(updated_at="yesterday")),
        snapshot(*[service()] * 501),
    ],
)
async def test_a_malformed_report_is_refused(reporter: AsyncClient, viewer: AsyncClient, body: dict[str, Any]) -> None:
    """If this failed, a broken reporter would break every browser."""
    answer = await reporter.put("/api/platform/services", json=body)
    assert answer.status_code == 422
    assert (await viewer.get("/api/platform/services")).json()["services"] == []


async def test_a_report_is_published_to_realtime(reporter: AsyncClient, services: Services) -> None:
    """If this failed, browsers would see changes only after a reload."""
    pubsub = services.redis.pubsub(ignore_subscribe_messages=True)
    await pubsub.subscribe(f"{services.settings.redis_prefix}socketio")
    await reporter.put("/api/platform/services", json=snapshot(service()))
    message = None
    async with asyncio.timeout(30):
        while message is None:
            message = await pubsub.get_message(timeout=0.2)
    await pubsub.aclose()  # type: ignore[no-untyped-call]
    assert b'"services"' in message["data"]
    assert b"mariadb:11.8" in message["data"]
